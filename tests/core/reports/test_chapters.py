"""The core's sections: their numbers are the assessment's, what isn't known is said, and nothing that is open is called done."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from tests.core.reports.conftest import Reader, reported

from disputekit.reports.assessed import Assessed
from disputekit.reports.chapters.gaps import gaps
from disputekit.reports.made import Report
from disputekit.sections import Chart, Fact, Facts, Figure, Figures, Group, Listing, Paragraph, Section
from disputekit.text import speaker


def section(report: Report, name: str) -> Section:
    (found,) = [m.section for m in report.sections if m.name == name]
    return found


def figures(found: Section) -> dict[str, Any]:
    return {str(f.label): f.value for block in found.flat() if isinstance(block, Figures) for f in block.figures}


def listing(found: Section, title: str) -> Listing:
    (one,) = [b for b in found.flat() if isinstance(b, Listing) and str(b.title) == title]
    return one


def column(one: Listing, title: str) -> list[Any]:
    place = [str(c.title) for c in one.columns].index(title)
    return [row[place] for row in one.rows]


@pytest.fixture(scope="module")
def demo(demo_reader: Reader) -> Report:
    return reported(demo_reader.of())


@pytest.fixture(scope="module")
def small(small_reader: Reader) -> Report:
    return reported(small_reader.of())


def test_every_section_can_be_made(demo: Report, small: Report) -> None:
    assert (demo.failures, small.failures) == ((), ())


def test_the_opening_says_what_is_wrong_what_is_open_what_is_unknown_and_what_is_due(small: Report) -> None:
    assert figures(section(small, "opening")) == {"Breaches": 5, "Due and still not done": 3, "Couldn't be decided": 1, "Due soon": 0}


def test_the_opening_says_with_what_to_begin(small: Report) -> None:
    told = [str(b.text) for b in section(small, "opening").flat() if isinstance(b, Paragraph)]
    assert told == ["3 cases of high or critical severity are overdue, D-3 the longest, since 2026-01-22 (Close in time)"]


def test_the_opening_has_the_numbers_of_the_manifest(demo: Report) -> None:
    controls, found = demo.assessed.manifest.controls, figures(section(demo, "opening"))
    assert found["Breaches"] == sum(c.count("fail") for c in controls) > 0
    assert found["Couldn't be decided"] == sum(c.count("unknown") for c in controls) > 0


def test_what_was_done_late_is_told_from_what_is_still_open(small: Report) -> None:
    controls = listing(section(small, "controls"), "All controls")
    assert column(controls, "Control") == ["H-1", "H-2"]
    assert (column(controls, "Breaches"), column(controls, "Still open"), column(controls, "Done late")) == ([4, 1], [3, 0], [1, 0])
    assert [str(r) for r in column(controls, "Reasons")] == ["open 3, late 1, rejected value 1", "missing 1"]
    overdue = listing(section(small, "first"), "Overdue, critical and high, by date")
    assert column(overdue, "Subject") == ["D-3", "D-4", "D-7"]


def test_every_control_stands_in_the_list_with_tallies_that_add_up(demo: Report) -> None:
    controls = listing(section(demo, "controls"), "All controls")
    manifest = {c.id: c.subjects for c in demo.assessed.manifest.controls}
    numbers = [column(controls, name) for name in ("Breaches", "Unknown", "Pending", "Pass", "Not applicable")]
    assert dict(zip(column(controls, "Control"), map(sum, zip(*numbers, strict=True)), strict=True)) == manifest


def test_every_control_with_findings_has_its_source_its_remedy_and_the_worst_of_them(demo: Report) -> None:
    groups = {b.name: b for b in section(demo, "findings").blocks if isinstance(b, Group)}
    for c in (c for c in demo.assessed.manifest.controls if c.findings):
        facts = {str(f.label): f.value for b in groups[c.id].blocks if isinstance(b, Facts) for f in b.facts}
        assert facts["What to do"] == c.remedy
        assert facts["Source"]
        (rows,) = [b for b in groups[c.id].blocks if isinstance(b, Listing)]
        assert (rows.total, len(rows.rows)) == (c.findings, min(c.findings, 20))
        outcomes = [str(v).split(":")[0] for v in column(rows, "Outcome")]
        assert outcomes == sorted(outcomes, key=["fail", "unknown", "pending"].index)


def test_a_listing_is_never_longer_than_asked_for_and_says_how_many_there_are(demo_reader: Reader) -> None:
    report = reported(demo_reader.of(most=3))
    some = section(report, "findings")
    lists = [b for b in some.flat() if isinstance(b, Listing)]
    assert max(len(one.rows) for one in lists) == 3
    assert max(one.more for one in lists) > 0
    assert all(one.rest is not None for one in lists if one.more)


def test_the_units_report_holds_only_its_cases(small_reader: Reader) -> None:
    report = reported(small_reader.of("B"))
    assert report.failures == ()
    assert figures(section(report, "opening")) == {"Breaches": 1, "Due and still not done": 1, "Couldn't be decided": 1, "Due soon": 0}
    shown = str([m.section for m in report.sections])
    assert "D-4" in shown
    for other in ("D-2", "D-3", "D-7", "M-2", "E-1", "E-2"):
        assert other not in shown


def test_the_units_sums_are_those_of_the_units_below_and_what_belongs_to_nobody_is_said(small: Report, demo: Report) -> None:
    units = listing(section(small, "units"), "Units")
    assert dict(zip(column(units, "No."), column(units, "Breaches"), strict=True)) == {"H": 4, "A": 3, "A1": 2, "B": 1, "X": 0, "Y": 0, "Z": 1}
    assert dict(zip(column(units, "No."), column(units, "Disputes"), strict=True)) == {"H": 5, "A": 3, "A1": 2, "B": 2, "X": 1, "Y": 1, "Z": 1}
    assert units.depths == (0, 1, 2, 1, 0, 0, 0)
    said = [str(b.text) for b in section(demo, "units").flat() if isinstance(b, Paragraph) and b.tone == "unknown"]
    assert any("belong to no unit" in text for text in said)


def test_groups_count_every_dispute_once_and_what_is_not_recorded_is_a_group(small: Report) -> None:
    (cause,) = [b for b in section(small, "patterns").blocks if isinstance(b, Group) and b.name == "by-cause"]
    (one,) = [b for b in cause.blocks if isinstance(b, Listing)]
    assert sum(column(one, "Disputes")) == 7
    assert "not recorded" in [str(v) for v in column(one, "Which")]
    (lacking,) = [f for b in section(small, "patterns").flat() if isinstance(b, Facts) for f in b.facts if isinstance(f, Fact)]
    assert str(lacking.value) == "By product, By line of business, By region, By channel"


def test_values_beyond_the_first_ten_are_summed_up_in_one_row(demo: Report) -> None:
    total = demo.assessed.row("select count(*) as n from disputes")["n"]
    for group in (b for b in section(demo, "patterns").blocks if isinstance(b, Group) and b.name != "by-month"):
        (one,) = [b for b in group.blocks if isinstance(b, Listing)]
        assert len(one.rows) <= 11
        assert sum(column(one, "Disputes")) == total, group.name


def test_everything_that_was_not_checked_is_told_at_the_top(demo: Report) -> None:
    names = [m.name for m in demo.sections]
    assert names[:3] == ["opening", "unchecked", "first"]
    told = " ".join(str(v) for v in column(listing(section(demo, "unchecked"), "Gaps and assumptions"), "What"))
    for unchecked in demo.assessed.manifest.unchecked[:5]:
        assert unchecked.id in told
    for table in demo.assessed.manifest.tables:
        for name, count in table.cells_rejected.items():
            assert f"{table.title}: {count} cells of {name} couldn't be read" in told
    assert "Left out by the control's own condition" in told


def test_gaps_are_said_in_chinese_with_chinese_names_of_tables(demo: Report) -> None:
    said = speaker("zh")
    told = [said(gap.what) for gap in gaps(demo.assessed.manifest)]
    assert any(line.startswith("争议：") for line in told)
    assert not any(table.title.en in line for line in told for table in demo.assessed.manifest.tables)


# ── ageing ──


def kaplan_meier(lives: list[tuple[date, date | None]], day: date) -> dict[int, float]:
    """The share that is still open after each day, walked day by day."""
    lengths = [((end or day) - start).days for start, end in lives]
    ended = [end is not None for _, end in lives]
    share, found = 1.0, {}
    for d in range(max(lengths) + 1):
        at_risk = sum(length >= d for length in lengths)
        closed = sum(length == d and done for length, done in zip(lengths, ended, strict=True))
        share *= 1 - closed / at_risk
        found[d] = share
    return found


def lives_of(assessed: Assessed) -> Iterator[tuple[date, date | None]]:
    for r in assessed.rows("select opened_at, closed_at, unreadable from disputes"):
        start, end = r["opened_at"], r["closed_at"]
        if isinstance(start, datetime) and not r["unreadable"] and (end is None or end.date() >= start.date()):
            yield start.date(), end.date() if end is not None else None


def test_the_curve_is_that_of_a_walk_day_by_day_with_the_open_ones_censored(demo: Report) -> None:
    expected = kaplan_meier(list(lives_of(demo.assessed)), demo.assessed.manifest.as_of)
    (curve,) = [b for b in section(demo, "ageing").flat() if isinstance(b, Chart) and b.form == "line"]
    found = dict(zip(curve.labels, curve.series[0].values, strict=True))
    assert len(found) > 5
    for point, share in found.items():
        assert isinstance(point, int)
        assert share == pytest.approx(100 * expected[point], abs=0.051), point
    middle = figures(section(demo, "ageing"))["Half are closed after"]
    assert middle == next(d for d, share in expected.items() if share <= 0.5)


def test_where_fewer_than_half_are_closed_the_median_is_not_reached_and_what_is_unreadable_is_left_out(small: Report) -> None:
    found = section(small, "ageing")
    assert str(figures(found)["Half are closed after"]) == "not reached"
    assert figures(found)["Open disputes"] == 4
    (left_out,) = [f for b in found.flat() if isinstance(b, Facts) for f in b.facts]
    assert (str(left_out.label), left_out.value) == ("when it was received or closed couldn't be read", 1)


def test_without_an_end_supplied_nothing_is_said_of_ages(small_reader: Reader) -> None:
    whole = small_reader.of()
    parts = tuple(s.model_copy(update={"columns": tuple(c for c in s.columns if c != "closed_at")}) for s in whole.manifest.subjects)
    report = reported(replace(whole, manifest=whole.manifest.model_copy(update={"subjects": parts})))
    (told,) = section(report, "ageing").flat()
    assert isinstance(told, Paragraph)
    assert told.tone == "unknown"


def test_no_number_is_called_good_that_is_not_nought(demo: Report, small: Report) -> None:
    every = [f for report in (demo, small) for m in report.sections for b in m.section.flat() if isinstance(b, Figures) for f in b.figures]
    assert all(isinstance(f, Figure) and f.value == 0 for f in every if f.tone == "good")
