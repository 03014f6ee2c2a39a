"""Workbooks: what is text stays text, what is a date is a date, and nothing is lost without a word."""

import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from disputekit.reports import spreadsheet as module
from disputekit.reports.spreadsheet import Cell, spreadsheet


def written(folder: Path, *rows: Sequence[Cell], title: str = "Sheet", notes: Sequence[str] = (), alarm: str = "") -> Path:
    path = folder / "book.xlsx"
    with spreadsheet(path, "A book", date(2026, 1, 1)) as book:
        book.sheet(title, ["Value"], rows, notes, alarm)
    return path


def read(path: Path) -> list[list[Any]]:
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)


def xml(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read("xl/worksheets/sheet1.xml").decode()


@pytest.mark.parametrize("text", ["=1+1", '=HYPERLINK("x")', "+1", "-1", "@SUM(1)", "0001.25", "https://example.org", "{=1}", " a ", "1e5", "true"])
def test_text_stays_the_text_that_it_is(text: str, tmp_path: Path) -> None:
    path = written(tmp_path, [text])
    assert read(path)[1] == [text]
    assert "<f>" not in xml(path)


@pytest.mark.parametrize("value", [date(2026, 2, 28), datetime(2026, 2, 28, 9, 30), 12, 0.5])
def test_dates_and_numbers_are_dates_and_numbers(value: Cell, tmp_path: Path) -> None:
    assert read(written(tmp_path, [value]))[1] == [value]


def test_an_amount_is_a_number_unless_it_would_lose_digits(tmp_path: Path) -> None:
    found = read(written(tmp_path, [Decimal("1234.50")], [Decimal("1234567890123456.78")], [10**18]))
    assert [row[0] for row in found[1:]] == [1234.5, "1234567890123456.78", "1000000000000000000"]


def test_a_day_that_excel_does_not_know_is_text(tmp_path: Path) -> None:
    assert read(written(tmp_path, [date(1899, 5, 1)]))[1] == ["1899-05-01"]


def test_a_text_longer_than_a_cell_is_cut_where_one_can_see_it(tmp_path: Path) -> None:
    (cell,) = read(written(tmp_path, ["x" * 40_000]))[1]
    assert (len(cell), cell[-1]) == (32_767, "…")


def test_the_header_stays_in_sight_and_can_be_filtered_by_below_the_notes(tmp_path: Path) -> None:
    path = written(tmp_path, ["a"], ["b"], notes=["One", "Two"], alarm="Beware")
    assert [row[0] for row in read(path)] == ["Beware", "One", "Two", "Value", "a", "b"]
    assert 'ySplit="4"' in xml(path)
    assert 'autoFilter ref="A4:A6"' in xml(path)


def test_sheets_get_names_that_a_sheet_may_have_and_that_differ(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with spreadsheet(path, "A book", date(2026, 1, 1)) as book:
        for title in ("a/b: [c]?", "A B  C", "x" * 40, "x" * 41, "", "'quoted'"):
            book.sheet(title, ["Value"], [])
    names = CalamineWorkbook.from_path(str(path)).sheet_names
    assert len({n.lower() for n in names}) == 6
    assert all(0 < len(n) <= 31 and not set(n) & set("[]:*?/\\") for n in names)


def test_more_rows_than_a_sheet_has_are_never_dropped_silently(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 3)
    with pytest.raises(ValueError, match="more rows than a sheet has"):
        written(tmp_path, ["a"], ["b"], ["c"])


def test_a_workbook_that_fails_half_way_leaves_nothing_and_the_old_one_as_it_was(tmp_path: Path) -> None:
    path = written(tmp_path, ["old"])
    before = path.read_bytes()
    with pytest.raises(TypeError):
        written(tmp_path, ["new"], 7)  # type: ignore[arg-type]
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["book.xlsx"]
