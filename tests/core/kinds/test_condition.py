"""`condition`: a row that breaks a stated condition."""

from typing import Any

import pytest
from tests.core.kinds.registers import verdict

OFFER = {"kind": "condition", "holds": "amount_offered <= amount_claimed"}
NINE = {"received_at": "2026-05-01 09:00"}


@pytest.mark.parametrize(
    ("offered", "claimed", "said"),
    [
        ("100", "100", "pass"),
        ("101", "100", "fail: condition"),
        (None, "100", "unknown: missing"),
        ("?", "100", "unknown: rejected value"),
    ],
)
def test_a_condition_holds_or_not_or_nobody_can_tell(offered: Any, claimed: str, said: str) -> None:
    assert verdict(OFFER, {**NINE, "amount_offered": offered, "amount_claimed": claimed}) == said


def test_what_could_not_be_read_does_not_matter_where_the_rest_decides() -> None:
    rule = {"kind": "condition", "holds": "cause = 'fire' or amount_offered > 0"}
    assert verdict(rule, {**NINE, "cause": "fire", "amount_offered": "?"}) == "pass"


def test_the_law_of_the_beginning_holds_and_the_condition_on_the_subject_too() -> None:
    row = {**NINE, "amount_offered": "2", "amount_claimed": "1", "cause": None}
    assert verdict({**OFFER, "cite": "law"}, row, in_force=("2026-05-02", None)) == "not_applicable: not in force"
    assert verdict({**OFFER, "where": "cause = 'fire'"}, row) == "unknown: condition"
    assert verdict({**OFFER, "where": "cause = 'fire'"}, {**row, "cause": "flood"}) == "not_applicable: not concerned"
