"""An extract: what was read from a database or a log, in order, as text in the scratch folder.

It stands for its source: what the manifest hashes is the extract, since a database has no bytes that stay the same. Whoever is given
the same rows in the same order gets the same hash.
"""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from sqlglot import exp

from disputekit import sql
from disputekit.errors import RegisterError
from disputekit.register.mapping import unique_names
from disputekit.register.readers.csv import LONGEST, scan_of_lines
from disputekit.register.source import Scan
from disputekit.text import say


def write_extract(copy: Path, rows: Iterable[Sequence[object]]) -> int:
    """Writes rows one by one, however many there are, and tells how many there were. None is an empty cell."""
    count = 0
    with copy.open("w", encoding="utf-8", newline="") as out:
        write = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow
        for row in rows:
            write(row)
            count += 1
    return count


def scan_of_extract(copy: Path, header: tuple[str, ...], count: int) -> Scan:
    """The scan of an extract of so many rows. Raises RegisterError where there are none."""
    if not count:
        raise RegisterError.at("", say("has a header and no rows"))
    columns = exp.Struct(expressions=[exp.PropertyEQ(this=sql.name(n), expression=sql.text("VARCHAR")) for n in unique_names(header)])
    options = {"columns": columns, "delim": sql.text(","), "quote": sql.text('"'), "escape": sql.text('"'), "header": sql.boolean(False)}
    return Scan(copy, header, scan_of_lines(copy, options, min(copy.stat().st_size + 1024, LONGEST)), copy, encoding="utf-8", first_line=0)
