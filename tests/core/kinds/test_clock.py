"""A deadline's clock: ladders that count only in time, pauses that are earned, new beginnings, stops, agreed dates, sums, others' clocks.

The base is a complaint received on Friday 1 May 2026; fifteen days end on 16 May.
"""

from typing import Any

import pytest
from tests.core.kinds.registers import judge

LADDER: dict[str, Any] = {
    "kind": "deadline", "from": "received", "to": "decided",
    "steps": [{"within": "15 days"}, {"within": "30 days", "requires": ["reasoned"]}, {"within": "60 days", "requires": ["approved", "extension_told"]}],
}  # fmt: skip
PAUSED: dict[str, Any] = {
    "kind": "deadline", "from": "received", "to": "decided", "within": "15 days",
    "pause": [{"from": "appraisal_started", "to": "appraisal_ended", "requires": ["appraisal_told"]}, {"from": "mediation_started", "to": "mediation_ended"}],
}  # fmt: skip


def decided(rule: dict[str, Any], *events: tuple[str, str], as_of: str = "2026-06-30", **given: Any) -> tuple[str, str | None]:
    """The verdict and the due date of dispute A, received on 1 May 2026, after these events."""
    row = {"received_at": "2026-05-01 09:00", **given.pop("row", {})}
    found = judge(rule, as_of=as_of, disputes={"A": row}, events=[("A", *e) for e in events], **given)["A"]
    due = found["due_on"]
    return found["verdict"], due.isoformat() if due else None


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([("decided", "2026-05-16 17:00")], ("pass", "2026-05-16")),
        ([("decided", "2026-05-17 09:00")], ("fail: late", "2026-05-16")),
        ([("reasoned", "2026-05-16 10:00"), ("decided", "2026-05-31 10:00")], ("pass", "2026-05-31")),
        ([("reasoned", "2026-05-16 10:00"), ("decided", "2026-06-01 10:00")], ("fail: late", "2026-05-31")),
        ([("reasoned", "2026-05-17 10:00"), ("decided", "2026-05-20 10:00")], ("fail: late", "2026-05-16")),
        ([("reasoned", "2026-05-10 10:00"), ("approved", "2026-05-30 10:00"), ("extension_told", "2026-05-31 10:00"), ("decided", "2026-06-30 10:00")],
         ("pass", "2026-06-30")),
        ([("reasoned", "2026-05-10 10:00"), ("approved", "2026-05-30 10:00"), ("extension_told", "2026-06-01 10:00"), ("decided", "2026-06-20 10:00")],
         ("fail: late", "2026-05-31")),
        ([("reasoned", "2026-05-10 10:00"), ("approved", "2026-05-30 10:00"), ("decided", "2026-06-20 10:00")], ("fail: late", "2026-05-31")),
        ([("approved", "2026-05-10 10:00"), ("extension_told", "2026-05-10 10:00"), ("decided", "2026-05-20 10:00")], ("fail: late", "2026-05-16")),
    ],
)  # fmt: skip
def test_a_longer_step_counts_only_if_what_it_requires_was_there_before_the_one_below_it_ended(
    events: list[tuple[str, str]], expected: tuple[str, str]
) -> None:
    assert decided(LADDER, *events) == expected


def test_an_extension_that_came_too_late_is_named() -> None:
    events = [("A", "reasoned", "2026-05-17 10:00"), ("A", "decided", "2026-05-20 10:00")]
    found = judge(LADDER, disputes={"A": {"received_at": "2026-05-01 09:00"}}, events=events)["A"]
    assert found["observed"] == "19; ineffective: 30 days"


TOLD = ("appraisal_told", "2026-05-06 09:00")


@pytest.mark.parametrize(
    ("events", "due"),
    [
        # the dates after the first up to and including the last: 6 to 10 May are five
        ([TOLD, ("appraisal_started", "2026-05-05 09:00"), ("appraisal_ended", "2026-05-10 09:00")], "2026-05-21"),
        # without the notice it doesn't count
        ([("appraisal_started", "2026-05-05 09:00"), ("appraisal_ended", "2026-05-10 09:00")], "2026-05-16"),
        # overlapping pauses count once: 6 to 12 May are seven
        ([TOLD, ("appraisal_started", "2026-05-05 09:00"), ("appraisal_ended", "2026-05-10 09:00"), ("mediation_started", "2026-05-08 09:00"),
          ("mediation_ended", "2026-05-12 09:00")], "2026-05-23"),
        # begun before the complaint: counted from its day on, 2 to 4 May are three
        ([("mediation_started", "2026-04-20 09:00"), ("mediation_ended", "2026-05-04 09:00")], "2026-05-19"),
        # begun on the last day, which is counted already
        ([("mediation_started", "2026-05-16 09:00"), ("mediation_ended", "2026-05-20 09:00")], "2026-05-16"),
        # begun the day before: the last day moves by the five days of 16 to 20 May
        ([("mediation_started", "2026-05-15 09:00"), ("mediation_ended", "2026-05-20 09:00")], "2026-05-21"),
        # begun in the time that an earlier pause gave: 6 to 10 May, and 21 to 25 May
        ([TOLD, ("appraisal_started", "2026-05-05 09:00"), ("appraisal_ended", "2026-05-10 09:00"), ("mediation_started", "2026-05-20 09:00"),
          ("mediation_ended", "2026-05-25 09:00")], "2026-05-26"),
        # a second start before the end belongs to the same pause
        ([("mediation_started", "2026-05-05 09:00"), ("mediation_started", "2026-05-07 09:00"), ("mediation_ended", "2026-05-10 09:00")], "2026-05-21"),
    ],
)  # fmt: skip
def test_paused_dates_are_earned_and_counted_once(events: list[tuple[str, str]], due: str) -> None:
    assert decided(PAUSED, *events, as_of="2026-06-30")[1] == due


def test_an_open_pause_leaves_no_due_date() -> None:
    events = [("mediation_started", "2026-05-05 09:00")]
    assert decided(PAUSED, *events) == ("pending: paused", None)
    assert decided(PAUSED, *events, ("decided", "2026-06-20 09:00")) == ("pass", None)


def test_a_pause_that_never_began_is_contradictory() -> None:
    assert decided(PAUSED, ("mediation_ended", "2026-05-05 09:00"))[0] == "unknown: contradictory"


def test_a_start_known_to_the_day_and_one_at_its_midnight_are_two() -> None:
    starts = [("mediation_started", "2026-05-05"), ("mediation_started", "2026-05-05 00:00")]
    ends = [("mediation_ended", "2026-05-05"), ("mediation_ended", "2026-05-08 09:00")]
    assert decided(PAUSED, *starts, *ends)[0] == "fail: open"
    # what is recorded twice is one start, and the second end has none
    assert decided(PAUSED, starts[0], starts[0], *ends)[0] == "unknown: contradictory"


def test_a_pause_of_working_days_takes_out_only_working_days() -> None:
    rule = {**PAUSED, "within": "5 working days"}
    # from Friday 8 May (5th and 9th of May 2026 are working, 1 to 5 are holidays): 9, 11, 12, 13, 14 May without a pause
    row = {"received_at": "2026-05-08 09:00"}
    assert decided(rule, row=row)[1] == "2026-05-14"
    # 12 to 18 May are paused: 12, 13, 14, 15, 18 are five working days
    assert decided(rule, ("mediation_started", "2026-05-11 09:00"), ("mediation_ended", "2026-05-18 09:00"), row=row)[1] == "2026-05-21"


def test_roll_over_comes_after_the_pauses() -> None:
    rule = {**PAUSED, "roll": "next_working_day"}
    assert decided(rule)[1] == "2026-05-18"  # 16 May 2026 is a Saturday
    assert decided(rule, ("mediation_started", "2026-05-05 09:00"), ("mediation_ended", "2026-05-06 09:00"))[1] == "2026-05-18"


RESTART = {"kind": "deadline", "from": "received", "to": "decided", "within": "15 days", "restart": ["new_material"]}


@pytest.mark.parametrize(
    ("events", "due"),
    [
        ([("new_material", "2026-05-16 09:00")], "2026-05-31"),
        ([("new_material", "2026-05-17 09:00")], "2026-05-16"),
        ([("new_material", "2026-05-10 09:00"), ("new_material", "2026-05-25 09:00")], "2026-06-09"),
        ([("new_material", "2026-05-10 09:00"), ("new_material", "2026-05-26 09:00")], "2026-05-25"),
        ([("new_material", "2026-04-10 09:00")], "2026-05-16"),
        ([("decided", "2026-05-08 09:00"), ("new_material", "2026-05-10 09:00")], "2026-05-16"),
    ],
)
def test_a_clock_begins_anew_only_while_it_runs(events: list[tuple[str, str]], due: str) -> None:
    assert decided(RESTART, *events)[1] == due


STOP = {"kind": "deadline", "from": "received", "to": "decided", "within": "15 days", "stop": ["withdrawn"]}


def test_nothing_cures() -> None:
    assert decided(STOP, ("withdrawn", "2026-05-16 09:00"))[0] == "not_applicable: stopped"
    assert decided(STOP, ("withdrawn", "2026-05-17 09:00"))[0] == "fail: open"
    assert decided(STOP, ("withdrawn", "2026-05-17 09:00"), ("decided", "2026-05-20 09:00"))[0] == "fail: late"
    assert decided(STOP, ("decided", "2026-05-08 09:00"), ("withdrawn", "2026-05-10 09:00"))[0] == "pass"


def test_a_due_date_may_be_a_column_or_the_earliest_of_several() -> None:
    rule = {"kind": "deadline", "from": "received", "to": "paid", "due": {"earliest": ["pay_due_on", "received + 30 days"]}}

    def due(**row: Any) -> str:
        found = judge(rule, subject="claims", claims={"A": {"received_at": "2026-05-01 09:00", **row}},
                      events=[{"of": "A", "subject": "claims", "activity": "paid", "occurred_at": "2026-05-25 09:00"}], columns={"claims": ["pay_due_on"]})["A"]  # fmt: skip
        return f"{found['verdict']} {found['due_on']}"

    assert due(pay_due_on="2026-05-20") == "fail: late 2026-05-20"
    assert due(pay_due_on=None) == "pass 2026-05-31"


def test_an_agreed_date_counts_only_with_its_document() -> None:
    rule = {
        "kind": "deadline",
        "from": "received",
        "to": "decided",
        "within": "15 days",
        "override": {"column": "agreed_on", "requires": ["agreement_signed"]},
    }
    row = {"agreed_on": "2026-06-10"}
    signed = ("agreement_signed", "2026-05-10 09:00")
    assert decided(rule, signed, ("decided", "2026-06-10 09:00"), row=row) == ("pass", "2026-06-10")
    assert decided(rule, ("decided", "2026-06-10 09:00"), row=row) == ("fail: late", "2026-05-16")
    assert decided(rule, signed, ("decided", "2026-05-10 09:00"), row={"agreed_on": None})[1] == "2026-05-16"


def test_any_and_all() -> None:
    rule = {"kind": "deadline", "from": "received", "within": "15 days"}
    one, other = ("told", "2026-05-10 09:00"), ("published", "2026-05-20 09:00")
    assert decided({**rule, "to": {"any": ["told", "published"]}}, one, other)[0] == "pass"
    assert decided({**rule, "to": {"all": ["told", "published"]}}, one, other)[0] == "fail: late"
    assert decided({**rule, "to": {"all": ["told", "published"]}}, one)[0] == "fail: open"


def test_paid_means_paid_in_full() -> None:
    rule = {"kind": "deadline", "from": "received", "to": {"sum": "payments.benefit", "reaches": "amount_agreed"}, "within": "15 days"}

    def paid(*payments: tuple[str, str | None], agreed: str | None = "500.00") -> dict[str, Any]:
        rows = [{"of": "A", "kind": "benefit", "paid_at": at, "amount": amount} for at, amount in payments]
        return judge(rule, disputes={"A": {"received_at": "2026-05-01 09:00", "amount_agreed": agreed}}, payments=rows)["A"]

    assert paid(("2026-05-10 09:00", "500.00"))["verdict"] == "pass"
    assert paid(("2026-05-10 09:00", "300.00"), ("2026-05-16 09:00", "200.00"))["verdict"] == "pass"
    assert paid(("2026-05-10 09:00", "300.00"), ("2026-05-17 09:00", "200.00"))["verdict"] == "fail: late"
    short = paid(("2026-05-10 09:00", "300.00"))
    assert short["verdict"] == "fail: open"
    assert "paid 300.00 of 500.00" in short["observed"]
    assert paid(("2026-05-10 09:00", "500.00"), agreed=None)["verdict"] == "unknown: missing"
    assert paid(("2026-04-10 09:00", "500.00"))["verdict"] == "fail: open"


def test_somebody_elses_clock_is_no_breach_unless_the_insurer_refused_what_came_in_time() -> None:
    rule = {"kind": "deadline", "from": "received", "to": "review_asked", "within": "30 days", "bearer": "customer", "refused": "review_refused"}
    asked = ("review_asked", "2026-05-20 09:00")
    assert decided(rule, as_of="2026-05-20") == ("pending", "2026-05-31")
    assert decided(rule, as_of="2026-06-30")[0] == "not_applicable: lapsed"
    assert decided(rule, asked)[0] == "pass"
    assert decided(rule, asked, ("review_refused", "2026-05-22 09:00"))[0] == "fail: refused"
    assert decided(rule, ("review_asked", "2026-06-05 09:00"), ("review_refused", "2026-06-06 09:00"))[0] == "not_applicable: lapsed"
