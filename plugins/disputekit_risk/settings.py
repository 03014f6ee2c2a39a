"""`[plugins.risk]`: what is looked at, from which size of group on, and the matrix by which a risk point is weighed."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from disputekit import say

Level = Literal["low", "medium", "high", "critical"]
Dimension = Literal["product", "line", "region", "channel", "cause", "unit", "handler", "clause"]
Five = Annotated[tuple[Level, ...], Field(min_length=5, max_length=5)]
Share = Annotated[float, Field(gt=0, le=1)]
Detector = Literal[
    "risk-breaches", "risk-refusals", "risk-offers-below", "risk-offers-above", "risk-complex", "risk-entered-late", "risk-paused", "risk-extended",
    "risk-withdrawn-again", "risk-surges", "risk-ageing", "risk-repeats-customer", "risk-repeats-claim", "risk-duplicates", "risk-concentration",
]  # fmt: skip
_GAMED = ("S10.2", "complaint-decision")
ANSWERS: Mapping[Detector, tuple[str, ...]] = {
    "risk-breaches": ("S13.1", "S10.2", "S7.2"), "risk-refusals": ("S3.1", "S3.2", "S11.3"), "risk-offers-below": ("S3.3",),
    "risk-offers-above": ("S3.3",), "risk-complex": _GAMED, "risk-entered-late": _GAMED, "risk-paused": _GAMED, "risk-extended": _GAMED,
    "risk-withdrawn-again": _GAMED, "risk-surges": ("S7.2", "S13.2"), "risk-ageing": ("S2.3", "S8.2", "S14.1", "complaint-decision"),
    "risk-repeats-customer": ("S7.1", "S7.2", "S15.3"), "risk-repeats-claim": ("S7.1", "S7.2", "S15.3"), "risk-duplicates": ("S10.2",),
    "risk-concentration": ("S13.2", "S3.3"),
}  # fmt: skip
"""What answers a risk point of each detector, where the organisation says nothing of its own: practices, duties or ids of controls."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Surges(_Strict):
    """`[plugins.risk.surges]`: counts by day against the same weekdays of the weeks before."""

    look_back: int = Field(default=14, ge=2, le=730, description=say("How many days before as-of are looked at"))
    weeks: int = Field(default=12, ge=4, le=52, description=say("With how many weeks before a window is compared"))
    windows: tuple[int, ...] = Field(default=(2, 7), min_length=1, description=say("Lengths of the windows in days, at most 7"))

    @model_validator(mode="after")
    def _short(self) -> Self:
        if not all(1 <= w <= 7 for w in self.windows):
            raise ValueError("a window has 1 to 7 days")
        return self


class Weights(_Strict):
    """`[plugins.risk.matrix]`: from figures to likelihood and impact (1 to 5), and from both to a level."""

    q: tuple[float, float, float, float] = Field(default=(0.01, 1e-3, 1e-5, 1e-8), description=say("Likelihood 2, 3, 4, 5 from this q down"))
    people: tuple[int, int, int, int] = Field(default=(10, 50, 250, 1000), description=say("Impact 2, 3, 4, 5 from so many customers on"))
    money: tuple[Decimal, Decimal, Decimal, Decimal] = Field(
        default=(Decimal(100_000), Decimal(1_000_000), Decimal(10_000_000), Decimal(100_000_000)),
        description=say("Impact 2, 3, 4, 5 from this amount on"),
    )
    levels: tuple[Five, Five, Five, Five, Five] = Field(
        default=(
            ("low", "low", "low", "medium", "medium"),
            ("low", "low", "medium", "medium", "high"),
            ("low", "medium", "medium", "high", "high"),
            ("medium", "medium", "high", "high", "critical"),
            ("medium", "high", "high", "critical", "critical"),
        ),
        description=say("The level by likelihood (a row each, 1 first) and impact (a column each)"),
    )


class Settings(_Strict):
    """`[plugins.risk]`."""

    alpha: float = Field(default=0.05, gt=0, le=0.15, description=say("The false-discovery rate: the q up to which something is a risk point"))
    least: int = Field(default=30, ge=5, description=say("The smallest group that is looked at by itself"))
    dimensions: tuple[Dimension, ...] = Field(
        default=("product", "region", "channel", "cause", "unit", "clause"), description=say("By what hot spots are looked for")
    )
    complex: tuple[str, ...] = Field(default=("complex", "复杂"), description=say("What `complexity` says of a complex dispute"))
    pauses: tuple[str, ...] = Field(default=("appraisal_started", "mediation_applied"), description=say("The milestones at which a pause begins"))
    extensions: tuple[str, ...] = Field(default=("extension_approved",), description=say("The milestones by which a period is extended"))
    again_within: int = Field(default=60, ge=1, description=say("Within how many days after a withdrawal a complaint counts as made again"))
    entered_after: int = Field(default=2, ge=1, description=say("From how many days between receipt and entry on an entry counts as late"))
    twice_within: int = Field(default=14, ge=1, description=say("Within how many days disputes about one claim count as possible duplicates"))
    tolerance: float = Field(
        default=0.01, ge=0, description=say("By how much, in proportion, an offer may differ from the amount that is recomputed")
    )
    repeats_within: int = Field(default=365, ge=1, description=say("Over how many days before as-of repeats are counted"))
    concentration: dict[Dimension | Literal["customer"], Share] = Field(
        default={"customer": 0.1, "product": 0.6, "region": 0.6, "unit": 0.6},
        description=say("From which share of the open amount on it is concentrated"),
    )
    answers: Mapping[Detector, tuple[str, ...]] = Field(
        default={}, description=say("Which controls answer a risk point of each detector, by id, practice or duty: instead of the usual ones")
    )
    surges: Surges = Field(default=Surges(), description=say("How counts by day are compared"))
    matrix: Weights = Field(default=Weights(), description=say("How likelihood and impact are told, and the level from both"))
