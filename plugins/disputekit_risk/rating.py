"""From figures to likelihood, impact and level, by the matrix of the settings."""

from collections.abc import Callable, Iterable
from typing import Any

from disputekit import Candidate, Rating, Run
from disputekit_risk.settings import Weights


def rating(matrix: Weights) -> Callable[[Candidate, float | None], Rating]:
    """How a risk point is weighed. Likelihood goes by the evidence: what was measured and isn't a test is there for certain. Impact is the graver
    of people and money.
    """

    def rate(found: Candidate, q: float | None) -> Rating:
        likelihood = 5 if q is None else 1 + sum(q <= bound for bound in matrix.q)
        impact = max(_reached(found.people, matrix.people), _reached(found.money, matrix.money))
        return Rating(likelihood=likelihood, impact=impact, level=matrix.levels[likelihood - 1][impact - 1])

    return rate


def _reached(value: Any, bounds: Iterable[Any]) -> int:
    return 1 if value is None else 1 + sum(value >= bound for bound in bounds)


def answering(run: Run, *practices: str) -> tuple[str, ...]:
    """The controls of the enabled packs that stand for these practices or duties."""
    return tuple(c.id for c in run.controls if c.rule.practice in practices or c.rule.duty in practices)
