"""What a section of the report is made of: a few blocks that every form of the report (HTML, XLSX, JSON) knows, whoever made them.

Words are a `Text` (Chinese and English side by side, as packs and plugins bring them) or what `say(…)` gives, which is said from the
catalogue. Cells are plain values; what they mean is said once, by the kind of their column, and each form shows a kind in its own way.
Everything is frozen and checked when it is made, so that a mistake is the mistake of whoever made it and not of the form that shows it.
"""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, PlainValidator, model_validator
from pydantic.dataclasses import dataclass

from disputekit.outcomes import Verdict
from disputekit.policies.model import SEVERITIES, Severity
from disputekit.text import Phrase, Text

Tone = Literal["plain", "bad", "late", "unknown", "soon", "good"]
"""What something means for the reader: wrong and still to be put right, done but late, not known, due soon, as it should be."""
Kind = Literal["text", "name", "number", "share", "moment", "verdict", "severity", "control"]
"""What the cells of a column are.

text: words, as long as they are. name: an identifier, never broken. number: a quantity. share: 0.25 is a quarter. moment: a date or an
instant. verdict: an outcome with its reason (`fail: open`). severity. control: the id of a control, which leads to what was found of it.
"""
_CONFIG = ConfigDict(extra="forbid")
_VALUES = (str, int, float, Decimal, date, Text)


Value = str | int | float | Decimal | date | datetime | Text | Phrase | None


def _words(value: object) -> Text | Phrase:
    if not isinstance(value, (Text, Phrase)):
        raise ValueError(f"words in both languages are expected, a Text or what say() gives, not {value!r:.80}")
    return value


def _cell(value: object) -> Value:
    if value is not None and (not isinstance(value, _VALUES) or isinstance(value, bool)):
        raise ValueError(f"a text, a number, a date or words are expected, not {value!r:.80}")
    if isinstance(value, float) and not isfinite(value):
        raise ValueError(f"{value} can't be shown; None says that there is nothing")
    return value


Words = Annotated[Text | Phrase, PlainValidator(_words)]
"""What a reader reads: in both languages, or said from the catalogue."""
Cell = Annotated[Value, PlainValidator(_cell)]
"""A value of a table: None is shown as a dash, a text as it is, words in the reader's language, a moment in the organisation's zone."""


def fits(value: Value, kind: Kind) -> bool:
    """Whether a cell can be of a kind."""
    if value is None or kind == "text":
        return True
    if kind in ("number", "share"):
        return isinstance(value, (int, float, Decimal))
    if kind == "moment":
        return isinstance(value, date)
    if not isinstance(value, str):
        return kind == "name" and isinstance(value, int)
    if kind == "severity":
        return value in SEVERITIES
    if kind == "verdict":
        try:
            Verdict.read(value)
        except ValueError:
            return False
    return True


@dataclass(frozen=True, config=_CONFIG)
class Paragraph:
    """A sentence or two. tone: a paragraph that isn't plain stands out as a notice."""

    text: Words
    tone: Tone = "plain"


@dataclass(frozen=True, config=_CONFIG)
class Figure:
    """One number that a reader must see, with what it counts. to: the name of the section, or the id of the control, that says more."""

    label: Words
    value: Cell
    tone: Tone = "plain"
    note: Words | None = None
    to: str | None = None


@dataclass(frozen=True, config=_CONFIG)
class Figures:
    """Some numbers side by side."""

    figures: tuple[Figure, ...]


@dataclass(frozen=True, config=_CONFIG)
class Fact:
    """Something known, by its name."""

    label: Words
    value: Cell
    kind: Kind = "text"

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not fits(self.value, self.kind):
            raise ValueError(f"{self.value!r:.80} is no {self.kind}")
        return self


@dataclass(frozen=True, config=_CONFIG)
class Facts:
    """Names with their values, one below the other."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True, config=_CONFIG)
class Heading:
    """The heading of a column, and what its cells are."""

    title: Words
    kind: Kind = "text"


@dataclass(frozen=True, config=_CONFIG)
class Listing:
    """A table. It is of a bounded length, and says how much more there is.

    total: how many rows there are in all, where not all are here. rest: where the others are. empty: what is said where there is none.
    depths: how far each row is indented, for a tree.
    """

    title: Words
    columns: Annotated[tuple[Heading, ...], Field(min_length=1)]
    rows: tuple[tuple[Cell, ...], ...] = ()
    total: int | None = None
    rest: Words | None = None
    empty: Words | None = None
    depths: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for number, row in enumerate(self.rows, 1):
            if len(row) != len(self.columns):
                raise ValueError(f"row {number} has {len(row)} cells for {len(self.columns)} columns")
            for value, column in zip(row, self.columns, strict=True):
                if not fits(value, column.kind):
                    raise ValueError(f"row {number}: {value!r:.80} is no {column.kind}")
        if self.depths and len(self.depths) != len(self.rows):
            raise ValueError(f"{len(self.depths)} depths for {len(self.rows)} rows")
        return self

    @property
    def more(self) -> int:
        """How many rows there are besides those that are here."""
        return max(0, self.total - len(self.rows)) if self.total is not None else 0


@dataclass(frozen=True, config=_CONFIG)
class Series:
    """Numbers of a chart, one for each of its labels; None where there is no data. tone: what they mean."""

    title: Words
    values: tuple[float | None, ...]
    tone: Tone = "plain"


@dataclass(frozen=True, config=_CONFIG)
class Chart:
    """A chart of numbers over labels. Its numbers are always there as a table, too.

    form: bars from left to right, one row for each label (`bar`), or with the series end to end (`stacked`); or lines over labels in their
    order (`line`). unit: what the numbers count. note: what a reader should see in it.
    """

    title: Words
    form: Literal["bar", "stacked", "line"]
    labels: tuple[Cell, ...]
    series: Annotated[tuple[Series, ...], Field(min_length=1)]
    unit: Words
    note: Words | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for one in self.series:
            if len(one.values) != len(self.labels):
                raise ValueError(f"{one.title}: {len(one.values)} values for {len(self.labels)} labels")
        return self


@dataclass(frozen=True, config=_CONFIG)
class Square:
    """A cell of a matrix. mark: in words what the tone says, without which only a plain one may be: nobody has to tell colours apart."""

    value: Cell = None
    tone: Tone = "plain"
    mark: Words | None = None

    @model_validator(mode="after")
    def _said(self) -> Self:
        if self.tone != "plain" and self.mark is None:
            raise ValueError(f"a square that is {self.tone} needs a mark: its colour alone can't say so")
        return self


@dataclass(frozen=True, config=_CONFIG)
class Matrix:
    """A table of rows against columns whose squares are coloured by what they mean: a heat map, or who has which training.

    down, across: what the rows and the columns are. rows, columns: their headings. squares: row by row, None where there is nothing. kind: what
    their values are. note: what a reader should see in it. total: how many rows there are in all, where not all are here. rest: where the others
    are.
    """

    title: Words
    down: Words
    across: Words
    rows: tuple[Cell, ...]
    columns: Annotated[tuple[Cell, ...], Field(min_length=1)]
    squares: tuple[tuple[Square | None, ...], ...]
    kind: Kind = "text"
    note: Words | None = None
    total: int | None = None
    rest: Words | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if len(self.squares) != len(self.rows):
            raise ValueError(f"{len(self.squares)} rows of squares for {len(self.rows)} rows")
        for number, row in enumerate(self.squares, 1):
            if len(row) != len(self.columns):
                raise ValueError(f"row {number} has {len(row)} squares for {len(self.columns)} columns")
            for square in row:
                if square is not None and not fits(square.value, self.kind):
                    raise ValueError(f"row {number}: {square.value!r:.80} is no {self.kind}")
        return self

    @property
    def more(self) -> int:
        """How many rows there are besides those that are here."""
        return max(0, self.total - len(self.rows)) if self.total is not None else 0


Block = Paragraph | Figures | Facts | Listing | Chart | Matrix


@dataclass(frozen=True, config=_CONFIG)
class Group:
    """What belongs together within a section, under a heading of its own.

    name: by which others lead to it, as a control's id. note: what stands beside the heading. One with a severity is closed until somebody opens it.
    """

    name: str
    title: Words
    severity: Severity | None = None
    blocks: tuple[Block, ...] = ()
    note: Words | None = None


@dataclass(frozen=True, config=_CONFIG)
class Section:
    """What a section of the report shows, from top to bottom."""

    blocks: tuple[Block | Group, ...] = ()

    def flat(self) -> Iterator[Block]:
        """Its blocks, those of groups among them."""
        for block in self.blocks:
            if isinstance(block, Group):
                yield from block.blocks
            else:
                yield block
