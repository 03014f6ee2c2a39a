"""The catalogues of translations: collects what the code says, and makes from each `.po` the `.mo` that is read at run time.

    python -m disputekit.catalogue extract    # every say(…) of the code into the .pot and the .po files
    python -m disputekit.catalogue missing    # what has no translation yet
    python -m disputekit.catalogue compile    # the .mo files
    python -m disputekit.catalogue            # all three

For who works on disputekit, in its checkout and with Babel installed; whoever uses disputekit needs neither.
"""

import ast
import struct
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from disputekit.text import Phrase, say

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

LOCALE = Path(__file__).parent / "locale"
DOMAIN = "disputekit"
SOURCES = (("src/disputekit", Path(__file__).parent), ("plugins", Path(__file__).parents[2] / "plugins"))
"""The folders whose code is read, each with the name that it has in the catalogue."""


# Babel would write the time and its own version, and so change the file whenever anybody collects.
_HEAD = """\
msgid ""
msgstr ""
"Project-Id-Version: disputekit\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def words() -> tuple[Phrase, ...]:
    """The words of the vocabulary, which the code says by way of a variable, so that no template shows them."""
    return (
        # severities
        say("critical"), say("high"), say("medium"), say("low"),
        # outcomes
        say("fail"), say("unknown"), say("pending"), say("pass"), say("not_applicable"),
        # reasons
        say("late"), say("open"), say("missing"), say("order"), say("happened"), say("too often"), say("too seldom"), say("unverified"),
        say("incomplete"), say("condition"), say("outside"), say("orphan"), say("differs"), say("gap"), say("too many"), say("too few"),
        say("interested"), say("refused"), say("paused"), say("not supplied"), say("not covered"), say("stale"), say("contradictory"),
        say("too coarse"), say("no calendar"), say("conflict"), say("rejected value"), say("no value"), say("error"), say("not in force"),
        say("small sample"), say("inconclusive"), say("not judged"),
        say("other phase"), say("not concerned"), say("not begun"), say("stopped"), say("lapsed"), say("yields"),
        # statuses of controls
        say("draft"), say("active"), say("deprecated"), say("retired"), say("switched off"),
        # states of waivers and dispositions
        say("in force"), say("not yet"), say("expired"), say("unused"), say("recorded"), say("no finding"), say("no control"), say("by the handler"),
        # bases of coverage, and of rules
        say("declared"), say("first occurrence"), say("never occurs"), say("law"), say("practice"),
        # states of controls between two assessments, and numbers of tables
        say("both"), say("added"), say("removed"), say("not compared"), say("rows rejected"), say("cells rejected"),
        # whose duty it is
        say("insurer"), say("customer"), say("regulator"), say("court"), say("mediator"), say("fund"),
        # units of periods
        say("hours"), say("days"), say("working days"), say("weeks"), say("months"), say("years"),
    )  # fmt: skip


def templates() -> dict[str, list[str]]:
    """Each template that the code says, with the files that say it, in the order in which a reader of the code meets them."""
    found: dict[str, list[str]] = {}
    for name, folder in SOURCES:
        for path in sorted(folder.rglob("*.py")):
            for template in said_in(path.read_text(encoding="utf-8")):
                files = found.setdefault(template, [])
                place = f"{name}/{path.relative_to(folder).as_posix()}"
                if place not in files:
                    files.append(place)
    return found


def said_in(code: str) -> Iterator[str]:
    """The templates of all calls of `say` in a piece of Python, those within f-strings included."""
    # Babel's own extractor reads tokens, and on Python 3.11 a whole f-string is one token: a say(…) in it would never be translated.
    calls = [n for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "say" and n.args]
    for call in sorted(calls, key=lambda n: (n.lineno, n.col_offset)):
        yield from _texts(call.args[0])


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def extract() -> None:
    """Writes the templates of the code to the `.pot`, and brings every `.po` up to date: what is said no longer goes, what is new waits empty."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import write_po

    def written(path: Path, catalog: Catalog, head: str) -> None:
        buffer = BytesIO()
        write_po(buffer, catalog, width=140, include_lineno=False, omit_header=True)
        path.write_bytes(head.encode() + buffer.getvalue())

    template = Catalog(domain=DOMAIN, charset="utf-8")
    for text, files in templates().items():
        template.add(text, locations=[(f, 1) for f in files])
    written(LOCALE / f"{DOMAIN}.pot", template, "")
    for path in po_files():
        catalog = read(path)
        # A fuzzy guess is worse than a sentence in English: it may say something else.
        catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
        catalog.obsolete.clear()
        written(path, catalog, _HEAD.format(language=path.parents[1].name))


def po_files() -> list[Path]:
    return sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def read(path: Path) -> "Catalog":
    """A `.po` as Babel's catalogue."""
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        return read_po(file, locale=path.parents[1].name, domain=DOMAIN, abort_invalid=True)


def missing(path: Path) -> list[str]:
    """The templates that have no translation in a `.po`."""
    translated = translations(path)
    return [t for t in templates() if t not in translated]


def translations(path: Path) -> dict[str, str]:
    """The templates with their translations, as they stand in a `.po`; those without one are left out."""
    return {str(m.id): str(m.string) for m in read(path) if m.id and m.string}


def compiled(path: Path) -> bytes:
    """What the `.mo` of a `.po` holds. The same translations give the same bytes, whichever version of Babel is there."""
    header = "Content-Type: text/plain; charset=UTF-8\nLanguage: " + path.parents[1].name + "\n"
    entries = sorted((k.encode(), v.encode()) for k, v in {"": header, **translations(path)}.items())
    start = 7 * 4
    at = start + len(entries) * 16
    tables: list[int] = []
    for side in zip(*entries, strict=True):
        for text in side:
            tables += (len(text), at)
            at += len(text) + 1
    # Magic number, revision, number of texts, where the two tables are, and an empty table of hashes.
    head = (0x950412DE, 0, len(entries), start, start + len(entries) * 8, 0, start)
    return struct.pack(f"<{len(head) + len(tables)}I", *head, *tables) + b"".join(t + b"\0" for side in zip(*entries, strict=True) for t in side)


def main(wanted: Iterable[str]) -> int:
    """Runs the steps that are named, all of them if none is; 1 if a translation is missing."""
    steps = list(wanted) or ["extract", "missing", "compile"]
    if unknown := [s for s in steps if s not in ("extract", "missing", "compile")]:
        sys.stderr.write(f"{', '.join(unknown)}: say extract, missing or compile\n")
        return 2
    gaps = 0
    if "extract" in steps:
        extract()
    for path in po_files():
        if "missing" in steps:
            for template in missing(path):
                sys.stdout.write(f"{path.parents[1].name}: {template}\n")
                gaps += 1
        if "compile" in steps:
            path.with_suffix(".mo").write_bytes(compiled(path))
    return 1 if gaps else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
