"""Nothing in the kinds' queries is read differently by another engine, and their results are findings."""

import random

import pytest
import sqlglot
from sqlglot import exp
from tests.contract.test_portable_trees import TYPES, column_types, mistakes
from tests.core.oracles.compare import by_query
from tests.plugins.training.compare import KINDS, engine, make_rule, make_settings, make_world

from disputekit import sql
from disputekit.checks.decide import FINDING


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_a_query_is_portable_and_gives_the_columns_of_a_finding(name: str, seed: int) -> None:
    rng = random.Random(seed)
    subject, made = KINDS[name]
    kind, world = made(make_settings(rng)), make_world(rng, subject, 6)
    register = engine().load(world)
    for _ in range(3):
        queries: list[exp.Select] = []
        by_query(engine(), register, world, kind, make_rule(rng, kind, world), queries.append)
        for query in queries:
            assert list(dict.fromkeys(mistakes(query, column_types(engine().db, query)))) == []
            assert "AS TIMESTAMP)" not in query.sql(dialect="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
            described = {n: kind for n, kind, *_ in engine().db.execute(f"describe {sql.written(query)}").fetchall()}
            assert described.pop("verdict") == "VARCHAR"
            assert [f"{n}: {kind}" for n, kind in described.items() if n not in FINDING or kind not in TYPES[FINDING[n]]] == []
