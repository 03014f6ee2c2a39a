"""A reader that opens all files of a table together gets them in their order, each with a folder of its own, and its mistakes are told like any other's."""

from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

import pytest

from disputekit.errors import RegisterError
from disputekit.register.opening import open_register
from disputekit.register.readers.rows import scan_rows
from disputekit.register.settings import RegisterSettings, SourceSettings
from disputekit.register.source import Place, Scan, Source
from disputekit.register.tables import TABLES
from disputekit.text import say


def opened(folder: Path, source: Source) -> tuple[tuple[str, ...], tuple[Scan, ...]]:
    for name in ("b.one", "a.one"):
        (folder / name).write_text("x", encoding="utf-8")
    (folder / "scratch").mkdir()
    tables = MappingProxyType({"training": SourceSettings(path=("b.one", "a.one"))})
    found = open_register(RegisterSettings(tables=tables), folder, TABLES, {"one": source}, folder / "scratch")["training"]
    return found.names, found.scans


def scan(file: Path, folder: Path) -> Scan:
    row = {"staff_id": file.stem, "course": "law", "completed_at": "2026-01-01"}
    return scan_rows(file, folder, ("staff_id", "course", "completed_at"), [row], [Place(7, 9)], [])


def never(*_: object) -> Scan:
    raise AssertionError("each file by itself")


def test_the_files_come_at_once_in_the_order_of_the_settings(tmp_path: Path) -> None:
    calls: list[list[str]] = []

    def together(files: Sequence[Path], _: SourceSettings, folders: Sequence[Path]) -> list[Scan]:
        calls.append([f.name for f in files])
        assert len({*folders}) == len(files) and all(not list(f.iterdir()) for f in folders)
        return [scan(file, folder) for file, folder in zip(files, folders, strict=True)]

    names, scans = opened(tmp_path, Source("one", (".one",), never, together))
    assert calls == [["b.one", "a.one"]]
    assert (names, [s.file.name for s in scans]) == (("b.one", "a.one"), ["b.one", "a.one"])


def test_too_few_scans_and_a_refusal_are_errors(tmp_path: Path) -> None:
    with pytest.raises(RegisterError) as short:
        opened(tmp_path, Source("one", (".one",), never, lambda files, _, folders: [scan(files[0], folders[0])]))
    assert "returned no scan" in str(short.value) and "b.one" in str(short.value)

    def refuse(*_: object) -> list[Scan]:
        raise RegisterError.at("", say("is empty"))

    (tmp_path / "again").mkdir()
    with pytest.raises(RegisterError, match=r"b\.one, a\.one"):
        opened(tmp_path / "again", Source("one", (".one",), never, refuse))
