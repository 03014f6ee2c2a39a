"""`condition`, as one reads it: does what must hold for this row hold?"""

from typing import Any

from disputekit.oracles import moments as m
from disputekit.oracles.case import REJECTED, Case
from disputekit.outcomes import Verdict


def oracle(rule: Any, case: Case) -> Verdict:
    """The verdict on one subject."""
    reads = case.condition_columns[rule.holds]
    if any(name not in case.types.get(case.table, {}) for name in reads):
        return m.NOT_SUPPLIED
    if said := m.not_concerned(rule.where, case):
        return said
    if not m.in_force(case, m.begins(case)):
        return m.NOT_IN_FORCE
    truth = case.conditions[rule.holds]
    if truth is None:
        return m.REJECTED_VALUE if any(case.row.get(name) is REJECTED for name in reads) else m.MISSING_VALUE
    return m.PASS if truth else Verdict("fail", "condition")
