"""One subject with everything that a control may look at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from disputekit.policies.model import Instrument, Parameter
from disputekit.register.schema import ColumnType


class Rejected:
    """A cell that was there and couldn't be read."""

    def __repr__(self) -> str:
        return "REJECTED"


REJECTED = Rejected()
Cell = str | int | Decimal | bool | date | datetime | tuple[str, ...] | Rejected | None
"""A value. A `date` in a column of instants is an instant known to the day only."""


@dataclass(frozen=True)
class Shared:
    """A moment that is the same for every subject. cells: all that may be meant; table, kind: where they are from, as a sort of record.

    pick: whether the earliest or the latest of all cells is meant, even of those that have yet to come.
    """

    table: str
    kind: str | None
    cells: tuple[Cell, ...]
    pick: Literal["earliest", "latest"] = "earliest"


@dataclass(frozen=True)
class Case:
    """One subject of one table, as of a day.

    row: its supplied columns, and its parents' as `contract.line`. records: the rows of each supplied record table that are about it.
    types: by table, the columns that are supplied and their types: of `table` (the parents' as `contract.line`) and of each record table.
    parents: what its table may refer to (`contract`), whether it is supplied or not, and the name of that table.
    required: the columns of its table that a source must supply. begins: the column at which its life begins.
    kind_columns, moment_columns: of each record table that there can be, whether it is supplied or not.
    conditions: the truth of each condition of the control for this subject, by its text; None where it can't be decided.
    condition_columns: the columns that each condition reads, by its text.
    working: whether a day is a working day; None where its year isn't published.
    covered_from: from when on a sort of record (table, kind) is complete; None: not at all. extracted: by table, None: fresh.
    numbers: what each formula of the control comes to for this subject, by its text; None where it can't be worked out. Its columns are in
    `condition_columns`. shared: by name, what is known of each moment that is the same for every subject. organisation: its name.
    record_truth: whether a record meets a condition (by its text) of the control; None where it can't be decided.
    others: rows of tables that the control reads and that aren't about the subject, of the people named in its own rows: their training.
    alike: the cases of all subjects with the same value in a column as this one, which is among them.
    """

    table: str
    row: Mapping[str, Cell]
    records: Mapping[str, tuple[Mapping[str, Cell], ...]]
    as_of: date
    working: Callable[[date], bool | None]
    covered_from: Callable[[str, str | None], date | None]
    types: Mapping[str, Mapping[str, ColumnType]] = field(default_factory=lambda: MappingProxyType({}))
    parents: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    required: frozenset[str] = frozenset()
    begins: str | None = None
    kind_columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    moment_columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    conditions: Mapping[str, bool | None] = field(default_factory=lambda: MappingProxyType({}))
    condition_columns: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    extracted: Mapping[str, datetime | None] = field(default_factory=lambda: MappingProxyType({}))
    parameters: Mapping[str, Parameter] = field(default_factory=lambda: MappingProxyType({}))
    instrument: Instrument | None = None
    numbers: Mapping[str, Decimal | None] = field(default_factory=lambda: MappingProxyType({}))
    shared: Mapping[str, "Shared"] = field(default_factory=lambda: MappingProxyType({}))
    organisation: str | None = None
    record_truth: Callable[[str, Mapping[str, Cell]], bool | None] | None = None
    # each of these cases knows the others: written out, a thousand of them are a million
    alike: Callable[[str], "tuple[Case, ...]"] | None = field(default=None, repr=False)
    others: Mapping[str, tuple[Mapping[str, Cell], ...]] = field(default_factory=lambda: MappingProxyType({}))
