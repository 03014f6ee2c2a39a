"""Where a control applies: phases, lines of business, and duties that contradict each other."""

from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.running import rows
from tests.projects import assessment, check, control, write_pack, write_project

PHASES = "phase,starts_on,ends_on\nrun_off,2025-01-01,2026-01-05\nfiling_window,2026-01-06,\n"
WITHIN = 'kind = "deadline"\nfrom = "received"\nto = "closed"\nwithin = "15 days"\n'
CONFLICT = """
[[conflicts]]
id = "pay-or-wait"
title = { zh = "付与不付", en = "Pay or wait" }
between = ["H-1", "H-2"]
phase = "filing_window"
decided_by = "opinion"
"""


def checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    said = check(folder, capsys=capsys)
    assert (folder / "assessments").is_dir(), said.err
    return assessment(folder)


def outcomes(folder: Path, capsys: pytest.CaptureFixture[str], *parts: str, phases: str | None = PHASES, more: str = "") -> dict[str, dict[str, int]]:
    """For each control its subjects by outcome and reason. Received: D-1 on 5, D-2 on 6, D-3 on 7 January 2026; D-1 in time, the others open."""
    write_pack(folder / "house", *parts)
    if phases is not None:
        (folder / "phases.csv").write_text(phases, encoding="utf-8")
        more += "\n[register.phases]\npath = 'phases.csv'\n"
    write_project(folder, more=more)
    manifest: dict[str, Any] = checked(folder, capsys)
    assert not manifest["errors"]
    return {c["id"]: {f"{t['outcome']}: {t['reason']}".rstrip(": "): t["subjects"] for t in c["tallies"]} for c in manifest["controls"]}


def test_a_control_of_another_phase_is_not_applicable_on_the_day_of_its_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = outcomes(
        tmp_path,
        capsys,
        control("H-1", WITHIN + 'applies = { phase = ["filing_window"] }'),
        control("H-2", WITHIN + 'applies = { phase = ["run_off"] }'),
    )
    assert found["H-1"] == {"fail: open": 2, "not_applicable: other phase": 1}
    assert found["H-2"] == {"pass": 1, "not_applicable: other phase": 2}


def test_without_the_phases_nobody_can_tell_whether_it_applies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = outcomes(tmp_path, capsys, control("H-1", WITHIN + 'applies = { phase = ["run_off"] }'), phases=None)
    assert found["H-1"] == {"unknown: not supplied": 3}


def test_a_control_for_another_line_is_not_applicable_and_an_unknown_line_is_unknown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    disputes = (
        "dispute_id,received_at,closed_at,line\nD-1,2026-01-05,2026-01-12,motor\nD-2,2026-01-06,2026-01-12,health\nD-3,2026-01-07,2026-01-12,\n"
    )
    write_pack(tmp_path / "house", control("H-1", WITHIN + 'applies = { line = ["motor"] }'))
    write_project(tmp_path)
    (tmp_path / "disputes.csv").write_text(disputes, encoding="utf-8")
    tallies = checked(tmp_path, capsys)["controls"][0]["tallies"]
    assert {(t["outcome"], t["reason"]) for t in tallies} == {("pass", ""), ("not_applicable", "not concerned"), ("unknown", "condition")}


def test_two_duties_in_conflict_are_neither_of_them_decided(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = outcomes(tmp_path, capsys, control("H-1", WITHIN), control("H-2", WITHIN.replace("15", "20")), CONFLICT)
    assert found["H-1"] == {"pass": 1, "unknown: conflict": 2}
    assert found["H-2"] == {"pass": 1, "unknown: conflict": 2}


def test_an_opinion_says_which_duty_yields_until_it_expires(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    opinion = '[opinions.pay-or-wait]\nyields = "H-1"\ndocument = "opinion 7"\ngiven_on = 2026-01-01\n'
    duties = (control("H-1", WITHIN), control("H-2", WITHIN.replace("15", "20")), CONFLICT)
    found = outcomes(tmp_path / "held", capsys, *duties, more=opinion)
    assert found["H-1"] == {"pass": 1, "not_applicable: yields": 2}
    assert found["H-2"] == {"pass": 1, "fail: open": 2}
    found = outcomes(tmp_path / "expired", capsys, *duties, more=opinion + "expires_on = 2026-01-31\n")
    assert found["H-2"] == {"pass": 1, "unknown: conflict": 2}


def test_a_conflict_with_a_duty_that_is_not_enabled_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = outcomes(tmp_path, capsys, control("H-1", WITHIN), CONFLICT)
    assert found["H-1"] == {"pass": 1, "fail: open": 2}


@pytest.mark.parametrize(("day", "due"), [("calendar", "2026-01-21"), ("working", "2026-01-27")])
def test_an_instrument_says_what_its_days_are(day: str, due: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    law = f"[instruments.law]\ntitle = {{ zh = '法', en = 'Law' }}\nin_force = 2020-01-01\nreviewed_on = 2026-01-01\nday = '{day}'\n"
    write_pack(tmp_path / "house", law, control("H-1", WITHIN + "cite = 'law art. 1'"))
    checked(write_project(tmp_path), capsys)
    found = {subject: str(day) for subject, day in rows(tmp_path / "assessments" / "2026-02-01", "H-1", "subject, due_on")}
    assert found["D-2"] == due


@pytest.mark.parametrize(("roll", "due"), [("none", "2026-01-17"), ("next_working_day", "2026-01-19")])
def test_an_instrument_says_whether_a_last_day_of_rest_gives_way(roll: str, due: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    law = f"[instruments.law]\ntitle = {{ zh = '法', en = 'Law' }}\nin_force = 2020-01-01\nreviewed_on = 2026-01-01\nroll = '{roll}'\n"
    write_pack(tmp_path / "house", law, control("H-1", WITHIN.replace("15", "11") + "cite = 'law art. 1'"))
    checked(write_project(tmp_path), capsys)
    found = {subject: str(day) for subject, day in rows(tmp_path / "assessments" / "2026-02-01", "H-1", "subject, due_on")}
    assert found["D-2"] == due
