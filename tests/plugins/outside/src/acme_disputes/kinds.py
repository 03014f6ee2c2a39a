"""The kind `one_of_ours`: a column begins with the insurer's own prefix."""

from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from disputekit import Reads, Rule, RuleKind


class OneOfOurs(Rule):
    """A finding where `column` doesn't begin with `prefix`; where it is empty, nobody can tell."""

    kind: Literal["one_of_ours"]
    column: str
    prefix: Annotated[str, StringConstraints(min_length=1)]


def reads(rule: OneOfOurs) -> Reads:
    return Reads(rule.subject, columns=(rule.column,))


_VERDICT = """
    select subject, unit, handler, value as observed, $prefix as expected,
           case
             when concerned is null then 'unknown: condition'
             when rejected then 'unknown: rejected value'
             when value is null then 'unknown: missing'
             when starts_with(value, $prefix) then 'pass'
             else 'fail: outside'
           end as verdict
    from subject"""


def query(rule: OneOfOurs, sql: Any) -> Any:
    subject = sql.subjects(value=sql.column(rule.column), rejected=sql.column_rejected(rule.column))
    return sql.pipeline(sql.fill(_VERDICT, prefix=sql.literal(rule.prefix)), subject=subject)


ONE_OF_OURS = RuleKind("one_of_ours", OneOfOurs, reads, query)
