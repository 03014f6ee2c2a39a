"""Masking what identifies people in free text: identity numbers, credit codes, cards, accounts, phones, e-mail addresses, known names."""

import re
from collections.abc import Callable, Iterator
from functools import cache

EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
RUN = re.compile(r"[0-9A-Za-z](?:[ \-.]?[0-9A-Za-z]){6,40}", re.ASCII)
"""What may be a number of somebody: letters and digits, single blanks, points or hyphens between them."""
DIGITS = re.compile(r"(?<!\d)(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)")
LETTER = re.compile(r"[A-Za-z]")
FULL_WIDTH = {**{0xFF10 + i: ord("0") + i for i in range(10)}, **{0xFF21 + i: ord("A") + i for i in range(26)},
              **{0xFF41 + i: ord("a") + i for i in range(26)}, 0xFF20: ord("@"), 0xFF0B: ord("+"), 0xFF0D: ord("-"), 0xFF0E: ord("."),
              **dict.fromkeys((0x3000, 0xA0), ord(" ")), **dict.fromkeys(range(0x2010, 0x2016), ord("-"))}  # fmt: skip
"""Letters, digits and signs as Chinese keyboards give them, by what they are in ASCII; as many characters as before."""
BETWEEN = frozenset(" \t.·•・‧")
"""What may stand between the parts of a name, or may not: 张 三, Jones  Canary, 买买提·艾力."""
SHORTEST_NAME = 2


def masks(names: frozenset[str], country: str = "CN") -> Callable[[str], str]:
    """A function that puts what identifies people in a text into brackets that say what stood there. names: of people in the register.

    country: whose national telephone numbers are meant. What it can't know is a name that the register doesn't have, and an address.
    """
    known = frozenset(n for n in (_bare(name.translate(FULL_WIDTH))[0] for name in names) if len(n) >= SHORTEST_NAME)
    lengths = tuple(sorted({len(n) for n in known}, reverse=True))

    def mask(text: str) -> str:
        found = text.translate(FULL_WIDTH)
        if len(found) < SHORTEST_NAME:
            return text
        spans = sorted([*_numbers(found, country), *_names(found, known, lengths)])
        if not spans:
            return text
        parts, at = [], 0
        for start, end, what in spans:
            if start >= at:
                parts += [text[at:start], what]
            elif end > at:
                parts.append("")
            at = max(at, end)
        return "".join([*parts, text[at:]])

    return mask


def _names(text: str, known: frozenset[str], lengths: tuple[int, ...]) -> Iterator[tuple[int, int, str]]:
    bare, places = _bare(text)
    for length in lengths:
        for start in range(len(bare) - length + 1):
            piece = bare[start : start + length]
            if piece in known:
                first, last = places[start], places[start + length - 1] + 1
                if not (piece.isascii() and _inside_word(text, first, last)):
                    yield first, last, "[name 姓名]"


def _bare(text: str) -> tuple[str, list[int]]:
    """A text in small letters without what may stand between the parts of a name, and where each letter of it stood."""
    places = [i for i, c in enumerate(text) if c not in BETWEEN]
    return "".join(text[i].lower()[0] for i in places), places


def _inside_word(text: str, start: int, end: int) -> bool:
    return (start > 0 and text[start - 1].isascii() and text[start - 1].isalnum()) or (
        end < len(text) and text[end].isascii() and text[end].isalnum()
    )


def _numbers(text: str, country: str) -> Iterator[tuple[int, int, str]]:
    for match in EMAIL.finditer(text):
        yield match.start(), match.end(), "[e-mail 邮箱]"
    if sum(map(str.isdigit, text)) < 7:
        return
    for match in DIGITS.finditer(text):
        yield match.start(), match.end(), "[phone 电话]"
    for match in RUN.finditer(text):
        yield from _in_run(match.group(), match.start())
    from phonenumbers import PhoneNumberMatcher

    for number in PhoneNumberMatcher(text, country):
        yield number.start, number.end, "[phone 电话]"


def _in_run(run: str, offset: int) -> Iterator[tuple[int, int, str]]:
    """Numbers with a check digit anywhere in a run: they may stand between other digits, or be joined by them."""
    places = [i for i, c in enumerate(run) if c.isalnum()]
    bare = "".join(run[i] for i in places).upper()
    for length, kinds in _kinds():
        for start in range(len(bare) - length + 1):
            piece = bare[start : start + length]
            together = places[start + length - 1] - places[start] == length - 1
            for valid, what in kinds:
                if (together or piece.isdigit() or piece[:-1].isdigit()) and valid(piece):
                    yield offset + places[start], offset + places[start + length - 1] + 1, what


@cache
def _kinds() -> tuple[tuple[int, tuple[tuple[Callable[[str], bool], str], ...]], ...]:
    """By length, what may be a number of somebody, and how to tell."""
    from stdnum import iban, luhn
    from stdnum.cn import ric, uscc

    def resident(text: str) -> bool:
        return text[:17].isdigit() and bool(ric.is_valid(text))

    def looks_resident(text: str) -> bool:
        # an identity number with a slip of the pen is one all the same
        return text[:17].isdigit() and text[6:8] in ("19", "20") and "01" <= text[10:12] <= "12" and "01" <= text[12:14] <= "31"

    def old_resident(text: str) -> bool:
        return text.isdigit() and "01" <= text[8:10] <= "12" and "01" <= text[10:12] <= "31" and "11" <= text[:2] <= "82"

    def credit_code(text: str) -> bool:
        return bool(uscc.is_valid(text))

    def card(text: str) -> bool:
        return text.isdigit() and text[0] in "3456" and bool(luhn.is_valid(text))

    def account(text: str) -> bool:
        return bool(LETTER.match(text)) and bool(iban.is_valid(text))

    identity, cards = "[identity number 证件号]", "[card 卡号]"
    found: dict[int, tuple[tuple[Callable[[str], bool], str], ...]] = {
        18: ((resident, identity), (looks_resident, identity), (credit_code, "[credit code 统一社会信用代码]"), (card, cards)),
        15: ((old_resident, identity), (card, cards)),
    }
    found |= dict.fromkeys((14, 16, 17, 19), ((card, cards),))
    found |= {n: (*found.get(n, ()), (account, "[account 账号]")) for n in range(15, 35)}
    return tuple(sorted(found.items(), reverse=True))
