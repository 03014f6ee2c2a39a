"""What plugins hand over besides: their files name people where they keep records of their own, so that nothing of them goes out unread."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from disputekit import Phrase, Rewording, identifiers_among, rewritten, say, texts_in

LONG = 6
"""From how many digits on a number that is an identifier is one wherever it stands; a shorter one may be a count, unless the name of its column tells."""
PARQUET = ".parquet"
_JSON = (".json", ".jsonl")


def reword_parts(folder: Path, assessment: Path, rewording: Rewording, mask: Callable[[str], str]) -> tuple[tuple[str, ...], Mapping[str, Phrase]]:
    """Puts the files of each part in the words of the package's register: identifiers are replaced, what else identifies people is masked.

    Gives the files that aren't as they were written, and the parts that are taken away again, with why: nobody can tell what is in a file that
    is neither text nor Parquet, and a Parquet file that names people, or a file that is named after one, stays as it is or goes.
    """
    known = _identifying(assessment)
    files = [
        (part, path) for part in sorted(p for p in folder.iterdir() if p.is_dir()) for path in sorted(p for p in part.rglob("*") if p.is_file())
    ] if folder.is_dir() else []  # fmt: skip
    texts, refused = {path: _read(path, known) for _, path in files}, dict[str, Phrase]()
    numbers = identifiers_among(assessment, {str(n) for path, found in texts.items() for n in _numbers_in(path, found, known)}, rewording)
    asked = {path: [*path.relative_to(part).parts, path.stem, *_with_numbers(path, texts[path], known, numbers)] for part, path in files}
    # all at once: whom the register names is looked up in all of it
    answers = iter(rewritten([t for path in asked for t in asked[path]], assessment, rewording, mask))
    new = {path: [next(answers) for _ in asked[path]] for path in asked}
    for part, path in files:
        names, name = len(path.relative_to(part).parts) + 1, path.relative_to(part).as_posix()
        if new[path][:names] != asked[path][:names]:
            refused[part.name] = say("the name of one of its files names people or cases")
        elif texts[path] is None:
            refused[part.name] = say("{file} is neither text nor Parquet: nobody can tell whom it names", file=name)
        elif path.suffix == PARQUET and new[path] != asked[path]:
            refused[part.name] = say("{file} names people or cases as they are", file=name)
    changed = []
    for part, path in files:
        if part.name not in refused and path.suffix != PARQUET and [new[path][-1]] != texts[path]:
            path.write_text(new[path][-1], encoding="utf-8", newline="")
            changed.append(path.relative_to(folder.parent).as_posix())
    for name in refused:
        shutil.rmtree(folder / name)
    return tuple(changed), refused


def _read(path: Path, known: frozenset[str]) -> list[str] | None:
    """The text of a file, or the texts in a Parquet file; None where it is neither."""
    if path.suffix == PARQUET:
        found = texts_in(path)
        return [v for column, values in found.items() for v in sorted(values) if not v.isdecimal() or column in known or len(v) >= LONG]
    try:
        return [path.read_text("utf-8")]
    except UnicodeDecodeError:
        return None


def _identifying(assessment: Path) -> frozenset[str]:
    """The names of the register's columns that hold identifiers or names."""
    columns = json.loads((assessment / "register" / "columns.json").read_bytes())
    return frozenset(c["column"] for c in columns if c["treatment"] in ("pseudonym", "name"))


# ── numbers in JSON ──


def _parsed(path: Path, texts: list[str] | None) -> list[Any]:
    """What is in a file of JSON, or of a document on each line; nothing where it is no such file."""
    if path.suffix not in _JSON or not texts:
        return []
    try:
        return [json.loads(line) for line in (texts[0].splitlines() if path.suffix == ".jsonl" else texts) if line.strip()]
    except ValueError:
        return []


def _numbers_in(path: Path, texts: list[str] | None, known: frozenset[str]) -> Iterator[int]:
    for one in _parsed(path, texts):
        yield from _numbers(one, "", known)


def _with_numbers(path: Path, texts: list[str] | None, known: frozenset[str], numbers: Mapping[str, str]) -> list[str]:
    """JSON in which numbers that are identifiers are texts: only so can a pseudonym stand for one."""
    if not any(str(n) in numbers for n in _numbers_in(path, texts, known)):
        return texts if texts is not None else []
    indent = 1 if path.suffix == ".json" else None
    return ["\n".join(json.dumps(_as_texts(one, "", known, numbers), ensure_ascii=False, indent=indent) for one in _parsed(path, texts)) + "\n"]


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
