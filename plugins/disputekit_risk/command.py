"""`disputekit risk list` and `disputekit risk explain`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from disputekit import Problem, say
from disputekit.commands import Session, read_assessment

if TYPE_CHECKING:
    from disputekit import RiskPoint
    from disputekit.commands import Manifest


@click.group()
def risk() -> None:
    """List and explain the risk points of an assessment. 列出和说明评估中的风险点。"""
