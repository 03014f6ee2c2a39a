"""disputekit: compliance as code for claims disputes. What stands here is the public API, for plugins and for programs.

Importing it is cheap: neither the engine nor the SQL builder is loaded before something is checked.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from disputekit.demo.part import DemoPart, Planted
from disputekit.errors import DisputekitError, Problem, nearest
from disputekit.extension import (
    Batch,
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
    python_check,
)
from disputekit.hookspecs import hookimpl
from disputekit.kinds.common import Quantity
from disputekit.oracles.case import REJECTED, Case
from disputekit.oracles.moments import last_day_of
from disputekit.outcomes import Judged, Verdict
from disputekit.policies.model import Counted, Moment, PeriodText, Rule
from disputekit.reading import MistakeError, ProjectPath, read_as, read_json, read_toml
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

    from disputekit.assessment.folder import new_folder
    from disputekit.assessment.kept import hand_over_kept, kept_rows
    from disputekit.chain import (
        Difference,
        Tabulated,
        Vanished,
        diff,
        population,
        read_manifest,
        spoilt,
        tabulated,
        vanished,
    )
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
        measure,
        originals,
        remake,
        rows_with,
        tables_of,
        texts_in,
        write_bytes,
        write_report,
        write_table,
    )
    from disputekit.register.readers.rows import scan_rows
    from disputekit.reports.assessed import Assessed
    from disputekit.rerunning import rerun
    from disputekit.rewriting import identifiers_among, rewritten

__all__ = [
    "REJECTED",
    "TABLES",
    "Assessed",
    "Batch",
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
    "Judged",
    "Listing",
    "Manifest",
    "Matrix",
    "Measured",
    "MistakeError",
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
    "Tabulated",
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
    "last_day_of",
    "measure",
    "nearest",
    "new_folder",
    "originals",
    "population",
    "python_check",
    "read_as",
    "read_json",
    "read_manifest",
    "read_toml",
    "remake",
    "rerun",
    "rewritten",
    "rows_with",
    "say",
    "scan_rows",
    "spoilt",
    "tables_of",
    "tabulated",
    "texts_in",
    "vanished",
    "write_bytes",
    "write_report",
    "write_table",
]


_LATE = {
    "Assessed": "reports.assessed", "Vocabulary": "checks.vocabulary", "rerun": "rerunning", "scan_rows": "register.readers.rows",
    "new_folder": "assessment.folder",
    **dict.fromkeys(("identifiers_among", "rewritten"), "rewriting"),
    **dict.fromkeys(("hand_over_kept", "kept_rows"), "assessment.kept"),
    **dict.fromkeys(("Difference", "Tabulated", "Vanished", "diff", "population", "read_manifest", "spoilt", "tabulated", "vanished"), "chain"),
    **dict.fromkeys(("Manifest", "Measured", "Rewording", "SuppliedColumn", "Treatment", "as_csv", "export_parts", "folders_of_packs",
                     "measure", "originals", "remake", "rows_with", "tables_of", "texts_in", "write_bytes", "write_report", "write_table"), "handover"),
}  # fmt: skip
"""What needs the engine, or what only the signatures of plugins name: it is imported when somebody asks for it. By name, its module here."""


def __getattr__(name: str) -> Any:
    if name in _LATE:
        return getattr(import_module(f"disputekit.{_LATE[name]}"), name)
    if name in ("Expression", "Query"):
        return getattr(import_module("sqlglot.expressions"), "Select" if name == "Query" else name)
    raise AttributeError(name)
