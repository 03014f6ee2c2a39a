"""`disputekit agenda`."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from disputekit.cli import Session
from disputekit.text import Language, Said, say

if TYPE_CHECKING:
    from disputekit.agenda.model import Agenda, Item

MOST = {"text": 20, "json": 50_000, "xlsx": 5_000, "ics": 2_000}
"""How many rows of each list a format has unless told otherwise: what a terminal shows, a program or a spreadsheet takes, a calendar bears."""


@click.command(epilog="Example 例: disputekit agenda --days 14 --unit U103 --format xlsx --out agenda.xlsx")
@click.argument("assessment", type=click.Path(path_type=Path, exists=True, file_okay=False), required=False)
@click.option("--days", type=click.IntRange(0, 3650), default=14, show_default=True, help="How many days ahead. 展望天数。")
@click.option("--unit", default=None, help="Only what is this unit's. 只列该机构的。")
@click.option("--handler", default=None, help="Only what is this handler's. 只列该经办人的。")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "xlsx", "ics"]), default="text", show_default=True, help="What to make. 输出格式。"
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default=None,
              help="The file to write; needed for xlsx. 输出文件；xlsx 必填。 [default: stdout]")  # fmt: skip
@click.option("--limit", type=click.IntRange(0, 1_000_000), default=None,
              help="At most so many rows of each list; all are counted. 每个列表最多行数。 [default: text 20, json 50000, xlsx 5000, ics 2000]")  # fmt: skip
@click.pass_obj
def agenda(
    session: Session, assessment: Path | None, days: int, unit: str | None, handler: str | None, form: str, out: Path | None, limit: int | None
) -> None:
    """List what is to do: one row for each subject and duty, with the earliest due date, what to do and what evidence to attach.

    待办清单：每个案件的每项义务一行，列出最早到期日、机构、经办人、应做的事和应附的证据。

    Made from an assessment (by default the newest beside the project). Overdue first, then by due date. What is done late, waived or unknown
    is counted. With the option --days, what is due later is left out.

    依据评估文件夹生成（默认取项目旁最新的评估）。逾期的在前，其余按到期日排列。逾期完成、已豁免和无法判断的另行计数。

    Exit codes 退出码: 0 made 已生成; 2 made, but the assessment couldn't check everything, so that the agenda isn't whole 已生成，但评估不完整。
    """
    from disputekit.agenda.make import Wanted
    from disputekit.agenda.make import agenda as made
    from disputekit.cli.running import assessment_and_language

    if form == "xlsx" and out is None:
        raise click.UsageError("a workbook needs a file: say --out agenda.xlsx")
    place, language, said = assessment_and_language(session, assessment)
    found = made(place, Wanted(days, limit if limit is not None else MOST[form], unit, handler), said)
    if form == "xlsx" and out is not None:
        from disputekit.agenda.workbook import write_workbook

        write_workbook(found, out, said, language)
    elif form == "ics":
        from disputekit.agenda.calendar import written

        _give(written(found, said, language), out)
    elif form == "json":
        _give((json.dumps(found.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n").encode(), out)
    elif out is not None:
        raise click.UsageError("text goes to the terminal: say --format json, xlsx or ics with --out")
    else:
        _show(found, said, language)
    if form != "text":
        _sum_up(found, said, out)
    raise click.exceptions.Exit(0 if found.is_whole else 2)


def _give(data: bytes, out: Path | None) -> None:
    if out is not None:
        out.write_bytes(data)
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def _sum_up(found: "Agenda", said: Said, out: Path | None) -> None:
    """What a file holds, on stderr, so that nobody takes a short one for all there is."""
    from disputekit.agenda import told

    alarm = told.alarm(found)
    for line in ([alarm] if alarm is not None else []) + [*told.sums(found), *told.unknowns(found), *told.left_out(found)]:
        click.echo(said(line), err=True)
    if out is not None:
        click.echo(said(say("Written: {file}", file=out)), err=True)


def _show(found: "Agenda", said: Said, language: Language) -> None:
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from disputekit.agenda import told

    console = Console(highlight=False, soft_wrap=False)
    console.print(f"[bold]{escape(said(told.title(found)))}[/bold]")
    alarm = told.alarm(found)
    if alarm is not None:
        console.print(f"[bold red]{escape(said(alarm))}[/]")
        for hole in found.holes:
            console.print(f"  [red]· {escape(hole)}[/]")
    for line in told.sums(found):
        console.print(escape(said(line)))
    if found.items:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
        table.add_column(said(say("Due")), no_wrap=True, min_width=10)
        table.add_column(said(say("Subject")), overflow="fold", min_width=8)
        table.add_column(said(say("What to do")), overflow="fold", min_width=28, ratio=1)
        table.add_column(said(say("Unit, handler")), overflow="fold", min_width=6)
        for item in found.items:
            table.add_row(_due(item, said), f"{escape(item.subject)}\n[dim]{escape(item.table_title.in_(language))}[/dim]", _what(item, said, language),
                          "\n".join(escape(n) for n in (item.unit, item.handler) if n is not None))  # fmt: skip
        console.print(table)
    for line in told.unknowns(found):
        console.print(f"[bold]{escape(said(line))}[/bold]")
    for doubt in found.doubts:
        names = ", ".join(n for n in (doubt.unit, doubt.handler) if n is not None)
        console.print(f"  {escape(doubt.subject)}{f' ({escape(names)})' if names else ''}")
        for q in doubt.questions:
            console.print(escape("    " + said(told.question(q, language))), style="dim")
    rest = [*told.left_out(found)]
    if rest:
        console.print(f"[bold]{escape(said(say('Left out')))}[/bold]")
    for line in rest:
        console.print(escape(f"  · {said(line)}"))
    for gap in found.gaps:
        console.print(escape("    " + said(told.gap(gap, language))))


def _due(item: "Item", said: Said) -> str:
    from disputekit.agenda import told

    day = item.due_at.isoformat(" ", "minutes") if item.due_at is not None else item.due_on.isoformat() if item.due_on is not None else "—"
    return f"{day}\n[{'red' if item.overdue else 'yellow'}]{said(told.state(item))}[/] [dim]{said(say(item.severity))}[/dim]"


def _what(item: "Item", said: Said, language: Language) -> str:
    from rich.markup import escape

    from disputekit.agenda import told

    lines = [f"[bold]{escape(item.title.in_(language))}[/bold]", *(escape(w.in_(language)) for w in item.what)]
    if item.evidence:
        lines.append(f"[dim]{escape(said(told.attach(item, language)))}[/dim]")
    return "\n".join([*lines, f"[dim]{escape(', '.join(item.controls))}[/dim]"])
