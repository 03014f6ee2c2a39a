"""One subject out of the loaded register, as a `Case` that an oracle can walk over, each row with its place in its file."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType

import duckdb
from sqlglot import exp

from disputekit import sql
from disputekit.calendars import Calendar
from disputekit.checks.facts import bad_cell
from disputekit.checks.names import EVENTS, SharedMoment
from disputekit.checks.prepare import NUMBER_FIELDS, Prepared
from disputekit.checks.stage import Stage
from disputekit.oracles.case import REJECTED, Case, Cell, Shared
from disputekit.policies.conditions import columns_read
from disputekit.register.loaded import BAD_CELLS, COARSE, PLACE, LoadedTable, SuppliedColumn
from disputekit.register.organisation import ORGANISATION
from disputekit.register.schema import ColumnType, Table

CONDITIONS = ("where", "holds")
"""The fields of a rule that are conditions over its subject."""
STAFF = "staff"
MOST_ALIKE = 5_000
"""The most subjects of a group that are walked over one by one."""


@dataclass(frozen=True)
class Row:
    """A row of the register: its cells, and its place in its source (`events.csv:17`); None where it comes from none."""

    table: str
    cells: Mapping[str, Cell]
    place: str | None


@dataclass(frozen=True)
class Told:
    """A subject with everything that a control may look at. parents: by alias (`contract`). records: by table, in the order of the file.

    others: rows that aren't about it, of the people that its own rows name. shared: by the name of a moment that is everybody's, the rows that it
    may be from, each with its column. group: the subjects with the same value in the column that the control counts by, this one among them; None
    where they are too many to be walked over, or it counts by none.
    """

    subject: str
    case: Case
    own: Row
    parents: Mapping[str, Row]
    records: Mapping[str, tuple[Row, ...]]
    shared: Mapping[str, tuple[tuple[Row, str], ...]]
    group: "tuple[Told, ...] | None" = None
    names: Mapping[int, Row] = field(default_factory=lambda: MappingProxyType({}))
    others: Mapping[str, tuple[Row, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def row_of(self, cells: Mapping[str, Cell]) -> Row | None:
        """The row that a record of the case is."""
        return self.names.get(id(cells))


def told_of(stage: Stage, p: Prepared, subject: str) -> Told | None:
    """The subject of a check from the tables as they were loaded; None where there is no such subject."""
    key = stage.register.tables[p.reads.subject].key
    found = _told(stage, p, sql.expression("$key = $subject", key=sql.col(key), subject=sql.text(subject)))
    if not found:
        return None
    told, group = found[0], None
    per, facts = getattr(p.rule, "per", None), stage.facts.get(p.reads.subject)
    same = None
    if facts is not None and getattr(p.rule, "whole", False):
        same = sql.fill("select subject from $facts", facts=sql.tab(facts.table))
    elif facts is not None and isinstance(per, str) and isinstance(value := told.case.row.get(per), str | int | bool | Decimal | date):
        same = sql.fill("select subject from $facts where cast($per as varchar) = $value", facts=sql.tab(facts.table),
                        per=sql.col(per), value=sql.text(_as_text(value)))  # fmt: skip
    if same is not None:
        (many,) = stage.db.execute(sql.written(sql.fill("select count(*) from $same", same=same.subquery("same")))).fetchone() or (0,)
        if many <= MOST_ALIKE:
            group = _told(stage, p, exp.In(this=sql.col(key), query=same.subquery()))
            cases = tuple(t.case for t in group)
            told = replace(told, group=tuple(group), case=replace(told.case, alike=lambda _: cases))
    return told


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _told(stage: Stage, p: Prepared, wanted: exp.Expression) -> list[Told]:
    """All subjects that a condition over their table names, each with its rows."""
    register, specs, db = stage.register.tables, stage.specs, stage.db
    loaded = register[p.reads.subject]
    spec = loaded.spec
    owns = {_key(row, loaded): row for row in _rows(db, loaded, wanted)}
    if not owns:
        return []
    ids = sql.fill("select $key from $table where $wanted", key=sql.col(loaded.key), table=sql.tab(loaded.name), wanted=wanted)
    types: dict[str, ColumnType] = {n: c.type for n, c in loaded.columns.items()}
    parents: dict[str, dict[str, Row]] = {}
    for refers, name in spec.refers.items():
        if refers in loaded.columns and name in register:
            alias, above = refers.removesuffix("_id"), register[name]
            types |= {f"{alias}.{n}": c.type for n, c in above.columns.items()}
            referred = sql.fill("select $refers from $table where $wanted", refers=sql.col(refers), table=sql.tab(loaded.name), wanted=wanted)
            parents[alias] = {_key(r, above): r for r in _rows(db, above, exp.In(this=sql.col(above.key), query=referred.subquery()))}
    truths: dict[int, Mapping[str, bool | None]] = {}
    records: dict[str, dict[str, list[Row]]] = {}
    wanted_too = {r.table for r in p.reads.records}
    of_records = {t.name: t for t in register.values() if t.columns and _whose(t.spec, spec, t.name in wanted_too)}
    conditions = {r.table: r.where for r in p.reads.records if r.where is not None and not p.absent}
    for name, table in of_records.items():
        whose = _whose(table.spec, spec, name in wanted_too)
        about: exp.Expression = exp.In(this=sql.col(str(whose)), query=ids.copy().subquery())
        if table.spec.is_record:
            about = sql.expression("subject = $table and $about", table=sql.text(spec.name), about=about)
        text = conditions.get(name)
        rows = _rows(db, table, about, stage.vocabulary(p).record_condition(name, text) if text is not None else None, truths, text)
        records[name] = defaultdict(list)
        for row in rows:
            records[name][str(row.cells.get(str(whose)))].append(row)
    named_in = [*owns.values(), *(row for by_subject in records.values() for rows in by_subject.values() for row in rows)]
    people = dict.fromkeys(c for row in named_in for c in row.cells.values() if isinstance(c, str))
    others = {
        n: tuple(_rows(db, register[n], exp.In(this=sql.col(whose), expressions=[sql.text(c) for c in people])))
        for n in sorted(wanted_too & set(register)) if n not in (spec.name, *records) and people
        for whose in [next((c for c, target in register[n].spec.refers.items() if target == STAFF and c in register[n].columns), None)] if whose
    }  # fmt: skip
    others |= _matched(stage, p, owns.values(), conditions, truths)
    said = p.rule if p.rule else p.check
    texts = [t for f in CONDITIONS if isinstance(t := getattr(said, f, None), str)]
    formulas = [t for f in NUMBER_FIELDS if isinstance(t := getattr(said, f, None), str)]
    holds = _worked_out(stage, p, texts, formulas, ids) if not p.absent else dict.fromkeys(owns, dict.fromkeys((*texts, *formulas)))
    house = _rows(db, register[ORGANISATION], sql.boolean(True)) if ORGANISATION in register else []
    owner = house[0].cells.get("name") if house else None
    shared = {n: _everybodys(stage, m) for n, m in p.moments.items() if isinstance(m, SharedMoment)}
    every = [t for t in specs.values() if _whose(t, spec)]
    case = Case(
        table=spec.name, row={}, records={}, as_of=stage.as_of, working=working_days(stage.calendar),
        covered_from=lambda table, kind: stage.coverage((table, kind)).from_on,
        types=MappingProxyType({n: {c: s.type for c, s in register[n].columns.items()} for n in (*records, *others)} | {spec.name: types}),
        required=frozenset(n for n, c in spec.columns.items() if c.required), begins=spec.begins,
        kind_columns=MappingProxyType({t.name: t.kind for t in every if t.kind}),
        moment_columns=MappingProxyType({t.name: t.moment for t in every if t.moment}),
        condition_columns=MappingProxyType({t: tuple(columns_read(t)) for t in (*texts, *formulas, *conditions.values())}),
        organisation=owner if isinstance(owner, str) else None, extracted=MappingProxyType({n: t.extracted_at for n, t in register.items()}),
        parameters=p.parameters, instrument=p.instrument, shared=MappingProxyType({n: s for n, (s, _) in shared.items()}),
        record_truth=lambda text, row: truths[id(row)][text],
        others=MappingProxyType({n: tuple(r.cells for r in rows) for n, rows in others.items()}),
    )  # fmt: skip
    found = []
    for subject, own in owns.items():
        mine = {n: tuple(of_all.get(subject, ())) for n, of_all in records.items()}
        over = {alias: r for alias, of_all in parents.items() if (r := of_all.get(str(own.cells.get(f"{alias}_id")))) is not None}
        cells = dict(own.cells) | {n: over[a].cells.get(c) if a in over else None for n in types for a, dot, c in [n.partition(".")] if dot}
        said_of = holds[subject]
        whole = replace(
            case, row=MappingProxyType(cells), records=MappingProxyType({n: tuple(r.cells for r in rows) for n, rows in mine.items()}),
            conditions=MappingProxyType({t: None if said_of[t] is None else bool(said_of[t]) for t in texts}),
            numbers=MappingProxyType({t: None if said_of[t] is None else Decimal(str(said_of[t])) for t in formulas}),
        )  # fmt: skip
        names = {id(r.cells): r for rows in (*mine.values(), *others.values()) for r in rows}
        found.append(Told(subject, whole, own, MappingProxyType(over), MappingProxyType(mine), MappingProxyType({n: r for n, (_, r) in shared.items()}),
                          names=MappingProxyType(names), others=MappingProxyType(others)))  # fmt: skip
    return found


def _matched(
    stage: Stage, p: Prepared, owns: Iterable[Row], conditions: Mapping[str, str], truths: dict[int, Mapping[str, bool | None]]
) -> dict[str, tuple[Row, ...]]:
    """The rows of a table that a rule matches by a column's value, and those without one, which may belong to anybody."""
    matched = getattr(p.rule, "matched", None)
    if p.rule is None or matched is None or p.absent:
        return {}
    table, (column, mine) = stage.register.tables[getattr(p.rule, "table")], matched  # noqa: B009 — of a kind that matches
    text = conditions.get(table.name)
    cells = dict.fromkeys(row.cells.get(mine) for row in owns)
    values = [sql.text(_as_text(v)) for v in cells if isinstance(v, str | int | bool | Decimal | date)]
    among = exp.In(this=sql.cast(sql.col(column), "varchar"), expressions=values) if values else sql.boolean(False)
    theirs = sql.expression("$theirs is null or $among", theirs=sql.col(column), among=among)
    condition = stage.vocabulary(p).record_condition(table.name, text) if text is not None else None
    return {table.name: tuple(_rows(stage.db, table, theirs, condition, truths, text))}


def _whose(record: Table, subject: Table, read: bool = False) -> str | None:
    """The column of a record that says whose it is: of one that names its subject, or of a course, which is its participant's; else None.

    read: the control reads the table by itself, so that what refers to the subject is its own, too: a dispute is its handler's.
    """
    if record.is_record:
        return "subject_id"
    mine = [c for c, target in record.refers.items() if target == subject.name and record.name != subject.name]
    return mine[0] if mine and (read or (record.key is None and record.moment is not None)) else None


def _key(row: Row, table: LoadedTable) -> str:
    return str(row.place if table.key == PLACE else row.cells.get(table.key))


def _worked_out(stage: Stage, p: Prepared, texts: Sequence[str], formulas: Sequence[str], ids: exp.Select) -> Mapping[str, Mapping[str, object]]:
    """By subject and text: the truth of each condition and what each formula comes to, as the engine sees them; None where they can't be told."""
    words = stage.vocabulary(p)
    parts = [words.condition(t) for t in texts] + [sql.cast(words.formula(t), "varchar") for t in formulas]
    query = exp.select(sql.col("subject"), *(part.as_(f"part {n}", quoted=True) for n, part in enumerate(parts)))
    query = query.from_(sql.tab(stage.facts[p.reads.subject].table)).where(exp.In(this=sql.col("subject"), query=ids.copy().subquery()))
    rows = stage.db.execute(sql.written(query)).fetchall()
    return {str(subject): dict(zip((*texts, *formulas), values, strict=True)) for subject, *values in rows}


_ENDS = """
    select * from $table where $whose and ($bad or cast($value as date) = (select $end from $table where $whose))
    qualify row_number() over (partition by $value, $coarse, $bad) = 1"""


def _everybodys(stage: Stage, moment: SharedMoment) -> tuple[Shared, tuple[tuple[Row, str], ...]]:
    """What may be meant by a moment that is the same for everybody, and where it is from: the rows of its day, and those that can't be read."""
    found: list[tuple[Row, str]] = []
    for name, column in moment.columns:
        table = stage.register.tables[name]
        supplied, value = table.columns[column], sql.col(column)
        whose: exp.Expression = sql.boolean(True)
        if moment.activity is not None:
            kind = sql.col(str(table.spec.kind))
            whose = sql.expression("subject = $own and $kind = $activity", own=sql.text(ORGANISATION), kind=kind, activity=sql.text(moment.activity))
        end = sql.expression("max(cast($v as date))" if moment.pick == "latest" else "min(cast($v as date))", v=value)
        query = sql.fill(
            _ENDS, table=sql.tab(name), whose=whose, value=value, end=end, bad=bad_cell(supplied, None),
            coarse=sql.col(COARSE.format(name=column)) if supplied.coarse == "some" else sql.boolean(True),
        )  # fmt: skip
        found += [(row, column) for row in _read(stage.db, table, query)]
    cells = tuple(row.cells[column] for row, column in found)
    kind_ = moment.activity if moment.columns[0][0] == EVENTS else None
    return Shared(moment.columns[0][0], kind_, cells, moment.pick), tuple(found)


def _rows(
    db: duckdb.DuckDBPyConnection, table: LoadedTable, wanted: exp.Expression, condition: exp.Expression | None = None,
    truths: dict[int, Mapping[str, bool | None]] | None = None, text: str | None = None,
) -> list[Row]:  # fmt: skip
    """The rows of a table that are wanted, in the order of their file. condition, text: whose truth goes into `truths`, by the row's cells."""
    query = exp.select("*").from_(sql.tab(table.name)).where(wanted)
    if condition is None or truths is None or text is None:
        return _read(db, table, query)
    held: list[bool | None] = []
    rows = _read(db, table, query.select(condition.as_("the truth", quoted=True)), held)
    truths |= {id(r.cells): {text: truth} for r, truth in zip(rows, held, strict=True)}
    return rows


def _read(db: duckdb.DuckDBPyConnection, table: LoadedTable, query: exp.Select, held: list[bool | None] | None = None) -> list[Row]:
    result = db.execute(sql.written(query))
    names = [d[0] for d in result.description or ()]
    found = sorted((dict(zip(names, row, strict=True)) for row in result.fetchall()), key=lambda r: _in_file(_place(r)))
    if held is not None:
        held += [r["the truth"] for r in found]
    return [Row(table.name, MappingProxyType({n: _cell(r, c) for n, c in table.columns.items() if n in r}), _place(r)) for r in found]


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
