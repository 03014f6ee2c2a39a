"""What the history comes to: each activation with its level, its tasks and what became of them. Nothing is stored but the history."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from disputekit import Text
from disputekit_emergency.history import Entry
from disputekit_emergency.plans import LEVELS, Level, span


@dataclass(frozen=True)
class TaskState:
    """A task as it was given when the plan was activated. due_at: None while what it counts from hasn't come.

    done: when and by whom, each time. every: seconds between two, for one that comes back.
    """

    id: str
    title: Text
    owner: Text
    due_at: datetime | None
    within: str
    every: str | None = None
    after: str = "cause"
    done: tuple[tuple[datetime, str], ...] = ()

    def is_open(self, stood_down: bool) -> bool:
        return not stood_down and self.after != "stand_down" if self.every is not None else not self.done

    def late(self, now: datetime, stood_down: bool) -> timedelta | None:
        """By how much it is late; None where it isn't."""
        if not self.is_open(stood_down) or self.due_at is None or now <= self.due_at:
            return None
        return now - self.due_at


@dataclass(frozen=True)
class Activation:
    """A plan at work, or a drill of it. assessments: hashes of those in which its cause was seen; `as_of`: of the last of them."""

    id: str
    plan: str
    key: str
    level: Level
    drill: bool
    activated_at: datetime
    facts: Mapping[str, Any]
    tasks: tuple[TaskState, ...]
    as_of: str | None
    by: str
    acknowledged: tuple[datetime, str] | None = None
    stood_down: tuple[datetime, str, str] | None = None
    escalated: tuple[str, ...] = field(default=())

    @property
    def is_open(self) -> bool:
        return self.stood_down is None

    def open_tasks(self) -> list[TaskState]:
        return [t for t in self.tasks if t.is_open(not self.is_open)]

    def late_tasks(self, now: datetime) -> list[TaskState]:
        return [t for t in self.tasks if t.late(now, not self.is_open) is not None]


def activations(entries: Iterable[Entry]) -> Mapping[str, Activation]:
    """Every activation by its id, in the order in which they began."""
    found: dict[str, Activation] = {}
    for e in entries:
        if e.kind == "activated":
            found[e.activation] = _begun(e)
        elif e.activation in found:
            found[e.activation] = _changed(found[e.activation], e)
    return MappingProxyType(found)


def _begun(e: Entry) -> Activation:
    f = e.facts
    tasks = tuple(map(_task, f["tasks"]))
    return Activation(e.activation, f["plan"], f["key"], f["level"], f["drill"], e.at, f["facts"], tasks, f["as_of"], f["by"])


def _task(written: Mapping[str, Any]) -> TaskState:
    due = written["due_at"]
    texts = {n: Text(**written[n]) for n in ("title", "owner")}
    return TaskState(**{**written, **texts, "due_at": datetime.fromisoformat(due) if due is not None else None})


def _changed(a: Activation, e: Entry) -> Activation:
    f = e.facts
    match e.kind:
        case "raised":
            return replace(a, level=f["level"], facts=f["facts"], as_of=f["as_of"], tasks=(*a.tasks, *map(_task, f["tasks"])))
        case "acknowledged":
            return _done(replace(a, acknowledged=(e.at, f["by"])), e)
        case "done":
            return _done(a, e)
        case "escalated":
            return replace(a, escalated=(*a.escalated, f["task"]))
        case "stood_down":
            tasks = tuple(replace(t, due_at=e.at + span(t.within)) if t.after == "stand_down" else t for t in a.tasks)
            return replace(a, stood_down=(e.at, f["by"], f["reason"]), tasks=tasks)
    return a


def _done(a: Activation, e: Entry) -> Activation:
    return replace(a, tasks=tuple(_next(t, e) if t.id == e.facts["task"] else t for t in a.tasks))


def _next(t: TaskState, e: Entry) -> TaskState:
    due = t.due_at + span(t.every) if t.every is not None and t.due_at is not None else t.due_at
    return replace(t, done=(*t.done, (e.at, e.facts["by"])), due_at=due)


def graver(one: str, other: str) -> bool:
    """Whether a level is graver than another."""
    return LEVELS.index(one) > LEVELS.index(other)


def late(found: Mapping[str, Activation], now: datetime) -> Iterator[tuple[Activation, TaskState]]:
    for a in found.values():
        for t in a.late_tasks(now):
            yield a, t
