"""What a reader of files is: it opens a file and says how the engine can scan it. Readers read nothing themselves that SQL can."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from disputekit.register.settings import SourceSettings
from disputekit.text import Phrase

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(frozen=True)
class Place:
    """Where a record stands in its file: its number among the records (1 is the first row of data) and its line in the file."""

    record: int
    line: int | None


@dataclass(frozen=True)
class Refused:
    """A record that the reader itself can't take for a row: its place, what is shown of it, and why."""

    place: Place
    value: str
    reason: Phrase


@dataclass(frozen=True)
class PassedOver:
    """Records that a reader understood and that are no rows of the table: what they are (a verb, a sort), why not, and how many."""

    what: str
    why: Phrase
    records: int


@dataclass(frozen=True)
class Scan:
    """One file, ready for the engine.

    file: the original. read: what the engine reads, `file` itself or a copy of it in the scratch folder.
    relation: what the engine selects from; it gives the columns `unique_names(header)`, as text unless named in `typed`.
    typed: columns that come with a type of the engine's own (Parquet), and which; they need no shape, only a cast where types differ.
    native_dates: true date cells come as ISO text whatever `formats` says (workbooks).
    unusable: texts that stand for a cell which the source itself couldn't compute (`#N/A` of a workbook): bad cells in any column.
    encoding: how the text was encoded, as detected or told; None for binary formats.
    number: the record's number in the file as an expression over `relation`, 1 for the first row of data; None: count the rows.
    blank, broken: conditions over `relation` for records that are nothing (an empty line) or no row at all (no JSON).
    rejects: the engine's table into which the scan puts the rows with too many or too few cells; None where that can't happen.
    refused: records that the reader took for no rows; they are listed with its reasons, and counted among those read.
    passed_over: records that are sound and say nothing about the table's subject; they are counted beside those read, and shown.
    places: the places of rows (by their count among the rows that could be read) and of rejected rows (by the byte at which they
        begin): `places(counts, bytes)` gives two mappings; None: the number is the record, and `first_line` + record its line.
    """

    file: Path
    header: tuple[str, ...]
    relation: "exp.Expression"
    read: Path
    typed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    native_dates: bool = False
    unusable: tuple[str, ...] = ()
    encoding: str | None = None
    number: "exp.Expression | None" = None
    blank: "exp.Expression | None" = None
    broken: "exp.Expression | None" = None
    rejects: str | None = None
    refused: tuple[Refused, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    places: Callable[[Iterable[int], Iterable[int]], tuple[Mapping[int, Place], Mapping[int, Place]]] | None = None
    first_line: int | None = None


@dataclass(frozen=True)
class Source:
    """A reader: `open_file(file, settings, scratch)` looks at a file's head and returns its scan.

    name: what `format` says in the TOML. endings: the file endings it takes without being named (".csv").
    It may write a copy into the empty folder `scratch`, and raises RegisterError for a file that isn't what it should be; a problem
    whose `where` is empty is about the file, and gets the name that the file has in the TOML.
    open_together: instead of `open_file`, for all of a table's files that the reader takes, where a record of one may be about a record of
    another: it gets the files and the folder of each, and gives their scans in the same order.
    """

    name: str
    endings: tuple[str, ...]
    open_file: Callable[[Path, SourceSettings, Path], Scan]
    open_together: Callable[[Sequence[Path], SourceSettings, Sequence[Path]], Sequence[Scan]] | None = None
