"""What a notice says: the plan, its level, how many, what is to be done by whom until when. Nothing about a person, nor what they call a group."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from disputekit import Text, say
from disputekit_emergency.activations import Activation, TaskState
from disputekit_emergency.history import Entry
from disputekit_emergency.plans import Plan, length

Said = Any
"""How a phrase or a text is said in a language."""


@dataclass(frozen=True)
class Notice:
    """A title and lines, each a phrase or a text in both languages."""

    title: Any
    lines: tuple[Any, ...]


@dataclass(frozen=True)
class Moment:
    """An instant in a phrase, shown in the organisation's zone."""

    at: datetime

    def in_(self, zone: ZoneInfo) -> str:
        return self.at.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def about_activation(plan: Plan, entry: Entry) -> Notice:
    f = entry.facts
    drill = f["drill"]
    name = say("[DRILL] Emergency plan, level {level}: {plan}", level=f["level"], plan=plan.title) if drill else say(
        "Emergency plan activated, level {level}: {plan}", level=f["level"], plan=plan.title)  # fmt: skip
    count = (
        [say("What set it off: {count} (from {least} on)", count=f["facts"]["count"], least=f["facts"]["at_least"])] if "count" in f["facts"] else []
    )
    tasks = [_task(t) for t in f["tasks"]]
    ack = say("Acknowledge: disputekit plan ack {id}", id=entry.activation)
    return Notice(name, (*count, say("To do:"), *tasks, ack, *_foot(entry)))


def about_level(plan: Plan, entry: Entry, level: str) -> Notice:
    return Notice(say("Emergency plan raised to level {level}: {plan}", level=level, plan=plan.title), (
        say("What set it off: {count} (from {least} on)", count=entry.facts["facts"].get("count"), least=entry.facts["facts"].get("at_least")),
        *(_task(t) for t in entry.facts["tasks"]), *_foot(entry)))  # fmt: skip


def about_late(plan: Plan, entry: Entry, a: Activation, t: TaskState) -> Notice:
    due = Moment(t.due_at) if t.due_at is not None else "—"
    prefix = (
        say("[DRILL] Late: {task} ({plan})", task=t.title, plan=plan.title)
        if a.drill
        else say("Late: {task} ({plan})", task=t.title, plan=plan.title)
    )
    return Notice(prefix, (say("{owner}: {task}, until {due}", owner=t.owner, task=t.title, due=due), *_foot(entry)))


def _task(t: Mapping[str, Any]) -> Any:
    owner, title = Text(**t["owner"]), Text(**t["title"])
    if t["due_at"] is None:
        return say("{owner}: {task}, within {within} of the end", owner=owner, task=title, within=length(t["within"]))
    return say("{owner}: {task}, until {due}", owner=owner, task=title, due=Moment(datetime.fromisoformat(t["due_at"])))


def _foot(entry: Entry) -> tuple[Any, ...]:
    """The head in each notice is what a history that was rebuilt from scratch doesn't match."""
    return (say("Activation: {id}", id=entry.activation), say("History: {count}:{hash}", count=entry.number, hash=entry.hash))


def written(notice: Notice, said: Said, zone: ZoneInfo) -> tuple[str, str]:
    """Title and text in one language, moments in one zone."""

    def one(phrase: Any) -> str:
        values: Mapping[str, Any] = getattr(phrase, "values", None) or MappingProxyType({})
        shown = {k: v.in_(zone) if isinstance(v, Moment) else v for k, v in values.items()}
        found: str = said(say(phrase.template, **shown) if values else phrase)
        return found

    return one(notice.title), "\n".join(one(line) for line in notice.lines)
