"""The plugin from end to end: settings, a check, its report, its commands, what is handed over, and how a person's case is told."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

import duckdb
import pytest
from python_calamine import CalamineWorkbook
from tests.projects import Said, disputekit, write_project
from xlsxwriter import Workbook

from disputekit.assess import assess, collect, run_of
from disputekit.assessment.handing_over import run_exports
from disputekit.blocks import blocks_of, packs_of
from disputekit.config import load_project
from disputekit.errors import DisputekitError

SETTINGS = """
[plugins.training.records.training]
path = "training.csv"
[plugins.training.courses.law]
title = { zh = "保险法", en = "Insurance law" }
valid = "12 months"
[plugins.training.courses.service]
valid = "2 years"
[[plugins.training.matrix]]
role = "clerk"
courses = ["law", "service"]
[[plugins.training.matrix]]
department = "front"
courses = "service"
[register.staff]
path = "staff.csv"
[register.events]
path = "events.csv"
[register.coverage]
training = { from = 2020-01-01, source = "LMS", declared_by = "HR" }
"""
STAFF = """staff_id,unit_id,role,department,joined_on,left_on
A,U1,clerk,front,2020-01-01,
B,U1,clerk,back,2020-01-01,
C,U2,boss,front,2020-01-01,
D,U2,,front,2020-01-01,
E,U2,clerk,front,2020-01-01,2026-01-01
"""
TRAINING = """staff_id,course,completed_at,expires_on
A,law,2025-09-01,
A,service,2026-01-10,2026-07-20
B,law,2025-01-10,
B,service,2024-08-01,
C,service,2024-07-10,
D,service,2026-02-01,
"""
EVENTS = """subject_id,activity,occurred_at,actor_id
D-1,decided,2026-01-09T10:00:00,A
D-2,decided,2026-02-01T10:00:00,B
"""
HOUSE = """[pack]
id = "house"
version = "1"
title = { zh = "内部规则", en = "House rules" }
[[controls]]
id = "H-Q"
title = { zh = "有资格", en = "Qualified" }
remedy = { zh = "复核", en = "Look again" }
severity = "high"
basis = "practice"
kind = "qualification"
of = "decided"
courses = "law"
[[controls]]
id = "H-M"
title = { zh = "矩阵", en = "Matrix" }
remedy = { zh = "补训", en = "Train" }
severity = "high"
basis = "practice"
kind = "training"
subject = "staff"
matrix = true
every = "24 months"
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_project(tmp_path_factory.mktemp("project"), packs=["./house"], plugins=["training"], more=SETTINGS)
    for name, text in (("staff.csv", STAFF), ("training.csv", TRAINING), ("events.csv", EVENTS)):
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "house").mkdir()
    (folder / "house" / "pack.toml").write_text(HOUSE, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def assessment(project: Path) -> Path:
    out = project / "assessment"
    assert not assess(load_project(project), date(2026, 6, 30), out).errors
    return out


def findings(assessment: Path, control: str) -> list[tuple[Any, ...]]:
    return duckdb.read_parquet(str(assessment / "findings" / f"{control}.parquet")).select("subject, outcome, reason, observed").order("1").fetchall()


def test_who_lacks_what_is_found_per_person_and_who_acted_without_a_course_per_dispute(assessment: Path) -> None:
    assert findings(assessment, "H-M") == [("B", "fail", "expired", "law"), ("D", "unknown", "missing", None)]
    assert findings(assessment, "H-Q") == [("D-2", "fail", "unqualified", "2026-02-01 B law")]


def due_days(assessment: Path, control: str) -> dict[str, date]:
    return dict(duckdb.read_parquet(str(assessment / "findings" / f"{control}.parquet")).select("subject, due_on").fetchall())


def test_what_was_held_once_is_due_on_its_last_day_and_not_since_the_person_joined(assessment: Path) -> None:
    assert due_days(assessment, "H-M")["B"] == date(2026, 1, 10)


def said(capsys: pytest.CaptureFixture[str], project: Path, *arguments: str) -> Said:
    return disputekit(project, *arguments, capsys=capsys)


def rows(capsys: pytest.CaptureFixture[str], project: Path, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(said(capsys, project, "training", *arguments, "--format", "json").out)
    return found


def test_status_lists_what_is_lacking_and_what_nobody_can_tell(capsys: pytest.CaptureFixture[str], project: Path, assessment: Path) -> None:
    found = rows(capsys, project, "status", str(assessment))
    assert [(r["staff"], r["course"], r["state"]) for r in found] == [("B", "law", "expired"), ("D", "law", "unknown")]
    assert [r["staff"] for r in rows(capsys, project, "status", str(assessment), "--unit", "U2")] == ["D"]
    assert said(capsys, project, "training", "status", str(assessment)).code == 2
    assert "员工" in said(capsys, project, "-l", "zh", "training", "status", str(assessment)).out


@pytest.fixture
def altered(project: Path, tmp_path: Path) -> Callable[..., Path]:
    """A copy of the project with other texts in its files, and an assessment of it at the same place as ever."""

    def made(**texts: tuple[str, str]) -> Path:
        copytree(project, tmp_path / "p", ignore=ignore_patterns("assessment*"))
        for name, (old, new) in texts.items():
            file = tmp_path / "p" / {"settings": "disputekit.toml"}.get(name, f"{name}.csv")
            assert old in file.read_text("utf-8")
            file.write_text(file.read_text("utf-8").replace(old, new), encoding="utf-8")
        assert not assess(load_project(tmp_path / "p"), date(2026, 6, 30), tmp_path / "p" / "assessments" / "2026-06-30").errors
        return tmp_path / "p"

    return made


def test_a_matrix_whose_roles_nobody_has_and_a_unit_that_nobody_is_in_are_errors_and_no_clean_bill(
    capsys: pytest.CaptureFixture[str], altered: Callable[..., Path], project: Path, assessment: Path
) -> None:
    folder = altered(settings=('role = "clerk"', 'role = "clark"'), staff=("D,U2,,front", "D,U2,boss,front"))
    assert disputekit(folder, "report", "--out", str(folder / "r.html"), capsys=capsys).code == 0
    assert "Row 1 of the matrix is for clark, and nobody among the staff is known to be so" in (folder / "r.html").read_text("utf-8")
    assert "Row 2 of the matrix" not in (folder / "r.html").read_text("utf-8")
    settings = (folder / "disputekit.toml").read_text("utf-8").replace('department = "front"', 'department = "fornt"')
    (folder / "disputekit.toml").write_text(settings, encoding="utf-8")
    assess(load_project(folder), date(2026, 6, 30), folder / "all")
    assert disputekit(folder, "report", str(folder / "all"), "--out", str(folder / "r.html"), capsys=capsys).code == 0
    text = (folder / "r.html").read_text("utf-8")
    assert "The matrix asks nothing of anybody among the staff" in text and "Everybody holds what they need" not in text
    for command in ("status", "matrix", "expiring"):
        nobody = said(capsys, folder, "training", command, str(folder / "all"))
        assert (nobody.code, "asks nothing of anybody among the staff" in nobody.err) == (2, True)
        nowhere = said(capsys, project, "training", command, str(assessment), "--unit", "U3")
        assert (nowhere.code, "U3: nobody of this unit needs a course" in nowhere.err) == (2, True)


def test_whom_the_matrix_asks_nothing_of_is_told_by_role_and_counted_for_no_course(
    capsys: pytest.CaptureFixture[str], altered: Callable[..., Path], tmp_path: Path
) -> None:
    """A role in capitals, and two in one cell, are roles that the matrix doesn't know."""
    folder = altered(
        staff=("B,U1,clerk,back", "F,U1,Clerk,back,2020-01-01,\nG,U1,clerk;boss,back,2020-01-01,\nH,U1,clerk;boss,back,2020-01-01,\nB,U1,clerk,back")
    )
    assert disputekit(folder, "report", "--out", str(tmp_path / "r.html"), capsys=capsys).code == 0
    text = (tmp_path / "r.html").read_text("utf-8")
    told = re.sub(r"<[^>]+>|\s+", " ", text[text.index("Staff of whom the matrix asks nothing") :])[:400]
    assert re.search(r"Clerk +back +1 +clerk;boss +back +2 ", told), told
    assert {r["staff"] for r in rows(capsys, folder, "status")} == {"B", "D"}
    assert [r["people"] for r in rows(capsys, folder, "matrix") if r["role"] == "clerk" and r["course"] == "law"] == [2]


def test_somebody_of_whom_it_can_not_be_read_whether_they_left_lacks_nothing_for_certain(
    capsys: pytest.CaptureFixture[str], altered: Callable[..., Path]
) -> None:
    folder = altered(staff=("B,U1,clerk,back,2020-01-01,", "B,U1,clerk,back,2020-01-01,soon"))
    assert [(r["staff"], r["state"]) for r in rows(capsys, folder, "status")] == [("B", "unknown"), ("D", "unknown")]
    assert ("B", "unknown", "rejected value", None) in [(*f[:3], None) for f in findings(folder / "assessments" / "2026-06-30", "H-M")]


def test_the_matrix_counts_each_role_and_course(capsys: pytest.CaptureFixture[str], project: Path, assessment: Path) -> None:
    found = {(r["role"], r["course"]): (r["people"], r["valid"], r["expired"], r["missing"], r["unknown"])
             for r in rows(capsys, project, "matrix", str(assessment))}  # fmt: skip
    assert found == {("?", "law"): (1, 0, 0, 0, 1), ("?", "service"): (1, 1, 0, 0, 0), ("boss", "service"): (1, 1, 0, 0, 0),
                     ("clerk", "law"): (2, 1, 1, 0, 0), ("clerk", "service"): (2, 2, 0, 0, 0)}  # fmt: skip


def test_what_expires_within_some_days_is_listed_in_order(capsys: pytest.CaptureFixture[str], project: Path, assessment: Path) -> None:
    found = [(r["until_on"], r["staff"]) for r in rows(capsys, project, "expiring", str(assessment), "--days", "32")]
    assert found == [("2026-07-10", "C"), ("2026-07-20", "A"), ("2026-08-01", "B")]
    assert len(rows(capsys, project, "expiring", str(assessment), "--days", "31")) == 2


def test_a_workbook_has_what_the_table_has(capsys: pytest.CaptureFixture[str], project: Path, assessment: Path, tmp_path: Path) -> None:
    out = tmp_path / "t.xlsx"
    said(capsys, project, "training", "status", str(assessment), "--format", "xlsx", "--out", str(out))
    sheet = CalamineWorkbook.from_path(str(out)).get_sheet_by_index(0).to_python()
    assert [r[0] for r in sheet[1:]] == ["B", "D"]


def test_the_report_shows_the_matrix_in_both_languages(capsys: pytest.CaptureFixture[str], project: Path, assessment: Path, tmp_path: Path) -> None:
    for language, words in (("en", "Insurance law"), ("zh", "保险法")):
        out = tmp_path / f"{language}.html"
        assert said(capsys, project, "-l", language, "report", str(assessment), "--out", str(out)).code == 0
        assert words in out.read_text("utf-8")


def test_the_gaps_are_handed_over_as_csv_and_parquet(project: Path, assessment: Path, tmp_path: Path) -> None:
    loaded = load_project(project)
    blocks = blocks_of(loaded)
    run = run_of(loaded, packs_of(loaded, blocks), date(2026, 6, 30), None, None)
    handed, failures = run_exports(assessment, tmp_path, run, collect(blocks, run).exports)
    assert failures == ()
    assert sorted(handed[0].files) == ["gaps.csv", "gaps.parquet", "matrix.csv", "matrix.parquet"]
    with (tmp_path / "training" / "gaps.csv").open(encoding="utf-8", newline="") as file:
        assert [(r["staff"], r["course"], r["state"]) for r in csv.DictReader(file)] == [("B", "law", "expired"), ("D", "law", "unknown")]
    assert duckdb.read_parquet(str(tmp_path / "training" / "gaps.parquet")).fetchall()[0][0] == "B"


@pytest.mark.parametrize(("control", "subject", "words"), [
    ("H-M", "B", {"en": "law: held from 2025-01-10 to 2026-01-10", "zh": "law：2025-01-10 至 2026-01-10 持有"}),
    ("H-Q", "D-2", {"en": "2026-02-01: done by B, law: unqualified", "zh": "2026-02-01：由 B 办理，law：不具备资格"}),
])  # fmt: skip
def test_explain_tells_a_case_in_both_languages_and_the_walk_agrees(
    capsys: pytest.CaptureFixture[str], project: Path, control: str, subject: str, words: dict[str, str]
) -> None:
    for language, text in words.items():
        told = said(capsys, project, "-l", language, "explain", control, subject, "--as-of", "2026-06-30")
        assert text in told.out
    assert "both come to the same" in said(capsys, project, "-l", "en", "explain", control, subject, "--as-of", "2026-06-30").out


def wrong(tmp_path: Path, settings: str) -> Iterator[str]:
    folder = write_project(tmp_path, packs=[], plugins=["training"], more=settings)
    with pytest.raises(DisputekitError) as bad:
        blocks_of(load_project(folder))
    yield from (str(p) for p in bad.value.problems)


def test_mistakes_in_the_settings_are_told_all_at_once_with_the_nearest_match(tmp_path: Path) -> None:
    told = list(wrong(tmp_path, """
[plugins.training.courses.insurance-law]
valid = "5 working days"
[plugins.training.courses.other]
also = ["insurance-law"]
[[plugins.training.matrix]]
courses = ["insurance-lew"]
[[plugins.training.matrix]]
role = "x"
[plugins.training.answers]
amount = "othr"
"""))  # fmt: skip
    assert len(told) == 5
    assert any("matrix[1].courses" in t and "insurance-lew" in t and "insurance-law" in t for t in told)
    assert any("answers.amount" in t and "'other'" in t for t in told)
    assert any("matrix[2]" in t for t in told) and any("5 working days" in t for t in told) and any("courses.other" in t for t in told)


def test_without_records_nobody_is_said_to_be_trained(tmp_path: Path) -> None:
    folder = write_project(tmp_path, packs=["./house"], plugins=["training"], more="[register.staff]\npath = 'staff.csv'\n")
    (folder / "staff.csv").write_text(STAFF, encoding="utf-8")
    (folder / "house").mkdir()
    (folder / "house" / "pack.toml").write_text(HOUSE, encoding="utf-8")
    manifest = assess(load_project(folder), date(2026, 6, 30), tmp_path / "out")
    assert {(c.id, t.outcome, t.reason) for c in manifest.controls for t in c.tallies} == {
        ("H-Q", "unknown", "not supplied"), ("H-M", "unknown", "not supplied"),
    }  # fmt: skip


def test_the_pack_of_practices_is_sound_and_answers_each_practice_about_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_project(tmp_path, packs=["training-practice"], plugins=["training"])
    linted = disputekit(folder, "policy", "lint", "training-practice", capsys=capsys)
    assert (linted.code, linted.err) == (0, "")
    tried = disputekit(folder, "policy", "test", "training-practice", capsys=capsys)
    assert (tried.code, tried.err) == (0, "")
    (pack,) = packs_of(load_project(folder), blocks_of(load_project(folder)))
    assert {rule.practice for rule in pack.controls} == {"S7.3", "S8.1", "S11.1", "S12.1", "S12.2", "S18.2", "P3"}


def test_a_query_grows_with_what_is_needed_and_no_faster(tmp_path: Path) -> None:
    def written(courses: int) -> int:
        names = [f"c{n}" for n in range(courses)]
        matrix = "".join(f"[plugins.training.courses.{n}]\nvalid = '1 year'\n" for n in names)
        folder = write_project(tmp_path / str(courses), packs=["./house"], plugins=["training"],
                               more=f"{matrix}[[plugins.training.matrix]]\ncourses = {names}\n[plugins.training.records.training]\npath = 'training.csv'\n"
                               "[register.staff]\npath = 'staff.csv'\n[register.events]\npath = 'events.csv'\n")  # fmt: skip
        for name, text in (("staff.csv", STAFF), ("training.csv", TRAINING), ("events.csv", EVENTS)):
            (folder / name).write_text(text, encoding="utf-8")
        (folder / "house").mkdir()
        (folder / "house" / "pack.toml").write_text(HOUSE.replace('courses = "law"', 'courses = "c0"'), encoding="utf-8")
        assert not assess(load_project(folder), date(2026, 6, 30), tmp_path / f"out {courses}").errors
        return (tmp_path / f"out {courses}" / "queries" / "H-M.sql").stat().st_size

    few, many = written(4), written(12)
    assert many < 4 * few


def test_records_from_a_workbook_and_from_statements_are_one_table(tmp_path: Path) -> None:
    from tests.plugins.training.test_statements import statement

    folder = write_project(tmp_path, packs=["./house"], plugins=["training"], more=SETTINGS.replace('path = "training.csv"', 'path = ["hr.xlsx", "lms.xapi"]')
                           .replace('valid = "12 months"', 'valid = "12 months"\nalso = ["http://lms.example/law"]'))  # fmt: skip
    for name, text in (("staff.csv", STAFF), ("events.csv", EVENTS)):
        (folder / name).write_text(text, encoding="utf-8")
    with Workbook(str(folder / "hr.xlsx"), {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["staff_id", "course", "completed_at", "expires_on", "hours", "score", "evidence"])
        for number, (who, course, day) in enumerate((("A", "law", date(2025, 9, 1)), ("A", "service", date(2026, 1, 10)), ("B", "service", date(2026, 1, 10)),
                                                     ("C", "service", date(2026, 1, 10)), ("D", "service", date(2026, 1, 10))), 1):  # fmt: skip
            sheet.write_row(number, 0, [who, course, day])
    (folder / "lms.xapi").write_text(json.dumps(statement(1, who="B", timestamp="2026-01-05T08:00:00Z")) + "\n", encoding="utf-8")
    (folder / "house").mkdir()
    (folder / "house" / "pack.toml").write_text(HOUSE, encoding="utf-8")
    assert not assess(load_project(folder), date(2026, 6, 30), tmp_path / "out").errors
    assert findings(tmp_path / "out", "H-M") == [("D", "unknown", "missing", None)]
    assert findings(tmp_path / "out", "H-Q") == []
