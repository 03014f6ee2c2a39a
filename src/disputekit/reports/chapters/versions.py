"""What the assessment was made of: versions and hashes, so that anybody can tell whether it is the same."""

from typing import TYPE_CHECKING

from disputekit.run import Run
from disputekit.sections import Fact, Facts, Heading, Listing, Section
from disputekit.text import say

if TYPE_CHECKING:
    from disputekit.reports.assessed import Assessed

MOST_FILES = 200


def make(assessed: "Assessed", _: Run) -> Section:
    m = assessed.manifest
    facts = [
        Fact(say("As of"), m.as_of, "moment"), Fact(say("Time zone"), m.timezone, "name"), Fact(say("Calendar"), m.calendar, "name"),
        Fact(say("Working days published until"), m.calendar_published_until, "moment"),
        Fact(say("SHA-256 of the manifest"), assessed.sha256, "name"), Fact(say("SHA-256 of the project file"), m.config_sha256, "name"),
        Fact(say("Held to the lock"), m.locked if m.locked is not None else say("no"), "name" if m.locked is not None else "text"),
        *(Fact(say("{name}", name=name), version, "name") for name, version in m.versions.items()),
    ]  # fmt: skip
    if m.previous is not None:
        facts += [Fact(say("The assessment before"), m.previous.as_of, "moment"), Fact(say("SHA-256 of it"), m.previous.sha256, "name")]
    packs = (Heading(say("Pack"), "name"), Heading(say("Title")), Heading(say("Version"), "name"), Heading(say("SHA-256"), "name"))
    plugins = (Heading(say("Plugin"), "name"), Heading(say("From"), "name"), Heading(say("Version"), "name"))
    files = (Heading(say("File"), "name"), Heading(say("Table")), Heading(say("Rows"), "number"), Heading(say("Encoding"), "name"),
             Heading(say("SHA-256"), "name"))  # fmt: skip
    read = tuple((f.name, t.title, f.rows, f.encoding, f.sha256) for t in m.tables for f in t.files)
    return Section((
        Facts(tuple(facts)),
        Listing(say("Packs"), packs, tuple((p.id, p.title, p.version, p.sha256) for p in m.packs), empty=say("None")),
        Listing(say("Plugins"), plugins, tuple((p.name, p.distribution, p.version) for p in m.plugins)),
        Listing(say("Files read"), files, read[:MOST_FILES], total=len(read), rest=say("all are in {file}", file="assessment.json"), empty=say("None")),
    ))  # fmt: skip
