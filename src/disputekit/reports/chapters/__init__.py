"""The core's own sections of the report, handed over as a plugin's are, in the order in which they are read."""

from disputekit.extension import ReportSection
from disputekit.reports.chapters import unchecked
from disputekit.text import say

CHAPTERS = (
    ReportSection("unchecked", say("What was not checked, and what is assumed"), unchecked.make),
)  # fmt: skip
