"""An assessment as a section of the report sees it: its manifest, and its findings by SQL, whatever their number.

The report is made from the assessment's folder alone. Nothing here writes to it, and no query reaches a file outside of it.

Tables that a query may name:

- `findings`: control, table, subject, occurrence, outcome, reason, started_at, due_on, due_at, done_at, observed, expected, unit, handler,
  waiver, disposition (as in `findings/*.parquet`), with `dispute`, the dispute that the subject is or belongs to. Where a finding names no
  unit, its dispute's stands in.
- `disputes`: subject, unit, handler, opened_at, closed_at, unreadable, cause, product, line, region, channel; what isn't supplied is NULL.
  `breaches`, `still_open`, `late`, `undecided`: how many findings of it failed, are due and not done, were done late, are unknown.
- `controls`: control, place (in the manifest's order), severity, rank (0 low to 3 critical).
- `warnings` (with `dispute`), `rejects`: as in their files; empty where there are none. `rejects` is empty in a unit's report: a row that couldn't be read
  belongs to nobody.
- of each section that reads the register, a table of the section's name: the rows that its query kept. `kept` says whether there is one.
- `units`: unit, name, parent, depth, place (in the tree's order). `within`: unit, above: each unit with itself and every unit above it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from disputekit import sql
from disputekit.assessment.manifest import Manifest
from disputekit.checks.names import DISPUTES
from disputekit.errors import Problem

if TYPE_CHECKING:
    from disputekit.assessment.difference import Difference

MOST = 20
"""How many rows a listing shows, unless told."""
MOST_ROWS = 10_000
"""How many rows a query may come to: a report shows sums and the first of a kind, never a register."""
Given = str | int | float | bool | Decimal | date | datetime | Sequence[str] | None
"""A value of a query."""
Rows = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Assessed:
    """What a section is made of.

    sha256: of the manifest's bytes. most: how many rows a listing should show. unit: whose report it is, with all units below it; None: of
    the whole organisation. change: what is different from the previous assessment, where that was given, or why it can't be compared.
    """

    manifest: Manifest
    sha256: str
    most: int
    unit: str | None
    change: "Difference | Problem | None"
    _run: Callable[[str], tuple[list[str], list[tuple[Any, ...]]]]

    def rows(self, query: str, **values: Given) -> Rows:
        """The rows of one SELECT over the tables above, as mappings. `$name` in it stands for a value, which is never text of the query.

        Raises ValueError where there are more than MOST_ROWS, and whatever the engine raises.
        """
        names, rows = self._run(sql.written(sql.fill(query, **{n: _literal(v) for n, v in values.items()})))
        if len(rows) > MOST_ROWS:
            raise ValueError(f"more than {MOST_ROWS:,} rows: sum up, or limit them")
        return tuple(dict(zip(names, row, strict=True)) for row in rows)

    def row(self, query: str, **values: Given) -> Mapping[str, Any]:
        """The first row of a query that always has one."""
        return self.rows(query, **values)[0]

    def supplies(self, *columns: str) -> bool:
        """Whether the register supplies all of these columns of the disputes."""
        found = next((s.columns for s in self.manifest.subjects if s.table == DISPUTES), ())
        return all(c in found for c in columns)

    def kept(self, section: str) -> bool:
        """Whether a section's query kept its table: it didn't where what it reads isn't supplied, or where it failed."""
        return any(s.part == f"sections/{section}.parquet" for s in self.manifest.subjects)

    def alone(self) -> "Assessed":
        """The same with a manifest of its own, so that what one section does to it no other sees."""
        return replace(self, manifest=self.manifest.model_copy(deep=True))


def _literal(value: Given) -> exp.Expression:
    if value is None:
        return exp.Null()
    if isinstance(value, bool):
        return sql.boolean(value)
    if isinstance(value, str):
        return sql.text(value)
    if isinstance(value, datetime):
        return sql.instant(value)
    if isinstance(value, date):
        return sql.day(value)
    if isinstance(value, (int, float, Decimal)):
        return sql.number(value)
    return sql.cast(exp.Array(expressions=[sql.text(v) for v in value]), "varchar[]")
