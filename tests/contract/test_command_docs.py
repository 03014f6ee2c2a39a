"""The pages that lead the way: the command line as its help says it, and an index that misses no page."""

import re
from pathlib import Path

import pytest

from disputekit.commanddocs import page

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_the_command_line_is_what_the_commands_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # whatever project is here
    made = page()
    assert (DOCS / "reference" / "command-line.md").read_text("utf-8") == made, "python -m disputekit.commanddocs > docs/reference/command-line.md"
    for command in ("policy test", "plan apply", "risk", "training", "export", "verify"):
        assert f"## `disputekit {command}`" in made
    assert "--apply-plans" in made.partition("## `disputekit check`")[2].partition("## ")[0]


def test_the_index_lists_every_page_once() -> None:
    listed = re.findall(r"\]\(([^)]+\.md)\)", (DOCS / "README.md").read_text("utf-8"))
    assert sorted(listed) == sorted(str(p.relative_to(DOCS)) for p in DOCS.rglob("*.md") if p != DOCS / "README.md")
