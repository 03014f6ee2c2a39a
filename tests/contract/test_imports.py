"""Imports point one way, plugins keep to the public API, light commands stay light, and modules hold no state."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from tests.projects import control, write_pack, write_project

import disputekit

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"

LAYERS: tuple[tuple[str, ...], ...] = (
    ("data", "outcomes", "sql", "text"),
    ("catalogue", "errors"),
    ("policies.model", "reading", "register.schema", "register.settings", "register.source"),
    ("calendars", "policies.condition_nodes", "policies.condition_values", "policies.conditions", "policies.parameters", "register", "run"),
    ("checks.coverage", "checks.names", "config", "demo.files", "demo.part", "extension", "oracles", "sections", "waivers"),
    ("assessment.conclusion", "assessment.folder", "assessment.kept", "assessment.manifest",
     "checks.beside", "checks.decide", "checks.facts", "checks.vocabulary",
     "hookspecs", "kinds", "policies.packs", "reports.assessed",
     "reports.chapters"),
    ("", "core"),
    ("hookdocs", "kinddocs", "plugins"),
    ("assessment.handing_over", "assessment.reworded", "blocks", "checks.applicability", "checks.evidence", "checks.prepare", "checks.warnings", "demo"),
    ("checks.judged", "checks.stage"),
    ("checks.subjects",),
    ("assessment", "checks", "identify", "keep", "trigger"),
    ("assess",),
    ("reports", "rewriting"),
    ("agenda", "chain", "explain", "handover", "policies", "rerunning", "testing"),
    ("cli",),
    ("__main__", "commanddocs"),
)  # fmt: skip
"""What may import what: a module imports from its own layer and those before it. A package stands for what isn't named of it."""


def modules() -> dict[str, Path]:
    """The modules of the core by name (without `disputekit.`; the package itself is the empty name)."""
    found = {}
    for path in sorted((SOURCE / "disputekit").rglob("*.py")):
        parts = path.relative_to(SOURCE / "disputekit").with_suffix("").parts
        found[".".join(p for p in parts if p != "__init__")] = path
    return found


MODULES = modules()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def runtime_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Every node that runs: what stands under `if TYPE_CHECKING` doesn't."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
            continue
        yield child
        yield from runtime_nodes(child)


def imported(path: Path) -> set[str]:
    """The modules and names that a file imports, as `module` or `module.name`."""
    found: set[str] = set()
    for node in runtime_nodes(tree(path)):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: a relative import"
            found |= {f"{node.module}.{a.name}" for a in node.names}
    return found


def own_imports(name: str) -> set[str]:
    """The modules of the core that a module of the core imports."""
    found = set()
    for full in imported(MODULES[name]):
        if full.split(".")[0] == "disputekit":
            rest = full.removeprefix("disputekit").removeprefix(".")
            found.add(rest if rest in MODULES else rest.rpartition(".")[0])
    return found - {name}


def layer(name: str) -> int:
    prefix = name
    while True:
        for number, names in enumerate(LAYERS):
            if prefix in names and (prefix or not name):
                return number
        if not prefix:
            raise AssertionError(f"{name}: say in LAYERS where this module belongs")
        prefix = prefix.rpartition(".")[0]


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_only_from_its_own_layer_and_those_before_it(name: str) -> None:
    above = {other for other in own_imports(name) if layer(other) > layer(name)}
    assert not above, f"{name} imports {sorted(above)}, which stand above it"


def test_no_imports_run_in_a_circle() -> None:
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " > ".join((*path[path.index(name) :], name))
        if name not in done:
            for other in sorted(own_imports(name)):
                visit(other, (*path, name))
            done.add(name)

    for name in MODULES:
        visit(name, ())
    assert done == set(MODULES)


# ── plugins ──


PLUGINS = [pytest.param(p, id=str(p.relative_to(ROOT / "plugins"))) for p in sorted((ROOT / "plugins").rglob("*.py"))]


@pytest.mark.parametrize("path", PLUGINS)
def test_a_bundled_plugin_imports_only_the_public_api(path: Path) -> None:
    mine = path.relative_to(ROOT / "plugins").parts[0]
    public = {f"disputekit.{name}" for name in disputekit.__all__}
    for full in imported(path):
        top = full.split(".")[0]
        assert top not in ("duckdb", "sqlglot"), f"{full}: the engine is the core's business"
        assert top in (mine,) or not top.startswith("disputekit") or full in public, f"{full} isn't public"


def test_the_public_api_is_there_and_names_nothing_twice() -> None:
    assert len(set(disputekit.__all__)) == len(disputekit.__all__)
    for name in disputekit.__all__:
        assert getattr(disputekit, name) is not None


# ── light commands ──

HEAVY = ("duckdb", "sqlglot", "jinja2", "holidays", "rich")
LOOK = """
import sys
from disputekit.cli import main
try:
    main({arguments})
except SystemExit as ended:
    assert ended.code in (None, 0, 1), ended.code
print("\\nloaded:", *(m for m in {heavy} if m in sys.modules))
"""


def loaded_by(arguments: list[str]) -> str:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SOURCE), str(ROOT / "plugins"), os.environ.get("PYTHONPATH", "")])}
    code = LOOK.format(arguments=arguments, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", env=env, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("command", ["--help", "--version", "check --help", "plugin list", "init --dry-run"])
def test_a_light_command_loads_neither_the_engine_nor_the_report(command: str, tmp_path: Path) -> None:
    project = write_project(tmp_path, packs=[])
    assert loaded_by(["--project", str(project), *command.split()]) == "loaded:"


def test_listing_packs_loads_neither_the_engine_nor_the_report(tmp_path: Path) -> None:
    project = write_project(tmp_path)
    write_pack(project / "house", control())
    assert loaded_by(["--project", str(project), "policy", "list"]) == "loaded:"


def test_the_check_of_what_is_loaded_can_see_the_engine(tmp_path: Path) -> None:
    project = write_project(tmp_path)
    write_pack(project / "house", control("H-1", 'kind = "required"\nfields = ["received"]'))
    assert "duckdb sqlglot" in loaded_by(["--project", str(project), "check", "--as-of", "2026-02-01"])


# ── modules ──

FILES = {**{f"disputekit.{n}": p for n, p in MODULES.items()}, **{p.parent.name + "." + p.stem: p for p in sorted((ROOT / "plugins").rglob("*.py"))}}
MUTATING = {"append", "extend", "insert", "remove", "pop", "popitem", "clear", "update", "setdefault", "add", "discard", "sort", "reverse"}


@pytest.mark.parametrize("path", FILES.values(), ids=FILES.keys())
def test_nothing_prints(path: Path) -> None:
    calls = [
        n.lineno for n in ast.walk(tree(path)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in ("print", "breakpoint")
    ]
    assert not calls, f"lines {calls}"


def mutations(module: ast.Module) -> list[str]:
    """Names of the module's own that something in it changes after they are made."""
    own = {t.id for n in module.body if isinstance(n, (ast.Assign, ast.AnnAssign)) for t in (n.targets if isinstance(n, ast.Assign) else [n.target])
           if isinstance(t, ast.Name)}  # fmt: skip
    found = []
    for function in (n for n in ast.walk(module) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))):
        local = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        local |= {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)}
        shared = own - local
        for n in ast.walk(function):
            if isinstance(n, ast.Global):
                found += n.names
            elif isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr in MUTATING:
                found += [n.func.value.id] if isinstance(n.func.value, ast.Name) and n.func.value.id in shared else []
            elif isinstance(n, ast.Subscript) and isinstance(n.ctx, (ast.Store, ast.Del)):
                found += [n.value.id] if isinstance(n.value, ast.Name) and n.value.id in shared else []
    return found


@pytest.mark.parametrize("path", FILES.values(), ids=FILES.keys())
def test_no_module_holds_state(path: Path) -> None:
    assert mutations(tree(path)) == []


@pytest.mark.parametrize("source", ["X = []\ndef f(): X.append(1)", "X = {}\ndef f(): X['a'] = 1", "X = 1\ndef f():\n    global X\n    X = 2",
                                    "X: dict = {}\ndef f():\n    del X['a']", "X = set()\nf = lambda: X.add(1)"])  # fmt: skip
def test_the_check_for_state_can_see_it(source: str) -> None:
    assert mutations(ast.parse(source)) == ["X"]


def test_the_check_for_state_lets_locals_be() -> None:
    assert mutations(ast.parse("X = []\ndef f(X):\n    X.append(1)\ndef g():\n    Y = []\n    Y.append(1)")) == []
