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

from pydantic import BeforeValidator, Field

from disputekit.errors import ConfigError, DisputekitError, Problem, nearest
from disputekit.policies.model import Override, Strict
from disputekit.reading import read_as, read_toml
from disputekit.register.settings import Coverage, RegisterSettings, SourceSettings
from disputekit.run import Organisation
from disputekit.text import Language, say

FILE = "disputekit.toml"


def _whole_date(value: Any) -> Any:
    if isinstance(value, datetime):
        raise ValueError("a date without a time is expected")
    return value


class OrganisationSettings(Strict):
    """`[organisation]`."""

    name: str
    jurisdiction: str | None = None
    timezone: str = "Asia/Shanghai"
    calendar: str | Mapping[str, str] = "weekends"
    language: Language = "zh"
    legal_form: str | None = None
    lines: tuple[str, ...] = ()


class PolicySettings(Strict):
    """`[policies]`: which packs, by id or by folder (`./house`)."""

    packs: tuple[str, ...] = ()


class PluginSettings(Strict):
    """`[plugins]`: which plugins, in the order of their calls. `[plugins.<name>]` is checked by the plugin's own model."""

    enabled: tuple[str, ...] = ()


class Limits(Strict):
    """`[limits]`: how much may be unreadable or unknown before a run counts as not evaluated (exit 2).

    Shares are of the rows, cells or applicable subjects concerned: 0.01 is one in a hundred.
    """

    rejected_rows: Annotated[int, Field(ge=0)] = 0
    rejected_cells: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.01")
    unknown: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.05")


class ProjectFile(Strict):
    """The whole file, but for the parts that are read by others: `[plugins.<name>]` and `[register.<table>]`."""

    organisation: OrganisationSettings
    wind_down: Mapping[str, Annotated[date, BeforeValidator(_whole_date)]] = {}
    policies: PolicySettings = PolicySettings()
    plugins: PluginSettings = PluginSettings()
    parameters: Mapping[str, Mapping[str, Override]] = {}
    limits: Limits = Limits()


@dataclass(frozen=True)
class Project:
    """A project file as read. `path`: of the file; `sha256`: of its bytes; `plugin_settings`: as written, by plugin."""

    path: Path
    sha256: str
    file: ProjectFile
    plugin_settings: Mapping[str, Any]
    register: RegisterSettings
    zone: ZoneInfo

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
    register = _read_register(data.pop("register", {}), path.name, wrong)
    try:
        file = read_as(ProjectFile, data, path.name, ConfigError)
    except ConfigError as bad:
        raise ConfigError(*bad.problems, *wrong) from None
    name = file.organisation.timezone
    if name not in available_timezones():
        wrong.append(Problem(f"{path.name}: [organisation] timezone", say("no time zone {name!r}", name=name), nearest(name, available_timezones())))
    for key in file.wind_down:
        if not key.endswith("_on"):
            wrong.append(Problem(f"{path.name}: [wind_down] {key}", say("a date's name ends in _on"), say("Write {name!r}", name=f"{key}_on")))
    if wrong:
        raise ConfigError(*wrong)
    return Project(path, hashlib.sha256(path.read_bytes()).hexdigest(), file, MappingProxyType(settings), register, ZoneInfo(name))


def _read_register(data: Any, name: str, wrong: list[Problem]) -> RegisterSettings:
    if not isinstance(data, dict) or not all(isinstance(t, dict) for t in data.values()):
        wrong.append(Problem(f"{name}: [register]", say("each table is described in its own [register.<table>]")))
        return RegisterSettings()
    coverage: dict[str, Coverage] = {}
    tables: dict[str, SourceSettings] = {}
    for key, value in data.items():
        try:
            if key == "coverage":
                for what, entry in value.items():
                    coverage[what] = read_as(Coverage, entry, f"{name}: [register.coverage] {what}", ConfigError)
            else:
                tables[key] = read_as(SourceSettings, value, f"{name}: [register.{key}]", ConfigError)
        except DisputekitError as bad:
            wrong += bad.problems
    return RegisterSettings(tables=MappingProxyType(tables), coverage=MappingProxyType(coverage))
