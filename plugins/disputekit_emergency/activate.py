"""From firings to activations: once for each cause, in one transaction with the notices about them.

Everything here goes through one `Writer`, so that it is committed whole or not at all; sending comes afterwards.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from disputekit import Firing
from disputekit_emergency.activations import Activation, activations, graver, late
from disputekit_emergency.history import Entry, Writer
from disputekit_emergency.notices import Notice, about_activation, about_late, about_level
from disputekit_emergency.plans import ACKNOWLEDGE, Plan, Settings, Task, span

if TYPE_CHECKING:
    from disputekit import Manifest


@dataclass(frozen=True)
class Assessment:
    """What `apply` reads of an assessment: its manifest, and the hash of its bytes."""

    manifest: "Manifest"
    sha256: str

    @property
    def as_of(self) -> str:
        return self.manifest.as_of.isoformat()


@dataclass(frozen=True)
class Happened:
    """What an application did. what: activated, raised, still active, suppressed, no plan, escalated; activation: its id, where there is one."""

    what: str
    plan: str
    key: str
    activation: str | None = None


@dataclass(frozen=True)
class Applying:
    """What an application goes by. now: the clock's, with a zone. said: a notice's title and text in the organisation's language."""

    plans: Mapping[str, Plan]
    settings: Settings
    zone: ZoneInfo
    now: datetime
    said: Callable[[Notice], tuple[str, str]]


def read_assessment(folder: Path) -> Assessment:
    """Raises DisputekitError for a folder that holds no assessment."""
    from disputekit import read_manifest

    return Assessment(*read_manifest(folder))


def worst(firings: Iterable[Firing]) -> dict[tuple[str, str], Firing]:
    """One firing for each cause: the gravest, where several triggers of a plan saw it."""
    found: dict[tuple[str, str], Firing] = {}
    for f in firings:
        here = found.get((f.plan, f.key))
        if here is None or graver(f.level, here.level):
            found[f.plan, f.key] = f
    return dict(sorted(found.items()))


def apply(w: Writer, assessment: Assessment | None, going: Applying) -> list[Happened]:
    """Activates what fired, raises the level of what is graver now, and escalates what is late."""
    entries = w.entries()
    known, once = activations(entries), {e.once for e in entries}
    happened = [] if assessment is None else [_fired(w, f, assessment, known, once, going) for f in worst(assessment.manifest.firings).values()]
    return [*happened, *escalate(w, going)]


def _fired(w: Writer, f: Firing, assessment: Assessment, known: Mapping[str, Activation], once: Set[str | None], going: Applying) -> Happened:
    plan = going.plans.get(f.plan)
    if plan is None:
        return Happened("no plan", f.plan, f.key)
    before = [a for a in known.values() if (a.plan, a.key, a.drill) == (f.plan, f.key, False)]
    last = before[-1] if before else None
    if last is None or _again(last, plan, assessment, going):
        return Happened("activated", f.plan, f.key, activate(w, plan, f, len(before), going, assessment=assessment))
    if not last.is_open:
        seen = f"suppressed/{last.id}/{assessment.sha256}"
        if seen not in once:
            w.append(going.now, "suppressed", last.id, {"assessment": assessment.sha256, "as_of": assessment.as_of}, seen)
        return Happened("suppressed", f.plan, f.key, last.id)
    if graver(f.level, last.level):
        names = _told(plan, going)
        more = [t for t in plan.tasks if f.level in t.levels and t.id not in {s.id for s in last.tasks}]
        body = {"level": f.level, "facts": dict(f.facts), "as_of": assessment.as_of, "assessment": assessment.sha256, "notify": names,
                "tasks": [_given(t, _start(f, going), going.now) for t in more]}  # fmt: skip
        entry = w.append(going.now, "raised", last.id, body, f"raised/{last.id}/{f.level}")
        _post(w, entry, names, about_level(plan, entry, f.level), going)
        return Happened("raised", f.plan, f.key, last.id)
    return Happened("still active", f.plan, f.key, last.id)


def _again(last: Activation, plan: Plan, assessment: Assessment, going: Applying) -> bool:
    """Whether a cause may activate its plan anew: it was ended, the cool-down is over, and the assessment is of a later day than the end."""
    if last.stood_down is None or plan.cool_down is None:
        return False
    ended = last.stood_down[0]
    return going.now >= ended + span(plan.cool_down) and assessment.as_of > ended.astimezone(going.zone).date().isoformat()


def activate(
    w: Writer, plan: Plan, f: Firing, ordinal: int, going: Applying, *, assessment: Assessment | None, by: str = "apply", drill: bool = False
) -> str:
    """Begins an activation; its id comes from plan, cause and how often there was one before. assessment: None for a drill."""
    id_ = f"{plan.id}-{hashlib.sha256(f'{f.plan}|{f.key}|{ordinal}|{drill}'.encode()).hexdigest()[:10]}"
    start, names = _start(f, going), _told(plan, going)
    tasks = [_acknowledge(plan, going.now), *(_given(t, start, going.now) for t in plan.tasks if not t.levels or f.level in t.levels)]
    body = {"plan": plan.id, "key": f.key, "level": f.level, "drill": drill, "facts": dict(f.facts), "definition": plan.definition, "by": by, "tasks": tasks,
            "notify": names, "as_of": assessment.as_of if assessment is not None else None,
            "assessment": assessment.sha256 if assessment is not None else None}  # fmt: skip
    entry = w.append(going.now, "activated", id_, body, f"activated/{id_}")
    _post(w, entry, names, about_activation(plan, entry), going)
    return id_


def _start(f: Firing, going: Applying) -> datetime:
    """From when the law's time runs: the cause's own moment where the register has it, else from now. Days known without a time run from their start."""
    since = f.facts.get("since")
    if not isinstance(since, str):
        return going.now
    return min(datetime.fromisoformat(since).replace(tzinfo=going.zone), going.now)


def _given(t: Task, start: datetime, now: datetime) -> dict[str, Any]:
    due = start + span(t.within) if t.after == "cause" else None
    # what is to come back begins now: nobody can have reported before the plan was active
    due = now + span(t.within) if t.every is not None and due is not None and due < now else due
    return {"id": t.id, "title": t.title.model_dump(), "owner": t.owner.model_dump(), "due_at": due.isoformat() if due is not None else None,
            "within": t.within, "every": t.every, "after": t.after}  # fmt: skip


def _acknowledge(plan: Plan, now: datetime) -> dict[str, Any]:
    due = now + span(plan.acknowledge_within)
    return {"id": ACKNOWLEDGE, "title": {"zh": "确认接手处置", "en": "Say that it is in hand"}, "owner": {"zh": "应急负责人", "en": "Whoever leads"},
            "due_at": due.isoformat(), "within": plan.acknowledge_within, "every": None, "after": "cause"}  # fmt: skip


def escalate(w: Writer, going: Applying) -> Iterator[Happened]:
    """Tells those above of every task that is late by the plan's measure, once for each time that it falls due."""
    for a, t in late(activations(w.entries()), going.now):
        plan = going.plans.get(a.plan)
        by = t.late(going.now, not a.is_open)
        assert by is not None
        if plan is None or by < span(plan.escalation.after):
            continue
        name = f"{t.id}/{len(t.done)}"
        if name in a.escalated:
            continue
        names = list(plan.escalation.notify) if plan.escalation.notify else _told(plan, going)
        entry = w.append(going.now, "escalated", a.id, {"task": name, "late_seconds": _seconds(by), "notify": names}, f"escalated/{a.id}/{name}")
        _post(w, entry, names, about_late(plan, entry, a, t), going)
        yield Happened("escalated", a.plan, a.key, a.id)


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())


def _told(plan: Plan, going: Applying) -> list[str]:
    return list(plan.notify) if plan.notify else [t.name for t in going.settings.notify]


def _post(w: Writer, entry: Entry, names: Sequence[str], notice: Notice, going: Applying) -> None:
    title, body = going.said(notice)
    for name in names:
        w.post(entry, name, title, body, going.now)
