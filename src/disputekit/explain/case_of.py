"""One subject out of the loaded register, as a `Case` that an oracle can walk over, each row with its place in its file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType

import duckdb
from sqlglot import exp

from disputekit import sql
from disputekit.calendars import Calendar
from disputekit.checks.prepare import Prepared
from disputekit.checks.stage import Stage
from disputekit.oracles.case import REJECTED, Case, Cell
from disputekit.policies.conditions import columns_read
from disputekit.register.loaded import BAD_CELLS, COARSE, PLACE, LoadedTable, SuppliedColumn
from disputekit.register.organisation import ORGANISATION
from disputekit.register.schema import ColumnType

CONDITIONS = ("where", "holds")
"""The fields of a rule that are conditions over its subject."""
FORMULAS = ("actual", "expected")
"""The fields of a rule that are formulas over its subject."""


@dataclass(frozen=True)
class Row:
    """A row of the register: its cells, and its place in its source (`events.csv:17`); None where it comes from none."""

    table: str
    cells: Mapping[str, Cell]
    place: str | None


@dataclass(frozen=True)
class Told:
    """A subject with everything that a control may look at. parents: by alias (`contract`). records: by table, in the order of the file."""

    case: Case
    own: Row
    parents: Mapping[str, Row]
    records: Mapping[str, tuple[Row, ...]]


def told_of(stage: Stage, p: Prepared, subject: str) -> Told | None:
    """The subject of a check from the tables as they were loaded; None where there is no such subject."""
    register, specs = stage.register.tables, stage.specs
    loaded = register[p.reads.subject]
    spec = loaded.spec
    found = _rows(stage.db, loaded, sql.expression("$key = $subject", key=sql.col(loaded.key), subject=sql.text(subject)))
    if not found:
        return None
    own = found[0]
    parents: dict[str, Row] = {}
    row: dict[str, Cell] = dict(own.cells)
    types: dict[str, ColumnType] = {n: c.type for n, c in loaded.columns.items()}
    for refers, name in spec.refers.items():
        if refers not in loaded.columns or name not in register:
            continue
        alias, above = refers.removesuffix("_id"), register[name]
        types |= {f"{alias}.{n}": c.type for n, c in above.columns.items()}
        referred = own.cells.get(refers)
        rows = (
            [] if not isinstance(referred, str) else _rows(stage.db, above, sql.expression("$key = $v", key=sql.col(above.key), v=sql.text(referred)))
        )
        if rows:
            parents[alias] = rows[0]
        row |= {f"{alias}.{n}": rows[0].cells[n] if rows else None for n in above.columns}
    about = sql.expression("subject = $table and subject_id = $subject", table=sql.text(spec.name), subject=sql.text(subject))
    records = {n: _rows(stage.db, t, about) for n, t in register.items() if t.spec.is_record and t.columns and n != spec.name}
    all_records = [t for t in specs.values() if t.is_record]
    said = p.rule if p.rule else p.check
    texts = [t for f in CONDITIONS if isinstance(t := getattr(said, f, None), str)]
    formulas = [t for f in FORMULAS if isinstance(t := getattr(said, f, None), str)]
    house = _rows(stage.db, register[ORGANISATION], sql.boolean(True)) if ORGANISATION in register else []
    owner = house[0].cells.get("name") if house else None
    case = Case(
        table=spec.name, row=MappingProxyType(row), records=MappingProxyType({n: tuple(r.cells for r in rows) for n, rows in records.items()}),
        as_of=stage.as_of, working=working_days(stage.calendar), covered_from=lambda table, kind: stage.coverage((table, kind)).from_on,
        types=MappingProxyType({spec.name: types} | {n: {c: s.type for c, s in register[n].columns.items()} for n in records}),
        parents=tuple(n.removesuffix("_id") for n in spec.refers), required=frozenset(n for n, c in spec.columns.items() if c.required),
        begins=spec.begins,
        kind_columns=MappingProxyType({t.name: t.kind for t in all_records if t.kind}),
        moment_columns=MappingProxyType({t.name: t.moment for t in all_records if t.moment}),
        conditions=MappingProxyType({t: truth(stage, p, t, subject) for t in texts}),
        condition_columns=MappingProxyType({t: tuple(columns_read(t)) for t in (*texts, *formulas)}),
        numbers=MappingProxyType({t: number(stage, p, t, subject) for t in formulas}), organisation=owner if isinstance(owner, str) else None,
        extracted=MappingProxyType({n: t.extracted_at for n, t in register.items()}), parameters=p.parameters, instrument=p.instrument,
    )  # fmt: skip
    return Told(case, own, MappingProxyType(parents), MappingProxyType({n: tuple(rows) for n, rows in records.items()}))


def truth(stage: Stage, p: Prepared, text: str, subject: str) -> bool | None:
    """Whether a condition holds for a subject, as the engine sees it; None where it can't be decided."""
    query = sql.fill("select $condition from $facts where subject = $subject", condition=stage.vocabulary(p).condition(text),
                     facts=sql.tab(stage.facts[p.reads.subject].table), subject=sql.text(subject))  # fmt: skip
    (found,) = stage.db.execute(sql.written(query)).fetchone() or (None,)
    return None if found is None else bool(found)


def number(stage: Stage, p: Prepared, text: str, subject: str) -> Decimal | None:
    """What a formula comes to for a subject, as the engine sees it; None where it can't be worked out."""
    query = sql.fill("select cast($formula as varchar) from $facts where subject = $subject", formula=stage.vocabulary(p).formula(text),
                     facts=sql.tab(stage.facts[p.reads.subject].table), subject=sql.text(subject))  # fmt: skip
    (found,) = stage.db.execute(sql.written(query)).fetchone() or (None,)
    return None if found is None else Decimal(found)


def _rows(db: duckdb.DuckDBPyConnection, table: LoadedTable, wanted: exp.Expression) -> list[Row]:
    result = db.execute(sql.written(exp.select("*").from_(sql.tab(table.name)).where(wanted)))
    names = [d[0] for d in result.description or ()]
    found = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    rows = [Row(table.name, MappingProxyType({n: _cell(r, c) for n, c in table.columns.items() if n in r}), _place(r)) for r in found]
    return sorted(rows, key=lambda r: _in_file(r.place))


def _in_file(place: str | None) -> tuple[str, int]:
    file, _, record = (place if place is not None else "").rpartition(":")
    return file, int(record) if record.isdigit() else 0


def _place(row: Mapping[str, object]) -> str | None:
    place = row.get(PLACE)
    return place if isinstance(place, str) else None


def _cell(row: Mapping[str, object], column: SuppliedColumn) -> Cell:
    bits, value = row.get(BAD_CELLS), row[column.name]
    if column.bit is not None and isinstance(bits, int) and bits & (1 << column.bit):
        return REJECTED
    if isinstance(value, datetime) and (column.coarse == "all" or row.get(COARSE.format(name=column.name)) is True):
        return value.date()
    return tuple(value) if isinstance(value, list) else value  # type: ignore[return-value]


def working_days(calendar: Calendar) -> Callable[[date], bool | None]:
    """Whether a day is a working day; None where its year isn't published."""
    exceptions = dict(calendar.exceptions)

    def working(day: date) -> bool | None:
        if (calendar.published_from or day) <= day <= (calendar.published_until or day):
            return exceptions.get(day, day.isoweekday() not in calendar.rest_weekdays)
        return None

    return working
