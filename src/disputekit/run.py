"""The run: the one immutable object that every plugin sees. It has no connection and no paths."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from zoneinfo import ZoneInfo

from disputekit.policies.model import Instrument, Parameter, Rule
from disputekit.text import Language


@dataclass(frozen=True)
class Organisation:
    """Whose register it is. `wind_down`: the dates of `[wind_down]`, each a milestone of the organisation."""

    name: str
    jurisdiction: str | None = None
    legal_form: str | None = None
    lines: tuple[str, ...] = ()
    wind_down: Mapping[str, date] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Control:
    """A control as its pack states it, with where it came from and the instrument it cites."""

    rule: Rule
    pack: str
    plugin: str
    instrument: Instrument | None = None

    @property
    def id(self) -> str:
        return self.rule.id


@dataclass(frozen=True)
class Previous:
    """The assessment before this one: its as-of date and the hash of its manifest.

    risks: its risk points by name, each with how many times what was observed exceeded what was expected. They stand in the manifest, whose
    hash covers them.
    """

    as_of: date
    sha256: str
    risks: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Run:
    """What a run is about; the same object in every stage.

    as_of: evaluated at its end. controls: of the enabled packs, in their order. parameters: by pack and name, overrides applied.
    instruments: all that each pack declares, by pack and id.
    """

    as_of: date
    zone: ZoneInfo
    language: Language
    organisation: Organisation
    calendar: str
    controls: tuple[Control, ...] = ()
    parameters: Mapping[str, Mapping[str, Parameter]] = field(default_factory=lambda: MappingProxyType({}))
    previous: Previous | None = None
    instruments: Mapping[str, Mapping[str, Instrument]] = field(default_factory=lambda: MappingProxyType({}))
