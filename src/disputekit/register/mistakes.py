"""What stops a register from being loaded once its values are seen: dates in another shape than said, rows that share a key."""

import duckdb

from disputekit import sql
from disputekit.errors import Problem
from disputekit.register.loaded import PLACE
from disputekit.register.opening import TOML
from disputekit.register.queries import FILE, RECORD, Out, Plan, bad
from disputekit.register.shapes import DATE_LIKE, ISO_LIKE
from disputekit.text import say


def other_dates(db: duckdb.DuckDBPyConnection, plan: Plan, number: int, outs: list[Out]) -> list[Problem]:
    """Columns of dates in which some values of scan `number` look like dates, but are written in another way than was said."""
    return [p for out in outs if out.kind in {"date", "instant"} for p in _other_dates(db, plan, number, out)]


def _other_dates(db: duckdb.DuckDBPyConnection, plan: Plan, number: int, out: Out) -> list[Problem]:
    scan = plan.opened.scans[number]
    cell = sql.col(f"cell {out.bit}")
    if scan.typed.get(out.theirs) is not None:
        return []
    said = [f.shape for f in out.formats] + ([ISO_LIKE] if not out.formats or scan.native_dates else [])
    values = plan.values(scan, False)
    found = sql.fill(
        r"""select $cell as value, count(*) as rows, try_cast(regexp_extract($cell, '^(\d{1,2})[-/.](\d{1,2})[-/.]\d', 1) as integer) as first,
                   try_cast(regexp_extract($cell, '^(\d{1,2})[-/.](\d{1,2})[-/.]\d', 2) as integer) as second
            from cells where $bad and regexp_full_match($cell, $like) and not $said group by 1""",
        cell=cell, bad=bad(out), like=sql.text(DATE_LIKE),
        said=sql.either(sql.expression("regexp_full_match($x, $shape)", x=cell, shape=sql.text(s)) for s in said),
    )  # fmt: skip
    found.args["from_"].set("this", values.subquery("cells"))
    row = db.execute(f"select sum(rows), min(value), max(first), max(second), count(*) from ({sql.written(found)})").fetchone()  # noqa: S608
    if row is None or not row[0]:
        return []
    count, first, day, month, _ = row
    examples = [v for (v,) in db.execute(f"select left(value, 40) from ({sql.written(found)}) order by value limit 5").fetchall()]  # noqa: S608
    hint = say('Say how they are written: formats = {{ {name} = ["{guess}"] }}', name=out.name, guess=_guess(first, day))
    if day is not None and day <= 12 and month <= 12:
        hint = say("Day and month can't be told apart, since none of the numbers is above 12. Say which it is:"
                   " formats = {{ {name} = [\"%d/%m/%Y\"] }} or [\"%m/%d/%Y\"]", name=out.name)  # fmt: skip
    what = say("{name}: {count:,} values of column {theirs!r} look like dates but aren't written as {said}: {examples}", name=out.name,
               count=int(count),
               theirs=out.theirs, said=", ".join(f.text for f in out.formats) if out.formats else "2026-01-05 10:00:00",
               examples=", ".join(repr(e) for e in examples))  # fmt: skip
    return [Problem(plan.opened.names[number], what, hint)]


def _guess(example: str, first: int | None) -> str:
    """A strptime text that may fit, to start from."""
    day, _, time = example.replace("T", " ").partition(" ")
    separator = next((c for c in "/.-年" if c in day), "")
    parts = ["%d", "%m", "%Y"] if first is not None and first > 12 else ["%m", "%d", "%Y"] if first is not None else ["%Y", "%m", "%d"]
    date = "%Y年%m月%d日" if separator == "年" else separator.join(parts)
    return date + (" %H:%M:%S" if time.count(":") == 2 else " %H:%M" if ":" in time else "")


def shared_keys(db: duckdb.DuckDBPyConnection, plan: Plan) -> list[Problem]:
    """A problem if rows share a key."""
    key, name = plan.opened.key, plan.name
    if key in {PLACE, plan.by_place}:
        return []
    total, distinct = db.execute(
        sql.written(sql.fill("select count(*), count(distinct $key) from $t", key=sql.col(key), t=sql.tab(name)))
    ).fetchone() or (0, 0)
    if total == distinct:
        return []
    repeated = sql.fill("select $key as key, count(*) as rows from $t group by 1 having count(*) > 1", key=sql.col(key), t=sql.tab(name))
    shown = f"select coalesce(sum(rows), 0), count(*) from ({sql.written(repeated)})"  # noqa: S608
    rows, keys = db.execute(shown).fetchone() or (0, 0)
    examples = db.execute(f"select key, rows from ({sql.written(repeated)}) order by rows desc, key limit 5").fetchall()  # noqa: S608
    listed = ", ".join(f"{k!r} ({n})" for k, n in examples)
    return [Problem(f"{TOML}: [register.{name}]", say("{rows:,} rows share {keys:,} keys ({key}): {listed}", rows=int(rows), keys=keys,
                                                              key=key, listed=listed),
                    say("Say which row counts, on_duplicate = \"first\" or \"last\"; or map another column to {key}; or number the rows,"
                        " number_rows = \"{key}\"", key=key))]  # fmt: skip


def without_repeats(db: duckdb.DuckDBPyConnection, plan: Plan) -> tuple[int, str]:
    """Deletes all but the first or last row of each key, and keeps their places in the table `repeats`; how many, and the SQL."""
    keep = "asc" if plan.opened.settings.on_duplicate == "first" else "desc"
    query = sql.fill(
        f"""select $file, $record, cast($key as varchar) as key from $t
            qualify row_number() over (partition by $key order by $file {keep}, $record {keep}) > 1""",  # noqa: S608
        file=sql.col(FILE), record=sql.col(RECORD), key=sql.col(plan.opened.key), t=sql.tab(plan.name),
    )  # fmt: skip
    made = db.execute(f"create or replace temp table repeats as {sql.written(query)}").fetchone()
    table, file, record = sql.written(sql.tab(plan.name)), sql.written(sql.name(FILE)), sql.written(sql.name(RECORD))
    statement = f"delete from {table} where ({file}, {record}) in (select ({file}, {record}) from ({sql.written(query)}))"  # noqa: S608
    db.execute(statement)
    return (made[0] if made else 0), statement
