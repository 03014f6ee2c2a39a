"""Waivers and dispositions stand beside findings: what they change is the exit code, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.running import Ended, called, manifest, rows, tallies
from tests.projects import DEADLINE, control, write_pack, write_project

LEDGER = """\
dispute_id,received_at,closed_at,channel,handler_id
D-1,2026-01-05T09:00:00,2026-01-12T10:00:00,phone,Li
D-2,2026-01-06T09:00:00,2026-01-25T10:00:00,letter,Wang
D-3,2026-01-07T09:00:00,,phone,Li
"""
HEAD = '[[waiver]]\nid = "W-1"\ncontrol = "H-1"\nreason = "strike of the post"\n'
SIGNED = 'requested_by = "Zhao"\napproved_by = "Qian"\napproved_on = 2026-01-30\nexpires_on = 2026-12-31\n'
LAW = '[instruments.act]\ntitle = { zh = "法", en = "Act" }\nin_force = 2020-01-01\nreviewed_on = 2026-01-01\n'
BY_LAW = control("L-1").replace('basis = "practice"', 'basis = "law"\ncite = "act art. 7"')
DISPOSED = '[[disposition]]\nid = "P-1"\ncontrol = "L-1"\nsubject = "D-2"\nrequested_by = "Zhao"\ndecided_by = "Qian"\ndecided_on = 2026-01-30\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two breaches of house practice: D-2 was closed late, D-3 is still open."""
    write_pack(tmp_path / "house", control())
    write_project(tmp_path)
    (tmp_path / "disputes.csv").write_text(LEDGER, encoding="utf-8")
    return tmp_path


def check(project: Path, as_of: str = "2026-02-01", *options: str) -> Ended:
    return called("--project", project, "check", "--as-of", as_of, "--replace", *options)


def found(project: Path, as_of: str = "2026-02-01") -> Path:
    return project / "assessments" / as_of


def facts(project: Path, *subjects: str, control: str = "H-1") -> str:
    ended = called("--project", project, "waiver", "draft", control, *subjects)
    assert ended.code == 0, ended.err
    return ended.out.partition("[waiver.facts]")[2]


def waive(project: Path, *subjects: str, signed: str = SIGNED, more: str = "") -> None:
    check(project)
    (project / "waivers.toml").write_text(f"{HEAD}{signed}{more}[waiver.facts]{facts(project, *subjects)}", encoding="utf-8")


def waiver(project: Path, as_of: str = "2026-02-01") -> Any:
    (used,) = manifest(found(project, as_of))["waivers"]
    return used


def waived(project: Path, as_of: str = "2026-02-01") -> list[Any]:
    return rows(found(project, as_of), "H-1", "subject, outcome, waiver")


def test_a_waived_finding_stays_and_only_the_exit_code_changes(project: Path) -> None:
    assert check(project).code == 1
    before = tallies(found(project))
    waive(project, "D-2", "D-3")
    ended = check(project)
    assert ended.code == 0
    assert tallies(found(project)) == before == {"H-1": {"fail: late": 1, "fail: open": 1, "pass": 1}}
    assert waived(project) == [("D-2", "fail", "W-1"), ("D-3", "fail", "W-1")]
    (result,) = manifest(found(project))["controls"]
    assert (result["waived"], result["findings"]) == (2, 2)
    assert (waiver(project)["state"], waiver(project)["in_force"]) == ("in force", ["D-2", "D-3"])
    assert "Waived, and not counted for the exit code: H-1 (2)" in " ".join(ended.out.split())


def test_what_is_not_waived_still_counts(project: Path) -> None:
    waive(project, "D-2")
    ended = check(project, "2026-02-01", "--format", "json")
    assert (ended.code, json.loads(ended.out)["conclusion"]["failing"]) == (1, ["H-1"])
    assert waived(project) == [("D-2", "fail", "W-1"), ("D-3", "fail", None)]


def test_a_waiver_does_not_go_stale_because_days_pass(project: Path) -> None:
    waive(project, "D-2", "D-3")
    for as_of in ("2026-02-02", "2026-06-30", "2026-12-31"):
        assert check(project, as_of).code == 0
        assert waived(project, as_of) == [("D-2", "fail", "W-1"), ("D-3", "fail", "W-1")]


@pytest.mark.parametrize(
    ("was", "now"),
    [("D-3,2026-01-07T09:00:00,,", "D-3,2026-01-07T09:00:00,2026-01-31T10:00:00,"), ("D-3,2026-01-07", "D-3,2026-01-08")],
    ids=["open becomes late", "another start"],
)
def test_a_waiver_is_stale_once_the_facts_have_changed(was: str, now: str, project: Path) -> None:
    waive(project, "D-2", "D-3")
    ledger = project / "disputes.csv"
    ledger.write_text(ledger.read_text("utf-8").replace(was, now), encoding="utf-8")
    ended = check(project, "2026-02-01", "--format", "json")
    assert (ended.code, json.loads(ended.out)["conclusion"]["failing"]) == (1, ["H-1", "waiver W-1"])
    assert waived(project) == [("D-2", "fail", "W-1"), ("D-3", "fail", None)]
    assert (waiver(project)["state"], waiver(project)["stale"]) == ("stale", ["D-3"])


def test_an_expired_waiver_waives_nothing_and_is_a_finding(project: Path) -> None:
    waive(project, "D-2", "D-3")
    ended = check(project, "2027-01-01")
    assert ended.code == 1
    assert waived(project, "2027-01-01") == [("D-2", "fail", None), ("D-3", "fail", None)]
    assert waiver(project, "2027-01-01")["state"] == "expired"
    assert "Waiver W-1 of H-1 expired on 2026-12-31" in " ".join(ended.out.split())


def test_a_waiver_waives_nothing_on_a_day_before_its_approval(project: Path) -> None:
    waive(project, "D-2", "D-3")
    assert check(project, "2026-01-29").code == 1
    assert {w for _, _, w in waived(project, "2026-01-29")} == {None}
    assert waiver(project, "2026-01-29")["state"] == "not yet"


def test_an_unused_waiver_is_a_finding_at_the_severity_of_its_control(project: Path) -> None:
    waive(project, "D-2", "D-3")
    ledger = project / "disputes.csv"
    ledger.write_text(LEDGER.replace("2026-01-25", "2026-01-12").replace("07T09:00:00,,", "07T09:00:00,2026-01-08,"), encoding="utf-8")
    ended = check(project, "2026-02-01", "--format", "json")
    assert (ended.code, json.loads(ended.out)["conclusion"]["failing"]) == (1, ["waiver W-1"])
    assert (waiver(project)["state"], waiver(project)["unused"]) == ("unused", ["D-2", "D-3"])
    assert check(project, "2026-02-01", "--fail-on", "critical").code == 0


def test_a_condition_narrows_a_waiver(project: Path) -> None:
    waive(project, "D-2", "D-3", more="where = \"channel = 'phone'\"\n")
    assert check(project).code == 1
    assert waived(project) == [("D-2", "fail", None), ("D-3", "fail", "W-1")]
    assert (waiver(project)["in_force"], waiver(project)["stale"]) == (["D-3"], ["D-2"])


def test_the_law_cannot_be_waived(project: Path) -> None:
    write_pack(project / "house", LAW, BY_LAW)
    digest = "0" * 64
    (project / "waivers.toml").write_text(f'{HEAD.replace("H-1", "L-1")}{SIGNED}facts = {{ D-2 = "{digest}" }}\n', encoding="utf-8")
    ended = check(project)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "waivers.toml: waiver[1] W-1: control: L-1 is the law's (act art. 7), which nobody in the house can waive. "
        "Record what was decided in dispositions.toml instead\n"
    )
    (project / "waivers.toml").unlink()
    check(project)
    ended = called("--project", project, "waiver", "draft", "L-1", "D-2")
    assert ended.code == 2
    assert "L-1: it is the law's (act art. 7)" in ended.err


FACTS = f'facts = {{ D-2 = "{"0" * 64}" }}\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD + SIGNED.replace("Qian", " z hAO ") + FACTS, "requested and approved by the same person"),
        (HEAD + SIGNED.replace("2026-12-31", "2026-01-29") + FACTS, "expires on 2026-01-29, before it is approved on 2026-01-30"),
        (HEAD + SIGNED, "'facts' is missing"),
        (HEAD + SIGNED + 'facts = { D-2 = "0123" }\n', "doesn't have the form"),
        (HEAD.replace("H-1", "H-l") + SIGNED + FACTS, "no control 'H-l'. Did you mean 'H-1'?"),
        (HEAD + SIGNED + FACTS + HEAD + SIGNED + FACTS, "'W-1' stands here twice"),
        (HEAD + SIGNED + FACTS + "where = \"chanel = 'phone'\"\n", "Did you mean 'channel'?"),
        (HEAD + SIGNED + FACTS + 'ever = true\n', "no key 'ever' here"),
        (HEAD.replace('"strike of the post"', '""') + SIGNED + FACTS, "mustn't be empty"),
        ("[[waiver", "not valid TOML"),
    ],
)  # fmt: skip
def test_a_malformed_waiver_file_stops_the_run(text: str, says: str, project: Path) -> None:
    (project / "waivers.toml").write_text(text, encoding="utf-8")
    ended = check(project)
    assert (ended.code, ended.out, found(project).exists()) == (2, "", False)
    assert ended.err.startswith("waivers.toml")
    assert says in ended.err


def test_a_draft_that_nobody_has_signed_is_refused(project: Path) -> None:
    check(project)
    ended = called("--project", project, "waiver", "draft", "H-1", "--all")
    (project / "waivers.toml").write_text(ended.out, encoding="utf-8")
    assert check(project).code == 2


def test_only_findings_that_are_there_can_be_drafted(project: Path) -> None:
    check(project)
    ended = called("--project", project, "waiver", "draft", "H-1", "D-1", "D-2")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("D-1: H-1 has no finding that could be waived")


def test_the_file_may_lie_elsewhere_and_must_be_there_if_it_is_named(project: Path) -> None:
    waive(project, "D-2", "D-3")
    toml = project / "disputekit.toml"
    toml.write_text(toml.read_text("utf-8") + "[waivers]\nfile = 'signed.toml'\n", encoding="utf-8")
    assert check(project).code == 2
    (project / "waivers.toml").rename(project / "signed.toml")
    assert check(project).code == 0


# ── dispositions ──


@pytest.fixture
def by_law(project: Path) -> Path:
    write_pack(project / "house", LAW, BY_LAW)
    return project


def dispose(project: Path, *texts: str) -> Ended:
    (project / "dispositions.toml").write_text("".join(texts), encoding="utf-8")
    return check(project)


def states(project: Path) -> dict[str, str]:
    return {d["id"]: d["state"] for d in manifest(found(project))["dispositions"]}


def test_a_disposition_is_recorded_and_the_finding_counts_all_the_same(by_law: Path) -> None:
    ended = dispose(by_law, DISPOSED, 'kind = "data_error"\ncorrection = "the letter is of 20 January"\n')
    assert ended.code == 1
    assert rows(found(by_law), "L-1", "subject, outcome, disposition, waiver") == [("D-2", "fail", "P-1", None), ("D-3", "fail", None, None)]
    (used,) = manifest(found(by_law))["dispositions"]
    assert (used["state"], used["fields"]) == ("recorded", {"correction": "the letter is of 20 January"})
    assert "their findings stay and count: P-1 (L-1 D-2)" in " ".join(ended.out.split())


def test_a_disposition_of_nothing_is_listed(by_law: Path) -> None:
    kind = 'kind = "counsel_disagrees"\nopinion = "2026/17"\n'
    ended = dispose(by_law, DISPOSED.replace("D-2", "D-1"), kind, DISPOSED.replace("P-1", "P-2").replace("L-1", "L-9"), kind)
    assert states(by_law) == {"P-1": "no finding", "P-2": "no control"}
    assert "Disposition P-1 of L-1 for D-1: no finding" in " ".join(ended.out.split())


@pytest.mark.parametrize("who", ['requested_by = "Zhao"', 'decided_by = "Qian"'])
def test_a_disposition_by_the_handler_of_the_case_is_shown_as_that(who: str, by_law: Path) -> None:
    dispose(by_law, DISPOSED.replace(who, who.split('"')[0] + '"wang"'), 'kind = "data_error"\ncorrection = "x"\n')
    assert states(by_law) == {"P-1": "by the handler"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('kind = "data_error"\n', "data_error needs correction"),
        ('kind = "data_error"\ncorrection = "x"\nowner = "Li"\n', "data_error has no owner"),
        ('kind = "acknowledged_breach"\nowner = "Li"\nreported = false\n', "acknowledged_breach needs root_cause, redress, reported_why, due_on"),
        ('kind = "waived"\n', "isn't one of the allowed values"),
    ],
)
def test_a_malformed_disposition_stops_the_run(text: str, says: str, by_law: Path) -> None:
    ended = dispose(by_law, DISPOSED, text)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("dispositions.toml: disposition[1]")
    assert says in ended.err


def test_a_disposition_needs_two_people(by_law: Path) -> None:
    ended = dispose(by_law, DISPOSED.replace("Qian", "ZHAO"), 'kind = "data_error"\ncorrection = "x"\n')
    assert ended.code == 2
    assert "requested and decided by the same person" in ended.err


def test_a_stranger_gets_the_waived_findings_again(project: Path) -> None:
    waive(project, "D-2")
    check(project)
    query = (found(project) / "queries" / "H-1.sql").read_text("utf-8")
    assert "W-1" in query
    assert "sha256" in query.lower()


def test_deadlines_that_nobody_waived_keep_the_small_query(project: Path) -> None:
    assert DEADLINE in control()
    check(project)
    assert "sha256" not in (found(project) / "queries" / "H-1.sql").read_text("utf-8").lower()


CADENCE = 'kind = "cadence"\nactivity = "called"\nperiod = "month"'


def test_a_waiver_of_one_missed_period_is_not_of_the_next(project: Path) -> None:
    write_pack(project / "house", control(rest=CADENCE))
    (project / "events.csv").write_text("subject_id,activity,occurred_at\nD-1,called,2026-02-10\nD-2,called,2026-02-10\nD-3,called,2026-02-10\n")
    with (project / "disputekit.toml").open("a", encoding="utf-8") as file:
        file.write("[register.events]\npath = 'events.csv'\n[register.coverage]\nevents = { from = 2026-01-01 }\n")
    check(project, "2026-03-01")
    waivers = f"{HEAD}{SIGNED}[waiver.facts]{facts(project, 'D-1')}"
    (project / "waivers.toml").write_text(waivers, encoding="utf-8")

    def waived_on(as_of: str) -> list[Any]:
        check(project, as_of)
        return [r for r in rows(found(project, as_of), "H-1", "subject, occurrence, waiver") if r[0] == "D-1"]

    january = ("D-1", "2026-01-01", "W-1")
    assert waived_on("2026-03-31") == [january]
    # a month later March is missed, too: nobody has waived that, and January stays what it was
    assert waived_on("2026-04-01") == [january, ("D-1", "2026-03-01", None)]
    assert waiver(project, "2026-04-01")["state"] == "in force"
    (control_,) = manifest(found(project, "2026-04-01"))["controls"]
    assert (control_["waived"], {t["outcome"]: t["subjects"] for t in control_["tallies"]}) == (0, {"fail": 3})
    # both are waived together, by a list of their facts
    (project / "waivers.toml").write_text(f"{HEAD}{SIGNED}[waiver.facts]{facts(project, 'D-1')}", encoding="utf-8")
    assert [r[2] for r in waived_on("2026-04-01")] == ["W-1", "W-1"]
    (control_,) = manifest(found(project, "2026-04-01"))["controls"]
    assert control_["waived"] == 1
