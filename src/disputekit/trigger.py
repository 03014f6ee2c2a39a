"""Stage 4: triggers compare what was found with the emergency plans. Nothing is activated here."""

from collections.abc import Sequence
from types import MappingProxyType

from disputekit.assessment.manifest import ControlResult
from disputekit.checks.stage import Stage
from disputekit.extension import Firing, RiskPoint
from disputekit.outcomes import OUTCOMES
from disputekit.plugins import ANYTHING, Failure, Given, raised
from disputekit.run import Run


def trigger(stage: Stage, triggers: Sequence[Given], controls: Sequence[ControlResult], points: Sequence[RiskPoint], run: Run) -> list[Firing]:
    """The firings of every trigger, given each control's subjects by outcome and the risk points."""
    tallies = MappingProxyType({
        c.id: MappingProxyType({outcome: c.count(outcome) for outcome in OUTCOMES}) for c in controls
    })  # fmt: skip
    firings: list[Firing] = []
    for plugin, t in triggers:
        try:
            firings += [Firing.model_validate(f) for f in t.fires(tallies, tuple(points), run)]
        except ANYTHING as bad:  # a plugin's trigger may raise anything
            stage.failures.append(Failure(plugin, t.name, raised(bad)))
    return firings
