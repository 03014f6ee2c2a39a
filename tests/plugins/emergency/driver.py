"""Starts processes that run the real command line, and may be made to kill themselves at a step: reads orders from stdin, a line of JSON each.

It imports everything once and forks for each order, so that a process is there in milliseconds. `{arguments, env, out, step, point, later}`
makes one that waits for SIGUSR1, then runs; the answer is its number. `{wait}` gives the exit code of one that ended.

step: before which step of its work it kills itself with SIGKILL, counted from 1; 0: never. A step is a statement to the database, a commit, the
handing over of a notice, and its end. point: a named place instead. later: by how many seconds its clock is ahead. How many steps it came to
is the last line on its stderr.
"""

import itertools
import json
import os
import signal
import sys
import tempfile
import threading
import traceback
from datetime import timedelta
from pathlib import Path
from typing import Any

import alembic.command
import apprise
import psycopg
import sqlalchemy
from sqlalchemy import event
from sqlalchemy.engine import Engine

import disputekit.assess
from disputekit.cli import main
from disputekit_emergency import activate, commands, desk, history, outbox

IMPORTED = (alembic.command, apprise, psycopg, sqlalchemy, disputekit.assess, activate, commands, history)
POINTS = {"delivered": (outbox, "_mark")}


def killed(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Steps:
    """Counts the steps, and ends the process before one of them."""

    def __init__(self, last: int) -> None:
        self.last, self.count, self.lock = last, itertools.count(1), threading.Lock()
        self.come = 0
        for name in ("before_cursor_execute", "commit"):
            event.listen(Engine, name, self.step)
        give = outbox._give

        def given(*arguments: Any) -> bool:
            self.step()
            taken = give(*arguments)
            self.step()
            return taken

        outbox._give = given

    def step(self, *_: object) -> None:
        with self.lock:
            self.come = next(self.count)
            if self.come == self.last:
                killed()


def child(order: dict[str, Any]) -> None:
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{order['out']}.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.environ.update(order["env"])
    steps = Steps(order["step"])
    if order["point"]:
        owner, name = POINTS[order["point"]]
        setattr(owner, name, killed)
    real = desk.now
    desk.now = lambda: real() + timedelta(seconds=order["later"])
    signal.sigwait({signal.SIGUSR1})
    code = 70
    try:
        main(order["arguments"])
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:  # noqa: BLE001 — told by its exit code and in its stderr
        traceback.print_exc()
    steps.step()
    sys.stderr.write(f"{steps.come}\n")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def warm() -> None:
    """What is imported only when it is used: once here, and in no process."""
    apprise.Apprise().add("json://127.0.0.1:9/")
    with tempfile.TemporaryDirectory() as folder:
        history.open_state(Path(folder) / "warm.sqlite")
    sqlalchemy.create_engine("postgresql+psycopg://127.0.0.1/x")


if __name__ == "__main__":
    warm()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
        else:
            answer = os.fork()
            if not answer:
                child(order)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
