"""A plugin of somebody else, a distribution of its own: installed by pip, found by its entry point, at work in every stage.

It lies in `outside/` and is what a plugin's author would write; the tests run the real command in a process of its own.
"""

import ast
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.projects import write_project

import disputekit
from disputekit.plugins import HOOKS
from disputekit.sections import Listing

ROOT = Path(__file__).parents[2]
OUTSIDE = Path(__file__).parent / "outside"
DISPUTES = """\
dispute_id,received_at,closed_at,amount_claimed,acme_branch,adjuster_id
D-1,2026-01-05T09:00:00,2026-01-12T10:00:00,100.00,ACME-N,A-1
D-2,2026-01-06T09:00:00,2026-01-30T10:00:00,200.00,OTHER-1,A-2
D-3,2025-11-07T09:00:00,,300.00,ACME-N,A-9
D-4,2026-01-08T09:00:00,,400.00,,
"""
ADJUSTERS = "adjuster_id,name,licensed_until_on\nA-1,Wang,2027-01-01\nA-2,Li,2026-01-31\n"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed the outside plugin, once for all tests."""
    source = tmp_path_factory.mktemp("acme") / "source"
    shutil.copytree(OUTSIDE, source)
    target = tmp_path_factory.mktemp("site")
    isolation = [] if importlib.util.find_spec("hatchling") is None else ["--no-build-isolation"]
    options = ["--quiet", "--no-deps", "--disable-pip-version-check", "--target", str(target), *isolation]
    command = [sys.executable, "-m", "pip", "install", *options, str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def project(tmp_path: Path) -> Path:
    more = "[register.loss_adjusters]\npath = 'adjusters.csv'\n[plugins.acme]\nbusy_branch = 2\n[limits]\nunknown = 0.25\n"
    folder = write_project(tmp_path, packs=["acme-house"], plugins=["acme"], more=more)
    (folder / "disputes.csv").write_text(DISPUTES)
    (folder / "adjusters.csv").write_text(ADJUSTERS)
    return folder


def run(site: Path | None, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    paths = [str(p) for p in (site, ROOT / "src", ROOT / "plugins") if p is not None] + [os.environ.get("PYTHONPATH", "")]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run([sys.executable, "-m", "disputekit", "--language", "en", *arguments],
                          capture_output=True, text=True, encoding="utf-8", env=env, cwd=cwd, check=False)  # fmt: skip


def test_it_works_in_every_stage_of_a_check(site: Path, project: Path) -> None:
    done = run(site, "--project", str(project), "check", "--as-of", "2026-02-01", "--format", "json")
    assert (done.returncode, done.stderr) == (1, ""), done.stderr
    manifest: Any = json.loads(done.stdout)["assessment"]
    assert manifest["errors"] == []
    assert {"name": "acme", "distribution": "acme-disputes", "version": "3.1"} in manifest["plugins"]
    assert [(t["table"], t["rows_loaded"]) for t in manifest["tables"]] == [("disputes", 4), ("loss_adjusters", 2)]
    found = {c["id"]: (c["plugin"], c["pack"], {(t["outcome"], t["reason"]): t["subjects"] for t in c["tallies"]}) for c in manifest["controls"]}
    assert found == {
        "ACME-1": ("acme", "acme-house", {("pass", ""): 2, ("fail", "outside"): 1, ("unknown", "missing"): 1}),
        "ACME-2": ("acme", "acme-house", {("pass", ""): 1, ("fail", "open"): 1, ("not_applicable", "not concerned"): 2}),
        "ACME-ADJ-1": ("acme", "", {("pass", ""): 1, ("fail", "outside"): 1, ("fail", "orphan"): 1, ("not_applicable", "not begun"): 1}),
        "ACME-PY-1": ("acme", "", {("pass", ""): 2, ("fail", "round"): 2}),
    }
    assert [(p["kind"], p["scope"], p["n"]) for p in manifest["risk_points"]] == [("busy branch", "ACME-N", 2)]
    assert [(f["plan"], f["key"], f["facts"]) for f in manifest["firings"]] == [("more-staff", "more-staff/ACME-N", {"disputes": 2})]


def test_its_section_and_its_export_are_made_from_the_assessment(site: Path, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from disputekit.assess import assess, collect, run_of
    from disputekit.assessment.handing_over import run_exports
    from disputekit.blocks import blocks_of
    from disputekit.config import load_project
    from disputekit.reports.made import make_report
    from disputekit.reports.reading import opened

    monkeypatch.syspath_prepend(str(site))
    try:
        loaded, day = load_project(project), date(2026, 2, 1)
        assess(loaded, day, tmp_path / "out")
        the_run = run_of(loaded, (), day, None, None)
        collected = collect(blocks_of(loaded), the_run)
        with opened(tmp_path / "out") as reader:
            report = make_report(reader.of(), the_run, collected.sections)
        (made,) = [m for m in report.sections if m.plugin == "acme"]
        (handed,), none_either = run_exports(tmp_path / "out", tmp_path / "package", the_run, collected.exports)
    finally:
        for name in [n for n in sys.modules if n.split(".")[0] == "acme_disputes"]:
            del sys.modules[name]
    assert (report.failures, none_either) == ((), ())
    listings = [b.rows for b in made.section.flat() if isinstance(b, Listing)]
    assert listings[0] == (("ACME-1", 1), ("ACME-2", 1), ("ACME-ADJ-1", 2), ("ACME-PY-1", 2))
    assert (handed.plugin, list(handed.files)) == ("acme", ["controls.txt"])
    assert (tmp_path / "package" / "acme-list" / "controls.txt").read_text() == "ACME-1\nACME-2\nACME-ADJ-1\nACME-PY-1\n"


def test_it_is_listed_with_its_hooks_and_settings(site: Path, project: Path) -> None:
    done = run(site, "--project", str(project), "plugin", "list", "--format", "json")
    (acme,) = [p for p in json.loads(done.stdout) if p["name"] == "acme"]
    assert (acme["distribution"], acme["version"], acme["enabled"], acme["problem"]) == ("acme-disputes", "3.1", True, None)
    assert acme["settings"] == {"busy_branch": "Open disputes at which a branch counts as busy"}
    assert acme["hooks"] == [h for h in HOOKS if h not in ("register_sources", "register_follow_ups", "training_records")]


def test_its_pack_and_its_command_are_there_where_it_is_enabled(site: Path, project: Path) -> None:
    assert "acme-house  [on]  1  Acme's house rules  (2 controls)" in run(site, "--project", str(project), "policy", "list").stdout
    assert "Acme's command" in run(site, "--help", cwd=project).stdout
    assert run(site, "--project", str(project), "acme", "north").stdout == "Acme north\n"


def test_its_command_is_not_there_where_it_is_not_enabled(site: Path, tmp_path: Path) -> None:
    other = write_project(tmp_path, packs=[])
    assert "Acme" not in run(site, "--help", cwd=other).stdout
    assert run(site, "--project", str(other), "acme", "north").returncode == 2


def test_where_it_is_not_installed_the_project_says_so(project: Path) -> None:
    done = run(None, "--project", str(project), "check", "--as-of", "2026-02-01")
    assert done.returncode == 2
    assert "[plugins] enabled: no plugin 'acme' is installed" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_its_table_what_reads_it_is_unknown_and_the_rest_is_decided(site: Path, project: Path) -> None:
    text = (project / "disputekit.toml").read_text()
    (project / "disputekit.toml").write_text(text.replace("[register.loss_adjusters]\npath = 'adjusters.csv'\n", ""))
    done = run(site, "--project", str(project), "check", "--as-of", "2026-02-01", "--format", "json")
    assert done.returncode == 2
    controls = {c["id"]: c["tallies"] for c in json.loads(done.stdout)["assessment"]["controls"]}
    assert controls["ACME-ADJ-1"] == [{"outcome": "unknown", "reason": "not supplied", "subjects": 4}]
    assert {t["outcome"] for t in controls["ACME-2"]} == {"pass", "fail", "not_applicable"}


def test_its_settings_are_checked_by_its_own_model(site: Path, project: Path) -> None:
    text = (project / "disputekit.toml").read_text()
    (project / "disputekit.toml").write_text(text.replace("busy_branch = 2", "busy_brnch = 0"))
    done = run(site, "--project", str(project), "check", "--as-of", "2026-02-01")
    assert (done.returncode, done.stderr) == (2, "disputekit.toml: [plugins.acme]: no key 'busy_brnch' here. Did you mean 'busy_branch'?\n")


@pytest.mark.parametrize("path", sorted(OUTSIDE.rglob("*.py")), ids=lambda p: p.name)
def test_it_gets_by_with_the_public_api(path: Path) -> None:
    public = {f"disputekit.{n}" for n in disputekit.__all__}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("disputekit"):
            assert {f"{node.module}.{a.name}" for a in node.names} <= public
        if isinstance(node, ast.Import):
            assert not any(a.name.startswith(("disputekit", "sqlglot", "duckdb")) for a in node.names)
