"""Comma, tab or otherwise separated text: the header is read here, everything else by the engine, with nothing guessed.

The engine's strict mode is what keeps rows straight: a row with too many or too few cells goes into a table of its own, which says at
which byte the row begins. Which record and line that is, the standard library's reader tells afterwards.
"""

import codecs
import csv
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlglot import exp

from disputekit import sql
from disputekit.errors import RegisterError
from disputekit.register.encoding import as_utf8
from disputekit.register.mapping import unique_names
from disputekit.register.settings import SourceSettings
from disputekit.register.source import Place, Scan
from disputekit.text import say

LONGEST = 64 << 20
"""Bytes that a record may have; one that is longer is rejected, and listed."""
_OTHERS = (";", "\t", "|", ",")


def open_csv(file: Path, settings: SourceSettings, scratch: Path, *, delimiter: str = ",") -> Scan:
    """A scan of a text file whose first line is the header."""
    delimiter = settings.delimiter if settings.delimiter is not None else delimiter
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise RegisterError.at("", say("the delimiter {found!r} isn't one character", found=delimiter), say('For example `delimiter = ";"`'))
    utf8 = as_utf8(file, settings.encoding, scratch)
    header = _header(utf8.path, delimiter, told=settings.delimiter is not None)
    rejects = f"rejects_of_{scratch.name}"
    return Scan(file, header, _relation(utf8.path, header, delimiter, rejects), utf8.path, encoding=utf8.encoding, rejects=rejects,
                places=partial(places, utf8.path, delimiter))  # fmt: skip


def _header(file: Path, delimiter: str, *, told: bool) -> tuple[str, ...]:
    with _any_length(), file.open(encoding="utf-8-sig", newline="") as handle:
        rows = csv.reader(handle, delimiter=delimiter)
        found = next(rows, [])
        if not any(cell.strip() for cell in found):
            raise RegisterError.at("", say("the first line is empty; it must be the header"))
        if len(found) == 1 and not told:
            other = next((d for d in _OTHERS if d in found[0]), None)
            if other is None:
                raise RegisterError.at("", say("has one column only, {name!r}", name=found[0].strip()[:80]),
                                       say("Say what separates the cells, for example `delimiter = \";\"`"))  # fmt: skip
            raise RegisterError.at("", say("has one column only, {name!r}", name=found[0].strip()[:80]),
                                   say("Is it `delimiter = {other}`?", other='"\\t"' if other == "\t" else f'"{other}"'))  # fmt: skip
        if next((row for row in rows if row), None) is None:
            raise RegisterError.at("", say("has a header and no rows"))
    return tuple(found)


def _relation(file: Path, header: tuple[str, ...], delimiter: str, rejects: str) -> exp.Expression:
    columns = exp.Struct(expressions=[exp.PropertyEQ(this=sql.name(n), expression=sql.text("VARCHAR")) for n in unique_names(header)])
    longest = min(file.stat().st_size + 1024, LONGEST)
    return scan_of_lines(file, {
        "columns": columns, "delim": sql.text(delimiter), "quote": sql.text('"'), "escape": sql.text('"'), "header": sql.boolean(True),
        "store_rejects": sql.boolean(True), "rejects_table": sql.text(rejects), "rejects_scan": sql.text(f"{rejects}_scan"),
        "rejects_limit": sql.number(0),
    }, longest)  # fmt: skip


def scan_of_lines(file: Path, options: Mapping[str, exp.Expression], longest: int) -> exp.Expression:
    """The engine's CSV scan of a file with `options`, and nothing left for it to guess."""
    fixed = {"auto_detect": sql.boolean(False), "max_line_size": sql.number(longest), "buffer_size": sql.number(max(32 << 20, longest + (1 << 20)))}
    given = [exp.EQ(this=exp.column(exp.to_identifier(k)), expression=v) for k, v in {**options, **fixed}.items()]
    return exp.Table(this=exp.Anonymous(this="read_csv", expressions=[sql.text(str(file)), *given]))


def places(file: Path, delimiter: str, counts: Iterable[int], starts: Iterable[int]) -> tuple[Mapping[int, Place], Mapping[int, Place]]:
    """Where rows stand: those known by their count among the rows with the right number of cells, and rejected ones by their first byte.

    Raises RegisterError where the standard library and the engine don't see the same rows.
    """
    wanted, broken = set(counts), set(starts)
    of_counts: dict[int, Place] = {}
    of_starts: dict[int, Place] = {}
    records = _records(file, delimiter)
    next(records)  # the header
    good = 0
    for number, (line, start, begin) in enumerate(records, 1):
        if broken and (start in broken or begin in broken):
            of_starts[start if start in broken else begin] = Place(number, line)
            continue
        good += 1
        if good in wanted:
            of_counts[good] = Place(number, line)
            if len(of_counts) == len(wanted) and len(of_starts) == len(broken):
                break
    if len(of_starts) < len(broken) or len(of_counts) < len(wanted):
        raise RegisterError.at(
            "",
            say(
                "its rows can't be told apart for sure: a quotation mark is out of place near byte {byte:,}",
                byte=min(broken - set(of_starts), default=0),
            ),
        )
    return of_counts, of_starts


def _records(file: Path, delimiter: str) -> Iterator[tuple[int, int, int]]:
    """Line, first byte, and the byte after the record before of each record, the header's first.

    Empty lines are no records; the engine takes the first of them for the begin of a record that it rejects. Only records with a
    quotation mark can have several lines, and only these are worth the standard library's reader.
    """
    with _any_length(), file.open("rb") as handle:
        handle.seek(3 if handle.read(3) == codecs.BOM_UTF8 else 0)
        begin = start = handle.tell()
        number = 1
        for line in handle:
            if line in {b"\n", b"\r\n"}:
                number += 1
                start += len(line)
                continue
            yield number, start, begin
            number += 1
            start += len(line)
            if b'"' in line:
                more: list[bytes] = []
                next(csv.reader(_noted(line, handle, more), delimiter=delimiter))
                number += len(more)
                start += sum(map(len, more))
            begin = start


def _noted(first: bytes, handle: Iterable[bytes], more: list[bytes]) -> Iterator[str]:
    """The first line and, as far as somebody asks for them, those after it, which are noted in `more`."""
    yield first.decode()
    for line in handle:
        more.append(line)
        yield line.decode()


@contextmanager
def _any_length() -> Iterator[None]:
    before = csv.field_size_limit(LONGEST)
    try:
        yield
    finally:
        csv.field_size_limit(before)
