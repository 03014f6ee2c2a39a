"""What plugins hand over besides: their files name people where they keep records of their own, so that nothing of them goes out unread."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from disputekit import Phrase, Rewording, identifiers_among, rewritten, say, texts_in

LONG = 6
"""From how many digits on a number that is an identifier is one wherever it stands; a shorter one may be a count, unless the name of its column tells."""
_JSON = (".json", ".jsonl")


def reword_parts(folder: Path, assessment: Path, rewording: Rewording, mask: Callable[[str], str]) -> tuple[tuple[str, ...], Mapping[str, Phrase]]:
    """Puts the files of each part in the words of the package's register: identifiers are replaced, what else identifies people is masked.

    Gives the files that aren't as they were written, and the parts that are taken away again, with why: nobody can tell what is in a file that
    is neither text nor Parquet, and a Parquet file that names people, or a file that is named after one, stays as it is or goes.
    """
    changed: list[str] = []
    refused: dict[str, Phrase] = {}
    known = _identifying(assessment)
    for part in sorted(p for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else ():
        texts: dict[Path, str] = {}
        for path in sorted(p for p in part.rglob("*") if p.is_file()):
            name = path.relative_to(part).as_posix()
            names = [*path.relative_to(part).parts, path.stem]
            if rewritten(names, assessment, rewording, mask) != names:
                refused[part.name] = say("the name of one of its files names people or cases")
            elif path.suffix == ".parquet":
                if _names_somebody(path, known, assessment, rewording, mask):
                    refused[part.name] = say("{file} names people or cases as they are", file=name)
            else:
                try:
                    texts[path] = path.read_text("utf-8")
                except UnicodeDecodeError:
                    refused[part.name] = say("{file} is neither text nor Parquet: nobody can tell whom it names", file=name)
        if part.name in refused:
            shutil.rmtree(part)
            continue
        before = [_with_numbers(path, text, known, assessment, rewording) for path, text in texts.items()]
        for (path, own), after in zip(texts.items(), rewritten(before, assessment, rewording, mask), strict=True):
            if after != own:
                path.write_text(after, encoding="utf-8", newline="")
                changed.append(path.relative_to(folder.parent).as_posix())
    return tuple(changed), refused


def _identifying(assessment: Path) -> frozenset[str]:
    """The names of the register's columns that hold identifiers or names."""
    columns = json.loads((assessment / "register" / "columns.json").read_bytes())
    return frozenset(c["column"] for c in columns if c["treatment"] in ("pseudonym", "name"))


def _names_somebody(path: Path, known: frozenset[str], assessment: Path, rewording: Rewording, mask: Callable[[str], str]) -> bool:
    texts: list[str] = []
    for column, values in texts_in(path).items():
        texts += sorted(v for v in values if not v.isdecimal() or column in known or len(v) >= LONG)
    return rewritten(texts, assessment, rewording, mask) != texts


# ── numbers in JSON ──


def _with_numbers(path: Path, text: str, known: frozenset[str], assessment: Path, rewording: Rewording) -> str:
    """JSON in which numbers that are identifiers are texts: only so can a pseudonym stand for one."""
    lines = text.splitlines() if path.suffix == ".jsonl" else [text]
    try:
        read = [json.loads(line) for line in lines if line.strip()] if path.suffix in _JSON else []
    except ValueError:
        return text
    numbers = identifiers_among(assessment, {str(n) for one in read for n in _numbers(one, "", known)}, rewording)
    if not numbers:
        return text
    indent = 1 if path.suffix == ".json" else None
    return "\n".join(json.dumps(_as_texts(one, "", known, numbers), ensure_ascii=False, indent=indent) for one in read) + "\n"


def _numbers(value: Any, key: str, known: frozenset[str]) -> Iterator[int]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _numbers(one, name, known)
    elif isinstance(value, list):
        for one in value:
            yield from _numbers(one, key, known)
    elif isinstance(value, int) and not isinstance(value, bool) and (key in known or len(str(value)) >= LONG):
        yield value


def _as_texts(value: Any, key: str, known: frozenset[str], numbers: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _as_texts(one, name, known, numbers) for name, one in value.items()}
    if isinstance(value, list):
        return [_as_texts(one, key, known, numbers) for one in value]
    return str(value) if str(value) in numbers and value in _numbers(value, key, known) else value
