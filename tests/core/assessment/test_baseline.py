"""`check --baseline`: only what is new or worse fails, what was known is shown and counted, and a hole is never excused."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.projects import DEADLINE, DISPUTES, Said, control, disputekit, write_pack, write_project

Capture = pytest.CaptureFixture[str]
OLD, NEW = "2026-02-01", "2026-02-10"


@pytest.fixture
def project(tmp_path: Path, capsys: Capture) -> Path:
    """A project, and its assessment as of OLD: D-1 was closed in time; D-2 and D-3 are open and late."""
    folder = write_project(tmp_path)
    write_pack(folder / "house", control())
    checked(folder, OLD, capsys)
    return folder


def checked(folder: Path, day: str, capsys: Capture, *more: str) -> Said:
    return disputekit(folder, "check", "--as-of", day, *more, capsys=capsys)


def against(folder: Path, capsys: Capture, *more: str, day: str = NEW) -> Any:
    """What a check as of NEW concludes against the assessment of OLD."""
    said = checked(folder, day, capsys, "--baseline", str(folder / "assessments" / OLD), "--format", "json", "--replace", *more)
    assert said.out, said.err
    found = json.loads(said.out)["conclusion"]
    assert found["exit_code"] == said.code
    return found


def rewrite(folder: Path, old: str, new: str, file: str = "disputes.csv") -> None:
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")


def test_what_was_known_before_is_counted_and_does_not_fail(project: Path, capsys: Capture) -> None:
    assert checked(project, NEW, capsys).code == 1
    found = against(project, capsys)
    assert (found["exit_code"], found["failing"], found["against"]["known"], found["against"]["new_or_worse"]) == (0, [], 2, {})
    said = checked(project, NEW, capsys, "--replace", "--baseline", str(project / "assessments" / OLD))
    assert "0 new or worse since 2026-02-01, 2 known before" in said.out
    assert "2 breaches of 1 controls" in said.out


def test_a_new_breach_fails(project: Path, capsys: Capture) -> None:
    rewrite(project, "D-3", "D-4,2026-01-20T09:00:00,,phone,delay,1.00\nD-3")
    found = against(project, capsys)
    assert (found["exit_code"], found["failing"], found["against"]["new_or_worse"], found["against"]["known"]) == (1, ["H-1"], {"H-1": 1}, 2)


@pytest.mark.parametrize(("fail_on", "code"), [("high", 1), ("critical", 0)])
def test_only_what_is_new_at_or_above_the_severity_fails(fail_on: str, code: int, project: Path, capsys: Capture) -> None:
    rewrite(project, "D-3", "D-4,2026-01-20T09:00:00,,phone,delay,1.00\nD-3")
    assert against(project, capsys, "--fail-on", fail_on)["exit_code"] == code


def test_what_was_running_and_became_overdue_is_worse(project: Path, capsys: Capture) -> None:
    write_pack(project / "house", control(rest=DEADLINE + '\nwarn = "10 days"'))
    rewrite(project, "D-3", "D-4,2026-01-20T09:00:00,,phone,delay,1.00\nD-3")
    checked(project, OLD, capsys, "--replace")
    found = against(project, capsys)
    assert (found["exit_code"], found["against"]["new_or_worse"]) == (1, {"H-1": 1})


def test_what_was_unknown_and_became_a_breach_is_worse(project: Path, capsys: Capture) -> None:
    rewrite(project, "D-3,2026-01-07T09:00:00", "D-3,soon")
    (project / "disputekit.toml").write_text(
        (project / "disputekit.toml").read_text("utf-8") + "[limits]\nunknown = 1.0\nrejected_cells = 1.0\n", "utf-8"
    )
    checked(project, OLD, capsys, "--replace")
    rewrite(project, "D-3,soon", "D-3,2026-01-07T09:00:00")
    found = against(project, capsys)
    assert (found["exit_code"], found["against"]["new_or_worse"]) == (1, {"H-1": 1})


def test_what_was_done_late_and_is_open_again_is_worse_and_the_other_way_round_is_not(project: Path, capsys: Capture) -> None:
    rewrite(project, "D-3,2026-01-07T09:00:00,,", "D-3,2026-01-07T09:00:00,2026-01-30T09:00:00,")
    checked(project, OLD, capsys, "--replace")
    rewrite(project, "D-3,2026-01-07T09:00:00,2026-01-30T09:00:00,", "D-3,2026-01-07T09:00:00,,")
    assert against(project, capsys)["against"]["new_or_worse"] == {"H-1": 1}
    checked(project, OLD, capsys, "--replace")
    rewrite(project, "D-3,2026-01-07T09:00:00,,", "D-3,2026-01-07T09:00:00,2026-02-05T09:00:00,")
    assert against(project, capsys)["exit_code"] == 0


def test_a_waiver_that_has_expired_brings_its_finding_back(project: Path, capsys: Capture) -> None:
    draft = disputekit(project, "waiver", "draft", "H-1", "D-3", capsys=capsys).out
    for name, value in (("reason", "x"), ("requested_by", "Li"), ("approved_by", "Wang")):
        draft = draft.replace(f'{name} = ""', f'{name} = "{value}"')
    draft = draft.replace('approved_on = ""', "approved_on = 2026-01-30").replace('expires_on = ""', "expires_on = 2026-02-05")
    (project / "waivers.toml").write_text(draft, encoding="utf-8")
    checked(project, OLD, capsys, "--replace")
    found = against(project, capsys)
    assert (found["exit_code"], found["failing"]) == (1, ["H-1", "waiver H-1-2026-02-01"])
    assert found["against"]["new_or_worse"] == {"H-1": 1}


def test_a_new_breach_that_is_waived_does_not_fail(project: Path, capsys: Capture) -> None:
    rewrite(project, "D-3", "D-4,2026-01-20T09:00:00,,phone,delay,1.00\nD-3")
    checked(project, NEW, capsys)
    draft = disputekit(project, "waiver", "draft", "H-1", "D-4", capsys=capsys).out
    for name, value in (("reason", "x"), ("requested_by", "Li"), ("approved_by", "Wang")):
        draft = draft.replace(f'{name} = ""', f'{name} = "{value}"')
    draft = draft.replace('approved_on = ""', "approved_on = 2026-02-08").replace('expires_on = ""', "expires_on = 2026-12-31")
    (project / "waivers.toml").write_text(draft, encoding="utf-8")
    assert against(project, capsys)["exit_code"] == 0


def test_findings_of_a_control_that_became_more_severe_are_not_excused(project: Path, capsys: Capture) -> None:
    write_pack(project / "house", control().replace('"high"', '"medium"'))
    checked(project, OLD, capsys, "--replace")
    write_pack(project / "house", control())
    found = against(project, capsys)
    assert (found["exit_code"], found["against"]["worse"]) == (1, ["H-1 is high now, before it was medium"])


# ── holes ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


ABSENT = control("H-2", 'kind = "deadline"\nfrom = "received"\nto = "notices.decision.sent"\nwithin = "15 days"')


def test_what_could_not_be_evaluated_ends_with_two_even_if_it_could_not_then(project: Path, capsys: Capture) -> None:
    write_pack(project / "house", control(), ABSENT)
    assert checked(project, OLD, capsys, "--replace").code == 2
    assert against(project, capsys)["exit_code"] == 2


def test_a_control_that_became_a_draft_is_worse(project: Path, capsys: Capture) -> None:
    write_pack(project / "house", control(), control("H-2"))
    checked(project, OLD, capsys, "--replace")
    write_pack(project / "house", control(), control("H-2", DEADLINE + '\nstatus = "draft"'))
    found = against(project, capsys)
    assert (found["exit_code"], found["failing"]) == (1, ["H-2"])
    assert "H-2 isn't checked any more" in found["against"]["worse"]


def test_a_table_that_is_not_read_any_more_is_worse(project: Path, capsys: Capture) -> None:
    (project / "notices.csv").write_text("subject_id,kind,sent_at\nD-1,decision,2026-01-10T09:00:00\n", encoding="utf-8")
    text = (project / "disputekit.toml").read_text("utf-8")
    (project / "disputekit.toml").write_text(text + "[register.notices]\npath = 'notices.csv'\n", encoding="utf-8")
    write_pack(project / "house", control(), ABSENT)
    checked(project, OLD, capsys, "--replace")
    (project / "disputekit.toml").write_text(text, encoding="utf-8")
    found = against(project, capsys)
    assert found["exit_code"] == 2
    assert "H-2 can't be compared: notices isn't supplied" in found["why"]
    assert "notices isn't read any more" in found["against"]["worse"]


# ── baselines that can't be one ────────────────────────────────────────────────────────────────────────────────────────────────────────


def refused(project: Path, capsys: Capture, *more: str, day: str = NEW) -> str:
    """What is said of a baseline that is refused: nothing is checked then."""
    said = checked(project, day, capsys, "--baseline", str(project / "assessments" / OLD), *more)
    assert said.code == 2
    assert day == OLD or not (project / "assessments" / day).exists()
    return said.err


def test_a_baseline_of_another_organisation_is_refused(project: Path, capsys: Capture) -> None:
    rewrite(project, "name = 'X'", "name = 'Y'", "disputekit.toml")
    assert "is of 'Y', and the other of 'X'" in refused(project, capsys)


def test_a_baseline_of_a_later_day_is_refused(project: Path, capsys: Capture) -> None:
    assert "is of 2026-01-20, before the other's 2026-02-01" in refused(project, capsys, day="2026-01-20")


def test_a_baseline_that_was_changed_is_refused(project: Path, capsys: Capture) -> None:
    part = project / "assessments" / OLD / "findings" / "H-1.parquet"
    part.write_bytes(part.read_bytes()[:-1])
    assert "it was changed or spoilt" in refused(project, capsys)


def test_a_baseline_that_the_check_would_replace_is_refused(project: Path, capsys: Capture) -> None:
    before = (project / "assessments" / OLD / "assessment.json").read_bytes()
    assert "the baseline would be replaced" in refused(project, capsys, "--replace", day=OLD)
    assert (project / "assessments" / OLD / "assessment.json").read_bytes() == before


def test_a_folder_that_is_no_assessment_is_refused(project: Path, capsys: Capture) -> None:
    shutil.rmtree(project / "assessments" / OLD / "findings")
    (project / "assessments" / OLD / "assessment.json").unlink()
    assert "no assessment here" in refused(project, capsys)


def test_the_ledger_of_these_tests_is_as_they_say() -> None:
    assert DISPUTES.count("D-") == 3
