"""The demo is the same everywhere, and a check of it finds what is planted in it: the queries and the oracles, each by themselves."""

import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib.metadata import EntryPoint
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import holidays
import pytest

from disputekit.assess import assess
from disputekit.blocks import blocks_of, packs_of
from disputekit.config import load_project
from disputekit.demo.files import Row
from disputekit.demo.generate import Demo, write_demo
from disputekit.demo.names import COMPANY
from disputekit.demo.part import Planted
from disputekit.oracles import share
from disputekit.oracles.case import REJECTED, Case
from disputekit.plugins import installed
from disputekit.register.tables import TABLES

AS_OF = date(2026, 6, 30)
Finding = tuple[str, str, str, str]
"""Control, subject, outcome, reason."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return write_demo(tmp_path_factory.mktemp("demo"), seed=11, disputes=900)


@pytest.fixture(scope="module")
def rules(demo: Demo) -> list[tuple[Any, Any, Any]]:
    """Every control with its oracle and its pack."""
    project = load_project(demo.folder)
    blocks = blocks_of(project)
    return [(rule, blocks.kinds[rule.kind].oracle, pack) for pack in packs_of(project, blocks) for rule in pack.controls]


def planted(demo: Demo, controls: Callable[[str], bool] = lambda _: True) -> Counter[Finding]:
    return Counter((p.control, p.subject, p.outcome, p.reason) for p in demo.planted if controls(p.control))


def of_orphans(control: str) -> bool:
    return control.startswith("DQ-ORPHAN")


# ── the proof ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_check_finds_exactly_what_is_planted(demo: Demo, tmp_path: Path) -> None:
    manifest = assess(load_project(demo.folder), AS_OF, tmp_path / "out")
    assert not manifest.errors
    found: Counter[Finding] = Counter()
    for file in sorted((tmp_path / "out" / "findings").glob("*.parquet")):
        rows = duckdb.read_parquet(str(file)).filter("outcome in ('fail', 'unknown')").select("subject, outcome, reason").fetchall()
        found += Counter((file.stem, *row) for row in rows)
    assert differences(found, planted(demo)) == []


def test_the_oracles_find_exactly_what_is_planted(demo: Demo, rules: list[tuple[Any, Any, Any]]) -> None:
    found: Counter[Finding] = Counter()
    cases = {rule.subject: list(cases_of(demo, rule.subject)) for rule, _, _ in rules}
    for rule, oracle, pack in rules:
        for key, case in judged(rule, [(key, told(case, rule, pack)) for key, case in cases[rule.subject]]):
            verdict = oracle(rule, case)
            if verdict.outcome in ("fail", "unknown"):
                found[rule.id, key, verdict.outcome, verdict.reason] += 1
    assert differences(found, planted(demo, {rule.id for rule, _, _ in rules}.__contains__)) == []


def judged(rule: Any, cases: list[tuple[str, Case]]) -> Iterator[tuple[str, Case]]:
    """Each finding's subject and a case of it: every subject, or of those that are judged together the first of each group and period."""
    together: dict[str, dict[Any, list[Case]]] = {}

    def alike(case: Case) -> Callable[[str], tuple[Case, ...]]:
        return lambda column: tuple(together[column][case.row.get(column)])

    cases = [(key, replace(case, alike=alike(case))) for key, case in cases]
    column = "" if getattr(rule, "whole", False) else getattr(rule, "per", None)
    if column is not None:
        groups = together.setdefault(column, defaultdict(list))
        for _, case in cases:
            groups[case.row.get(column)].append(case)
    seen = set()
    for key, case in cases:
        place = None
        if rule.kind == "share" and case.conditions.get(rule.where, True) and share.days(rule, case)[0] is not None:
            place = (str(case.row[rule.per]) if rule.per is not None else "*", share.days(rule, case)[0])
        if place is None or place not in seen:
            yield place[0] if place is not None else key, case
        seen.add(place)


def test_a_plain_reading_finds_exactly_the_orphans_that_are_planted(demo: Demo) -> None:
    keys = {name: {row[TABLES[name].key] for row in rows} for name, rows in demo.tables.items() if TABLES[name].key}
    found: set[Finding] = set()
    for name, rows in demo.tables.items():
        spec = TABLES[name]
        by_row = spec.key is not None and not spec.key_optional
        refers = [(c, lambda _, target=target: target) for c, target in spec.refers.items() if c in demo.columns[name]]
        refers += [(f"{by}_id", lambda row, by=by: row[by]) for by in ("subject", "source", "target") if by in demo.columns[name]]
        for column, target in refers:
            lost = [row for row in rows if row.get(column) is not None and row[column] not in keys[target(row)]]
            found |= {(f"DQ-ORPHAN-{name}.{column}", str(row[spec.key if by_row else column]), "fail", "orphan") for row in lost}
    assert differences(Counter(found), planted(demo, of_orphans)) == []


def test_every_control_has_a_defect_that_it_must_find(demo: Demo, rules: list[tuple[Any, Any, Any]]) -> None:
    assert {rule.id for rule, _, _ in rules} <= {p.control for p in demo.planted}


def differences(found: Counter[Finding], wanted: Counter[Finding]) -> list[str]:
    return [*(f"not found: {f}" for f in sorted(wanted - found)), *(f"not planted: {f}" for f in sorted(found - wanted))]


# ── a plain reading of the rows ────────────────────────────────────────────────────────────────────────────────────────────────────────

CHINA = holidays.country_holidays("CN", years=(2024, 2025, 2026))
COVERED = {**dict.fromkeys(("events", "documents", "requests", "notices", "decisions", "payments", "parties", "assignments", "actions"), date(2025, 1, 1)),
           "training": date(2024, 1, 1)}  # fmt: skip


def known(column: str) -> Callable[[Row], bool | None]:
    return lambda row: row.get(column) is not None


def positive(column: str) -> Callable[[Row], bool | None]:
    return lambda row: None if row.get(column) is None else row[column] >= 0  # type: ignore[operator]


def is_determination(row: Row) -> bool | None:
    return None if row.get("kind") is None else row["kind"] == "determination"


def one_of(column: str, values: Sequence[str]) -> Callable[[Row], bool | None]:
    return lambda row: None if row.get(column) is None else row[column] in values


def not_held_or_agreed(row: Row) -> bool | None:
    return True if row.get("held_at") is None else None if row.get("outcome") is None else row["outcome"] == "agreed"


def at_most_claimed(row: Row) -> bool | None:
    return row["amount_offered"] <= row["amount_claimed"]  # type: ignore[operator]


CONDITIONS: Mapping[str, tuple[tuple[str, ...], Callable[[Row], bool | None]]] = {
    **{f"{c} IS NOT NULL": ((c,), known(c)) for c in ("cause", "amount", "amount_claimed", "amount_offered", "amount_agreed", "currency")},
    **{f"{c} >= 0": ((c,), positive(c)) for c in ("amount", "amount_claimed", "amount_offered", "amount_agreed")},
    "amount_offered IS NOT NULL AND amount_claimed IS NOT NULL": (
        ("amount_offered", "amount_claimed"), lambda row: row.get("amount_offered") is not None and row.get("amount_claimed") is not None,
    ),
    "amount_offered <= amount_claimed": (("amount_offered", "amount_claimed"), at_most_claimed),
    "kind = 'determination'": (("kind",), is_determination),
    "answered_at IS NOT NULL": (("answered_at",), known("answered_at")),
    "score >= 4": (("score",), lambda row: None if row.get("score") is None else row["score"] >= 4),  # type: ignore[operator]
    "coalesce(done_at <= due_at, FALSE)": (
        ("done_at", "due_at"), lambda row: row.get("done_at") is not None and row.get("due_at") is not None and row["done_at"] <= row["due_at"],  # type: ignore[operator]
    ),
    "activity = 'promise_made'": (("activity",), lambda row: row["activity"] == "promise_made"),
    "role = 'handler'": (("role",), lambda row: row["role"] == "handler"),
    "forum <> 'internal'": (("forum",), lambda row: row["forum"] != "internal"),
    "held_at IS NULL OR outcome = 'agreed'": (("held_at", "outcome"), not_held_or_agreed),
    "role in ('claims_handler', 'dispute_handler', 'mediator', '理赔员', '争议处理员', '调解员')": (("role",), one_of("role", ("理赔员", "争议处理员", "调解员"))),
    "department in ('customer_service', 'mediation', '客户服务部', '调解中心')": (
        ("department",), one_of("department", ("客户服务部", "调解中心")),
    ),
}  # fmt: skip
"""What each condition of the packs means, said a second time."""


def recomputed(row: Row) -> Decimal | None:
    claimed, limit, deductible, share = (row.get(c) for c in OFFER[1:5])
    if not all(isinstance(v, Decimal) for v in (claimed, limit, deductible, share)) or row.get("currency") != row.get("contract.currency"):
        return None
    return min(limit, max(claimed - deductible, Decimal(0)) * (1 - share))  # type: ignore[operator, type-var, return-value]


OFFER = ("currency", "amount_claimed", "contract.amount_limit", "contract.amount_deductible", "contract.coinsurance", "contract.currency")
FORMULAS: Mapping[str, tuple[tuple[str, ...], Callable[[Row], Decimal | None]]] = {
    "amount_offered": (("amount_offered",), lambda row: row.get("amount_offered")),  # type: ignore[dict-item, return-value]
    "case when currency = contract.currency then least(contract.amount_limit, greatest(amount_claimed - contract.amount_deductible, 0)"
    " * (1 - contract.coinsurance)) end": (OFFER, recomputed),
}
"""What each formula of the packs comes to, worked out a second time."""


def is_working(day: date) -> bool | None:
    if day.year > 2026:
        return None
    return day in CHINA.weekend_workdays or (day.isoweekday() < 6 and day not in CHINA)


def read(table: str, row: Row, columns: Sequence[str]) -> dict[str, Any]:
    """The row as a source gives it: every column there, and text in place of a date is a cell that can't be read."""
    types = {c: TABLES[table].columns[c].type for c in columns}
    return {c: REJECTED if types[c] in ("date", "instant") and isinstance(row.get(c), str) else row.get(c) for c in columns}


def cases_of(demo: Demo, table: str) -> Iterator[tuple[str, Case]]:
    records: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for name, rows in demo.tables.items():
        for row in rows if TABLES[name].is_record else ():
            if row["subject"] == table:
                records[str(row.get("subject_id"))][name].append(read(name, row, demo.columns[name]))
    for name, column in (("training", "staff_id"), ("disputes", "handler_id")) if table == "staff" else ():
        for row in (*demo.tables[name], *(told_on_line(demo) if name == "training" else ())):
            records[str(row[column])][name].append(read(name, row, demo.columns[name]))
    learned: dict[str, list[Any]] = defaultdict(list)
    for row in (*demo.tables["training"], *told_on_line(demo)):
        learned[str(row["staff_id"])].append(read("training", row, demo.columns["training"]))
    all_actions = tuple(read("actions", row, demo.columns["actions"]) for row in demo.tables["actions"])
    spec, key = TABLES[table], str(TABLES[table].key)
    types = {name: MappingProxyType({c: TABLES[name].columns[c].type for c in columns}) for name, columns in demo.columns.items()}
    contracts = {row["contract_id"]: read("contracts", row, demo.columns["contracts"]) for row in demo.tables["contracts"]}
    if "contract_id" in demo.columns[table]:
        types[table] = MappingProxyType({**types[table], **{f"contract.{c}": t for c, t in types["contracts"].items()}})
    for row in demo.tables[table]:
        own = records[str(row[key])]
        contract = contracts.get(row.get("contract_id"), {})
        parent = {f"contract.{c}": contract.get(c) for c in demo.columns["contracts"]} if "contract_id" in demo.columns[table] else {}
        yield str(row[key]), Case(
            table, read(table, row, demo.columns[table]) | parent, {name: tuple(rows) for name, rows in own.items()}, AS_OF, is_working,
            lambda name, _: COVERED.get(name), types,
            required=frozenset(c for c, column in spec.columns.items() if column.required), begins=spec.begins,
            kind_columns={t.name: t.kind for t in TABLES.values() if t.is_record and t.kind},
            moment_columns={t.name: t.moment for t in TABLES.values() if t.is_record and t.moment},
            extracted=dict.fromkeys(demo.columns, datetime(2026, 7, 1, 6)), organisation=COMPANY,
            record_truth=lambda text, record: CONDITIONS[text][1](dict(record)),
            others={"training": tuple(r for who in dict.fromkeys(e.get("actor_id") for e in own["events"]) for r in learned.get(str(who), ()))} | {"actions": all_actions},
        )  # fmt: skip


def told_on_line(demo: Demo) -> list[Row]:
    """What the learning system says was completed, read line by line as somebody would by hand."""
    lines = [json.loads(line) for line in (demo.folder / "data" / "lms.xapi").read_text("utf-8").splitlines()]
    voided = {line["object"]["id"] for line in lines if line["verb"]["id"].endswith("/voided")}
    good = {line["id"]: line for line in lines if line["verb"]["id"].endswith(("/completed", "/passed")) and line["id"] not in voided
            and "timestamp" in line and list(line["actor"]) == ["account"]}  # fmt: skip
    return [{"staff_id": line["actor"]["account"]["name"], "course": line["object"]["id"], "hours": Decimal(8),
             "completed_at": (datetime.fromisoformat(line["timestamp"]) + timedelta(hours=8)).replace(tzinfo=None), "expires_on": None,
             "score": Decimal(line["result"]["score"]["raw"]), "evidence": name} for name, line in good.items()]  # fmt: skip


def told(case: Case, rule: Any, pack: Any) -> Case:
    """The case with what this control says of it."""
    texts = [t for t in (rule.where, getattr(rule, "holds", None)) if t is not None]
    concerned = rule.where is None or CONDITIONS[rule.where][1](case.row)  # type: ignore[arg-type]
    truths = {t: CONDITIONS[t][1](case.row) if concerned or t == rule.where else None for t in texts}  # type: ignore[arg-type]
    formulas = [rule.actual, rule.expected] if rule.kind == "amount" else []
    of_records = [rule.measure.where] if rule.kind == "limit" and rule.measure.where is not None else []
    return replace(
        case, conditions=truths, parameters=pack.parameters, numbers={t: FORMULAS[t][1](case.row) for t in formulas},
        condition_columns={t: CONDITIONS[t][0] for t in (*texts, *of_records)} | {t: FORMULAS[t][0] for t in formulas},
    )  # fmt: skip


# ── the parts of plugins ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

PART = """
from disputekit import DemoPart, Planted

def rows(seed, tables):
    assert tables["disputes"], "a part sees what the demo has without it"
    staff = {"staff_id": "E9999", "name": "示例", "joined_on": tables["staff"][0]["joined_on"]}
    return DemoPart({"staff": [staff], "transfers": [{"transfer_id": f"I{seed}", "transferee": "data"}]}, {"data/more/part.txt": b"more"},
                    "[register.transfers]\\npath = 'data/transfers.csv'\\n", (Planted("X-1", "I5", "fail", "open"),))
"""


def test_a_plugin_brings_its_part_of_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "lib" / "acme_part"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "demo.py").write_text(PART)
    monkeypatch.syspath_prepend(str(package.parent))
    points = {**installed(), "mediation": EntryPoint("mediation", "acme_part:Part", "disputekit.plugins")}
    monkeypatch.setattr("disputekit.demo.parts.installed", lambda: points)
    made = write_demo(tmp_path / "demo", seed=5, disputes=600)
    assert (tmp_path / "demo" / "data" / "more" / "part.txt").read_text() == "more"
    assert (tmp_path / "demo" / "data" / "transfers.csv").read_text("utf-8-sig").splitlines() == ["transfer_id,transferee", "I5,data"]
    assert "E9999" in (tmp_path / "demo" / "data" / "staff.csv").read_text("utf-8-sig")
    assert Planted("X-1", "I5", "fail", "open") in made.planted
    assert "transfers" in load_project(tmp_path / "demo").register.tables


# ── the same everywhere ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

DIGEST = """
import hashlib, sys
from pathlib import Path
from disputekit.demo.generate import write_demo
demo = write_demo(Path(sys.argv[1]), int(sys.argv[2]), 600)
files = sorted(p for p in Path(sys.argv[1]).rglob("*") if p.is_file())
print(hashlib.sha256(b"".join(p.name.encode() + p.read_bytes() for p in files) + repr(demo.planted).encode()).hexdigest())
"""


def digest(folder: Path, seed: int, hash_seed: int, zone: str = "UTC") -> str:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": str(hash_seed), "TZ": zone}
    return subprocess.run([sys.executable, "-c", DIGEST, str(folder), str(seed)], env=env, check=True, capture_output=True, text=True).stdout


def test_the_same_seed_writes_the_same_bytes_whatever_the_hash_seed_and_the_zone(tmp_path: Path) -> None:
    first = digest(tmp_path / "a", 5, hash_seed=1)
    assert first == digest(tmp_path / "b", 5, hash_seed=2, zone="America/New_York")
    assert first != digest(tmp_path / "c", 6, hash_seed=1)


# ── believable ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_has_happened_after_the_extract(demo: Demo) -> None:
    plans = ("scheduled_at", "due_at", "performance_due_on", "ends_on")
    later = [
        (name, c, row[c]) for name, rows in demo.tables.items() for row in rows for c in demo.columns[name]
        if isinstance(row.get(c), date) and c not in plans and str(row[c])[:10] > AS_OF.isoformat()
    ]  # fmt: skip
    assert later == []


def test_the_register_of_an_earlier_day_lacks_the_disputes_that_came_later_with_all_about_them_and_nothing_else(demo: Demo, tmp_path: Path) -> None:
    earlier = write_demo(tmp_path, seed=11, disputes=900, until=date(2026, 5, 31))
    later = {d["dispute_id"] for d in demo.tables["disputes"] if isinstance(d["received_at"], datetime) and d["received_at"] >= datetime(2026, 6, 1)}
    assert later
    mentioned = {cell for rows in earlier.tables.values() for row in rows for cell in row.values()}
    for name, rows in demo.tables.items():
        kept = earlier.tables[name]
        assert not [row for row in kept if later & set(map(str, row.values()))]
        lacking = [row for row in rows if row not in kept]
        key = demo.columns[name][0]
        assert not mentioned & {row[key] for row in lacking if key.endswith("_id")}, name
        assert [row for row in rows if row in kept] == list(kept)


def test_disputes_surge_after_the_dissolution_and_rest_in_spring_festival(demo: Demo) -> None:
    days = Counter(row["received_at"].date() for row in demo.tables["disputes"] if isinstance(row["received_at"], datetime))
    before = sum(n for day, n in days.items() if date(2026, 1, 5) <= day < date(2026, 1, 26))
    after = sum(n for day, n in days.items() if date(2026, 3, 2) <= day < date(2026, 3, 23))
    assert after > 2 * before > 0
    assert not any(days[date(2026, 2, d)] for d in range(15, 24))


def test_no_text_holds_what_could_be_an_identity_number(demo: Demo) -> None:
    texts = [str(cell) for rows in demo.tables.values() for row in rows for c, cell in row.items() if c != "sha256"]
    assert not [t for t in texts if re.search(r"\d{17}[\dXx]", t)]


def test_too_few_disputes_for_every_defect_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="too few"):
        write_demo(tmp_path, 1, disputes=30)
