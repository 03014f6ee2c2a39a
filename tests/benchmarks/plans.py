"""What applying an assessment to emergency plans costs: python -m tests.benchmarks.plans [--causes 10 50 200] [--postgres URL]

For each number of causes: one assessment that sets so many activations off, applied (activated, and one notice each sent to a server on
loopback), applied again (nothing new), then status and verify. Each is a process of its own, its start included; the last column is the size of
the history. With --postgres also on an empty PostgreSQL database. Printed as seconds, and as a ratio to `disputekit --help`, which does nothing.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from datetime import date
from pathlib import Path

from tests.benchmarks.yardstick import ran
from tests.plugins.emergency.conftest import listening, write_register

from disputekit.assess import assess
from disputekit.config import load_project

STEPS = (("apply", ("plan", "apply")), ("again", ("plan", "apply")), ("status", ("plan", "status")), ("verify", ("plan", "verify")))


def prepared(folder: Path, state: str) -> Path:
    settings = f"notify = [{{ name = 'one', to = {{ env = 'TARGET' }} }}]\n{state}"
    write_register(folder, settings=settings)
    assess(load_project(folder), date(2026, 2, 1), folder / "assessments" / "2026-02-01")
    return folder


def set_off(folder: Path, causes: int) -> None:
    """So many incidents since noon of the day, each a cause of its own."""
    file = folder / "assessments" / "2026-02-01" / "assessment.json"
    found = json.loads(file.read_text("utf-8"))
    found["firings"] = [
        {"plan": "CN-CIR-4H", "key": f"CN-CIR-4H/incidents/incident_id/I-{n}", "level": "III", "facts": {"cause": f"I-{n}", "count": 1, "at_least": 1, "since": None}}
        for n in range(causes)
    ]  # fmt: skip
    file.write_text(json.dumps(found), encoding="utf-8")


def measured(folder: Path, causes: int, least: float) -> str:
    set_off(folder, causes)
    shown = []
    for name, command in STEPS:
        seconds = ran(sys.executable, "-m", "disputekit", "--project", str(folder), *command, allowed=(0, 1, 2)).seconds
        shown.append(f"{name} {seconds:6.2f} s ({seconds / least:4.1f} ×)")
    return "  ".join(shown)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--causes", type=int, nargs="+", default=[10, 50, 200])
    parser.add_argument("--postgres", default=None, metavar="URL", help="of an empty database")
    given = parser.parse_args()
    with listening() as inbox, tempfile.TemporaryDirectory() as work:
        os.environ["TARGET"] = f"json://127.0.0.1:{inbox.port}/"
        least = ran(sys.executable, "-m", "disputekit", "--help").seconds
        databases = {"sqlite": ""}
        if given.postgres:
            os.environ["STATE_URL"] = given.postgres
            databases["postgresql"] = "state = { env = 'STATE_URL' }"
        for database, state in databases.items():
            folder = prepared(Path(work) / database, state)
            for causes in given.causes:
                before = len(inbox.taken)
                sys.stdout.write(f"{database:10} {causes:5} causes  {measured(folder, causes, least)}  {len(inbox.taken) - before} notices\n")
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
