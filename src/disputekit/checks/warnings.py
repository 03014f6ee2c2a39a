"""What is due soon: the running periods that a control warns of. Of parallel clocks of one duty, the earliest warns."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
from sqlglot import exp

from disputekit import sql
from disputekit.assessment.manifest import ControlResult

FILE = "warnings.parquet"

_RUNNING = """
    select $control as control, $duty as duty, subject, due_on, due_at, unit, handler
    from read_parquet($part) where outcome = 'pending'"""
_EARLIEST = """
    select control, duty, subject, due_on, due_at, unit, handler
    from (
      select *, row_number() over (partition by duty, subject order by coalesce(due_at, cast(due_on as timestamp) + interval 1 day), control) as place
      from $running as running) as placed
    where place = 1 order by due_on, due_at, control, subject"""


def write_warnings(db: duckdb.DuckDBPyConnection, controls: Sequence[ControlResult], folder: Path) -> int:
    """Writes `warnings.parquet` and its query, one row for each subject and duty; returns their number.

    A control that names no duty is a duty of its own.
    """
    warning = [c for c in controls if c.kind is not None and c.findings and c.error is None and not c.absent and c.count("pending")]
    if not warning:
        return 0
    (count,) = db.execute(sql.to_parquet(sql.written(_query(warning, folder)), folder / FILE)).fetchone() or (0,)
    (folder / "queries" / "90_warnings.sql").write_text(sql.written(_query(warning, Path()), pretty=True) + ";\n", encoding="utf-8")
    return int(count)


def _query(controls: Sequence[ControlResult], folder: Path) -> exp.Select:
    parts = [
        sql.fill(_RUNNING, control=sql.text(c.id), duty=sql.text(c.duty if c.duty is not None else c.id),
                 part=sql.text((folder / "findings" / f"{c.id}.parquet").as_posix()))
        for c in controls
    ]  # fmt: skip
    running = parts[0] if len(parts) == 1 else exp.union(*parts, distinct=False)
    return sql.fill(_EARLIEST, running=exp.Subquery(this=running))
