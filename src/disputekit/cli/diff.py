"""`disputekit diff`."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from disputekit.cli import Session, language_of
from disputekit.config import FILE
from disputekit.text import Language, Said, say

if TYPE_CHECKING:
    from disputekit.assessment.difference import Change, Compared, Difference, Row, Seen


@click.command(epilog="Example 例: disputekit diff assessments/2026-05-31 assessments/2026-06-30")
@click.argument("old", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("new", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--limit", type=click.IntRange(0), default=10, show_default=True,
              help="How many findings of each sort to show; all are counted. 每类显示条数。")  # fmt: skip
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What goes to stdout. 输出格式。")
@click.pass_obj
def diff(session: Session, old: Path, new: Path, limit: int, form: str) -> None:
    """Compare two assessments: which findings are new, gone, changed or still there, what the rules and the register were, and which facts
    were changed afterwards, for days that the old assessment had already seen.

    比较两次评估：新增、消失、变化和仍存在的发现，规则与登记簿的变化，以及事后被更改的事实（旧评估已覆盖日期内的事实）。

    "Gone" doesn't say what became of a finding: an assessment keeps only what failed, is unknown, or is due soon. Facts changed afterwards
    are told from findings, too: a changed fact of a dispute that was no finding before and is none now isn't seen. What only grows with the
    day (days overdue) is no change.

    “消失”不说明结果：评估只保存不合规、无法判断和即将到期的事项。事后更改也只能从这些发现中看出；前后均无发现的争议，其事实变化不可见。
    仅随日期增长的数值（如逾期天数）不算变化。

    Exit codes 退出码: 0 nothing new or worse 无新增或恶化; 1 something new or worse, or less is checked or read 有新增、恶化或检查、读取范围缩小;
    2 something can't be compared 有无法比较的内容. A new warning (due soon) is shown and counts for nothing 新的到期提醒不计入.
    """
    from disputekit.assessment.diff import diff as compared
    from disputekit.assessment.worse import judge

    found = compared(old, new, limit)
    judgement = judge(found)
    if form == "json":
        whole = {"conclusion": {"exit_code": judgement.exit_code, "why": [str(w) for w in judgement.why]}, "diff": found.model_dump(mode="json")}
        click.echo(json.dumps(whole, ensure_ascii=False, indent=1))
        raise click.exceptions.Exit(judgement.exit_code)
    project = session.project() if session.path.is_file() or (session.path / FILE).is_file() else None
    said = session.said(project)
    _show(found, said, session.language or (project.file.organisation.language if project is not None else language_of(os.environ)))
    heading = said(say("New or worse")) if judgement.exit_code == 1 else said(say("Not everything could be compared"))
    for why in judgement.why:
        click.echo(f"{heading}: {said(why)}")
    if not judgement.why:
        click.echo(said(say("Nothing is new or worse")))
    raise click.exceptions.Exit(judgement.exit_code)


def _show(found: "Difference", said: Said, language: Language) -> None:
    click.echo(f"{found.organisation}: {found.old.as_of} → {found.new.as_of}")
    click.echo(said(say("{new} new ({fail} breaches, {unknown} unknown, {warned} warnings), {gone} gone, {changed} changed "
                        "({worse} for the worse, {ended} done late), {same} as before", new=f"{found.new_of('fail', 'unknown', 'pending'):,}", fail=f"{found.new_of('fail'):,}",
                        unknown=f"{found.new_of('unknown'):,}", warned=f"{found.new_of('pending'):,}", gone=f"{found.total('gone'):,}",
                        changed=f"{found.total('changed'):,}", worse=f"{found.total('worse'):,}",
                        ended=f"{found.total('ended'):,}", same=f"{found.total('same'):,}")))  # fmt: skip
    for control in found.controls:
        line = _control(control, said)
        if line:
            click.echo(f"  {control.id}  {control.title.in_(language)}: {line}")
    rows = ((say("New"), found.new_rows, found.new_of("fail", "unknown", "pending")), (say("Gone"), found.gone_rows, found.total("gone")),
            (say("Changed"), found.changed_rows, found.total("changed")),
            (say("Facts changed afterwards"), found.afterwards_rows, found.total("afterwards")))  # fmt: skip
    for title, some, count in rows:
        _list(said(title), (f"{r.control}  {_row(r, said)}" for r in some), count, said)
    _list(said(say("The rules")), map(_change, found.rules), len(found.rules), said)
    _list(said(say("The register")), map(_change, found.tables), len(found.tables), said)


def _control(control: "Compared", said: Said) -> str:
    """What is different about a control's findings; nothing where that is nothing, whatever more or less has passed."""
    parts = [said(say(control.state))] if control.state != "both" else []
    parts += [said(say("{count} new {outcome}", count=n, outcome=say(outcome))) for outcome, n in control.new.items()]
    for count, what in (
        (control.gone, say("gone")),
        (control.changed, say("changed")),
        (control.ended, say("done late since")),
        (control.afterwards, say("with facts changed afterwards")),
    ):
        parts += [f"{count:,} {said(what)}"] if count else []
    verdicts = dict.fromkeys((*control.old_tallies, *control.new_tallies))
    moved = [(v, control.old_tallies.get(v, 0), control.new_tallies.get(v, 0)) for v in verdicts]
    tallies = [f"{v} {old:,} → {new:,}" for v, old, new in moved if old != new]
    wrong = any(line.startswith(("fail", "unknown")) for line in tallies)
    return "; ".join([*parts, *tallies]) if parts or wrong else ""


def _list(title: str, lines: Iterable[str], count: int, said: Said) -> None:
    if not count:
        return
    click.echo(f"{title}:")
    shown = list(lines)
    for line in shown:
        click.echo(f"  {line}")
    if len(shown) < count:
        click.echo(f"  {said(say('and {count} more', count=f'{count - len(shown):,}'))}")


def _row(row: "Row", said: Said) -> str:
    name = f"{'—' if row.subject is None else row.subject}{f' ({row.occurrence})' if row.occurrence is not None else ''}"
    both = " → ".join(_seen(s) if s is not None else said(say("none")) for s in (row.old, row.new))
    flags = f"  [{', '.join(row.afterwards)}]" if row.afterwards else ""
    return f"{name}: {both}{flags}"


def _seen(seen: "Seen") -> str:
    """One line: `fail: late, started 2026-01-05 09:00:00, due 2026-01-20, done 2026-02-01 10:00:00`."""
    due = seen.due_at if seen.due_at is not None else seen.due_on
    dated = (("started", seen.started_at), ("due", due), ("done", seen.done_at))
    verdict = f"{seen.outcome}: {seen.reason}" if seen.reason else seen.outcome
    return ", ".join([verdict, *(f"{name} {value}" for name, value in dated if value is not None)])


def _change(change: "Change") -> str:
    return f"{change.what}: {change.old if change.old is not None else '—'} → {change.new if change.new is not None else '—'}"
