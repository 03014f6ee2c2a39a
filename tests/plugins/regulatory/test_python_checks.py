"""Checks that an insurer writes in Python: what they say is kept, what they don't say is unknown, and whatever fails in one is its own error."""

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.projects import DISPUTES, Said, assessment, check, control, write_pack, write_project

from disputekit.checks import judged

Install = Callable[..., str]
SOURCE = """
from datetime import date, datetime
from disputekit import *

TEXT = Text(zh="检查", en="A check")

class Plugin:
    @hookimpl
    def regulatory_checks(self):
        yield python_check("P-1", TEXT, "high", "practice", TEXT, Reads("disputes", columns=("amount_claimed",), moments=("received", "closed"),
                           records={records}), judge{more})

def judge(batches):
{body}
"""
CLOSED = DISPUTES.replace("2026-03-01", "2026-01-30")
BY_AMOUNT = """\
    for batch in batches:
        for d in batch:
            if d["amount_claimed"] is REJECTED:
                yield Judged(subject=d["subject"], outcome="unknown", reason="rejected value")
            elif d["closed"] is None:
                yield Judged(subject=d["subject"], outcome="fail", reason="far too slow", started_at=d["received"], due_on=date(2026, 1, 20), observed="-")
            elif d["amount_claimed"] > 150:
                yield Judged(subject=d["subject"], outcome="pass")
"""


def checked(tmp_path: Path, install: Install, capsys: pytest.CaptureFixture[str], body: str, *, more: str = "", records: str = "()",
            disputes: str = CLOSED, register: str = "") -> Said:  # fmt: skip
    name = install(SOURCE.format(body=body, more=more, records=records))
    write_pack(tmp_path / "house", control())
    project = write_project(tmp_path, plugins=[name], more=register)
    (project / "disputes.csv").write_text(disputes, encoding="utf-8")
    return check(project, "--replace", capsys=capsys)


def mine(folder: Path) -> Any:
    return next(c for c in assessment(folder)["controls"] if c["id"] == "P-1")


def tallies(folder: Path) -> dict[str, int]:
    return {f"{t['outcome']}: {t['reason']}".removesuffix(": "): t["subjects"] for t in mine(folder)["tallies"]}


def test_what_it_says_is_a_finding_and_what_it_leaves_out_is_unknown(tmp_path: Path, install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    said = checked(tmp_path, install, capsys, BY_AMOUNT)
    assert said.code == 2, said.err  # a third of the subjects is unknown
    assert tallies(tmp_path) == {"fail: far too slow": 1, "pass": 1, "unknown: not judged": 1}
    rows = duckdb.sql(f"select subject, outcome, reason, started_at, due_on, observed from '{tmp_path}/assessments/2026-02-01/findings/P-1.parquet'")
    assert [tuple(map(str, r)) for r in rows.fetchall()] == [
        ("D-1", "unknown", "not judged", "None", "None", "None"), ("D-3", "fail", "far too slow", "2026-01-07 09:00:00", "2026-01-20", "-"),
    ]  # fmt: skip


def test_the_manifest_names_the_code_and_its_hash_changes_with_it(tmp_path: Path, install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    checked(tmp_path, install, capsys, BY_AMOUNT)
    first = mine(tmp_path)
    assert first["code"].endswith(":judge")
    assert first["judged_sha256"] == judged.file_sha256(tmp_path / "assessments/2026-02-01/judged/P-1.parquet")
    checked(tmp_path, install, capsys, BY_AMOUNT + "# another line\n")
    assert mine(tmp_path)["code_sha256"] != first["code_sha256"]
    assert mine(tmp_path)["judged_sha256"] == first["judged_sha256"]
    (tmp_path / "assessments/2026-02-01/judged/P-1.parquet").unlink()
    manifest = judged_again(tmp_path)
    assert "judged/P-1.parquet" in manifest


def judged_again(folder: Path) -> str:
    from disputekit.assessment.folder import spoilt
    from disputekit.assessment.manifest import read_manifest

    at = folder / "assessments/2026-02-01"
    return " ".join(p.where for p in spoilt(at, read_manifest(at)[0]))


@pytest.mark.parametrize(("body", "words"), [
    ("    raise RuntimeError('hostile')", "hostile"),
    ("    yield Judged(subject='D-1', outcome='pass')\n    raise SystemExit(0)", "SystemExit"),
    ("    return 5", "not iterable"), ("    return None", "not iterable"), ("    yield 'D-1'", "which is no verdict on a subject"),
    ("    yield Judged(subject='D-1', outcome='fine')", "ValidationError"), ("    yield Judged(subject='D-1', outcome='fail')", "ValidationError"),
    ("    yield Judged(subject='D-1', outcome='unknown', reason='whatever')", "ValidationError"),
    ("    yield Judged(subject='D-9', outcome='pass')", "a verdict on D-9, which it wasn't asked about"),
    ("    yield Judged(subject='D-1', outcome='pass')\n    yield Judged(subject='D-1', outcome='pass')", "more than one verdict on D-1"),
])  # fmt: skip
def test_whatever_fails_is_an_error_of_the_control_and_nobody_passes(
    body: str, words: str, tmp_path: Path, install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    said = checked(tmp_path, install, capsys, body)
    assert said.code == 2
    assert tallies(tmp_path) == {"unknown: error": 3}
    assert words in mine(tmp_path)["error"]
    (other,) = [c for c in assessment(tmp_path)["controls"] if c["id"] == "H-1"]
    assert other["error"] is None
    assert not list((tmp_path / "assessments/2026-02-01").rglob("*.jsonl"))


def test_only_whom_it_concerns_is_handed_over_and_who_may_be_concerned_is_unknown(
    tmp_path: Path, install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    body = "    for batch in batches:\n        for d in batch:\n            yield Judged(subject=d['subject'], outcome='pass')\n"
    disputes = CLOSED.replace("letter", "").replace("D-3,2026-01-07T09:00:00,,phone", "D-3,2026-01-07T09:00:00,,web")
    checked(tmp_path, install, capsys, body, more=", where=\"channel = 'phone'\"", disputes=disputes)
    assert tallies(tmp_path) == {"pass": 1, "unknown: condition": 1, "not_applicable: not concerned": 1}


def test_cells_come_as_they_are_known_and_records_with_their_subject(tmp_path: Path, install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    body = """\
    for batch in batches:
        for d in batch:
            paid = [str(p["amount"]) for p in d["payments"]]
            yield Judged(subject=d["subject"], outcome="fail", reason="seen", observed=f"{d['amount_claimed']!r} {type(d['received']).__name__} {paid}")
"""
    (tmp_path / "payments.csv").write_text(
        "subject_id,kind,paid_at,amount\nD-1,x,2026-01-09,1.50\nD-1,x,2026-01-08,2.50\nD-2,x,2026-01-08,?\nD-1,x,2027-01-01,9\n"
    )
    disputes = CLOSED.replace("200.00", "lots").replace("T09:00:00", "")
    checked(
        tmp_path,
        install,
        capsys,
        body,
        disputes=disputes,
        records='(Records("payments", ("amount",)),)',
        register="[register.payments]\npath = 'payments.csv'\n",
    )
    assert mine(tmp_path)["error"] is None
    rows = duckdb.sql(f"select subject, observed from '{tmp_path}/assessments/2026-02-01/findings/P-1.parquet'").fetchall()
    assert rows == [
        ("D-1", "Decimal('100.00') date ['1.50', '2.50']"),
        ("D-2", "REJECTED date ['REJECTED']"),
        ("D-3", "Decimal('300.00') date []"),
    ]


def test_a_register_of_many_batches_is_judged_whole_in_bounded_memory(tmp_path: Path, install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    body = """\
    sizes = []
    for batch in batches:
        sizes.append(len(batch))
        for d in batch:
            yield Judged(subject=d["subject"], outcome="pass")
    assert max(sizes) <= 10_000 and len(sizes) == 4, sizes
"""
    head, *_ = DISPUTES.splitlines()
    rows = "".join(f"D-{n:06},2026-01-05T09:00:00,2026-01-12T10:00:00,phone,delay,100.00\n" for n in range(35_000))
    tracemalloc.start()
    try:
        said = checked(tmp_path, install, capsys, body, disputes=f"{head}\n{rows}")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert said.code == 0, said.err
    assert tallies(tmp_path) == {"pass": 35_000}
    assert peak < 60e6, peak


def test_what_it_said_can_be_run_again_without_its_code(tmp_path: Path, install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    checked(tmp_path, install, capsys, BY_AMOUNT)
    at = tmp_path / "assessments/2026-02-01"
    with duckdb.connect() as db:
        db.execute(f"set file_search_path = '{at}'")
        db.execute((at / "queries/03_judged_P-1.sql").read_text("utf-8"))
        assert db.execute('select subject, outcome from "judged P-1"').fetchall() == [("D-2", "pass"), ("D-3", "fail")]
    assert json.loads((at / "assessment.json").read_text("utf-8"))["controls"]
