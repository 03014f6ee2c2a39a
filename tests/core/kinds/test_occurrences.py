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


# ── in a window ──


def window(**fields: Any) -> dict[str, Any]:
    return {"kind": "occurrences", "of": "called", "from": "received", "within": "10 days", **fields}


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (["2026-05-01 08:59", "2026-05-02"], "fail: too seldom"),
        (["2026-05-01 09:00", "2026-05-11 23:59"], "pass"),
        (["2026-05-01 09:00", "2026-05-12 00:00"], "fail: too seldom"),
        (["2026-05-01", "2026-05-11"], "pass"),
        (["2026-05-02", "2026-05-03", "2026-05-04"], "fail: too often"),
        (["2026-05-02", "2026-05-03", "2026-05-12", "2026-04-30"], "pass"),
        (["2026-05-02", "2026-05-03", "?"], "unknown: rejected value"),
        ([], "fail: too seldom"),
    ],
)
def test_only_what_happened_in_the_window_counts(when: list[str], said: str) -> None:
    assert verdict(window(min=2, max=2), NINE, events=calls(*when)) == said


@pytest.mark.parametrize(
    ("as_of", "when", "said"),
    [
        ("2026-05-11", ["2026-05-02"], "pending"), ("2026-05-12", ["2026-05-02"], "fail: too seldom"),
        ("2026-05-05", ["2026-05-02", "2026-05-03"], "pass"), ("2026-05-05", ["2026-05-02", "2026-05-03", "2026-05-04"], "fail: too often"),
    ],
)  # fmt: skip
def test_too_few_are_pending_until_the_last_day_is_over(as_of: str, when: list[str], said: str) -> None:
    shown = judge(window(min=2, max=2), disputes={"A": NINE}, events=[("A", *c) for c in calls(*when)], as_of=as_of)["A"]
    assert (shown["verdict"], str(shown["due_on"])) == (said, "2026-05-11")


def test_before_the_window_opens_there_is_nothing_to_count() -> None:
    rule = window(min=1, **{"from": "opened"})
    assert verdict(rule, NINE, events=calls("2026-05-02")) == "not_applicable: not begun"
    assert verdict(rule, NINE, events=[*calls("2026-05-20"), ("opened", "2026-05-15")]) == "pass"
    assert verdict(rule, NINE, events=[*calls("2026-05-20"), ("opened", "?")]) == "unknown: rejected value"
    assert verdict(window(min=1), {"received_at": None}, events=calls("2026-05-02")) == "unknown: missing"
    assert verdict(window(min=1), NINE, events=calls("2026-05-02"), in_force=("2026-05-02", None)) == "not_applicable: not in force"
    assert verdict(window(min=1, where="cause = 'x'"), NINE, events=calls("2026-05-02"), columns={"disputes": ["cause"]}) == "unknown: condition"


def test_days_and_persons_are_counted_in_a_window_too() -> None:
    assert verdict(window(min=2, distinct="day"), NINE, events=calls("2026-05-02 09:00", "2026-05-02 10:00", "2026-05-20")) == "fail: too seldom"
    sent = [{"kind": "decision", "sent_at": d, "party_id": p} for d, p in (("2026-05-02", "x"), ("2026-05-03", None), ("2026-05-20", "y"))]
    rule = window(of="notices.decision.sent", distinct="party")
    assert verdict({**rule, "min": 2}, NINE, notices=sent) == "unknown: missing"
    assert verdict({**rule, "min": 3}, NINE, notices=sent) == "fail: too seldom"
    assert verdict({**rule, "min": 1}, NINE, notices=sent[1:]) == "pass"
    assert verdict({**rule, "min": 1}, NINE, notices=sent[2:]) == "fail: too seldom"


def test_what_is_absent_from_a_window_must_be_known_up_to_its_last_day() -> None:
    events = calls("2026-05-02")
    assert verdict(window(min=2), NINE, events=events, coverage={"called": "2026-05-02"}) == "unknown: not covered"
    assert verdict(window(min=2), NINE, events=events, coverage={"called": "2026-05-01"}) == "fail: too seldom"
    assert verdict(window(min=2), NINE, events=events, extracted={"events": "2026-05-11 20:00"}) == "unknown: stale"
    assert verdict(window(min=2), NINE, events=events, extracted={"events": "2026-05-12 06:00"}) == "fail: too seldom"
    assert verdict(window(min=1), NINE, events=events, coverage={}, extracted={"events": "2026-05-03"}) == "pass"
    assert verdict(window(max=1), NINE, events=events, extracted={"events": "2026-05-11"}) == "unknown: stale"
    assert verdict(window(max=1), NINE, events=events, as_of="2026-05-05", extracted={"events": "2026-05-05"}) == "pass"
    assert verdict(window(max=1), NINE, events=events, as_of="2026-05-05", extracted={"events": "2026-05-04"}) == "unknown: stale"


def test_a_column_before_the_window_contradicts_it() -> None:
    rule = window(of="closed", max=1)
    assert verdict(rule, {**NINE, "closed_at": "2026-04-30"}) == "unknown: contradictory"
    assert verdict(rule, {**NINE, "closed_at": "2026-05-01"}) == "pass"
    assert verdict({**rule, "max": 0}, {**NINE, "closed_at": "2026-05-02"}) == "fail: too often"
    assert verdict({**rule, "max": 0}, {**NINE, "closed_at": "2026-05-20"}) == "pass"
    assert verdict({**rule, "max": None, "min": 1}, {**NINE, "closed_at": None}) == "fail: too seldom"


@pytest.mark.parametrize(
    ("called", "as_of", "said"),
    [
        ([], "2027-01-12", "pending"), ([], "2027-01-20", "unknown: no calendar"), (["2027-01-10"], "2027-02-20", "pass"),
        (["2027-01-14"], "2027-02-20", "unknown: no calendar"),
    ],
)  # fmt: skip
def test_beyond_the_published_years_the_last_day_is_a_range(called: list[str], as_of: str, said: str) -> None:
    rule = window(min=1, within="15 working days")
    assert verdict(rule, {"received_at": "2026-12-28"}, events=calls(*called), as_of=as_of) == said


def test_a_parameter_without_a_value_leaves_the_window_open() -> None:
    held = {"span": [{"from": "2026-05-02", "value": "10 days"}]}
    assert verdict(window(min=1, within="$span"), NINE, events=calls("2026-05-02"), parameters=held) == "unknown: no value"
    assert verdict(window(min="$n", within="$span"), {"received_at": "2026-05-02"}, events=calls("2026-05-02"),
                   parameters={**held, "n": [{"from": "2026-05-03", "value": 1}]}) == "unknown: no value"  # fmt: skip


@pytest.mark.parametrize("fields", [{"from": None}, {"within": None}, {"of": "organisation.x"}])
def test_a_window_that_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        make_rule(**{**window(min=1), **fields})
