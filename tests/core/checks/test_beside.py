"""A waiver is of a finding's facts: these stay the same while days pass, and change whenever a date in them does."""

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.core.oracles.compare import Engine, World, make_rule, make_world

from disputekit import sql
from disputekit.calendars import Calendar
from disputekit.checks.beside import facts_query
from disputekit.checks.decide import FINDING, decide
from disputekit.checks.prepare import prepare
from disputekit.checks.stage import put_facts
from disputekit.core import Core
from disputekit.extension import RuleKind
from disputekit.policies.model import PackHead, Rule
from disputekit.policies.packs import Pack
from disputekit.register.tables import TABLES
from disputekit.text import Text

KINDS = {kind.name: kind for kind in Core().register_rule_kinds()}


@cache
def engine(calendar: Calendar) -> Engine:
    return Engine(calendar)


@cache
def memory() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def facts_on(world: World, kind: RuleKind, rule: Rule) -> dict[tuple[str, str | None], tuple[str, str]]:
    """Of each finding (subject, occurrence) that fails or is unknown: the verdict, and the hash of its facts."""
    at = engine(world.calendar)
    register = at.load(world)
    head = PackHead(id="test", version="1", title=Text(zh="试", en="test"))
    instruments = {"law": world.instrument} if world.instrument is not None else {}
    pack = Pack(head, Path("test"), "test", "", instruments, world.parameters, (rule,))
    (prepared,) = prepare((pack,), (), {kind.name: kind}, TABLES, register.tables)
    if prepared.absent:
        return {}
    for name in ("facts", "later", "pauses"):
        at.db.execute(f'drop table if exists "{name} {world.subject}"')
    with TemporaryDirectory() as folder:
        place = Path(folder)
        stage = put_facts(at.db, TABLES, world.declared, [prepared], register, world.calendar, world.as_of, place)
        part = place / "part.parquet"
        decide(at.db, prepared.check.query(stage.vocabulary(prepared)), len(world.tables[world.subject].rows), part)
        file = sql.parquet(part)
        facts = {(s, o): f for s, o, f in at.db.execute(sql.written(facts_query("X", file, None))).fetchall()}
        found = f"select subject, occurrence, outcome || ': ' || reason from read_parquet('{part}') where outcome <> 'pending'"
        rows = at.db.execute(found).fetchall()
    return {(subject, occurrence): (verdict, facts[subject, occurrence]) for subject, occurrence, verdict in rows}


def moved(name: str, seed: int, subjects: int, days: int) -> list[str]:
    """Where the facts of an unchanged finding aren't the same some days later. All days of a world lie before the first of the two."""
    rng = random.Random(seed)
    world = make_world(rng, subjects)
    rule = make_rule(rng, KINDS[name], world)
    first = replace(world, as_of=world.as_of + timedelta(days=40))
    later = replace(first, as_of=first.as_of + timedelta(days=days))
    before, after = facts_on(first, KINDS[name], rule), facts_on(later, KINDS[name], rule)
    return [f"{rule}\n{s}: {v}" for s, (v, facts) in before.items() if s in after and after[s][0] == v and after[s][1] != facts]


def makeable(name: str) -> bool:
    rng = random.Random(1)
    try:
        make_rule(rng, KINDS[name], make_world(rng, 3))
    except KeyError:
        return False
    return True


@pytest.mark.parametrize("name", sorted(n for n in KINDS if makeable(n)))
def test_facts_do_not_move_with_the_days(name: str) -> None:
    assert [m for seed in range(4) for m in moved(name, seed, 60, 1 + seed * 30)] == []


@pytest.mark.parametrize("name", ["cadence", "deadline", "required"])
@settings(deadline=None, max_examples=6, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), days=st.integers(1, 900))
def test_facts_of_small_registers_do_not_move_with_the_days(name: str, seed: int, days: int) -> None:
    assert moved(name, seed, 6, days) == []


def test_open_breaches_are_among_what_is_compared() -> None:
    # the two tests above say nothing unless something open is compared
    rng = random.Random(4)
    world = make_world(rng, 150)
    world = replace(world, as_of=world.as_of + timedelta(days=40))
    verdicts = {v for _ in range(6) for v, _ in facts_on(world, KINDS["deadline"], make_rule(rng, KINDS["deadline"], world)).values()}
    assert {"fail: open", "fail: late"} <= verdicts


# ── what is in the hash ──

INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2027, 1, 1)) | st.none()
FINDINGS = st.fixed_dictionaries({
    "subject": st.just("D-1"), "outcome": st.just("fail"), "reason": st.sampled_from(["late", "open"]), "started_at": INSTANTS,
    "due_on": st.dates(date(2020, 1, 1), date(2027, 1, 1)) | st.none(), "done_at": INSTANTS,
    "observed": st.text(alphabet="0123456789:-; a", max_size=6) | st.none(), "expected": st.text(alphabet="0123456789:-; a", max_size=6) | st.none(),
})  # fmt: skip


def facts_of(*findings: Mapping[str, Any], control: str = "X") -> str:
    db = memory()
    db.execute(f"create or replace temp table finding ({', '.join(f'{n} {t}' for n, t in FINDING.items())})")
    for finding in findings:
        db.execute(f"insert into finding ({', '.join(finding)}) values ({', '.join('?' for _ in finding)})", list(finding.values()))
    rows = db.execute(sql.written(facts_query(control, sql.tab("finding"), ["D-1"]))).fetchall()
    return " ".join(facts for *_, facts in sorted(rows, key=str))


@settings(deadline=None, max_examples=60)
@given(finding=FINDINGS, column=st.sampled_from(["started_at", "done_at", "due_on"]), days=st.integers(1, 400))
def test_facts_change_when_a_date_changes(finding: dict[str, Any], column: str, days: int) -> None:
    assume(finding[column] is not None)
    assert facts_of({**finding, column: finding[column] + timedelta(days=days)}) != facts_of(finding)
    assert facts_of({**finding, column: None}) != facts_of(finding)


@settings(deadline=None, max_examples=60)
@given(one=FINDINGS, other=FINDINGS)
def test_only_the_same_facts_have_the_same_hash(one: dict[str, Any], other: dict[str, Any]) -> None:
    done = datetime(2026, 1, 1)  # what is over has nothing in it that grows
    one, other = {**one, "done_at": done}, {**other, "done_at": done}
    assert (facts_of(one) == facts_of(other)) is (one == other)


OPEN = {"subject": "D-1", "outcome": "fail", "reason": "open", "started_at": datetime(2026, 1, 1), "due_on": date(2026, 1, 16), "expected": "15 days"}


def test_how_long_something_open_has_taken_is_no_fact_but_what_else_was_seen_is() -> None:
    assert facts_of({**OPEN, "observed": "20"}) == facts_of({**OPEN, "observed": "21"})
    assert facts_of({**OPEN, "observed": "20; ineffective: 30 days"}) != facts_of({**OPEN, "observed": "21"})


def test_becoming_late_is_another_fact() -> None:
    assert facts_of(OPEN) != facts_of({**OPEN, "reason": "late"})


def test_who_handles_a_case_is_no_fact() -> None:
    assert facts_of({**OPEN, "handler": "Li", "unit": "A"}) == facts_of({**OPEN, "handler": "Wang"})


def test_each_occurrence_has_facts_of_its_own_whatever_the_order() -> None:
    first, second = {**OPEN, "occurrence": "1"}, {**OPEN, "occurrence": "2"}
    assert facts_of(first, second) == facts_of(second, first) == f"{facts_of(first)} {facts_of(second)}"
    assert facts_of(first) != facts_of(second)


def test_facts_belong_to_a_control() -> None:
    assert facts_of(OPEN, control="X") != facts_of(OPEN, control="Y")
