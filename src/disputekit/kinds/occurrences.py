"""`occurrences`: something must happen so often, and not more often."""

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from disputekit.extension import Reads, Records, RuleKind
from disputekit.kinds.common import start_arms
from disputekit.kinds.limits import period_steps
from disputekit.oracles.occurrences import oracle
from disputekit.policies.model import DATES, Counted, Moment, PeriodText, Rule

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks import vocabulary as words

PERSONS = {"notices": "party_id", "parties": "person_id"}
"""The record tables of which each row is about a person, and the column that identifies that person."""
Number = Annotated[int, Field(ge=0, strict=True)] | Annotated[str, StringConstraints(pattern=r"^\$[a-z][a-z0-9_]*$")]


class Occurrences(Rule):
    """A finding where `of` happened less than `min` or more than `max` times up to as-of.

    `distinct` counts the dates on which it happened (`day`), or the persons it concerned (`party`; notices and parties only), instead of
    the occurrences. A milestone that is a column of the subject happens once or never.

    With `from` and `within` only what happened at or after `from` and up to the last day of the period counts; where either of two moments
    is known to the day only, they are compared by date. Until that day too few are `pending`.
    """

    kind: Literal["occurrences"]
    of: Moment
    min: Number | None = None
    max: Number | None = None
    distinct: Literal["day", "party"] | None = None
    from_: Moment | None = Field(default=None, alias="from")
    within: PeriodText | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("give min, max, or both")
        if isinstance(self.min, int) and isinstance(self.max, int) and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        if (self.from_ is None) is not (self.within is None):
            raise ValueError("from and within make a window together")
        if self.of.startswith("organisation."):
            raise ValueError("the organisation's milestones don't happen to a subject")
        if self.distinct == "party" and _table(self) not in PERSONS:
            raise ValueError(f"distinct = 'party' counts persons, so `of` must be a moment of {' or '.join(PERSONS)}")
        return self


def _table(rule: Occurrences) -> str:
    return rule.of.partition(".")[0]


def reads(rule: Occurrences) -> Reads:
    persons = (Records(_table(rule), (PERSONS[_table(rule)],)),) if rule.distinct == "party" else ()
    return Reads(rule.subject, moments=(rule.of, *([rule.from_] if rule.from_ is not None else [])), records=persons)


# an occurrence without a person may concern one of the known ones or somebody else
_COUNTS = {
    None: ("count(*)", "count(*)"),
    "day": ("count(distinct cast($moment as date))", "count(distinct cast($moment as date))"),
    "party": ("greatest(count(distinct $person), 1)", "count(distinct $person) + count(*) - count($person)"),
}
_ONCE = "select *, case when of_at is null then 0 else 1 end as fewest, case when of_at is null then 0 else 1 end as most from bounded"
_OF_RECORDS = """
    select s.*, coalesce(r.fewest, 0) as fewest, coalesce(r.most, 0) as most
    from bounded as s
    left join (select subject_id, $fewest as fewest, $most as most from record where $moment is not null group by subject_id) as r
      on r.subject_id = s.subject"""
_VERDICT = """
    select subject, unit, handler, started_at,
           cast(fewest as varchar) || case when most > fewest then '..' || cast(most as varchar) else '' end as observed,
           coalesce(cast(least_n as varchar), '') || '..' || coalesce(cast(most_n as varchar), '') as expected,
           case
             when concerned is null then 'unknown: condition'
             when not $in_force then 'not_applicable: not in force'
             when of_rejected then 'unknown: rejected value'
             when $no_value then 'unknown: no value'
             when fewest > most_n then 'fail: too often'
             when (fewest < least_n and most >= least_n) or (fewest <= most_n and most > most_n) then 'unknown: missing'
             when (most < least_n or $bounded) and not $covered then 'unknown: not covered'
             when (most < least_n or $bounded) and not $fresh then 'unknown: stale'
             when most < least_n then 'fail: too seldom'
             else 'pass'
           end as verdict
    from counted"""


def query(rule: Occurrences, sql: "words.Vocabulary") -> "exp.Select":
    return _ever(rule, sql) if rule.from_ is None or rule.within is None else _in_window(rule, rule.from_, rule.within, sql)


def _ever(rule: Occurrences, sql: "words.Vocabulary") -> "exp.Select":
    of = sql.moment(rule.of)
    basis, started = sql.column_of("basis_on"), sql.column_of("started_at")
    steps = {"subject": sql.subjects(started_at=sql.begins(), basis_on=sql.basis(), of_at=of.at, of_rejected=of.rejected)}
    steps["bounded"] = _bounded(rule, "subject", basis, sql)
    if of.sort is None:
        steps["counted"] = sql.fill(_ONCE)
    else:
        table, kind = of.sort
        steps["record"] = sql.records(table, (kind,) if kind is not None else (), of.column)
        moment, person = sql.column_of(of.column), sql.column_of(PERSONS[table] if rule.distinct == "party" else of.column)
        fewest, most = (sql.expression(count, moment=moment, person=person) for count in _COUNTS[rule.distinct])
        steps["counted"] = sql.fill(_OF_RECORDS, fewest=fewest, most=most, moment=moment)
    last = sql.fill(
        _VERDICT, in_force=sql.in_force(basis), no_value=_no_value(rule, sql), bounded=sql.literal(rule.max is not None),
        covered=sql.covered(of.sort, started), fresh=sql.fresh_now(of.table),
    )  # fmt: skip
    return sql.pipeline(last, **steps)


def _bounded(rule: Occurrences, source: str, basis: "exp.Expression", sql: "words.Vocabulary") -> "exp.Select":
    bounds = {"least_n": rule.min, "most_n": rule.max}
    values = {name: sql.expression("cast(null as integer)") if bound is None else sql.number(bound, basis) for name, bound in bounds.items()}
    return sql.fill("select *, $least_n as least_n, $most_n as most_n from $source", source=sql.step(source), **values)


def _no_value(rule: Occurrences, sql: "words.Vocabulary") -> "exp.Expression":
    given = [name for name, bound in (("least_n", rule.min), ("most_n", rule.max)) if bound is not None]
    return sql.either(*(sql.expression("$n is null", n=sql.column_of(name)) for name in given))


# ── in a window ──

# up to the earliest possible last day it surely counts; up to the latest, perhaps
_COUNTS_IN_WINDOW = {
    None: ("count(case when $sure then 1 end)", "count(*)"),
    "day": ("count(distinct case when $sure then cast($moment as date) end)", "count(distinct cast($moment as date))"),
    "party": (
        "case when count(case when $sure then 1 end) = 0 then 0 else greatest(count(distinct case when $sure then $person end), 1) end",
        "count(distinct $person) + count(*) - count($person)",
    ),
}
_SURE = "cast($moment as date) <= s.due_on"
_PERHAPS = "coalesce(cast($moment as date) <= s.latest_on, true)"
_SINCE = "case when s.start_coarse or $coarse then cast($moment as date) >= cast(s.started_at as date) else $moment >= s.started_at end"
_ONE_IN_WINDOW = """
    select s.*, case when s.of_at is not null and $sure then 1 else 0 end as fewest,
           case when s.of_at is not null and $perhaps then 1 else 0 end as most
    from bounded as s"""
_MANY_IN_WINDOW = """
    select s.*, coalesce(c.fewest, 0) as fewest, coalesce(c.most, 0) as most
    from bounded as s
    left join (
      select r.subject_id, $fewest as fewest, $most as most
      from record as r join bounded as s on s.subject = r.subject_id
      where $moment is not null and $since and $perhaps
      group by r.subject_id) as c on c.subject_id = s.subject"""
_VERDICT_IN_WINDOW = """
    select subject, unit, handler, started_at, due_on,
           cast(fewest as varchar) || case when most > fewest then '..' || cast(most as varchar) else '' end as observed,
           coalesce(cast(least_n as varchar), '') || '..' || coalesce(cast(most_n as varchar), '') as expected,
           case
             when concerned is null then 'unknown: condition'
             when started_at is null and start_rejected then 'unknown: rejected value'
             when $not_started then $not_begun
             when not $in_force then 'not_applicable: not in force'
             when $contradictory then 'unknown: contradictory'
             when start_rejected or of_rejected then 'unknown: rejected value'
             when n is null or $no_value then 'unknown: no value'
             when fewest > most_n then 'fail: too often'
             when $straddles and coalesce(latest_on > due_on, true) then 'unknown: no calendar'
             when $straddles then 'unknown: missing'
             when most < least_n and $as_of <= due_on then 'pending'
             when most < least_n and coalesce($as_of <= latest_on, true) then 'unknown: no calendar'
             when (most < least_n or $bounded) and not $covered then 'unknown: not covered'
             when (most < least_n or $bounded) and not $fresh then 'unknown: stale'
             when most < least_n then 'fail: too seldom'
             else 'pass'
           end as verdict
    from tallied"""
_STRADDLES = "(fewest < least_n and most >= least_n) or (fewest <= most_n and most > most_n)"


def _in_window(rule: Occurrences, since: str, within: str, sql: "words.Vocabulary") -> "exp.Select":
    of, start = sql.moment(rule.of), sql.moment(since)
    started = sql.column_of("started_at")
    steps = {"subject": sql.subjects(
        started_at=start.at, start_coarse=start.coarse, start_rejected=start.rejected, of_at=of.at, of_coarse=of.coarse, of_rejected=of.rejected,
    )}  # fmt: skip
    steps |= period_steps(sql.period(within, started), "subject", sql)
    steps["bounded"] = _bounded(rule, "due", started, sql)
    if of.sort is None:
        table, moment, person, coarse = "", sql.column_of("of_at", "s"), sql.column_of("of_at", "s"), sql.column_of("of_coarse", "s")
    else:
        table, kind = of.sort
        steps["record"] = sql.records(table, (kind,) if kind is not None else (), of.column)
        moment, coarse = sql.column_of(of.column, "r"), sql.coarse_record(table, of.column, "r")
        person = sql.column_of(PERSONS[table] if rule.distinct == "party" else of.column, "r")
    sure, perhaps = (sql.expression(text, moment=moment) for text in (_SURE, _PERHAPS))
    after = sql.expression(_SINCE, moment=moment, coarse=coarse)
    if of.sort is None:
        steps["tallied"] = sql.fill(_ONE_IN_WINDOW, sure=sure, perhaps=perhaps)
    else:
        fewest, most = (sql.expression(count, sure=sure, moment=moment, person=person) for count in _COUNTS_IN_WINDOW[rule.distinct])
        steps["tallied"] = sql.fill(_MANY_IN_WINDOW, fewest=fewest, most=most, moment=moment, since=after, perhaps=perhaps)
    fresh = sql.expression(
        "case when coalesce($as_of <= latest_on, true) then $now else $then end",
        as_of=sql.as_of, now=sql.fresh_now(of.table), then=sql.fresh(of.table, sql.column_of("latest_on")),
    )  # fmt: skip
    before = sql.expression(
        "case when start_coarse or of_coarse then cast(of_at as date) < cast(started_at as date) else of_at < started_at end and of_at is not null"
    )
    last = sql.fill(
        _VERDICT_IN_WINDOW, contradictory=before if of.sort is None else sql.literal(False), no_value=_no_value(rule, sql),
        straddles=sql.expression(_STRADDLES), bounded=sql.literal(rule.max is not None), covered=sql.covered(of.sort, started), fresh=fresh,
        as_of=sql.as_of, **start_arms(start, sql),
    )  # fmt: skip
    return sql.pipeline(last, **steps)


def counted(rule: Occurrences) -> tuple[Counted, ...]:
    return (Counted((("within", rule.within),), ((*DATES, "working days"),)),) if rule.within is not None else ()


def evidence(rule: Occurrences) -> tuple[str, ...]:
    return (rule.of,) if rule.min is not None else ()


KIND = RuleKind("occurrences", Occurrences, reads, query, oracle, start=lambda rule: rule.from_, counted=counted, evidence=evidence)
