"""`disputekit history` and `disputekit anchor`."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from disputekit import DisputekitError, say
from disputekit_evaluation.anchor import anchor as anchored
from disputekit_evaluation.anchor import token_of, verified
from disputekit_evaluation.history import walk

if TYPE_CHECKING:
    from disputekit_evaluation.history import History


def _folder(session: Any, folder: Path | None) -> Path:
    found: Path = folder if folder is not None else session.project().folder / "assessments"
    return found


@click.command(epilog="Example 例: disputekit history assessments --format json")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), required=False)
@click.option("--facts/--no-facts", default=True, show_default=True, help="Compare each assessment with the next. 逐次比较事实。")
@click.option("--roots", type=click.Path(path_type=Path, exists=True, dir_okay=False), default=None,
              help="Root certificates (PEM) of the time-stamping authority. 时间戳机构根证书。")  # fmt: skip
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), default=None,
              help="The day before which every day should have its check. 截至此日之前应每日检查。 [default: today 今天]")  # fmt: skip
@click.option("--limit", type=click.IntRange(0), default=20, show_default=True, help="How many subjects to name. 列出件数。")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What goes to stdout. 输出格式。")
@click.pass_obj
def history(session: Any, folder: Path | None, facts: bool, roots: Path | None, until: datetime | None, limit: int, form: str) -> None:
    """Walk the chain of assessments: broken links, days without a check, facts changed afterwards, subjects that are gone, and which packs,
    overrides and waivers held when.

    沿评估链逐一核对：断链、未检查的日期、事后更改的事实、消失的案件，以及各时期有效的规则包、自定值和豁免。

    Exit codes 退出码: 0 whole 完整; 1 something to be explained 有待说明; 2 broken, or not everything was compared 断链或未全部比较.
    """
    place = _folder(session, folder)
    project = session.project() if folder is None else None
    today = (until if until is not None else datetime.now(project.zone if project is not None else None)).date()
    said = session.said(project)
    with session.progress(said) as progress:
        found = walk(place, today=today, facts=facts, limit=limit, progress=progress)
    head = found.links[-1].sha256
    token, at, code = token_of(place, head), None, found.exit_code
    if not token.is_file():
        told = say("The newest assessment isn't anchored outside: who holds every file could make the whole chain anew")
    elif roots is None:
        told = say("There is an anchor, but it wasn't verified: name the authority's certificates with --roots")
    else:
        try:
            at = verified(token.read_bytes(), head, roots, str(token))
            told = say("Anchored outside at {at}", at=at.isoformat())
        except DisputekitError as bad:
            told, code = say("The anchor doesn't hold: {what}", what=str(bad)), 2
    if form == "json":
        import json

        whole = {"exit_code": code, "anchor": {"token": token.is_file(), "verified_at": at.isoformat() if at is not None else None, "told": str(told)},
                 "history": found.model_dump(mode="json")}  # fmt: skip
        click.echo(json.dumps(whole, ensure_ascii=False, indent=1))
    else:
        for line in _lines(found):
            click.echo(said(line))
        click.echo(said(told))
    raise click.exceptions.Exit(code)


_WORDS = {
    "changed": say("that assessment was changed"), "missing": say("that assessment isn't there"), "unread": say("it can't be read"),
    "spoilt": say("a part isn't what its manifest says"), "order": say("the days are out of order"), "pack": say("Pack"),
    "override": say("Override"), "waiver": say("Waiver"),
}  # fmt: skip


def _lines(found: "History") -> list[str]:
    lines: list[str] = [
        say("{count} assessments in the chain, {first} to {last}", count=len(found.links), first=found.links[0].as_of, last=found.links[-1].as_of)
    ]
    for b in found.broken:
        lines.append(
            say(
                "Broken at {folder}: {what} ({day} {detail})",
                folder=b.folder,
                what=_WORDS[b.what],
                day=b.as_of if b.as_of is not None else "—",
                detail=b.detail,
            )
        )
    lines += [say("Not in the chain: {folder} ({day})", folder=x.folder, day=x.as_of) for x in found.beside]
    lines += [say("No check on {days} days: {first} to {last}", days=u.days, first=u.first, last=u.last) for u in found.unchecked]
    if found.since is not None:
        lines.append(say("No check since: {days} days, {first} to {last}", days=found.since.days, first=found.since.first, last=found.since.last))
    for a in found.afterwards:
        if a.error is not None:
            lines.append(say("{old} and {new} can't be compared: {why}", old=a.old, new=a.new, why=a.error))
        for control, count in a.changed.items():
            lines.append(
                say("Facts changed afterwards, {old} to {new}: {control}, {count} findings", old=a.old, new=a.new, control=control, count=count)
            )
        for table, count in a.vanished.items():
            lines.append(say("Gone since {old}: {count} of {table} ({names})", old=a.old, count=count, table=table, names=", ".join(a.gone)))
    if not found.compared:
        lines.append(say("Facts weren't compared"))
    lines += [
        say("{what} {name}: {value}, {first} to {last}", what=_WORDS[h.what], name=h.name, value=h.value, first=h.first, last=h.last)
        for h in found.held
    ]
    return lines


@click.command(epilog="Example 例: disputekit anchor --tsa http://tsa.example/ --roots root.pem")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), required=False)
@click.option("--tsa", required=True, help="Address of a time-stamping authority (RFC 3161). 时间戳机构地址。")
@click.option("--roots", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=True, help="Its root certificates (PEM). 根证书。")
@click.pass_obj
def anchor(session: Any, folder: Path | None, tsa: str, roots: Path) -> None:
    """Have the hash of the newest assessment stamped by an authority outside (RFC 3161). Only the hash leaves the house.

    请外部时间戳机构为最新评估的哈希加盖时间戳；只有哈希离开本机构。
    """
    place = _folder(session, folder)
    link = walk(place, today=date.min, facts=False).links[-1]
    at = anchored(place, link.sha256, tsa, roots)
    said = session.said(session.project() if folder is None else None)
    click.echo(said(say("{folder} was stamped at {at}", folder=link.folder, at=at.isoformat())))
