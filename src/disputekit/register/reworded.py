"""The register in other words: its identifiers replaced by pseudonyms, its texts masked or left out, so that it can be handed over.

What comes out has the same rows and the same columns, so that the same queries run over it and come to the same findings. A pseudonym is
HMAC-SHA256 (RFC 2104) of the identifier, computed by the engine: the same identifier has the same one in every column of every table.
"""

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import duckdb
from sqlglot import exp

from disputekit import sql
from disputekit.register.loaded import PLACE, LoadedTable, Register, SuppliedColumn
from disputekit.register.organisation import ORGANISATION
from disputekit.register.schema import Table

Treatment = Literal["keep", "pseudonym", "name", "year", "mask", "presence"]
"""What becomes of a column: its values are kept; are identifiers, or names of people, which pseudonyms stand for; become their year; are
texts in which what identifies people is masked; or only tell whether there is something (`…`)."""
FOLDER = "register"
COLUMNS = "columns.json"
"""What was done to each column of the register, beside its tables."""
PRESENT = "…"
PSEUDONYMS = "pseudonyms"
"""The engine's table of identifiers that stand in many rows, each hashed once: `raw`, `new`."""
DIGITS = 20
"""How many hexadecimal digits of the HMAC a pseudonym has: 80 bits, among which a hundred million identifiers meet by chance once in a
hundred million times."""
_BLOCK = 64
_OWN = "organisation"
"""The subject of what is about the organisation itself; it names nobody."""


@dataclass(frozen=True)
class Rewording:
    """How a register is to be put.

    key: secret, of at least 32 bytes. treatment: of a column, given its table and what is known of it there. masked: given the names of
    people that the register has, a function that masks a text.
    """

    key: bytes
    treatment: Callable[[Table, SuppliedColumn], Treatment]
    masked: Callable[[frozenset[str]], Callable[[str], str]]


@dataclass(frozen=True)
class Told:
    """What was done to a column. theirs: its name in the source. values: how many different values it has."""

    table: str
    column: str
    theirs: str
    type: str
    treatment: Treatment
    values: int


@dataclass(frozen=True)
class Reworded:
    """The register as it is handed over, what was done to it, the files' new names by their own, and how texts are put."""

    register: Register
    told: tuple[Told, ...]
    files: Mapping[str, str]
    key: bytes
    mask: Callable[[str], str]

    def treatment(self, table: str, column: str) -> Treatment | None:
        return next((t.treatment for t in self.told if (t.table, t.column) == (table, column)), None)


def pseudonym(value: str, key: bytes) -> str:
    """What stands for an identifier."""
    return value if value == _OWN else "p" + hmac.digest(key, value.encode(), "sha256").hex()[:DIGITS]


def pseudonym_of(value: exp.Expression, key: bytes) -> exp.Expression:
    """The same as an expression over a text."""
    block = key.ljust(_BLOCK, b"\0")
    if len(block) != _BLOCK:
        raise ValueError("a key of at most 64 bytes is expected")
    inner, outer = (_bytes(bytes(b ^ pad for b in block)) for pad in (0x36, 0x5C))
    made = f"case when $v = '{_OWN}' then $v else 'p' || left(sha256($outer || unhex(sha256($inner || encode($v)))), {DIGITS}) end"
    return sql.expression(made, v=value, inner=inner, outer=outer)


def looked_up(value: exp.Expression, key: bytes, alias: str) -> exp.Expression:
    """The same where PSEUDONYMS is joined as `alias`: hashed only where it isn't among those."""
    return sql.expression("coalesce($new, $made)", new=sql.col("new", alias), made=pseudonym_of(value, key))


def with_pseudonyms(query: exp.Select, values: Mapping[str, exp.Expression]) -> exp.Select:
    """A query with PSEUDONYMS joined once for each value, as the alias that it is given by."""
    for alias, value in values.items():
        query = query.join(sql.tab(PSEUDONYMS, alias), on=exp.EQ(this=sql.col("raw", alias), expression=value), join_type="left")
    return query


def _bytes(value: bytes) -> exp.Expression:
    return sql.expression("unhex($x)", x=sql.text(value.hex()))


def new_names(files: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The new names, by their own, of the files that each table was read from: files are named after people, too."""
    return {own: f"{table}-{i}{Path(own).suffix}" for table, names in files.items() for i, own in enumerate(names, 1)}


def name_columns(
    tables: Mapping[str, Table], rewording: Rewording, supplied: Mapping[str, Mapping[str, SuppliedColumn]]
) -> dict[str, frozenset[str]]:
    """The columns with names of people, which have to be loaded so that the names are known wherever else they stand."""
    found = {t: frozenset(n for n, c in columns.items() if rewording.treatment(tables[t], c) == "name") for t, columns in supplied.items()}
    return {t: names for t, names in found.items() if names}


def reword(
    db: duckdb.DuckDBPyConnection, register: Register, rewording: Rewording, need: Mapping[str, frozenset[str]], folder: Path, scratch: Path
) -> Reworded:
    """Puts the register in `db` into other words, writes it to `folder`/register and its statement to `queries/00_register.sql`.

    need: the columns of each table that somebody reads; text and numbers that no table declares are left out unless they are among these.
    """
    (folder / FOLDER).mkdir()
    names: set[str] = set()
    for table in register.tables.values():
        for column in table.columns.values():
            if column.type == "text" and rewording.treatment(table.spec, column) == "name":
                rows = db.execute(
                    sql.written(sql.fill("select distinct $c from $t where $c is not null", c=sql.col(column.name), t=sql.tab(table.name)))
                )
                names |= {n for (n,) in rows.fetchall()}
    mask = rewording.masked(frozenset(names))
    files = new_names({t.name: [f.name for f in t.files] for t in register.tables.values()})
    told: list[Told] = []
    tables: dict[str, LoadedTable] = {}
    statements = []
    done = {n: _treated(db, t, rewording, need.get(n, frozenset())) for n, t in register.tables.items()}
    _hash_once(db, [t for mine in done.values() for t in mine if _often(t, register.tables[t.table])], rewording.key)
    for name, table in register.tables.items():
        mine = done[name]
        tables[name] = _table(db, table, rewording, mine, mask, folder, scratch)
        tables[name] = replace(tables[name], files=tuple(replace(f, name=files[f.name]) for f in table.files))
        told += mine
        statements.append(_create(name, Path(FOLDER) / f"{name}.parquet"))
    (folder / "queries" / "00_register.sql").write_text("".join(f"{s};\n\n" for s in statements), encoding="utf-8")
    if register.rejects:
        for own, new in files.items():
            db.execute("update rejects set file = ? where file = ?", [new, own])
        db.execute("update rejects set value = case when value is null then null else ? end", [PRESENT])
    columns = [{"table": t.table, "column": t.column, "theirs": t.theirs, "type": t.type, "treatment": t.treatment, "values": t.values} for t in told]
    (folder / FOLDER / COLUMNS).write_text(json.dumps(columns, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return Reworded(Register(MappingProxyType(tables), MappingProxyType(dict(zip(tables, statements, strict=True)))), tuple(told),
                    MappingProxyType(files), rewording.key, mask)  # fmt: skip


def _treated(db: duckdb.DuckDBPyConnection, table: LoadedTable, rewording: Rewording, need: frozenset[str]) -> list[Told]:
    """The columns of a table that are handed over, and what is done to each."""
    kept = {n: c for n, c in table.columns.items() if n in need or n in table.spec.columns or c.type in ("date", "instant", "boolean")}
    kept = {n: c for n, c in kept.items() if c.type not in ("text", "list") or n in need or n in _structure(table)}
    counts = exp.select(*(sql.expression("approx_count_distinct($c)", c=sql.col(n)) for n in kept)).from_(sql.tab(table.name))
    values = (db.execute(sql.written(counts)).fetchone() if kept else None) or ()
    return [Told(table.name, name, column.theirs, column.type, "keep" if table.name == ORGANISATION else rewording.treatment(table.spec, column), int(n))
            for (name, column), n in zip(kept.items(), values, strict=True)]  # fmt: skip


def _often(told: Told, table: LoadedTable) -> bool:
    """Whether the values of a column are identifiers of which most stand in several rows."""
    return told.treatment in ("pseudonym", "name") and told.type == "text" and told.values * 2 < table.rows_loaded


def _hash_once(db: duckdb.DuckDBPyConnection, columns: Sequence[Told], key: bytes) -> None:
    """Makes PSEUDONYMS of the values of these columns."""
    each = [exp.select(sql.col(t.column).as_("raw")).from_(sql.tab(t.table)) for t in columns]
    values = exp.union(*each) if len(each) > 1 else each[0].distinct() if each else exp.select(sql.null("varchar").as_("raw"))
    made = exp.select("raw", pseudonym_of(sql.col("raw"), key).as_("new")).from_(exp.Subquery(this=values, alias=exp.TableAlias(this=sql.name("v"))))
    db.execute(f"create temp table {PSEUDONYMS} as {sql.written(made.where('raw is not null'))}")


def _table(
    db: duckdb.DuckDBPyConnection, table: LoadedTable, rewording: Rewording, mine: Sequence[Told], mask: Callable[[str], str], folder: Path, scratch: Path
) -> LoadedTable:  # fmt: skip
    """One table, as it is handed over."""
    kept = {t.column: table.columns[t.column] for t in mine}
    often = {t.column: sql.col(t.column, "t") for t in mine if _often(t, table)}
    values = {t.column: looked_up(sql.col(t.column, "t"), rewording.key, t.column) if t.column in often
              else _value(db, table.name, kept[t.column], t.treatment, rewording.key, mask, scratch) for t in mine}  # fmt: skip
    there = [d[0] for d in db.execute(sql.written(exp.select("*").from_(sql.tab(table.name)).limit(0))).description or ()]
    query = exp.select().from_(sql.tab(table.name, "t"))
    for name in there:
        if name == PLACE:
            query = query.select(pseudonym_of(sql.col(PLACE, "t"), rewording.key).as_(sql.name(PLACE)))
        elif name in values:
            query = query.select(values[name].as_(sql.name(name)))
        elif name not in table.columns:
            query = query.select(sql.col(name, "t"))
    query = with_pseudonyms(query, often)
    for name, value in values.items():
        masked = f"masked {name}"
        if any(c.table == masked for c in value.find_all(exp.Column)):
            query = query.join(sql.tab(f"masked {table.name} {name}", masked), on=exp.EQ(this=sql.col("raw", masked), expression=sql.col(name, "t")),
                               join_type="left")  # fmt: skip
    part = folder / FOLDER / f"{table.name}.parquet"
    db.execute(sql.to_parquet(sql.written(query), part))
    db.execute(f"drop table {sql.written(sql.tab(table.name))}")
    # read where it lies: making a table of ten million records again would take longer than all that reads them
    db.execute(f"create view {sql.written(sql.tab(table.name))} as from {sql.written(sql.text(part.as_posix()))}")
    return replace(table, columns=MappingProxyType(kept))


def _create(table: str, part: Path) -> str:
    """The statement by which a table is there that was written."""
    return f"create table {sql.written(sql.tab(table))} as from {sql.written(sql.text(part.as_posix()))}"


def _structure(table: LoadedTable) -> frozenset[str]:
    """The text columns without which rows can't be told apart or joined."""
    spec = table.spec
    return frozenset(n for n in (table.key, spec.kind, *spec.refers, "subject", "subject_id", "unit_id", "handler_id") if n is not None)


def _value(
    db: duckdb.DuckDBPyConnection, table: str, column: SuppliedColumn, treatment: Treatment, key: bytes, mask: Callable[[str], str], scratch: Path
) -> exp.Expression:
    """What becomes of a column's values, as an expression over the table."""
    value, listed = sql.col(column.name, "t"), column.type == "list"
    if treatment == "year" and column.type in ("date", "instant"):
        return sql.cast(sql.expression("date_trunc('year', $c)", c=value), "date" if column.type == "date" else "timestamp")
    if column.type not in ("text", "list"):
        return value
    if treatment in ("pseudonym", "name"):
        if listed:
            return sql.expression("list_transform($c, lambda x : $p)", c=value, p=pseudonym_of(sql.expression("x"), key))
        return pseudonym_of(value, key)
    if treatment in ("presence", "year"):
        there = f"list_transform($c, lambda x : '{PRESENT}')" if listed else f"case when $c is not null then '{PRESENT}' end"
        return sql.expression(there, c=value)
    return _masked(db, table, column, mask, scratch)


def _masked(db: duckdb.DuckDBPyConnection, table: str, column: SuppliedColumn, mask: Callable[[str], str], scratch: Path) -> exp.Expression:
    """A text column whose values are masked: each different one once, and looked up where masking changes any."""
    value: exp.Expression = sql.col(column.name, "t")
    each = sql.expression("unnest($c)", c=value) if column.type == "list" else value
    distinct = exp.select(each.as_("raw")).distinct().from_(sql.tab(table, "t"))
    texts = [t for (t,) in db.execute(sql.written(distinct)).fetchall() if t is not None]
    changed = {t: m for t in texts if (m := mask(t)) != t}
    if not changed:
        return value
    if column.type == "list":
        keys, new = (exp.Array(expressions=[sql.text(t) for t in side]) for side in (changed.keys(), changed.values()))
        return sql.expression("list_transform($c, lambda x : coalesce(map($keys, $new)[x], x))", c=value, keys=keys, new=new)
    path = scratch / f"masked {table} {column.name}.jsonl"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"raw": raw, "masked": masked}, ensure_ascii=False) + "\n" for raw, masked in changed.items())
    rows = f"read_json({sql.written(sql.text(str(path)))}, format = 'newline_delimited', columns = {{'raw': 'varchar', 'masked': 'varchar'}})"
    db.execute(f"create temp table {sql.written(sql.tab(f'masked {table} {column.name}'))} as from {rows}")
    return sql.expression("coalesce($m, $c)", m=sql.col("masked", f"masked {column.name}"), c=value)
