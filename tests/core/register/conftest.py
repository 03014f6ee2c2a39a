"""Loading small registers: real files, a real engine."""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from disputekit.register.load import load_register, open_register
from disputekit.register.loaded import Register
from disputekit.register.readers import SOURCES
from disputekit.register.settings import RegisterSettings, SourceSettings
from disputekit.register.tables import TABLES


@dataclass(frozen=True)
class Loaded:
    register: Register
    db: duckdb.DuckDBPyConnection

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.db.execute(query).fetchall()

    def rejects(self) -> list[tuple[Any, ...]]:
        return self.rows('select record, line, "column", value from rejects order by all')


Load = Callable[..., Loaded]


@pytest.fixture(scope="session")
def load() -> Iterator[Load]:
    """`load(folder, toml)` loads the register that `toml` describes (`[disputes] path = …`), with the files of `folder`."""
    connections = []

    def loaded(folder: Path, toml: str, *, places: frozenset[str] = frozenset(), threads: int = 2, **need: set[str]) -> Loaded:
        settings = RegisterSettings(tables={k: SourceSettings(**v) for k, v in tomllib.loads(toml).items()})
        with TemporaryDirectory() as scratch:
            opened = open_register(settings, folder, TABLES, SOURCES, Path(scratch))
            db = duckdb.connect(config={"threads": threads, "preserve_insertion_order": False})
            connections.append(db)
            wanted = {k: frozenset(v) for k, v in need.items()}
            return Loaded(load_register(db, opened, ZoneInfo("Asia/Shanghai"), wanted, places, lambda _: None), db)

    yield loaded
    for db in connections:
        db.close()


@pytest.fixture(scope="session")
def real() -> Path:
    folder = Path(__file__).parents[4] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real data isn't here (../shared/data)")
    return folder
