"""What plugins hand over besides: their files name people where they keep records of their own, so that nothing of them goes out unread."""

import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from disputekit import Phrase, Rewording, identifiers_among, say, texts_in

ESCAPED = re.compile(r"(?:\\u[0-9a-fA-F]{4})+")
"""Letters as JSON may write them; in this form no name would be seen."""
CELLS = re.compile(r"""[^"\\,;\t\r\n]+""")
WORDS = re.compile(r"""[^\s"'`\\,;:=|/()\[\]{}<>]+""")
BARE = re.compile(r"[\w.-]+")
"""Three ways to take a text apart, since an identifier may hold what parts others."""
HASH = re.compile(r"[0-9a-f]{64}")
HASHES = re.compile(r"(?<![0-9a-f])([0-9a-f]{64})(?![0-9a-f])")
"""A SHA-256, among whose digits there may be some that look like a telephone number."""
SHORT = 4
"""A shorter identifier may stand in other words, and counts only where it is all of a cell."""


def reword_parts(folder: Path, assessment: Path, rewording: Rewording, mask: Callable[[str], str]) -> tuple[tuple[str, ...], Mapping[str, Phrase]]:
    """Puts the files of each part in the words of the package's register: identifiers are replaced, what else identifies people is masked.

    Gives the files that aren't as they were written, and the parts that are taken away again, with why: nobody can tell what is in a file that
    is neither text nor Parquet, and a Parquet file that names people stays as it is or goes.
    """
    changed: list[str] = []
    refused: dict[str, Phrase] = {}
    for part in sorted(p for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else ():
        texts: dict[Path, str] = {}
        for path in sorted(p for p in part.rglob("*") if p.is_file()):
            name = path.relative_to(part).as_posix()
            if path.suffix == ".parquet":
                values = texts_in(path)
                if any(mask(v) != v for v in values) or identifiers_among(assessment, values, rewording):
                    refused[part.name] = say("{file} names people or cases as they are", file=name)
                continue
            try:
                texts[path] = path.read_text("utf-8")
            except UnicodeDecodeError:
                refused[part.name] = say("{file} is neither text nor Parquet: nobody can tell whom it names", file=name)
        if part.name in refused:
            shutil.rmtree(part)
            continue
        new = _reworded(list(texts.values()), assessment, rewording, mask)
        for (path, before), after in zip(texts.items(), new, strict=True):
            if after != before:
                path.write_text(after, encoding="utf-8", newline="")
                changed.append(path.relative_to(folder.parent).as_posix())
    return tuple(changed), refused


def _reworded(texts: Sequence[str], assessment: Path, rewording: Rewording, mask: Callable[[str], str]) -> list[str]:
    read = [ESCAPED.sub(_letters, t) for t in texts]
    found = identifiers_among(assessment, {c.strip() for text in read for way in (CELLS, WORDS, BARE) for c in way.findall(text)}, rewording)
    return ["".join(piece if HASH.fullmatch(piece) else mask(piece) for piece in HASHES.split(_replaced(text, found))) for text in read]


def _replaced(text: str, found: Mapping[str, str]) -> str:
    """The longest first: one may stand within another."""
    for raw in sorted(found, key=lambda r: (-len(r), r)):
        before, after = (r"(?<![\w.-])", r"(?![\w-])") if len(raw) >= SHORT else (r'(?:(?<=^)|(?<=[",\t\n]))', r'(?=[\\",\t\r\n]|$)')
        text = re.sub(before + re.escape(raw) + after, found[raw], text)
    return text


def _letters(match: re.Match[str]) -> str:
    """What was escaped and isn't ASCII; a control character or a quote keeps its escape."""
    units = [int(match.group()[i + 2 : i + 6], 16) for i in range(0, len(match.group()), 6)]
    if any(u < 0x80 for u in units):
        return match.group()
    return b"".join(u.to_bytes(2, "little") for u in units).decode("utf-16-le", "replace")
