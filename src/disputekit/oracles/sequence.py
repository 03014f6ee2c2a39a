"""`sequence`, as one reads it: when the second thing happened, had the first?"""

from datetime import timedelta
from typing import Any

from disputekit.oracles import moments as m
from disputekit.oracles.case import Case
from disputekit.outcomes import Verdict


def oracle(rule: Any, case: Case) -> Verdict:
    """The verdict on one subject."""
    names = [rule.first] if isinstance(rule.first, str) else list(rule.first.any)
    then = m.find(rule.then, case)
    firsts = [f for f in (m.find(name, case) for name in names) if f is not None]
    if then is None or len(firsts) < len(names):
        return m.NOT_SUPPLIED
    if said := m.not_concerned(rule.where, case):
        return said
    if then.first is None:
        return m.without_start(then)
    if not m.in_force(case, then.first):
        return m.NOT_IN_FORCE
    if then.rejected or any(f.rejected for f in firsts):
        return m.REJECTED_VALUE
    times = m.happened([t for f in firsts for t in f.times], case.as_of)
    if not times:
        return _missing(firsts, then.first, case)
    first = times[0]
    earlier_day = m.day_of(first) < m.day_of(then.first)
    in_order = earlier_day or (rule.same_day == "allowed" and not m.is_before(then.first, first))
    return m.PASS if in_order else Verdict("fail", "order")


def _missing(firsts: list[m.Found], then: m.When, case: Case) -> Verdict:
    if any(f.required for f in firsts):
        return m.MISSING_VALUE
    life = m.begins(case)
    if not all(m.is_covered(f, then if life is None else life, case) for f in firsts):
        return m.NOT_COVERED
    if not all(m.is_fresh(f.table, m.day_of(then) - timedelta(days=1), case) for f in firsts):
        return m.STALE
    return Verdict("fail", "missing")
