"""`disputekit explain`."""

import json
from datetime import date, datetime
from pathlib import Path

import click

from disputekit.assessment.manifest import read_manifest
from disputekit.cli import Session
from disputekit.explain.explained import Explained, explained
from disputekit.explain.story import story
from disputekit.text import Phrase, say


@click.command(epilog="Example 例: disputekit explain CN-CMP-18 D-00017 --as-of 2026-06-30")
@click.argument("control")
@click.argument("subject")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), default=None, help="The day, evaluated at its end. 截至日。 [default: today 今天]")
@click.option("--assessment", type=click.Path(path_type=Path, exists=True), default=None,
              help="As of the day of this assessment, and compared with it. 按该评估的截至日，并与之核对。")  # fmt: skip
@click.option("--sql", "with_sql", is_flag=True, help="Show the queries, too. 同时显示查询语句。")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What goes to stdout. 输出格式。")
@click.pass_obj
def explain(session: Session, control: str, subject: str, as_of: datetime | None, assessment: Path | None, with_sql: bool, form: str) -> None:
    """Say why a control came to what it did for a subject: the facts with their files and records, the numbers, and the decision step by step.

    说明某条规则对某一案件为何得出该结论：事实及其来源文件和记录、期限参数及依据、逐步判定过程。

    Exit codes 退出码: 0 explained 已说明; 2 there is no such control or subject, or two ways of deciding don't agree 无此规则或案件，或两种判定不一致。
    """
    if as_of is not None and assessment is not None:
        raise click.UsageError("give either --as-of or --assessment")
    project = session.project()
    said, language = session.said(project), session.language or project.file.organisation.language
    day: date = as_of.date() if as_of is not None else datetime.now(project.zone).date()
    if assessment is not None:
        day = read_manifest(assessment)[0].as_of
    found = explained(project, control, subject, day)
    then = differs_from(assessment, found) if assessment is not None else None
    chapters = story(found, project, language)
    if form == "json":
        click.echo(json.dumps({
            "control": control, "subject": subject, "as_of": day.isoformat(), "outcome": found.said.outcome, "reason": found.said.reason,
            "walked": str(found.walked) if found.walked is not None else None, "agree": not found.disagree,
            "assessment_differs": said(then) if then is not None else None,
            "chapters": [{"title": said(c.title), "lines": [said(line) if isinstance(line, Phrase) else line for line in c.lines]} for c in chapters],
            "queries": list(found.queries) if with_sql else []}, ensure_ascii=False, indent=1))  # fmt: skip
    else:
        click.echo(said(say("{control}, {subject}, as of {day}", control=control, subject=subject, day=day)))
        for chapter in chapters:
            click.echo(f"\n{said(chapter.title)}")
            for line in chapter.lines:
                click.echo(f"  {said(line) if isinstance(line, Phrase) else line}")
        for query in found.queries if with_sql else ():
            click.echo(f"\n{query.rstrip()}")
        if then is not None:
            click.echo(f"\n{said(then)}")
    if found.disagree:
        click.echo(said(say("The query and the walk over the same facts don't agree: {query} against {walk}. Trust neither, and report it",
                            query=str(found.said), walk=str(found.walked))), err=True)  # fmt: skip
    raise click.exceptions.Exit(2 if found.disagree else 0)


def differs_from(assessment: Path, found: Explained) -> Phrase | None:
    """What the assessment said otherwise; None where it said the same, as far as its findings go."""
    import duckdb

    from disputekit import sql

    part = assessment / "findings" / f"{found.prepared.id}.parquet"
    if not part.is_file():
        return say("The assessment has no findings of this control")
    query = sql.fill("select outcome, reason from $part where subject = $subject limit 1", subject=sql.text(found.subject), part=sql.parquet(part))
    with duckdb.connect() as db:
        row = db.execute(sql.written(query)).fetchone()
    then = ": ".join(filter(None, row)) if row is not None else ""
    now = str(found.said) if found.said.outcome in ("fail", "unknown") or row is not None else ""
    if then == now:
        return None
    return say("The assessment said otherwise: {then}. Register, packs or waivers have changed since", then=then if then else say("no finding"))
