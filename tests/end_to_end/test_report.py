"""The report from the command line: with every check, from the folder alone, for each unit; what couldn't be made is told."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.end_to_end.running import called, digests, manifest
from tests.projects import control, write_pack, write_project

AS_OF = "2026-06-30"
Install = Callable[..., str]
SECTION = """
from disputekit import *
T = Text(zh="我的章节", en="My section")
class Plugin:
    @hookimpl
    def report_sections(self, run):
        yield ReportSection("mine", T, make)
def make(assessed, run):
    {body}
"""


@pytest.fixture(scope="module")
def checked(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the demo's assessment, away from its project."""
    out = tmp_path_factory.mktemp("checked") / "assessment"
    assert called("--project", demo, "check", "--as-of", AS_OF, "--out", out).code == 1
    return out


def test_every_check_leaves_a_report_and_says_where_it_is(demo: Path, tmp_path: Path) -> None:
    found = called("--project", demo, "check", "--as-of", AS_OF, "--out", tmp_path / "a")
    assert f"Report: {tmp_path / 'a' / 'report.html'}" in found.out.replace("\n", "")
    assert "What to do first" in (tmp_path / "a" / "report.html").read_text("utf-8")


def test_a_check_without_a_report_leaves_the_same_assessment(demo: Path, checked: Path, tmp_path: Path) -> None:
    assert called("--project", demo, "check", "--as-of", AS_OF, "--out", tmp_path / "a", "--no-report").code == 1
    without = digests(tmp_path / "a")
    assert without == {name: digest for name, digest in digests(checked).items() if name != "report.html"}


def headings(path: Path) -> list[str]:
    return [" ".join(re.sub("<[^>]+>", " ", h).split()) for h in re.findall(r"<h2[^>]*>(.*?)</h2>", path.read_text("utf-8"), re.DOTALL)]


def test_the_folder_alone_is_enough_for_the_cores_report_which_says_that_plugins_sections_lack(
    checked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(checked, tmp_path / "handed over")
    found = called("report", "handed over", "--language", "en", "--out", tmp_path / "again.html")
    assert (found.code, found.out) == (0, f"Report: {tmp_path / 'again.html'}\n")
    whole, alone = headings(checked / "report.html"), headings(tmp_path / "again.html")
    lacking = [h for h in whole if h not in alone]
    plugins = {h.partition(" from the plugin ")[2] for h in lacking}
    assert plugins == {"training", "risk", "emergency", "evaluation"}
    assert [h for h in alone if h not in whole] == ["What this report lacks"]
    told = re.search(r"What this report lacks.{0,40}</h2>(.*?)<h2", (tmp_path / "again.html").read_text("utf-8"), re.DOTALL)
    assert told is not None
    assert [name for name in sorted(plugins) if name not in told[1]] == []


def test_the_report_is_made_in_the_language_asked_for(checked: Path, tmp_path: Path) -> None:
    for language, word in (("zh", "先办什么"), ("en", "What to do first")):
        assert called("report", checked, "--language", language, "--out", tmp_path / f"{language}.html").code == 0
        assert word in (tmp_path / f"{language}.html").read_text("utf-8")


def test_several_forms_are_made_at_once_each_with_its_ending(checked: Path, tmp_path: Path) -> None:
    found = called("report", checked, "--format", "html", "--format", "json", "--out", tmp_path / "june.2026.html")
    assert found.code == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["june.2026.html", "june.2026.json"]
    assert json.loads((tmp_path / "june.2026.json").read_text("utf-8"))["organisation"] == manifest(checked)["organisation"]


def test_each_unit_gets_a_file_with_its_own_cases_only(checked: Path, tmp_path: Path) -> None:
    found = called("report", checked, "--per-unit", "--format", "json", "--out", tmp_path / "units")
    assert found.code == 0
    reports = {p.stem: p.read_text("utf-8") for p in (tmp_path / "units").iterdir()}
    assert f"{len(reports)} reports: {tmp_path / 'units'}" in found.out
    assert len(reports) > 10
    subjects = {unit: {cell for cell in _cells(json.loads(text)) if cell.startswith(("D25-", "D26-"))} for unit, text in reports.items()}
    branches = [unit for unit in subjects if len(unit) == 2 and unit != "U0"]
    assert sum(bool(subjects[unit]) for unit in branches) > 3
    for unit in branches:
        for other in branches:
            assert unit == other or not subjects[unit] & subjects[other], (unit, other)


def _cells(value: object) -> set[str]:
    if isinstance(value, str):
        return {value}
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {cell for item in items for cell in _cells(item)}


def test_a_units_report_does_not_take_the_place_of_the_whole_one(checked: Path) -> None:
    before = (checked / "report.html").read_bytes()
    found = called("report", checked, "--unit", "U1")
    assert found.out == f"Report: {checked / 'units' / 'U1.html'}\n"
    assert (checked / "report.html").read_bytes() == before
    shutil.rmtree(checked / "units")


def test_a_unit_that_is_not_there_is_an_error(checked: Path) -> None:
    found = called("report", checked, "--unit", "U99")
    assert (found.code, found.out) == (2, "")
    assert "no unit 'U99'" in found.err


def test_it_is_compared_with_the_assessment_before_that_lies_beside_it(demo: Path, tmp_path: Path) -> None:
    for day in ("2026-05-31", AS_OF):
        called("--project", demo, "check", "--as-of", day, "--out", tmp_path / day)
    shown = re.sub("<[^>]+>", "", (tmp_path / AS_OF / "report.html").read_text("utf-8"))
    assert "Compared with the assessment of 2026-05-31" in shown
    shutil.rmtree(tmp_path / "2026-05-31")
    called("report", tmp_path / AS_OF)
    assert "so that nothing is compared" in (tmp_path / AS_OF / "report.html").read_text("utf-8")


# ── plugins ──


def project(folder: Path, *plugins: str) -> Path:
    made = write_project(folder, plugins=plugins)
    write_pack(made / "house", control())
    return made


def test_a_section_that_fails_makes_the_check_end_with_two_and_is_seen(tmp_path: Path, install: Install) -> None:
    where = project(tmp_path, install(SECTION.format(body="return assessed.nothing")))
    found = called("--project", where, "check", "--as-of", "2026-02-01")
    assert found.code == 2
    assert "a section of the report couldn't be made" in " ".join(found.out.split())
    text = (where / "assessments" / "2026-02-01" / "report.html").read_text("utf-8")
    assert text.index("What this report lacks") < text.index("In short")
    assert text.count("raised AttributeError") == 2
    again = called("--project", where, "report")
    assert again.code == 2
    assert "A section couldn't be made" in again.err


def test_a_plugins_section_is_in_the_report_and_missed_where_its_project_is_not_at_hand(
    tmp_path: Path, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "return Section((Paragraph(T), Figures((Figure(T, assessed.row('select count(*) as n from findings')['n']),))))"
    where = project(tmp_path / "project", install(SECTION.format(body=body)))
    assert called("--project", where, "check", "--as-of", "2026-02-01").code == 1
    folder = where / "assessments" / "2026-02-01"
    text = (folder / "report.html").read_text("utf-8")
    assert "My section" in text
    assert "What this report lacks" not in text
    monkeypatch.chdir(tmp_path)
    assert called("report", folder, "--out", tmp_path / "elsewhere.html").code == 0
    elsewhere = (tmp_path / "elsewhere.html").read_text("utf-8")
    assert "What this report lacks" in elsewhere
    assert "It took part in the assessment" in elsewhere
