"""`disputekit verify`."""

from pathlib import Path

import click


@click.command(epilog="Example 例: disputekit verify package --signers allowed_signers")
@click.argument("package", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.pass_obj
def verify(session: object, package: Path) -> None:
    """Verify an evaluation package. 验证评估包。"""
    raise click.UsageError("not yet")
