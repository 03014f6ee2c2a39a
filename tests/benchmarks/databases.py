"""Reads one table of a million rows from PostgreSQL and from SQLite in several ways, side by side, and says how long each took.

Each way ends where the engine can read the rows: what the readers write as text and DuckDB scans as text, or Arrow that DuckDB takes in.
Whether a way keeps what is in the cells is shown beside its time: money with all its digits, instants outside of the years that a
timestamp of nanoseconds can hold, and a text in a column that SQLite says is a number.

    pip install adbc-driver-postgresql adbc-driver-sqlite pyarrow
    python -m tests.benchmarks.databases [--rows 1000000] [--times 3]
"""

import argparse
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
from tests.postgres import server

from disputekit import sql
from disputekit.register.readers.postgres import open_postgres
from disputekit.register.readers.sqlite import open_sqlite
from disputekit.register.settings import SourceSettings

COLUMNS = "dispute_id, received_at, closed_at, channel, cause, amount_claimed, open"
FILL = """
    CREATE TABLE disputes (dispute_id text PRIMARY KEY, received_at timestamptz, closed_at timestamp, channel text, cause text,
                           amount_claimed numeric(18, 2), open boolean);
    INSERT INTO disputes SELECT 'D-' || lpad(n::text, 8, '0'), timestamptz '2020-01-01 00:00:00+08' + n * interval '97 seconds',
      CASE WHEN n % 5 > 0 THEN timestamp '2020-02-01' + n * interval '97 seconds' END, (ARRAY['phone', 'web', 'letter'])[1 + n % 3],
      CASE WHEN n % 7 > 0 THEN '理赔金额 ' || n % 11 END, n * 1.01, n % 5 = 0 FROM generate_series(1, {rows}) AS n;
    UPDATE disputes SET received_at = '0001-06-01 00:00:00+00', closed_at = 'infinity' WHERE dispute_id = 'D-00000001';
"""
HERE = """
    CREATE TABLE disputes (dispute_id TEXT PRIMARY KEY, received_at TEXT, closed_at TEXT, channel TEXT, cause TEXT, amount_claimed NUMERIC, open INTEGER)"""


def read(scan: Any) -> list[tuple[Any, ...]]:
    """What the engine takes from a reader's scan: all rows, and the first of them as a reader of the register sees it."""
    with duckdb.connect() as db:
        db.execute(f"create table t as select * from {sql.written(scan.relation)}")
        return db.execute("select * from t order by 1 limit 2").fetchall()


def arrow(cursor: Any, order: str) -> list[tuple[Any, ...]]:
    cursor.execute(f"SELECT {COLUMNS} FROM disputes ORDER BY {order}")
    batches = cursor.fetch_record_batch()
    with duckdb.connect() as db:
        db.register("batches", batches)
        db.execute("create table t as select * from batches")
        return db.execute("select * from t order by 1 limit 2").fetchall()


def by_adbc_postgres(url: str) -> list[tuple[Any, ...]]:
    import adbc_driver_postgresql.dbapi as adbc

    with adbc.connect(url) as db, db.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
        return arrow(cursor, "dispute_id")


def by_adbc_sqlite(file: Path) -> list[tuple[Any, ...]]:
    import adbc_driver_sqlite.dbapi as adbc

    with adbc.connect(f"file:{file}?mode=ro") as db, db.cursor() as cursor:
        return arrow(cursor, "dispute_id")


def by_reader_postgres(service: Path) -> list[tuple[Any, ...]]:
    with tempfile.TemporaryDirectory() as scratch:
        return read(open_postgres(service, SourceSettings(path=("x",), table="disputes"), Path(scratch)))


def by_reader_sqlite(file: Path) -> list[tuple[Any, ...]]:
    with tempfile.TemporaryDirectory() as scratch:
        return read(open_sqlite(file, SourceSettings(path=("x",), table="disputes"), Path(scratch)))


def fill_sqlite(file: Path, rows: int) -> None:
    with closing(sqlite3.connect(file)) as db, db:
        db.execute(HERE)
        made = ((f"D-{n:08}", f"2020-01-01 00:{n % 60:02}:00", None if n % 5 == 0 else "2020-02-01 00:00:00", ("phone", "web", "letter")[n % 3],
                 None if n % 7 == 0 else f"理赔金额 {n % 11}", f"{n}.{n % 100:02}", int(n % 5 == 0)) for n in range(1, rows + 1))  # fmt: skip
        db.executemany("INSERT INTO disputes VALUES (?, ?, ?, ?, ?, ?, ?)", made)
        # SQLite takes a text into a column of numbers, and after many rows of numbers nobody expects one
        db.execute("UPDATE disputes SET amount_claimed = 'about 5' WHERE dispute_id = ?", [f"D-{rows:08}"])


def best(times: int, way: Callable[[], list[tuple[Any, ...]]]) -> tuple[float | None, str]:
    took, shown = [], ""
    for _ in range(times):
        begun = time.perf_counter()
        try:
            rows = way()
        except Exception as bad:  # noqa: BLE001 — that a way can't read the table is what is to be shown
            return None, f"{type(bad).__name__}: {' '.join(str(bad).split())[:150]}"
        took.append(time.perf_counter() - begun)
        shown = str([str(c) for c in rows[0]])
    return min(took), shown


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--times", type=int, default=3)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as cluster, server(Path(cluster)) as there:
        folder = Path(name)
        url = there.database("claims")
        there.run(url, FILL.format(rows=given.rows))
        service, file = folder / "claims.service", folder / "claims.sqlite"
        service.write_text(f"[claims]\nhost = {there.host}\nport = {there.port}\ndbname = claims\nuser = {there.user}\n")
        os.environ["PGPASSWORD"] = there.password
        fill_sqlite(file, given.rows)
        clean = folder / "clean.sqlite"
        clean.write_bytes(file.read_bytes())
        with closing(sqlite3.connect(clean)) as db, db:
            db.execute("UPDATE disputes SET amount_claimed = 5 WHERE amount_claimed = 'about 5'")
        ways: dict[str, Callable[[], list[tuple[Any, ...]]]] = {
            "postgresql: COPY through psycopg (the reader)": lambda: by_reader_postgres(service),
            "postgresql: ADBC, Arrow": lambda: by_adbc_postgres(url),
            "sqlite: Python's module (the reader)": lambda: by_reader_sqlite(clean),
            "sqlite: ADBC, Arrow": lambda: by_adbc_sqlite(clean),
            "sqlite with one text among the numbers: the reader": lambda: by_reader_sqlite(file),
            "sqlite with one text among the numbers: ADBC": lambda: by_adbc_sqlite(file),
        }
        print(f"{given.rows} rows, best of {given.times}")
        for what, way in ways.items():
            took, shown = best(given.times, way)
            print(f"{what}: {'failed' if took is None else f'{took:.2f} s'}\n    {shown}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
