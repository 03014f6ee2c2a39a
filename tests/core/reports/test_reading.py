"""What a section may ask of an assessment: findings with their disputes and units, of everybody or of one unit and those below it."""

import shutil
from pathlib import Path

import pytest
from tests.core.reports.conftest import Reader

from disputekit.errors import AssessmentError
from disputekit.reports.reading import opened

FOUND = "select subject, reason, unit, dispute from findings where outcome = 'fail' order by subject"


def found(reader: Reader, unit: str | None = None) -> list[tuple[object, ...]]:
    return [tuple(r.values()) for r in reader.of(unit).rows(FOUND)]


def test_a_finding_of_another_table_has_the_unit_of_its_dispute(small_reader: Reader) -> None:
    assert found(small_reader) == [
        ("D-2", "late", "A1", "D-2"), ("D-3", "open", "A", "D-3"), ("D-4", "open", "B", "D-4"), ("D-7", "open", "Z", "D-7"),
        ("M-2", "missing", "A1", "D-2"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "subjects"),
    [("A1", ["D-2", "M-2"]), ("A", ["D-2", "D-3", "M-2"]), ("H", ["D-2", "D-3", "D-4", "M-2"]), ("B", ["D-4"]), ("Z", ["D-7"]), ("X", []), ("Y", [])],
)
def test_a_unit_has_its_own_findings_and_those_of_the_units_below_it(small_reader: Reader, unit: str, subjects: list[str]) -> None:
    assert [row[0] for row in found(small_reader, unit)] == subjects


def test_units_that_are_each_others_branch_and_units_that_nobody_listed_stand_in_the_tree(small_reader: Reader) -> None:
    rows = small_reader.of().rows("select unit, depth from units order by place")
    assert [(r["unit"], r["depth"]) for r in rows] == [("H", 0), ("A", 1), ("A1", 2), ("B", 1), ("X", 0), ("Y", 0), ("Z", 0)]
    assert small_reader.units(busy=True) == ("H", "A", "A1", "B", "X", "Y", "Z")


def test_a_dispute_is_told_with_its_own_findings_and_those_of_its_records(small_reader: Reader) -> None:
    rows = small_reader.of().rows("select subject, breaches, still_open, late, undecided from disputes where breaches + undecided > 0 order by 1")
    assert [tuple(r.values()) for r in rows] == [
        ("D-2", 2, 0, 1, 0), ("D-3", 1, 1, 0, 0), ("D-4", 1, 1, 0, 0), ("D-6", 0, 0, 0, 1), ("D-7", 1, 1, 0, 0),
    ]  # fmt: skip


def test_what_lies_after_the_day_or_cannot_be_read_is_no_end(small_reader: Reader) -> None:
    rows = small_reader.of().rows("select subject, closed_at is null as is_open, unreadable from disputes where subject in ('D-6', 'D-7') order by 1")
    assert [tuple(r.values()) for r in rows] == [("D-6", True, True), ("D-7", True, False)]


def test_a_unit_sees_no_rejects(small_reader: Reader) -> None:
    count = "select count(*) as n from rejects"
    assert small_reader.of("B").row(count)["n"] == 0
    assert small_reader.of().row(count)["n"] == 1


def test_a_unit_that_is_not_there_is_named_with_the_nearest(small_reader: Reader) -> None:
    with pytest.raises(AssessmentError, match=r"no unit 'A2'\. Did you mean 'A'\?"):
        small_reader.of("A2")


@pytest.mark.parametrize("part", ["findings/H-1.parquet", "subjects/disputes.parquet", "units.parquet", "rejects.parquet"])
def test_an_assessment_that_was_changed_is_refused(small_folder: Path, tmp_path: Path, part: str) -> None:
    copy = shutil.copytree(small_folder, tmp_path / "a")
    (copy / part).write_bytes((copy / "calendar.parquet").read_bytes())
    with pytest.raises(AssessmentError, match="it was changed or spoilt"), opened(copy):
        pass


def test_values_of_a_query_are_values(small_reader: Reader) -> None:
    rows = small_reader.of().rows("select count(*) as n from disputes where cause = $cause", cause="' or true or '")
    assert rows == ({"n": 0},)
    assert small_reader.of().row("select count(*) as n from disputes where list_contains($some, subject)", some=["D-1", "D-2"]) == {"n": 2}
