"""`vocabulary`: a column may only hold values of a list."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from disputekit.extension import Reads, RuleKind
from disputekit.oracles.vocabulary import oracle
from disputekit.policies.model import Moment, Rule

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks import vocabulary as words


class Vocabulary(Rule):
    """A finding where a value isn't in `values`.

    `column` holds text; it is a column of the subject or of a parent (`contract.line`), or a record table's (`events.activity`): then all records of a
    subject are looked at together, and an activity outside of the process is a finding of the dispute, not of the event.
    """

    kind: Literal["vocabulary"]
    column: Moment
    values: Annotated[tuple[str, ...], Field(min_length=1)]


def reads(rule: Vocabulary) -> Reads:
    return Reads(rule.subject, either=(rule.column,), texts=(rule.column,))


_OWN = "select *, case when not $among then value end as outside, value is null as gap, false as no_record from subject"
# the values outside are listed apart from the rest: they are few, and a list for each subject is dear
_OF_RECORDS = """
    select s.*, o.outside, coalesce(r.gap, false) as gap, r.subject_id is null as no_record, coalesce(r.rejected, false) as rejected
    from subject as s
    left join (
      select subject_id, max(case when $column is null then 1 else 0 end) = 1 as gap, max(case when $rejected then 1 else 0 end) = 1 as rejected
      from record group by subject_id) as r on r.subject_id = s.subject
    left join (
      select subject_id, array_to_string(list_sort(list(value)), ', ') as outside
      from (select distinct subject_id, $column as value from record) as cell
      where not $among group by subject_id) as o on o.subject_id = s.subject"""
_VERDICT = """
    select subject, unit, handler, started_at, outside as observed,
           case
             when concerned is null then 'unknown: condition'
             when not $in_force then 'not_applicable: not in force'
             when rejected then 'unknown: rejected value'
             when outside is not null then 'fail: outside'
             when no_record then 'not_applicable: not begun'
             when gap then 'unknown: missing'
             else 'pass'
           end as verdict
    from compared"""


def query(rule: Vocabulary, sql: "words.Vocabulary") -> "exp.Select":
    among = sql.among(sql.column_of("value"), rule.values)
    found = sql.record_column(rule.column)
    if found is None:
        value, rejected = sql.column(rule.column), sql.column_rejected(rule.column)
        steps = {"subject": sql.subjects(started_at=sql.begins(), basis_on=sql.basis(), value=value, rejected=rejected)}
        steps["compared"] = sql.fill(_OWN, among=among)
    else:
        table, column = found
        steps = {"subject": sql.subjects(started_at=sql.begins(), basis_on=sql.basis()), "record": sql.records(table)}
        steps["compared"] = sql.fill(_OF_RECORDS, among=among, column=sql.column_of(column), rejected=sql.bad_record(table, column))
    return sql.pipeline(sql.fill(_VERDICT, in_force=sql.in_force(sql.column_of("basis_on"))), **steps)


def evidence(rule: Vocabulary) -> tuple[str, ...]:
    return (rule.column,)


KIND = RuleKind("vocabulary", Vocabulary, reads, query, oracle, evidence=evidence)
