"""`documents`: papers on file in time, verified, or at least asked for; and what notices must say."""

from typing import Any

import pytest
from pydantic import ValidationError
from tests.core.kinds.registers import judge, make_rule, verdict, verdicts

NINE = {"received_at": "2026-05-01 09:00"}
TEN_DAYS = {"from": "received", "within": "10 days"}


def file(*kinds: str, **more: Any) -> dict[str, Any]:
    return {"kind": "documents", "kinds": kinds, **more}


def paper(kind: str, received: str | None, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "received_at": received, **more}


def proven(kind: str, received: str | None, verified: str | None = "2026-05-05", **more: Any) -> dict[str, Any]:
    return {**paper(kind, received), "verified_at": verified, "verified_by": "V", "submitted_by": "S", "sha256": "f0", **more}


def test_every_kind_must_be_on_file_now() -> None:
    documents = [("both", "form", "2026-05-02"), ("both", "contract", "2026-05-03"), ("one", "form", "2026-05-02"), ("soon", "form", "2026-07-01")]
    shown = judge(file("form", "contract"), disputes=dict.fromkeys(("both", "one", "soon"), NINE), documents=documents)
    assert {k: (v["verdict"], v["observed"]) for k, v in shown.items()} == {
        "both": ("pass", None), "one": ("fail: missing", "contract"), "soon": ("fail: missing", "form, contract"),
    }  # fmt: skip
    assert shown["both"]["expected"] == "form, contract"


@pytest.mark.parametrize(
    ("within", "last", "late"),
    [("10 days", "2026-05-11 23:59", "2026-05-12"), ("1 month", "2026-06-01", "2026-06-02"), ("24 hours", "2026-05-02 09:00", "2026-05-02 09:01")],
)
def test_the_last_day_of_the_period_is_in_time(within: str, last: str, late: str) -> None:
    rule = file("form", by={"from": "received", "within": within})
    assert verdict(rule, NINE, documents=[("form", last)]) == "pass"
    assert verdict(rule, NINE, documents=[("form", late)]) == "fail: late"
    assert verdict(rule, NINE, documents=[("form", late), ("form", last)]) == "pass"


def test_while_the_period_runs_what_is_missing_is_pending() -> None:
    rule = file("form", by=TEN_DAYS)
    assert verdict(rule, NINE, documents=[], as_of="2026-05-11") == "pending"
    assert verdict(rule, NINE, documents=[], as_of="2026-05-12") == "fail: missing"
    assert verdict(rule, NINE, documents=[("form", "2026-05-05")], as_of="2026-05-06") == "pass"
    assert str(judge(rule, disputes={"A": NINE}, documents=[])["A"]["due_on"]) == "2026-05-11"
    assert verdict(rule, {"received_at": None}, documents=[]) == "unknown: missing"


def test_where_nobody_knows_a_beginning_the_file_must_be_complete_from_the_limit_on() -> None:
    told: dict[str, Any] = {"mediations": {"M": {"held_at": "2026-05-10 09:00"}}, "documents": [], "subject": "mediations"}
    assert verdicts(file("form", by="held"), **told, coverage={"documents": "2026-05-10"}) == {"M": "fail: missing"}
    assert verdicts(file("form", by="held"), **told, coverage={"documents": "2026-05-11"}) == {"M": "unknown: not covered"}
    assert verdicts(file("form"), **told, coverage={"documents": "2000-01-01"}) == {"M": "unknown: not covered"}


def test_a_moment_as_a_limit() -> None:
    rule, decided = file("form", by="decided"), [("decided", "2026-05-10 09:00")]
    assert verdict(rule, NINE, events=[], documents=[]) == "pending"
    assert verdict(rule, NINE, events=decided, documents=[("form", "2026-05-10 09:00")]) == "pass"
    assert verdict(rule, NINE, events=decided, documents=[("form", "2026-05-10")]) == "pass"
    assert verdict(rule, NINE, events=decided, documents=[("form", "2026-05-10 10:00")]) == "fail: late"
    assert verdict(rule, NINE, events=decided, documents=[]) == "fail: missing"
    assert verdict(rule, NINE, events=[("decided", "?")], documents=[("form", "2026-05-10")]) == "unknown: rejected value"


def test_beyond_the_published_year_nobody_can_tell() -> None:
    rule, late = file("form", by={"from": "received", "within": "10 working days"}), {"received_at": "2026-12-28"}
    assert verdict(rule, late, documents=[("form", "2027-01-07")], as_of="2027-03-01") == "pass"
    assert verdict(rule, late, documents=[("form", "2027-01-08")], as_of="2027-03-01") == "unknown: no calendar"
    assert verdict(rule, late, documents=[], as_of="2027-03-01") == "unknown: no calendar"
    assert verdict(rule, late, documents=[], as_of="2027-01-07") == "pending"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "pass"),
        ({"submitted_by": None}, "pass"),
        ({"verified_by": "S"}, "fail: unverified"),
        ({"verified_by": None}, "fail: unverified"),
        ({"verified_at": None}, "fail: unverified"),
        ({"verified_at": "2026-05-12"}, "fail: unverified"),
        ({"sha256": None}, "fail: unverified"),
        ({"verified_at": "?"}, "unknown: rejected value"),
    ],
)
def test_verified_means_in_time_by_somebody_else_and_with_a_hash(change: dict[str, Any], said: str) -> None:
    assert verdict(file("form", by=TEN_DAYS, verified=True), NINE, documents=[proven("form", "2026-05-02", **change)]) == said
    assert verdict(file("form", by=TEN_DAYS), NINE, documents=[proven("form", "2026-05-02", **change)]) == "pass"


def test_a_verification_after_as_of_has_not_happened() -> None:
    rule = file("form", by=TEN_DAYS, verified=True)
    to_come = [proven("form", "2026-05-02", "2026-05-09")]
    assert verdict(rule, NINE, documents=to_come, as_of="2026-05-08") == "pending"
    assert verdict(file("form", verified=True), NINE, documents=to_come, as_of="2026-05-08") == "fail: unverified"


def test_one_good_copy_is_enough() -> None:
    copies = [proven("form", "2026-05-02", None), proven("form", "2026-05-03"), paper("form", None), proven("form", "2026-05-20")]
    assert verdict(file("form", by=TEN_DAYS, verified=True), NINE, documents=copies) == "pass"


def test_what_is_missing_comes_before_what_is_unverified_and_that_before_what_was_late() -> None:
    rule = file("a", "b", "c", by=TEN_DAYS, verified=True)
    late, unverified = proven("a", "2026-05-12"), proven("b", "2026-05-02", None)
    assert verdict(rule, NINE, documents=[late, unverified]) == "fail: missing"
    assert verdict(rule, NINE, documents=[late, unverified], coverage={}) == "fail: unverified"
    assert verdict(rule, NINE, documents=[late, proven("b", "2026-05-02")], coverage={}) == "fail: late"
    assert verdict(rule, NINE, documents=[proven("a", "2026-05-02"), proven("b", "2026-05-02")]) == "fail: missing"
    assert verdict(rule, NINE, documents=[late, proven("b", "?")]) == "unknown: rejected value"


def test_late_papers_show_when_the_last_of_them_came_and_only_once_all_are_there() -> None:
    rule = file("a", "b", by=TEN_DAYS)
    shown = judge(rule, disputes={"A": NINE}, documents=[("A", "a", "2026-05-12"), ("A", "b", "2026-05-14")])["A"]
    assert (shown["verdict"], str(shown["done_at"])[:10]) == ("fail: late", "2026-05-14")
    shown = judge(rule, disputes={"A": NINE}, documents=[("A", "a", "2026-05-12")], coverage={})["A"]
    assert (shown["verdict"], shown["done_at"]) == ("fail: late", None)


def test_a_paper_of_an_unknown_date_proves_nothing() -> None:
    assert verdict(file("form"), NINE, documents=[paper("form", None)]) == "unknown: missing"
    assert verdict(file("form", by=TEN_DAYS), NINE, documents=[paper("form", None), paper("form", "2026-05-12")]) == "unknown: missing"
    assert verdict(file("form", "contract"), NINE, documents=[paper("form", None)]) == "fail: missing"


def test_that_a_paper_is_missing_is_known_only_where_it_would_be() -> None:
    rule = file("form", by=TEN_DAYS)
    assert verdict(rule, NINE, documents=[], coverage={}) == "unknown: not covered"
    assert verdict(rule, NINE, documents=[], coverage={"documents.form": "2026-05-01"}) == "fail: missing"
    assert verdict(rule, NINE, documents=[], coverage={"documents.form": "2026-05-02"}) == "unknown: not covered"
    assert verdict(rule, NINE, documents=[], extracted={"documents": "2026-05-11 06:00"}) == "unknown: stale"
    assert verdict(rule, NINE, documents=[], extracted={"documents": "2026-05-12 06:00"}) == "fail: missing"
    assert verdict(file("form"), NINE, documents=[], extracted={"documents": "2026-06-29 06:00"}) == "unknown: stale"
    # one kind that is surely missing is enough
    assert verdict(file("form", "contract", by=TEN_DAYS), NINE, documents=[], coverage={"documents.form": "2026-05-01"}) == "fail: missing"


ASK = file("form", "contract", by=TEN_DAYS, or_requested=True)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ([("form", "2026-05-03 09:00"), ("contract", "2026-05-03 17:00")], "pass"),
        ([("form", "2026-05-11"), ("contract", "2026-05-11 23:59")], "pass"),
        ([("form", "2026-05-03"), ("contract", "2026-05-04")], "fail: missing"),
        ([("form", "2026-05-12"), ("contract", "2026-05-12")], "fail: missing"),
        ([("form", "2026-05-03")], "fail: missing"),
        ([], "fail: missing"),
        ([("form", "2026-05-03"), ("contract", None)], "fail: missing"),
        ([("form", None), ("contract", None)], "unknown: missing"),
        ([("form", "2026-05-03"), ("contract", "?")], "unknown: rejected value"),
    ],
)
def test_what_was_asked_for_at_once_and_in_time_is_excused(asked: list[Any], said: str) -> None:
    assert verdict(ASK, NINE, documents=[], requests=asked) == said


def test_only_what_is_missing_must_have_been_asked_for() -> None:
    asked = [("contract", "2026-05-03")]
    assert verdict(ASK, NINE, documents=[("form", "2026-05-02")], requests=asked) == "pass"
    assert verdict(ASK, NINE, documents=[("form", "2026-05-12")], requests=asked) == "fail: missing"
    # the form may have come in time, and then nothing else was to be asked for
    assert verdict(ASK, NINE, documents=[("form", None)], requests=asked) == "unknown: missing"
    # a request that can't be read doesn't matter where everything is there
    assert verdict(ASK, NINE, documents=[("form", "2026-05-02"), ("contract", "2026-05-02")], requests=[("form", "?")]) == "pass"


def test_a_request_does_not_excuse_a_paper_that_is_there_unverified() -> None:
    rule = file("form", by=TEN_DAYS, verified=True, or_requested=True)
    assert verdict(rule, NINE, documents=[proven("form", "2026-05-02", None)], requests=[("form", "2026-05-03")]) == "fail: unverified"
    both = [proven("form", "2026-05-02", None), proven("form", None)]
    assert verdict(rule, NINE, documents=both, requests=[("form", "2026-05-03")]) == "unknown: missing"


def test_the_law_and_the_value_of_the_day_hold() -> None:
    rule = file("form", by={"from": "received", "within": "$file"}, cite="law")
    values = {"file": [{"from": "2026-05-02", "value": "10 days"}]}
    assert verdict(rule, NINE, documents=[], parameters=values, in_force=("2026-01-01", None)) == "unknown: no value"
    assert verdict(rule, NINE, documents=[], parameters=values, in_force=("2026-05-02", None)) == "not_applicable: not in force"


TELL = file("decision", contents=("reasons", "remedies"))


@pytest.mark.parametrize(
    ("notices", "said", "observed"),
    [
        ([("2026-05-02", ("remedies", "reasons", "more"))], "pass", None),
        ([("2026-05-02", ("reasons",))], "fail: incomplete", "remedies"),
        ([("2026-05-02", ("reasons", "remedies")), ("2026-05-03", ())], "fail: incomplete", "reasons, remedies"),
        ([("2026-05-02", ("reasons",)), ("2026-05-03", None)], "fail: incomplete", "remedies"),
        ([("2026-05-02", ("reasons", "remedies")), ("2026-05-03", None)], "unknown: missing", None),
        ([("2026-07-02", ("reasons",))], "not_applicable: not begun", None),
        ([(None, ("reasons",))], "not_applicable: not begun", None),
        ([("?", ("reasons", "remedies"))], "unknown: rejected value", None),
        ([("2026-05-02", "?")], "unknown: rejected value", None),
        ([], "not_applicable: not begun", None),
    ],
)
def test_every_notice_must_say_it_all(notices: list[Any], said: str, observed: str | None) -> None:
    rows = [{"of": "A", "kind": "decision", "sent_at": sent, "contents": contents} for sent, contents in notices]
    shown = judge(TELL, disputes={"A": NINE}, notices=rows, columns={"notices": ["contents"]})["A"]
    assert (shown["verdict"], shown["observed"]) == (said, observed)


def test_notices_of_other_kinds_and_other_subjects_are_not_looked_at() -> None:
    rows = [
        {"of": "A", "kind": "extension", "sent_at": "2026-05-02", "contents": ()},
        {"of": "A", "about": "claims", "kind": "decision", "sent_at": "2026-05-02", "contents": ()},
    ]
    assert verdicts(TELL, disputes={"A": NINE}, notices=rows) == {"A": "not_applicable: not begun"}


@pytest.mark.parametrize("more", [{"by": "decided"}, {"verified": True}, {"or_requested": True}, {"contents": []}, {"contents": ["a", "a"]}])
def test_what_means_nothing_with_contents_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        make_rule(**{**TELL, **more})
