"""Walking a year of assessments: python -m tests.benchmarks.history [--assessments 365] [--disputes 10000] [--work FOLDER]

Checks the yardstick's register as of two days (see yardstick.py: 35 controls) and makes a chain of these, turn by turn: a folder for each day with
the parts of one, and a manifest of its own that carries the hash of the one before. Then walks it by `disputekit history`, without and with comparing each assessment
with the next, and prints seconds in all and for each. Aim: a year of daily assessments without comparing in at most 10 s.
"""

import argparse
import hashlib
import json
import os
import shutil
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

from tests.benchmarks.yardstick import controls, generated, project, ran

FIRST = date(2025, 1, 1)
DAYS = ("2025-12-30", "2025-12-31")
PLUGIN = '[plugins]\nenabled = ["evaluation"]\n[plugins.evaluation.completeness]\nsources = []\n'


def chain(assessments: list[Path], out: Path, count: int) -> None:
    """Writes the chain: parts linked, manifests new."""
    shutil.rmtree(out, ignore_errors=True)
    manifests = [json.loads((a / "assessment.json").read_text("utf-8")) for a in assessments]
    previous = None
    for n in range(count):
        assessment, manifest = assessments[n % len(assessments)], manifests[n % len(assessments)]
        day = (FIRST + timedelta(days=n)).isoformat()
        shutil.copytree(assessment, out / day, copy_function=os.link)
        text = json.dumps({**manifest, "as_of": day, "previous": previous}, ensure_ascii=False)
        (out / day / "assessment.json").unlink()
        (out / day / "assessment.json").write_text(text, encoding="utf-8")
        previous = {"as_of": day, "sha256": hashlib.sha256(text.encode()).hexdigest()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assessments", type=int, default=365)
    parser.add_argument("--disputes", type=int, default=10_000)
    parser.add_argument("--work", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        folder = project(work / "history", generated(work, options.disputes), controls())
        toml = folder / "disputekit.toml"
        toml.write_text(toml.read_text("utf-8") + PLUGIN, encoding="utf-8")
        for day in DAYS:
            ran(sys.executable, "-m", "disputekit", "--project", str(folder), "check", "--as-of", day, "--replace", "--no-report",
                "--out", str(folder / day), allowed=(0, 1, 2))  # fmt: skip
        chain([folder / day for day in DAYS], folder / "assessments", options.assessments)
        findings = sum(c["findings"] for c in json.loads((folder / DAYS[0] / "assessment.json").read_text("utf-8"))["controls"])
        print(f"{options.assessments} assessments of {findings:,} findings each:")
        for name, option, allowed in (("the chain alone", "--no-facts", (2,)), ("with every comparison", "--facts", (0, 1, 2))):
            one = ran(sys.executable, "-m", "disputekit", "--project", str(folder), "history", option, allowed=allowed)
            print(f"  {name:22} {one.seconds:6.1f} s  {one.seconds / options.assessments * 1000:6.0f} ms each  {one.mebibytes:6.0f} MiB")


if __name__ == "__main__":
    main()
