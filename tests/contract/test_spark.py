"""The rules' queries on Spark: the same register, handed over as Parquet, must get the same results there as from DuckDB, row by row."""

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp
from tests.contract.portable import SHAPES, asked, named, register

from disputekit import sql
from disputekit.checks.decide import FINDING

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("pyspark") is None, reason='pyspark isn\'t installed: pip install "disputekit[spark]"'),
    pytest.mark.skipif(shutil.which("java") is None, reason="there is no java: install a Java 17 or 21 runtime, which Spark runs on"),
    pytest.mark.filterwarnings("default"),  # what Spark's own Python warns of
]
DIFFERENT = {
    "amount actual=amount_claimed * 1.1 expected=greatest(amount_claimed / 3, 0)":
        "a division in a formula is worked out in integers of 128 bits, which Spark hasn't got",
}  # fmt: skip
"""Shapes, by the beginning of their name, that Spark can't run or decides differently, and why."""


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from pyspark.sql import SparkSession

    settings = {
        "spark.master": "local[2]", "spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "1", "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1", "spark.sql.session.timeZone": "Asia/Shanghai", "spark.log.level": "ERROR",
        # compiling each query takes longer than running it over so few rows
        "spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN", "spark.sql.adaptive.enabled": "false",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
    }  # fmt: skip
    builder = SparkSession.builder
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


def result(query: exp.Select) -> exp.Select:
    """A query's rows as the core keeps them: each column in the type of a finding's."""
    columns = [sql.cast(sql.col(n), FINDING.get(n, "boolean" if n == "warned" else "varchar")).as_(sql.name(n)) for n in query.named_selects]
    return exp.select(*columns).from_(exp.Subquery(this=query.copy(), alias=exp.TableAlias(this=sql.name("result"))))


def shapes() -> list[Any]:
    found = []
    for rule in SHAPES:
        why = next((w for start, w in DIFFERENT.items() if named(rule).startswith(start)), None)
        found.append(pytest.param(rule, id=named(rule), marks=[pytest.mark.xfail(reason=why, strict=True)] if why else []))
    return found


@pytest.mark.parametrize("rule", shapes())
def test_spark_decides_every_subject_as_duckdb_does(rule: dict[str, Any], spark: Any, tmp_path: Path) -> None:
    db, query = asked(rule, register())
    whole = result(query)
    steps = {cte.alias for cte in query.find_all(exp.CTE)}
    for table in dict.fromkeys(t.name for t in query.find_all(exp.Table) if t.name and t.name not in steps):
        file = tmp_path / f"{table}.parquet"
        db.execute(f"copy (from {sql.written(sql.tab(table))}) to {sql.written(sql.text(str(file)))} (format parquet)")
        spark.read.parquet(str(file)).createOrReplaceTempView(f"`{table}`")
    here = db.execute(sql.written(whole)).fetchall()
    written = whole.sql(dialect="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
    there = [tuple(row) for row in spark.sql(written).collect()]
    first = query.named_selects.index("subject")
    assert here
    assert sorted(there, key=lambda r: r[first]) == sorted(here, key=lambda r: r[first])
