"""What was left out is found: a total that differs, a month that nobody reconciled, a number that isn't there. What isn't known is never a pass."""

from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.projects import assessment, check, write_project

HEADER = "source,period,theirs,ours,explained,explained_by\n"


def found(folder: Path, control: str) -> list[tuple[Any, ...]]:
    part = folder / "assessments" / "2026-02-01" / "findings" / f"{control}.parquet"
    return duckdb.read_parquet(str(part)).select("subject, outcome, reason, observed").fetchall()


def checked(folder: Path, capsys: pytest.CaptureFixture[str], totals: str | None, settings: str = "", disputes: str = "") -> dict[str, Any]:
    more = f"[plugins.evaluation.completeness]\n{settings}\n" + ("[register.reconciliations]\npath = 'totals.csv'\n" if totals is not None else "")
    write_project(folder, packs=(), plugins=("evaluation",), more=more)
    if totals is not None:
        (folder / "totals.csv").write_text(HEADER + totals, encoding="utf-8")
    if disputes:
        (folder / "disputes.csv").write_text("dispute_id,received_at\n" + disputes, encoding="utf-8")
    check(folder, "--no-report", capsys=capsys)
    manifest = assessment(folder)
    assert manifest["errors"] == []
    return {c["id"]: {(t["outcome"], t["reason"]): t["subjects"] for t in c["tallies"]} for c in manifest["controls"]}


def test_a_difference_passes_only_with_a_reason_and_a_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    totals = "court,2025-12,4,4,,\ncourt,2025-11,5,4,,\ncourt,2025-10,5,4,counted twice,\ncourt,2025-09,5,4,counted twice,Liu\ncourt,2025-08,x,4,,\n"
    tallies = checked(tmp_path, capsys, totals, "sources = []")
    assert tallies["EVAL-RECONCILED"] == {("pass", ""): 2, ("fail", "differs"): 1, ("fail", "unverified"): 1, ("unknown", "rejected value"): 1}
    assert ("totals.csv:2", "fail", "differs", "court 2025-11: 4.00") in found(tmp_path, "EVAL-RECONCILED")


def test_an_explanation_that_is_blank_explains_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(tmp_path, capsys, "court,2025-11,5,4,　 ,Liu\n", "sources = []")["EVAL-RECONCILED"] == {("fail", "differs"): 1}


def test_without_totals_nothing_is_known_and_nothing_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tallies = checked(tmp_path, capsys, None)
    periods = {f"EVAL-PERIODS-{s}": {("unknown", "not supplied"): 1} for s in ("regulator", "hotline", "court", "mediation", "finance")}
    assert {k: v for k, v in tallies.items() if k.startswith("EVAL-PERIODS")} == periods
    assert [r[1:3] for r in found(tmp_path, "EVAL-RECONCILED")] == [("unknown", "not supplied")]


def test_every_month_needs_a_total_from_every_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    totals = "court,2025-Q3,4,4,,\ncourt,2025-10,4,4,,\ncourt,2025-12,4,4,,\nfinance,2025,9,9,,\n"
    tallies = checked(tmp_path, capsys, totals, "sources = ['court', 'finance', 'hotline']\nsince = 2025-07-15")
    assert tallies["EVAL-PERIODS-finance"] == {("pass", ""): 1}
    assert tallies["EVAL-PERIODS-court"] == tallies["EVAL-PERIODS-hotline"] == {("fail", "missing"): 1}
    assert found(tmp_path, "EVAL-PERIODS-court")[0][3] == "2025-11"
    assert found(tmp_path, "EVAL-PERIODS-hotline")[0][3] == "2025-07, 2025-08, 2025-09, 2025-10, 2025-11, 2025-12"


@pytest.mark.parametrize(("days", "outcome"), [(32, ("fail", "missing")), (33, ("not_applicable", "not begun"))])
def test_a_month_is_expected_once_its_days_are_over(tmp_path: Path, capsys: pytest.CaptureFixture[str], days: int, outcome: tuple[str, str]) -> None:
    settings = f"sources = ['court']\nsince = 2025-12-01\ndays = {days}"
    assert checked(tmp_path, capsys, "hotline,2025-12,1,1,,\n", settings)["EVAL-PERIODS-court"] == {outcome: 1}


def test_a_total_that_can_not_be_read_leaves_it_open_whether_one_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tallies = checked(tmp_path, capsys, "court,2025-12,four,4,,\n", "sources = ['court']\nsince = 2025-12-01")
    assert tallies["EVAL-PERIODS-court"] == {("unknown", "rejected value"): 1}


def test_a_gap_in_the_numbers_is_found_within_each_prefix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ids = ["A-009", "A-010", "A-012", "A-016", "B-3", "B-4", "C-2", "loose"]
    tallies = checked(tmp_path, capsys, None, 'numbered.disputes = { "B-" = 3, "C-" = 1 }', "".join(f"{i},2026-01-05\n" for i in ids))
    assert tallies["EVAL-GAPS-disputes"] == {("pass", ""): 4, ("fail", "gap"): 3, ("not_applicable", "not concerned"): 1}
    assert [(r[0], r[3]) for r in found(tmp_path, "EVAL-GAPS-disputes")] == [("A-012", "A-011"), ("A-016", "A-013 – A-015 (3)"), ("C-2", "C-1")]


def test_only_a_table_with_keys_of_its_own_can_be_numbered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_project(tmp_path, packs=(), plugins=("evaluation",), more="[plugins.evaluation.completeness]\nnumbered.events = {}\n")
    done = check(tmp_path, "--no-report", capsys=capsys)
    assert done.code == 2
    assert "no table 'events' with a key of its own" in assessment(tmp_path)["errors"][0]["what"]
