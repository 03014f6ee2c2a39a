"""`heartbeat`: something must recur, with no gap that is too long."""

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from disputekit.extension import Reads, RuleKind
from disputekit.kinds.common import first_at_or_after, start_arms, start_columns
from disputekit.kinds.limits import period_steps
from disputekit.oracles.heartbeat import oracle
from disputekit.policies.model import DATES, Counted, Moment, PeriodText, Rule

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks import vocabulary as words


class Heartbeat(Rule):
    """A finding where from `from` on, between one occurrence of `activities` and the next, more than the period `every` went by.

    Any of the activities counts. Gaps are counted in dates, as periods are, from the date of `from` to the first occurrence and so on, up to
    the date of `until` (the first at or after `from`) or, until it happens, up to as-of: a last gap that isn't too long yet passes.
    """

    kind: Literal["heartbeat"]
    activities: Annotated[tuple[Moment, ...], Field(min_length=1)]
    every: PeriodText
    from_: Moment = Field(alias="from")
    until: Moment | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if len(set(self.activities)) < len(self.activities):
            raise ValueError("activities names something twice")
        if any(a.startswith("organisation.") for a in self.activities):
            raise ValueError("the organisation's milestones don't happen to a subject")
        return self


def reads(rule: Heartbeat) -> Reads:
    until = (rule.until,) if rule.until is not None else ()
    return Reads(rule.subject, moments=(*rule.activities, rule.from_, *until), repeated=until)


_CLOSED = "select *, cast(started_at as date) as from_on, coalesce(cast(until_at as date), $as_of) as to_on from $source"
_SEEN = "select subject_id, cast($moment as date) as day from $records where $moment is not null"
_OPENED = "select subject, started_at as opened_at, to_on, from_on as day from closed where from_on <= to_on"
_HAPPENED = """
    select w.subject, w.started_at as opened_at, w.to_on, o.day
    from seen as o join closed as w on w.subject = o.subject_id
    where o.day >= w.from_on and o.day <= w.to_on"""
_GAPS = """
    select subject, opened_at, to_on, day, coalesce(lead(day) over (partition by subject order by day), to_on) as next_on,
           lead(day) over (partition by subject order by day) is null as is_last
    from point"""
# only a gap that is longer than so many days can be longer than the period
_LONG = """
    select subject, opened_at, cast(day as timestamp) as started_at, false as start_coarse, next_on, is_last
    from gap where is_last or date_diff('day', day, next_on) > $least"""
_JUDGED = """
    select subject, max(n) as n, max(length) as length, max(case when is_last then due_on end) as due_on,
           min(case when next_on > latest_on then latest_on end) as exceeded_on,
           max(case when next_on > due_on and coalesce(next_on <= latest_on, true) then 1 else 0 end) = 1 as undecided
    from due group by subject"""
_LONGEST = "select subject, max(date_diff('day', day, next_on)) as longest from gap group by subject"
_JOINED = """
    select w.*, j.n, j.length, case when w.until_at is null then j.due_on end as due_on, j.exceeded_on, j.undecided, l.longest
    from closed as w left join judged as j on j.subject = w.subject left join longest as l on l.subject = w.subject"""
_VERDICT = """
    select subject, unit, handler, started_at, due_on, until_at as done_at, cast(longest as varchar) || ' days' as observed, length as expected,
           case
             when concerned is null then 'unknown: condition'
             when started_at is null and start_rejected then 'unknown: rejected value'
             when $not_started then $not_begun
             when not $in_force then 'not_applicable: not in force'
             when $contradictory then 'unknown: contradictory'
             when start_rejected or until_rejected or beat_rejected then 'unknown: rejected value'
             when n is null then 'unknown: no value'
             when exceeded_on is not null and not $covered then 'unknown: not covered'
             when exceeded_on is not null and not $fresh then 'unknown: stale'
             when exceeded_on is not null then 'fail: gap'
             when undecided then 'unknown: no calendar'
             else 'pass'
           end as verdict
    from measured"""


def query(rule: Heartbeat, sql: "words.Vocabulary") -> "exp.Select":
    start = sql.moment(rule.from_)
    until = sql.moment(rule.until) if rule.until is not None else None
    beats = [sql.moment(name) for name in rule.activities]
    no, never = sql.literal(False), sql.expression("cast(null as timestamp)")
    ends = {"until_first_at": until.at, "until_first_coarse": until.coarse, "until_rejected": until.rejected} if until else {
        "until_at": never, "until_rejected": no,
    }  # fmt: skip
    steps = {"subject": sql.subjects(**start_columns(start, sql), **ends, beat_rejected=sql.either(*(b.rejected for b in beats)))}
    if until:
        steps["ended"] = first_at_or_after("until", until, start, sql)
    steps["closed"] = sql.fill(_CLOSED, source=sql.step("ended" if until else "subject"), as_of=sql.as_of)
    steps["seen"] = days_seen(beats, steps, sql)
    steps["point"] = sql.together(sql.fill(_OPENED), sql.fill(_HAPPENED))
    steps["gap"] = sql.fill(_GAPS)
    period = sql.period(rule.every, sql.column_of("opened_at"))
    steps["long"] = sql.fill(_LONG, least=_least(period, sql))
    steps |= period_steps(period, "long", sql)
    steps["judged"], steps["longest"], steps["measured"] = sql.fill(_JUDGED), sql.fill(_LONGEST), sql.fill(_JOINED)
    exceeded = sql.column_of("exceeded_on")
    last = sql.fill(
        _VERDICT, contradictory=sql.expression("until_first_at is not null and until_at is null") if until and until.is_column else no,
        covered=sql.both(*(sql.covered(b.sort, sql.column_of("started_at")) for b in beats)),
        fresh=sql.both(*(sql.fresh(table, exceeded) for table in dict.fromkeys(b.table for b in beats))), **start_arms(start, sql),
    )  # fmt: skip
    return sql.pipeline(last, **steps)


def _least(period: "words.Length", sql: "words.Vocabulary") -> "exp.Expression":
    """The most days that the period surely doesn't fall short of; a day is the least that a working day, or none of them, takes."""
    factor = {"days": 1, "working days": 1, "weeks": 7, "months": 28, "years": 365}[period.unit]
    return sql.expression("coalesce($n * $factor, 0)", n=period.count, factor=sql.literal(factor))


def days_seen(beats: "list[words.Moment]", steps: "dict[str, exp.Select]", sql: "words.Vocabulary") -> "exp.Select":
    """The days on which any of the activities happened: one scan for the sorts of one table that happen at the same column."""
    sorts: dict[tuple[str, str], list[str | None]] = {}
    for beat in beats:
        if beat.sort is None:
            raise ValueError(f"{beat.name} is a column, which can't recur")
        sorts.setdefault((beat.sort[0], beat.column), []).append(beat.sort[1])
    days = []
    for number, ((table, column), kinds) in enumerate(sorts.items()):
        name, known = f"record_{number}", tuple(k for k in kinds if k is not None)
        steps[name] = sql.records(table, known if len(known) == len(kinds) else (), column)
        days.append(sql.fill(_SEEN, moment=sql.column_of(column), records=sql.step(name)))
    return sql.together(*days)


def evidence(rule: Heartbeat) -> tuple[str, ...]:
    return rule.activities


KIND = RuleKind(
    "heartbeat",
    Heartbeat,
    reads,
    query,
    oracle,
    counted=lambda rule: (Counted((("every", rule.every),), ((*DATES, "working days"),)),),
    evidence=evidence,
)
