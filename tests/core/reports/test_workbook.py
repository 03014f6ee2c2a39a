"""The report as a workbook: every block of every section is on it, and it says what it leaves out."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from tests.projects import DISPUTES, check, control, disputekit, write_pack, write_project

from disputekit.config import load_project
from disputekit.extension import ReportSection
from disputekit.plugins import Given
from disputekit.reports.made import make_report
from disputekit.reports.reading import opened
from disputekit.reports.workbook import shared_out, write_workbook
from disputekit.run import Run
from disputekit.sections import Block, Chart, Fact, Facts, Figure, Figures, Group, Heading, Listing, Matrix, Paragraph, Section, Series, Square
from disputekit.text import Language, Text

Capture = pytest.CaptureFixture[str]


def text(en: str) -> Text:
    return Text(zh=f"中{en}", en=en)


@pytest.fixture
def project(tmp_path: Path, capsys: Capture) -> Path:
    write_project(tmp_path)
    rows = "".join(f"E-{n:02},2026-01-08T09:00:00,,phone,delay,1.00\n" for n in range(30))
    (tmp_path / "disputes.csv").write_text(DISPUTES.replace("D-3", "=D3") + rows, encoding="utf-8")
    write_pack(tmp_path / "house", control(), control("H-2", 'kind = "condition"\nholds = "amount_claimed < 250"').replace('"high"', '"critical"'))
    check(tmp_path, capsys=capsys)
    return tmp_path


def written(project: Path, *blocks: Block | Group, most: int = 1000, language: Language = "en", name: str = "Own") -> dict[str, list[list[Any]]]:
    """The sheets of a report with one section of these blocks, read back, without the empty rows at the ends."""
    loaded = load_project(project)
    run = Run(date(2026, 2, 1), loaded.zone, language, loaded.organisation, "CN")
    with opened(project / "assessments" / "2026-02-01") as reader:
        section = ReportSection("own", text(name), lambda assessed, run: Section(blocks))
        report = make_report(reader.of(None), run, [Given("acme", section)])
        write_workbook(report, language, project / "report.xlsx", most)
    book = CalamineWorkbook.from_path(str(project / "report.xlsx"))
    return {n: [[c for c in row if c != ""] for row in book.get_sheet_by_name(n).to_python(skip_empty_area=False)] for n in book.sheet_names}


COLUMNS = (Heading(text("Who"), "name"), Heading(text("Share"), "share"), Heading(text("When"), "moment"), Heading(text("Came to"), "verdict"))
ROWS = (("A", 0.25, date(2026, 1, 5), "fail: late"), ("B", None, datetime(2026, 1, 6, 9, 30), "unknown: stale"))


def test_every_block_is_on_the_sheet_of_its_section(project: Path) -> None:
    sheets = written(
        project, Paragraph(text("Beware"), "bad"), Figures((Figure(text("Open"), 12, note=text("of 20")),)),
        Facts((Fact(text("Rate"), 0.5, "share"), Fact(text("Amount"), Decimal("12.30"), "number"))),
        Chart(text("By month"), "line", ("2026-01", "2026-02"), (Series(text("Breaches"), (1.0, None)),), text("disputes")),
        Group("H-1", text("In time"), "high", (Paragraph(text("Why")), Listing(text("Who did"), COLUMNS, ROWS))),
    )  # fmt: skip
    own = sheets["Own"]
    assert own[0][0].startswith("X · Report")
    for row in (["Beware"], ["Open", 12, "of 20"], ["Rate", 0.5], ["Amount", 12.3], ["disputes", "Breaches"], ["2026-01", 1], ["2026-02"], ["Why"],
                ["Who", "Share", "When", "Came to"], ["A", 0.25, date(2026, 1, 5), "fail: late"], ["B", datetime(2026, 1, 6, 9, 30), "unknown: stale"]):  # fmt: skip
        assert row in own


def test_a_matrix_says_in_each_square_what_its_colour_means(project: Path) -> None:
    squares = ((Square(3, "bad", text("High")), Square(1)), (None, Square(None, "good", text("Low"))))
    own = written(project, Matrix(text("Risks"), text("Likely"), text("Grave"), ("often", "seldom"), (1, 2), squares, total=9))["Own"]
    start = own.index(["Risks"])
    assert own[start + 1 : start + 6] == [["2 of 9 are shown"], ["Grave"], ["Likely", 1, 2], ["often", "3 · High", 1], ["seldom", "Low"]]
    shares = written(
        project, Matrix(text("Trained"), text("Unit"), text("Course"), ("A",), ("X",), ((Square(0.925, "soon", text("Nearly")),),), "share")
    )
    assert ["A", "92.5% · Nearly"] in shares["Own"]


def test_the_only_listing_of_a_section_is_what_its_sheet_is_filtered_by(project: Path) -> None:
    import zipfile

    written(project, Paragraph(text("One")), Listing(text("Who did"), COLUMNS, ROWS))
    with zipfile.ZipFile(project / "report.xlsx") as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<autoFilter" in sheet
    assert 'state="frozen"' in sheet


def test_of_several_listings_each_has_a_sheet_of_its_own_and_the_section_says_where(project: Path) -> None:
    sheets = written(project, Listing(text("One"), COLUMNS, ROWS), Listing(text("Two"), COLUMNS, ROWS[:1]))
    assert list(sheets)[:3] == ["Own", "One", "Two"]
    assert ["One: 2 rows on the sheet One"] in sheets["Own"]
    assert sheets["Two"][-1][0] == "A"


def test_a_listing_says_how_much_more_there_is_and_where(project: Path) -> None:
    own = written(project, Listing(text("Who did"), COLUMNS, ROWS, total=1234, rest=text("the rest is elsewhere")))["Own"]
    assert ["2 of 1,234 are shown"] in own
    assert ["the rest is elsewhere"] in own


def test_an_empty_listing_says_that_there_is_nothing(project: Path) -> None:
    assert ["Nobody"] in written(project, Listing(text("Who did"), COLUMNS, (), empty=text("Nobody")))["Own"]


def test_it_is_written_in_chinese(project: Path) -> None:
    sheets = written(project, Listing(text("Who did"), COLUMNS, ROWS), language="zh")
    assert ["A", 0.25, date(2026, 1, 5), "不合规：逾期完成"] in sheets["中Own"]
    assert "全部发现" in sheets


def test_all_findings_are_listed_the_most_severe_controls_first_and_no_identifier_is_a_formula(project: Path) -> None:
    rows = written(project)["All findings"]
    assert rows[0][:5] == ["Severity", "Control", "Title", "Outcome", "Subject"]
    assert len(rows) == 1 + 1 + 32
    assert [r[4] for r in rows[1:3]] == ["=D3", "D-2"]
    assert {r[1] for r in rows[2:]} == {"H-1"}
    late = next(r for r in rows if r[1:2] == ["H-1"])
    assert date(2026, 1, 21) in late


def test_findings_that_are_not_listed_are_counted_and_said_where_they_are(project: Path) -> None:
    sheets = written(project, most=5)
    assert sheets["All findings"][0] == ["5 of 33 are shown"]
    assert len(sheets["All findings"]) == 2 + 1 + 5
    assert sheets["Where the findings are"][1:] == [
        ["critical", "H-2", "Close in time", 1, 1, "findings/H-2.parquet"], ["high", "H-1", "Close in time", 32, 4, "findings/H-1.parquet"],
    ]  # fmt: skip


def test_the_same_report_gives_the_same_bytes(project: Path) -> None:
    written(project, Listing(text("Who did"), COLUMNS, ROWS))
    first = (project / "report.xlsx").read_bytes()
    written(project, Listing(text("Who did"), COLUMNS, ROWS))
    assert (project / "report.xlsx").read_bytes() == first


@given(st.lists(st.integers(0, 50), max_size=12), st.integers(0, 200))
def test_shares_use_up_what_there_is_and_favour_nobody(counts: list[int], most: int) -> None:
    taken = shared_out(counts, most)
    assert all(0 <= t <= c for t, c in zip(taken, counts, strict=True))
    assert sum(taken) == min(sum(counts), most)
    cut = [t for t, c in zip(taken, counts, strict=True) if t < c]
    assert all(t <= min(cut) + 1 for t in taken) if cut else True


def test_the_command_writes_it_beside_the_page(project: Path, capsys: Capture) -> None:
    said = disputekit(project, "report", "--format", "html", "--format", "xlsx", "--limit", "5", capsys=capsys)
    assert said.code == 0, said
    place = project / "assessments" / "2026-02-01"
    book = CalamineWorkbook.from_path(str(place / "report.xlsx"))
    assert (place / "report.html").is_file()
    assert {"In short", "Findings", "All findings", "Where the findings are"} <= set(book.sheet_names)
    found = book.get_sheet_by_name("All findings").to_python()
    assert len(found) == 1 + 33


def test_the_workbook_of_a_unit_holds_only_its_findings(project: Path, capsys: Capture) -> None:
    rows = "\n".join(
        f"{row},{'U-1' if n % 2 else 'U-2'}" if n else f"{row},unit_id" for n, row in enumerate((project / "disputes.csv").read_text().split())
    )
    (project / "disputes.csv").write_text(rows + "\n", encoding="utf-8")
    check(project, "--replace", capsys=capsys)
    said = disputekit(project, "report", "--format", "xlsx", "--unit", "U-1", "--out", str(project / "unit.xlsx"), capsys=capsys)
    assert said.code == 0, said
    found = CalamineWorkbook.from_path(str(project / "unit.xlsx")).get_sheet_by_name("All findings").to_python()
    column = found[0].index("Unit")
    assert len(found) > 5
    assert {row[column] for row in found[1:]} == {"U-1"}
