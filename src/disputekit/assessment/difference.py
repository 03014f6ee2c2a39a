"""What differs between two assessments: findings, control by control, and what they rest on."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from disputekit.assessment.manifest import WaiverUsed
from disputekit.outcomes import Outcome
from disputekit.policies.model import Severity, Strict
from disputekit.text import Text

WRONG: tuple[Outcome, ...] = ("fail", "unknown")
"""The outcomes that count; a `pending` one is a warning."""


class Seen(Strict):
    """A finding as one of the assessments has it, as far as it is compared."""

    outcome: Outcome
    reason: str | None
    started_at: datetime | None
    due_on: date | None
    due_at: datetime | None
    done_at: datetime | None
    expected: str | None
    waiver: str | None


class Row(Strict):
    """A finding that isn't the same in both. afterwards: which of its facts changed though the old assessment had seen their days."""

    control: str
    subject: str | None
    occurrence: str | None
    old: Seen | None
    new: Seen | None
    afterwards: tuple[str, ...] = ()


class Compared(Strict):
    """A control in both, or in one (`added`, `removed`), or one that can't be compared (`why`). Numbers are of findings but in the tallies.

    waived: new breaches and unknowns with a waiver in force. worse: changed ones without one that became a breach or unknown, that had been done
    and are open again, or whose waiver is gone. ended: breaches that were open and have been done late. afterwards: those with facts that
    changed afterwards. known: breaches and unknowns that are neither new nor worse. old_severity: the control's in the old one.
    """

    id: str
    title: Text
    severity: Severity
    old_severity: Severity | None = None
    state: Literal["both", "added", "removed", "not compared"]
    why: str = ""
    old_tallies: Mapping[str, int] = {}
    new_tallies: Mapping[str, int] = {}
    new: Mapping[Outcome, int] = {}
    gone: int = 0
    changed: int = 0
    worse: int = 0
    ended: int = 0
    same: int = 0
    afterwards: int = 0
    waived: int = 0
    known: int = 0

    @property
    def fresh(self) -> int:
        """How many breaches and unknowns without a waiver are new."""
        return sum(self.new.get(o, 0) for o in WRONG) - self.waived


class Change(Strict):
    """Something that isn't the same in both: what, and what it was and is; None where it wasn't there."""

    what: str
    old: str | None
    new: str | None


class Side(Strict):
    """Which assessment it is: its day and the hash of its manifest."""

    as_of: date
    sha256: str


class Difference(Strict):
    """Everything. rules: packs, parameters, controls, plugins, versions, calendar, project file. tables: what was read of the register.

    waivers: those that don't hold as they are written (expired, stale, unused), and did before or weren't there.
    The lists of rows hold the first of each sort, by control and subject; the numbers of the controls are of all of them.
    """

    old: Side
    new: Side
    organisation: str
    controls: tuple[Compared, ...]
    rules: tuple[Change, ...]
    tables: tuple[Change, ...]
    errors: tuple[str, ...]
    waivers: tuple[WaiverUsed, ...]
    new_rows: tuple[Row, ...]
    gone_rows: tuple[Row, ...]
    changed_rows: tuple[Row, ...]
    afterwards_rows: tuple[Row, ...]

    def total(self, name: Literal["gone", "changed", "worse", "ended", "same", "afterwards", "known", "fresh"]) -> int:
        return sum(getattr(c, name) for c in self.controls)

    def new_of(self, *outcomes: Outcome) -> int:
        return sum(n for c in self.controls for outcome, n in c.new.items() if outcome in outcomes)
