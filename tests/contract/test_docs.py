"""What the pages say is so: links lead somewhere, commands exist, TOML is what the models take, and examples work as they stand."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
from tests.projects import assessment, check, control, disputekit, write_pack

from disputekit.assess import assess, run_of
from disputekit.assessment.manifest import FILE
from disputekit.blocks import blocks_of
from disputekit.cli import disputekit as root
from disputekit.config import ProjectFile, load_project
from disputekit.outcomes import REASONS
from disputekit.plugins import Given, load_plugins
from disputekit.policies.example_register import Stated
from disputekit.policies.examples import run_examples
from disputekit.policies.lint import lint
from disputekit.policies.model import Conflict, Instrument, PackHead, Parameter, Rule
from disputekit.policies.packs import load_pack
from disputekit.register.settings import Coverage, SourceSettings
from disputekit.reports.made import make_report
from disputekit.reports.reading import opened
from disputekit.sections import Listing
from disputekit.text import Text, speaker
from disputekit.waivers import Disposition, Waiver
from disputekit_evaluation.profile import Profile

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SPAN = re.compile(r"`(disputekit [^`\n]+)`")
NAMED = re.compile(r"^(?:\S*/)?disputekit +(.+)$", re.MULTILINE)
HEADING = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


each_page = pytest.mark.parametrize("page", PAGES, ids=name)


@cache
def blocks(page: Path, language: str) -> tuple[str, ...]:
    return tuple(text for found, text in BLOCK.findall(page.read_text("utf-8")) if found == language)


def prose(page: Path) -> str:
    return BLOCK.sub("", page.read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, made as forges make them."""
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in HEADING.findall(prose(page))}


# ── links ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def dead_links(page: Path) -> Iterator[str]:
    for target in LINK.findall(prose(page)):
        path, _, anchor = target.partition("#")
        if ":" in path:
            continue
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and there.suffix == ".md" and anchor not in anchors(there)):
            yield target


@each_page
def test_every_link_leads_to_something_in_the_tree(page: Path) -> None:
    assert list(dead_links(page)) == []


def test_a_dead_link_or_anchor_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A page\n[here](#a-page) [nowhere](#nowhere) [gone](gone.md)\n")
    assert list(dead_links(page)) == ["#nowhere", "gone.md"]


# ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def commands(page: Path) -> Iterator[str]:
    text = page.read_text("utf-8")
    yield from SPAN.findall(prose(page))
    for block in (b for language, b in BLOCK.findall(text) if language in ("sh", "")):
        for line in block.splitlines():
            for part in re.split(r" (?:&&|\|) ", line.partition("#")[0].strip()):
                if re.match(r"(?:\S*/)?disputekit ", part):
                    yield part


def of_a_plugin(name: str) -> click.Command | None:
    """A command that a bundled plugin brings: it is there in a project that enables it."""
    given, _ = load_plugins(("evaluation", "training"), {}, "").call("register_commands")
    target = next((c.target for _, c in given if c.name == name), None)
    if target is None:
        return None
    module, _, function = target.partition(":")
    found: click.Command = getattr(import_module(module), function)
    return found


def unknown_command(line: str) -> str | None:
    """What of a command line the click tree doesn't know: a command or an option."""
    words = line.split()[1:]
    command: click.Command = root
    context = click.Context(root)
    context.params["project"] = ROOT / "src" / "disputekit" / "demo"  # whose project enables every bundled plugin
    for word in words:
        if word.startswith("-"):
            known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {"--help", "-h"}
            if word.split("=")[0] not in known:
                return word
        elif isinstance(command, click.Group):
            found = command.get_command(context, word.rstrip(",;.")) or (of_a_plugin(word) if command is root else None)
            if found is None and "|" not in word:
                return word
            command = found if found is not None else command
    return None


@each_page
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    assert {line: wrong for line in commands(page) if (wrong := unknown_command(line)) is not None} == {}


@pytest.mark.parametrize(("line", "wrong"), [
    ("disputekit chekc", "chekc"), ("disputekit policy tests", "tests"), ("disputekit check --asof 2026-06-30", "--asof"), ("disputekit policy lint", None),
    ("disputekit check --as-of 2026-06-30 --out x", None),
])  # fmt: skip
def test_a_command_that_does_not_exist_is_seen(line: str, wrong: str | None) -> None:
    assert unknown_command(line) == wrong


def test_the_pages_name_commands() -> None:
    assert sum(1 for page in PAGES for _ in commands(page)) > 30


# ── TOML ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

SECTIONS: dict[str, Any] = {"parameters": None, "opinions": None, "wind_down": None, "organisation": None, "policies": None, "limits": None,
                            "waivers": None, "dispositions": None}  # fmt: skip
LISTS = {"waiver": Waiver, "disposition": Disposition, "controls": Rule, "conflicts": Conflict}


def validate(data: dict[str, Any]) -> None:
    """Holds a block to the models; raises for a key or value that they don't take. A part of a project file may lack the rest of it."""
    if "pack" in data:
        PackHead.model_validate(data["pack"])
        for model, section in ((Instrument, "instruments"), (Parameter, "parameters")):
            for entry in data.get(section, {}).values():
                model.model_validate(entry)
        assert set(data) <= {"pack", "instruments", "parameters", "controls", "conflicts"}
        return  # a test of its own loads the whole pack
    if "recipient" in data:
        Profile.model_validate(data)
        return
    for key, value in data.items():
        if key == "example":
            for example in value:
                Stated.model_validate({k: v for k, v in example.items() if k in Stated.model_fields})
        elif key in LISTS:
            for entry in value:
                LISTS[key].model_validate(entry)
        elif key == "register":
            for table, entry in value.items():
                if table == "coverage":
                    for each in entry.values():
                        Coverage.model_validate(each)
                else:
                    SourceSettings.model_validate(entry)
        elif key == "plugins":
            assert isinstance(value["enabled"], list)
        elif key == "project":  # of a pyproject.toml
            assert "disputekit.plugins" in value["entry-points"]
        else:
            assert key in SECTIONS, key
    organisation = {"organisation": {"name": "X"}}
    ProjectFile.model_validate(organisation | {k: v for k, v in data.items() if k in SECTIONS})


TOMLS = [(page, text) for page in PAGES for text in blocks(page, "toml")]


@pytest.mark.parametrize(("page", "text"), TOMLS, ids=[f"{name(page)}-{n}" for n, (page, _) in enumerate(TOMLS)])
def test_every_block_of_toml_is_what_the_models_take(page: Path, text: str) -> None:
    validate(tomllib.loads(text))


@pytest.mark.parametrize("text", [
    "[organisation]\nnmae = 'X'", "[register.disputes]\npaht = 'x'", "[limits]\nunknown = 2", "[register.coverage]\nx = { form = 2026-01-01 }",
    "[[waiver]]\nid = 'W'", "[orgnisation]\nname = 'X'", "[[example]]\ncontrol = 'X'\nname = 'x'\nas_of = 2026-01-01\nexpect = 'passed'",
])  # fmt: skip
def test_a_block_with_a_mistake_is_seen(text: str) -> None:
    with pytest.raises((ValueError, AssertionError)):
        validate(tomllib.loads(text))


@pytest.mark.parametrize(("page", "models"), [
    ("project-file.md", (SourceSettings, *(f.annotation for n, f in ProjectFile.model_fields.items() if n in ("organisation", "limits")))),
    ("pack-files.md", (PackHead, Instrument, Parameter, Rule, Conflict, Stated)),
])  # fmt: skip
def test_the_reference_names_every_key(page: str, models: tuple[Any, ...]) -> None:
    text = (ROOT / "docs" / "reference" / page).read_text("utf-8")
    keys = [(f.alias or n) for model in models for n, f in model.model_fields.items()]
    assert [k for k in keys if f"`{k}`" not in text] == []


# ── words ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_reference_has_every_reason_in_the_words_of_the_program() -> None:
    text, said = (ROOT / "docs" / "reference" / "assessment.md").read_text("utf-8"), speaker("zh")
    rows = [f"| {outcome} | `{reason}` | {said(reason)} |" for outcome, reasons in REASONS.items() for reason in reasons]
    rows += [f"| `{outcome}` | {said(outcome)} |" for outcome in REASONS]
    assert [row for row in rows if row not in text] == []


@pytest.mark.parametrize("page", [p for p in PAGES if p.name not in ("README.md", "hooks.md")], ids=name)
def test_every_page_is_in_chinese_too(page: Path) -> None:
    assert len(re.findall("[\u4e00-\u9fff]", page.read_text("utf-8"))) > 100


# ── examples that are run ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def written(page: str, language: str, file: str) -> str:
    """The block of a page whose first line names the file that it is."""
    (text,) = [t for t in blocks(ROOT / "docs" / page, language) if t.startswith(f"# {file}\n")]
    return text


@pytest.fixture
def tutorial(tmp_path: Path) -> Path:
    page = ROOT / "docs" / "tutorial.md"
    (tmp_path / "data").mkdir()
    for file, text in zip(("complaints", "contacts"), blocks(page, "csv"), strict=True):
        (tmp_path / "data" / f"{file}.csv").write_text(text, encoding="utf-8")
    (tmp_path / "disputekit.toml").write_text(blocks(page, "toml")[0], encoding="utf-8")
    return tmp_path


def test_the_tutorial_comes_to_what_it_says(tutorial: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
    read = disputekit(tutorial, "register", "check", capsys=capsys)
    assert read.code == 1
    assert [line for line in read.out.splitlines() if line not in text] == []
    first, second = (str(tutorial / n) for n in ("first", "second"))
    done = disputekit(tutorial, "check", "--as-of", "2026-06-30", "--out", first, capsys=capsys)
    assert done.code == 2
    assert re.findall(r"(?m)^Wrong: .*$", done.out) == re.findall(r"(?m)^Wrong: .*$", text)
    why = disputekit(tutorial, "explain", "S2.1-contact", "D-003", "--as-of", "2026-06-30", capsys=capsys)
    assert "unknown: not covered" in why.out
    file, ledger = tutorial / "disputekit.toml", tutorial / "data" / "complaints.csv"
    file.write_text(file.read_text("utf-8") + blocks(ROOT / "docs" / "tutorial.md", "toml")[1], encoding="utf-8")
    ledger.write_text(ledger.read_text("utf-8").replace('"5,600"', "5600.00"), encoding="utf-8")
    assert disputekit(tutorial, "check", "--as-of", "2026-06-30", "--out", second, capsys=capsys).code == 2
    compared = disputekit(tutorial, "diff", first, second, capsys=capsys)
    assert compared.out.splitlines()[1] in text


def test_the_pack_of_the_guide_passes_its_test_and_its_lint(tmp_path: Path) -> None:
    (tmp_path / "house").mkdir()
    for file in ("house/pack.toml", "house/examples.toml"):
        (tmp_path / file).write_text(written("how-to/write-a-pack.md", "toml", file), encoding="utf-8")
    (tmp_path / "disputekit.toml").write_text("[organisation]\nname = 'X'\n[policies]\npacks = ['./house']\n", encoding="utf-8")
    project = load_project(tmp_path)
    given = blocks_of(project)
    pack = load_pack(tmp_path / "house", "", given.kinds, list(given.tables))
    report = run_examples([pack], given, project)
    assert (len(report.results), report.failed, dict(report.untested)) == (6, (), {})
    assert lint([pack], given, date(2026, 11, 23)).findings == ()


def test_the_plugin_of_the_guide_works(tmp_path: Path) -> None:
    (tmp_path / "acme_managers.py").write_text(written("how-to/write-a-plugin.md", "python", "acme_managers.py"), encoding="utf-8")
    pyproject, settings = (tomllib.loads(t) for t in blocks(ROOT / "docs" / "how-to" / "write-a-plugin.md", "toml"))
    (point,) = pyproject["project"]["entry-points"]["disputekit.plugins"].items()
    info = tmp_path / "acme_managers-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-managers\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[disputekit.plugins]\n{point[0]} = {point[1]}\n")
    (tmp_path / "d.csv").write_text("dispute_id,received_at,amount_claimed,acme_manager\nD-1,2026-05-06,200000.00,Wang\nD-2,2026-05-06,200000.00,\n"
                                    "D-3,2026-05-06,2000.00,\nD-4,2026-05-06,,\n")  # fmt: skip
    (tmp_path / "disputekit.toml").write_text(
        f"[organisation]\nname = 'X'\n[plugins]\nenabled = ['{point[0]}']\n[plugins.{point[0]}]\nleast = {settings['plugins'][point[0]]['least']}\n"
        "[register.disputes]\npath = 'd.csv'\n"
    )
    paths = os.pathsep.join([str(tmp_path), str(ROOT / "src"), str(ROOT / "plugins"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run([sys.executable, "-m", "disputekit", "--project", str(tmp_path), "check", "--as-of", "2026-02-01"],
                          capture_output=True, text=True, encoding="utf-8", env={**os.environ, "PYTHONPATH": paths}, check=False)  # fmt: skip
    assert done.returncode == 2, done.stderr  # one of four is unknown, more than the limit
    manifest = assessment(tmp_path)
    assert manifest["errors"] == []
    (found,) = manifest["controls"]
    assert {(t["outcome"], t["reason"]): t["subjects"] for t in found["tallies"]} == {
        ("pass", ""): 1, ("fail", "missing"): 1, ("not_applicable", "not concerned"): 1, ("unknown", "missing"): 1,
    }  # fmt: skip


def test_the_check_in_python_of_the_guide_works(tmp_path: Path, install: Callable[..., str]) -> None:
    source = written("how-to/write-a-plugin.md", "python", "acme_texts.py")
    name = install(source + "\nPlugin = Texts\n")
    (tmp_path / "d.csv").write_text(
        "dispute_id,received_at,description\nD-1,2026-01-05,slow\nD-2,2026-01-05,slow\nD-3,2026-01-05,\nD-4,2026-01-05,rude\n"
    )
    (tmp_path / "disputekit.toml").write_text(f"[organisation]\nname = 'X'\n[plugins]\nenabled = ['{name}']\n[register.disputes]\npath = 'd.csv'\n")
    (found,) = assess(load_project(tmp_path), date(2026, 2, 1), tmp_path / "out").controls
    assert {(t.outcome, t.reason): t.subjects for t in found.tallies} == {("pass", ""): 2, ("fail", "copied"): 1, ("unknown", "not judged"): 1}


def test_the_section_of_the_guide_is_made(tmp_path: Path) -> None:
    guide = ModuleType("acme_report")
    exec(written("how-to/write-a-plugin.md", "python", "acme_report.py"), vars(guide))
    (tmp_path / "d.csv").write_text(
        "dispute_id,received_at,closed_at,region\nD-1,2026-01-05,2026-01-06,north\nD-2,2026-01-05,,south\nD-3,2026-01-05,,\n"
    )
    (tmp_path / "disputekit.toml").write_text("[organisation]\nname = 'X'\n[policies]\npacks = ['./house']\n[register.disputes]\npath = 'd.csv'\n")
    write_pack(tmp_path / "house", control())
    project = load_project(tmp_path)
    assess(project, date(2026, 2, 1), tmp_path / "out")
    (section,) = guide.Regions().report_sections()
    with opened(tmp_path / "out") as reader:
        report = make_report(reader.of(), run_of(project, (), date(2026, 2, 1), None, None), [Given("acme", section)])
    assert report.failures == ()
    (listing,) = report.sections[0].section.flat()
    assert listing == Listing(Text(zh="各地区的争议", en="Disputes by region"), listing.columns, (("?", 1, 1), ("south", 1, 1), ("north", 1, 0)))  # type: ignore[union-attr]


def test_the_scripts_of_the_guide_run_an_assessment_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import xlsxwriter

    ledger, project = tmp_path / "ledger.csv", tmp_path / "disputekit.toml"
    ledger.write_bytes("编号,收到\r\nD-1,2026-01-05\r\nD-2,2026-01-06\r\n的一是不了在人有我他这,\r\n".encode("gb18030"))
    with xlsxwriter.Workbook(tmp_path / "events.xlsx", {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        sheet = book.add_worksheet("事件")
        for number, row in enumerate([("subject_id", "activity", "occurred_at", "note"), ("D-1", "contacted", date(2026, 1, 6), 2549.0), (), ("D-2", "contacted",
                                      date(2026, 1, 20), 0.1)], 2):  # fmt: skip
            sheet.write_row(number, 0, row)
    project.write_text(
        "[organisation]\nname = 'X'\n[policies]\npacks = ['mediation-practice']\n[plugins]\nenabled = ['mediation']\n"
        "[register.disputes]\npath = 'ledger.csv'\nencoding = 'gb18030'\ncolumns = { dispute_id = '编号', received_at = '收到' }\n"
        "[register.events]\npath = 'events.xlsx'\n", encoding="utf-8",
    )  # fmt: skip
    check(tmp_path, capsys=capsys)
    guide = "how-to/rerun-an-assessment.md"
    for file in ("workbook.py", "rerun.py"):
        (tmp_path / file).write_text(written(guide, "python", file), encoding="utf-8")
    (tmp_path / "ledger.csv.utf-8").write_text(ledger.read_text("gb18030").replace("\r\n", "\n"), encoding="utf-8")
    folder = tmp_path / "assessments" / "2026-02-01"
    assert (folder / FILE).is_file()
    for arguments in (("workbook.py", "events.xlsx", "事件"), ("rerun.py", ".", str(folder))):
        done = subprocess.run([sys.executable, *arguments], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False)
        assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line for line in lines if not line.endswith(" same")] == []
    assert sorted(line.split()[0] for line in lines) == sorted(p.stem for p in (folder / "findings").glob("*.parquet"))
    assert "S2.1-contact same" in lines
