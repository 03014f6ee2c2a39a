"""The core's own sections of the report, handed over as a plugin's are, in the order in which they are read."""

from disputekit.extension import ReportSection
from disputekit.reports.chapters import (
    ageing,
    branches,
    changes,
    data,
    decided,
    first,
    found,
    opening,
    outcomes,
    patterns,
    recorded,
    unchecked,
    versions,
)
from disputekit.text import say

CHAPTERS = (
    ReportSection("opening", say("In short"), opening.make),
    ReportSection("unchecked", say("What was not checked, and what is assumed"), unchecked.make),
    ReportSection("first", say("What to do first"), first.make),
    ReportSection("controls", say("What each control came to"), outcomes.make),
    ReportSection("findings", say("Findings"), found.make),
    ReportSection("ageing", say("How old the disputes are"), ageing.make),
    ReportSection("patterns", say("Where the breaches are"), patterns.make),
    ReportSection("units", say("By unit"), branches.make),
    ReportSection("changes", say("Against the assessment before"), changes.make),
    ReportSection("decided", say("What people decided"), decided.make),
    ReportSection("recorded", say("Risk points and plans, as recorded"), recorded.make, "annex"),
    ReportSection("data", say("Data quality"), data.make, "annex"),
    ReportSection("versions", say("Versions and hashes"), versions.make, "annex"),
)  # fmt: skip
