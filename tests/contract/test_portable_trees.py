"""Nothing in a kind's query is read differently by another engine: what DuckDB and Spark SQL both run, but not alike, is refused here."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlglot
from sqlglot import exp
from tests.contract.portable import SHAPES, asked, named, register

from disputekit import sql
from disputekit.checks.decide import FINDING
from disputekit.core import Core
from disputekit.kinds.terms import Deadline

TEXTS = {"VARCHAR", "INTEGER", "BIGINT"}
"""What a text column of a result may be before it is cast: a sum would be HUGEINT, and a double has another text on each engine."""
TYPES = {"varchar": TEXTS, "timestamp": {"TIMESTAMP"}, "date": {"DATE"}}
FUNCTIONS = (
    exp.Abs, exp.And, exp.ArrayAgg, exp.ArrayContains, exp.ArraySort, exp.ArrayToString, exp.Case, exp.Cast, exp.Coalesce, exp.ConcatWs, exp.Count,
    exp.DateDiff, exp.Exp, exp.Greatest, exp.If, exp.Lag, exp.Lead, exp.Least, exp.Ln, exp.Max, exp.Min, exp.Month, exp.Nullif, exp.Or, exp.RowNumber, exp.StartsWith,
    exp.StrPosition, exp.Sum, exp.TimestampTrunc, exp.Trim,
)  # fmt: skip
"""Functions that both engines know and work out alike, with the conditions below; a new one belongs here once it agrees in test_spark."""
NUMBERED = {"dayofweek", "isodow", "weekday", "dow", "hash", "epoch"}


def dated(value: exp.Expression, types: dict[str, set[str]], tree: exp.Expression) -> bool:
    """Whether a value is surely a date: two engines count the days between two instants differently."""
    value = value.unnest()
    match value:
        case exp.Cast():
            return value.to.is_type("date")
        case exp.Column():
            known = types.get(value.name)
            if known:
                return known == {"DATE"}
            named_so = [a.this for a in tree.find_all(exp.Alias) if a.alias == value.name]
            return bool(named_so) and all(dated(v, types, tree) for v in named_so)
        case exp.Coalesce() | exp.Greatest() | exp.Least():
            return all(dated(v, types, tree) for v in (value.this, *value.expressions))
        case exp.Window() | exp.Min() | exp.Max() | exp.Lead():
            return dated(value.this, types, tree)
        case exp.Add() | exp.Sub():
            return dated(value.this, types, tree) and not value.expression.find(exp.Interval)
        case exp.TimestampTrunc():
            return True
    return False


def mistakes(tree: exp.Expression, types: dict[str, set[str]]) -> Iterator[str]:
    """What of a tree another engine may read differently. types: of each column's name, its types in the tables and steps."""
    for node in tree.walk():
        text = node.sql(dialect="duckdb")
        match node:
            case exp.DateDiff():
                if not (dated(node.this, types, tree) and dated(node.expression, types, tree)):
                    yield f"days between what may be instants: {text}"
            case exp.Div() | exp.IntDiv() | exp.Mod():
                if not isinstance(node.expression.unnest(), exp.Nullif):
                    yield f"division by what may be zero: {text}"
            case exp.Like() | exp.ILike():
                escaped = isinstance(node.parent, exp.Escape)
                if "\\" in node.expression.name and not escaped:
                    yield f"a backslash in LIKE: {text}"
            case exp.Substring():
                start = node.args.get("start")
                if not isinstance(start, exp.Literal) or start.name == "0":
                    yield f"a part of a text from place 0: {text}"
            case exp.TryCast():
                yield f"try_cast: {text}"
            case exp.Cast():
                leaf = node.this.unnest()
                if node.to.is_type(*exp.DataType.TEXT_TYPES) and (leaf.find(exp.Div) or types.get(leaf.name, set()) & {"DOUBLE", "FLOAT"}):
                    yield f"text of a double: {text}"
            case exp.Sub() if dated(node.this, types, tree) and dated(node.expression, types, tree):
                yield f"a date less a date: {text}"
            case exp.Add() | exp.Sub() if isinstance(node.expression.unnest(), exp.Interval | exp.Mul) and node.expression.find(exp.Interval):
                if dated(node.this, types, tree) and not (isinstance(node.parent, exp.Cast) and node.parent.to.is_type("date")):
                    yield f"a date and an interval, which is an instant here and a date there: {text}"
            case exp.Anonymous():
                yield f"an unknown function: {text}"
            case exp.Extract():
                if node.name.lower() in NUMBERED:
                    yield f"numbered differently: {text}"
            case exp.Func() if not isinstance(node, FUNCTIONS):
                yield f"a function that nobody has compared: {text}"


def column_types(db: Any, query: exp.Select) -> dict[str, set[str]]:
    """The types of every column, by its name, in the tables and the steps of a query."""
    found: dict[str, set[str]] = {}
    steps = {cte.alias: cte.this for cte in query.args["with_"].expressions}
    tables = [t.name for t in query.find_all(exp.Table) if t.name and t.name not in steps]
    for name, step in steps.items():
        # a table of each, since a step that stands in the next one is bound as often as it is named
        db.execute(f"create temp table {sql.written(sql.tab(name))} as {sql.written(step)}")
    for name in dict.fromkeys([*tables, *steps]):
        for column, kind, *_ in db.execute(f"describe {sql.written(sql.tab(name))}").fetchall():
            found.setdefault(column, set()).add(kind)
    for name in steps:
        db.execute(f"drop table temp.{sql.written(sql.tab(name))}")
    return found


@pytest.fixture(scope="module")
def rows() -> dict[str, Any]:
    return register(disputes=8)


@pytest.mark.parametrize("rule", SHAPES, ids=named)
def test_a_query_has_nothing_that_another_engine_reads_differently(rule: dict[str, Any], rows: dict[str, Any]) -> None:
    db, query = asked(rule, rows)
    assert list(dict.fromkeys(mistakes(query, column_types(db, query)))) == []
    # an instant without a zone must stay one: Spark would move the other sort by the zone of its session
    assert "AS TIMESTAMP)" not in query.sql(dialect="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)


@pytest.mark.parametrize("rule", SHAPES, ids=named)
def test_a_result_has_the_columns_of_a_finding_in_their_types(rule: dict[str, Any], rows: dict[str, Any]) -> None:
    db, query = asked(rule, rows)
    described = {name: kind for name, kind, *_ in db.execute(f"describe {sql.written(query)}").fetchall()}
    assert len(described) == len(query.named_selects)
    assert described.pop("verdict") == "VARCHAR"
    assert described.pop("warned", "BOOLEAN") == "BOOLEAN"
    assert described.pop("noted", "VARCHAR") == "VARCHAR"
    # of kinds that judge groups: how many subjects a row stands for, and the group in which a subject is counted
    assert described.pop("subjects", "INTEGER") in ("INTEGER", "BIGINT")
    assert described.pop("counted_in", "VARCHAR") == "VARCHAR"
    assert [f"{n}: {kind}" for n, kind in described.items() if n not in FINDING or kind not in TYPES[FINDING[n]]] == []


@pytest.mark.parametrize(
    "text",
    [
        "date_diff('day', a_at, b_at)", "date_diff('hour', a_at, cast(b_at as date))", "dayofweek(a_on)", "extract(isodow from a_on)", "hash(x)",
        "now()", "current_date", "current_timestamp", "random()", "epoch(a_at)", "n / x", "n // x", "n % x", "x like 'a\\%b'", "substr(x, 0, 2)",
        "try_cast(x as integer)", "cast(ratio as varchar)", "cast(n / nullif(x, 0) as varchar)", "b_on - a_on", "a_on + interval 1 day",
        "weekofyear(a_on)", "made_up(x)",
    ],
)  # fmt: skip
def test_what_engines_read_differently_is_found(text: str) -> None:
    tree = sql.fill(f"select {text} as value from facts")
    assert list(mistakes(tree, {"a_at": {"TIMESTAMP"}, "b_at": {"TIMESTAMP"}, "a_on": {"DATE"}, "b_on": {"DATE"}, "ratio": {"DOUBLE"}}))


def test_every_kind_is_looked_at_and_every_field_of_a_deadline() -> None:
    assert {rule["kind"] for rule in SHAPES} == {kind.name for kind in Core().register_rule_kinds()}
    written = {name for rule in SHAPES if rule["kind"] == "deadline" for name in rule}
    own = {field.alias or name for name, field in Deadline.model_fields.items() if name in Deadline.__annotations__}
    assert own <= written
