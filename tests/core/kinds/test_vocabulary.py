"""`vocabulary`: values that aren't in the list."""

from typing import Any

import pytest
from pydantic import ValidationError
from tests.core.kinds.registers import judge, make_rule, verdicts

CAUSES = {"kind": "vocabulary", "column": "cause", "values": ["fire", "flood"]}
STEPS = {"kind": "vocabulary", "column": "events.activity", "values": ["heard", "decided"]}


def test_a_column_holds_a_value_of_the_list_or_nothing_is_known() -> None:
    disputes = {"in": {"cause": "fire"}, "out": {"cause": "Fire"}, "none": {"cause": None}}
    assert verdicts(CAUSES, disputes=disputes) == {"in": "pass", "out": "fail: outside", "none": "unknown: missing"}
    assert judge(CAUSES, disputes=disputes)["out"]["observed"] == "Fire"


def test_a_parents_column_may_be_looked_at() -> None:
    rule = {"kind": "vocabulary", "column": "contract.line", "values": ["motor"]}
    disputes = {"A": {"contract_id": "C"}, "B": {"contract_id": "D"}}
    assert verdicts(rule, disputes=disputes, contracts={"C": {"line": "motor"}, "D": {"line": "life"}}) == {"A": "pass", "B": "fail: outside"}


def test_all_records_of_a_subject_are_looked_at_together_up_to_as_of() -> None:
    disputes: dict[str, Any] = {n: {} for n in ("in", "out", "none", "gap", "both", "later")}
    events = [
        ("in", "heard", "2026-05-02"), ("in", "decided", "2026-05-03"), ("in", "decided", "2026-05-03"),
        ("out", "sold", "2026-05-02"), ("out", "called", "2026-05-03"), ("out", "sold", "2026-05-04"), ("out", "heard", "2026-05-04"),
        ("gap", "heard", "2026-05-02"), ("gap", None, "2026-05-02"), ("both", "sold", "2026-05-02"), ("both", None, "2026-05-02"),
        ("later", "heard", "2026-05-02"), ("later", "sold", "2026-07-01"),
    ]  # fmt: skip
    shown = judge(STEPS, disputes=disputes, events=events)
    assert {k: (v["verdict"], v["observed"]) for k, v in shown.items()} == {
        "in": ("pass", None), "out": ("fail: outside", "called, sold"), "none": ("not_applicable: not begun", None),
        "gap": ("unknown: missing", None), "both": ("fail: outside", "sold"), "later": ("pass", None),
    }  # fmt: skip


def test_a_record_of_an_unreadable_date_is_looked_at_all_the_same() -> None:
    assert verdicts(STEPS, disputes={"A": {}}, events=[("A", "sold", "?")]) == {"A": "fail: outside"}


def test_a_cell_that_could_not_be_read_is_told() -> None:
    rule = {"kind": "vocabulary", "column": "cause", "values": ["fire"]}
    assert verdicts(rule, disputes={"A": {"cause": "?"}, "B": {"cause": "fire"}}) == {"A": "unknown: rejected value", "B": "pass"}


def test_the_law_of_the_beginning_holds() -> None:
    disputes = {"A": {"cause": "x", "received_at": "2026-05-01"}, "B": {"cause": "x", "received_at": "2026-05-02"}}
    assert verdicts({**CAUSES, "cite": "law"}, disputes=disputes, in_force=("2026-05-02", None)) == {
        "A": "not_applicable: not in force", "B": "fail: outside",
    }  # fmt: skip


def test_an_empty_list_is_refused() -> None:
    with pytest.raises(ValidationError):
        make_rule(**{**CAUSES, "values": []})
