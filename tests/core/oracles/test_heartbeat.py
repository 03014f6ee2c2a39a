from typing import Any

from tests.core.oracles.hand import rule, told

from disputekit.oracles.heartbeat import oracle


def decide(*days: str, as_of: str = "2026-05-20", every: str = "7 days", until: str | None = None, **more: Any) -> str:
    case = told(as_of=as_of, events=[("call", d) for d in days], **more)
    return str(oracle(rule(activities=("call",), every=every, from_="received", until=until), case))


def test_a_gap_is_counted_in_dates_from_the_start_to_as_of() -> None:
    assert decide("2026-05-08", "2026-05-15") == "pass"
    assert decide("2026-05-09", "2026-05-15") == "fail: gap"
    assert decide("2026-05-08", as_of="2026-05-15") == "pass"
    assert decide("2026-05-08", as_of="2026-05-16") == "fail: gap"


def test_silence_proves_nothing_without_a_complete_feed() -> None:
    assert decide(covered=None) == "unknown: not covered"


def test_the_end_closes_the_last_gap() -> None:
    assert decide("2026-05-08", as_of="2026-06-30", until="decision", row={"decision_on": "2026-05-15"}) == "pass"
    assert decide("2026-05-08", as_of="2026-06-30", until="decision", row={"decision_on": "2026-05-16"}) == "fail: gap"
