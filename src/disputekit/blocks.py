"""The building blocks of a run: what the core and the enabled plugins bring, put together and checked against one another."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from disputekit.config import Project
from disputekit.errors import PackError, PluginError, Problem, nearest
from disputekit.extension import Command, PolicyPacks, RuleKind
from disputekit.plugins import Failure, Given, Plugins, load_plugins
from disputekit.policies.packs import Pack, load_packs, offered_packs
from disputekit.register.schema import Column, Columns, Table
from disputekit.register.source import Source
from disputekit.text import say


@dataclass(frozen=True)
class ExtendedTable(Table):
    """A table with the columns that plugins added to it."""

    added: Mapping[str, Column] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def columns(self) -> Mapping[str, Column]:
        return MappingProxyType({**super().columns, **self.added})


@dataclass(frozen=True)
class Blocks:
    """Everything that is registered at the start, by name, with the plugin that brought it."""

    plugins: Plugins
    tables: Mapping[str, Table]
    sources: Mapping[str, Source]
    kinds: Mapping[str, RuleKind]
    folders: tuple[tuple[str, PolicyPacks], ...]
    commands: Mapping[str, Command]
    brought_by: Mapping[tuple[str, str], str]
    failures: tuple[Failure, ...]


def put_together(plugins: Plugins) -> Blocks:
    """Calls the hooks of the start. Raises PluginError where two plugins bring the same name, naming both."""
    wrong: list[Problem] = []
    failures: list[Failure] = []
    by: dict[tuple[str, str], str] = {}

    def asked(hook: str) -> tuple[Given, ...]:
        given, failed = plugins.call(hook)
        failures.extend(failed)
        return given

    def named(what: str, given: Iterable[Given]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for plugin, item in given:
            if item.name in found:
                wrong.append(_twice(what, item.name, by[(what, item.name)], plugin))
                continue
            found[item.name] = item
            by[(what, item.name)] = plugin
        return found

    given = asked("register_tables")
    tables = named("table", [g for g in given if isinstance(g.item, Table)])
    for plugin, item in given:
        if isinstance(item, Columns):
            _add_columns(tables, item, plugin, by, wrong)
    sources, kinds = named("source", asked("register_sources")), named("rule kind", asked("register_rule_kinds"))
    folders = tuple((g.plugin, g.item) for g in asked("register_policy_packs"))
    commands = named("command", asked("register_commands"))
    named("follow-up", asked("register_follow_ups"))
    if wrong:
        raise PluginError(*wrong)
    return Blocks(plugins, MappingProxyType(tables), MappingProxyType(sources), MappingProxyType(kinds), folders, MappingProxyType(commands),
                  MappingProxyType(by), tuple(failures))  # fmt: skip


def _twice(what: str, name: str, one: str, other: str) -> Problem:
    return Problem(f"{one}, {other}", say("both bring a {what} named {name!r}", what=what, name=name), say("Switch one of them off"))


def _add_columns(tables: dict[str, Table], item: Columns, plugin: str, by: dict[tuple[str, str], str], wrong: list[Problem]) -> None:
    if item.table not in tables:
        wrong.append(
            Problem(f"{plugin}: register_tables", say("adds columns to {name!r}, which is no table", name=item.table), nearest(item.table, tables))
        )
        return
    table = tables[item.table]
    for name in item.columns:
        if name in table.columns:
            other = by.get(("column", f"{item.table}.{name}"), by[("table", item.table)])
            wrong.append(Problem(f"{other}, {plugin}", say("both bring a column {name!r} of {table}", name=name, table=item.table)))
        by[("column", f"{item.table}.{name}")] = plugin
    added = {**(table.added if isinstance(table, ExtendedTable) else {}), **item.columns}
    own = {f.name: getattr(table, f.name) for f in fields(Table)}
    tables[item.table] = ExtendedTable(**own, added=MappingProxyType(added))


def packs_of(project: Project, blocks: Blocks) -> tuple[Pack, ...]:
    """The packs that the project enables, its overrides applied.

    Raises PackError with every mistake in them; what a plugin failed to bring stands before them, for it may be why something is missing.
    """
    file = project.file
    try:
        offered = offered_packs([(plugin, packs.folder) for plugin, packs in blocks.folders])
        return load_packs(file.policies.packs, offered, project.folder, blocks.kinds, list(blocks.tables), file.parameters, project.path.name,
                          file.policies.without)  # fmt: skip
    except PackError as bad:
        raise PackError(*(f.problem for f in blocks.failures), *bad.problems) from None


def blocks_of(project: Project) -> Blocks:
    """The building blocks of a project: its plugins loaded, their start hooks called."""
    return put_together(load_plugins(project.file.plugins.enabled, project.plugin_settings, project.path.name, project.folder))
