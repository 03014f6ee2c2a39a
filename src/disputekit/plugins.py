"""Plugins: found by their entry points, switched on by the TOML, called one by one in its order, each failure contained and named."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import Field, dataclass, fields, is_dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import pluggy
from pydantic import BaseModel

from disputekit import hookspecs
from disputekit.errors import DisputekitError, PluginError, Problem, nearest
from disputekit.hookspecs import PROJECT
from disputekit.reading import read_as
from disputekit.register.schema import Columns, Table
from disputekit.text import Phrase, say

GROUP = "disputekit.plugins"
CORE = "core"
HOOKS: tuple[str, ...] = tuple(n for n, f in vars(hookspecs).items() if hasattr(f, f"{PROJECT}_spec"))
"""The names of all hooks, in the order of the stages."""


class Given(NamedTuple):
    """One result of a hook and the plugin that gave it."""

    plugin: str
    item: Any


@dataclass(frozen=True)
class Failure:
    """Something that a plugin, a check or a stage should have given and couldn't: an error of the assessment."""

    plugin: str
    where: str
    what: Phrase

    @property
    def problem(self) -> Problem:
        return Problem(f"{self.plugin}: {self.where}" if self.plugin else self.where, self.what)


@dataclass(frozen=True)
class Available:
    """An installed plugin: its name, where it comes from, and what it implements (or why it can't be loaded)."""

    name: str
    distribution: str
    version: str
    hooks: tuple[str, ...]
    settings: Mapping[str, str]
    problem: str = ""


class Plugins:
    """The enabled plugins of one run, the core's own first."""

    def __init__(self, named: Sequence[tuple[str, object]]) -> None:
        """Raises PluginError for an implementation that is no hook's, a wrapper, or one that asks to be called first or last."""
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self.names = tuple(name for name, _ in named)
        wrong: list[Problem] = []
        for name, plugin in named:
            flaws = list(_flaws(name, plugin))
            wrong += flaws
            if not flaws:
                try:
                    self._manager.register(plugin, name)
                except pluggy.PluginValidationError as bad:
                    wrong.append(Problem(name, say("{reason}", reason=" ".join(str(bad).split()))))
        if wrong:
            raise PluginError(*wrong)

    def call(self, hook: str, **given: Any) -> tuple[tuple[Given, ...], tuple[Failure, ...]]:
        """All results of a hook, plugin by plugin in order, and a failure for each plugin that raised or returned something else.

        A plugin that raises gives nothing; of one that returns something else among its results, the rest stands.
        """
        impls = getattr(self._manager.hook, hook).get_hookimpls()
        results: list[Given] = []
        failures: list[Failure] = []
        for name in self.names:
            for impl in impls:
                if impl.plugin_name != name:
                    continue
                try:
                    returned = impl.function(*[given[a] for a in impl.argnames])
                    items = list(returned) if isinstance(returned, Iterable) else [] if returned is None else [returned]
                    flaws = [flaw(item, hook) for item in items]
                except ANYTHING as bad:
                    failures.append(Failure(name, hook, raised(bad)))
                    continue
                if returned is not None and not isinstance(returned, Iterable):
                    flaws = [say("returned {found}, not a list", found=_shown(returned))]
                failures += [Failure(name, hook, f) for f in flaws if f is not None]
                results += [Given(name, item) for item, f in zip(items, flaws, strict=True) if f is None]
        return tuple(results), tuple(failures)


ANYTHING = (Exception, SystemExit)
"""What a plugin may raise and must not end the run with: `sys.exit(0)` in a plugin would pass for a clean bill of health."""


def flaw(item: object, hook: str) -> Phrase | None:
    """What is wrong with one result of a hook, as far as that can be told by looking at it: its type, its fields' types, its name."""
    (wanted,) = get_args(get_type_hints(getattr(hookspecs, hook))["return"])
    allowed = get_args(wanted) if get_origin(wanted) in (Union, UnionType) else (wanted,)
    if not isinstance(item, allowed):
        names = " or ".join(t.__name__ for t in allowed)
        return say("returned {found}, not {wanted}", found=_shown(item), wanted=names)
    for field in _fields(type(item)):
        value = getattr(item, field.name)
        if not _fits(value, field.type):
            return say("{item}: {field} is {found}", item=type(item).__name__, field=field.name, found=_shown(value))
        if field.name in ("id", "name") and not _NAME.fullmatch(value):
            return say("{item}: {name!r} can't be a name; write Latin letters, digits, hyphens, dots and underscores",
                       item=type(item).__name__, name=value)  # fmt: skip
    if isinstance(item, (Table, Columns)):
        item.columns  # noqa: B018 — raises where the model has a field that no source can give
    return None


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
"""Names become file names and SQL names."""


def _fits(value: object, wanted: Any) -> bool:
    """Whether a value has a declared type. A type written in quotes is one of a function's, whose parts aren't imported here."""
    origin, arguments = get_origin(wanted), get_args(wanted)
    if isinstance(wanted, str):
        return callable(value) or (value is None and wanted.endswith("| None"))
    if origin in (Union, UnionType):
        return any(_fits(value, a) for a in arguments)
    if origin is Literal:
        return value in arguments
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(v, arguments[0]) for v in value)
    if origin is type:
        return isinstance(value, type) and issubclass(value, arguments[0])
    return wanted is Any or (isinstance(value, origin or wanted) and all(_fits(getattr(value, f.name), f.type) for f in _fields(wanted)))


def _fields(wanted: Any) -> tuple[Field[Any], ...]:
    return fields(wanted) if is_dataclass(wanted) else ()


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


def raised(bad: BaseException) -> Phrase:
    """What was raised and where, in one line."""
    import traceback

    last = traceback.extract_tb(bad.__traceback__)[-1:]
    place = f" ({last[0].name}, line {last[0].lineno})" if last else ""
    return say("raised {kind}: {what}{place}", kind=type(bad).__name__, what=str(bad)[:500], place=place)


def _flaws(name: str, plugin: object) -> Iterator[Problem]:
    """Methods that would never be called, or not in the order of the plugins."""
    for attribute in dir(type(plugin)):
        method = getattr(type(plugin), attribute)
        marks = getattr(method, f"{PROJECT}_impl", None)
        hook = attribute if marks is None else marks["specname"] or attribute
        where = f"{name}: {attribute}"
        if marks is None:
            if attribute in HOOKS:
                yield Problem(where, say("has a hook's name but isn't marked"), say("Write @hookimpl above it"))
        elif hook not in HOOKS:
            yield Problem(where, say("no hook {name!r}", name=hook), nearest(hook, HOOKS))
        elif any(marks[m] for m in ("wrapper", "hookwrapper", "tryfirst", "trylast")):
            yield Problem(where, say("a hook can't be a wrapper nor ask to be called first or last"),
                          say("The order of `[plugins] enabled` is the order of the calls"))  # fmt: skip


def installed() -> dict[str, EntryPoint]:
    """The entry points of installed plugins by name. Raises PluginError where two distributions offer the same name."""
    found: dict[str, EntryPoint] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda p: (p.name, p.value)):
        other = found.get(point.name)
        if other is not None and other.value != point.value:
            raise PluginError.at(point.name, say("two plugins have this name: {one} and {other}", one=other.value, other=point.value))
        found[point.name] = point
    return found


def load_plugins(enabled: Sequence[str], settings: Mapping[str, Any], where: str, folder: Path | None = None) -> Plugins:
    """The core and the enabled plugins, constructed with their settings.

    where: the file that enables them, for messages; folder: from where paths in the settings lead. Raises PluginError for every plugin that is unknown,
    named twice, can't be imported or has wrong settings; all at once.
    """
    from disputekit.core import Core

    points = installed()
    named: list[tuple[str, object]] = [(CORE, Core())]
    wrong: list[Problem] = []
    for number, name in enumerate(enabled):
        if name not in points:
            wrong.append(Problem(f"{where}: [plugins] enabled", say("no plugin {name!r} is installed", name=name), nearest(name, points)))
        elif name in (CORE, *enabled[:number]):
            wrong.append(Problem(f"{where}: [plugins] enabled", say("{name!r} stands there twice", name=name)))
        else:
            try:
                named.append((name, _construct(points[name].load(), settings.get(name, {}), f"{where}: [plugins.{name}]", folder)))
            except PluginError as bad:
                wrong += bad.problems
            except DisputekitError as bad:  # what its own model can't say: names in its settings that belong together and don't
                wrong += [Problem(f"{where}: [plugins.{name}] {p.where}", p.what, p.hint) for p in bad.problems]
            except ANYTHING as bad:
                wrong.append(Problem(f"{where}: [plugins] enabled", say("{name!r} can't be loaded: {what}", name=name, what=raised(bad))))
    for name in settings:
        if name not in enabled:
            wrong.append(Problem(f"{where}: [plugins.{name}]", say("settings of a plugin that isn't enabled"), nearest(name, enabled)))
    if wrong:
        raise PluginError(*wrong)
    return Plugins(named)


def settings_model(plugin: object) -> type[BaseModel] | None:
    """The model of a plugin's settings: its attribute `Settings`."""
    model = getattr(plugin, "Settings", None)
    return model if isinstance(model, type) and issubclass(model, BaseModel) else None


def _construct(plugin: Callable[..., object], settings: Any, where: str, folder: Path | None) -> object:
    if not isinstance(plugin, type):
        raise PluginError.at(where, say("the entry point names {found!r}, not a class", found=repr(plugin)[:80]))
    model = settings_model(plugin)
    if model is None:
        if settings:
            raise PluginError.at(where, say("this plugin has no settings"))
        return plugin()
    return plugin(read_as(model, settings, where, PluginError, folder))


def available() -> tuple[Available, ...]:
    """Every installed plugin, loaded only to be looked at."""
    found = []
    for name, point in installed().items():
        dist = point.dist
        where = (dist.name if dist else "", dist.version if dist else "")
        try:
            plugin = point.load()
        except ANYTHING as bad:
            found.append(Available(name, *where, (), {}, str(raised(bad))))
            continue
        model = settings_model(plugin)
        hooks = tuple(h for h in HOOKS if hasattr(getattr(plugin, h, None), f"{PROJECT}_impl"))
        fields = {n: f.description or "" for n, f in model.model_fields.items()} if model else {}
        found.append(Available(name, *where, hooks, fields))
    return tuple(found)
