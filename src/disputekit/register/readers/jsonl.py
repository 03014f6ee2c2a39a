"""JSON lines: one object on each line. Numbers keep their digits: they never pass through a binary fraction."""

from pathlib import Path

import duckdb
from sqlglot import exp

from disputekit import sql
from disputekit.errors import RegisterError
from disputekit.register.encoding import as_utf8
from disputekit.register.mapping import unique_names
from disputekit.register.readers.csv import LONGEST, scan_of_lines
from disputekit.register.settings import SourceSettings
from disputekit.register.source import Scan
from disputekit.text import say

_TOKENS = r'("(?:[^"\\]|\\.)*")|(-?[0-9][0-9.eE+-]*)'
"""A text, or a number: told apart by a mark that no JSON text may hold, so that each number can be put between quotes."""
_LINE = "the line"


def open_jsonl(file: Path, settings: SourceSettings, scratch: Path) -> Scan:
    """A scan of the objects' keys, over all lines: a key may be missing in any of them."""
    utf8 = as_utf8(file, settings.encoding, scratch)
    lines = scan_of_lines(utf8.path, {
        "columns": exp.Struct(expressions=[exp.PropertyEQ(this=sql.name(_LINE), expression=sql.text("VARCHAR"))]), "delim": sql.text("\x01"),
        "quote": sql.text(""), "escape": sql.text(""), "header": sql.boolean(False),
    }, min(utf8.path.stat().st_size + 1024, LONGEST))  # fmt: skip
    header = _keys(lines)
    pointers = exp.Array(expressions=[sql.text("/" + key.replace("~", "~0").replace("/", "~1")) for key in header])
    found = sql.fill(
        "select case when json_valid(document) then case when json_type(document) = 'OBJECT' then json_extract_string(document, $pointers)"
        " end end as found,"
        " trim($line, $blanks) = '' or $line is null as blank from documents", pointers=pointers, line=sql.col(_LINE), blanks=sql.text(" \t\r"),
    )  # fmt: skip
    found.set("from_", exp.From(this=_documents(lines).subquery("documents")))
    cells = [sql.expression("array_extract(found, $i)", i=sql.number(i)).as_(sql.name(key)) for i, key in enumerate(unique_names(header), 1)]
    relation = exp.select(*cells, exp.column("found").as_(sql.name("the object")), exp.column("blank").as_(sql.name("an empty line")))
    return Scan(file, header, relation.from_(found.subquery("lines")).subquery("rows"), utf8.path, encoding=utf8.encoding,
                blank=sql.col("an empty line"),
                broken=sql.expression("$o is null", o=sql.col("the object")), first_line=0)  # fmt: skip


def _documents(lines: exp.Expression) -> exp.Select:
    """Each line, and its JSON with every number between quotes."""
    quoted = sql.expression("replace(replace(regexp_replace($line, $tokens, $kept, 'g'), $both, ''), $mark, '\"')", line=sql.col(_LINE),
                            tokens=sql.text(_TOKENS), kept=sql.text("\\1\x01\\2\x01"), both=sql.text("\x01\x01"), mark=sql.text("\x01"))  # fmt: skip
    return exp.select(sql.col(_LINE), quoted.as_("document")).from_(lines.copy())


def _keys(lines: exp.Expression) -> tuple[str, ...]:
    """All keys in the order in which they turn up."""
    query = exp.select("*").from_(_documents(lines).subquery("documents"))
    with duckdb.connect() as db:
        found = db.execute(
            f"""select key, min(number) from (
                  select unnest(case when json_valid(document) then json_keys(document) end) as key, number
                  from (select document, row_number() over () as number from ({sql.written(query)})))
                group by key order by min(number), key"""  # noqa: S608
        ).fetchall()
        if not found:
            first = db.execute(f"select left(document, 60) from ({sql.written(query)}) limit 1").fetchone()  # noqa: S608
            raise RegisterError.at("", say("no line holds a JSON object; the first is {line!r}", line=first[0] if first else ""),
                                   say("Write one object on each line"))  # fmt: skip
    return tuple(key for key, _ in found)
