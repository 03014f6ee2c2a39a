"""What a public variant mustn't hold, looked for in it by whoever verifies it: more than counts, small counts, tables that say different things."""

import csv
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from disputekit import Problem, as_csv, say
from disputekit_evaluation.aggregates import ORGANISATION, TOTAL
from disputekit_evaluation.package import DATAPACKAGE, MANIFEST, PUBLIC, README, SIGNATURE, TABLES, TAGMANIFEST, WORKBOOK, Package, Suppression
from disputekit_evaluation.published import columns_of

Rows = Sequence[Mapping[str, str]]


def disclosing(folder: Path, package: Package) -> Iterator[Problem]:
    """Other files than its tables; tables with other columns, or that differ from one another; counts that are small, tell of everybody in a group, or
    stand where they are said to be suppressed.
    """
    tables = [folder / TABLES / f"{name}.csv" for name in PUBLIC]
    allowed = {folder / MANIFEST, folder / DATAPACKAGE, folder / WORKBOOK, *tables, *(t.with_suffix(".parquet") for t in tables)}
    allowed |= {folder / name for name in (README, TAGMANIFEST, SIGNATURE, "bagit.txt", "bag-info.txt", "manifest-sha256.txt")}
    there = {p for p in folder.rglob("*") if p.is_file()}
    for path in sorted(there - allowed):
        yield Problem(path.relative_to(folder).as_posix(), say("doesn't belong in a public variant"))
    for path in sorted(allowed - there):
        yield Problem(path.relative_to(folder).as_posix(), say("is missing"))
    if package.suppression is None:
        yield Problem(MANIFEST.as_posix(), say("doesn't say what was suppressed"))
    elif there == allowed:
        read = {p.stem: list(_read(p)) for p in tables}
        yield from _different(folder, read, package.suppression)
        yield from _telling({name: [dict(zip(rows[0], row, strict=False)) for row in rows[1:]] for name, rows in read.items()}, package.suppression)


def _read(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.reader(file)


def _different(folder: Path, read: Mapping[str, list[list[str]]], how: Suppression) -> Iterator[Problem]:
    """A table is there three times, and must be the same each time."""
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_path(folder / WORKBOOK)
        sheets = {n: [list(map(_cell, row)) for row in book.get_sheet_by_name(n).to_python()] for n in book.sheet_names}
    except python_calamine.CalamineError:
        sheets = {}
    if sheets != dict(read):
        yield Problem(WORKBOOK.as_posix(), say("isn't the same as the CSV files"))
    with tempfile.TemporaryDirectory(prefix="disputekit-") as name:
        for table, rows in read.items():
            path = folder / TABLES / f"{table}.csv"
            if not rows or rows[0] != list(columns_of(how.by)[table]):
                yield Problem(path.relative_to(folder).as_posix(), say("has other columns than a public variant"))
            as_csv({path.with_suffix(".parquet"): Path(name) / path.name})
            if (Path(name) / path.name).read_bytes() != path.read_bytes():
                yield Problem(path.with_suffix(".parquet").relative_to(folder).as_posix(), say("isn't the same as the CSV file"))


def _cell(value: object) -> str:
    """As CSV has it: a workbook has no whole numbers."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _telling(read: Mapping[str, Rows], how: Suppression) -> Iterator[Problem]:
    counts, suppressed = 0, 0
    its_own = {row.get("control") for row in read["controls"] if row.get("counted_in") == ORGANISATION}
    for name, rows in read.items():
        where = (TABLES / f"{name}.csv").as_posix()
        for row in rows:
            told = row.get("disputes", row.get("subjects")) or ""
            if (told == "") is not (row.get("status") == "suppressed") or (told and not told.isdecimal()):
                yield Problem(where, say("a count isn't what its status says"))
            elif told and 0 < int(told) < how.smallest and row.get("control") not in its_own:
                yield Problem(where, say("a count of {count} is published, and those below {least} mustn't be", count=told, least=how.smallest))
        if name != "controls":
            counts, suppressed = counts + len(rows), suppressed + sum(row.get("status") == "suppressed" for row in rows)
    yield from _of_everybody(read, how)
    if (counts, suppressed) != (how.counts, how.suppressed):
        yield Problem(MANIFEST.as_posix(), say("tells of other numbers of counts than are in the tables"))


def _of_everybody(read: Mapping[str, Rows], how: Suppression) -> Iterator[Problem]:
    """Groups of which it is told that everybody has a breach, though not everybody else has."""
    whole = {r[how.by[0]]: r["disputes"] for r in read["disputes"] if all(r.get(b) == TOTAL for b in how.by[1:])} if how.by else {}
    told = {(r["control"], r["value"], r["outcome"]): r["subjects"] for r in read["outcomes"]}
    for (control, value, outcome), count in told.items():
        same_of_all = told.get((control, TOTAL, outcome)) == whole.get(TOTAL)
        if outcome in ("fail", "unknown") and value != TOTAL and count not in ("", "0") and count == whole.get(value) and not same_of_all:
            what = say("{control}, {value}: it is told of everybody in the group", control=control, value=value)
            yield Problem((TABLES / "outcomes.csv").as_posix(), what)
