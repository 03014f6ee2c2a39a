"""Texts that somebody wrote, in the words of a reworded register: what a plugin hands over, what a pack of the insurer says."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from sqlglot import exp

from disputekit import sql
from disputekit.assess import Engine, workspace
from disputekit.register.reworded import COLUMNS, FOLDER, Rewording, pseudonym

__all__ = ["identifiers_among", "rewritten"]

_ESCAPED = re.compile(r"(?:\\u[0-9a-fA-F]{4})+")
"""Letters as JSON may write them; in this form no name would be seen."""
_CELLS = re.compile(r"""[^"\\,;\t\r\n]+""")
_WORDS = re.compile(r"""[^\s"'`\\,;:=|/()\[\]{}<>]+""")
_BARE = re.compile(r"[\w.-]+", re.ASCII)
"""Three ways to take a text apart, since an identifier may hold what parts others; Chinese is written without blanks."""
_HASH = re.compile(r"[0-9a-f]{64}")
_HASHES = re.compile(r"(?<![0-9a-f])([0-9a-f]{64})(?![0-9a-f])")
"""A SHA-256, among whose digits there may be some that look like a telephone number."""
_SHORT = 4
"""A shorter identifier may stand in other words, and counts only where it is all of a cell."""


def rewritten(texts: Sequence[str], assessment: Path, rewording: Rewording, mask: Callable[[str], str]) -> list[str]:
    """The texts, identifiers of the register replaced by their pseudonyms, and what else identifies people masked. assessment: that was made again."""
    read = [_ESCAPED.sub(_letters, t) for t in texts]
    found = identifiers_among(assessment, {c.strip() for text in read for way in (_CELLS, _WORDS, _BARE) for c in way.findall(text)}, rewording)
    return ["".join(piece if _HASH.fullmatch(piece) else mask(piece) for piece in _HASHES.split(_replaced(text, found))) for text in read]


def _replaced(text: str, found: Mapping[str, str]) -> str:
    """The longest first: one may stand within another."""
    for raw in sorted(found, key=lambda r: (-len(r), r)):
        before, after = (r"(?<![A-Za-z0-9_.-])", r"(?![A-Za-z0-9_-])") if len(raw) >= _SHORT else (r'(?:(?<=^)|(?<=[",\t\n]))', r'(?=[\\",\t\r\n]|$)')
        text = re.sub(before + re.escape(raw) + after, found[raw], text)
    return text


def _letters(match: re.Match[str]) -> str:
    """What was escaped and isn't ASCII; a control character or a quote keeps its escape."""
    units = [int(match.group()[i + 2 : i + 6], 16) for i in range(0, len(match.group()), 6)]
    if any(u < 0x80 for u in units):
        return match.group()
    return b"".join(u.to_bytes(2, "little") for u in units).decode("utf-16-le", "replace")


def identifiers_among(assessment: Path, texts: Iterable[str], rewording: Rewording) -> dict[str, str]:
    """Those of some texts that are identifiers or names in the register of an assessment that was made again, each with its pseudonym."""
    told = json.loads((assessment / FOLDER / COLUMNS).read_bytes())
    columns = [(c["table"], c["column"]) for c in told if c["treatment"] in ("pseudonym", "name") and c["type"] == "text"]
    pseudonyms = {pseudonym(t, rewording.key): t for t in texts}
    if not columns or not pseudonyms:
        return {}
    with workspace(Engine()) as (db, _):
        db.execute("create temp table given as select unnest(?) as value", [list(pseudonyms)])
        # the texts are few and the rows many: each column is passed over once
        given = exp.Subquery(this=exp.select("value").from_(sql.tab("given")))
        each = [
            exp.select(sql.col(c).as_("value"))
            .from_(sql.parquet(assessment / FOLDER / f"{t}.parquet"))
            .where(exp.In(this=sql.col(c), query=given.copy()))
            for t, c in columns
        ]
        query = exp.union(*each) if len(each) > 1 else each[0].distinct()
        found = [v for (v,) in db.execute(sql.written(query)).fetchall()]
    return {pseudonyms[v]: v for v in sorted(found) if pseudonyms[v] != v}
