"""Deciding one check for every subject: evaluated once, tallied exactly, its findings written in order."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
from sqlglot import exp

from disputekit import sql
from disputekit.checks.beside import Beside, Standing, standings_query, with_beside
from disputekit.outcomes import Verdict
from disputekit.waivers import same_person

FINDING: Mapping[str, str] = {
    "subject": "varchar", "occurrence": "varchar", "outcome": "varchar", "reason": "varchar", "started_at": "timestamp", "due_on": "date",
    "due_at": "timestamp", "done_at": "timestamp", "observed": "varchar", "expected": "varchar", "unit": "varchar", "handler": "varchar",
    "waiver": "varchar", "disposition": "varchar",
}  # fmt: skip
"""The columns of a finding and their types; what is constant for a control stands in the manifest."""
STILL_OPEN = "({0}outcome = 'fail' and ({0}done_at is null or {0}reason = 'missing'))"
"""Which findings are breaches that can still be ended, `{0}` standing before each column. The others were done late, or are of what is past and
can't be done any more; what is missing can be made up for."""
NOT_CONCERNED = Verdict("not_applicable", "not concerned")


class BrokenQuery(Exception):
    """A check's query doesn't keep its contract: a column missing, an outcome unknown, more rows than subjects."""


@dataclass(frozen=True)
class Decided:
    """What a check came to. tally: subjects by verdict, adding up to all of them. query: the two statements that
    give the findings again. waived: subjects whose finding has a waiver. standings: what each waiver (by its id) is to each of its subjects.
    disposed: what each disposition (by its id) is: recorded beside a finding, decided by the subject's own handler, or about nothing.
    """

    tally: Mapping[Verdict, int]
    findings: int
    query: str
    findings_sha256: str
    waived: int = 0
    standings: Sequence[tuple[str, str, Standing]] = ()
    disposed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def decide(db: duckdb.DuckDBPyConnection, query: exp.Select, subjects: int, part: Path, beside: Beside | None = None) -> Decided:
    """Runs a check's query and writes its findings to the Parquet file `part`.

    subjects: how many there are; those that the query leaves out aren't concerned. A row stands for one subject, or for as many as its
    column `subjects` says: none for each further finding of a subject that is counted already. A row whose column `counted_in` names another
    subject is no finding: it is counted with that one's finding of the same occurrence, which itself counts nobody. beside: what is put beside its findings.
    Raises BrokenQuery, or duckdb.Error for what fails at run time.
    """
    given = tuple(query.named_selects)
    missing = {"subject", "verdict"} - set(given)
    if missing:
        raise BrokenQuery(f"its query gives no {' and no '.join(sorted(missing))}")
    decided = f"create or replace temp table result as\n{sql.written(query, pretty=True, last=True)}"
    # replacing a table holds the old one until the new one is there: two of five million rows are a gibibyte
    db.execute("drop table if exists result")
    db.execute(decided)
    count_of = "cast(sum(subjects) as bigint)" if "subjects" in given else "count(*)"
    rows = db.execute(f"select verdict, {count_of} from result group by verdict order by verdict").fetchall()  # noqa: S608 — two constants
    tally: dict[Verdict, int] = {}
    for text, count in rows:
        if text is None:
            raise BrokenQuery("its query leaves a subject without a verdict")
        try:
            tally[Verdict.read(text)] = count
        except ValueError as bad:
            raise BrokenQuery(str(bad)) from None
    tally = {verdict: count for verdict, count in tally.items() if count}
    left_out = subjects - sum(tally.values())
    if left_out < 0:
        raise BrokenQuery(f"its query decides {sum(tally.values())} of {subjects} subjects")
    if left_out:
        tally[NOT_CONCERNED] = tally.get(NOT_CONCERNED, 0) + left_out
    findings = findings_query(given) if beside is None else _written(with_beside(_findings(given), tuple(FINDING), beside))
    (found,) = db.execute(sql.to_parquet(findings, part)).fetchone() or (0,)
    written = Decided(tally, int(found), f"{decided};\n\n{findings}", file_sha256(part))
    return written if beside is None else replace(written, **_noted(db, part, beside, given))


def write_unsupplied(db: duckdb.DuckDBPyConnection, part: Path, absent: str) -> Decided:
    """The one finding of a control that can't be evaluated because what it reads isn't supplied."""
    values = {"outcome": sql.text("unknown"), "reason": sql.text("not supplied"), "observed": sql.text(absent)}
    query = exp.select(*(sql.cast(values.get(n, exp.Null()), t).as_(sql.name(n)) for n, t in FINDING.items()))
    db.execute(sql.to_parquet(sql.written(query), part))
    return Decided({}, 1, sql.written(query, pretty=True), file_sha256(part))


def _noted(db: duckdb.DuckDBPyConnection, part: Path, beside: Beside, given: tuple[str, ...]) -> dict[str, Any]:
    """What became of the waivers and dispositions, looked up in the findings as they were written."""
    file = sql.parquet(part)
    found: dict[str, Any] = {}
    if beside.waivers:
        found["standings"] = db.execute(_written(standings_query(beside, file))).fetchall()
        counted = sql.expression("coalesce(r.counted_in, r.subject)" if "counted_in" in given else "r.subject")
        count = sql.fill(_WAIVED_GROUPS, part=file, counted=counted) if "subjects" in given else sql.fill(_WAIVED, part=file)
        (found["waived"],) = db.execute(_written(count)).fetchone() or (0,)
    if beside.dispositions:
        rows = db.execute(_written(sql.fill("select disposition, handler from $part where disposition is not null", part=file))).fetchall()
        handlers: dict[str, str | None] = dict(rows)
        decided = {d.id: (d.decided_by, d.requested_by) for d in beside.dispositions}
        found["disposed"] = {
            i: "no finding" if i not in handlers else "by the handler" if any(same_person(handlers[i] or "", p) for p in people) else "recorded"
            for i, people in decided.items()
        }
    return found


_WAIVED = """
    select count(*) from result where subject in (select subject from $part where waiver is not null)
    and (starts_with(verdict, 'fail') or starts_with(verdict, 'unknown'))"""
# whoever is counted with one of its findings is waived only if the further ones are, too
_WAIVED_GROUPS = """
    select cast(coalesce(sum(r.subjects), 0) as bigint) from result as r
    join $part as p on p.subject = $counted and p.occurrence is not distinct from r.occurrence and p.waiver is not null
    where r.subject not in (
      select z.subject from result as z join $part as q on q.subject = z.subject and q.occurrence is not distinct from z.occurrence
      where z.subjects = 0 and q.waiver is null)"""


def _written(tree: exp.Expression) -> str:
    return sql.written(tree, pretty=True)


@cache
def findings_query(given: tuple[str, ...]) -> str:
    """What is kept of the table `result`, whose query gives these columns: in the form of a finding, in the order of the subjects."""
    # sorted as narrow as they are and given their form on the way out: the other way round, a sixth more time goes into writing them
    in_order = _kept(given).order_by(*(c for c in ("subject", "occurrence") if c in given))
    return _written(_formed(given).from_(in_order.subquery("kept")))


def _findings(given: tuple[str, ...]) -> exp.Select:
    return _formed(given).from_(_kept(given).subquery("kept"))


def _kept(given: tuple[str, ...]) -> exp.Select:
    """The rows of `result` that are findings: what fails, is unknown or warns."""
    warned = sql.expression("starts_with(verdict, 'pending') and warned") if "warned" in given else sql.boolean(False)
    found = sql.either([sql.expression("starts_with(verdict, 'fail')"), sql.expression("starts_with(verdict, 'unknown')"), warned])
    if "counted_in" in given:
        found = sql.both([found, sql.expression("counted_in is null")])
    return exp.select("*").from_(sql.tab("result")).where(found)


def _formed(given: tuple[str, ...]) -> exp.Select:
    """The columns of a finding, from those that the query gives."""
    columns = []
    for column, kind in FINDING.items():
        if column == "outcome":
            value = sql.expression("split_part(verdict, ': ', 1)")
        elif column == "reason":
            value = sql.expression("nullif(split_part(verdict, ': ', 2), '')")
        elif column == "observed" and "noted" in given:
            # text is dear, and only what is found needs it
            value = sql.expression(
                "case when noted is null then cast(observed as varchar) else concat_ws('; ', cast(observed as varchar), noted) end"
            )
        else:
            value = sql.col(column) if column in given else exp.Null()
        columns.append(sql.cast(value, kind).as_(sql.name(column)))
    return exp.select(*columns)


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
