"""The folder of an assessment: written beside its place and renamed into it, so that a killed run leaves no half of one."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from types import MappingProxyType
from uuid import uuid4

from disputekit.assessment.manifest import FILE, Manifest, read_manifest
from disputekit.checks.decide import file_sha256
from disputekit.config import Project
from disputekit.errors import AssessmentError, Problem
from disputekit.run import Previous
from disputekit.text import say

_PARTIAL = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{12}\.partial")
_OLD = ".old"
"""What is added to a partial folder's name for the assessment that it replaces, between the two renames."""


@contextmanager
def written_whole(out: Path, *, replace: bool = False) -> Iterator[Path]:
    """An empty folder that becomes `out` when the block ends without an error, and vanishes when it doesn't.

    Raises AssessmentError where `out` is there already (unless it is an assessment and `replace` is said), or another run came first.
    """
    recover(out.parent)
    if out.exists():
        if not (out / FILE).is_file():
            if not out.is_dir() or any(out.iterdir()):
                raise AssessmentError.at(str(out), say("is there already and is no assessment"), say("Choose another folder with --out"))
        elif not replace:
            raise AssessmentError.at(str(out), say("there is an assessment already"), say("Say --replace to replace it, or choose another --out"))
    with _partial(out, replace=replace, kept=True) as folder:
        yield folder


@contextmanager
def new_folder(out: Path, *, kept: bool) -> Iterator[Path]:
    """An empty folder that becomes `out` when the block ends without an error, and vanishes when it doesn't, or when it isn't to be kept.

    Raises AssessmentError where there is something already, where nothing can be written, or where another run came first.
    """
    recover(out.parent)
    if out.exists():
        raise AssessmentError.at(str(out), say("is there already"), say("Choose another folder"))
    with _partial(out, replace=False, kept=kept) as folder:
        yield folder


@contextmanager
def _partial(out: Path, *, replace: bool, kept: bool) -> Iterator[Path]:
    """The folder in which `out` is written, held by this process."""
    partial = out.parent / f".{out.name}.{uuid4().hex[:12]}.partial"
    try:
        held = _made(partial)
    except OSError as bad:
        raise AssessmentError.at(str(out.parent), say("can't be written ({reason})", reason=bad.strerror or bad)) from None
    try:
        yield partial
        if kept:
            _move(partial, out, replace)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if held is not None:
            os.close(held)


def recover(folder: Path) -> None:
    """Undoes what runs left in a folder that were killed: an assessment that one was about to replace gets its name back, and what it had
    written is removed. What a run still writes is left alone, and so is everything where the system can't tell.
    """
    for path in sorted(folder.glob(".*.partial")):
        known = _PARTIAL.fullmatch(path.name)
        held = _hold(path) if known else None
        if known is None or held is None:
            continue
        with suppress(OSError):
            old, out = folder / f"{path.name}{_OLD}", folder / known["name"]
            if old.exists() and not out.exists():
                old.rename(out)
            shutil.rmtree(path, ignore_errors=True)
        os.close(held)
    for old in sorted(folder.glob(f".*.partial{_OLD}")):
        known = _PARTIAL.fullmatch(old.name.removesuffix(_OLD))
        if known and (folder / known["name"]).exists() and not (folder / old.name.removesuffix(_OLD)).exists():
            shutil.rmtree(old, ignore_errors=True)


def _made(partial: Path) -> int | None:
    """A new folder that this process holds until it ends, however it ends."""
    while True:
        partial.mkdir(parents=True, exist_ok=True)
        held = _hold(partial)
        # between the two lines another run may have taken it for a dead one's
        with suppress(FileNotFoundError):
            if held is None or os.path.samestat(os.fstat(held), partial.stat()):
                return held
        if held is not None:
            os.close(held)


def _hold(folder: Path) -> int | None:
    """A handle on a folder that nobody else holds; None where somebody does, or where folders can't be held."""
    if sys.platform == "win32":
        return None
    import fcntl

    with suppress(OSError):
        held = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(held)
        else:
            return held
    return None


def _move(partial: Path, out: Path, replace: bool) -> None:
    old = out.parent / f"{partial.name}{_OLD}"
    try:
        if replace and (out / FILE).is_file():
            out.rename(old)
        partial.rename(out)
    except OSError:
        if old.exists() and not out.exists():
            old.rename(out)
        raise AssessmentError.at(str(out), say("another run has written here in the meantime")) from None
    finally:
        if old.exists() and out.exists():
            shutil.rmtree(old, ignore_errors=True)


def newest_before(as_of: date, folder: Path, out: Path) -> Path | None:
    """The newest assessment in `folder`, but for `out`, of a day before `as_of`; None where there is none.

    What can't be read as one is passed over. One of a later day isn't before this one, whenever it was made: an assessment that is made
    again must come out the same.
    """
    recover(folder)
    found: list[tuple[date, str]] = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path != out and not path.name.startswith(".") and (path / FILE).is_file():
            try:
                found.append((read_manifest(path)[0].as_of, path.name))
            except AssessmentError:
                continue
    return max(((day, folder / name) for day, name in found if day < as_of), default=(None, None))[1]


def newest_of(project: Project) -> Path:
    """The newest assessment beside a project. Raises AssessmentError where there is none."""
    found = newest_before(date.max, project.folder / "assessments", Path())
    if found is None:
        raise AssessmentError.at("assessments", say("there is no assessment yet"), say("Make one with `disputekit check`"))
    return found


def previous_of(path: Path | None) -> Previous | None:
    """The assessment before, as a run knows it. Raises AssessmentError where there is none at `path`."""
    if path is None:
        return None
    manifest, sha256 = read_manifest(path)
    risks = {p.name: p.excess for p in manifest.risk_points}
    return Previous(manifest.as_of, sha256, MappingProxyType(risks))


def part_of(control: str) -> Path:
    """Where an assessment has the findings of a control."""
    return Path("findings") / f"{control}.parquet"


def spoilt(folder: Path, manifest: Manifest) -> Iterator[Problem]:
    """Parts that aren't as the manifest has them: missing, or with another hash."""
    parts = {f"findings/{c.id}.parquet": c.findings_sha256 for c in manifest.controls if c.findings_sha256 is not None}
    parts |= {f"judged/{c.id}.parquet": c.judged_sha256 for c in manifest.controls if c.judged_sha256 is not None}
    parts |= {s.part: s.sha256 for s in manifest.subjects}
    if manifest.rejects_sha256 is not None:
        parts["rejects.parquet"] = manifest.rejects_sha256
    # hashing leaves the interpreter's lock: as many files at once as there are processors
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for part, found in zip(parts, pool.map(lambda p: file_sha256(folder / p) if (folder / p).is_file() else None, parts), strict=True):
            if found is None:
                yield Problem(str(folder / part), say("is missing from the assessment"))
            elif found != parts[part]:
                yield Problem(str(folder / part), say("isn't what the assessment's manifest says; it was changed or spoilt"))


def flush(folder: Path) -> None:
    """Makes sure that what was written is on the disk before the folder gets its name."""
    for path in [*sorted(p for p in folder.rglob("*") if p.is_file()), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
