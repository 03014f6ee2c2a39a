"""`disputekit register`."""

import json
from typing import Any

import click

from disputekit.cli import Session
from disputekit.text import say


@click.group()
def register() -> None:
    """The register: look at the sources before anything is checked. 登记簿：检查前先核对数据来源。"""


@register.command("check")
@click.option(
    "--examples",
    type=click.IntRange(0),
    default=5,
    show_default=True,
    help="How many of the cells that can't be read to show, per column. 每列显示的不可读单元格数。",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What goes to stdout. 输出格式。")
@click.pass_obj
def check_register(session: Session, examples: int, form: str) -> None:
    """Read every table as `check` would, and show what was read, mapped, and rejected. 读取全部数据表，显示读取、映射和拒收情况。

    Exit codes 退出码: 0 all was read 全部读取; 1 something was rejected 有拒收; 2 a source can't be read 数据来源无法读取。
    """
    from disputekit.assess import Engine, workspace
    from disputekit.blocks import blocks_of
    from disputekit.register.load import load_register, open_register

    project = session.project()
    said = session.said(project)
    language = session.language or project.file.organisation.language
    blocks = blocks_of(project)
    with workspace(Engine()) as (db, scratch):
        opened = open_register(project.register, project.folder, blocks.tables, blocks.sources, scratch)
        need = {name: frozenset(table.columns) for name, table in opened.items()}
        loaded = load_register(db, opened, project.zone, need, frozenset(), lambda _: None)
        rejects: list[tuple[Any, ...]] = []
        if loaded.rejects:
            query = f"""select file, record, line, "table", "column", value, reason from rejects
                        qualify row_number() over (partition by "table", "column" order by file, record) <= {int(examples)}
                        order by "table", "column", file, record"""  # noqa: S608 — a number
            rejects = db.execute(query).fetchall()
    rejected = sum(t.rows_rejected + t.cells_rejected for t in loaded.tables.values())
    if form == "json":
        names = ("file", "record", "line", "table", "column", "value", "reason")
        click.echo(json.dumps({
            "tables": [{"table": t.name, "files": [f.name for f in t.files], "rows_read": t.rows_read, "rows_loaded": t.rows_loaded,
                        "rows_rejected": t.rows_rejected, "cells_rejected": t.cells_rejected,
                        "passed_over": [{"what": p.what, "why": p.why, "records": p.records} for p in t.passed_over],
                        "columns": {n: c.type for n, c in t.columns.items()}} for t in loaded.tables.values()],
            "rejects": [dict(zip(names, r, strict=True)) for r in rejects]}, ensure_ascii=False, indent=1))  # fmt: skip
        raise click.exceptions.Exit(1 if rejected else 0)
    for t in loaded.tables.values():
        click.echo(said(say("{table} ({title}): {read} rows read, {loaded} loaded, {rejected} rejected, {cells} cells that can't be read", table=t.name,
                            title=t.spec.title.in_(language), read=t.rows_read, loaded=t.rows_loaded, rejected=t.rows_rejected, cells=t.cells_rejected)))  # fmt: skip
        for f in t.files:
            click.echo(f"    {f.name}" + (f" ({f.encoding})" if f.encoding else ""))
        for p in t.passed_over:
            click.echo(f"    {said(say('{records} records passed over: {what}: {why}', records=p.records, what=p.what, why=p.why))}")
        own = [n for n in t.columns if n in t.spec.columns]
        extra = [n for n in t.columns if n not in t.spec.columns]
        click.echo(
            f"    {said(say('columns'))}: {', '.join(own)}" + (f"; {said(say('kept under their own names'))}: {', '.join(extra)}" if extra else "")
        )
        if t.extracted_at is None:
            click.echo(f"    {said(say('no extracted_at: taken as fresh'))}")
    for file, record, line, table, column, value, reason in rejects:
        place = f"{file}:{line if line is not None else record}"
        click.echo(f"  {place}: {table}.{column}: {str(value)[:80]!r} ({said(reason)})")
    raise click.exceptions.Exit(1 if rejected else 0)
