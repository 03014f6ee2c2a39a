"""Reading a condition's syntax tree node by node, each by the rule of its own type; a node without a rule is refused by name."""

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import sqlglot
from sqlglot import exp

from disputekit import sql
from disputekit.errors import nearest
from disputekit.policies.condition_values import (
    BOOLEAN,
    COLUMNS,
    DATE,
    INSTANT,
    LIST,
    MOST_DIGITS,
    NARROW,
    NULL,
    NUMBER,
    QUOTIENT_SCALE,
    TEXT,
    Kind,
    Number,
    Value,
    called,
    exact,
    integer,
    narrow,
    product_of,
    quotient_of,
    shift,
)
from disputekit.register.schema import ColumnType
from disputekit.text import Phrase, say

_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_ANSWERS = (*_COMPARISONS, exp.And, exp.Or, exp.Not, exp.Is, exp.In, exp.Between, exp.Like, exp.ILike, exp.Escape)

FUNCTIONS = ("abs", "coalesce", "contains", "greatest", "least", "length", "lower", "month", "nullif", "quarter", "round", "starts_with",
             "trim", "year")  # fmt: skip
"""The functions that a condition may call."""

_WITHIN = 3
"""How many levels deep greatest and least may be nested."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.(\d{3}|\d{6}))?)?", re.ASCII)
_FULL_WIDTH = frozenset("＝＜＞（），＋－＊／‘’“”　")


class Reader:
    """Reads one syntax tree, and collects what is wrong: (place, what, hint)."""

    def __init__(self, columns: Mapping[str, ColumnType]) -> None:
        self._columns = columns
        self.wrong: list[tuple[int, str, str]] = []

    def _mistake(self, node: exp.Expr, what: str, hint: str = "") -> Value:
        self.wrong.append((_place(node), what, hint))
        return _wrong()

    # ── nodes ──

    def number(self, node: exp.Expr) -> exp.Expression:
        """A node that must come to a number."""
        return self._of(node, NUMBER).tree

    def condition(self, node: exp.Expr) -> exp.Expression:
        """A node that must come to true or false."""
        value = self._read(node)
        if value.kind not in (None, BOOLEAN):
            assert value.kind is not None
            self._mistake(node, say("{found} is {kind}, not a condition", found=_text_of(node), kind=called(value.kind)),
                          say("Compare it with something, or write IS NOT NULL"))  # fmt: skip
        return value.tree

    def _read(self, node: exp.Expr) -> Value:
        if type(node) not in _RULES:
            return self._refused(node)
        rule, looked_at = _RULES[type(node)]
        beyond = sorted(k for k, v in node.args.items() if k not in looked_at and v is not None and v is not False and v != [])
        if isinstance(node, exp.In) and (beyond or not node.expressions):
            return self._mistake(node, say("IN needs a list of values: {found}", found=_text_of(node)), say("Write x IN ('a', 'b')"))
        if beyond:
            return self._mistake(node, say("{found} has more than is allowed here ({beyond})", found=_text_of(node), beyond=", ".join(beyond)))
        return rule(self, node)

    def _refused(self, node: exp.Expr) -> Value:
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

    def _paren(self, node: exp.Paren) -> Value:
        return self._read(node.this)

    def _null(self, node: exp.Null) -> Value:
        return Value(node.copy(), NULL)

    def _boolean(self, node: exp.Boolean) -> Value:
        return Value(sql.boolean(bool(node.this)), BOOLEAN)

    def _column(self, node: exp.Column) -> Value:
        name = name_of(node)
        if isinstance(node.this, exp.Identifier) and name in self._columns:
            return Value(sql.col(name), COLUMNS[self._columns[name]][0])
        if not isinstance(node.this, exp.Identifier):
            return self._refused(node)
        hint: Phrase = nearest(name, self._columns)
        if _FULL_WIDTH & set(name):
            hint = say("Full-width signs are letters here; write = < > ( ) , ' in half width")
        elif node.this.quoted and not node.table:
            hint = say("Double quotes name a column; a text stands in single quotes: '{name}'", name=name)
        return self._mistake(node, say("no column {name!r}", name=name), hint)

    def _literal(self, node: exp.Literal) -> Value:
        if node.is_string:
            return Value(sql.text(node.name), TEXT)
        written = node.name
        if not re.fullmatch(r"\d+\.?\d*|\.\d+", written, re.ASCII):
            return self._mistake(node, say("{found}: a number is written in digits and at most one point", found=written))
        number = f"{Decimal(written):f}"
        before, _, after = number.partition(".")
        whole = len(before.lstrip("0"))
        if whole > NARROW or len(after) > QUOTIENT_SCALE:
            return self._mistake(node, say("{found}: a number has at most {whole} digits before the point and {scale} after it",
                                           found=written, whole=NARROW, scale=QUOTIENT_SCALE))  # fmt: skip
        return Value(sql.number(number), Kind("number", max(whole, 1), len(after)))

    def _cast(self, node: exp.Cast) -> Value:
        to = node.to.this
        quoted = isinstance(node.this, exp.Literal) and node.this.is_string
        if not quoted or to not in {exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ}:
            return self._mistake(node, say("{found}: a cast isn't allowed in a condition", found=_text_of(node)),
                                 say("An instant compares with a date by its date"))  # fmt: skip
        written = node.this.name
        if to == exp.DType.DATE:
            return self._moment(node, written, _DAY)
        return self._moment(node, f"{written} 00:00" if _DAY.fullmatch(written) else written, _MOMENT)

    def _moment(self, node: exp.Expr, written: str, *shapes: re.Pattern[str]) -> Value:
        """A date or an instant that is written in one of the shapes."""
        try:
            if _DAY in shapes and _DAY.fullmatch(written):
                return Value(sql.day(date.fromisoformat(written)), DATE)
            if _MOMENT in shapes and _MOMENT.fullmatch(written):
                return Value(sql.instant(datetime.fromisoformat(written)), INSTANT)
        except ValueError:
            return self._mistake(node, say("{found!r} is no date that exists", found=written[:40]))
        return self._mistake(node, say("{found!r} is no date", found=written[:40]),
                             say("Write 'YYYY-MM-DD', or 'YYYY-MM-DD HH:MM:SS' for an instant"))  # fmt: skip

    # ── kinds ──

    def _of(self, node: exp.Expr, *kinds: Kind) -> Value:
        """A node that must come to one of the kinds."""
        value = self._read(node)
        if value.kind is None or value.kind.family in {k.family for k in kinds}:
            return value
        found, kind = _text_of(node), called(value.kind)
        if len(kinds) == 1:
            return self._mistake(node, say("{found} is {kind}; {needed} is needed", found=found, kind=kind, needed=called(kinds[0])))
        return self._mistake(node, say("{found} is {kind}; {needed} or {other} is needed", found=found, kind=kind,
                                       needed=called(kinds[0]), other=called(kinds[1])))  # fmt: skip

    def _alike(self, node: exp.Expr, nodes: Sequence[exp.Expr], *, null: bool = False) -> tuple[Kind | None, list[exp.Expression]]:
        """Nodes that must be comparable with one another: their common kind, and their trees made alike. null: NULL is one of them."""
        values = []
        for n in nodes:
            if isinstance(n, _ANSWERS) and isinstance(node, _ANSWERS):
                # Engines and readers group `a = b = c` and `a = not b` differently; parentheses leave no doubt.
                self._mistake(n, say("put parentheses around {found}", found=_text_of(n)))
            values.append(self._read(n))
        if any(v.kind == NULL for v in values) and not null:
            self._mistake(node, say("{found}: NULL is neither equal nor unequal to anything", found=_text_of(node)),
                          say("Write IS NULL or IS NOT NULL"))  # fmt: skip
            return None, [v.tree for v in values]
        if any(v.kind in (DATE, INSTANT) for v in values):
            values = [self._moment(n, v.tree.name, _DAY, _MOMENT) if v.kind == TEXT and isinstance(v.tree, exp.Literal) else v
                      for n, v in zip(nodes, values, strict=True)]  # fmt: skip
        kinds = [v.kind for v in values if v.kind != NULL]
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
            self._mistake(node, say("{found} compares {left} with {right}", found=_text_of(node), left=called(told[0]), right=called(other)), hint)
            return None, trees
        if families == {"number"}:
            return self._fitting(node, Kind("number", max(k.whole for k in told), max(k.scale for k in told))), trees
        return told[0], trees

    def _by_date(self, node: exp.Expr, values: Iterable[Value]) -> tuple[Kind | None, list[exp.Expression]]:
        trees = []
        for value in values:
            if value.kind != INSTANT:
                trees.append(value.tree)
            elif _is_literal(value.tree):
                self._mistake(node, say("{found}: a date has no time of day", found=_text_of(node)), say("Write DATE 'YYYY-MM-DD'"))
                return None, []
            else:
                trees.append(sql.cast(value.tree, "date"))
        return DATE, trees

    def _fitting(self, node: exp.Expr, kind: Kind) -> Kind | None:
        if kind.digits <= MOST_DIGITS:
            return kind
        self._mistake(node, say("{found} could need {n} digits; {most} is the most", found=_text_of(node), n=kind.digits, most=MOST_DIGITS),
                      say("Round a product or quotient to two decimals before going on"))  # fmt: skip
        return None

    def _listless(self, node: exp.Expr, value: Value) -> Value:
        if value.kind == LIST:
            return self._mistake(node, say("{found}: lists aren't compared", found=_text_of(node)), say("Write contains(list, 'x') or IS NULL"))
        return value

    # ── what comes to true or false ──

    def _joined(self, node: exp.And | exp.Or) -> Value:
        operands = [_closed(self.condition(n)) for n in node.flatten(unnest=False)]
        made = exp.And if isinstance(node, exp.And) else exp.Or
        return Value(functools.reduce(lambda left, right: made(this=left, expression=right), operands), BOOLEAN)

    def _not(self, node: exp.Not) -> Value:
        return Value(exp.Not(this=_closed(self.condition(node.this))), BOOLEAN)

    def _contains(self, node: exp.Contains | exp.ArrayContains) -> Value:
        whole, part = self._of(node.this, TEXT, LIST), self._of(node.expression, TEXT)
        made = exp.ArrayContains if whole.kind == LIST else exp.Contains
        return Value(made(this=whole.tree, expression=part.tree), BOOLEAN)

    def _starts_with(self, node: exp.StartsWith) -> Value:
        return Value(exp.StartsWith(this=self._of(node.this, TEXT).tree, expression=self._of(node.expression, TEXT).tree), BOOLEAN)

    def _comparison(self, node: exp.EQ | exp.NEQ | exp.GT | exp.GTE | exp.LT | exp.LTE | exp.NullSafeEQ | exp.NullSafeNEQ) -> Value:
        kind, trees = self._alike(node, [node.this, node.expression])
        if kind == BOOLEAN and isinstance(node, (exp.GT, exp.GTE, exp.LT, exp.LTE)):
            return self._mistake(node, say("{found}: true and false have no order", found=_text_of(node)))
        if kind is None:
            return Value(exp.Null(), BOOLEAN)
        return self._listless(node, Value(type(node)(this=_closed(trees[0]), expression=_closed(trees[1])), kind))._replace(kind=BOOLEAN)

    def _is(self, node: exp.Is) -> Value:
        if isinstance(node.this, _ANSWERS):
            self._mistake(node, say("put parentheses around {found}", found=_text_of(node.this)))
        value = self._read(node.this)
        if isinstance(node.expression, exp.Null):
            if value.kind == NULL:
                return self._mistake(node, say("{found}: nothing but NULL", found=_text_of(node)))
            return Value(exp.Is(this=_closed(value.tree), expression=exp.Null()), BOOLEAN)
        if not isinstance(node.expression, exp.Boolean):
            return self._mistake(node, say("{found}: only IS NULL, IS TRUE and IS FALSE are allowed", found=_text_of(node)))
        if value.kind not in (None, BOOLEAN):
            assert value.kind is not None
            return self._mistake(node, say("{found} is {kind}, not true or false", found=_text_of(node.this), kind=called(value.kind)))
        return Value(exp.Is(this=_closed(value.tree), expression=sql.boolean(bool(node.expression.this))), BOOLEAN)

    def _in(self, node: exp.In) -> Value:
        told = len(self.wrong)
        for item in node.expressions:
            inner = item.unnest()
            if isinstance(inner, exp.Null):
                self._mistake(node, say("{found}: NULL in a list makes every miss undecided", found=_text_of(node)), say("Write … OR x IS NULL"))
            elif isinstance(inner, exp.Query) or (isinstance(inner, exp.Column) and name_of(inner) not in self._columns):
                self._read(inner)
            elif not _is_literal(inner):
                self._mistake(item, say("{found}: IN takes values, not columns or formulas", found=_text_of(item)))
        if len(self.wrong) > told:
            self._read(node.this)
            return Value(exp.Null(), BOOLEAN)
        kind, trees = self._alike(node, [node.this, *node.expressions])
        if kind is None:
            return Value(exp.Null(), BOOLEAN)
        return self._listless(node, Value(exp.In(this=_closed(trees[0]), expressions=trees[1:]), kind))._replace(kind=BOOLEAN)

    def _between(self, node: exp.Between) -> Value:
        kind, trees = self._alike(node, [node.this, node.args["low"], node.args["high"]])
        if kind is None:
            return Value(exp.Null(), BOOLEAN)
        if kind in (BOOLEAN, LIST):
            return self._mistake(node, say("{found}: {kind} has no order", found=_text_of(node), kind=called(kind)))
        this, low, high = map(_closed, trees)
        return Value(exp.Between(this=this, low=low, high=high), BOOLEAN)

    def _escaped(self, node: exp.Escape) -> Value:
        like, sign = node.this, node.expression
        one = isinstance(sign, exp.Literal) and sign.is_string and len(sign.name) == 1 and sign.name not in "\\%_"
        if type(like) not in (exp.Like, exp.ILike) or not one:
            return self._mistake(node, say("{found}: ESCAPE needs one character, not \\ % or _", found=_text_of(node)), say("Write ESCAPE '!'"))
        return self._like(like, sign.name)

    def _like(self, node: exp.Like | exp.ILike, escape: str | None = None) -> Value:
        this, pattern = self._of(node.this, TEXT), node.expression.unnest()
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
        return Value(exp.Not(this=exp.Paren(this=found)) if node.args.get("negate") else found, BOOLEAN)

    def _case(self, node: exp.Case) -> Value:
        branches = node.args["ifs"]
        for branch in branches:
            if branch.args.get("false") is not None:
                return self._refused(branch)
        subject = None
        if node.this is not None:
            kind, trees = self._alike(node, [node.this, *(b.this for b in branches)])
            subject, whens = (trees[0], trees[1:]) if kind is not None else (None, [exp.Null()] * len(branches))
            if kind == LIST:
                return self._listless(node, Value(exp.Null(), kind))
        else:
            whens = [self.condition(b.this) for b in branches]
        default = node.args.get("default")
        kind, results = self._alike(node, [*(b.args["true"] for b in branches), *([default] if default is not None else [])], null=True)
        if kind is None:
            return _wrong()
        made = [exp.If(this=w, true=r) for w, r in zip(whens, results, strict=False)]
        return Value(exp.Case(this=subject, ifs=made, default=results[-1] if default is not None else None), kind)

    # ── what comes to a value ──

    def _coalesce(self, node: exp.Coalesce) -> Value:
        kind, trees = self._alike(node, [node.this, *node.expressions])
        return Value(exp.Coalesce(this=trees[0], expressions=trees[1:]) if kind else exp.Null(), kind)

    def _nullif(self, node: exp.Nullif) -> Value:
        kind, trees = self._alike(node, [node.this, node.expression])
        return self._listless(node, Value(exp.Nullif(this=trees[0], expression=trees[1]) if kind else exp.Null(), kind))

    def _of_text(self, node: exp.Length | exp.Lower | exp.Trim) -> Value:
        value = self._of(node.this, TEXT)
        return Value(type(node)(this=value.tree), value.kind and (Kind("number", 10) if isinstance(node, exp.Length) else TEXT))

    def _of_date(self, node: exp.Year | exp.Month | exp.Quarter) -> Value:
        value = self._of(node.this, DATE, INSTANT)
        return Value(type(node)(this=value.tree), value.kind and Kind("number", 7))

    # ── numbers ──

    def _numbers(self, node: exp.Expr) -> tuple[Number, Number] | None:
        left, right = self._of(node.this, NUMBER), self._of(node.expression, NUMBER)
        return None if left.kind is None or right.kind is None else (Number(left.tree, left.kind), Number(right.tree, right.kind))

    def _sum(self, node: exp.Add | exp.Sub) -> Value:
        pair = self._numbers(node)
        if pair is None:
            return _wrong()
        (left, one), (right, other) = pair
        term = Kind("number", max(one.whole, other.whole), max(one.scale, other.scale))
        kind = self._fitting(node, Kind("number", term.whole + 1, term.scale))
        return Value(exp.Paren(this=type(node)(this=exact(left, term), expression=exact(right, term))), kind)

    def _product(self, node: exp.Mul) -> Value:
        pair = self._narrowed(node, product_of)
        if pair is None:
            return _wrong()
        (left, one), (right, other) = pair
        # Two factors of at most 18 digits are multiplied in 64 bits by DuckDB and can overflow there; 19 digits make it take 128.
        found = exp.Mul(this=exact(left, one, at_least=NARROW + 1), expression=exact(right, other))
        return Value(exp.Paren(this=found), product_of(one, other))

    def _quotient(self, node: exp.Div) -> Value:
        if node.this.find(exp.Div) or node.expression.find(exp.Div):
            # Each division says its operands three times over: nested, they would grow without bounds.
            return self._mistake(node, say("{found}: a quotient can't be divided again", found=_text_of(node)),
                                 say("Write a / (b * c) for a / b / c"))  # fmt: skip
        pair = self._narrowed(node, quotient_of)
        if pair is None:
            return _wrong()
        (left, one), (right, other) = pair
        more = other.scale + shift(one, other)
        units = sql.expression(
            "($x // $d) * 10 + case when $x % $d = 0 then 0 when ($x < 0) = ($d < 0) then 1 else -1 end",
            x=integer(left, one, QUOTIENT_SCALE + more), d=exp.Nullif(this=integer(right, other, more), expression=sql.number(0)),
        )  # fmt: skip
        kind = quotient_of(one, other)
        unit = exact(sql.number(f"{Decimal(1).scaleb(-kind.scale):f}"), Kind("number", 1, kind.scale))
        return Value(exp.Paren(this=exp.Mul(this=exact(units, Kind("number", kind.digits)), expression=unit)), kind)

    def _narrowed(self, node: exp.Expr, made: Callable[[Kind, Kind], Kind]) -> tuple[Number, Number] | None:
        """The two numbers of a node, so narrow that the result fits. What is too large for 18 digits is NULL then, never rounded."""
        pair = self._numbers(node)
        if pair is None:
            return None
        left, right = pair
        for _ in pair:
            if made(left.kind, right.kind).digits > MOST_DIGITS:
                left, right = (narrow(left), right) if left.kind.digits >= right.kind.digits else (left, narrow(right))
        return (left, right) if self._fitting(node, made(left.kind, right.kind)) else None

    def _extreme(self, node: exp.Greatest | exp.Least) -> Value:
        if _levels(node) > _WITHIN:
            # Each says its numbers twice over: nested, they would grow without bounds.
            return self._mistake(node, say("{found}: greatest and least are nested more than {most} levels deep", found=_text_of(node), most=_WITHIN),
                                 say("One greatest or least takes any number of values"))  # fmt: skip
        values = [self._of(n, NUMBER) for n in (node.this, *node.expressions)]
        kinds = [v.kind for v in values if v.kind is not None]
        if len(kinds) < len(values):
            return _wrong()
        kind = self._fitting(node, Kind("number", max(k.whole for k in kinds), max(k.scale for k in kinds)))
        if kind is None:
            return _wrong()
        wide = [exact(v.tree, kind) for v in values]
        there = sql.both(sql.expression("$value is not null", value=v.tree) for v in values)
        picked = type(node)(this=wide[0], expressions=wide[1:], ignore_nulls=True)
        return Value(exp.Case(ifs=[exp.If(this=there, true=picked)]), kind)

    def _sign(self, node: exp.Expr) -> Value:
        value = self._of(node.this, NUMBER)
        if value.kind is None:
            return value
        if isinstance(node, exp.Neg) and isinstance(value.tree, exp.Literal):
            return Value(exp.Neg(this=value.tree), value.kind)
        wide = exact(value.tree, value.kind)
        return Value(exp.Abs(this=wide) if isinstance(node, exp.Abs) else exp.Paren(this=exp.Neg(this=wide)), value.kind)

    def _round(self, node: exp.Round) -> Value:
        value, to = self._of(node.this, NUMBER), node.args.get("decimals")
        decimals = to.name if isinstance(to, exp.Literal) and not to.is_string else "0" if to is None else ""
        if not re.fullmatch(r"\d", decimals, re.ASCII):
            return self._mistake(node, say("{found}: round needs a number of decimals from 0 to 9", found=_text_of(node)))
        if value.kind is None:
            return value
        wide = exact(value.tree, value.kind)
        if int(decimals) >= value.kind.scale:
            return Value(wide, value.kind)
        return Value(exp.Round(this=wide, decimals=sql.number(decimals)), Kind("number", value.kind.whole + 1, int(decimals)))


def name_of(column: exp.Column) -> str:
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


def _wrong() -> Value:
    return Value(exp.Null(), None)


def _is_literal(tree: exp.Expression) -> bool:
    inner = tree.this if isinstance(tree, (exp.Neg, exp.Cast)) else tree
    return isinstance(inner, (exp.Literal, exp.Boolean))


def _levels(node: exp.Expr) -> int:
    """How deep greatest and least are nested, this one among them."""
    return max(map(_levels, node.iter_expressions()), default=0) + isinstance(node, (exp.Greatest, exp.Least))


_PAIR, _ONE = frozenset({"this", "expression"}), frozenset({"this"})
_RULES: Mapping[type[exp.Expr], tuple[Callable[[Reader, Any], Value], frozenset[str]]] = MappingProxyType({
    **dict.fromkeys(_COMPARISONS, (Reader._comparison, _PAIR)),
    **dict.fromkeys((exp.And, exp.Or), (Reader._joined, _PAIR)),
    **dict.fromkeys((exp.Like, exp.ILike), (Reader._like, _PAIR | {"negate"})),
    **dict.fromkeys((exp.Contains, exp.ArrayContains), (Reader._contains, _PAIR)),
    **dict.fromkeys((exp.Add, exp.Sub), (Reader._sum, _PAIR)),
    **dict.fromkeys((exp.Neg, exp.Abs), (Reader._sign, _ONE)),
    **dict.fromkeys((exp.Length, exp.Lower, exp.Trim), (Reader._of_text, _ONE)),
    **dict.fromkeys((exp.Year, exp.Month, exp.Quarter), (Reader._of_date, _ONE)),
    exp.Not: (Reader._not, _ONE),
    exp.Is: (Reader._is, _PAIR),
    exp.In: (Reader._in, frozenset({"this", "expressions"})),
    exp.Between: (Reader._between, frozenset({"this", "low", "high"})),
    exp.Escape: (Reader._escaped, _PAIR),
    exp.StartsWith: (Reader._starts_with, _PAIR),
    exp.Case: (Reader._case, frozenset({"this", "ifs", "default"})),
    exp.Coalesce: (Reader._coalesce, frozenset({"this", "expressions"})),
    exp.Nullif: (Reader._nullif, _PAIR),
    **dict.fromkeys((exp.Greatest, exp.Least), (Reader._extreme, frozenset({"this", "expressions", "ignore_nulls"}))),
    exp.Mul: (Reader._product, _PAIR),
    exp.Div: (Reader._quotient, _PAIR | {"typed", "safe"}),
    exp.Round: (Reader._round, frozenset({"this", "decimals"})),
    exp.Paren: (Reader._paren, _ONE),
    exp.Null: (Reader._null, frozenset()),
    exp.Boolean: (Reader._boolean, _ONE),
    exp.Literal: (Reader._literal, frozenset({"this", "is_string"})),
    exp.Column: (Reader._column, frozenset({"this", "table", "db", "catalog"})),
    exp.Cast: (Reader._cast, frozenset({"this", "to"})),
})  # fmt: skip
"""Every node that is allowed, by its exact type: the rule that reads it, and the arguments that the rule looks at."""
