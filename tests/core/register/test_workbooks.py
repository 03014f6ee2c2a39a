"""Workbooks made by hand, cell by cell: what calamine hides is seen all the same."""

import zipfile
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def book(path: Path, rows: list[list[str]]) -> None:
    """A workbook of one sheet; style 1 is a date, style 2 a moment."""
    parts = "".join(f'<Override PartName="/xl/{n}.xml" ContentType="{SHEET}.{k}+xml"/>' for n, k in
                    (("workbook", "sheet.main"), ("worksheets/sheet1", "worksheet"), ("styles", "styles")))  # fmt: skip
    files = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{parts}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type="{OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type="{OFFICE}/worksheet" '
        f'Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">'
        '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>'
        + "".join(f'<row r="{i}">{"".join(row)}</row>' for i, row in enumerate(rows, 1)) + "</sheetData></worksheet>",
    }  # fmt: skip
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, '<?xml version="1.0"?>' + text)


def cell(value: object, kind: str = "n", style: int = 0) -> str:
    return f'<c t="{kind}" s="{style}"><v>{value}</v></c>'


def test_cells_of_every_kind_and_errors_as_bad_cells(tmp_path: Path, load: Callable[..., Any]) -> None:
    head = [cell(n, "str") for n in ("dispute_id", "received_at", "amount_claimed", "cause")]
    book(tmp_path / "d.xlsx", [
        head,
        [cell(2549), cell(45000, style=1), cell("0.30000000000000004"), cell("#N/A", "e")],
        [cell("1.25"), cell("45000.5", style=2), cell("#DIV/0!", "e"), cell(1, "b")],
        [cell("00012", "str"), cell("2026-01-05", "str"), cell("1.239"), cell("x", "str")],
    ])  # fmt: skip
    found = load(tmp_path, '[disputes]\npath = "d.xlsx"\nformats = { received_at = "%Y-%m-%d" }\n', disputes={"cause"})
    assert found.rows('select dispute_id, received_at, "received_at coarse", amount_claimed, cause from disputes order by 1') == [
        ("00012", datetime(2026, 1, 5), True, None, "x"), ("1.25", datetime(2023, 3, 15, 12), False, None, "true"),
        ("2549", datetime(2023, 3, 15), True, Decimal("0.30"), None)]  # fmt: skip
    assert found.rejects() == [(1, 2, "cause", "#N/A"), (2, 3, "amount_claimed", "#DIV/0!"), (3, 4, "amount_claimed", "1.239")]
