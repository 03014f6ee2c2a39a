"""`disputekit report`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from disputekit.cli import Session
from disputekit.text import Language, say

if TYPE_CHECKING:
    from disputekit.plugins import Failure


@click.command(epilog="Example 例: disputekit report assessments/2026-06-30 --language en")
@click.argument("assessment", type=click.Path(path_type=Path, exists=True, file_okay=False), required=False)
@click.option(
    "--language", "-l", type=click.Choice(["zh", "en"]), default=None, help="Language of the report. 报告语言。 [default: the project's 项目所定]"
)
@click.option("--format", "forms", type=click.Choice(["html", "xlsx", "json"]), multiple=True, default=["html"], show_default=True,
              help="What to make; may be said several times. 输出格式，可多次指定。")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), default=None,
              help="The file to write; with several formats each gets its ending; with --per-unit the folder. 输出文件；逐机构时为文件夹。"
                   " [default: report.html, or units/, in the assessment 评估文件夹内]")  # fmt: skip
@click.option("--unit", default=None, help="Only this unit's cases, and those of the units below it. 只含该机构及其下级机构的案件。")
@click.option(
    "--per-unit", is_flag=True, help="One file for each unit, with only its cases and those below it. 每个机构一个文件，只含其自身及下级的案件。"
)
@click.option("--previous", type=click.Path(path_type=Path, exists=True, file_okay=False), default=None,
              help="The assessment to compare with. 与之比较的评估。 [default: the one before, where it lies beside 旁边的上一次评估]")  # fmt: skip
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True,
              help="At most so many rows of each listing; all are counted. 每个列表最多行数。")  # fmt: skip
@click.option("--threads", type=click.IntRange(1), default=None, help="How many threads the engine may use. 线程数。 [default: all cores 全部]")
@click.option("--memory-limit", default=None, metavar="SIZE", help="How much memory the engine may use, e.g. 1GiB; the rest goes to disk. 内存上限。")
@click.pass_obj
def report(
    session: Session, assessment: Path | None, language: Language | None, forms: tuple[str, ...], out: Path | None, unit: str | None, per_unit: bool,
    previous: Path | None, limit: int, threads: int | None, memory_limit: str | None,
) -> None:  # fmt: skip
    """Make the report of an assessment: one HTML file that needs no network and no scripts, an Excel workbook, or JSON.

    生成评估报告：一个自足的 HTML 文件（无需网络和脚本）、Excel 工作簿，或 JSON。

    The assessment's folder is enough (by default the newest beside the project); its project, where it is at hand, gives the sections of plugins.

    只需评估文件夹（默认取项目旁最新的评估）；如有项目文件，则包含插件的章节。

    Exit codes 退出码: 0 made 已生成; 2 made, but some section couldn't be, which the report says 已生成，但有章节未能生成（报告中注明）。
    """
    from disputekit.assess import Engine
    from disputekit.assessment.manifest import read_manifest
    from disputekit.cli.running import assessment_and_language, project_at_hand
    from disputekit.reports.write import UNITS, Wanted, own_file, paths, previous_beside, write_by_unit, write_report
    from disputekit.text import speaker

    if unit is not None and per_unit:
        raise click.UsageError("give either --unit or --per-unit")
    place, spoken, _ = assessment_and_language(session, assessment)
    language = language if language is not None else spoken
    said = speaker(language)
    before = previous if previous is not None else previous_beside(place, read_manifest(place)[0])
    wanted = Wanted(language, tuple(dict.fromkeys(forms)), limit, unit, before, previous is not None, Engine(threads, memory_limit))
    failures: list[Failure] = []
    if per_unit:
        count, folder = 0, out if out is not None else place / UNITS
        for _, failed in write_by_unit(place, folder, wanted, project_at_hand(session)):
            count += 1
            failures += failed
        click.echo(said(say("{count} reports: {place}", count=count, place=folder)))
    else:
        path = out if out is not None else own_file(place, unit, wanted.forms[0])
        failures += write_report(place, path, wanted, project_at_hand(session))
        for written in paths(path, wanted.forms).values():
            click.echo(said(say("Report: {place}", place=written)))
    for failure in dict.fromkeys(failures):
        click.echo(said(say("A section couldn't be made: {what}", what=failure.problem.said(said))), err=True)
    raise click.exceptions.Exit(2 if failures else 0)
