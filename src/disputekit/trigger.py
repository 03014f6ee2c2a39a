"""Stage 4: triggers compare what was found with the emergency plans. Nothing is activated here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlglot import exp

from disputekit import sql
from disputekit.assessment.folder import part_of
from disputekit.assessment.manifest import ControlResult, TriggerUsed
from disputekit.checks.prepare import Prepared
from disputekit.checks.stage import Stage
from disputekit.extension import Check, EmergencyTrigger, Firing, Reads, Situation, Undecided
from disputekit.identify import Identified
from disputekit.outcomes import OUTCOMES
from disputekit.plugins import ANYTHING, Failure, Given, raised
from disputekit.register.organisation import ORGANISATION
from disputekit.run import Run
from disputekit.text import Text

FINDINGS = "findings"
"""The step from which a trigger's query reads the findings of the controls that it names."""
_OF_CONTROL = "select $control as control, subject, outcome, reason, unit, waiver is not null as waived from $part"


@dataclass(frozen=True)
class Triggered:
    """What stage 4 came to: every trigger with what became of it, and all firings."""

    triggers: tuple[TriggerUsed, ...]
    firings: tuple[Firing, ...]


def as_checks(triggers: Sequence[Given]) -> list[Given]:
    """Triggers that are switched on as checks, so that what they read is resolved and put into the facts in the same way."""
    return [Given(plugin, _as_check(t)) for plugin, t in triggers if not t.draft]


def _as_check(t: EmergencyTrigger) -> Check:
    """One that reads nothing of the register is a check of nobody: no facts are built for it."""
    reads = t.reads if t.reads is not None else Reads(ORGANISATION)
    return Check(t.name, t.title, "low", "practice", Text(zh="—", en="—"), reads, t.aggregate or (lambda _: exp.select()), where=t.where,
                 grouped=t.reads is None)  # fmt: skip


def trigger(
    stage: Stage, prepared: Sequence[Prepared], triggers: Sequence[Given], controls: Sequence[ControlResult], risks: Identified, run: Run, folder: Path,
) -> Triggered:  # fmt: skip
    """Every trigger over the register, the findings in `folder` and the risk points.

    One for which something isn't there isn't asked, and is told as not looked at; one that raises is an error, too.
    """
    tallies: Mapping[str, Mapping[str, int]] = MappingProxyType({
        c.id: MappingProxyType({str(outcome): c.count(outcome) for outcome in OUTCOMES}) for c in controls
    })  # fmt: skip
    ready = iter(prepared)
    used: list[TriggerUsed] = []
    firings: list[Firing] = []
    for plugin, t in triggers:
        found: list[Firing | Undecided] = []
        p = None if t.draft else next(ready)
        absent = () if p is None else tuple(_absent(t, p, controls, risks))
        looked = p is not None and not absent
        if p is not None and looked:
            try:
                situation = Situation(tuple(_rows(stage, t, p, folder)), tallies, risks.points)
                found = [*_in_part(t, risks), *(_checked(f) for f in t.fires(situation, run))]
            except ANYTHING as bad:  # a plugin's trigger may raise anything
                stage.failures.append(Failure(plugin, t.name, raised(bad)))
                looked, found = False, []
        mine = [f for f in found if isinstance(f, Firing)]
        firings += mine
        used.append(
            TriggerUsed(
                name=t.name, title=t.title, plan=t.plan, plugin=plugin, looked=looked, draft=t.draft, fired=len(mine), absent=absent,
                undecided=tuple(f for f in found if isinstance(f, Undecided)), definition=t.definition,
            )
        )  # fmt: skip
    return Triggered(tuple(used), tuple(firings))


def _checked(given: object) -> Firing | Undecided:
    return given if isinstance(given, Undecided) else Firing.model_validate(given)


def _absent(t: EmergencyTrigger, p: Prepared, controls: Sequence[ControlResult], risks: Identified) -> Iterator[str]:
    """What a trigger reads and isn't there: tables and columns; controls that weren't evaluated, or decided nothing; detectors that didn't run."""
    yield from map(str, p.absent)
    by_id = {c.id: c for c in controls}
    for control in t.controls:
        c = by_id.get(control)
        if c is None or c.error is not None or c.absent or (c.subjects and c.count("unknown") == c.subjects):
            yield control
    looked = {d.name for d in risks.detectors if d.state == "looked"}
    yield from (d for d in t.detectors if d not in looked)


def _in_part(t: EmergencyTrigger, risks: Identified) -> Iterator[Undecided]:
    """Where the detectors that it goes by couldn't look at a part of the portfolio."""
    for d in risks.detectors:
        if d.name in t.detectors and d.not_looked:
            yield Undecided(what=d.not_looked[0].why, number=len(d.not_looked))


def _rows(stage: Stage, t: EmergencyTrigger, p: Prepared, folder: Path) -> Iterator[Mapping[str, Any]]:
    if t.aggregate is None:
        return
    query = p.check.query(stage.vocabulary(p))
    if t.controls:
        steps = [sql.fill(_OF_CONTROL, control=sql.text(c), part=sql.parquet(folder / part_of(c))) for c in t.controls]
        stage.db.execute(f"create or replace temporary view {FINDINGS} as {' union all '.join(sql.written(s) for s in steps)}")
    result = stage.db.execute(sql.written(query))
    names = [d[0] for d in result.description or ()]
    for row in result.fetchall():
        yield MappingProxyType(dict(zip(names, row, strict=True)))
