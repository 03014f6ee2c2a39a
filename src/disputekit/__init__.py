"""disputekit: compliance as code for claims disputes. What stands here is the public API, for plugins and for programs.

Importing it is cheap: neither the engine nor the SQL builder is loaded before something is checked.
"""

from importlib import import_module
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
    FollowUp,
    NotLooked,
    PolicyPacks,
    Rating,
    Reads,
    Records,
    ReportSection,
    RiskDetector,
    RiskPoint,
    RuleKind,
    Situation,
    TrainingRecords,
    Undecided,
    bundled_pack,
)
from disputekit.hookspecs import hookimpl
from disputekit.kinds.common import Quantity
from disputekit.oracles.case import REJECTED, Case
from disputekit.outcomes import Verdict
from disputekit.policies.model import Counted, Moment, PeriodText, Rule
from disputekit.reading import ProjectPath, read_as, read_json, read_toml
from disputekit.register.schema import Columns, Row, Table, column
from disputekit.register.settings import SourceSettings
from disputekit.register.source import PassedOver, Place, Refused, Scan, Source
from disputekit.register.tables import TABLES
from disputekit.run import Organisation, Run
from disputekit.sections import Chart, Fact, Facts, Figure, Figures, Group, Heading, Listing, Matrix, Paragraph, Section, Series, Square
from disputekit.text import Phrase, Text, say

if TYPE_CHECKING:
    from sqlglot.expressions import Expression
    from sqlglot.expressions import Select as Query

    from disputekit.assessment.kept import hand_over_kept, kept_rows
    from disputekit.chain import Difference, Vanished, diff, population, read_manifest, spoilt, vanished
    from disputekit.checks.vocabulary import Vocabulary
    from disputekit.handover import (
        Manifest,
        Measured,
        Rewording,
        SuppliedColumn,
        Treatment,
        as_csv,
        export_parts,
        folders_of_packs,
        identifiers_among,
        measure,
        remake,
        rerun,
        texts_in,
        write_report,
        write_table,
    )
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
    "Difference",
    "DisputekitError",
    "EmergencyTrigger",
    "EvaluationExport",
    "Expression",
    "Fact",
    "Facts",
    "Figure",
    "Figures",
    "Firing",
    "FollowUp",
    "Group",
    "Heading",
    "Listing",
    "Manifest",
    "Matrix",
    "Measured",
    "Moment",
    "NotLooked",
    "Organisation",
    "Paragraph",
    "PassedOver",
    "PeriodText",
    "Phrase",
    "Place",
    "Planted",
    "PolicyPacks",
    "Problem",
    "ProjectPath",
    "Quantity",
    "Query",
    "Rating",
    "Reads",
    "Records",
    "Refused",
    "ReportSection",
    "Rewording",
    "RiskDetector",
    "RiskPoint",
    "Row",
    "Rule",
    "RuleKind",
    "Run",
    "Scan",
    "Section",
    "Series",
    "Situation",
    "Source",
    "SourceSettings",
    "Square",
    "SuppliedColumn",
    "Table",
    "Text",
    "TrainingRecords",
    "Treatment",
    "Undecided",
    "Vanished",
    "Verdict",
    "Vocabulary",
    "as_csv",
    "bundled_pack",
    "column",
    "diff",
    "export_parts",
    "folders_of_packs",
    "hand_over_kept",
    "hookimpl",
    "identifiers_among",
    "kept_rows",
    "measure",
    "nearest",
    "population",
    "read_as",
    "read_json",
    "read_manifest",
    "read_toml",
    "remake",
    "rerun",
    "say",
    "scan_rows",
    "spoilt",
    "texts_in",
    "vanished",
    "write_report",
    "write_table",
]


_HANDING_OVER = (
    "Manifest",
    "Measured",
    "Rewording",
    "SuppliedColumn",
    "Treatment",
    "as_csv",
    "export_parts",
    "folders_of_packs",
    "identifiers_among",
    "measure",
    "remake",
    "rerun",
    "texts_in",
    "write_report",
    "write_table",
)
"""What needs the engine and is for handing over: see `disputekit.handover`."""
_CHAIN = ("Difference", "Vanished", "diff", "population", "read_manifest", "spoilt", "vanished")
"""What reads assessments that are complete: see `disputekit.chain`."""


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
    if name in _HANDING_OVER:
        return getattr(import_module("disputekit.handover"), name)
    if name in ("Expression", "Query"):
        from sqlglot import expressions

        return expressions.Select if name == "Query" else expressions.Expression
    if name in _CHAIN:
        return getattr(import_module("disputekit.chain"), name)
    raise AttributeError(name)
