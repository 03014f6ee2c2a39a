"""The queries and the oracles, two ways to the same answer, agree on every subject of every register."""

import random
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.oracles.compare import FIELDS, Engine, differences, make_rule, make_world

from disputekit.calendars import Calendar
from disputekit.core import Core
from disputekit.extension import RuleKind

KINDS = {kind.name: kind for kind in Core().register_rule_kinds() if kind.name in FIELDS}


@cache
def engine(calendar: Calendar) -> Engine:
    return Engine(calendar)


def disagreements(rng: random.Random, kind: RuleKind, subjects: int) -> list[str]:
    world = make_world(rng, subjects)
    rules = [make_rule(rng, kind, world) for _ in range(3)]
    return [
        f"{rule}\n{case}\nquery: {said}\noracle: {walked}" for rule, case, said, walked in differences(engine(world.calendar), world, kind, rules)
    ]


@pytest.mark.parametrize("name", sorted(KINDS))
@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), subjects=st.integers(1, 8))
def test_query_and_oracle_agree_on_small_registers(name: str, seed: int, subjects: int) -> None:
    # a seed, and not hypothesis's own choices: a rule is thrown again until its kind accepts it, which its simplest choices never do
    assert disagreements(random.Random(seed), KINDS[name], subjects) == []


@pytest.mark.parametrize("name", sorted(KINDS))
def test_query_and_oracle_agree_on_a_few_thousand_cases(name: str) -> None:
    assert [d for seed in range(16) for d in disagreements(random.Random(seed), KINDS[name], 75)] == []


def test_every_kind_that_can_be_compared_has_an_oracle() -> None:
    assert sorted(name for name, kind in KINDS.items() if kind.oracle is not None) == sorted(FIELDS)
