from datetime import date, datetime
from typing import Any

import pytest
from tests.core.oracles.hand import instrument, parameter, rule, told

from disputekit.oracles.deadline import oracle

PLAIN = {
    "from_": "received", "to": "decided", "within": "15 days", "roll": "none", "steps": (), "pause": (), "restart": (), "stop": (), "due": None,
    "override": None, "refused": None, "bearer": "insurer",
}  # fmt: skip


def decide(case: Any, **said: Any) -> str:
    return str(oracle(rule(**{**PLAIN, **said}), case))


def test_the_last_day_is_wholly_in_time_and_the_next_is_late() -> None:
    assert decide(told(events=[("decided", "2026-05-16 23:59")])) == "pass"
    assert decide(told(events=[("decided", "2026-05-17 00:00")])) == "fail: late"


def test_an_open_case_is_pending_to_the_end_of_the_last_day() -> None:
    assert decide(told(as_of="2026-05-16")) == "pending"
    assert decide(told(as_of="2026-05-17")) == "fail: open"


def test_what_came_before_the_start_is_not_what_was_asked_for() -> None:
    assert decide(told(events=[("decided", "2026-04-30"), ("decided", "2026-05-10")])) == "pass"
    assert decide(told(events=[("decided", "2026-05-01 08:59")])) == "fail: open"
    assert decide(told(events=[("decided", "2026-05-01")])) == "pass"


def test_a_date_column_before_the_start_contradicts_it() -> None:
    assert decide(told({"decision_on": "2026-04-30"}), to="decision") == "unknown: contradictory"
    assert decide(told({"decision_on": "2026-05-01"}), to="decision") == "pass"


def test_a_missing_start_is_a_gap_where_its_column_is_required_and_else_no_case() -> None:
    assert decide(told({"received_at": None})) == "unknown: missing"
    assert decide(told({"received_at": "?"})) == "unknown: rejected value"
    assert decide(told(), from_="plan") == "not_applicable: not begun"
    assert decide(told({"received_at": "2026-07-01"})) == "unknown: missing"


def test_an_absence_proves_nothing_where_the_feed_is_not_covered_or_was_extracted_too_early() -> None:
    assert decide(told(covered=None)) == "unknown: not covered"
    assert decide(told(covered=date(2026, 5, 2))) == "unknown: not covered"
    assert decide(told(covered=date(2026, 5, 1))) == "fail: open"
    assert decide(told(extracted={"events": datetime(2026, 5, 16, 23)})) == "unknown: stale"
    assert decide(told(extracted={"events": datetime(2026, 5, 17, 1)})) == "fail: open"


def test_an_unreadable_occurrence_decides_nothing() -> None:
    assert decide(told(events=[("decided", "2026-05-10"), ("decided", "?")])) == "unknown: rejected value"


def test_law_applies_from_the_day_it_comes_into_force_until_the_day_before_its_repeal() -> None:
    for dates, verdict in [
        (("2026-05-02",), "not_applicable: not in force"), (("2026-05-01",), "fail: open"),
        (("2020-01-01", "2026-05-01"), "not_applicable: not in force"), (("2020-01-01", "2026-05-02"), "fail: open"),
    ]:  # fmt: skip
        assert decide(told(instrument=instrument(*dates))) == verdict


def test_the_parameter_of_the_start_decides_and_before_its_first_value_nobody_knows() -> None:
    case = told(events=[("decided", "2026-05-12")], parameters={"days": parameter(("2026-05-01", "15 days"), ("2026-05-02", "5 days"))})
    assert decide(case, within="$days") == "pass"
    assert decide(told(parameters={"days": parameter(("2026-05-02", "5 days"))}), within="$days") == "unknown: no value"


def test_a_condition_that_cannot_be_decided_is_unknown_and_one_that_fails_leaves_the_case_out() -> None:
    verdicts = [decide(told(conditions={"x": truth}), where="x") for truth in (True, None, False)]
    assert verdicts == ["fail: open", "unknown: condition", "not_applicable: not concerned"]


@pytest.mark.parametrize(("done", "verdict"), [("2027-01-02", "pass"), ("2027-01-03", "unknown: no calendar")])
def test_past_the_published_years_only_the_earliest_end_is_certain(done: str, verdict: str) -> None:
    case = told({"received_at": "2026-12-30"}, as_of="2027-02-01", events=[("decided", done)])
    assert decide(case, within="3 working days") == verdict


def test_an_hour_clock_is_not_decided_by_a_bare_day() -> None:
    assert decide(told(events=[("decided", "2026-05-02 09:00")]), within="24 hours") == "pass"
    assert decide(told(events=[("decided", "2026-05-02 09:01")]), within="24 hours") == "fail: late"
    assert decide(told(events=[("decided", "2026-05-02")]), within="24 hours") == "unknown: too coarse"
    assert decide(told(events=[("decided", "2026-05-03")]), within="24 hours") == "fail: late"
    assert decide(told(as_of="2026-05-01"), within="15 hours") == "pending"
    assert decide(told(as_of="2026-05-01"), within="14 hours") == "fail: open"


def test_a_table_that_is_not_supplied_is_said_before_anything_else() -> None:
    assert decide(told(), to="parties.agent.starts") == "unknown: not supplied"
