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
    if rule.from_ is not None:
        return _in_window(rule, found, case)
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
    judged = [_judged(count, least, most) for count in counts(rule, found, found.times, case)]
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


def _in_window(rule: Any, found: m.Found, case: Case) -> Verdict:
    """The same within a period after `from`."""
    begun = m.find(rule.from_, case)
    if begun is None:
        return m.NOT_SUPPLIED
    if said := m.not_concerned(rule.where, case):
        return said
    start = begun.first
    if start is None:
        return m.without_start(begun)
    if not m.in_force(case, start):
        return m.NOT_IN_FORCE
    if found.own and found.first is not None and m.is_before(found.first, start):
        return m.CONTRADICTORY
    if begun.rejected or found.rejected:
        return m.REJECTED_VALUE
    period = m.period_of(rule.within, case, m.day_of(start))
    bounds = [None if b is None else m.value_of(b, case, m.day_of(start)) for b in (rule.min, rule.max)]
    if period is None or any(stated is not None and value is None for stated, value in zip((rule.min, rule.max), bounds, strict=True)):
        return m.NO_VALUE
    limit = m.end_of(start, period, case)
    since = found.at_or_after(start)
    sure = tuple(t for t in since if limit.kept(t) is True)
    perhaps = tuple(t for t in since if limit.kept(t) is not False)
    least, most = (None if b is None else Decimal(b) for b in bounds)
    fewest, utmost = min(counts(rule, found, sure, case)), max(counts(rule, found, perhaps, case))
    judged = {_judged(n, least, most) for n in (fewest, utmost)}
    if judged == {"too often"}:
        return Verdict("fail", "too often")
    if len(judged) > 1:
        return Verdict("unknown", "no calendar") if isinstance(limit, m.Days) and limit.latest is None else m.MISSING_VALUE
    past = limit.past(case)
    if judged == {"too seldom"} and past is not True:
        return m.PENDING if past is False else Verdict("unknown", str(past))
    if judged == {"right"} and most is None:
        return m.PASS
    if not m.is_covered(found, start, case):
        return m.NOT_COVERED
    if not (limit.seen(found.table, case) if past is True else m.is_fresh_now(found.table, case)):
        return m.STALE
    return Verdict("fail", "too seldom") if judged == {"too seldom"} else m.PASS


def counts(rule: Any, found: m.Found, times: tuple[m.When, ...], case: Case) -> list[int]:
    """How many of these there may have been, from the fewest to the most: a record that doesn't say to whom may be about anyone."""
    if rule.distinct == "day":
        return [len({m.day_of(t) for t in times})]
    if rule.distinct != "party":
        return [len(times)]
    moment = rule.of.rpartition(".")[2]
    rows = m.rows_of(found.table, found.kind, case)
    there = [row for row in rows if any(row.get(moment + ending) in times for ending in ("_at", "_on"))]
    people = [row.get(_WHO[found.table]) for row in there]
    known, unknown = len({p for p in people if p is not None}), sum(p is None for p in people)
    fewest = known if known or not unknown else 1
    return list(range(fewest, known + unknown + 1))
