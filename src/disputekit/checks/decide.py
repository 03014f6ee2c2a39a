"""Deciding one check for every subject: evaluated once, tallied exactly, its findings written in order."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
from sqlglot import exp

from disputekit import sql
from disputekit.outcomes import Verdict

FINDING: Mapping[str, str] = {
    "subject": "varchar", "occurrence": "varchar", "outcome": "varchar", "reason": "varchar", "started_at": "timestamp", "due_on": "date",
    "due_at": "timestamp", "done_at": "timestamp", "observed": "varchar", "expected": "varchar", "unit": "varchar", "handler": "varchar",
    "waiver": "varchar",
}  # fmt: skip
"""The columns of a finding and their types; what is constant for a control stands in the manifest."""
NOT_CONCERNED = Verdict("not_applicable", "not concerned")


class BrokenQuery(Exception):
    """A check's query doesn't keep its contract: a column missing, an outcome unknown, more rows than subjects."""


@dataclass(frozen=True)
class Decided:
    """What a check came to. tally: subjects by verdict, adding up to all of them. query: the two statements that
    give the findings again.
    """

    tally: Mapping[Verdict, int]
    findings: int
    query: str
    findings_sha256: str


def decide(db: duckdb.DuckDBPyConnection, query: exp.Select, subjects: int, part: Path) -> Decided:
    """Runs a check's query and writes its findings to the Parquet file `part`.

    subjects: how many there are; those that the query leaves out aren't concerned. A row stands for one subject, or for as many as its
    column `subjects` says. Raises BrokenQuery, or duckdb.Error for what fails
    at run time.
    """
    given = tuple(query.named_selects)
    missing = {"subject", "verdict"} - set(given)
    if missing:
        raise BrokenQuery(f"its query gives no {' and no '.join(sorted(missing))}")
    decided = f"create or replace temp table result as\n{sql.written(query, pretty=True, last=True)}"
    db.execute(decided)
    count_of = "cast(sum(subjects) as bigint)" if "subjects" in given else "count(*)"
    rows = db.execute(f"select verdict, {count_of} from result group by verdict order by verdict").fetchall()
    tally: dict[Verdict, int] = {}
    for text, count in rows:
        if text is None:
            raise BrokenQuery("its query leaves a subject without a verdict")
        try:
            tally[Verdict.read(text)] = count
        except ValueError as bad:
            raise BrokenQuery(str(bad)) from None
    left_out = subjects - sum(tally.values())
    if left_out < 0:
        raise BrokenQuery(f"its query decides {sum(tally.values())} of {subjects} subjects")
    if left_out:
        tally[NOT_CONCERNED] = tally.get(NOT_CONCERNED, 0) + left_out
    findings = findings_query(given)
    (found,) = db.execute(f"copy ({findings}) to {sql.written(sql.text(str(part)))} (format parquet)").fetchone() or (0,)
    return Decided(tally, int(found), f"{decided};\n\n{findings}", file_sha256(part))


def write_unsupplied(db: duckdb.DuckDBPyConnection, part: Path, absent: str) -> Decided:
    """The one finding of a control that can't be evaluated because what it reads isn't supplied."""
    values = {"outcome": sql.text("unknown"), "reason": sql.text("not supplied"), "observed": sql.text(absent)}
    query = exp.select(*(sql.cast(values.get(n, exp.Null()), t).as_(sql.name(n)) for n, t in FINDING.items()))
    db.execute(f"copy ({sql.written(query)}) to {sql.written(sql.text(str(part)))} (format parquet)")
    return Decided({}, 1, sql.written(query, pretty=True), file_sha256(part))


@cache
def findings_query(given: tuple[str, ...]) -> str:
    """What is kept of the table `result`, whose query gives these columns: in the form of a finding, in the order of the subjects."""
    columns = []
    for column, kind in FINDING.items():
        if column == "outcome":
            value = sql.expression("split_part(verdict, ': ', 1)")
        elif column == "reason":
            value = sql.expression("nullif(split_part(verdict, ': ', 2), '')")
        else:
            value = sql.col(column) if column in given else exp.Null()
        columns.append(sql.cast(value, kind).as_(sql.name(column)))
    warned = sql.expression("starts_with(verdict, 'pending') and warned") if "warned" in given else sql.boolean(False)
    kept = sql.either([sql.expression("starts_with(verdict, 'fail')"), sql.expression("starts_with(verdict, 'unknown')"), warned])
    return sql.written(exp.select(*columns).from_(sql.tab("result")).where(kept).order_by("subject", "occurrence"), pretty=True)


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
