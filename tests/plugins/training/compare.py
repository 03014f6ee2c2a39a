"""Random staff, disputes and training, each decided twice: by a kind's query for all at once, and by its walk one by one.

The registers are small and mean: few days, so that they meet; ends of months; certificates that touch, overlap or end before they begin; other
names of a course; records without a day, with one that couldn't be read, or that lies ahead; feeds that cover part of the time, old extracts.
"""

import random
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, partial
from typing import Any

from pydantic import ValidationError
from tests.core.oracles.compare import TEXT, Engine, Generated, Row, Supply, World, by_query, by_walk, calendar

from disputekit.extension import RuleKind
from disputekit.oracles.case import REJECTED, Case, Cell
from disputekit.policies.model import DatedValue, Instrument, Parameter, Rule
from disputekit.register.schema import ColumnType
from disputekit.register.settings import Coverage
from disputekit.register.tables import TABLES
from disputekit_training import qualification, training
from disputekit_training.settings import Settings

COURSES = ("law", "service", "plain", "unheard")
NAMES = ("law", "LAW-1", "service", "plain", "other")
CAUSES = ("fire", "flood", "theft")
ROLES, DEPARTMENTS = ("clerk", "handler", "boss"), ("front", "back")
SHAPES: dict[str, dict[str, ColumnType]] = {
    "staff": {"staff_id": "text", "role": "text", "department": "text", "joined_on": "date", "left_on": "date"},
    "training": {"staff_id": "text", "course": "text", "completed_at": "instant", "expires_on": "date", "hours": "decimal", "score": "decimal"},
    "disputes": {"dispute_id": "text", "handler_id": "text", "cause": "text", "received_at": "instant"},
    "events": {"subject": "text", "subject_id": "text", "activity": "text", "occurred_at": "instant", "actor_id": "text"},
    "decisions": {"subject": "text", "subject_id": "text", "kind": "text", "decided_at": "instant", "decided_by": "text"},
}  # fmt: skip
OPTIONAL = {"staff": ("joined_on", "left_on"), "training": ("expires_on",)}
CONDITIONS: dict[str, tuple[str, tuple[str, ...], Callable[[Row], bool | None]]] = {
    "staff": ("role = 'handler'", ("role",), lambda r: None if r["role"] is None else r["role"] == "handler"),
    "disputes": ("cause = 'fire'", ("cause",), lambda r: None if r["cause"] is None else r["cause"] == "fire"),
}


def make_settings(rng: random.Random) -> Settings:
    def matrix() -> list[dict[str, Any]]:
        return [{"role": rng.sample(ROLES, rng.randint(0, 2)), "department": rng.sample(DEPARTMENTS, rng.choice([0, 0, 1])),
                 "courses": rng.sample(COURSES[:3], rng.randint(1, 2)), "hours": rng.choice([None, 8, 16])} for _ in range(rng.randint(0, 2))]  # fmt: skip

    return Settings.model_validate({
        "courses": {
            "law": {"valid": rng.choice(["12 months", "1 year", "30 days", "2 weeks"]), "also": ["LAW-1"], "topics": ["x"], "score": rng.choice([None, 60])},
            "service": {"valid": rng.choice([None, "1 month"]), "topics": rng.choice([[], ["x", "y"]])}, "plain": {},
        },
        "matrix": matrix(), "answers": rng.choice([{}, {"fire": "law"}, {"flood": "plain", "theft": "law"}]),
    })  # fmt: skip


def make_world(rng: random.Random, subject: str, count: int) -> World:
    as_of = rng.choice([date(2026, 6, 30), date(2026, 3, 31), date(2024, 2, 29), date(2026, 3, 1), date(2026, 5, 5)])
    days = [
        as_of - timedelta(days=d)
        for d in rng.sample([-20, -1, 0, 0, 1, 2, 13, 14, 15, 28, 29, 30, 31, 59, 61, 90, 91, 180, 364, 365, 366, 367, 400], 12)
    ]
    coarse, nothing, unread = rng.choice([0, 0.3, 1]), rng.choice([0, 0.1, 0.3]), rng.choice([0, 0, 0.1])

    def at(empty: float | None = None) -> Cell:
        lot = rng.random()
        if lot < (nothing if empty is None else empty):
            return None
        if lot > 1 - unread:
            return REJECTED
        day = rng.choice(days)
        return day if rng.random() < coarse else datetime.combine(day, rng.choice([time(), time(9), time(23, 59)]))

    def day(empty: float) -> Cell:
        cell = at(empty)
        return cell.date() if isinstance(cell, datetime) else cell

    def number(choices: list[Any]) -> Cell:
        return REJECTED if rng.random() < unread else rng.choice([*choices, None if nothing else choices[0]])

    people = [f"P{i}" for i in range(count if subject == "staff" else 4)]
    tables: dict[str, list[Row]] = {
        "staff": [{"staff_id": p, "role": rng.choice([*ROLES, *([None] if nothing else [])]), "department": rng.choice([*DEPARTMENTS, None]),
                   "joined_on": day(nothing), "left_on": day(0.8)} for p in people],
        "training": [{"staff_id": p, "course": rng.choice(NAMES), "completed_at": at(), "expires_on": day(0.6),
                      "hours": number([Decimal(8), Decimal("4.5"), Decimal(16)]), "score": number([Decimal(60), Decimal(59), Decimal(90)])}
                     for p in [*people, "gone"] for _ in range(rng.choice([0, 1, 2, 4]))] or [
                         {"staff_id": "gone", "course": "law", "completed_at": None, "expires_on": None, "hours": None, "score": None}],
    }  # fmt: skip
    ids = [f"D{i}" for i in range(count)]
    tables["disputes"] = [{"dispute_id": d, "handler_id": rng.choice([*people, None]), "cause": rng.choice([*CAUSES, "other", *([None] if nothing else [])]),
                           "received_at": at()} for d in ids]  # fmt: skip
    if subject == "disputes":
        who = [*people, "gone", None]
        tables["events"] = [{"subject": "disputes" if rng.random() < 0.9 else "claims", "subject_id": d, "activity": rng.choice("ab"), "occurred_at": at(),
                             "actor_id": rng.choice(who)} for d in ids for _ in range(rng.choice([0, 1, 2]))] or [
                                 {"subject": "claims", "subject_id": "x", "activity": "a", "occurred_at": None, "actor_id": None}]  # fmt: skip
        tables["decisions"] = [{"subject": "disputes", "subject_id": d, "kind": "refusal", "decided_at": at(), "decided_by": rng.choice(who)}
                               for d in ids for _ in range(rng.choice([0, 0, 1]))] or [
                                   {"subject": "claims", "subject_id": "x", "kind": "refusal", "decided_at": None, "decided_by": None}]  # fmt: skip
    supplies = {}
    for name, rows in tables.items():
        types = {c: t for c, t in SHAPES[name].items() if c not in OPTIONAL.get(name, ()) or rng.random() < 0.9}
        extracted = None if rng.random() < 0.6 else datetime.combine(rng.choice(days), time(6))
        supplies[name] = Supply(types, tuple({c: row[c] for c in types} for row in rows), extracted)
    declared = {what: Coverage.model_validate({"from": rng.choice([date(2020, 1, 1), date(2020, 1, 1), *days])})
                for what in ("training", "training.law", "training.LAW-1", "training.service") if rng.random() < 0.5}  # fmt: skip
    instrument = None
    if rng.random() < 0.2:
        first, last = sorted((rng.choice(days), rng.choice(days)))
        instrument = Instrument(title=TEXT, in_force=first, repealed_on=rng.choice([None, last]), reviewed_on=as_of)
    dated = [DatedValue.model_validate({"from": rng.choice([None, days[0]]), "value": v}) for v in ["30 days"]]
    parameters = {"period": Parameter(title=TEXT, basis="practice", values=tuple(dated))}
    return World(subject, as_of, calendar("weekends"), supplies, declared, parameters, instrument)


def make_rule(rng: random.Random, kind: RuleKind, world: World) -> Rule:
    stated: dict[str, Any] = {
        "id": "X", "title": TEXT, "kind": kind.name, "subject": world.subject, "severity": "low", "basis": "practice", "remedy": TEXT,
        "where": CONDITIONS[world.subject][0] if rng.random() < 0.2 else None, "cite": None if world.instrument is None else "law art. 1",
    }  # fmt: skip
    while True:
        try:
            return kind.fields.model_validate({**stated, **(_training(rng) if kind.name == "training" else _qualification(rng))})
        except ValidationError:
            continue


def _training(rng: random.Random) -> dict[str, Any]:
    common = {"every": rng.choice([None, "12 months", "1 month", "30 days"]), "grace": rng.choice([None, "30 days", "2 weeks", "1 month"]),
              "score": rng.choice([None, None, Decimal(60)])}  # fmt: skip
    if rng.random() < 0.25:
        return {**common, "answers": {c: rng.choice(COURSES) for c in rng.sample(CAUSES, rng.randint(0, 3))}}
    rows = [{"role": rng.sample(ROLES, rng.randint(0, 2)), "courses": rng.sample(COURSES, rng.choice([0, 1])), "hours": rng.choice([None, Decimal(8), Decimal("12.5")])}
            for _ in range(rng.choice([0, 0, 1, 2]))]  # fmt: skip
    return {**common, "courses": rng.sample(COURSES, rng.randint(0, 2)), "requires": rows, "matrix": rng.random() < 0.3,
            "hours": rng.choice([None, None, Decimal(8)]), "topics": rng.choice([[], ["x"], ["nothing"]])}  # fmt: skip


def _qualification(rng: random.Random) -> dict[str, Any]:
    return {"of": rng.sample(["a", "b", "decisions.refusal"], rng.randint(1, 3)), "courses": rng.sample(COURSES, rng.choice([1, 1, 2]))}


def cases(world: World) -> Iterator[tuple[str, Case]]:
    """Every subject with its facts, straight from the rows."""
    spec, tables = TABLES[world.subject], world.tables
    types = {n: s.types for n, s in tables.items()}
    mine = {"training": "staff_id", "disputes": "handler_id"} if world.subject == "staff" else {"events": "subject_id", "decisions": "subject_id"}
    text, reads, holds = CONDITIONS[world.subject]
    law = world.instrument
    for own in tables[world.subject].rows:
        key = own[str(spec.key)]
        records = {n: tuple(r for r in tables[n].rows if r[by] == key and r.get("subject", world.subject) == world.subject) for n, by in mine.items()}
        yield str(key), Case(
            table=world.subject, row=own, records=records, as_of=world.as_of, working=lambda _: True, covered_from=partial(_covered, world), types=types,
            begins=spec.begins, conditions={text: holds(own)}, condition_columns={text: reads}, extracted={n: s.extracted_at for n, s in tables.items()},
            parameters=world.parameters, instrument=law, others={} if world.subject == "staff" else {"training": tables["training"].rows},
        )  # fmt: skip


def _covered(world: World, table: str, kind: str | None) -> date | None:
    for name in (f"{table}.{kind}" if kind is not None else table, table):
        if name in world.declared:
            return world.declared[name].from_on
    return None


KINDS: dict[str, tuple[str, Callable[[Settings], RuleKind]]] = {
    "training": ("staff", training.kind), "qualification": ("disputes", qualification.kind),
}  # fmt: skip


@cache
def engine() -> Engine:
    return Engine(calendar("weekends"))


def _made(name: str) -> Generated:
    subject, made = KINDS[name]
    return Generated(lambda rng, count: (made(make_settings(rng)), make_world(rng, subject, count)), cases, make_rule)


GENERATED = {name: _made(name) for name in KINDS}
"""As tests.benchmarks.agreement takes them up."""


def differences(rng: random.Random, name: str, subjects: int, rules: int = 4) -> Iterator[str]:
    """Each subject of a new register on which the query and the walk don't agree."""
    subject, made = KINDS[name]
    kind, world = made(make_settings(rng)), make_world(rng, subject, subjects)
    register, found = engine().load(world), list(cases(world))
    for _ in range(rules):
        rule = make_rule(rng, kind, world)
        said, walked = by_query(engine(), register, world, kind, rule), by_walk(found, kind, rule)
        for key, case in found:
            if said[key] != walked[key] and said[key] != "unknown: not supplied":
                yield f"{rule.model_dump(exclude_defaults=True, exclude={'title', 'remedy'})}\n{case.row}\n{case.records}\n{case.others}\nas of {case.as_of}, " \
                      f"query: {said[key]}, walk: {walked[key]}"  # fmt: skip
