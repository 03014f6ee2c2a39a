"""What every oracle rests on: counting days, and what a name finds."""

from datetime import date

import pytest
from tests.core.oracles.hand import at as cell
from tests.core.oracles.hand import told

from disputekit.oracles import moments as m


def at(text: str) -> m.When:
    found = cell(text)
    assert isinstance(found, date)
    return found


@pytest.mark.parametrize(
    ("start", "period", "last"),
    [
        ("2026-05-01 23:59", "15 days", "2026-05-16"),  # Civil Code 201: the day of the start isn't counted
        ("2026-01-31", "1 months", "2026-02-28"),  # Civil Code 202: no 31st, so the last day of the month
        ("2024-01-30", "1 months", "2024-02-29"),
        ("2026-02-28", "1 months", "2026-03-28"),  # and not the end of March: the number of the day decides
        ("2024-02-29", "1 years", "2025-02-28"),
        ("2026-12-31", "2 months", "2027-02-28"),
        ("2026-05-08", "1 working days", "2026-05-11"),  # a Friday, so the Monday
        ("2026-05-09", "1 working days", "2026-05-11"),  # a Saturday
        ("2026-05-09", "0 days", "2026-05-09"),
        ("2026-05-01", "2 weeks", "2026-05-15"),
    ],
)  # fmt: skip
def test_a_period_ends_on_the_day_that_the_civil_code_says(start: str, period: str, last: str) -> None:
    day = date.fromisoformat(last)
    assert m.end_of(at(start), period, told()) == m.Days(day, day)


def test_a_last_day_of_rest_gives_way_to_the_next_working_day_only_where_the_rule_says_so() -> None:
    start = date(2026, 5, 2)
    assert m.end_of(start, "7 days", told()) == m.Days(date(2026, 5, 9), date(2026, 5, 9))
    assert m.end_of(start, "7 days", told(), roll=True) == m.Days(date(2026, 5, 11), date(2026, 5, 11))


def test_days_of_an_unpublished_year_bound_a_period_from_below_only() -> None:
    assert m.end_of(date(2026, 12, 30), "3 working days", told()) == m.Days(date(2027, 1, 2), None)
    assert m.end_of(date(2026, 12, 20), "20 days", told(), roll=True) == m.Days(date(2027, 1, 9), None)


def test_hours_of_a_start_without_a_clock_time_may_end_on_two_days() -> None:
    limit = m.end_of(date(2026, 5, 1), "24 hours", told())
    assert [limit.kept(at(t)) for t in ("2026-05-01", "2026-05-02 00:00", "2026-05-02 00:01", "2026-05-02", "2026-05-03 00:00")] == [
        True, True, "too coarse", "too coarse", False,
    ]  # fmt: skip


def test_a_moment_without_a_clock_time_is_never_midnight() -> None:
    assert not m.is_before(date(2026, 5, 1), at("2026-05-01 09:00"))
    assert not m.is_before(at("2026-05-01 09:00"), date(2026, 5, 1))


def test_a_name_is_the_subjects_own_column_before_it_is_an_event() -> None:
    case = told({"decision_on": "2026-05-20"}, events=[("decision", "2026-05-10"), ("plan", "2026-05-12")])
    decision, plan = m.find("decision", case), m.find("plan", case)
    assert decision == m.Found("disputes", None, True, False, False, (date(2026, 5, 20),))
    assert plan == m.Found("events", "plan", False, False, False, (date(2026, 5, 12),))


def test_what_is_later_than_as_of_has_not_happened() -> None:
    found = m.find("plan", told(as_of="2026-05-20", events=[("plan", "2026-05-20 23:59"), ("plan", "2026-05-21 00:00"), ("plan", "2026-05-21")]))
    assert found == m.Found("events", "plan", False, False, False, (at("2026-05-20 23:59"),))


def test_one_unreadable_record_makes_its_whole_sort_doubtful_and_no_other() -> None:
    case = told(notices=[("decision", "2026-05-10"), ("decision", "?"), ("extension", "2026-05-11")])
    decision, extension = m.find("notices.decision.sent", case), m.find("notices.extension.sent", case)
    assert decision == m.Found("notices", "decision", False, False, True, (date(2026, 5, 10),))
    assert extension == m.Found("notices", "extension", False, False, False, (date(2026, 5, 11),))


def test_a_name_that_nothing_supplies_finds_nothing() -> None:
    assert m.find("parties.agent.starts", told()) is None
    assert m.find_records("parties", told()) is None
