"""How good the data are: what was read, what couldn't be, what is assumed of their completeness."""

from typing import TYPE_CHECKING

from disputekit.reports.chapters.gaps import before_the_end
from disputekit.run import Run
from disputekit.sections import Block, Cell, Heading, Listing, Section
from disputekit.text import say

if TYPE_CHECKING:
    from disputekit.reports.assessed import Assessed

_REJECTS = """select file, line, record, "table", "column", value, reason from rejects order by file, record, "column" limit $most"""


def make(assessed: "Assessed", _: Run) -> Section:
    manifest = assessed.manifest
    columns: tuple[Heading, ...]
    columns = (Heading(say("Table")), Heading(say("Rows read"), "number"), Heading(say("Rows loaded"), "number"), Heading(say("Rows rejected"), "number"),
               Heading(say("Cells rejected"), "number"), Heading(say("Exported at"), "moment"), Heading(say("How fresh")))  # fmt: skip
    rows = tuple((t.title, t.rows_read, t.rows_loaded, t.rows_rejected, sum(t.cells_rejected.values()), t.extracted_at,
                  say("not said, taken as fresh") if t.extracted_at is None else say("before the end of the day") if before_the_end(t, manifest)
                  else say("after the day")) for t in manifest.tables)  # fmt: skip
    blocks: list[Block] = [Listing(say("Tables of the register"), columns, rows, empty=say("No table was supplied"))]
    cells: list[tuple[Cell, ...]] = [(t.title, column, n, None) for t in manifest.tables for column, n in t.cells_rejected.items()]
    cells += [(t.title, column, None, n) for t in manifest.tables for column, n in t.hidden.items()]
    columns = (
        Heading(say("Table")),
        Heading(say("Column"), "name"),
        Heading(say("Couldn't be read"), "number"),
        Heading(say("After the day"), "number"),
    )
    blocks.append(Listing(say("Cells that don't count"), columns, tuple(cells), empty=say("Every cell could be read, and none lies after the day")))
    if assessed.unit is None:
        count = assessed.row("select count(*) as n from rejects")["n"]
        rejects = tuple((r["file"], r["line"] if r["line"] is not None else r["record"], r["column"], r["value"], r["reason"])
                        for r in assessed.rows(_REJECTS, most=assessed.most))  # fmt: skip
        columns = (Heading(say("File"), "name"), Heading(say("Line"), "number"), Heading(say("Column"), "name"), Heading(say("Value")),
                   Heading(say("Reason")))  # fmt: skip
        blocks.append(Listing(say("Where they are"), columns, rejects, total=count, rest=say("all are in {file}", file="rejects.parquet"),
                              empty=say("Nothing was rejected")))  # fmt: skip
    passed = [(t.title, p.what, p.why, p.records) for t in manifest.tables for p in t.passed_over]
    if passed:
        columns = (Heading(say("Table")), Heading(say("Sort of record"), "name"), Heading(say("Why it is no row")), Heading(say("Records"), "number"))
        blocks.append(Listing(say("Records that could be read and are no rows of their table"), columns, tuple(passed)))
    columns = (Heading(say("Sort of record"), "name"), Heading(say("Complete from"), "moment"), Heading(say("How that is known")))
    coverage = tuple((c.what, c.from_on, say(c.basis)) for c in manifest.coverage)
    blocks.append(Listing(say("What is recorded completely"), columns, coverage, empty=say("No control concludes anything from what isn't there")))
    return Section(tuple(blocks))
