"""Workbooks: one sheet, written as text into the scratch folder. The one place where Python sees the rows: the engine reads no sheets."""

import csv
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, WorksheetNotFound
from sqlglot import exp

from disputekit import sql
from disputekit.errors import RegisterError, nearest
from disputekit.register.mapping import unique_names
from disputekit.register.readers.csv import LONGEST, scan_of_lines
from disputekit.register.readers.errors_of_sheet import error_cells
from disputekit.register.settings import SourceSettings
from disputekit.register.source import Scan
from disputekit.text import say

ERRORS = ("#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA")
_ROW = "row of the sheet"


def open_xlsx(file: Path, settings: SourceSettings, scratch: Path) -> Scan:
    """A scan of a sheet whose first row with anything in it is the header. Rows without anything are no records."""
    try:
        book = CalamineWorkbook.from_path(str(file))
        named = settings.sheet if settings.sheet is not None else book.sheet_names[0]
        sheet = book.get_sheet_by_name(named)
    except WorksheetNotFound:
        raise RegisterError.at("", say("no sheet {name!r}", name=settings.sheet), nearest(settings.sheet or "", book.sheet_names)) from None
    except (CalamineError, OSError, IndexError) as error:
        raise RegisterError.at("", say("isn't a workbook that can be read: {why}", why=str(error)[:200])) from None
    copy = scratch / f"{file.name}.utf-8.csv"
    errors = error_cells(file, named)
    header: tuple[str, ...] | None = None
    count, first = 0, 0
    with copy.open("w", encoding="utf-8", newline="") as out:
        write = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow
        for number, row in enumerate(sheet.to_python(skip_empty_area=False), 1):
            cells = [errors.get((number, i)) or cell_text(cell) for i, cell in enumerate(row, 1)]
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                width = max(i for i, cell in enumerate(cells, 1) if cell.strip())
                header, first = tuple(cells[:width]), number
                continue
            if any(cell.strip() for cell in cells[width:]):
                raise RegisterError.at("", say("row {row} of sheet {sheet!r} has cells beyond the header's last column", row=number, sheet=named))
            write([number - first, *cells[:width]])
            count += 1
    if header is None:
        raise RegisterError.at("", say("sheet {sheet!r} is empty", sheet=named))
    if not count:
        raise RegisterError.at("", say("sheet {sheet!r} has a header and no rows", sheet=named))
    kinds = {_ROW: "BIGINT", **dict.fromkeys(unique_names(header), "VARCHAR")}
    relation = scan_of_lines(copy, {
        "columns": exp.Struct(expressions=[exp.PropertyEQ(this=sql.name(n), expression=sql.text(k)) for n, k in kinds.items()]),
        "delim": sql.text(","), "quote": sql.text('"'), "escape": sql.text('"'), "header": sql.boolean(False),
    }, min(copy.stat().st_size + 1024, LONGEST))  # fmt: skip
    return Scan(
        file, header, relation, copy, native_dates=True, unusable=tuple(sorted({*ERRORS, *errors.values()})), number=sql.col(_ROW), first_line=first
    )


def cell_text(cell: object) -> str:
    """A cell as a person sees it: whole numbers without a point, others with the fifteen digits that a spreadsheet computes with."""
    match cell:
        case bool():
            return "true" if cell else "false"
        case float():
            shown = f"{cell:.15g}"
            if "e" in shown or cell.is_integer():
                return format(int(cell)) if cell.is_integer() else format(cell, ".20f").rstrip("0")
            return shown
        case datetime():
            return cell.isoformat(" ")
        case date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
        case None:
            return ""
        case _:
            return str(cell).replace("\r\n", "\n").replace("\r", "\n")
