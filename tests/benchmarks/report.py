"""What is made from a big assessment: python -m tests.benchmarks.report [--disputes 1000000] [--work FOLDER] [--assessment FOLDER]

Makes the report as HTML, the report as HTML and as a workbook at once, and the agenda as a table, a workbook, a calendar and JSON, each in a process of its own with two
threads, and prints seconds and peak memory of each. The assessment is the yardstick's (see yardstick.py), of 35 controls; it is made first
where it isn't there. Aim: the report, its workbook and the agenda's together in at most 15 s and 1 GiB.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.yardstick import Ran, check, controls, generated, project, ran

MADE = (
    ("report", "html", ("report",)), ("report", "xlsx", ("report", "--format", "html", "--format", "xlsx")),
    ("agenda", "text", ("agenda",)), ("agenda", "xlsx", ("agenda", "--format", "xlsx")), ("agenda", "ics", ("agenda", "--format", "ics")),
    ("agenda", "json", ("agenda", "--format", "json")),
)  # fmt: skip
COUNTED = (("report", "xlsx"), ("agenda", "xlsx"))


def made(assessment: Path, work: Path, name: str, form: str, command: tuple[str, ...]) -> Ran:
    """Makes one of them; `--language` comes before the command."""
    out = () if form == "text" else ("--out", str(work / f"{name}.{form}"))
    return ran(
        sys.executable,
        "-m",
        "disputekit",
        "--language",
        "zh",
        "--project",
        str(work),
        command[0],
        str(assessment),
        *command[1:],
        *out,
        allowed=(0, 2),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--disputes", type=int, default=1_000_000)
    parser.add_argument("--work", type=Path, default=None)
    parser.add_argument("--assessment", type=Path, default=None, help="an assessment that is there already")
    parser.add_argument("--only", choices=["report", "agenda"], default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        assessment = options.assessment
        if assessment is None:
            folder = project(work / "by-35", generated(work, options.disputes), controls())
            check(folder, "assessment")
            assessment = folder / "assessment"
        manifest = json.loads((assessment / "assessment.json").read_text())
        print(f"{sum(c['findings'] for c in manifest['controls']):,} findings of {len(manifest['controls'])} controls:")
        total, most = 0.0, 0.0
        for name, form, command in MADE:
            if options.only not in (None, name):
                continue
            one = made(assessment, work, name, form, command)
            print(f"  {name:6} {form:4} {one.seconds:6.1f} s  {one.mebibytes:6.0f} MiB")
            if (name, form) in COUNTED:
                total, most = total + one.seconds, max(most, one.mebibytes)
        print(f"  report, its workbook and the agenda's: {total:.1f} s (aim: at most 15), {most:.0f} MiB (aim: at most 1,024)")


if __name__ == "__main__":
    main()
