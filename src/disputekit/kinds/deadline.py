"""`deadline`: something must follow within a period."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from disputekit.extension import Reads, RuleKind
from disputekit.kinds.common import NOT_BEGUN, first_at_or_after, not_begun
from disputekit.oracles.deadline import oracle
from disputekit.policies.model import Moment, PeriodText, Rule

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks.vocabulary import Length, Vocabulary


class Deadline(Rule):
    """A finding where `to` doesn't come within the period after `from`.

    A period in days, weeks, months or years counts dates: the day of `from` isn't counted, the last day is wholly in time (Civil Code of
    the PRC, arts. 201-203; a month ends on the day of the same number or, where there is none, on its last: art. 202). Hours count from
    the moment. `to` is the first occurrence at or after `from`.
    """

    kind: Literal["deadline"]
    from_: Moment = Field(alias="from")
    to: Moment
    within: PeriodText
    warn: PeriodText | None = None
    roll: Literal["none", "next_working_day"] = "none"


def reads(rule: Deadline) -> Reads:
    return Reads(rule.subject, moments=(rule.from_, rule.to), repeated=(rule.to,))


# due_on is the earliest possible last day and latest_on the latest; they are the same day unless the calendar leaves it open
_DAYS = "select *, cast(started_at as date) + n as due_on, cast(started_at as date) + n as latest_on from done"
_MONTHS = """
    select *, cast(cast(started_at as date) + n * interval 1 month as date) as due_on,
           cast(cast(started_at as date) + n * interval 1 month as date) as latest_on from done"""
_WORKING_DAYS = """
    select s.*, e.day as due_on, case when w.published and c.published then w.day end as latest_on
    from done as s
    left join calendar as c on c.day = cast(s.started_at as date)
    left join earliest_days as e on e.earliest_no = c.earliest_no + s.n
    left join working_days as w on w.work_no = c.work_no + s.n"""
_WEEKDAYS = """
    select s.*, w.day as due_on, w.day as latest_on
    from done as s
    left join calendar as c on c.day = cast(s.started_at as date)
    left join working_days as w on w.work_no = c.work_no + s.n"""
_ROLLED = """
    select s.* exclude (due_on, latest_on), s.due_on as strict_on, coalesce(c.next_working, s.due_on) as due_on, l.next_working as latest_on
    from strict as s left join calendar as c on c.day = s.due_on left join calendar as l on l.day = s.latest_on"""
_BY_DATE = f"""
    select subject, unit, handler, started_at, due_on, done_at,
           date_diff('day', cast(started_at as date), coalesce(cast(done_at as date), $as_of)) || ' days' as observed, length as expected,
           $warned as warned,
           case
             when concerned is null then 'unknown: condition'
             {NOT_BEGUN}
             when not $in_force then 'not_applicable: not in force'
             when contradictory then 'unknown: contradictory'
             when start_rejected or done_rejected then 'unknown: rejected value'
             when n is null then 'unknown: no value'
             when cast(done_at as date) <= due_on then 'pass'
             when cast(done_at as date) > latest_on then 'fail: late'
             when done_at is not null then 'unknown: no calendar'
             when $as_of <= due_on then 'pending'
             when latest_on is null or $as_of <= latest_on then 'unknown: no calendar'
             when not $covered then 'unknown: not covered'
             when not $fresh then 'unknown: stale'
             else 'fail: open'
           end as verdict
    from due"""
_BY_HOUR = f"""
    select subject, unit, handler, started_at, due_at, cast(due_at as date) as due_on, done_at,
           date_diff('hour', date_trunc('hour', started_at), date_trunc('hour', coalesce(done_at, $as_of_end))) || ' hours' as observed,
           length as expected, $warned as warned,
           case
             when concerned is null then 'unknown: condition'
             {NOT_BEGUN}
             when not $in_force then 'not_applicable: not in force'
             when contradictory then 'unknown: contradictory'
             when start_rejected or done_rejected then 'unknown: rejected value'
             when n is null then 'unknown: no value'
             when case when done_coarse then done_at + interval 1 day <= due_at else done_at <= due_at end then 'pass'
             when case when start_coarse then done_at >= latest_at else done_at > latest_at end then 'fail: late'
             when done_at is not null then 'unknown: too coarse'
             when $as_of_end <= due_at then 'pending'
             when $as_of_end <= latest_at then 'unknown: too coarse'
             when not $covered then 'unknown: not covered'
             when not $fresh then 'unknown: stale'
             else 'fail: open'
           end as verdict
    from due"""
# a start known to the day only may have been any moment of it
_HOURS = """
    select *, started_at + n * interval 1 hour as due_at,
           case when start_coarse then started_at + interval 1 day else started_at end + n * interval 1 hour as latest_at from done"""


def query(rule: Deadline, sql: "Vocabulary") -> "exp.Select":
    start, to = sql.moment(rule.from_), sql.moment(rule.to)
    period = sql.period(rule.within, sql.column_of("started_at"))
    steps = {"subject": sql.subjects(
        started_at=start.at, start_coarse=start.coarse, start_rejected=start.rejected, first_at=to.at, done_coarse=to.coarse, done_rejected=to.rejected,
    )}  # fmt: skip
    steps["happened"] = first_at_or_after(to, start, sql)
    steps["done"] = sql.fill("select *, $n as n, $length as length from happened", n=_count(period, sql), length=period.text)
    by_hour = period.unit == "hours"
    steps["due"] = sql.fill(_due(period, sql))
    if rule.roll == "next_working_day" and not by_hour:
        steps["strict"] = steps.pop("due")
        steps["due"] = sql.fill(_ROLLED)
    started = sql.column_of("started_at")
    due = sql.column_of("latest_at" if by_hour else "latest_on")
    last = sql.fill(
        _BY_HOUR if by_hour else _BY_DATE,
        as_of=sql.as_of, as_of_end=sql.as_of_end, not_begun=not_begun(start, sql), in_force=sql.in_force(started), covered=sql.covered(to.sort, started),
        fresh=sql.fresh(to.sort[0] if to.sort else None, sql.expression("cast($d as date)", d=due)), warned=_warned(rule, by_hour, sql),
    )  # fmt: skip
    return sql.pipeline(last, **steps)


def _count(period: "Length", sql: "Vocabulary") -> "exp.Expression":
    """The count in the unit that the shapes know: days for weeks, months for years."""
    factor = {"weeks": 7, "years": 12}.get(period.unit)
    return sql.expression("$n * $factor", n=period.count, factor=sql.literal(factor)) if factor else period.count


def _due(period: "Length", sql: "Vocabulary") -> str:
    match period.unit:
        case "hours":
            return _HOURS
        case "months" | "years":
            return _MONTHS
        case "working days":
            return _WORKING_DAYS if sql.calendar.published_until is not None else _WEEKDAYS
        case _:
            return _DAYS


def _warned(rule: Deadline, by_hour: bool, sql: "Vocabulary") -> "exp.Expression":
    """Whether a running period is so near its end that it is shown: by the strict day, before any roll-over."""
    if rule.warn is None:
        return sql.literal(False)
    warn = sql.period(rule.warn, sql.column_of("started_at"))
    due = sql.column_of("due_at" if by_hour else "strict_on" if rule.roll == "next_working_day" else "due_on")
    if warn.unit == "hours":
        return sql.expression("$end >= cast($due as timestamp) - $n * interval 1 hour", end=sql.as_of_end, due=due, n=warn.count)
    if warn.unit in ("months", "years"):
        return sql.expression("$as_of >= cast(cast($due as date) - $n * interval 1 month as date)", as_of=sql.as_of, due=due, n=_count(warn, sql))
    # a warning in working days is given at the latest that many calendar days before: it is a reminder, not a period of the law
    return sql.expression("$as_of >= cast($due as date) - $n", as_of=sql.as_of, due=due, n=_count(warn, sql))


KIND = RuleKind("deadline", Deadline, reads, query, oracle)
