"""The agenda as an Excel workbook: what to do, what to look into, what couldn't be decided, and what it leaves out."""

from collections.abc import Iterator
from pathlib import Path

from disputekit.agenda import told
from disputekit.agenda.model import Agenda
from disputekit.reports.spreadsheet import Cell, spreadsheet
from disputekit.text import Language, Said, Text, say


def write_workbook(agenda: Agenda, path: Path, said: Said, language: Language) -> None:
    """Writes the workbook; it is the same whenever the agenda is."""

    def text(many: tuple[Text, ...]) -> str:
        return "\n".join(one.in_(language) for one in many)

    def to_do() -> Iterator[tuple[Cell, ...]]:
        for i in agenda.items:
            found = "\n".join(dict.fromkeys(c.observed for c in i.clocks if c.observed is not None))
            decided = "\n".join(dict.fromkeys(c.disposition for c in i.clocks if c.disposition is not None))
            yield (said(told.state(i)), i.due_on, i.due_at, told.days_left(i, agenda.as_of), said(say(i.severity)), i.table_title.in_(language), i.subject,
                   i.title.in_(language), i.unit, i.handler, text(i.what), text(i.evidence), found, decided, ", ".join(i.controls))  # fmt: skip

    def to_look_into() -> Iterator[tuple[Cell, ...]]:
        for d in agenda.doubts:
            for q in d.questions:
                yield (d.table_title.in_(language), d.subject, d.unit, d.handler, q.title.in_(language), said(say(q.reason)), q.observed,
                       q.what.in_(language), q.control)  # fmt: skip

    alarm = told.alarm(agenda)
    heading = said(told.title(agenda))
    with spreadsheet(path, heading, agenda.as_of) as book:
        book.sheet(
            said(say("To do")),
            [said(p) for p in (say("State"), say("Due"), say("Until the moment"), say("Days left"), say("Severity"), say("Of"), say("Subject"), say("Duty"),
                               say("Unit"), say("Handler"), say("What to do"), say("Evidence to attach"), say("Found"), say("Disposition"), say("Controls"))],
            to_do(), [heading, *map(said, told.sums(agenda))], said(alarm) if alarm is not None else "",
        )  # fmt: skip
        book.sheet(
            said(say("To look into")),
            [said(p) for p in (say("Of"), say("Subject"), say("Unit"), say("Handler"), say("Duty"), say("Why it is unknown"), say("Found"), say("What to do"),
                               say("Control"))],
            to_look_into(), [*map(said, told.unknowns(agenda))],
        )  # fmt: skip
        book.sheet(
            said(say("Not decided")), [said(p) for p in (say("Why it is unknown"), say("Decisions"), say("What to do"), say("Controls"))],
            ((said(say(g.reason)), g.decisions, g.what.in_(language), ", ".join(g.controls)) for g in agenda.gaps),
        )  # fmt: skip
        rest = [*map(said, told.left_out(agenda)), *agenda.holes]
        book.sheet(said(say("Left out")), [said(say("What isn't on this agenda"))], ((line,) for line in rest), [heading])
