"""The conditions that packs may contain (`where`, `holds`), and formulas: read, checked, and built anew from what is allowed.

Nothing of the author's text reaches the engine as it stands. It is parsed, every node is read by a rule of its own, and a new tree is built
from the values found; a node without a rule is refused by name. What is allowed means the same in DuckDB and in Spark, can't fail on
any row, and stays exact:

- Like is compared with like: texts, numbers, moments, booleans. A quoted 'YYYY-MM-DD' beside a moment becomes a date.
- An instant compares with a date by its date: `received_at > '2026-01-31'` means from the first of February on. To the second it
  compares only with another instant, or with a literal that has a time of day.
- Numbers are decimals, never floats. How many digits a result may need is known beforehand, and what could need more than 38 is refused.
  In a product or quotient of two columns a factor that doesn't fit into 18 digits at its number of decimals (six for a decimal column,
  hence 10 to the power of 12) is NULL: the condition can't be decided. Dividing by zero is NULL, too.
- A quotient is exact to ten decimals and marked if it goes on, so that it compares rightly with every number of at most ten decimals.
  It can't be divided again.
  (DuckDB divides decimals as floats: 0.3 / 0.1 would be less than 3. The 128-bit integers used instead are refused by Spark, loudly.)
- `greatest` and `least` are of numbers, and NULL where one of them is: an engine would pass over what is missing.
- Texts have no other comparison than by their characters; patterns are literals, and nothing but ESCAPE escapes in them.
"""

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import duckdb
import sqlglot
from sqlglot import exp

from disputekit import sql
from disputekit.errors import nearest
from disputekit.register.schema import ColumnType
from disputekit.text import Phrase, say

LONGEST = 2000
"""The most characters that a condition may have."""
DEEPEST = 40
"""The most levels of nesting; a chain of AND or of OR is one level."""

_DIGITS = 38
_NARROW = 18
_DECIMALS = 6
_QUOTIENT = 10
_WITHIN = 3

_Family = Literal["text", "number", "date", "instant", "boolean", "list", "null"]


class ConditionError(Exception):
    """What is wrong with a condition. mistakes: (what, hint) of each, in the order in which they stand in it."""

    def __init__(self, *mistakes: tuple[str, str]) -> None:
        super().__init__("\n".join(what for what, _ in mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True)
class _Kind:
    """What a value is; for numbers, the most digits that it can have before (`whole`) and after (`scale`) the point."""

    family: _Family
    whole: int = 0
    scale: int = 0

    @property
    def digits(self) -> int:
        return self.whole + self.scale


class _Number(NamedTuple):
    """A number that was read."""

    tree: exp.Expression
    kind: _Kind


class _Value(NamedTuple):
    """A value that was read. kind: None where a mistake in it is already told."""

    tree: exp.Expression
    kind: _Kind | None


_TEXT, _DATE, _INSTANT, _BOOLEAN, _LIST, _NULL = map(_Kind, ("text", "date", "instant", "boolean", "list", "null"))  # type: ignore[arg-type]

_NUMBER = _Kind("number")

_COLUMNS: Mapping[ColumnType, tuple[_Kind, str]] = MappingProxyType({
    "text": (_TEXT, "varchar"), "date": (_DATE, "date"), "instant": (_INSTANT, "timestamp"), "boolean": (_BOOLEAN, "boolean"),
    "list": (_LIST, "varchar[]"), "integer": (_Kind("number", 19), "bigint"), "decimal": (_Kind("number", _NARROW, _DECIMALS), "decimal(18, 2)"),
})  # fmt: skip

_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_ANSWERS = (*_COMPARISONS, exp.And, exp.Or, exp.Not, exp.Is, exp.In, exp.Between, exp.Like, exp.ILike, exp.Escape)

FUNCTIONS = ("abs", "coalesce", "contains", "greatest", "least", "length", "lower", "month", "nullif", "quarter", "round", "starts_with",
             "trim", "year")  # fmt: skip
"""The functions that a condition may call."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.(\d{3}|\d{6}))?)?", re.ASCII)
_FULL_WIDTH = frozenset("＝＜＞（），＋－＊／‘’“”　")


def parse_condition(text: str, columns: Mapping[str, ColumnType]) -> exp.Expression:
    """The condition as a tree in parentheses, each column named by its full name in one quoted identifier (`"contract.line"`).

    columns: what may be read, by name: the subject's own, its parents' (`contract.line`), moments. Raises ConditionError with every mistake.
    """
    reader = _Reader(columns)
    return reader.read(reader.condition(_parsed(text)))


def parse_number(text: str, columns: Mapping[str, ColumnType]) -> exp.Expression:
    """A formula that comes to a number, read and built like a condition. Raises ConditionError with every mistake."""
    reader = _Reader(columns)
    return reader.read(reader.number(_parsed(text)))


def columns_read(text: str) -> tuple[str, ...]:
    """The names that a condition mentions, sorted. Raises ConditionError where the text can't be parsed."""
    return tuple(sorted({_name(c) for c in _parsed(text).find_all(exp.Column) if isinstance(c.this, exp.Identifier)}))


def binds_as_boolean(db: duckdb.DuckDBPyConnection, tree: exp.Expression, columns: Mapping[str, ColumnType]) -> None:
    """The last belt: has DuckDB bind the condition over an empty relation. Raises ConditionError unless it comes to exactly BOOLEAN."""
    empty = exp.select("1", *(sql.null(_COLUMNS[kind][1]).as_(sql.name(name)) for name, kind in columns.items())).limit(0)
    query = exp.select(tree.copy().as_("held")).from_(empty.subquery("facts"))
    try:
        found = db.execute(f"describe {sql.written(query)}").fetchall()[0][1]
    except duckdb.Error as bad:
        raise ConditionError((say("the engine refuses it: {what}", what=str(bad).partition("\n")[0][:200]), "")) from bad
    if found != "BOOLEAN":
        raise ConditionError((say("it comes to {found}, not to true or false", found=found), ""))


def _parsed(text: str) -> exp.Expr:
    """The text as a syntax tree. Raises ConditionError for what isn't the text of one condition."""
    if not text.strip():
        raise ConditionError((say("the condition is empty"), say("Leave it out, or write one such as complexity = 'simple'")))
    if len(text) > LONGEST:
        raise ConditionError((say("the condition has {n} characters; {most} is the most", n=len(text), most=LONGEST),
                              say("Use IN for many values, or make several controls")))  # fmt: skip
    unseen = [c for c in text if c not in "\t\r\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs"}]
    if unseen:
        # In a quoted text it would make every comparison FALSE, and nobody could see why.
        raise ConditionError((say("it has a character that can't be seen: U+{code}", code=f"{ord(unseen[0]):04X}"), say("Type it anew")))
    _check_words(text)
    found, hint = "", say("Write one condition, such as complexity = 'simple'")
    try:
        tree = sqlglot.parse_one(text, into=exp.Condition, dialect=sql.DIALECT)
        # The parser lets some nodes pass that lack what they need (`@` alone is the absolute value of nothing).
        if not any(n.error_messages() for n in tree.walk()):
            if _depth(tree) <= DEEPEST:
                return tree
            raise RecursionError
    except sqlglot.ParseError as bad:
        found = str(bad.errors[0].get("highlight") or "") if bad.errors else ""
    except RecursionError:
        raise ConditionError((say("it is nested more than {most} levels deep", most=DEEPEST),
                              say("Take parentheses away, or use IN for many values"))) from None  # fmt: skip
    except Exception as bad:  # another's code met with any text: whatever it trips over, the text is at fault
        raise ConditionError((say("it can't be understood"), hint)) from bad
    raise ConditionError((say("it can't be understood at {found!r}", found=found[:40]) if found else say("it can't be understood"), hint))


def _check_words(text: str) -> None:
    """Raises ConditionError for quotation marks left open, comments and semicolons, wherever they stand."""
    try:
        tokens = sqlglot.tokenize(text, dialect=sql.DIALECT)
    except Exception as bad:  # as above
        raise ConditionError((say("it can't be split into words"), say("Is a quotation mark left open?"))) from bad
    mistakes: list[tuple[str, str]] = []
    for end, start in zip([-1, *(t.end for t in tokens)], [*(t.start for t in tokens), len(text)], strict=True):
        # Whatever the tokens leave out but white space is a comment, of whichever form.
        gap = text[end + 1 : start].strip()
        if gap:
            mistakes.append((say("{found!r} is a comment", found=gap[:40]), say("Say it in the pack's README, or in a TOML comment (#)")))
    if any(t.token_type == sqlglot.TokenType.SEMICOLON for t in tokens):
        mistakes.append((say("a semicolon ends a statement; one condition is expected"), say("Join conditions with AND or OR")))
    if mistakes:
        raise ConditionError(*mistakes)


def _depth(tree: exp.Expr) -> int:
    """Levels of nesting, without recursion."""
    deepest, waiting = 0, [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        for child in node.iter_expressions():
            chained = type(child) is type(node) and isinstance(node, (exp.And, exp.Or))
            waiting.append((child, depth if chained else depth + 1))
    return deepest


def _name(column: exp.Column) -> str:
    return ".".join(part.name for part in column.parts)


def _text_of(node: exp.Expr) -> str:
    """The node as it is said in a message."""
    try:
        written = node.sql(dialect=sql.DIALECT, comments=False, unsupported_level=sqlglot.ErrorLevel.IGNORE)
    except Exception:  # noqa: BLE001 — a node that another's code can't write is still to be named
        written = type(node).__name__
    return written if len(written) <= 40 else f"{written[:39]}…"


def _place(node: exp.Expr) -> int:
    """Where the node begins in the text, as far as the parser kept it."""
    return min((n.meta["start"] for n in node.walk() if "start" in n.meta), default=0)


def _closed(tree: exp.Expression) -> exp.Expression:
    """In parentheses, unless it can't be torn apart: what was read is what runs, whatever binds tighter in an engine."""
    return exp.Paren(this=tree) if isinstance(tree, (*_ANSWERS, exp.Neg)) else tree


def _wrong() -> _Value:
    return _Value(exp.Null(), None)


def _called(kind: _Kind) -> Phrase:
    return {
        "text": say("a text"), "number": say("a number"), "date": say("a date"), "instant": say("an instant"),
        "boolean": say("true or false"), "list": say("a list"), "null": say("NULL"),
    }[kind.family]  # fmt: skip


def _exact(value: exp.Expression, kind: _Kind, *, at_least: int = 1) -> exp.Expression:
    """A number as a decimal wide enough for every value that it can have."""
    return sql.cast(value, f"decimal({max(kind.digits, at_least)}, {kind.scale})")


def _is_literal(tree: exp.Expression) -> bool:
    inner = tree.this if isinstance(tree, (exp.Neg, exp.Cast)) else tree
    return isinstance(inner, (exp.Literal, exp.Boolean))


class _Reader:
    """Reads one syntax tree, and collects what is wrong: (place, what, hint)."""

    def __init__(self, columns: Mapping[str, ColumnType]) -> None:
        self._columns = columns
        self.wrong: list[tuple[int, str, str]] = []

    def _mistake(self, node: exp.Expr, what: str, hint: str = "") -> _Value:
        self.wrong.append((_place(node), what, hint))
        return _wrong()

    def read(self, tree: exp.Expression) -> exp.Expression:
        """What was read, in parentheses. Raises ConditionError with all that is wrong."""
        if self.wrong:
            raise ConditionError(*((what, hint) for _, what, hint in sorted(self.wrong, key=lambda w: w[0])))
        return exp.Paren(this=tree)

    # ── nodes ──

    def number(self, node: exp.Expr) -> exp.Expression:
        """A node that must come to a number."""
        return self._of(node, _NUMBER).tree

    def condition(self, node: exp.Expr) -> exp.Expression:
        """A node that must come to true or false."""
        value = self._read(node)
        if value.kind not in (None, _BOOLEAN):
            assert value.kind is not None
            self._mistake(node, say("{found} is {kind}, not a condition", found=_text_of(node), kind=_called(value.kind)),
                          say("Compare it with something, or write IS NOT NULL"))  # fmt: skip
        return value.tree

    def _read(self, node: exp.Expr) -> _Value:
        if type(node) not in _RULES:
            return self._refused(node)
        rule, looked_at = _RULES[type(node)]
        beyond = sorted(k for k, v in node.args.items() if k not in looked_at and v is not None and v is not False and v != [])
        if isinstance(node, exp.In) and (beyond or not node.expressions):
            return self._mistake(node, say("IN needs a list of values: {found}", found=_text_of(node)), say("Write x IN ('a', 'b')"))
        if beyond:
            return self._mistake(node, say("{found} has more than is allowed here ({beyond})", found=_text_of(node), beyond=", ".join(beyond)))
        return rule(self, node)

    def _refused(self, node: exp.Expr) -> _Value:
        found = _text_of(node)
        match node:
            case exp.Window():
                return self._mistake(node, say("{found}: a window isn't allowed in a condition", found=found))
            case exp.Query() | exp.Exists() | exp.Subquery():
                return self._mistake(node, say("{found}: a subquery isn't allowed in a condition", found=found),
                                     say("A parent's column is reached by its name, such as contract.line"))  # fmt: skip
            case exp.Placeholder() | exp.Parameter() | exp.SessionParameter():
                return self._mistake(node, say("{found}: a placeholder isn't allowed in a condition", found=found))
            case exp.AggFunc():
                return self._mistake(node, say("{found}: an aggregate isn't allowed in a condition", found=found),
                                     say("A condition sees one row; to count, use another kind of control"))  # fmt: skip
            case exp.Func() if not isinstance(node, (exp.Cast, exp.If, exp.Binary)):
                name = found.partition("(")[0].lower()
                return self._mistake(node, say("the function {name!r} isn't allowed in a condition", name=name), nearest(name, FUNCTIONS))
        return self._mistake(node, say("{found}: this isn't allowed in a condition", found=found),
                             say("Allowed are comparisons, IN, BETWEEN, LIKE, IS NULL, CASE, + - * / and these: {names}",
                                 names=", ".join(FUNCTIONS)))  # fmt: skip

    # ── leaves ──

    def _paren(self, node: exp.Paren) -> _Value:
        return self._read(node.this)

    def _null(self, node: exp.Null) -> _Value:
        return _Value(node.copy(), _NULL)

    def _boolean(self, node: exp.Boolean) -> _Value:
        return _Value(sql.boolean(bool(node.this)), _BOOLEAN)

    def _column(self, node: exp.Column) -> _Value:
        name = _name(node)
        if isinstance(node.this, exp.Identifier) and name in self._columns:
            return _Value(sql.col(name), _COLUMNS[self._columns[name]][0])
        if not isinstance(node.this, exp.Identifier):
            return self._refused(node)
        hint: Phrase = nearest(name, self._columns)
        if _FULL_WIDTH & set(name):
            hint = say("Full-width signs are letters here; write = < > ( ) , ' in half width")
        elif node.this.quoted and not node.table:
            hint = say("Double quotes name a column; a text stands in single quotes: '{name}'", name=name)
        return self._mistake(node, say("no column {name!r}", name=name), hint)

    def _literal(self, node: exp.Literal) -> _Value:
        if node.is_string:
            return _Value(sql.text(node.name), _TEXT)
        written = node.name
        if not re.fullmatch(r"\d+\.?\d*|\.\d+", written, re.ASCII):
            return self._mistake(node, say("{found}: a number is written in digits and at most one point", found=written))
        number = f"{Decimal(written):f}"
        before, _, after = number.partition(".")
        whole = len(before.lstrip("0"))
        if whole > _NARROW or len(after) > _QUOTIENT:
            return self._mistake(node, say("{found}: a number has at most {whole} digits before the point and {scale} after it",
                                           found=written, whole=_NARROW, scale=_QUOTIENT))  # fmt: skip
        return _Value(sql.number(number), _Kind("number", max(whole, 1), len(after)))

    def _cast(self, node: exp.Cast) -> _Value:
        to = node.to.this
        quoted = isinstance(node.this, exp.Literal) and node.this.is_string
        if not quoted or to not in {exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ}:
            return self._mistake(node, say("{found}: a cast isn't allowed in a condition", found=_text_of(node)),
                                 say("An instant compares with a date by its date"))  # fmt: skip
        written = node.this.name
        if to == exp.DType.DATE:
            return self._moment(node, written, _DAY)
        return self._moment(node, f"{written} 00:00" if _DAY.fullmatch(written) else written, _MOMENT)

    def _moment(self, node: exp.Expr, written: str, *shapes: re.Pattern[str]) -> _Value:
        """A date or an instant that is written in one of the shapes."""
        try:
            if _DAY in shapes and _DAY.fullmatch(written):
                return _Value(sql.day(date.fromisoformat(written)), _DATE)
            if _MOMENT in shapes and _MOMENT.fullmatch(written):
                return _Value(sql.instant(datetime.fromisoformat(written)), _INSTANT)
        except ValueError:
            return self._mistake(node, say("{found!r} is no date that exists", found=written[:40]))
        return self._mistake(node, say("{found!r} is no date", found=written[:40]),
                             say("Write 'YYYY-MM-DD', or 'YYYY-MM-DD HH:MM:SS' for an instant"))  # fmt: skip

    # ── kinds ──

    def _of(self, node: exp.Expr, *kinds: _Kind) -> _Value:
        """A node that must come to one of the kinds."""
        value = self._read(node)
        if value.kind is None or value.kind.family in {k.family for k in kinds}:
            return value
        found, kind = _text_of(node), _called(value.kind)
        if len(kinds) == 1:
            return self._mistake(node, say("{found} is {kind}; {needed} is needed", found=found, kind=kind, needed=_called(kinds[0])))
        return self._mistake(node, say("{found} is {kind}; {needed} or {other} is needed", found=found, kind=kind,
                                       needed=_called(kinds[0]), other=_called(kinds[1])))  # fmt: skip

    def _alike(self, node: exp.Expr, nodes: Sequence[exp.Expr], *, null: bool = False) -> tuple[_Kind | None, list[exp.Expression]]:
        """Nodes that must be comparable with one another: their common kind, and their trees made alike. null: NULL is one of them."""
        values = []
        for n in nodes:
            if isinstance(n, _ANSWERS) and isinstance(node, _ANSWERS):
                # Engines and readers group `a = b = c` and `a = not b` differently; parentheses leave no doubt.
                self._mistake(n, say("put parentheses around {found}", found=_text_of(n)))
            values.append(self._read(n))
        if any(v.kind == _NULL for v in values) and not null:
            self._mistake(node, say("{found}: NULL is neither equal nor unequal to anything", found=_text_of(node)),
                          say("Write IS NULL or IS NOT NULL"))  # fmt: skip
            return None, [v.tree for v in values]
        if any(v.kind in (_DATE, _INSTANT) for v in values):
            values = [self._moment(n, v.tree.name, _DAY, _MOMENT) if v.kind == _TEXT and isinstance(v.tree, exp.Literal) else v
                      for n, v in zip(nodes, values, strict=True)]  # fmt: skip
        kinds = [v.kind for v in values if v.kind != _NULL]
        trees = [v.tree for v in values]
        if not kinds:
            self._mistake(node, say("{found}: nothing but NULL", found=_text_of(node)))
        told = [k for k in kinds if k is not None]
        if not told or len(told) < len(kinds):
            return None, trees
        families = {k.family for k in told}
        if families == {"date", "instant"}:
            return self._by_date(node, values)
        if len(families) > 1:
            other = next(k for k in told if k.family != told[0].family)
            hint = say("A number stands without quotes, a text in single quotes") if families == {"text", "number"} else ""
            self._mistake(node, say("{found} compares {left} with {right}", found=_text_of(node), left=_called(told[0]), right=_called(other)), hint)
            return None, trees
        if families == {"number"}:
            return self._fitting(node, _Kind("number", max(k.whole for k in told), max(k.scale for k in told))), trees
        return told[0], trees

    def _by_date(self, node: exp.Expr, values: Iterable[_Value]) -> tuple[_Kind | None, list[exp.Expression]]:
        trees = []
        for value in values:
            if value.kind != _INSTANT:
                trees.append(value.tree)
            elif _is_literal(value.tree):
                self._mistake(node, say("{found}: a date has no time of day", found=_text_of(node)), say("Write DATE 'YYYY-MM-DD'"))
                return None, []
            else:
                trees.append(sql.cast(value.tree, "date"))
        return _DATE, trees

    def _fitting(self, node: exp.Expr, kind: _Kind) -> _Kind | None:
        if kind.digits <= _DIGITS:
            return kind
        self._mistake(node, say("{found} could need {n} digits; {most} is the most", found=_text_of(node), n=kind.digits, most=_DIGITS),
                      say("Round a product or quotient to two decimals before going on"))  # fmt: skip
        return None

    def _listless(self, node: exp.Expr, value: _Value) -> _Value:
        if value.kind == _LIST:
            return self._mistake(node, say("{found}: lists aren't compared", found=_text_of(node)), say("Write contains(list, 'x') or IS NULL"))
        return value

    # ── what comes to true or false ──

    def _joined(self, node: exp.And | exp.Or) -> _Value:
        operands = [_closed(self.condition(n)) for n in node.flatten(unnest=False)]
        made = exp.And if isinstance(node, exp.And) else exp.Or
        return _Value(functools.reduce(lambda left, right: made(this=left, expression=right), operands), _BOOLEAN)

    def _not(self, node: exp.Not) -> _Value:
        return _Value(exp.Not(this=_closed(self.condition(node.this))), _BOOLEAN)

    def _contains(self, node: exp.Contains | exp.ArrayContains) -> _Value:
        whole, part = self._of(node.this, _TEXT, _LIST), self._of(node.expression, _TEXT)
        made = exp.ArrayContains if whole.kind == _LIST else exp.Contains
        return _Value(made(this=whole.tree, expression=part.tree), _BOOLEAN)

    def _starts_with(self, node: exp.StartsWith) -> _Value:
        return _Value(exp.StartsWith(this=self._of(node.this, _TEXT).tree, expression=self._of(node.expression, _TEXT).tree), _BOOLEAN)

    def _comparison(self, node: exp.EQ | exp.NEQ | exp.GT | exp.GTE | exp.LT | exp.LTE | exp.NullSafeEQ | exp.NullSafeNEQ) -> _Value:
        kind, trees = self._alike(node, [node.this, node.expression])
        if kind == _BOOLEAN and isinstance(node, (exp.GT, exp.GTE, exp.LT, exp.LTE)):
            return self._mistake(node, say("{found}: true and false have no order", found=_text_of(node)))
        if kind is None:
            return _Value(exp.Null(), _BOOLEAN)
        return self._listless(node, _Value(type(node)(this=_closed(trees[0]), expression=_closed(trees[1])), kind))._replace(kind=_BOOLEAN)

    def _is(self, node: exp.Is) -> _Value:
        if isinstance(node.this, _ANSWERS):
            self._mistake(node, say("put parentheses around {found}", found=_text_of(node.this)))
        value = self._read(node.this)
        if isinstance(node.expression, exp.Null):
            if value.kind == _NULL:
                return self._mistake(node, say("{found}: nothing but NULL", found=_text_of(node)))
            return _Value(exp.Is(this=_closed(value.tree), expression=exp.Null()), _BOOLEAN)
        if not isinstance(node.expression, exp.Boolean):
            return self._mistake(node, say("{found}: only IS NULL, IS TRUE and IS FALSE are allowed", found=_text_of(node)))
        if value.kind not in (None, _BOOLEAN):
            assert value.kind is not None
            return self._mistake(node, say("{found} is {kind}, not true or false", found=_text_of(node.this), kind=_called(value.kind)))
        return _Value(exp.Is(this=_closed(value.tree), expression=sql.boolean(bool(node.expression.this))), _BOOLEAN)

    def _in(self, node: exp.In) -> _Value:
        told = len(self.wrong)
        for item in node.expressions:
            inner = item.unnest()
            if isinstance(inner, exp.Null):
                self._mistake(node, say("{found}: NULL in a list makes every miss undecided", found=_text_of(node)), say("Write … OR x IS NULL"))
            elif isinstance(inner, exp.Query) or (isinstance(inner, exp.Column) and _name(inner) not in self._columns):
                self._read(inner)
            elif not _is_literal(inner):
                self._mistake(item, say("{found}: IN takes values, not columns or formulas", found=_text_of(item)))
        if len(self.wrong) > told:
            self._read(node.this)
            return _Value(exp.Null(), _BOOLEAN)
        kind, trees = self._alike(node, [node.this, *node.expressions])
        if kind is None:
            return _Value(exp.Null(), _BOOLEAN)
        return self._listless(node, _Value(exp.In(this=_closed(trees[0]), expressions=trees[1:]), kind))._replace(kind=_BOOLEAN)

    def _between(self, node: exp.Between) -> _Value:
        kind, trees = self._alike(node, [node.this, node.args["low"], node.args["high"]])
        if kind is None:
            return _Value(exp.Null(), _BOOLEAN)
        if kind in (_BOOLEAN, _LIST):
            return self._mistake(node, say("{found}: {kind} has no order", found=_text_of(node), kind=_called(kind)))
        this, low, high = map(_closed, trees)
        return _Value(exp.Between(this=this, low=low, high=high), _BOOLEAN)

    def _escaped(self, node: exp.Escape) -> _Value:
        like, sign = node.this, node.expression
        one = isinstance(sign, exp.Literal) and sign.is_string and len(sign.name) == 1 and sign.name not in "\\%_"
        if type(like) not in (exp.Like, exp.ILike) or not one:
            return self._mistake(node, say("{found}: ESCAPE needs one character, not \\ % or _", found=_text_of(node)), say("Write ESCAPE '!'"))
        return self._like(like, sign.name)

    def _like(self, node: exp.Like | exp.ILike, escape: str | None = None) -> _Value:
        this, pattern = self._of(node.this, _TEXT), node.expression.unnest()
        if not isinstance(pattern, exp.Literal) or not pattern.is_string:
            return self._mistake(node, say("{found}: LIKE needs a pattern in single quotes", found=_text_of(node)))
        if "\\" in pattern.name:
            return self._mistake(node, say("{found}: a backslash in a pattern means different things to different engines", found=_text_of(node)),
                                 say("Write LIKE '…!%…' ESCAPE '!'"))  # fmt: skip
        if escape is not None and re.sub(f"{re.escape(escape)}[%_{re.escape(escape)}]", "", pattern.name).count(escape):
            return self._mistake(node, say("{found}: in a pattern {sign!r} must stand before %, _ or itself", found=_text_of(node), sign=escape))
        found: exp.Expression = type(node)(this=_closed(this.tree), expression=sql.text(pattern.name))
        if escape is not None:
            found = exp.Escape(this=found, expression=sql.text(escape))
        return _Value(exp.Not(this=exp.Paren(this=found)) if node.args.get("negate") else found, _BOOLEAN)

    def _case(self, node: exp.Case) -> _Value:
        branches = node.args["ifs"]
        for branch in branches:
            if branch.args.get("false") is not None:
                return self._refused(branch)
        subject = None
        if node.this is not None:
            kind, trees = self._alike(node, [node.this, *(b.this for b in branches)])
            subject, whens = (trees[0], trees[1:]) if kind is not None else (None, [exp.Null()] * len(branches))
            if kind == _LIST:
                return self._listless(node, _Value(exp.Null(), kind))
        else:
            whens = [self.condition(b.this) for b in branches]
        default = node.args.get("default")
        kind, results = self._alike(node, [*(b.args["true"] for b in branches), *([default] if default is not None else [])], null=True)
        if kind is None:
            return _wrong()
        made = [exp.If(this=w, true=r) for w, r in zip(whens, results, strict=False)]
        return _Value(exp.Case(this=subject, ifs=made, default=results[-1] if default is not None else None), kind)

    # ── what comes to a value ──

    def _coalesce(self, node: exp.Coalesce) -> _Value:
        kind, trees = self._alike(node, [node.this, *node.expressions])
        return _Value(exp.Coalesce(this=trees[0], expressions=trees[1:]) if kind else exp.Null(), kind)

    def _nullif(self, node: exp.Nullif) -> _Value:
        kind, trees = self._alike(node, [node.this, node.expression])
        return self._listless(node, _Value(exp.Nullif(this=trees[0], expression=trees[1]) if kind else exp.Null(), kind))

    def _of_text(self, node: exp.Length | exp.Lower | exp.Trim) -> _Value:
        value = self._of(node.this, _TEXT)
        return _Value(type(node)(this=value.tree), value.kind and (_Kind("number", 10) if isinstance(node, exp.Length) else _TEXT))

    def _of_date(self, node: exp.Year | exp.Month | exp.Quarter) -> _Value:
        value = self._of(node.this, _DATE, _INSTANT)
        return _Value(type(node)(this=value.tree), value.kind and _Kind("number", 7))

    # ── numbers ──

    def _numbers(self, node: exp.Expr) -> tuple[_Number, _Number] | None:
        left, right = self._of(node.this, _NUMBER), self._of(node.expression, _NUMBER)
        return None if left.kind is None or right.kind is None else (_Number(left.tree, left.kind), _Number(right.tree, right.kind))

    def _sum(self, node: exp.Add | exp.Sub) -> _Value:
        pair = self._numbers(node)
        if pair is None:
            return _wrong()
        (left, one), (right, other) = pair
        term = _Kind("number", max(one.whole, other.whole), max(one.scale, other.scale))
        kind = self._fitting(node, _Kind("number", term.whole + 1, term.scale))
        return _Value(exp.Paren(this=type(node)(this=_exact(left, term), expression=_exact(right, term))), kind)

    def _product(self, node: exp.Mul) -> _Value:
        pair = self._narrowed(node, _product_of)
        if pair is None:
            return _wrong()
        (left, one), (right, other) = pair
        # Two factors of at most 18 digits are multiplied in 64 bits by DuckDB and can overflow there; 19 digits make it take 128.
        found = exp.Mul(this=_exact(left, one, at_least=_NARROW + 1), expression=_exact(right, other))
        return _Value(exp.Paren(this=found), _product_of(one, other))

    def _quotient(self, node: exp.Div) -> _Value:
        if node.this.find(exp.Div) or node.expression.find(exp.Div):
            # Each division says its operands three times over: nested, they would grow without bounds.
            return self._mistake(node, say("{found}: a quotient can't be divided again", found=_text_of(node)),
                                 say("Write a / (b * c) for a / b / c"))  # fmt: skip
        pair = self._narrowed(node, _quotient_of)
        if pair is None:
            return _wrong()
        (left, one), (right, other) = pair
        more = other.scale + _shift(one, other)
        units = sql.expression(
            "($x // $d) * 10 + case when $x % $d = 0 then 0 when ($x < 0) = ($d < 0) then 1 else -1 end",
            x=_integer(left, one, _QUOTIENT + more), d=exp.Nullif(this=_integer(right, other, more), expression=sql.number(0)),
        )  # fmt: skip
        kind = _quotient_of(one, other)
        unit = _exact(sql.number(f"{Decimal(1).scaleb(-kind.scale):f}"), _Kind("number", 1, kind.scale))
        return _Value(exp.Paren(this=exp.Mul(this=_exact(units, _Kind("number", kind.digits)), expression=unit)), kind)

    def _narrowed(self, node: exp.Expr, made: Callable[[_Kind, _Kind], _Kind]) -> tuple[_Number, _Number] | None:
        """The two numbers of a node, so narrow that the result fits. What is too large for 18 digits is NULL then, never rounded."""
        pair = self._numbers(node)
        if pair is None:
            return None
        left, right = pair
        for _ in pair:
            if made(left.kind, right.kind).digits > _DIGITS:
                left, right = (_narrow(left), right) if left.kind.digits >= right.kind.digits else (left, _narrow(right))
        return (left, right) if self._fitting(node, made(left.kind, right.kind)) else None

    def _extreme(self, node: exp.Greatest | exp.Least) -> _Value:
        if _levels(node) > _WITHIN:
            # Each says its numbers twice over: nested, they would grow without bounds.
            return self._mistake(node, say("{found}: greatest and least are nested more than {most} levels deep", found=_text_of(node), most=_WITHIN),
                                 say("One greatest or least takes any number of values"))  # fmt: skip
        values = [self._of(n, _NUMBER) for n in (node.this, *node.expressions)]
        kinds = [v.kind for v in values if v.kind is not None]
        if len(kinds) < len(values):
            return _wrong()
        kind = self._fitting(node, _Kind("number", max(k.whole for k in kinds), max(k.scale for k in kinds)))
        if kind is None:
            return _wrong()
        exact = [_exact(v.tree, kind) for v in values]
        there = sql.both(sql.expression("$value is not null", value=v.tree) for v in values)
        picked = type(node)(this=exact[0], expressions=exact[1:], ignore_nulls=True)
        return _Value(exp.Case(ifs=[exp.If(this=there, true=picked)]), kind)

    def _sign(self, node: exp.Expr) -> _Value:
        value = self._of(node.this, _NUMBER)
        if value.kind is None:
            return value
        if isinstance(node, exp.Neg) and isinstance(value.tree, exp.Literal):
            return _Value(exp.Neg(this=value.tree), value.kind)
        exact = _exact(value.tree, value.kind)
        return _Value(exp.Abs(this=exact) if isinstance(node, exp.Abs) else exp.Paren(this=exp.Neg(this=exact)), value.kind)

    def _round(self, node: exp.Round) -> _Value:
        value, to = self._of(node.this, _NUMBER), node.args.get("decimals")
        decimals = to.name if isinstance(to, exp.Literal) and not to.is_string else "0" if to is None else ""
        if not re.fullmatch(r"\d", decimals, re.ASCII):
            return self._mistake(node, say("{found}: round needs a number of decimals from 0 to 9", found=_text_of(node)))
        if value.kind is None:
            return value
        exact = _exact(value.tree, value.kind)
        if int(decimals) >= value.kind.scale:
            return _Value(exact, value.kind)
        return _Value(exp.Round(this=exact, decimals=sql.number(decimals)), _Kind("number", value.kind.whole + 1, int(decimals)))


def _levels(node: exp.Expr) -> int:
    """How deep greatest and least are nested, this one among them."""
    return max(map(_levels, node.iter_expressions()), default=0) + isinstance(node, (exp.Greatest, exp.Least))


def _product_of(one: _Kind, other: _Kind) -> _Kind:
    return _Kind("number", one.whole + other.whole, one.scale + other.scale)


def _shift(one: _Kind, other: _Kind) -> int:
    """The powers of ten by which both numbers of a quotient grow, so that the dividend has no decimals left."""
    return max(0, one.scale - other.scale - _QUOTIENT)


def _quotient_of(one: _Kind, other: _Kind) -> _Kind:
    """What a quotient can be. No step on the way to it may need more digits than it is said to have."""
    grown = other.scale + _shift(one, other)
    digits = max(one.whole + grown + _QUOTIENT + 1, other.whole + grown, one.digits + one.scale, other.digits + other.scale)
    return _Kind("number", digits - _QUOTIENT - 1, _QUOTIENT + 1)


def _narrow(number: _Number) -> _Number:
    tree, kind = number
    if kind.digits <= _NARROW or kind.scale > _DECIMALS:
        return number
    to = exp.DataType.build(f"decimal({_NARROW}, {kind.scale})", dialect=sql.DIALECT)
    return _Number(exp.TryCast(this=tree, to=to, safe=True), _Kind("number", _NARROW - kind.scale, kind.scale))


def _integer(tree: exp.Expression, kind: _Kind, places: int) -> exp.Expression:
    """A number times a power of ten that leaves no decimals, in 128 bits."""
    unscaled = exp.Mul(this=_exact(tree, kind, at_least=_NARROW + 1), expression=_power(kind.scale))
    return sql.expression("cast($n as hugeint) * cast($p as hugeint)", n=unscaled, p=_power(places - kind.scale))


def _power(places: int) -> exp.Expression:
    return _exact(sql.number(10**places), _Kind("number", places + 1))


_PAIR, _ONE = frozenset({"this", "expression"}), frozenset({"this"})
_RULES: Mapping[type[exp.Expr], tuple[Callable[[_Reader, Any], _Value], frozenset[str]]] = MappingProxyType({
    **dict.fromkeys(_COMPARISONS, (_Reader._comparison, _PAIR)),
    **dict.fromkeys((exp.And, exp.Or), (_Reader._joined, _PAIR)),
    **dict.fromkeys((exp.Like, exp.ILike), (_Reader._like, _PAIR | {"negate"})),
    **dict.fromkeys((exp.Contains, exp.ArrayContains), (_Reader._contains, _PAIR)),
    **dict.fromkeys((exp.Add, exp.Sub), (_Reader._sum, _PAIR)),
    **dict.fromkeys((exp.Neg, exp.Abs), (_Reader._sign, _ONE)),
    **dict.fromkeys((exp.Length, exp.Lower, exp.Trim), (_Reader._of_text, _ONE)),
    **dict.fromkeys((exp.Year, exp.Month, exp.Quarter), (_Reader._of_date, _ONE)),
    exp.Not: (_Reader._not, _ONE),
    exp.Is: (_Reader._is, _PAIR),
    exp.In: (_Reader._in, frozenset({"this", "expressions"})),
    exp.Between: (_Reader._between, frozenset({"this", "low", "high"})),
    exp.Escape: (_Reader._escaped, _PAIR),
    exp.StartsWith: (_Reader._starts_with, _PAIR),
    exp.Case: (_Reader._case, frozenset({"this", "ifs", "default"})),
    exp.Coalesce: (_Reader._coalesce, frozenset({"this", "expressions"})),
    exp.Nullif: (_Reader._nullif, _PAIR),
    **dict.fromkeys((exp.Greatest, exp.Least), (_Reader._extreme, frozenset({"this", "expressions", "ignore_nulls"}))),
    exp.Mul: (_Reader._product, _PAIR),
    exp.Div: (_Reader._quotient, _PAIR | {"typed", "safe"}),
    exp.Round: (_Reader._round, frozenset({"this", "decimals"})),
    exp.Paren: (_Reader._paren, _ONE),
    exp.Null: (_Reader._null, frozenset()),
    exp.Boolean: (_Reader._boolean, _ONE),
    exp.Literal: (_Reader._literal, frozenset({"this", "is_string"})),
    exp.Column: (_Reader._column, frozenset({"this", "table", "db", "catalog"})),
    exp.Cast: (_Reader._cast, frozenset({"this", "to"})),
})  # fmt: skip
"""Every node that is allowed, by its exact type: the rule that reads it, and the arguments that the rule looks at."""
