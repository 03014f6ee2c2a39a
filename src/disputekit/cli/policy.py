"""`disputekit policy`."""

import json
from collections.abc import Sequence
from datetime import datetime

import click

from disputekit.blocks import blocks_of, packs_of
from disputekit.cli import Session
from disputekit.errors import PackError, PluginError, Problem, nearest
from disputekit.policies.packs import Pack, load_pack, offered_packs, parameters_used
from disputekit.text import say


@click.group()
def policy() -> None:
    """Policy packs: list them, show a control, lint and test them, lock them. 规则包：列出、查看、检查写法、按示例测试、锁定。"""


@policy.command("list")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What goes to stdout. 输出格式。")
@click.pass_obj
def list_packs(session: Session, form: str) -> None:
    """Every pack that a plugin of the project offers, and which of them are enabled. 列出可用的规则包。"""
    project = session.project()
    language = session.language or project.file.organisation.language
    said = session.said(project)
    blocks = blocks_of(project)
    enabled = packs_of(project, blocks)
    offered = offered_packs([(plugin, packs.folder) for plugin, packs in blocks.folders])
    others = [
        load_pack(folder, plugin, blocks.kinds, list(blocks.tables))
        for name, (plugin, folder) in offered.items()
        if name not in [p.id for p in enabled]
    ]
    rows = [
        {"id": p.id, "version": p.head.version, "title": p.head.title.in_(language), "plugin": p.plugin or None, "enabled": p in enabled,
         "controls": len(p.controls)}
        for p in (*enabled, *others)
    ]  # fmt: skip
    if form == "json":
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        state = said(say("on")) if row["enabled"] else said(say("off"))
        click.echo(f"{row['id']}  [{state}]  {row['version']}  {row['title']}  ({said(say('{count} controls', count=row['controls']))})")


@policy.command("show")
@click.argument("name", metavar="PACK|CONTROL")
@click.pass_obj
def show(session: Session, name: str) -> None:
    """What a pack or a control says, with its sources and the values of its parameters. 查看规则包或单条规则的内容、依据和参数。"""
    project = session.project()
    language = session.language or project.file.organisation.language
    said = session.said(project)
    packs = packs_of(project, blocks_of(project))
    for pack in packs:
        if pack.id == name:
            click.echo(f"{pack.head.title.in_(language)} ({pack.id} {pack.head.version})")
            for rule in pack.controls:
                off = f"  ({said(say('switched off'))})" if rule.id in pack.without else ""
                click.echo(f"  {rule.id}  [{said(say(rule.severity))}]  {rule.title.in_(language)}{off}")
            return
        for rule in pack.controls:
            if rule.id == name:
                click.echo(f"{rule.id}: {rule.title.in_(language)}")
                for key, value in rule.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"id", "title", "remedy"}).items():
                    click.echo(f"  {key}: {value}")
                for _, parameter, _ in parameters_used(rule):
                    for dated in pack.parameters[parameter].values:
                        since = said(say("from {day}", day=dated.from_on)) if dated.from_on else said(say("always"))
                        click.echo(f"  ${parameter} = {dated.value}  ({since}{'; ' + dated.cite if dated.cite else ''})")
                if rule.cite:
                    click.echo(f"  {pack.instruments[rule.cite.split(' ')[0]].title.in_(language)}")
                click.echo(f"  {said(say('What to do'))}: {rule.remedy.in_(language)}")
                return
    known = [p.id for p in packs] + [r.id for p in packs for r in p.controls]
    raise PackError.at(name, say("no such pack or control is enabled"), nearest(name, known))


@policy.command("test")
@click.argument("packs", nargs=-1)
@click.option("--verbose", "-v", is_flag=True, help="Show the examples that hold, too. 也显示通过的示例。")
@click.pass_obj
def test(session: Session, packs: tuple[str, ...], verbose: bool) -> None:
    """Run the examples of the enabled packs, and say which outcomes no example shows. 运行规则包的示例，并指出没有示例的结论。

    Exit codes 退出码: 0 all hold 全部符合; 1 some don't 有不符; 2 they couldn't be run 无法运行。
    """
    from disputekit.policies.examples import run_examples

    project = session.project()
    said = session.said(project)
    blocks = blocks_of(project)
    report = run_examples(_named(packs, packs_of(project, blocks)), blocks, project)
    for result in report.results:
        if verbose or not result.ok:
            mark = "✓" if result.ok else "✗"
            click.echo(f"{mark} {result.control}: {result.name}" + ("" if result.ok else "  — " + said(say(
                "expected {expected}, found {found}", expected=result.expected, found=result.found))))  # fmt: skip
    for control, outcomes in report.untested.items():
        click.echo(said(say("{control}: no example shows {outcomes}", control=control, outcomes=", ".join(outcomes))))
    for conflict, missing in report.unshown.items():
        for what in missing:
            click.echo(said(say("{conflict}: no example shows {what}", conflict=conflict, what=what)))
    failed = sum(not r.ok for r in report.results)
    click.echo(said(say("{count} examples, {failed} don't hold, {untested} controls or conflicts aren't fully tested", count=len(report.results),
                        failed=failed, untested=len(report.untested) + len(report.unshown))))  # fmt: skip
    raise click.exceptions.Exit(1 if failed else 0)


@policy.command("lint", epilog="Example 例: disputekit policy lint cn-complaints --as-of 2026-06-30")
@click.argument("packs", nargs=-1)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), default=None,
              help="The day to which reviews are counted. 复核天数计至哪一天。 [default: today 今天]")  # fmt: skip
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What goes to stdout. 输出格式。")
@click.pass_obj
def lint(session: Session, packs: tuple[str, ...], as_of: datetime | None, form: str) -> None:
    """Look for what is probably wrong in the enabled packs, or in those named: unknown milestones, uncited law, missing translations,
    instruments not reviewed for 180 days, controls that no example shows failing, conflicts that no example shows, two controls with the same fields, conditions that read
    no column.

    检查启用（或指定）的规则包：未知的时点名称、缺少出处的法定规则、缺译、超过180天未复核的法规、没有不合规示例的规则、没有示例的规则冲突、
    内容重复的规则、不读取任何字段的条件。

    Exit codes 退出码: 0 nothing 无; 1 something 有; 2 they couldn't be looked at 无法检查。
    """
    from disputekit.policies.lint import as_json
    from disputekit.policies.lint import lint as looked_at

    project = session.project()
    said = session.said(project)
    blocks = blocks_of(project)
    if blocks.failures:
        raise PluginError(*(f.problem for f in blocks.failures))
    wanted = _named(packs, packs_of(project, blocks))
    day = as_of.date() if as_of is not None else datetime.now(project.zone).date()
    report = looked_at(wanted, blocks, day, project)
    for problem in report.unread:
        click.echo(problem.said(said), err=True)
    if report.unread:
        click.echo(said(say("The register can't be read, so names are looked for in the examples only")), err=True)
    if form == "json":
        click.echo(json.dumps(as_json(report), ensure_ascii=False, indent=1))
    else:
        for finding in report.findings:
            click.echo(f"{finding.problem.said(said)} [{finding.check}]")
        click.echo(said(say("{count} findings in {packs} packs", count=len(report.findings), packs=len(wanted))))
    raise click.exceptions.Exit(1 if report.findings else 0)


@policy.command("lock")
@click.pass_obj
def lock(session: Session) -> None:
    """Write disputekit.lock beside the project: packs, plugins and their code, parameters in force, the calendar's days, waivers, and the
    versions of disputekit and its engine. `check --locked` then refuses to run if any of it differs. The register and the rest of the
    project file aren't in it: the assessment has their hashes.

    在项目旁写入 disputekit.lock：锁定规则包、插件代码、生效参数、日历、豁免文件和引擎版本；check --locked 发现任何不符即拒绝运行。
    登记簿和项目文件的其他内容不在其中，其哈希值见评估清单。

    Exit codes 退出码: 0 written 已写入; 2 something can't be loaded 有内容无法加载。
    """
    from disputekit.policies.lock import write_lock

    project = session.project()
    path, sha256 = write_lock(project)
    click.echo(session.said(project)(say("Locked in {file} (SHA-256 {sha256})", file=path.name, sha256=sha256)))


def _named(names: Sequence[str], enabled: Sequence[Pack]) -> list[Pack]:
    """The enabled packs of these names, all of them where none is named. Raises PackError for a name that isn't enabled, and for none at all."""
    wrong = [n for n in names if n not in [p.id for p in enabled]]
    if wrong:
        raise PackError(*(Problem(n, say("no such pack is enabled"), nearest(n, [p.id for p in enabled])) for n in wrong))
    found = [p for p in enabled if not names or p.id in names]
    if not found:
        raise PackError.at("[policies] packs", say("no pack is enabled, so there is nothing to look at"))
    return found
