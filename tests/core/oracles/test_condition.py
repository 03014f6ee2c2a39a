import pytest
from tests.core.oracles.hand import rule, told

from disputekit.oracles.condition import oracle

AMOUNT = "amount_claimed > 0"


@pytest.mark.parametrize(
    ("truth", "cell", "verdict"),
    [(True, 5, "pass"), (False, 0, "fail: condition"), (None, None, "unknown: missing"), (None, "?", "unknown: rejected value")],
)
def test_what_must_hold_holds_or_not_or_nobody_knows_why(truth: bool | None, cell: object, verdict: str) -> None:
    case = told({"amount_claimed": cell}, conditions={AMOUNT: truth}, condition_columns={AMOUNT: ("amount_claimed",)})
    assert str(oracle(rule(holds=AMOUNT), case)) == verdict
