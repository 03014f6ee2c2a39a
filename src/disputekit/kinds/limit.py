"""`limit`: how many records, distinct values or how much in all a subject or a group of subjects may have."""

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import StringConstraints, model_validator

from disputekit.extension import Reads, Records, RuleKind
from disputekit.kinds.common import Quantity, bounds, plain
from disputekit.oracles.limit import oracle
from disputekit.policies.model import Rule, Strict

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks import vocabulary as words

Name = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Measure(Strict):
    """What is counted: the records of a table (`assignments`) or of one sort in it (`events.handover`).

    `distinct` counts the different values of a column, `sum` adds up a column; `where` is a condition over the columns of the table.
    """

    of: Name
    distinct: Name | None = None
    sum: Name | None = None
    where: Name | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.distinct is not None and self.sum is not None:
            raise ValueError("give distinct or sum, not both")
        return self

    @property
    def table(self) -> str:
        return self.of.partition(".")[0]

    @property
    def sorts(self) -> tuple[str, ...]:
        """The one sort of record that is meant; none where any is."""
        sort = self.of.partition(".")[2]
        return (sort,) if sort else ()


class Limit(Rule):
    """A finding where the measure up to as-of is below `min` or above `max`.

    `per` is a column of the subject, and then the measure is that of all subjects with the same value in it together, as far as the control
    concerns them. A record that doesn't say whether it counts (no moment, an undecided `where`, an empty column) leaves the outcome
    `unknown` where it matters.
    """

    kind: Literal["limit"]
    measure: Measure
    per: Name | None = None
    min: Quantity | None = None
    max: Quantity | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("give min, max, or both")
        if self.min is not None and self.max is not None and not isinstance(self.min, str) and not isinstance(self.max, str) and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        return self


def reads(rule: Limit) -> Reads:
    m = rule.measure
    columns = tuple(c for c in (m.distinct, m.sum) if c is not None)
    per = (rule.per,) if rule.per is not None else ()
    return Reads(rule.subject, columns=per, sorts=(m.of,), records=(Records(m.table, columns, where=m.where),))


# what surely counts, and what may; a value that isn't known may be one of the known ones or another
_COUNTED = ("count(case when sure then 1 end)", "count(*)", "false")
_DISTINCT = (
    "case when count(case when sure then 1 end) = 0 then 0 else greatest(count(distinct case when sure then value end), 1) end",
    "count(distinct value) + count(*) - count(value)", "false",
)  # fmt: skip
_SUMMED = (
    "coalesce(sum(case when sure then value end), 0)", "coalesce(sum(case when sure then value end), 0)",
    "max(case when not sure or value is null then 1 else 0 end) = 1",
)  # fmt: skip
_RECORDED = "select subject_id, $value as value, $there as there, $counts as counts, $rejected as rejected from record"
_TAKEN = """
    select s.grp, r.value, r.rejected, s.concerned is true and r.there and r.counts is true as sure
    from recorded as r join subject as s on s.subject = r.subject_id
    where s.grp is not null and (r.rejected or r.counts is not false)"""
_MEASURED = """
    select grp, $fewest as fewest, $most as most, $gap as gap, max(case when rejected then 1 else 0 end) = 1 as rejected
    from taken group by grp"""
_SINCE = "select grp, case when count(*) = count(started_at) then min(started_at) end as since from subject where grp is not null group by grp"
_JOINED = """
    select s.*, g.since, coalesce(m.fewest, 0) as fewest, coalesce(m.most, 0) as most, coalesce(m.gap, false) as gap,
           coalesce(m.rejected, false) as rejected, $least_n as least_n, $most_n as most_n
    from subject as s left join since as g on g.grp = s.grp left join measured as m on m.grp = s.grp"""
_VERDICT = """
    select subject, unit, handler, started_at, $fewest || case when most > fewest then '..' || $most else '' end as observed, $bounds as expected,
           case
             when concerned is null then 'unknown: condition'
             when not $in_force then 'not_applicable: not in force'
             when group_rejected or rejected then 'unknown: rejected value'
             when $no_value then 'unknown: no value'
             when grp is null or gap then 'unknown: missing'
             when fewest > most_n then 'fail: too many'
             when (fewest < least_n and most >= least_n) or (fewest <= most_n and most > most_n) then 'unknown: missing'
             when (most < least_n or $bounded) and not $covered then 'unknown: not covered'
             when (most < least_n or $bounded) and not $fresh then 'unknown: stale'
             when most < least_n then 'fail: too few'
             else 'pass'
           end as verdict
    from measured_subject"""


def query(rule: Limit, sql: "words.Vocabulary") -> "exp.Select":
    measure, table = rule.measure, rule.measure.table
    basis, main = sql.column_of("basis_on"), sql.main_moment(table)
    per = sql.column(rule.per) if rule.per is not None else sql.column_of("subject")
    cell = measure.distinct if measure.distinct is not None else measure.sum
    no, yes = sql.literal(False), sql.literal(True)
    counts = sql.record_condition(table, measure.where) if measure.where is not None else yes
    rejected = [sql.bad_record(table, column) for column in (main, cell) if column is not None and sql.has(table, column)]
    if measure.where is not None:
        rejected.append(sql.record_condition_rejected(table, measure.where))
    way = _SUMMED if measure.sum is not None else _DISTINCT if measure.distinct is not None else _COUNTED
    fewest, most, gap = (sql.expression(text) for text in way)
    least_n, most_n = (sql.expression("cast(null as integer)") if b is None else sql.number(b, basis) for b in (rule.min, rule.max))
    given = [name for name, bound in (("least_n", rule.min), ("most_n", rule.max)) if bound is not None]
    last = sql.fill(
        _VERDICT, fewest=plain("fewest", sql), most=plain("most", sql), bounds=sql.expression(bounds("least_n", "most_n")),
        in_force=sql.in_force(basis), no_value=sql.either(*(sql.expression("$n is null", n=sql.column_of(n)) for n in given)),
        bounded=sql.literal(rule.max is not None), fresh=sql.fresh_now(table),
        covered=sql.covered((table, measure.sorts[0] if measure.sorts else None), sql.column_of("since")),
    )  # fmt: skip
    return sql.pipeline(
        last,
        subject=sql.subjects(
            started_at=sql.begins(), basis_on=sql.basis(), grp=per, group_rejected=sql.column_rejected(rule.per) if rule.per is not None else no,
        ),
        record=sql.records(table, measure.sorts),
        recorded=sql.fill(
            _RECORDED, value=sql.column_of(cell) if cell is not None else sql.expression("cast(null as varchar)"), counts=counts,
            there=sql.expression("$moment is not null", moment=sql.column_of(main)) if sql.has(table, main) else yes,
            rejected=sql.either(*rejected),
        ),
        taken=sql.fill(_TAKEN), measured=sql.fill(_MEASURED, fewest=fewest, most=most, gap=gap), since=sql.fill(_SINCE),
        measured_subject=sql.fill(_JOINED, least_n=least_n, most_n=most_n),
    )  # fmt: skip


def evidence(rule: Limit) -> tuple[str, ...]:
    return (rule.measure.of,) if rule.min is not None else ()


KIND = RuleKind("limit", Limit, reads, query, oracle, evidence=evidence)
