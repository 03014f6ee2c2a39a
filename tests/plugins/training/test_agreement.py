"""The kinds' queries and their walks, two ways to the same answer, agree on every subject of every register."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.plugins.training.compare import KINDS, differences


@pytest.mark.parametrize("name", KINDS)
@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), subjects=st.integers(1, 8))
def test_query_and_walk_agree_on_small_registers(name: str, seed: int, subjects: int) -> None:
    assert list(differences(random.Random(seed), name, subjects, 2)) == []


@pytest.mark.parametrize("name", KINDS)
def test_query_and_walk_agree_on_some_thousand_cases(name: str) -> None:
    assert [d for seed in range(4) for d in differences(random.Random(seed), name, 250, 3)] == []
