"""SQLite: one table or view of a database file, opened for reading only."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from disputekit.errors import RegisterError, nearest
from disputekit.register.readers.extract import scan_of_extract, write_extract
from disputekit.register.settings import SourceSettings
from disputekit.register.source import Scan
from disputekit.text import say

_AT_ONCE = 10_000
# columns that are computed are hidden from pragma_table_info; what a virtual table hides (1) is no data
_ORDINALS = "SELECT name FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid"
_TABLES = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name"


def open_sqlite(file: Path, settings: SourceSettings, scratch: Path) -> Scan:
    """A scan of the table that `table` names, or of the only one, its rows in order of all their columns."""
    copy = scratch / f"{file.name}.extract.csv"
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as db:
            there = [name for (name,) in db.execute(_TABLES)]
            name = settings.table if settings.table is not None else there[0] if len(there) == 1 else None
            if name is None:
                raise RegisterError.at(
                    "", say("holds {count} tables", count=len(there)), say('Say which: table = "…". There are {names}', names=", ".join(there))
                )
            if name not in there:
                raise RegisterError.at("", say("no table {name!r}", name=name), nearest(name, there))
            header = tuple(column for (column,) in db.execute(_ORDINALS, (name,)))
            chosen = ", ".join(_quoted(column) for column in header)
            order = ", ".join(str(number) for number, _ in enumerate(header, 1))
            rows = db.execute(f"SELECT {chosen} FROM {_quoted(name)} ORDER BY {order}")  # noqa: S608 — names that the database gave, quoted
            return scan_of_extract(copy, header, write_extract(copy, _texts(rows)))
    except sqlite3.Error as error:
        raise RegisterError.at("", say("isn't an SQLite database that can be read: {why}", why=str(error)[:200])) from None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _texts(rows: sqlite3.Cursor) -> Iterator[list[object]]:
    """Cells as SQLite holds them; a fraction with the digits that tell it from any other, bytes as hexadecimal digits."""
    while several := rows.fetchmany(_AT_ONCE):
        for row in several:
            yield [f"\\x{cell.hex()}" if isinstance(cell, bytes) else repr(cell) if isinstance(cell, float) else cell for cell in row]
