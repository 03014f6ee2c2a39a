"""Parquet: columns come with types, which are cast exactly or not at all."""

from pathlib import Path

import duckdb
from sqlglot import exp

from disputekit import sql
from disputekit.errors import RegisterError
from disputekit.register.mapping import unique_names
from disputekit.register.settings import SourceSettings
from disputekit.register.source import Scan
from disputekit.text import say


def open_parquet(file: Path, settings: SourceSettings, scratch: Path) -> Scan:  # noqa: ARG001
    """A scan of a Parquet file."""
    numbered = exp.EQ(this=exp.column(exp.to_identifier("file_row_number")), expression=sql.boolean(True))
    relation: exp.Expression = exp.Table(this=exp.Anonymous(this="read_parquet", expressions=[sql.text(str(file)), numbered]))
    query = sql.written(exp.select("*").from_(relation))
    try:
        with duckdb.connect() as db:
            described = db.execute(f"describe {query}").fetchall()
            first = db.execute(f"select 1 from ({query}) limit 1").fetchone()  # noqa: S608
    except duckdb.Error as error:
        raise RegisterError.at("", say("isn't a Parquet file that can be read: {why}", why=str(error).splitlines()[0][:200])) from None
    if first is None:
        raise RegisterError.at("", say("has a header and no rows"))
    columns = {row[0]: row[1] for row in described if row[0] != "file_row_number"}
    names = dict(zip(columns, unique_names(tuple(columns)), strict=True))
    typed = {names[raw]: kind for raw, kind in columns.items() if kind != "VARCHAR"}
    if any(raw != name for raw, name in names.items()):
        chosen = [sql.col(raw).as_(sql.name(name)) for raw, name in names.items()]
        relation = exp.select(*chosen, sql.col("file_row_number")).from_(relation).subquery("renamed")
    return Scan(file, tuple(columns), relation, file, typed=typed, number=sql.expression("$n + 1", n=sql.col("file_row_number")))
