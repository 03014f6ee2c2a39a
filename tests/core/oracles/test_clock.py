"""Walking a clock date by date: pauses that count once, and those that come too late."""

from datetime import date, datetime

import pytest
from tests.core.oracles.hand import told

from disputekit.oracles.clock import End, Episode, last_day, paired

START = date(2026, 5, 1)


def walk(count: int, *pauses: tuple[int, int | None], by_working_day: bool = False) -> End:
    """From Friday the first of May 2026; a pause by its first and last day of that month."""
    episodes = [Episode(date(2026, 5, a), None if b is None else date(2026, 5, b)) for a, b in pauses]
    return last_day(START, count, by_working_day, episodes, told())


@pytest.mark.parametrize(
    ("pauses", "last"),
    [
        ([], 16), ([(5, 10)], 21), ([(5, 10), (8, 12)], 23), ([(16, 20)], 16), ([(15, 20)], 21), ([(5, 10), (20, 25)], 26), ([(5, 10), (21, 25)], 21),
        ([(16, None)], 16),
    ],
)  # fmt: skip
def test_paused_dates_count_once_and_only_while_the_clock_runs(pauses: list[tuple[int, int | None]], last: int) -> None:
    assert walk(15, *pauses) == End(date(2026, 5, last), True)


def test_a_pause_without_an_end_leaves_none() -> None:
    assert walk(15, (15, None)).day is None


def test_of_working_days_only_working_days_are_paused() -> None:
    assert walk(5, by_working_day=True) == End(date(2026, 5, 8), True)
    assert walk(5, (2, 4), by_working_day=True) == End(date(2026, 5, 11), True)
    assert walk(0, by_working_day=True) == End(START, True)


def test_a_year_that_is_not_published_unsettles_the_end() -> None:
    assert last_day(date(2026, 12, 31), 1, True, [], told()) == End(date(2027, 1, 1), False)


def test_a_second_start_belongs_to_the_pause_that_is_open_and_an_end_too_many_contradicts() -> None:
    first, second, end = (datetime(2026, 5, d, 9) for d in (5, 7, 10))
    assert paired((first, second), (end,)) == ([Episode(date(2026, 5, 5), date(2026, 5, 10))], False)
    assert paired((first,), (second, end)) == ([Episode(date(2026, 5, 5), date(2026, 5, 7))], True)
    assert paired((first, end), (second,))[0][-1] == Episode(date(2026, 5, 10), None)


def test_on_a_day_without_a_clock_time_the_end_is_the_later() -> None:
    assert paired((datetime(2026, 5, 5, 9),), (date(2026, 5, 5),)) == ([Episode(START.replace(day=5), START.replace(day=5))], False)
    assert paired((date(2026, 5, 5),), (datetime(2026, 5, 5, 9),))[1] is False
