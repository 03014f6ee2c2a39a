"""A PostgreSQL server of our own for the length of a test session: a new cluster on a free port of the loopback, removed afterwards.

Two fixtures (known to every test through `tests/conftest.py`):

- `postgres`: the server. `postgres.database("claims")` makes an empty database and gives its URL with the password in it,
  `postgres.run(url, sql)` executes statements through psql and gives what they print.
- `postgres_url`: the URL of a new, empty database for this test alone.

PostgreSQL refuses to run as root, so that a root session starts it as the user `postgres` (or `nobody`). Without the server's
programs the tests that ask for it are skipped. A server whose session was killed ends by itself after `LONGEST`.
"""

import contextlib
import itertools
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

USER = "keeper"
LONGEST = 1800
"""Seconds after which a server ends whatever became of the tests."""

MISSING = "needs the programs of a PostgreSQL server (initdb, postgres, psql): apt-get install postgresql"


@dataclass(frozen=True)
class Postgres:
    """A running server: where it listens and who may log in (over TCP and with a password only)."""

    programs: Path
    port: int
    password: str
    host: str = "127.0.0.1"
    user: str = USER
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def url(self, database: str) -> str:
        """`postgresql://user:password@127.0.0.1:port/database`."""
        return f"postgresql://{self.user}:{self.password}@{self.host}:{self.port}/{database}"

    def database(self, name: str | None = None) -> str:
        """Makes an empty database (UTF-8) and gives its URL."""
        made = name if name is not None else f"database_{next(self._numbers)}"
        self.run(self.url("postgres"), f'CREATE DATABASE "{made}"')
        return self.url(made)

    def run(self, url: str, sql: str) -> str:
        """Executes statements and gives what they print: a line for each row, columns separated by `|`. Raises AssertionError with psql's words."""
        done = subprocess.run(
            [self.programs / "psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "--file=-", url],
            input=sql,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def programs() -> Path | None:
    """The folder of the server's programs: on the path, or where Debian puts the newest version."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(versions, key=lambda path: float(path.parent.name), default=None)


def unprivileged() -> pwd.struct_passwd | None:
    """Whom a root session starts the server as; None for everybody else."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextlib.contextmanager
def server(folder: Path) -> Iterator[Postgres]:
    """A new cluster in `folder` (its owner is whom the server runs as), running until the block ends. Skips the test where it can't be made."""
    bin_folder = programs()
    if bin_folder is None:
        pytest.skip(MISSING)
    account = unprivileged()
    who: dict[str, object] = {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
    made = Postgres(bin_folder, free_port(), secrets.token_urlsafe(16))
    password = folder / "password"
    password.write_text(made.password)
    password.chmod(0o644)
    data = folder / "data"
    begun = [bin_folder / "initdb", f"--pgdata={data}", f"--username={USER}", f"--pwfile={password}", "--auth=scram-sha-256"]
    begun += ["--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    subprocess.run(begun, check=True, cwd=folder, stdout=subprocess.DEVNULL, **who)  # type: ignore[call-overload]
    settings = {"listen_addresses": made.host, "port": made.port, "unix_socket_directories": "", "fsync": "off", "logging_collector": "off"}
    command = ["timeout", "--signal=INT", str(LONGEST), bin_folder / "postgres", "-D", data]
    command += [f"--{name}={value}" for name, value in settings.items()]
    log = (folder / "log").open("wb")
    running = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, **who)  # type: ignore[call-overload]
    try:
        wait_for(made, running, folder / "log")
        yield made
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(30)
        log.close()


def wait_for(made: Postgres, running: "subprocess.Popen[bytes]", log: Path) -> None:
    """Returns once the server answers. Raises AssertionError with its log if it ends, or doesn't answer within 30 s."""
    until = time.monotonic() + 30
    asked = [made.programs / "pg_isready", "--quiet", f"--host={made.host}", f"--port={made.port}"]
    while subprocess.run(asked, check=False).returncode != 0:
        assert running.poll() is None and time.monotonic() < until, log.read_text(errors="replace")
        time.sleep(0.05)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The session's server; its databases are made by `postgres.database()`."""
    with tempfile.TemporaryDirectory(prefix="disputekit-postgres-", ignore_cleanup_errors=True) as folder, server(Path(folder)) as made:
        yield made


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """The URL of a new, empty database."""
    return postgres.database()
