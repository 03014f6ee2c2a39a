"""A control of house practice can be switched off, never silently; one of the law can't."""

import json
from pathlib import Path

import pytest
from tests.end_to_end.running import called, manifest, tallies
from tests.projects import DEADLINE, control, write_pack, write_project

LAW = """
[instruments.act]
title = { zh = "法", en = "Act" }
in_force = 2020-01-01
reviewed_on = 2026-01-01
"""


def project(folder: Path, *without: str) -> Path:
    legal = control("LAW-1", DEADLINE).replace('basis = "practice"', 'basis = "law"\ncite = "act art. 1"')
    write_pack(folder / "house", LAW, control("H-1"), control("H-2", DEADLINE.replace("15", "20")), legal)
    write_project(folder)
    toml = folder / "disputekit.toml"
    toml.write_text(toml.read_text("utf-8").replace("[plugins]", f"without = {json.dumps(without)}\n[plugins]"), encoding="utf-8")
    return folder


def test_what_is_switched_off_is_said_first_and_stands_in_the_manifest(tmp_path: Path) -> None:
    ended = called("--project", project(tmp_path, "H-1"), "check", "--as-of", "2026-02-01")
    lines = [line.strip() for line in ended.out.splitlines() if line.strip()]
    assert "Switched off by the organisation, and not checked: H-1" in lines[:5]
    folder = tmp_path / "assessments" / "2026-02-01"
    assert list(tallies(folder)) == ["H-2", "LAW-1"]
    assert [(u["id"], u["status"]) for u in manifest(folder)["unchecked"]] == [("H-1", "switched off")]


def test_a_control_of_the_law_is_refused_with_why_and_one_that_is_none_is_named(tmp_path: Path) -> None:
    ended = called("--project", project(tmp_path, "LAW-1", "H-3"), "check", "--as-of", "2026-02-01")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines() == [
        "disputekit.toml: [policies] without: LAW-1 is law (act art. 1), and nobody in a company can set a law aside. "
        "Record a disposition of its findings, or counsel's opinion where two duties contradict each other",
        "disputekit.toml: [policies] without: no control 'H-3' in the enabled packs. Did you mean 'H-2'?",
    ]


def test_switching_everything_off_is_no_all_clear(tmp_path: Path) -> None:
    write_pack(tmp_path / "house", control("H-1"))
    write_project(tmp_path)
    toml = tmp_path / "disputekit.toml"
    toml.write_text(toml.read_text("utf-8").replace("[plugins]", 'without = ["H-1"]\n[plugins]'), encoding="utf-8")
    assert called("--project", tmp_path, "check", "--as-of", "2026-02-01").code == 2


@pytest.mark.parametrize(("arguments", "code", "says"), [
    (("explain", "H-1", "D-2"), 2, "H-1: is switched off in disputekit.toml, so it isn't evaluated"),
    (("policy", "show", "house"), 0, "H-1  [high]  Close in time  (switched off)"),
    (("policy", "test"), 0, "H-1: no example shows pass, fail, unknown, not_applicable"),
])  # fmt: skip
def test_other_commands_know_it(arguments: tuple[str, ...], code: int, says: str, tmp_path: Path) -> None:
    ended = called("--project", project(tmp_path, "H-1"), *arguments)
    assert ended.code == code
    assert says in ended.out + ended.err


def test_a_lock_holds_what_is_switched_off(tmp_path: Path) -> None:
    assert called("--project", project(tmp_path), "policy", "lock").code == 0
    ended = called("--project", project(tmp_path, "H-1"), "check", "--as-of", "2026-02-01", "--locked")
    assert ended.code == 2
    assert "packs.house.without" in ended.err
