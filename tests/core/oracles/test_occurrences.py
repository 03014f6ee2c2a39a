from datetime import date
from typing import Any

from tests.core.oracles.hand import parameter, rule, told

from disputekit.oracles.occurrences import oracle


def decide(case: Any, of: str = "call", least: Any = None, most: Any = None, distinct: str | None = None) -> str:
    return str(oracle(rule(of=of, min=least, max=most, distinct=distinct, from_=None, within=None), case))


def calls(*days: str, **more: Any) -> Any:
    return told(events=[("call", d) for d in days], **more)


def test_too_often_is_proven_by_what_is_there_and_too_seldom_by_a_covered_feed() -> None:
    assert decide(calls("2026-05-02", "2026-05-03", covered=None), most=1) == "fail: too often"
    assert decide(calls("2026-05-02"), least=2) == "fail: too seldom"
    assert decide(calls("2026-05-02", covered=None), least=2) == "unknown: not covered"


def test_enough_is_enough_but_not_too_many_needs_a_covered_feed() -> None:
    case = calls("2026-05-02", "2026-05-03", covered=date(2026, 5, 2))
    assert decide(case, least=2) == "pass"
    assert decide(case, least=2, most=3) == "unknown: not covered"


def test_days_are_counted_once() -> None:
    assert decide(calls("2026-05-02 09:00", "2026-05-02", "2026-05-03"), least=3, distinct="day") == "fail: too seldom"


def test_a_notice_to_nobody_named_may_be_to_anyone() -> None:
    case = told(notices=[{"kind": "hint", "sent_at": "2026-05-02", "party_id": p} for p in ("p", "p", "q", None)])
    assert decide(case, of="notices.hint.sent", least=2, distinct="party") == "pass"
    assert decide(case, of="notices.hint.sent", least=3, distinct="party") == "unknown: missing"
    assert decide(case, of="notices.hint.sent", least=4, distinct="party") == "fail: too seldom"


def test_a_column_happened_once_or_not_at_all() -> None:
    assert decide(told({"decision_on": "2026-05-20"}), of="decision", least=1, most=1) == "pass"
    assert decide(told(covered=None), of="decision", least=1) == "fail: too seldom"


def test_a_number_may_depend_on_when_the_dispute_began() -> None:
    case = calls("2026-05-02", parameters={"calls": parameter((None, 1), ("2026-05-02", 2))})
    assert decide(case, least="$calls") == "pass"
    assert decide(calls(parameters={"calls": parameter(("2026-05-02", 2))}), least="$calls") == "unknown: no value"
