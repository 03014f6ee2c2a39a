"""A BagIt 1.0 bag (RFC 8493): made and validated by the library `bagit`, and what the library lets pass is refused here."""

import logging
import re
import stat
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path, PurePosixPath

from disputekit import Problem, say
from disputekit_evaluation.package import PAYLOAD, README, SIGNATURE, TAGMANIFEST
from disputekit_evaluation.sealed import file_sha256

DECLARATION = re.compile(rb"BagIt-Version: (\d+\.\d+)\r?\nTag-File-Character-Encoding: ([A-Za-z0-9_-]+)(?:\r?\n)?")
"""`bagit.txt` must be these two lines and nothing else (RFC 8493, 2.1.1); the library (1.9) lets blanks before a colon pass."""
MANIFEST_NAME = re.compile(r"(?:tag)?manifest-[a-z0-9]+\.txt")
OURS = "sha256"


def make_bag(folder: Path, info: Mapping[str, str], readme: str, day: date) -> None:
    """Makes a folder a bag: what lies in it becomes its payload. info: for `bag-info.txt`. day: of bagging."""
    import bagit

    bag = bagit.make_bag(str(folder), dict(info), checksums=[OURS])
    (folder / README).write_text(readme, encoding="utf-8")
    bag.info["Bagging-Date"] = day.isoformat()
    bag.save()
    # the library puts one blank before a name here, and sha256sum asks for two
    manifest = folder / TAGMANIFEST
    manifest.write_text(re.sub(r"(?m)^([0-9a-f]{64}) +", r"\1  ", manifest.read_text("utf-8")), encoding="utf-8")


def bag_problems(folder: Path, *, ours: bool = True) -> Iterator[Problem]:
    """What is wrong with a bag: its form, links, paths that lead out of it, files added, missing or changed.

    ours: it was made here, so that every file but the signature must be listed, by SHA-256.
    """
    wrong = list(_form(folder))
    if wrong:
        # nothing that a link or a path leads to is read
        yield from wrong
        return
    if ours:
        yield from _unlisted(folder)
    import bagit

    logging.getLogger("bagit").setLevel(logging.CRITICAL)
    try:
        bag = bagit.Bag(str(folder))
        bag.validate(processes=1)
    except bagit.BagValidationError as bad:
        # the library counts bytes first, looks no further where the sum is wrong, and speaks English alone
        found = list(_changed(folder)) if ours else []
        yield from found
        if not found:
            yield Problem(folder.name, say("isn't a valid bag: {why}", why=str(bad)))
    except (bagit.BagError, OSError, ValueError, LookupError) as bad:
        yield Problem(folder.name, say("isn't a valid bag: {why}", why=str(bad)))


def _changed(folder: Path) -> Iterator[Problem]:
    """Which files aren't those of the manifests."""
    told: dict[str, str] = {}
    for name in (f"manifest-{OURS}.txt", str(TAGMANIFEST)):
        lines = (folder / name).read_text("utf-8", "replace").splitlines() if (folder / name).is_file() else []
        told |= {path.lstrip(" *"): sha256 for sha256, _, path in (line.partition(" ") for line in lines)}
    payload = {p.relative_to(folder).as_posix() for p in (folder / PAYLOAD).rglob("*") if p.is_file()}
    for path in sorted({*told} | payload):
        if not (folder / path).is_file():
            yield Problem(path, say("is missing"))
        elif path not in told:
            yield Problem(path, say("was added"))
        elif file_sha256(folder / path) != told[path]:
            yield Problem(path, say("was changed"))


def _form(folder: Path) -> Iterator[Problem]:
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
            yield Problem(path.relative_to(folder).as_posix(), say("is a link or no plain file, which a bag can't hold"))
    declaration = folder / "bagit.txt"
    if not declaration.is_file():
        yield Problem("bagit.txt", say("is missing"))
    elif not DECLARATION.fullmatch(declaration.read_bytes()):
        yield Problem("bagit.txt", say("isn't the two lines that BagIt asks for"))
    for manifest in sorted(folder.glob("*manifest-*.txt")):
        for line in manifest.read_text("utf-8", "replace").splitlines():
            path_of = line.partition(" ")[2].lstrip(" *")
            parts = PurePosixPath(path_of.replace("\\", "/"))
            if parts.is_absolute() or ".." in parts.parts or re.match(r"[A-Za-z]:", path_of) or path_of.startswith("~"):
                yield Problem(manifest.name, say("{path!r} leads out of the bag", path=path_of))


def _unlisted(folder: Path) -> Iterator[Problem]:
    """Tag files that the tag manifest doesn't have: the library only looks at payload for what was added."""
    manifest = folder / TAGMANIFEST
    listed = {line.partition(" ")[2].lstrip(" *") for line in manifest.read_text("utf-8", "replace").splitlines()} if manifest.is_file() else set()
    if not (folder / f"manifest-{OURS}.txt").is_file() or not listed:
        yield Problem(str(TAGMANIFEST), say("is missing"))
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith(f"{PAYLOAD}/") and name not in {*listed, str(TAGMANIFEST), str(SIGNATURE)}:
            yield Problem(name, say("isn't listed in {manifest}: it was added", manifest=TAGMANIFEST))
