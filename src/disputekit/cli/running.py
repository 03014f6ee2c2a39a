"""Running the main job from the command line: its progress, and what it came to."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from disputekit.assess import Engine, assess
from disputekit.assessment.conclusion import Conclusion, conclude
from disputekit.assessment.folder import newest_before
from disputekit.assessment.manifest import Manifest
from disputekit.checks.stage import Progress
from disputekit.config import Project
from disputekit.policies.model import Severity
from disputekit.text import Language, Phrase, Said


def run_check(
    project: Project, as_of: date, out: Path, said: Said, fail_on: Severity = "high", engine: Engine = Engine(),  # noqa: B008 — frozen
    previous: Path | None = None, replace: bool = False, language: Language | None = None,
) -> tuple[Manifest, Conclusion]:  # fmt: skip
    """The main job with its progress shown on stderr."""
    before = previous if previous is not None else newest_before(as_of, out.parent, out)
    with shown_progress(said) as progress:
        manifest = assess(project, as_of, out, engine=engine, previous=before, replace_existing=replace, language=language, progress=progress)
    return manifest, conclude(manifest, fail_on, project.file.limits)


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
    whole = {"conclusion": {"exit_code": conclusion.exit_code, "failing": list(conclusion.failing), "why": [str(w) for w in conclusion.why]},
             "assessment": manifest.model_dump(mode="json")}  # fmt: skip
    return json.dumps(whole, ensure_ascii=False, indent=1)
