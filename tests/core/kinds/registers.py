"""Small registers written by hand, and what a rule's query says of each subject in them.

A moment is written `2026-05-01 09:00`, or `2026-05-01` where only the day is known; `?` is a cell that couldn't be read.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from disputekit import sql
from disputekit.calendars import create_calendar, load_calendar
from disputekit.checks.coverage import covered, first_seen
from disputekit.checks.facts import build_facts
from disputekit.checks.names import Absent, ColumnMoment, RecordMoment, columns_of, moment, records
from disputekit.checks.prepare import CONDITION_FIELDS
from disputekit.checks.vocabulary import Vocabulary
from disputekit.core import Core
from disputekit.extension import Reads
from disputekit.policies.conditions import columns_read, parse_condition
from disputekit.policies.model import Instrument, Parameter, Rule
from disputekit.register.loaded import BAD_CELLS, COARSE, LoadedTable, Register, SuppliedColumn
from disputekit.register.schema import ColumnType, Table
from disputekit.register.settings import Coverage
from disputekit.register.tables import TABLES
from disputekit.text import Text

TEXT = Text(zh="试", en="test")
UNREAD = "?"
ALWAYS = {name: Coverage.model_validate({"from": date(2000, 1, 1)}) for name in TABLES}
NOT_CONCERNED = "not_applicable: not concerned"
_TYPES = {"text": "varchar", "integer": "bigint", "decimal": "decimal(18, 2)", "date": "date", "instant": "timestamp", "boolean": "boolean",
          "list": "varchar[]"}  # fmt: skip


@cache
def _engine(calendar: str) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect()
    create_calendar(db, load_calendar(calendar, Path(), "test"))
    return db


def make_rule(**fields: Any) -> Rule:
    """A rule of a kind of the core: `make_rule(kind="deadline", **{"from": "received"}, ...)`."""
    kinds = {k.name: k for k in Core().register_rule_kinds()}
    always = {"id": "X", "title": TEXT, "severity": "low", "basis": "practice", "remedy": TEXT}
    return kinds[fields["kind"]].fields.model_validate({**always, **fields})


def query_of(
    rule: Mapping[str, Any], *, as_of: str = "2026-06-30", calendar: str = "CN", coverage: Mapping[str, str] | None = None,
    extracted: Mapping[str, str] = {}, parameters: Mapping[str, Any] = {}, in_force: tuple[str, str | None] | None = None,
    columns: Mapping[str, Iterable[str]] = {}, subject: str = "disputes", **tables: Any,
) -> tuple[duckdb.DuckDBPyConnection, exp.Select]:  # fmt: skip
    """The query of a rule, and the engine that holds the register that it was made for.

    tables: entities as `disputes={"A": {"received_at": ...}}`, records as `events=[("A", "plan", "2026-05-20")]` or as mappings with `of`.
    columns: columns that are supplied though no row has them. coverage: from when on; everything from ever unless given.
    """
    db, made = _engine(calendar), make_rule(subject=subject, **rule)
    register = Register({name: _table(db, TABLES[name], rows, columns.get(name, ()), extracted.get(name)) for name, rows in tables.items()})
    kind = next(k for k in Core().register_rule_kinds() if k.name == made.kind)
    spec, day = TABLES[subject], date.fromisoformat(as_of)
    reads, moments = _resolved(kind.reads(made), made, spec, register)
    for name in ("facts", "later", "pauses"):
        db.execute(f'drop table if exists "{name} {spec.name}"')
    facts = build_facts(db, register, TABLES, reads, moments, day)
    declared = ALWAYS if coverage is None else {n: Coverage.model_validate({"from": date.fromisoformat(d)}) for n, d in coverage.items()}
    seen = first_seen(db, register, tuple(n for n in register.tables if TABLES[n].is_record), day)
    known = {n: Parameter.model_validate({"title": TEXT, "basis": "practice", "values": values}) for n, values in parameters.items()}
    law = Instrument(title=TEXT, in_force=_day(in_force[0]), repealed_on=_day(in_force[1]), reviewed_on=day) if in_force else None
    words = Vocabulary(
        facts, TABLES, register.tables, day, load_calendar(calendar, Path(), "test"), known, law,
        parse_condition(made.where, facts.columns) if made.where is not None else None, lambda sort: covered(sort, declared, seen),
        {n: t.extracted_at for n, t in register.tables.items()}, lambda text: parse_condition(text, facts.columns),
    )  # fmt: skip
    return db, kind.query(made, words)


def judge(rule: Mapping[str, Any], **register: Any) -> dict[str, dict[str, Any]]:
    """The result of each subject by its key: `verdict` and whatever else the query of the rule gives."""
    db, query = query_of(rule, **register)
    found = db.execute(sql.written(query))
    names = [d[0] for d in found.description or ()]
    rows = [r for row in found.fetchall() if (r := dict(zip(names, row, strict=True))).get("subjects", 1)]
    assert len({r["subject"] for r in rows}) == len(rows), "a subject has two verdicts"
    for row in rows:
        noted = row.pop("noted", None)
        if noted is not None:
            row["observed"] = "; ".join(str(told) for told in (row["observed"], noted) if told is not None)
    nobody = {key: {"verdict": NOT_CONCERNED} for key in register[register.get("subject", "disputes")]}
    return {**nobody, **{r["subject"]: r for r in rows}}


def findings(rule: Mapping[str, Any], **register: Any) -> list[tuple[str, str | None, str]]:
    """Every row of the result: subject, occurrence, verdict."""
    db, query = query_of(rule, **register)
    given = exp.select("subject", "occurrence", "verdict").from_(query.subquery("q")).order_by("subject", "occurrence")
    return db.execute(sql.written(given)).fetchall()


def verdicts(rule: Mapping[str, Any], **register: Any) -> dict[str, str]:
    """The verdict of each subject."""
    return {subject: row["verdict"] for subject, row in judge(rule, **register).items()}


def verdict(rule: Mapping[str, Any], row: Mapping[str, Any], **register: Any) -> str:
    """The verdict of the one dispute `A`; its records may leave out whom they are about."""
    for name, rows in register.items():
        if name in TABLES and TABLES[name].is_record:
            register[name] = [("A", *r) if isinstance(r, tuple) else {"of": "A", **r} for r in rows]
    return verdicts(rule, disputes={"A": row}, **register)["A"]


def _day(text: str | None) -> Any:
    return None if text is None else date.fromisoformat(text)


def _resolved(reads: Reads, rule: Rule, spec: Table, register: Register) -> tuple[Reads, dict[str, ColumnMoment | RecordMoment]]:
    """What the names of a rule mean in a register that has them all."""
    known = columns_of(spec, TABLES, register.tables)
    texts = [t for f in CONDITION_FIELDS if isinstance(t := getattr(rule, f, None), str)]
    either = [n for n in reads.either if not (n.partition(".")[0] in TABLES and n.partition(".")[2] in TABLES[n.partition(".")[0]].columns)]
    plain = [n for n in either if n in known and ("." in n or known[n] not in ("instant", "date"))]
    wanted = (*reads.moments, *(n for n in either if n not in plain), *([spec.begins[:-3]] if spec.begins else []))
    found = {n: moment(n, spec, TABLES, register.tables) for n in wanted} | {n: records(n, TABLES, register.tables) for n in reads.sorts}
    absent = {n for n, m in found.items() if isinstance(m, Absent)}
    assert not absent - {str(spec.begins)[:-3]}, f"the register lacks {sorted(absent)}"
    columns = (
        *reads.columns,
        *plain,
        *(n for n in reads.columns_if_supplied if n in register.tables[spec.name].columns),
        *(c for t in texts for c in columns_read(t)),
    )
    return reads + Reads(spec.name, columns=columns), {n: m for n, m in found.items() if not isinstance(m, Absent)}


def _table(db: duckdb.DuckDBPyConnection, spec: Table, given: Any, extra: Iterable[str], extracted: str | None) -> LoadedTable:
    rows = [{str(spec.key): key, **row} for key, row in given.items()] if isinstance(given, Mapping) else [_record(spec, r) for r in given]
    always = ("subject", "subject_id", *(c for c in (spec.kind, spec.moment) if c)) if spec.is_record else (str(spec.key),)
    names = dict.fromkeys([*always, *extra, *(n for row in rows for n in row)])
    columns = {n: _supplied(n, bit, _type(spec, n), [row.get(n) for row in rows]) for bit, n in enumerate(names)}
    flags = [COARSE.format(name=n) for n, c in columns.items() if c.coarse == "some"]
    shape = [*((n, _TYPES[c.type]) for n, c in columns.items()), *((f, "boolean") for f in flags), (BAD_CELLS, "bigint")]
    db.execute(f'create or replace table "{spec.name}" ({", ".join(f"{chr(34)}{n}{chr(34)} {t}" for n, t in shape)})')
    for row in rows:
        cells = [_cell(row.get(n), c.type) for n, c in columns.items()]
        cells += [_is_coarse(row.get(n)) for n, c in columns.items() if c.coarse == "some"]
        bad = sum(1 << bit for bit, n in enumerate(columns) if row.get(n) == UNREAD)
        db.execute(f'insert into "{spec.name}" values ({", ".join("?" * len(shape))})', [*cells, bad])
    at = None if extracted is None else datetime.fromisoformat(extracted)
    return LoadedTable(spec, str(spec.key if spec.key in columns else "subject_id"), columns, (), len(rows), len(rows), 0, 0, at)


def _record(spec: Table, given: Any) -> dict[str, Any]:
    if isinstance(given, tuple):
        given = dict(zip(("of", str(spec.kind), str(spec.moment)), given, strict=True))
    return {"subject": given.get("about", "disputes"), "subject_id": given["of"], **{k: v for k, v in given.items() if k not in ("of", "about")}}


def _type(spec: Table, name: str) -> ColumnType:
    if name in spec.columns:
        return spec.columns[name].type
    return "instant" if name.endswith("_at") else "date" if name.endswith("_on") else "text"


def _supplied(name: str, bit: int, kind: ColumnType, cells: list[Any]) -> SuppliedColumn:
    days = {_is_coarse(c) for c in cells if c is not None and c != UNREAD} if kind == "instant" else set()
    coarse = "some" if len(days) == 2 else "all" if days == {True} else "none"
    return SuppliedColumn(name, kind, name, coarse, sum(c == UNREAD for c in cells), bit)  # type: ignore[arg-type]


def _is_coarse(cell: Any) -> bool:
    return isinstance(cell, str) and len(cell) == 10


def _cell(cell: Any, kind: ColumnType) -> Any:
    if cell is None or cell == UNREAD:
        return None
    if kind == "date":
        return date.fromisoformat(cell)
    if kind == "instant":
        return datetime.combine(date.fromisoformat(cell), time()) if _is_coarse(cell) else datetime.fromisoformat(cell)
    return list(cell) if kind == "list" else cell
