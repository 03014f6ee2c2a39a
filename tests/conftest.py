"""Plugins of other people, installed as pip would, for the length of a test."""

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.postgres import postgres, postgres_url

__all__ = ["install", "postgres", "postgres_url"]


@pytest.fixture(autouse=True, scope="module")
def own_connection() -> None:
    """No file of tests meets a result that another left unfinished on DuckDB's connection of the process: DuckDB 2.0.1 refuses to go on then."""
    if "duckdb" in sys.modules:
        import duckdb

        duckdb.set_default_connection(duckdb.connect())


@pytest.fixture
def install(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """`install(source)` makes a distribution of one module with a class `Plugin`, and gives the plugin's name."""
    numbers = itertools.count(1)
    modules: list[str] = []

    def installed(source: str, name: str | None = None) -> str:
        module = f"outside_{next(numbers)}"
        plugin = name if name is not None else module.replace("_", "-")
        folder: Path = tmp_path_factory.mktemp("site")
        (folder / f"{module}.py").write_text(source, encoding="utf-8")
        info = folder / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[disputekit.plugins]\n{plugin} = {module}:Plugin\n")
        monkeypatch.syspath_prepend(str(folder))
        modules.append(module)
        return plugin

    yield installed
    for module in modules:
        sys.modules.pop(module, None)
