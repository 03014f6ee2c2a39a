"""The parts of the demo that its plugins bring, asked for in the order in which the demo's project enables them."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec

import tomli

from disputekit.demo.files import Row
from disputekit.demo.part import DemoPart
from disputekit.plugins import installed

MODULE = "demo"


def demo_parts(project: str, seed: int, tables: Mapping[str, Sequence[Row]]) -> Iterator[DemoPart]:
    """The parts of the plugins that a project (the text of its disputekit.toml) enables and that bring one, each from the same tables."""
    points = installed()
    for name in tomli.loads(project)["plugins"]["enabled"]:
        package = points[name].value.partition(":")[0].partition(".")[0]
        if find_spec(f"{package}.{MODULE}") is not None:
            yield import_module(f"{package}.{MODULE}").rows(seed, tables)
