"""Checks that an insurer writes in Python: rows go in batch by batch, verdicts come out, and the core counts who got none.

What such a check said is kept in the assessment as `judged/<id>.parquet`, so that a stranger can run the rest again without its code;
whose code it was stands in the manifest, with the hash of its files.
"""

import hashlib
import inspect
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from disputekit import sql
from disputekit.checks.decide import BrokenQuery, file_sha256
from disputekit.checks.prepare import Prepared
from disputekit.checks.vocabulary import Moment, Vocabulary
from disputekit.extension import judged_by
from disputekit.oracles.case import REJECTED
from disputekit.outcomes import Judged
from disputekit.text import say

AT_ONCE = 10_000
"""How many subjects a batch has at most: they, their records and nothing else of the register are in memory."""
FOLDER = "judged"
_COLUMNS = {"subject": "varchar", "outcome": "varchar", "reason": "varchar", "started_at": "timestamp", "due_on": "date", "done_at": "timestamp",
            "observed": "varchar", "expected": "varchar"}  # fmt: skip


@dataclass(frozen=True)
class Provenance:
    """Whose code judged: the function's name, and the hash of all Python files of its package, each by its path and its bytes."""

    code: str
    code_sha256: str


def provenance(judge: Any) -> Provenance:
    """Raises BrokenQuery where the source can't be read: what nobody can look at afterwards isn't run."""
    function = judge
    while isinstance(function, partial):
        function = function.func
    function = inspect.unwrap(function)
    if not inspect.isroutine(function):
        function = type(function)
    try:
        file = Path(str(inspect.getsourcefile(function)))
        package = sys.modules[function.__module__.partition(".")[0]]
        roots = [Path(p) for p in getattr(package, "__path__", ())]
        files = sorted((path.relative_to(root).as_posix(), path) for root in roots for path in root.rglob("*.py")) or [(file.name, file)]
        told = "".join(f"{name}:{file_sha256(path)}\n" for name, path in files)
    except (OSError, TypeError, KeyError):
        raise BrokenQuery(say("the source of its judge can't be read, so that nobody could tell afterwards what it did")) from None
    return Provenance(f"{function.__module__}:{function.__qualname__}", hashlib.sha256(told.encode()).hexdigest())


def put_judged(db: duckdb.DuckDBPyConnection, p: Prepared, words: Vocabulary, folder: Path) -> str:
    """Runs a check's own code over its subjects and makes the table that its query reads; the hash of what is kept.

    Raises BrokenQuery for what it says of nobody, of somebody twice, or that is no verdict; and whatever the code raises.
    """
    assert p.check.judge is not None
    (folder / FOLDER).mkdir(exist_ok=True)
    kept, raw = folder / FOLDER / f"{p.id}.parquet", folder / FOLDER / f"{p.id}.jsonl"
    try:
        with raw.open("w", encoding="utf-8") as lines:
            for said in p.check.judge(_batches(db, p, words)):
                if not isinstance(said, Judged):
                    raise BrokenQuery(say("its judge gave {what}, which is no verdict on a subject", what=repr(said)[:80]))
                lines.write(json.dumps(said.model_dump(mode="json"), ensure_ascii=False) + "\n")
        shape = exp.Struct(expressions=[exp.PropertyEQ(this=sql.name(n), expression=sql.text(kind.upper())) for n, kind in _COLUMNS.items()])
        read = f"read_json({sql.written(sql.text(str(raw)))}, format = 'newline_delimited', columns = {sql.written(shape)})"
        db.execute(sql.to_parquet(f"select * from {read} order by all", kept))  # noqa: S608 — names of our own
    finally:
        raw.unlink(missing_ok=True)
    table = sql.tab(judged_by(p.id))
    db.execute(f"create or replace table {sql.written(table)} as select * from {sql.written(sql.parquet(kept))} order by subject")  # noqa: S608
    _refuse(db, table, sql.pipeline({"subject": words.subjects()}, sql.fill("select subject from subject where concerned")))
    relative = f"create table {sql.written(table)} as select * from {sql.written(sql.text(f'{FOLDER}/{p.id}.parquet'))} order by subject"  # noqa: S608
    (folder / "queries" / f"03_judged_{p.id}.sql").write_text(f"{relative};\n", encoding="utf-8")
    return file_sha256(kept)


def _refuse(db: duckdb.DuckDBPyConnection, table: exp.Expression, given: exp.Select) -> None:
    twice = db.execute(
        sql.written(sql.fill("select subject from $t group by subject having count(*) > 1 order by subject limit 1", t=table))
    ).fetchone()
    if twice:
        raise BrokenQuery(say("its judge gave more than one verdict on {subject}", subject=twice[0]))
    unknown = sql.fill("select t.subject from $t as t anti join $given as g on g.subject = t.subject order by t.subject limit 1", t=table,
                       given=given.subquery())  # fmt: skip
    nobody = db.execute(sql.written(unknown)).fetchone()
    if nobody:
        raise BrokenQuery(say("its judge gave a verdict on {subject}, which it wasn't asked about", subject=nobody[0]))


# ── the rows that go in ──


def _batches(db: duckdb.DuckDBPyConnection, p: Prepared, words: Vocabulary) -> Iterator[tuple[Mapping[str, Any], ...]]:
    """The subjects that the check concerns, in their order, so many at once."""
    moments = {n: words.moment(n) for n in p.check.reads.moments}
    columns = [n for n in (*p.check.reads.columns, *p.check.reads.columns_if_supplied) if words.has_column(n)]
    pieces: dict[str, exp.Expression] = {}
    for i, name in enumerate(columns):
        pieces |= {f"c{i}": words.column(name), f"c{i}_unread": words.column_rejected(name)}
    for i, moment in enumerate(moments.values()):
        pieces |= {f"m{i}": moment.at, f"m{i}_coarse": moment.coarse, f"m{i}_unread": moment.rejected}
    subjects = words.subjects(**pieces)
    last: str | None = None
    while True:
        after = sql.boolean(True) if last is None else sql.expression("subject > $last", last=sql.text(last))
        page = sql.fill("select * from subject where concerned and $after order by subject limit $n", after=after, n=sql.number(AT_ONCE))
        found = db.execute(sql.written(sql.pipeline({"subject": subjects.copy()}, page)))
        names = [d[0] for d in found.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        if not rows:
            return
        last = rows[-1]["subject"]
        records = {r.table: _records(db, r.table, r.columns, rows[0]["subject"], rows[-1]["subject"], words) for r in p.check.reads.records}
        yield tuple(_row(row, columns, moments, records) for row in rows)


def _row(
    row: Mapping[str, Any], columns: Iterable[str], moments: Mapping[str, Moment], records: Mapping[str, Mapping[str, tuple[Mapping[str, Any], ...]]]
) -> Mapping[str, Any]:
    found = {n: row[n] for n in ("subject", "unit", "handler")}
    found |= {name: REJECTED if row[f"c{i}_unread"] else row[f"c{i}"] for i, name in enumerate(columns)}
    for i, name in enumerate(moments):
        at = row[f"m{i}"]
        found[name] = at.date() if at is not None and row[f"m{i}_coarse"] else REJECTED if at is None and row[f"m{i}_unread"] else at
    return found | {table: of_all.get(row["subject"], ()) for table, of_all in records.items()}


def _records(
    db: duckdb.DuckDBPyConnection, table: str, columns: tuple[str, ...], first: str, last: str, words: Vocabulary
) -> Mapping[str, tuple[Mapping[str, Any], ...]]:
    """The records of a batch's subjects, by subject."""
    there = [c for c in columns if words.has(table, c)]
    query = exp.select(sql.col("subject_id").as_("subject_id")).from_(sql.tab("record"))
    for i, column in enumerate(there):
        query = query.select(sql.col(column).as_(f"c{i}"), words.bad_record(table, column).as_(f"c{i}_unread"))
    query = query.order_by(*(str(i) for i in range(1, len(query.selects) + 1)))
    query = query.where(sql.expression("subject_id between $a and $z", a=sql.text(first), z=sql.text(last)))
    found = db.execute(sql.written(sql.pipeline({"record": words.records(table)}, query)))
    names = [d[0] for d in found.description or ()]
    by_subject: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for cells in found.fetchall():
        row = dict(zip(names, cells, strict=True))
        by_subject[row["subject_id"]].append({c: REJECTED if row[f"c{i}_unread"] else row[f"c{i}"] for i, c in enumerate(there)})
    return {subject: tuple(rows) for subject, rows in by_subject.items()}
