"""Trees of SQL for the register: templates in the engine's dialect whose `$gaps` are filled with nodes, never with text."""

from collections.abc import Iterable

import sqlglot
from sqlglot import exp

DIALECT = "duckdb"
_ATOMS = (exp.Identifier, exp.Literal, exp.Column, exp.Paren, exp.Null, exp.Boolean, exp.Array, exp.Struct, exp.DataType, exp.Func)


def filled(template: str, /, **gaps: exp.Expr) -> exp.Expr:
    """The tree of `template` with each `$name` replaced by a copy of its node, in parentheses unless it is an atom."""
    tree = sqlglot.parse_one(template, dialect=DIALECT)
    for gap in list(tree.find_all(exp.Placeholder)):
        node = gaps[gap.name].copy()
        node = node if isinstance(node, _ATOMS) else exp.paren(node)
        if gap is tree:
            return node
        gap.replace(node)
    return tree


def text(value: str) -> exp.Expr:
    return exp.Literal.string(value)


def name(value: str) -> exp.Expr:
    """A column by its name, always quoted."""
    return exp.column(exp.to_identifier(value, quoted=True))


def texts(values: Iterable[str]) -> exp.Expr:
    return exp.Array(expressions=[text(v) for v in values])


def alias(node: exp.Expr, named: str) -> exp.Expr:
    return exp.alias_(node, exp.to_identifier(named, quoted=True))


def relation(template: str, /, **gaps: exp.Expr) -> exp.Expr:
    """What stands after FROM in `select * from <template>`."""
    tree = filled(f"select * from {template}", **gaps)
    return tree.args["from_"].this.pop()


def select(columns: Iterable[exp.Expr], source: exp.Expr) -> exp.Select:
    """SELECT columns FROM source; a source that is itself a select is put in parentheses."""
    return exp.select(*columns).from_(source.subquery("source") if isinstance(source, exp.Select) else source.copy())


def written(tree: exp.Expr) -> str:
    return tree.sql(DIALECT)
