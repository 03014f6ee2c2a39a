"""`disputekit export`."""

from pathlib import Path

import click


@click.command(epilog="Example 例: disputekit export assessments/2026-06-30 package --profile assessor.toml --key assessor-key")
@click.argument("assessment", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--profile", required=True, type=click.Path(path_type=Path), help="To whom, why, until when, what of each column (TOML). 接收方等事项。")
@click.option("--key", required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False), help="The SSH key that signs. 用于签名的 SSH 私钥。")
@click.pass_obj
def export(session: object, assessment: Path, out: Path, profile: Path, key: Path) -> None:
    """Make an evaluation package of an assessment. 由一份评估生成评估包。"""
    raise click.UsageError("not yet")
