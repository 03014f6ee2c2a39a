"""Sizes and bounds are those of other calculations, agree with counting every draw there is, and keep their promise when they are tried."""

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


def missed(population: int, deviating: int, drawn: int, most: int) -> Fraction:
    """The probability that a draw holds `most` or fewer deviating cases, worked out one case after the other: no binomial coefficient is in it."""
    chances = [F(1), *[F(0)] * most]  # of having met 0, 1, … of them so far
    for already in range(drawn):
        left = population - already
        before = chances
        chances = [F(0)] * (most + 1)
        for met, chance in enumerate(before):
            among = max(deviating - met, 0)
            chances[met] += chance * F(left - among, left)
            if met < most:
                chances[met + 1] += chance * F(among, left)
    return sum(chances, F(0))


@pytest.mark.parametrize("population", [20, 100, 350])
@pytest.mark.parametrize(
    ("confidence", "tolerable", "planned"),
    [(F(9, 10), F(1, 10), 0), (F(95, 100), F(5, 100), 0), (F(95, 100), F(5, 100), 2), (F(99, 100), F(1, 10), 1)],
)
def test_a_size_is_the_smallest_that_suffices_by_another_calculation(
    population: int, confidence: Fraction, tolerable: Fraction, planned: int
) -> None:
    """Attribute sampling: the fewest cases that, where the tolerable rate is reached, hold no more deviations than planned with a probability of at most
    1 - confidence (ISA 530; hypergeometric, for a population that is finite)."""
    too_many = -(-tolerable.numerator * population // tolerable.denominator)
    size = sample_size(population, confidence, tolerable, planned)
    if too_many <= planned:
        assert size == population
        return
    assert missed(population, too_many, size, planned) <= 1 - confidence
    assert size == 1 or missed(population, too_many, size - 1, planned) > 1 - confidence


@pytest.mark.parametrize("percent", [1, 2, 3, 5, 8, 10])
@pytest.mark.parametrize("planned", [0, 1, 3])
def test_sizes_for_a_large_population_agree_with_another_library(percent: int, planned: int) -> None:
    from scipy.stats import hypergeom

    size, too_many = sample_size(LARGE, F(95, 100), F(percent, 100), planned), LARGE * percent // 100
    assert hypergeom.cdf(planned, LARGE, too_many, size) <= 0.05 + 1e-9
    assert hypergeom.cdf(planned, LARGE, too_many, size - 1) > 0.05 - 1e-9


@pytest.mark.parametrize(("population", "drawn", "found"), [(200, 25, 0), (200, 25, 1), (200, 60, 0), (500, 100, 2), (1000, 150, 0), (1000, 150, 7)])
def test_a_bound_is_the_largest_that_is_still_likely_by_another_calculation(population: int, drawn: int, found: int) -> None:
    """Buonaccorsi, The American Statistician 41 (1987) 215-218: as many as leave `found` or fewer likelier than 1 - confidence, and one more doesn't."""
    from scipy.stats import hypergeom

    bound = upper_bound(population, drawn, found, F(95, 100))
    assert missed(population, bound, drawn, found) > F(1, 20) >= missed(population, bound + 1, drawn, found)
    assert hypergeom.cdf(found, population, bound, drawn) == pytest.approx(float(missed(population, bound, drawn, found)), rel=1e-9)


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
    started = time.process_time()
    sample_size(LARGE, F(99, 100), F(1, 1000), 3)
    upper_bound(LARGE, 9000, 12, F(99, 100))
    assert time.process_time() - started < 5
