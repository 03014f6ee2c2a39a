"""`explain` says of one subject what was read where, which number held and why, and how it was decided, in both of two ways."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.running import Ended, called
from tests.projects import control, write_pack, write_project

import disputekit.explain.explained as deciding
from disputekit.config import load_project
from disputekit.core import Core
from disputekit.outcomes import Verdict

LEDGER = """\
dispute_id,received_at,closed_at,channel,contract_id
D-1,2026-01-05T09:00:00,2026-01-12T10:00:00,phone,C-1
D-2,2026-01-06T09:00:00,2026-03-01T10:00:00,letter,C-1
D-3,2026-01-07T09:00:00,,phone,C-9
D-4,2026-01-08T09:00:00,2026-13-40,phone,C-1
D-5,,,phone,C-1
D-6,2026-02-20T09:00:00,2026-02-23T10:00:00,internal,C-1
"""
EVENTS = """\
subject_id,activity,occurred_at
D-2,reasoned,2026-01-22T09:00:00
D-3,reasoned,2026-01-10T09:00:00
D-3,appraisal_started,2026-01-12T09:00:00
D-3,appraisal_ended,2026-01-15T09:00:00
D-1,survey_started,2026-01-06T09:00:00
D-1,survey_ended,2026-01-08T09:00:00
D-3,reasoned,2026-05-01T09:00:00
"""
PARAMETERS = """\
[parameters.days]
title = { zh = "期限", en = "Time to close" }
basis = "practice"
values = [ { value = "15 days" }, { from = 2026-02-01, value = "10 days" } ]
"""
CLOSE = 'kind = "deadline"\nfrom = "received"\nto = "closed"\n'
LADDER = (
    CLOSE
    + """steps = [{ within = "$days" }, { within = "30 days", requires = ["reasoned"] }]
pause = [{ from = "appraisal_started", to = "appraisal_ended" }, { from = "survey_started", to = "survey_ended", requires = ["survey_told"] }]"""
)
CONTROLS = (
    control("PLAIN", CLOSE + 'within = "$days"\nwhere = "channel <> \'internal\'"'), control("LADDER", LADDER),
    control("WORKING", CLOSE + 'within = "5 working days"'), control("ORDER", 'kind = "sequence"\nfirst = "reasoned"\nthen = "closed"'),
    control("PHONE", 'kind = "condition"\nholds = "contract.line = \'motor\'"'), control("HOURS", CLOSE + 'within = "24 hours"'),
    control("DRAFT", CLOSE + 'within = "5 days"\nstatus = "draft"'), control("ABSENT", CLOSE.replace('"closed"', '"notices.x.sent"') + 'within = "5 days"'),
)  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explained")
    write_pack(folder / "house", PARAMETERS, *CONTROLS)
    more = ("[register.events]\npath = 'events.csv'\n[register.contracts]\npath = 'contracts.csv'\n[register.coverage]\nevents = { from = 2025-01-01 }\n"
            "[parameters.house]\ndays = { from = 2026-02-15, value = '2 days' }\n")  # fmt: skip
    write_project(folder, more=more)
    (folder / "disputes.csv").write_text(LEDGER, encoding="utf-8")
    (folder / "events.csv").write_text(EVENTS, encoding="utf-8")
    (folder / "contracts.csv").write_text("contract_id,line\nC-1,motor\n", encoding="utf-8")
    return folder


def explain(project: Path, *arguments: str, as_of: str = "2026-03-31") -> Ended:
    return called("--project", project, "explain", *arguments, "--as-of", as_of)


def lines(project: Path, *arguments: str, **options: Any) -> list[str]:
    ended = explain(project, *arguments, **options)
    assert (ended.code, ended.err) == (0, "")
    return [line.strip() for line in ended.out.splitlines()]


def test_facts_are_shown_with_their_file_and_record(project: Path) -> None:
    told = lines(project, "LADDER", "D-3")
    assert "received: 2026-01-07 09:00 (disputes.csv, record 3)" in told
    assert "appraisal_ended: 2026-01-15 09:00 (events.csv, record 4)" in told
    assert "closed: nothing is recorded" in told
    assert "survey_told: nothing is recorded; recorded completely from 2025-01-01 on, as declared" in told


def test_what_lies_after_the_day_is_shown_as_that(project: Path) -> None:
    assert "reasoned: 2026-05-01 09:00 (events.csv, record 7): it lies after the day of the check, and counts as not having happened" in lines(
        project, "LADDER", "D-3"
    )


def test_a_cell_that_could_not_be_read_is_quoted(project: Path) -> None:
    told = lines(project, "PLAIN", "D-4")
    assert any(t.startswith("closed: couldn't be read: '2026-13-40' (") and t.endswith("(disputes.csv, record 4)") for t in told)
    assert told[told.index("The outcome") + 1] == "unknown: rejected value"


def test_the_number_that_held_is_named_with_why(project: Path) -> None:
    told = lines(project, "PLAIN", "D-2")
    assert "$days is 15 days: on 2026-01-06, on which it depends, the value that has always held holds" in told
    assert "$days becomes 2 days on 2026-02-15, which is later" in told
    own = lines(project, "LADDER", "D-6")
    assert any(t.startswith("$days is 2 days: on 2026-02-20") and t.endswith("which the organisation set itself in disputekit.toml") for t in own)


def test_a_step_that_counts_and_a_pause_are_counted_out_day_by_day(project: Path) -> None:
    told = lines(project, "LADDER", "D-3")
    assert "The pause from 2026-01-12 to 2026-01-15 is counted from the day after its first to its last, if the clock still ran when it began" in told
    begun = told.index("2026-01-08 – 2026-01-12: day 1–5")
    assert told[begun + 1 : begun + 4] == [
        "2026-01-13 – 2026-01-15: paused",
        "2026-01-16 – 2026-01-25: day 6–15",
        "15 days: the last day is 2026-01-25",
    ]
    assert "The step of 30 days counts: reasoned was there before the step below it had ended" in told
    assert "30 days: the last day is 2026-02-09" in told
    assert told[told.index("The outcome") + 1] == "fail: open"


def test_a_step_and_a_pause_that_do_not_count_say_why(project: Path) -> None:
    assert "The step of 30 days doesn't count: by 2026-01-21 there had to be reasoned (2026-01-22 09:00)" in lines(project, "LADDER", "D-2")
    assert "The pause from 2026-01-06 to 2026-01-08 isn't counted: it requires survey_told, which isn't there" in lines(project, "LADDER", "D-1")


def test_working_days_are_counted_out(project: Path) -> None:
    told = lines(project, "WORKING", "D-1")
    begun = told.index("2026-01-06 – 2026-01-09: day 1–4")
    assert told[begun + 1 : begun + 4] == ["2026-01-10 – 2026-01-11: days of rest", "2026-01-12: day 5", "5 working days: the last day is 2026-01-12"]


@pytest.mark.parametrize(
    ("control", "subject", "outcome", "says"),
    [
        ("PLAIN", "D-1", "pass", "It was done on 2026-01-12 10:00"),
        ("PLAIN", "D-6", "not_applicable: not concerned", "The control is for channel <> 'internal': it doesn't hold"),
        ("PLAIN", "D-5", "unknown: missing", "Something that it needs isn't recorded."),
        ("HOURS", "D-1", "fail: late", "The clock starts with received at 2026-01-05 09:00"),
        ("ORDER", "D-2", "pass", "Decided twice, by the query and by a walk over these facts: both come to the same"),
        ("ORDER", "D-3", "not_applicable: not begun", "What the control begins with hasn't happened, so that there is nothing to judge."),
        ("PHONE", "D-1", "pass", "contract.line: motor (contracts.csv, record 1)"),
        ("PHONE", "D-3", "unknown: missing", "contract.line: empty (there is no such row)"),
        ("ABSENT", "D-1", "unknown: not supplied", "Not supplied: notices"),
    ],
)
def test_every_outcome_is_explained(control: str, subject: str, outcome: str, says: str, project: Path) -> None:
    told = lines(project, control, subject)
    assert told[told.index("The outcome") + 1] == outcome
    assert says in told


def test_every_subject_of_every_control_is_decided_alike_in_both_ways(project: Path) -> None:
    for name in ("PLAIN", "LADDER", "WORKING", "ORDER", "PHONE", "HOURS"):
        with deciding.deciding(load_project(project), name, date(2026, 3, 31)) as decided:
            for number in range(1, 7):
                found = decided(f"D-{number}")
                assert (found.disagree, found.walked is not None) == (False, True), (name, number)


def test_two_ways_that_do_not_agree_are_said_aloud_and_are_two(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # a kind of the core whose walk errs: no plugin may replace one of its kinds
    def kinds(self: Core) -> Any:
        return [replace(k, oracle=lambda rule, case: Verdict("pass")) if k.name == "deadline" else k for k in original(self)]

    original = Core.register_rule_kinds
    monkeypatch.setattr(Core, "register_rule_kinds", marked(kinds, original))
    ended = explain(project, "PLAIN", "D-2")
    assert ended.code == 2
    assert ended.err == "The query and the walk over the same facts don't agree: fail: late against pass. Trust neither, and report it\n"
    assert "CONTRADICTION: the query says fail: late, and the walk over the same facts says pass" in ended.out


def marked(function: Any, original: Any) -> Any:
    function.__dict__.update(original.__dict__)
    return function


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("PLANE", "D-1"), "PLANE: no such control is enabled. Did you mean 'PLAIN'?"), (("PLAIN", "D-9"), "D-9: disputes have no such subject"),
        (("DRAFT", "D-1"), "DRAFT: is a draft or retired, so it isn't evaluated"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_two(arguments: tuple[str, str], says: str, project: Path) -> None:
    ended = explain(project, *arguments)
    assert (ended.code, ended.out, ended.err) == (2, "", says + "\n")


def test_the_queries_are_shown_on_demand(project: Path) -> None:
    assert "create or replace temp table result" not in explain(project, "PLAIN", "D-1").out
    assert "create or replace temp table result" in explain(project, "PLAIN", "D-1", "--sql").out


def test_it_speaks_chinese(project: Path) -> None:
    ended = called("--project", project, "--language", "zh", "explain", "PLAIN", "D-2", "--as-of", "2026-03-31")
    assert ended.code == 0
    assert "PLAIN: 按期办结" in ended.out


def test_an_assessment_gives_the_day_and_is_compared(project: Path, tmp_path: Path) -> None:
    place = tmp_path / "february"
    called("--project", project, "check", "--as-of", "2026-02-01", "--out", place)
    ended = called("--project", project, "explain", "PLAIN", "D-3", "--assessment", place)
    assert (ended.code, "otherwise" in ended.out) == (0, False)
    assert "PLAIN, D-3, as of 2026-02-01" in ended.out
    ledger = project / "disputes.csv"
    try:
        ledger.write_text(LEDGER.replace("D-3,2026-01-07T09:00:00,,", "D-3,2026-01-07T09:00:00,2026-01-08,"), encoding="utf-8")
        ended = called("--project", project, "explain", "PLAIN", "D-3", "--assessment", place)
    finally:
        ledger.write_text(LEDGER, encoding="utf-8")
    assert "The assessment said otherwise: fail: open. Register, packs or waivers have changed since" in ended.out


def test_waivers_and_dispositions_are_told(project: Path) -> None:
    called("--project", project, "check", "--as-of", "2026-03-30", "--replace")
    facts = called("--project", project, "waiver", "draft", "PLAIN", "D-2").out.partition("[waiver.facts]")[2]
    signed = (
        'id = "W-1"\ncontrol = "PLAIN"\nreason = "flood"\nrequested_by = "A"\napproved_by = "B"\napproved_on = 2026-03-01\nexpires_on = 2026-12-31\n'
    )
    disposed = ('[[disposition]]\nid = "P-1"\ncontrol = "PLAIN"\nsubject = "D-2"\nkind = "data_error"\ncorrection = "x"\nrequested_by = "A"\n'
                'decided_by = "B"\ndecided_on = 2026-03-01\n')  # fmt: skip
    try:
        (project / "waivers.toml").write_text(f"[[waiver]]\n{signed}[waiver.facts]{facts}", encoding="utf-8")
        (project / "dispositions.toml").write_text(disposed, encoding="utf-8")
        told = lines(project, "PLAIN", "D-2")
        early = lines(project, "PLAIN", "D-2", as_of="2026-02-28")
    finally:
        for name in ("waivers.toml", "dispositions.toml"):
            (project / name).unlink()
    people = "(requested by A, approved by B on 2026-03-01, until 2026-12-31)"
    assert f"Waived by W-1: flood {people}" in told
    assert "Disposition P-1: data_error, requested by A, decided by B on 2026-03-01; the finding stays and counts" in told
    assert f"Waiver W-1 doesn't hold on 2026-02-28 {people}" in early


def test_a_case_is_made_as_the_register_has_it(project: Path) -> None:

    told = deciding.explained(load_project(project), "LADDER", "D-3", date(2026, 3, 31)).told
    assert told is not None
    assert told.case.row["received_at"] == datetime(2026, 1, 7, 9)
    assert [r["activity"] for r in told.case.records["events"]] == ["reasoned", "appraisal_started", "appraisal_ended", "reasoned"]
    assert told.case.required == {"dispute_id", "received_at"}
