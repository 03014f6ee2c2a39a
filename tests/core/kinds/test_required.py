"""`required`: columns and moments that must all be there, by when, and what is missing."""

from typing import Any

import pytest
from pydantic import ValidationError
from tests.core.kinds.registers import judge, make_rule, verdict, verdicts

NINE = {"received_at": "2026-05-01 09:00"}


def need(*fields: str, **more: Any) -> dict[str, Any]:
    return {"kind": "required", "fields": fields, **more}


def test_columns_must_be_filled_and_moments_must_have_happened() -> None:
    disputes = {n: {**NINE, "cause": c} for n, c in (("both", "fire"), ("no cause", None), ("no plan", "fire"), ("neither", None))}
    events = [("both", "plan", "2026-05-10"), ("no cause", "plan", "2026-05-10")]
    shown = judge(need("cause", "plan"), disputes=disputes, events=events)
    assert {k: (v["verdict"], v["observed"]) for k, v in shown.items()} == {
        "both": ("pass", None), "no cause": ("fail: missing", "cause"), "no plan": ("fail: missing", "plan"),
        "neither": ("fail: missing", "cause, plan"),
    }  # fmt: skip
    assert shown["both"]["expected"] == "cause, plan"


def test_a_parents_column_may_be_asked_for() -> None:
    disputes = {"A": {**NINE, "contract_id": "C"}, "B": {**NINE, "contract_id": "D"}, "C": {**NINE, "contract_id": "gone"}}
    contracts = {"C": {"line": "motor"}, "D": {"line": None}}
    assert verdicts(need("contract.line"), disputes=disputes, contracts=contracts) == {"A": "pass", "B": "fail: missing", "C": "fail: missing"}


def test_a_parents_date_is_a_column_and_no_event() -> None:
    disputes = {"A": {**NINE, "contract_id": "C"}, "B": {**NINE, "contract_id": "D"}}
    told: dict[str, Any] = {"disputes": disputes, "contracts": {"C": {"concluded_on": "2026-01-05"}, "D": {"concluded_on": None}}}
    events = [("B", "contract.concluded_on", "2026-01-05")]
    assert verdicts(need("contract.concluded_on"), **told, events=events) == {"A": "pass", "B": "fail: missing"}


def test_a_field_of_the_subject_that_is_a_date_is_a_moment_and_may_lie_ahead() -> None:
    assert verdict(need("closed"), {**NINE, "closed_at": "2026-07-01"}, events=[]) == "fail: missing"
    assert verdict(need("closed"), {**NINE, "closed_at": "2026-06-30"}, events=[]) == "pass"


@pytest.mark.parametrize(
    ("within", "last", "late"),
    [("10 days", "2026-05-11 23:59", "2026-05-12"), ("1 month", "2026-06-01", "2026-06-02"), ("24 hours", "2026-05-02 09:00", "2026-05-02 09:01")],
)
def test_a_moment_is_in_time_up_to_the_end_of_the_period(within: str, last: str, late: str) -> None:
    rule = need("plan", when="received", by=within)
    assert verdict(rule, NINE, events=[("plan", last)]) == "pass"
    assert verdict(rule, NINE, events=[("plan", late)]) == "fail: late"
    assert verdict(rule, NINE, events=[("plan", "2026-04-01")]) == "pass"


def test_while_the_period_runs_what_is_missing_is_pending() -> None:
    rule = need("cause", "plan", when="received", by="10 days")
    row, plan = {**NINE, "cause": None}, [("plan", "2026-05-02")]
    assert verdict(rule, row, events=plan, as_of="2026-05-11") == "pending"
    assert verdict(rule, row, events=plan, as_of="2026-05-12") == "fail: missing"
    shown = judge(rule, disputes={"A": row}, events=[("A", *plan[0])])["A"]
    assert (str(shown["due_on"]), shown["observed"]) == ("2026-05-11", "cause")


def test_what_is_missing_comes_before_what_is_late_which_shows_when_the_last_came() -> None:
    rule = need("plan", "heard", when="received", by="10 days")
    assert verdict(rule, NINE, events=[("plan", "2026-05-12")]) == "fail: missing"
    shown = judge(rule, disputes={"A": NINE}, events=[("A", "plan", "2026-05-12"), ("A", "heard", "2026-05-14")])["A"]
    assert (shown["verdict"], str(shown["done_at"])[:10]) == ("fail: late", "2026-05-14")


def test_what_is_late_is_proven_by_its_being_there() -> None:
    rule = need("plan", "heard", when="received", by="10 days")
    assert verdict(rule, NINE, events=[("plan", "2026-05-12")], coverage={}) == "fail: late"
    assert verdict(rule, NINE, events=[("plan", "2026-05-12")], extracted={"events": "2026-05-02 06:00"}) == "fail: late"


def test_beyond_the_published_year_and_within_a_bare_day_nobody_can_tell() -> None:
    rule, late = need("plan", when="received", by="10 working days"), {"received_at": "2026-12-28 09:00"}
    for day, said in (("2027-01-07", "pass"), ("2027-01-08", "unknown: no calendar")):
        assert verdict(rule, late, events=[("plan", day)], as_of="2027-03-01") == said
    assert verdict(rule, late, events=[], as_of="2027-01-07") == "pending"
    assert verdict(rule, late, events=[], as_of="2027-01-08") == "unknown: no calendar"
    hours = need("plan", when="received", by="24 hours")
    assert verdict(hours, {"received_at": "2026-05-01"}, events=[("plan", "2026-05-02 12:00")]) == "unknown: too coarse"
    assert verdict(hours, {"received_at": "2026-05-01"}, events=[], as_of="2026-05-02") == "fail: missing"


def test_a_moment_as_a_limit() -> None:
    rule = need("heard", by="decided")
    assert verdict(rule, NINE, events=[]) == "pending"
    assert verdict(rule, NINE, events=[("heard", "2026-05-05 09:00")]) == "pass"
    assert verdict(rule, NINE, events=[("heard", "2026-05-05 09:00"), ("decided", "2026-05-05 08:00")]) == "fail: late"
    assert verdict(rule, NINE, events=[("heard", "2026-05-05 09:00"), ("decided", "2026-05-05")]) == "pass"
    assert verdict(rule, NINE, events=[("decided", "2026-05-05")]) == "fail: missing"
    assert verdict(rule, NINE, events=[("heard", "2026-05-05"), ("decided", "?")]) == "unknown: rejected value"


def test_with_when_it_is_asked_only_once_that_happened() -> None:
    rule = need("cause", when="plan")
    assert verdict(rule, {**NINE, "cause": None}, events=[]) == "not_applicable: not begun"
    assert verdict(rule, {**NINE, "cause": None}, events=[("plan", "2026-05-10")]) == "fail: missing"
    assert verdict(rule, {**NINE, "cause": None}, events=[("plan", "?")]) == "unknown: rejected value"
    assert verdict(need("cause", when="received"), {"received_at": None, "cause": "fire"}, events=[]) == "unknown: missing"


def test_an_absence_counts_only_where_it_would_be_known() -> None:
    rule = need("plan", when="received", by="10 days")
    assert verdict(rule, NINE, events=[], coverage={}) == "unknown: not covered"
    assert verdict(rule, NINE, events=[], coverage={"plan": "2026-05-01"}) == "fail: missing"
    assert verdict(rule, NINE, events=[], coverage={"plan": "2026-05-02"}) == "unknown: not covered"
    assert verdict(rule, NINE, events=[], extracted={"events": "2026-05-11 06:00"}) == "unknown: stale"
    assert verdict(rule, NINE, events=[], extracted={"events": "2026-05-12 06:00"}) == "fail: missing"
    assert verdict(need("plan"), NINE, events=[], extracted={"events": "2026-06-29 06:00"}) == "unknown: stale"
    assert verdict(need("plan"), NINE, events=[], extracted={"events": "2026-06-30 06:00"}) == "fail: missing"
    assert verdict(need("cause"), {**NINE, "cause": None}, extracted={"disputes": "2026-06-29 06:00"}) == "unknown: stale"
    of_contract: dict[str, Any] = {"row": {**NINE, "contract_id": "C"}, "contracts": {"C": {"line": None}}}
    assert verdict(need("contract.line"), **of_contract, extracted={"contracts": "2026-06-29 06:00"}) == "unknown: stale"
    assert verdict(need("contract.line"), **of_contract, extracted={"disputes": "2026-06-29 06:00"}) == "unknown: stale"
    assert verdict(need("contract.line"), **of_contract, extracted={"contracts": "2026-06-30 06:00"}) == "fail: missing"


def test_a_subject_without_a_beginning_is_covered_from_its_limit_on() -> None:
    mediations, rule = {"M": {"held_at": "2026-05-10 09:00"}}, need("invited", by="held")
    told = {"subject": "mediations", "mediations": mediations, "events": []}
    assert verdicts(rule, **told, coverage={"invited": "2026-05-10"}) == {"M": "fail: missing"}
    assert verdicts(rule, **told, coverage={"invited": "2026-05-11"}) == {"M": "unknown: not covered"}
    assert verdicts(need("invited"), **told, coverage={"invited": "2020-01-01"}) == {"M": "unknown: not covered"}


def test_what_could_not_be_read_is_never_a_verdict() -> None:
    assert verdict(need("amount_claimed"), {**NINE, "amount_claimed": "?"}) == "unknown: rejected value"
    assert verdict(need("plan"), NINE, events=[("plan", "2026-05-02"), ("plan", "?")]) == "unknown: rejected value"


def test_the_value_and_the_law_of_the_day_hold() -> None:
    rule = need("plan", when="received", by="$plan", cite="law art. 1")
    values = {"plan": [{"from": "2026-05-02", "value": "10 days"}]}
    assert verdict(rule, NINE, events=[], parameters=values, in_force=("2026-01-01", None)) == "unknown: no value"
    assert verdict(rule, NINE, events=[], parameters=values, in_force=("2026-05-02", None)) == "not_applicable: not in force"
    # without a start it is the law of the subject's beginning
    assert verdict(need("plan", cite="law art. 1"), NINE, events=[], in_force=("2026-05-02", None)) == "not_applicable: not in force"
    assert verdict(need("plan", cite="law art. 1"), NINE, events=[], in_force=("2026-05-01", None)) == "fail: missing"


@pytest.mark.parametrize(
    "fields", [{"fields": []}, {"fields": ["a", "a"]}, {"fields": ["a"], "by": "10 days"}, {"fields": ["a"], "when": "b", "by": "10 dogs"}]
)
def test_what_means_nothing_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        make_rule(kind="required", **fields)
