"""What the register is once it is loaded: which columns of which tables are there, and how good they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from disputekit.register.schema import ColumnType, Table
from disputekit.register.source import PassedOver

COARSE = "{name} coarse"
"""The boolean column beside an instant of which some values are known to the day only."""
BAD_CELLS = "bad cells"
"""The BIGINT column of a table with rejected cells: bit n is set where column n's cell couldn't be read."""
PLACE = "the place"
"""The text column that identifies a row by its place in its source (`events.csv:17`); it is there only where somebody asked for it."""


@dataclass(frozen=True)
class SuppliedColumn:
    """A column that a source supplies. `bit`: its place in `bad cells`, None where it can't have a bad cell."""

    name: str
    type: ColumnType
    theirs: str
    coarse: Literal["none", "some", "all"] = "none"
    rejected: int = 0
    bit: int | None = None


@dataclass(frozen=True)
class SuppliedFile:
    """A file as it was read: its name as the TOML has it, the hash of its bytes, and its number of records."""

    name: str
    sha256: str
    encoding: str | None
    rows: int


@dataclass(frozen=True)
class LoadedTable:
    """A table of the register in the engine, under its own name. `key`: the column that identifies a row there."""

    spec: Table
    key: str
    columns: Mapping[str, SuppliedColumn]
    files: tuple[SuppliedFile, ...]
    rows_read: int
    rows_loaded: int
    rows_rejected: int
    cells_rejected: int
    extracted_at: datetime | None
    passed_over: tuple[PassedOver, ...] = ()

    @property
    def name(self) -> str:
        return self.spec.name


@dataclass(frozen=True)
class Register:
    """All loaded tables by name. The engine holds them, and a table `rejects` (file, record, line, table, column, value, reason).

    sql: for each table the statements that made it, with the files' names as the TOML has them: they run again from the TOML's folder.
    """

    tables: Mapping[str, LoadedTable]
    sql: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def rejects(self) -> bool:
        """Whether anything couldn't be read."""
        return any(t.rows_rejected or t.cells_rejected for t in self.tables.values())
