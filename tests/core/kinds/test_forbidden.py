"""`forbidden`: what must not happen, from when until when."""

from typing import Any

import pytest
from pydantic import ValidationError
from tests.core.kinds.registers import judge, make_rule, verdict

from disputekit.checks.names import UnknownName, moment
from disputekit.register.tables import TABLES

NINE = {"received_at": "2026-05-01 09:00"}
FROZEN, THAWED = ("frozen", "2026-05-10 09:00"), ("thawed", "2026-05-20 09:00")
NO_CALLS = {"kind": "forbidden", "activity": "called", "from": "frozen", "until": "thawed"}


@pytest.mark.parametrize(
    ("called", "said"),
    [
        ("2026-05-10 08:59", "pass"),
        ("2026-05-10 09:00", "fail: happened"),
        ("2026-05-15", "fail: happened"),
        ("2026-05-20 08:59", "fail: happened"),
        ("2026-05-20 09:00", "pass"),
        ("2026-05-10", "unknown: too coarse"),
        ("2026-05-20", "unknown: too coarse"),
        ("2026-05-09", "pass"),
        ("2026-05-21", "pass"),
        ("?", "unknown: rejected value"),
    ],
)
def test_a_window_holds_its_first_moment_and_not_its_last(called: str, said: str) -> None:
    assert verdict(NO_CALLS, NINE, events=[FROZEN, THAWED, ("called", called)]) == said


def test_every_occurrence_is_looked_at_and_one_for_sure_is_enough() -> None:
    calls = [("called", d) for d in ("2026-05-01 09:00", "2026-05-10", "2026-05-12 09:00", "2026-05-30 09:00")]
    shown = judge(NO_CALLS, disputes={"A": NINE}, events=[("A", *e) for e in (FROZEN, THAWED, *calls)])["A"]
    assert (shown["verdict"], str(shown["done_at"])) == ("fail: happened", "2026-05-12 09:00:00")
    assert verdict(NO_CALLS, NINE, events=[FROZEN, THAWED, calls[0], calls[1], calls[3]]) == "unknown: too coarse"
    assert verdict(NO_CALLS, NINE, events=[FROZEN, THAWED, calls[0], calls[3]]) == "pass"


def test_the_end_is_the_first_at_or_after_the_start_and_a_column_before_it_contradicts() -> None:
    events = [("thawed", "2026-05-01 09:00"), FROZEN, THAWED, ("called", "2026-05-12 09:00")]
    assert verdict(NO_CALLS, NINE, events=events) == "fail: happened"
    until = {**NO_CALLS, "until": "closed"}
    assert verdict(until, {**NINE, "closed_at": "2026-05-09 09:00"}, events=[FROZEN]) == "unknown: contradictory"
    assert verdict(until, {**NINE, "closed_at": "2026-05-11 09:00"}, events=[FROZEN]) == "pass"
    assert verdict(until, {**NINE, "closed_at": "?"}, events=[FROZEN]) == "unknown: rejected value"


def test_an_open_window_is_judged_as_of_now() -> None:
    assert verdict(NO_CALLS, NINE, events=[FROZEN]) == "pass"
    assert verdict(NO_CALLS, NINE, events=[FROZEN, ("called", "2026-06-30")]) == "fail: happened"
    assert verdict(NO_CALLS, NINE, events=[FROZEN, ("called", "2026-07-01")]) == "pass"


def test_before_the_window_opens_nothing_is_forbidden() -> None:
    assert verdict(NO_CALLS, NINE, events=[("called", "2026-05-12")]) == "not_applicable: not begun"
    assert verdict(NO_CALLS, NINE, events=[("frozen", "?")]) == "unknown: rejected value"
    assert verdict({"kind": "forbidden", "activity": "called", "from": "received"}, {"received_at": None}, events=[]) == "unknown: missing"


def test_without_a_start_every_occurrence_counts() -> None:
    rule = {"kind": "forbidden", "activity": "called", "until": "thawed"}
    assert verdict(rule, NINE, events=[("called", "2026-01-01"), THAWED]) == "fail: happened"
    assert verdict(rule, NINE, events=[("called", "2026-05-20 10:00"), THAWED]) == "pass"
    assert verdict(rule, NINE, events=[("called", "2026-05-20"), ("called", "2026-05-20 08:00"), THAWED]) == "fail: happened"


@pytest.mark.parametrize(
    ("record", "paid", "said"),
    [("payments.benefit", "benefit", "fail: happened"), ("payments.benefit", "refund", "pass"), ("payments", "refund", "fail: happened")],
)
def test_a_sort_of_record_may_be_forbidden_or_all_of_a_table(record: str, paid: str, said: str) -> None:
    assert verdict({"kind": "forbidden", "record": record, "from": "frozen"}, NINE, events=[FROZEN], payments=[(paid, "2026-05-12")]) == said


def test_that_nothing_happened_is_known_only_where_it_would_be() -> None:
    assert verdict(NO_CALLS, NINE, events=[FROZEN, THAWED], coverage={}) == "unknown: not covered"
    assert verdict(NO_CALLS, NINE, events=[FROZEN, THAWED], coverage={"called": "2026-05-10"}) == "pass"
    assert verdict(NO_CALLS, NINE, events=[FROZEN, THAWED], coverage={"called": "2026-05-11"}) == "unknown: not covered"
    assert verdict(NO_CALLS, NINE, events=[FROZEN, THAWED], extracted={"events": "2026-05-19 06:00"}) == "unknown: stale"
    assert verdict(NO_CALLS, NINE, events=[FROZEN, THAWED], extracted={"events": "2026-05-20 06:00"}) == "pass"
    assert verdict(NO_CALLS, NINE, events=[FROZEN], extracted={"events": "2026-06-29 06:00"}) == "unknown: stale"
    ever = {"kind": "forbidden", "activity": "called"}
    assert verdict(ever, NINE, events=[], coverage={"called": "2026-05-01"}) == "pass"
    assert verdict(ever, NINE, events=[], coverage={"called": "2026-05-02"}) == "unknown: not covered"
    assert verdict(ever, {"received_at": None}, events=[], coverage={"called": "2020-01-01"}) == "unknown: not covered"


def test_a_column_is_complete_but_may_be_stale() -> None:
    rule = {"kind": "forbidden", "activity": "closed", "from": "received"}
    assert verdict(rule, {**NINE, "closed_at": None}, coverage={}) == "pass"
    assert verdict(rule, {**NINE, "closed_at": "2026-05-02"}, coverage={}) == "fail: happened"
    assert verdict(rule, {**NINE, "closed_at": None}, extracted={"disputes": "2026-06-29 06:00"}) == "unknown: stale"


def test_what_began_before_the_law_is_not_its_business() -> None:
    assert verdict({**NO_CALLS, "cite": "law"}, NINE, events=[FROZEN], in_force=("2026-05-11", None)) == "not_applicable: not in force"
    ever = {"kind": "forbidden", "activity": "called", "cite": "law"}
    assert verdict(ever, NINE, events=[], in_force=("2026-05-02", None)) == "not_applicable: not in force"
    # where no beginning is known, as-of decides
    assert verdict(ever, {"received_at": None}, events=[("called", "2026-05-02")], in_force=("2026-05-02", None)) == "fail: happened"


@pytest.mark.parametrize("fields", [{}, {"activity": "a", "record": "payments"}])
def test_exactly_one_thing_is_forbidden(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="either activity or record"):
        make_rule(kind="forbidden", **fields)


# ── bounds that are the same for every subject ──

PAID: dict[str, Any] = {"kind": "forbidden", "record": "payments.benefit"}
OURS: dict[str, Any] = {"organisation": {"name": "I", "stayed_on": "2026-05-10", "freed_on": "2026-05-20", "later_on": "2026-07-01"}}


@pytest.mark.parametrize(
    ("paid", "said"),
    [("2026-05-09", "pass"), ("2026-05-10 09:00", "fail: happened"), ("2026-05-19", "fail: happened"), ("2026-05-20 09:00", "unknown: too coarse"),
     ("2026-05-21", "pass")],
)  # fmt: skip
def test_a_window_may_be_one_of_the_organisation(paid: str, said: str) -> None:
    rule = {**PAID, "from": "organisation.stayed", "until": "organisation.freed"}
    assert verdict(rule, NINE, organisation=OURS, payments=[("benefit", paid)]) == said


def test_a_milestone_of_the_organisation_may_be_its_first_event() -> None:
    def of(what: str, at: str, about: str = "organisation") -> dict[str, str]:
        return {"of": "organisation", "about": about, "activity": what, "occurred_at": at}

    rule = {**PAID, "from": "organisation.petitioned"}
    held: dict[str, Any] = {"organisation": OURS, "payments": [("benefit", "2026-05-15")]}
    twice = [of("petitioned", "2026-05-12"), of("petitioned", "2026-05-18")]
    assert verdict(rule, NINE, **held, events=twice) == "fail: happened"
    assert verdict(rule, NINE, **held, events=twice[1:]) == "pass"
    assert verdict(rule, NINE, **held, events=[of("petitioned", "2026-07-01"), of("other", "2026-05-12")]) == "not_applicable: not begun"
    others = [of("petitioned", "2026-05-12", about="disputes"), of("x", "2026-05-12")]
    assert verdict(rule, NINE, **held, events=others) == "not_applicable: not begun"
    assert verdict(rule, NINE, **held, events=[*twice, of("petitioned", "?")]) == "unknown: rejected value"
    assert verdict({**PAID, "from": "organisation.later"}, NINE, **held) == "not_applicable: not begun"


@pytest.mark.parametrize(
    ("bounds", "paid", "said"),
    [
        ({"from": {"latest": ["disputes.closed_at"]}}, "2026-05-20", "fail: happened"),
        ({"from": {"latest": ["disputes.closed_at"]}}, "2026-05-17", "pass"),
        ({"from": {"earliest": ["disputes.closed_at"]}}, "2026-05-15", "fail: happened"),
        ({"from": {"earliest": ["disputes.closed_at"]}}, "2026-05-13", "pass"),
        ({"from": {"latest": ["disputes.closed_at", "phases.ends_on"]}}, "2026-05-20", "pass"),
        ({"from": {"latest": ["disputes.closed_at", "phases.ends_on"]}}, "2026-05-25", "fail: happened"),
        ({"from": {"earliest": ["disputes.closed_at", "phases.ends_on"]}}, "2026-05-15", "fail: happened"),
        ({"from": "received", "until": {"latest": ["disputes.closed_at"]}}, "2026-05-17", "fail: happened"),
        ({"from": "received", "until": {"latest": ["disputes.closed_at"]}}, "2026-05-20", "pass"),
    ],
)
def test_a_bound_may_be_the_end_of_columns_over_whole_tables(bounds: dict[str, Any], paid: str, said: str) -> None:
    disputes = {"A": {**NINE, "closed_at": None}, "B": {**NINE, "closed_at": "2026-05-14"}, "C": {**NINE, "closed_at": "2026-05-18 10:00"}}
    phases = {"1": {"phase": "x", "ends_on": "2026-05-25"}, "2": {"phase": "y", "ends_on": None}}
    rows = judge({**PAID, **bounds}, disputes=disputes, phases=phases, payments=[("A", "benefit", paid)])
    assert rows["A"]["verdict"] == said


def test_an_end_that_has_yet_to_come_is_not_passed_over_for_what_came_before() -> None:
    disputes = {"A": {**NINE, "closed_at": "2026-05-14"}, "B": {**NINE, "closed_at": "2026-07-01"}}
    rule = {**PAID, "from": {"latest": ["disputes.closed_at"]}}
    assert judge(rule, disputes=disputes, payments=[("A", "benefit", "2026-05-20")])["A"]["verdict"] == "not_applicable: not begun"
    assert judge(rule, disputes=disputes, payments=[("A", "benefit", "2026-05-20")], as_of="2026-07-02")["A"]["verdict"] == "pass"


def test_an_end_of_which_a_cell_could_not_be_read_is_not_known() -> None:
    disputes = {"A": {**NINE, "closed_at": "2026-05-14"}, "B": {**NINE, "closed_at": "?"}}
    rule = {**PAID, "from": {"latest": ["disputes.closed_at"]}}
    assert judge(rule, disputes=disputes, payments=[("A", "benefit", "2026-05-20")])["A"]["verdict"] == "unknown: rejected value"
    nobody = {"A": {**NINE, "closed_at": None}}
    assert judge(rule, disputes=nobody, payments=[("A", "benefit", "2026-05-20")])["A"]["verdict"] == "not_applicable: not begun"


@pytest.mark.parametrize("bound", [{}, {"latest": ["a.b"], "earliest": ["a.b"]}, {"latest": []}, {"latest": ["nothing"]}])
def test_a_bound_over_tables_is_one_end_of_columns(bound: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        make_rule(**PAID, **{"from": bound})


@pytest.mark.parametrize("name", ["latest of nothing.closed_at", "latest of disputes.closed", "earliest of disputes.cause"])
def test_a_bound_over_a_column_that_holds_no_dates_is_refused(name: str) -> None:
    with pytest.raises(UnknownName):
        moment(name, TABLES["disputes"], TABLES, {})


def test_two_names_for_one_sort_of_record_are_both_told_of_its_later_occurrences() -> None:
    rule = {"kind": "forbidden", "record": "notices.decision", "from": "received", "until": "notices.decision.sent"}
    notices = [{"of": "A", "kind": "decision", "sent_at": at} for at in ("2026-04-20 09:00", "2026-05-10 09:00")]
    found = judge(rule, disputes={"A": {"received_at": "2026-05-01 09:00"}}, notices=notices)["A"]
    assert found["verdict"] == "pass"  # the window ends with the very notice that would break it
    later = judge(
        {**rule, "until": "closed"},
        disputes={"A": {"received_at": "2026-05-01 09:00"}},
        notices=notices,
        events=[("A", "closed", "2026-06-01 09:00")],
    )
    assert later["A"]["verdict"] == "fail: happened"
