"""`condition`: a row must satisfy a stated condition."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import StringConstraints

from disputekit.extension import Reads, RuleKind
from disputekit.oracles.condition import oracle
from disputekit.policies.model import Rule

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks.vocabulary import Vocabulary


class Condition(Rule):
    """A finding where `holds` is false.

    `holds` is a condition over the subject's columns and its parents', like `where`. Where it can't be decided because a column is empty,
    the outcome is `unknown`: write `coalesce` or `is null` where an empty column is to count.
    """

    kind: Literal["condition"]
    holds: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


def reads(rule: Condition) -> Reads:
    """The subject only: what `holds` reads is added where conditions are read, as it is for `where`."""
    return Reads(rule.subject)


_VERDICT = """
    select subject, unit, handler, started_at,
           case
             when concerned is null then 'unknown: condition'
             when not $in_force then 'not_applicable: not in force'
             when holds then 'pass'
             when not holds then 'fail: condition'
             when rejected then 'unknown: rejected value'
             else 'unknown: missing'
           end as verdict
    from subject"""


def query(rule: Condition, sql: "Vocabulary") -> "exp.Select":
    subject = sql.subjects(started_at=sql.begins(), basis_on=sql.basis(), holds=sql.condition(rule.holds), rejected=sql.rejected_in(rule.holds))
    return sql.pipeline(sql.fill(_VERDICT, in_force=sql.in_force(sql.column_of("basis_on"))), subject=subject)


KIND = RuleKind("condition", Condition, reads, query, oracle)
