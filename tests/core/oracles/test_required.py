from datetime import date, datetime
from typing import Any

from tests.core.oracles.hand import rule, told

from disputekit.oracles.required import oracle


def decide(case: Any, *fields: str, when: str | None = None, by: str | None = None) -> str:
    return str(oracle(rule(fields=fields, when=when, by=by), case))


def test_columns_and_moments_must_all_be_there() -> None:
    case = told({"cause": "fire"}, events=[("plan", "2026-05-20")])
    assert decide(case, "cause", "plan") == "pass"
    assert decide(case, "cause", "plan", "amount_claimed") == "fail: missing"
    assert decide(case, "contract.line") == "fail: missing"
    assert decide(told({"contract.concluded_on": "2026-01-05"}), "contract.concluded_on") == "pass"
    assert decide(told(events=[("contract.concluded_on", "2026-01-05")]), "contract.concluded_on") == "fail: missing"
    assert decide(case, "contract.product") == "unknown: not supplied"


def test_nothing_is_asked_before_it_is_due() -> None:
    assert decide(told(), "cause", when="plan") == "not_applicable: not begun"
    assert decide(told(as_of="2026-05-11"), "plan", when="received", by="10 days") == "pending"
    assert decide(told(as_of="2026-05-12"), "plan", when="received", by="10 days") == "fail: missing"
    assert decide(told(), "cause", by="plan") == "pending"


def test_what_came_too_late_is_late_even_where_something_else_cannot_be_known() -> None:
    late = [("plan", "2026-05-12")]
    assert decide(told(events=late), "plan", when="received", by="10 days") == "fail: late"
    assert decide(told(events=late, covered=None), "plan", "heard", when="received", by="10 days") == "fail: late"


def test_a_moment_as_a_limit_is_in_time_on_the_same_bare_day() -> None:
    assert decide(told(events=[("plan", "2026-05-12"), ("heard", "2026-05-12 09:00")]), "heard", by="plan") == "pass"
    assert decide(told(events=[("plan", "2026-05-12 08:00"), ("heard", "2026-05-12 09:00")]), "heard", by="plan") == "fail: late"


def test_an_absence_counts_only_where_it_would_be_known() -> None:
    assert decide(told(covered=date(2026, 5, 2)), "plan") == "unknown: not covered"
    assert decide(told(extracted={"events": datetime(2026, 6, 29)}), "plan") == "unknown: stale"
    assert decide(told(extracted={"disputes": datetime(2026, 6, 29)}), "cause") == "unknown: stale"
    assert decide(told(extracted={"disputes": datetime(2026, 6, 30)}), "cause") == "fail: missing"


def test_all_that_is_absent_must_be_proven_absent() -> None:
    assert decide(told(covered=None), "plan", "cause") == "unknown: not covered"


def test_an_unreadable_cell_is_neither_there_nor_missing() -> None:
    assert decide(told({"amount_claimed": "?"}), "amount_claimed") == "unknown: rejected value"
