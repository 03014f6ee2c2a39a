"""Stage 5: the parts of what is handed to an assessor; each plugin's failure is its own, and told."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from disputekit.checks.decide import file_sha256
from disputekit.extension import EvaluationExport
from disputekit.plugins import ANYTHING, Failure, Given, raised
from disputekit.run import Run
from disputekit.text import Phrase, Text, say


@dataclass(frozen=True)
class HandedOver:
    """A part of what is handed over: its folder's name, and the SHA-256 of each file in it by the file's path there."""

    plugin: str
    name: str
    title: Text
    files: Mapping[str, str]


def run_exports(folder: Path, out: Path, run: Run, exports: Sequence[Given]) -> tuple[tuple[HandedOver, ...], tuple[Failure, ...]]:
    """Has every export write its part into an empty folder of its own, `out`/<name>, and hashes what lies there afterwards.

    folder: of the assessment, which an export only reads. The part of an export that fails isn't handed over: raising, writing nothing, a
    name that another export has, a link, or changing the assessment; its folder is taken away.
    """
    handed: list[HandedOver] = []
    failures: list[Failure] = []
    owners: dict[str, str] = {}
    item: EvaluationExport
    for plugin, item in exports:
        if item.name in owners:
            failures.append(Failure(plugin, item.name, say("{other} has an export of this name, too", other=owners[item.name])))
            continue
        owners[item.name] = plugin
        files, failed = _exported(folder, out / item.name, run, item)
        if failed is None:
            handed.append(HandedOver(plugin, item.name, item.title, MappingProxyType(files)))
        else:
            shutil.rmtree(out / item.name, ignore_errors=True)
            failures.append(Failure(plugin, item.name, failed))
    return tuple(handed), tuple(failures)


def _exported(folder: Path, mine: Path, run: Run, export: EvaluationExport) -> tuple[dict[str, str], Phrase | None]:
    mine.mkdir(parents=True)
    before = _state(folder)
    try:
        export.write(folder, mine, run)
    except ANYTHING as bad:
        return {}, raised(bad)
    if _state(folder) != before:
        return {}, say("changed the assessment that it should only read")
    paths = sorted(mine.rglob("*")) if mine.is_dir() else []
    links = [p for p in paths if p.is_symlink()]
    if links:
        return {}, say("wrote a link, which would lead elsewhere on another machine: {path}", path=links[0].relative_to(mine).as_posix())
    files = {p.relative_to(mine).as_posix(): file_sha256(p) for p in paths if p.is_file()}
    return files, None if files else say("wrote nothing")


def _state(folder: Path) -> list[tuple[Any, ...]]:
    """What would show that somebody wrote below a folder; contents are hashed only where they are handed over."""
    return sorted((p.as_posix(), s.st_size, s.st_mtime_ns) for p in folder.rglob("*") if p.is_file() and (s := p.stat()))
