"""The first thing that is read: what is wrong, what isn't known, what is due."""

from typing import TYPE_CHECKING

from disputekit.reports.chapters.counts import counted, done_late, still_open, worst_first
from disputekit.reports.chapters.first import beginning
from disputekit.reports.chapters.gaps import gaps_of
from disputekit.run import Run
from disputekit.sections import Block, Figure, Figures, Heading, Listing, Paragraph, Section
from disputekit.text import say

if TYPE_CHECKING:
    from disputekit.reports.assessed import Assessed

MOST = 5
"""How many controls are shown here; all of them are in a section of their own."""
_OLDEST = """
    select min(coalesce(due_on, cast(due_at as date))) as due_on from findings where outcome = 'fail' and reason = 'open'"""
_SOON = "select count(*) as n, min(coalesce(due_on, cast(due_at as date))) as due_on from warnings"


def make(assessed: "Assessed", _: Run) -> Section:
    manifest, controls = assessed.manifest, counted(assessed)
    blocks: list[Block] = []
    if manifest.errors:
        blocks.append(Paragraph(say("{count} errors: something that was asked for couldn't be evaluated", count=len(manifest.errors)), "bad"))
    if not controls:
        blocks.append(Paragraph(say("no controls: nothing was checked"), "bad"))
    elif not any(c.subjects for c in controls):
        blocks.append(Paragraph(say("no subjects: nothing was checked"), "bad"))
    if assessed.unit is not None:
        blocks.append(_scope(assessed))
    failed, unknown = sum(c.count("fail") for c in controls), sum(c.count("unknown") for c in controls)
    still, late = sum(map(still_open, controls)), sum(map(done_late, controls))
    soon, oldest, unsure = assessed.row(_SOON), assessed.row(_OLDEST)["due_on"], gaps_of(assessed)
    blocks.append(Figures((
        Figure(say("Breaches"), failed, "bad" if failed else "good",
               say("of {controls} controls out of {all}; {late} were done late", controls=sum(c.count("fail") > 0 for c in controls),
                   all=len(controls), late=f"{late:,}"), "controls"),
        Figure(say("Due and still not done"), still, "bad" if still else "good",
               say("the longest since {day}", day=oldest) if oldest is not None else say("nothing that is due is left undone"), "first"),
        Figure(say("Couldn't be decided"), unknown, "unknown" if unknown or unsure else "good",
               say("in {controls} controls; besides, {gaps} gaps and assumptions", controls=sum(c.count("unknown") > 0 for c in controls),
                   gaps=len(unsure)), "unchecked"),
        Figure(say("Due soon"), soon["n"], "soon" if soon["n"] else "plain",
               say("the first on {day}", day=soon["due_on"]) if soon["n"] else say("no running period is near its end"), "first"),
    )))  # fmt: skip
    begin = beginning(assessed)
    if begin is not None:
        blocks.append(Paragraph(begin, "soon"))
    wrong = [c for c in worst_first(controls) if c.count("fail", "unknown")]
    rows = tuple((c.severity, c.id, c.title, c.count("fail"), still_open(c), done_late(c), c.count("unknown")) for c in wrong[:MOST])
    columns = (Heading(say("Severity"), "severity"), Heading(say("Control"), "control"), Heading(say("What it asks for")),
               Heading(say("Breaches"), "number"), Heading(say("Still open"), "number"), Heading(say("Done late"), "number"),
               Heading(say("Unknown"), "number"))  # fmt: skip
    blocks.append(Listing(say("The gravest"), columns, rows, total=len(wrong), rest=say("all controls are listed below"),
                          empty=say("No control has a breach or anything unknown")))  # fmt: skip
    return Section(tuple(blocks))


def _scope(assessed: "Assessed") -> Paragraph:
    name = assessed.row("select any_value(name) as name, any_value(unit) as unit from units where unit = $unit", unit=assessed.unit)
    return Paragraph(
        say("Only cases of {name} ({unit}) and of the units below it. Findings that belong to no unit are in the report of the whole organisation; "
            "what passed is known for the whole organisation only", name=name["name"], unit=name["unit"]), "soon",
    )  # fmt: skip
