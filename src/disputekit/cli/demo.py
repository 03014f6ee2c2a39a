"""`disputekit demo`."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from disputekit.cli import Session
from disputekit.config import FILE
from disputekit.errors import ConfigError
from disputekit.text import say, speaker


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("disputekit-demo"), show_default=True, help="Where to put it. 写到哪里。")
@click.option("--disputes", type=click.IntRange(300), default=3000, show_default=True, help="How many disputes. 争议件数。")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed, the same insurer. 随机种子。")
@click.option("--no-check", is_flag=True, help="Only write the register. 只生成，不检查。")
@click.pass_obj
def demo(session: Session, out: Path, disputes: int, seed: int, no_check: bool) -> None:
    """Make a believable insurer in wind-down with known defects, check it, and show what is found.

    生成一家处于解散清算中的示例保险公司（含预设缺陷），检查并显示结果。
    """
    from disputekit.cli.running import run_check
    from disputekit.cli.summary import show
    from disputekit.config import load_project
    from disputekit.demo import write_demo
    from disputekit.reports.write import HTML

    if (out / FILE).exists():
        raise ConfigError.at(str(out), say("there is a project already"), say("Choose another folder with --out"))
    made = write_demo(out, seed, disputes)
    project = load_project(out)
    language = session.language or "zh"
    said = speaker(language)
    click.echo(said(say("Wrote the demo to {folder}", folder=out)), err=True)
    if no_check:
        return
    # a month before there was a check, too, of the register of that day, so that there is something to compare with
    earlier = made.as_of.replace(day=1) - timedelta(days=1)
    with TemporaryDirectory() as folder:
        write_demo(Path(folder), seed, disputes, earlier)
        run_check(load_project(Path(folder)), earlier, out / "assessments" / earlier.isoformat(), said, report=False)
    place = out / "assessments" / made.as_of.isoformat()
    manifest, conclusion = run_check(project, made.as_of, place, said)
    show(manifest, conclusion, place, said, language)
    click.echo()
    click.echo(said(say("Open the report in a browser: {place}", place=(place / HTML).resolve())))
    click.echo(said(say("Next: disputekit --project {folder} check --as-of {day} --replace", folder=out, day=made.as_of)))
    for command in made.commands:
        told = command.format(assessment=place, folder=out)
        click.echo(said(say("Then: disputekit --project {folder} {command}", folder=out, command=told)))
