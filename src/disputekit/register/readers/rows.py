"""Rows that a reader has made by itself, as a copy that the engine can scan."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sqlglot import exp

from disputekit import sql
from disputekit.register.mapping import unique_names
from disputekit.register.readers.csv import LONGEST, scan_of_lines
from disputekit.register.source import Place, Refused, Scan


def scan_rows(
    file: Path, scratch: Path, header: tuple[str, ...], rows: Iterable[Mapping[str, str | None]], places: Sequence[Place], refused: Sequence[Refused]
) -> Scan:
    """The scan of a file that a reader has read by itself, record by record: its rows are put into a copy that the engine reads.

    header: the columns, of which a row may lack any. places: of each row, in their order. refused: the records that are no rows.
    """
    copy = scratch / f"{file.name}.csv"
    with copy.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([row.get(name) for name in header] for row in rows)
    varchar = [exp.PropertyEQ(this=sql.name(n), expression=sql.text("VARCHAR")) for n in unique_names(header)]
    lines = scan_of_lines(copy, {
        "columns": exp.Struct(expressions=varchar), "delim": sql.text(","), "quote": sql.text('"'), "escape": sql.text('"'),
        "header": sql.boolean(True),
    }, min(copy.stat().st_size + 1024, LONGEST))  # fmt: skip

    def places_of(counts: Iterable[int], _: Iterable[int]) -> tuple[Mapping[int, Place], Mapping[int, Place]]:
        return {n: places[n - 1] for n in counts if n <= len(places)}, {}

    return Scan(file, header, lines, copy, encoding="utf-8", refused=tuple(refused), places=places_of)
