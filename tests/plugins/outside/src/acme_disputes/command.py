"""The command that the insurer adds; it is imported only when it is called."""

import click


@click.command()
@click.argument("branch")
def acme(branch: str) -> None:
    """Say which branch is meant."""
    click.echo(f"Acme {branch}")
