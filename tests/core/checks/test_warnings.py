"""What is due soon: of parallel clocks of one duty the earliest warns."""

from pathlib import Path

import duckdb
import pytest
from tests.projects import assessment, check, control, write_pack, write_project

WITHIN = 'kind = "deadline"\nfrom = "received"\nto = "closed"\nwithin = "{days} days"\nwarn = "30 days"\n'


def warned(folder: Path) -> list[tuple[str, str, str]]:
    with duckdb.connect() as db:
        found = db.read_parquet(str(folder / "assessments" / "2026-02-01" / "warnings.parquet")).select("subject, control, due_on").fetchall()
    return sorted((s, c, str(d)) for s, c, d in found)


def test_of_two_clocks_of_one_duty_only_the_earlier_warns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = control("H-1", WITHIN.format(days=40) + 'duty = "answer"')
    other = control("H-2", WITHIN.format(days=35) + 'duty = "answer"')
    alone = control("H-3", WITHIN.format(days=50))
    write_pack(tmp_path / "house", one, other, alone)
    check(write_project(tmp_path), capsys=capsys)
    # D-2 (6 January) and D-3 (7 January) are still open on 1 February
    assert warned(tmp_path) == [
        ("D-2", "H-2", "2026-02-10"),
        ("D-2", "H-3", "2026-02-25"),
        ("D-3", "H-2", "2026-02-11"),
        ("D-3", "H-3", "2026-02-26"),
    ]
    assert assessment(tmp_path)["warnings"] == 4


def test_its_query_gives_the_same_from_the_folder_of_the_assessment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pack(tmp_path / "house", control("H-1", WITHIN.format(days=40)))
    check(write_project(tmp_path), capsys=capsys)
    monkeypatch.chdir(tmp_path / "assessments" / "2026-02-01")
    again = duckdb.sql(Path("queries/90_warnings.sql").read_text("utf-8")).fetchall()
    assert again == duckdb.read_parquet("warnings.parquet").fetchall()
    assert len(again) == 2


def test_where_nothing_warns_there_is_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_pack(tmp_path / "house", control("H-1"))
    check(write_project(tmp_path), capsys=capsys)
    assert not (tmp_path / "assessments" / "2026-02-01" / "warnings.parquet").exists()
    assert assessment(tmp_path)["warnings"] == 0
