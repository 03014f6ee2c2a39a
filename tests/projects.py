"""Small projects for tests, and the real command line over them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from disputekit.cli import main

DISPUTES = """\
dispute_id,received_at,closed_at,channel,cause,amount_claimed
D-1,2026-01-05T09:00:00,2026-01-12T10:00:00,phone,delay,100.00
D-2,2026-01-06T09:00:00,2026-03-01T10:00:00,letter,amount,200.00
D-3,2026-01-07T09:00:00,,phone,delay,300.00
"""
PACK = """\
[pack]
id = "{id}"
version = "1"
title = {{ zh = "规则包", en = "House rules" }}

"""
CONTROL = """\
[[controls]]
id = "{id}"
title = {{ zh = "按期办结", en = "Close in time" }}
remedy = {{ zh = "办结", en = "Close it" }}
severity = "high"
basis = "practice"
{rest}
"""
DEADLINE = 'kind = "deadline"\nfrom = "received"\nto = "closed"\nwithin = "15 days"'


def control(id_: str = "H-1", rest: str = DEADLINE) -> str:
    return CONTROL.format(id=id_, rest=rest)


def write_pack(folder: Path, *parts: str, id_: str = "house") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pack.toml").write_text(PACK.format(id=id_) + "\n".join(parts), encoding="utf-8")


def write_project(folder: Path, *, packs: Sequence[str] = ("./house",), plugins: Sequence[str] = (), more: str = "") -> Path:
    """A project with three disputes; `more` is added to its file as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "disputes.csv").write_text(DISPUTES, encoding="utf-8")
    (folder / "disputekit.toml").write_text(
        f"[organisation]\nname = 'X'\nlanguage = 'en'\n[policies]\npacks = {json.dumps(list(packs))}\n"
        f"[plugins]\nenabled = {json.dumps(list(plugins))}\n[register.disputes]\npath = 'disputes.csv'\n{more}",
        encoding="utf-8",
    )
    return folder


class Said(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.err.splitlines()


def disputekit(project: Path, *arguments: str, capsys: pytest.CaptureFixture[str]) -> Said:
    """Runs a command of the real command line in this process; whatever isn't an exit is a bug, and passes through."""
    with pytest.raises(SystemExit) as ended:
        main(["--project", str(project), "--language", "en", *arguments])
    capture = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return Said(ended.value.code, capture.out, capture.err)


def check(project: Path, *arguments: str, capsys: pytest.CaptureFixture[str]) -> Said:
    return disputekit(project, "check", "--as-of", "2026-02-01", *arguments, capsys=capsys)


def assessment(project: Path) -> Any:
    """The manifest that `check` wrote."""
    return json.loads((project / "assessments" / "2026-02-01" / "assessment.json").read_text("utf-8"))
