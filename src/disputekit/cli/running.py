"""Running the main job from the command line: its progress, and what it came to."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace as replaced
from datetime import date
from pathlib import Path

from disputekit.assess import Engine, assess
from disputekit.assessment.conclusion import NOT_EVALUATED, Against, Conclusion, conclude
from disputekit.assessment.diff import comparable, diff
from disputekit.assessment.folder import newest_before, spoilt
from disputekit.assessment.manifest import Manifest, read_manifest
from disputekit.assessment.worse import against
from disputekit.checks.stage import Progress
from disputekit.cli import Session
from disputekit.config import FILE, Project
from disputekit.errors import AssessmentError
from disputekit.policies.model import Severity
from disputekit.reports.write import HTML, Wanted, write_report
from disputekit.text import Language, Phrase, Said, say


def run_check(
    project: Project, as_of: date, out: Path, said: Said, fail_on: Severity = "high", engine: Engine = Engine(),  # noqa: B008 — frozen
    previous: Path | None = None, replace: bool = False, language: Language | None = None, report: bool = True,
) -> tuple[Manifest, Conclusion]:  # fmt: skip
    """The main job with its progress shown on stderr, and with the report, unless told otherwise.

    A section of the report that can't be made is a reason for which not everything could be evaluated.
    """
    before = previous if previous is not None else newest_before(as_of, out.parent, out)
    with shown_progress(said) as progress:
        manifest = assess(project, as_of, out, engine=engine, previous=before, replace_existing=replace, language=language, progress=progress)
        concluded = conclude(manifest, fail_on, project.file.limits)
        if not report:
            return manifest, concluded
        progress(say("Making the report"), 0, 0)
        wanted = Wanted(language if language is not None else project.file.organisation.language, previous=before, engine=engine, trusted=True)
        failures = write_report(out, out / HTML, wanted, project)
    # a hook that fails is an error of the assessment already
    known = {(e.plugin, e.where) for e in manifest.errors}
    why = tuple(say("a section of the report couldn't be made: {what}", what=str(f.problem)) for f in failures if (f.plugin, f.where) not in known)
    return manifest, replaced(concluded, exit_code=NOT_EVALUATED, why=(*concluded.why, *why)) if why else concluded


def check_baseline(baseline: Path, project: Project, as_of: date, out: Path) -> None:
    """Refuses a baseline with which what is about to be checked can't be compared, before the work begins. Raises AssessmentError."""
    if baseline.resolve() == out.resolve():
        raise AssessmentError.at(str(baseline), say("the baseline would be replaced by what is held against it"), say("Choose another --out"))
    old, _ = read_manifest(baseline)
    comparable(out, old, project.organisation.name, as_of)
    wrong = list(spoilt(baseline, old))
    if wrong:
        raise AssessmentError(*wrong)


def against_baseline(conclusion: Conclusion, baseline: Path, out: Path, fail_on: Severity) -> Conclusion:
    """What a check comes to where only what is new or worse than in a baseline counts."""
    return against(conclusion, diff(baseline, out, 0), fail_on)


def assessment_and_language(session: Session, assessment: Path | None) -> tuple[Path, Language, Said]:
    """An assessment that a command is to read, and how to speak of it (`Session.place`)."""
    return session.place(assessment)


def project_at_hand(session: Session) -> Project | None:
    """The project, where there is one; a report or a list can be made without."""
    return session.project() if session.path.is_file() or (session.path / FILE).is_file() else None


@contextmanager
def shown_progress(said: Said) -> Iterator[Progress]:
    """A progress bar on a terminal; nothing where stderr is a file or a pipe."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def told(what: Phrase, done: int, steps: int) -> None:
            bar.update(task, description=said(what), completed=done, total=steps if steps else None)

        yield told


def as_json(manifest: Manifest, conclusion: Conclusion) -> str:
    """The manifest and what it comes to, as one JSON object."""
    whole = {"conclusion": {"exit_code": conclusion.exit_code, "failing": list(conclusion.failing), "why": [str(w) for w in conclusion.why],
                            **({"against": _against(conclusion.against)} if conclusion.against is not None else {})},
             "assessment": manifest.model_dump(mode="json")}  # fmt: skip
    return json.dumps(whole, ensure_ascii=False, indent=1)


def _against(baseline: Against) -> dict[str, object]:
    return {"as_of": baseline.as_of.isoformat(), "sha256": baseline.sha256, "new_or_worse": dict(baseline.counts), "known": baseline.known,
            "worse": [str(w) for w in baseline.worse]}  # fmt: skip
