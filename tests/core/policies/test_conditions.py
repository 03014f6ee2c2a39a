"""Conditions of packs: what is refused and why, what they mean on rows with gaps, and that no row can make them fail."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from disputekit import sql
from disputekit.policies.conditions import ConditionError, binds_as_boolean, columns_read, parse_condition
from disputekit.register.schema import ColumnType
from disputekit.register.tables import TABLES

COLUMNS: dict[str, ColumnType] = {
    "complexity": "text", "channel": "text", "contract.line": "text", "affected": "integer", "amount_claimed": "decimal",
    "amount_paid": "decimal", "coinsurance": "decimal", "starts_on": "date", "received_at": "instant", "closed_at": "instant",
    "vulnerable": "boolean", "automated": "boolean", "contents": "list", "register request": "instant", "notices.decision.sent": "instant",
}  # fmt: skip
SQL_TYPES = {"text": "varchar", "integer": "bigint", "decimal": "decimal(18, 2)", "date": "date", "instant": "timestamp", "boolean": "boolean",
             "list": "varchar[]"}  # fmt: skip

ACCEPTED = [
    "complexity = 'simple'",
    "complexity == 'simple'",
    "complexity in ('simple', 'complex')",
    "complexity not in ('simple')",
    "complexity like 'sim%'",
    "complexity not like 'a!%%' escape '!'",
    "complexity ilike '简单%'",
    "length(trim(lower(complexity))) > 3",
    "starts_with(complexity, channel)",
    "contains(complexity, 'imp')",
    "contains(contents, 'appeal')",
    "list_contains(contents, 'appeal')",
    "contents is null",
    "contract.line = 'motor'",
    "\"contract.line\" = 'motor'",
    "contract.\"line\" = 'motor'",
    '"register request" is not null',
    "notices.decision.sent is null",
    "vulnerable",
    "not vulnerable",
    "vulnerable is true",
    "vulnerable is not false",
    "vulnerable = automated",
    "(amount_paid > 1) = vulnerable",
    "amount_paid is null",
    "amount_paid is distinct from amount_claimed",
    "amount_paid is not distinct from 1.50",
    "amount_paid between 1 and 2.5",
    "amount_paid in (-1, 0, 2.50)",
    "amount_paid >= amount_claimed * 0.8",
    "amount_paid / amount_claimed < 0.5",
    "amount_paid - amount_claimed * (1 - coinsurance) > -0.01",
    "abs(amount_paid - amount_claimed) > 0.01",
    "round(amount_paid * coinsurance, 2) = amount_claimed",
    "round(affected) = 1",
    "affected / 3 > amount_paid",
    "amount_paid * amount_claimed > 1",
    "coalesce(amount_paid, 0) > 1",
    "nullif(channel, 'post') is null",
    "case when vulnerable then amount_paid else 1 end > 0",
    "case complexity when 'simple' then true else null end",
    "starts_on = '2026-01-31'",
    "starts_on = date '2026-01-31'",
    "received_at > '2026-01-31'",
    "received_at > timestamp '2026-01-31 10:00:00'",
    "received_at > '2026-01-31 10:00'",
    "received_at between '2026-01-01' and '2026-12-31'",
    "received_at in ('2026-01-01', date '2026-01-02')",
    "starts_on <= received_at",
    "coalesce(received_at, starts_on) < '2026-01-01'",
    "year(received_at) = 2026 and month(starts_on) = 1 or quarter(starts_on) = 1",
    "complexity = 'it''s -- no comment; /* none */'",
    "complexity\n= 'simple'",
    "received_at is null or not vulnerable and complexity <> 'x'",
    "amount_paid + 1 = amount_claimed is null",
]

REFUSED = [
    # binds, and is wrong all the same
    ("complexity", "is a text, not a condition"),
    ("1", "is a number, not a condition"),
    ("null", "is NULL, not a condition"),
    ("amount_paid = ''", "compares a number with a text"),
    ("complexity = 1", "compares a text with a number"),
    ("not amount_paid", "is a number, not a condition"),
    ("amount_paid is true", "is a number, not true or false"),
    ("coalesce(amount_paid, amount_claimed) = 'x'", "compares a number with a text"),
    ("coalesce(amount_paid, 1) = 'x'", "compares a number with a text"),
    ("'true'", "is a text"),
    ("vulnerable and amount_paid", "amount_paid is a number"),
    ("vulnerable = 1", "compares true or false with a number"),
    ("vulnerable > automated", "have no order"),
    ("starts_on > 5", "compares a date with a number"),
    ("starts_on = complexity", "compares a date with a text"),
    ("starts_on > '2026-1-1'", "is no date"),
    ("starts_on > '2026-02-30'", "no date that exists"),
    ("starts_on > date '2026-13-01'", "no date that exists"),
    ("starts_on > date 'infinity'", "is no date"),
    ("received_at > timestamp '2026-01-01 25:00:00'", "no date that exists"),
    ("received_at > '2026-01-01T10:00:00+08:00'", "is no date"),
    ("starts_on > timestamp '2026-01-01 10:00:00'", "no time of day"),
    ("starts_on + 1 > '2026-01-01'", "starts_on is a date; a number is needed"),
    ("received_at - starts_on > 3", "a number is needed"),
    ("-complexity = 1", "a number is needed"),
    ("length(amount_paid) = 1", "a text is needed"),
    ("year(complexity) = 2026", "a date or an instant is needed"),
    ("case when vulnerable then 1 else 'x' end = 1", "compares a number with a text"),
    ("case when amount_paid then true end", "not a condition"),
    ("case when vulnerable then null end", "nothing but NULL"),
    ("contents = contents", "lists aren't compared"),
    ("contents in ('x')", "compares a list with a text"),
    ("contents like 'x'", "a text is needed"),
    ("contains(amount_paid, '1')", "a text or a list is needed"),
    ("contains(contents, 1)", "a text is needed"),
    ("vulnerable between true and false", "has no order"),
    # null
    ("complexity = null", "NULL is neither"),
    ("complexity <> null", "NULL is neither"),
    ("complexity is distinct from null", "NULL is neither"),
    ("complexity in ('a', null)", "makes every miss undecided"),
    ("complexity not in (null)", "makes every miss undecided"),
    ("null is null", "nothing but NULL"),
    ("amount_paid between null and 1", "NULL is neither"),
    ("coalesce(complexity, null) = 'x'", "NULL is neither"),
    ("vulnerable and null", "is NULL"),
    ("not null", "is NULL"),
    # lists of values
    ("complexity in channel", "IN needs a list of values"),
    ("complexity in t", "IN needs a list of values"),
    ("complexity in ()", "IN needs a list of values"),
    ("complexity in (select 'x')", "IN needs a list of values"),
    ("complexity in (channel)", "IN takes values"),
    ("complexity in (lower('A'))", "IN takes values"),
    ("complexity in unnest(['a'])", "IN needs a list of values"),
    # names
    ("complexty = 'simple'", "no column 'complexty'"),
    ("Complexity = 'simple'", "no column 'Complexity'"),
    ("complexity = \"simple\"", "no column 'simple'"),
    ("complexity in (\"simple\")", "no column 'simple'"),
    ("claim.line = 'x'", "no column 'claim.line'"),
    ("main.facts.complexity = 'x'", "no column 'main.facts.complexity'"),
    ("a.b.c.d.e = 'x'", "isn't allowed"),
    ("complexity＝'simple'", "can't be understood"),
    ("rowid = 1", "no column 'rowid'"),
    # patterns
    (r"complexity like 'a\%'", "a backslash in a pattern"),
    ("complexity like channel", "needs a pattern in single quotes"),
    ("complexity like any ('a', 'b')", "needs a pattern in single quotes"),
    (r"complexity like 'a' escape '\'", "ESCAPE needs one character"),
    ("complexity like 'a' escape '!!'", "ESCAPE needs one character"),
    ("complexity like 'a!' escape '!'", "must stand before"),
    ("complexity like 'a!b' escape '!'", "must stand before"),
    ("complexity ~ 'a'", "isn't allowed"),
    ("complexity similar to 'a'", "isn't allowed"),
    ("complexity glob 'a'", "isn't allowed"),
    ("complexity collate nocase = 'a'", "isn't allowed"),
    # what isn't an expression of the row
    ("exists(select 1)", "subquery"),
    ("(select true)", "subquery"),
    ("amount_paid > (select max(x) from t)", "subquery"),
    ("amount_paid = any(select 1)", "isn't allowed"),
    ("sum(amount_paid) > 1", "aggregate"),
    ("count(*) > 1", "aggregate"),
    ("row_number() over () = 1", "window"),
    ("lower(complexity) over () = 'x'", "window"),
    ("complexity = ?", "placeholder"),
    ("complexity = $1", "placeholder"),
    ("complexity = :x", "placeholder"),
    ("read_csv('/etc/passwd') is null", "read_csv"),
    ("read_text('/etc/passwd') is null", "read_text"),
    ("getenv('HOME') = 'x'", "the function 'getenv'"),
    ("frobnicate(complexity) = 'x'", "the function 'frobnicate'"),
    ("now() > received_at", "the function 'now'"),
    ("received_at < current_date", "isn't allowed"),
    ("received_at < today()", "isn't allowed"),
    ("random() < 0.5", "isn't allowed"),
    ("date_diff('day', starts_on, received_at) > 3", "isn't allowed"),
    ("dayofweek(starts_on) = 1", "isn't allowed"),
    ("extract(dow from starts_on) = 1", "isn't allowed"),
    ("upper(complexity) = 'X'", "isn't allowed"),
    ("substr(complexity, 0, 1) = 'X'", "isn't allowed"),
    ("hash(complexity) = 1", "isn't allowed"),
    ("main.lower(complexity) = 'x'", "isn't allowed"),
    ("complexity.lower() = 'x'", "isn't allowed"),
    ("trim(both 'x' from complexity) = 'a'", "more than is allowed"),
    ("round(amount_paid, -1) = 1", "from 0 to 9"),
    ("round(amount_paid, affected) = 1", "from 0 to 9"),
    ("round(amount_paid, 1, 2) = 1", "more than is allowed"),
    ("abs(distinct amount_paid) = 1", "isn't allowed"),
    ("lower(complexity) filter (where true) = 'x'", "isn't allowed"),
    ("cast(amount_paid as integer) = 1", "a cast"),
    ("amount_paid::varchar = '1'", "a cast"),
    ("try_cast(complexity as integer) = 1", "isn't allowed"),
    ("starts_on > '2026-01-01'::timestamptz", "a cast"),
    ("starts_on > cast(complexity as date)", "a cast"),
    ("starts_on > interval 1 day", "isn't allowed"),
    ("amount_paid // 2 = 1", "isn't allowed"),
    ("amount_paid % 2 = 1", "isn't allowed"),
    ("amount_paid ^ 2 = 1", "isn't allowed"),
    ("complexity || 'x' = 'ax'", "isn't allowed"),
    ("complexity = 'x' 'y'", "isn't allowed"),
    ("complexity = $$x$$", "isn't allowed"),
    ("(complexity, channel) = ('a', 'b')", "isn't allowed"),
    ("contents[1] = 'x'", "isn't allowed"),
    ("['a'] = contents", "isn't allowed"),
    ("{'a': 1} is null", "isn't allowed"),
    ("*", "isn't allowed"),
    ("facts.* is null", "isn't allowed"),
    ("columns('x') is null", "isn't allowed"),
    ("if(vulnerable, true, false)", "isn't allowed"),
    ("amount_paid between symmetric 2 and 1", "more than is allowed"),
    ("complexity is json", "only IS NULL"),
    ("amount_paid is nan", "only IS NULL"),
    # numbers that aren't exact
    ("amount_paid > 1e3", "in digits"),
    ("amount_paid > 0x10", "can't be understood"),
    ("amount_paid > 12345678901234567890", "at most 18 digits"),
    ("amount_paid > 0.12345678901", "10 after it"),
    ("amount_paid * amount_claimed * coinsurance > 1", "could need"),
    ("amount_paid / amount_claimed / coinsurance > 1", "divided again"),
    ("1 / round(amount_paid / amount_claimed, 2) > 1", "divided again"),
    # two readings
    ("vulnerable = not automated", "put parentheses around"),
    ("vulnerable = automated = vulnerable", "put parentheses around"),
    ("amount_paid < amount_claimed = vulnerable", "put parentheses around"),
    ("complexity in ('a') = vulnerable", "put parentheses around"),
    # not one condition
    ("", "is empty"),
    (" \n\t", "is empty"),
    ("vulnerable; drop table disputes", "semicolon"),
    ("vulnerable;", "semicolon"),
    (";", "semicolon"),
    ("vulnerable -- always", "is a comment"),
    ("vulnerable --", "is a comment"),
    ("vulnerable /* always */", "is a comment"),
    ("/* vulnerable */", "is a comment"),
    ("vulnerable {# jinja #}", "is a comment"),
    ("select 1", "can't be understood at 'select'"),
    ("with x as (select 1) select 1", "can't be understood"),
    ("vulnerable union select 1", "can't be understood at 'union'"),
    ("vulnerable limit 1", "can't be understood"),
    ("vulnerable as x", "can't be understood"),
    ("vulnerable or", "can't be understood"),
    ("complexity = 'simple", "split into words"),
    ("(vulnerable", "can't be understood"),
    ("vulnerable)", "can't be understood"),
    ("drop table disputes", "can't be understood"),
    ("@ > 1", "can't be understood"),
    ("complexity = 'sim\u200bple'", "can't be seen"),
    ("complexity = '\x00'", "can't be seen"),
    ("complexity = '" + "x" * 2000 + "'", "2000 is the most"),
    ("(" * 900 + "vulnerable" + ")" * 900, "levels deep"),
    ("not " * 100 + "vulnerable", "levels deep"),
    ("affected " + "+ 1" * 100 + " > 1", "levels deep"),
]  # fmt: skip


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def held(db: duckdb.DuckDBPyConnection, condition: str, **cells: Any) -> bool | None:
    """The condition's truth for one row, in which every cell that isn't given is NULL."""
    tree = parse_condition(condition, COLUMNS)
    row = ", ".join(f'cast(? as {SQL_TYPES[kind]}) as "{name}"' for name, kind in COLUMNS.items())
    found = db.execute(f"select {sql.written(tree)} from (select {row})", [cells.get(name) for name in COLUMNS]).fetchall()[0][0]
    assert found is None or isinstance(found, bool)
    return found


def mistakes(condition: str) -> Sequence[tuple[str, str]]:
    with pytest.raises(ConditionError) as caught:
        parse_condition(condition, COLUMNS)
    return caught.value.mistakes


@pytest.mark.parametrize("condition", ACCEPTED)
def test_an_allowed_condition_binds_as_boolean(db: duckdb.DuckDBPyConnection, condition: str) -> None:
    tree = parse_condition(condition, COLUMNS)
    binds_as_boolean(db, tree, COLUMNS)
    assert tree.sql(dialect="duckdb").startswith("(")
    assert {c.name for c in tree.find_all(sql.exp.Column)} == set(columns_read(condition)) <= set(COLUMNS)


@pytest.mark.parametrize(("condition", "says"), REFUSED, ids=lambda v: v[:50])
def test_a_hostile_or_mistaken_condition_is_refused_and_named(condition: str, says: str) -> None:
    assert says in mistakes(condition)[0][0]


def test_every_mistake_is_told_in_the_order_of_the_text() -> None:
    found = mistakes("complexty = 'a' and amount_paid = 'x' and frobnicate(1) = 1 and channel = null and (1 = 'a' or nochannel)")
    assert [what.split(":")[0] for what, _ in found] == [
        "no column 'complexty'", "amount_paid = 'x' compares a number with a text", "the function 'frobnicate' isn't allowed in a condition",
        "channel = NULL", "1 = 'a' compares a number with a text", "no column 'nochannel'",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "hint"),
    [
        ('complexity = "simple"', "single quotes: 'simple'"),
        ("complexty = 'a'", "'complexity'"),
        ("complexity like 'a\\_'", "ESCAPE '!'"),
        ("complexity = null", "IS NULL"),
        ("lenght(complexity) = 1", "'length'"),
        ("amount_paid = '1'", "without quotes"),
        ("vulnerable＝automated", "half width"),
    ],
)
def test_the_hint_says_what_to_do(condition: str, hint: str) -> None:
    assert hint in mistakes(condition)[0][1]


def test_columns_are_named_in_full_by_one_quoted_identifier() -> None:
    tree = parse_condition("contract.line = 'motor' and complexity is null", COLUMNS)
    assert sql.written(tree) == """(("contract.line" = 'motor') AND ("complexity" IS NULL))"""


def test_columns_read_are_sorted_and_each_named_once() -> None:
    assert columns_read('b = 1 and contract.line = a and "register request" is null and b = 2') == ("a", "b", "contract.line", "register request")
    with pytest.raises(ConditionError, match="empty"):
        columns_read("")


def test_every_column_of_the_register_can_stand_in_a_condition() -> None:
    for table in TABLES.values():
        for name, column in table.columns.items():
            for text in (name, f"contract.{name}"):
                assert parse_condition(f"{text} is null", {text: column.type}).sql(dialect="duckdb") == f'("{text}" IS NULL)'


def test_no_column_of_the_register_has_more_decimals_than_arithmetic_keeps() -> None:
    assert max(c.scale for t in TABLES.values() for c in t.columns.values() if c.type == "decimal") <= 6


def test_an_or_spliced_under_and_stays_in_parentheses(db: duckdb.DuckDBPyConnection) -> None:
    tree = parse_condition("vulnerable or automated", COLUMNS)
    for spliced in (sql.expression("false and $c", c=tree), sql.exp.And(this=sql.boolean(False), expression=tree.copy())):
        found = db.execute(f"select {sql.written(spliced)} from (select true as vulnerable, true as automated)").fetchall()
        assert found == [(False,)]


@pytest.mark.parametrize(
    ("condition", "true_for"),
    [
        ("vulnerable or automated and vulnerable", {(True, True), (True, False)}),
        ("(vulnerable or automated) and vulnerable", {(True, True), (True, False)}),
        ("vulnerable and automated or not vulnerable", {(True, True), (False, True), (False, False)}),
        ("not vulnerable and automated", {(False, True)}),
        ("not (vulnerable and automated)", {(True, False), (False, True), (False, False)}),
        ("not vulnerable = automated", {(True, False), (False, True)}),
        ("(not vulnerable) = automated", {(True, False), (False, True)}),
        ("not vulnerable is true", {(False, True), (False, False)}),
        ("vulnerable = (automated is null)", {(False, True), (False, False)}),
    ],
)
def test_what_was_read_is_what_runs(db: duckdb.DuckDBPyConnection, condition: str, true_for: set[tuple[bool, bool]]) -> None:
    rows = [(v, a) for v in (True, False) for a in (True, False)]
    assert {(v, a) for v, a in rows if held(db, condition, vulnerable=v, automated=a)} == true_for


@pytest.mark.parametrize(
    ("condition", "cells", "expected"),
    [
        ("complexity = 'simple'", {}, None),
        ("complexity <> 'simple'", {}, None),
        ("complexity not in ('simple')", {}, None),
        ("not complexity like 's%'", {}, None),
        ("vulnerable", {}, None),
        ("not vulnerable", {}, None),
        ("vulnerable or complexity = 'a'", {"vulnerable": True}, True),
        ("vulnerable and complexity = 'a'", {"vulnerable": False}, False),
        ("vulnerable and complexity = 'a'", {"vulnerable": True}, None),
        ("contains(contents, 'x')", {}, None),
        ("contains(contents, 'x')", {"contents": []}, False),
        ("contains(contents, 'x')", {"contents": ["y", "x"]}, True),
        ("amount_paid > amount_claimed", {"amount_paid": 1}, None),
        ("amount_paid / amount_claimed > 0", {"amount_paid": 1, "amount_claimed": 0}, None),
        ("amount_paid / amount_claimed > 0", {"amount_paid": 1}, None),
        ("amount_paid is distinct from amount_claimed", {"amount_paid": 1}, True),
        ("coalesce(amount_paid, 0) = 0", {}, True),
        ("case when vulnerable then true end", {}, None),
        ("amount_paid * amount_claimed > 1", {"amount_paid": Decimal("1e15"), "amount_claimed": 1}, None),
        ("amount_paid * amount_claimed > 1", {"amount_paid": Decimal("9e11"), "amount_claimed": 1}, True),
        ("complexity not like 'a!%' escape '!'", {"complexity": "a%"}, False),
        ("complexity not like 'a!%' escape '!'", {"complexity": "ab"}, True),
    ],
)
def test_what_is_missing_leaves_it_undecided(db: duckdb.DuckDBPyConnection, condition: str, cells: dict[str, Any], expected: bool | None) -> None:
    assert held(db, condition, **cells) is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("received_at > '2026-01-31'", False),
        ("received_at >= date '2026-01-31'", True),
        ("received_at = '2026-01-31'", True),
        ("received_at in ('2026-01-31')", True),
        ("received_at between '2026-01-01' and '2026-01-31'", True),
        ("received_at <= starts_on", True),
        ("received_at > timestamp '2026-01-31'", True),
        ("received_at > '2026-01-31 10:00'", True),
        ("received_at > timestamp '2026-01-31 23:59:59.999'", False),
    ],
)
def test_an_instant_compares_with_a_date_by_its_date(db: duckdb.DuckDBPyConnection, condition: str, expected: bool) -> None:
    assert held(db, condition, received_at=datetime(2026, 1, 31, 23, 30), starts_on=date(2026, 1, 31)) is expected


def test_money_is_never_a_float(db: duckdb.DuckDBPyConnection) -> None:
    cells = {"amount_paid": Decimal("0.30"), "amount_claimed": Decimal("0.10")}
    assert held(db, "amount_paid / amount_claimed = 3", **cells) is True
    assert held(db, "amount_claimed + 0.2 = amount_paid", **cells) is True
    assert held(db, "amount_claimed * 3 = amount_paid", **cells) is True
    assert held(db, "round(amount_paid / 0.04, 0) = 8", **cells) is True


def test_the_belt_refuses_a_tree_that_isnt_boolean(db: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(ConditionError, match="comes to VARCHAR"):
        binds_as_boolean(db, sql.col("complexity"), COLUMNS)
    with pytest.raises(ConditionError, match="the engine refuses it"):
        binds_as_boolean(db, sql.col("nothing"), COLUMNS)


# ── anything at all ──

MONEY = st.decimals(Decimal("-9999999999999999.99"), Decimal("9999999999999999.99"), places=2, allow_nan=False)
CELLS: dict[ColumnType, st.SearchStrategy[Any]] = {
    "text": st.text(st.sampled_from("aZ%_!\\'简 "), max_size=5), "integer": st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3),
    "decimal": MONEY | st.sampled_from([Decimal("0.00"), Decimal("0.01"), Decimal("-0.01"), Decimal("9999999999999999.99")]),
    "date": st.dates(), "instant": st.datetimes(), "boolean": st.booleans(), "list": st.lists(st.sampled_from(["a", "b"]), max_size=2),
}  # fmt: skip
ROWS = st.fixed_dictionaries({name: st.none() | CELLS[kind] for name, kind in COLUMNS.items()})


def named(*kinds: ColumnType) -> st.SearchStrategy[str]:
    return st.sampled_from([f'"{n}"' if " " in n else n for n, kind in COLUMNS.items() if kind in kinds])


def written(template: str, **parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.fixed_dictionaries(parts).map(lambda found: template.format(**found))


QUOTED = st.text(st.sampled_from("ab%_简 "), max_size=4).map(lambda t: f"'{t}'")
PLAIN = st.integers(0, 10**6).map(str) | st.decimals(0, 1, places=4).map(lambda d: f"{d:f}")
DATED = st.dates(date(1000, 1, 1)).map(lambda d: f"date '{d.isoformat()}'")
TEXTS = st.recursive(
    named("text") | QUOTED,
    lambda t: st.one_of(written("{f}({t})", f=st.sampled_from(["lower", "trim"]), t=t),
                        written("{f}({t}, {u})", f=st.sampled_from(["coalesce", "nullif"]), t=t, u=t)), max_leaves=3,
)  # fmt: skip
NUMBERS = st.recursive(
    named("integer", "decimal") | PLAIN,
    lambda n: st.one_of(
        written("({l} {op} {r})", l=n, r=n, op=st.sampled_from("+-*/")), written("-{n}", n=n).map(lambda t: t.replace("--", "- -")),
        written("abs({n})", n=n), written("round({n}, {d})", n=n, d=st.sampled_from("0124")), written("coalesce({l}, {r})", l=n, r=n),
        written("length({t})", t=TEXTS), written("year({d})", d=named("date", "instant")), written("nullif({l}, {r})", l=n, r=n),
        written("case when {b} then {l} else {r} end", b=named("boolean"), l=n, r=n),
    ), max_leaves=5,
)  # fmt: skip
MOMENTS = named("date", "instant") | DATED
COMPARED = st.sampled_from(["=", "<>", "<", ">", "<=", ">=", "is distinct from", "is not distinct from"])
SIMPLE = st.one_of(
    named("boolean"), written("{a} {op} {b}", a=TEXTS, op=COMPARED, b=TEXTS), written("{a} {op} {b}", a=NUMBERS, op=COMPARED, b=NUMBERS),
    written("{a} {op} {b}", a=MOMENTS, op=COMPARED, b=MOMENTS), written("{a} not between {b} and {c}", a=NUMBERS, b=NUMBERS, c=NUMBERS),
    written("{a} in ({b}, {c})", a=NUMBERS, b=PLAIN, c=PLAIN), written("{a} not in ({b}, {c})", a=TEXTS, b=QUOTED, c=QUOTED),
    written("{a} like {b}", a=TEXTS, b=QUOTED), written("{a} not ilike {b} escape '!'", a=TEXTS, b=QUOTED),
    written("contains({a}, {b})", a=TEXTS, b=TEXTS), written("contains(contents, {b})", b=TEXTS), written("starts_with({a}, {b})", a=TEXTS, b=TEXTS),
    written("{a} is not null", a=NUMBERS | TEXTS | MOMENTS),
)  # fmt: skip
CONDITIONS = st.recursive(
    SIMPLE,
    lambda c: st.one_of(
        written("{a} {op} {b}", a=c, b=c, op=st.sampled_from(["and", "or"])), written("not {a}", a=c), written("({a})", a=c),
        written("case when {a} then {b} end", a=c, b=c), written("({a}) is not true", a=c), written("({a}) = ({b})", a=c, b=c),
    ), max_leaves=4,
)  # fmt: skip
WILD = settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


@given(condition=CONDITIONS, row=ROWS)
@WILD
def test_a_well_typed_condition_parses_binds_and_runs_on_any_row(db: duckdb.DuckDBPyConnection, condition: str, row: dict[str, Any]) -> None:
    try:
        tree = parse_condition(condition, COLUMNS)
    except ConditionError as bad:
        # Too many digits, and columns that are found nowhere but beside them: nothing else may be refused.
        assert all("could need" in what or "levels deep" in what or "characters" in what for what, _ in bad.mistakes)  # noqa: PT017
        return
    binds_as_boolean(db, tree, COLUMNS)
    assert held(db, condition, **row) in (True, False, None)


@given(a=CELLS["decimal"], b=CELLS["decimal"], c=st.decimals(-2, 2, places=10), op=st.sampled_from(["=", "<", ">", "<=", ">=", "<>"]))
@WILD
def test_a_quotient_compares_exactly(db: duckdb.DuckDBPyConnection, a: Decimal, b: Decimal, c: Decimal, op: str) -> None:
    found = held(db, f"amount_paid / amount_claimed {op} {c:f}", amount_paid=a, amount_claimed=b)
    if b == 0:
        assert found is None
        return
    left, right = Fraction(a) / Fraction(b), Fraction(c)
    assert found is {"=": left == right, "<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right, "<>": left != right}[op]


@given(a=MONEY, b=MONEY, n=CELLS["integer"], k=st.decimals(0, 1, places=4))
@WILD
def test_sums_and_products_are_exact(db: duckdb.DuckDBPyConnection, a: Decimal, b: Decimal, n: int, k: Decimal) -> None:
    expected = (Fraction(a) - Fraction(b) + n) * Fraction(k)
    cells = {"amount_paid": a, "amount_claimed": b, "affected": n}
    nearest = Fraction(round(expected * 10**6), 10**6)  # six decimals hold it all: two of money and four of the factor
    assert nearest == expected
    literal = f"{Decimal(nearest.numerator * (10**6 // nearest.denominator)):f}"
    text = f"(amount_paid - amount_claimed + affected) * {k:f} * 10 >= 0"
    assert held(db, text, **cells) is (expected >= 0)
    if len(literal.lstrip("-")) <= 18:
        assert held(db, f"(amount_paid - amount_claimed + affected) * {k:f} = {Decimal(literal).scaleb(-6):f}", **cells) is True


WORDS = [
    "amount_paid", "complexity", "vulnerable", "and", "or", "not", "is", "null", "in", "(", ")", ",", "=", "<", "like", "'a'", "1", "case", "when",
    "then", "end", "between", "select", "from", "-", "*", "/", "@", "coalesce", "date", "interval", "distinct", "over", "union", "cast", "as", "with",
    "exists", "any", "x", "->", "::", "escape",
]  # fmt: skip
GARBAGE = st.one_of(
    st.text(max_size=60), st.text(st.sampled_from("abc=<>()'\"$?;-/*.,1 \n\\[]{}#@:简"), max_size=40),
    st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join),
)  # fmt: skip


@given(text=GARBAGE)
@settings(WILD, max_examples=600)
def test_any_text_is_a_boolean_or_a_condition_error(db: duckdb.DuckDBPyConnection, text: str) -> None:
    try:
        columns_read(text)
        tree = parse_condition(text, COLUMNS)
    except ConditionError as bad:
        assert bad.mistakes  # noqa: PT017
        assert all(what for what, _ in bad.mistakes)  # noqa: PT017
        return
    binds_as_boolean(db, tree, COLUMNS)
    assert held(db, text) in (True, False, None)
