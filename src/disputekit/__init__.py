"""disputekit: compliance as code for claims disputes. What stands here is the public API, for plugins and for programs.

Importing it is cheap: neither the engine nor the SQL builder is loaded before something is checked.
"""

from disputekit.errors import DisputekitError, Problem
from disputekit.extension import (
    Candidate,
    Chart,
    Check,
    Command,
    EmergencyTrigger,
    EvaluationExport,
    Firing,
    PolicyPacks,
    Reads,
    Records,
    ReportSection,
    RiskDetector,
    RuleKind,
    Section,
    Series,
    TrainingRecords,
    bundled_pack,
)
from disputekit.hookspecs import hookimpl
from disputekit.outcomes import Verdict
from disputekit.policies.model import Moment, PeriodText, Rule
from disputekit.register.schema import Columns, Row, Table, column
from disputekit.register.settings import SourceSettings
from disputekit.register.source import Scan, Source
from disputekit.run import Organisation, Run
from disputekit.text import Text, say

__all__ = [
    "Candidate",
    "Chart",
    "Check",
    "Columns",
    "Command",
    "DisputekitError",
    "EmergencyTrigger",
    "EvaluationExport",
    "Firing",
    "Moment",
    "Organisation",
    "PeriodText",
    "PolicyPacks",
    "Problem",
    "Reads",
    "Records",
    "ReportSection",
    "RiskDetector",
    "Row",
    "Rule",
    "RuleKind",
    "Run",
    "Scan",
    "Section",
    "Series",
    "Source",
    "SourceSettings",
    "Table",
    "Text",
    "TrainingRecords",
    "Verdict",
    "bundled_pack",
    "column",
    "hookimpl",
    "say",
]
