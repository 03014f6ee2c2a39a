"""`limit`: how many, or how much, a subject or a group may have."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.core.kinds.registers import TEXT, judge, make_rule, verdict, verdicts

from disputekit.checks.prepare import prepare
from disputekit.core import Core
from disputekit.errors import PackError
from disputekit.policies.model import PackHead
from disputekit.policies.packs import Pack
from disputekit.register.tables import TABLES

NINE: dict[str, Any] = {"received_at": "2026-05-01 09:00"}


def rule(of: str = "assignments", per: str | None = None, where: str | None = None, **more: Any) -> dict[str, Any]:
    given = {"of": of, "where": where, "distinct": more.pop("distinct", None), "sum": more.pop("sum", None)}
    measure = {k: v for k, v in given.items() if v is not None}
    return {"kind": "limit", "measure": measure, "per": per, **more}


def handlers(*staff: Any, start: Any = "2026-05-02") -> list[dict[str, Any]]:
    return [{"staff_id": s, "role": "handler", "starts_at": start} for s in staff]


@pytest.mark.parametrize(("count", "said"), [(0, "fail: too few"), (1, "pass"), (2, "pass"), (3, "fail: too many")])
def test_the_records_are_counted(count: int, said: str) -> None:
    assert verdict(rule(min=1, max=2), NINE, assignments=handlers(*"abc"[:count]), columns={"assignments": ["staff_id"]}) == said


def test_one_sort_of_a_table_is_counted_by_itself_and_not_what_is_later_than_as_of() -> None:
    events = [("handover", "2026-05-02"), ("handover", "2026-07-01"), ("other", "2026-05-03")]
    assert verdict(rule("events.handover", max=1), NINE, events=events) == "pass"
    assert verdict(rule("events", max=1), NINE, events=events) == "fail: too many"
    shown = judge(rule("events.handover", min=2, max=3), disputes={"A": NINE}, events=[("A", *e) for e in events])["A"]
    assert (shown["verdict"], shown["observed"], shown["expected"]) == ("fail: too few", "1", "2..3")


@pytest.mark.parametrize(
    ("staff", "limits", "said"),
    [
        (["a", "a", "b"], {"max": 2}, "pass"), (["a", "b", "c"], {"max": 2}, "fail: too many"), (["a", "a"], {"min": 2}, "fail: too few"),
        (["a", None], {"min": 2}, "unknown: missing"), (["a", None], {"max": 1}, "unknown: missing"),
        (["a", "b", None], {"max": 1}, "fail: too many"), (["a", None], {"max": 2}, "pass"), ([None], {"min": 1}, "pass"),
    ],
)  # fmt: skip
def test_different_values_are_counted_and_one_unknown_matters_where_it_could_change_it(staff: list[Any], limits: dict[str, int], said: str) -> None:
    assert verdict(rule(distinct="staff_id", **limits), NINE, assignments=handlers(*staff)) == said


@pytest.mark.parametrize(
    ("amounts", "said"),
    [([50, "49.99"], "fail: too few"), ([50, 50], "pass"), ([150, "50.01"], "fail: too many"), ([], "fail: too few"),
     ([100, None], "unknown: missing"),
     ([100, "?"], "unknown: rejected value"), ([500, None], "unknown: missing")],
)  # fmt: skip
def test_a_column_is_added_up(amounts: list[Any], said: str) -> None:
    payments = [{"kind": "benefit", "paid_at": "2026-05-02", "amount": a} for a in amounts]
    assert verdict(rule("payments.benefit", sum="amount", min=100, max=200), NINE, payments=payments, columns={"payments": ["amount"]}) == said


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("role = 'handler'", "pass"), ("role = 'reviewer'", "fail: too few"), ("role IS NOT NULL", "pass"), ("staff_id = 'a'", "fail: too few"),
        ("ends_at > '2026-05-10'", "fail: too few"), ("ends_at <= '2026-05-10' OR role = 'handler'", "pass"),
        ("staff_id <> 'b' AND ends_at > '2026-05-01'", "unknown: missing"),
    ],
)  # fmt: skip
def test_only_records_that_satisfy_the_condition_count(where: str, said: str) -> None:
    rows = [*handlers("a", "b"), {"staff_id": "c", "role": "reviewer", "starts_at": "2026-05-03", "ends_at": "2026-05-10"}]
    rows[0]["ends_at"] = rows[1]["ends_at"] = None if "AND" in where else "2026-05-05"
    assert verdict(rule(where=where, min=2), NINE, assignments=rows) == said


def test_what_a_record_does_not_say_leaves_it_open_only_where_it_matters() -> None:
    rows = [*handlers("a", "b"), *handlers("c", start=None)]
    assert verdict(rule(max=2), NINE, assignments=rows) == "unknown: missing"
    assert verdict(rule(max=3), NINE, assignments=rows) == "pass"
    assert verdict(rule(max=1), NINE, assignments=rows) == "fail: too many"
    assert verdict(rule(min=2), NINE, assignments=rows) == "pass"
    assert verdict(rule(max=1), NINE, assignments=[*rows, *handlers("d", start="?")]) == "unknown: rejected value"
    unread = [{**handlers("a")[0], "ends_at": "?"}]
    assert verdict(rule(max=5, where="ends_at IS NULL"), NINE, assignments=unread) == "unknown: rejected value"
    assert verdict(rule(max=5), NINE, assignments=unread) == "pass"


def test_a_group_is_measured_together_as_far_as_the_control_concerns_it() -> None:
    rows = (("A", "x", "f"), ("B", "x", "f"), ("C", "y", "f"), ("D", None, "f"), ("E", "x", "g"))
    disputes: dict[str, dict[str, Any]] = {k: {**NINE, "handler_id": h, "cause": c} for k, h, c in rows}
    events = [(k, "handover", "2026-05-02") for k in "AABBCDE"]
    said = verdicts(rule("events.handover", per="handler_id", max=3, where=None), disputes=disputes, events=events)
    assert said == {"A": "fail: too many", "B": "fail: too many", "C": "pass", "D": "unknown: missing", "E": "fail: too many"}
    only = {**rule("events.handover", per="handler_id", max=4), "where": "cause = 'f'"}
    said = verdicts(only, disputes=disputes, events=events)
    assert (said["A"], said["E"]) == ("pass", "not_applicable: not concerned")
    disputes["E"]["cause"] = None
    said = verdicts(only, disputes=disputes, events=events)
    assert (said["A"], said["C"], said["E"]) == ("unknown: missing", "pass", "unknown: condition")


def test_what_is_absent_must_be_known_for_every_subject_of_the_group() -> None:
    disputes = {"A": {**NINE, "handler_id": "x"}, "B": {"received_at": "2026-04-01", "handler_id": "x"}, "C": {**NINE, "handler_id": "y"}}
    told: dict[str, Any] = {"disputes": disputes, "events": [("A", "handover", "2026-05-02"), ("C", "handover", "2026-05-02")]}
    one = rule("events.handover", per="handler_id", max=1)
    assert verdicts(one, **told, coverage={"handover": "2026-05-01"}) == {"A": "unknown: not covered", "B": "unknown: not covered", "C": "pass"}
    disputes["B"]["received_at"] = None
    assert verdicts(one, **told)["A"] == "unknown: not covered"
    assert verdicts(rule("events.handover", min=1), **told, coverage={}, extracted={"events": "2026-05-03"})["A"] == "pass"
    assert verdicts(rule("events.handover", min=2), **told, extracted={"events": "2026-05-03"})["A"] == "unknown: stale"
    assert verdicts(rule("events.handover", max=0), **told, coverage={})["A"] == "fail: too many"


def test_bounds_may_be_parameters_and_the_law_comes_first() -> None:
    told: dict[str, Any] = {"assignments": handlers("a"), "parameters": {"most": [{"from": "2026-05-01", "value": 1}]}}
    assert verdict(rule(max="$most"), NINE, **told) == "pass"
    assert verdict(rule(max="$most"), {"received_at": "2026-04-30"}, **told) == "unknown: no value"
    assert verdict(rule(max=0), NINE, **told, in_force=("2026-05-02", None)) == "not_applicable: not in force"


@pytest.mark.parametrize("fields", [{}, {"min": 3, "max": 2}, {"max": 1, "distinct": "a", "sum": "b"}, {"max": -1}])
def test_what_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        make_rule(**rule(**fields))


def test_a_condition_over_records_is_read_by_their_columns_when_the_pack_is_read() -> None:
    kinds = {k.name: k for k in Core().register_rule_kinds()}

    def ready(where: str) -> Any:
        made = make_rule(**rule(where=where, max=1))
        return prepare((Pack(PackHead(id="p", version="1", title=TEXT), Path("p"), "", "", {}, {}, (made,)),), (), kinds, TABLES, {})

    (found,) = ready("ends_at IS NULL")
    assert [r.columns for r in found.reads.records] == [("ends_at",)]
    with pytest.raises(PackError, match="no column 'complexity'"):
        ready("complexity = 'simple'")
