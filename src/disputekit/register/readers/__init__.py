"""The readers that come with the core: comma or tab separated text, JSON lines, Parquet, workbooks."""

from collections.abc import Mapping
from types import MappingProxyType

from disputekit.register.readers.csv import CSV, TSV
from disputekit.register.readers.jsonl import JSONL
from disputekit.register.readers.parquet import PARQUET
from disputekit.register.readers.xlsx import XLSX
from disputekit.register.source import Source

SOURCES: Mapping[str, Source] = MappingProxyType({s.name: s for s in (CSV, TSV, JSONL, PARQUET, XLSX)})
