"""The second pass: which rows and cells were rejected, where they stand, and why. Only where the first pass counted any."""

import duckdb

from disputekit import sql
from disputekit.errors import Problem, RegisterError
from disputekit.register.queries import Out, Plan
from disputekit.register.source import Scan
from disputekit.text import say

MOST_BROKEN = 10_000
"""Rows of a file with a wrong number of cells beyond which it isn't the rows that are wrong."""
_MOST_PLACES = 100_000
"""Rejects of a file for which the line is looked up; the record is known for all."""
_REASONS = {
    "MISSING COLUMNS": say("the row has fewer cells than the header"),
    "TOO MANY COLUMNS": say("the row has more cells than the header"),
    "UNQUOTED VALUE": say("a quotation mark is out of place in the row"),
    "LINE SIZE OVER MAXIMUM": say("the row is too long"),
}


def create_rejects(db: duckdb.DuckDBPyConnection) -> None:
    db.execute('create table rejects (file varchar, record bigint, line bigint, "table" varchar, "column" varchar, value varchar, reason varchar)')


def broken_rows(db: duckdb.DuckDBPyConnection, plan: Plan, number: int, good: int) -> list[int]:
    """Lists the rows of a text file that have too many or too few cells; for the i-th (from 1) its record less i, in order.

    good: the rows of the file that were read. Raises RegisterError where a quotation mark is never closed, or too many rows are broken.
    """
    scan = plan.opened.scans[number]
    name = plan.opened.names[number]
    if scan.refused:
        return _refused(db, plan, number)
    if scan.rejects is None or scan.places is None:
        return []
    table = sql.written(sql.tab(scan.rejects))
    unclosed = db.execute(
        f"select min(line_byte_position) from {table} where error_type = 'UNQUOTED VALUE' and contains(trim(csv_line, e'\\r\\n'), e'\\n')"  # noqa: S608
    ).fetchone()
    if unclosed is not None and unclosed[0] is not None:
        raise RegisterError(Problem(name, say("a quotation mark near byte {byte:,} is never closed, or followed by more than a delimiter",
                                              byte=unclosed[0]),
                                    say("Write a quotation mark within a cell twice")))  # fmt: skip
    rows = db.execute(
        f"""select line_byte_position - 1 as start, min(error_type), left(min(csv_line), 500) from {table}
            group by 1 order by 1 limit {MOST_BROKEN + 1}"""  # noqa: S608
    ).fetchall()
    if len(rows) > MOST_BROKEN:
        raise RegisterError(Problem(name, say("more than {count:,} rows have another number of cells than the header", count=MOST_BROKEN),
                                    say("Is the `delimiter` right, and the first line the header?")))  # fmt: skip
    if not rows:
        return []
    try:
        _, places = scan.places([good] if good else [], [start for start, _, _ in rows])
    except RegisterError as error:
        raise RegisterError(*(Problem(p.where or name, p.what, p.hint) for p in error.problems)) from None
    found = [(places[start], kind, text) for start, kind, text in rows]
    db.execute('delete from rejects where file = $1 and "table" = $2', [name, plan.name])
    db.execute(
        "insert into rejects select $1, unnest($2::bigint[]), unnest($3::bigint[]), $4, null, unnest($5::varchar[]), unnest($6::varchar[])",
        [name, [p.record for p, _, _ in found], [p.line for p, _, _ in found], plan.name, [(t or "").strip("\r\n") for _, _, t in found],
         [str(_REASONS.get(k, k)) for _, k, _ in found]],
    )  # fmt: skip
    return [place.record - i for i, (place, _, _) in enumerate(found, 1)]


def _refused(db: duckdb.DuckDBPyConnection, plan: Plan, number: int) -> list[int]:
    """Lists the records that a reader refused by itself; their records, each less the number of those before it and itself."""
    refused, name = plan.opened.scans[number].refused, plan.opened.names[number]
    db.execute('delete from rejects where file = $1 and "table" = $2', [name, plan.name])
    db.execute(
        "insert into rejects select $1, unnest($2::bigint[]), unnest($3::bigint[]), $4, null, unnest($5::varchar[]), unnest($6::varchar[])",
        [name, [r.place.record for r in refused], [r.place.line for r in refused], plan.name, [r.value[:500] for r in refused],
         [str(r.reason) for r in refused]],
    )  # fmt: skip
    return [r.place.record - i for i, r in enumerate(refused, 1)]


def list_rejected(db: duckdb.DuckDBPyConnection, plan: Plan, number: int, outs: list[Out], *, repeats: bool) -> int:
    """Lists the rows without key or subject, and the cells of `outs` that can't be read, of one file; how many it lists."""
    scan, name = plan.opened.scans[number], plan.opened.names[number]
    db.execute(f"create or replace temp table found as {sql.written(plan.rejected(number, outs))}")
    if repeats:  # a row that is gone because it repeats a key is listed once, as that
        db.execute(f'delete from found where number in (select "the record" from repeats where "the file" = {number})')  # noqa: S608
    wanted = [n for (n,) in db.execute(f"select distinct number from found order by number limit {_MOST_PLACES}").fetchall()]  # noqa: S608
    if scan.places is not None and wanted:
        try:
            places, _ = scan.places(wanted, _broken_starts(db, scan))
        except RegisterError as error:
            raise RegisterError(*(Problem(p.where or name, p.what, p.hint) for p in error.problems)) from None
        db.execute("create or replace temp table place_of as"
                   " select unnest($1::bigint[]) as number, unnest($2::bigint[]) as record, unnest($3::bigint[]) as line",
                   [wanted, [places[n].record for n in wanted], [places[n].line for n in wanted]])  # fmt: skip
    else:
        line = "null" if scan.first_line is None else f"number + {scan.first_line}"
        db.execute(f"create or replace temp table place_of as select distinct number, number as record, {line} as line from found")  # noqa: S608
    db.execute(
        """insert into rejects select $1, coalesce(record, found.number), line, $2, name, value, reason
           from found left join place_of on place_of.number = found.number order by found.number, name""", [name, plan.name],
    )  # fmt: skip
    return int((db.execute("select count(*) from found").fetchone() or (0,))[0])


def _broken_starts(db: duckdb.DuckDBPyConnection, scan: Scan) -> list[int]:
    """The first bytes of the rows that the engine itself couldn't read."""
    if scan.rejects is None:
        return []
    return [b for (b,) in db.execute(f"select distinct line_byte_position - 1 from {sql.written(sql.tab(scan.rejects))}").fetchall()]  # noqa: S608


def list_repeats(db: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Lists the rows that were taken out because another has the same key. Their table counts only rows that could be read."""
    reason = say("another row has the same key")
    for number, (scan, name) in enumerate(zip(plan.opened.scans, plan.opened.names, strict=True)):
        rows = db.execute('select "the record", key from repeats where "the file" = $1 order by 1', [number]).fetchall()
        if not rows:
            continue
        counts = [n for n, _ in rows]
        lines: list[int | None] = [None if scan.first_line is None else n + scan.first_line for n in counts]
        records = counts
        if scan.places is not None:
            places, _ = scan.places(counts[:_MOST_PLACES], _broken_starts(db, scan))
            records = [places[n].record if n in places else n for n in counts]
            lines = [places[n].line if n in places else None for n in counts]
        db.execute("insert into rejects select $1, unnest($2::bigint[]), unnest($3::bigint[]), $4, $5, unnest($6::varchar[]), $7",
                   [name, records, lines, plan.name, plan.opened.key, [k for _, k in rows], str(reason)])  # fmt: skip
