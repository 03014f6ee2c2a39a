"""What the commands say of plans, activations and notices: as lines of text, and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from disputekit import say
from disputekit_emergency.plans import Plan, Trigger, length

if TYPE_CHECKING:
    from disputekit import Firing
    from disputekit_emergency.activate import Happened
    from disputekit_emergency.activations import Activation, TaskState
    from disputekit_emergency.desk import Desk
    from disputekit_emergency.outbox import Waiting
    from disputekit_emergency.unplanned import Cover


def waiting(w: "Waiting") -> Any:
    if w.failure is None:
        return say("Notice {id} waits to be sent to {target}", id=w.message_id, target=w.target)
    return say("Notice {id} to {target} failed {count} times: {why}", id=w.message_id, target=w.target, count=w.attempts, why=w.failure)


def happened(h: "Happened") -> Any:
    match h.what:
        case "activated":
            return say("Activated: {plan} ({id})", plan=h.plan, id=h.activation)
        case "raised":
            return say("Raised: {plan} ({id})", plan=h.plan, id=h.activation)
        case "escalated":
            return say("Escalated, a task is late: {plan} ({id})", plan=h.plan, id=h.activation)
        case "suppressed":
            return say("Not activated again, its cause was dealt with: {plan} ({id})", plan=h.plan, id=h.activation)
        case "no plan":
            return say("Not activated, no plan: {plan}", plan=h.plan)
    return say("Active already: {plan} ({id})", plan=h.plan, id=h.activation)


def plan(p: Plan) -> Iterator[Any]:
    """A plan: whether it is on, on what it rests, what sets it off, what is to be done."""
    yield say("{id}  [{state}]  {title}", id=p.id, state=say("on") if p.status == "active" else say("draft"), title=p.title)
    if p.source is not None:
        yield say("    {cite}: {source}", cite=p.cite, source=p.source)
    for t in p.triggers:
        yield say("    level {level}: {what}, from {count} on", level=t.level, what=_looks_at(t), count=t.at_least)
    for task in p.tasks:
        within = say("{within}, every {every}", within=length(task.within), every=length(task.every)) if task.every else length(task.within)
        yield say("    {task}: {title} ({owner}, {within})", task=task.id, title=task.title, owner=task.owner, within=within)


def _looks_at(t: Trigger) -> str:
    if t.table is None:
        return ", ".join((*t.controls, *t.detectors, *t.kinds, *t.rated))
    return " · ".join(str(part) for part in (t.table, t.where, t.count.of if t.count else None, t.per) if part is not None)


def would_act(firings: "Sequence[Firing]", blind: Sequence[Any], covered: "Cover") -> Iterator[Any]:
    """What an assessment would set off, on which facts; what wasn't looked at; and which high risks have no plan."""
    if not firings:
        yield say("Nothing would act")
    for f in firings:
        yield say("{plan} would act at level {level}: {key}", plan=f.plan, level=f.level, key=f.key)
        yield "    " + ", ".join(f"{k} = {v}" for k, v in f.facts.items() if v is not None)
    for t in blind:
        why = say("draft") if t.draft else _joined([*t.absent, *(u.what for u in t.undecided)])
        yield say("Not looked at: {trigger} ({why})", trigger=t.name, why=why)
    for u in covered.unplanned:
        yield say("No plan for a high risk: {kind} ({count} points of {detector})", kind=u.kind, count=u.number, detector=u.detector)
    if covered.blind is None:
        yield say("No risk points were looked for: which high risks have no plan isn't known")
    elif covered.blind:
        yield say("These detectors didn't look, so that more high risks may have no plan: {names}", names=", ".join(covered.blind))


def _joined(parts: Sequence[Any]) -> Any:
    found = parts[0] if parts else say("failed; see the errors")
    for part in parts[1:]:
        found = say("{first}; {second}", first=found, second=part)
    return found


def activation(a: "Activation", at: datetime, d: "Desk") -> Iterator[Any]:
    p = d.plans.get(a.plan)
    state = say("active since {at}", at=d.at(a.activated_at)) if a.stood_down is None else say("stood down {at}", at=d.at(a.stood_down[0]))
    title = p.title if p is not None else a.plan
    if a.drill:
        yield say("{id}  DRILL  [{level}] {title}: {state}", id=a.id, level=a.level, title=title, state=state)
    else:
        yield say("{id}  [{level}] {title}: {state}", id=a.id, level=a.level, title=title, state=state)
    if a.facts:
        cause, count, least = (a.facts.get(n) for n in ("cause", "count", "at_least"))
        yield say("    set off by {cause}: {count} (from {least} on)", cause=cause, count=count, least=least)
    for t in a.tasks:
        yield say("    {task}: {title} ({owner}) — {state}", task=t.id, title=t.title, owner=t.owner, state=_state(t, a, at, d))


def _state(t: "TaskState", a: "Activation", at: datetime, d: "Desk") -> Any:
    if t.done and not t.is_open(not a.is_open):
        return say("done {at} by {by}", at=d.at(t.done[-1][0]), by=t.done[-1][1])
    if t.due_at is None:
        return say("within {within} of the end", within=length(t.within))
    if t.late(at, not a.is_open):
        return say("LATE, was due {due}", due=d.at(t.due_at))
    return say("until {due}", due=d.at(t.due_at))


def as_json(found: "Sequence[Activation]", wait: "Sequence[Waiting]", at: datetime) -> Mapping[str, Any]:
    return {
        "activations": [_activation(a, at) for a in found],
        "waiting": [{"message": w.message_id, "target": w.target, "attempts": w.attempts, "failure": w.failure} for w in wait],
    }


def _activation(a: "Activation", at: datetime) -> Mapping[str, Any]:
    return {"activation": a.id, "plan": a.plan, "level": a.level, "drill": a.drill, "activated_at": a.activated_at.isoformat(), "as_of": a.as_of,
            "facts": dict(a.facts), "acknowledged_at": a.acknowledged[0].isoformat() if a.acknowledged else None,
            "stood_down_at": a.stood_down[0].isoformat() if a.stood_down else None,
            "tasks": [{"task": t.id, "due_at": t.due_at.isoformat() if t.due_at is not None else None, "done_at": [m.isoformat() for m, _ in t.done],
                       "late": t.late(at, not a.is_open) is not None} for t in a.tasks]}  # fmt: skip
