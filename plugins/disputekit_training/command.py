"""`disputekit training`: who lacks what, role by role, and what expires soon; made from an assessment."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from disputekit import DisputekitError, kept_rows, nearest, say
from disputekit_training.matrix import NAME, SAID, STATES, lacking

Said = Callable[[Any], str]
Rows = Sequence[Mapping[str, Any]]
FORM = click.option(
    "--format", "form", type=click.Choice(["table", "json", "xlsx"]), default="table", show_default=True, help="What to make. 输出格式。"
)
OUT = click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), default=None, help="The file to write; needed for xlsx. 输出文件；xlsx 必填。"
)
FOLDER = click.argument("assessment", type=click.Path(path_type=Path, exists=True, file_okay=False), required=False)
UNIT = click.option("--unit", default=None, help="Only staff of this unit. 只列该机构的员工。")


@click.group(epilog="Example 例: disputekit check --as-of 2026-06-30; disputekit training status --unit U201; disputekit explain S11.1-law E0033")
def training() -> None:
    """Staff training: who lacks what, role by role, and what expires soon. Who needs what is set in [[plugins.training.matrix]].

    员工培训：谁缺什么、各岗位的完成情况、哪些即将到期。谁应当学什么，写在 [[plugins.training.matrix]] 中。

    \b
    What a course of somebody may be 课程的状态:
      valid     held on the assessment's day 评估日有效
      expired   held once, and no more 曾经有效，已到期
      missing   never held, as far as records that are declared complete tell 从未取得（记录已声明完整）
      unknown   nobody can tell: explain says why 无法判断，explain 说明原因
    """


@training.command(short_help="Who lacks what, or may. 谁缺什么。", epilog="Example 例: disputekit training status --format xlsx --out gaps.xlsx")
@FOLDER
@UNIT
@FORM
@OUT
@click.pass_obj
def status(session: Any, assessment: Path | None, unit: str | None, form: str, out: Path | None) -> None:
    """List who lacks which required course, or may.

    列出缺少必修课程的员工，以及无法判断的员工。

    Made from an assessment (by default the newest beside the project). 依据评估文件夹生成（默认取项目旁最新的评估）。

    Exit codes 退出码: 0 nobody lacks anything 无缺口; 1 somebody does 有缺口; 2 of somebody nobody can tell 有无法判断的。
    """
    rows, _, said = _read(session, assessment, unit)
    found = lacking(rows)
    heads = ("staff", "unit", "role", "course", "state", "until_on")
    _give(found, heads, form, out, said, say("{people} staff need a course; {gaps} courses are lacking or unknown", people=len({r["staff"] for r in rows}),
                                             gaps=len(found)))  # fmt: skip
    states = {r["state"] for r in found}
    raise click.exceptions.Exit(2 if "unknown" in states else 1 if states else 0)


@training.command(short_help="Each role and course in numbers. 岗位与课程。", epilog="Example 例: disputekit training matrix --unit U201")
@FOLDER
@UNIT
@FORM
@OUT
@click.pass_obj
def matrix(session: Any, assessment: Path | None, unit: str | None, form: str, out: Path | None) -> None:
    """Show for each role and course how many need it, hold it, lack it.

    按岗位和课程列出应修人数、有效人数和缺口。
    """
    rows, _, said = _read(session, assessment, unit)
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for r in rows:
        key = (r["role"] if r["role"] is not None else "?", r["course"])
        one = found.setdefault(key, {"role": key[0], "course": key[1], "people": 0, **dict.fromkeys(STATES, 0)})
        one["people"] += 1
        one[r["state"]] += 1
    _give(
        [found[k] for k in sorted(found)], ("role", "course", "people", *STATES), form, out, said, say("{count} roles and courses", count=len(found))
    )


@training.command(short_help="What expires soon. 即将到期的课程。", epilog="Example 例: disputekit training expiring --days 30 --format json")
@FOLDER
@UNIT
@click.option("--days", type=click.IntRange(0, 3650), default=60, show_default=True, help="How many days ahead. 展望天数。")
@FORM
@OUT
@click.pass_obj
def expiring(session: Any, assessment: Path | None, unit: str | None, days: int, form: str, out: Path | None) -> None:
    """List valid courses that expire within some days of the assessment's day.

    列出自评估日起若干天内到期的有效课程。
    """
    rows, as_of, said = _read(session, assessment, unit)
    end = as_of + timedelta(days=days)
    found = sorted((r for r in rows if r["state"] == "valid" and r["until_on"] is not None and r["until_on"] <= end),
                   key=lambda r: (r["until_on"], r["staff"], r["course"]))  # fmt: skip
    _give(found, ("until_on", "staff", "unit", "role", "course"), form, out, said, say("{count} courses expire by {end}", count=len(found), end=end))


def _read(session: Any, assessment: Path | None, unit: str | None) -> tuple[Rows, date, Said]:
    folder, _, said = session.assessment(assessment)
    as_of = date.fromisoformat(json.loads((folder / "assessment.json").read_text("utf-8"))["as_of"])
    rows = [r for r in kept_rows(folder, NAME) if r["course"] is not None]
    mine = [r for r in rows if unit in (None, r["unit"])]
    if not mine and rows:
        raise DisputekitError.at(str(unit), say("nobody of this unit needs a course"), nearest(str(unit), sorted({str(r["unit"]) for r in rows})))
    if not mine:
        raise DisputekitError.at("[[plugins.training.matrix]]", say("it asks nothing of anybody among the staff, so that nobody is said to be trained"),
                                 say("Compare its roles and departments with those of the staff"))  # fmt: skip
    return mine, as_of, said


HEADS: Mapping[str, Any] = {
    "staff": say("Staff"), "unit": say("Unit"), "role": say("Role"), "course": say("Course"), "state": say("State"), "until_on": say("Valid until"),
    "people": say("Staff"), "valid": say("valid"), "expired": say("expired"), "missing": say("missing"), "unknown": say("unknown"),
}  # fmt: skip


NUMBERS = ("people", *STATES)


def _give(rows: Rows, heads: Sequence[str], form: str, out: Path | None, said: Said, sum_: Any) -> None:
    if form == "json":
        text = json.dumps([{h: str(r[h]) if isinstance(r[h], date) else r[h] for h in heads} for r in rows], ensure_ascii=False, indent=1) + "\n"
        if out is None:
            click.echo(text, nl=False)
        else:
            out.write_text(text, encoding="utf-8")
    elif form == "xlsx":
        if out is None:
            raise click.UsageError("a workbook needs a file: say --out training.xlsx")
        _workbook(rows, heads, out, said)
    elif out is not None:
        raise click.UsageError("a table goes to the terminal: say --format json or xlsx with --out")
    elif rows:
        _table(rows, heads, said)
    click.echo(said(sum_), err=form != "table")
    if out is not None:
        click.echo(said(say("Written: {file}", file=out)), err=True)


def _cell(name: str, value: Any, said: Said) -> str:
    return said(SAID[value]) if name == "state" else "" if value is None else str(value)


def _table(rows: Rows, heads: Sequence[str], said: Said) -> None:
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for h in heads:
        table.add_column(said(HEADS[h]), overflow="fold", justify="right" if h in NUMBERS else "left")
    for r in rows:
        table.add_row(*(escape(_cell(h, r[h], said)) for h in heads))
    Console(highlight=False).print(table)


def _workbook(rows: Rows, heads: Sequence[str], out: Path, said: Said) -> None:
    from xlsxwriter import Workbook

    with Workbook(str(out), {"default_date_format": "yyyy-mm-dd", "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet(NAME)
        sheet.write_row(0, 0, [said(HEADS[h]) for h in heads])
        for number, r in enumerate(rows, 1):
            for column, h in enumerate(heads):
                value = r[h] if not isinstance(r[h], str) else _cell(h, r[h], said)
                sheet.write(number, column, value)
        sheet.autofit()
        sheet.freeze_panes(1, 0)
