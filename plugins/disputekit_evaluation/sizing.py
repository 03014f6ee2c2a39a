"""How many cases to draw, and what those that were drawn say of all: exact hypergeometric arithmetic.

A draw without replacement of n cases from N, of which K deviate, holds k deviating ones with the hypergeometric probability. Everything here
is worked out in whole numbers, so that nothing is rounded and no population is too large or too small for a table.

- Upper bound: the largest K for which k or fewer deviations among n are still likelier than 1 - confidence. Whatever K is, it lies above its
  bound with at most that probability (Buonaccorsi, The American Statistician 41 (1987) 215-218; Wright, Exact Confidence Bounds when Sampling
  from Small Finite Universes, Springer 1991).
- Size: the smallest n whose bound lies below the tolerable rate if no more deviations turn up than are planned for: attribute sampling as
  auditors plan it (AICPA Audit Guide: Audit Sampling, appendix A; ISA 530), with the finite population counted.
- Strata: each is sized, and bounded, at 1 - (1 - confidence) / strata, so that all bounds hold at once (Bonferroni). Their sum then bounds the
  whole, and lies below the tolerable rate if each of them does.

A case that could not be reviewed, or of which nobody could tell, counts as a deviation: what isn't known is never a pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, comb

__all__ = ["Inferred", "Stratum", "bounded", "infer", "planned_sizes", "sample_size", "upper_bound"]


@dataclass(frozen=True)
class Stratum:
    """A stratum after the review: how many cases it has, how many were drawn, and how many of these deviate or couldn't be told."""

    name: str
    population: int
    drawn: int
    deviations: int
    untold: int = 0

    @property
    def counted(self) -> int:
        """What counts as deviating."""
        return self.deviations + self.untold


@dataclass(frozen=True)
class Bounded:
    """A stratum with its bound: at the confidence of the whole, no more than `upper` of its cases deviate."""

    stratum: Stratum
    upper: int

    @property
    def upper_rate(self) -> Fraction:
        return Fraction(self.upper, self.stratum.population) if self.stratum.population else Fraction(0)


@dataclass(frozen=True)
class Inferred:
    """What a review says of the whole population.

    upper: at most this many cases deviate, with the confidence that was asked for. estimate: how many are to be expected. holds: whether the
    bound lies below the tolerable rate.
    """

    confidence: Fraction
    tolerable: Fraction
    strata: tuple[Bounded, ...]
    population: int
    upper: int
    estimate: Fraction
    holds: bool

    @property
    def upper_rate(self) -> Fraction:
        return Fraction(self.upper, self.population) if self.population else Fraction(0)


def at_most(population: int, deviating: int, drawn: int, found: int) -> Fraction:
    """The probability of `found` or fewer deviating cases among `drawn`, where `deviating` of `population` deviate."""
    fewer, more = min(drawn, deviating), max(drawn, deviating)  # the two may change places, and the smaller makes the smaller numbers
    ways = sum(comb(more, i) * comb(population - more, fewer - i) for i in range(min(found, fewer) + 1))
    return Fraction(ways, comb(population, fewer))


def upper_bound(population: int, drawn: int, found: int, confidence: Fraction) -> int:
    """The most cases that can deviate, at this confidence, where `found` of `drawn` do. Raises ValueError for numbers that can't be."""
    _check(confidence)
    if not 0 <= found <= drawn <= population:
        raise ValueError(f"{found} of {drawn} of {population} can't be")
    # whatever was found does deviate, and what was drawn and found in order doesn't; in between, the more deviate the less likely so few are
    low, high = found, population - (drawn - found)
    while low < high:
        middle = (low + high + 1) // 2
        if at_most(population, middle, drawn, found) > 1 - confidence:
            low = middle
        else:
            high = middle - 1
    return low


def sample_size(population: int, confidence: Fraction, tolerable: Fraction, planned: int = 0) -> int:
    """The fewest cases to draw, so that with at most `planned` deviations among them the rate of all is below `tolerable` at this confidence.

    Everything is drawn where nothing less will do. Raises ValueError for a confidence or rate outside of 0 to 1.
    """
    _check(confidence)
    _check(tolerable)
    too_many = ceil(tolerable * population)
    if too_many <= planned:
        return population

    def suffices(drawn: int) -> bool:
        return at_most(population, too_many, drawn, planned) <= 1 - confidence

    # small draws are tried first: the numbers are as long as the draw is
    low, high = 1, planned + 1
    while high < population and not suffices(high):
        low, high = high + 1, 2 * high
    low, high = min(low, population), min(high, population)
    while low < high:
        middle = (low + high) // 2
        if suffices(middle):
            high = middle
        else:
            low = middle + 1
    return low


def planned_sizes(populations: Sequence[int], confidence: Fraction, tolerable: Fraction, planned: int = 0) -> tuple[int, ...]:
    """The size of the draw from each stratum. An empty one needs none and shares in nothing."""
    each = _shared(confidence, sum(1 for n in populations if n))
    return tuple(sample_size(n, each, tolerable, planned) if n else 0 for n in populations)


def infer(strata: Sequence[Stratum], confidence: Fraction, tolerable: Fraction) -> Inferred:
    """What the review of a draw says of all cases. A stratum from which nothing was drawn may deviate altogether."""
    _check(tolerable)
    # a stratum that was reviewed whole is known, and takes no share of the risk of being wrong
    each = _shared(confidence, sum(1 for s in strata if s.drawn < s.population))
    found = tuple(bounded(s, each) for s in strata)
    population, upper = sum(s.population for s in strata), sum(b.upper for b in found)
    estimate = sum((Fraction(s.population * s.counted, s.drawn) if s.drawn else Fraction(s.population) for s in strata), Fraction(0))
    return Inferred(confidence, tolerable, found, population, upper, estimate, upper < tolerable * population)


def bounded(stratum: Stratum, confidence: Fraction) -> Bounded:
    return Bounded(stratum, upper_bound(stratum.population, stratum.drawn, stratum.counted, confidence))


def _shared(confidence: Fraction, strata: int) -> Fraction:
    _check(confidence)
    return 1 - (1 - confidence) / max(strata, 1)


def _check(rate: Fraction) -> None:
    if not 0 < rate < 1:
        raise ValueError(f"{float(rate)} isn't between 0 and 1")
