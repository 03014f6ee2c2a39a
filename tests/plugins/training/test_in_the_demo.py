"""The demo shows what the plugin is for: who holds what, which course answers which cause, what a learning system told and wasn't taken; in both languages."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.projects import Said, disputekit

from disputekit import kept_rows
from disputekit.assess import assess
from disputekit.config import load_project
from disputekit.demo.generate import Demo, write_demo


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    made = write_demo(tmp_path_factory.mktemp("demo"), seed=3, disputes=300)
    assert assess(load_project(made.folder), made.as_of, made.folder / "assessment").errors == ()
    return made


def planted(demo: Demo, control: str) -> set[str]:
    return {p.subject for p in demo.planted if p.control == control}


def said(capsys: pytest.CaptureFixture[str], demo: Demo, *arguments: str) -> Said:
    return disputekit(demo.folder, *arguments, str(demo.folder / "assessment"), capsys=capsys)


def test_the_commands_name_whom_the_demo_lets_fall_short(capsys: pytest.CaptureFixture[str], demo: Demo) -> None:
    told = said(capsys, demo, "training", "status", "--format", "json")
    found = {(r["staff"], r["state"]) for r in json.loads(told.out)}
    assert {who for who, _ in found} == planted(demo, "S11.1-law") | planted(demo, "S12.2-service") | planted(demo, "S18.2-compliance")
    assert {state for _, state in found} == {"missing", "expired", "unknown"}
    assert told.code == 2
    expiring = json.loads(said(capsys, demo, "training", "expiring", "--days", "90", "--format", "json").out)
    assert expiring and all("2026-06-30" <= r["until_on"] <= "2026-09-28" for r in expiring)


@pytest.mark.parametrize(("language", "words"), [
    ("en", ("Who holds what: role and course", "1 of 49 lacking", "Which course answers the causes that are rising", "Loss assessment",
            "its verb records no completion", "another statement voids it")),
    ("zh", ("培训矩阵：岗位与课程", "49 人中 1 人缺少", "上升的争议原因由哪门课程应对", "定损", "其动词不表示完成", "已被另一条陈述作废")),
])  # fmt: skip
def test_the_report_shows_the_matrix_the_causes_and_what_was_passed_over(
    capsys: pytest.CaptureFixture[str], demo: Demo, language: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    out = tmp_path / "report.html"
    assert disputekit(demo.folder, "-l", language, "report", str(demo.folder / "assessment"), "--out", str(out), capsys=capsys).code == 0
    text = out.read_text("utf-8")
    assert [w for w in words if w not in text] == []


def test_every_dispute_of_the_half_year_is_counted_once_by_its_cause_with_whether_its_handler_holds_the_course(demo: Demo) -> None:
    rows = kept_rows(demo.folder / "assessment", "training_causes")
    received = [d["received_at"] for d in demo.tables["disputes"] if not isinstance(d["received_at"], str)]
    assert sum(r["recent"] for r in rows) == sum(date(2026, 4, 1) < d.date() <= date(2026, 6, 30) for d in received)  # type: ignore[union-attr]
    assert sum(r["earlier"] for r in rows) == sum(date(2026, 1, 1) < d.date() <= date(2026, 4, 1) for d in received)  # type: ignore[union-attr]
    lacks: set[Any] = {r["staff"] for r in rows if r["state"] in ("missing", "expired")}
    assert lacks == planted(demo, "S7.3-course") & {r["staff"] for r in rows}
    assert {(r["cause"], r["course"]) for r in rows} >= {("amount", "loss-assessment"), ("service", "customer-service")}


def test_what_the_learning_system_told_is_rejected_or_passed_over_and_counted_in_the_manifest(demo: Demo) -> None:
    manifest = json.loads((demo.folder / "assessment" / "assessment.json").read_text("utf-8"))
    table = next(t for t in manifest["tables"] if t["table"] == "training")
    lines = (demo.folder / "data" / "lms.xapi").read_text("utf-8").splitlines()
    on_line = next(f["rows"] for f in table["files"] if f["name"].endswith(".xapi"))
    assert on_line + sum(p["records"] for p in table["passed_over"]) == len(lines)
    assert table["rows_rejected"] == 3
