"""Building SQL as trees: names always quoted, values always literals, templates parsed once and filled with parentheses.

The text that stands in templates is DuckDB's; the trees are what runs, and what another engine's dialect can be written from.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path

import sqlglot
from sqlglot import exp

DIALECT = "duckdb"
_BARE = (exp.Identifier, exp.Literal, exp.Column, exp.Case, exp.Null, exp.Boolean, exp.Cast, exp.Paren, exp.Table, exp.Subquery)


def name(text: str) -> exp.Identifier:
    return exp.to_identifier(text, quoted=True)


def col(text: str, table: str | None = None) -> exp.Column:
    return exp.column(name(text), table=name(table) if table else None)


def tab(text: str, alias: str | None = None) -> exp.Table:
    found = exp.Table(this=name(text))
    if alias:
        found.set("alias", exp.TableAlias(this=name(alias)))
    return found


def parquet(file: Path) -> exp.Table:
    """The rows of a Parquet file, to stand where a table's name does: an expression there would be put in parentheses, which DuckDB refuses."""
    return exp.Table(this=exp.ReadParquet(expressions=[text(str(file))]))


def text(value: str) -> exp.Literal:
    return exp.Literal.string(value)


def number(value: object) -> exp.Expression:
    return exp.Literal.number(str(value))


def day(value: date) -> exp.Expression:
    return cast(text(value.isoformat()), "date")


def instant(value: datetime) -> exp.Expression:
    return cast(text(value.isoformat(" ")), "timestamp")


def end_of(value: date) -> exp.Expression:
    """The first instant after a day."""
    return instant(datetime.combine(value + timedelta(days=1), time()))


def boolean(value: bool) -> exp.Expression:
    return exp.Boolean(this=value)


def cast(value: exp.Expression, kind: str) -> exp.Expression:
    return exp.Cast(this=value, to=_type(kind).copy())


@cache
def _type(kind: str) -> exp.DataType:
    return exp.DataType.build(kind, dialect=DIALECT)


def null(kind: str) -> exp.Expression:
    return cast(exp.Null(), kind)


def either(conditions: Iterable[exp.Expression]) -> exp.Expression:
    """True where one of the conditions is; FALSE where there are none."""
    found = [c for c in conditions if not (isinstance(c, exp.Boolean) and not c.this)]
    return exp.paren(exp.or_(*found)) if found else boolean(False)


def both(conditions: Iterable[exp.Expression]) -> exp.Expression:
    """True where all of the conditions are; TRUE where there are none."""
    found = [c for c in conditions if not (isinstance(c, exp.Boolean) and c.this)]
    return exp.paren(exp.and_(*found)) if found else boolean(True)


@cache
def _parsed(template: str) -> exp.Select:
    tree = sqlglot.parse_one(template, dialect=DIALECT)
    assert isinstance(tree, exp.Select), template
    return tree


def fill(template: str, **nodes: exp.Expression) -> exp.Select:
    """A template with each `$name` replaced by its node.

    Whatever isn't a name, a literal or closed in itself is put in parentheses: sqlglot replaces nodes as they are, and `a AND $w` with
    `b OR c` in it would read `a AND b OR c`.
    """
    tree = _parsed(template).copy()
    for place in list(tree.find_all(exp.Placeholder)):
        node = nodes[place.name]
        place.replace(node.copy() if isinstance(node, _BARE) else exp.paren(node.copy()))
    return tree


def expression(template: str, **nodes: exp.Expression) -> exp.Expression:
    """A template of an expression instead of a query, filled in the same way."""
    found = fill(f"select {template}", **nodes).expressions[0]
    assert isinstance(found, exp.Expression)
    return found


def pipeline(steps: Mapping[str, exp.Select], last: exp.Select) -> exp.Select:
    """`with` the steps in their order, each seeing those before it, and the last as the query itself."""
    query = last
    ctes = [exp.CTE(this=step, alias=exp.TableAlias(this=name(step_name))) for step_name, step in steps.items()]
    query.set("with_", exp.With(expressions=ctes))
    return query


def written(tree: exp.Expression, *, pretty: bool = False, last: bool = False) -> str:
    """The text of a tree. `last`: the tree isn't used any more, so that writing needn't keep it whole."""
    return tree.sql(dialect=DIALECT, pretty=pretty, copy=not last)


def to_parquet(query: str, file: Path) -> str:
    """The statement that writes what a query gives, in its order."""
    return f"copy ({query}) to {written(text(str(file)))} (format parquet)"


def sha256(query: str) -> str:
    """The hash of the file that a query is written to: its text, a semicolon and a line end."""
    return hashlib.sha256(f"{query};\n".encode()).hexdigest()
