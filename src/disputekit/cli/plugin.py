"""`disputekit plugin`."""

import json
from typing import Any

import click

from disputekit.cli import Session
from disputekit.config import FILE
from disputekit.plugins import available
from disputekit.text import say


@click.group()
def plugin() -> None:
    """Plugins: what is installed, and what of it the project enables. 插件：已安装和已启用的插件。"""


@plugin.command("list")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What goes to stdout. 输出格式。")
@click.pass_obj
def list_plugins(session: Session, form: str) -> None:
    """Name, version, distribution, hooks, settings, and whether the project enables it. 列出名称、版本、来源、挂钩、设置和启用状态。"""
    there = session.path.is_file() or (session.path / FILE).is_file()
    project = session.project() if there else None
    enabled = project.file.plugins.enabled if project else ()
    rows: list[dict[str, Any]] = [
        {"name": p.name, "version": p.version, "distribution": p.distribution, "hooks": list(p.hooks), "settings": dict(p.settings),
         "enabled": p.name in enabled, "problem": p.problem or None}
        for p in available()
    ]  # fmt: skip
    if form == "json":
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    said = session.said(project)
    for row in rows:
        state = said(say("on")) if row["enabled"] else said(say("off"))
        click.echo(f"{row['name']}  [{state}]  {row['distribution']} {row['version']}")
        if row["problem"]:
            click.echo(f"    {said(say('can’t be loaded'))}: {row['problem']}")
        click.echo(f"    {said(say('hooks'))}: {', '.join(row['hooks']) or '—'}")
        for name, text in row["settings"].items():
            click.echo(f"    [plugins.{row['name']}] {name}: {said(text)}")
    if project is None:
        click.echo(said(say("No {file} here, so nothing is enabled", file=FILE)), err=True)
