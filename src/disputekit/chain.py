"""Assessments one after the other, for whoever looks at more than one: what each is, whether it is whole, and what is different in the next."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb
from sqlglot import exp

from disputekit import sql
from disputekit.assessment.diff import diff
from disputekit.assessment.difference import Difference
from disputekit.assessment.folder import spoilt
from disputekit.assessment.manifest import Manifest, read_manifest
from disputekit.checks.names import DISPUTES
from disputekit.errors import AssessmentError, Problem
from disputekit.policies.model import Strict
from disputekit.reports.reading import opened
from disputekit.text import say

__all__ = ["Difference", "Manifest", "Tabulated", "Vanished", "diff", "population", "read_manifest", "spoilt", "tabulated", "vanished"]

_GONE = "select subject from read_parquet($old) where subject is not null except select subject from read_parquet($new)"
_COUNTED = (
    f"with gone as ({_GONE}) select (select count(*) from gone), (select list(subject) from (select subject from gone order by subject limit $most))"  # noqa: S608 — our own text
)

_POPULATION = """
    with hit as (
      select dispute, max(case when waiver is not null or disposition is not null then 4 when outcome = 'fail' then 3 when outcome = 'unknown' then 2 else 1 end) as rank
      from findings where dispute is not null group by dispute)
    select d.subject, case when h.rank = 4 then 'excused' when h.rank = 3 then 'breach' when h.rank = 2 then 'unknown'
                           when d.declared is not null then d.declared when h.rank = 1 then 'warned' else 'clean' end as stratum
    from disputes as d left join hit as h on h.dispute = d.subject
    union all
    select r.file || '#' || cast(r.record as varchar), 'rejected' from rejects as r where r."table" = 'disputes' and (r."column" is null or r."column" = 'dispute_id')"""


_BROKEN_DOWN = """
    with worst as (
      select control, dispute, bool_or(outcome = 'fail') as failed from findings
      where "table" = 'disputes' and outcome in ('fail', 'unknown') group by control, dispute)
    select w.control, $value as value, case when w.failed then 'fail' else 'unknown' end as outcome, count(*) as disputes
    from worst as w join disputes as d on d.subject = w.dispute group by all order by all"""


class Tabulated(Strict):
    """Disputes counted. disputes: by the values of columns. outcomes: by control and the first column's value, those with a breach (`fail`), and
    those without one of which something is `unknown`; only controls that judge disputes one by one are among them."""

    disputes: tuple[tuple[tuple[str | None, ...], int], ...]
    outcomes: tuple[tuple[str, str | None, str, int], ...]


class Vanished(Strict):
    """Subjects of a table that an earlier assessment had and a later one hasn't: how many, and the first of them by name."""

    table: str
    count: int
    first: tuple[str, ...]


def vanished(old: Path, new: Path, most: int = 20) -> tuple[Vanished, ...]:
    """What is gone of the tables whose every row both assessments name. Where only rows with findings are named, their absence says nothing."""
    was, now = {s.table: s for s in read_manifest(old)[0].subjects}, {s.table: s for s in read_manifest(new)[0].subjects}
    found = []
    with tempfile.TemporaryDirectory(prefix="disputekit-") as scratch, duckdb.connect(config={"temp_directory": scratch}) as db:
        for table in ("disputes",):
            if table not in was:
                continue
            if table not in now:
                found.append(Vanished(table=table, count=was[table].rows, first=()))
            elif was[table].sha256 != now[table].sha256:
                row = db.execute(_COUNTED, {"old": str(old / was[table].part), "new": str(new / now[table].part), "most": most}).fetchone()
                count, first = row if row is not None else (0, None)
                if count:
                    found.append(Vanished(table=table, count=count, first=tuple(first or ())))
    return tuple(found)


def population(folder: Path) -> tuple[tuple[str, str], ...]:
    """Every dispute of an assessment with its stratum, and every row of the ledger that couldn't be read (`file#record`), in no order.

    excused: with a waiver or a disposition; breach, unknown: by its worst finding; withdrawn, merged: as the insurer says; warned: about to be
    late; clean: the rest, whether it passed or isn't concerned. Raises AssessmentError for a folder that isn't as it was written.
    """
    with opened(folder) as reader:
        reader.of()
        return tuple(reader.every(_POPULATION))


def tabulated(folder: Path, by: Sequence[str], *, trusted: bool = False) -> Tabulated:
    """The disputes of an assessment, counted by columns of its part about disputes, at least one. trusted: it was written a moment ago.

    Raises AssessmentError for a folder that isn't as it was written, or whose disputes don't have one of the columns.
    """
    with opened(folder, trusted=trusted) as reader:
        there = next((s.columns for s in reader.manifest.subjects if s.table == DISPUTES), ())
        absent = [b for b in by if b not in there]
        if absent:
            raise AssessmentError(*(Problem(f"{DISPUTES}.{b}", say("nobody supplies it")) for b in absent))
        reader.of()
        query = exp.select(*map(sql.col, by), "count(*)").from_(sql.tab(DISPUTES)).group_by(*map(sql.col, by)).order_by(*map(sql.col, by))
        disputes = tuple((tuple(row[:-1]), row[-1]) for row in reader.every(sql.written(query)))
        outcomes = tuple(reader.every(sql.written(sql.fill(_BROKEN_DOWN, value=sql.col(by[0], "d")))))
    return Tabulated(disputes=disputes, outcomes=outcomes)
