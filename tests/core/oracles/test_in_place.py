from typing import Any

from tests.core.oracles.hand import rule, told

from disputekit.oracles.in_place import oracle


def decide(*events: tuple[str, str], as_of: str = "2026-05-20", **more: Any) -> str:
    between = rule(from_="open", to="shut")
    return str(oracle(rule(evidence=(between, "documents.plan"), from_=None, until=None), told(as_of=as_of, events=list(events), **more)))


def test_every_day_needs_something_in_force_and_the_last_day_is_one() -> None:
    assert decide(("open", "2026-05-01"), ("shut", "2026-05-20")) == "pass"
    assert decide(("open", "2026-05-01"), ("shut", "2026-05-19")) == "fail: gap"
    assert decide(("open", "2026-05-02")) == "fail: gap"
    assert decide(("open", "2026-05-01")) == "pass"


def test_what_is_on_file_stays() -> None:
    assert decide(("open", "2026-05-01"), ("shut", "2026-05-07"), documents=[("plan", "2026-05-08")]) == "pass"


def test_a_missing_end_lasts_only_where_it_would_have_been_recorded() -> None:
    assert decide(("open", "2026-05-01"), covered=None) == "unknown: not covered"
