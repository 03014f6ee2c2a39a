from decimal import Decimal
from typing import Any

from tests.core.oracles.hand import rule, told

from disputekit.oracles.amount import oracle

COLUMNS = {"paid": ("amount_claimed",), "due": ()}


def decide(paid: str | None, tolerance: Any = 0, **row: Any) -> str:
    numbers = {"paid": None if paid is None else Decimal(paid), "due": Decimal(100)}
    case = told(row, numbers=numbers, condition_columns=COLUMNS)
    return str(oracle(rule(actual="paid", expected="due", tolerance=tolerance, when=None), case))


def test_a_difference_up_to_the_tolerance_passes() -> None:
    assert [decide("100"), decide("100.01"), decide("99", 1), decide("98.99", 1)] == ["pass", "fail: differs", "pass", "fail: differs"]


def test_what_is_empty_is_missing_and_what_cannot_be_read_is_said() -> None:
    assert decide(None) == "unknown: missing"
    assert decide("100", amount_claimed="?") == "unknown: rejected value"
