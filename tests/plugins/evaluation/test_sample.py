"""A draw follows from hash and seed alone and leaves nobody out; a sheet that comes back is that draw or is refused."""

import subprocess
import time
from fractions import Fraction
from pathlib import Path

import pytest
import xlsxwriter
from tests.projects import Said, check, control, disputekit, write_pack, write_project

from disputekit_evaluation.sample import Plan, draw, rank

HASH, PLAN = "ab" * 32, Plan(Fraction(95, 100), Fraction(5, 100))


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    write_project(tmp_path, plugins=("evaluation",))
    write_pack(tmp_path / "house", control())
    with (tmp_path / "disputes.csv").open("a") as file:
        file.write(",2026-01-07T09:00:00,,phone,delay,300.00\n")
    check(tmp_path, "--no-report", capsys=capsys)
    return tmp_path / "assessments" / "2026-02-01"


def reviewed(project: Path, folder: Path, rows: list[tuple[str, ...]], out: Path, capsys: pytest.CaptureFixture[str]) -> Said:
    """What comes of the sheet with other rows."""
    import python_calamine

    about = python_calamine.CalamineWorkbook.from_path(out).get_sheet_by_index(1).to_python()
    with xlsxwriter.Workbook(out) as book:
        for data in ([("stratum", "case", "verdict", "note"), *rows], about):
            sheet = book.add_worksheet()
            for number, row in enumerate(data):
                sheet.write_row(number, 0, row)
    return disputekit(project, "sample", "read", str(folder), str(out), capsys=capsys)


def drawn(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[list[tuple[str, ...]], Path]:
    import python_calamine

    out = tmp_path / "review.xlsx"
    project = tmp_path
    assert disputekit(project, "sample", "draw", str(folder), "--seed", "lottery 3 11", "--out", str(out), capsys=capsys).code == 0
    rows = python_calamine.CalamineWorkbook.from_path(out).get_sheet_by_index(0).to_python()
    return [(str(row[0]).split()[0], str(row[1])) for row in rows[1:]], out


def test_a_stranger_comes_to_the_same_order(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", 'printf \'%s\\n%s\\n%s\' "$1" "$2" "$3" | sha256sum', "sh", HASH, "种子 7", "D-1"], capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[0] == rank(HASH, "种子 7", "D-1")


def test_the_seed_decides_and_a_larger_draw_holds_the_smaller_one() -> None:
    population = [(f"D-{n}", "clean") for n in range(2000)]
    first = draw(population, HASH, "a", PLAN).cases
    assert first == draw(reversed(population), HASH, "a", PLAN).cases
    assert set(first) != set(draw(population, HASH, "b", PLAN).cases)
    assert set(first) != set(draw(population, "cd" * 32, "a", PLAN).cases)
    assert set(first) < set(draw(population, HASH, "a", Plan(PLAN.confidence, Fraction(2, 100))).cases)


def test_every_case_has_the_same_chance() -> None:
    population = [(f"D-{n}", "clean") for n in range(100)]
    counts = dict.fromkeys((c for c, _ in population), 0)
    for seed in range(400):
        for _, case in draw(population, HASH, str(seed), PLAN).cases:
            counts[case] += 1
    assert all(abs(n - 180) < 50 for n in counts.values())  # 45 of 100 are drawn: 180 ± 5 standard deviations of 9.9


def test_everything_can_be_drawn_also_what_could_not_be_read(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, _ = drawn(folder, tmp_path, capsys)
    assert sorted(rows) == [("breach", "D-2"), ("breach", "D-3"), ("clean", "D-1"), ("rejected", "disputes.csv#4")]


def test_a_review_is_inferred_from_and_what_is_empty_counts_against_it(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, out = drawn(folder, tmp_path, capsys)
    done = reviewed(tmp_path, folder, [(*r, "correct") for r in rows], out, capsys)
    assert (done.code, "At most 0 of 4 deviate" in done.out) == (0, True)
    done = reviewed(tmp_path, folder, [(*rows[0], ""), *((*r, "correct") for r in rows[1:])], out, capsys)
    assert (done.code, "At most 1 of 4 deviate" in done.out) == (1, True)


@pytest.mark.parametrize(
    ("written", "code"), [("correct", 0), ("相符", 0), ("correct 相符", 0), ("有偏差", 1), ("cannot tell 无法判断", 1), ("无法判断", 1)]
)
def test_a_verdict_may_be_written_in_either_language(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], written: str, code: int
) -> None:
    rows, out = drawn(folder, tmp_path, capsys)
    assert reviewed(tmp_path, folder, [(*rows[0], written), *((*r, "correct") for r in rows[1:])], out, capsys).code == code


def test_a_sheet_is_written_in_both_languages(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import zipfile

    import python_calamine

    _, out = drawn(folder, tmp_path, capsys)
    head, *rows = python_calamine.CalamineWorkbook.from_path(out).get_sheet_by_index(0).to_python()
    assert head == ["stratum 层", "case 案件", "verdict 结论", "note 备注"]
    assert ["breach 违规", "D-2"] in [r[:2] for r in rows]
    assert "correct 相符,deviates 有偏差,cannot tell 无法判断" in zipfile.ZipFile(out).read("xl/worksheets/sheet1.xml").decode()


def test_a_sheet_that_is_not_the_draw_is_refused_with_all_that_is_wrong(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, out = drawn(folder, tmp_path, capsys)
    done = reviewed(tmp_path, folder, [(*rows[0], "fine"), (*rows[1], ""), (*rows[1], ""), ("clean", "D-9", "")], out, capsys)
    assert done.code == 2
    for wrong in (
        "'fine' is no verdict",
        f"{rows[1][1]} wasn't drawn, or stands here twice",
        "D-9 wasn't drawn",
        f"{rows[2][1]} was drawn and isn't in the sheet",
    ):
        assert wrong in done.err


def test_a_sheet_of_another_package_is_refused(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, out = drawn(folder, tmp_path, capsys)
    manifest = folder / "assessment.json"
    manifest.write_bytes(manifest.read_bytes() + b"\n")
    done = reviewed(tmp_path, folder, [(*r, "correct") for r in rows], out, capsys)
    assert (done.code, "was drawn from something else" in done.err) == (2, True)


def test_a_million_cases_are_drawn_from_in_seconds() -> None:
    population = [(f"D-{n}", "clean") for n in range(1_000_000)]
    started = time.perf_counter()
    draw(population, HASH, "a", PLAN)
    assert time.perf_counter() - started < 20


def test_what_was_merged_by_a_link_is_a_stratum_unless_it_is_worse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_project(tmp_path, plugins=("evaluation",), more="[register.links]\npath = 'links.csv'\n")
    write_pack(tmp_path / "house", control())
    head, *rows = (tmp_path / "disputes.csv").read_text().splitlines()
    more = [f"D-{n},2026-01-05T09:00:00,2026-01-12T10:00:00,phone,delay,1.00" for n in (4, 5)]
    status = dict(zip(("D-1", "D-2", "D-3", "D-4", "D-5"), ("已撤回", "withdrawn", "open", "closed", "closed"), strict=True))
    lines = [f"{head},status", *(f"{r},{status[r.split(',')[0]]}" for r in (*rows, *more))]
    (tmp_path / "disputes.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "links.csv").write_text(
        "kind,source,source_id,target,target_id\nmerged_into,disputes,D-4,disputes,D-1\nabout_claim,disputes,D-5,claims,C-1\n"
    )
    check(tmp_path, "--no-report", capsys=capsys)
    found, _ = drawn(tmp_path / "assessments" / "2026-02-01", tmp_path, capsys)
    assert {case: stratum for stratum, case in found} == {
        "D-1": "withdrawn", "D-2": "breach", "D-3": "breach", "D-4": "merged", "D-5": "clean",
    }  # fmt: skip
