"""What detectors tested is corrected together, whichever plugin they are of; a family's tests count once; and what became of a risk point."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.projects import check, control, write_pack, write_project

Install = Callable[..., str]
SOURCE = """
from disputekit import *

TEXT = Text(zh="探测", en="Looks")

def detector(name, candidates):
    def aggregate(sql):
        return sql.pipeline(sql.fill("select count(*) as n from subject"), subject=sql.subjects())

    def judge(rows, run):
        for scope, p, weight, family in candidates:
            yield Candidate(kind="x", scope=scope, n=10, observed={observed}, expected=1.0, p=p, weight=weight, family=family, tests=7 if family else 1)

    return RiskDetector(name, TEXT, Reads("disputes"), aggregate, judge, alpha=0.15)

class Plugin:
    @hookimpl
    def risk_points(self):
        yield from (detector(name, candidates) for name, candidates in {detectors}.items())
"""
Candidates = list[tuple[str, float, float, str | None]]


@pytest.fixture
def points(tmp_path: Path, install: Install, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """`points(plugin's detectors, …)`: the manifest of a check with a plugin for each. observed: of all candidates, where one is expected."""

    def checked(*plugins: dict[str, Candidates], observed: float = 2.0, out: str = "2026-02-01", previous: str | None = None) -> Any:
        names = [install(SOURCE.format(detectors=repr(detectors), observed=observed)) for detectors in plugins]
        write_pack(tmp_path / "house", control())
        project = write_project(tmp_path, plugins=names)
        more = ["--previous", str(project / "assessments" / previous)] if previous is not None else []
        said = check(project, "--out", str(project / "assessments" / out), *more, capsys=capsys)
        assert said.code == 1, said.err
        return json.loads((project / "assessments" / out / "assessment.json").read_text("utf-8"))

    return checked


def test_the_tests_of_all_detectors_of_all_plugins_are_corrected_together_by_their_weights_and_a_family_counts_once(
    points: Callable[..., Any],
) -> None:
    mine: Candidates = [("a", 0.001, 1.0, "f"), ("b", 0.004, 1.0, "f"), ("c", 0.03, 1.0, None)]
    theirs: Candidates = [("d", 0.02, 4.0, None), *((f"z{n}", 0.9, 1.0, None) for n in range(4))]
    manifest = points({"one": mine}, {"other": theirs})
    # the weights come to 10: 1 of the family, 1 of c, 4 of d, 4 of the others; p times 10 by weight and rank: a 0.01, b 0.02, d 0.05 / 3, c 0.075
    assert {p["scope"]: p["q"] for p in manifest["risk_points"]} == pytest.approx({"a": 0.01, "b": 0.05 / 3, "d": 0.02, "c": 0.075})
    assert {d["name"]: d["tests"] for d in manifest["risk_detectors"]} == {"one": 8, "other": 5}


@pytest.mark.parametrize(
    ("before", "now", "trend"), [(2.0, 3.0, "rising"), (3.0, 2.0, "falling"), (2.0, 2.1, "steady"), (0.5, 0.2, "rising"), (0.2, 0.5, "falling")]
)
def test_what_is_fewer_than_it_should_be_gets_worse_by_falling(points: Callable[..., Any], before: float, now: float, trend: str) -> None:
    candidates: Candidates = [("a", 0.001, 1.0, None)]
    points({"one": candidates}, observed=before, out="earlier")
    manifest = points({"one": candidates}, observed=now, out="later", previous="earlier")
    assert [p["trend"] for p in manifest["risk_points"]] == [trend]
