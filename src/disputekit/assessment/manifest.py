"""`assessment.json`: everything about a run that is the same whenever its inputs are the same."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, ValidationError

from disputekit.errors import AssessmentError
from disputekit.extension import Firing, RiskPoint, Undecided
from disputekit.outcomes import Outcome
from disputekit.policies.model import Basis, Bearer, Severity, Status, Strict
from disputekit.reading import problems
from disputekit.text import Text, say

FILE = "assessment.json"
FORMAT: Literal["disputekit-assessment-1"] = "disputekit-assessment-1"


class Tally(Strict):
    """How many subjects a control came to this for."""

    outcome: Outcome
    reason: str
    subjects: int


class ControlResult(Strict):
    """A control as it was evaluated: what is constant for it, and its exact tallies, which add up to its subjects.

    source: the title of the instrument that `cite` names. evidence: what shows that it is kept, in the words of the register.
    absent: what it reads and nobody supplies. error: why it couldn't be evaluated. excluded: subjects that its `where` leaves out.
    waived: of those that fail or are unknown, how many have a waiver in force; they stay in the tallies and among the findings.
    code: of a check written in Python, the function that judged; code_sha256: the hash of its package's files; judged_sha256: of what it said.
    """

    id: str
    title: Text
    kind: str | None
    pack: str
    plugin: str
    subject: str
    severity: Severity
    basis: Basis
    cite: str | None
    source: Text | None = None
    practice: str | None
    remedy: Text
    evidence: tuple[Text, ...] = ()
    bearer: Bearer = "insurer"
    duty: str | None = None
    where: str | None
    subjects: int
    tallies: tuple[Tally, ...]
    findings: int
    waived: int = 0
    absent: tuple[str, ...] = ()
    error: str | None = None
    query_sha256: str | None = None
    findings_sha256: str | None = None
    code: str | None = None
    code_sha256: str | None = None
    judged_sha256: str | None = None

    def count(self, *outcomes: Outcome) -> int:
        return sum(t.subjects for t in self.tallies if t.outcome in outcomes)

    @property
    def excluded(self) -> int:
        return sum(t.subjects for t in self.tallies if t.reason == "not concerned")

    @property
    def applicable(self) -> int:
        return self.subjects - self.count("not_applicable")


class Unchecked(Strict):
    """A control that wasn't evaluated: a draft or retired, switched off by the organisation, or an optional check for which something isn't supplied (`absent`)."""

    id: str
    title: Text
    pack: str
    plugin: str
    status: Status | Literal["not supplied", "switched off"]
    absent: tuple[str, ...] = ()


class ConflictFound(Strict):
    """Two enabled duties that contradict each other. yields: the one that gives way, None while nobody has decided."""

    id: str
    title: Text
    between: tuple[str, str]
    phase: str | None
    yields: str | None
    expired: bool


class PackUsed(Strict):
    """A pack as it was in force. overridden: the parameters that the organisation set itself. parameters: all values of each, in one line."""

    id: str
    version: str
    title: Text
    plugin: str
    sha256: str
    overridden: tuple[str, ...]
    parameters: Mapping[str, str] = {}


class PluginUsed(Strict):
    name: str
    distribution: str
    version: str


class FileRead(Strict):
    name: str
    sha256: str
    encoding: str | None
    rows: int


class RecordsPassedOver(Strict):
    """Records that a reader understood and that are no rows of the table: what they are, why not, and how many."""

    what: str
    why: Text
    records: int


class TableRead(Strict):
    """A table of the register as it was loaded: rows_read = rows_loaded + rows_rejected.

    passed_over: records besides those read, which are sound and say nothing about the table's subject.
    cells_rejected: by column. hidden: values later than as-of, by column. extracted_at None: assumed fresh.
    """

    table: str
    title: Text
    files: tuple[FileRead, ...]
    rows_read: int
    rows_loaded: int
    rows_rejected: int
    cells: int
    cells_rejected: Mapping[str, int]
    hidden: Mapping[str, int]
    extracted_at: datetime | None
    passed_over: tuple[RecordsPassedOver, ...] = ()


class SubjectsWritten(Strict):
    """A part that says what the subjects of a table are, or that a section of the report kept (`sections.<name>`).

    Its file in the assessment's folder, its rows, and the columns that are supplied.
    """

    table: str
    part: str
    rows: int
    columns: tuple[str, ...]
    sha256: str


class CoverageUsed(Strict):
    """From when on a sort of record counts as complete (None: not at all), and whether that was declared or is assumed."""

    what: str
    from_on: date | None
    basis: Literal["declared", "first occurrence", "never occurs"]


WaiverState = Literal["in force", "not yet", "expired", "stale", "unused"]


class WaiverUsed(Strict):
    """A waiver, and what it was in this run. severity: of its control.

    state: the worst of its subjects. in_force: subjects that it waives. stale: subjects whose finding has other facts than were approved, or
    that its condition leaves out. unused: subjects without a finding.
    """

    id: str
    control: str
    severity: Severity
    state: WaiverState
    reason: str
    requested_by: str
    approved_by: str
    approved_on: date
    expires_on: date
    where: str | None
    in_force: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()

    @property
    def flawed(self) -> bool:
        """Whether it is itself a finding, at the severity of its control."""
        return self.state in ("expired", "stale", "unused")


class DispositionUsed(Strict):
    """A disposition as it was written, and what it is about in this run.

    state: recorded beside its finding; about no finding; of a control that isn't there; not yet decided; or decided by the handler of the case.
    """

    id: str
    control: str
    subject: str
    kind: str
    requested_by: str
    decided_by: str
    decided_on: date
    state: Literal["recorded", "no finding", "no control", "not yet", "by the handler"]
    fields: Mapping[str, str | bool | date] = {}


class TriggerUsed(Strict):
    """A trigger of an emergency plan, and what became of it in this run.

    looked: whether it could compare what it reads with its plan. absent: what it reads and isn't there; `undecided`: what it couldn't tell.
    draft: known and not switched on. fired: how many firings it gave. definition: a hash of what it was made of.
    """

    name: str
    title: Text
    plan: str
    plugin: str
    looked: bool
    draft: bool = False
    fired: int = 0
    absent: tuple[str, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    definition: str | None = None


class Err(Strict):
    """Something that went wrong: which plugin or part of the core, where, and what. zh: the same in Chinese, where the catalogue has it."""

    plugin: str
    where: str
    what: str
    zh: str | None = None

    @property
    def said(self) -> Text | str:
        """What went wrong, in the reader's language."""
        return self.what if self.zh is None else Text(zh=self.zh, en=self.what)


class PartNotLooked(Strict):
    """A part of the portfolio in which a detector couldn't look, and why."""

    scope: str
    why: Text


class DetectorUsed(Strict):
    """A detector of risk points and what it did. tests: how many tests it made; all of a run are corrected together.

    absent: what it reads and nobody supplies, for which it didn't look. not_looked: parts in which it couldn't look.
    """

    name: str
    title: Text
    plugin: str
    state: Literal["looked", "not supplied", "error"]
    absent: tuple[str, ...]
    candidates: int
    tests: int
    not_looked: tuple[PartNotLooked, ...]
    query_sha256: str | None


class RisksEnded(Strict):
    """A risk point of the previous assessment that isn't found any more. looked False: its detector couldn't look, so that it isn't known."""

    name: str
    looked: bool


class PreviousUsed(Strict):
    as_of: date
    sha256: str


class Manifest(Strict):
    """The whole manifest. Its order is the order of the file. locked: the hash of the lock that the run was held to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["disputekit-assessment-1"] = FORMAT
    as_of: date
    organisation: str
    timezone: str
    calendar: str
    calendar_published_until: date | None
    versions: Mapping[str, str]
    plugins: tuple[PluginUsed, ...]
    config_sha256: str
    locked: str | None = None
    packs: tuple[PackUsed, ...]
    tables: tuple[TableRead, ...]
    rejects_sha256: str | None
    coverage: tuple[CoverageUsed, ...]
    controls: tuple[ControlResult, ...]
    warnings: int = 0
    subjects: tuple[SubjectsWritten, ...] = ()
    unchecked: tuple[Unchecked, ...]
    conflicts: tuple[ConflictFound, ...] = ()
    waivers_sha256: str | None = None
    waivers: tuple[WaiverUsed, ...] = ()
    dispositions_sha256: str | None = None
    dispositions: tuple[DispositionUsed, ...] = ()
    risk_detectors: tuple[DetectorUsed, ...] = ()
    risk_correction: Literal["Benjamini-Hochberg, weighted"] = "Benjamini-Hochberg, weighted"
    risk_points: tuple[RiskPoint, ...]
    risks_ended: tuple[RisksEnded, ...] = ()
    triggers: tuple[TriggerUsed, ...] = ()
    firings: tuple[Firing, ...]
    errors: tuple[Err, ...]
    previous: PreviousUsed | None

    def written(self) -> str:
        """The bytes of the file: UTF-8, one space of indentation, a line end at its end."""
        return self.model_dump_json(indent=1) + "\n"


def read_manifest(folder: Path) -> tuple[Manifest, str]:
    """The manifest of an assessment's folder, and the hash of its bytes. Raises AssessmentError for what isn't one."""
    path = folder / FILE
    if not path.is_file():
        raise AssessmentError.at(str(folder), say("no assessment here: {file} is missing", file=FILE))
    data = path.read_bytes()
    try:
        return Manifest.model_validate_json(data), hashlib.sha256(data).hexdigest()
    except ValidationError as bad:
        raise AssessmentError(*problems(bad, Manifest, str(path))) from None
