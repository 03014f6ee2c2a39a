from typing import Any

from tests.core.oracles.hand import rule, told

from disputekit.oracles.vocabulary import oracle


def decide(case: Any, column: str) -> str:
    return str(oracle(rule(column=column, values=("fire", "flood")), case))


def test_a_word_of_the_list_passes_and_any_other_is_outside() -> None:
    assert decide(told({"cause": "fire"}), "cause") == "pass"
    assert decide(told({"cause": "Fire"}), "cause") == "fail: outside"
    assert decide(told(), "cause") == "unknown: missing"


def test_one_word_outside_among_the_records_is_enough_and_one_missing_leaves_a_doubt() -> None:
    assert decide(told(events=[("fire", "2026-05-02"), ("flood", "2026-05-03")]), "events.activity") == "pass"
    assert decide(told(events=[("fire", "2026-05-02"), ("war", "2026-05-03"), (None, "2026-05-03")]), "events.activity") == "fail: outside"
    assert decide(told(events=[("fire", "2026-05-02"), (None, "2026-05-03")]), "events.activity") == "unknown: missing"
    assert decide(told(events=[("war", "2026-07-01")]), "events.activity") == "not_applicable: not begun"
    assert decide(told(), "notices.kind") == "not_applicable: not begun"


def test_a_column_that_is_not_supplied_is_said() -> None:
    assert decide(told(), "parties.role") == "unknown: not supplied"
