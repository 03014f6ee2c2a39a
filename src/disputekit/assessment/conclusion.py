"""What a run comes to as a whole: what is wrong, what couldn't be checked, and the exit code that says so."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from disputekit.assessment.manifest import ControlResult, Manifest
from disputekit.config import Limits
from disputekit.policies.model import SEVERITIES, Severity
from disputekit.text import Phrase, listed, say

CLEAN, FOUND, NOT_EVALUATED = 0, 1, 2


@dataclass(frozen=True)
class Against:
    """A baseline, and what a check came to against it. counts: findings that are new or worse, by control, waived ones left out.

    known: breaches and unknowns that are neither. worse: each reason for 1.
    """

    as_of: date
    sha256: str
    counts: Mapping[str, int]
    known: int
    worse: tuple[Phrase, ...]


@dataclass(frozen=True)
class Conclusion:
    """exit_code: 0 nothing at or above `fail_on`, 1 something, 2 not everything asked could be evaluated (which wins over 1).

    failing: controls at or above `fail_on` with a `fail` or an `unknown` that isn't waived, and as `waiver W-1` the waivers of such controls
    that have expired, are stale or unused. why: each reason for 2. against: the baseline that it is held against; then only what is new or
    worse than there is among `failing` and counts for 1.
    """

    exit_code: int
    failing: tuple[str, ...]
    why: tuple[Phrase, ...]
    against: Against | None = None


def conclude(manifest: Manifest, fail_on: Severity, limits: Limits) -> Conclusion:
    at_or_above = [c for c in manifest.controls if SEVERITIES.index(c.severity) >= SEVERITIES.index(fail_on)]
    flawed = [w for w in manifest.waivers if w.flawed and SEVERITIES.index(w.severity) >= SEVERITIES.index(fail_on)]
    failing = (*(c.id for c in at_or_above if c.count("fail", "unknown") > c.waived), *(f"waiver {w.id}" for w in flawed))
    why = tuple(_why(manifest, at_or_above, limits))
    return Conclusion(NOT_EVALUATED if why else FOUND if failing else CLEAN, failing, why)


def _why(manifest: Manifest, controls: list[ControlResult], limits: Limits) -> Iterator[Phrase]:
    if manifest.errors:
        yield say("{count} errors: something that was asked for couldn't be evaluated", count=len(manifest.errors))
    if not manifest.controls:
        yield say("no controls: nothing was checked")
    elif not any(c.subjects for c in manifest.controls):
        yield say("no subjects: nothing was checked")
    for trigger in manifest.triggers:
        if trigger.absent:
            yield say("emergency plan {plan} couldn't be looked at ({trigger}): {what} isn't there", plan=trigger.plan, trigger=trigger.title,
                      what=listed(trigger.absent))  # fmt: skip
    for control in controls:
        if control.error is not None:
            continue
        if control.subjects and control.count("unknown") == control.subjects:
            yield say("{control} is unknown for all its {count} subjects", control=control.id, count=control.subjects)
        elif control.applicable and control.count("unknown") > limits.unknown * control.applicable:
            yield say("{control} is unknown for {unknown} of {applicable} applicable subjects, more than the limit of {limit}",
                      control=control.id, unknown=control.count("unknown"), applicable=control.applicable, limit=f"{limits.unknown:.1%}")  # fmt: skip
    for table in manifest.tables:
        if table.rows_rejected > limits.rejected_rows:
            yield say("{table}: {rejected} of {read} rows couldn't be read", table=table.table, rejected=table.rows_rejected, read=table.rows_read)
        rejected = sum(table.cells_rejected.values())
        if rejected > limits.rejected_cells * table.cells:
            yield say("{table}: {rejected} of {cells} cells couldn't be read, more than the limit of {limit}", table=table.table, rejected=rejected,
                      cells=table.cells, limit=f"{limits.rejected_cells:.1%}")  # fmt: skip
