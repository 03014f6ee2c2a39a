"""The real command line over whole projects, in this process or in one of its own, and what it leaves behind."""

import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from disputekit.cli import main


class Ended(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


def called(*arguments: str | Path) -> Ended:
    """Runs a command in this process; whatever isn't an exit is a bug, and passes through."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main(["--language", "en", *map(str, arguments)])
    assert isinstance(ended.value.code, int)
    return Ended(ended.value.code, out.getvalue(), err.getvalue())


def started(*arguments: str | Path, env: Mapping[str, str] | None = None, limit: str = "") -> subprocess.Popen[str]:
    """Starts a command in a process of its own. `limit`: a shell's command that is run before it (`ulimit …`)."""
    command = [sys.executable, "-m", "disputekit", "--language", "en", *map(str, arguments)]
    shell = ["bash", "-c", f'{limit} && exec "$@"', "bash"] if limit else []
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **(env or {})}
    return subprocess.Popen([*shell, *command], env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def ended(process: subprocess.Popen[str]) -> Ended:
    out, err = process.communicate(timeout=120)
    return Ended(process.returncode, out, err)


def manifest(folder: Path) -> Any:
    return json.loads((folder / "assessment.json").read_text("utf-8"))


def tallies(folder: Path) -> dict[str, dict[str, int]]:
    """Subjects by verdict, by control."""
    return {
        c["id"]: {": ".join(filter(None, (t["outcome"], t["reason"]))): t["subjects"] for t in c["tallies"]} for c in manifest(folder)["controls"]
    }


def rows(folder: Path, control: str, columns: str = "*") -> list[tuple[Any, ...]]:
    """The findings of a control, in their order."""
    with duckdb.connect() as db:
        return db.read_parquet(str(folder / "findings" / f"{control}.parquet")).select(columns).fetchall()


def digests(folder: Path, under: Iterable[str] = (".",)) -> dict[str, str]:
    """The hash of every file that must be the same whenever the inputs are."""
    files = sorted(p for part in under for p in (folder / part).rglob("*") if p.is_file() and p.name != "run.json")
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
