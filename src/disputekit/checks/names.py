"""What a name in a pack means in this register: a column, a milestone, or a record's moment — or something that isn't supplied."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from disputekit.errors import nearest
from disputekit.register.loaded import SuppliedColumn
from disputekit.register.organisation import ORGANISATION
from disputekit.register.schema import ColumnType, Table
from disputekit.text import Phrase, say

EVENTS = "events"
DISPUTES = "disputes"
MOMENTS = ("_at", "_on")
OVER = " of "
"""What stands between `earliest` or `latest` and the columns in the name of a moment over whole tables."""


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
class SharedMoment:
    """A moment that is the same for every subject: a milestone of the organisation, or an end of columns over whole tables.

    columns: (table, column), of which the earliest or latest value is meant. activity: only of the organisation's events with it.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    pick: Literal["earliest", "latest"] = "earliest"
    activity: str | None = None


ResolvedMoment = ColumnMoment | RecordMoment | SharedMoment


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


def moment(name: str, subject: Table, specs: Mapping[str, Table], supplied: Mapping[str, Supplied]) -> ResolvedMoment | Absent:
    """What a moment's name means (design: Milestones): the subject's column, else its first event; or a record's moment.

    `organisation.<milestone>` is the organisation's, for every subject; `latest of a.b, c.d` (or `earliest of …`) an end of whole columns.
    Raises UnknownName for `notices.decision.…` with a moment that notices don't have, and for a column that isn't one of dates.
    """
    pick, of, over = name.partition(OVER)
    if of and pick in ("earliest", "latest"):
        return _over(name, pick, over.split(", "), specs, supplied)  # type: ignore[arg-type]
    first, _, rest = name.partition(".")
    if rest and first == ORGANISATION:
        return _of_organisation(name, rest, supplied)
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


def _of_organisation(name: str, milestone: str, supplied: Mapping[str, Supplied]) -> SharedMoment | Absent:
    own = supplied[ORGANISATION].columns if ORGANISATION in supplied else {}
    for column in (milestone, *(milestone + ending for ending in MOMENTS)):
        if column in own and own[column].type in ("instant", "date"):
            return SharedMoment(name, ((ORGANISATION, column),))
    if EVENTS in supplied:
        return SharedMoment(name, ((EVENTS, "occurred_at"),), activity=milestone)
    return Absent(ORGANISATION, f"{milestone.removesuffix('_on')}_on")


def _over(
    name: str, pick: Literal["earliest", "latest"], named: list[str], specs: Mapping[str, Table], supplied: Mapping[str, Supplied]
) -> SharedMoment | Absent:
    found = []
    for item in named:
        table, _, own = item.partition(".")
        if table not in specs:
            raise UnknownName(say("no table {name!r}", name=table), nearest(table, specs))
        found_there = column(own, specs[table], specs, supplied)
        kind = specs[table].columns[own].type if isinstance(found_there, Absent) and own in specs[table].columns else found_there
        if kind not in ("instant", "date") or "." in own:
            dated = [n for n, c in specs[table].columns.items() if c.type in ("instant", "date")]
            raise UnknownName(say("{name!r} is no column of dates or instants", name=item), nearest(own, dated))
        if isinstance(found_there, Absent):
            return found_there
        found.append((table, own))
    return SharedMoment(name, tuple(found), pick)


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
        raise UnknownName(
            say("{name!r}: {table} have no moment {last!r}; write {table}.<kind>.<moment>", name=name, table=spec.name, last=last), found
        )
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
