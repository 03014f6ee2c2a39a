"""The lock: what a run depends on besides its register and its project file, pinned, so that nothing of it changes unnoticed."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from importlib.metadata import EntryPoint, version
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Any

from disputekit.assessment.manifest import PluginUsed
from disputekit.assessment.summing_up import plugins_used
from disputekit.blocks import Blocks, blocks_of, packs_of
from disputekit.calendars import Calendar, load_calendar
from disputekit.config import Project
from disputekit.errors import ConfigError, Problem
from disputekit.plugins import installed
from disputekit.policies.packs import Pack
from disputekit.policies.parameters import written as written_parameter
from disputekit.reading import read_toml
from disputekit.text import say
from disputekit.waivers import dispositions_path, waivers_path

FORMAT = "disputekit-lock-1"
_VERSIONS = ("disputekit", "duckdb", "sqlglot")
_HEADER = """\
# What `disputekit check --locked` holds a run to: written by `disputekit policy lock`, not by hand.
# 由 disputekit policy lock 生成，请勿手工修改；disputekit check --locked 据此核对。
"""

Pinned = Mapping[tuple[str, ...], str]
"""What is pinned, by its place in the file: `("packs", "cn-claims", "sha256")`."""


def lock_path(project: Project) -> Path:
    """Where a project's lock lies: `disputekit.lock` beside its `disputekit.toml`."""
    return project.path.with_suffix(".lock")


def pinned(project: Project, blocks: Blocks, packs: Iterable[Pack]) -> Pinned:
    """What there is to pin now: packs, plugins and their code, parameters in force, the calendar's days, waivers, versions.

    Raises ConfigError for a calendar that can't be read.
    """
    calendar = load_calendar(project.file.organisation.calendar, project.folder, project.path.name)
    found: dict[tuple[str, ...], str] = {("versions", name): version(name) for name in _VERSIONS}
    found |= {("calendar", "name"): calendar.name, ("calendar", "sha256"): _days_sha256(calendar)}
    for pack in packs:
        found |= {("packs", pack.id, "version"): pack.head.version, ("packs", pack.id, "sha256"): pack.sha256}
        if pack.without:
            found["packs", pack.id, "without"] = ", ".join(pack.without)
        found |= {("parameters", pack.id, name): written_parameter(p) for name, p in pack.parameters.items()}
    points = installed()
    for plugin in plugins_used(blocks.plugins.names):
        found |= _pinned_plugin(plugin, points.get(plugin.name))
    for what, path in (("waivers", waivers_path(project)), ("dispositions", dispositions_path(project))):
        if path.is_file():
            found[what, "sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def written(what: Pinned) -> str:
    """The lock as TOML, sorted: the same whenever what is pinned is the same."""
    parts = [_HEADER, f"format = {_text(FORMAT)}\n"]
    for table, entries in groupby(sorted(what.items()), key=lambda entry: entry[0][:-1]):
        lines = [f"{_key(place[-1])} = {_text(value)}\n" for place, value in entries]
        parts += [f"\n[{'.'.join(map(_key, table))}]\n", *lines]
    return "".join(parts)


def write_lock(project: Project) -> tuple[Path, str]:
    """Pins what a project depends on now; returns the lock's place and its hash. Raises DisputekitError for whatever can't be loaded."""
    blocks = blocks_of(project)
    if blocks.failures:
        raise ConfigError(*(f.problem for f in blocks.failures))
    data = written(pinned(project, blocks, packs_of(project, blocks))).encode()
    path = lock_path(project)
    path.write_bytes(data)
    return path, hashlib.sha256(data).hexdigest()


def read_lock(path: Path) -> tuple[Pinned, str]:
    """What a lock pins, and the hash of its bytes. Raises ConfigError where there is none, or it isn't one."""
    if not path.is_file():
        raise ConfigError.at(path.name, say("there is no lock"), say("Look at what is enabled, and write one: disputekit policy lock"))
    data = read_toml(path, path.name, ConfigError)
    if data.pop("format", None) != FORMAT:
        raise ConfigError.at(path.name, say("isn't a lock of the format {format}", format=FORMAT), say("Write it again: disputekit policy lock"))
    found = dict(_flat((), data))
    strange = {place: value for place, value in found.items() if not isinstance(value, str)}
    wrong = [Problem(f"{path.name}: {'.'.join(p)}", say("found {found!r}, not a text", found=str(v)[:80])) for p, v in strange.items()]
    if wrong:
        raise ConfigError(*wrong)
    return found, hashlib.sha256(path.read_bytes()).hexdigest()


def differences(locked: Pinned, found: Pinned, name: str) -> list[Problem]:
    """A problem for everything that isn't as it was locked, in the order of the file. name: the lock's, for messages."""
    hint = say("Put it back, or look at the change and lock it: disputekit policy lock")
    wrong = []
    for place in sorted({*locked, *found}):
        before, now = locked.get(place), found.get(place)
        where = f"{name}: {'.'.join(place)}"
        if now is None:
            wrong.append(Problem(where, say("locked {locked}, and it isn't there", locked=before), hint))
        elif before is None:
            wrong.append(Problem(where, say("isn't locked, found {found}", found=now), hint))
        elif before != now:
            wrong.append(Problem(where, say("locked {locked}, found {found}", locked=before, found=now), hint))
    return wrong


def held(project: Project) -> Project:
    """The project with the hash of the lock that it is as, for the manifest.

    Raises ConfigError for every difference and for a lock that is missing or can't be read; other DisputekitErrors for what can't be loaded.
    """
    path = lock_path(project)
    locked, sha256 = read_lock(path)
    blocks = blocks_of(project)
    wrong = differences(locked, pinned(project, blocks, packs_of(project, blocks)), path.name)
    if wrong:
        raise ConfigError(*wrong)
    return replace(project, locked=sha256)


def _key(name: str) -> str:
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else _text(name)


def _text(value: str) -> str:
    # JSON's way of writing a text is also TOML's, but for DEL, which TOML wants escaped
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _flat(place: tuple[str, ...], data: Mapping[str, Any]) -> Iterable[tuple[tuple[str, ...], Any]]:
    for name, value in data.items():
        if isinstance(value, dict):
            yield from _flat((*place, name), value)
        else:
            yield (*place, name), value


def _days_sha256(calendar: Calendar) -> str:
    """The hash of what makes a day a working day; what the calendar is called, and who says so, don't."""
    days = {name: value for name, value in asdict(calendar).items() if name not in ("name", "source")}
    return hashlib.sha256(json.dumps(days, default=str, sort_keys=True).encode()).hexdigest()


# ── a plugin's code ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _pinned_plugin(plugin: PluginUsed, point: EntryPoint | None) -> dict[tuple[str, ...], str]:
    """point: None for the core, which nobody has to install by itself."""
    top = "disputekit" if point is None else point.module.partition(".")[0]
    files = _recorded(point, top) if point is not None else {}
    values = {"distribution": plugin.distribution, "version": plugin.version, "sha256": _files_sha256(files if files else _of_module(top))}
    return {("plugins", plugin.name, name): value for name, value in values.items()}


def _recorded(point: EntryPoint, top: str) -> dict[str, Path]:
    """The files that a distribution installed; none where its code isn't among them, as in a development install, or nothing is recorded.

    What an installer writes itself, and scripts that name the machine's Python, are no part of the code.
    """
    files = (point.dist.files if point.dist is not None else None) or ()
    code = {f.as_posix(): Path(str(f.locate())) for f in files if not f.parts[0].endswith(".dist-info") and ".." not in f.parts and _is_code(f.parts)}
    return code if any(name == f"{top}.py" or name.startswith(f"{top}/") for name in code) else {}


def _of_module(top: str) -> dict[str, Path]:
    """The files of a module's source: all in its folder, or the one that it is."""
    spec = find_spec(top)
    folders = [Path(p) for p in (spec.submodule_search_locations or ())] if spec is not None else []
    if folders:
        return {p.relative_to(f).as_posix(): p for f in folders for p in f.rglob("*") if p.is_file() and _is_code(p.parts)}
    return {Path(spec.origin).name: Path(spec.origin)} if spec is not None and spec.origin is not None else {}


def _is_code(parts: tuple[str, ...]) -> bool:
    return "__pycache__" not in parts and not parts[-1].endswith(".pyc")


def _files_sha256(files: Mapping[str, Path]) -> str:
    digest = hashlib.sha256()
    for name, path in sorted(files.items()):
        data = path.read_bytes() if path.is_file() else b""
        digest.update(f"{name}\0{len(data)}\0{path.is_file()}\0".encode() + data)
    return digest.hexdigest()
