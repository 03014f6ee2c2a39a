"""What is activated is activated once, and no notice is lost: real processes at the same moment, and killed at every point, on both databases."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.emergency.conftest import Inbox

ROOT = Path(__file__).parents[3]
DRIVER = Path(__file__).parent / "driver.py"
PLANS = ("CN-CIR-4H", "CN-CMP-29")
POINTS = ("nothing written", "an entry written", "a notice written", "committed", "claimed", "delivered", "one marked", "all sent")
PROCESSES = 8


class Process:
    """A process of the driver; ready when it is made."""

    def __init__(self, folder: Path, env: dict[str, str], *arguments: str, point: str = "-", later: int = 0) -> None:
        paths = os.pathsep.join(map(str, (ROOT / "src", ROOT / "plugins", ROOT)))
        command = [sys.executable, str(DRIVER), point, str(later), "--project", str(folder), "--language", "en", *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
                                        env={**os.environ, **env, "PYTHONPATH": paths})  # fmt: skip
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n", self.process.communicate()[1]

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def ended(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=120)
        return self.process.returncode, out, err


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, project: Callable[..., Path], inbox: Inbox) -> tuple[Path, dict[str, str]]:
    """A project with two receivers of notices, and the environment of its processes."""
    env = {f"TARGET_{n}": f"json://127.0.0.1:{inbox.port}/" for n in (1, 2)}
    settings = "notify = [{ name = 'one', to = { env = 'TARGET_1' } }, { name = 'two', to = { env = 'TARGET_2' } }]\nsend_within = 10\n"
    if request.param == "postgresql":
        env["STATE_URL"] = request.getfixturevalue("postgres_url")
        settings += "state = { env = 'STATE_URL' }\n"
    return project(settings), env


def run(folder: Path, env: dict[str, str], *arguments: str, **more: Any) -> tuple[int, str, str]:
    process = Process(folder, env, *arguments, **more)
    process.go()
    return process.ended()


def activated(folder: Path, env: dict[str, str]) -> Counter[str]:
    import json

    _, out, _ = run(folder, env, "plan", "status", "--all", "--format", "json")
    return Counter(a["plan"] for a in json.loads(out)["activations"])


def test_processes_at_the_same_moment_activate_once_and_send_each_notice_once(world: tuple[Path, dict[str, str]], inbox: Inbox) -> None:
    folder, env = world
    processes = [Process(folder, env, "plan", "apply") for _ in range(PROCESSES)]
    for p in processes:
        p.go()
    ended = [p.ended() for p in processes]
    assert {code for code, _, _ in ended} <= {0, 2}, ended  # 2: a notice was still being sent by another of them
    assert not any("Traceback" in err or "Error" in err for _, _, err in ended), ended
    assert sum(out.count("Activated: ") for _, out, _ in ended) + sum(err.count("Activated: ") for _, _, err in ended) == len(PLANS)
    assert activated(folder, env) == Counter(PLANS)
    assert len(inbox.ids) == len(set(inbox.ids))
    assert run(folder, env, "plan", "verify")[0] == 0


@pytest.mark.parametrize("point", POINTS)
def test_a_process_that_is_killed_loses_no_activation_and_no_notice(point: str, world: tuple[Path, dict[str, str]], inbox: Inbox) -> None:
    folder, env = world
    code, _, err = run(folder, env, "plan", "apply", point=point)
    assert code == -signal.SIGKILL, err
    again = run(folder, env, "plan", "apply", later=60)  # the claim of the dead has run out
    assert (again[0], again[2]) == (0, ""), again
    assert activated(folder, env) == Counter(PLANS)
    ids = Counter(inbox.ids)
    due = {(plan, target) for plan in PLANS for target in ("one", "two")}
    assert {(plan, i.rpartition(".")[2]) for i in ids for plan in PLANS if i.startswith(plan)} == due
    assert max(ids.values()) <= 2  # at least once: the second copy bears the same id
    assert (max(ids.values()) == 2) == (point in ("delivered", "one marked")), ids
    assert run(folder, env, "plan", "verify")[0] == 0
