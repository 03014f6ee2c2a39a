"""`deadline`, as one reads it: find the start, count the days, look for what had to come."""

from typing import Any

from disputekit.oracles import moments as m
from disputekit.oracles.case import Case
from disputekit.outcomes import Verdict


def oracle(rule: Any, case: Case) -> Verdict:  # noqa: PLR0911 - the first step that applies decides
    """The verdict on one subject (grammar: The order in which a period is decided)."""
    begun, ended = m.find(rule.from_, case), m.find(rule.to, case)
    if begun is None or ended is None:
        return m.NOT_SUPPLIED
    if said := m.not_concerned(rule.where, case):
        return said
    start = begun.first
    if start is None:
        return m.without_start(begun)
    if not m.in_force(case, start):
        return m.NOT_IN_FORCE
    if ended.own and ended.first is not None and m.is_before(ended.first, start):
        return m.CONTRADICTORY
    if begun.rejected or ended.rejected:
        return m.REJECTED_VALUE
    period = m.value_of(rule.within, case, m.day_of(start))
    if period is None:
        return m.NO_VALUE
    limit = m.end_of(start, str(period), case, rule.roll == "next_working_day")
    for done in ended.at_or_after(start)[:1]:
        kept = limit.kept(done)
        if isinstance(kept, str):
            return Verdict("unknown", kept)
        return m.PASS if kept else Verdict("fail", "late")
    past = limit.past(case)
    if isinstance(past, str):
        return Verdict("unknown", past)
    if not past:
        return m.PENDING
    if not m.is_covered(ended, start, case):
        return m.NOT_COVERED
    return Verdict("fail", "open") if limit.seen(ended.table, case) else m.STALE
