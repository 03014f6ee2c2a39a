"""`sequence`: what must come first."""

from typing import Any

import pytest
from tests.core.kinds.registers import verdict

NINE = {"received_at": "2026-05-01 09:00"}


def before_deciding(first: Any = "heard", **more: Any) -> dict[str, Any]:
    return {"kind": "sequence", "first": first, "then": "decided", **more}


@pytest.mark.parametrize(
    ("heard", "decided", "said"),
    [
        ("2026-05-02 09:00", "2026-05-02 10:00", "pass"),
        ("2026-05-02 10:00", "2026-05-02 10:00", "pass"),
        ("2026-05-02 11:00", "2026-05-02 10:00", "fail: order"),
        ("2026-05-02", "2026-05-02 10:00", "pass"),
        ("2026-05-02 11:00", "2026-05-02", "pass"),
        ("2026-05-03", "2026-05-02 10:00", "fail: order"),
    ],
)
def test_the_first_comes_first_by_date_where_no_clock_is_known(heard: str, decided: str, said: str) -> None:
    assert verdict(before_deciding(), NINE, events=[("heard", heard), ("decided", decided)]) == said


def test_the_same_moment_is_in_order_also_where_other_days_have_no_clock() -> None:
    events = [("heard", "2026-05-02 10:00"), ("heard", "2026-05-09"), ("decided", "2026-05-02 10:00")]
    assert verdict(before_deciding(), NINE, events=events) == "pass"


def test_the_same_day_is_not_before_where_it_is_refused() -> None:
    strict = before_deciding(same_day="refused")
    assert verdict(strict, NINE, events=[("heard", "2026-05-02 09:00"), ("decided", "2026-05-02 10:00")]) == "fail: order"
    assert verdict(strict, NINE, events=[("heard", "2026-05-01 23:00"), ("decided", "2026-05-02 01:00")]) == "pass"


def test_nothing_is_asked_before_then_has_happened() -> None:
    assert verdict(before_deciding(), NINE, events=[("heard", "2026-05-02")]) == "not_applicable: not begun"
    assert verdict(before_deciding(), NINE, events=[("decided", "?")]) == "unknown: rejected value"
    assert verdict({"kind": "sequence", "first": "heard", "then": "received"}, {"received_at": None}, events=[]) == "unknown: missing"


def test_what_never_came_is_missing_only_where_it_would_be_known() -> None:
    decided = [("decided", "2026-05-10 09:00")]
    assert verdict(before_deciding(), NINE, events=decided) == "fail: missing"
    assert verdict(before_deciding(), NINE, events=decided, coverage={}) == "unknown: not covered"
    assert verdict(before_deciding(), NINE, events=decided, coverage={"heard": "2026-05-02"}) == "unknown: not covered"
    # a feed of the day itself knows what came before that day
    assert verdict(before_deciding(), NINE, events=decided, extracted={"events": "2026-05-09 06:00"}) == "unknown: stale"
    assert verdict(before_deciding(), NINE, events=decided, extracted={"events": "2026-05-10 06:00"}) == "fail: missing"
    gap = {"kind": "sequence", "first": "received", "then": "decided"}
    assert verdict(gap, {"received_at": None}, events=decided) == "unknown: missing"


def test_what_could_not_be_read_is_never_a_verdict() -> None:
    events = [("heard", "2026-05-02"), ("heard", "?"), ("decided", "2026-05-10")]
    assert verdict(before_deciding(), NINE, events=events) == "unknown: rejected value"


def test_any_of_several_will_do_and_only_the_earliest_says_how_well_it_is_known() -> None:
    any_of = before_deciding({"any": ["heard", "written"]})
    assert verdict(any_of, NINE, events=[("written", "2026-05-02 09:00"), ("decided", "2026-05-02 10:00")]) == "pass"
    events = [("heard", "2026-05-02 11:00"), ("written", "2026-05-09"), ("decided", "2026-05-02 10:00")]
    assert verdict(any_of, NINE, events=events) == "fail: order"
    assert verdict(any_of, NINE, events=[("decided", "2026-05-02 10:00")]) == "fail: missing"
    assert verdict(any_of, NINE, events=[("decided", "2026-05-02 10:00")], coverage={"heard": "2000-01-01"}) == "unknown: not covered"
    gap = before_deciding({"any": ["received", "written"]})
    assert verdict(gap, {"received_at": None}, events=[("decided", "2026-05-02 10:00")]) == "unknown: missing"


def test_what_was_decided_before_the_law_is_not_its_business() -> None:
    rule = before_deciding(cite="law art. 1")
    assert verdict(rule, NINE, events=[("decided", "2026-05-10")], in_force=("2026-05-11", None)) == "not_applicable: not in force"
    assert verdict(rule, NINE, events=[("decided", "2026-05-10")], in_force=("2026-05-10", None)) == "fail: missing"
