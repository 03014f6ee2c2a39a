"""The life of a plan: levels, tasks, escalation, end, cool-down, drills; told as people see it, by a clock that the test sets."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.emergency.conftest import Clock, Inbox

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Apprise's own, in its thread
NOTIFY = "notify = [{ name = 'one', to = { env = 'ONE' } }, { name = 'boss', to = { env = 'BOSS' } }]\n"
PLANS = """\
[[plans]]
id = "H"
title = { zh = "自订", en = "House" }
basis = "practice"
cool_down = "7 days"
notify = ["one"]
stand_down = { zh = "结束", en = "It is over" }
escalation = { after = "1 hour", notify = ["boss"] }
[[plans.triggers]]
level = "IV"
table = "incidents"
per = "kind"
since = "occurred_at"
[[plans.tasks]]
id = "call"
title = { zh = "电话", en = "Call" }
owner = { zh = "值班", en = "Duty" }
within = "30 minutes"
[[plans.tasks]]
id = "progress"
title = { zh = "进展", en = "Progress" }
owner = { zh = "值班", en = "Duty" }
within = "2 hours"
every = "2 hours"
levels = ["I"]
[[plans.tasks]]
id = "summary"
title = { zh = "总结", en = "Sum up" }
owner = { zh = "值班", en = "Duty" }
within = "2 days"
after = "stand_down"
"""


def found(folder: Path, as_of: str, *firings: tuple[str, str, int]) -> str:
    """An assessment as of a day in which these causes (their level, name and number) were seen."""
    source = json.loads((folder / "assessments" / "2026-02-01" / "assessment.json").read_text("utf-8"))
    source |= {"as_of": as_of, "firings": [
        {"plan": "H", "key": f"H/{cause}", "level": level, "facts": {"cause": cause, "count": n, "at_least": 1, "since": f"{as_of} 08:00:00"}}
        for level, cause, n in firings]}  # fmt: skip
    name = f"{as_of}-{'-'.join(f'{x}{c}{n}' for x, c, n in firings)}"
    (folder / "made" / name).mkdir(parents=True, exist_ok=True)
    (folder / "made" / name / "assessment.json").write_text(json.dumps(source), encoding="utf-8")
    return str(folder / "made" / name)


@pytest.fixture
def folder(project: Callable[..., Path], inbox: Inbox, hanging: Inbox, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Path:
    """A project with the plan H; its notices go to `inbox`, those of what is late to `hanging`, the boss."""
    monkeypatch.setenv("ONE", f"json://127.0.0.1:{inbox.port}/")
    monkeypatch.setenv("BOSS", f"json://127.0.0.1:{hanging.port}/")
    made = project(NOTIFY + "plans = ['plans.toml']")
    (made / "plans.toml").write_text(PLANS, encoding="utf-8")
    clock.at("2026-01-20T08:10")
    return made


def status(plan: Any, folder: Path) -> list[dict[str, Any]]:
    activations: list[dict[str, Any]] = json.loads(plan(folder, "status", "--all", "--format", "json").out)["activations"]
    return activations


def tasks(activation: dict[str, Any]) -> dict[str, str | None]:
    return {t["task"]: t["due_at"] for t in activation["tasks"]}


def titles(box: Inbox) -> Sequence[str]:
    return [t["title"] for t in box.taken]


def test_a_graver_level_raises_an_activation_with_its_tasks_and_a_lighter_one_changes_nothing(
    plan: Any, folder: Path, inbox: Inbox, clock: Clock
) -> None:
    assert "Activated: H" in plan(folder, "apply", found(folder, "2026-01-20", ("IV", "fire", 1))).out
    for level, count in (("III", 1), ("III", 0), ("II", 1), ("I", 1), ("IV", 0)):
        said = plan(folder, "apply", found(folder, "2026-01-20", (level, "fire", 9)))
        assert said.out.count("Raised: H") == count, (level, said)
    (one,) = status(plan, folder)
    assert one["level"] == "I"
    assert set(tasks(one)) == {"acknowledge", "call", "summary", "progress"}
    assert titles(inbox) == ["Emergency plan activated, level IV: House", *(f"Emergency plan raised to level {n}: House" for n in ("III", "II", "I"))]
    assert plan(folder, "verify").code == 0


def test_several_triggers_that_see_the_same_cause_activate_at_the_gravest_level(plan: Any, folder: Path, inbox: Inbox) -> None:
    plan(folder, "apply", found(folder, "2026-01-20", ("IV", "fire", 1), ("II", "fire", 1), ("III", "fire", 1)))
    assert [a["level"] for a in status(plan, folder)] == ["II"]
    assert len(inbox.taken) == 1


def test_the_time_of_tasks_runs_from_the_cause_and_not_from_the_command(plan: Any, folder: Path, clock: Clock) -> None:
    clock.at("2026-01-20T08:25")
    plan(folder, "apply", found(folder, "2026-01-20", ("I", "fire", 1)))
    (one,) = status(plan, folder)
    assert tasks(one) == {
        "acknowledge": "2026-01-20T08:55:00+08:00", "call": "2026-01-20T08:30:00+08:00", "progress": "2026-01-20T10:00:00+08:00", "summary": None,
    }  # fmt: skip


def test_what_runs_late_is_told_above_once_and_after_the_time_that_the_plan_gives(
    plan: Any, folder: Path, inbox: Inbox, hanging: Inbox, clock: Clock
) -> None:
    assessment = found(folder, "2026-01-20", ("III", "fire", 1))
    plan(folder, "apply", assessment)
    clock.at("2026-01-20T09:25")
    assert (plan(folder, "apply", assessment).code, titles(hanging)) == (0, [])
    assert "LATE, was due 2026-01-20 08:30" in plan(folder, "status").out
    assert plan(folder, "status").code == 1
    clock.at("2026-01-20T09:35")
    assert "Escalated, a task is late: H" in plan(folder, "apply", assessment).out
    assert titles(hanging) == ["Late: Call (House)"]
    clock.at("2026-01-20T10:00")  # an hour after somebody should have said that it is in hand, too
    plan(folder, "apply", assessment)
    plan(folder, "apply", assessment)
    assert titles(hanging) == ["Late: Call (House)", "Late: Say that it is in hand (House)"]
    assert len(inbox.taken) == 1, "those who were told of the activation aren't told of what is late"


def test_what_comes_back_falls_due_again_and_is_told_each_time(plan: Any, folder: Path, hanging: Inbox, clock: Clock) -> None:
    assessment = found(folder, "2026-01-20", ("I", "fire", 1))
    plan(folder, "apply", assessment)
    (one,) = status(plan, folder)
    for task in ("acknowledge", "call"):
        plan(folder, "done", one["activation"], task, "--by", "duty")
    clock.at("2026-01-20T11:01")
    plan(folder, "apply", assessment)
    plan(folder, "done", one["activation"], "progress", "--by", "duty")
    assert tasks(status(plan, folder)[0])["progress"] == "2026-01-20T12:00:00+08:00"
    clock.at("2026-01-20T13:01")
    plan(folder, "apply", assessment)
    assert titles(hanging) == ["Late: Progress (House)"] * 2


def test_what_people_say_stands_in_the_history_and_twice_is_once(plan: Any, folder: Path, clock: Clock) -> None:
    plan(folder, "apply", found(folder, "2026-01-20", ("IV", "fire", 1)))
    (one,) = status(plan, folder)
    id_ = one["activation"]
    for _ in range(2):
        assert plan(folder, "ack", id_[:4], "--by", "duty").code == 0
        assert plan(folder, "done", id_, "call", "--by", "duty", "--note", "R-17").code == 0
    assert plan(folder, "status").out.count("done 2026-01-20 08:10 by duty") == 2
    assert "11 entries" not in plan(folder, "verify").out
    # activated, its notice sent, acknowledged, done
    assert "The history is as it was written: 4 entries" in plan(folder, "verify").out


def test_what_can_not_be_done_is_refused_in_words_that_say_what_can(plan: Any, folder: Path, clock: Clock) -> None:
    plan(folder, "apply", found(folder, "2026-01-20", ("IV", "fire", 1), ("IV", "flood", 1)))
    one, _ = (a["activation"] for a in status(plan, folder))
    for arguments, words in (
        (("done", one, "cal", "--by", "d"), "no task 'cal'. Its tasks: acknowledge, call, summary"),
        (("done", one, "summary", "--by", "d"), "summary comes after the end of the plan"),
        (("done", "H-", "call", "--by", "d"), "2 open activations begin so"),
        (("ack", "X", "--by", "d"), "no activation of this id"),
        (("stand-down", one, "--by", "d", "--reason", "r"), "the task call is still open"),
        (("drill", "X", "--by", "d"), "no plan of this id"),
        (("status", "X"), "no activation of this id"),
    ):
        said = plan(folder, *arguments)
        assert (said.code, words in said.err, "Traceback" in said.err) == (2, True, False), said
    assert "The history is as it was written: 4 entries" in plan(folder, "verify").out, "what is refused leaves no entry"


def test_a_plan_ends_when_its_tasks_are_done_or_somebody_says_why_not(plan: Any, folder: Path, clock: Clock) -> None:
    plan(folder, "apply", found(folder, "2026-01-20", ("IV", "fire", 1), ("IV", "flood", 1)))
    one, two = (a["activation"] for a in status(plan, folder))
    for task in ("acknowledge", "call"):
        plan(folder, "done", one, task, "--by", "duty")
    ended = plan(folder, "stand-down", one, "--by", "head", "--reason", "out")
    assert (ended.code, "The plan's condition: It is over" in ended.out) == (0, True)
    assert plan(folder, "stand-down", two, "--by", "head", "--reason", "out", "--despite", "no phone").code == 0
    assert [tasks(a)["summary"] for a in status(plan, folder)] == ["2026-01-22T00:10:00+00:00"] * 2
    assert plan(folder, "ack", two, "--by", "d").code == 2
    clock.at("2026-01-22T09:00")
    assert "LATE" in plan(folder, "status").out, "what comes after the end is watched, too"
    assert plan(folder, "done", one, "summary", "--by", "duty").code == 0


def test_a_cause_that_was_dealt_with_acts_again_only_after_its_cool_down_and_when_it_is_seen_anew(
    plan: Any, folder: Path, inbox: Inbox, clock: Clock
) -> None:
    assessment = found(folder, "2026-01-20", ("IV", "fire", 1))
    plan(folder, "apply", assessment)
    (one,) = status(plan, folder)
    plan(folder, "stand-down", one["activation"], "--by", "head", "--reason", "out", "--despite", "small")
    assert "Not activated again, its cause was dealt with" in plan(folder, "apply", assessment).out
    clock.at("2026-01-25T08:00")
    assert "Not activated again" in plan(folder, "apply", found(folder, "2026-01-25", ("IV", "fire", 2))).out
    clock.at("2026-01-28T08:00")
    assert "Not activated again" in plan(folder, "apply", assessment).out, "an old assessment shows nothing new"
    assert "Activated: H" in plan(folder, "apply", found(folder, "2026-01-28", ("IV", "fire", 3))).out
    assert len({a["activation"] for a in status(plan, folder)}) == 2


def test_a_drill_is_told_and_proven_as_one_and_is_no_activation(plan: Any, folder: Path, inbox: Inbox, hanging: Inbox, clock: Clock) -> None:
    assert plan(folder, "drill", "H", "--by", "head").code == 0
    assert titles(inbox) == ["[DRILL] Emergency plan, level IV: House"]
    assert "a drill of it is running" in plan(folder, "drill", "H", "--by", "head").err
    assert "DRILL" in plan(folder, "status").out
    clock.at("2026-01-20T10:00")
    plan(folder, "apply", found(folder, "2026-01-20", ("IV", "fire", 1)))
    assert sorted((a["drill"], a["plan"]) for a in status(plan, folder)) == [(False, "H"), (True, "H")]
    assert sorted(titles(hanging))[-1] == "[DRILL] Late: Say that it is in hand (House)"
    (drill,) = [a["activation"] for a in status(plan, folder) if a["drill"]]
    assert plan(folder, "stand-down", drill, "--by", "head", "--reason", "done", "--despite", "drill").code == 0
    assert plan(folder, "drill", "H", "--by", "head").code == 0


def test_a_plan_that_was_switched_off_meanwhile_is_told_and_not_forgotten(plan: Any, folder: Path, clock: Clock) -> None:
    assessment = found(folder, "2026-01-20", ("IV", "fire", 1))
    file = folder / "disputekit.toml"
    file.write_text(file.read_text("utf-8").replace("plans = ['plans.toml']", "plans = ['plans.toml']\nwithout = ['H']"), encoding="utf-8")
    said = plan(folder, "apply", assessment)
    assert said.code == 2 and "there is no such plan that is on: nothing was activated" in said.err


def test_the_list_says_of_each_plan_whether_it_is_on_what_sets_it_off_and_what_is_to_be_done(plan: Any, folder: Path) -> None:
    told = plan(folder, "list").out
    assert "H  [on]  House" in told and "level IV: incidents · kind, from 1 on" in told
    assert "progress: Progress (Duty, 2 hours, every 2 hours)" in told
    assert "progress：进展（值班，2 小时，每 2 小时一次）" in plan(folder, "--zh", "list").out
    assert [p["id"] for p in json.loads(plan(folder, "list", "--format", "json").out)] == ["H"]


def test_an_assessment_of_somebody_else_and_a_folder_that_holds_none_are_refused(plan: Any, folder: Path, tmp_path: Path) -> None:
    other = Path(found(folder, "2026-01-20"))
    file = other / "assessment.json"
    file.write_text(file.read_text("utf-8").replace('"organisation": "X"', '"organisation": "Y"'), encoding="utf-8")
    assert "is an assessment of Y" in plan(folder, "apply", str(other)).err
    (tmp_path / "empty").mkdir()
    assert "no assessment here" in plan(folder, "apply", str(tmp_path / "empty")).err
    file.write_text("{}", encoding="utf-8")
    assert plan(folder, "apply", str(other)).code == 2
