"""The blocks of a section: what can't be shown is refused when it is made, with what is wrong."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from disputekit.sections import Chart, Fact, Group, Heading, Listing, Matrix, Paragraph, Section, Series, Square
from disputekit.text import Phrase, Text, say, speaker

A = Text(zh="甲", en="A")
NAME, NUMBER, DAY = Heading(A), Heading(A, "number"), Heading(A, "moment")


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: Paragraph("only one language"), "words in both languages are expected"),
        (lambda: Listing(A, ()), "at least 1 item"),
        (lambda: Listing(A, (NAME, NUMBER), (("a",),)), "row 1 has 1 cells for 2 columns"),
        (lambda: Listing(A, (NUMBER,), ((1,), ("one",))), "row 2: 'one' is no number"),
        (lambda: Listing(A, (DAY,), (("2026-01-01",),)), "is no moment"),
        (lambda: Listing(A, (NUMBER,), ((float("nan"),),)), "nan can't be shown"),
        (lambda: Listing(A, (NAME,), ((True,),)), "not True"),
        (lambda: Listing(A, (NAME,), (([1],),)), r"not \[1\]"),
        (lambda: Listing(A, (Heading(A, "severity"),), (("bad",),)), "'bad' is no severity"),
        (lambda: Listing(A, (Heading(A, "verdict"),), (("failed",),)), "'failed' is no verdict"),
        (lambda: Listing(A, (NAME,), (("a",),), depths=(0, 1)), "2 depths for 1 rows"),
        (lambda: Chart(A, "bar", ("a", "b"), (Series(A, (1,)),), A), "1 values for 2 labels"),
        (lambda: Chart(A, "pie", ("a",), (Series(A, (1,)),), A), "Input should be 'bar', 'stacked' or 'line'"),  # type: ignore[arg-type]
        (lambda: Matrix(A, A, A, ("a", "b"), ("c",), ((None,),)), "1 rows of squares for 2 rows"),
        (lambda: Matrix(A, A, A, ("a",), ("c", "d"), ((None,),)), "row 1 has 1 squares for 2 columns"),
        (lambda: Matrix(A, A, A, ("a",), ("c",), ((Square("x"),),), "number"), "row 1: 'x' is no number"),
        (lambda: Square(3, "bad"), "a square that is bad needs a mark"),
        (lambda: Fact(A, "x", "number"), "'x' is no number"),
        (lambda: Section((Group("g", A, None, (Group("h", A),)),)), "Group"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_shown_is_refused_when_it_is_made(made: Callable[[], Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        made()


def test_none_fits_any_column_and_a_text_any_column_of_text() -> None:
    listing = Listing(A, (NAME, NUMBER, DAY), ((say("x"), 1, date(2026, 1, 1)), (A, None, None)), total=7)
    assert listing.more == 5


def test_what_is_said_stays_a_phrase_so_that_it_can_be_said_in_chinese() -> None:
    (row,) = Listing(A, (NAME,), ((say("fail"),),)).rows
    assert isinstance(row[0], Phrase)
    assert speaker("zh")(row[0]) == "不合规"
