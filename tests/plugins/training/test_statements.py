"""xAPI statements are taken and refused as a conforming store does, and become rows of the register or rejects with their reason."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import ValidationError
from tests.projects import write_project

from disputekit.assess import assess
from disputekit.config import load_project
from disputekit_training.statement import Statement

CONFORMANCE = Path(__file__).parents[4] / "shared" / "data" / "xapi_conformance"
AIM = 0.98
"""The least share of invalid statements that is refused."""


def accepted(statement: Any) -> bool:
    try:
        Statement.model_validate(statement)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("version", ["v1_0_3", "v2_0"])
def test_what_a_conforming_store_accepts_is_accepted_and_of_the_rest_98_percent_is_refused(version: str) -> None:
    file = CONFORMANCE / f"resolved_{version}.jsonl"
    if not file.is_file():
        pytest.skip(f"{file} isn't there: the conformance statements lie in ../shared/data/xapi_conformance")
    cases = [json.loads(line, parse_float=Decimal) for line in file.read_text("utf-8").splitlines()]
    valid, invalid = ([c for c in cases if (c["expect"] == 200) is wanted] for wanted in (True, False))
    assert len(valid) >= 343 and len(invalid) >= 607
    assert [c["name"] for c in valid if not accepted(c["statement"])] == []
    let_in = [c["name"] for c in invalid if accepted(c["statement"])]
    assert 1 - len(let_in) / len(invalid) >= AIM, let_in


COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
ID = "fd41c918-b88b-4b20-a0a5-a4c32391aa{:02}"


def statement(number: int, course: str = "http://lms.example/law", verb: str = COMPLETED, who: str = "E1", **more: Any) -> dict[str, Any]:
    actor = {"account": {"homePage": "http://hr.example", "name": who}}
    return {"id": ID.format(number), "actor": actor, "verb": {"id": verb}, "object": {"id": course}, "timestamp": "2026-03-02T09:30:00+08:00", **more}


def checked(tmp_path: Path, lines: list[Any], settings: str = "") -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], Any]:
    """The rows of the table that were loaded, as the findings of a control that shows them; the rejects; the manifest."""
    more = (
        """
[plugins.training.courses.law]
also = ["http://lms.example/law"]
hours = 6
score = 60
[plugins.training.records.training]
path = ["lms.xapi"]
"""
        + settings
    )
    folder = write_project(tmp_path, packs=["./house"], plugins=["training"], more=more + "[register.staff]\npath = 'staff.csv'\n")
    (folder / "staff.csv").write_text("staff_id,role,joined_on\nE1,clerk,2020-01-01\nE2,clerk,2020-01-01\nE3,clerk,2020-01-01\n", encoding="utf-8")
    (folder / "house").mkdir()
    (folder / "house" / "pack.toml").write_text(
        '[pack]\nid = "house"\nversion = "1"\ntitle = { zh = "x", en = "x" }\n[[controls]]\nid = "T-1"\ntitle = { zh = "x", en = "x" }\n'
        'remedy = { zh = "x", en = "x" }\nseverity = "low"\nbasis = "practice"\nkind = "training"\nsubject = "staff"\ncourses = ["law"]\n',
        encoding="utf-8",
    )
    lines = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    (folder / "lms.xapi").write_text("\n".join(lines) + "\n", encoding="utf-8")
    from datetime import date

    manifest = assess(load_project(folder), date(2026, 6, 30), tmp_path / "out")
    assert not manifest.errors
    found = duckdb.read_parquet(str(tmp_path / "out" / "findings" / "T-1.parquet")).select("subject, outcome, reason").order("subject").fetchall()
    rejects = tmp_path / "out" / "rejects.parquet"
    listed = duckdb.read_parquet(str(rejects)).select("file, record, line, reason").order("record").fetchall() if rejects.is_file() else []
    return found, listed, manifest


def test_a_completion_counts_and_a_refused_statement_is_listed_with_its_record_line_and_reason(tmp_path: Path) -> None:
    bad = statement(3, who="E3")
    del bad["verb"]
    found, rejects, manifest = checked(tmp_path, [
        statement(1, result={"score": {"scaled": Decimal("0.9").__float__()}}), "", bad, "{no json", statement(5, who="E2", result={"score": {"raw": 70}}),
    ])  # fmt: skip
    assert {s for s, _, _ in found} == {"E3"}
    assert [(f, r, n) for f, r, n, _ in rejects] == [("lms.xapi", 2, 3), ("lms.xapi", 3, 4)]
    assert "verb" in rejects[0][3] and "JSON" in rejects[1][3]
    table = next(t for t in manifest.tables if t.table == "training")
    assert (table.rows_read, table.rows_loaded, table.rows_rejected) == (4, 2, 2)


def test_neither_an_attempt_nor_a_failure_nor_a_voided_completion_counts(tmp_path: Path) -> None:
    void = {**statement(9, verb="http://adlnet.gov/expapi/verbs/voided"), "object": {"objectType": "StatementRef", "id": ID.format(3)}}
    score = {"score": {"raw": 99}}
    found, rejects, manifest = checked(tmp_path, [
        statement(1, verb="http://adlnet.gov/expapi/verbs/attempted", result=score), statement(2, who="E2", result={"success": False, **score}),
        statement(3, who="E3", result=score), void,
        statement(4, who="E1", result={"score": {"raw": 20}}),
    ])  # fmt: skip
    assert [s for s, _, _ in found] == ["E1", "E2", "E3"]
    assert rejects == []
    passed = {(p.what.rpartition("/")[2], str(p.why)): p.records for p in manifest.tables[-1].passed_over}
    assert passed == {
        ("attempted", "its verb records no completion"): 1, ("completed", "its result says that it isn't completed or passed"): 1,
        ("completed", "another statement voids it"): 1, ("voided", "it voids another statement"): 1,
    }  # fmt: skip


def test_one_that_comes_twice_counts_once_and_one_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    one = statement(1, result={"score": {"raw": 80}})
    _, rejects, manifest = checked(tmp_path, [one, one, {**one, "object": {"id": "http://lms.example/other"}}])
    assert next(t for t in manifest.tables if t.table == "training").rows_loaded == 1
    assert [r for *_, r in rejects] == ["another statement has the same id"]


def test_who_is_meant_goes_by_the_account_or_by_the_settings_and_nobody_is_guessed(tmp_path: Path) -> None:
    by_mail = {**statement(1, result={"score": {"raw": 80}}), "actor": {"mbox": "mailto:li@x.example"}}
    unknown = {**statement(2, result={"score": {"raw": 80}}), "actor": {"mbox": "mailto:wang@x.example"}}
    elsewhere = {**statement(3, result={"score": {"raw": 80}}, who="E2"), "actor": {"account": {"homePage": "http://other.example", "name": "E2"}}}
    settings = '[plugins.training.xapi]\nhome_page = "http://hr.example"\nstaff = { "mailto:li@x.example" = "E1" }\n'
    found, rejects, _ = checked(tmp_path, [by_mail, unknown, elsewhere], settings)
    assert "E1" not in {s for s, _, _ in found}
    assert [(r, "wang" in w or "E2" in w) for _, r, _, w in rejects] == [(2, True), (3, True)]
