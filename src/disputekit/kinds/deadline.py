"""`deadline`: something must follow within a period."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from disputekit.extension import Reads, RuleKind
from disputekit.kinds.common import first_at_or_after, start_arms
from disputekit.kinds.limits import count, limit_by_period
from disputekit.oracles.deadline import oracle
from disputekit.policies.model import Moment, PeriodText, Rule

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks.vocabulary import Vocabulary


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


_DAYS_TAKEN = "date_diff('day', cast(started_at as date), coalesce(cast($done as date), $as_of)) || ' days'"
_HOURS_TAKEN = "date_diff('hour', date_trunc('hour', started_at), date_trunc('hour', coalesce($done, $as_of_end))) || ' hours'"
_VERDICT = """
    select subject, unit, handler, started_at, $done as done_at, $taken as observed, length as expected, $warned as warned,
           case
             when concerned is null then 'unknown: condition'
             when started_at is null and start_rejected then 'unknown: rejected value'
             when $not_started then $not_begun
             when not $in_force then 'not_applicable: not in force'
             when $contradictory then 'unknown: contradictory'
             when start_rejected or done_rejected then 'unknown: rejected value'
             when $no_value then 'unknown: no value'
             when $in_time then 'pass'
             when $late then 'fail: late'
             when done_at is not null then $doubt
             when $running then 'pending'
             when $undecided then $doubt
             when not $covered then 'unknown: not covered'
             when not $fresh then 'unknown: stale'
             else 'fail: open'
           end as verdict
    from due"""


def query(rule: Deadline, sql: "Vocabulary") -> "exp.Select":
    start, to = sql.moment(rule.from_), sql.moment(rule.to)
    started, done_at, coarse = sql.column_of("started_at"), sql.column_of("done_at"), sql.column_of("done_coarse")
    limit = limit_by_period(rule.within, sql, "happened", roll=rule.roll == "next_working_day")
    by_hour, rolled = sql.period(rule.within, started).unit == "hours", "strict" in limit.steps
    steps = {"subject": sql.subjects(
        started_at=start.at, start_coarse=start.coarse, start_rejected=start.rejected,
        done_first_at=to.at, done_first_coarse=to.coarse, done_rejected=to.rejected,
    )}  # fmt: skip
    steps["happened"] = first_at_or_after("done", to, start, sql)
    # an event before the start simply isn't the one that was asked for, but a column before it contradicts it, and is shown
    contradictory = sql.expression("done_first_at is not null and done_at is null") if to.is_column else sql.literal(False)
    done = sql.column_of("done_first_at") if to.is_column else done_at
    last = sql.fill(
        _VERDICT, done=done, contradictory=contradictory, in_time=limit.is_in_time(done_at, coarse, sql), late=limit.is_late(done_at, coarse, sql),
        taken=sql.expression(_HOURS_TAKEN if by_hour else _DAYS_TAKEN, done=done, as_of=sql.as_of, as_of_end=sql.as_of_end),
        covered=sql.covered(to.sort, started), fresh=limit.fresh(to.table, sql), warned=_warned(rule, by_hour, rolled, sql),
        **limit.arms(sql), **start_arms(start, sql),
    )  # fmt: skip
    last = limit.shown(last, sql)
    return sql.pipeline(last.select("due_at") if by_hour else last, **steps, **limit.steps)


def _warned(rule: Deadline, by_hour: bool, rolled: bool, sql: "Vocabulary") -> "exp.Expression":
    """Whether a running period is so near its end that it is shown: by the strict day, before any roll-over."""
    if rule.warn is None:
        return sql.literal(False)
    warn = sql.period(rule.warn, sql.column_of("started_at"))
    due = sql.column_of("due_at" if by_hour else "strict_on" if rolled else "due_on")
    if warn.unit == "hours":
        return sql.expression("$end >= cast($due as timestamp) - $n * interval 1 hour", end=sql.as_of_end, due=due, n=warn.count)
    if warn.unit in ("months", "years"):
        return sql.expression("$as_of >= cast(cast($due as date) - $n * interval 1 month as date)", as_of=sql.as_of, due=due, n=count(warn, sql))
    # a warning in working days is given at the latest that many calendar days before: it is a reminder, not a period of the law
    return sql.expression("$as_of >= cast($due as date) - $n", as_of=sql.as_of, due=due, n=count(warn, sql))


KIND = RuleKind("deadline", Deadline, reads, query, oracle)
