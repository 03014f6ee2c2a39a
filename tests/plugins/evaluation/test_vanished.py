"""A dispute that an earlier assessment had and that is gone is a finding; the earlier assessment is a hashed input, and goes into a package, too."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.plugins.evaluation.conftest import PROFILE, allowed, new_key
from tests.projects import control, disputekit, write_pack, write_project

LEDGER = "dispute_id,received_at,closed_at\nDISP-1,2026-01-05T09:00:00,2026-01-12T10:00:00\nDISP-2,2026-01-06T09:00:00,\n"
GONE = LEDGER.replace("DISP-1,2026-01-05T09:00:00,2026-01-12T10:00:00\n", "")
DAYS = ("2026-01-31", "2026-02-01")


def checked(project: Path, day: str, ledger: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    (project / "disputes.csv").write_text(ledger, encoding="utf-8")
    done = disputekit(project, "check", "--as-of", day, "--no-report", capsys=capsys)
    return done.code, done.err


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    write_project(tmp_path / "project", plugins=("evaluation",), more="[plugins.evaluation.completeness]\nsources = []\n")
    write_pack(tmp_path / "project" / "house", control())
    assert checked(tmp_path / "project", DAYS[0], LEDGER, capsys)[0] == 1
    return tmp_path / "project"


def manifest(project: Path, day: str = DAYS[1]) -> Any:
    return json.loads((project / "assessments" / day / "assessment.json").read_bytes())


def tallies(project: Path) -> dict[tuple[str, str], int]:
    (found,) = (c for c in manifest(project)["controls"] if c["id"] == "EVAL-VANISHED")
    return {(t["outcome"], t["reason"]): t["subjects"] for t in found["tallies"]}


def test_without_an_earlier_assessment_it_is_listed_as_not_checked(project: Path) -> None:
    assert "EVAL-VANISHED" in [u["id"] for u in manifest(project, DAYS[0])["unchecked"]]


def test_a_dispute_that_is_gone_is_a_finding_that_names_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checked(project, DAYS[1], GONE, capsys)
    assert tallies(project) == {("fail", "missing"): 1, ("pass", ""): 1}
    part = project / "assessments" / DAYS[1] / "findings" / "EVAL-VANISHED.parquet"
    assert duckdb.read_parquet(str(part)).select("subject, outcome").fetchall() == [("DISP-1", "fail")]
    (told,) = (t for t in manifest(project)["tables"] if t["table"] == "assessed")
    before = project / "assessments" / DAYS[0] / "subjects" / "disputes.parquet"
    assert [(f["name"], f["sha256"]) for f in told["files"]] == [
        (f"assessments/{DAYS[0]}/subjects/disputes.parquet", hashlib.sha256(before.read_bytes()).hexdigest())
    ]
    done = disputekit(project, "explain", "EVAL-VANISHED", "DISP-1", "--as-of", DAYS[1], capsys=capsys)
    assert done.code in (0, 1)
    assert "DISP-1" in done.out


def test_where_nothing_is_gone_every_dispute_passes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checked(project, DAYS[1], LEDGER, capsys)
    assert tallies(project) == {("pass", ""): 2}


def test_an_earlier_assessment_that_was_changed_stops_the_check(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = project / "assessments" / DAYS[0] / "subjects" / "disputes.parquet"
    duckdb.read_parquet(str(before)).limit(1).write_parquet(str(before.with_name("fewer")))
    before.with_name("fewer").replace(before)
    code, err = checked(project, DAYS[1], GONE, capsys)
    assert (code, "it was changed or spoilt" in err) == (2, True)


def test_what_is_gone_is_gone_in_a_package_too_and_is_found_again(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checked(project, DAYS[1], GONE, capsys)
    folder = project.parent
    key = new_key(folder, "key")
    (folder / "allowed").write_text(allowed(key))
    (folder / "profile.toml").write_text(PROFILE.format(recipient="A", more=""))
    ask = ("export", str(project / "assessments" / DAYS[1]), str(folder / "package"), "--profile", str(folder / "profile.toml"), "--key", str(key))
    away = folder / "away"
    shutil.move(project / "assessments" / DAYS[0], away)
    done = disputekit(project, *ask, capsys=capsys)
    assert (done.code, "assessed can't be read again" in done.err) == (2, True)
    shutil.move(away, project / "assessments" / DAYS[0])
    assert disputekit(project, *ask, capsys=capsys).code == 0
    done = disputekit(project, "verify", str(folder / "package"), "--signers", str(folder / "allowed"), "--rerun", capsys=capsys)
    assert (done.code, done.err) == (0, "")
    found = duckdb.read_parquet(str(folder / "package/data/assessment/findings/EVAL-VANISHED.parquet")).select("subject").fetchall()
    assert len(found) == 1
    assert found[0][0].startswith("p") and found[0][0] != "DISP-1"
