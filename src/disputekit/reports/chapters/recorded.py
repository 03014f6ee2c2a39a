"""Risk points and plans to be activated as the assessment records them: whichever plugin found them, and whether it has a section or not."""

from typing import TYPE_CHECKING

from disputekit.run import Run
from disputekit.sections import Block, Heading, Listing, Paragraph, Section
from disputekit.text import say

if TYPE_CHECKING:
    from disputekit.reports.assessed import Assessed


def make(assessed: "Assessed", _: Run) -> Section:
    if assessed.unit is not None:
        return Section((Paragraph(say("They are of the whole organisation, and stand in its report")),))
    points, firings, most = assessed.manifest.risk_points, assessed.manifest.firings, assessed.most
    rest = say("all are in {file}", file="assessment.json")
    of_points = (Heading(say("Kind"), "name"), Heading(say("Where")), Heading(say("Number"), "number"), Heading(say("Observed"), "number"),
                 Heading(say("To be expected"), "number"), Heading(say("q"), "number"), Heading(say("Detector"), "name"))  # fmt: skip
    risks = tuple((p.kind, p.scope, p.n, p.observed, p.expected, p.q, p.detector) for p in points)
    of_firings = (Heading(say("Plan"), "name"), Heading(say("Cause"), "name"), Heading(say("Level")))
    fired = tuple((f.plan, f.key, f.level) for f in firings)
    nobody = say("No detector looked") if not assessed.manifest.risk_detectors else say("No risk points stand out")
    blocks: tuple[Block, ...] = (
        Listing(say("Risk points"), of_points, risks[:most], total=len(points), rest=rest, empty=nobody),
        Listing(
            say("Emergency plans to be activated"), of_firings, fired[:most], total=len(firings), rest=rest, empty=say("No plan is to be activated")
        ),
    )
    return Section(blocks)
