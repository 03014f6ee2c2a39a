"""The history of all plans: append-only, each entry sealed with the hash of the one before it, and the notices that wait to be sent.

The database is SQLite or PostgreSQL. Whoever writes holds the one row of `heads` until the end of the transaction, so that writers stand in
line: what one has activated the next one sees. What the seals can't show: somebody who may write to the database can rebuild all of it,
with every hash. Such a history differs from any head (number and hash of the last entry) that was noted elsewhere; each notice and each
evaluation package bears one.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from disputekit import DisputekitError, say
from disputekit_emergency.plans import Secret

METADATA = MetaData()
HISTORY = Table(
    "emergency_history", METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False), Column("recorded_at", String(40), nullable=False),
    Column("kind", String(20), nullable=False), Column("activation", String(120), nullable=False), Column("once", String(300), unique=True),
    Column("body", Text, nullable=False), Column("previous", String(64), nullable=False), Column("hash", String(64), nullable=False),
)  # fmt: skip
"""once: names what may stand there once only; the database itself refuses the second."""
HEADS = Table("emergency_heads", METADATA, Column("id", Integer, primary_key=True, autoincrement=False), Column("count", Integer, nullable=False),
              Column("hash", String(64), nullable=False))  # fmt: skip
"""One row: how many entries there are and the hash of the last. It is what shows that the tail was cut off."""
OUTBOX = Table(
    "emergency_outbox", METADATA,
    Column("message_id", String(200), primary_key=True), Column("number", Integer, ForeignKey("emergency_history.number"), nullable=False),
    Column("activation", String(120), nullable=False), Column("target", String(60), nullable=False), Column("title", Text, nullable=False),
    Column("text", Text, nullable=False), Column("next_at", BigInteger, nullable=False), Column("claimed_until", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False), Column("failure", Text), Column("sent_at", String(40)),
)  # fmt: skip
"""Notices; next_at and claimed_until are seconds since 1970 (UTC)."""
START = "0" * 64
FIELDS = ("number", "recorded_at", "kind", "activation", "once", "body", "previous")


@dataclass(frozen=True)
class Entry:
    """One thing that happened. recorded_at: in UTC, as ISO 8601."""

    number: int
    recorded_at: str
    kind: str
    activation: str
    once: str | None
    body: str
    previous: str
    hash: str

    @property
    def facts(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(self.body)
        return found

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.recorded_at)

    def sealed(self) -> str:
        """The hash that it must have."""
        return hashlib.sha256(_canonical([getattr(self, f) for f in FIELDS]).encode()).hexdigest()


@dataclass(frozen=True)
class Head:
    count: int
    hash: str

    def __str__(self) -> str:
        return f"{self.count}:{self.hash}"


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Writer:
    """Writes within one transaction, alone."""

    def __init__(self, connection: Connection, head: Head) -> None:
        self.connection, self.head = connection, head

    def entries(self) -> list[Entry]:
        return read_entries(self.connection)

    def append(self, at: datetime, kind: str, activation: str, body: Mapping[str, Any], once: str | None = None) -> Entry:
        """A new last entry."""
        values = (self.head.count + 1, at.astimezone(UTC).isoformat(), kind, activation, once, _canonical(body), self.head.hash)
        unsealed = Entry(*values, hash="")
        entry = Entry(*values, hash=unsealed.sealed())
        self.connection.execute(insert(HISTORY).values({**{f: getattr(entry, f) for f in FIELDS}, "hash": entry.hash}))
        self.head = Head(entry.number, entry.hash)
        return entry

    def post(self, entry: Entry, target: str, title: str, body: str, at: datetime) -> None:
        """A notice about an entry, to be sent after the transaction. Its id is the same however often it is sent."""
        self.connection.execute(insert(OUTBOX).values(
            message_id=message_id(entry, target), number=entry.number, activation=entry.activation, target=target, title=title, text=body,
            next_at=int(at.timestamp()), claimed_until=0, attempts=0))  # fmt: skip


def message_id(entry: Entry, target: str) -> str:
    return f"{entry.activation}.{entry.number}.{target}"


def read_entries(connection: Connection) -> list[Entry]:
    rows = connection.execute(select(*(HISTORY.c[f] for f in (*FIELDS, "hash"))).order_by(HISTORY.c.number))
    return [Entry(*row) for row in rows]


@dataclass(frozen=True)
class State:
    """The database that holds the history. `name`: what to call it in messages, without any secret."""

    engine: Engine
    name: str

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """One transaction, alone: committed whole or not at all. Raises DisputekitError where the database can't be written."""
        with self._told(), self.engine.begin() as connection:
            row = connection.execute(select(HEADS.c.count, HEADS.c.hash).where(HEADS.c.id == 1).with_for_update()).one()
            writer = Writer(connection, Head(*row))
            yield writer
            connection.execute(update(HEADS).where(HEADS.c.id == 1).values(count=writer.head.count, hash=writer.head.hash))

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._told(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as bad:
            # the text of such an error may hold the address of the database, with its password
            raise DisputekitError.at(self.name, say("the history of the emergency plans can't be used ({kind})", kind=type(bad).__name__)) from None


def open_state(where: Path | Secret) -> State:
    """The history's database, made or brought up to date where needed. Raises DisputekitError where that can't be done."""
    if isinstance(where, Path):
        engine, name = _engine(f"sqlite:///{where}"), where.name
        if not where.parent.is_dir():
            raise DisputekitError.at(name, say("there is no such folder"))
    else:
        name = "[plugins.emergency] state"
        try:
            engine = _engine(where.read(name))
        except (SQLAlchemyError, ImportError, ValueError):  # ValueError: a port that is no number, as where a password isn't encoded
            raise DisputekitError.at(
                name, say("isn't the URL of a database that can be used"), say("Write it as postgresql://user:password@host/database")
            ) from None
    state = State(engine, name)
    with state._told():
        _migrate(engine, name)
    return state


def _engine(url: str) -> Engine:
    scheme, _, rest = url.partition("://")
    if scheme in ("postgres", "postgresql"):
        return create_engine(f"postgresql+psycopg://{rest}", poolclass=NullPool, hide_parameters=True, connect_args={"connect_timeout": 10})
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args={"timeout": 60} if scheme.startswith("sqlite") else {})
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _by_hand)
        event.listen(engine, "begin", _alone)
    return engine


def _by_hand(connection: Any, _: object) -> None:
    connection.isolation_level = None
    connection.execute("pragma synchronous = full")
    connection.execute("pragma foreign_keys = on")


def _alone(connection: Connection) -> None:
    connection.exec_driver_sql("begin immediate")


def _migrate(engine: Engine, name: str) -> None:
    """Brings the tables to what this version needs; processes that start together do it one after the other."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    newest = ScriptDirectory.from_config(config).get_current_head()
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("select pg_advisory_xact_lock(4177093)"))
        there = inspect(connection).has_table("emergency_version")
        if there and connection.execute(text("select version_num from emergency_version")).scalar() == newest:
            return
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError:
            raise DisputekitError.at(name, say("was written by a later version of disputekit"), say("Use that version")) from None


def flaws(state: State, noted: tuple[Head, ...] = ()) -> tuple[list[str], Head]:
    """What isn't as it was written: an entry altered, removed, inserted or cut off at the end; and the head as it is.

    noted: heads that were noted elsewhere, each of which must be what the entry of its number has.
    """
    wrong: list[str] = []
    with state.reading() as connection:
        entries = read_entries(connection)
        row = connection.execute(select(HEADS.c.count, HEADS.c.hash).where(HEADS.c.id == 1)).one_or_none()
        posted = connection.execute(select(OUTBOX.c.target, OUTBOX.c.number, OUTBOX.c.message_id, OUTBOX.c.sent_at)).all()
    previous = START
    for place, e in enumerate(entries, 1):
        if e.number != place:
            wrong.append(say("entry {number} stands in place {place}: an entry was removed or inserted before it", number=e.number, place=place))
            break
        if e.hash != e.sealed():
            wrong.append(say("entry {number} ({kind}, {activation}) was altered", number=e.number, kind=e.kind, activation=e.activation))
        if e.previous != previous:
            wrong.append(say("entry {number} doesn't follow the one before it: an entry was altered, removed or inserted", number=e.number))
        previous = e.hash
    head = Head(len(entries), previous)
    if row is None or Head(*row) != head:
        anchored = say("{count} entries", count=row[0]) if row is not None else say("nothing")
        wrong.append(
            say(
                "the head says {anchored}, and there are {count}: entries were removed at the end, or added past the seal",
                anchored=anchored,
                count=len(entries),
            )
        )
    by_number = {e.number: e for e in entries}
    for n in noted:
        if n.count and (n.count not in by_number or by_number[n.count].hash != n.hash):
            wrong.append(say("entry {number} isn't the one that was noted elsewhere", number=n.count))
    due = {(e.number, t) for e in entries for t in e.facts.get("notify", ())}
    for number, target in sorted(due - {(p.number, p.target) for p in posted}):
        wrong.append(say("the notice about entry {number} to {target} was removed", number=number, target=target))
    told = {e.once for e in entries if e.kind == "sent"}
    for p in sorted(posted):
        if p.sent_at is not None and f"sent/{p.message_id}" not in told:
            wrong.append(say("the notice {id} is marked as sent, and the history doesn't say that it was", id=p.message_id))
    return wrong, head
