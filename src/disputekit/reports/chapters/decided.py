"""What people decided: waivers, dispositions, conflicts of duties, the organisation's own parameters."""

from typing import TYPE_CHECKING

from disputekit.run import Run
from disputekit.sections import Block, Heading, Listing, Section
from disputekit.text import say

if TYPE_CHECKING:
    from disputekit.reports.assessed import Assessed

_MINE = "select distinct waiver, disposition from findings where waiver is not null or disposition is not null"


def make(assessed: "Assessed", _: Run) -> Section:
    manifest = assessed.manifest
    waivers, dispositions = manifest.waivers, manifest.dispositions
    if assessed.unit is not None:
        mine = assessed.rows(_MINE)
        waivers = tuple(w for w in waivers if w.id in {r["waiver"] for r in mine})
        dispositions = tuple(d for d in dispositions if d.id in {r["disposition"] for r in mine})
    waiver_columns = (Heading(say("Waiver"), "name"), Heading(say("Control"), "control"), Heading(say("State")), Heading(say("Reason")),
                      Heading(say("Asked for by")), Heading(say("Approved by")), Heading(say("Until"), "moment"), Heading(say("In force"), "number"),
                      Heading(say("Stale"), "number"), Heading(say("Unused"), "number"))  # fmt: skip
    waiver_rows = tuple((w.id, w.control, say(w.state), w.reason, w.requested_by, w.approved_by, w.expires_on, len(w.in_force), len(w.stale),
                         len(w.unused)) for w in waivers)  # fmt: skip
    disposition_columns = (Heading(say("Disposition"), "name"), Heading(say("Control"), "control"), Heading(say("Subject"), "name"), Heading(say("Kind")),
                           Heading(say("State")), Heading(say("Decided by")), Heading(say("On"), "moment"))  # fmt: skip
    disposition_rows = tuple((d.id, d.control, d.subject, d.kind, say(d.state), d.decided_by, d.decided_on) for d in dispositions)
    most = assessed.most
    columns: tuple[Heading, ...]
    blocks: list[Block] = [
        Listing(say("Waivers"), waiver_columns, waiver_rows[:most], total=len(waivers), rest=say("all are in {file}", file="assessment.json"),
                empty=say("There are no waivers")),
        Listing(say("Dispositions"), disposition_columns, disposition_rows[:most], total=len(dispositions),
                rest=say("all are in {file}", file="assessment.json"), empty=say("There are no dispositions")),
    ]  # fmt: skip
    if manifest.conflicts:
        columns = (Heading(say("Duties")), Heading(say("What it is about")), Heading(say("Which yields")))
        rows = tuple((" / ".join(c.between), c.title, c.yields if c.yields is not None else say("nobody has decided")) for c in manifest.conflicts)
        blocks.append(Listing(say("Duties in conflict"), columns, rows))
    own = tuple((p.title, name, p.parameters.get(name)) for p in manifest.packs for name in p.overridden)
    if own:
        blocks.append(
            Listing(say("The organisation's own parameters"), (Heading(say("Pack")), Heading(say("Parameter"), "name"), Heading(say("Value"))), own)
        )
    return Section(tuple(blocks))
