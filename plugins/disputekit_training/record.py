"""What the kinds share in SQL: a course that somebody completed, for how long it is valid, and what is wrong with its row."""

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from disputekit import Records
from disputekit_training.settings import Settings

if TYPE_CHECKING:
    from disputekit import Expression, Query, Vocabulary

TABLE = "training"
FLAWS = {1: "unknown: contradictory", 2: "unknown: rejected value", 3: "unknown: missing"}
"""What may be wrong with a record, so that nobody can tell what it proves: the worse first."""
_LATER = {
    "days": "$d + $n",
    "weeks": "$d + $n * 7",
    "months": "cast($d + $n * interval 1 month as date)",
    "years": "cast($d + $n * interval 12 month as date)",
}
_EARLIER = {
    "days": "$d - $n",
    "weeks": "$d - $n * 7",
    "months": "cast($d - $n * interval 1 month as date)",
    "years": "cast($d - $n * interval 12 month as date)",
}


def reads(*more: str) -> tuple[Records, ...]:
    """The columns of the records that every kind reads, and more of them."""
    return (
        Records(TABLE, ("staff_id", "course", "completed_at", *more), by="staff_id"),
        Records(TABLE, ("expires_on",), if_supplied=True, by="staff_id"),
    )


def later(day: "Expression", period: str, sql: "Vocabulary", back: bool = False) -> "Expression":
    """The last day of a period that begins on `day`, or the day on which one begins that ends on it (Civil Code of the PRC, arts. 201, 202)."""
    length = sql.period(period, sql.as_of)
    return sql.expression((_EARLIER if back else _LATER)[length.unit], d=day, n=length.count)


def records(courses: Iterable[str] | None, settings: Settings, sql: "Vocabulary", every: str | None = None, scored: bool = False) -> "Query":
    """A row for each record of some courses, None for all: staff_id, course, from_on, to_on (its last day, NULL: it doesn't expire), flaw (0: none).

    every: how long a record counts at all: until_on. scored: whether its score is looked at, and score_rejected says if it could be read.
    """
    names = tuple(dict.fromkeys(n for c in courses for n in settings.names(c))) if courses is not None else ()
    day = sql.expression("cast(completed_at as date)")
    none = sql.expression("cast(null as date)")
    ends = []
    for course, said in settings.courses.items():
        if said.valid is not None:
            fits = sql.among(sql.column_of("course"), settings.names(course))
            ends.append(sql.expression("case when $fits then $end end", fits=fits, end=later(day, said.valid, sql)))
    own = [sql.column_of("expires_on")] if sql.has(TABLE, "expires_on") else []
    to_on = own[0] if own and not ends else none if not ends else _first([*own, *ends], sql)
    bad = sql.either(*(sql.bad_record(TABLE, c) for c in ("completed_at", "expires_on")))
    bad_score = sql.bad_record(TABLE, "score") if scored else sql.literal(False)
    return sql.fill(
        """select *, case when to_on < from_on then 1 when rejected then 2 when from_on is null then 3 else 0 end as flaw
           from (select *, $day as from_on, $to_on as to_on, $until as until_on, $bad as rejected, $bad_score as score_rejected from $records as given) as dated""",
        day=day, to_on=to_on, until=later(day, every, sql) if every is not None else none, bad=bad, bad_score=bad_score,
        records=sql.records_of_anyone(TABLE, names).subquery(copy=False),
    )  # fmt: skip


def _first(values: "list[Expression]", sql: "Vocabulary") -> "Expression":
    """The first that isn't NULL."""
    found = values[-1]
    for value in reversed(values[:-1]):
        found = sql.expression("coalesce($a, $b)", a=value, b=found)
    return found


def covered(course: str, settings: Settings, since: "Expression", sql: "Vocabulary") -> "Expression":
    """Whether the records of a course are complete from a day on."""
    return sql.either(*(sql.covered((TABLE, n), since) for n in settings.names(course)))


def looked_back(course: str, settings: Settings, day: "Expression", sql: "Vocabulary", every: str | None = None) -> "Expression":
    """The day from which on records must be complete for an absence to prove anything on `day`; of a course that doesn't expire, that day."""
    period = every if every is not None else settings.course(course).valid
    return day if period is None else later(day, period, sql, back=True)


def enough(least: Decimal | None, sql: "Vocabulary") -> "Expression":
    """Whether a record's score is high enough; NULL where there is none and one is asked for."""
    return sql.literal(True) if least is None else sql.expression("score >= $least", least=sql.literal(least))
