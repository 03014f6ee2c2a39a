"""A plugin's part of the demo: what its module `demo` adds to the made-up insurer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from disputekit.demo.files import Row


@dataclass(frozen=True, order=True)
class Planted:
    """A finding that a check must bring. subject: the key of the row concerned, in the table of the control."""

    control: str
    subject: str
    outcome: str
    reason: str


@dataclass(frozen=True)
class DemoPart:
    """What `rows(seed, tables)` of a plugin's module `demo` gives, from the demo's tables as they are without it.

    tables: rows that are added, by table; each has its key. files: by their path below the project's folder. toml: what is written at the end of
    the project's disputekit.toml, comments in Chinese and English: the plugin's settings and the sources of tables that it brings. planted: the
    findings that a check of the demo brings because of this part, and it brings no others. commands: what a reader may try next, after
    `disputekit --project …`; `{assessment}` in one stands for the demo's assessment, `{folder}` for the project's folder.
    """

    tables: Mapping[str, Sequence[Row]] = field(default_factory=lambda: MappingProxyType({}))
    files: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    toml: str = ""
    planted: tuple[Planted, ...] = ()
    commands: tuple[str, ...] = ()
