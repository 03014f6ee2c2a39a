"""`independence`: who acted has no part in the matter."""

from typing import Any

import pytest
from pydantic import ValidationError
from tests.core.kinds.registers import judge, make_rule, verdict, verdicts

NINE: dict[str, Any] = {"received_at": "2026-05-01 09:00", "handler_id": "H"}
US: dict[str, Any] = {"organisation": {"organisation": {"name": "Insurer"}}}


def rule(*not_in: str, **more: Any) -> dict[str, Any]:
    return {"kind": "independence", "role": "mediator", "not_in": list(not_in), **more}


def mediator(person: str | None = "M", **more: Any) -> dict[str, Any]:
    return {"role": "mediator", "person_id": person, "starts_on": "2026-05-02", "conflict": False, "organisation": "Chamber", **more}


@pytest.mark.parametrize(
    ("person", "said"),
    [
        ({}, "pass"),
        ({"conflict": True}, "fail: interested"),
        ({"conflict": None}, "unknown: missing"),
        ({"organisation": "Insurer"}, "fail: interested"),
        ({"organisation": None}, "unknown: missing"),
        ({"person_id": "H"}, "fail: interested"),
        ({"person_id": "S"}, "fail: interested"),
        ({"person_id": "R"}, "fail: interested"),
        ({"person_id": None}, "unknown: missing"),
        ({"person_id": None, "conflict": True}, "fail: interested"),
        ({"starts_on": "?"}, "unknown: rejected value"),
        ({"conflict": "?"}, "unknown: rejected value"),
        ({"starts_on": "2026-07-01"}, "fail: missing"),
        ({"role": "agent", "conflict": True}, "fail: missing"),
    ],
)
def test_each_interest_disqualifies_and_each_gap_leaves_it_open(person: dict[str, Any], said: str) -> None:
    every = rule("conflict", "organisation", "handler_id", "assignments.handler", "parties.respondent_staff")
    parties = [{**mediator(), **person}, mediator("R", role="respondent_staff")]
    assignments = [{"staff_id": "S", "role": "handler", "starts_at": "2026-05-02"}]
    assert verdict(every, NINE, parties=parties, assignments=assignments, **US) == said


def test_one_with_an_interest_is_enough_and_is_named() -> None:
    parties = [{"of": "A", **mediator(p, conflict=c)} for p, c in (("Z", True), ("M", False), ("B", True), ("N", None))]
    shown = judge(rule("conflict"), disputes={"A": NINE}, parties=parties)["A"]
    assert (shown["verdict"], shown["observed"]) == ("fail: interested", "B, Z")


@pytest.mark.parametrize(
    ("people", "least", "said"),
    [(["M"], 1, "pass"), (["M", "M"], 2, "fail: missing"), (["M", "N"], 2, "pass"), (["M", None], 2, "unknown: missing"), ([], 1, "fail: missing"),
     (["M", None], 3, "fail: missing")],
)  # fmt: skip
def test_so_many_different_persons_must_have_acted(people: list[str | None], least: int, said: str) -> None:
    parties = [mediator(p) for p in people]
    assert verdict(rule("conflict", min=least), NINE, parties=parties, columns={"parties": ["person_id", "conflict"]}) == said


def test_that_nobody_acted_is_known_only_where_it_would_be() -> None:
    told: dict[str, Any] = {"parties": [], "columns": {"parties": ["person_id", "conflict"]}}
    assert verdict(rule("conflict"), NINE, **told, coverage={"parties.mediator": "2026-05-01"}) == "fail: missing"
    assert verdict(rule("conflict"), NINE, **told, coverage={"parties.mediator": "2026-05-02"}) == "unknown: not covered"
    assert verdict(rule("conflict"), NINE, **told, extracted={"parties": "2026-06-29"}) == "unknown: stale"
    assert verdict(rule("conflict"), NINE, parties=[mediator()], coverage={}, extracted={"parties": "2026-06-29"}) == "pass"


def test_that_nobody_else_is_among_them_is_known_only_where_they_would_be() -> None:
    told: dict[str, Any] = {"parties": [mediator()], "assignments": [], "columns": {"assignments": ["staff_id"]}}
    other = rule("assignments.handler")
    assert verdict(other, NINE, **told) == "pass"
    assert verdict(other, NINE, **told, coverage={}) == "unknown: not covered"
    assert verdict(other, NINE, **told, extracted={"assignments": "2026-06-29"}) == "unknown: stale"
    unnamed = {**told, "assignments": [{"staff_id": None, "role": "handler", "starts_at": "2026-05-02"}]}
    assert verdict(other, NINE, **unnamed) == "unknown: missing"
    unread = {**told, "assignments": [{"staff_id": "M", "role": "handler", "starts_at": "?"}]}
    assert verdict(other, NINE, **unread) == "unknown: rejected value"
    assert verdict(rule("handler_id"), {**NINE, "handler_id": None}, parties=[mediator()]) == "unknown: missing"


@pytest.mark.parametrize(
    ("start", "said"),
    [("2026-05-10", "fail: interested"), ("2026-05-11", "fail: missing"), (None, "unknown: missing")],
)  # fmt: skip
def test_with_when_only_who_acted_by_then_counts(start: str | None, said: str) -> None:
    held = {**NINE, "closed_at": "2026-05-10 12:00"}
    assert verdict(rule("conflict", when="closed"), held, parties=[mediator(conflict=True, starts_on=start)]) == said
    assert verdict(rule("conflict"), held, parties=[mediator(conflict=True, starts_on=start)]) == "fail: interested"


def test_before_it_happened_and_outside_the_law_nobody_need_act() -> None:
    for closed, said in ((None, "not_applicable: not begun"), ("?", "unknown: rejected value"), ("2026-05-10", "pass")):
        assert verdict(rule("conflict", when="closed"), {**NINE, "closed_at": closed}, parties=[mediator()]) == said
    assert verdict(rule("conflict"), NINE, parties=[mediator()], in_force=("2026-05-02", None)) == "not_applicable: not in force"
    assert verdict(rule("conflict", where="cause = 'x'"), {**NINE, "cause": None}, parties=[mediator()]) == "unknown: condition"


def test_staff_may_be_looked_at_by_their_assignments() -> None:
    two = {"kind": "independence", "of": "assignments", "role": "reviewer", "not_in": ["assignments.handler", "handler_id"]}

    def staff(**roles: str) -> list[dict[str, Any]]:
        return [{"staff_id": s, "role": r, "starts_at": "2026-05-02"} for r, s in roles.items()]

    assert verdict(two, NINE, assignments=staff(handler="a", reviewer="b")) == "pass"
    assert verdict(two, NINE, assignments=staff(handler="a", reviewer="a")) == "fail: interested"
    assert verdict(two, NINE, assignments=staff(handler="a", reviewer="H")) == "fail: interested"


def test_a_parents_column_may_name_who_is_disqualified() -> None:
    disputes = {"D": {"received_at": "2026-05-01", "handler_id": "H"}, "E": {"received_at": "2026-05-01", "handler_id": None}}
    mediations = {"own": {"dispute_id": "D"}, "other": {"dispute_id": "D"}, "nobody": {"dispute_id": "E"}, "gone": {"dispute_id": "F"}}
    parties = [{"of": of, "about": "mediations", **mediator("H" if of == "own" else "M")} for of in mediations]
    assert verdicts(rule("dispute.handler_id"), subject="mediations", mediations=mediations, disputes=disputes, parties=parties) == {
        "own": "fail: interested", "other": "pass", "nobody": "unknown: missing", "gone": "unknown: missing",
    }  # fmt: skip


@pytest.mark.parametrize(
    "fields",
    [{"not_in": []}, {"of": "assignments", "not_in": ["conflict"]}, {"min": 0}, {"not_in": ["parties.mediator"]}],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        make_rule(**{**rule("conflict"), **fields})
