"""`disputekit verify`."""

from datetime import date
from pathlib import Path
from typing import Any

import click


@click.command(epilog="Example 例: disputekit verify package --signers allowed_signers --rerun")
@click.argument("package", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--signers", required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="Who may sign (ssh-keygen's allowed_signers), got by another way than the package. 允许的签名人文件，须另行取得。")  # fmt: skip
@click.option("--signer", default=None, help="The only identity that will do. 只接受此签名人。")
@click.option("--rerun", "again", is_flag=True, help="Run the packaged SQL over the packaged register, too. 并重跑包内全部 SQL。")
@click.pass_obj
def verify(session: Any, package: Path, signers: Path, signer: str | None, again: bool) -> None:
    """Verify an evaluation package: who signed it, every file, counts and ranges, and, with --rerun, its arithmetic.

    验证评估包：签名人、每个文件、行数与日期范围；加 --rerun 则重跑其计算。

    What it can't show: that the register is complete and true. 不能证明登记簿本身完整、真实。

    Exit codes 退出码: 0 all holds 全部成立; 1 something doesn't 有不成立之处; 2 it couldn't be verified, or not be run again 无法验证或重跑。
    """
    from disputekit import say
    from disputekit_evaluation.verified import verify_package

    said = session.said()
    found = verify_package(package, signers, signer, again=again)
    for problem in found.problems:
        click.echo(problem.said(said), err=True)
    if found.problems:
        click.echo(said(say("NOT verified: {count} problems", count=len(found.problems))))
        raise click.exceptions.Exit(1)
    click.echo(said(say("Signed by {signer}; {files} files as they were signed; {tables} tables with the rows and dates told", signer=found.signer,
                        files=found.files, tables=found.tables)))  # fmt: skip
    if found.controls is not None:
        click.echo(said(say("{count} controls run again: the same findings", count=found.controls)))
    if found.package is not None and found.package.profile.expires_on < date.today():  # noqa: DTZ011 — the assessor's own day
        ended = found.package.profile.expires_on
        click.echo(said(say("It was handed over until {day}, and that is over: it ought to be deleted by now", day=ended)), err=True)
    if found.package is not None and found.package.public:
        click.echo(said(say("The variant for the public: it holds counts only, and can't be run again")))
        raise click.exceptions.Exit(2 if again else 0)
