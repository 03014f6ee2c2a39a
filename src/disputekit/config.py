"""The organisation's `disputekit.toml`: everything that is switched on, and where the register comes from."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

from disputekit.errors import ConfigError, Problem, nearest
from disputekit.policies.model import Opinion, Override, Strict
from disputekit.reading import MistakeError, Model, read_as, read_toml
from disputekit.register.settings import Coverage, RegisterSettings, SourceSettings
from disputekit.run import Organisation
from disputekit.text import Language, say

FILE = "disputekit.toml"


def _whole_date(value: Any) -> Any:
    if isinstance(value, datetime):
        raise MistakeError(say("a date without a time is expected"))
    return value


def _ends_in_on(name: str) -> str:
    if not name.endswith("_on"):
        raise MistakeError(say("a date's name ends in _on"), say("Write {name!r}", name=f"{name}_on"))
    return name


def _time_zone(name: str) -> str:
    if name not in available_timezones():
        raise MistakeError(say("no time zone {name!r}", name=name), nearest(name, available_timezones()))
    return name


class OrganisationSettings(Strict):
    """`[organisation]`."""

    name: str
    jurisdiction: str | None = None
    timezone: Annotated[str, AfterValidator(_time_zone)] = "Asia/Shanghai"
    calendar: str | Mapping[str, str] = "weekends"
    language: Language = "zh"
    legal_form: str | None = None
    lines: tuple[str, ...] = ()


class PolicySettings(Strict):
    """`[policies]`: which packs, by id or by folder (`./house`). without: controls of house practice that are switched off."""

    packs: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


class PluginSettings(Strict):
    """`[plugins]`: which plugins, in the order of their calls. `[plugins.<name>]` is checked by the plugin's own model."""

    enabled: tuple[str, ...] = ()


class DecisionSettings(Strict):
    """`[waivers]` and `[dispositions]`: where they are written down, beside the project unless told."""

    file: str | None = None


class Limits(Strict):
    """`[limits]`: how much may be unreadable or unknown before a run counts as not evaluated (exit 2).

    Shares are of the rows, cells or applicable subjects concerned: 0.01 is one in a hundred.
    """

    rejected_rows: Annotated[int, Field(ge=0)] = 0
    rejected_cells: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.01")
    unknown: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.05")


class ProjectFile(Strict):
    """The whole file, but for the settings of plugins. `written_register`: `[register]`, whose tables are read one by one."""

    organisation: OrganisationSettings
    wind_down: Mapping[Annotated[str, AfterValidator(_ends_in_on)], Annotated[date, BeforeValidator(_whole_date)]] = {}
    policies: PolicySettings = PolicySettings()
    plugins: PluginSettings = PluginSettings()
    parameters: Mapping[str, Mapping[str, Override]] = {}
    opinions: Mapping[str, Opinion] = {}
    limits: Limits = Limits()
    waivers: DecisionSettings = DecisionSettings()
    dispositions: DecisionSettings = DecisionSettings()
    written_register: Mapping[str, Any] = Field(default={}, alias="register")


@dataclass(frozen=True)
class Project:
    """A project file as read. `path`: of the file; `sha256`: of its bytes; `plugin_settings`: as written, by plugin.

    locked: the hash of the lock that everything was found to be as; None where nobody asked.
    """

    path: Path
    sha256: str
    file: ProjectFile
    plugin_settings: Mapping[str, Any]
    register: RegisterSettings
    zone: ZoneInfo
    locked: str | None = None

    @property
    def folder(self) -> Path:
        return self.path.parent

    @property
    def organisation(self) -> Organisation:
        o = self.file.organisation
        return Organisation(o.name, o.jurisdiction, o.legal_form, o.lines, MappingProxyType(dict(self.file.wind_down)))


def load_project(path: Path) -> Project:
    """Reads a project file; a folder stands for the `disputekit.toml` in it.

    Raises ConfigError with every mistake in the file. Names of plugins, packs, tables and parameters are checked by whoever knows them.
    """
    path = path / FILE if path.is_dir() else path
    data = read_toml(path, path.name, ConfigError)
    wrong: list[Problem] = []
    plugins = data.get("plugins", {})
    settings = {k: plugins.pop(k) for k in list(plugins) if k != "enabled"} if isinstance(plugins, dict) else {}
    for name in [n for n, s in settings.items() if not isinstance(s, dict)]:
        wrong.append(Problem(f"{path.name}: [plugins]", say("no key {name!r} here", name=name), nearest(name, ["enabled"])))
    register = _read_register(data.get("register"), path.name, wrong)
    try:
        file = read_as(ProjectFile, data, path.name, ConfigError)
    except ConfigError as bad:
        raise ConfigError(*bad.problems, *wrong) from None
    if wrong:
        raise ConfigError(*wrong)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return Project(path, sha256, file, MappingProxyType(settings), register, ZoneInfo(file.organisation.timezone))


def _read_register(data: Any, name: str, wrong: list[Problem]) -> RegisterSettings:
    if not isinstance(data, dict):  # the model of the whole file says so
        return RegisterSettings()
    coverage = data.get("coverage", {})
    if not isinstance(coverage, dict):
        wrong.append(
            Problem(f"{name}: [register.coverage]", say("found {found}; one entry for each activity or table is expected", found=repr(coverage)))
        )
        coverage = {}
    return RegisterSettings(
        tables=_read_each(SourceSettings, {k: v for k, v in data.items() if k != "coverage"}, name, "[register.{}]", wrong),
        coverage=_read_each(Coverage, coverage, name, "[register.coverage] {}", wrong),
    )


def _read_each(model: type[Model], entries: Mapping[str, Any], file: str, place: str, wrong: list[Problem]) -> Mapping[str, Model]:
    found: dict[str, Model] = {}
    for name, entry in entries.items():
        try:
            found[name] = read_as(model, entry, f"{file}: {place.format(name)}", ConfigError)
        except ConfigError as bad:
            wrong += bad.problems
    return MappingProxyType(found)
