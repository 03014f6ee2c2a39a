"""disputekit: compliance as code for claims disputes. What stands here is the public API, for plugins and for programs.

Importing it is cheap: neither the engine nor the SQL builder is loaded before something is checked.
"""

from typing import TYPE_CHECKING, Any

from disputekit.demo.part import DemoPart, Planted
from disputekit.errors import DisputekitError, Problem, nearest
from disputekit.extension import (
    Candidate,
    Check,
    Command,
    EmergencyTrigger,
    EvaluationExport,
    Firing,
    NotLooked,
    PolicyPacks,
    Rating,
    Reads,
    Records,
    ReportSection,
    RiskDetector,
    RiskPoint,
    RuleKind,
    TrainingRecords,
    bundled_pack,
)
from disputekit.hookspecs import hookimpl
from disputekit.kinds.common import Quantity
from disputekit.oracles.case import REJECTED, Case
from disputekit.outcomes import Verdict
from disputekit.policies.model import Counted, Moment, PeriodText, Rule
from disputekit.reading import read_as, read_toml
from disputekit.register.schema import Columns, Row, Table, column
from disputekit.register.settings import SourceSettings
from disputekit.register.source import Place, Refused, Scan, Source
from disputekit.register.tables import TABLES
from disputekit.run import Organisation, Run
from disputekit.sections import Chart, Fact, Facts, Figure, Figures, Group, Heading, Listing, Matrix, Paragraph, Section, Series, Square
from disputekit.text import Phrase, Text, say

if TYPE_CHECKING:
    from sqlglot.expressions import Expression
    from sqlglot.expressions import Select as Query

    from disputekit.assessment.kept import hand_over_kept, kept_rows
    from disputekit.checks.vocabulary import Vocabulary
    from disputekit.register.readers.rows import scan_rows
    from disputekit.reports.assessed import Assessed

__all__ = [
    "REJECTED",
    "TABLES",
    "Assessed",
    "Candidate",
    "Case",
    "Chart",
    "Check",
    "Columns",
    "Command",
    "Counted",
    "DemoPart",
    "DisputekitError",
    "EmergencyTrigger",
    "EvaluationExport",
    "Expression",
    "Fact",
    "Facts",
    "Figure",
    "Figures",
    "Firing",
    "Group",
    "Heading",
    "Listing",
    "Matrix",
    "Moment",
    "NotLooked",
    "Organisation",
    "Paragraph",
    "PeriodText",
    "Phrase",
    "Place",
    "Planted",
    "PolicyPacks",
    "Problem",
    "Quantity",
    "Query",
    "Rating",
    "Reads",
    "Records",
    "Refused",
    "ReportSection",
    "RiskDetector",
    "RiskPoint",
    "Row",
    "Rule",
    "RuleKind",
    "Run",
    "Scan",
    "Section",
    "Series",
    "Source",
    "SourceSettings",
    "Square",
    "Table",
    "Text",
    "TrainingRecords",
    "Verdict",
    "Vocabulary",
    "bundled_pack",
    "column",
    "hand_over_kept",
    "hookimpl",
    "kept_rows",
    "nearest",
    "read_as",
    "read_toml",
    "say",
    "scan_rows",
]


def __getattr__(name: str) -> Any:
    """What only the signatures of plugins name, and what needs the engine, is imported when somebody asks for it."""
    if name == "Vocabulary":
        from disputekit.checks.vocabulary import Vocabulary

        return Vocabulary
    if name in ("kept_rows", "hand_over_kept"):
        from disputekit.assessment import kept

        return getattr(kept, name)
    if name == "scan_rows":
        from disputekit.register.readers.rows import scan_rows

        return scan_rows
    if name == "Assessed":
        from disputekit.reports.assessed import Assessed

        return Assessed
    if name in ("Expression", "Query"):
        from sqlglot import expressions

        return expressions.Select if name == "Query" else expressions.Expression
    raise AttributeError(name)
