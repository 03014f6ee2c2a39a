"""What each control came to, with the reasons."""

from typing import TYPE_CHECKING

from disputekit.reports.chapters.counts import counted, done_late, reasons, still_open, worst_first
from disputekit.run import Run
from disputekit.sections import Chart, Heading, Listing, Paragraph, Section, Series
from disputekit.text import say

if TYPE_CHECKING:
    from disputekit.reports.assessed import Assessed

CHARTED = 15
"""How many controls the chart shows: more bars than that say nothing any more."""


def make(assessed: "Assessed", _: Run) -> Section:
    controls = worst_first(counted(assessed))
    most = sorted((c for c in controls if c.count("fail", "unknown")), key=lambda c: -c.count("fail", "unknown"))[:CHARTED]
    blocks: list[Paragraph | Chart | Listing] = []
    if most:
        blocks.append(Chart(
            say("Breaches and unknowns, the controls with most of them"), "stacked", tuple(say("{control} {title}", control=c.id, title=c.title) for c in most),
            (Series(say("Still open"), tuple(still_open(c) for c in most), "bad"), Series(say("Done late"), tuple(done_late(c) for c in most), "late"),
             Series(say("Other breaches"), tuple(c.count("fail") - still_open(c) - done_late(c) for c in most), "plain"),
             Series(say("Unknown"), tuple(c.count("unknown") for c in most), "unknown")),
            say("number of subjects"), note=say("A subject may break several controls; it counts for each of them"),
        ))  # fmt: skip
    columns = [Heading(say("Severity"), "severity"), Heading(say("Control"), "control"), Heading(say("What it asks for")),
               Heading(say("Breaches"), "number"), Heading(say("Still open"), "number"), Heading(say("Done late"), "number"),
               Heading(say("Unknown"), "number"), Heading(say("Pending"), "number")]  # fmt: skip
    whole = assessed.unit is None
    if whole:
        columns += [Heading(say("Pass"), "number"), Heading(say("Not applicable"), "number")]
    columns.append(Heading(say("Reasons")))
    rows = []
    for c in controls:
        shared = (c.severity, c.id, c.title, c.count("fail"), still_open(c), done_late(c), c.count("unknown"), c.count("pending"))
        rows.append((*shared, *((c.count("pass"), c.count("not_applicable")) if whole else ()), reasons(c, "fail", "unknown") or None))
    told = say("Every control that was evaluated, the gravest first. A control without anything to check is no pass")
    return Section((Paragraph(told), *blocks, Listing(say("All controls"), tuple(columns), tuple(rows), empty=say("No control was evaluated"))))
