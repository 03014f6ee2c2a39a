"""How many of what a control came to: of everybody from the manifest, of a unit from its findings."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from disputekit.assessment.manifest import ControlResult, Tally
from disputekit.outcomes import Outcome
from disputekit.policies.model import SEVERITIES
from disputekit.text import Phrase, listed, say

if TYPE_CHECKING:
    from disputekit.reports.assessed import Assessed

_TALLIES = "select control, outcome, coalesce(reason, '') as reason, count(*) as n from findings group by control, outcome, reason order by all"
_ARTICLE = re.compile(r"\S+ art\. (.+)")
_WITH_PARAGRAPH = re.compile(r"(\d+)\((\d+)\)")


def counted(assessed: "Assessed") -> tuple[ControlResult, ...]:
    """The controls with their tallies. Of a unit only findings are known: what passed, or doesn't apply, isn't in its tallies."""
    controls = assessed.manifest.controls
    if assessed.unit is None:
        return controls
    tallies: dict[str, list[Tally]] = {}
    for row in assessed.rows(_TALLIES):
        tallies.setdefault(row["control"], []).append(Tally(outcome=row["outcome"], reason=row["reason"], subjects=row["n"]))
    return tuple(c.model_copy(update={"tallies": tuple(tallies.get(c.id, ())), "findings": sum(t.subjects for t in tallies.get(c.id, ()))})
                 for c in controls)  # fmt: skip


def of_reason(control: ControlResult, outcome: Outcome, reason: str) -> int:
    return sum(t.subjects for t in control.tallies if t.outcome == outcome and t.reason == reason)


def still_open(control: ControlResult) -> int:
    """How many are due and not done."""
    return of_reason(control, "fail", "open")


def done_late(control: ControlResult) -> int:
    """How many were done after their day."""
    return of_reason(control, "fail", "late")


def worst_first(controls: Sequence[ControlResult]) -> list[ControlResult]:
    """By severity, then by what is still open, then by breaches and unknowns."""
    return sorted(controls, key=lambda c: (-SEVERITIES.index(c.severity), -still_open(c), -c.count("fail"), -c.count("unknown"), c.id))


def reasons(control: ControlResult, *outcomes: Outcome) -> Phrase:
    """The reasons of its outcomes with their numbers: `done late 26, missing 15`."""
    found = sorted(
        (t for t in control.tallies if t.outcome in outcomes and t.subjects), key=lambda t: (outcomes.index(t.outcome), -t.subjects, t.reason)
    )
    return listed(say("{reason} {count:,}", reason=say(t.reason) if t.reason else say(t.outcome), count=t.subjects) for t in found)


def cited(control: ControlResult) -> Phrase:
    """Where the duty comes from, as one cites it."""
    if control.cite is None:
        return say("practice {name}", name=control.practice) if control.practice else say("the organisation's own rule")
    article = _ARTICLE.fullmatch(control.cite)
    if control.source is None or article is None:
        return say("{cite}", cite=control.cite)
    single = _WITH_PARAGRAPH.fullmatch(article[1])
    if single:
        return say("{law}, article {article}, paragraph {paragraph}", law=control.source, article=single[1], paragraph=single[2])
    return say("{law}, article {articles}", law=control.source, articles=article[1])


def at_most(value: datetime | None) -> datetime | None:
    """An instant without what is below a minute: a reader doesn't need it, and the parts have it."""
    return value.replace(second=0, microsecond=0) if value is not None else None
