"""`disputekit check`."""

from datetime import datetime
from functools import partial
from pathlib import Path

import click

from disputekit.cli import Session, brought, imported
from disputekit.policies.model import SEVERITIES, Severity


class _Check(click.Command):
    """`check` with an option for each thing that the project's plugins offer to do afterwards."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        after = [click.Option([f"--{f.name}"], is_flag=True, expose_value=False, callback=partial(_wanted, f.target), help=f"{f.help.en}. {f.help.zh}。")
                 for f in brought(ctx, "register_follow_ups")]  # fmt: skip
        return [*super().get_params(ctx), *after]


AFTER = "disputekit.cli.check.after"
"""Where the context of the command keeps what is to be done afterwards."""


def _wanted(target: str, ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        ctx.meta.setdefault(AFTER, []).append(target)


@click.command(cls=_Check, epilog="Example 例: disputekit check --as-of 2026-06-30 --out assessments/june")
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), default=None, help="The day to check, evaluated at its end. 截至日。 [default: today 今天]"
)
@click.option("--out", type=click.Path(path_type=Path), default=None,
              help="The assessment's folder. 评估文件夹。 [default: assessments/<as-of> beside the project]")  # fmt: skip
@click.option("--replace", is_flag=True, help="Replace an assessment that is there already. 覆盖已有评估。")
@click.option("--previous", type=click.Path(path_type=Path, exists=True), default=None,
              help="The assessment before this one. 上一次评估。 [default: the newest of a day before, beside --out]")  # fmt: skip
@click.option("--baseline", type=click.Path(path_type=Path, exists=True, file_okay=False), default=None,
              help="An older assessment: only what is new or worse than there fails. 基准评估：仅新增或恶化的计入退出码。")  # fmt: skip
@click.option("--locked", is_flag=True, help="Refuse to run if anything isn't as in disputekit.lock (see: policy lock). 与锁定文件不符则拒绝运行。")
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    default="high",
    show_default=True,
    help="The least severity that counts for the exit code. 计入退出码的最低级别。",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What goes to stdout. 输出格式。")
@click.option("--no-report", is_flag=True, help="Don't make the report (report.html); `disputekit report` makes it later. 不生成报告。")
@click.option("--threads", type=click.IntRange(1), default=None, help="How many threads the engine may use. 线程数。 [default: all cores 全部]")
@click.option("--memory-limit", default=None, metavar="SIZE", help="How much memory the engine may use, e.g. 1GiB; the rest goes to disk. 内存上限。")
@click.pass_obj
def check(
    session: Session, as_of: datetime | None, out: Path | None, replace: bool, previous: Path | None, baseline: Path | None, locked: bool, fail_on: Severity,
    form: str, no_report: bool, threads: int | None, memory_limit: str | None,
) -> None:  # fmt: skip
    """Check every dispute against the enabled packs, and write an assessment.

    按启用的规则包逐案检查，生成评估文件夹（assessment.json、findings/、queries/、report.html 等）。

    Exit codes 退出码: 0 nothing at or above --fail-on; 1 something; 2 something that was asked for couldn't be evaluated, which wins over 1.
    With --baseline, 1 is for what is new or worse than there, what is no longer checked or read among it; what was known before is shown and
    counted. 2 stays 2. 使用 --baseline 时，1 仅指新增、恶化或检查、读取范围缩小；原有的仍显示并计数。2 不受影响。
    """
    from disputekit.assess import Engine
    from disputekit.cli.running import against_baseline, as_json, check_baseline, run_check

    project = session.project()
    if locked:
        from disputekit.policies.lock import held

        project = held(project)
    said = session.said(project)
    day = as_of.date() if as_of is not None else datetime.now(project.zone).date()
    place = out if out is not None else project.folder / "assessments" / day.isoformat()
    if baseline is not None:
        check_baseline(baseline, project, day, place)
    manifest, conclusion = run_check(project, day, place, said, fail_on, Engine(threads, memory_limit), previous, replace, session.language,
                                     not no_report)  # fmt: skip
    if baseline is not None:
        conclusion = against_baseline(conclusion, baseline, place, fail_on)
    if form == "json":
        click.echo(as_json(manifest, conclusion))
    else:
        from disputekit.cli.summary import show

        show(manifest, conclusion, place, said, session.language or project.file.organisation.language)
    for target in click.get_current_context().meta.get(AFTER, []):
        for told in imported(target, target)(session, place):
            click.echo(said(told), err=form == "json")
    raise click.exceptions.Exit(conclusion.exit_code)
