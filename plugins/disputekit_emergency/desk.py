"""What every command of `disputekit plan` works with: the settings, the plans, the history and the clock; and how it speaks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from disputekit import DisputekitError, Problem, read_as, say
from disputekit_emergency import told
from disputekit_emergency.plans import Plan, Settings, load_plans

if TYPE_CHECKING:
    from disputekit.cli import Session
    from disputekit_emergency.activate import Applying
    from disputekit_emergency.history import State, Writer

Changed = TypeVar("Changed")


@dataclass(frozen=True)
class Desk:
    """The plugin's settings and plans as the project has them."""

    session: "Session"
    settings: Settings
    plans: Mapping[str, Plan]
    project: Any

    def said(self, phrase: Any) -> str:
        return self.session.said(self.project)(phrase)

    @property
    def state(self) -> "State":
        from disputekit_emergency.history import open_state

        return open_state(self.settings.state)

    def going(self) -> "Applying":
        from disputekit_emergency.activate import Applying
        from disputekit_emergency.notices import written

        # notices are in the organisation's language, whatever the person at the terminal reads
        organisations = type(self.session)(self.session.path, None).said(self.project)
        in_force = {i: p for i, p in self.plans.items() if p.status == "active"}
        return Applying(in_force, self.settings, self.project.zone, self.now(), partial(written, said=organisations, zone=self.project.zone))

    def now(self) -> datetime:
        return now()

    def at(self, moment: datetime) -> str:
        return moment.astimezone(self.project.zone).strftime("%Y-%m-%d %H:%M")

    def assessment(self, named: Path | None) -> Path:
        """The folder that a command reads: the named one, else that of the latest day beside the project."""
        return self.session.place(named)[0]

    def change(self, one: "Callable[[Writer, Applying], Changed]") -> Changed:
        """Does something about the plans in one transaction: all of it, or nothing."""
        with self.state.writing() as w:
            return one(w, self.going())

    def send(self) -> tuple[int, list[Problem]]:
        """Sends the notices that are due: how many went out, and a problem for each that still waits."""
        from disputekit_emergency import outbox

        sent = outbox.send(self.state, self.settings, self.now)
        hint = say("It is tried again by the next `disputekit plan apply`")
        return sent.sent, [Problem(w.target, told.waiting(w), hint) for w in sent.waiting]


def now() -> datetime:
    return datetime.now(UTC)


def desk(session: "Session") -> Desk:
    """Raises DisputekitError with every mistake in the settings and the plans."""
    project = session.project()
    given = project.plugin_settings.get("emergency", {})
    settings = read_as(Settings, given, f"{project.path.name}: [plugins.emergency]", DisputekitError, project.folder)
    return Desk(session, settings, {p.id: p for p in load_plans(settings)}, project)
