"""XES event logs (IEEE 1849), plain or compressed with gzip: one row for each event, with the attributes of its trace.

The columns are the log's own keys, those of the trace as `case:<key>`: map `subject_id = "case:concept:name"`, `activity =
"concept:name"`, `occurred_at = "time:timestamp"`. Lists and containers are left out. The log is read twice and never held.
"""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from disputekit.errors import RegisterError
from disputekit.register.readers.extract import scan_of_extract, write_extract
from disputekit.register.settings import SourceSettings
from disputekit.register.source import Scan
from disputekit.text import say

_VALUES = ("string", "date", "int", "float", "boolean", "id")
_CASE = "case:"
UNREADABLE = (ElementTree.ParseError, gzip.BadGzipFile, EOFError, zlib.error)
_GZIP = b"\x1f\x8b"


def open_xes(file: Path, settings: SourceSettings, scratch: Path) -> Scan:  # noqa: ARG001
    """A scan of a log's events in their order."""
    copy = scratch / f"{file.name}.extract.csv"
    try:
        header = tuple(dict.fromkeys(key for event in _events(file) for key in event))
        return scan_of_extract(copy, header, write_extract(copy, ([event.get(key) for key in header] for event in _events(file))))
    except UNREADABLE as error:
        raise RegisterError.at("", say("isn't an XES log that can be read: {why}", why=str(error)[:200])) from None
    except (ValueError, LookupError) as error:
        # expat knows no encoding of several bytes but UTF-8 and UTF-16: a log in GB18030
        raise RegisterError.at("", say("isn't an XES log that can be read: {why}", why=str(error)[:200]), say("Save it as UTF-8")) from None


def _opened(file: Path) -> IO[bytes]:
    with file.open("rb") as handle:
        compressed = handle.read(2) == _GZIP
    return gzip.open(file) if compressed else file.open("rb")  # type: ignore[return-value]


def _events(file: Path) -> Iterator[dict[str, str]]:
    """The attributes of each event and of its trace."""
    with _opened(file) as handle:
        depth: list[str] = []
        for happened, element in ElementTree.iterparse(handle, events=("start", "end")):  # noqa: S314 — expat fetches nothing
            tag = element.tag.rpartition("}")[2]
            if happened == "start":
                if not depth and tag != "log":
                    raise RegisterError.at("", say("isn't an XES log: it begins with {tag!r}", tag=tag))
                depth.append(tag)
                continue
            depth.pop()
            if tag == "trace":
                case = {f"{_CASE}{key}": value for key, value in _attributes(element).items()}
                for event in element:
                    if event.tag.rpartition("}")[2] == "event":
                        yield {**case, **_attributes(event)}
                element.clear()
            elif tag == "event" and "trace" not in depth:
                yield _attributes(element)
                element.clear()


def _attributes(element: ElementTree.Element) -> dict[str, str]:
    return {a.get("key", ""): a.get("value", "") for a in element if a.tag.rpartition("}")[2] in _VALUES}
