"""`cadence`: a duty that comes back is done in every period, rolling or of the calendar."""

from typing import Any

import pytest
from pydantic import ValidationError
from tests.core.kinds.registers import findings, make_rule, verdict, verdicts

ROLLING = {"kind": "cadence", "activity": "drill", "every": "12 months", "from": "received"}
RECEIVED = {"received_at": "2024-05-01"}


def drills(*days: str) -> list[tuple[str, str]]:
    return [("drill", d) for d in days]


@pytest.mark.parametrize(
    ("done", "as_of", "said"),
    [
        ([], "2025-05-01", "pending"), ([], "2025-05-02", "fail: open"),
        (["2025-05-01"], "2026-05-01", "pass"), (["2025-05-01"], "2026-05-02", "fail: open"),
        (["2025-05-02"], "2025-06-01", "fail: late"), (["2025-04-01", "2026-04-01 09:00"], "2026-04-01", "pass"),
        (["2025-04-01", "2026-04-02"], "2026-04-02", "fail: late"), (["2024-05-01"], "2025-05-01", "pass"),
        (["2024-04-30"], "2025-05-01", "pending"), (["2025-04-01", "?"], "2026-04-01", "unknown: rejected value"),
    ],
)  # fmt: skip
def test_a_rolling_duty_is_due_again_a_period_after_it_was_done(done: list[str], as_of: str, said: str) -> None:
    assert verdict(ROLLING, RECEIVED, events=[("other", "2024-01-01"), *drills(*done)], as_of=as_of) == said


@pytest.mark.parametrize(
    ("done", "as_of", "said"),
    [
        # the report on a year is made between its end and 30 April
        (["2025-03-01", "2026-04-30 23:00"], "2026-06-01", "pass"), (["2025-03-01", "2026-05-01"], "2026-06-01", "fail: late"),
        (["2025-03-01"], "2026-04-30", "pending"), (["2025-03-01"], "2026-05-01", "fail: open"),
        (["2026-03-01"], "2026-06-01", "fail: late"), (["2025-12-31"], "2026-05-01", "fail: open"),
    ],
)  # fmt: skip
def test_a_report_on_each_year_is_made_by_the_thirtieth_of_april(done: list[str], as_of: str, said: str) -> None:
    rule = {"kind": "cadence", "activity": "drill", "period": "year", "due": "4 months"}
    told: dict[str, Any] = {"events": [("other", "2024-01-01"), *drills(*done)], "as_of": as_of, "coverage": {"drill": "2024-01-01"}}
    assert verdict(rule, {"received_at": "2020-01-01"}, **told) == said


@pytest.mark.parametrize(("period", "last", "following"), [
    ("month", "2026-05-31", "2026-06-01"), ("quarter", "2026-03-31", "2026-04-01"), ("half-year", "2026-06-30", "2026-07-01"),
])  # fmt: skip
def test_without_a_due_date_it_is_done_by_the_last_day_of_each_period(period: str, last: str, following: str) -> None:
    rule = {"kind": "cadence", "activity": "drill", "period": period}
    began = {"month": "2026-05-01", "quarter": "2026-01-01", "half-year": "2026-01-01"}[period]
    told: dict[str, Any] = {"in_force": (began, None)}
    nothing: list[Any] = [("other", "2024-01-01")]
    assert verdict(rule, RECEIVED, events=nothing, as_of=last, **told) == "pending"
    assert verdict(rule, RECEIVED, events=nothing, as_of=following, **told) == "fail: open"
    assert verdict(rule, RECEIVED, events=drills(last), as_of=last, **told) == "pass"
    assert verdict(rule, RECEIVED, events=drills(following), as_of=following, **told) == "fail: late"


def test_what_lies_outside_of_the_covered_time_is_neither_kept_nor_broken() -> None:
    yearly = {"kind": "cadence", "activity": "drill", "period": "year", "due": "4 months"}
    rolling = {"kind": "cadence", "activity": "drill", "every": "12 months"}
    nothing: list[Any] = [("other", "2020-01-01")]
    for rule in (yearly, rolling):
        assert verdict(rule, RECEIVED, events=nothing, coverage={}, as_of="2026-06-01") == "unknown: not covered"
        assert verdict(rule, RECEIVED, events=nothing, coverage={"drill": "2024-01-01"}, as_of="2026-06-01") == "fail: open"
        late = {"events": "2025-04-30"}
        assert verdict(rule, RECEIVED, events=nothing, coverage={"drill": "2024-12-31"}, extracted=late, as_of="2026-06-01").startswith("unknown")
    assert verdict(yearly, RECEIVED, events=nothing, coverage={"drill": "2025-06-01"}, as_of="2026-06-01") == "unknown: not covered"
    assert verdict(rolling, RECEIVED, events=nothing, coverage={"drill": "2025-06-01"}, as_of="2026-06-01") == "pending"


def test_a_duty_of_the_law_begins_with_the_law() -> None:
    rule = {"kind": "cadence", "activity": "drill", "period": "year", "cite": "law art. 1"}
    nothing: list[Any] = [("other", "2020-01-01")]
    assert verdict(rule, RECEIVED, events=nothing, in_force=("2026-01-02", None)) == "not_applicable: not begun"
    assert verdict(rule, RECEIVED, events=nothing, in_force=("2026-01-01", None)) == "pending"
    assert verdict(rule, RECEIVED, events=nothing, in_force=("2025-01-01", None)) == "fail: open"
    assert verdict(rule, RECEIVED, events=nothing, in_force=("2025-01-01", "2026-06-30")) == "not_applicable: not in force"


def test_the_organisation_has_duties_and_so_has_each_of_many() -> None:
    rule: dict[str, Any] = {"kind": "cadence", "activity": "drill", "every": "6 months"}
    events = [{"of": "organisation", "about": "organisation", "activity": "drill", "occurred_at": d} for d in ("2025-08-01", "2026-01-15")]
    told: dict[str, Any] = {
        "subject": "organisation",
        "organisation": {"organisation": {"name": "I"}},
        "events": events,
        "coverage": {"drill": "2025-08-01"},
    }
    assert verdicts(rule, as_of="2026-07-15", **told) == {"organisation": "pass"}
    assert verdicts(rule, as_of="2026-07-16", **told) == {"organisation": "fail: open"}
    units = {"U": {"opened_on": "2026-03-01"}, "V": {"opened_on": "2026-03-02"}, "W": {"opened_on": None}}
    monthly: dict[str, Any] = {"kind": "cadence", "activity": "drill", "period": "month", "from": "opened"}
    done = [{"of": "U", "about": "units", "activity": "drill", "occurred_at": "2026-03-09"}]
    told = {"subject": "units", "units": units, "events": done, "coverage": {"drill": "2026-01-01"}}
    said = verdicts(monthly, as_of="2026-04-30", **told)
    assert said == {"U": "pending", "V": "pending", "W": "not_applicable: not begun"}
    assert verdicts(monthly, as_of="2026-05-01", **told)["U"] == "fail: open"


def test_each_period_that_was_missed_is_a_finding_of_its_own() -> None:
    rule = {"kind": "cadence", "activity": "drill", "period": "quarter"}
    told: dict[str, Any] = {"disputes": {"A": RECEIVED, "B": RECEIVED}, "coverage": {"drill": "2025-07-01"},
                            "events": [("A", "drill", "2026-03-31"), ("A", "other", "2024-01-01"), ("B", "drill", "2025-07-01"), ("B", "drill", "2025-10-01")]}  # fmt: skip
    # as the days go by a new finding may come, and those there were stay what they were
    before = [("A", "2025-07-01", "fail: late"), ("A", "2025-10-01", "fail: late"), ("B", "2026-01-01", "fail: open")]
    assert findings(rule, as_of="2026-04-01", **told) == before == findings(rule, as_of="2026-06-30", **told)
    after = [*before, ("A", "2026-04-01", "fail: open"), ("B", "2026-04-01", "fail: open")]
    assert findings(rule, as_of="2026-07-01", **told) == sorted(after)
    assert verdicts(rule, as_of="2026-07-01", **told) == {"A": "fail: open", "B": "fail: open"}


@pytest.mark.parametrize("fields", [{"every": None}, {"period": "year"}, {"due": "1 month"}, {"activity": "organisation.x"}])
def test_what_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        make_rule(**{**ROLLING, **fields})
