"""Making reports of an assessment and writing them: one of the whole organisation, of a unit, or one for each unit."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from uuid import uuid4

from disputekit.assess import Engine
from disputekit.assessment.diff import diff
from disputekit.assessment.difference import Difference
from disputekit.assessment.manifest import FILE, Manifest, read_manifest
from disputekit.config import Project
from disputekit.errors import AssessmentError, Problem
from disputekit.plugins import Failure
from disputekit.reports import html, plain
from disputekit.reports.asked import Asked, asked
from disputekit.reports.assessed import MOST
from disputekit.reports.made import Report, make_report
from disputekit.reports.reading import Reader, opened
from disputekit.reports.reworded import Rewrite, reworded
from disputekit.reports.workbook import write_workbook
from disputekit.text import Language

HTML = "report.html"
UNITS = "units"
"""The folder of the units' reports, in that of the assessment."""
WRITERS: Mapping[str, Callable[[Report, Language, Path], None]] = MappingProxyType({
    "html": lambda report, language, path: _put(html.written(report, language), path),
    "xlsx": write_workbook,
    "json": lambda report, language, path: _put(plain.written(report, language), path),
})  # fmt: skip
"""How each form is written."""


@dataclass(frozen=True)
class Wanted:
    """What a report is to be. most: rows of each listing. previous: the folder of the assessment that it is compared with.

    insist: it is an error if it can't be compared with that; else the report says so.
    trusted: the assessment was written a moment ago, so that its parts needn't be compared with their hashes.
    rewrite: gives what is to stand for what plugins say in their sections.
    """

    language: Language
    forms: tuple[str, ...] = ("html",)
    most: int = MOST
    unit: str | None = None
    previous: Path | None = None
    insist: bool = False
    engine: Engine = field(default_factory=Engine)
    trusted: bool = False
    rewrite: Rewrite | None = None


def write_report(folder: Path, out: Path, wanted: Wanted, project: Project | None = None) -> tuple[Failure, ...]:
    """Writes the report of an assessment to `out`, several forms each with its own ending; returns the sections that couldn't be made.

    The report names these, too. Several forms at once cost little more than one: the sections are made only once.

    Raises DisputekitError for a folder that isn't an assessment as it was written, and for a unit that isn't there.
    """
    with opened(folder, engine=wanted.engine, trusted=wanted.trusted) as reader:
        report = _made(reader, folder, wanted, asked(reader.manifest, project, wanted.language), wanted.unit)
        for form, path in paths(out, wanted.forms).items():
            WRITERS[form](report, wanted.language, path)
        return report.failures


def paths(out: Path, forms: Sequence[str]) -> dict[str, Path]:
    """Where each form is written: to the file that was named, or beside it with an ending of its own."""
    if len(forms) == 1:
        return {forms[0]: out}
    plain_name = out.stem if out.suffix.removeprefix(".") in WRITERS else out.name
    return {form: out.with_name(f"{plain_name}.{form}") for form in forms}


def own_file(folder: Path, unit: str | None, form: str) -> Path:
    """Where a report is written unless told: in the assessment's folder, a unit's in a folder of its own there."""
    return folder / f"report.{form}" if unit is None else folder / UNITS / f"{_file_name(unit, [])}.{form}"


def write_by_unit(folder: Path, out: Path, wanted: Wanted, project: Project | None = None) -> Iterator[tuple[str, tuple[Failure, ...]]]:
    """Writes a report for each unit that has a dispute or a finding, itself or below it, to the folder `out`: gives the unit, and what failed."""
    with opened(folder, engine=wanted.engine, trusted=wanted.trusted) as reader:
        reader.keep_by_unit()
        found = asked(reader.manifest, project, wanted.language)
        names: list[str] = []
        for unit in reader.units(busy=True):
            report = _made(reader, folder, wanted, found, unit)
            names.append(_file_name(unit, names))
            for form in wanted.forms:
                WRITERS[form](report, wanted.language, out / f"{names[-1]}.{form}")
            yield unit, report.failures


def _made(reader: Reader, folder: Path, wanted: Wanted, found: Asked, unit: str | None) -> Report:
    change = _compared(folder, wanted) if unit is None else None
    report = make_report(reader.of(unit, most=wanted.most, change=change), found.run, found.sections, found.failures, found.lacking)
    return report if wanted.rewrite is None else reworded(report, wanted.rewrite)


def _compared(folder: Path, wanted: Wanted) -> Difference | Problem | None:
    if wanted.previous is None:
        return None
    try:
        return diff(wanted.previous, folder, wanted.most)
    except AssessmentError as bad:
        if wanted.insist:
            raise
        return bad.problems[0]


def previous_beside(folder: Path, manifest: Manifest) -> Path | None:
    """The assessment before, where it lies beside this one and is still the one that was seen; None where it isn't there."""
    if manifest.previous is None:
        return None
    for path in sorted(folder.resolve().parent.iterdir()):
        if path.name.startswith(".") or not (path / FILE).is_file():
            continue
        try:
            if read_manifest(path)[1] == manifest.previous.sha256:
                return path
        except AssessmentError:
            continue
    return None


def _put(text: str, path: Path) -> None:
    """Writes a file whole: whoever looks sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid4().hex[:8]}.partial")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _file_name(unit: str, taken: list[str]) -> str:
    """A unit's name as a file may have it, and as no other file has."""
    plain_name = "".join(c if c.isalnum() or c in "-_" else "_" for c in unit)[:80]
    found, number = plain_name if plain_name else "_", 1
    while found.lower() in [t.lower() for t in taken]:
        number += 1
        found = f"{plain_name}-{number}"
    return found
