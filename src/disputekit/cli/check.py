"""`disputekit check`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from disputekit.assess import Engine, assess
from disputekit.assessment.conclusion import Conclusion, conclude
from disputekit.assessment.folder import newest_before
from disputekit.assessment.manifest import Manifest
from disputekit.checks.stage import Progress
from disputekit.cli import Session
from disputekit.config import Project
from disputekit.policies.model import SEVERITIES, Severity
from disputekit.text import Phrase, Said


@click.command(epilog="Example 例: disputekit check --as-of 2026-06-30 --out assessments/june")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), default=None, help="The day to check, evaluated at its end. 截至日。 [default: today 今天]")
@click.option("--out", type=click.Path(path_type=Path), default=None,
              help="The assessment's folder. 评估文件夹。 [default: assessments/<as-of> beside the project]")  # fmt: skip
@click.option("--replace", is_flag=True, help="Replace an assessment that is there already. 覆盖已有评估。")
@click.option("--previous", type=click.Path(path_type=Path, exists=True), default=None,
              help="The assessment before this one. 上一次评估。 [default: the newest of a day before, beside --out]")  # fmt: skip
@click.option("--locked", is_flag=True, help="Refuse to run if anything isn't as in disputekit.lock (see: policy lock). 与锁定文件不符则拒绝运行。")
@click.option("--fail-on", type=click.Choice(SEVERITIES), default="high", show_default=True, help="The least severity that counts for the exit code. 计入退出码的最低级别。")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What goes to stdout. 输出格式。")
@click.option("--threads", type=click.IntRange(1), default=None, help="How many threads the engine may use. 线程数。 [default: all cores 全部]")
@click.option("--memory-limit", default=None, metavar="SIZE", help="How much memory the engine may use, e.g. 1GiB; the rest goes to disk. 内存上限。")
@click.pass_obj
def check(
    session: Session, as_of: datetime | None, out: Path | None, replace: bool, previous: Path | None, locked: bool, fail_on: Severity, form: str,
    threads: int | None, memory_limit: str | None,
) -> None:  # fmt: skip
    """Check every dispute against the enabled packs, and write an assessment.

    按启用的规则包逐案检查，生成评估文件夹（assessment.json、findings/、queries/ 等）。

    Exit codes 退出码: 0 nothing at or above --fail-on; 1 something; 2 something that was asked for couldn't be evaluated, which wins over 1.
    """
    project = session.project()
    if locked:
        from disputekit.policies.lock import held

        project = held(project)
    said = session.said(project)
    day = as_of.date() if as_of is not None else datetime.now(project.zone).date()
    place = out if out is not None else project.folder / "assessments" / day.isoformat()
    manifest, conclusion = run_check(project, day, place, said, fail_on, Engine(threads, memory_limit), previous, replace, session.language)
    if form == "json":
        click.echo(as_json(manifest, conclusion))
    else:
        from disputekit.cli.summary import show

        show(manifest, conclusion, place, said, session.language or project.file.organisation.language)
    raise click.exceptions.Exit(conclusion.exit_code)


def run_check(
    project: Project, as_of: date, out: Path, said: Said, fail_on: Severity = "high", engine: Engine = Engine(),  # noqa: B008 — frozen
    previous: Path | None = None, replace: bool = False, language: Any = None,
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
