"""`cadence`, as one reads it: whenever it had to be done, was it?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from disputekit.oracles import moments as m
from disputekit.oracles.case import Case
from disputekit.outcomes import Verdict

_LENGTHS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}


@dataclass(frozen=True)
class Turn:
    """One time that it had to be done: from when on it counts, by when it must be there (None: no value), and when it was there.

    known: whether all of it lies in what is covered. again: it runs from the last time that it was done.
    """

    opens: date
    limit: m.Days | None
    done: date | None
    known: bool
    again: bool = False

    def state(self, case: Case) -> str:
        """`met`, `running`, `missed`, `unseen` (not there, but nobody recorded all), or why it can't be told."""
        if self.limit is None:
            return "no value"
        if self.done is not None and self.limit.kept(self.done) is True:
            return "met"
        if self.limit.past(case) is False:
            return "met" if self.again else "running"
        late = self.limit.kept(self.done) if self.done is not None else None
        if isinstance(late, str) or (self.done is None and self.limit.past(case) != True):  # noqa: E712 — an answer may be a reason
            return "no calendar"
        return "missed" if self.known else "unseen"


def oracle(rule: Any, case: Case) -> Verdict:
    """The verdict on one subject."""
    done, begun = m.find(rule.activity, case), None if rule.from_ is None else m.find(rule.from_, case)
    if done is None or (begun is None and rule.from_ is not None):
        return m.NOT_SUPPLIED
    if said := m.not_concerned(rule.where, case):
        return said
    if not m.in_force(case, case.as_of):
        return m.NOT_IN_FORCE
    if done.rejected or (begun is not None and begun.rejected):
        return m.REJECTED_VALUE
    if begun is not None and begun.first is None:
        return m.without_start(begun)
    every = list(turns(rule, case))
    if not every:
        return m.NOT_COVERED if case.covered_from(done.table, done.kind) is None else m.NOT_BEGUN
    states = [t.state(case) for t in every]
    if "no value" in states:
        return m.NO_VALUE
    missed = [t for t, state in zip(every, states, strict=True) if state == "missed"]
    if missed:
        seen = [t for t in missed if t.limit is not None and t.limit.seen(done.table, case)]
        if not seen:
            return m.STALE
        return Verdict("fail", "open" if any(t.done is None for t in seen) else "late")
    if "no calendar" in states:
        return Verdict("unknown", "no calendar")
    if "unseen" in states and not any(t.known and state != "running" for t, state in zip(every, states, strict=True)):
        return m.NOT_COVERED
    return m.PENDING if "running" in states else m.PASS


def turns(rule: Any, case: Case) -> Iterator[Turn]:
    """Each time that it had to be done up to as-of, in order of the calendar; rolling ones from each point that one can count from."""
    done, begun = m.find(rule.activity, case), None if rule.from_ is None else m.find(rule.from_, case)
    assert done is not None
    days = sorted({m.day_of(t) for t in done.times})
    start = None if begun is None or begun.first is None else m.day_of(begun.first)
    known = case.covered_from(done.table, done.kind)
    law = None if case.instrument is None else case.instrument.in_force
    yield from (_rolling if rule.every is not None else _by_calendar)(rule, case, days, start, known, law)


def _rolling(rule: Any, case: Case, days: list[date], start: date | None, known: date | None, law: date | None) -> Iterator[Turn]:
    points: list[tuple[date, bool, bool]] = []
    if start is not None:
        start = start if law is None or law <= start else law
        points.append((start, known is not None and known <= start, False))
    if known is not None:
        floor = known if law is None or law <= known else law
        if floor <= case.as_of and (start is None or floor > start):
            points.append((floor, True, False))
    points += [(d, known is not None and known <= d, True) for d in days if (start is None or d > start) and (law is None or d >= law)]
    for day, is_known, again in points:
        after = [d for d in days if d > day or (d == day and not again)]
        yield Turn(day, _end(day, rule.every, case), after[0] if after else None, is_known, again)


def _by_calendar(rule: Any, case: Case, days: list[date], start: date | None, known: date | None, law: date | None) -> Iterator[Turn]:
    found, unknown = [], 0
    last = case.as_of
    while not _ends(last, rule.period):
        last += m.A_DAY
    while unknown < 2:
        first = last
        while not _ends(first - m.A_DAY, rule.period):
            first -= m.A_DAY
        if (law is not None and first < law) or first.year <= 1900:
            break
        is_known = known is not None and known <= first
        unknown += not is_known
        opens = first if rule.due is None else last + m.A_DAY
        if opens <= case.as_of and (start is None or start <= first):
            after = [d for d in days if d >= opens]
            limit = m.Days(last, last) if rule.due is None else _end(last, rule.due, case)
            found.append(Turn(opens, limit, after[0] if after else None, is_known))
        last = first - m.A_DAY
    yield from reversed(found)


def _ends(day: date, period: str) -> bool:
    """Whether a day is the last of a period of the calendar."""
    following = day + m.A_DAY
    return following.day == 1 and (following.month - 1) % _LENGTHS[period] == 0


def _end(day: date, stated: str, case: Case) -> m.Days | None:
    period = m.period_of(stated, case, day)
    limit = None if period is None else m.end_of(day, period, case)
    assert not isinstance(limit, m.Hours)
    return limit
