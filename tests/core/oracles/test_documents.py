from dataclasses import replace
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from tests.core.oracles.hand import rule, told

from disputekit.oracles.documents import oracle


def decide(case: Any, *kinds: str, by: Any = None, verified: bool = False, contents: tuple[str, ...] = (), or_requested: bool = False) -> str:
    return str(oracle(rule(kinds=kinds, by=by, verified=verified, contents=contents, or_requested=or_requested), case))


TEN_DAYS = SimpleNamespace(from_="received", within="10 days")
VERIFIED = {"kind": "form", "received_at": "2026-05-05", "verified_at": "2026-05-06", "verified_by": "b", "submitted_by": "a", "sha256": "00"}


def test_each_kind_must_be_on_file_by_the_limit() -> None:
    assert decide(told(documents=[("form", "2026-05-11"), ("photo", "2026-05-01")]), "form", "photo", by=TEN_DAYS) == "pass"
    assert decide(told(documents=[("form", "2026-05-12"), ("photo", "2026-05-01")]), "form", "photo", by=TEN_DAYS) == "fail: late"
    assert decide(told(documents=[("form", "2026-05-11")]), "form", "photo", by=TEN_DAYS) == "fail: missing"
    assert decide(told(as_of="2026-05-11"), "form", by=TEN_DAYS) == "pending"


def test_a_paper_is_verified_by_somebody_else_with_its_digest_and_in_time() -> None:
    assert decide(told(documents=[VERIFIED]), "form", by=TEN_DAYS, verified=True) == "pass"
    for broken in ({"verified_by": "a"}, {"verified_by": None}, {"verified_at": None}, {"sha256": None}, {"verified_at": "2026-05-12"}):
        assert decide(told(documents=[{**VERIFIED, **broken}]), "form", by=TEN_DAYS, verified=True) == "fail: unverified"
    assert decide(told(documents=[{**VERIFIED, "submitted_by": None}]), "form", by=TEN_DAYS, verified=True) == "pass"


def test_one_request_for_all_that_is_missing_excuses_it() -> None:
    file = [("form", "2026-05-02")]
    asked = [("photo", "2026-05-06 09:00"), ("bill", "2026-05-06 17:00")]
    apart = [("photo", "2026-05-06"), ("bill", "2026-05-07")]
    assert decide(told(documents=file, requests=asked), "form", "photo", "bill", by=TEN_DAYS, or_requested=True) == "pass"
    assert decide(told(documents=file, requests=apart), "form", "photo", "bill", by=TEN_DAYS, or_requested=True) == "fail: missing"
    assert decide(told(documents=file, requests=asked), "form", "photo", "bill", by=TEN_DAYS) == "fail: missing"


def test_a_paper_received_nobody_knows_when_proves_neither() -> None:
    undated = {"kind": "form"}
    assert decide(told(documents=[undated]), "form", by=TEN_DAYS) == "unknown: missing"
    assert decide(told(documents=[undated, ("form", "2026-05-02")]), "form", by=TEN_DAYS) == "pass"
    assert decide(told(documents=[("form", "?")]), "form", by=TEN_DAYS) == "unknown: rejected value"


def test_a_missing_paper_is_proven_by_a_covered_and_fresh_file() -> None:
    assert decide(told(covered=None), "form", by=TEN_DAYS) == "unknown: not covered"
    assert decide(told(extracted={"documents": datetime(2026, 5, 11)}), "form", by=TEN_DAYS) == "unknown: stale"
    assert decide(told(covered=None, documents=[("photo", "2026-05-12")]), "form", "photo", by=TEN_DAYS) == "fail: late"


def test_where_nobody_knows_a_beginning_the_file_must_be_complete_from_the_limit_on() -> None:
    for since, said in (("2026-05-01", "fail: missing"), ("2026-05-02", "unknown: not covered")):
        case = replace(told(covered=date.fromisoformat(since)), begins=None)
        assert decide(case, "form", by="received") == said


def test_every_notice_must_say_all_that_it_has_to() -> None:
    def sent(*contents: Any) -> Any:
        return told(notices=[{"kind": "decision", "sent_at": "2026-05-10", "contents": c} for c in contents])

    needed = ("reasons", "remedies")
    assert decide(sent(("remedies", "reasons", "more")), "decision", contents=needed) == "pass"
    assert decide(sent(("remedies", "reasons"), ("reasons",), None), "decision", contents=needed) == "fail: incomplete"
    assert decide(sent(needed, None), "decision", contents=needed) == "unknown: missing"
    assert decide(sent(), "decision", contents=needed) == "not_applicable: not begun"
