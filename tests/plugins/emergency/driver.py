"""A process of its own that runs the real command line, and may be made to die at a point: `driver.py POINT LATER ARGUMENTS…`.

POINT: where it kills itself with SIGKILL, or `-`. LATER: by how many seconds its clock is ahead. It says that it is ready, and waits for a
line on stdin.
"""

import os
import signal
import sys
from datetime import timedelta
from typing import Any

from disputekit.cli import main
from disputekit_emergency import activate, desk, history, outbox

POINTS = {
    "nothing written": (activate, "apply", "before"), "an entry written": (history.Writer, "append", "after"), "a notice written": (history.Writer, "post", "after"),
    "committed": (outbox, "send", "before"), "claimed": (outbox, "_delivered", "before"), "delivered": (outbox, "_mark", "before"),
    "one marked": (outbox, "_mark", "after"), "all sent": (outbox, "send", "after"),
}  # fmt: skip


def dying(function: Any, when: str) -> Any:
    def run(*arguments: Any, **named: Any) -> Any:
        if when == "after":
            function(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    return run


point, later, *rest = sys.argv[1:]
if point != "-":
    owner, name, when = POINTS[point]
    setattr(owner, name, dying(getattr(owner, name), when))
real = desk.now
desk.now = lambda: real() + timedelta(seconds=int(later))
sys.stdout.write("ready\n")
sys.stdout.flush()
sys.stdin.readline()
main(rest)
