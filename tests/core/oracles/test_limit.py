from decimal import Decimal
from typing import Any

from tests.core.oracles.hand import rule, told

from disputekit.oracles.limit import oracle


def decide(least: Any = None, most: Any = None, covered: bool = True) -> str:
    measure = rule(of="events.handover", distinct=None, sum=None)
    case = told(events=[("handover", "2026-05-02"), ("handover", "2026-05-03"), ("other", "2026-05-04"), ("handover", "2026-07-04")])
    if not covered:
        case = told(events=[("handover", "2026-05-02"), ("handover", "2026-05-03")], covered=None)
    return str(oracle(rule(measure=measure, per=None, min=least, max=most), case))


def test_too_many_is_proven_by_what_is_there_and_too_few_by_a_covered_feed() -> None:
    assert decide(most=Decimal(1), covered=False) == "fail: too many"
    assert decide(least=Decimal(3)) == "fail: too few"
    assert decide(least=Decimal(3), covered=False) == "unknown: not covered"


def test_not_too_many_needs_a_covered_feed_and_enough_is_enough() -> None:
    assert [decide(most=Decimal(2)), decide(most=Decimal(2), covered=False)] == ["pass", "unknown: not covered"]
    assert decide(least=Decimal(2), covered=False) == "pass"
