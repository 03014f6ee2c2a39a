"""Sections: each in its place, made of an assessment of its own; what fails is told where it would have stood, and at the top."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from tests.projects import control, write_pack, write_project

from disputekit.assess import assess, run_of
from disputekit.config import load_project
from disputekit.extension import ReportSection
from disputekit.plugins import Given
from disputekit.reports.assessed import Assessed
from disputekit.reports.made import make_report
from disputekit.reports.reading import opened
from disputekit.run import Run
from disputekit.sections import Listing, Paragraph, Section
from disputekit.text import Text

TITLE = Text(zh="部分", en="Part")
Made = tuple[Assessed, Run]


@pytest.fixture(scope="module")
def assessed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = write_project(tmp_path_factory.mktemp("project"))
    write_pack(folder / "house", control())
    project, day = load_project(folder), date(2026, 2, 1)
    assess(project, day, folder / "out")
    with opened(folder / "out") as reader:
        yield reader.of(), run_of(project, (), day, None, None)


def section(make: Callable[[Assessed, Run], Any], name: str = "part") -> ReportSection:
    return ReportSection(name, TITLE, make)


def paragraph(text: str) -> Section:
    return Section((Paragraph(Text(zh=text, en=text)),))


def said(section: Section) -> list[str]:
    return [str(b.text) for b in section.flat() if isinstance(b, Paragraph)]


def test_sections_come_in_the_order_of_the_plugins_and_see_the_assessment(assessed: Made) -> None:
    given = [Given(p, section(lambda a, run: paragraph(f"{a.manifest.organisation} {run.as_of}"), p)) for p in ("z", "a")]
    report = make_report(*assessed, given)
    assert [(m.plugin, m.name, m.title, said(m.section)) for m in report.sections] == [
        ("z", "z", TITLE, ["X 2026-02-01"]),
        ("a", "a", TITLE, ["X 2026-02-01"]),
    ]
    assert report.failures == ()


def test_what_is_for_the_annex_comes_after_the_bodies_of_all_plugins(assessed: Made) -> None:
    given = [
        Given("core", ReportSection("annex", TITLE, lambda a, run: paragraph("annex"), "annex")),
        Given("p", section(lambda a, run: paragraph("p"))),
    ]
    assert [m.name for m in make_report(*assessed, given).sections] == ["part", "annex"]


def test_what_one_section_does_to_its_manifest_no_other_sees(assessed: Made) -> None:
    def greedy(a: Assessed, run: Run) -> Section:
        dict.clear(a.manifest.versions)  # type: ignore[arg-type]
        return paragraph("none")

    given = [Given("greedy", section(greedy)), Given("good", section(lambda a, run: paragraph(", ".join(a.manifest.versions))))]
    assert "duckdb" in said(make_report(*assessed, given).sections[1].section)[0]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda a, run: 1 / 0, "raised ZeroDivisionError"),
        (lambda a, run: None, "made None, not a Section"),
        (lambda a, run: {"blocks": []}, "not a Section"),
        (lambda a, run: exit(0), "raised SystemExit"),
        (lambda a, run: Paragraph("only English"), "words in both languages are expected"),
        (lambda a, run: a.rows("select * from nowhere"), "raised CatalogException"),
        (lambda a, run: a.rows("drop table controls"), "raised"),
        (lambda a, run: a.rows("select * from read_text('/etc/hostname')"), "raised PermissionException"),
        (lambda a, run: a.rows("select * from range(10001)"), "more than 10,000 rows"),
    ],
)
def test_a_section_that_fails_is_told_in_its_place_and_at_the_top_and_the_others_stand(assessed: Made, make: Callable[..., Any], words: str) -> None:
    given = [Given("bad", section(make)), Given("good", section(lambda a, run: paragraph("here")))]
    report = make_report(*assessed, given)
    assert [m.plugin for m in report.sections] == ["core", "bad", "good"]
    (failure,) = report.failures
    assert (failure.plugin, failure.where) == ("bad", "part")
    assert words in failure.what
    assert words in said(report.sections[1].section)[0]
    (listing,) = [b for b in report.sections[0].section.flat() if isinstance(b, Listing)]
    assert [row[:2] for row in listing.rows] == [("bad", "part")]


def test_a_plugin_that_took_part_and_is_not_here_is_named(assessed: Made) -> None:
    report = make_report(*assessed, [], lacking=["risk"])
    (listing,) = [b for b in report.sections[0].section.flat() if isinstance(b, Listing)]
    assert [row[0] for row in listing.rows] == ["risk"]
    assert report.failures == ()
