"""What lies where in a package, and the package's own manifest: what is in it, how many of each, and what was left out."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from disputekit import Phrase, say
from disputekit_evaluation.profile import Profile, Treatment

PAYLOAD = Path("data")
"""Below it lies everything that is handed over; above it only what BagIt and the reader need."""
MANIFEST = PAYLOAD / "package.json"
ASSESSMENT = PAYLOAD / "assessment"
"""The assessment's folder as any other: `assessment.json`, `findings/`, `queries/`, `calendar.parquet`, `subjects/`, the report."""
REGISTER = ASSESSMENT / "register"
"""The pseudonymised register, `<table>.parquet`, as the packaged SQL reads it."""
PACKS = PAYLOAD / "packs"
PARTS = PAYLOAD / "parts"
"""What plugins hand over through `evaluation_exports`: `parts/<export>/`."""
TABLES = PAYLOAD / "tables"
"""Tallies, findings, risk points, firings of plans: each as Parquet and as CSV."""
PUBLIC = ("disputes", "controls", "outcomes")
"""The tables of a public variant."""
WORKBOOK = TABLES / "tables.xlsx"
"""The tables of a public variant once more."""
OSCAL = PAYLOAD / "oscal" / "assessment-results.json"
DATAPACKAGE = PAYLOAD / "datapackage.json"
README = Path("README.md")
TAGMANIFEST = Path("tagmanifest-sha256.txt")
SIGNATURE = Path("tagmanifest-sha256.txt.sig")
NAMESPACE = "disputekit-evaluation"
"""The namespace of the signature: one made for another purpose doesn't verify (PROTOCOL.sshsig)."""
FORMAT: Literal["disputekit-package-1"] = "disputekit-package-1"


class Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Range(Frozen):
    """The smallest and largest value of a date or instant, as text; None where the column is empty."""

    column: str
    least: str | None
    most: str | None


class TableGiven(Frozen):
    """A Parquet file of the package: its rows, and the ranges of its dates."""

    path: str
    rows: int
    ranges: tuple[Range, ...] = ()


class ColumnTreated(Frozen):
    """What was done to a column of the register, and about how many different values it has. theirs: its name in the source."""

    table: str
    column: str
    theirs: str
    type: str
    treatment: Treatment
    values: int


class Source(Frozen):
    """A file that the register was read from: its name in the package (its own might name a person), and the hash of its bytes."""

    table: str
    name: str
    sha256: str
    rows: int


class Part(Frozen):
    """What a plugin handed over, or why it didn't."""

    plugin: str
    name: str
    files: int
    error: str | None = None


class Suppression(Frozen):
    """How the counts of a public variant are kept from telling of anybody. by: what disputes are counted by, of what was named; the first says by
    what controls are. merged: how many values of each went together. width: of the bounds of a suppressed count, at the least."""

    by: tuple[str, ...]
    dropped: tuple[str, ...]
    merged: Mapping[str, int]
    smallest: int
    k: int
    width: int
    counts: int
    suppressed: int


class Package(Frozen):
    """`package.json`.

    assessment_sha256: of the insurer's own `assessment.json`, which isn't in the package and names its subjects. previous_sha256: of the
    assessment before it. packs: the hash of each pack's files as they were in force; `redacted` those of which a literal was replaced.
    public: only aggregates are in it, and `suppression` says what was done to them. sealed_sha256: of the list of who is who, which isn't in it either.
    """

    format: Literal["disputekit-package-1"] = FORMAT
    as_of: date
    organisation: str
    assessment_sha256: str
    previous_sha256: str | None
    versions: Mapping[str, str]
    profile: Profile
    profile_sha256: str
    public: bool
    suppression: Suppression | None = None
    sealed_sha256: str | None = None
    tables: tuple[TableGiven, ...]
    findings: Mapping[str, int] = {}
    columns: tuple[ColumnTreated, ...] = ()
    sources: tuple[Source, ...] = ()
    packs: Mapping[str, str] = {}
    redacted: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()

    def written(self) -> str:
        return self.model_dump_json(indent=1) + "\n"


TREATED: Mapping[Treatment, Phrase] = {
    "keep": say("as they are"), "pseudonym": say("pseudonyms for identifiers"), "name": say("pseudonyms for names"), "year": say("only the year"),
    "mask": say("text with what identifies people masked"), "presence": say("only whether there is one"),
}  # fmt: skip


def would_be_handed_over(package: Package) -> Iterator[Phrase]:
    """What is in a package and what was done to it, line by line, for whoever answers for handing it over."""
    p = package.profile
    yield say("To {recipient}, for {purpose}, on the ground of {basis}, until {day}", recipient=p.recipient, purpose=p.purpose, basis=p.legal_basis,
              day=p.expires_on)  # fmt: skip
    if package.suppression is not None:
        yield from told_of(package.suppression)
    for table in package.tables:
        yield say("{path}: {rows} rows", path=table.path, rows=table.rows)
    for column in package.columns:
        yield say("{table}.{column}: {values} values, {treated}", table=column.table, column=column.column, values=column.values,
                  treated=TREATED[column.treatment])  # fmt: skip
    for path in package.redacted:
        yield say("{path}: something in it is masked", path=path)
    for control in p.without:
        yield say("{control}: without what it found", control=control)
    for part in package.parts:
        if part.error is None:
            yield say("{name} of {plugin}: {files} files", name=part.name, plugin=part.plugin, files=part.files)


def told_of(found: Suppression) -> Iterator[Phrase]:
    """What was done to the counts of a public variant."""
    yield say("{suppressed} of {counts} counts are suppressed", suppressed=found.suppressed, counts=found.counts)
    for name, values in found.merged.items():
        yield say("{name}: {values} values are counted among the others", name=name, values=values)
    for name in found.dropped:
        yield say("{name}: too few disputes to count them by it", name=name)
