"""A deadline's days counted out: what began, what stood still, which step counted, what was skipped as a day of rest, and when it ended."""

from collections.abc import Generator, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from disputekit.explain.explained import Explained
from disputekit.explain.shown import enumerated, moment_at, period, place, shown
from disputekit.kinds.terms import Deadline
from disputekit.oracles import clock
from disputekit.oracles import moments as m
from disputekit.oracles.case import Case
from disputekit.policies.model import AllOf, AnyOf, Reaching, read_period
from disputekit.text import Phrase, say


def _start(rule: Deadline, case: Case) -> m.When | None:
    found = m.find(rule.from_, case)
    return found.first if found is not None else None


def counted_clock(rule: Deadline, e: Explained, case: Case) -> Iterator[str]:
    start, done = _start(rule, case), e.row.get("done_at")
    if start is None:
        return
    yield say("The clock starts with {name} on {at}; that day isn't counted", name=rule.from_, at=shown(start)) if not _by_hour(rule, case) else say(
        "The clock starts with {name} at {at}", name=rule.from_, at=shown(start))  # fmt: skip
    done = done if isinstance(done, date) else None
    rolled_from: date | None = None
    if rule.rungs and not _by_hour(rule, case):
        pauses: list[clock.Episode] = []
        for line, counted in _pauses(rule, case):
            yield line
            pauses += counted
        begun = m.day_of(start)
        end = yield from _ladder(rule, begun, begun, pauses, case)
        again = sorted({m.day_of(t) for n in rule.restart if (f := m.find(n, case)) is not None for t in f.times
                        if m.day_of(t) > begun and (done is None or not m.is_before(done, t))})  # fmt: skip
        for day in again:
            if end is None or (end.day is not None and day > end.day):
                yield say("On {day} it is asked to begin anew, which doesn't count: the clock had run out", day=day)
                break
            yield say("On {day} the clock begins anew, as it still ran", day=day)
            end = yield from _ladder(rule, day, m.day_of(start), pauses, case)
        rolled_from = end.day if end is not None else None
    yield from _awaited(rule, start, e, case)
    for name in rule.stop:
        found = m.find(name, case)
        for when in found.at_or_after(start)[:1] if found is not None else ():
            yield say("{name} on {day} ends the clock, if it was still running", name=name, day=shown(when))
    yield from _end(rule, start, done, rolled_from, e, case)


def _by_hour(rule: Deadline, case: Case) -> bool:
    start = _start(rule, case)
    held = None if rule.within is None or start is None else m.period_of(rule.within, case, m.day_of(start))
    return held is not None and read_period(held).unit == "hours"


def _pauses(rule: Deadline, case: Case) -> Iterator[tuple[Phrase, list[clock.Episode]]]:
    """Each pause, told with whether it counts; and those of it that do."""
    for pause in rule.pause:
        starts, ends = m.find(pause.from_, case), m.find(pause.to, case)
        if starts is None or ends is None:
            continue
        episodes, broken = clock.paired(starts.times, ends.times)
        if broken:
            yield say("{end} without {start} before it: the facts contradict one another", end=pause.to, start=pause.from_), []
        lacking = [n for n in pause.requires if (f := m.find(n, case)) is None or f.first is None]
        for one in episodes:
            until = one.last if one.last is not None else say("today, and still open")
            if lacking:
                yield say("The pause from {first} to {last} isn't counted: it requires {what}, which isn't there", first=one.first, last=until,
                          what=enumerated(lacking)), []  # fmt: skip
            else:
                yield say("The pause from {first} to {last} is counted from the day after its first to its last, if the clock still ran when it began",
                          first=one.first, last=until), [one]  # fmt: skip


def _awaited(rule: Deadline, start: m.When, e: Explained, case: Case) -> Iterator[Phrase]:
    """What had to come, where that is more than one moment: each of several, or each payment up to the sum."""
    match rule.to:
        case AnyOf(any=names) | AllOf(all=names):
            for name in names:
                found = m.find(name, case)
                yield moment_at(name, next(iter(found.at_or_after(start)), None) if found is not None else None, e)
        case Reaching():
            table, _, kind = rule.to.sum.partition(".")
            total, target = Decimal(0), case.row.get(rule.to.reaches)
            rows = m.rows_of(table, kind if kind else None, case)
            dated = [
                (when, row) for row in rows for when in m.happened([row.get(case.moment_columns[table])], case.as_of) if not m.is_before(when, start)
            ]
            for when, row in sorted(dated, key=lambda pair: m.day_of(pair[0])):
                amount = row.get("amount")
                total += amount if isinstance(amount, Decimal) else 0
                yield say("{amount} on {day} ({place}): {total} in all, of {target}", amount=shown(amount) if isinstance(amount, Decimal) else "?",
                          day=shown(when), total=shown(total), target=shown(target) if isinstance(target, Decimal) else say("an unknown amount"),
                          place=place(e.told.row_of(row) if e.told is not None else None))  # fmt: skip


def _ladder(rule: Deadline, start: date, basis: date, pauses: list[clock.Episode], case: Case) -> Generator[Phrase, None, clock.End | None]:
    """Each step of the ladder: whether it counts and why, and its days counted out. Returns the end of the highest step that counts."""
    below: clock.End | None = None
    for number, rung in enumerate(rule.rungs):
        held = m.period_of(rung.within, case, basis)
        if held is None:
            return below
        length = read_period(held)
        said = period(held)
        if number and below is not None:
            late = [(n, f.first if (f := m.find(n, case)) is not None else None) for n in rung.requires]
            wrong = [(n, t) for n, t in late if t is None or (below.day is not None and m.day_of(t) > below.day)]
            if wrong:
                why = enumerated([say("{what} ({day})", what=n, day=shown(t)) if t is not None else n for n, t in wrong])
                yield say("The step of {period} doesn't count: by {day} there had to be {what}", period=said, what=why,
                          day=below.day if below.day is not None else "–")  # fmt: skip
                return below
            yield say("The step of {period} counts: {what} was there before the step below it had ended", period=said, what=enumerated(rung.requires))
        limit = m.end_of(start, held, case)
        if not isinstance(limit, m.Days):
            return below
        working = length.unit == "working days"
        below = clock.last_day(start, length.number if working else (limit.earliest - start).days, working, pauses, case)
        yield from counted_out(start, below, working, pauses, case)
        if below.day is None:
            yield say("{period}: a pause has no end yet, so there is no last day yet", period=said)
        else:
            yield say("{period}: the last day is {day}", period=said, day=below.day)
    return below


def counted_out(start: date, end: clock.End, working: bool, pauses: Iterable[clock.Episode], case: Case) -> Iterator[Phrase]:
    """The days from the day after `start` to the last one, those of a sort together, where not simply every day counts."""
    episodes = list(pauses)
    last = end.day if end.day is not None else case.as_of
    days = [start + m.A_DAY * i for i in range(1, (last - start).days + 1)]
    if all(_sort(d, working, episodes, case) == "counted" for d in days):
        return
    number = 0
    for sort, group in groupby(days, lambda d: _sort(d, working, episodes, case)):
        found = list(group)
        span = f"{found[0]}" if len(found) == 1 else f"{found[0]} – {found[-1]}"
        if sort in ("counted", "unpublished"):
            first, number = number + 1, number + len(found)
            numbers = f"{first}" if first == number else f"{first}–{number}"
            yield _SORTS[sort](span, numbers)
        else:
            yield _SORTS[sort](span, "")


def _sort(day: date, working: bool, pauses: list[clock.Episode], case: Case) -> str:
    if any(p.first < day and (p.last is None or day <= p.last) for p in pauses):
        return "paused"
    known = case.working(day) if working else True
    return "unpublished" if known is None else "counted" if known else "rest"


_SORTS: Mapping[str, Any] = {
    "counted": lambda span, numbers: say("  {span}: day {numbers}", span=span, numbers=numbers),
    "unpublished": lambda span, numbers: say("  {span}: day {numbers} at the earliest, these working days aren't published yet", span=span, numbers=numbers),
    "paused": lambda span, _: say("  {span}: paused", span=span), "rest": lambda span, _: say("  {span}: days of rest", span=span),
}  # fmt: skip


def _end(rule: Deadline, start: m.When, done: m.When | None, last: date | None, e: Explained, case: Case) -> Iterator[str]:
    limit = clock.limit_of(rule, start, done, case)
    agreed = rule.agreed
    if agreed is not None and (day := clock.day_in(agreed.column, case)) is not None:
        yield say("{column} says that {day} was agreed", column=agreed.column, day=day)
    for item in rule.due_items:
        column, plus, _ = item.rpartition(" + ")
        found = known.first if plus and (known := m.find(column, case)) is not None else clock.day_in(item, case)
        yield say("{what}: {value}", what=item, value=shown(found) if found is not None else say("empty"))
    match limit:
        case m.Days(earliest, latest):
            if last is not None and earliest != last and agreed is None:
                yield say("{day} is a day of rest, and gives way to the next working day", day=last)
            yield say("It had to be done by {day}", day=earliest)
            if latest is None:
                yield say("That is the earliest possible end: working days after it aren't published yet")
        case m.Hours(earliest, latest):
            yield say("It had to be done by {day}", day=shown(earliest))
            if earliest != latest:
                yield say("The start is known to the day only, so that the end may lie until {day}", day=shown(latest))
        case _:
            pass
    if done is not None:
        yield say("It was done on {at}", at=shown(done))
    else:
        yield say("By the end of {day} it wasn't done, as far as is recorded", day=case.as_of)
    if isinstance(e.row.get("due_on"), date) and isinstance(limit, m.Days) and limit.earliest != e.row["due_on"]:
        yield say("The query shows {day} as its last day", day=e.row["due_on"])
