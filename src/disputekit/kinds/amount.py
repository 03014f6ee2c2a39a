"""`amount`: two amounts must agree."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import StringConstraints

from disputekit.extension import Reads, RuleKind
from disputekit.kinds.common import Quantity, plain, start_arms, start_columns
from disputekit.oracles.amount import oracle
from disputekit.policies.model import Moment, Rule

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks.vocabulary import Vocabulary

Formula = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Amount(Rule):
    """A finding where `actual` and `expected` differ by more than `tolerance`.

    Both are formulas over the subject's columns and its parents', written as in a condition, with `greatest` and `least`. A formula
    that reads an empty column can't be worked out: the outcome is `unknown`, unless `coalesce` says what the empty column stands for.
    The tolerance is a difference, not a share. With `when`, only once that happened.
    """

    kind: Literal["amount"]
    actual: Formula
    expected: Formula
    tolerance: Quantity = Decimal(0)
    when: Moment | None = None

    @property
    def difference(self) -> str:
        """What must be at most the tolerance, as a formula of its own, so that it is known to fit into the engine's numbers."""
        return f"({self.actual}) - ({self.expected})"


def reads(rule: Amount) -> Reads:
    """The columns of the formulas are added where formulas are read, as for conditions."""
    return Reads(rule.subject, moments=(rule.when,) if rule.when is not None else ())


_JUDGED = "select *, $tolerance as tolerance from subject"
_VERDICT = """
    select subject, unit, handler, started_at, $actual as observed, $expected as expected,
           case
             when concerned is null then 'unknown: condition'
             when started_at is null and start_rejected then 'unknown: rejected value'
             when $not_started then $not_begun
             when not $in_force then 'not_applicable: not in force'
             when start_rejected or rejected then 'unknown: rejected value'
             when tolerance is null then 'unknown: no value'
             when difference is null then 'unknown: missing'
             when abs(difference) <= tolerance then 'pass'
             else 'fail: differs'
           end as verdict
    from judged"""


def query(rule: Amount, sql: "Vocabulary") -> "exp.Select":
    start = sql.moment(rule.when) if rule.when is not None else None
    subject = sql.subjects(
        **start_columns(start, sql), actual=sql.formula(rule.actual), expected=sql.formula(rule.expected),
        difference=sql.formula(rule.difference), rejected=sql.formula_rejected(rule.difference),
    )  # fmt: skip
    tolerance = sql.number(rule.tolerance, sql.column_of("basis_on" if start is None else "started_at"))
    last = sql.fill(_VERDICT, actual=plain("actual", sql), expected=plain("expected", sql), **start_arms(start, sql))
    return sql.pipeline(last, subject=subject, judged=sql.fill(_JUDGED, tolerance=tolerance))


KIND = RuleKind("amount", Amount, reads, query, oracle)
