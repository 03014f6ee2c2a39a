"""What a reader of files is: it opens a file and says how the engine can scan it. Readers read nothing themselves that SQL can."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from disputekit.register.schema import ColumnType
from disputekit.register.settings import SourceSettings

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(frozen=True)
class Scan:
    """One file, ready for the engine.

    relation: what the engine selects from; it gives `header`'s columns, as text unless named in `typed`, in the file's order.
    typed: columns that come with a type of their own (Parquet); they need no shape, only a cast where the types differ.
    native_dates: true date cells come as ISO text whatever `formats` says (workbooks).
    encoding: how the text was encoded, as detected or told; None for binary formats.
    number: the record's number in the file as an expression over `relation`, 1 for the first row of data; None: count the rows.
    """

    file: Path
    header: tuple[str, ...]
    relation: "exp.Expression"
    typed: Mapping[str, ColumnType] = field(default_factory=lambda: MappingProxyType({}))
    native_dates: bool = False
    encoding: str | None = None
    number: "exp.Expression | None" = None


@dataclass(frozen=True)
class Source:
    """A reader: `open_file(file, settings, scratch)` looks at a file's head and returns its scan.

    name: what `format` says in the TOML. endings: the file endings it takes without being named (".csv").
    It may write a transcoded copy into the empty folder `scratch`, and raises RegisterError for a file that isn't what it should be.
    """

    name: str
    endings: tuple[str, ...]
    open_file: Callable[[Path, SourceSettings, Path], Scan]
