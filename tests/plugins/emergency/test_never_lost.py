"""What is activated is activated once, and no notice is lost: real processes at the same moment, and killed at any step, on both databases."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.plugins.emergency.conftest import Inbox
from tests.postgres import Postgres

ROOT = Path(__file__).parents[3]
PLANS = ("CN-CIR-4H", "CN-CMP-29")
TARGETS = ("one", "two")
PROCESSES = 8
SETTINGS = "notify = [{ name = 'one', to = { env = 'TARGET_1' } }, { name = 'two', to = { env = 'TARGET_2' } }]\nsend_within = 10\n"


class Ended(NamedTuple):
    code: int
    out: str
    err: str
    steps: int


@dataclass
class Processes:
    """Makes processes of the real command line; see driver.py."""

    driver: "subprocess.Popen[str]"
    outputs: Path
    made: int = 0
    open: dict[int, Path] = field(default_factory=dict)

    def order(self, **order: Any) -> int:
        assert self.driver.stdin is not None and self.driver.stdout is not None
        self.driver.stdin.write(json.dumps(order) + "\n")
        self.driver.stdin.flush()
        return int(self.driver.stdout.readline())

    def ready(self, folder: Path, env: dict[str, str], *arguments: str, step: int = 0, point: str = "", later: int = 0) -> int:
        self.made += 1
        out = self.outputs / str(self.made)
        every = ["--project", str(folder), "--language", "en", *arguments]
        pid = self.order(arguments=every, env=env, out=str(out), step=step, point=point, later=later)
        self.open[pid] = out
        return pid

    def go(self, pid: int) -> None:
        os.kill(pid, signal.SIGUSR1)

    def ended(self, pid: int) -> Ended:
        code, out = self.order(wait=pid), self.open.pop(pid)
        said, told = (Path(f"{out}.{n}").read_text("utf-8") for n in ("out", "err"))
        *err, steps = told.splitlines() if code >= 0 else [told, "0"]
        return Ended(code, said, "\n".join(err), int(steps))

    def run(self, folder: Path, env: dict[str, str], *arguments: str, **more: Any) -> Ended:
        pid = self.ready(folder, env, *arguments, **more)
        self.go(pid)
        return self.ended(pid)


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    paths = os.pathsep.join(map(str, (ROOT / "src", ROOT / "plugins", ROOT)))
    driver = subprocess.Popen([sys.executable, str(Path(__file__).parent / "driver.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              env={**os.environ, "PYTHONPATH": paths})  # fmt: skip
    yield Processes(driver, tmp_path_factory.mktemp("outputs"))
    assert driver.stdin is not None and driver.stdout is not None
    driver.stdin.close()
    driver.wait(30)
    driver.stdout.close()


@dataclass(frozen=True)
class World:
    """A project with two receivers of notices, and the environment of its processes. database: a new one, on PostgreSQL."""

    folder: Path
    inbox: Inbox
    database: Callable[[], str] | None

    def anew(self) -> dict[str, str]:
        """The environment, with nothing in the history and the inbox."""
        for file in self.folder.glob("emergency.sqlite*"):
            file.unlink()
        self.inbox.taken.clear()
        env = {f"TARGET_{n}": f"json://127.0.0.1:{self.inbox.port}/" for n in (1, 2)}
        return env if self.database is None else {**env, "STATE_URL": self.database()}


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, project: Callable[..., Path], inbox: Inbox) -> World:
    if request.param == "sqlite":
        return World(project(SETTINGS), inbox, None)
    server: Postgres = request.getfixturevalue("postgres")
    return World(project(SETTINGS + "state = { env = 'STATE_URL' }\n"), inbox, server.database)


def activated(processes: Processes, folder: Path, env: dict[str, str]) -> Counter[str]:
    return Counter(a["plan"] for a in json.loads(processes.run(folder, env, "plan", "status", "--all", "--format", "json").out)["activations"])


def test_processes_at_the_same_moment_activate_once_and_send_each_notice_once(world: World, processes: Processes) -> None:
    env = world.anew()
    waiting = [processes.ready(world.folder, env, "plan", "apply") for _ in range(PROCESSES)]
    for pid in waiting:
        processes.go(pid)
    ended = [processes.ended(pid) for pid in waiting]
    assert {e.code for e in ended} <= {0, 2}, ended  # 2: a notice was still being sent by another of them
    assert not any("Traceback" in e.err or "Error" in e.err for e in ended), ended
    assert sum((e.out + e.err).count("Activated: ") for e in ended) == len(PLANS)
    assert activated(processes, world.folder, env) == Counter(PLANS)
    ids = world.inbox.ids
    assert len(ids) == len(set(ids))
    assert processes.run(world.folder, env, "plan", "verify").code == 0


def test_checks_at_the_same_moment_that_apply_activate_once(world: World, processes: Processes) -> None:
    env = world.anew()
    command = ("check", "--as-of", "2026-02-01", "--no-report", "--apply-plans", "--threads", "1", "--out")
    waiting = [processes.ready(world.folder, env, *command, str(world.folder / f"out-{n}")) for n in (1, 2)]
    for pid in waiting:
        processes.go(pid)
    ended = [processes.ended(pid) for pid in waiting]
    assert sum((e.out + e.err).count("Activated: ") for e in ended) == len(PLANS), ended
    assert activated(processes, world.folder, env) == Counter(PLANS)
    assert len(world.inbox.ids) == len(set(world.inbox.ids))


def test_a_process_that_is_killed_at_any_step_loses_no_activation_and_no_notice(world: World, processes: Processes) -> None:
    whole = processes.run(world.folder, world.anew(), "plan", "apply")
    assert (whole.code, whole.err) == (0, "")
    # some in each session, and other ones in the next; a new database costs more on PostgreSQL
    apart = 6 if world.database is None else 10
    for step in range(1 + world.inbox.port % apart, whole.steps + 1, apart):
        env = world.anew()
        assert processes.run(world.folder, env, "plan", "apply", step=step).code == -signal.SIGKILL
        again = processes.run(world.folder, env, "plan", "apply", later=60)  # what the dead had claimed is free again
        assert (again.code, again.err) == (0, ""), (step, again)
        ids = Counter(world.inbox.ids)
        due = {(plan, target) for plan in PLANS for target in TARGETS}
        assert {(plan, i.rpartition(".")[2]) for i in ids for plan in PLANS if i.startswith(plan)} == due, step
        assert max(ids.values()) <= 2, step  # at least once: the second copy bears the same id
        assert again.out.count("Activated: ") + again.out.count("Active already: ") == len(PLANS), step
    assert activated(processes, world.folder, env) == Counter(PLANS)
    assert processes.run(world.folder, env, "plan", "verify").code == 0


def test_a_notice_whose_sender_was_killed_after_it_was_delivered_comes_again_with_the_same_id(world: World, processes: Processes) -> None:
    env = world.anew()
    assert processes.run(world.folder, env, "plan", "apply", point="delivered").code == -signal.SIGKILL
    first = Counter(world.inbox.ids)
    assert sum(first.values()) == len(first) > 0
    assert processes.run(world.folder, env, "plan", "apply", later=60).code == 0
    second = Counter(world.inbox.ids)
    assert all(second[i] == 2 for i in first)
    # what was escalated meanwhile is new, and came once
    assert all(n == 1 for i, n in second.items() if i not in first)
