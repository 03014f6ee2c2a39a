"""Assessments to report on: the demo's, and a small one whose every number can be told by hand."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from tests.projects import DEADLINE, control, write_pack, write_project

from disputekit.assess import assess
from disputekit.config import load_project
from disputekit.demo.generate import write_demo
from disputekit.plugins import CORE, Given
from disputekit.reports.asked import asked
from disputekit.reports.assessed import Assessed
from disputekit.reports.chapters import CHAPTERS
from disputekit.reports.made import Report, make_report
from disputekit.reports.reading import Reader, opened

DAY = date(2026, 6, 30)
SMALL_DAY = date(2026, 2, 1)
# H is the head office, with A (A1 below it) and B; X and Y are each other's branch; nobody has listed Z
UNITS = "unit_id,name,parent_id\nH,总公司,\nA,甲分公司,H\nA1,甲一支公司,A\nB,乙分公司,H\nX,X,Y\nY,Y,X\n"
DISPUTES = """\
dispute_id,received_at,closed_at,unit_id,handler_id,cause
D-1,2026-01-05T09:00:00,2026-01-12T10:00:00,A1,E-1,delay
D-2,2026-01-06T09:00:00,2026-01-30T10:00:00,A1,E-1,<script>alert(1)</script>
D-3,2026-01-07T09:00:00,,A,E-2,delay
D-4,2026-01-08T09:00:00,,B,E-3,amount
D-5,2026-01-20T09:00:00,,X,E-4,amount
D-6,2026-01-09T09:00:00,not a date,B,E-3,
D-7,2026-01-09T09:00:00,2026-03-01T10:00:00,Z,E-5,=1+1
"""
MEDIATIONS = "mediation_id,dispute_id,held_at\nM-1,D-4,2026-01-20T09:00:00\nM-2,D-2,\n"
SOURCES = """\
[register.units]
path = 'units.csv'
[register.mediations]
path = 'mediations.csv'
[limits]
rejected_cells = 1
unknown = 1
"""


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the demo's assessment; its project is two above."""
    folder = tmp_path_factory.mktemp("demo") / "project"
    write_demo(folder, 1, 300)
    assess(load_project(folder), DAY, folder / "assessments" / "a")
    return folder / "assessments" / "a"


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small assessment. H-1: D-1 passes, D-2 was closed late, D-3, D-4 and D-7 are open and late, D-5 runs, D-6 is unknown.
    H-2: M-2 lacks its meeting.
    """
    folder = write_project(tmp_path_factory.mktemp("small") / "project", more=SOURCES)
    for name, text in (("disputes", DISPUTES), ("units", UNITS), ("mediations", MEDIATIONS)):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    held = control("H-2", 'subject = "mediations"\nkind = "required"\nfields = ["held"]').replace('"high"', '"medium"')
    write_pack(folder / "house", control("H-1", DEADLINE), held)
    assess(load_project(folder), SMALL_DAY, folder / "assessments" / "a")
    return folder / "assessments" / "a"


@pytest.fixture(scope="session")
def small_reader(small_folder: Path) -> Iterator[Reader]:
    with opened(small_folder) as reader:
        yield reader


@pytest.fixture(scope="session")
def demo_reader(demo_folder: Path) -> Iterator[Reader]:
    with opened(demo_folder) as reader:
        yield reader


def reported(assessed: Assessed) -> Report:
    """A report of the core's sections."""
    run = asked(assessed.manifest, None, "en").run
    return make_report(assessed, run, [Given(CORE, c) for c in CHAPTERS])
