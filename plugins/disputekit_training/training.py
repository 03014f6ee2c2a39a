"""`training`: every member of staff holds the courses, and has the hours, that their work asks for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from disputekit import Counted, PeriodText, Quantity, Reads, Records, Rule, RuleKind
from disputekit_training import record, told, walk_training
from disputekit_training.settings import Requirement, Settings, Texts

if TYPE_CHECKING:
    from disputekit import Expression, Query, Vocabulary

DATES = ("days", "weeks", "months", "years")


class Training(Rule):
    """A finding for each member of staff who on the day of the check lacks a course, or hours, that they need.

    `courses` are needed by everybody whom the control is for; `requires` (role, department, courses, hours) by some; with `matrix` those of the
    organisation's own `[[plugins.training.matrix]]` come on top. `answers` maps causes of disputes to courses: whoever handles a dispute with the
    cause needs its course; the organisation's own map goes before it, cause by cause. A course is held on each day from its completion to its
    `expires_on`, else to the end of the catalogue's `valid`; `every` lets it count for no longer than that ("12 months"). `hours` are those
    completed within `every`, of courses about `topics` only, where given. A record that lies below `score`, or the catalogue's, counts for nothing.
    Within `grace` after joining (with `answers`: after the first such dispute came in) what is lacking is pending.
    """

    kind: Literal["training"]
    subject: Literal["staff"] = "staff"
    courses: Texts = ()
    requires: tuple[Requirement, ...] = ()
    matrix: bool = False
    answers: Mapping[str, str] | None = None
    hours: Quantity | None = None
    topics: Texts = ()
    every: PeriodText | None = None
    grace: PeriodText | None = None
    score: Annotated[Decimal, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        needs = bool(self.courses or self.requires or self.matrix or self.hours is not None)
        if needs is (self.answers is not None):
            raise ValueError("give courses, requires, matrix or hours; or, by itself, answers")
        if (self.hours is not None or any(r.hours is not None for r in self.requires) or self.matrix) and self.every is None:
            raise ValueError("hours are counted within a period: say every = '12 months'")
        return self


@dataclass(frozen=True)
class Need:
    """One thing that somebody may need: a course, or hours. rows: the requirements that ask for it, empty: everybody needs it."""

    course: str | None
    rows: tuple[Requirement, ...]
    causes: tuple[str, ...] = ()
    hours: Decimal | str | None = None


def needs(rule: Training, settings: Settings) -> tuple[Need, ...]:
    """All that a rule may ask of anybody, each course once, hours after them."""
    rows = (*rule.requires, *(settings.matrix if rule.matrix else ()))
    if rule.answers is not None:
        by_cause = {**rule.answers, **settings.answers}
        return tuple(Need(c, (), tuple(k for k, v in by_cause.items() if v == c)) for c in dict.fromkeys(by_cause.values()))
    found = [Need(c, ()) for c in rule.courses]
    for course in dict.fromkeys(c for r in rows for c in r.courses):
        if course not in rule.courses:
            found.append(Need(course, tuple(r for r in rows if course in r.courses)))
    if rule.hours is not None:
        found.append(Need(None, (), hours=rule.hours))
    for hours in dict.fromkeys(r.hours for r in rows if r.hours is not None):
        found.append(Need(None, tuple(r for r in rows if r.hours == hours), hours=hours))
    return tuple(found)


def reads(settings: Settings, rule: Training) -> Reads:
    wanted = needs(rule, settings)
    by_row = [r for n in wanted for r in n.rows]
    own = [c for c, asked in (("role", any(r.role for r in by_row)), ("department", any(r.department for r in by_row))) if asked]
    scored = rule.score is not None or any(n.course is not None and settings.course(n.course).score is not None for n in wanted)
    more = [*(["score"] if scored else []), *(["hours"] if any(n.course is None for n in wanted) else [])]
    disputes = (Records("disputes", ("dispute_id", "handler_id", "cause", "received_at"), by="handler_id"),) if rule.answers is not None else ()
    return Reads(rule.subject, columns=tuple(own), columns_if_supplied=("joined_on", "left_on"), records=(*record.reads(*more), *disputes))


_VERDICT = """
    select subject, unit, handler, started_at, $due_on as due_on, $lacking as observed, $asked as expected,
           case
             when concerned is null then 'unknown: condition'
             when people_rejected then 'unknown: rejected value'
             when joined_on > $as_of then 'not_applicable: not begun'
             when left_on < $as_of then 'not_applicable: stopped'
             when not $in_force then 'not_applicable: not in force'
             when $surely_lacking then case when $never_had then 'fail: missing' when $once_had then 'fail: expired' else 'fail: too few' end
             when $flaw = 1 then 'unknown: contradictory'
             when $flaw = 2 then 'unknown: rejected value'
             when $flaw = 3 then 'unknown: missing'
             when $nobody_knows then 'unknown: missing'
             when $uncovered then 'unknown: not covered'
             when $stale then 'unknown: stale'
             when $waiting then 'pending'
             when $needed then 'pass'
             else 'not_applicable: not concerned'
           end as verdict
    from lack"""


_NOTHING_SAID = """
    select subject, unit, handler, case when concerned is null then 'unknown: condition' else 'unknown: no value' end as verdict from subject"""
"""Where neither the control nor the organisation says what anybody needs, nobody can tell who lacks it."""


@dataclass(frozen=True)
class Judged:
    """What is known of one need, each as a column of the step `need`.

    needed: NULL where nobody can tell. due: the last day on which it may be lacking, or by which it is to be renewed. proven: whether an absence proves anything.
    """

    need: Need
    name: str
    needed: "Expression"
    has: "Expression"
    had: "Expression"
    flaw: "Expression"
    due: "Expression"
    proven: "Expression"
    until: "Expression"


COLUMNS = ("needed", "has", "had", "flaw", "due", "proven", "until")
# what is lacking, what of it has been due, and of what that is certain
_LACKING = "coalesce($needed, false) and not $has"
_MISSING = "coalesce($needed, false) and not $has and coalesce($due < $as_of, $at_once)"
_SURELY = "coalesce($needed, false) and not $has and coalesce($due < $as_of, $at_once) and $flaw = 0 and $proven and $fresh"


def query(settings: Settings, rule: Training, sql: "Vocabulary") -> "Query":
    if not needs(rule, settings):
        return sql.pipeline(sql.fill(_NOTHING_SAID), subject=sql.subjects())
    steps, judged = put_together(settings, rule, sql)
    fresh, no, numbered = sql.fresh_now(record.TABLE), sql.literal(False), list(enumerate(judged))
    # without a time of grace it is due at once; with one, nobody knows where it has no beginning
    terms = {"as_of": sql.as_of, "at_once": sql.literal(rule.grace is None), "fresh": fresh}
    lack = sql.fill("select * from need")
    for n, j in numbered:
        known = {c: getattr(j, c) for c in COLUMNS}
        for name, text in (("lacking", _LACKING), ("missing", _MISSING), ("surely", _SURELY)):
            fills = {k: v for k, v in {**terms, **known}.items() if f"${k}" in text}
            lack = lack.select(sql.expression(text, **fills).as_(f"{name}_{n}"))
    steps["lack"] = lack

    def any_of(text: str, among: "Iterable[tuple[int, Judged]]" = tuple(numbered)) -> "Expression":
        return sql.either(*(sql.expression(text.replace("#", str(n))) for n, _ in among))

    courses = [(n, j) for n, j in numbered if j.need.course is not None]
    unclear = any_of("needed_# is null and not has_#")
    if rule.grace is not None and rule.answers is None:
        unclear = sql.either(unclear, any_of("lacking_# and due_# is null"))
    flaws = (sql.expression(f"case when missing_{n} and flaw_{n} > 0 then flaw_{n} end") for n, _ in numbered)
    dues = (sql.expression(f"case when lacking_{n} then due_{n} end") for n, _ in numbered)
    last = sql.fill(
        _VERDICT, due_on=sql.least(*dues),
        lacking=sql.listed((j.name, sql.column_of(f"lacking_{n}")) for n, j in numbered),
        asked=sql.listed((j.name, sql.expression(f"coalesce(needed_{n}, false)")) for n, j in numbered),
        as_of=sql.as_of, in_force=sql.in_force(sql.column_of("basis_on")), surely_lacking=any_of("surely_#"),
        never_had=any_of("surely_# and had_# = 0", courses) if courses else no, once_had=any_of("surely_#", courses) if courses else no,
        flaw=sql.least(*flaws), nobody_knows=unclear, uncovered=any_of("missing_# and not proven_#"),
        stale=sql.both(sql.expression("not $fresh", fresh=fresh), any_of("missing_#")), waiting=any_of("lacking_#"),
        needed=any_of("coalesce(needed_#, false)"),
    )  # fmt: skip
    return sql.pipeline(last, **steps)


def put_together(settings: Settings, rule: Training, sql: "Vocabulary") -> "tuple[dict[str, Query], tuple[Judged, ...]]":
    """The steps up to `need`, a row for each subject with what is known of each need, and by which names it has that."""
    wanted = needs(rule, settings)
    nothing = sql.expression("cast(null as date)")
    dated = {c: sql.column(c) if sql.has_column(c) else nothing for c in ("joined_on", "left_on")}
    own = {c: sql.column(c) for c in ("role", "department") if sql.has_column(c)}
    bad = sql.either(*(sql.column_rejected(c) for c in dated if sql.has_column(c)))
    steps: dict[str, Query] = {"subject": sql.subjects(started_at=sql.begins(), basis_on=sql.as_of, people_rejected=bad, **dated, **own)}
    least = {n.course: rule.score if rule.score is not None else settings.course(n.course).score for n in wanted if n.course is not None}
    hours = any(n.course is None for n in wanted)
    steps["record"] = record.records(None if hours else [n.course for n in wanted if n.course is not None], settings, sql, rule.every,
                                     scored=any(v is not None for v in least.values()))  # fmt: skip
    held = sql.fill("select staff_id from record group by staff_id")
    for number, n in enumerate(wanted):
        held = _pivoted(held, number, n, rule, settings, sql, least.get(n.course) if n.course is not None else None)
    steps["held"] = held
    need = sql.fill("select subject.* from subject left join held on held.staff_id = subject.subject")
    if rule.answers is not None:
        steps["asked"] = _asked(wanted, sql)
        need = need.join(sql.step("asked"), on=sql.expression("asked.of_whom = subject.subject"), join_type="left")
    judged = []
    for number, n in enumerate(wanted):
        found = _judged(number, n, rule, settings, sql)
        for name in COLUMNS:
            need = need.select(getattr(found, name).as_(f"{name}_{number}"))
        judged.append(replace(found, **{name: sql.column_of(f"{name}_{number}") for name in COLUMNS}))  # type: ignore[arg-type]
    steps["need"] = need
    return steps, tuple(judged)


def _pivoted(held: "Query", number: int, n: Need, rule: Training, settings: Settings, sql: "Vocabulary", least: Decimal | None) -> "Query":
    """The columns of one need: for a course whether it is held, was ever, until when, and the last day on which it counted; for hours their sum; for both the worst flaw."""

    def column(text: str, name: str) -> None:
        nonlocal held
        fills = {k: v for k, v in {"mine": mine, "passed": passed, "as_of": sql.as_of, "bad_hours": bad_hours}.items() if f"${k}" in text}
        held = held.select(sql.expression(text, **fills).as_(f"{name}_{number}"))

    bad_hours = sql.bad_record(record.TABLE, "hours") if n.course is None else sql.literal(False)
    if n.course is not None:
        mine, passed = sql.among(sql.column_of("course"), settings.names(n.course)), record.enough(least, sql)
        column(
            "max(case when $mine and flaw = 0 and $passed and coalesce(to_on >= $as_of, true) and coalesce(until_on >= $as_of, true) then 1 else 0 end)",
            "held",
        )
        column("max(case when $mine and flaw = 0 and $passed then 1 else 0 end)", "had")
        column("max(case when $mine and flaw = 0 and $passed then coalesce(to_on, cast('9999-12-31' as date)) end)", "until")
        column("max(case when $mine and flaw = 0 and $passed then least(coalesce(to_on, until_on), coalesce(until_on, to_on)) end)", "ended")
        column(
            "min(case when $mine and flaw > 0 then flaw when $mine and ($passed) is null then case when score_rejected then 2 else 3 end end)", "flaw"
        )
        return held
    names = settings.about(rule.topics)
    mine, passed = sql.among(sql.column_of("course"), names) if rule.topics else sql.literal(True), sql.literal(True)
    if rule.topics and not names:
        mine = sql.literal(False)
    column("cast(sum(case when $mine and flaw in (0, 1) and until_on >= $as_of then hours end) as decimal(18, 2))", "sum")
    column("min(case when not $mine then null when flaw > 1 then flaw when until_on >= $as_of and $bad_hours then 2"
           " when until_on >= $as_of and hours is null then 3 end)", "flaw")  # fmt: skip
    return held


def _asked(wanted: tuple[Need, ...], sql: "Vocabulary") -> "Query":
    """When somebody's first dispute with one of the causes came in; one without its cause, or its day, may ask for any course."""
    step = sql.fill("select handler_id as of_whom, max(case when cause is null or received_at is null then 1 else 0 end) as unclear"
                    " from $disputes as d where received_at < $end or received_at is null group by handler_id",
                    disputes=sql.step("disputes"), end=sql.as_of_end)  # fmt: skip
    for number, n in enumerate(wanted):
        step = step.select(
            sql.expression("min(case when $fits then cast(received_at as date) end)", fits=sql.among(sql.column_of("cause"), n.causes)).as_(
                f"since_{number}"
            )
        )
    return step


def _judged(number: int, n: Need, rule: Training, settings: Settings, sql: "Vocabulary") -> Judged:
    needed = sql.literal(True)
    start = sql.column_of("joined_on")
    if n.rows:
        needed = sql.either(*(_row_fits(r, sql) for r in n.rows))
    if n.causes:
        start = sql.column_of(f"since_{number}")
        needed = sql.expression("case when $s is not null then true when coalesce(unclear, 0) = 1 then null else false end", s=start)
    if n.course is not None:
        name = n.course
        has = sql.expression("coalesce($h, 0) = 1", h=sql.column_of(f"held_{number}", "held"))
        had, until = sql.expression("coalesce($h, 0)", h=sql.column_of(f"had_{number}", "held")), sql.column_of(f"until_{number}", "held")
    else:
        # hours are counted exactly: what is observed beside what is asked for
        name = f"{n.hours} h"
        has = sql.expression(
            "coalesce($s, 0) >= $least", s=sql.column_of(f"sum_{number}", "held"), least=sql.number(n.hours if n.hours is not None else 0, sql.as_of)
        )
        had, until = sql.literal(0), sql.expression("cast(null as date)")
    flaw = sql.expression("coalesce($f, 0)", f=sql.column_of(f"flaw_{number}", "held"))
    # what was held once is to be renewed by its last day
    due = sql.column_of(f"ended_{number}", "held") if n.course is not None else sql.expression("cast(null as date)")
    if rule.grace is not None:
        due = sql.expression("case when $ended > $due then $ended else $due end", ended=due, due=record.later(start, rule.grace, sql))
    since = (
        record.looked_back(n.course, settings, sql.as_of, sql, rule.every)
        if n.course is not None
        else record.later(sql.as_of, str(rule.every), sql, back=True)
    )
    since = sql.greatest(since, sql.column_of("joined_on"))
    proven = record.covered(n.course, settings, since, sql) if n.course is not None else sql.covered((record.TABLE, None), since)
    return Judged(n, name, needed, has, had, flaw, due, proven, until)


def _row_fits(row: Requirement, sql: "Vocabulary") -> "Expression":
    parts = [sql.among(sql.column_of(c), names) for c, names in (("role", row.role), ("department", row.department)) if names]
    return sql.both(*parts) if parts else sql.literal(True)


def _counted(rule: Training) -> tuple[Counted, ...]:
    stated = tuple((n, p) for n, p in (("every", rule.every), ("grace", rule.grace)) if p is not None)
    return tuple(Counted((one,), (DATES,)) for one in stated)  # type: ignore[arg-type]


def evidence(settings: Settings, rule: Training) -> tuple[str, ...]:
    return tuple(f"{record.TABLE}.{n.course}" if n.course is not None else f"{record.TABLE}.hours" for n in needs(rule, settings))


def kind(settings: Settings) -> RuleKind:
    """The kind, with the organisation's catalogue, matrix and map."""
    return RuleKind(
        "training", Training, partial(reads, settings), partial(query, settings), partial(walk_training.training, settings), counted=_counted,
        evidence=partial(evidence, settings), asked=partial(told.training_asked, settings), found=partial(told.training_found, settings),
    )  # fmt: skip
