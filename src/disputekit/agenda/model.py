"""The agenda as plain data; its JSON is what `disputekit agenda --format json` prints."""

from datetime import date, datetime
from typing import Literal

from disputekit.outcomes import Outcome
from disputekit.policies.model import Severity, Strict
from disputekit.text import Text


class Clock(Strict):
    """One finding behind a thing to do: a control, and until when it allows or allowed. due_at: for periods in hours, the last moment."""

    control: str
    occurrence: str | None
    outcome: Outcome
    reason: str | None
    due_on: date | None
    due_at: datetime | None
    observed: str | None
    disposition: str | None


class Item(Strict):
    """A thing to do: a subject and a duty, with all its clocks, the earliest first.

    table: what the subject is a row of, and its title. duty: what the controls call it, or the one control's id. overdue: a control is broken already, by a
    day that has passed or, where there is no due date, by how things stand. due_on: the earliest day of all clocks. severity: the highest.
    what: what to do, and evidence: what to attach, of each control in turn.
    """

    table: str
    table_title: Text
    subject: str
    duty: str
    title: Text
    overdue: bool
    due_on: date | None
    due_at: datetime | None
    severity: Severity
    unit: str | None
    handler: str | None
    what: tuple[Text, ...]
    evidence: tuple[Text, ...]
    clocks: tuple[Clock, ...]

    @property
    def controls(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(c.control for c in self.clocks))


class Question(Strict):
    """Why a control is unknown for a subject, and what its handler can do about it."""

    control: str
    title: Text
    reason: str
    observed: str | None
    what: Text


class Doubt(Strict):
    """A subject of which something can't be decided by reason of its own record. questions: by control."""

    table: str
    table_title: Text
    subject: str
    unit: str | None
    handler: str | None
    questions: tuple[Question, ...]


class Gap(Strict):
    """What can't be decided for a reason that no handler can mend. decisions: subjects and controls; controls: whose."""

    reason: str
    decisions: int
    controls: tuple[str, ...]
    what: Text


class LeftOut(Strict):
    """Findings that are no rows of the agenda, as far as `unit` and `handler` don't leave them out.

    waived: with a waiver in force. done_late: breaches that are over. past: breaches of what has happened and can't be done any more.
    later: warnings of what is due after the last day. others: time limits that aren't the insurer's.
    elsewhere: things to do and subjects in doubt that name no unit or handler, where one is asked for.
    """

    waived: int = 0
    done_late: int = 0
    past: int = 0
    later: int = 0
    others: int = 0
    elsewhere: int = 0


class Agenda(Strict):
    """Everything. until: the last day that is looked at. overdue, due: how many things to do there are, of which `items` holds the first.

    in_doubt: how many subjects there are in doubt, of which `doubts` holds the first. unseen: running periods of which the assessment keeps no
    due date, since their control doesn't warn so early; some may end by `until`. holes: what wasn't checked at all, in the language asked for.
    """

    format: Literal["disputekit-agenda-1"] = "disputekit-agenda-1"
    organisation: str
    as_of: date
    until: date
    assessment_sha256: str
    unit: str | None
    handler: str | None
    overdue: int
    due: int
    items: tuple[Item, ...]
    in_doubt: int
    doubts: tuple[Doubt, ...]
    gaps: tuple[Gap, ...]
    unseen: int
    left_out: LeftOut
    holes: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether everything that was asked for was checked, so that nothing on the agenda means nothing to do."""
        return not self.holes
