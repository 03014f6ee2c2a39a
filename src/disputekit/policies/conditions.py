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

import unicodedata
from collections.abc import Mapping

import duckdb
import sqlglot
from sqlglot import exp

from disputekit import sql
from disputekit.policies.condition_nodes import Reader, name_of
from disputekit.policies.condition_values import COLUMNS
from disputekit.register.schema import ColumnType
from disputekit.text import say

LONGEST = 2000
"""The most characters that a condition may have."""
DEEPEST = 40
"""The most levels of nesting; a chain of AND or of OR is one level."""


class ConditionError(Exception):
    """What is wrong with a condition. mistakes: (what, hint) of each, in the order in which they stand in it."""

    def __init__(self, *mistakes: tuple[str, str]) -> None:
        super().__init__("\n".join(what for what, _ in mistakes))
        self.mistakes = mistakes


def parse_condition(text: str, columns: Mapping[str, ColumnType]) -> exp.Expression:
    """The condition as a tree in parentheses, each column named by its full name in one quoted identifier (`"contract.line"`).

    columns: what may be read, by name: the subject's own, its parents' (`contract.line`), moments. Raises ConditionError with every mistake.
    """
    reader = Reader(columns)
    return _whole(reader, reader.condition(_parsed(text)))


def parse_number(text: str, columns: Mapping[str, ColumnType]) -> exp.Expression:
    """A formula that comes to a number, read and built like a condition. Raises ConditionError with every mistake."""
    reader = Reader(columns)
    return _whole(reader, reader.number(_parsed(text)))


def columns_read(text: str) -> tuple[str, ...]:
    """The names that a condition mentions, sorted. Raises ConditionError where the text can't be parsed."""
    return tuple(sorted({name_of(c) for c in _parsed(text).find_all(exp.Column) if isinstance(c.this, exp.Identifier)}))


def binds_as_boolean(db: duckdb.DuckDBPyConnection, tree: exp.Expression, columns: Mapping[str, ColumnType]) -> None:
    """The last belt: has DuckDB bind the condition over an empty relation. Raises ConditionError unless it comes to exactly BOOLEAN."""
    empty = exp.select("1", *(sql.null(COLUMNS[kind][1]).as_(sql.name(name)) for name, kind in columns.items())).limit(0)
    query = exp.select(tree.copy().as_("held")).from_(empty.subquery("facts"))
    try:
        found = db.execute(f"describe {sql.written(query)}").fetchall()[0][1]
    except duckdb.Error as bad:
        raise ConditionError((say("the engine refuses it: {what}", what=str(bad).partition("\n")[0][:200]), "")) from bad
    if found != "BOOLEAN":
        raise ConditionError((say("it comes to {found}, not to true or false", found=found), ""))


def _whole(reader: Reader, tree: exp.Expression) -> exp.Expression:
    """What was read, in parentheses. Raises ConditionError with all that is wrong."""
    if reader.wrong:
        raise ConditionError(*((what, hint) for _, what, hint in sorted(reader.wrong, key=lambda w: w[0])))
    return exp.Paren(this=tree)


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
