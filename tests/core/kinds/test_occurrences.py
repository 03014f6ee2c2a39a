"""`occurrences`: how often something happened."""

from typing import Any

import pytest
from pydantic import ValidationError
from tests.core.kinds.registers import judge, make_rule, verdict

NINE = {"received_at": "2026-05-01 09:00"}


def count(of: str = "called", **more: Any) -> dict[str, Any]:
    return {"kind": "occurrences", "of": of, **more}


def calls(*moments: str) -> list[tuple[str, str]]:
    return [("called", m) for m in moments]


@pytest.mark.parametrize(("times", "said"), [(0, "fail: too seldom"), (1, "pass"), (2, "pass"), (3, "fail: too often")])
def test_both_bounds_are_allowed_themselves(times: int, said: str) -> None:
    assert verdict(count(min=1, max=2), NINE, events=calls(*[f"2026-05-0{n + 2}" for n in range(times)])) == said


def test_two_at_the_same_moment_are_two_and_one_after_as_of_is_none() -> None:
    assert verdict(count(max=1), NINE, events=calls("2026-05-02", "2026-05-02")) == "fail: too often"
    assert verdict(count(max=1), NINE, events=calls("2026-05-02", "2026-07-01")) == "pass"
    shown = judge(count(min=1, max=3), disputes={"A": NINE}, events=[("A", *c) for c in calls("2026-05-02", "2026-05-03")])["A"]
    assert (shown["observed"], shown["expected"]) == ("2", "1..3")


def test_days_are_counted_by_date() -> None:
    rule = count(min=2, distinct="day")
    assert verdict(rule, NINE, events=calls("2026-05-02 09:00", "2026-05-02 10:00", "2026-05-02")) == "fail: too seldom"
    assert verdict(rule, NINE, events=calls("2026-05-02 23:59", "2026-05-03 00:00")) == "pass"


@pytest.mark.parametrize(
    ("persons", "bounds", "said"),
    [
        (["x", "x", "y"], {"min": 2, "max": 2}, "pass"),
        (["x", "x"], {"min": 2}, "fail: too seldom"),
        (["x", None], {"min": 2}, "unknown: missing"),
        (["x", None], {"max": 1}, "unknown: missing"),
        (["x", "y", None], {"min": 2}, "pass"),
        (["x", None], {"max": 2}, "pass"),
        ([None], {"min": 1, "max": 1}, "pass"),
        (["x", "y", None], {"max": 1}, "fail: too often"),
    ],
)
def test_persons_are_counted_and_one_unknown_matters_where_it_could_change_the_answer(persons: list[Any], bounds: dict[str, int], said: str) -> None:
    notices = [{"kind": "decision", "sent_at": "2026-05-02", "party_id": p} for p in persons]
    assert verdict(count("notices.decision.sent", distinct="party", **bounds), NINE, notices=notices) == said


def test_the_parties_themselves_are_counted_by_person() -> None:
    parties = [{"role": "agent", "starts_on": "2026-05-02", "person_id": p} for p in ("x", "x", "y")]
    assert verdict(count("parties.agent.starts", distinct="party", max=2), NINE, parties=parties) == "pass"


def test_another_moment_of_a_record_is_counted_by_itself() -> None:
    notices = [
        {"kind": "decision", "sent_at": "2026-05-02", "delivered_at": "2026-05-03"},
        {"kind": "decision", "sent_at": "2026-05-02", "delivered_at": None},
    ]
    assert verdict(count("notices.decision.delivered", max=1), NINE, notices=notices) == "pass"
    assert verdict(count("notices.decision.sent", max=1), NINE, notices=notices) == "fail: too often"


def test_a_column_happens_once_or_never_and_is_complete() -> None:
    assert verdict(count("closed", min=1), {**NINE, "closed_at": "2026-05-02"}, coverage={}) == "pass"
    assert verdict(count("closed", min=1), {**NINE, "closed_at": None}, coverage={}) == "fail: too seldom"
    assert verdict(count("closed", max=0), {**NINE, "closed_at": None}, extracted={"disputes": "2026-06-29 06:00"}) == "unknown: stale"


def test_presence_proves_and_absence_must_be_known() -> None:
    one = calls("2026-05-05")
    assert verdict(count(min=1), NINE, events=one, coverage={}) == "pass"
    assert verdict(count(min=2), NINE, events=one, coverage={"called": "2026-05-01"}) == "fail: too seldom"
    assert verdict(count(min=2), NINE, events=one, coverage={"called": "2026-05-02"}) == "unknown: not covered"
    assert verdict(count(max=1), NINE, events=one, coverage={"called": "2026-05-02"}) == "unknown: not covered"
    assert verdict(count(max=1), NINE, events=one, extracted={"events": "2026-06-29 06:00"}) == "unknown: stale"
    assert verdict(count(max=1), NINE, events=one, extracted={"events": "2026-06-30 06:00"}) == "pass"
    assert verdict(count(max=0), NINE, events=one, coverage={}) == "fail: too often"
    assert verdict(count(max=1), {"received_at": None}, events=one, coverage={"called": "2020-01-01"}) == "unknown: not covered"


def test_what_could_not_be_read_is_never_counted_over() -> None:
    assert verdict(count(max=5), NINE, events=calls("2026-05-02", "?")) == "unknown: rejected value"


def test_a_number_may_be_a_parameter_of_the_day() -> None:
    numbers = {"calls": [{"from": "2026-05-01", "value": 2}]}
    assert verdict(count(min="$calls"), NINE, events=calls("2026-05-02"), parameters=numbers) == "fail: too seldom"
    assert verdict(count(min="$calls"), {"received_at": "2026-04-30"}, events=calls("2026-05-02"), parameters=numbers) == "unknown: no value"
    assert verdict(count(min=1, cite="law"), NINE, events=[], in_force=("2026-05-02", None)) == "not_applicable: not in force"


@pytest.mark.parametrize(
    "fields", [{}, {"min": 3, "max": 2}, {"min": -1}, {"min": 1.5}, {"min": True}, {"min": "two"}, {"min": 1, "distinct": "party"}]
)
def test_what_means_nothing_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        make_rule(**count(**fields))
