"""`exists`: for each subject there must be a record that belongs to it and meets a condition."""

from typing import Any

import pytest
from pydantic import ValidationError
from tests.core.kinds.registers import make_rule, verdict, verdicts

OWN: dict[str, Any] = {"kind": "exists", "record": "payments.benefit", "meets": "amount > 50"}
TIMELY = {**OWN, "from": "received", "within": "10 days"}
RECEIVED = {"received_at": "2026-05-01"}


def paid(*payments: tuple[Any, str | None]) -> list[dict[str, Any]]:
    return [{"kind": "benefit", "amount": a, "paid_at": d} for a, d in payments]


@pytest.mark.parametrize(("payments", "said"), [
    ([(60, "2026-05-11 23:00")], "pass"), ([(60, "2026-05-12")], "fail: late"), ([(50, "2026-05-02")], "fail: missing"), ([], "fail: missing"),
    ([(60, "2026-04-01")], "pass"), ([(None, "2026-05-02")], "unknown: missing"), ([("?", "2026-05-02")], "unknown: rejected value"),
    ([(60, None)], "unknown: missing"), ([(60, "?")], "unknown: rejected value"), ([(60, "2026-05-03"), ("?", "2026-05-02")], "pass"),
    ([(60, "2026-07-01")], "fail: missing"), ([(50, "?")], "unknown: rejected value"),
])  # fmt: skip
def test_one_that_meets_the_condition_is_there_in_time(payments: list[tuple[Any, str | None]], said: str) -> None:
    assert verdict(TIMELY, RECEIVED, payments=paid(*payments, (1, "2026-01-01"))) == said


def test_until_the_period_is_over_it_is_pending_and_without_one_it_is_needed_at_once() -> None:
    nothing = paid((1, "2026-01-01"))
    assert [verdict(TIMELY, RECEIVED, payments=nothing, as_of=d) for d in ("2026-05-11", "2026-05-12")] == ["pending", "fail: missing"]
    assert verdict(OWN, RECEIVED, payments=nothing, as_of="2026-05-01") == "fail: missing"
    assert verdict({**OWN, "from": "closed"}, {**RECEIVED, "closed_at": None}, payments=nothing) == "not_applicable: not begun"


def test_an_absence_where_not_all_is_recorded_proves_nothing() -> None:
    nothing = paid((1, "2026-01-01"))
    for rule in (OWN, TIMELY):
        assert verdict(rule, RECEIVED, payments=nothing, coverage={"payments": "2026-05-02"}) == "unknown: not covered"
        assert verdict(rule, RECEIVED, payments=nothing, coverage={"payments.benefit": "2026-05-01"}) == "fail: missing"
        assert verdict(rule, RECEIVED, payments=nothing, extracted={"payments": "2026-05-11"}) == "unknown: stale"
    assert verdict(TIMELY, RECEIVED, payments=nothing, extracted={"payments": "2026-05-12"}) == "fail: missing"


MATCHED: dict[str, Any] = {"kind": "exists", "record": "actions", "match": {"cause": "cause"}, "having": 2}


def test_a_cause_with_several_disputes_needs_an_action_against_it() -> None:
    causes = {"A": "fire", "B": "fire", "C": "flood", "D": "flood", "E": "theft", "F": None}
    told: dict[str, Any] = {"disputes": {n: {"received_at": "2026-05-01", "cause": c} for n, c in causes.items()}}
    action = {"of": "whatever", "cause": "fire", "opened_at": "2026-05-20", "kind": "improvement"}
    assert verdicts(MATCHED, actions=[action], **told) == {
        "A": "pass", "B": "pass", "C": "fail: missing", "D": "fail: missing", "E": "not_applicable: not concerned", "F": "unknown: missing",
    }  # fmt: skip
    # an action against nobody knows what may be against any of them
    assert verdicts(MATCHED, actions=[action, {**action, "cause": None}], **told)["C"] == "unknown: missing"
    assert verdicts(MATCHED, actions=[{**action, "kind": "other"}], **told)["A"] == "pass"
    assert verdicts({**MATCHED, "record": "actions.improvement"}, actions=[{**action, "kind": "other"}], **told)["A"] == "fail: missing"


def test_only_whom_the_control_concerns_is_counted_among_those_who_share_a_value() -> None:
    told = {n: {"received_at": "2026-05-01", "cause": "fire", "channel": c} for n, c in {"A": "web", "B": "shop", "C": None}.items()}
    nothing = [{"of": "x", "cause": "theft", "opened_at": "2026-05-20", "kind": "improvement"}]
    rule = {**MATCHED, "where": "channel = 'web'"}
    assert verdicts(rule, disputes=told, actions=nothing) == {
        "A": "unknown: condition",
        "B": "not_applicable: not concerned",
        "C": "unknown: condition",
    }


@pytest.mark.parametrize(
    "fields", [{"within": "1 day"}, {"having": 2}, {"match": {}}, {"match": {"a": "b", "c": "d"}}, {"record": ""}, {"having": 0}]
)
def test_what_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        make_rule(**{**OWN, **fields})
