"""`cadence`: a duty that comes back, in every period of its own or of the calendar."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from disputekit.extension import Reads, RuleKind
from disputekit.kinds.heartbeat import days_seen
from disputekit.kinds.limits import period_steps
from disputekit.oracles.cadence import oracle
from disputekit.policies.model import DATES, Counted, Moment, PeriodText, Rule

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks import vocabulary as words

MONTHS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
"""How many months a period of the calendar has."""


class Cadence(Rule):
    """A finding where `activity` wasn't done in a period in which it had to be; every subject by itself, the organisation or each of many.

    every: rolling. Each time it is done, the next is due within that period; the first within it of `from`. period: by the calendar, once in
    each `month`, `quarter`, `half-year` or `year`, by its last day; with `due`, between its end and so long after it: a report on the year
    by 30 April is `period = "year"`, `due = "4 months"`. A period of the calendar counts only for whom `from` was on or before its first
    day, and where the law was in force on that day. Dates are counted, as for deadlines.

    What isn't recorded proves nothing where the feed isn't complete: only what begins inside of the declared coverage is found missing.
    Without `from` a rolling duty is looked at from the first day that is covered, or the first time it was done. Every period up to as-of is
    looked at, since a report made this year doesn't cure that none was made last year: each one that was missed is a finding of its own, whose
    occurrence is the day on which it opened; `late` is what was done since, `open` what still isn't. The subject is counted once.
    """

    kind: Literal["cadence"]
    activity: Moment
    every: PeriodText | None = None
    period: Literal["month", "quarter", "half-year", "year"] | None = None
    due: PeriodText | None = None
    from_: Moment | None = Field(default=None, alias="from")

    @model_validator(mode="after")
    def _one_rhythm(self) -> Self:
        if (self.every is None) is (self.period is None):
            raise ValueError("give either every or period")
        if self.due is not None and self.period is None:
            raise ValueError("due goes with period: how long after its end")
        if self.activity.startswith("organisation."):
            raise ValueError('the organisation\'s own duties have subject = "organisation"')
        return self

    @property
    def stated(self) -> str | None:
        """The period that is counted, if any."""
        return self.every if self.every is not None else self.due


def reads(rule: Cadence) -> Reads:
    return Reads(rule.subject, moments=(rule.activity, *([rule.from_] if rule.from_ is not None else [])))


# the days from which a rolling duty runs: its start, the first day known, and each day on which it was done
_POINTS = """
    select s.subject, p.day as opens_on, p.day as begins_on, p.known, false as by_done, p.day as closes_on
    from subject as s cross join points as p where s.from_on is null or p.day > s.from_on"""
_STARTS = """
    select subject, from_on as opens_on, from_on as begins_on, $covered as known, false as by_done, from_on as closes_on
    from subject where from_on is not null"""
_DONE = """
    select s.subject, o.day as opens_on, o.day as begins_on, $covered as known, true as by_done, o.day as closes_on
    from subject as s join seen as o on o.subject_id = s.subject where (s.from_on is null or o.day > s.from_on) and o.day >= $since"""
_OF_CALENDAR = """
    select s.subject, p.day as opens_on, p.begins_on, p.known, false as by_done, p.closes_on
    from subject as s cross join points as p where not $has_start or s.from_on <= p.begins_on"""
_FIRST = """
    select w.subject, w.opens_on, w.known, w.by_done, cast(w.closes_on as timestamp) as started_at, false as start_coarse, min(o.day) as done_on
    from window_of as w left join seen as o
      on o.subject_id = w.subject and (o.day > w.opens_on or (o.day = w.opens_on and not w.by_done))
    group by w.subject, w.opens_on, w.known, w.by_done, w.closes_on"""
_UNCOUNTED = "select *, cast(started_at as date) as due_on, cast(started_at as date) as latest_on, 0 as n, $length as length from first_of"
_STATES = """
    select *, case when n is null then 'no value' when done_on <= due_on then 'met'
                   when $as_of <= due_on then case when by_done then 'met' else 'running' end
                   when latest_on is null or coalesce(done_on, $as_of) <= latest_on then 'doubtful' when known then 'missed' else 'unseen' end as state
    from due"""
_JUDGED = """
    select subject, count(*) as windows, max(case when state = 'no value' then 1 else 0 end) = 1 as no_value,
           max(case when state = 'missed' then 1 else 0 end) = 1 as missed, max(case when state = 'unseen' then 1 else 0 end) = 1 as unseen,
           max(case when known and state <> 'running' then 1 else 0 end) = 1 as closed, max(case when state = 'doubtful' then 1 else 0 end) = 1 as doubtful,
           max(case when state = 'running' then 1 else 0 end) = 1 as running,
           min(case when state in ('running', 'met') and $as_of <= due_on and (by_done or done_on is null) then due_on end) as next_on
    from state group by subject"""
_JOINED = "select s.*, j.* exclude (subject) from subject as s left join judged as j on j.subject = s.subject"
_DECIDED = """
    select subject, unit, handler, started_at, next_on,
           case
             when concerned is null then 'unknown: condition'
             when not $in_force then 'not_applicable: not in force'
             when start_rejected or done_rejected then 'unknown: rejected value'
             when $has_start and started_at is null then $not_begun
             when windows is null and $nothing_known then 'unknown: not covered'
             when windows is null then 'not_applicable: not begun'
             when no_value then 'unknown: no value'
             when missed then 'fail'
             when doubtful then 'unknown: no calendar'
             when unseen and not closed then 'unknown: not covered'
             when running then 'pending'
             else 'pass'
           end as verdict
    from measured"""
# the subject is counted with the first of its rows: one that it can still make up for, if there is any
_MISSED = """
    select d.subject, d.unit, d.handler, s.opens_on, s.latest_on, s.done_on, s.length, $fresh as fresh,
           row_number() over (partition by d.subject order by case when not $fresh then 2 when s.done_on is null then 0 else 1 end, s.opens_on) as place
    from decided as d join state as s on s.subject = d.subject where d.verdict = 'fail' and s.state = 'missed'"""
_EACH = """
    select subject, unit, handler, cast(opens_on as varchar) as occurrence, cast(opens_on as timestamp) as started_at, latest_on as due_on,
           cast(done_on as timestamp) as done_at, cast(opens_on as varchar) || '/' || cast(latest_on as varchar) as observed, length as expected,
           case when place = 1 then 1 else 0 end as subjects,
           case when not fresh then 'unknown: stale' when done_on is null then 'fail: open' else 'fail: late' end as verdict
    from missed"""
_ONCE = """
    select subject, unit, handler, cast(null as varchar) as occurrence, started_at, case when starts_with(verdict, 'unknown') then null else next_on end as due_on,
           cast(null as timestamp) as done_at, cast(null as varchar) as observed, $stated as expected, 1 as subjects, verdict
    from decided where verdict <> 'fail'"""
_FOUND = "select subject, unit, handler, occurrence, started_at, due_on, done_at, observed, expected, subjects, verdict from found"


def query(rule: Cadence, sql: "words.Vocabulary") -> "exp.Select":
    done = sql.moment(rule.activity)
    if done.sort is None:
        raise ValueError(f"{rule.activity} is a column, which can't recur")
    start = sql.moment(rule.from_) if rule.from_ is not None else None
    no, never = sql.literal(False), sql.expression("cast(null as timestamp)")
    known, law = sql.covered_from(done.sort), sql.in_force_from
    begun = sql.expression("cast($at as date)", at=start.at) if start else sql.expression("cast(null as date)")
    if law is not None and start:
        begun = sql.expression("case when $at is not null then greatest(cast($at as date), $law) end", at=start.at, law=sql.day(law))
    columns = {"started_at": start.at if start else never, "start_rejected": start.rejected if start else no, "done_rejected": done.rejected}
    steps = {"subject": sql.subjects(**columns, from_on=begun)}
    steps["seen"] = days_seen([done], steps, sql)
    has_start = sql.literal(start is not None)
    since = max(d for d in (known, law, date.min) if d is not None)
    if rule.period is not None:
        windows = calendar_windows(rule.period, known, law, sql.as_of_day)
        opens_after = rule.due is not None
        points = [(last + timedelta(days=1) if opens_after else first, first, last, is_known) for first, last, is_known in windows]
        points = [p for p in points if p[0] <= sql.as_of_day]
        steps["points"] = _points(points, sql)
        steps["window_of"] = sql.fill(_OF_CALENDAR, has_start=has_start)
    else:
        steps["points"] = _points([(since, since, since, True)] if known is not None and since <= sql.as_of_day else [], sql)
        opened = sql.covered(done.sort, sql.expression("from_on"))
        again = sql.covered(done.sort, sql.expression("o.day"))
        steps["window_of"] = sql.together(
            sql.fill(_POINTS),
            sql.fill(_STARTS, covered=opened),
            sql.fill(_DONE, covered=again, since=sql.day(law if law is not None else date(1, 1, 1))),
        )
    steps["first_of"] = sql.fill(_FIRST)
    if rule.stated is not None:
        steps |= period_steps(sql.period(rule.stated, sql.column_of("started_at")), "first_of", sql)
    else:
        steps["due"] = sql.fill(_UNCOUNTED, length=sql.literal(_said(rule)))
    steps["state"] = sql.fill(_STATES, as_of=sql.as_of)
    steps["judged"], steps["measured"] = sql.fill(_JUDGED, as_of=sql.as_of), sql.fill(_JOINED)
    steps["decided"] = sql.fill(
        _DECIDED, in_force=sql.in_force(sql.as_of), has_start=has_start, nothing_known=sql.literal(known is None),
        not_begun=sql.literal("unknown: missing" if start and start.required else "not_applicable: not begun"),
    )  # fmt: skip
    steps["missed"] = sql.fill(_MISSED, fresh=sql.fresh(done.table, sql.column_of("latest_on", "s")))
    steps["found"] = sql.together(sql.fill(_EACH), sql.fill(_ONCE, stated=sql.literal(_said(rule))))
    return sql.pipeline(sql.fill(_FOUND), **steps)


def _said(rule: Cadence) -> str:
    return rule.stated if rule.stated is not None else f"1 {rule.period}"


def calendar_windows(period: str, known: date | None, law: date | None, as_of: date) -> list[tuple[date, date, bool]]:
    """The periods of the calendar up to as-of, first to last day, oldest first, and whether each lies wholly in what is covered.

    From the first that is covered on, with up to two before it, of which only what was done is known; none from before the law.
    """
    months = MONTHS[period]
    first = date(as_of.year, (as_of.month - 1) // months * months + 1, 1)
    found: list[tuple[date, date, bool]] = []
    unknown = 0
    while unknown < 2 and (law is None or first >= law) and first.year > 1900:
        after = _later(first, months)
        is_known = known is not None and known <= first
        unknown += not is_known
        found.append((first, after - timedelta(days=1), is_known))
        first = _later(first, -months)
    return found[::-1]


def _later(first: date, months: int) -> date:
    """The first day of a month, so many months later."""
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


_POINT = "select $day as day, $begins as begins_on, $closes as closes_on, $known as known"


def _points(points: list[tuple[date, date, date, bool]], sql: "words.Vocabulary") -> "exp.Select":
    """The days that are the same for every subject: when a window opens, and the period's first and last day."""
    rows = [
        sql.fill(_POINT, day=sql.day(opens), begins=sql.day(first), closes=sql.day(last), known=sql.literal(known))
        for opens, first, last, known in points
    ]
    if rows:
        return sql.together(*rows)
    anything = {"day": sql.as_of, "begins": sql.as_of, "closes": sql.as_of, "known": sql.literal(False)}
    return sql.fill(f"{_POINT} from subject where false", **anything)


def evidence(rule: Cadence) -> tuple[str, ...]:
    return (rule.activity,)


KIND = RuleKind(
    "cadence",
    Cadence,
    reads,
    query,
    oracle,
    counted=lambda rule: (Counted((("due" if rule.due is not None else "every", rule.stated),), ((*DATES, "working days"),)),) if rule.stated else (),
    evidence=evidence,
)
