"""Registers that come from databases and event logs: the real ones."""

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.core.register.conftest import Load
from tests.postgres import Postgres

from disputekit.errors import RegisterError

MAPPED = 'columns = { subject_id = "case:concept:name", activity = "concept:name", occurred_at = "time:timestamp" }'


def database(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def test_a_table_of_sqlite_is_read_as_it_is_and_what_is_no_date_is_rejected(load: Load, tmp_path: Path) -> None:
    database(
        tmp_path / "claims.sqlite", 'CREATE TABLE "my cases" (no, opened, claimed)', "CREATE TABLE others (x)",
        """INSERT INTO "my cases" VALUES ('0002', '2026-05-01', 10.25), ('0001.25', 'soon', 7), ('3', NULL, '1,5')""",
    )  # fmt: skip
    toml = (
        '[disputes]\npath = "claims.sqlite"\ntable = "my cases"\ncolumns = { dispute_id = "no", received_at = "opened", amount_claimed = "claimed" }'
    )
    loaded = load(tmp_path, toml)
    rows = loaded.rows("select dispute_id, cast(received_at as varchar), cast(amount_claimed as varchar) from disputes order by all")
    assert rows == [("0001.25", None, "7.00"), ("0002", "2026-05-01 00:00:00", "10.25"), ("3", None, None)]
    assert [(column, value) for _, _, column, value in loaded.rejects()] == [("received_at", "soon"), ("amount_claimed", "1,5")]
    with pytest.raises(RegisterError, match="holds 2 tables"):
        load(tmp_path, toml.replace('table = "my cases"\n', ""))
    with pytest.raises(RegisterError, match="my cases"):
        load(tmp_path, toml.replace("my cases", "my case"))


def test_the_hash_of_a_database_is_that_of_its_rows_whatever_the_order_they_came_in(load: Load, tmp_path: Path) -> None:
    hashes = []
    for number, values in enumerate(("('A', '2026-05-01'), ('B', '2026-05-02')", "('B', '2026-05-02'), ('A', '2026-05-01')", "('A', '2026-05-01')")):
        database(tmp_path / f"{number}.db", "CREATE TABLE disputes (dispute_id, received_at)", f"INSERT INTO disputes VALUES {values}")
        loaded = load(tmp_path, f'[disputes]\npath = "{number}.db"')
        hashes += [file.sha256 for file in loaded.register.tables["disputes"].files]
    assert hashes[0] == hashes[1] != hashes[2]


def service(folder: Path, url: str, more: str = "") -> str:
    host, port = url.split("@")[1].split("/")[0].split(":")
    (folder / "claims.pgservice").write_text(f"[claims]\nhost={host}\nport={port}\ndbname={url.rsplit('/', 1)[1]}\nuser=keeper\n{more}")
    return '[disputes]\npath = "claims.pgservice"\ntable = "claims.disputes"'


@pytest.fixture
def filled(postgres: Postgres, postgres_url: str) -> str:
    pytest.importorskip("psycopg", reason="install the extra `postgres`")
    postgres.run(
        postgres_url,
        """CREATE SCHEMA claims;
        CREATE TABLE claims.disputes (dispute_id text PRIMARY KEY, received_at timestamptz, registered_at timestamp, amount_claimed numeric, description text);
        INSERT INTO claims.disputes VALUES ('B', '2026-05-01 18:30:00+00', '2026-05-02 09:00', 12.50, '理赔 "争议", 一
二'), ('A', 'infinity', NULL, 1.239, '');""",
    )
    return postgres_url


def test_a_table_of_postgres_is_read_in_the_organisations_time_with_the_password_from_the_environment(
    load: Load, tmp_path: Path, postgres: Postgres, filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", postgres.password)
    loaded = load(tmp_path, service(tmp_path, filled), disputes={"description"})
    rows = loaded.rows("select dispute_id, cast(received_at as varchar), cast(amount_claimed as varchar), description from disputes order by all")
    assert rows == [("A", None, None, None), ("B", "2026-05-02 02:30:00", "12.50", '理赔 "争议", 一\n二')]
    assert [(column, value) for _, _, column, value in loaded.rejects()] == [("amount_claimed", "1.239"), ("received_at", "infinity")]


def test_the_password_may_stand_in_a_file_of_its_own_and_in_no_error(load: Load, tmp_path: Path, postgres: Postgres, filled: str) -> None:
    passfile = tmp_path / "secret"
    passfile.write_text(f"*:*:*:*:{postgres.password}\n")
    passfile.chmod(0o600)
    toml = service(tmp_path, filled, f"passfile={passfile}\n")
    assert load(tmp_path, toml).rows("select count(*) from disputes") == [(2,)]
    passfile.write_text(f"*:*:*:*:{postgres.password}wrong\n")
    with pytest.raises(RegisterError, match="the database can't be read") as caught:
        load(tmp_path, toml)
    assert postgres.password not in str(caught.value)
    with pytest.raises(RegisterError, match="there is a password in the file") as caught:
        load(tmp_path, service(tmp_path, filled, f"password={postgres.password}\n"))
    assert postgres.password not in str(caught.value)


def test_nothing_can_be_written_through_it(load: Load, tmp_path: Path, postgres: Postgres, filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", postgres.password)
    postgres.run(filled, "CREATE TABLE seen (n int); CREATE FUNCTION peek() RETURNS text LANGUAGE sql AS 'INSERT INTO seen VALUES (1) RETURNING ''A''';"
                         "CREATE VIEW claims.sly AS SELECT peek() AS dispute_id, now() AS received_at")  # fmt: skip
    with pytest.raises(RegisterError, match="read-only transaction"):
        load(tmp_path, service(tmp_path, filled).replace("claims.disputes", "claims.sly"))
    assert postgres.run(filled, "SELECT count(*) FROM seen") == "0\n"


@pytest.mark.parametrize(("log", "cases", "events"), [("running-example.xes", 6, 42), ("helpdesk.xes.gz", 4580, 21348)])
def test_a_real_log_has_all_its_events(load: Load, real: Path, log: str, cases: int, events: int) -> None:
    loaded = load(real / "process_logs", f'[events]\npath = "{log}"\n{MAPPED}\n[disputes]\nderive = "events"')
    assert loaded.rows("select count(*), count(occurred_at), count(distinct subject_id) from events") == [(events, events, cases)]
    assert loaded.rejects() == []


def test_what_is_no_log_is_refused(load: Load, tmp_path: Path) -> None:
    (tmp_path / "a.xes").write_text("<html><trace/></html>")
    (tmp_path / "b.xes").write_text("<log><trace><event>")
    (tmp_path / "c.gz").write_bytes(gzip.compress(b"id,received")[:-4])
    for name, said in (("a.xes", "begins with 'html'"), ("b.xes", "isn't an XES log"), ("c.gz", "isn't an XES log")):
        with pytest.raises(RegisterError, match=said):
            load(tmp_path, f'[events]\npath = "{name}"\n{MAPPED}')


@pytest.mark.parametrize(("written", "said"), [
    (lambda log: gzip.compress(log.encode(), mtime=0)[:40] + b"\xff" + gzip.compress(log.encode(), mtime=0)[41:], "isn't an XES log"),
    (lambda log: log.replace("UTF-8", "GB18030").encode("gb18030"), "isn't an XES log.*Save it as UTF-8"),
    (lambda log: log.replace("UTF-8", "nonsense").encode(), "isn't an XES log"),
])  # fmt: skip
def test_a_log_that_is_spoilt_or_in_another_encoding_is_refused_in_a_sentence(load: Load, tmp_path: Path, written: Any, said: str) -> None:
    event = '<event><string key="concept:name" value="受理"/><date key="time:timestamp" value="2026-01-01T10:00:00+08:00"/></event>'
    log = f'<?xml version="1.0" encoding="UTF-8"?><log><trace><string key="concept:name" value="1"/>{event * 9}</trace></log>'
    (tmp_path / "a.xes").write_bytes(written(log))
    with pytest.raises(RegisterError, match=said):
        load(tmp_path, f'[events]\npath = "a.xes"\n{MAPPED}')


def test_a_trace_without_a_name_is_rejected_and_counted_and_what_extensions_add_is_kept(load: Load, tmp_path: Path) -> None:
    event = (
        '<event><string key="concept:name" value="a"/><date key="time:timestamp" value="2026-01-01T20:00:00Z"/><id key="house:no" value="7"/></event>'
    )
    (tmp_path / "a.xes").write_text(f'<log xmlns="http://www.xes-standard.org/"><extension name="H" prefix="house" uri="urn:h"/><trace>'
                                    f'<string key="concept:name" value="1"/>{event}</trace><trace>{event}{event}</trace></log>')  # fmt: skip
    loaded = load(tmp_path, f'[events]\npath = "a.xes"\n{MAPPED}', events={"house:no"})
    assert loaded.rows('select subject_id, cast(occurred_at as varchar), "house:no" from events') == [("1", "2026-01-02 04:00:00", "7")]
    assert [column for _, _, column, _ in loaded.rejects()] == ["subject_id"] * 2


def test_a_column_that_sqlite_computes_is_read_too(load: Load, tmp_path: Path) -> None:
    database(tmp_path / "a.db", "CREATE TABLE disputes (dispute_id, day, received_at TEXT GENERATED ALWAYS AS (day || 'T09:00:00'))",
             "INSERT INTO disputes (dispute_id, day) VALUES ('A', '2026-05-01')")  # fmt: skip
    assert load(tmp_path, '[disputes]\npath = "a.db"').rows("select cast(received_at as varchar) from disputes") == [("2026-05-01 09:00:00",)]


def test_a_database_is_left_as_it_is_with_what_waits_in_its_log(load: Load, tmp_path: Path) -> None:
    """A connection that may write would put the log (WAL) into the file when it ends."""
    with closing(sqlite3.connect(tmp_path / "live.db")) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE disputes (dispute_id, received_at)")
        db.execute("INSERT INTO disputes VALUES ('A', '2026-05-01')")
        db.commit()
        for name in ("live.db", "live.db-wal"):
            (tmp_path / name.replace("live", "copy")).write_bytes((tmp_path / name).read_bytes())
    before = {name: (tmp_path / name).read_bytes() for name in ("copy.db", "copy.db-wal")}
    assert load(tmp_path, '[disputes]\npath = "copy.db"').rows("select dispute_id from disputes") == [("A",)]
    assert {name: (tmp_path / name).read_bytes() for name in before} == before


def test_rows_that_a_policy_keeps_back_are_an_error_and_no_smaller_register(
    load: Load, tmp_path: Path, postgres: Postgres, filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", postgres.password)
    postgres.run(filled, """CREATE ROLE clerk LOGIN; GRANT USAGE ON SCHEMA claims TO clerk; GRANT SELECT ON claims.disputes TO clerk;
                 ALTER TABLE claims.disputes ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON claims.disputes USING (dispute_id = 'B');""")  # fmt: skip
    postgres.run(filled, f"ALTER ROLE clerk PASSWORD '{postgres.password}'")
    try:
        toml = service(tmp_path, filled)
        (tmp_path / "claims.pgservice").write_text((tmp_path / "claims.pgservice").read_text().replace("keeper", "clerk"))
        with pytest.raises(RegisterError, match="row-level security"):
            load(tmp_path, toml)
    finally:
        postgres.run(filled, "DROP OWNED BY clerk; DROP ROLE clerk")


def test_days_are_read_alike_whatever_style_the_role_is_set_to(
    load: Load, tmp_path: Path, postgres: Postgres, filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", postgres.password)
    postgres.run(filled, "ALTER ROLE keeper SET DateStyle = 'SQL, DMY'")
    try:
        loaded = load(tmp_path, service(tmp_path, filled))
        assert loaded.rows("select cast(registered_at as varchar) from disputes where dispute_id = 'B'") == [("2026-05-02 09:00:00",)]
    finally:
        postgres.run(filled, "ALTER ROLE keeper RESET DateStyle")
