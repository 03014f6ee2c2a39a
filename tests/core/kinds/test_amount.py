"""`amount`: two amounts agree."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.core.kinds.registers import TEXT, judge, make_rule, verdict

from disputekit.checks.prepare import prepare
from disputekit.core import Core
from disputekit.errors import PackError
from disputekit.policies.conditions import ConditionError, parse_number
from disputekit.policies.model import PackHead
from disputekit.policies.packs import Pack
from disputekit.register.tables import TABLES

HELD: dict[str, Any] = {"received_at": "2026-05-01 09:00", "amount_agreed": 100, "amount_claimed": 120, "amount_offered": None}


def rule(actual: str = "amount_agreed", expected: str = "amount_claimed", **more: Any) -> dict[str, Any]:
    return {"kind": "amount", "actual": actual, "expected": expected, **more}


@pytest.mark.parametrize(
    ("tolerance", "said"), [("0", "fail: differs"), ("19.99", "fail: differs"), ("20", "pass"), ("1E+2", "pass")],
)  # fmt: skip
def test_what_differs_by_no_more_than_the_tolerance_agrees(tolerance: str, said: str) -> None:
    assert verdict(rule(tolerance=tolerance), HELD) == said
    assert verdict(rule("amount_claimed", "amount_agreed", tolerance=tolerance), HELD) == said


def test_without_a_tolerance_a_cent_is_a_difference() -> None:
    assert verdict(rule(), {**HELD, "amount_agreed": "120.00"}) == "pass"
    assert verdict(rule(), {**HELD, "amount_agreed": "120.01"}) == "fail: differs"


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ("amount_claimed - 20", "pass"),
        ("least(amount_claimed, 100)", "pass"),
        ("greatest(amount_claimed - 50, 100)", "pass"),
        ("greatest(amount_claimed, 100)", "fail: differs"),
        ("round(amount_claimed / 1.2, 2)", "pass"),
        ("least(amount_claimed, contract.amount_limit)", "fail: differs"),
        ("amount_claimed + amount_offered", "unknown: missing"),
        ("greatest(amount_agreed, amount_offered)", "unknown: missing"),
        ("least(amount_agreed, amount_offered)", "unknown: missing"),
        ("amount_claimed - 20 + coalesce(amount_offered, 0)", "pass"),
        ("amount_claimed / 0", "unknown: missing"),
    ],
)
def test_a_formula_is_worked_out_and_an_empty_column_leaves_it_open(expected: str, said: str) -> None:
    contracts = {"C": {"amount_limit": 90}}
    row = {**HELD, "contract_id": "C"}
    assert judge(rule(expected=expected), disputes={"A": row}, contracts=contracts)["A"]["verdict"] == said


def test_a_cell_that_could_not_be_read_is_never_worked_with() -> None:
    unread = {**HELD, "amount_offered": "?"}
    assert verdict(rule(expected="amount_claimed - 20 + coalesce(amount_offered, 0)"), unread) == "unknown: rejected value"
    assert verdict(rule(expected="amount_claimed"), {**unread, "amount_claimed": 100}) == "pass"


def test_the_numbers_are_shown_without_empty_decimals() -> None:
    shown = judge(rule("amount_agreed * 1.5", "amount_claimed + 0.25"), disputes={"A": HELD})["A"]
    assert (shown["observed"], shown["expected"]) == ("150", "120.25")
    shown = judge(rule("amount_agreed", "amount_offered"), disputes={"A": HELD})["A"]
    assert (shown["observed"], shown["expected"]) == ("100", None)


@pytest.mark.parametrize(
    ("closed", "said"), [("2026-05-09", "pass"), ("2026-07-01", "not_applicable: not begun"), (None, "not_applicable: not begun"),
                         ("?", "unknown: rejected value")],
)  # fmt: skip
def test_with_when_the_amounts_need_to_agree_only_once_that_happened(closed: str | None, said: str) -> None:
    assert verdict(rule(when="closed", tolerance=20), {**HELD, "closed_at": closed}) == said


def test_a_tolerance_may_be_a_parameter_by_the_date_of_the_start() -> None:
    values = [{"from": "2026-05-01", "value": 20}, {"from": "2026-06-01", "value": 5}]
    for start, said in (("2026-04-30", "unknown: no value"), ("2026-05-31", "pass"), ("2026-06-01", "fail: differs")):
        assert verdict(rule(tolerance="$slack"), {**HELD, "received_at": start}, parameters={"slack": values}) == said
        late = {**HELD, "received_at": "2026-06-02", "closed_at": start}
        assert verdict(rule(tolerance="$slack", when="closed"), late, parameters={"slack": values}) == said


def test_the_law_in_force_and_where_come_first() -> None:
    assert verdict(rule(), HELD, in_force=("2026-05-02", None)) == "not_applicable: not in force"
    assert verdict(rule(where="amount_offered > 0"), HELD) == "unknown: condition"
    assert verdict(rule(where="amount_agreed > 100"), HELD) == "not_applicable: not concerned"


@pytest.mark.parametrize("fields", [{"tolerance": -1}, {"tolerance": "some"}, {"actual": ""}, {"tolerance": "NaN"}])
def test_what_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        make_rule(**{**rule(), **fields})


@pytest.mark.parametrize(
    "text", ["amount_claimed > 1", "product", "greatest(amount_claimed, product)", "sum(amount_claimed)", "(select 1)", "amount_claimed) - (1"],
)  # fmt: skip
def test_a_formula_is_a_number_made_of_what_is_allowed(text: str) -> None:
    with pytest.raises(ConditionError):
        parse_number(text, {"amount_claimed": "decimal", "product": "text"})


def test_greatest_in_greatest_does_not_grow_without_bounds() -> None:
    deep = "amount_claimed"
    for _ in range(3):
        deep = f"greatest({deep}, 1)"
    assert len(parse_number(deep, {"amount_claimed": "decimal"}).sql()) < 2000
    with pytest.raises(ConditionError):
        parse_number(f"least({deep}, 1)", {"amount_claimed": "decimal"})


def test_a_difference_that_could_be_too_long_for_the_engine_is_told_when_the_pack_is_read() -> None:
    product = "amount_claimed * amount_agreed"
    long = make_rule(**rule(f"{product} + {product} + {product}", f"{product} + {product} + {product}"))
    pack = Pack(PackHead(id="p", version="1", title=TEXT), Path("p"), "", "", {}, {}, (long,))
    with pytest.raises(PackError, match="difference"):
        prepare((pack,), (), {k.name: k for k in Core().register_rule_kinds()}, TABLES, {})
