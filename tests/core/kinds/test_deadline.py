"""`deadline`: what is in time, what is late, and what nobody can tell."""

from typing import Any

import pytest
from tests.core.kinds.registers import judge, verdict, verdicts

NINE = {"received_at": "2026-05-01 09:00"}


def decide_within(within: str, **more: Any) -> dict[str, Any]:
    return {"kind": "deadline", "from": "received", "to": "decided", "within": within, **more}


@pytest.mark.parametrize(
    ("within", "received", "last", "late"),
    [
        ("15 days", "2026-05-01 09:00", "2026-05-16 23:59", "2026-05-17 00:00"),
        ("15 days", "2026-05-01", "2026-05-16", "2026-05-17"),
        ("2 weeks", "2026-05-01 09:00", "2026-05-15 23:59", "2026-05-16"),
        ("1 month", "2026-01-31 09:00", "2026-02-28 23:59", "2026-03-01 00:00"),
        ("1 month", "2024-01-31 09:00", "2024-02-29 23:59", "2024-03-01"),
        ("1 year", "2024-02-29 09:00", "2025-02-28", "2025-03-01"),
        # Spring Festival 2026: rest from 15 to 23 February, and Saturday 14 and 28 February are worked
        ("2 working days", "2026-02-13 09:00", "2026-02-24 23:59", "2026-02-25 00:00"),
        ("5 working days", "2026-02-13", "2026-02-27", "2026-02-28"),
        ("6 working days", "2026-02-13", "2026-02-28", "2026-03-01"),
        ("24 hours", "2026-05-01 09:00", "2026-05-02 09:00", "2026-05-02 09:01"),
    ],
)
def test_the_last_day_is_in_time_and_the_next_is_late(within: str, received: str, last: str, late: str) -> None:
    disputes = {"in": {"received_at": received}, "out": {"received_at": received}}
    events = [("in", "decided", last), ("out", "decided", late)]
    assert verdicts(decide_within(within), disputes=disputes, events=events, as_of="2026-06-30") == {"in": "pass", "out": "fail: late"}


def test_what_is_still_to_come_is_pending_up_to_the_end_of_the_last_day() -> None:
    assert verdict(decide_within("15 days"), NINE, events=[], as_of="2026-05-16") == "pending"
    assert verdict(decide_within("15 days"), NINE, events=[], as_of="2026-05-17") == "fail: open"
    assert verdict(decide_within("24 hours"), NINE, events=[], as_of="2026-05-01") == "pending"
    assert verdict(decide_within("24 hours"), NINE, events=[], as_of="2026-05-02") == "fail: open"


def test_what_lies_after_as_of_has_not_happened() -> None:
    assert verdict(decide_within("15 days"), NINE, events=[("decided", "2026-05-10")], as_of="2026-05-09") == "pending"
    assert verdict(decide_within("15 days"), {"received_at": "2026-07-01"}, events=[], as_of="2026-06-30") == "unknown: missing"


def test_a_start_that_is_not_there_is_a_gap_only_where_it_must_be() -> None:
    assert verdict(decide_within("15 days"), {"received_at": None}, events=[]) == "unknown: missing"
    assert verdict(decide_within("15 days"), {"received_at": "?"}, events=[]) == "unknown: rejected value"
    closing = {"kind": "deadline", "from": "closed", "to": "reported", "within": "3 days"}
    assert verdict(closing, {**NINE, "closed_at": None}, events=[]) == "not_applicable: not begun"
    assert verdict(closing, {**NINE, "closed_at": "?"}, events=[]) == "unknown: rejected value"
    assert verdict(closing, NINE, events=[("closed", "?")]) == "unknown: rejected value"


def test_a_column_before_its_start_contradicts_it_but_an_event_before_it_is_another() -> None:
    rule = decide_within("15 days")
    shown = judge(rule, disputes={"A": {**NINE, "decided_at": "2026-04-30 09:00"}}, events=[])["A"]
    assert (shown["verdict"], str(shown["done_at"])) == ("unknown: contradictory", "2026-04-30 09:00:00")
    assert verdict(rule, {**NINE, "decided_at": "2026-05-01"}, events=[]) == "pass"
    assert verdict(rule, {**NINE, "decided_at": "2026-05-01 08:59"}, events=[]) == "unknown: contradictory"
    assert verdict(rule, NINE, events=[("decided", "2026-04-30")]) == "fail: open"


def test_a_repeated_event_before_the_start_does_not_hide_the_one_after_it() -> None:
    events = [("decided", "2026-04-01 09:00"), ("decided", "2026-04-20 09:00"), ("decided", "2026-05-10 09:00"), ("decided", "2026-06-01 09:00")]
    shown = judge(decide_within("15 days"), disputes={"A": NINE}, events=[("A", *e) for e in events])["A"]
    assert (shown["verdict"], str(shown["done_at"])) == ("pass", "2026-05-10 09:00:00")


def test_how_well_a_later_occurrence_is_known_is_its_own_and_not_that_of_the_first() -> None:
    rule = decide_within("24 hours")
    assert verdict(rule, NINE, events=[("decided", "2026-04-01"), ("decided", "2026-05-02 08:00")]) == "pass"
    assert verdict(rule, NINE, events=[("decided", "2026-04-01 08:00"), ("decided", "2026-05-02")]) == "unknown: too coarse"


@pytest.mark.parametrize(
    ("received", "decided", "said"),
    [
        ("2026-05-01", "2026-05-02 00:00", "pass"),
        ("2026-05-01", "2026-05-02 00:01", "unknown: too coarse"),
        ("2026-05-01", "2026-05-02 23:59", "unknown: too coarse"),
        ("2026-05-01", "2026-05-03 00:00", "fail: late"),
        ("2026-05-01 09:00", "2026-05-01", "pass"),
        ("2026-05-01 09:00", "2026-05-02", "unknown: too coarse"),
        ("2026-05-01 09:00", "2026-05-03", "fail: late"),
        ("2026-05-01", "2026-05-01", "pass"),
    ],
)
def test_hours_between_moments_known_to_the_day_have_bounds(received: str, decided: str, said: str) -> None:
    # another dispute keeps the columns mixed, as they are in life
    disputes = {"A": {"received_at": received}, "B": {"received_at": "2026-05-01"}, "C": {"received_at": "2026-05-01 10:00"}}
    events = [("A", "decided", decided), ("B", "decided", "2026-05-01"), ("C", "decided", "2026-05-01 11:00")]
    assert verdicts(decide_within("24 hours"), disputes=disputes, events=events)["A"] == said


def test_hours_from_a_bare_day_have_surely_run_out_at_the_end_of_the_latest() -> None:
    rule, bare = decide_within("24 hours"), {"received_at": "2026-05-01"}
    assert verdict(rule, bare, events=[], as_of="2026-05-01") == "pending"
    assert verdict(rule, bare, events=[], as_of="2026-05-02") == "fail: open"
    assert verdict(decide_within("30 hours"), bare, events=[], as_of="2026-05-02") == "unknown: too coarse"


def test_beyond_the_published_year_a_period_has_an_earliest_end_and_no_latest() -> None:
    rule, late = decide_within("10 working days"), {"received_at": "2026-12-28 09:00"}
    # 29, 30, 31 December, and then at the earliest the first seven days of January
    assert verdict(rule, late, events=[("decided", "2027-01-07")], as_of="2027-03-01") == "pass"
    assert verdict(rule, late, events=[("decided", "2027-01-08")], as_of="2027-03-01") == "unknown: no calendar"
    assert verdict(rule, late, events=[], as_of="2027-01-07") == "pending"
    assert verdict(rule, late, events=[], as_of="2027-03-01") == "unknown: no calendar"
    assert verdict(rule, late, events=[("decided", "2027-01-18")], as_of="2027-03-01", calendar="weekends") == "fail: late"


def test_a_last_day_of_rest_is_moved_where_the_law_moves_it() -> None:
    rolled = decide_within("15 days", roll="next_working_day")
    # the fifteenth day is 15 February 2026, the first of nine days of rest
    start = {"received_at": "2026-01-31 09:00"}
    shown = judge(rolled, disputes={"A": start}, events=[("A", "decided", "2026-02-24")])["A"]
    assert (shown["verdict"], str(shown["due_on"])) == ("pass", "2026-02-24")
    assert verdict(rolled, start, events=[("decided", "2026-02-25")]) == "fail: late"
    assert verdict(decide_within("15 days"), start, events=[("decided", "2026-02-16")]) == "fail: late"
    unsettled = {"received_at": "2026-12-20"}
    assert verdict(rolled, unsettled, events=[("decided", "2027-01-04")], as_of="2027-02-01") == "pass"
    assert verdict(rolled, unsettled, events=[("decided", "2027-01-05")], as_of="2027-02-01") == "unknown: no calendar"


def test_an_absence_is_a_failure_only_where_it_would_be_known() -> None:
    rule = decide_within("15 days")
    assert verdict(rule, NINE, events=[], coverage={}) == "unknown: not covered"
    assert verdict(rule, NINE, events=[], coverage={"decided": "2026-05-02"}) == "unknown: not covered"
    assert verdict(rule, NINE, events=[], coverage={"decided": "2026-05-01"}) == "fail: open"
    assert verdict(rule, NINE, events=[], extracted={"events": "2026-05-16 06:00"}) == "unknown: stale"
    assert verdict(rule, NINE, events=[], extracted={"events": "2026-05-17 06:00"}) == "fail: open"
    assert verdict(rule, {**NINE, "decided_at": None}, events=[], coverage={}) == "fail: open"
    assert verdict(rule, {**NINE, "decided_at": None}, events=[], extracted={"disputes": "2026-05-16 06:00"}) == "unknown: stale"


def test_what_could_not_be_read_is_never_a_verdict() -> None:
    rule = decide_within("15 days")
    assert verdict(rule, NINE, events=[("decided", "2026-05-02"), ("decided", "?")]) == "unknown: rejected value"
    assert verdict(rule, {**NINE, "decided_at": "?"}, events=[]) == "unknown: rejected value"


def test_a_parameter_holds_from_its_date_and_before_the_first_there_is_no_value() -> None:
    rule = decide_within("$decide")
    values = [{"from": "2026-01-01", "value": "30 days"}, {"from": "2026-05-01", "value": "15 days"}]
    disputes = {"old": {"received_at": "2025-12-31"}, "before": {"received_at": "2026-04-30"}, "after": {"received_at": "2026-05-01"}}
    events = [("before", "decided", "2026-05-20"), ("after", "decided", "2026-05-20")]
    shown = judge(rule, disputes=disputes, events=events, parameters={"decide": values})
    assert {k: v["verdict"] for k, v in shown.items()} == {"old": "unknown: no value", "before": "pass", "after": "fail: late"}
    assert [shown[k]["expected"] for k in ("old", "before", "after")] == [None, "30 days", "15 days"]


def test_what_began_before_the_law_is_not_its_business() -> None:
    rule = decide_within("15 days", cite="law art. 1")
    assert verdict(rule, NINE, events=[], in_force=("2026-05-02", None)) == "not_applicable: not in force"
    assert verdict(rule, NINE, events=[], in_force=("2026-05-01", None)) == "fail: open"
    assert verdict(rule, NINE, events=[], in_force=("2026-01-01", "2026-05-01")) == "not_applicable: not in force"


def test_who_is_not_concerned_is_left_out_and_who_may_be_is_unknown() -> None:
    rule = decide_within("15 days", where="channel <> 'internal'")
    disputes = {n: {**NINE, "channel": c} for n, c in (("in", "internal"), ("out", "letter"), ("either", None))}
    assert verdicts(rule, disputes=disputes, events=[]) == {
        "in": "not_applicable: not concerned", "out": "fail: open", "either": "unknown: condition",
    }  # fmt: skip


@pytest.mark.parametrize(("warn", "first"), [("3 days", "2026-05-13"), ("1 week", "2026-05-09"), ("48 hours", "2026-05-13")])
def test_a_period_near_its_end_is_shown(warn: str, first: str) -> None:
    rule = decide_within("15 days", warn=warn)
    shown = [judge(rule, disputes={"A": NINE}, events=[], as_of=d)["A"]["warned"] for d in ("2026-05-02", first)]
    assert shown == [False, True]


def test_what_was_observed_is_told_in_the_unit_of_the_period() -> None:
    disputes = {"A": NINE}
    assert judge(decide_within("15 days"), disputes=disputes, events=[("A", "decided", "2026-05-11")])["A"]["observed"] == 10
    assert judge(decide_within("24 hours"), disputes=disputes, events=[("A", "decided", "2026-05-01 19:30")])["A"]["observed"] == 10
