"""What the values of a condition are, and decimals that stay exact: how many digits a result may need is known before anything runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

from sqlglot import exp

from disputekit import sql
from disputekit.register.schema import ColumnType
from disputekit.text import Phrase, say

MOST_DIGITS = 38
NARROW = 18
_DECIMALS = 6
QUOTIENT_SCALE = 10

_Family = Literal["text", "number", "date", "instant", "boolean", "list", "null"]


@dataclass(frozen=True)
class Kind:
    """What a value is; for numbers, the most digits that it can have before (`whole`) and after (`scale`) the point."""

    family: _Family
    whole: int = 0
    scale: int = 0

    @property
    def digits(self) -> int:
        return self.whole + self.scale


class Number(NamedTuple):
    """A number that was read."""

    tree: exp.Expression
    kind: Kind


class Value(NamedTuple):
    """A value that was read. kind: None where a mistake in it is already told."""

    tree: exp.Expression
    kind: Kind | None


TEXT, DATE, INSTANT, BOOLEAN, LIST, NULL = map(Kind, ("text", "date", "instant", "boolean", "list", "null"))  # type: ignore[arg-type]

NUMBER = Kind("number")

COLUMNS: Mapping[ColumnType, tuple[Kind, str]] = MappingProxyType({
    "text": (TEXT, "varchar"), "date": (DATE, "date"), "instant": (INSTANT, "timestamp"), "boolean": (BOOLEAN, "boolean"),
    "list": (LIST, "varchar[]"), "integer": (Kind("number", 19), "bigint"), "decimal": (Kind("number", NARROW, _DECIMALS), "decimal(18, 2)"),
})  # fmt: skip


def called(kind: Kind) -> Phrase:
    return {
        "text": say("a text"), "number": say("a number"), "date": say("a date"), "instant": say("an instant"),
        "boolean": say("true or false"), "list": say("a list"), "null": say("NULL"),
    }[kind.family]  # fmt: skip


def exact(value: exp.Expression, kind: Kind, *, at_least: int = 1) -> exp.Expression:
    """A number as a decimal wide enough for every value that it can have."""
    return sql.cast(value, f"decimal({max(kind.digits, at_least)}, {kind.scale})")


def product_of(one: Kind, other: Kind) -> Kind:
    return Kind("number", one.whole + other.whole, one.scale + other.scale)


def shift(one: Kind, other: Kind) -> int:
    """The powers of ten by which both numbers of a quotient grow, so that the dividend has no decimals left."""
    return max(0, one.scale - other.scale - QUOTIENT_SCALE)


def quotient_of(one: Kind, other: Kind) -> Kind:
    """What a quotient can be. No step on the way to it may need more digits than it is said to have."""
    grown = other.scale + shift(one, other)
    digits = max(one.whole + grown + QUOTIENT_SCALE + 1, other.whole + grown, one.digits + one.scale, other.digits + other.scale)
    return Kind("number", digits - QUOTIENT_SCALE - 1, QUOTIENT_SCALE + 1)


def narrow(number: Number) -> Number:
    tree, kind = number
    if kind.digits <= NARROW or kind.scale > _DECIMALS:
        return number
    to = exp.DataType.build(f"decimal({NARROW}, {kind.scale})", dialect=sql.DIALECT)
    return Number(exp.TryCast(this=tree, to=to, safe=True), Kind("number", NARROW - kind.scale, kind.scale))


def integer(tree: exp.Expression, kind: Kind, places: int) -> exp.Expression:
    """A number times a power of ten that leaves no decimals, in 128 bits."""
    unscaled = exp.Mul(this=exact(tree, kind, at_least=NARROW + 1), expression=_power(kind.scale))
    return sql.expression("cast($n as hugeint) * cast($p as hugeint)", n=unscaled, p=_power(places - kind.scale))


def _power(places: int) -> exp.Expression:
    return exact(sql.number(10**places), Kind("number", places + 1))
