"""`heartbeat`, as one reads it: from one beat to the next, did it ever stay quiet for too long?"""

import itertools
from datetime import date
from typing import Any

from disputekit.oracles import moments as m
from disputekit.oracles.case import Case
from disputekit.outcomes import Verdict


def oracle(rule: Any, case: Case) -> Verdict:
    """The verdict on one subject."""
    begun, until = m.find(rule.from_, case), None if rule.until is None else m.find(rule.until, case)
    beats = [f for f in (m.find(name, case) for name in rule.activities) if f is not None]
    if begun is None or (until is None and rule.until is not None) or len(beats) < len(rule.activities):
        return m.NOT_SUPPLIED
    if said := m.not_concerned(rule.where, case):
        return said
    start = begun.first
    if start is None:
        return m.without_start(begun)
    if not m.in_force(case, start):
        return m.NOT_IN_FORCE
    if until is not None and until.own and until.first is not None and m.is_before(until.first, start):
        return m.CONTRADICTORY
    if any(f.rejected for f in (begun, until, *beats) if f is not None):
        return m.REJECTED_VALUE
    every = m.period_of(rule.every, case, m.day_of(start))
    if every is None:
        return m.NO_VALUE
    ended = () if until is None else until.at_or_after(start)
    exceeded, doubtful = _gaps(points(start, ended[0] if ended else case.as_of, beats), every, case)
    if exceeded is None:
        return Verdict("unknown", "no calendar") if doubtful else m.PASS
    if not all(m.is_covered(f, start, case) for f in beats):
        return m.NOT_COVERED
    return Verdict("fail", "gap") if all(m.is_fresh(f.table, exceeded, case) for f in beats) else m.STALE


def points(start: m.When, end: m.When, beats: list[m.Found]) -> list[date]:
    """The dates between which nothing happened, from the start to the end."""
    first, last = m.day_of(start), m.day_of(end)
    days = {m.day_of(t) for f in beats for t in f.times}
    return [first, *sorted(d for d in days if first < d < last), last]


def _gaps(points: list[date], every: str, case: Case) -> tuple[date | None, bool]:
    """The day on which it first had been quiet for as long as allowed, if it went on being so; and whether that is doubtful for any gap."""
    exceeded, doubtful = [], False
    for one, following in itertools.pairwise(points):
        limit = m.end_of(one, every, case)
        assert isinstance(limit, m.Days)
        kept = limit.kept(following)
        if kept is False and limit.latest is not None:
            exceeded.append(limit.latest)
        doubtful = doubtful or isinstance(kept, str)
    return (min(exceeded) if exceeded else None), doubtful
