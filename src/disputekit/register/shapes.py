"""What a cell must look like before it is cast, for each type of column: the engine's own casts accept far too much.

(`TRY_CAST` rounds 1.239 to 1.24, drops `+08:00`, takes `infinity`, `24:00:00` and `2024-1-5`.) A cell that doesn't have its shape, or
has it and still is no such value (30 February), becomes NULL: a bad cell.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from zoneinfo import ZoneInfo

from sqlglot import exp

from disputekit import sql
from disputekit.errors import Problem
from disputekit.register.schema import ColumnType
from disputekit.text import say

_BLANKS = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_AT_AN_END = rf"^[{_BLANKS}]|[{_BLANKS}]$"
_DATE = r"[1-9]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?"
_OFFSET = r"(?:Z|[+-]\d{2}(?::?\d{2})?)"
_NAIVE = f"{_DATE}(?:[ T]{_TIME})?"
_AWAY = f"{_DATE}[ T]{_TIME}{_OFFSET}"
ISO_LIKE = r"\d{4}-\d{2}-\d{2}(?:[ T].*)?"
"""Values that are ISO dates in form: if one of these can't be read it is a bad cell, no other way of writing dates."""
DATE_LIKE = (
    r"(?i)(?:\d{1,4} ?[-/.年] ?\d{1,2} ?[-/.月] ?\d{1,4}日?|(?:19|20)\d{6}|\d{1,2}[ -][a-z]{3,9}\.?,?[ -]\d{2,4}|[a-z]{3,9}\.? \d{1,2},? \d{4})"
    r"(?:[ T日].{0,24})?"
)
"""Values that somebody may have meant as a date, however written."""
_DIRECTIVES = {
    "Y": r"[1-9]\d{3}", "y": r"\d{2}", "m": r"\d{1,2}", "d": r"\d{1,2}", "H": r"\d{1,2}", "I": r"\d{1,2}", "M": r"\d{1,2}", "S": r"\d{1,2}",
    "f": r"\d{1,6}", "p": r"(?i:AM|PM)", "b": r"[A-Za-z]{3}", "B": r"[A-Za-z]+", "a": r"[A-Za-z]{3}", "A": r"[A-Za-z]+", "j": r"\d{1,3}",
    "z": r"[+-]\d{2}:?\d{2}|[+-]\d{2}|Z", "%": "%",
}  # fmt: skip
TRUE, FALSE = ("true", "yes", "1", "是"), ("false", "no", "0", "否")


@dataclass(frozen=True)
class Format:
    """A way of writing dates: strptime's text, the shape it stands for, and whether it tells the time of day and the offset."""

    text: str
    shape: str
    timed: bool
    away: bool


@dataclass(frozen=True)
class Shaped:
    """A cell as a value: `value` is NULL where the cell can't be read; `coarse` holds where only the day is known (None: never)."""

    value: exp.Expression
    coarse: exp.Expression | None
    reason: str


def format_of(text: str) -> Format | Problem:
    """A strptime text with its shape. The shape guards what strptime lets pass: years of two digits for `%Y`, blanks anywhere."""
    shape, at = "", 0
    found = set()
    while at < len(text):
        if text[at] != "%":
            shape += re.escape(text[at])
            at += 1
            continue
        code = text[at + 1 : at + 2]
        code, at = (text[at + 2 : at + 3], at + 3) if code in {"-", "#"} else (code, at + 2)
        if code not in _DIRECTIVES:
            return Problem("", say("unknown %{code} in the format {text!r}", code=code, text=text),
                           say("Known: {codes}", codes=" ".join(f"%{c}" for c in _DIRECTIVES)))  # fmt: skip
        shape += f"(?:{_DIRECTIVES[code]})"
        found.add(code)
    if not ({"Y", "y"} & found and (({"m", "b", "B"} & found and "d" in found) or "j" in found)):
        return Problem("", say("the format {text!r} names no year, month and day", text=text), say('For example "%Y/%m/%d %H:%M:%S"'))
    return Format(text, shape, bool({"H", "I"} & found), "z" in found)


def cleaned(cell: exp.Expression, missing: Sequence[str]) -> exp.Expression:
    """A text without white space at its ends; NULL where nothing is left, or what means that nothing is known.

    Almost all cells begin and end with a visible ASCII character, which is a hundred times cheaper to see than to trim.
    """
    found = sql.expression(
        "case when $x >= '!' and $x < $last and array_extract($x, -1) >= '!' and array_extract($x, -1) < $last then $x"
        " when regexp_matches($x, $end) then nullif(trim($x, $blanks), '') else nullif($x, '') end",
        x=cell, last=sql.text("\x7f"), end=sql.text(_AT_AN_END), blanks=sql.text(_BLANKS),
    )  # fmt: skip
    nothing = sorted({m.strip(_BLANKS) for m in missing} - {""})
    if not nothing:
        return found
    listed = exp.In(this=sql.col("cell"), expressions=[sql.text(m) for m in nothing])
    return _let(found, exp.Case(ifs=[exp.If(this=listed, true=exp.Null())], default=sql.col("cell")))


def _let(value: exp.Expression, body: exp.Expression) -> exp.Expression:
    """`body` with `value` for its column `cell`."""
    return body.transform(lambda n: value.copy() if isinstance(n, exp.Column) and n.name == "cell" and not n.table else n)


def shaped(kind: ColumnType, scale: int, cell: exp.Expression, formats: Sequence[Format], native: bool, zone: ZoneInfo) -> Shaped:
    """A cell of text as a value of `kind`. `native`: ISO dates are accepted besides `formats`. `scale`: decimals that a number may have."""
    match kind:
        case "integer":
            value = _gated(cell, r"[+-]?\d+", "try_cast($x as bigint)")
            return Shaped(value, None, say("is not a whole number"))
        case "decimal":
            decimals = rf"(?:\.\d{{1,{scale}}})?" if scale else ""
            value = _gated(cell, rf"[+-]?\d+{decimals}", f"try_cast($x as decimal(18, {scale}))")
            return Shaped(value, None, say("is not a number of digits, one point and no more decimals than the column has"))
        case "boolean":
            value = sql.expression("case when $low in ($yes) then true when $low in ($no) then false end", low=sql.expression("lower($x)", x=cell),
                                   yes=exp.Null(), no=exp.Null())  # fmt: skip
            for listed, words in zip(value.find_all(exp.In, bfs=False), (TRUE, FALSE), strict=True):
                listed.set("expressions", [sql.text(w) for w in words])
            return Shaped(value, None, say("is neither true nor false, yes nor no, 1 nor 0, 是 nor 否"))
        case "list":
            return Shaped(sql.expression(
                "case when left($x, 1) = '[' then case when json_valid($x) then try_cast(try_cast($x as json) as varchar[]) end"
                " else list_filter(list_transform(regexp_split_to_array($x, '[;；]'), lambda e : trim(e, $blanks)), lambda e : e <> '') end",
                x=cell, blanks=sql.text(_BLANKS)), None, say("begins like a JSON array and isn't one"))  # fmt: skip
        case "date":
            moment, _ = _moment(cell, formats, native, zone)
            return Shaped(sql.expression("case when $m = date_trunc('day', $m) then cast($m as date) end", m=moment), None,
                          say("is not a date that exists, or has a time of day"))  # fmt: skip
        case "instant":
            moment, coarse = _moment(cell, formats, native, zone)
            return Shaped(moment, coarse, say("is not a moment that exists"))
        case "text":
            return Shaped(cell, None, say("couldn't be computed by its source"))


def _gated(cell: exp.Expression, shape: str, read: str) -> exp.Expression:
    return sql.expression(f"case when regexp_full_match($x, $shape) then {read} end", x=cell, shape=sql.text(shape))


def _iso(cell: exp.Expression, zone: ZoneInfo) -> exp.Expression:
    return sql.expression(
        "case when regexp_full_match($x, $naive) then try_cast($x as timestamp)"
        " when regexp_full_match($x, $away) then timezone($zone, try_cast($x as timestamptz)) end",
        x=cell, naive=sql.text(_NAIVE), away=sql.text(_AWAY), zone=sql.text(zone.key),
    )  # fmt: skip


def _moment(cell: exp.Expression, formats: Sequence[Format], native: bool, zone: ZoneInfo) -> tuple[exp.Expression, exp.Expression | None]:
    """The local instant that a cell says, and whether it says the day only (None: it never does)."""
    iso, day_only = _iso(cell, zone), sql.expression("length($x) = 10", x=cell)
    if not formats:
        return iso, day_only
    tried: list[exp.Expression] = []
    for form in formats:
        parsed = sql.expression("try_strptime($x, $form)", x=cell, form=sql.text(form.text))
        if form.away:
            parsed = sql.expression("timezone($zone, $t)", zone=sql.text(zone.key), t=parsed)
        tried.append(sql.expression("case when regexp_full_match($x, $shape) then $t end", x=cell, shape=sql.text(form.shape), t=parsed))
    fits = functools.reduce(lambda a, b: sql.expression("$a + $b", a=a, b=b), [sql.expression("cast($t is not null as integer)", t=t) for t in tried])
    value = (
        tried[0]
        if len(tried) == 1
        else sql.expression("case when $n = 1 then $one end", n=fits, one=exp.Coalesce(this=tried[0], expressions=tried[1:]))
    )
    coarse: exp.Expression | None = sql.either(
        sql.expression("$t is not null", t=t) for form, t in zip(formats, tried, strict=True) if not form.timed
    )
    if all(form.timed for form in formats):
        coarse = None
    if native:
        value = sql.expression("case when regexp_full_match($x, $naive) then $iso else $v end", x=cell, naive=sql.text(_NAIVE), iso=iso, v=value)
        coarse = day_only if coarse is None else sql.either([sql.expression("regexp_full_match($x, $day)", x=cell, day=sql.text(_DATE)), coarse])
    return value, coarse


_NATURAL: Mapping[ColumnType, tuple[str, ...]] = MappingProxyType({
    "integer": ("TINYINT", "SMALLINT", "INTEGER", "BIGINT"), "boolean": ("BOOLEAN",), "list": ("VARCHAR[]",),
})  # fmt: skip


def converted(kind: ColumnType, scale: int, cell: exp.Expression, given: str, zone: ZoneInfo) -> Shaped | None:
    """A cell that has the engine's type `given` (Parquet) as a value of `kind`, exactly or not at all; None: read it as text."""
    if given in _NATURAL.get(kind, ()):
        return Shaped(sql.cast(cell, "bigint") if kind == "integer" else cell, None, say("is no such value"))
    number = given.startswith("DECIMAL") or given in {
        *_NATURAL["integer"],
        "HUGEINT",
        "UTINYINT",
        "USMALLINT",
        "UINTEGER",
        "UBIGINT",
        "FLOAT",
        "DOUBLE",
    }
    if number and kind in {"integer", "decimal"}:
        into = "bigint" if kind == "integer" else f"decimal(18, {scale})"
        if given == f"DECIMAL(18,{scale})" and kind == "decimal":
            return Shaped(cell, None, say("is no such value"))
        value = sql.expression(f"case when try_cast($x as {into}) = $x then try_cast($x as {into}) end", x=cell)
        return Shaped(value, None, say("can't be written exactly with the decimals that the column has"))
    if given in {"DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"} and kind in {"date", "instant"}:
        local = sql.expression("timezone($zone, $x)", zone=sql.text(zone.key), x=cell) if given.endswith("ZONE") else sql.cast(cell, "timestamp")
        if kind == "date" and given != "DATE":
            value = sql.expression("case when isfinite($x) and $m = date_trunc('day', $m) then cast($m as date) end", x=cell, m=local)
            return Shaped(value, None, say("is not a date that exists, or has a time of day"))
        value = sql.expression("case when isfinite($x) then $m end", x=cell, m=cell if kind == "date" else local)
        return Shaped(value, sql.boolean(True) if given == "DATE" and kind == "instant" else None, say("is not a moment that exists"))
    return None


def as_text(cell: exp.Expression, given: str) -> exp.Expression:
    """A typed cell as the text that a person would write: whole floats without a point."""
    if given in {"FLOAT", "DOUBLE"}:
        return sql.expression(
            "case when $x = trunc($x) and abs($x) < 1e15 then cast(cast($x as bigint) as varchar) else cast($x as varchar) end", x=cell
        )
    if given.endswith("]") or given.startswith(("STRUCT", "MAP")):
        return sql.expression("cast(to_json($x) as varchar)", x=cell)
    return sql.cast(cell, "varchar")
