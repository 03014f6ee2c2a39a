"""Writing Excel workbooks: sheets with a frozen header and filters, real dates and numbers, and text that stays text.

What stands in a register may look like a formula, a link or a number (`=1+1`, `0001.25`); it is written as the text that it is. Rows go to
disk as they come, so that memory doesn't grow with them.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

Cell = str | int | float | Decimal | date | datetime | None

MOST_ROWS = 1_048_576
"""The rows that a sheet has, whatever is on it."""
_LONGEST = 32_767
"""The most characters of a cell."""
_EXACT = 10**15
"""From here on a number isn't exact in Excel, so that it is written as text."""
_FIRST_DAY = date(1900, 3, 1)
"""Before it Excel counts a day that never was."""
_NARROWEST, _WIDEST, _MEASURED = 6, 60, 200
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


@dataclass
class Spreadsheet:
    """A workbook that is being written. taken: the names of its sheets, in lower case."""

    book: "Workbook"
    formats: dict[str, Any]
    taken: list[str] = field(default_factory=list)

    def sheet(self, title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], notes: Sequence[str] = (), alarm: str = "") -> int:
        """Adds a sheet: notes, a header that stays in sight and can be filtered by, and the rows; returns how many there were.

        alarm: the first line, if anything, that no reader may miss. Rows beyond what a sheet has aren't written: let there be fewer.
        """
        sheet = self.book.add_worksheet(self._name(title))
        top = 0
        for text, form in (*([(alarm, "alarm")] if alarm else []), *((n, "note") for n in notes)):
            _write(sheet, top, 0, text, self.formats[form], self.formats)
            top += 1
        widths = [_width(text) + 3 for text in header]
        for column, text in enumerate(header):
            sheet.write_string(top, column, text, self.formats["header"])
        count = 0
        for count, row in enumerate(rows, 1):
            if top + count >= MOST_ROWS:
                raise ValueError(f"{title}: more rows than a sheet has")
            for column, value in enumerate(row):
                _write(sheet, top + count, column, value, None, self.formats)
                if count <= _MEASURED:
                    widths[column] = max(widths[column], _width(value) + 2)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, min(max(width, _NARROWEST), _WIDEST))
        sheet.freeze_panes(top + 1, 0)
        if header:
            sheet.autofilter(top, 0, top + count, len(header) - 1)
        return count

    def _name(self, title: str) -> str:
        """A name that a sheet may have, and that no other has."""
        plain = title.translate(_FORBIDDEN).strip(" '")[:31].strip(" '")
        found, number = plain if plain else "1", 1
        while found.lower() in self.taken:
            number += 1
            ending = f" {number}"
            found = plain[: 31 - len(ending)] + ending
        self.taken.append(found.lower())
        return found


@contextmanager
def spreadsheet(path: Path, title: str, as_of: date) -> Iterator[Spreadsheet]:
    """A workbook at `path`, whole when the block ends; the same content gives the same bytes."""
    from xlsxwriter import Workbook

    settings = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(str(path), settings) as book:
        book.set_properties({"title": title, "created": datetime.combine(as_of, time())})
        top: dict[str, object] = {"valign": "top", "font_name": "Arial", "font_size": 10}
        looks: dict[str, dict[str, object]] = {
            "text": {"text_wrap": True}, "number": {}, "date": {"num_format": "yyyy-mm-dd", "align": "left"},
            "instant": {"num_format": "yyyy-mm-dd hh:mm", "align": "left"}, "header": {"bold": True, "bottom": 1, "bg_color": "#E8EDF2"},
            "note": {}, "alarm": {"bold": True, "font_color": "#B00020"},
        }  # fmt: skip
        yield Spreadsheet(book, {name: book.add_format({**top, **look}) for name, look in looks.items()})


def _write(sheet: "Worksheet", row: int, column: int, value: Cell, form: Any, formats: dict[str, Any]) -> None:
    if value is None:
        return
    if isinstance(value, datetime) and value.date() >= _FIRST_DAY:
        sheet.write_datetime(row, column, value.replace(tzinfo=None), formats["instant"])
    elif isinstance(value, date) and not isinstance(value, datetime) and value >= _FIRST_DAY:
        sheet.write_datetime(row, column, value, formats["date"])
    elif isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) and -_EXACT < value < _EXACT:
        sheet.write_number(row, column, value, formats["number"])
    else:
        text = str(value)
        sheet.write_string(row, column, text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…", form if form is not None else formats["text"])


def _width(value: Cell) -> int:
    """How wide a cell is, in Latin letters."""
    if isinstance(value, datetime):
        return 16
    text = str(value) if value is not None else ""
    return max((sum(2 if east_asian_width(c) in "WF" else 1 for c in line) for line in text[:500].split("\n")), default=0)
