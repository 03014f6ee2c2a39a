"""What plugins hand over: descriptions. The core runs them, stamps each result with the plugin's name and contains what fails."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from disputekit.outcomes import Judged, Verdict
from disputekit.policies.model import Basis, Counted, Rule, Severity
from disputekit.register.settings import SourceSettings
from disputekit.register.source import Source
from disputekit.run import Run
from disputekit.sections import Section
from disputekit.text import Phrase, Text

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks.vocabulary import Vocabulary
    from disputekit.oracles.case import Case
    from disputekit.reports.assessed import Assessed

__all__ = [
    "Batch",
    "Candidate",
    "Check",
    "Command",
    "EmergencyTrigger",
    "EvaluationExport",
    "Firing",
    "FollowUp",
    "NotLooked",
    "PolicyPacks",
    "Rating",
    "Reads",
    "Records",
    "ReportSection",
    "RiskDetector",
    "RiskPoint",
    "RuleKind",
    "Situation",
    "TrainingRecords",
    "Undecided",
    "bundled_pack",
    "judged_by",
    "python_check",
]  # fmt: skip


@dataclass(frozen=True)
class Records:
    """Records about a subject that a query reads itself: a table, and the columns of it that it needs.

    if_supplied: the query does without the table or a column where nobody supplies it, and asks the vocabulary whether it is there.
    where: a condition of the rule over the table's columns, which are read as well.
    by: of a table whose rows name no subject, the column that says whose a row is: the query looks at it for that one alone. None: it may look at
        all rows, whomever they are about, so that examples of a pack that differ in them are tried apart.
    """

    table: str
    columns: tuple[str, ...] = ()
    if_supplied: bool = False
    where: str | None = None
    by: str | None = None


@dataclass(frozen=True)
class Reads:
    """What a check, detector or section reads. Only this is loaded, pivoted and put before its query.

    subject: the table whose rows are judged.
    columns: of the subject, or of a parent (`contract.line`); `columns_if_supplied`: those that the query does without, and asks for.
    moments: milestones and record moments; `repeated`: those of which a later occurrence than the first may be the one meant.
    either: names that only the register tells apart: a column of the subject or a parent, a record table's column (`events.activity`)
        or, where it is none of these, a moment; the core finds out which.
    pauses: pairs of moments between which a clock stands still; both are among `repeated`.
    records: record tables that the query reads by itself.
    sorts: sorts of record (`payments.benefit`) or whole record tables (`payments`), each by its main moment.
    texts: those of `columns` and `either` that must be columns that hold text; a control is refused where one holds anything else.
    """

    subject: str = "disputes"
    columns: tuple[str, ...] = ()
    moments: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    either: tuple[str, ...] = ()
    pauses: tuple[tuple[str, str], ...] = ()
    records: tuple[Records, ...] = ()
    sorts: tuple[str, ...] = ()
    columns_if_supplied: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    def __add__(self, other: "Reads") -> "Reads":
        def joined(*many: Iterable[Any]) -> tuple[Any, ...]:
            return tuple(dict.fromkeys(x for one in many for x in one))

        return Reads(self.subject, joined(self.columns, other.columns), joined(self.moments, other.moments),
                     joined(self.repeated, other.repeated), joined(self.either, other.either), joined(self.pauses, other.pauses),
                     joined(self.records, other.records), joined(self.sorts, other.sorts),
                     joined(self.columns_if_supplied, other.columns_if_supplied), joined(self.texts, other.texts))  # fmt: skip


@dataclass(frozen=True)
class RuleKind:
    """A kind of control that packs may use.

    name: what `kind` says in a pack. fields: a subclass of `Rule`.
    reads: what a rule of this kind reads (the core adds what its `where` reads).
    query: one SELECT over the subjects with the columns of a result (docs: rule kinds), built with the vocabulary. A subject has one row; or
        several, each a finding of its own `occurrence`, with a column `subjects` that is 1 in the row whose verdict counts and 0 in the others.
    oracle: the same decision for one subject by a plain walk over its facts; it shares no code with `query`.
    start: the moment at which a rule's clock or window begins, on whose day the organisation's phase is looked at; None: the subject's life.
    counted: the periods of a rule that can't be in every unit, and in which they may be; packs are refused where they are in another one.
    evidence: what shows that a rule is kept: names of moments, columns, sorts of record (`payments.benefit`) or columns of one
        (`notices.refusal.contents`). The agenda asks for it by these.
    asked, found: how `explain` tells a rule and one subject: what is asked, in a sentence, and what was found, step by step. The kinds of the
        core are told by the core itself.
    """

    name: str
    fields: type[Rule]
    reads: Callable[[Any], Reads]
    query: "Callable[[Any, Vocabulary], exp.Select]"
    oracle: "Callable[[Any, Case], Verdict] | None" = None
    start: Callable[[Any], str | None] | None = None
    counted: Callable[[Any], Iterable[Counted]] | None = None
    evidence: Callable[[Any], tuple[str, ...]] | None = None
    asked: "Callable[[Any, Case], Phrase] | None" = None
    found: "Callable[[Any, Case], Iterable[Phrase]] | None" = None


@dataclass(frozen=True)
class Check:
    """One control made ready: what it reads, and the query that decides it for every subject at once.

    optional: evaluated only where everything that it reads is supplied; else the manifest lists it as unchecked, and nothing is unknown.
    grouped: a row of its query stands for as many subjects as its column `subjects` says, and `subject` names the group. The rows must
    cover all subjects of the table. No facts are built for it and no row is known by its place, so that it may judge a table of many
    millions of records; it reads nothing but `records`, and has no `where`.
    evidence: as of a rule kind. judge: of a check written in Python, see `python_check`.
    """

    id: str
    title: Text
    severity: Severity
    basis: Basis
    remedy: Text
    reads: Reads
    query: "Callable[[Vocabulary], exp.Select]"
    cite: str | None = None
    practice: str | None = None
    where: str | None = None
    optional: bool = False
    grouped: bool = False
    evidence: tuple[str, ...] = ()
    judge: "Judge | None" = None


Batch = Sequence[Mapping[str, Any]]
"""Some of the subjects, each as a mapping: `subject`, `unit`, `handler`, each column and each moment that is read (None where it is empty, a `date`
where only the day is known, `REJECTED` where it couldn't be read), and under the name of each table of `reads.records` its records."""
Judge = Callable[[Iterator[Batch]], Iterable[Judged]]
"""Gets all subjects that a check concerns, batch by batch in their order, and gives at most one verdict on each, in any order."""


def judged_by(check: str) -> str:
    """The table that holds what a check's own code said."""
    return f"judged {check}"


_JUDGED = """
    select s.subject, s.unit, s.handler, j.started_at, j.due_on, j.done_at, j.observed, j.expected,
           case when s.concerned is null then 'unknown: condition'
                when j.subject is null then 'unknown: not judged'
                when j.reason = '' then j.outcome
                else j.outcome || ': ' || j.reason end as verdict
    from subject as s left join $judged as j on j.subject = s.subject"""


def python_check(
    id: str, title: Text, severity: Severity, basis: Basis, remedy: Text, reads: Reads, judge: Judge, *,  # noqa: A002 — as of Check
    cite: str | None = None, practice: str | None = None, where: str | None = None, evidence: tuple[str, ...] = (),
) -> Check:  # fmt: skip
    """A check whose decision is Python code: `judge` gets the subjects in batches, so that memory stays bounded, and gives verdicts.

    A subject on which it says nothing is `unknown` (not judged), never a pass. Where it raises, gives something else than `Judged`, two
    verdicts on a subject or one on a subject that it wasn't asked about, the whole control is an error, and all its subjects are unknown.
    What it said is kept in the assessment, and the manifest names the code with the hash of its package's files. Prefer a query: it judges
    millions at once, and a stranger can run it again.
    """

    def query(sql: "Vocabulary") -> "exp.Select":
        return sql.pipeline(sql.fill(_JUDGED, judged=sql.step(judged_by(id))), subject=sql.subjects())

    return Check(id, title, severity, basis, remedy, reads, query, cite=cite, practice=practice, where=where, evidence=evidence, judge=judge)


@dataclass(frozen=True)
class PolicyPacks:
    """A pack's folder, or a folder in which each folder is a pack."""

    folder: Path


def bundled_pack(name: str) -> PolicyPacks:
    """A pack that comes with disputekit: from the installed package, or from the source tree."""
    installed = Path(__file__).parent / "packs"
    return PolicyPacks((installed if installed.is_dir() else Path(__file__).parents[2] / "policies") / name)


@dataclass(frozen=True)
class Command:
    """A command that a plugin adds. It is imported only when it is called: `module:function` names a click command.

    alone: it needs no project, and is there where none is: whoever gets something from an insurer has no project.
    """

    name: str
    target: str
    help: Text
    alone: bool = False


@dataclass(frozen=True)
class FollowUp:
    """What `check` does with an assessment that it has written, where the option `--<name>` is given.

    target: `module:function`, imported only then. It gets the session of the command line and the assessment's folder, gives what is to be
    told, and raises DisputekitError where it couldn't do everything, which makes the exit code 2.
    """

    name: str
    target: str
    help: Text


class Candidate(BaseModel):
    """A scope in which a detector looked, and what it saw there, whether or not it stands out. The core corrects `p` over all of a run.

    kind: what sort of risk it would be. scope: where, the same from one assessment to the next (`unit_id=U101`). n: how many were looked at.
    observed, expected: in the same measure. interval: the 95 % confidence interval of what `observed` estimates. test: the name of the test
    that `p` is of. tests: how many tests stand behind this one `p`, for which the detector has corrected it already. p None: a measure that
    isn't a test; it stands out by being given. family: candidates of a detector that name the same one share these tests, which are counted
    once. weight: the part of the run's error that these tests get, in proportion to all others (Genovese, Roeder and Wasserman 2006); it must
    come from what is known without the outcome (how large a group is), never from `observed` or `p`. people, money: how many customers and how
    much it concerns, as far as is known. subjects: examples, keys of `table`. controls: the ids of controls that answer it. figures: further
    figures by name. what: one sentence.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    scope: str
    n: int
    observed: float
    expected: float
    interval: tuple[float | None, float | None] | None = None
    p: float | None = Field(default=None, ge=0, le=1)
    test: str | None = None
    tests: int = Field(default=1, ge=1)
    family: str | None = None
    weight: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    people: int | None = None
    money: Decimal | None = None
    table: str = "disputes"
    subjects: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    figures: Mapping[str, str | int | float | None] = {}
    what: Text | None = None

    @property
    def excess(self) -> float:
        """How many times what was expected was observed; where nothing was expected, what was observed."""
        return self.observed / self.expected if self.expected else self.observed


class Rating(BaseModel):
    """How much a risk point weighs: likelihood and impact from 1 to 5, and the level that both come to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    likelihood: int = Field(ge=1, le=5)
    impact: int = Field(ge=1, le=5)
    level: Severity


Trend = Literal["new", "rising", "steady", "falling"]


class RiskPoint(Candidate):
    """A candidate that stands out after the correction. detector, plugin: who found it. q: `p` corrected over all tests of the run.

    likelihood, impact, level: as the detector rates it; None where it doesn't. trend: against the same point of the previous assessment, None
    where there is no previous one.
    """

    detector: str
    plugin: str
    q: float | None = None
    likelihood: int | None = None
    impact: int | None = None
    level: Severity | None = None
    trend: Trend | None = None

    @property
    def name(self) -> str:
        """By which it is known from one assessment to the next."""
        return f"{self.detector}/{self.scope}"


@dataclass(frozen=True)
class NotLooked:
    """A part of the portfolio in which a detector couldn't look, and why: never the same as one without risk."""

    scope: str
    why: Text | Phrase


@dataclass(frozen=True)
class RiskDetector:
    """Looks at the whole portfolio: SQL aggregates, Python judges the few rows that come back (as mappings).

    judge: gives a candidate for everything that it tested, and what it couldn't look at. rate: weighs a candidate that stands out, given its q.
    alpha: the q up to which a candidate stands out. breaches: the query may read the step `breaches` (subject: disputes of which a finding of a
    control of high or critical severity failed).
    """

    name: str
    title: Text
    reads: Reads
    aggregate: "Callable[[Vocabulary], exp.Select]"
    judge: Callable[[Sequence[Mapping[str, Any]], Run], Iterable[Candidate | NotLooked]]
    rate: Callable[[Candidate, float | None], Rating] | None = None
    alpha: float = 0.05
    breaches: bool = False


class Firing(BaseModel):
    """A plan that is to be activated. `key` doesn't depend on as-of: the same cause fires once, however often it is seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plan: str
    key: str
    level: str
    facts: Mapping[str, str | int | float | None] = {}


class Undecided(BaseModel):
    """What a trigger can't tell: with what is unknown it might fire, and without it doesn't. number: how many rows or cases are concerned."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: Text
    number: int | None = None


@dataclass(frozen=True)
class Situation:
    """What a trigger compares with its plan.

    rows: what its own query gave, as mappings. tallies: of every control, how many subjects came to each outcome. points: the risk points.
    """

    rows: Sequence[Mapping[str, Any]]
    tallies: Mapping[str, Mapping[str, int]]
    points: Sequence[RiskPoint]


@dataclass(frozen=True)
class EmergencyTrigger:
    """Compares what was found with a plan. `fires` is pure: it gets the situation and the run, and gives firings and what it can't tell.

    Whatever a trigger says it reads and isn't there is told as not looked at, and `fires` isn't called: silence must not pass for calm.

    reads: of the register, before `aggregate`. aggregate: one SELECT that gives few rows: over the subjects that it reads, or, where it reads
    no more than findings, over `sql.step("findings")` with the columns control, subject, outcome, reason, unit, waived.
    where: one condition over the subjects, as of a control. controls: whose tallies or findings it reads. detectors: whose risk points.
    draft: known but not switched on, so that it is listed and never run. definition: a hash of what it was made of.
    """

    name: str
    title: Text
    plan: str
    fires: Callable[[Situation, Run], Iterable[Firing | Undecided]]
    reads: Reads | None = None
    aggregate: "Callable[[Vocabulary], exp.Select] | None" = None
    where: str | None = None
    controls: tuple[str, ...] = ()
    detectors: tuple[str, ...] = ()
    draft: bool = False
    definition: str | None = None


@dataclass(frozen=True)
class EvaluationExport:
    """Writes a part of what is handed to an assessor into an empty folder, from the folder of an assessment."""

    name: str
    title: Text
    write: Callable[[Path, Path, Run], None]


@dataclass(frozen=True)
class ReportSection:
    """A section of the report: its title, and how it is made of an assessment that is complete.

    make: gets what was assessed (its manifest, and its findings by SQL) and the run. part: `body`, or `annex` for what comes after all of it.
    reads, query: what the section needs of the register itself. The query runs with the checks, and its rows are kept with the assessment as
        a table of the section's name, which `make` may ask. Its order must be one: it is sorted by all its columns. Where what it reads isn't
        supplied there is no such table. A column `unit` says whose report a row is for.
    """

    name: str
    title: Text | Phrase
    make: "Callable[[Assessed, Run], Section]"
    part: Literal["body", "annex"] = "body"
    reads: Reads | None = None
    query: "Callable[[Vocabulary], exp.Select] | None" = None


@dataclass(frozen=True)
class TrainingRecords:
    """Staff or training rows from another system: which table they go into, and the reader and settings that fetch them.

    source: None for a reader that is registered: the settings' `format`, else by the file's ending, as for any table of the register.
    """

    table: Literal["staff", "training"]
    source: Source | None = None
    settings: SourceSettings = field(default_factory=SourceSettings)
