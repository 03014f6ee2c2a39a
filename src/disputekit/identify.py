"""Stage 3: detectors look at the whole portfolio."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

from disputekit import sql
from disputekit.checks.prepare import Prepared
from disputekit.checks.stage import Stage
from disputekit.extension import Candidate, Check, RiskDetector
from disputekit.plugins import ANYTHING, Failure, Given, raised
from disputekit.run import Run
from disputekit.text import Text


def as_checks(detectors: Sequence[Given]) -> list[Given]:
    """Detectors as checks, so that what they read is resolved and put into the facts in the same way."""
    return [Given(plugin, _as_check(detector)) for plugin, detector in detectors]


def _as_check(d: RiskDetector) -> Check:
    return Check(d.name, d.title, "low", "practice", Text(zh="—", en="—"), d.reads, d.aggregate)


def identify(stage: Stage, prepared: Sequence[Prepared], detectors: Sequence[Given], run: Run) -> list[Candidate]:
    """Stage 3. Every detector whose tables are supplied; one that can't run is an error, not a portfolio without risks."""
    found: list[Candidate] = []
    for p, (plugin, detector) in zip(prepared, detectors, strict=True):
        try:
            if p.absent:
                raise LookupError(f"not supplied: {', '.join(map(str, p.absent))}")
            result = stage.db.execute(sql.written(p.check.query(stage.vocabulary(p))))
            names = [d[0] for d in result.description or ()]
            rows: tuple[MappingProxyType[str, Any], ...] = tuple(MappingProxyType(dict(zip(names, row, strict=True))) for row in result.fetchall())
            found += [Candidate.model_validate(c) for c in detector.judge(rows, run)]
        except ANYTHING as bad:  # a plugin's detector may raise anything
            stage.failures.append(Failure(plugin, detector.name, raised(bad)))
    return found
