"""Plugins: found by their entry points, switched on by the TOML, called one by one in its order, each failure contained and named."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NamedTuple, get_args, get_type_hints

import pluggy
from pydantic import BaseModel

from disputekit import hookspecs
from disputekit.errors import PluginError, Problem, nearest
from disputekit.hookspecs import PROJECT
from disputekit.reading import read_as
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
        wrong = []
        for name, plugin in named:
            wrong += list(_misspelt(name, plugin))
            self._manager.register(plugin, name)
        try:
            self._manager.check_pending()
        except pluggy.PluginValidationError as bad:
            wrong.append(Problem(str(bad.plugin and self._manager.get_name(bad.plugin)), say("{reason}", reason=str(bad))))
        for hook in HOOKS:
            for impl in getattr(self._manager.hook, hook).get_hookimpls():
                if impl.wrapper or impl.hookwrapper or impl.tryfirst or impl.trylast:
                    wrong.append(Problem(f"{impl.plugin_name}: {hook}", say("a hook can't be a wrapper nor ask to be called first or last"),
                                         say("The order of `[plugins] enabled` is the order of the calls")))  # fmt: skip
        if wrong:
            raise PluginError(*wrong)

    def call(self, hook: str, **given: Any) -> tuple[tuple[Given, ...], tuple[Failure, ...]]:
        """All results of a hook, plugin by plugin in order, and a failure for each plugin that raised or returned something else."""
        impls = {i.plugin_name: i for i in getattr(self._manager.hook, hook).get_hookimpls()}
        wanted = _item_types(hook)
        results: list[Given] = []
        failures: list[Failure] = []
        for name in self.names:
            if name not in impls:
                continue
            impl = impls[name]
            try:
                returned = impl.function(*[given[a] for a in impl.argnames])
                items = [] if returned is None else list(returned)
            except Exception as bad:  # whatever a plugin raises is its own failure and nobody else's
                failures.append(Failure(name, hook, raised(bad)))
                continue
            strange = [i for i in items if not isinstance(i, wanted)]
            if strange:
                names = " or ".join(t.__name__ for t in wanted)
                failures.append(Failure(name, hook, say("returned {found}, not {wanted}", found=repr(strange[0])[:80], wanted=names)))
            results += [Given(name, i) for i in items if isinstance(i, wanted)]
        return tuple(results), tuple(failures)


def raised(bad: BaseException) -> Phrase:
    """What was raised and where, in one line."""
    import traceback

    last = traceback.extract_tb(bad.__traceback__)[-1:]
    place = f" ({last[0].name}, line {last[0].lineno})" if last else ""
    return say("raised {kind}: {what}{place}", kind=type(bad).__name__, what=str(bad)[:500], place=place)


def _item_types(hook: str) -> tuple[type, ...]:
    returned = get_type_hints(getattr(hookspecs, hook))["return"]
    (item,) = get_args(returned)
    return tuple(get_args(item)) or (item,)


def _misspelt(name: str, plugin: object) -> list[Problem]:
    """A method with a hook's name but without the mark would silently never be called."""
    found = []
    for attribute in dir(plugin):
        if attribute in HOOKS:
            method = getattr(plugin, attribute)
            if callable(method) and not hasattr(method, f"{PROJECT}_impl"):
                found.append(Problem(f"{name}: {attribute}", say("has a hook's name but isn't marked"), say("Write @hookimpl above it")))
    return found


def installed() -> dict[str, EntryPoint]:
    """The entry points of installed plugins by name. Raises PluginError where two distributions offer the same name."""
    found: dict[str, EntryPoint] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda p: (p.name, p.value)):
        other = found.get(point.name)
        if other is not None and other.value != point.value:
            raise PluginError.at(point.name, say("two plugins have this name: {one} and {other}", one=other.value, other=point.value))
        found[point.name] = point
    return found


def load_plugins(enabled: Sequence[str], settings: Mapping[str, Any], where: str) -> Plugins:
    """The core and the enabled plugins, constructed with their settings.

    where: the file that enables them, for messages. Raises PluginError for every plugin that is unknown, named twice, can't be imported
    or has wrong settings; all at once.
    """
    from disputekit.core import Core

    points = installed()
    named: list[tuple[str, object]] = [(CORE, Core())]
    wrong: list[Problem] = []
    for name in enabled:
        if name not in points:
            wrong.append(Problem(f"{where}: [plugins] enabled", say("no plugin {name!r} is installed", name=name), nearest(name, points)))
        elif any(name == n for n, _ in named):
            wrong.append(Problem(f"{where}: [plugins] enabled", say("{name!r} stands there twice", name=name)))
        else:
            try:
                named.append((name, _construct(points[name].load(), settings.get(name, {}), f"{where}: [plugins.{name}]")))
            except PluginError as bad:
                wrong += bad.problems
            except Exception as bad:  # an import or a constructor may raise anything
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


def _construct(plugin: Any, settings: Any, where: str) -> object:
    if not inspect.isclass(plugin):
        raise PluginError.at(where, say("the entry point names {found!r}, not a class", found=repr(plugin)[:80]))
    model = settings_model(plugin)
    if model is None:
        if settings:
            raise PluginError.at(where, say("this plugin has no settings"))
        return plugin()
    return plugin(read_as(model, settings, where, PluginError))


def available() -> tuple[Available, ...]:
    """Every installed plugin, loaded only to be looked at."""
    found = []
    for name, point in installed().items():
        dist = point.dist
        where = (dist.name if dist else "", dist.version if dist else "")
        try:
            plugin = point.load()
        except Exception as bad:  # an import may raise anything; the list shows it
            found.append(Available(name, *where, (), {}, str(raised(bad))))
            continue
        model = settings_model(plugin)
        hooks = tuple(h for h in HOOKS if hasattr(getattr(plugin, h, None), f"{PROJECT}_impl"))
        fields = {n: f.description or "" for n, f in model.model_fields.items()} if model else {}
        found.append(Available(name, *where, hooks, fields))
    return tuple(found)
