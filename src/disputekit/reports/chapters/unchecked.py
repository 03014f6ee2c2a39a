"""What couldn't be checked, and what is assumed: before any number is believed."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from disputekit.reports.chapters.gaps import MOST, Gap, Sort, gaps_of
from disputekit.run import Run
from disputekit.sections import Heading, Listing, Paragraph, Section
from disputekit.text import Phrase, say

if TYPE_CHECKING:
    from disputekit.reports.assessed import Assessed


def make(assessed: "Assessed", _: Run) -> Section:
    sorts = dict(_sorts())
    rows = tuple((sorts[gap.sort][0], gap.what, gap.number, sorts[gap.sort][1]) for gap in _together(gaps_of(assessed)))
    columns = (Heading(say("Sort")), Heading(say("What")), Heading(say("Number"), "number"), Heading(say("What to do")))
    nothing = say("Everything that the controls read was supplied and could be read; nothing is assumed")
    return Section((
        Paragraph(say("What isn't known here is not a pass. Each line says what the numbers of this report leave out or rest on")),
        Listing(say("Gaps and assumptions"), columns, rows, empty=nothing),
    ))  # fmt: skip


def _together(found: Iterable[Gap]) -> Iterator[Gap]:
    """Unreadable and later values as one line each: there may be one for every column of every table, which the section on data lists."""
    for sort, some in groupby(found, key=lambda gap: gap.sort):
        if sort not in ("unreadable", "later"):
            yield from some
            continue
        every = list(some)
        told = every[0].what
        for gap in every[1:MOST]:
            told = say("{one}; {other}", one=told, other=gap.what)
        more = len(every) - MOST
        yield Gap(sort, told if more <= 0 else say("{names} and {count} more", names=told, count=more), sum(gap.number or 0 for gap in every))


def _sorts() -> tuple[tuple[Sort, tuple[Phrase, Phrase]], ...]:
    """What each sort of gap is called, and what to do about it."""
    return (
        ("switched off", (say("Control switched off"), say("See who decided it and why: `[policies] without` in the project's file"))),
        ("error", (say("Error"), say("Have it mended, and check again: nothing is known of what it concerns"))),
        ("not supplied", (say("Data missing"), say("Supply the table or the column; until then these controls decide nothing"))),
        (
            "not watched",
            (say("Emergency plan not watched"), say("Supply what it reads or switch the plan on; until then nobody knows whether it should act")),
        ),
        ("not evaluated", (say("Control not evaluated"), say("Put drafts in force, or supply what the optional checks read"))),
        ("unreadable", (say("Unreadable"), say("Correct it in the source; the section on data names the places"))),
        ("stale", (say("How fresh the data are"), say("Export again after the day, and say when in `extracted_at`"))),
        ("conflict", (say("Duties in conflict"), say("Record counsel's opinion on which one yields"))),
        ("coverage", (say("How complete the records are"), say("Declare in `[register.coverage]` from when on they are complete"))),
        ("later", (say("After the day"), say("Look whether these are plans or mistyped dates"))),
        ("excluded", (say("Left out by a condition"), say("Look whether the condition is as it was meant"))),
        ("waiver", (say("Waiver"), say("Renew or withdraw what has expired, is stale or unused"))),
        ("disposition", (say("Disposition"), say("The finding stays; see what was decided about it"))),
        ("override", (say("Own parameter"), say("Look whether the value may be used; the section on versions has it"))),
    )
