"""The readers that come with the core: comma or tab separated text, JSON lines, Parquet, workbooks, databases, event logs.

Each module is imported only when a file is opened, so that a command that only lists things needs no engine.
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from disputekit.register.settings import SourceSettings
from disputekit.register.source import Scan, Source


def _source(name: str, endings: tuple[str, ...], module: str, **options: str) -> Source:
    def open_file(file: Path, settings: SourceSettings, scratch: Path) -> Scan:
        scan = getattr(import_module(f"{__name__}.{module}"), f"open_{module}")(file, settings, scratch, **options)
        assert isinstance(scan, Scan)
        return scan

    return Source(name, endings, open_file)


SOURCES: Mapping[str, Source] = MappingProxyType({
    "csv": _source("csv", (".csv", ".txt"), "csv"),
    "tsv": _source("tsv", (".tsv", ".tab"), "csv", delimiter="\t"),
    "jsonl": _source("jsonl", (".jsonl", ".ndjson"), "jsonl"),
    "parquet": _source("parquet", (".parquet",), "parquet"),
    "xlsx": _source("xlsx", (".xlsx", ".xlsm"), "xlsx"),
    "sqlite": _source("sqlite", (".sqlite", ".sqlite3", ".db"), "sqlite"),
    "postgres": _source("postgres", (".pgservice",), "postgres"),
    "xes": _source("xes", (".xes", ".gz"), "xes"),
})  # fmt: skip
