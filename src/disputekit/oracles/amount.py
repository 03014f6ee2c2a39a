"""`amount`, as one reads it: do the two sums agree?"""

from decimal import Decimal
from typing import Any

from disputekit.oracles import moments as m
from disputekit.oracles.case import REJECTED, Case
from disputekit.outcomes import Verdict


def oracle(rule: Any, case: Case) -> Verdict:
    """The verdict on one subject."""
    when = None if rule.when is None else m.find(rule.when, case)
    columns = [c for text in (rule.actual, rule.expected) for c in case.condition_columns[text]]
    if (rule.when is not None and when is None) or any(c not in case.types.get(case.table, {}) for c in columns):
        return m.NOT_SUPPLIED
    if said := m.not_concerned(rule.where, case):
        return said
    if when is not None and when.first is None:
        return m.without_start(when)
    basis = m.begins(case) if when is None else when.first
    if not m.in_force(case, basis):
        return m.NOT_IN_FORCE
    if (when is not None and when.rejected) or any(case.row.get(c) is REJECTED for c in columns):
        return m.REJECTED_VALUE
    tolerance = m.value_of(rule.tolerance, case, m.basis_day(case, basis))
    if tolerance is None:
        return m.NO_VALUE
    actual, expected = case.numbers[rule.actual], case.numbers[rule.expected]
    if actual is None or expected is None:
        return m.MISSING_VALUE
    return m.PASS if abs(actual - expected) <= Decimal(tolerance) else Verdict("fail", "differs")
