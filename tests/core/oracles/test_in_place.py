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


def test_a_new_start_on_the_day_of_an_end_goes_on() -> None:
    begun, ended = ("open", "2026-05-01"), ("shut", "2026-05-10 09:00")
    assert decide(begun, ended, ("open", "2026-05-10 14:00")) == "pass"
    assert decide(begun, ended, ("open", "2026-05-10")) == "pass"
    assert decide(begun, ended, ("open", "2026-05-10 09:00")) == "pass"
    assert decide(begun, ended, ("open", "2026-05-10 08:00")) == "fail: gap"


def test_an_end_on_the_day_on_which_the_first_began_ends_it() -> None:
    assert decide(("open", "2026-05-01"), ("shut", "2026-05-01")) == "fail: gap"
    assert decide(("open", "2026-05-01 14:00"), ("shut", "2026-05-01 09:00")) == "pass"
