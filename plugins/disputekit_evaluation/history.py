"""The chain of assessments: each names the hash of the one before it, so that none can be changed, left out or slipped in unseen.

What the chain alone can't show: that its newest links were cut off, or that all of it was made anew. An anchor outside (`anchor.py`) does.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from disputekit import DisputekitError, say

if TYPE_CHECKING:
    from disputekit import Manifest

FILE = "assessment.json"


class Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Link(Frozen):
    """An assessment of the chain: the name of its folder, its day, and the hash of its manifest."""

    folder: str
    as_of: date
    sha256: str


class Broken(Frozen):
    """A place where the chain doesn't hold. changed: one of that day is there, with another hash; missing: none is; unread: it can't be read."""

    folder: str
    what: Literal["changed", "missing", "unread", "spoilt", "order"]
    as_of: date | None
    detail: str


class Unchecked(Frozen):
    """Days between two assessments on which there was no check."""

    first: date
    last: date
    days: int


class Held(Frozen):
    """Something that was the same from one assessment to another: a pack with its version and hash, an override, a waiver."""

    what: Literal["pack", "override", "waiver"]
    name: str
    value: str
    first: date
    last: date


class Afterwards(Frozen):
    """What changed between two assessments about days that the older one had seen already, and subjects that are gone.

    changed: how many findings by control. subjects: the first of them. error: why the two couldn't be compared.
    """

    old: date
    new: date
    changed: Mapping[str, int] = {}
    subjects: tuple[str, ...] = ()
    vanished: Mapping[str, int] = {}
    gone: tuple[str, ...] = ()
    error: str | None = None

    @property
    def found(self) -> bool:
        return bool(self.changed or self.vanished)


class History(Frozen):
    """The whole. links: oldest first. beside: assessments in the folder that the chain doesn't lead to. since: days after the newest without a check.
    compared: whether facts were compared.
    """

    links: tuple[Link, ...]
    beside: tuple[Link, ...]
    broken: tuple[Broken, ...]
    unchecked: tuple[Unchecked, ...]
    since: Unchecked | None
    held: tuple[Held, ...]
    afterwards: tuple[Afterwards, ...]
    compared: bool

    @property
    def exit_code(self) -> int:
        """2: the chain is broken or something couldn't be compared; 1: something to be explained; 0: neither."""
        if self.broken or not self.compared or any(a.error is not None for a in self.afterwards):
            return 2
        return 1 if self.unchecked or self.since or self.beside or any(a.found for a in self.afterwards) else 0


def walk(folder: Path, *, today: date, facts: bool = True, limit: int = 20, progress: Callable[..., None] = lambda *_: None) -> History:
    """Reads every assessment in a folder, and follows the chain from the newest.

    today: a day whose check may still come; those before it had one or not.
    facts: also compares each with the next, which reads all findings. Raises DisputekitError where there is no assessment at all.
    """
    from disputekit import spoilt

    read: dict[str, tuple[Link, Manifest]] = {}
    broken: list[Broken] = []
    for name, found in _read(folder):
        if isinstance(found, DisputekitError):
            broken.append(Broken(folder=name, what="unread", as_of=None, detail=str(found)))
        else:
            manifest, sha256 = found
            read[sha256] = (Link(folder=name, as_of=manifest.as_of, sha256=sha256), manifest)
    if not read:
        raise DisputekitError.at(str(folder), say("no assessment can be read here"))
    chain, cut = _chain(read)
    broken += cut
    known = {link.sha256 for link, _ in chain}
    beside = tuple(sorted((link for link, _ in read.values() if link.sha256 not in known), key=lambda link: (link.as_of, link.folder)))
    if facts:
        for link, manifest in chain:
            broken += (Broken(folder=link.folder, what="spoilt", as_of=link.as_of, detail=p.where) for p in spoilt(folder / link.folder, manifest))
    links = tuple(link for link, _ in chain)
    afterwards = []
    for done, (old, new) in enumerate(pairwise(links) if facts else ()):
        progress(say("Comparing the findings"), done, len(links) - 1)
        afterwards.append(_afterwards(folder, old, new, limit))
    return History(
        links=links, beside=beside, broken=tuple(broken), unchecked=tuple(_unchecked(links)),
        since=_between(links[-1].as_of, today), held=tuple(_held([m for _, m in chain])),
        afterwards=tuple(a for a in afterwards if a.found or a.error is not None), compared=facts,
    )  # fmt: skip


def _read(folder: Path) -> "Iterator[tuple[str, tuple[Manifest, str] | DisputekitError]]":
    from disputekit import read_manifest

    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if (path / FILE).is_file() and not path.name.startswith("."):
            try:
                yield path.name, read_manifest(path)
            except DisputekitError as bad:
                yield path.name, bad


def _chain(read: "Mapping[str, tuple[Link, Manifest]]") -> "tuple[list[tuple[Link, Manifest]], list[Broken]]":
    """The chain from the newest assessment back, oldest first, and where it breaks. After a break it goes on with the newest of an earlier day."""
    link, manifest = max(read.values(), key=lambda r: (r[0].as_of, r[0].folder))
    chain: list[tuple[Link, Manifest]] = [(link, manifest)]
    broken: list[Broken] = []
    while True:
        link, manifest = chain[0]
        before = manifest.previous
        earlier = sorted((r for r in read.values() if r[0].as_of < link.as_of), key=lambda r: (r[0].as_of, r[0].folder))
        if before is None:
            return chain, broken
        following = read.get(before.sha256)
        if following is None:
            same_day = [r[0].folder for r in earlier if r[0].as_of == before.as_of]
            broken.append(Broken(folder=link.folder, what="changed" if same_day else "missing", as_of=before.as_of, detail=before.sha256))
            if not earlier:
                return chain, broken
            following = earlier[-1]
        elif following[0].as_of >= link.as_of or following[0].as_of != before.as_of:
            broken.append(Broken(folder=link.folder, what="order", as_of=before.as_of, detail=before.sha256))
            return chain, broken
        chain.insert(0, following)


def _unchecked(links: Sequence[Link]) -> Iterator[Unchecked]:
    for old, new in pairwise(links):
        found = _between(old.as_of, new.as_of)
        if found is not None:
            yield found


def _between(old: date, new: date) -> Unchecked | None:
    days = (new - old).days - 1
    return Unchecked(first=old + timedelta(days=1), last=new - timedelta(days=1), days=days) if days > 0 else None


def _held(manifests: "Sequence[Manifest]") -> Iterator[Held]:
    """What held when: runs of assessments in which it was the same."""
    running: dict[tuple[Literal["pack", "override", "waiver"], str, str], tuple[date, date]] = {}
    for before, manifest in zip((None, *manifests), manifests, strict=False):
        for key in _in_force(manifest):
            first, last = running.get(key, (manifest.as_of, manifest.as_of))
            if before is not None and last != before.as_of and key in running:
                yield _as_held(key, first, last)
                first = manifest.as_of
            running[key] = (first, manifest.as_of)
    yield from (_as_held(key, first, last) for key, (first, last) in running.items())


def _in_force(manifest: "Manifest") -> "Iterator[tuple[Literal['pack', 'override', 'waiver'], str, str]]":
    for pack in manifest.packs:
        yield "pack", pack.id, f"{pack.version} {pack.sha256}"
        for name in pack.overridden:
            yield "override", f"{pack.id}.{name}", pack.parameters.get(name, "")
    for waiver in manifest.waivers:
        yield "waiver", waiver.id, f"{waiver.control} {waiver.state} {waiver.approved_by}"


def _as_held(key: "tuple[Literal['pack', 'override', 'waiver'], str, str]", first: date, last: date) -> Held:
    return Held(what=key[0], name=key[1], value=key[2], first=first, last=last)


def _afterwards(folder: Path, old: Link, new: Link, limit: int) -> Afterwards:
    from disputekit import diff, vanished

    try:
        found = diff(folder / old.folder, folder / new.folder, limit)
        gone = vanished(folder / old.folder, folder / new.folder, limit)
    except DisputekitError as bad:
        return Afterwards(old=old.as_of, new=new.as_of, error=str(bad))
    return Afterwards(
        old=old.as_of, new=new.as_of, changed={c.id: c.afterwards for c in found.controls if c.afterwards},
        subjects=tuple(dict.fromkeys(r.subject for r in found.afterwards_rows if r.subject is not None)),
        vanished={v.table: v.count for v in gone}, gone=tuple(s for v in gone for s in v.first),
    )  # fmt: skip
