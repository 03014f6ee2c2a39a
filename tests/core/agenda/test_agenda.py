"""The agenda of an assessment: what is open is on it once, what isn't on it is counted, and what couldn't be checked is told loudly."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.projects import DEADLINE, Said, check, control, disputekit, write_pack, write_project

Capture = pytest.CaptureFixture[str]
WITHIN = 'kind = "deadline"\nfrom = "received"\nto = "closed"\nwithin = "{days} days"\nwarn = "30 days"\n'
LEDGER = """\
dispute_id,received_at,closed_at,channel,amount_claimed,unit_id,handler_id
D-1,2026-01-05T09:00:00,2026-01-12T10:00:00,phone,100.00,U-1,E-1
D-2,2026-01-06T09:00:00,2026-01-28T10:00:00,letter,200.00,U-1,E-1
D-3,2026-01-07T09:00:00,,phone,300.00,U-1,E-2
D-4,2026-01-20T09:00:00,,phone,,U-2,E-2
D-5,2026-01-08T09:00:00,,phone,5.00,,
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = write_project(tmp_path)
    (folder / "disputes.csv").write_text(LEDGER, encoding="utf-8")
    return folder


def checked(project: Path, capsys: Capture, *controls: str, options: tuple[str, ...] = ()) -> None:
    write_pack(project / "house", *controls)
    check(project, *options, capsys=capsys)


def agenda(project: Path, capsys: Capture, *options: str, code: int = 0) -> Any:
    said = disputekit(project, "agenda", "--format", "json", *options, capsys=capsys)
    assert said.code == code, said
    return json.loads(said.out)


def rows(found: Any) -> list[tuple[str, str, bool, str | None]]:
    return [(i["subject"], i["duty"], i["overdue"], i["due_on"]) for i in found["items"]]


def test_what_is_overdue_comes_first_and_then_what_is_due_by_the_last_day(project: Path, capsys: Capture) -> None:
    checked(project, capsys, control("H-1", WITHIN.format(days=15)))
    found = agenda(project, capsys)
    # received on 7 and 8 January and still open on 1 February; D-4's fifteen days end on 4 February; D-2 was done late
    assert rows(found) == [("D-3", "H-1", True, "2026-01-22"), ("D-5", "H-1", True, "2026-01-23"), ("D-4", "H-1", False, "2026-02-04")]
    assert (found["overdue"], found["due"], found["until"], found["left_out"]["done_late"]) == (2, 1, "2026-02-15", 1)


def test_the_worse_of_two_things_due_on_one_day_comes_first(project: Path, capsys: Capture) -> None:
    other = control("H-2", WITHIN.format(days=15)).replace('"high"', '"critical"')
    checked(project, capsys, control("H-1", WITHIN.format(days=15)), other)
    assert [(i["duty"], i["severity"]) for i in agenda(project, capsys)["items"][:2]] == [("H-2", "critical"), ("H-1", "high")]


def test_parallel_clocks_of_one_duty_are_one_row_with_the_earliest_day_and_all_their_controls(project: Path, capsys: Capture) -> None:
    one = control("H-1", WITHIN.format(days=40) + 'duty = "answer"')
    other = control("H-2", WITHIN.format(days=15) + 'duty = "answer"').replace("办结", "答复").replace('"Close it"', '"Answer it"')
    checked(project, capsys, one, other)
    found = agenda(project, capsys)
    assert rows(found)[0] == ("D-3", "answer", True, "2026-01-22")
    first = found["items"][0]
    assert [(c["control"], c["outcome"], c["due_on"]) for c in first["clocks"]] == [("H-2", "fail", "2026-01-22")]
    again = agenda(project, capsys, "--days", "20")["items"][0]
    assert [(c["control"], c["outcome"], c["due_on"]) for c in again["clocks"]] == [("H-2", "fail", "2026-01-22"), ("H-1", "pending", "2026-02-16")]
    assert [w["en"] for w in again["what"]] == ["Answer it", "Close it"]


def test_what_to_attach_is_told_in_the_words_of_the_register(project: Path, capsys: Capture) -> None:
    (project / "disputes.csv").write_text(LEDGER.replace("300.00", "-3.00"), encoding="utf-8")
    checked(project, capsys, control("H-1", DEADLINE), control("H-2", 'kind = "condition"\nholds = "coalesce(amount_claimed, 1) > 0"'))
    found = {i["duty"]: i["evidence"] for i in agenda(project, capsys)["items"]}
    assert [e["en"] for e in found["H-1"]] == ["Disputes (closed_at): When it was closed"]
    assert [e["en"] for e in found["H-2"]] == ["Disputes (amount_claimed): What the customer asks for, in `currency`"]


def test_what_is_due_later_than_asked_is_counted(project: Path, capsys: Capture) -> None:
    checked(project, capsys, control("H-1", WITHIN.format(days=30)))
    assert [(r[0], r[2]) for r in rows(agenda(project, capsys))] == [("D-3", False), ("D-5", False)]
    found = agenda(project, capsys, "--days", "5")
    assert (rows(found)[0][0], found["due"], found["left_out"]["later"]) == ("D-3", 1, 2)


def test_running_periods_whose_end_the_assessment_does_not_keep_are_told(project: Path, capsys: Capture) -> None:
    checked(project, capsys, control("H-1", 'kind = "deadline"\nfrom = "received"\nto = "closed"\nwithin = "30 days"'))
    found = agenda(project, capsys)
    assert (found["items"], found["unseen"]) == ([], 3)
    assert "3 periods run whose end isn't in the assessment" in disputekit(project, "agenda", capsys=capsys).out.replace("\n", " ")


def test_what_came_before_without_what_must_come_first_is_still_missing(project: Path, capsys: Capture) -> None:
    (project / "events.csv").write_text("subject_id,activity,occurred_at\nD-1,offered,2026-01-10T09:00:00\nD-2,heard,2026-01-12T09:00:00\n"
                                        "D-2,offered,2026-01-10T09:00:00\nD-5,heard,2026-01-10T09:00:00\n", encoding="utf-8")  # fmt: skip
    with (project / "disputekit.toml").open("a", encoding="utf-8") as file:
        file.write("[register.events]\npath = 'events.csv'\n[register.coverage]\nheard = { from = 2026-01-01, source = 'x', declared_by = 'y' }\n")
    checked(project, capsys, control("H-1", 'kind = "sequence"\nfirst = "heard"\nthen = "offered"'))
    found = agenda(project, capsys)
    assert (rows(found), found["left_out"]["past"]) == ([("D-1", "H-1", True, None)], 1)


# ── what can't be decided ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_handler_can_mend_is_listed_by_subject_and_apart(project: Path, capsys: Capture) -> None:
    (project / "disputes.csv").write_text(LEDGER.replace("D-5,2026-01-08T09:00:00", "D-5,soon"), encoding="utf-8")
    checked(project, capsys, control("H-1"), control("H-2", 'kind = "condition"\nholds = "amount_claimed > 0"'))
    found = agenda(project, capsys)
    assert found["in_doubt"] == 2
    assert [(d["subject"], [(q["control"], q["reason"], q["what"]["en"]) for q in d["questions"]]) for d in found["doubts"]] == [
        ("D-4", [("H-2", "missing", "Fill in what is missing in the register, with its proof")]),
        ("D-5", [("H-1", "rejected value", "Correct the value that can't be read (see rejects.parquet)")]),
    ]
    assert "D-5" not in [i["subject"] for i in found["items"]]


def test_what_no_handler_can_mend_is_counted_by_reason(project: Path, capsys: Capture) -> None:
    text = (project / "disputekit.toml").read_text("utf-8")
    (project / "disputekit.toml").write_text(text + "extracted_at = 2026-01-10T00:00:00\n", encoding="utf-8")
    checked(project, capsys, control("H-1"))
    found = agenda(project, capsys)
    assert found["items"] == found["doubts"] == []
    assert [(g["reason"], g["decisions"], g["controls"]) for g in found["gaps"]] == [("stale", 2, ["H-1"])]


def test_an_empty_agenda_of_an_assessment_with_gaps_says_so_first_and_ends_with_two(project: Path, capsys: Capture) -> None:
    checked(project, capsys, control("H-2", 'kind = "deadline"\nfrom = "received"\nto = "notices.decision.sent"\nwithin = "15 days"'))
    found = agenda(project, capsys, code=2)
    assert (found["items"], found["holes"]) == ([], ["H-2: not evaluated, notices isn't supplied"])
    told = disputekit(project, "agenda", capsys=capsys)
    assert (told.code, told.out.splitlines()[1][:26]) == (2, "This agenda isn't whole: 1")


def test_an_assessment_that_checked_nothing_gives_no_quiet_agenda(project: Path, capsys: Capture) -> None:
    write_project(project, packs=())
    check(project, capsys=capsys)
    assert agenda(project, capsys, code=2)["holes"] == ["no controls: nothing was checked"]


def test_waived_findings_are_counted_and_not_listed(project: Path, capsys: Capture) -> None:
    checked(project, capsys, control("H-1"))
    draft = disputekit(project, "waiver", "draft", "H-1", "D-3", capsys=capsys).out
    for name, value in (("reason", "x"), ("requested_by", "Li"), ("approved_by", "Wang")):
        draft = draft.replace(f'{name} = ""', f'{name} = "{value}"')
    draft = draft.replace('approved_on = ""', "approved_on = 2026-01-30").replace('expires_on = ""', "expires_on = 2026-12-31")
    (project / "waivers.toml").write_text(draft, encoding="utf-8")
    check(project, "--replace", capsys=capsys)
    found = agenda(project, capsys)
    assert ([r[0] for r in rows(found)], found["left_out"]["waived"]) == (["D-5"], 1)


# ── whose it is ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_only_a_unit_and_a_handler_and_what_names_none_is_counted(project: Path, capsys: Capture) -> None:
    checked(project, capsys, control("H-1", WITHIN.format(days=15)))
    found = agenda(project, capsys, "--unit", "U-1")
    assert ([r[0] for r in rows(found)], found["left_out"]["elsewhere"]) == (["D-3"], 1)
    assert [r[0] for r in rows(agenda(project, capsys, "--handler", "E-2"))] == ["D-3", "D-4"]
    assert [r[0] for r in rows(agenda(project, capsys, "--handler", "E-2", "--unit", "U-2"))] == ["D-4"]
    assert rows(agenda(project, capsys, "--handler", "nobody")) == []


# ── how much, and of what ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_bounded_list_says_how_much_more_there_is(project: Path, capsys: Capture) -> None:
    checked(project, capsys, control("H-1", WITHIN.format(days=15)))
    said = disputekit(project, "agenda", "--limit", "1", capsys=capsys)
    assert "2 overdue, 1 due up to 2026-02-15" in said.out
    assert "The first 1 are listed; 2 more aren't" in said.out
    assert "D-3" in said.out and "D-5" not in said.out
    found = agenda(project, capsys, "--limit", "1")
    assert (len(found["items"]), found["overdue"], found["due"]) == (1, 2, 1)


def test_findings_that_were_changed_are_refused(project: Path, capsys: Capture) -> None:
    checked(project, capsys, control("H-1"))
    part = project / "assessments" / "2026-02-01" / "findings" / "H-1.parquet"
    part.write_bytes(part.read_bytes() + b" ")
    said = disputekit(project, "agenda", capsys=capsys)
    assert (said.code, "it was changed or spoilt" in said.err) == (2, True)


def test_the_newest_assessment_is_meant_unless_one_is_named(project: Path, capsys: Capture) -> None:
    none: Said = disputekit(project, "agenda", capsys=capsys)
    assert (none.code, "there is no assessment yet" in none.err) == (2, True)
    checked(project, capsys, control("H-1"))
    disputekit(project, "check", "--as-of", "2026-01-25", capsys=capsys)
    assert agenda(project, capsys)["as_of"] == "2026-02-01"
    assert agenda(project, capsys, str(project / "assessments" / "2026-01-25"))["as_of"] == "2026-01-25"


def test_it_needs_no_project_where_an_assessment_is_named(project: Path, capsys: Capture, tmp_path_factory: pytest.TempPathFactory) -> None:
    checked(project, capsys, control("H-1"))
    elsewhere = tmp_path_factory.mktemp("nothing")
    assert len(agenda(elsewhere, capsys, str(project / "assessments" / "2026-02-01"))["items"]) == 2


def test_the_same_assessment_gives_the_same_files(project: Path, capsys: Capture) -> None:
    checked(project, capsys, control("H-1", WITHIN.format(days=15)))
    for form in ("json", "ics", "xlsx"):
        for number in (1, 2):
            disputekit(project, "agenda", "--format", form, "--out", str(project / f"{number}.{form}"), capsys=capsys)
        assert (project / f"1.{form}").read_bytes() == (project / f"2.{form}").read_bytes()


# ── the calendar ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def calendar(project: Path, capsys: Capture, *options: str) -> list[Any]:
    """The entries of the calendar, read back."""
    from icalendar import Calendar

    file = project / "agenda.ics"
    disputekit(project, "agenda", "--format", "ics", "--out", str(file), *options, capsys=capsys)
    return list(Calendar.from_ical(file.read_bytes()).walk("VEVENT"))


def test_each_thing_is_an_all_day_entry_on_its_due_date_and_what_is_overdue_stands_where_it_is_seen(project: Path, capsys: Capture) -> None:
    checked(project, capsys, control("H-1", WITHIN.format(days=15)))
    entries = calendar(project, capsys)[1:]
    assert [(str(e["summary"]), e.decoded("dtstart"), e.decoded("dtend"), str(e["description"]).splitlines()[0]) for e in entries] == [
        ("D-3 Close in time", date(2026, 2, 1), date(2026, 2, 2), "Overdue since 2026-01-22"),
        ("D-5 Close in time", date(2026, 2, 1), date(2026, 2, 2), "Overdue since 2026-01-23"),
        ("D-4 Close in time", date(2026, 2, 4), date(2026, 2, 5), "due"),
    ]  # fmt: skip


def test_an_entry_keeps_its_identity_from_day_to_day_and_no_two_share_one(project: Path, capsys: Capture) -> None:
    checked(project, capsys, control("H-1", WITHIN.format(days=15)), control("H-2", WITHIN.format(days=16)))
    first = {str(e["summary"]): [str(x["uid"]) for x in calendar(project, capsys) if x["summary"] == e["summary"]] for e in calendar(project, capsys)}
    uids = [uid for some in first.values() for uid in some]
    assert len(set(uids)) == len(uids) == 7
    disputekit(project, "check", "--as-of", "2026-02-02", capsys=capsys)
    assert {str(e["uid"]) for e in calendar(project, capsys)} == set(uids)


def test_a_calendar_names_no_person(project: Path, capsys: Capture) -> None:
    checked(project, capsys, control("H-1"))
    calendar(project, capsys)
    text = (project / "agenda.ics").read_text("utf-8")
    assert "D-3" in text
    assert "E-2" not in text


def test_a_calendar_that_is_not_whole_says_so_on_the_day_of_the_assessment(project: Path, capsys: Capture) -> None:
    absent = 'kind = "deadline"\nfrom = "received"\nto = "notices.decision.sent"\nwithin = "15 days"'
    checked(project, capsys, control("H-1"), control("H-2", absent))
    first = calendar(project, capsys)[0]
    assert first.decoded("dtstart") == date(2026, 2, 1)
    assert str(first["summary"]).startswith("This agenda isn't whole")
    assert "notices isn't supplied" in str(first["description"])


# ── the workbook ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_workbook_has_real_dates_and_text_that_is_never_a_formula(project: Path, capsys: Capture) -> None:
    from python_calamine import CalamineWorkbook

    evil = "=HYPERLINK(1)"
    (project / "disputes.csv").write_text(LEDGER.replace("D-3", evil).replace("D-5", "0001.25"), encoding="utf-8")
    checked(project, capsys, control("H-1", WITHIN.format(days=15)))
    file = project / "agenda.xlsx"
    disputekit(project, "agenda", "--format", "xlsx", "--out", str(file), capsys=capsys)
    book = CalamineWorkbook.from_path(str(file))
    assert book.sheet_names == ["To do", "To look into", "Not decided", "Left out"]
    found = book.get_sheet_by_name("To do").to_python(skip_empty_area=False)
    (top,) = [n for n, row in enumerate(found) if row[0] == "State"]
    column = {name: n for n, name in enumerate(found[top])}
    some = [(row[column["State"]], row[column["Due"]], row[column["Days left"]], row[column["Subject"]]) for row in found[top + 1 :]]
    assert some == [("overdue", date(2026, 1, 22), -10, evil), ("overdue", date(2026, 1, 23), -9, "0001.25"), ("due", date(2026, 2, 4), 3, "D-4")]


def test_a_workbook_needs_a_file(project: Path, capsys: Capture) -> None:
    said = disputekit(project, "agenda", "--format", "xlsx", capsys=capsys)
    assert (said.code, "--out" in said.err) == (2, True)
