from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from tests.core.oracles.hand import rule, told

from disputekit.oracles.sequence import oracle


def decide(case: Any, first: Any = "heard", then: str = "decided", same_day: str = "allowed") -> str:
    return str(oracle(rule(first=first, then=then, same_day=same_day), case))


def events(*given: str) -> Any:
    return told(events=[tuple(g.split(" ", 1)) for g in given])


def test_the_first_must_not_come_after_the_second() -> None:
    assert decide(events("heard 2026-05-10 09:00", "decided 2026-05-10 09:00")) == "pass"
    assert decide(events("heard 2026-05-10 09:01", "decided 2026-05-10 09:00")) == "fail: order"


def test_bare_days_are_in_order_on_the_same_day_unless_that_is_refused() -> None:
    assert decide(events("heard 2026-05-10", "decided 2026-05-10 00:00")) == "pass"
    assert decide(events("heard 2026-05-10", "decided 2026-05-10"), same_day="refused") == "fail: order"
    assert decide(events("heard 2026-05-10 08:00", "decided 2026-05-10 09:00"), same_day="refused") == "fail: order"
    assert decide(events("heard 2026-05-09", "decided 2026-05-10"), same_day="refused") == "pass"


def test_any_of_several_will_do_and_the_earliest_counts() -> None:
    either = SimpleNamespace(any=("heard", "waived"))
    assert decide(events("waived 2026-05-09", "heard 2026-05-12", "decided 2026-05-10"), first=either) == "pass"
    assert decide(events("waived 2026-05-11", "heard 2026-05-12", "decided 2026-05-10"), first=either) == "fail: order"


def test_without_the_second_there_is_no_case() -> None:
    assert decide(events("heard 2026-05-10")) == "not_applicable: not begun"


def test_a_missing_first_is_proven_by_a_feed_covered_from_the_beginning_and_extracted_since() -> None:
    decided = [("decided", "2026-05-20")]
    assert decide(told(events=decided)) == "fail: missing"
    assert decide(told(events=decided, covered=date(2026, 5, 2))) == "unknown: not covered"
    assert decide(told(events=decided, extracted={"notices": datetime(2026, 5, 19, 23)}), first="notices.hearing.sent") == "unknown: stale"
    assert decide(told(events=decided, extracted={"notices": datetime(2026, 5, 20, 1)}), first="notices.hearing.sent") == "fail: missing"


def test_a_required_column_that_is_empty_is_a_gap_and_no_breach() -> None:
    assert decide(told({"received_at": None}, events=[("decided", "2026-05-20")]), first="received") == "unknown: missing"


def test_an_unreadable_record_of_either_decides_nothing() -> None:
    assert decide(events("heard 2026-05-10", "heard ?", "decided 2026-05-12")) == "unknown: rejected value"
