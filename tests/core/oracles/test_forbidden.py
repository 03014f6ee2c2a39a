from datetime import date, datetime
from typing import Any

from tests.core.oracles.hand import rule, told

from disputekit.oracles.forbidden import oracle


def decide(case: Any, activity: str | None = "paid", record: str | None = None, from_: str | None = "frozen", until: str | None = "released") -> str:
    return str(oracle(rule(activity=activity, record=record, from_=from_, until=until), case))


def events(*given: str) -> Any:
    return told(events=[tuple(g.split(" ", 1)) for g in given])


def test_it_may_happen_before_and_after_the_window_and_not_within() -> None:
    window = ("frozen 2026-05-10 09:00", "released 2026-05-20 09:00")
    assert decide(events(*window, "paid 2026-05-10 08:59")) == "pass"
    assert decide(events(*window, "paid 2026-05-10 09:00")) == "fail: happened"
    assert decide(events(*window, "paid 2026-05-20 08:59")) == "fail: happened"
    assert decide(events(*window, "paid 2026-05-20 09:00")) == "pass"


def test_a_window_without_an_end_lasts_to_as_of() -> None:
    assert decide(events("frozen 2026-05-10", "paid 2026-06-30")) == "fail: happened"
    assert decide(events("frozen 2026-05-10", "paid 2026-07-01")) == "pass"
    assert decide(events("paid 2026-05-10")) == "not_applicable: not begun"


def test_an_end_before_the_start_is_another_windows_end() -> None:
    assert decide(events("released 2026-05-01", "frozen 2026-05-10", "paid 2026-05-15")) == "fail: happened"
    assert decide(told({"decision_on": "2026-05-01"}, events=[("frozen", "2026-05-10")]), until="decision") == "unknown: contradictory"


def test_a_bare_day_on_the_edge_of_the_window_decides_nothing_but_a_sure_breach_does() -> None:
    edge = ("frozen 2026-05-10 09:00", "released 2026-05-20", "paid 2026-05-20 09:00")
    assert decide(events(*edge)) == "unknown: too coarse"
    assert decide(events(*edge, "paid 2026-05-15")) == "fail: happened"
    assert decide(events("frozen 2026-05-10 09:00", "paid 2026-05-10")) == "unknown: too coarse"


def test_records_are_looked_at_by_sort_or_all_together() -> None:
    case = told(payments=[("refund", "2026-05-15")])
    assert decide(case, activity=None, record="payments.benefit", from_=None, until=None) == "pass"
    assert decide(case, activity=None, record="payments", from_=None, until=None) == "fail: happened"


def test_not_having_happened_is_a_pass_only_where_it_would_be_known() -> None:
    frozen = [("frozen", "2026-05-10"), ("released", "2026-05-20")]
    assert decide(told(events=frozen, covered=date(2026, 5, 11))) == "unknown: not covered"
    assert decide(told(events=frozen, extracted={"events": datetime(2026, 5, 19)})) == "unknown: stale"
    assert decide(told(events=frozen, extracted={"events": datetime(2026, 5, 20)})) == "pass"
    assert decide(told(events=frozen[:1], extracted={"events": datetime(2026, 6, 29)})) == "unknown: stale"
