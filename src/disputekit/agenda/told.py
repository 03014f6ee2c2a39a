"""The words that stand over an agenda in every form: how much there is, how much of it is shown, and what it can't know."""

from collections.abc import Iterator
from datetime import date

from disputekit.agenda.model import Agenda, Gap, Item, Question
from disputekit.text import Language, Phrase, say

_MOST = 6


def title(agenda: Agenda) -> Phrase:
    return say("{organisation}: things to do, as of {day}", organisation=agenda.organisation, day=agenda.as_of)


def alarm(agenda: Agenda) -> Phrase | None:
    """What no reader may miss: the agenda isn't all there is to do."""
    if agenda.is_whole:
        return None
    return say("This agenda isn't whole: {count} things couldn't be checked, and what is to do about them isn't on it", count=len(agenda.holes))


def sums(agenda: Agenda) -> Iterator[Phrase]:
    """How much there is to do, whose it is, and how much of it is listed."""
    yield say("{overdue} overdue, {due} due up to {until}", overdue=f"{agenda.overdue:,}", due=f"{agenda.due:,}", until=agenda.until)
    if agenda.unit is not None:
        yield say("Only of the unit {unit}", unit=agenda.unit)
    if agenda.handler is not None:
        yield say("Only of the handler {handler}", handler=agenda.handler)
    more = agenda.overdue + agenda.due - len(agenda.items)
    if more:
        yield say("The first {count} are listed; {more} more aren't (see --limit)", count=f"{len(agenda.items):,}", more=f"{more:,}")


def unknowns(agenda: Agenda) -> Iterator[Phrase]:
    """What can't be decided, which a handler or somebody else must look into."""
    if agenda.in_doubt:
        yield say("Of {count} subjects something can't be decided: their records must be looked into", count=f"{agenda.in_doubt:,}")
    more = agenda.in_doubt - len(agenda.doubts)
    if more:
        yield say("The first {count} are listed; {more} more aren't (see --limit)", count=f"{len(agenda.doubts):,}", more=f"{more:,}")


def left_out(agenda: Agenda) -> Iterator[Phrase]:
    """What isn't on the agenda."""
    left = agenda.left_out
    if agenda.unseen:
        yield say("{count} periods run whose end isn't in the assessment, since their controls don't warn so early: some may end by {until}. "
                  "Give the controls a longer `warn`", count=f"{agenda.unseen:,}", until=agenda.until)  # fmt: skip
    if agenda.gaps:
        yield say("{count} decisions couldn't be made for reasons that no handler can mend", count=f"{sum(g.decisions for g in agenda.gaps):,}")
    if left.elsewhere:
        yield say("{count} findings don't say whose they are, and aren't on this agenda", count=f"{left.elsewhere:,}")
    if left.waived:
        yield say("Waived: {count}", count=f"{left.waived:,}")
    if left.done_late:
        yield say("Done late, so that nothing is open: {count}", count=f"{left.done_late:,}")
    if left.past:
        yield say("Breaches of what is past and can't be done any more: {count}", count=f"{left.past:,}")
    if left.later:
        yield say("Warnings of what is due later than {until}: {count}", until=agenda.until, count=f"{left.later:,}")
    if left.others:
        yield say("Time limits of others than the insurer: {count}", count=f"{left.others:,}")


def question(q: Question, language: Language) -> Phrase:
    found = f" ({q.observed})" if q.observed is not None else ""
    return say("{control} {title}: {reason}{found}. To do: {what}", control=q.control, title=q.title.in_(language), reason=say(q.reason), found=found,
               what=q.what.in_(language))  # fmt: skip


def gap(g: Gap, language: Language) -> Phrase:
    some = ", ".join(g.controls[:_MOST]) + (" …" if len(g.controls) > _MOST else "")
    return say(
        "{reason}: {count} ({controls}). To do: {what}", reason=say(g.reason), count=f"{g.decisions:,}", controls=some, what=g.what.in_(language)
    )


def attach(item: Item, language: Language) -> Phrase:
    return say("Attach: {what}", what=("；" if language == "zh" else "; ").join(e.in_(language) for e in item.evidence))


def state(item: Item) -> Phrase:
    return say("overdue") if item.overdue else say("due")


def days_left(item: Item, as_of: date) -> int | None:
    """How many days are left; less than 0 where the day has passed."""
    return (item.due_on - as_of).days if item.due_on is not None else None
