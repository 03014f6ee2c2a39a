"""Chinese citizens' messages: 2,816 receipts and replies, in every form in which somebody might export them, give the same findings."""

import csv
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from python_calamine import CalamineWorkbook
from tests.end_to_end.conftest import MakeProject
from tests.end_to_end.running import called, digests, manifest, rows, tallies

AS_OF = "2020-06-30"
LATE = {"replied-15": 1061, "replied-30": 455, "replied-60": 156}
COLUMNS = ("留言编号", "留言用户", "留言主题", "留言时间", "答复时间")
ENCODINGS = {"gbk": "gbk", "gb18030": "gb18030", "utf-16": "utf-16", "utf-8-sig": "utf-8-sig"}


@pytest.fixture(scope="module")
def workbook(make_project: MakeProject) -> Path:
    """The assessment from the workbook itself."""
    project = make_project("messages", "cn_messages")
    assert called("--project", project, "check", "--as-of", AS_OF).code == 1
    return project / "assessments" / AS_OF


@pytest.fixture(scope="module")
def ledger(real: Callable[[str], Path]) -> list[tuple[str, ...]]:
    """The same rows as an office would export them as text."""
    header, *found = CalamineWorkbook.from_path(str(real("cn_messages") / "attachment4.xlsx")).get_sheet_by_index(0).to_python()
    places = [header.index(c) for c in COLUMNS]
    return [COLUMNS, *(tuple(_text(row[p]) for p in places) for row in found)]


def _text(cell: object) -> str:
    if isinstance(cell, datetime):
        return f"{cell:%Y/%m/%d %H:%M:%S}"
    return str(int(cell)) if isinstance(cell, float) else str(cell)


def test_replies_are_late_by_the_dates_that_lie_between(workbook: Path) -> None:
    assert tallies(workbook) == {control: {"fail: late": late, "pass": 2816 - late} for control, late in LATE.items()}


def test_a_finding_says_what_was_due_and_what_happened(workbook: Path) -> None:
    for subject, started, due, done, observed, expected in rows(workbook, "replied-60", "subject, started_at, due_on, done_at, observed, expected"):
        assert (due - started.date()).days == 60 < (done.date() - started.date()).days, subject
        assert (observed.removesuffix(" days"), expected) == (str((done.date() - started.date()).days), "60 days")


@pytest.mark.parametrize("form", [*ENCODINGS, "jsonl", "parquet"])
def test_every_form_of_the_same_ledger_gives_the_same_findings(
    form: str, workbook: Path, ledger: list[tuple[str, ...]], make_project: MakeProject
) -> None:
    project = make_project("messages", "cn_messages")
    name = f"ledger.{form if form in ('jsonl', 'parquet') else 'csv'}"
    _write(project / name, form, ledger)
    toml = project / "disputekit.toml"
    toml.write_text(toml.read_text("utf-8").replace("data/attachment4.xlsx", name), encoding="utf-8")
    assert called("--project", project, "check", "--as-of", AS_OF).code == 1
    found = project / "assessments" / AS_OF
    assert digests(found, ["findings"]) == digests(workbook, ["findings"])
    assert tallies(found) == tallies(workbook)
    (table,) = manifest(found)["tables"]
    assert (table["rows_read"], table["rows_rejected"], table["cells_rejected"]) == (2816, 0, {})
    # whatever is GBK is GB18030, which is therefore what is detected
    assert table["files"][0]["encoding"] == {**ENCODINGS, "gbk": "gb18030", "jsonl": "utf-8", "parquet": None}[form]


def _write(file: Path, form: str, ledger: list[tuple[str, ...]]) -> None:
    header, *lines = ledger
    if form == "jsonl":
        file.write_text("".join(json.dumps(dict(zip(header, line, strict=True)), ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    elif form == "parquet":
        with duckdb.connect() as db:
            _write(file.with_suffix(".csv"), "utf-8", ledger)
            db.read_csv(str(file.with_suffix(".csv")), header=True, all_varchar=True).write_parquet(str(file))
    else:
        # a few subjects have a no-break space, which GBK hasn't
        with file.open("w", encoding=ENCODINGS.get(form, form), errors="replace" if form == "gbk" else "strict", newline="") as out:
            csv.writer(out).writerows(ledger)


@pytest.mark.parametrize(
    ("name", "declared", "encoding"),
    [("replies_gbk.csv", "", "gb18030"), ("replies_gb18030.csv", "", "gb18030"), ("replies_gb18030.csv", "gb18030", "gb18030")],
)
def test_the_text_files_hold_one_reply_to_each_message(name: str, declared: str, encoding: str, make_project: MakeProject) -> None:
    project = make_project("annotated", "cn_messages")
    toml = project / "disputekit.toml"
    path = f'path = "data/{name}"' + (f'\nencoding = "{declared}"' if declared else "")
    toml.write_text(toml.read_text("utf-8").replace('path = "data/replies_gbk.csv"', path), encoding="utf-8")
    assert called("--project", project, "check", "--as-of", AS_OF, "--fail-on", "low").code == 0
    found = project / "assessments" / AS_OF
    assert tallies(found) == {"one-reply": {"pass": 2816}, "DQ-ORPHAN-documents.subject_id": {"pass": 2816}}
    files = {t["table"]: t["files"][0]["encoding"] for t in manifest(found)["tables"]}
    assert files == {"disputes": None, "documents": encoding}


def test_a_text_file_said_to_be_gbk_that_is_not_is_refused_at_its_byte(make_project: MakeProject) -> None:
    project = make_project("annotated", "cn_messages")
    toml = project / "disputekit.toml"
    toml.write_text(toml.read_text("utf-8").replace('replies_gbk.csv"', 'replies_gb18030.csv"\nencoding = "gbk"'), encoding="utf-8")
    ended = called("--project", project, "check", "--as-of", AS_OF)
    assert ended.code == 2
    assert "replies_gb18030.csv: byte 24,690 isn't gbk" in ended.err
    assert list((project / "assessments").glob("*")) == []
