"""`occurrences`, as one reads it: how often did it happen, and is that too seldom or too often?"""

from decimal import Decimal
from typing import Any

from disputekit.oracles import moments as m
from disputekit.oracles.case import Case
from disputekit.outcomes import Verdict

_WHO = {"notices": "party_id", "parties": "person_id"}


def oracle(rule: Any, case: Case) -> Verdict:
    """The verdict on one subject."""
    found = m.find(rule.of, case)
    if found is None or (rule.distinct == "party" and _WHO[found.table] not in case.types[found.table]):
        return m.NOT_SUPPLIED
    if said := m.not_concerned(rule.where, case):
        return said
    life = m.begins(case)
    if not m.in_force(case, life):
        return m.NOT_IN_FORCE
    if found.rejected:
        return m.REJECTED_VALUE
    bounds = [None if b is None else m.value_of(b, case, m.basis_day(case, life)) for b in (rule.min, rule.max)]
    if (rule.min is not None and bounds[0] is None) or (rule.max is not None and bounds[1] is None):
        return m.NO_VALUE
    least, most = (None if b is None else Decimal(b) for b in bounds)
    judged = [_judged(count, least, most) for count in _counts(rule, found, case)]
    if len(set(judged)) > 1:
        return m.MISSING_VALUE
    if judged[0] == "too often":
        return Verdict("fail", "too often")
    if judged[0] == "too seldom" or most is not None:
        if not m.is_covered(found, life, case):
            return m.NOT_COVERED
        if not m.is_fresh_now(found.table, case):
            return m.STALE
    return Verdict("fail", "too seldom") if judged[0] == "too seldom" else m.PASS


def _judged(count: int, least: Decimal | None, most: Decimal | None) -> str:
    if most is not None and count > most:
        return "too often"
    return "too seldom" if least is not None and count < least else "right"


def _counts(rule: Any, found: m.Found, case: Case) -> list[int]:
    """How many there may have been, from the fewest to the most: a record that doesn't say to whom may be about anyone."""
    if rule.distinct == "day":
        return [len({m.day_of(t) for t in found.times})]
    if rule.distinct != "party":
        return [len(found.times)]
    moment = rule.of.rpartition(".")[2]
    rows = m.rows_of(found.table, found.kind, case)
    there = [row for row in rows if any(m.happened([row.get(moment + ending)], case.as_of) for ending in ("_at", "_on"))]
    people = [row.get(_WHO[found.table]) for row in there]
    known, unknown = len({p for p in people if p is not None}), sum(p is None for p in people)
    fewest = known if known or not unknown else 1
    return list(range(fewest, known + unknown + 1))
