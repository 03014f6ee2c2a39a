"""What is different from the previous assessment."""

from typing import TYPE_CHECKING

from disputekit.errors import Problem
from disputekit.run import Run
from disputekit.sections import Block, Chart, Figure, Figures, Heading, Listing, Paragraph, Section, Series
from disputekit.text import Phrase, listed, say

if TYPE_CHECKING:
    from disputekit.assessment.difference import Change, Difference, Row
    from disputekit.reports.assessed import Assessed

CHARTED = 15


def make(assessed: "Assessed", _: Run) -> Section:
    found, before = assessed.change, assessed.manifest.previous
    if assessed.unit is not None:
        return Section((Paragraph(say("Compared is the organisation as a whole only")),))
    if isinstance(found, Problem):
        return Section((Paragraph(say("It couldn't be compared with the assessment before: {what}", what=found.what), "unknown"),))
    if found is None and before is None:
        return Section((Paragraph(say("There is no assessment before this one")),))
    if found is None:
        told = say("The assessment before is that of {day}. It wasn't at hand for this report (`--previous`), so that nothing is compared",
                   day=before.as_of if before is not None else "")  # fmt: skip
        return Section((Paragraph(told, "unknown"),))
    return Section(tuple(_blocks(found, assessed)))


def _blocks(found: "Difference", assessed: "Assessed") -> list[Block]:
    uncompared = [c for c in found.controls if c.state in ("not compared", "removed")]
    blocks: list[Block] = [
        Paragraph(say("Compared with the assessment of {day}. A finding that is gone isn't thereby mended: see what became of it", day=found.old.as_of)),
        Figures((
            Figure(say("New breaches"), found.new_of("fail"), "bad" if found.new_of("fail") else "good"),
            Figure(say("New unknowns"), found.new_of("unknown"), "unknown" if found.new_of("unknown") else "good"),
            Figure(say("Became worse"), found.total("worse"), "bad" if found.total("worse") else "good"),
            Figure(say("Gone"), found.total("gone")),
            Figure(say("As before"), found.total("same")),
            Figure(say("Rest on facts changed afterwards"), found.total("afterwards"), "bad" if found.total("afterwards") else "good"),
        )),
    ]  # fmt: skip
    columns: tuple[Heading, ...]
    if uncompared:
        columns = (Heading(say("Control"), "control"), Heading(say("State")), Heading(say("Why")))
        blocks.append(Listing(say("What can't be compared"), columns, tuple((c.id, say(c.state), c.why or None) for c in uncompared)))
    moved = sorted((c for c in found.controls if c.state in ("both", "added") and (c.new or c.gone or c.changed)),
                   key=lambda c: (-c.new.get("fail", 0), -c.gone, c.id))  # fmt: skip
    if moved:
        most = moved[:CHARTED]
        blocks.append(Chart(say("New breaches and findings that are gone, by control"), "stacked", tuple(c.id for c in most),
                            (Series(say("New breaches"), tuple(c.new.get("fail", 0) for c in most), "bad"),
                             Series(say("New unknowns"), tuple(c.new.get("unknown", 0) for c in most), "unknown"),
                             Series(say("Gone"), tuple(c.gone for c in most), "good")), say("number of findings")))  # fmt: skip
    columns = (Heading(say("Severity"), "severity"), Heading(say("Control"), "control"), Heading(say("State")), Heading(say("New breaches"), "number"),
               Heading(say("New unknowns"), "number"), Heading(say("Gone"), "number"), Heading(say("Changed"), "number"),
               Heading(say("Became worse"), "number"), Heading(say("As before"), "number"))  # fmt: skip
    cells = tuple((c.severity, c.id, say(c.state), c.new.get("fail", 0), c.new.get("unknown", 0), c.gone, c.changed, c.worse, c.same) for c in moved)
    blocks.append(Listing(say("By control"), columns, cells, empty=say("No control has other findings than before")))
    for title, rows, count in ((say("New"), found.new_rows, found.new_of("fail", "unknown", "pending")), (say("Gone"), found.gone_rows, found.total("gone")),
                               (say("Facts changed afterwards"), found.afterwards_rows, found.total("afterwards"))):  # fmt: skip
        blocks.append(_rows(title, rows, count))
    changes = (Heading(say("What"), "name"), Heading(say("Before")), Heading(say("Now")))
    for title, some in ((say("The rules"), found.rules), (say("The register"), found.tables)):
        blocks.append(Listing(title, changes, tuple(map(_change, some[: assessed.most])), total=len(some), rest=say("`disputekit diff` has all of them"),
                              empty=say("As before")))  # fmt: skip
    return blocks


def _rows(title: Phrase, rows: "tuple[Row, ...]", count: int) -> Listing:
    flags = {"started_at": say("its start"), "done_at": say("its end"), "gone": say("that it is a finding")}
    columns = (Heading(say("Control"), "control"), Heading(say("Subject"), "name"), Heading(say("Before"), "verdict"), Heading(say("Now"), "verdict"),
               Heading(say("Changed afterwards")))  # fmt: skip
    cells = tuple(
        (r.control, r.subject, *(": ".join(filter(None, (s.outcome, s.reason))) if s is not None else None for s in (r.old, r.new)),
         listed(flags[f] for f in r.afterwards) if r.afterwards else None) for r in rows
    )  # fmt: skip
    return Listing(title, columns, cells, total=count, rest=say("`disputekit diff` has all of them"), empty=say("None"))


def _change(change: "Change") -> tuple[str, str | None, str | None]:
    return change.what, change.old, change.new
