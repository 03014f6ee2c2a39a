"""The rhythm of an office in China: working days, opening hours, Spring Festival, and the rush after bad news."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random

from disputekit.calendars import load_calendar

FIRST, AS_OF = date(2025, 1, 6), date(2026, 6, 30)
DISSOLVED = date(2026, 3, 2)
DAY = timedelta(days=1)
# arrivals by ISO weekday on working days; a day of rest has only the hotline and the web site
_BY_WEEKDAY = {1: 15, 2: 12, 3: 11, 4: 10, 5: 9, 6: 6, 7: 6}
_AT_REST = 2
_SURGE = ((7, 4.0), (21, 3.0), (60, 2.0), (10_000, 1.5))
"""How many times the usual number arrive, until so many days after the dissolution became known."""
_HOURS = ((0, 1), (8, 6), (9, 16), (10, 18), (11, 12), (12, 5), (13, 8), (14, 14), (15, 14), (16, 10), (17, 5), (19, 4), (21, 2))
LONG_REST = 5
"""From so many days of rest on end on, nobody comes."""


@dataclass(frozen=True)
class Days:
    """The working days of China from before the first dispute to long after the last, in order."""

    working: tuple[date, ...]

    def is_working(self, day: date) -> bool:
        i = bisect_left(self.working, day)
        return i < len(self.working) and self.working[i] == day

    def after(self, day: date, n: int) -> date:
        """The n-th working day after `day`."""
        return self.working[bisect_right(self.working, day) + n - 1]

    def rest_from(self, day: date) -> int:
        """For how many days on end nobody works around `day`: 0 for a working day."""
        if self.is_working(day):
            return 0
        i = bisect_left(self.working, day)
        return (self.working[i] - self.working[i - 1]).days - 1


def load_days() -> Days:
    calendar = load_calendar("CN", Path(), "")
    differs = dict(calendar.exceptions)
    span = (date(2024, 8, 1) + i * DAY for i in range((date(2026, 12, 31) - date(2024, 8, 1)).days + 1))
    return Days(tuple(d for d in span if differs.get(d, d.isoweekday() not in calendar.rest_weekdays)))


def arrivals(rng: Random, days: Days, n: int) -> list[datetime]:
    """The moments at which n disputes arrive, in order."""
    span = [FIRST + i * DAY for i in range((AS_OF - FIRST).days + 1)]
    picked = rng.choices(span, cum_weights=list(accumulate(_weight(days, d) for d in span)), k=n)
    hours = list(accumulate(w for _, w in _HOURS))
    return sorted(datetime.combine(d, time(rng.choices(_HOURS, cum_weights=hours)[0][0], rng.randrange(60), rng.randrange(60))) for d in picked)


def _weight(days: Days, day: date) -> float:
    rest = days.rest_from(day)
    if rest >= LONG_REST:
        return 0.0
    usual: float = _AT_REST if rest else _BY_WEEKDAY[day.isoweekday()]
    # before a long holiday people travel and don't complain
    usual = usual / 2 if (days.after(day, 1) - day).days > LONG_REST else usual
    since = (day - DISSOLVED).days
    return usual * next(times for until, times in _SURGE if since < until) if since >= 0 else usual


def later(rng: Random, days: Days, moment: datetime, low: int, high: int) -> datetime:
    """A moment in office hours `low` to `high` working days after another; 0: within hours, if the office is still open."""
    n = rng.randint(low, high)
    if n == 0 and days.is_working(moment.date()) and moment.hour < 16:
        return moment + timedelta(minutes=rng.randint(10, 80), seconds=rng.randrange(60))
    return office_hours(rng, days.after(moment.date(), max(n, 1)))


def office_hours(rng: Random, day: date) -> datetime:
    return datetime.combine(day, time(rng.choice((9, 9, 10, 10, 11, 13, 14, 14, 15, 16)), rng.randrange(60), rng.randrange(60)))


def tail(rng: Random, *bands: tuple[int, int, int]) -> int:
    """A number from one of several (weight, low, high) bands: long tails without logarithms, which differ between machines."""
    _, low, high = rng.choices(bands, weights=[b[0] for b in bands])[0]
    return rng.randint(low, high)


def one(rng: Random, items: Sequence[str], weights: Sequence[int] | None = None) -> str:
    return rng.choices(items, weights=weights)[0]
