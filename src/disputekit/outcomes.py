"""What a control can come to for a subject, and the words for why."""

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["pass", "fail", "pending", "unknown", "not_applicable"]
OUTCOMES: tuple[Outcome, ...] = ("fail", "unknown", "pending", "pass", "not_applicable")

REASONS: dict[Outcome, tuple[str, ...]] = {
    "pass": (),
    "fail": ("late", "open", "missing", "order", "happened", "too often", "too seldom", "unverified", "incomplete", "condition", "outside", "orphan",
             "differs", "gap", "too many", "too few", "interested", "refused"),
    "pending": ("paused",),
    "unknown": ("missing", "condition", "not supplied", "not covered", "stale", "contradictory", "too coarse", "no calendar", "conflict",
                "rejected value", "no value", "small sample", "inconclusive", "error"),
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
