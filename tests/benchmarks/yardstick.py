"""The main job against SQL written by hand: python tests/benchmarks/yardstick.py [--disputes 1000000] [--rounds 3] [--csv] [--wide]

Generates the register of ../shared/yardstick, runs its `handwritten.py` and `disputekit check` with a pack of the same 35 controls in
turn, each in a process of its own with two threads, and prints seconds, peak memory and the ratio of the medians. The tallies of both
must be equal, by outcome and reason. `--csv`: the product once more from CSV. `--wide`: 1x and 5x disputes with 40 milestones under a
memory limit of 1 GiB. Everything is written below --work (default: a temporary folder).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import duckdb

HERE = Path(__file__).resolve()
YARDSTICK = HERE.parents[2].parent / "shared" / "yardstick"
MILESTONES = (
    "acknowledged", "documents_requested", "documents_completed", "cause_analysed", "determined",
    "refusal_notified", "payment_made", "mediation_invited", "meeting_held", "agreement_signed", "survey_sent",
)  # fmt: skip
STARTS, ENDS = ("received", *MILESTONES[:4]), MILESTONES[4:]
PROJECT = """
[organisation]
name = "yardstick"
calendar = "weekends"
timezone = "Asia/Shanghai"
language = "en"
[policies]
packs = ["./pack"]
[register.disputes]
path = "{data}/disputes.{ending}"
[register.events]
path = "{data}/events.{ending}"
[register.coverage]
events = {{ from = 2025-01-01, source = "yardstick", declared_by = "benchmark" }}
"""
PACK = """
[pack]
id = "yardstick"
version = "1"
title = { zh = "基准", en = "Yardstick" }
"""
CONTROL = """
[[controls]]
id = "{id}"
title = {{ zh = "{id}", en = "{id}" }}
remedy = {{ zh = "—", en = "—" }}
severity = "high"
basis = "practice"
"""


class Ran(NamedTuple):
    seconds: float
    mebibytes: float
    output: str


def controls() -> str:
    """The 35 controls of handwritten.py as a pack."""
    found = [PACK]
    for i in range(25):
        unit = "days" if i < 20 else "working days"
        found.append(CONTROL.format(id=f"{'C' if i < 20 else 'W'}{i:02}"))
        found.append(f'kind = "deadline"\nfrom = "{STARTS[i % 5]}"\nto = "{ENDS[i % 7]}"\nwithin = "{10 + 3 * i} {unit}"\n')
    for i in range(10):
        found.append(CONTROL.format(id=f"S{i:02}"))
        found.append(f'kind = "sequence"\nfirst = "{STARTS[i % 5]}"\nthen = "{ENDS[i % 7]}"\nwhere = "amount_claimed > 90000"\n')
    return "".join(found)


def wide_controls() -> str:
    """A deadline to each of the 40 milestones."""
    found = [PACK]
    for i, name in enumerate((*MILESTONES, *(f"step_{k:02}" for k in range(29)))):
        found.append(CONTROL.format(id=f"M{i:02}") + f'kind = "deadline"\nfrom = "received"\nto = "{name}"\nwithin = "{20 + i} days"\n')
    return "".join(found)


def project(folder: Path, data: Path, pack: str, ending: str = "parquet") -> Path:
    (folder / "pack").mkdir(parents=True, exist_ok=True)
    (folder / "pack" / "pack.toml").write_text(pack, encoding="utf-8")
    (folder / "disputekit.toml").write_text(PROJECT.format(data=data.as_posix(), ending=ending), encoding="utf-8")
    return folder


def ran(*command: str, allowed: tuple[int, ...] = (0,)) -> Ran:
    """Runs a command; seconds by the wall clock, memory as the process' own peak."""
    begin = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        out.seek(0)
        text = out.read().decode()
    code = os.waitstatus_to_exitcode(status)
    if code not in allowed:
        sys.exit(f"{' '.join(command)}: exit {code}\n{text[-3000:]}")
    return Ran(seconds, usage.ru_maxrss / 1024, text)


def check(folder: Path, out: str, *options: str) -> Ran:
    return ran(sys.executable, "-m", "disputekit", "--project", str(folder), "check", "--as-of", "2025-12-31", "--threads", "2", "--replace",
               "--no-report", "--out", str(folder / out), *options, allowed=(0, 1, 2))  # fmt: skip


def tallies(assessment: Path) -> dict[str, dict[str, int]]:
    manifest = json.loads((assessment / "assessment.json").read_text())
    if manifest["errors"]:
        sys.exit(f"errors: {manifest['errors']}")
    return {c["id"]: {t["outcome"] + (f" ({t['reason']})" if t["reason"] else ""): t["subjects"] for t in c["tallies"]} for c in manifest["controls"]}


def generated(work: Path, disputes: int, *options: str) -> Path:
    folder = work / f"data-{disputes}{''.join(options)}"
    if not (folder / "events.parquet").is_file():
        ran(sys.executable, str(YARDSTICK / "generate.py"), str(disputes), str(folder), *options)
    return folder


def against_by_hand(work: Path, disputes: int, rounds: int) -> None:
    data = generated(work, disputes)
    folder = project(work / "by-35", data, controls())
    by_hand: list[Ran] = []
    ours: list[Ran] = []
    for _ in range(rounds):
        by_hand.append(ran(sys.executable, str(YARDSTICK / "handwritten.py"), str(data), str(work / "hand")))
        ours.append(check(folder, "assessment"))
    expected = json.loads((work / "hand" / "tallies.json").read_text())["tallies"]
    found = tallies(folder / "assessment")
    different = [c for c in expected if expected[c] != found[c]]
    hand, mine = statistics.median(r.seconds for r in by_hand), statistics.median(r.seconds for r in ours)
    print(f"{disputes:,} disputes, 35 controls, median of {rounds}:")
    print(f"  by hand    {hand:6.1f} s  {max(r.mebibytes for r in by_hand):6.0f} MiB")
    print(f"  disputekit {mine:6.1f} s  {max(r.mebibytes for r in ours):6.0f} MiB  = {mine / hand:.2f} x (aim: at most 1.3)")
    print(f"  tallies: {'equal' if not different else f'DIFFERENT in {different}: {expected[different[0]]} {found[different[0]]}'}")


def from_csv(work: Path, disputes: int) -> None:
    data = generated(work, disputes)
    for name in ("disputes", "events"):
        if not (data / f"{name}.csv").is_file():
            duckdb.execute(f"copy (from '{data}/{name}.parquet') to '{data}/{name}.csv' (header)")
    folder = project(work / "by-35-csv", data, controls(), "csv")
    mine = check(folder, "assessment")
    same = tallies(folder / "assessment") == tallies(work / "by-35" / "assessment") if (work / "by-35" / "assessment").is_dir() else None
    print(f"  from CSV   {mine.seconds:6.1f} s  {mine.mebibytes:6.0f} MiB (aim: at most 1,536)  tallies {'equal' if same else f'compared: {same}'}")


def wide(work: Path, disputes: int) -> None:
    seconds = {}
    for factor in (1, 5):
        data = generated(work, disputes * factor, "--wide")
        folder = project(work / f"wide-{factor}", data, wide_controls())
        mine = check(folder, "assessment", "--memory-limit", "1GiB")
        tallies(folder / "assessment")
        seconds[factor] = mine.seconds
        print(f"  {disputes * factor:,} disputes, 40 milestones, limit 1 GiB: {mine.seconds:6.1f} s  {mine.mebibytes:6.0f} MiB")
    print(f"  five times the disputes take {seconds[5] / seconds[1]:.2f} x the time (aim: at most 5.5)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--disputes", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--csv", action="store_true")
    parser.add_argument("--wide", action="store_true")
    parser.add_argument("--work", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        against_by_hand(work, options.disputes, options.rounds)
        if options.csv:
            from_csv(work, options.disputes)
        if options.wide:
            wide(work, options.disputes)


if __name__ == "__main__":
    main()
