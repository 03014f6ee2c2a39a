"""The cells of a sheet that hold an error (`#DIV/0!`): calamine gives them as empty, and an empty cell would mean that nothing is known."""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def error_cells(file: Path, sheet: str) -> Mapping[tuple[int, int], str]:
    """Row and column (from 1) of each cell that holds an error, and which. None are known of files that aren't Office Open XML."""
    if not zipfile.is_zipfile(file):
        return {}
    with zipfile.ZipFile(file) as book:
        if "xl/workbook.xml" not in book.namelist():
            return {}
        links = {s.get("name"): s.get(_LINK) for s in ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{_MAIN}sheet")}  # noqa: S314
        targets = {r.get("Id"): r.get("Target", "") for r in ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))}  # noqa: S314
        target = targets.get(links.get(sheet), "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if part not in book.namelist():
            return {}
        found: dict[tuple[int, int], str] = {}
        row = 0
        with book.open(part) as handle:
            for _, element in ElementTree.iterparse(handle):  # noqa: S314
                if element.tag != f"{_MAIN}row":
                    continue
                row = int(element.get("r", row + 1))
                column = 0
                for cell in element:
                    named = re.match(r"[A-Z]+", cell.get("r", ""))
                    column = _column(named.group()) if named else column + 1
                    if cell.get("t") == "e":
                        found[row, column] = cell.findtext(f"{_MAIN}v", "#N/A")
                element.clear()
        return found


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number
