"""Practice S13.2: a plan for each high risk kind. What an assessment found and rates high, and no plan that is on watches."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from disputekit import RiskPoint
from disputekit_emergency.plans import Plan

if TYPE_CHECKING:
    from disputekit import Manifest

LOW = ("low", "medium")


@dataclass(frozen=True)
class Unplanned:
    """A kind of high risk that has no plan. detector: who finds it; number: how many points of it there are. A point that isn't rated counts as high."""

    kind: str
    detector: str
    number: int


@dataclass(frozen=True)
class Cover:
    """How the plans answer the risk points. high: how many are high. blind: the detectors that couldn't look, None where there are none at all."""

    high: int
    unplanned: tuple[Unplanned, ...]
    blind: tuple[str, ...] | None


def cover(manifest: "Manifest", plans: Iterable[Plan]) -> Cover:
    on = [p for p in plans if p.status == "active"]
    high = [p for p in manifest.risk_points if p.level not in LOW]
    without = Counter((p.kind, p.detector) for p in high if not _watched(p, on))
    detectors = manifest.risk_detectors
    blind = tuple(d.name for d in detectors if d.state != "looked") if detectors else None
    return Cover(len(high), tuple(Unplanned(*name, number) for name, number in sorted(without.items())), blind)


def _watched(point: RiskPoint, on: Sequence[Plan]) -> bool:
    return any(point.detector in t.detectors and (not t.kinds or point.kind in t.kinds) and (not t.rated or point.level in t.rated)
               for p in on for t in p.triggers)  # fmt: skip
