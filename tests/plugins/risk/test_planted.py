"""A register in which each risk is planted once, in a branch of its own: each is found where it is, and nowhere else; without them nothing is."""

import csv
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from tests.projects import control, write_pack

from disputekit.assess import assess
from disputekit.assessment.manifest import Manifest
from disputekit.config import load_project

AS_OF = date(2026, 6, 30)
UNITS = 12
EACH = 100
Tables = dict[str, list[dict[str, Any]]]
PROJECT = """
[organisation]
name = "X"
language = "en"
calendar = "weekends"
[policies]
packs = ["./house"]
[plugins]
enabled = ["risk"]
[register]
disputes = { path = "disputes.csv" }
events = { path = "events.csv" }
decisions = { path = "decisions.csv" }
contracts = { path = "contracts.csv" }
"""
PAYABLE = 810  # 1000 claimed, 100 deductible, a tenth of the rest borne by the customer
SHARES = {
    "risk-breaches": ("U0", "hot spot"), "risk-refusals": ("U1", "hot spot"), "risk-offers-below": ("U2", "amount deviation"),
    "risk-offers-above": ("U3", "amount deviation"), "risk-complex": ("U4", "gaming"), "risk-paused": ("U5", "gaming"),
    "risk-extended": ("U6", "gaming"), "risk-entered-late": ("U7", "gaming"), "risk-withdrawn-again": ("U8", "gaming"), "risk-ageing": ("U9", "ageing"),
}  # fmt: skip


def tables(planted: bool) -> Tables:
    """1,200 disputes, three a day; of each branch as many have each trait, but for the one in which there is more of it."""
    disputes: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    decisions: list[dict[str, Any]] = []

    def happened(dispute: str, activity: str, at: datetime) -> None:
        events.append({"subject": "disputes", "subject_id": dispute, "activity": activity, "occurred_at": at.isoformat()})

    def added(key: str, unit: int, n: int, received: datetime, acknowledged: int = 1, **more: Any) -> None:
        tenth = n // 10  # traits go by n modulo ten, groups by this
        row = {"dispute_id": key, "customer_id": f"C{key}", "claim_id": f"L{key}", "contract_id": "K1", "product": f"P{tenth % 3}",
               "region": f"R{tenth // 3 % 3}", "channel": "phone" if tenth // 2 % 2 else "web", "cause": f"cause {tenth % 4}", "unit_id": f"U{unit}",
               "handler_id": f"E{unit}{tenth % 2}", "complexity": "simple", "amount_claimed": "1000.00", "amount_offered": f"{PAYABLE}.00",
               "received_at": received.isoformat(), "registered_at": (received + timedelta(minutes=5)).isoformat(), "closed_at": "", **more}  # fmt: skip
        disputes.append(row)
        happened(key, "acknowledged", received + timedelta(days=acknowledged))

    for i in range(UNITS * EACH):
        unit, n = i % UNITS, i // UNITS
        received = datetime.combine(AS_OF - timedelta(days=1 + (i * 7 % (UNITS * EACH)) // 3), datetime.min.time()) + timedelta(hours=9)
        key = f"D{i:04}"

        def has(detector: str, tenth: int, n: int = n, unit: int = unit) -> bool:
            """One in ten; where it is planted five in ten."""
            return n % 10 in ((tenth + k) % 10 for k in range(5 if planted and f"U{unit}" == SHARES[detector][0] else 1))

        takes = (10 + i * 5 % 17) * (4 if planted and unit == 9 else 1)
        closed = received + timedelta(days=takes)
        more: dict[str, Any] = {"closed_at": closed.isoformat() if closed.date() <= AS_OF else ""}
        if has("risk-complex", 0):
            more["complexity"] = "complex"
        if has("risk-entered-late", 7):
            more["registered_at"] = (received + timedelta(days=3)).isoformat()
        if has("risk-offers-below", 5):
            more["amount_offered"] = "500.00"
        elif has("risk-offers-above", 6):
            more["amount_offered"] = "1000.00"
        added(key, unit, n, received, acknowledged=20 if has("risk-breaches", 3) else 1, **more)
        decisions.append({"subject": "disputes", "subject_id": key, "kind": "refusal" if has("risk-refusals", 4) else "determination",
                          "decided_at": (received + timedelta(days=5)).isoformat(), "clauses": f"art. {n // 10 % 5};art. 9"})  # fmt: skip
        if has("risk-paused", 8):
            happened(key, "appraisal_started", received + timedelta(days=2))
        if has("risk-extended", 9):
            happened(key, "extension_approved", received + timedelta(days=3))
        if n % 10 < 4:
            happened(key, "withdrawn", received + timedelta(days=4))
            if n % 10 == 0 or (planted and unit == 8 and n % 10 < 3):
                added(f"A{i:04}", unit, n, received + timedelta(days=34), customer_id=f"C{key}")
    if planted:
        also_planted(added)
    return {"disputes": disputes, "events": events, "decisions": decisions,
            "contracts": [{"contract_id": "K1", "amount_limit": "100000.00", "amount_deductible": "100.00", "coinsurance": "0.1", "currency": "CNY"}]}  # fmt: skip


def also_planted(added: Any) -> None:
    """What isn't a share of a branch; each evenly over the branches, so that it is none."""

    def day(ago: int) -> datetime:
        return datetime.combine(AS_OF - timedelta(days=ago), datetime.min.time()) + timedelta(hours=10)

    for k in range(60):
        added(f"S{k:04}", k % UNITS, 10 * (k % 10), day(5 + k % 2))
    for k in range(12):
        added(f"R{k:04}", k % UNITS, 10 * k, day(60 + 12 * k), customer_id="CX")
        added(f"T{k:04}", k % UNITS, 10 * k, day(66 + 12 * k), claim_id="LX")
    for k in range(6):
        added(f"X{k:04}", k, k, day(100 + k), customer_id=f"CD{k}", claim_id=f"LD{k}", channel="web")
        added(f"Y{k:04}", k, k, day(97 + k), customer_id=f"CD{k}", claim_id=f"LD{k}", channel="phone")
    added("B0000", 10, 0, day(40), customer_id="CBIG", amount_claimed="9000000.00", amount_offered="")


def written(folder: Path, of: Mapping[str, Sequence[Mapping[str, Any]]], more: str = "") -> Path:
    for name, rows in of.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    answers = 'kind = "deadline"\nfrom = "received"\nto = "acknowledged"\nwithin = "10 days"\npractice = "{}"'
    write_pack(folder / "house", *(control(f"H-{p}", answers.format(p)) for p in ("S13.1", "S10.2", "S7.2")))
    (folder / "disputekit.toml").write_text(PROJECT + more, encoding="utf-8")
    return folder


@cache
def found_in(planted: bool) -> Manifest:
    with TemporaryDirectory() as name:
        manifest = assess(load_project(written(Path(name), tables(planted))), AS_OF, Path(name) / "out")
    assert manifest.errors == ()
    assert {d.state for d in manifest.risk_detectors} == {"looked"}
    return manifest


def test_without_them_no_detector_raises_an_alarm() -> None:
    assert [p.name for p in found_in(planted=False).risk_points] == []
    assert all(d.candidates or d.name in ("risk-repeats-customer", "risk-repeats-claim", "risk-duplicates", "risk-concentration")
               for d in found_in(planted=False).risk_detectors)  # fmt: skip


@pytest.mark.parametrize("detector", SHARES)
def test_each_is_found_in_the_branch_where_it_is_and_in_no_other(detector: str) -> None:
    unit, kind = SHARES[detector]
    mine = {p.scope: p for p in found_in(planted=True).risk_points if p.detector == detector}
    assert {s for s in mine if not s.startswith("handler=")} == {f"unit={unit}"}
    assert {s for s in mine if s.startswith("handler=")} <= {f"handler=E{unit[1:]}{k}" for k in (0, 1)}
    assert mine[f"unit={unit}"].kind == kind
    assert mine[f"unit={unit}"].level is not None


def test_a_surge_is_found_on_its_days_and_of_no_branch_for_it_is_of_all() -> None:
    found = [p for p in found_in(planted=True).risk_points if p.detector == "risk-surges"]
    assert [p.scope for p in found] == ["all/2026-06-24..2026-06-25"]
    assert found[0].n >= 60
    assert found[0].controls == ("H-S7.2",)
    assert all(s.startswith(("D", "S", "A")) for s in found[0].subjects)


@pytest.mark.parametrize(("detector", "scope", "observed"), [("risk-repeats-customer", "customer=CX", 12), ("risk-repeats-claim", "claim=LX", 12),
                                                             ("risk-duplicates", "all", 6)])  # fmt: skip
def test_repeats_and_possible_duplicates_are_found(detector: str, scope: str, observed: int) -> None:
    assert [(p.scope, p.observed) for p in found_in(planted=True).risk_points if p.detector == detector] == [(scope, observed)]


def test_what_holds_most_of_the_open_amount_is_found_by_each_of_the_settings_dimensions() -> None:
    found = {p.scope: p for p in found_in(planted=True).risk_points if p.detector == "risk-concentration"}
    assert set(found) == {"customer=CBIG", "product=P0", "region=R0", "unit=U10"}
    assert found["customer=CBIG"].subjects == ("B0000",)
    assert found["customer=CBIG"].money == 9_000_000


def test_a_risk_point_names_examples_that_have_it_and_the_controls_that_answer_it() -> None:
    points = {p.name: p for p in found_in(planted=True).risk_points}
    units = {str(d["dispute_id"]): d for d in tables(planted=True)["disputes"]}
    gamed = points["risk-complex/unit=U4"]
    assert len(gamed.subjects) == 5
    assert {(units[s]["unit_id"], units[s]["complexity"]) for s in gamed.subjects} == {("U4", "complex")}
    assert gamed.controls == ("H-S10.2",)
    assert points["risk-breaches/unit=U0"].controls == ("H-S13.1", "H-S10.2", "H-S7.2")


def test_impact_goes_by_the_graver_of_people_and_money_and_by_the_matrix_of_the_project(tmp_path: Path) -> None:
    points = {p.name: p for p in found_in(planted=True).risk_points}
    gamed, rich = points["risk-complex/unit=U4"], points["risk-concentration/customer=CBIG"]
    assert (gamed.people, gamed.money, gamed.impact) == (50, 50_000, 3)  # by people: from 50 on
    assert (rich.people, rich.money, rich.impact) == (1, 9_000_000, 3)  # by money: from 1,000,000 on
    matrix = "[plugins.risk.matrix]\npeople = [5, 10, 20, 40]\nmoney = [1000000, 2000000, 4000000, 8000000]\n"
    own = assess(load_project(written(tmp_path, tables(planted=True), matrix)), AS_OF, tmp_path / "out")
    mine = {p.name: (p.impact, p.level) for p in own.risk_points}
    assert mine["risk-complex/unit=U4"] == mine["risk-concentration/customer=CBIG"] == (5, "critical")


def test_tests_of_a_family_are_counted_once() -> None:
    used = {d.name: d for d in found_in(planted=True).risk_detectors}
    assert used["risk-repeats-customer"].tests < 2 * UNITS * EACH  # the number of customers, whatever number of them is given
    windows = next(p.tests for p in found_in(planted=True).risk_points if p.detector == "risk-surges")
    assert used["risk-surges"].tests % windows == 0
    assert used["risk-surges"].candidates > used["risk-surges"].tests / windows
