"""Random registers and rules, each decided twice: by a kind's query for all subjects at once, and by its oracle one by one.

The registers are small and mean: few dates, so that they meet; ends of months; dates around as-of and around the last published year;
days without a clock time, cells that couldn't be read, records of other tables' subjects, feeds that cover part of the time.
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import duckdb
from pydantic import ValidationError
from sqlglot import exp

from disputekit import sql
from disputekit.calendars import Calendar, create_calendar, load_calendar
from disputekit.checks.coverage import covered, first_seen
from disputekit.checks.facts import build_facts
from disputekit.checks.prepare import prepare
from disputekit.checks.stage import Stage
from disputekit.extension import RuleKind
from disputekit.oracles.case import REJECTED, Case, Cell, Shared
from disputekit.policies.model import DATES, DatedValue, Instrument, PackHead, Parameter, Rule, Unit, as_counted
from disputekit.policies.packs import Pack
from disputekit.register.loaded import BAD_CELLS, COARSE, LoadedTable, Register, SuppliedColumn
from disputekit.register.schema import ColumnType, Table
from disputekit.register.settings import Coverage
from disputekit.register.tables import TABLES
from disputekit.text import Text

NOT_CONCERNED = "not_applicable: not concerned"
NOT_SUPPLIED = "unknown: not supplied"
TEXT = Text(zh="试", en="test")
Row = dict[str, Cell]

_SQL_TYPES = {
    "text": "varchar", "integer": "bigint", "decimal": "decimal(18, 2)", "date": "date", "instant": "timestamp", "boolean": "boolean",
    "list": "varchar[]",
}  # fmt: skip
_SHAPES: Mapping[str, Mapping[str, ColumnType]] = {
    "disputes": {
        "received_at": "instant", "registered_at": "instant", "closed_at": "instant", "decision_on": "date", "contract_id": "text", "cause": "text",
        "amount_claimed": "decimal", "amount_agreed": "decimal", "currency": "text", "agreed_on": "date", "promised_at": "instant",
        "handler_id": "text",
    },
    "mediations": {"scheduled_at": "instant", "held_at": "instant", "performance_due_on": "date", "dispute_id": "text", "forum": "text"},
    "contracts": {"contract_id": "text", "line": "text", "concluded_on": "date", "amount_limit": "decimal"},
    "events": {"subject": "text", "subject_id": "text", "activity": "text", "occurred_at": "instant", "direction": "text"},
    "notices": {
        "subject": "text", "subject_id": "text", "kind": "text", "sent_at": "instant", "delivered_at": "instant", "party_id": "text",
        "contents": "list",
    },
    "documents": {
        "subject": "text", "subject_id": "text", "kind": "text", "received_at": "instant", "verified_at": "instant", "verified_by": "text",
        "submitted_by": "text", "sha256": "text",
    },
    "requests": {"subject": "text", "subject_id": "text", "kind": "text", "asked_at": "instant"},
    "payments": {"subject": "text", "subject_id": "text", "kind": "text", "paid_at": "instant", "amount": "decimal", "currency": "text"},
    "parties": {
        "subject": "text", "subject_id": "text", "role": "text", "person_id": "text", "starts_on": "date", "ends_on": "date", "conflict": "boolean",
        "organisation": "text",
    },
    "assignments": {
        "subject": "text", "subject_id": "text", "role": "text", "staff_id": "text", "starts_at": "instant", "ends_at": "instant",
    },
}  # fmt: skip
PARENTS = {"disputes": ("contract", "contracts"), "mediations": ("dispute", "disputes")}
"""What each subject refers to, and the table that holds it."""
RECORDS = ("events", "notices", "documents", "requests", "payments", "parties", "assignments")
_WORDS: Mapping[str, tuple[str, ...]] = {
    "cause": ("fire", "flood", "theft"), "line": ("motor", "life"), "forum": ("court", "internal"), "activity": ("a", "b", "c"),
    "direction": ("in", "out"), "currency": ("CNY", "CNY", "USD"),
    "events": ("a", "b", "c"), "notices": ("decision", "extension"), "documents": ("contract", "form", "photo"),
    "requests": ("contract", "form", "photo"),
    "payments": ("benefit", "refund"), "parties": ("agent", "heir"), "assignments": ("handler", "reviewer"),
}  # fmt: skip
MOMENTS: Mapping[str, tuple[str, ...]] = {
    "disputes": ("received", "registered", "closed", "decision"), "mediations": ("scheduled", "held", "performance_due"),
}  # fmt: skip
CLOCK = ("hold", "resume", "wait", "go on", "anew", "withdrawn", "told", "approved")
"""What lengthens, interrupts, begins anew and ends clocks; two pairs of pauses first."""
RECORD_MOMENTS = ("a", "b", "c", "notices.decision.sent", "notices.decision.delivered", "documents.contract.received", "payments.benefit.paid")
CONDITIONS: Mapping[str, tuple[tuple[str, tuple[str, ...], Callable[[Row], bool | None]], ...]] = {
    "disputes": (
        ("cause = 'fire'", ("cause",), lambda r: None if r["cause"] is None else r["cause"] == "fire"),
        ("amount_claimed > 100", ("amount_claimed",), lambda r: r["amount_claimed"] > 100 if isinstance(r["amount_claimed"], Decimal) else None),
        ("contract.line = 'motor'", ("contract.line",), lambda r: None if r["contract.line"] is None else r["contract.line"] == "motor"),
        ("contract.amount_limit >= 100", ("contract.amount_limit",),
         lambda r: r["contract.amount_limit"] >= 100 if isinstance(r["contract.amount_limit"], Decimal) else None),
        ("cause IS NOT NULL", ("cause",), lambda r: r["cause"] is not None),
    ),
    "mediations": (("forum = 'court'", ("forum",), lambda r: None if r["forum"] is None else r["forum"] == "court"),),
}  # fmt: skip


def _number(row: Row, name: str) -> Decimal | None:
    cell = row.get(name)
    return cell if isinstance(cell, Decimal) else None


def _of(*names: str, formula: Callable[..., Decimal]) -> Callable[[Row], Decimal | None]:
    """A formula of columns, None where one of them is empty."""

    def worked_out(row: Row) -> Decimal | None:
        values = [_number(row, n) for n in names]
        return formula(*values) if None not in values else None

    return worked_out


FORMULAS: Mapping[str, tuple[tuple[str, ...], Callable[[Row], Decimal | None]]] = {
    "amount_claimed": (("amount_claimed",), _of("amount_claimed", formula=lambda a: a)),
    "amount_agreed": (("amount_agreed",), _of("amount_agreed", formula=lambda a: a)),
    "amount_agreed * 0.5 + 25": (("amount_agreed",), _of("amount_agreed", formula=lambda a: a * Decimal("0.5") + 25)),
    "greatest(amount_agreed, contract.amount_limit)":
        (("amount_agreed", "contract.amount_limit"), _of("amount_agreed", "contract.amount_limit", formula=max)),
    "least(amount_claimed, contract.amount_limit, 100)":
        (("amount_claimed", "contract.amount_limit"), _of("amount_claimed", "contract.amount_limit", formula=lambda a, b: min(a, b, Decimal(100)))),
    "coalesce(amount_agreed, 0)": (("amount_agreed",), lambda r: _number(r, "amount_agreed") or Decimal(0)),
    "100": ((), lambda _: Decimal(100)),
}  # fmt: skip
RECORD_CONDITIONS: Mapping[str, tuple[tuple[str, tuple[str, ...], Callable[[Row], bool | None]], ...]] = {
    "events": (("direction = 'out'", ("direction",), lambda r: None if r["direction"] is None else r["direction"] == "out"),),
    "payments": (
        ("amount > 50", ("amount",), lambda r: None if (a := _number(r, "amount")) is None else a > 50),
        ("currency = 'CNY'", ("currency",), lambda r: None if r["currency"] is None else r["currency"] == "CNY"),
    ),
    "assignments": (("staff_id = 'x'", ("staff_id",), lambda r: None if r["staff_id"] is None else r["staff_id"] == "x"),),
}  # fmt: skip


@dataclass(frozen=True)
class Supply:
    """One table as it would be loaded: the types of its columns, its rows with their keys, and when it was extracted."""

    types: Mapping[str, ColumnType]
    rows: tuple[Row, ...]
    extracted_at: datetime | None


@dataclass(frozen=True)
class World:
    """A register with everything around it that decides."""

    subject: str
    as_of: date
    calendar: Calendar
    tables: Mapping[str, Supply]
    declared: Mapping[str, Coverage]
    parameters: Mapping[str, Parameter]
    instrument: Instrument | None


# ── making worlds ──


@dataclass(frozen=True)
class _Habit:
    """How a column of moments is filled: how often nothing, something unreadable, or a bare day."""

    nothing: float
    unreadable: float
    coarse: float


@cache
def calendar(name: str) -> Calendar:
    return load_calendar(name, Path(), "test")


def make_world(rng: random.Random, subjects: int) -> World:
    """A register of about `subjects` subjects. The same `rng` makes the same register."""
    as_of = rng.choice(
        [date(2026, 6, 30), date(2026, 3, 1), date(2024, 2, 29), date(2026, 12, 30), date(2027, 1, 8), date(2026, 10, 9), date(2026, 5, 5)]
    )
    days = [as_of + timedelta(days=rng.choice([1, 0, 0, -1, -2, -3, -5, -7, -10, -14, -15, -16, -28, -30, -31, -40, -60])) for _ in range(10)]
    days += [
        as_of.replace(day=1) - timedelta(days=1),
        as_of - timedelta(days=rng.choice([365, 366, 400])),
        as_of + timedelta(days=rng.choice([1, 20])),
    ]
    subject = "mediations" if rng.random() < 0.15 else "disputes"
    tables = {"contracts": _contracts(rng, days), subject: _subjects(rng, subject, subjects, days)}
    if subject == "mediations":
        tables["disputes"] = _subjects(rng, "disputes", 6, days)
    for name in RECORDS:
        if rng.random() < 0.95:
            tables[name] = _records(rng, name, subject, tables[subject].rows, days)
    if rng.random() < 0.9:
        tables["organisation"] = _organisation(rng, days)
    declared = {}
    for what in (
        "events",
        "a",
        "events.b",
        "c",
        "notices",
        "notices.decision",
        "documents",
        "documents.contract",
        "documents.form",
        "payments",
        "parties",
        "assignments",
        "assignments.handler",
        "hold",
        "resume",
    ):
        if rng.random() < 0.35:
            declared[what] = Coverage.model_validate({"from": rng.choice([date(2020, 1, 1), *days])})
    instrument = None
    if rng.random() < 0.3:
        first, last = sorted((rng.choice(days), rng.choice(days)))
        instrument = Instrument(
            title=TEXT, in_force=first, repealed_on=rng.choice([None, last]), reviewed_on=as_of, day=rng.choice(["calendar", "calendar", "working"]),
            roll=rng.choice(["none", "next_working_day"]),
        )  # fmt: skip
    name = rng.choice(["CN", "CN", "weekends"])
    return World(subject, as_of, calendar(name), tables, declared, _parameters(rng, days), instrument)


def _parameters(rng: random.Random, days: list[date]) -> dict[str, Parameter]:
    def one(values: list[Any]) -> Parameter:
        dates: list[date | None] = sorted(set(rng.sample(days, 3)))  # type: ignore[assignment]
        if rng.random() < 0.5:
            dates[0] = None
        dated = [DatedValue.model_validate({"from": d, "value": v}) for d, v in zip(dates[: rng.randint(1, 3)], values, strict=False)]
        return Parameter(title=TEXT, basis="practice", values=tuple(dated))

    unit = rng.choice(["days", "working days", "hours", "months"])
    periods: list[Any] = [f"{rng.randint(2, 9) * (12 if unit == 'hours' else 1)} {unit}" for _ in range(3)]
    return {"period": one(periods), "number": one([1, 2, 3])}


def _moment(rng: random.Random, habit: _Habit, days: list[date]) -> Cell:
    lot = rng.random()
    if lot < habit.nothing:
        return None
    if lot < habit.nothing + habit.unreadable:
        return REJECTED
    day = rng.choice(days)
    if rng.random() < habit.coarse:
        return day
    return datetime.combine(day, rng.choice([time(), time(9), time(9), time(17, 30), time(23, 59, 59)]))


def _habit(rng: random.Random) -> _Habit:
    return _Habit(rng.choice([0, 0.1, 0.3]), rng.choice([0, 0, 0.05]), rng.choice([0, 0.3, 1]))


def _filled(rng: random.Random, table: str, name: str, type_: ColumnType, habit: _Habit, days: list[date]) -> Cell:
    if type_ == "instant":
        return _moment(rng, habit, days)
    if type_ == "date":
        return _moment(rng, _Habit(habit.nothing, habit.unreadable, 1), days)
    if type_ == "decimal":
        return rng.choice([None, Decimal(50), Decimal(100), Decimal(150), REJECTED if habit.unreadable else Decimal(0)])
    if type_ == "boolean":
        return rng.choice([True, False, False, False, None if habit.nothing else False, REJECTED if habit.unreadable else False])
    if type_ == "list":
        return rng.choice(
            [("reasons", "remedies"), ("reasons", "remedies"), ("reasons",), (), None if habit.nothing else ("remedies", "reasons", "more")]
        )
    if name in ("kind", "activity", "role"):
        return rng.choice(_WORDS[table])
    if name in _WORDS:
        return rng.choice([*_WORDS[name], None if habit.nothing else _WORDS[name][0]])
    return rng.choice(["x", "y", None if habit.nothing else "x"])


def _supply(rng: random.Random, table: str, rows: list[Row], days: list[date], keep: tuple[str, ...], without: float = 0.0) -> Supply:
    """Fills the columns of rows that have only their keys; leaves out optional columns now and then."""
    shape = _SHAPES[table]
    types = {n: t for n, t in shape.items() if n in keep or TABLES[table].columns.get(n) is None or rng.random() >= without}
    habits = {n: _habit(rng) for n in types}
    for row in rows:
        for name, type_ in types.items():
            if name not in row:
                row[name] = _filled(rng, table, name, type_, habits[name], days)
    extracted = None if rng.random() < 0.6 else datetime.combine(rng.choice(days) + timedelta(days=rng.choice([0, 1, 30])), time(6))
    return Supply(types, tuple(rows), extracted)


def _contracts(rng: random.Random, days: list[date]) -> Supply:
    rows: list[Row] = [{"contract_id": f"C{i}"} for i in range(6)]
    return _supply(rng, "contracts", rows, days, ("contract_id", "line", "amount_limit"), 0.3)


def _organisation(rng: random.Random, days: list[date]) -> Supply:
    types: dict[str, ColumnType] = {"organisation_id": "text", "name": "text", "dissolution_on": "date"}
    return Supply(types, ({"organisation_id": "own", "name": "x", "dissolution_on": rng.choice([None, *days])},), None)


def _subjects(rng: random.Random, table: str, count: int, days: list[date]) -> Supply:
    key = TABLES[table].key
    assert key is not None
    rows: list[Row] = [{key: f"S{i}"} for i in range(count)]
    for row in rows:
        row[f"{PARENTS[table][0]}_id"] = rng.choice([*(f"{'C' if table == 'disputes' else 'S'}{i}" for i in range(6)), None, "gone"])
    made = _supply(rng, table, rows, days, (*_SHAPES[table],) if rng.random() < 0.9 else ("cause", "amount_claimed", "contract_id", "forum"), 0.3)
    return Supply({key: "text", **made.types}, made.rows, made.extracted_at)


def _records(rng: random.Random, table: str, subject: str, subjects: tuple[Row, ...], days: list[date]) -> Supply:
    key = TABLES[subject].key
    assert key is not None
    upto = rng.choice([2, 3, 6])
    other = "claims" if subject == "disputes" else "disputes"
    rows: list[Row] = []
    for one in subjects:
        for _ in range(rng.randint(0, upto)):
            rows.append({"subject": subject if rng.random() < 0.95 else other, "subject_id": one[key]})
    if table == "events" and rng.random() < 0.6:
        rows += _interruptions(rng, subject, [one[key] for one in subjects], days)
    if table == "events" and rng.random() < 0.7:
        rows += [{"subject": "organisation", "subject_id": "own"} for _ in range(3)]
    spec = TABLES[table]
    if not rows:
        rows.append({"subject": other, "subject_id": "nobody"})
    keep = ("subject", "subject_id", str(spec.kind), str(spec.moment), "party_id", "person_id")
    return _supply(rng, table, rows, days, keep if rng.random() < 0.1 else tuple(_SHAPES[table]), 0.5)


def _interruptions(rng: random.Random, subject: str, ids: list[Cell], days: list[date]) -> list[Row]:
    """Events that clocks go by: pauses mostly in pairs, some open, a few that end without having begun."""
    coarse, unread = rng.choice([0, 0, 0.3, 1]), rng.choice([0, 0, 0.02])

    def at() -> Cell:
        if rng.random() < unread:
            return REJECTED
        day = rng.choice(days) if rng.random() < 0.5 else max(days) - timedelta(days=rng.randint(20, 70))
        return day if rng.random() < coarse else datetime.combine(day, time(rng.choice([0, 9, 9, 17])))

    def in_order(cell: Cell) -> tuple[bool, str]:
        return cell is REJECTED, str(cell)

    found: list[tuple[Cell, str, Cell]] = []
    for one in ids:
        for pair in (CLOCK[:2], CLOCK[2:4]):
            marks = sorted((at() for _ in range(rng.choice([0, 0, 1, 2, 2, 2, 3, 4, 6]))), key=in_order)
            found += [(one, pair[i % 2], cell) for i, cell in enumerate(marks)]
            found += [(one, rng.choice(pair), at()) for _ in range(rng.choice([0] * 9 + [1]))]
        found += [(one, word, at()) for word in CLOCK[4:] for _ in range(rng.choice([0, 1, 1, 2]))]
    return [{"subject": subject, "subject_id": one, "activity": word, "occurred_at": cell} for one, word, cell in found]


# ── rules ──


def make_rule(rng: random.Random, kind: RuleKind, world: World) -> Rule:
    """A rule of the kind that can be asked of this world; what the kind's own model refuses is thrown again."""
    while True:
        conditions = CONDITIONS[world.subject]
        stated = {
            "id": "X", "title": TEXT, "kind": kind.name, "subject": world.subject, "severity": "low", "basis": "practice", "remedy": TEXT,
            "where": rng.choice(conditions)[0] if rng.random() < 0.25 else None, "cite": None if world.instrument is None else "law art. 1",
        }  # fmt: skip
        try:
            return kind.fields.model_validate({**stated, **FIELDS[kind.name](rng, world)})
        except ValidationError:
            continue


def _any_moment(rng: random.Random, world: World) -> str:
    return rng.choice([rng.choice(MOMENTS[world.subject]), rng.choice(RECORD_MOMENTS)])


def _start(rng: random.Random, world: World) -> str:
    return rng.choice([MOMENTS[world.subject][0], _any_moment(rng, world)])


def _period(rng: random.Random) -> str:
    hours = f"{rng.choice([1, 12, 24, 36, 48, 72, 240])} hours"
    working = f"{rng.randint(0, 12)} working days"
    return rng.choice(
        [
            "$period",
            f"{rng.randint(0, 20)} days",
            working,
            working,
            f"{rng.randint(1, 3)} months",
            f"{rng.randint(1, 4)} weeks",
            hours,
            hours,
            "1 year",
        ]
    )


def _deadline(rng: random.Random, world: World) -> dict[str, Any]:
    plain = {"from": _start(rng, world), "to": _awaited(rng, world), "roll": rng.choice([None, "none", "next_working_day"])}
    others = {"bearer": rng.choice(["customer", "court"]), "refused": _clock_moment(rng, world)} if rng.random() < 0.15 else {}
    if rng.random() < 0.3:
        return {**plain, **others, "within": _period(rng)}
    found: dict[str, Any] = {**plain, **others}
    if rng.random() < 0.4:
        found["stop"] = rng.sample(["withdrawn", _clock_moment(rng, world)], rng.randint(1, 2))
    if rng.random() < 0.25:
        column = rng.choice(["agreed_on", "promised_at"]) if world.subject == "disputes" else "performance_due_on"
        found["override"] = rng.choice([column, {"column": column, "requires": [_clock_moment(rng, world)]}])
    if rng.random() < 0.15:
        items = [_due_item(rng, world) for _ in range(rng.randint(1, 3))]
        return {**found, "due": rng.choice([items[0], {"earliest": items}, {"latest": items}])}
    if rng.random() < 0.7:
        pauses = [{"from": "hold", "to": "resume"}, {"from": "wait", "to": "go on"}]
        pauses = pauses if rng.random() < 0.9 else [{"from": _any_moment(rng, world), "to": _any_moment(rng, world)}]
        found["pause"] = [
            {**p, "requires": [_clock_moment(rng, world)] if rng.random() < 0.3 else []} for p in rng.sample(pauses, rng.randint(1, len(pauses)))
        ]
    if rng.random() < 0.4:
        found["restart"] = rng.sample(["anew", _clock_moment(rng, world)], rng.randint(1, 2))
    by_working_day: Callable[[], str] = lambda: _working_days(rng, world)  # noqa: E731
    by_day = by_working_day if rng.random() < 0.5 else lambda: _calendar_period(rng, world)
    if rng.random() < 0.5:
        return {**found, "within": by_day()}
    requires = [rng.sample(["told", "approved", _clock_moment(rng, world)], rng.randint(1, 2)) for _ in range(rng.randint(1, 3))]
    return {**found, "steps": [{"within": by_day()}, *({"within": by_day(), "requires": r} for r in requires)]}


def _clock_moment(rng: random.Random, world: World) -> str:
    return rng.choice([rng.choice(CLOCK), rng.choice(CLOCK), _any_moment(rng, world)])


def _awaited(rng: random.Random, world: World) -> Any:
    lot = rng.random()
    if lot < 0.6:
        return _any_moment(rng, world)
    if lot < 0.8 or world.subject != "disputes":
        return {rng.choice(["any", "all"]): [_any_moment(rng, world) for _ in range(rng.randint(2, 3))]}
    return {"sum": rng.choice(["payments", "payments.benefit"]), "reaches": rng.choice(["amount_agreed", "amount_claimed"])}


def _calendar_period(rng: random.Random, world: World) -> str:
    """A period in calendar days, or in days alone where the instrument counts working days."""
    if world.instrument is not None and world.instrument.day == "working":
        return rng.choice([f"{rng.randint(0, 12)} days", _working_days(rng, world)])
    named = ["$period"] if _unit(world) in DATES else []
    return rng.choice(
        [f"{rng.randint(0, 20)} days", f"{rng.randint(0, 20)} days", f"{rng.randint(1, 3)} weeks", f"{rng.randint(1, 2)} months", "1 year", *named]
    )


def _working_days(rng: random.Random, world: World) -> str:
    return rng.choice([f"{rng.randint(0, 12)} working days", *(["$period"] if _unit(world) == "working days" else [])])


def _unit(world: World) -> Unit:
    """The unit of the one parameter that is a period."""
    return as_counted(str(world.parameters["period"].values[0].value), world.instrument).unit


def _due_item(rng: random.Random, world: World) -> str:
    own = ["agreed_on", "promised_at", "decision_on"] if world.subject == "disputes" else ["performance_due_on"]
    period = f"{rng.randint(1, 4)} weeks" if world.instrument is not None else _calendar_period(rng, world)
    return rng.choice([rng.choice(own), f"{_any_moment(rng, world)} + {period}"])


def _sequence(rng: random.Random, world: World) -> dict[str, Any]:
    firsts = list(dict.fromkeys(_any_moment(rng, world) for _ in range(rng.choice([1, 1, 2, 3]))))
    first: Any = {"any": firsts} if len(firsts) > 1 else firsts[0]
    return {"first": first, "then": _start(rng, world), "same_day": rng.choice(["allowed", "refused"])}


def _required(rng: random.Random, world: World) -> dict[str, Any]:
    plain = {
        "disputes": ("cause", "amount_claimed", "contract.line", "contract.amount_limit", "contract.concluded_on"),
        "mediations": ("forum", "dispute.cause", "dispute.received_at"),
    }[world.subject]
    fields = list(dict.fromkeys(rng.choice([rng.choice(plain), _any_moment(rng, world)]) for _ in range(rng.randint(1, 3))))
    when, period = rng.choice([None, _start(rng, world), _start(rng, world)]), _period(rng)
    return {"fields": fields, "when": when, "by": rng.choice([None, period, period, _any_moment(rng, world)])}


def _forbidden(rng: random.Random, world: World) -> dict[str, Any]:
    what = (
        {"activity": _any_moment(rng, world)}
        if rng.random() < 0.6
        else {"record": rng.choice(["payments", "payments.benefit", "notices.decision", "events"])}
    )
    return {**what, "from": rng.choice([None, _start(rng, world), _shared(rng)]), "until": rng.choice([None, _any_moment(rng, world), _shared(rng)])}


def _shared(rng: random.Random) -> Any:
    """A moment that is the same for every subject."""
    columns = rng.sample(["payments.paid_at", "contracts.concluded_on", "notices.sent_at", "assignments.ends_at"], rng.randint(1, 2))
    return rng.choice(["organisation.dissolution", "organisation.a", {rng.choice(["latest", "earliest"]): columns}])


def _occurrences(rng: random.Random, world: World) -> dict[str, Any]:
    counts: list[Any] = [None, 0, 1, 2, 3, "$number"]
    of = rng.choice([_any_moment(rng, world), "parties.agent.starts", "notices.decision.sent"])
    window = {"from": _start(rng, world), "within": _some_days(rng, world)} if rng.random() < 0.5 else {}
    return {"of": of, "min": rng.choice(counts), "max": rng.choice(counts), "distinct": rng.choice([None, None, "day", "party"]), **window}


def _some_days(rng: random.Random, world: World) -> str:
    return rng.choice([_working_days(rng, world), _calendar_period(rng, world)])


def _heartbeat(rng: random.Random, world: World) -> dict[str, Any]:
    activities = rng.sample([*RECORD_MOMENTS, "hold", "told"], rng.randint(1, 3))
    until = rng.choice([None, _any_moment(rng, world), "withdrawn", _start(rng, world)])
    return {"activities": activities, "every": _some_days(rng, world), "from": _start(rng, world), "until": until}


def _cadence(rng: random.Random, world: World) -> dict[str, Any]:
    when = {"activity": rng.choice([*RECORD_MOMENTS, "hold", "told"]), "from": rng.choice([None, None, _start(rng, world)])}
    if rng.random() < 0.5:
        return {**when, "every": _some_days(rng, world)}
    period = rng.choice(["month", "month", "quarter", "half-year", "year"])
    return {**when, "period": period, "due": rng.choice([None, _some_days(rng, world)])}


def _amount(rng: random.Random, world: World) -> dict[str, Any]:
    texts = list(FORMULAS) if world.subject == "disputes" else ["100"]
    return {
        "actual": rng.choice(texts), "expected": rng.choice(texts), "tolerance": rng.choice([0, 25, 50, "$number", "0.5"]),
        "when": rng.choice([None, None, _any_moment(rng, world)]),
    }  # fmt: skip


def _limit(rng: random.Random, world: World) -> dict[str, Any]:
    of = rng.choice(["events", "events.a", "payments", "payments.benefit", "notices", "notices.decision", "assignments", "assignments.handler"])
    table = of.partition(".")[0]
    distinct = {"events": "direction", "payments": "currency", "notices": "party_id", "assignments": "staff_id"}[table]
    way = rng.choice([{}, {"distinct": distinct}, {"sum": "amount"} if table == "payments" else {}])
    where = {"where": rng.choice(RECORD_CONDITIONS[table])[0]} if table in RECORD_CONDITIONS and rng.random() < 0.4 else {}
    numbers: list[Any] = [None, 0, 1, 2, 3, 100, 150, "$number", "1.5"]
    per = rng.choice([None, None, "cause", "contract_id"]) if world.subject == "disputes" else rng.choice([None, "forum"])
    return {"measure": {"of": of, **way, **where}, "per": per, "min": rng.choice(numbers), "max": rng.choice(numbers)}


def _share(rng: random.Random, world: World) -> dict[str, Any]:
    what = {"holds": rng.choice(CONDITIONS[world.subject])[0]} if rng.random() < 0.5 else {"of": _any_moment(rng, world)}
    per = rng.choice([None, "cause", "contract.line", "contract_id"]) if world.subject == "disputes" else rng.choice([None, "forum"])
    when: dict[str, Any] = {}
    if rng.random() < 0.7:
        when = {"period": rng.choice(["month", "quarter", "half-year", "year"]), "from": _start(rng, world)}
        when["due"] = (
            rng.choice([None, None, _calendar_period(rng, world)]) if world.instrument is None or world.instrument.day == "calendar" else None
        )
    shares: list[Any] = [None, 0, "0.1", "0.3", "0.5", "0.9", 1, "$number"]
    return {**what, **when, "per": per, "min": rng.choice(shares), "max": rng.choice(shares), "smallest": rng.choice([1, 1, 2, 5]),
            "confidence": rng.choice([None, None, "0.5", "0.75", "0.9", "0.95", "0.99"])}  # fmt: skip


def _exists(rng: random.Random, world: World) -> dict[str, Any]:
    record = rng.choice(["events", "events.a", "payments", "payments.benefit", "notices.decision", "assignments", "assignments.handler"])
    table = record.partition(".")[0]
    found: dict[str, Any] = {"record": record}
    if table in RECORD_CONDITIONS and rng.random() < 0.6:
        found["meets"] = rng.choice(RECORD_CONDITIONS[table])[0]
    own = {"disputes": ["cause", "handler_id", "contract_id"], "mediations": ["forum", "dispute_id"]}[world.subject]
    theirs = {"events": "activity", "payments": "currency", "notices": "party_id", "assignments": "staff_id"}[table]
    if rng.random() < 0.5:
        found |= {"match": {theirs: rng.choice(own)}, "having": rng.choice([1, 1, 2, 3, 20])}
    if rng.random() < 0.6:
        found["from"] = _start(rng, world)
        found["within"] = rng.choice([None, _calendar_period(rng, world)]) if world.instrument is None or world.instrument.day == "calendar" else None
    return found


def _in_place(rng: random.Random, world: World) -> dict[str, Any]:
    items: list[Any] = [
        "assignments.handler",
        "parties.agent",
        "documents.contract",
        {"from": "hold", "to": "resume"},
        {"from": "wait", "to": "go on"},
    ]
    evidence = rng.sample(items, rng.randint(1, 3))
    return {"evidence": evidence, "from": rng.choice([None, _start(rng, world)]), "until": rng.choice([None, _any_moment(rng, world), "withdrawn"])}


def _independence(rng: random.Random, world: World) -> dict[str, Any]:
    of = rng.choice(["parties", "assignments"])
    bars = ["conflict", "organisation", "assignments.handler", "assignments.reviewer", "parties.agent", "parties.heir"]
    bars += ["handler_id" if world.subject == "disputes" else "dispute.handler_id"] * 2
    return {
        "of": of, "role": rng.choice(_WORDS[of]), "not_in": rng.sample(list(dict.fromkeys(bars)), rng.randint(1, 3)), "min": rng.choice([1, 1, 2]),
        "when": rng.choice([None, _any_moment(rng, world)]),
    }  # fmt: skip


def _documents(rng: random.Random, world: World) -> dict[str, Any]:
    if rng.random() < 0.3:
        return {"kinds": rng.sample(["decision", "extension"], rng.randint(1, 2)), "contents": rng.choice([["reasons"], ["reasons", "remedies"]])}
    within = {"from": _start(rng, world), "within": _period(rng)}
    by = rng.choice([None, _any_moment(rng, world), within, within])
    found = {
        "kinds": rng.sample(["contract", "form", "photo"], rng.randint(1, 3)),
        "by": by,
        "verified": rng.random() < 0.4,
        "or_requested": rng.random() < 0.4,
    }
    return {k: v for k, v in found.items() if v is not None}


def _condition(rng: random.Random, world: World) -> dict[str, Any]:
    return {"holds": rng.choice(CONDITIONS[world.subject])[0]}


def _vocabulary(rng: random.Random, world: World) -> dict[str, Any]:
    own = {"disputes": ["cause", "contract.line"], "mediations": ["forum", "dispute.cause"]}[world.subject]
    column = rng.choice([*own, "events.activity", "events.direction", "notices.kind", "parties.role"])
    words = _WORDS.get(column.rpartition(".")[2], ()) or _WORDS[column.partition(".")[0]]
    return {"column": column, "values": list(words[: rng.randint(1, len(words))])}


# what a rule of each kind says, at random
FIELDS: Mapping[str, Callable[[random.Random, World], dict[str, Any]]] = {
    "deadline": _deadline, "sequence": _sequence, "required": _required, "forbidden": _forbidden, "occurrences": _occurrences,
    "documents": _documents, "condition": _condition, "vocabulary": _vocabulary, "heartbeat": _heartbeat, "amount": _amount, "limit": _limit,
    "in_place": _in_place, "independence": _independence, "cadence": _cadence,
    "share": _share, "exists": _exists,
}  # fmt: skip


class Generated(NamedTuple):
    """How registers and rules are made for a kind: the kind with a register of so many subjects, its subjects with their facts, and a rule."""

    world: Callable[[random.Random, int], tuple[RuleKind, World]]
    cases: Callable[[World], Iterator[tuple[str, Case]]]
    rule: Callable[[random.Random, RuleKind, World], Rule]


# ── the query's side ──


class Engine:
    """An engine for many worlds with one calendar; one world is in it at a time."""

    def __init__(self, calendar: Calendar) -> None:
        self.db = duckdb.connect()
        create_calendar(self.db, calendar)

    def load(self, world: World) -> Register:
        for (name,) in self.db.execute("select table_name from duckdb_tables() where table_name in (select unnest($1))", [list(TABLES)]).fetchall():
            self.db.execute(f'drop table "{name}"')
        return Register({name: self._table(name, supply) for name, supply in world.tables.items()})

    def _table(self, name: str, supply: Supply) -> LoadedTable:
        spec, rows = TABLES[name], supply.rows
        columns, bit = {}, 0
        for column, type_ in supply.types.items():
            days = {isinstance(r[column], datetime) for r in rows if isinstance(r[column], date)} if type_ == "instant" else set()
            coarse = "none" if not days - {True} else "some" if len(days) == 2 else "all"
            bad = sum(r[column] is REJECTED for r in rows)
            columns[column] = SuppliedColumn(column, type_, column, coarse, bad, bit if type_ != "text" else None)  # type: ignore[arg-type]
            bit += type_ != "text"
        extra = {COARSE.format(name=c.name): "boolean" for c in columns.values() if c.coarse == "some"}
        if any(c.rejected for c in columns.values()):
            extra[BAD_CELLS] = "bigint"
        types = {c: _SQL_TYPES[t] for c, t in supply.types.items()} | extra
        with TemporaryDirectory() as folder:
            path = Path(folder) / "rows.json"
            with path.open("w", encoding="utf-8") as out:
                for row in rows:
                    out.write(json.dumps(_written(row, columns)) + "\n")
            self.db.execute(
                f"create table \"{name}\" as select * from read_json($1, format = 'newline_delimited', columns = {json.dumps(types)})", [str(path)]
            )
        key = spec.key if spec.key in columns else "subject_id"
        return LoadedTable(spec, str(key), columns, (), len(rows), len(rows), 0, sum(c.rejected for c in columns.values()), supply.extracted_at)


def _written(row: Row, columns: Mapping[str, SuppliedColumn]) -> dict[str, object]:
    found: dict[str, object] = {}
    bad = 0
    for name, column in columns.items():
        cell = row[name]
        if cell is REJECTED:
            assert column.bit is not None
            bad |= 1 << column.bit
        elif isinstance(cell, date):
            found[name] = (
                cell.isoformat() if column.type == "date" else str(datetime.combine(cell, time()) if not isinstance(cell, datetime) else cell)
            )
        else:
            found[name] = str(cell) if isinstance(cell, Decimal) else cell
        found[COARSE.format(name=name)] = isinstance(cell, date) and not isinstance(cell, datetime)
    found[BAD_CELLS] = bad
    return found


def by_query(
    engine: Engine, register: Register, world: World, kind: RuleKind, rule: Rule, told: "Callable[[exp.Select], None] | None" = None
) -> dict[str, str]:
    """The verdict text of every subject, by the kind's query, in the way in which a run decides it. told: is given the query."""
    spec = TABLES[world.subject]
    ids = [str(row[str(spec.key)]) for row in world.tables[spec.name].rows]
    instruments = {"law": world.instrument} if world.instrument is not None else {}
    head = PackHead(id="test", version="1", title=TEXT)
    pack = Pack(head, Path("test"), "test", "", instruments, world.parameters, (rule,))
    (prepared,) = prepare((pack,), (), {kind.name: kind}, TABLES, register.tables)
    if prepared.absent:
        return dict.fromkeys(ids, NOT_SUPPLIED)
    for name in ("facts", "later", "pauses"):
        engine.db.execute(f'drop table if exists "{name} {spec.name}"')
    facts = build_facts(engine.db, register, TABLES, prepared.reads, prepared.moments, world.as_of)
    seen = first_seen(engine.db, register, tuple(t for t in RECORDS if t in register.tables), world.as_of)
    stage = Stage(engine.db, register, TABLES, {spec.name: facts}, world.calendar, world.as_of, lambda sort: covered(sort, world.declared, seen))
    query = prepared.check.query(stage.vocabulary(prepared))
    if told is not None:
        told(query)
    said = exp.select("subject", "verdict").from_(query.subquery("q"))
    if "subjects" in query.named_selects:  # further findings of a subject that is counted already
        said = said.where("subjects > 0")
    rows = engine.db.execute(sql.written(said)).fetchall()
    if len({subject for subject, _ in rows}) < len(rows):
        raise AssertionError("a subject has two verdicts")
    return {**dict.fromkeys(ids, NOT_CONCERNED), **dict(rows)}


def _supplied(world: World) -> dict[str, ColumnType]:
    """The columns that are supplied of the subject, and of its parent as `contract.line` or `dispute.cause`."""
    found = dict(world.tables[world.subject].types)
    alias, parent = PARENTS[world.subject]
    if f"{alias}_id" in found:
        found |= {f"{alias}.{n}": t for n, t in world.tables[parent].types.items()}
    return found


# ── the oracle's side ──


def cases(world: World) -> Iterator[tuple[str, Case]]:
    """Every subject with its facts, straight from the rows."""
    spec = TABLES[world.subject]
    about = {name: _by_subject(supply, spec) for name, supply in world.tables.items() if name in RECORDS}
    alias, above = PARENTS[world.subject]
    parents = {row[f"{alias}_id"]: row for row in world.tables[above].rows}
    types = {world.subject: _supplied(world)} | {name: world.tables[name].types for name in about}
    records = [t for t in TABLES.values() if t.is_record]
    kinds, moments = {t.name: t.kind for t in records if t.kind}, {t.name: t.moment for t in records if t.moment}
    since = _coverage(world)
    reads = {text: columns for text, columns, _ in (*CONDITIONS[world.subject], *(c for found in RECORD_CONDITIONS.values() for c in found))}
    reads |= {text: columns for text, (columns, _) in FORMULAS.items()}
    truths = {text: holds for found in RECORD_CONDITIONS.values() for text, _, holds in found}
    found: list[Case] = []
    groups: dict[tuple[str, Cell], tuple[Case, ...]] = {}
    extracted = {name: supply.extracted_at for name, supply in world.tables.items()}
    required = frozenset(n for n, c in spec.columns.items() if c.required)
    for own in world.tables[world.subject].rows:
        parent = parents.get(own.get(f"{alias}_id"), {})
        row: Row = dict(own) | {f"{alias}.{n}": parent.get(n) for n in world.tables[above].types}
        found.append(Case(
            table=world.subject, row=row, records={name: rows.get(own[str(spec.key)], ()) for name, rows in about.items()}, as_of=world.as_of,
            working=_working(world.calendar), covered_from=since, types=types, parents={alias: above}, required=required, begins=spec.begins, kind_columns=kinds,
            moment_columns=moments, conditions=_Truths(row, world.subject), condition_columns=reads, extracted=extracted,
            parameters=world.parameters, instrument=world.instrument, numbers={text: formula(row) for text, (_, formula) in FORMULAS.items()},
            shared=_Everybodys(world), organisation="x" if "organisation" in world.tables else None,
            record_truth=lambda text, record: truths[text](dict(record)), alike=partial(_alike, found, groups, row),
            others={name: supply.rows for name, supply in world.tables.items() if name in RECORDS},
        ))  # fmt: skip
    yield from zip((str(own[str(spec.key)]) for own in world.tables[world.subject].rows), found, strict=True)


def _alike(cases: list[Case], groups: dict[tuple[str, Cell], tuple[Case, ...]], row: Row, column: str) -> tuple[Case, ...]:
    key = (column, row.get(column))
    if key not in groups:
        groups[key] = tuple(c for c in cases if c.row.get(column) == key[1])
    return groups[key]


class _Everybodys(dict[str, Shared]):
    """The moments of the organisation and over whole tables, found when they are asked for."""

    def __init__(self, world: World) -> None:
        self.world = world

    def get(self, name: str, default: Any = None) -> Any:
        tables = self.world.tables
        pick, of, over = name.partition(" of ")
        if of:
            columns = [c.split(".") for c in over.split(", ")]
            if any(t not in tables or c not in tables[t].types for t, c in columns):
                return default
            return Shared(columns[0][0], None, tuple(row[c] for t, c in columns for row in tables[t].rows), pick)  # type: ignore[arg-type]
        milestone = name.removeprefix("organisation.")
        if "organisation" in tables and f"{milestone}_on" in tables["organisation"].types:
            return Shared("organisation", None, tuple(row[f"{milestone}_on"] for row in tables["organisation"].rows))
        if "events" not in tables:
            return default
        rows = [r for r in tables["events"].rows if r["subject"] == "organisation" and r["activity"] == milestone]
        return Shared("events", milestone, tuple(r["occurred_at"] for r in rows))


class _Truths(dict[str, bool | None]):
    """The truth of each condition, found when it is asked for."""

    def __init__(self, row: Row, subject: str) -> None:
        self.row, self.subject = row, subject

    def __missing__(self, text: str) -> bool | None:
        return next(holds for t, _, holds in CONDITIONS[self.subject] if t == text)(self.row)


def _by_subject(supply: Supply, spec: Table) -> dict[Cell, tuple[Row, ...]]:
    found: dict[Cell, list[Row]] = {}
    for row in supply.rows:
        if row["subject"] == spec.name:
            found.setdefault(row["subject_id"], []).append(row)
    return {key: tuple(rows) for key, rows in found.items()}


@cache
def _working(calendar: Calendar) -> Callable[[date], bool | None]:
    exceptions = dict(calendar.exceptions)
    known: dict[date, bool | None] = {}

    def working(day: date) -> bool | None:
        if day not in known:
            settled = (calendar.published_from or day) <= day <= (calendar.published_until or day)
            known[day] = exceptions.get(day, day.isoweekday() not in calendar.rest_weekdays) if settled else None
        return known[day]

    return working


def _coverage(world: World) -> Callable[[str, str | None], date | None]:
    """From when on each sort is complete: as declared, most special first, else from its first record up to as-of on."""
    seen: dict[tuple[str, str | None], date] = {}
    for table in RECORDS:
        spec = TABLES[table]
        for row in world.tables[table].rows if table in world.tables else ():
            cell = row[str(spec.moment)]
            if isinstance(cell, date):
                day = cell.date() if isinstance(cell, datetime) else cell
                for sort in ((table, str(row[str(spec.kind)])), (table, None)):
                    if day <= world.as_of:
                        seen[sort] = min(day, seen.get(sort, day))

    def since(table: str, kind: str | None) -> date | None:
        names = [] if kind is None else [f"{table}.{kind}"] if table != "events" else [kind, f"{table}.{kind}"]
        for name in (*names, table):
            if name in world.declared:
                return world.declared[name].from_on
        return seen.get((table, kind))

    return since


def by_walk(found: list[tuple[str, Case]], kind: RuleKind, rule: Rule) -> dict[str, str]:
    """The verdict text of every subject, by the kind's oracle."""
    assert kind.oracle is not None
    return {subject: str(kind.oracle(rule, case)) for subject, case in found}


def differences(engine: Engine, world: World, kind: RuleKind, rules: list[Rule]) -> Iterator[tuple[Rule, Case, str, str]]:
    """Each subject on which the query and the oracle don't agree: the rule, the case, what the query said, what the oracle said."""
    register = engine.load(world)
    found = list(cases(world))
    for rule in rules:
        said, walked = by_query(engine, register, world, kind, rule), by_walk(found, kind, rule)
        for subject, case in found:
            if said[subject] != walked[subject]:
                yield rule, case, said[subject], walked[subject]
