"""`in_place`: something is in force on every day."""

from typing import Any

import pytest
from pydantic import ValidationError
from tests.core.kinds.registers import judge, make_rule, verdict, verdicts

NINE: dict[str, Any] = {"received_at": "2026-06-01 09:00"}


def rule(*evidence: Any, **more: Any) -> dict[str, Any]:
    return {"kind": "in_place", "evidence": list(evidence or ("assignments.handler",)), **more}


def handlers(*spans: tuple[Any, Any], role: str = "handler") -> list[dict[str, Any]]:
    return [{"staff_id": "S", "role": role, "starts_at": a, "ends_at": b} for a, b in spans]


@pytest.mark.parametrize(
    ("spans", "said"),
    [
        ([("2026-06-01 17:00", None)], "pass"),
        ([("2025-01-01", None)], "pass"),
        ([("2026-06-02", None)], "fail: gap"),
        ([("2026-06-01", "2026-06-30")], "pass"),
        ([("2026-06-01", "2026-06-29")], "fail: gap"),
        ([("2026-06-01", "2026-06-10"), ("2026-06-11", None)], "pass"),
        ([("2026-06-01", "2026-06-10"), ("2026-06-12", None)], "fail: gap"),
        ([("2026-06-01", "2026-06-20"), ("2026-06-05", "2026-06-10"), ("2026-06-21", None)], "pass"),
        ([("2026-06-01", "2026-06-10"), ("2026-06-10", "2027-01-01")], "pass"),
        ([], "fail: gap"),
        ([(None, None)], "unknown: missing"),
        ([(None, None), ("2026-06-01", None)], "pass"),
        ([("?", None)], "unknown: rejected value"),
        ([("2026-06-01", "?")], "unknown: rejected value"),
        ([("2026-06-01", "2026-05-20")], "unknown: contradictory"),
    ],
)
def test_every_day_lies_in_an_interval(spans: list[tuple[Any, Any]], said: str) -> None:
    assert verdict(rule(), NINE, assignments=handlers(*spans), columns={"assignments": ["staff_id", "ends_at"]}) == said


@pytest.mark.parametrize(
    ("spans", "observed"),
    [
        ([], "2026-06-01/.."), ([("2026-06-03", None)], "2026-06-01/2026-06-02"), ([("2026-06-01", "2026-06-20")], "2026-06-21/.."),
        ([("2026-06-02", "2026-06-10"), ("2026-06-15", "2026-06-29")], "2026-06-01/2026-06-01"), ([("2026-06-01", None)], None),
        ([("2026-05-01", "2026-05-31")], "2026-06-01/.."),
    ],
)  # fmt: skip
def test_the_first_days_without_are_shown_and_whether_they_go_on(spans: list[tuple[Any, Any]], observed: str | None) -> None:
    rows = [{"of": "A", **h} for h in handlers(*spans)]
    assert judge(rule(), disputes={"A": NINE}, assignments=rows, columns={"assignments": ["ends_at"]})["A"]["observed"] == observed


def test_any_of_the_evidence_will_do() -> None:
    both = rule("assignments.handler", "parties.agent", "documents.mandate", {"from": "opened", "to": "shut"})
    told: dict[str, Any] = {
        "assignments": handlers(("2026-06-01", "2026-06-05")), "parties": [{"role": "agent", "starts_on": "2026-06-06", "ends_on": "2026-06-10"}],
        "events": [("opened", "2026-06-11"), ("opened", "2026-06-12"), ("shut", "2026-06-15"), ("shut", "2026-06-18")],
        "documents": [("mandate", "2026-06-16")],
    }  # fmt: skip
    assert verdict(both, NINE, **told) == "pass"
    assert verdict(both, NINE, **{**told, "documents": [("mandate", "2026-06-17"), ("other", "2026-06-01")]}) == "fail: gap"
    assert verdict(both, NINE, **{**told, "parties": [{"role": "agent", "starts_on": "2026-06-06", "ends_on": "2026-06-09"}]}) == "fail: gap"
    assert verdict(both, NINE, **{**told, "events": told["events"][1:]}) == "fail: gap"
    assert verdict(both, NINE, **{**told, "events": [*told["events"], ("shut", "?")]}) == "unknown: rejected value"


def test_the_period_may_have_bounds_of_its_own() -> None:
    some: dict[str, Any] = {"assignments": handlers(("2026-06-05", "2026-06-10"))}
    bounded = rule(**{"from": "opened", "until": "shut"})
    assert verdict(bounded, NINE, **some, events=[("opened", "2026-06-05"), ("shut", "2026-06-10")]) == "pass"
    assert verdict(bounded, NINE, **some, events=[("opened", "2026-06-05"), ("shut", "2026-06-11")]) == "fail: gap"
    assert verdict(bounded, NINE, **some, events=[("opened", "2026-06-05"), ("shut", "2026-06-04"), ("shut", "2026-06-09")]) == "pass"
    assert verdict(bounded, NINE, **some, events=[("shut", "2026-06-10")]) == "not_applicable: not begun"
    assert verdict(rule(until="closed"), {**NINE, "closed_at": "2026-05-20"}, **some) == "unknown: contradictory"
    assert verdict(rule(), {"received_at": None}, **some) == "unknown: missing"
    assert verdict(rule(), {"received_at": "?"}, **some) == "unknown: rejected value"
    assert verdict(rule(), NINE, **some, in_force=("2026-06-02", None)) == "not_applicable: not in force"
    assert verdict(rule(where="cause = 'x'"), {**NINE, "cause": None}, **some) == "unknown: condition"


def test_a_gap_is_told_only_where_what_could_fill_it_would_be_known() -> None:
    some: dict[str, Any] = {"assignments": handlers(("2026-06-01", "2026-06-20"))}
    assert verdict(rule(), NINE, **some, coverage={"assignments": "2026-06-01"}) == "fail: gap"
    assert verdict(rule(), NINE, **some, coverage={"assignments": "2026-06-02"}) == "unknown: not covered"
    assert verdict(rule(), NINE, **some, extracted={"assignments": "2026-06-21 12:00"}) == "unknown: stale"
    assert verdict(rule(), NINE, **some, extracted={"assignments": "2026-06-22"}) == "fail: gap"


def test_what_has_no_end_lasts_as_long_as_its_extract_can_tell() -> None:
    some: dict[str, Any] = {"assignments": handlers(("2026-06-01", None))}
    assert verdict(rule(), NINE, **some, coverage={}, extracted={"assignments": "2026-06-30"}) == "pass"
    assert verdict(rule(), NINE, **some, extracted={"assignments": "2026-06-29"}) == "unknown: stale"
    assert verdict(rule(until="closed"), {**NINE, "closed_at": "2026-06-20"}, **some, extracted={"assignments": "2026-06-21"}) == "pass"
    between = rule({"from": "opened", "to": "shut"})
    assert verdict(between, NINE, events=[("opened", "2026-06-01")]) == "pass"
    assert verdict(between, NINE, events=[("opened", "2026-06-01")], coverage={"opened": "2026-01-01"}) == "unknown: not covered"


@pytest.mark.parametrize(
    ("events", "said"),
    [
        (["+ 06-01", "- 06-10 09:00", "+ 06-10 14:00"], "pass"),
        (["+ 06-01", "+ 06-10 09:00", "- 06-10 14:00"], "fail: gap"),
        (["+ 06-01", "- 06-10 09:00", "+ 06-10 09:00"], "pass"),
        (["+ 06-01", "- 06-10", "+ 06-10"], "pass"),
        (["+ 06-01", "- 06-10", "+ 06-10 14:00"], "pass"),
        (["+ 06-01", "- 06-10 17:00", "+ 06-10"], "pass"),
        (["+ 06-01", "- 06-10 09:00", "+ 06-10 14:00", "- 06-10 17:00", "- 06-10"], "fail: gap"),
        (["- 06-01 09:00", "+ 06-01 14:00"], "pass"),
        (["+ 06-01 09:00", "- 06-01 14:00", "+ 06-02"], "pass"),
        (["+ 06-01", "- 06-01", "+ 06-03"], "fail: gap"),
        (["+ 06-01 09:00", "- 06-01 09:00"], "fail: gap"),
        (["+ 06-01", "- None"], "unknown: missing"),
    ],
)
def test_an_end_and_a_new_start_on_one_day_go_on_unless_the_clock_says_otherwise(events: list[str], said: str) -> None:
    def told(text: str) -> tuple[str, str | None]:
        return ("opened" if text[0] == "+" else "shut", None if text == "- None" else f"2026-{text[2:]}")

    assert verdict(rule({"from": "opened", "to": "shut"}), NINE, events=[told(e) for e in events]) == said


def test_staff_have_their_training() -> None:
    course = rule("training.ethics", **{"from": "joined"})

    def said(done: str, expires: str | None) -> str:
        training = {"1": {"staff_id": "S", "course": "ethics", "completed_at": done, "expires_on": expires}}
        return verdicts(course, subject="staff", staff={"S": {"joined_on": "2026-06-01"}}, training=training)["S"]

    assert said("2026-06-01", None) == "pass"
    assert said("2026-06-02", None) == "fail: gap"
    assert said("2026-06-01", "2026-06-29") == "fail: gap"


@pytest.mark.parametrize("evidence", [[], ["assignments"], ["events.x"], ["training.x"], [{"from": "a"}]])
def test_what_makes_no_sense_is_refused(evidence: list[Any]) -> None:
    with pytest.raises(ValidationError):
        make_rule(kind="in_place", evidence=evidence)
