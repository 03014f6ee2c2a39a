"""Plugins are called one by one in the order of the project; what one of them does wrong is its own failure, and told."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from disputekit.blocks import put_together
from disputekit.core import Core
from disputekit.errors import PluginError
from disputekit.extension import PolicyPacks, RuleKind
from disputekit.hookspecs import hookimpl
from disputekit.plugins import HOOKS, Plugins, available, installed, load_plugins
from disputekit.policies.model import Rule
from disputekit.register.schema import Columns, Row, Table, column
from disputekit.text import Text

Install = Callable[..., str]
TITLE = Text(zh="表", en="Table")


class Adjuster(Row):
    adjuster_id: str | None = column("编号", "The key")


class Branch(BaseModel):
    acme_branch: str | None = column("机构", "The branch")


ADJUSTERS = Table("adjusters", Adjuster, TITLE, key="adjuster_id")


def plugin(**hooks: Callable[[], Any]) -> object:
    """A plugin with these hooks."""

    def method(give: Callable[[], Any]) -> Any:
        def implementation(self: object) -> Any:
            return give()

        return hookimpl(implementation)

    return type("Plugin", (), {name: method(give) for name, give in hooks.items()})()


def refused(*named: tuple[str, object]) -> str:
    with pytest.raises(PluginError) as bad:
        put_together(Plugins([("core", Core()), *named]))
    return str(bad.value)


def test_results_come_in_the_order_of_the_plugins_and_carry_their_names() -> None:
    folders = {name: PolicyPacks(Path(name)) for name in ("zeta", "alpha", "mid")}
    plugins = Plugins([(name, plugin(register_policy_packs=lambda f=f: [f])) for name, f in folders.items()])
    given, failures = plugins.call("register_policy_packs")
    assert [(g.plugin, g.item) for g in given] == list(folders.items())
    assert failures == ()


def test_a_hook_may_give_nothing_and_take_fewer_arguments() -> None:
    class Sparse:
        @hookimpl
        def regulatory_checks(self) -> None:
            return None

    assert Plugins([("sparse", Sparse())]).call("regulatory_checks", run=object()) == ((), ())


def test_a_generator_that_raises_late_loses_its_own_results_only() -> None:
    def late() -> Iterator[PolicyPacks]:
        yield PolicyPacks(Path("a"))
        raise RuntimeError("gone")

    plugins = Plugins([("late", plugin(register_policy_packs=late)), ("good", plugin(register_policy_packs=lambda: [PolicyPacks(Path("b"))]))])
    given, (failure,) = plugins.call("register_policy_packs")
    assert [g.plugin for g in given] == ["good"]
    assert str(failure.problem).startswith("late: register_policy_packs: raised RuntimeError: gone (late, line ")


def test_sys_exit_in_a_plugin_does_not_end_the_run() -> None:
    def leave() -> None:
        raise SystemExit(0)

    given, (failure,) = Plugins([("quitter", plugin(register_policy_packs=leave))]).call("register_policy_packs")
    assert given == ()
    assert "raised SystemExit" in failure.what


@pytest.mark.parametrize(
    ("rubbish", "words"),
    [
        (5, "returned 5, not a list"),
        ("packs", "returned 'p', not PolicyPacks"),
        ([None], "returned None, not PolicyPacks"),
        ({"a": 1}, "returned 'a', not PolicyPacks"),
        (PolicyPacks(Path("a")), "not a list"),
        ([PolicyPacks("a")], "PolicyPacks: folder is 'a'"),  # type: ignore[arg-type]
        ([PolicyPacks], "not PolicyPacks"),
    ],
)
def test_rubbish_is_told_and_what_is_right_beside_it_stands(rubbish: Any, words: str) -> None:
    good = PolicyPacks(Path("b"))
    given, failures = Plugins([("bad", plugin(register_policy_packs=lambda: rubbish)), ("good", plugin(register_policy_packs=lambda: [good]))]).call(
        "register_policy_packs"
    )
    assert [g.plugin for g in given] == ["good"]
    assert {f.plugin for f in failures} == {"bad"}
    assert words in failures[0].what


def test_one_wrong_item_does_not_take_the_others_of_its_plugin_with_it() -> None:
    given, failures = Plugins([("p", plugin(register_policy_packs=lambda: [3, PolicyPacks(Path("b"))]))]).call("register_policy_packs")
    assert (len(given), len(failures)) == (1, 1)


@pytest.mark.parametrize("name", ["../escape", "a/b", "", "空", "a b"])
def test_a_name_that_would_be_a_path_is_refused(name: str) -> None:
    kind = RuleKind(name, Rule, lambda rule: None, lambda rule, sql: None)  # type: ignore[arg-type,return-value]
    given, (failure,) = Plugins([("p", plugin(register_rule_kinds=lambda: [kind]))]).call("register_rule_kinds")
    assert given == ()
    assert f"{name!r} can't be a name" in failure.what


def test_a_table_whose_model_no_source_can_fill_is_its_plugins_failure() -> None:
    class Wrong(Row):
        size: float | None = column("大小", "A type that tables don't have")

    blocks = put_together(Plugins([("core", Core()), ("p", plugin(register_tables=lambda: [Table("wrong", Wrong, TITLE)]))]))
    (failure,) = blocks.failures
    assert "Wrong.size" in failure.what
    assert "wrong" not in blocks.tables
    assert "disputes" in blocks.tables


# ── the contract of a hook ──


def test_a_hook_without_its_mark_is_refused() -> None:
    class Unmarked:
        def risk_points(self, run: object) -> list[object]:
            return []

    assert refused(("p", Unmarked())) == "p: risk_points: has a hook's name but isn't marked. Write @hookimpl above it"


def test_a_misspelt_hook_is_refused_with_the_one_that_was_meant() -> None:
    class Misspelt:
        @hookimpl
        def regulatory_cheks(self, run: object) -> list[object]:
            return []

    assert refused(("p", Misspelt())) == "p: regulatory_cheks: no hook 'regulatory_cheks'. Did you mean 'regulatory_checks'?"


@pytest.mark.parametrize("how", ["tryfirst", "trylast", "wrapper", "hookwrapper"])
def test_a_hook_that_would_come_before_others_or_around_them_is_refused(how: str) -> None:
    class Pushing:
        @hookimpl(**{how: True})
        def risk_points(self, run: object) -> Iterator[object]:
            yield

    assert refused(("p", Pushing())).startswith("p: risk_points: a hook can't be a wrapper nor ask to be called first or last.")


def test_an_argument_that_the_hook_does_not_have_is_refused_without_a_trace() -> None:
    class Asking:
        @hookimpl
        def risk_points(self, run: object, database: object) -> list[object]:
            return []

    said = refused(("p", Asking()))
    assert said.startswith("p: ")
    assert "database" in said
    assert "\n" not in said


def test_the_flaws_of_all_plugins_are_told_at_once() -> None:
    class Unmarked:
        def risk_points(self, run: object) -> list[object]:
            return []

    assert len(refused(("p", Unmarked()), ("q", Unmarked())).splitlines()) == 2


# ── the same name twice ──


def test_two_tables_of_the_same_name_are_refused_and_both_plugins_named() -> None:
    def tables() -> list[Table]:
        return [ADJUSTERS]

    said = refused(("p", plugin(register_tables=tables)), ("q", plugin(register_tables=tables)))
    assert said == "p, q: both bring a table named 'adjusters'. Switch one of them off"


def test_a_table_of_the_core_can_not_be_replaced() -> None:
    assert refused(("p", plugin(register_tables=lambda: [Table("disputes", Adjuster, TITLE)]))).startswith(
        "core, p: both bring a table named 'disputes'"
    )


def test_a_kind_a_source_or_a_command_of_the_same_name_is_refused() -> None:
    from disputekit.extension import Command
    from disputekit.register.source import Source

    kind = RuleKind("mine", Rule, lambda rule: None, lambda rule, sql: None)  # type: ignore[arg-type,return-value]
    source = Source("csv", (".x",), lambda *a: None)  # type: ignore[arg-type,return-value]
    brought = {"register_rule_kinds": lambda: [kind], "register_commands": lambda: [Command("hello", "m:f", TITLE)]}
    said = refused(("p", plugin(**brought, register_sources=lambda: [source])), ("q", plugin(**brought)))
    assert said.splitlines() == [
        "core, p: both bring a source named 'csv'. Switch one of them off",
        "p, q: both bring a rule kind named 'mine'. Switch one of them off",
        "p, q: both bring a command named 'hello'. Switch one of them off",
    ]


def test_columns_of_several_plugins_are_added_and_a_column_that_is_there_is_refused() -> None:
    class Other(BaseModel):
        other_branch: str | None = column("机构", "Another branch")

    def add(model: type[BaseModel], table: str = "disputes") -> object:
        return plugin(register_tables=lambda: [Columns(table, model)])

    tables = put_together(Plugins([("core", Core()), ("p", add(Branch)), ("q", add(Other))])).tables
    assert {"acme_branch", "other_branch", "received_at"} <= set(tables["disputes"].columns)
    assert tables["disputes"].key == "dispute_id"
    assert refused(("p", add(Branch)), ("q", add(Branch))) == "p, q: both bring a column 'acme_branch' of disputes"
    assert "'dispute', which is no table. Did you mean 'disputes'?" in refused(("p", add(Branch, "dispute")))


def test_a_tables_hook_is_called_once_so_that_a_failure_is_counted_once() -> None:
    calls: list[int] = []

    def fail() -> None:
        calls.append(1)
        raise RuntimeError("once")

    blocks = put_together(Plugins([("core", Core()), ("p", plugin(register_tables=fail))]))
    assert (len(calls), len(blocks.failures)) == (1, 1)


# ── entry points and settings ──

SETTLED = """
from pydantic import BaseModel, Field
class Plugin:
    class Settings(BaseModel, extra="forbid"):
        level: int = Field(default=1, ge=0, description="How much")
    def __init__(self, settings): self.settings = settings
"""


def loading(enabled: list[str], settings: dict[str, Any] | None = None) -> list[str]:
    with pytest.raises(PluginError) as bad:
        load_plugins(enabled, settings or {}, "disputekit.toml")
    return [str(p) for p in bad.value.problems]


def test_a_plugin_is_found_by_its_entry_point_and_listed(install: Install) -> None:
    name = install(SETTLED)
    (found,) = [a for a in available() if a.name == name]
    assert (found.version, found.settings, found.problem) == ("1.0", {"level": "How much"}, "")
    assert load_plugins([name], {name: {"level": 3}}, "x").names == ("core", name)


def test_every_mistake_in_what_is_enabled_is_told(install: Install) -> None:
    one, broken = install(SETTLED), install("import no_such_module")
    without = install("class Plugin: pass")
    assert loading([one, "zzzzz", one, broken, without], {one: {"levl": 1}, without: {"a": 1}, "zzzz": {}}) == [
        f"disputekit.toml: [plugins.{one}]: no key 'levl' here. Did you mean 'level'?",
        f"disputekit.toml: [plugins] enabled: no plugin 'zzzzz' is installed. Known: {', '.join(sorted(installed()))}",
        f"disputekit.toml: [plugins] enabled: {one!r} stands there twice",
        f"disputekit.toml: [plugins] enabled: {broken!r} can't be loaded: "
        "raised ModuleNotFoundError: No module named 'no_such_module' (<module>, line 1)",
        f"disputekit.toml: [plugins.{without}]: this plugin has no settings",
        "disputekit.toml: [plugins.zzzz]: settings of a plugin that isn't enabled. Did you mean 'zzzzz'?",
    ]


def test_a_plugin_named_twice_is_told(install: Install) -> None:
    name = install(SETTLED)
    assert loading([name, name]) == [f"disputekit.toml: [plugins] enabled: {name!r} stands there twice"]


@pytest.mark.parametrize(
    "source", ["raise SystemExit(0)", "class Plugin:\n    def __init__(self): raise KeyError('x')", "Plugin = 5", "def Plugin(): ...", ""]
)
def test_whatever_an_entry_point_names_is_contained(install: Install, source: str) -> None:
    name = install(source)
    (problem,) = loading([name])
    assert name in problem
    assert any(a.name == name for a in available())


def test_two_distributions_with_the_same_plugin_are_refused(install: Install) -> None:
    name = install(SETTLED)
    install(SETTLED, name=name)
    with pytest.raises(PluginError, match=f"^{name}: two plugins have this name: "):
        installed()


def test_there_are_twelve_hooks_in_the_order_of_the_stages() -> None:
    assert HOOKS == ("register_tables", "register_sources", "register_rule_kinds", "register_policy_packs", "register_commands", "register_follow_ups",
                     "training_records", "regulatory_checks", "risk_points", "emergency_triggers", "report_sections", "evaluation_exports")  # fmt: skip
