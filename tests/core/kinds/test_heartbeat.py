"""`heartbeat`: something recurs, with no gap that is too long."""

from typing import Any

import pytest
from pydantic import ValidationError
from tests.core.kinds.registers import judge, make_rule, verdict

NINE = {"received_at": "2026-05-01 09:00"}


def calls(*moments: str, activity: str = "called") -> list[tuple[str, str]]:
    return [(activity, m) for m in moments]


def rule(**fields: Any) -> dict[str, Any]:
    return {"kind": "heartbeat", "activities": ["called"], "every": "10 days", "from": "received", **fields}


@pytest.mark.parametrize(
    ("when", "as_of", "said"),
    [
        ([], "2026-05-11", "pass"),
        ([], "2026-05-12", "fail: gap"),
        (["2026-05-11 23:59"], "2026-05-21", "pass"),
        (["2026-05-11 23:59"], "2026-05-22", "fail: gap"),
        (["2026-05-12 00:00"], "2026-05-12", "fail: gap"),
        (["2026-05-11", "2026-05-21", "2026-05-31"], "2026-06-10", "pass"),
        (["2026-05-11", "2026-05-22", "2026-05-31"], "2026-06-10", "fail: gap"),
        (["2026-05-31", "2026-05-11", "2026-05-21", "2026-05-21"], "2026-06-10", "pass"),
        (["2026-04-30", "2026-05-11"], "2026-05-12", "pass"),
        (["2026-04-30"], "2026-05-12", "fail: gap"),
        (["2026-05-11", "2026-06-20"], "2026-05-21", "pass"),
        (["2026-05-11", "?"], "2026-05-12", "unknown: rejected value"),
    ],
)
def test_no_two_dates_are_further_apart_than_the_period(when: list[str], as_of: str, said: str) -> None:
    assert verdict(rule(), NINE, events=calls(*when), as_of=as_of) == said


@pytest.mark.parametrize(
    ("closed", "said"),
    [("2026-05-20", "pass"), ("2026-05-21", "pass"), ("2026-05-22", "fail: gap"), (None, "fail: gap"), ("2026-04-30", "unknown: contradictory"),
     ("2026-05-01", "pass"), ("?", "unknown: rejected value"), ("2026-07-02", "fail: gap")],
)  # fmt: skip
def test_nothing_need_happen_once_it_is_over(closed: str | None, said: str) -> None:
    assert verdict(rule(until="closed"), {**NINE, "closed_at": closed}, events=calls("2026-05-11", "2026-06-15")) == said


def test_the_end_is_the_first_at_or_after_the_start() -> None:
    events = [*calls("2026-05-11"), *calls("2026-04-20", "2026-05-15", activity="ended")]
    assert verdict(rule(until="ended"), NINE, events=events) == "pass"
    assert verdict(rule(until="ended"), NINE, events=events[:2]) == "fail: gap"


def test_any_of_the_activities_counts_wherever_it_is_kept() -> None:
    events = [*calls("2026-05-08"), *calls("2026-05-18", activity="wrote")]
    notices = [{"kind": "decision", "sent_at": "2026-05-28"}]
    every = rule(activities=["called", "wrote", "notices.decision.sent"])
    assert verdict(every, NINE, events=events, notices=notices, as_of="2026-06-07") == "pass"
    assert verdict(every, NINE, events=events, notices=notices, as_of="2026-06-08") == "fail: gap"
    assert verdict(every, NINE, events=events[:1], notices=notices, as_of="2026-06-07") == "fail: gap"


def test_the_longest_gap_is_shown_and_when_the_next_is_due() -> None:
    events = [("A", *c) for c in calls("2026-05-05", "2026-05-20", "2026-05-22")]
    held: dict[str, Any] = {"disputes": {"A": {**NINE, "closed_at": None}}, "events": events}
    shown = judge(rule(until="closed"), as_of="2026-05-25", **held)["A"]
    assert (shown["verdict"], shown["observed"], shown["expected"], str(shown["due_on"])) == ("fail: gap", "15 days", "10 days", "2026-06-01")
    held["disputes"]["A"]["closed_at"] = "2026-05-24"
    assert judge(rule(until="closed"), as_of="2026-05-25", **held)["A"]["due_on"] is None


@pytest.mark.parametrize(
    ("every", "call", "said"),
    [
        # 30 April was a Thursday; 1 to 5 May were days of rest; 9 May was worked
        ("3 working days", "2026-05-08", "pass"), ("3 working days", "2026-05-09", "fail: gap"),
        ("1 week", "2026-05-07", "pass"), ("1 week", "2026-05-08", "fail: gap"),
        ("1 month", "2026-05-30", "pass"), ("1 month", "2026-05-31", "fail: gap"),
    ],
)  # fmt: skip
def test_other_units_end_as_periods_do(every: str, call: str, said: str) -> None:
    assert verdict(rule(every=every), {"received_at": "2026-04-30"}, events=calls(call), as_of=call) == said


def test_beyond_the_published_years_a_gap_may_be_too_long_or_not() -> None:
    held = {"received_at": "2026-12-28"}
    every = rule(every="10 working days")
    assert verdict(every, held, events=calls("2027-01-07"), as_of="2027-01-07") == "pass"
    assert verdict(every, held, events=calls("2027-01-15"), as_of="2027-01-15") == "unknown: no calendar"
    assert verdict(every, held, events=calls("2027-01-15"), as_of="2027-01-15", calendar="weekends") == "fail: gap"


def test_a_gap_is_told_only_where_all_that_could_fill_it_would_be_known() -> None:
    events = [*calls("2026-05-31"), *calls("2026-06-10", activity="wrote")]
    both = rule(activities=["called", "wrote"])
    told: dict[str, Any] = {"events": events, "as_of": "2026-06-12"}
    assert verdict(both, NINE, **told, coverage={"called": "2026-05-01", "wrote": "2026-05-01"}) == "fail: gap"
    assert verdict(both, NINE, **told, coverage={"called": "2026-05-01", "wrote": "2026-05-02"}) == "unknown: not covered"
    assert verdict(both, NINE, **told, extracted={"events": "2026-05-11"}) == "unknown: stale"
    assert verdict(both, NINE, **told, extracted={"events": "2026-05-12"}) == "fail: gap"
    filled = [*calls("2026-05-11", "2026-05-21"), *events]
    assert verdict(both, NINE, events=filled, as_of="2026-06-12", coverage={}, extracted={"events": "2026-05-12"}) == "pass"
    # of several gaps the first that can be told is enough
    assert verdict(rule(), NINE, events=calls("2026-05-20"), as_of="2026-06-12", extracted={"events": "2026-05-25"}) == "fail: gap"


def test_before_it_begins_and_outside_the_law_nothing_need_recur() -> None:
    assert verdict(rule(**{"from": "opened"}), NINE, events=calls("2026-05-02")) == "not_applicable: not begun"
    assert verdict(rule(**{"from": "opened"}), NINE, events=[*calls("2026-05-02"), ("opened", "?")]) == "unknown: rejected value"
    assert verdict(rule(), {"received_at": None}, events=calls("2026-05-02")) == "unknown: missing"
    assert verdict(rule(), NINE, events=calls("2026-05-02"), in_force=("2026-05-02", None)) == "not_applicable: not in force"
    assert verdict(rule(where="cause = 'x'"), NINE, events=calls("2026-05-02"), columns={"disputes": ["cause"]}) == "unknown: condition"


def test_the_period_is_chosen_by_the_date_of_the_start() -> None:
    values = [{"from": "2026-05-01", "value": "10 days"}, {"from": "2026-05-10", "value": "1 day"}]
    told: dict[str, Any] = {"parameters": {"rhythm": values}, "events": calls("2026-05-11", "2026-05-18"), "as_of": "2026-05-20"}
    assert verdict(rule(every="$rhythm"), NINE, **told) == "pass"
    assert verdict(rule(every="$rhythm"), {"received_at": "2026-04-30"}, **told) == "unknown: no value"
    assert verdict(rule(every="$rhythm"), {"received_at": "2026-05-10"}, **told) == "fail: gap"


@pytest.mark.parametrize("fields", [{"activities": []}, {"activities": ["a", "a"]}, {"activities": ["organisation.x"]}])
def test_what_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        make_rule(**{**rule(), **fields})
