"""Rows that a reader has made by itself, as a copy that the engine can scan."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sqlglot import exp

from disputekit import sql
from disputekit.register.mapping import unique_names
from disputekit.register.readers.csv import LONGEST, scan_of_lines
from disputekit.register.source import PassedOver, Place, Refused, Scan

RECORD = "the number of the record"
"""The last column of the copy: records that are no rows leave gaps, so that rows can't be counted."""


def scan_rows(
    file: Path, scratch: Path, header: tuple[str, ...], rows: Iterable[Mapping[str, str | None]], places: Sequence[Place], refused: Sequence[Refused],
    passed_over: Sequence[PassedOver] = (),
) -> Scan:  # fmt: skip
    """The scan of a file that a reader has read by itself, record by record: its rows are put into a copy that the engine reads.

    header: the columns, of which a row may lack any. places: of each row, in their order. refused, passed_over: the records that are no rows.
    """
    copy = scratch / f"{file.name}.csv"
    with copy.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow((*header, RECORD))
        writer.writerows([*(row.get(name) for name in header), place.record] for row, place in zip(rows, places, strict=True))
    varchar = [exp.PropertyEQ(this=sql.name(n), expression=sql.text("VARCHAR")) for n in (*unique_names(header), RECORD)]
    lines = scan_of_lines(copy, {
        "columns": exp.Struct(expressions=varchar), "delim": sql.text(","), "quote": sql.text('"'), "escape": sql.text('"'),
        "header": sql.boolean(True),
    }, min(copy.stat().st_size + 1024, LONGEST))  # fmt: skip

    by_record = {place.record: place for place in places}

    def places_of(records: Iterable[int], _: Iterable[int]) -> tuple[Mapping[int, Place], Mapping[int, Place]]:
        return {n: by_record[n] for n in records if n in by_record}, {}

    number = sql.cast(sql.col(RECORD), "bigint")
    return Scan(file, header, lines, copy, encoding="utf-8", number=number, refused=tuple(refused), passed_over=tuple(passed_over), places=places_of)
