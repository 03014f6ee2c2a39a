"""`forbidden`, as one reads it: did it happen while it mustn't?"""

from datetime import timedelta
from typing import Any

from disputekit.oracles import moments as m
from disputekit.oracles.case import Case
from disputekit.outcomes import Verdict


def oracle(rule: Any, case: Case) -> Verdict:
    """The verdict on one subject."""
    act = m.find(rule.activity, case) if rule.activity is not None else m.find_records(rule.record, case)
    opened = None if rule.from_ is None else m.find(_name(rule.from_), case)
    closed = None if rule.until is None else m.find(_name(rule.until), case)
    if act is None or (opened is None and rule.from_ is not None) or (closed is None and rule.until is not None):
        return m.NOT_SUPPLIED
    if said := m.not_concerned(rule.where, case):
        return said
    if opened is not None and opened.first is None:
        return m.without_start(opened)
    start = None if opened is None else opened.first
    if not m.in_force(case, m.begins(case) if opened is None else start):
        return m.NOT_IN_FORCE
    if closed is not None and closed.own and closed.first is not None and start is not None and m.is_before(closed.first, start):
        return m.CONTRADICTORY
    if any(f.rejected for f in (act, opened, closed) if f is not None):
        return m.REJECTED_VALUE
    ends = () if closed is None else closed.times if start is None else closed.at_or_after(start)
    end = ends[0] if ends else None
    inside = [lies_inside(t, start, end) for t in act.times]
    if True in inside:
        return Verdict("fail", "happened")
    doubts = [i for i in inside if isinstance(i, str)]
    if doubts:
        return Verdict("unknown", doubts[0])
    return _never(act, start, end, case)


def _name(bound: Any) -> str:
    """A bound's name: a moment's own, or `latest of a.b, c.d`."""
    return bound if isinstance(bound, str) else bound.name


def lies_inside(when: m.When, start: m.When | None, end: m.When | None) -> m.Answer:
    """Whether it lay at or after the start and before the end."""
    if start is not None and m.is_before(when, start):
        return False
    if end is not None and m.day_of(when) == m.day_of(end) and (m.is_coarse(when) or m.is_coarse(end)):
        return "too coarse"
    if end is not None and not m.is_before(when, end):
        return False
    if start is not None and m.is_coarse(when) and not m.is_coarse(start) and m.day_of(when) == m.day_of(start):
        return "too coarse"
    return True


def _never(act: m.Found, start: m.When | None, end: m.When | None, case: Case) -> Verdict:
    if not m.is_covered(act, m.begins(case) if start is None else start, case):
        return m.NOT_COVERED
    closed = end is not None and not act.own
    fresh = m.is_fresh(act.table, m.day_of(end) - timedelta(days=1), case) if closed and end is not None else m.is_fresh_now(act.table, case)
    return m.PASS if fresh else m.STALE
