"""From figures to likelihood, impact and level, by the matrix of the settings."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from disputekit import Candidate, DisputekitError, Problem, Rating, Run, nearest, say
from disputekit_risk.settings import ANSWERS, Detector, Settings, Weights


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


def answering(run: Run, detector: Detector, settings: Settings) -> tuple[str, ...]:
    """The controls of the enabled packs that answer what a detector finds: the organisation's own, else those of the usual practices and duties."""
    answers = settings.answers.get(detector, ANSWERS[detector])
    return tuple(control for control, names in _names(run).items() if not names.isdisjoint(answers))


def check_answers(run: Run, settings: Settings) -> None:
    """Raises DisputekitError with every name in `[plugins.risk.answers]` that no control of the enabled packs has."""
    there = {name for names in _names(run).values() for name in names}
    wrong = [
        Problem(f"disputekit.toml: [plugins.risk.answers] {detector}",
                say("no control of the enabled packs has the id, practice or duty {name!r}", name=name), nearest(name, sorted(there)))
        for detector, answers in settings.answers.items() for name in answers if name not in there
    ]  # fmt: skip
    if wrong:
        raise DisputekitError(*wrong)


def _names(run: Run) -> Mapping[str, set[str]]:
    """By the id of each control, what it goes by: its id, practice and duty."""
    return {c.id: {name for name in (c.id, c.rule.practice, c.rule.duty) if name is not None} for c in run.controls}
