"""What every oracle needs: what a name finds about a subject, when a period ends, and whether an absence proves anything.

A moment is a `datetime`, or a `date` where only the day is known. Two moments are compared by the clock where both are precise, and by
their days otherwise.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from disputekit.oracles.case import REJECTED, Case, Cell, Shared
from disputekit.outcomes import Verdict
from disputekit.policies.model import read_period

When = date | datetime
Answer = bool | str
"""Yes, no, or the reason why it can't be said."""

NOT_SUPPLIED = Verdict("unknown", "not supplied")
REJECTED_VALUE = Verdict("unknown", "rejected value")
MISSING_VALUE = Verdict("unknown", "missing")
NO_VALUE = Verdict("unknown", "no value")
NOT_COVERED = Verdict("unknown", "not covered")
STALE = Verdict("unknown", "stale")
CONTRADICTORY = Verdict("unknown", "contradictory")
NOT_BEGUN = Verdict("not_applicable", "not begun")
NOT_IN_FORCE = Verdict("not_applicable", "not in force")
PENDING = Verdict("pending")
PASS = Verdict("pass")

A_DAY = timedelta(days=1)


def is_coarse(when: When) -> bool:
    """Whether only the day is known."""
    return not isinstance(when, datetime)


def day_of(when: When) -> date:
    return when.date() if isinstance(when, datetime) else when


def midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def is_before(one: When, other: When) -> bool:
    if isinstance(one, datetime) and isinstance(other, datetime):
        return one < other
    return day_of(one) < day_of(other)


def _in_order(when: When) -> tuple[datetime, bool]:
    """A day stands at its beginning, before a clock time of exactly midnight: what is doubtful is met first."""
    return (when, True) if isinstance(when, datetime) else (midnight(when), False)


# What a name finds


@dataclass(frozen=True)
class Found:
    """What is known of one moment of a subject: when it happened up to as-of, in order, and whether any of its cells was rejected.

    table, kind: the sort of record; of the subject's own column, its table and None. own: whether it is the subject's own column.
    always: whether its absence needs no feed to be complete.
    """

    table: str
    kind: str | None
    own: bool
    required: bool
    rejected: bool
    times: tuple[When, ...]
    always: bool = False

    @property
    def first(self) -> When | None:
        return self.times[0] if self.times else None

    def at_or_after(self, start: When) -> tuple[When, ...]:
        return tuple(t for t in self.times if not is_before(t, start))


def happened(cells: Iterable[Cell], as_of: date) -> tuple[When, ...]:
    """The moments among these cells that aren't later than as-of, in order."""
    return tuple(sorted((c for c in cells if isinstance(c, date) and day_of(c) <= as_of), key=_in_order))


_EVERYBODYS = ("organisation.", "latest of ", "earliest of ")


def find(name: str, case: Case) -> Found | None:
    """What a moment's name finds: `notices.decision.sent`, a column of the subject, or an event. None where it isn't supplied."""
    if name.startswith(_EVERYBODYS):
        shared = case.shared.get(name)
        return None if shared is None else _for_everybody(shared, case)
    table, _, rest = name.partition(".")
    if rest and table in case.kind_columns:
        kind, _, moment = rest.rpartition(".")
        column = next((c for c in (moment + "_at", moment + "_on") if c in case.types.get(table, {})), None)
        return None if column is None else _among(table, kind, column, case)
    own = case.types.get(case.table, {})
    for column in (name, name + "_at", name + "_on"):
        if own.get(column) in ("instant", "date"):
            cell = case.row.get(column)
            return Found(case.table, None, True, column in case.required, cell is REJECTED, happened([cell], case.as_of))
    return _among("events", name, "occurred_at", case) if "events" in case.types else None


def _for_everybody(shared: Shared, case: Case) -> Found:
    cells = [c for c in shared.cells if isinstance(c, date)]
    ends = (min(cells, key=_in_order) if shared.pick == "earliest" else _latest(cells),) if cells else ()
    unread = any(c is REJECTED for c in shared.cells)
    return Found(shared.table, shared.kind, False, False, unread, happened(ends, case.as_of), always=shared.kind is None)


def _latest(times: list[When]) -> When:
    """The last moment; where one of its day is known to the day only, nobody knows more than the day."""
    last = max(times, key=_in_order)
    return day_of(last) if any(is_coarse(t) and day_of(t) == day_of(last) for t in times) else last


def find_records(name: str, case: Case) -> Found | None:
    """What a sort of record finds: `payments.benefit`, or `payments` for any of them. None where it isn't supplied."""
    table, _, kind = name.partition(".")
    column = case.moment_columns.get(table)
    if column is None or column not in case.types.get(table, {}):
        return None
    return _among(table, kind if kind else None, column, case)


def rows_of(table: str, kind: str | None, case: Case) -> list[Any]:
    """The subject's records of one sort; of any sort where `kind` is None."""
    column = case.kind_columns.get(table)
    return [row for row in case.records.get(table, ()) if kind is None or (column is not None and row.get(column) == kind)]


def _among(table: str, kind: str | None, column: str, case: Case) -> Found:
    cells = [row.get(column) for row in rows_of(table, kind, case)]
    return Found(table, kind, False, False, any(c is REJECTED for c in cells), happened(cells, case.as_of))


def begins(case: Case) -> When | None:
    """When the subject's life begins, where that is known."""
    found = find(case.begins, case) if case.begins is not None and case.begins in case.types.get(case.table, {}) else None
    return found.first if found else None


# The steps that every kind begins with


def not_concerned(where: str | None, case: Case) -> Verdict | None:
    """Step 1: the verdict where the control's condition doesn't hold, or can't be decided."""
    truth = True if where is None else case.conditions[where]
    if truth is None:
        return Verdict("unknown", "condition")
    return None if truth else Verdict("not_applicable", "not concerned")


def without_start(start: Found) -> Verdict:
    """Step 2: the verdict where the start hasn't happened, as far as can be seen."""
    if start.rejected:
        return REJECTED_VALUE
    return MISSING_VALUE if start.required else NOT_BEGUN


def in_force(case: Case, basis: When | None) -> bool:
    """Step 3: whether the instrument applies to what began at `basis` (as-of, where that isn't known)."""
    if case.instrument is None:
        return True
    day = basis_day(case, basis)
    gone = case.instrument.repealed_on
    return case.instrument.in_force <= day and (gone is None or day < gone)


def basis_day(case: Case, basis: When | None) -> date:
    return case.as_of if basis is None else day_of(basis)


def value_of(stated: str | int | Decimal, case: Case, day: date) -> str | int | Decimal | None:
    """Step 6: what a field says, or what its `$parameter` is on that day; None before its first value."""
    if not isinstance(stated, str) or not stated.startswith("$"):
        return stated
    held = None
    for value in case.parameters[stated[1:]].values:
        if value.from_on is None or value.from_on <= day:
            held = value.value
    return held


def period_of(stated: str, case: Case, day: date) -> str | None:
    """The period that a field states on that day; where the instrument counts working days, a plain day is one."""
    period = value_of(stated, case, day)
    if period is None:
        return None
    length = read_period(str(period))
    by_working_day = case.instrument is not None and case.instrument.day == "working"
    return f"{length.number} working days" if by_working_day and length.unit == "days" else str(length)


def rolls(roll: str | None, case: Case) -> bool:
    """Whether a last day of rest gives way to the next working day: as the control says, else as its instrument does."""
    if roll is None:
        return case.instrument is not None and case.instrument.roll == "next_working_day"
    return roll == "next_working_day"


# Whether an absence proves anything


def is_covered(found: Found, since: When | None, case: Case) -> bool:
    """Whether the feed is complete from `since` on. A column of the subject's own always is."""
    return found.own or found.always or is_sort_covered(found.table, found.kind, since, case)


def is_sort_covered(table: str, kind: str | None, since: When | None, case: Case) -> bool:
    from_on = case.covered_from(table, kind)
    return from_on is not None and since is not None and from_on <= day_of(since)


def is_fresh(table: str, until: date, case: Case) -> bool:
    """Whether the table was extracted on a later day than `until`."""
    extracted = case.extracted.get(table)
    return extracted is None or until < day_of(extracted)


def is_fresh_now(table: str, case: Case) -> bool:
    extracted = case.extracted.get(table)
    return extracted is None or day_of(extracted) >= case.as_of


# When a period ends


@dataclass(frozen=True)
class Days:
    """A limit that is a day, wholly in time. `latest` is None where the days of a year aren't published yet."""

    earliest: date
    latest: date | None

    def kept(self, when: When) -> Answer:
        """Whether what happened then was in time."""
        if day_of(when) <= self.earliest:
            return True
        return "no calendar" if self.latest is None or day_of(when) <= self.latest else False

    def past(self, case: Case) -> Answer:
        """Whether the limit has gone by at the end of as-of."""
        if case.as_of <= self.earliest:
            return False
        return "no calendar" if self.latest is None or case.as_of <= self.latest else True

    def seen(self, table: str, case: Case) -> bool:
        """Whether the table was extracted after the limit."""
        return is_fresh(table, self.earliest if self.latest is None else self.latest, case)


@dataclass(frozen=True)
class Hours:
    """A limit on the clock. Of a start known to the day only it lies from `earliest` on and before `latest`; else both are the same."""

    earliest: datetime
    latest: datetime

    def _is_after_all(self, moment: datetime) -> bool:
        return moment > self.latest if self.earliest == self.latest else moment >= self.latest

    def kept(self, when: When) -> Answer:
        first = when if isinstance(when, datetime) else midnight(when)
        last = when if isinstance(when, datetime) else midnight(when + A_DAY)
        if last <= self.earliest:
            return True
        return False if self._is_after_all(first) else "too coarse"

    def past(self, case: Case) -> Answer:
        end = midnight(case.as_of + A_DAY)
        if end <= self.earliest:
            return False
        return True if self._is_after_all(end) else "too coarse"

    def seen(self, table: str, case: Case) -> bool:
        last = self.latest if self.earliest == self.latest else self.latest - timedelta(microseconds=1)
        return is_fresh(table, last.date(), case)


@dataclass(frozen=True)
class At:
    """A limit that is a moment of the subject, at which it must be there. None: it hasn't come."""

    moment: When | None

    def kept(self, when: When) -> Answer:
        return self.moment is None or not is_before(self.moment, when)

    def past(self, _: Case) -> Answer:
        return self.moment is not None

    def seen(self, table: str, case: Case) -> bool:
        return self.moment is None or is_fresh(table, day_of(self.moment), case)


@dataclass(frozen=True)
class Now:
    """No limit but as-of: it must be there."""

    def kept(self, _: When) -> Answer:
        return True

    def past(self, _: Case) -> Answer:
        return True

    def seen(self, table: str, case: Case) -> bool:
        return is_fresh_now(table, case)


Limit = Days | Hours | At | Now


def end_of(start: When, period: str, case: Case, roll: bool = False) -> Days | Hours:
    """When a period from `start` on ends: a step for each day, from the day after the start (Civil Code of the PRC, arts. 201 to 203).

    roll: whether a last day that is a day of rest gives way to the next working day (art. 203). Hours run on the clock.
    """
    length = read_period(period)
    count, unit = length.number, length.unit
    if unit == "hours":
        run = timedelta(hours=count)
        if isinstance(start, datetime):
            return Hours(start + run, start + run)
        return Hours(midnight(start) + run, midnight(start + A_DAY) + run)
    published = True
    day = day_of(start)
    if unit == "working days":
        while count > 0:
            day += A_DAY
            working = case.working(day)
            if working is None:
                published = False
            if working is not False:
                count -= 1
    else:
        day = last_day_of(period, day)
    if roll:
        while case.working(day) is False:
            day += A_DAY
        if case.working(day) is None:
            published = False
    return Days(day, day if published else None)


def last_day_of(period: str, start: date) -> date:
    """The last day of a period of days, weeks, months or years that begins on a day: a step for each (Civil Code of the PRC, arts. 201 and 202).

    Of months and years it is the day with the number of the first; where the month has none, its last. Raises ValueError for what isn't such a
    period: hours and working days don't go by the calendar alone.
    """
    length = read_period(period)
    count, day = length.number, start
    if length.unit in ("days", "weeks"):
        for _ in range(count if length.unit == "days" else 7 * count):
            day += A_DAY
        return day
    if length.unit not in ("months", "years"):
        raise ValueError(f"{period!r} can't be counted in dates alone")
    left = count if length.unit == "months" else 12 * count
    while left > 0:
        day += A_DAY
        if day.day == 1:
            left -= 1
    while day.day < start.day and (day + A_DAY).day != 1:
        day += A_DAY
    return day


def is_period(text: str) -> bool:
    """Whether a text names a length of time, and not a moment."""
    try:
        return text.startswith("$") or bool(read_period(text))
    except ValueError:
        return False
