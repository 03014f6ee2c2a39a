"""What sets a plan off: rows, records, findings, risk points; and what can't be looked at is told, never taken for calm."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.emergency.conftest import write_register
from tests.projects import check, control, write_pack

from disputekit.assess import assess
from disputekit.assessment.manifest import Manifest
from disputekit.config import load_project

HEAD = """\
[[plans]]
id = "H"
title = { zh = "自订", en = "House" }
basis = "practice"
cool_down = "7 days"
stand_down = { zh = "结束", en = "It is over" }
tasks = []
"""
RISKS = """
from disputekit import Candidate, NotLooked, Rating, Reads, RiskDetector, Text, hookimpl
class Plugin:
    @hookimpl
    def risk_points(self):
        t = Text(zh="热点", en="Hot")
        def judge(rows, run):
            for unit, n in (("U1", 40), ("U2", 9)):
                yield Candidate(kind="hot", scope=f"unit={unit}", n=n, observed=2.0, expected=1.0)
            yield Candidate(kind="cold", scope="all", n=99, observed=2.0, expected=1.0)
            yield NotLooked("small", Text(zh="太少", en="too few"))
        def rate(c, q):
            return Rating(likelihood=5, impact=5, level="high" if c.n > 10 else "medium")
        yield RiskDetector("acme-hot", t, Reads("disputes"), lambda sql: sql.pipeline(sql.fill("select count(*) as n from subject"), subject=sql.subjects()), judge, rate)
"""


def checked(folder: Path, *triggers: str, as_of: date = date(2026, 2, 1), plugins: str = "", packs: str = "", **more: Any) -> Manifest:
    """A check of the register with the plan H and these triggers, and with no other plan."""
    write_register(folder, settings="plans = ['plans.toml']", **more)
    (folder / "plans.toml").write_text(HEAD + "".join(f"[[plans.triggers]]\n{t}\n" for t in triggers), encoding="utf-8")
    file = folder / "disputekit.toml"
    text = file.read_text("utf-8").replace('"emergency"]', f'"emergency"{plugins}]').replace('"data-quality"', f'"data-quality"{packs}')
    file.write_text(text, encoding="utf-8")
    return assess(load_project(folder), as_of, folder / "out" / as_of.isoformat())


def fired(manifest: Manifest) -> list[tuple[str, str, Any]]:
    return [(f.level, f.key, f.facts["count"]) for f in manifest.firings]


INCIDENT = 'table = "incidents"\nsince = "occurred_at"\n'


def test_each_of_the_four_levels_has_its_cause(tmp_path: Path) -> None:
    levels = {"IV": "kind = 'fire'", "III": "kind = 'data_leak'", "II": "severity = 'III'", "I": "severity = 'I'"}
    manifest = checked(tmp_path, *(f'level = "{level}"\nper = "incident_id"\n{INCIDENT}where = "{where}"' for level, where in levels.items()))
    assert sorted(fired(manifest)) == [("I", "H/incidents/incident_id/I-3", 1), ("II", "H/incidents/incident_id/I-1", 1),
                                       ("III", "H/incidents/incident_id/I-1", 1), ("IV", "H/incidents/incident_id/I-3", 1)]  # fmt: skip


def test_a_joint_complaint_in_person_acts_from_twenty_people_on_and_each_counts_once(tmp_path: Path) -> None:
    bundled = "plans = ['cn']"
    for people, level in ((19, None), (20, "III"), (49, "III"), (50, "II")):
        folder = write_register(tmp_path / str(people), people=people, settings=bundled)
        manifest = assess(load_project(folder), date(2026, 2, 1), folder / "out")
        found = [f.level for f in manifest.firings if f.plan == "CN-CMP-29"]
        assert (max(found, key=["III", "II"].index) if found else None) == level, people
    folder = write_register(tmp_path / "twice", people=19, settings=bundled)
    with (folder / "parties.csv").open("a") as file:
        file.write("disputes,D-0,P-0,Zhang,complainant,true\ndisputes,D-1,P-98,Zhang,complainant,false\ndisputes,D-1,P-99,Zhang,agent,true\n")
    manifest = assess(load_project(folder), date(2026, 2, 1), folder / "out")
    assert [f for f in manifest.firings if f.plan == "CN-CMP-29"] == []


def test_a_data_incident_acts_and_the_plan_seen_second_hand_only_when_it_is_switched_on(tmp_path: Path) -> None:
    for switched, plans in (("", {"CN-CIR-4H"}), ("switch_on = ['CN-DSM-INC']", {"CN-CIR-4H", "CN-DSM-INC"})):
        folder = write_register(tmp_path / str(len(plans)), settings=f"plans = ['cn']\n{switched}")
        manifest = assess(load_project(folder), date(2026, 2, 1), folder / "out")
        assert {f.plan for f in manifest.firings} - {"CN-CMP-29"} == plans
        assert {t.plan for t in manifest.triggers if t.draft} == {"CN-CIR-4H", "CN-DSM-INC"} - plans


def test_what_lies_after_the_day_or_too_long_ago_sets_nothing_off_and_a_key_is_the_same_on_every_day(tmp_path: Path) -> None:
    trigger = f'level = "III"\nper = "incident_id"\n{INCIDENT}where = "kind = \'data_leak\'"\nwithin = "90 days"'
    keys = {day: [k for _, k, _ in fired(checked(tmp_path / day, trigger, as_of=date.fromisoformat(day)))]
            for day in ("2026-01-19", "2026-01-20", "2026-04-01", "2026-05-01")}  # fmt: skip
    one, two = ("H/incidents/incident_id/I-1", "H/incidents/incident_id/I-2")
    assert keys == {"2026-01-19": [], "2026-01-20": [one], "2026-04-01": [one, two], "2026-05-01": [two]}


def test_findings_set_a_plan_off_per_control_or_per_unit(tmp_path: Path) -> None:
    write_pack(tmp_path / "house", control(rest='kind = "required"\nfields = ["group_id"]'))
    both = [f'level = "II"\ncontrols = ["H-1"]\nper = "{per}"' for per in ("control", "unit")]
    manifest = checked(tmp_path, *both, 'level = "I"\ncontrols = ["H-1"]\nat_least = 2', packs=', "./house"')
    assert fired(manifest) == [("II", "H/findings/control/H-1", 1), ("II", "H/findings/unit/?", 1)]


def test_risk_points_set_a_plan_off_by_kind_rating_and_number(tmp_path: Path, install: Callable[..., str]) -> None:
    name = install(RISKS)
    manifest = checked(
        tmp_path, 'level = "III"\ndetectors = ["acme-hot"]\nkinds = ["hot"]\nrated = ["high"]', 'level = "II"\ndetectors = ["acme-hot"]\nper = "kind"',
        'level = "I"\ndetectors = ["acme-hot"]\nat_least = 50', plugins=f', "{name}"')  # fmt: skip
    assert fired(manifest) == [
        ("III", "H/risk/hot/unit=U1", 40), ("II", "H/risk/cold", 1), ("II", "H/risk/hot", 2), ("I", "H/risk/cold/all", 99),
    ]  # fmt: skip
    assert {u.what.en for t in manifest.triggers for u in t.undecided} == {"too few"}, "where the detector couldn't look is told"


@pytest.mark.parametrize(
    ("trigger", "missing"),
    [
        ('level = "I"\ntable = "mentions"', "mentions"), ('level = "I"\ntable = "incidents"\nwhere = "affected > 100"', "affected"),
        ('level = "I"\ntable = "incidents"\nper = "kind"\nsince = "closed_at"', "closed_at"), ('level = "I"\ncontrols = ["H-99"]', "H-99"),
        ('level = "I"\ndetectors = ["risk-surges"]', "risk-surges"),
    ],
)  # fmt: skip
def test_what_a_trigger_needs_and_is_not_there_is_told_and_the_check_ends_with_2(
    trigger: str, missing: str, tmp_path: Path, plan: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = checked(tmp_path, trigger)
    (used,) = manifest.triggers
    assert not used.looked and any(missing in a for a in used.absent)
    said = check(tmp_path, "--no-report", capsys=capsys)
    assert said.code == 2 and "H" in said.out + said.err and missing in said.out + said.err
    tested = plan(tmp_path, "test")
    assert tested.code == 2 and f"Not looked at: H.1 ({used.absent[0]}" in tested.out


def test_values_that_are_missing_or_unreadable_are_told_where_the_plan_would_act_with_them(tmp_path: Path) -> None:
    write_register(tmp_path, people=18, settings="plans = ['cn']")
    file = tmp_path / "parties.csv"
    text = file.read_text()
    file.write_text(text + "disputes,D-1,P-50,Li,complainant,\ndisputes,D-2,P-51,Li,complainant,perhaps\n")
    manifest = assess(load_project(tmp_path), date(2026, 2, 1), tmp_path / "out")
    (used,) = [t for t in manifest.triggers if t.name == "CN-CMP-29.1"]
    assert (used.fired, [u.number for u in used.undecided]) == (0, [1])
    file.write_text(text + "disputes,D-1,P-50,Li,complainant,\n")  # 19 at the most
    manifest = assess(load_project(tmp_path), date(2026, 2, 1), tmp_path / "out-2")
    (used,) = [t for t in manifest.triggers if t.name == "CN-CMP-29.1"]
    assert (used.looked, used.fired, used.undecided) == (True, 0, ())


def test_a_check_activates_nothing_unless_it_is_told_to(tmp_path: Path, plan: Any, capsys: pytest.CaptureFixture[str]) -> None:
    write_register(tmp_path)
    check(tmp_path, "--no-report", capsys=capsys)
    tested = plan(tmp_path, "test")
    assert tested.code == 1 and "CN-CIR-4H would act at level III" in tested.out and "count = 25" in tested.out
    assert not (tmp_path / "emergency.sqlite").exists()
    said = check(tmp_path, "--no-report", "--replace", "--apply-plans", capsys=capsys)
    assert said.out.count("Activated: ") == 2
    assert len(json.loads(plan(tmp_path, "status", "--format", "json").out)["activations"]) == 2
    said = check(tmp_path, "--no-report", "--replace", "--apply-plans", capsys=capsys)
    assert said.out.count("Active already: ") == 2


def test_each_high_risk_that_no_plan_watches_is_named(tmp_path: Path, plan: Any, install: Callable[..., str]) -> None:
    name = install(RISKS)
    checked(tmp_path, 'level = "III"\ndetectors = ["acme-hot"]\nkinds = ["cold"]', plugins=f', "{name}"')
    told = plan(tmp_path, "test", str(tmp_path / "out" / "2026-02-01"), "--format", "json")
    assert json.loads(told.out)["high_risks_without_a_plan"] == [{"kind": "hot", "detector": "acme-hot", "points": 1}], "U2 is of medium weight"
    assert "No plan for a high risk: hot (1 points of acme-hot)" in plan(tmp_path, "test", str(tmp_path / "out" / "2026-02-01")).out


def test_where_nobody_looked_for_risks_that_is_told(tmp_path: Path, plan: Any) -> None:
    checked(tmp_path, f'level = "III"\n{INCIDENT}')
    assert "which high risks have no plan isn't known" in plan(tmp_path, "test", str(tmp_path / "out" / "2026-02-01")).out
