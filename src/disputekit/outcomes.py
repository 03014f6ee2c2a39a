"""What a control can come to for a subject, and the words for why."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

Outcome = Literal["pass", "fail", "pending", "unknown", "not_applicable"]
OUTCOMES: tuple[Outcome, ...] = ("fail", "unknown", "pending", "pass", "not_applicable")

REASONS: dict[Outcome, tuple[str, ...]] = {
    "pass": (),
    "fail": ("late", "open", "missing", "order", "happened", "too often", "too seldom", "unverified", "incomplete", "condition", "outside", "orphan",
             "differs", "gap", "too many", "too few", "interested", "refused"),
    "pending": ("paused",),
    "unknown": ("missing", "condition", "not supplied", "not covered", "stale", "contradictory", "too coarse", "no calendar", "conflict",
                "rejected value", "no value", "small sample", "inconclusive", "not judged", "error"),
    "not_applicable": ("not in force", "other phase", "not concerned", "not begun", "stopped", "lapsed", "yields"),
}  # fmt: skip
"""The reason codes of each outcome; a plugin's kind may add reasons to `fail`."""


@dataclass(frozen=True, order=True)
class Verdict:
    """An outcome with its reason. In SQL it is one text, `fail: late`, so that one CASE decides both and their order stands once."""

    outcome: Outcome
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.outcome}: {self.reason}" if self.reason else self.outcome

    @classmethod
    def read(cls, text: str) -> "Verdict":
        """From the text; raises ValueError for an outcome that doesn't exist."""
        outcome, _, reason = text.partition(": ")
        if outcome not in OUTCOMES:
            raise ValueError(f"no such outcome: {text!r}")
        return cls(outcome, reason)


_OWN_REASON = re.compile(r"[a-z][a-z -]{0,39}")


class Judged(BaseModel):
    """What a check written in Python says of one subject. Instants are in the organisation's time zone, without an offset.

    reason: needed where it fails or is unknown: one of the reasons of the outcome; of `fail` also a word of the check's own.
    Raises ValidationError for anything else, so that it is told where it was made.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    subject: str
    outcome: Outcome
    reason: str = ""
    started_at: datetime | None = None
    due_on: date | None = None
    done_at: datetime | None = None
    observed: str | None = None
    expected: str | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        known = REASONS[self.outcome]
        if self.outcome in ("fail", "unknown") and not self.reason:
            raise ValueError(f"{self.outcome} needs a reason: {', '.join(known)}")
        if self.reason and self.reason not in known and not (self.outcome == "fail" and _OWN_REASON.fullmatch(self.reason)):
            raise ValueError(f"{self.reason!r} is no reason of {self.outcome}: {', '.join(known)}")
        if any(t is not None and t.tzinfo is not None for t in (self.started_at, self.done_at)):
            raise ValueError("instants have no offset")
        return self
