"""0: nothing at or above --fail-on. 1: something. 2: not everything that was asked for could be evaluated, which wins over 1."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.end_to_end.running import Ended, called
from tests.projects import DEADLINE, control, write_pack, write_project

HEADER = "dispute_id,received_at,closed_at,amount_claimed\n"
IN_TIME = "D-{},2026-01-05T09:00:00,2026-01-12T10:00:00,100.00\n"
LATE = "D-{},2026-01-05T09:00:00,2026-01-25T10:00:00,100.00\n"
CONTRADICTORY = "D-{},2026-01-05T09:00:00,2026-01-02T10:00:00,100.00\n"
BAD_CELL = "D-{},2026-01-05T09:00:00,2026-01-12T10:00:00,lots\n"
NO_KEY = ",2026-01-05T09:00:00,2026-01-12T10:00:00,100.00\n"
Checked = Callable[..., Ended]


@pytest.fixture
def checked(tmp_path: Path) -> Checked:
    """`checked(rows, …)` checks a ledger of these rows; `controls`: the house's pack; `more`: of the TOML."""

    def run(
        *rows: str, controls: tuple[str, ...] = (control(),), more: str = "", plugins: tuple[str, ...] = (), options: tuple[str, ...] = ()
    ) -> Ended:
        write_pack(tmp_path / "house", *controls)
        write_project(tmp_path, packs=("./house",) if controls else (), plugins=plugins, more=more)
        (tmp_path / "disputes.csv").write_text(HEADER + "".join(row.format(n) for n, row in enumerate(rows)), encoding="utf-8")
        return called("--project", tmp_path, "check", "--as-of", "2026-02-01", "--replace", *options)

    return run


def why(ended: Ended) -> list[str]:
    return list(json.loads(ended.out)["conclusion"]["why"])


JSON = ("--format", "json")


def test_nothing_wrong_is_zero(checked: Checked) -> None:
    assert checked(IN_TIME).code == 0


@pytest.mark.parametrize(("fail_on", "code"), [("low", 1), ("medium", 1), ("high", 1), ("critical", 0)])
def test_a_breach_counts_from_the_least_severity_that_is_said(fail_on: str, code: int, checked: Checked) -> None:
    ended = checked(IN_TIME, LATE, options=("--fail-on", fail_on, *JSON))
    assert ended.code == code
    assert json.loads(ended.out)["conclusion"] == {"exit_code": code, "failing": ["H-1"] if code else [], "why": []}


def test_high_is_the_least_severity_unless_said(checked: Checked) -> None:
    medium = control().replace('"high"', '"medium"')
    assert checked(LATE, controls=(medium,)).code == 0
    assert checked(LATE, controls=(control(),)).code == 1


@pytest.mark.parametrize(("fail_on", "code"), [("high", 1), ("critical", 0)])
def test_what_is_unknown_counts_like_a_breach(fail_on: str, code: int, checked: Checked) -> None:
    ended = checked(*[IN_TIME] * 20, CONTRADICTORY, options=("--fail-on", fail_on, *JSON))
    assert (ended.code, why(ended)) == (code, [])


def test_too_much_that_is_unknown_is_two_and_the_limit_can_be_moved(checked: Checked) -> None:
    rows = [IN_TIME] * 8 + [CONTRADICTORY] * 2
    ended = checked(*rows, options=JSON)
    assert (ended.code, why(ended)) == (2, ["H-1 is unknown for 2 of 10 applicable subjects, more than the limit of 5.0%"])
    assert checked(*rows, more="[limits]\nunknown = 0.2\n").code == 1
    assert checked(*rows, more="[limits]\nunknown = 0.19\n").code == 2
    assert checked(*rows, options=("--fail-on", "critical")).code == 0


def test_a_control_that_is_unknown_for_all_is_two_whatever_the_limit(checked: Checked) -> None:
    ended = checked(CONTRADICTORY, CONTRADICTORY, more="[limits]\nunknown = 1.0\n", options=JSON)
    assert (ended.code, why(ended)) == (2, ["H-1 is unknown for all its 2 subjects"])


def test_a_control_that_reads_what_nobody_supplies_is_two(checked: Checked) -> None:
    absent = control("H-2", 'kind = "deadline"\nfrom = "received"\nto = "notices.decision.sent"\nwithin = "15 days"')
    ended = checked(IN_TIME, controls=(control(), absent), options=JSON)
    assert (ended.code, why(ended)) == (2, ["H-2 is unknown for all its 1 subjects"])


def test_a_row_that_cannot_be_read_is_two_and_the_limit_can_be_moved(checked: Checked) -> None:
    ended = checked(IN_TIME, NO_KEY, options=JSON)
    assert (ended.code, why(ended)) == (2, ["disputes: 1 of 2 rows couldn't be read"])
    assert checked(IN_TIME, NO_KEY, more="[limits]\nrejected_rows = 1\n").code == 0
    assert checked(IN_TIME, NO_KEY, NO_KEY, more="[limits]\nrejected_rows = 1\n").code == 2


def test_too_many_cells_that_cannot_be_read_are_two_and_the_limit_can_be_moved(checked: Checked) -> None:
    ended = checked(*[IN_TIME] * 4, BAD_CELL, options=JSON)
    (reason,) = why(ended)
    assert ended.code == 2
    assert reason.startswith("disputes: 1 of ")
    assert reason.endswith("cells couldn't be read, more than the limit of 1.0%")
    assert checked(*[IN_TIME] * 4, BAD_CELL, more="[limits]\nrejected_cells = 0.5\n").code == 0
    # a hundred good rows make one cell in a hundred rows less than one in a hundred cells
    assert checked(*[IN_TIME] * 100, BAD_CELL).code == 0


def test_no_control_is_two(checked: Checked) -> None:
    ended = checked(IN_TIME, controls=(), options=JSON)
    assert (ended.code, why(ended)) == (2, ["no controls: nothing was checked"])


@pytest.mark.parametrize("status", ["draft", "retired"])
def test_controls_that_are_not_active_are_no_controls(status: str, checked: Checked) -> None:
    ended = checked(IN_TIME, controls=(control(rest=f'{DEADLINE}\nstatus = "{status}"'),), options=JSON)
    assert (ended.code, why(ended)) == (2, ["no controls: nothing was checked"])


def test_no_subject_is_two(checked: Checked, tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("subject,subject_id,activity,occurred_at\nclaims,C-1,decided,2026-01-05\n", encoding="utf-8")
    events = "[register.events]\npath = 'events.csv'\n"
    write_pack(tmp_path / "house", control(rest='kind = "vocabulary"\ncolumn = "events.activity"\nvalues = ["decided"]'))
    write_project(tmp_path, more=events)
    toml = tmp_path / "disputekit.toml"
    toml.write_text(toml.read_text("utf-8").replace("path = 'disputes.csv'", 'derive = "events"'), encoding="utf-8")
    ended = called("--project", tmp_path, "check", "--as-of", "2026-02-01", *JSON)
    assert (ended.code, why(ended)) == (2, ["no subjects: nothing was checked"])


def test_a_ledger_without_rows_is_two(checked: Checked) -> None:
    ended = checked()
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "disputes.csv: has a header and no rows\n"


BROKEN = """
from disputekit import hookimpl
class Plugin:
    @hookimpl
    def regulatory_checks(self, run):
        raise RuntimeError("no connection")
"""


def test_two_wins_over_one(checked: Checked, install: Callable[..., str]) -> None:
    assert checked(LATE).code == 1
    ended = checked(LATE, plugins=(install(BROKEN),), options=JSON)
    assert ended.code == 2
    assert json.loads(ended.out)["conclusion"]["failing"] == ["H-1"]
    assert why(ended) == ["1 errors: something that was asked for couldn't be evaluated"]
    assert checked(LATE, NO_KEY).code == 2


def test_with_json_nothing_else_goes_to_stdout(checked: Checked) -> None:
    ended = checked(IN_TIME, LATE, CONTRADICTORY, NO_KEY, options=JSON)
    found = json.loads(ended.out)
    assert list(found) == ["conclusion", "assessment"]
    assert found["conclusion"]["exit_code"] == ended.code == 2
    assert ended.err == ""


def test_a_mistake_in_the_project_leaves_stdout_empty(checked: Checked) -> None:
    ended = checked(IN_TIME, more="[no_such_table]\n", options=JSON)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("disputekit.toml")


def test_the_summary_leads_with_both_numbers(checked: Checked) -> None:
    ended = checked(IN_TIME, LATE, LATE, CONTRADICTORY)
    first = [line for line in ended.out.splitlines() if line.strip()][:3]
    assert first[0] == "X · as of 2026-02-01"
    assert first[1] == "Wrong: 2 breaches of 1 controls out of 1: 0 not done, 2 done late, 0 other"
    assert first[2].startswith("Not checked: 1 decisions that couldn't be made in 1 controls")
    assert "H-1 is unknown for 1 of 4 applicable subjects" in " ".join(ended.out.split())
    assert ended.out.splitlines()[-1].endswith("(exit code 2)")


def test_who_has_read_enough_ends_the_command_without_a_word(tmp_path: Path) -> None:
    """`disputekit … | head`: the pipe is closed before all is printed."""
    end, start = os.pipe()
    os.close(end)
    command = [
        sys.executable,
        "-m",
        "disputekit",
        "--project",
        str(write_project(tmp_path, packs=("data-quality",), plugins=("regulatory",))),
        "policy",
        "list",
    ]
    done = subprocess.run(command, stdout=start, stderr=subprocess.PIPE, check=False, timeout=60)
    os.close(start)
    assert (done.returncode, done.stderr) == (128 + 13, b"")
