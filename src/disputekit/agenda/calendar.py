"""The agenda as a calendar (RFC 5545): an all-day entry on each due date; what is overdue stands on the assessment's day, where it is seen.

Entries name the subject and the control, and no person. An entry keeps its identity from day to day, so that a calendar that reads the file
again moves what has moved.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from disputekit.agenda import told
from disputekit.agenda.model import Agenda, Item
from disputekit.text import Language, Phrase, Said, say

if TYPE_CHECKING:
    from icalendar import Event

PRIORITY = {"critical": 1, "high": 3, "medium": 5, "low": 7}
"""1 is the most urgent (RFC 5545, 3.8.1.9)."""


def written(agenda: Agenda, said: Said, language: Language) -> bytes:
    """The calendar's file. What has no due date is due now: it stands on the assessment's day, and so does what the agenda leaves out."""
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//disputekit//agenda//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", said(told.title(agenda)))
    for event in _events(agenda, said, language):
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _events(agenda: Agenda, said: Said, language: Language) -> "Iterator[Event]":
    alarm = told.alarm(agenda)
    notes: list[Phrase] = [*([alarm] if alarm is not None else []), *told.sums(agenda), *told.unknowns(agenda), *told.left_out(agenda)]
    more = agenda.overdue + agenda.due > len(agenda.items)
    heading = alarm if alarm is not None else say("Things to do: the agenda is longer than this calendar") if more else told.title(agenda)
    yield _event(agenda, ("agenda",), said(heading), "\n".join([*map(said, notes), *agenda.holes]), agenda.as_of)
    for item in agenda.items:
        event = _event(agenda, (item.table, item.subject, item.duty), f"{item.subject} {item.title.in_(language)}", _told(item, said, language),
                       max(item.due_on, agenda.as_of) if item.due_on is not None else agenda.as_of)  # fmt: skip
        event.add("priority", PRIORITY[item.severity])
        event.add("categories", [said(told.state(item)), said(say(item.severity))])
        yield event


def _event(agenda: Agenda, of: tuple[str, ...], summary: str, description: str, day: date) -> "Event":
    from icalendar import Event

    event = Event()
    event.add("uid", f"{sha256(chr(0).join((agenda.organisation, *of)).encode()).hexdigest()[:40]}@disputekit")
    event.add("dtstamp", datetime.combine(agenda.as_of, time(), UTC))
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    event.add("summary", summary)
    event.add("description", description)
    return event


def _told(item: Item, said: Said, language: Language) -> str:
    late = item.overdue and item.due_on is not None
    lines = [said(say("Overdue since {day}", day=item.due_on) if late else told.state(item)), *(w.in_(language) for w in item.what)]
    if item.due_at is not None:
        lines.append(said(say("Until {moment}", moment=item.due_at.isoformat(" ", "minutes"))))
    if item.evidence:
        lines.append(said(told.attach(item, language)))
    return "\n".join([*lines, ", ".join(item.controls)])
