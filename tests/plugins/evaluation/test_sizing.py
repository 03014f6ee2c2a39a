"""Sizes and bounds are those of the published tables, agree with counting every draw there is, and keep their promise when they are tried."""

import time
from fractions import Fraction
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disputekit_evaluation.sizing import Stratum, at_most, infer, planned_sizes, sample_size, upper_bound

F = Fraction
LARGE = 1_000_000


@pytest.mark.parametrize(("percent", "size"), [(2, 149), (3, 99), (4, 74), (5, 59), (6, 49), (7, 42), (8, 36), (9, 32), (10, 29)])
def test_sizes_for_no_deviation_are_those_of_the_table(percent: int, size: int) -> None:
    """AICPA Audit Guide: Audit Sampling, table A-1: 5 percent risk of overreliance, expected rate 0, large population."""
    assert sample_size(LARGE, F(95, 100), F(percent, 100)) == size


@pytest.mark.parametrize(("planned", "size"), [(1, 93), (2, 124), (3, 153)])
def test_sizes_for_some_deviations_are_those_of_the_table(planned: int, size: int) -> None:
    """The same table at a tolerable rate of 5 percent: 93 with 1 deviation, 124 with 2, 153 with 3 (the binomial's, which a large population's meets)."""
    assert sample_size(LARGE, F(95, 100), F(5, 100), planned) == size


@pytest.mark.parametrize(
    ("drawn", "found", "percent"), [(25, 0, "11.3"), (25, 1, "17.6"), (60, 0, "4.9"), (100, 1, "4.7"), (100, 2, "6.2"), (150, 0, "2.0")]
)
def test_bounds_are_those_of_the_table(drawn: int, found: int, percent: str) -> None:
    """The same guide, table A-3: upper limits at 5 percent risk, which it gives to a tenth."""
    rate = upper_bound(LARGE, drawn, found, F(95, 100)) / LARGE * 100
    assert abs(rate - float(percent)) < 0.1


@pytest.mark.parametrize(("population", "size"), [(50, 31), (100, 45), (500, 56)])
def test_a_small_population_needs_fewer(population: int, size: int) -> None:
    """Detecting one of 5 percent deviating cases with 95 percent: worked out by hand as the product of (N - K - i) / (N - i)."""
    deviating = -(-population // 20)
    missed, drawn = F(1), 0
    while missed > F(1, 20):
        missed *= F(population - deviating - drawn, population - drawn)
        drawn += 1
    assert sample_size(population, F(95, 100), F(5, 100)) == drawn == size


@given(st.integers(1, 9), st.data())
@settings(deadline=None)
def test_probabilities_are_what_counting_every_draw_gives(population: int, data: st.DataObject) -> None:
    deviating, drawn = data.draw(st.integers(0, population)), data.draw(st.integers(0, population))
    found = data.draw(st.integers(0, drawn))
    draws = [sum(case < deviating for case in draw) for draw in combinations(range(population), drawn)]
    assert at_most(population, deviating, drawn, found) == F(sum(k <= found for k in draws), len(draws))


@given(st.integers(1, 12), st.sampled_from([F(8, 10), F(9, 10), F(95, 100)]))
@settings(deadline=None)
def test_a_bound_fails_no_more_often_than_it_says_whatever_is_true(population: int, confidence: Fraction) -> None:
    for drawn in range(population + 1):
        bounds = [upper_bound(population, drawn, k, confidence) for k in range(drawn + 1)]
        for deviating in range(population + 1):
            wrong = sum((at_most(population, deviating, drawn, k) - (at_most(population, deviating, drawn, k - 1) if k else 0)
                         for k in range(drawn + 1) if bounds[k] < deviating), F(0))  # fmt: skip
            assert wrong <= 1 - confidence


def test_a_bound_is_no_larger_than_it_must_be() -> None:
    bound = upper_bound(1000, 80, 2, F(9, 10))
    assert at_most(1000, bound, 80, 2) > F(1, 10) >= at_most(1000, bound + 1, 80, 2)


def test_the_bound_over_strata_holds_when_it_is_tried() -> None:
    rng, trials = Random(5), 600
    truth = [(400, 40), (90, 30), (25, 1)]
    drawn = (60, 30, 25)
    held = 0
    for _ in range(trials):
        strata = [Stratum(str(n), size, n, sum(i < bad for i in rng.sample(range(size), n))) for (size, bad), n in zip(truth, drawn, strict=True)]
        held += infer(strata, F(9, 10), F(1, 10)).upper >= sum(bad for _, bad in truth)
    assert held / trials >= 0.9


def test_strata_that_are_in_order_keep_the_whole_below_the_tolerable_rate() -> None:
    populations = (50_000, 900, 40, 0, 3)
    sizes = planned_sizes(populations, F(95, 100), F(5, 100))
    assert sizes[3] == 0
    assert sizes[4] == 3
    found = infer([Stratum("", n, size, 0) for n, size in zip(populations, sizes, strict=True)], F(95, 100), F(5, 100))
    assert found.holds
    assert found.upper_rate < F(5, 100)
    fewer = [Stratum("", n, max(size - 15, 0), 0) for n, size in zip(populations, sizes, strict=True)]
    assert not infer(fewer, F(95, 100), F(5, 100)).holds


def test_what_could_not_be_told_and_what_was_not_drawn_count_against_it() -> None:
    told = infer([Stratum("a", 1000, 59, 0)], F(95, 100), F(6, 100))
    untold = infer([Stratum("a", 1000, 59, 0, 4)], F(95, 100), F(6, 100))
    assert told.holds
    assert not untold.holds
    assert infer([Stratum("a", 1000, 1000, 0), Stratum("b", 70, 0, 0)], F(95, 100), F(5, 100)).upper == 70


def test_a_stratum_that_was_reviewed_whole_is_known() -> None:
    found = infer([Stratum("a", 40, 40, 3), Stratum("b", 1000, 100, 0)], F(95, 100), F(5, 100))
    assert [b.upper for b in found.strata] == [3, upper_bound(1000, 100, 0, F(95, 100))]


@pytest.mark.parametrize("numbers", [(10, 11, 0), (10, 5, 6), (10, 5, -1)])
def test_numbers_that_can_not_be_are_refused(numbers: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="can't be"):
        upper_bound(*numbers, F(95, 100))


def test_a_large_population_takes_no_time() -> None:
    started = time.perf_counter()
    sample_size(LARGE, F(99, 100), F(1, 1000), 3)
    upper_bound(LARGE, 9000, 12, F(99, 100))
    assert time.perf_counter() - started < 5
