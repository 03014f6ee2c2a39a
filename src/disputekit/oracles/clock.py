"""A clock that is walked date by date: who lengthens it, who stops it for a while, who starts it anew.

A date that isn't paused is counted; the last day is the n-th date that was.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from disputekit.oracles import moments as m
from disputekit.oracles.case import Case

_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Episode:
    """A pause: the dates after `first` up to and including `last`. None: it has no end yet."""

    first: date
    last: date | None


@dataclass(frozen=True)
class End:
    """The last day of a clock. None: a pause has no end yet. settled: whether every day that was walked over is published."""

    day: date | None
    settled: bool


def paired(starts: tuple[m.When, ...], ends: tuple[m.When, ...]) -> tuple[list[Episode], bool]:
    """The pauses between these moments, and whether one ended that never began.

    A start known to the day only stands at the beginning of its day, an end at the end of it: on the same day the end is the later.
    """
    marks = [(t if isinstance(t, datetime) else m.midnight(t), False) for t in dict.fromkeys(starts)]
    marks += [(t if isinstance(t, datetime) else datetime.combine(t, time.max), True) for t in dict.fromkeys(ends)]
    found: list[Episode] = []
    balance, first, broken = 0, None, False
    for moment, is_end in sorted(marks):
        balance += -1 if is_end else 1
        broken = broken or balance < 0
        if not is_end and first is None:
            first = moment.date()
        elif is_end and first is not None:
            found.append(Episode(first, moment.date()))
            first = None
    return [*found, *([Episode(first, None)] if first is not None else [])], broken


def last_day(start: date, count: int, by_working_day: bool, pauses: list[Episode], case: Case) -> End:
    """The `count`-th date (or working day) after `start` that isn't paused. A pause that begins on that day finds the clock at its end."""
    day, left, settled = start, count, True
    while left > 0:
        day += _A_DAY
        held = [p for p in pauses if p.first < day and (p.last is None or day <= p.last)]
        if any(p.last is None for p in held):
            return End(None, settled)
        if held:
            continue
        working = case.working(day) if by_working_day else True
        settled = settled and working is not None
        if working is not False:
            left -= 1
    return End(day, settled)


def ladder(rule: Any, start: date, basis: date, pauses: list[Episode], case: Case) -> End | None:
    """The end of the highest step that counts of a clock begun at `start`; None where no period holds on the day `basis`."""
    end: End | None = None
    for within, requires in [(rule.within, ())] if rule.within is not None else [(s.within, s.requires) for s in rule.steps]:
        if end is not None and not _there_by(requires, end.day, case):
            break
        period = m.period_of(within, case, basis)
        if period is None:
            return None
        limit = m.end_of(start, period, case)
        assert isinstance(limit, m.Days), "hours aren't counted by date"
        by_working_day = "working" in period
        count = int(period.split()[0]) if by_working_day else (limit.earliest - start).days
        end = last_day(start, count, by_working_day, pauses, case)
    return end


def _there_by(names: tuple[str, ...], day: date | None, case: Case) -> bool:
    """Whether all of these moments were there by the end of a day; ever, where that day has yet to come."""
    firsts = [found.first for name in names if (found := m.find(name, case)) is not None]
    return all(t is not None and (day is None or m.day_of(t) <= day) for t in firsts)


def run(rule: Any, start: m.When, done: m.When | None, case: Case) -> End | None:
    """The end of the clock with its new beginnings, each of which must find it running. None where no period holds."""
    basis = begun = m.day_of(start)
    pauses = [
        episode for p in rule.pause if _there_by(p.requires, None, case)
        for episode in paired(_times(p.from_, case), _times(p.to, case))[0]
    ]  # fmt: skip
    again = sorted({m.day_of(t) for name in rule.restart for t in _times(name, case) if done is None or not m.is_before(done, t)})
    end = ladder(rule, begun, basis, pauses, case)
    for day in again:
        if day <= begun:
            continue
        if end is None or (end.day is not None and day > end.day):
            break
        end = ladder(rule, day, basis, pauses, case)
    return end


def is_broken(rule: Any, case: Case) -> bool:
    """Whether a pause ended that never began."""
    return any(paired(_times(p.from_, case), _times(p.to, case))[1] for p in rule.pause)


def _times(name: str, case: Case) -> tuple[m.When, ...]:
    found = m.find(name, case)
    return () if found is None else found.times


def given(due: Any, basis: date, case: Case) -> date | None:
    """The due date that is stated: a column, a moment and a period after it, or the earliest or latest of several; None where there is none."""
    earliest, latest = getattr(due, "earliest", None), getattr(due, "latest", None)
    days = [d for d in (_item(i, basis, case) for i in earliest or latest or (due,)) if d is not None]
    if not days:
        return None
    return max(days) if latest else min(days)


def _item(item: str, basis: date, case: Case) -> date | None:
    name, plus, after = item.rpartition(" + ")
    if not plus:
        return day_in(item, case)
    found, period = m.find(name, case), m.period_of(after, case, basis)
    if found is None or found.first is None or period is None:
        return None
    limit = m.end_of(m.day_of(found.first), period, case)
    assert isinstance(limit, m.Days)
    return limit.earliest


def day_in(column: str, case: Case) -> date | None:
    """The date in a column, which may have yet to come."""
    cell = case.row.get(column)
    return m.day_of(cell) if isinstance(cell, date) else None


def limit_of(rule: Any, start: m.When, done: m.When | None, case: Case) -> m.Limit | None:
    """By when it must be done: `Now` where a pause has no end yet, None where no period holds."""
    override = rule.override
    if override is not None:
        column, requires = (override, ()) if isinstance(override, str) else (override.column, override.requires)
        agreed = day_in(column, case)
        if agreed is not None and _there_by(requires, None, case):
            return m.Days(agreed, agreed)
    rolls = m.rolls(rule.roll, case)
    if rule.due is not None:
        day = given(rule.due, m.day_of(start), case)
        return None if day is None else _rolled(End(day, True), rolls, case)
    if not (rule.steps or rule.pause or rule.restart):
        period = m.period_of(rule.within, case, m.day_of(start))
        return None if period is None else m.end_of(start, period, case, rolls)
    end = run(rule, start, done, case)
    if end is None:
        return None
    return m.Now() if end.day is None else _rolled(end, rolls, case)


def _rolled(end: End, rolls: bool, case: Case) -> m.Days:
    """The end, moved to the next working day where its last day is one of rest."""
    assert end.day is not None
    day, settled = end.day, end.settled
    while rolls and case.working(day) is False:
        day += _A_DAY
    if rolls and case.working(day) is None:
        # an unpublished day may be one of rest, so the earliest end is the day itself
        settled = False
    return m.Days(day, day if settled else None)
