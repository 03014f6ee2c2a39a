"""`occurrences`: something must happen so often, and not more often."""

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from disputekit.extension import Reads, Records, RuleKind
from disputekit.oracles.occurrences import oracle
from disputekit.policies.model import Moment, Rule

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
    """

    kind: Literal["occurrences"]
    of: Moment
    min: Number | None = None
    max: Number | None = None
    distinct: Literal["day", "party"] | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("give min, max, or both")
        if isinstance(self.min, int) and isinstance(self.max, int) and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        if self.distinct == "party" and _table(self) not in PERSONS:
            raise ValueError(f"distinct = 'party' counts persons, so `of` must be a moment of {' or '.join(PERSONS)}")
        return self


def _table(rule: Occurrences) -> str:
    return rule.of.partition(".")[0]


def reads(rule: Occurrences) -> Reads:
    persons = (Records(_table(rule), (PERSONS[_table(rule)],)),) if rule.distinct == "party" else ()
    return Reads(rule.subject, moments=(rule.of,), records=persons)


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
    of = sql.moment(rule.of)
    basis, started = sql.column_of("basis_on"), sql.column_of("started_at")
    bounds = {"least_n": rule.min, "most_n": rule.max}
    steps = {"subject": sql.subjects(started_at=sql.begins(), basis_on=sql.basis(), of_at=of.at, of_rejected=of.rejected)}
    values = {name: sql.expression("cast(null as integer)") if bound is None else sql.number(bound, basis) for name, bound in bounds.items()}
    steps["bounded"] = sql.fill("select *, $least_n as least_n, $most_n as most_n from subject", **values)
    if of.sort is None:
        steps["counted"] = sql.fill(_ONCE)
    else:
        table, kind = of.sort
        steps["record"] = sql.records(table, (kind,) if kind is not None else (), of.column)
        moment, person = sql.column_of(of.column), sql.column_of(PERSONS[table] if rule.distinct == "party" else of.column)
        fewest, most = (sql.expression(count, moment=moment, person=person) for count in _COUNTS[rule.distinct])
        steps["counted"] = sql.fill(_OF_RECORDS, fewest=fewest, most=most, moment=moment)
    no_value = sql.either(*(sql.expression("$n is null", n=sql.column_of(name)) for name, bound in bounds.items() if bound is not None))
    last = sql.fill(
        _VERDICT, in_force=sql.in_force(basis), no_value=no_value, bounded=sql.literal(rule.max is not None), covered=sql.covered(of.sort, started),
        fresh=sql.fresh_now(of.table),
    )  # fmt: skip
    return sql.pipeline(last, **steps)


KIND = RuleKind("occurrences", Occurrences, reads, query, oracle)
