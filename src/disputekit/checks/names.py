"""What a name in a pack means in this register: a column, a milestone, or a record's moment — or something that isn't supplied."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from disputekit.errors import nearest
from disputekit.register.loaded import SuppliedColumn
from disputekit.register.schema import ColumnType, Table
from disputekit.text import Phrase, say

EVENTS = "events"
MOMENTS = ("_at", "_on")


class Supplied(Protocol):
    """A table that a source supplies, opened or loaded."""

    @property
    def spec(self) -> Table: ...
    @property
    def columns(self) -> Mapping[str, SuppliedColumn]: ...


@dataclass(frozen=True)
class ColumnMoment:
    """A milestone that is a column of the subject's own table."""

    name: str
    column: str
    required: bool


@dataclass(frozen=True)
class RecordMoment:
    """A milestone that is the first of the subject's records of one sort; `kind` None: of any sort."""

    name: str
    table: str
    kind: str | None
    column: str


@dataclass(frozen=True)
class Absent:
    """Something that isn't supplied: a table, or a column of a table."""

    table: str
    column: str | None = None

    def __str__(self) -> str:
        return f"{self.table}.{self.column}" if self.column else self.table


class UnknownName(ValueError):
    """A name that can't mean anything in any register."""

    def __init__(self, what: Phrase, hint: Phrase) -> None:
        super().__init__(str(what))
        self.what, self.hint = what, hint


def moment(name: str, subject: Table, specs: Mapping[str, Table], supplied: Mapping[str, Supplied]) -> ColumnMoment | RecordMoment | Absent:
    """What a moment's name means (design: Milestones): the subject's column, else its first event; or a record's moment.

    Raises UnknownName for `notices.decision.…` with a moment that notices don't have.
    """
    first, _, rest = name.partition(".")
    if rest and first in specs and specs[first].is_record:
        return _record(name, specs[first], rest, supplied)
    if subject.name in supplied:
        columns = supplied[subject.name].columns
        for column in (name, *(name + ending for ending in MOMENTS)):
            if column in columns and columns[column].type in ("instant", "date"):
                known = subject.columns.get(column)
                return ColumnMoment(name, column, known.required if known else False)
    if EVENTS in supplied:
        return RecordMoment(name, EVENTS, name, "occurred_at")
    own = next((name + ending for ending in MOMENTS if name + ending in subject.columns), None)
    return Absent(subject.name, own) if own else Absent(EVENTS)


def records(name: str, specs: Mapping[str, Table], supplied: Mapping[str, Supplied]) -> RecordMoment | Absent:
    """The main moment of a sort of record (`payments.benefit`) or of any record of a table (`payments`)."""
    table, _, kind = name.partition(".")
    tables = [t.name for t in specs.values() if t.is_record and t.moment]
    if table not in tables:
        raise UnknownName(say("no record table {name!r}", name=table), nearest(table, tables))
    spec = specs[table]
    if table not in supplied:
        return Absent(table)
    assert spec.moment is not None
    return RecordMoment(name, table, kind if kind else None, spec.moment)


def _record(name: str, spec: Table, rest: str, supplied: Mapping[str, Supplied]) -> RecordMoment | Absent:
    kind, _, last = rest.rpartition(".")
    column = next((last + ending for ending in MOMENTS if last + ending in spec.columns), None)
    if not kind or column is None:
        moments = [n[:-3] for n, c in spec.columns.items() if c.type in ("instant", "date") and n != "recorded_at"]
        found = nearest(last, moments)
        raise UnknownName(say("{name!r}: {table} have no moment {last!r}; write {table}.<kind>.<moment>", name=name, table=spec.name, last=last), found)
    if spec.name not in supplied:
        return Absent(spec.name)
    if column not in supplied[spec.name].columns:
        return Absent(spec.name, column)
    return RecordMoment(name, spec.name, kind, column)


def parent(name: str, subject: Table, specs: Mapping[str, Table]) -> tuple[str, Table, str] | None:
    """For `contract.line`: the column that refers (`contract_id`), the table referred to, and the column there."""
    alias, _, column = name.partition(".")
    refers = f"{alias}_id"
    if not column or refers not in subject.refers:
        return None
    target = specs[subject.refers[refers]]
    return (refers, target, column)


def columns_of(subject: Table, specs: Mapping[str, Table], supplied: Mapping[str, Supplied]) -> dict[str, ColumnType]:
    """Every column that a condition may name: what the tables have or a source supplies, the parents' as `contract.line`."""

    def of(table: Table) -> dict[str, ColumnType]:
        known: dict[str, ColumnType] = {n: c.type for n, c in table.columns.items()}
        if table.name in supplied:
            known |= {n: c.type for n, c in supplied[table.name].columns.items()}
        return known

    found = of(subject)
    for refers, target in subject.refers.items():
        found |= {f"{refers.removesuffix('_id')}.{n}": t for n, t in of(specs[target]).items()}
    return found


def column(name: str, subject: Table, specs: Mapping[str, Table], supplied: Mapping[str, Supplied]) -> ColumnType | Absent:
    """The type of a column of the subject or a parent, or what of it isn't supplied. Raises UnknownName for one that can't exist."""
    above = parent(name, subject, specs)
    table, own = (above[1], above[2]) if above else (subject, name)
    if table.name in supplied and own in supplied[table.name].columns:
        if above and above[0] not in supplied.get(subject.name, supplied[table.name]).columns:
            return Absent(subject.name, above[0])
        return supplied[table.name].columns[own].type
    if own in table.columns:
        return Absent(table.name, own) if table.name in supplied else Absent(table.name)
    raise UnknownName(say("no column {name!r}", name=name), nearest(name, columns_of(subject, specs, supplied)))
