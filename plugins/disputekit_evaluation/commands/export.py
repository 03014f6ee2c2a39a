"""`disputekit export`."""

from pathlib import Path
from typing import Any

import click


@click.command(epilog="Example 例: disputekit export assessments/2026-06-30 package --profile assessor.toml --key assessor_key")
@click.argument("assessment", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--profile", "profile_path", required=True, type=click.Path(path_type=Path),
              help="To whom, why, until when, and what is done to each column (TOML). 接收方、目的、期限及各列的处理。")  # fmt: skip
@click.option(
    "--key", required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False), help="The SSH key that signs. 用于签名的 SSH 密钥。"
)
@click.option("--secret", type=click.Path(path_type=Path), default=None,
              help="The secret from which pseudonyms come; made where it isn't there. Keep it. 假名的密钥，没有则生成，请妥善保管。"
                   " [default: pseudonyms.key beside the project 项目旁]")  # fmt: skip
@click.option("--sealed", type=click.Path(path_type=Path), default=None,
              help="Where the sealed list of who is who goes, which is no part of the package. 密封的身份对照表存放处，不属于评估包。"
                   " [default: OUT.sealed]")  # fmt: skip
@click.option("--publish", is_flag=True, help="The variant for the public: counts only, small ones suppressed. 公开版：仅统计数字，小计数隐去。")
@click.option("--dry-run", is_flag=True, help="Make it, say what would be handed over, and throw it away. 试做并说明将移交的内容，不留下文件。")
@click.pass_obj
def export(
    session: Any, assessment: Path, out: Path, profile_path: Path, key: Path, secret: Path | None, sealed: Path | None, publish: bool, dry_run: bool
) -> None:
    """Make an evaluation package of an assessment: a signed bag of plain files, pseudonymised for one recipient.

    由一份评估生成评估包：签名的普通文件包，针对某一接收方作假名化处理。

    The register is read again from the project, and must be the one that was assessed. 重新读取登记簿，须与评估时一致。

    Exit codes 退出码: 0 made 已生成; 2 not 未生成, or without some part 或缺少某部分。
    """
    from datetime import datetime
    from secrets import token_hex

    from disputekit import say
    from disputekit_evaluation.made import Asked, make_package
    from disputekit_evaluation.package import told_of, would_be_handed_over
    from disputekit_evaluation.profile import not_expired, read_profile
    from disputekit_evaluation.published import make_public
    from disputekit_evaluation.secret import secret_in

    project = session.project()
    said = session.said(project)
    profile, sha256 = read_profile(profile_path)
    today = datetime.now(project.zone).date()
    not_expired(profile, today)
    given = secret_in(secret if secret is not None else project.folder / "pseudonyms.key")
    asked = Asked(project, assessment, out, profile, sha256, key, given, today, dry_run,
                  sealed if sealed is not None else out.with_name(f"{out.name}.sealed"), token_hex(32))  # fmt: skip
    with session.progress(said) as progress:
        package = make_public(asked, progress) if publish else make_package(asked, progress)
    if dry_run:
        for line in would_be_handed_over(package):
            click.echo(said(line))
    elif publish:
        click.echo(said(say("Public variant: {place}", place=out)))
        for line in told_of(package.suppression) if package.suppression is not None else ():
            click.echo(said(line))
    else:
        click.echo(said(say("Package for {recipient}: {place}", recipient=profile.recipient, place=out)))
        click.echo(said(say("The sealed list of who is who, which stays with you: {place}", place=asked.sealed)))
    lacking = [p for p in package.parts if p.error is not None]
    for part in lacking:
        click.echo(said(say("Without {name} of {plugin}: {what}", name=part.name, plugin=part.plugin, what=part.error)), err=True)
    raise click.exceptions.Exit(2 if lacking else 0)
