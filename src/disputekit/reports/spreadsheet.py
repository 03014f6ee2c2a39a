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
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from disputekit.text import width

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

Cell = str | int | float | Decimal | date | datetime | None
Look = Literal["text", "number", "whole", "share", "date", "instant", "header", "note", "alarm", "title", "heading",
               "plain", "bad", "late", "unknown", "soon", "good"]  # fmt: skip

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
_TOP: dict[str, object] = {"valign": "top", "font_name": "Arial", "font_size": 10}
_LOOKS: dict[Look, dict[str, object]] = {
    "text": {"text_wrap": True}, "number": {}, "whole": {"num_format": "#,##0"}, "share": {"num_format": "0.0%"},
    "date": {"num_format": "yyyy-mm-dd", "align": "left"}, "instant": {"num_format": "yyyy-mm-dd hh:mm", "align": "left"},
    "header": {"bold": True, "bottom": 1, "bg_color": "#E8EDF2"}, "note": {}, "alarm": {"bold": True, "font_color": "#B00020"},
    "title": {"bold": True, "font_size": 14}, "heading": {"bold": True},
    "plain": {"bg_color": "#EEF1F5"}, "bad": {"bg_color": "#A61E1E", "font_color": "#FFFFFF"}, "late": {"bg_color": "#F6D3A8"},
    "unknown": {"bg_color": "#E3DAF2"}, "soon": {"bg_color": "#CBE5F0"}, "good": {"bg_color": "#CFE9D8"},
}  # fmt: skip


@dataclass
class Page:
    """A sheet that is being written from top to bottom. row: the next one. widths: of its columns, in Latin letters."""

    sheet: "Worksheet"
    formats: dict[Look, Any]
    row: int = 0
    widths: list[int] = field(default_factory=list)

    def line(self, text: str, look: Look = "note") -> None:
        """A text by itself, which may run over the cells to its right."""
        self._put(0, text, look)
        self.row += 1

    def gap(self) -> None:
        self.row += 1

    def cells(self, values: Sequence[Cell], looks: Sequence[Look | None] = ()) -> None:
        """A row of cells. looks: how some of them look, if not as their values do."""
        for column, value in enumerate(values):
            self._put(column, value, looks[column] if column < len(looks) else None)
            self._measure(column, value)
        self.row += 1

    def table(self, header: Sequence[str], rows: Iterable[Sequence[Cell]], looks: Sequence[Look | None] = (), *, main: bool = False) -> int:
        """A header and rows; returns how many. main: what the sheet is for, so that the header stays in sight and can be filtered by.

        Raises ValueError where there are more rows than a sheet has: what is left out must be said, and that is the caller's business.
        """
        top = self.row
        for column, text in enumerate(header):
            self._put(column, text, "header")
            self._measure(column, text + "   ")
        self.row += 1
        count = 0
        for count, row in enumerate(rows, 1):
            if self.row >= MOST_ROWS:
                raise ValueError(f"more rows than a sheet has, {MOST_ROWS:,}")
            for column, value in enumerate(row):
                self._put(column, value, looks[column] if column < len(looks) else None)
                if count <= _MEASURED:
                    self._measure(column, value)
            self.row += 1
        if main:
            self.sheet.freeze_panes(top + 1, 0)
            self.sheet.autofilter(top, 0, top + count, max(len(header) - 1, 0))
        return count

    def finish(self) -> None:
        for column, wide in enumerate(self.widths):
            self.sheet.set_column(column, column, min(max(wide, _NARROWEST), _WIDEST))

    def _put(self, column: int, value: Cell, look: Look | None) -> None:
        if value is None:
            return
        if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) and -_EXACT < value < _EXACT:
            self.sheet.write_number(
                self.row, column, value, self.formats[look if look is not None else "whole" if isinstance(value, int) else "number"]
            )
        elif isinstance(value, datetime) and value.date() >= _FIRST_DAY:
            self.sheet.write_datetime(self.row, column, value.replace(tzinfo=None), self.formats["instant"])
        elif isinstance(value, date) and not isinstance(value, datetime) and value >= _FIRST_DAY:
            self.sheet.write_datetime(self.row, column, value, self.formats["date"])
        else:
            text = str(value)
            cut = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
            self.sheet.write_string(self.row, column, cut, self.formats[look if look is not None and look not in ("number", "share") else "text"])

    def _measure(self, column: int, value: Cell) -> None:
        while len(self.widths) <= column:
            self.widths.append(0)
        self.widths[column] = max(self.widths[column], _width(value) + 2)


@dataclass
class Spreadsheet:
    """A workbook that is being written. taken: the names of its sheets, in lower case."""

    book: "Workbook"
    formats: dict[Look, Any]
    taken: list[str] = field(default_factory=list)

    @contextmanager
    def page(self, title: str) -> Iterator[Page]:
        """A new sheet, of this name as far as a sheet may have it."""
        with self.named(self.name(title)) as page:
            yield page

    @contextmanager
    def named(self, name: str) -> Iterator[Page]:
        """A new sheet of a name that was taken for it before."""
        page = Page(self.book.add_worksheet(name), self.formats)
        yield page
        page.finish()

    def sheet(self, title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], notes: Sequence[str] = (), alarm: str = "") -> int:
        """A sheet with one table below some notes; returns how many rows there were. alarm: a first line that no reader may miss."""
        with self.page(title) as page:
            if alarm:
                page.line(alarm, "alarm")
            for note in notes:
                page.line(note)
            return page.table(header, rows, main=True)

    def name(self, title: str) -> str:
        """A name that a sheet may have, and that no other has, which is taken with this."""
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
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid4().hex[:8]}.partial")
    try:
        with Workbook(str(partial), settings) as book:
            book.set_properties({"title": title, "created": datetime.combine(as_of, time())})
            yield Spreadsheet(book, {name: book.add_format({**_TOP, **look}) for name, look in _LOOKS.items()})
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _width(value: Cell) -> int:
    """How wide a cell is, in Latin letters."""
    if isinstance(value, datetime):
        return 16
    text = str(value) if value is not None else ""
    if text.isascii() and "\n" not in text:
        return len(text)
    return max(map(width, text[:500].split("\n")))
