"""An evaluation package of a big assessment: python -m tests.benchmarks.export [--disputes 1000000] [--rounds 1] [--work FOLDER] [--rerun]

Checks the register of the yardstick (see yardstick.py: 35 controls), makes a package of it and verifies that, each in a process of its own with
two threads, and hashes the package's files by `sha256sum`. Prints seconds, peak memory, and the ratios: of the export to the check (with its
report, as `check` makes it; aim: at most 2), and of `verify` to `sha256sum` (its aim: to be bound by reading the files).
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.yardstick import Ran, controls, generated, project, ran

PLUGIN = '[plugins]\nenabled = ["evaluation"]\n[plugins.evaluation.completeness]\nsources = []\n'
PROFILE = 'recipient = "a"\npurpose = "b"\nlegal_basis = "c"\nexpires_on = 2099-12-31\nconfidentiality = "d"\n'


def command(folder: Path, *arguments: str, allowed: tuple[int, ...] = (0,)) -> Ran:
    return ran(sys.executable, "-m", "disputekit", "--project", str(folder), *arguments, allowed=allowed)


def prepared(work: Path, disputes: int) -> Path:
    folder = project(work / "export", generated(work, disputes), controls())
    toml = folder / "disputekit.toml"
    toml.write_text(toml.read_text("utf-8") + PLUGIN, encoding="utf-8")
    (folder / "assessor.toml").write_text(PROFILE)
    if not (folder / "key").exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", folder / "key"], check=True)
    (folder / "signers").write_text(f'a@b namespaces="disputekit-evaluation" {(folder / "key.pub").read_text()}')
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--disputes", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--work", type=Path, default=None)
    parser.add_argument("--rerun", action="store_true", help="run the packaged SQL again, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        folder = prepared(work, options.disputes)
        found: dict[str, list[Ran]] = {}
        assessment, package, signers = (str(folder / n) for n in ("assessment", "package", "signers"))
        steps = {
            "check": lambda: command(folder, "check", "--as-of", "2025-12-31", "--threads", "2", "--replace", "--out", assessment, allowed=(0, 1, 2)),
            "export": lambda: command(
                folder, "export", assessment, package, "--profile", str(folder / "assessor.toml"), "--key", str(folder / "key")
            ),
            "sha256sum": lambda: ran("bash", "-c", f"find '{package}' -type f -print0 | xargs -0 sha256sum > /dev/null"),
            "verify": lambda: command(folder, "verify", package, "--signers", signers),
        }
        if options.rerun:
            steps["verify --rerun"] = lambda: command(folder, "verify", package, "--signers", signers, "--rerun")
        print(f"{options.disputes:,} disputes, 35 controls, {os.cpu_count()} cores:", flush=True)
        for _ in range(options.rounds):
            for made in (package, f"{package}.sealed"):
                shutil.rmtree(made, ignore_errors=True)
            for name, step in steps.items():
                one = step()
                found.setdefault(name, []).append(one)
                print(f"  {name:15} {one.seconds:6.1f} s  {one.mebibytes:6.0f} MiB", flush=True)
        size = sum(p.stat().st_size for p in Path(package).rglob("*") if p.is_file())
        seconds = {name: statistics.median(r.seconds for r in runs) for name, runs in found.items()}
        print(
            f"  a package of {size / 1e6:,.0f} MB; an export takes {seconds['export'] / seconds['check']:.2f} x the time of the check (aim: at most 2)"
        )
        print(f"  verify takes {seconds['verify'] / seconds['sha256sum']:.2f} x the time of sha256sum")


if __name__ == "__main__":
    main()
