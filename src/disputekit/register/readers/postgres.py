"""PostgreSQL: one table or view, copied by the server as text in a transaction that may only read.

The TOML names a connection service file of libpq (`[claims]`, `host = …`, `port = …`, `dbname = …`, `user = …`). A password has no
place in it: libpq takes it from the environment (`PGPASSWORD`) or a file (`passfile = …`, or `~/.pgpass`), so that this code never
sees one.
"""

import configparser
from pathlib import Path
from typing import Any

from disputekit.errors import RegisterError
from disputekit.register.readers.extract import scan_of_extract
from disputekit.register.settings import SourceSettings
from disputekit.register.source import Scan
from disputekit.text import say

_COLUMNS = """
    SELECT a.attname, t.typname, t.typcategory, coalesce(i.indisprimary, false)
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey)
    WHERE a.attrelid = %s::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"""
_INSTANT = """
    CASE WHEN {0} >= '0001-01-01 00:00:00+00' AND {0} < '9999-12-31 00:00:00+00'
         THEN to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE {0}::text END"""
_SESSION = "-c default_transaction_read_only=on -c row_security=off -c DateStyle=ISO,YMD -c IntervalStyle=iso_8601 -c bytea_output=hex -c extra_float_digits=1"
"""What a role or database may have set otherwise. Where a policy of row security would keep rows back, the server then refuses to read at all:
a register from which rows are missing must not pass for a whole one. Who is meant to see a part of it reads a view.
"""
_AS_TEXT = {"timestamptz": _INSTANT, "A": "array_to_json({0})::text"}
"""How columns become text whose plain form another session would write differently; any other is cast.

Of what lies outside of those years (`infinity`), to_char would make an empty cell or a wrong year: its text is rejected, and listed.
"""


def open_postgres(file: Path, settings: SourceSettings, scratch: Path) -> Scan:
    """A scan of the table that `table` names (`schema.table`), in order of its primary key, or of all columns where it has none."""
    if settings.table is None:
        raise RegisterError.at("", say("it isn't said which table is read"), say('Write table = "schema.table"'))
    try:
        import psycopg
        from psycopg.conninfo import make_conninfo
    except ImportError:
        raise RegisterError.at("", say("PostgreSQL needs a driver that isn't installed"), say("Install disputekit[postgres]")) from None
    service = _service(file)
    copy = scratch / f"{file.name}.extract.csv"
    try:
        with psycopg.connect(make_conninfo("", **service), client_encoding="UTF8", options=_SESSION) as db:
            db.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            db.read_only = True
            return _copied(db, settings.table, copy)
    except psycopg.Error as error:
        raise RegisterError.at("", say("the database can't be read: {why}", why=str(error).splitlines()[0][:300])) from None


def _service(file: Path) -> dict[str, str]:
    """The connection parameters of the file's one service."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(file, encoding="utf-8")
        (name,) = parser.sections()
    except (configparser.Error, UnicodeDecodeError, ValueError):
        raise RegisterError.at("", say("isn't a connection service file with one service"),
                               say("Write [name], and host, port, dbname and user below it")) from None  # fmt: skip
    found = dict(parser[name])
    if "password" in found:
        raise RegisterError.at("", say("there is a password in the file"), say("Take it out; set PGPASSWORD, or name a file: passfile = …"))
    return found


def _copied(db: Any, table: str, copy: Path) -> Scan:
    from psycopg import sql as parts

    (oid,) = db.execute("SELECT to_regclass(%s)::oid", [parts.Identifier(*table.split(".")).as_string(db)]).fetchone()
    if oid is None:
        raise RegisterError.at("", say("no table {name!r}", name=table), say("It must be there, and its schema's use must be granted to the user"))
    columns = db.execute(_COLUMNS, [oid]).fetchall()
    cells = [
        parts.SQL(_AS_TEXT.get(kind, _AS_TEXT["A"] if category == "A" else "{0}::text")).format(parts.Identifier(name))
        for name, kind, category, _ in columns
    ]
    keys = [parts.Identifier(name) for name, *_, is_key in columns if is_key]
    # text is put in order by its bytes, whatever the database's own collation says
    order = keys if keys else [parts.SQL('{} COLLATE "C"').format(cell) for cell in cells]
    query = parts.SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT (FORMAT csv, FORCE_QUOTE *)").format(
        parts.SQL(", ").join(cells), parts.Identifier(*table.split(".")), parts.SQL(", ").join(order)
    )
    with copy.open("wb") as out, db.cursor() as cursor:
        with cursor.copy(query) as rows:
            for block in rows:
                out.write(block)
        count = cursor.rowcount
    return scan_of_extract(copy, tuple(name for name, *_ in columns), count)
