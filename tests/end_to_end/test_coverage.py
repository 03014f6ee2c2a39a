""" "Did not happen" and "isn't recorded here" are different things, and every assumption about that is said."""

from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.running import Ended, called, manifest, rows, tallies
from tests.projects import control, write_pack, write_project

AS_OF = "2026-02-01"
DISPUTES = """\
dispute_id,received_at,closed_at
D-1,2026-01-05T09:00:00,2026-01-08T10:00:00
D-2,2026-01-12T09:00:00,
D-3,2026-01-15T09:00:00,2026-03-01T10:00:00
"""
EVENTS = """\
subject_id,activity,occurred_at
D-1,contacted,2026-01-06T09:00:00
D-1,visited,2026-01-14T09:00:00
D-3,visited,2026-02-20T09:00:00
"""
CONTACT = 'kind = "deadline"\nfrom = "received"\nto = "contacted"\nwithin = "5 days"'


class Checked:
    def __init__(self, folder: Path, ended: Ended) -> None:
        self.folder, self.ended = folder, ended

    def verdicts(self, id_: str = "H-1") -> dict[str, str]:
        """Of every subject that has a finding."""
        return {subject: f"{outcome}: {reason}" for subject, outcome, reason in rows(self.folder, id_, "subject, outcome, reason")}

    def coverage(self) -> list[Any]:
        return [(c["what"], c["from_on"], c["basis"]) for c in manifest(self.folder)["coverage"]]

    @property
    def said(self) -> str:
        """The summary, however it is folded."""
        return " ".join(self.ended.out.split())


def checked(folder: Path, rest: str = CONTACT, *, ledger: str = "", events: str | None = "", coverage: str = "") -> Checked:
    """A project of three disputes and three events; `ledger`, `events`: more of their sources' settings, None for no events."""
    write_pack(folder / "house", control(rest=rest))
    more = ledger if events is None else f"{ledger}[register.events]\npath = 'events.csv'\n{events}"
    write_project(folder, more=more + (f"[register.coverage]\n{coverage}\n" if coverage else ""))
    (folder / "disputes.csv").write_text(DISPUTES, encoding="utf-8")
    (folder / "events.csv").write_text(EVENTS, encoding="utf-8")
    return Checked(folder / "assessments" / AS_OF, called("--project", folder, "check", "--as-of", AS_OF))


# ── declared ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["contacted", "events", '"events.contacted"'])
def test_what_is_absent_is_missed_only_from_the_day_on_that_is_declared(name: str, tmp_path: Path) -> None:
    found = checked(tmp_path, coverage=f"{name} = {{ from = 2026-01-13 }}")
    assert found.verdicts() == {"D-2": "unknown: not covered", "D-3": "fail: open"}
    assert found.coverage() == [("contacted", "2026-01-13", "declared")]
    assert "Taken as complete" not in found.said


def test_an_activity_declared_by_itself_goes_before_its_table(tmp_path: Path) -> None:
    found = checked(tmp_path, coverage="events = { from = 2025-01-01 }\ncontacted = { from = 2026-06-01 }")
    assert found.verdicts() == {"D-2": "unknown: not covered", "D-3": "unknown: not covered"}


def test_what_is_there_needs_no_coverage(tmp_path: Path) -> None:
    assert "D-1" not in checked(tmp_path, coverage="contacted = { from = 2027-01-01 }").verdicts()


# ── extracted ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_absent_after_the_extract_is_unknown(tmp_path: Path) -> None:
    found = checked(tmp_path, events="extracted_at = 2026-01-19T06:00:00\n", coverage="events = { from = 2025-01-01 }")
    # D-2 was due on the 17th, before the extract; D-3 on the 20th, after it
    assert found.verdicts() == {"D-2": "fail: open", "D-3": "unknown: stale"}
    assert "No extracted_at, taken as fresh: Disputes" in found.said
    assert {t["table"]: t["extracted_at"] for t in manifest(found.folder)["tables"]} == {"disputes": None, "events": "2026-01-19T06:00:00"}


def test_a_column_is_as_fresh_as_its_ledger(tmp_path: Path) -> None:
    closing = 'kind = "deadline"\nfrom = "received"\nto = "closed"\nwithin = "5 days"'
    found = checked(tmp_path, closing, ledger="extracted_at = 2026-01-19T06:00:00\n")
    assert found.verdicts() == {"D-2": "fail: open", "D-3": "unknown: stale"}


# ── assumed ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_activity_counts_as_complete_from_its_first_occurrence_and_that_is_said(tmp_path: Path) -> None:
    found = checked(tmp_path)
    assert found.verdicts() == {"D-2": "fail: open", "D-3": "fail: open"}
    assert found.coverage() == [("contacted", "2026-01-06", "first occurrence")]
    assert "Taken as complete from its first occurrence on: contacted (2026-01-06)" in found.said
    assert "No extracted_at, taken as fresh: Disputes, Events" in found.said


def test_before_its_first_occurrence_an_activity_proves_nothing(tmp_path: Path) -> None:
    found = checked(tmp_path, CONTACT.replace("contacted", "visited"))
    # the first visit was on the 14th: D-2, of the 12th, lies before it
    assert found.verdicts() == {"D-1": "fail: late", "D-2": "unknown: not covered", "D-3": "fail: open"}


def test_an_activity_that_never_occurs_is_not_covered_and_that_is_said(tmp_path: Path) -> None:
    found = checked(tmp_path, CONTACT.replace("contacted", "telephoned"))
    assert tallies(found.folder) == {"H-1": {"unknown: not covered": 3}}
    assert found.coverage() == [("telephoned", None, "never occurs")]
    assert "Never occurs and isn't declared, so its absence proves nothing: telephoned" in found.said
    assert found.ended.code == 2


def test_what_must_not_happen_is_no_pass_where_nobody_would_have_recorded_it(tmp_path: Path) -> None:
    threats = 'kind = "forbidden"\nactivity = "threatened"'
    assert tallies(checked(tmp_path / "a", threats).folder) == {"H-1": {"unknown: not covered": 3}}
    assert tallies(checked(tmp_path / "b", threats, coverage="events = { from = 2026-01-13 }").folder) == {
        "H-1": {"unknown: not covered": 2, "pass": 1}
    }


def test_a_sort_of_record_that_must_not_be_there_is_found_by_its_moment(tmp_path: Path) -> None:
    (tmp_path / "payments.csv").write_text("subject_id,kind,paid_at,amount\nD-1,benefit,2026-01-20T09:00:00,1.00\nD-1,fee,2026-01-03T09:00:00,1.00\n")
    payments = "[register.payments]\npath = 'payments.csv'\n"
    found = checked(
        tmp_path, 'kind = "forbidden"\nrecord = "payments.benefit"\nfrom = "received"', events=payments, coverage="payments = { from = 2025-01-01 }"
    )
    assert tallies(found.folder) == {"H-1": {"fail: happened": 1, "pass": 2}}


# ── not supplied ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_missing_table_is_one_finding_for_each_control_and_all_subjects_are_counted(tmp_path: Path) -> None:
    found = checked(tmp_path, events=None)
    assert rows(found.folder, "H-1", "subject, outcome, reason, observed") == [(None, "unknown", "not supplied", "events")]
    assert tallies(found.folder) == {"H-1": {"unknown: not supplied": 3}}
    (result,) = manifest(found.folder)["controls"]
    assert (result["absent"], result["subjects"], result["findings"]) == (["events"], 3, 1)
    assert "H-1: not evaluated, events isn't supplied" in found.said
    assert found.ended.code == 2


@pytest.mark.parametrize(
    ("rest", "absent"),
    [
        ('kind = "vocabulary"\ncolumn = "events.activity"\nvalues = ["contacted"]', "events"),
        ('kind = "forbidden"\nrecord = "payments.benefit"', "payments"),
        ('kind = "condition"\nholds = "amount_claimed > 0"', "disputes.amount_claimed"),
        ('kind = "condition"\nholds = "contract.line = \'life\'"', "contracts"),
        ('kind = "documents"\nkinds = ["contract"]', "documents"),
    ],
)
def test_whatever_a_control_reads_and_nobody_supplies_is_named(rest: str, absent: str, tmp_path: Path) -> None:
    found = checked(tmp_path, rest, events=None)
    assert found.ended.code == 2, found.ended.err
    assert tallies(found.folder) == {"H-1": {"unknown: not supplied": 3}}
    assert manifest(found.folder)["controls"][0]["absent"] == [absent]


# ── after the day ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_lies_after_the_day_has_not_happened_and_is_counted(tmp_path: Path) -> None:
    closing = 'kind = "deadline"\nfrom = "received"\nto = "closed"\nwithin = "15 days"'
    found = checked(tmp_path, closing)
    # D-3 was closed on 1 March: on the day it was open, and late
    assert rows(found.folder, "H-1", "subject, outcome, reason, done_at") == [("D-2", "fail", "open", None), ("D-3", "fail", "open", None)]
    assert {t["table"]: t["hidden"] for t in manifest(found.folder)["tables"]} == {"disputes": {"closed_at": 1}, "events": {"occurred_at": 1}}
    assert "Disputes: 1 values of closed_at lie after the day and count as not having happened" in found.said


def test_the_day_itself_is_evaluated_at_its_end(tmp_path: Path) -> None:
    checked(tmp_path, CONTACT.replace("contacted", "visited"))
    for day, hidden in (("2026-02-19", 1), ("2026-02-20", 0)):
        assert called("--project", tmp_path, "check", "--as-of", day).code in (1, 2)
        table = next(t for t in manifest(tmp_path / "assessments" / day)["tables"] if t["table"] == "events")
        assert sum(table["hidden"].values()) == hidden
