"""The published page of the hooks is the one that the specifications give, and every hook says what a plugin's author must know."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from disputekit import hookspecs
from disputekit.hookdocs import hook_reference
from disputekit.plugins import HOOKS

COMMAND = "python -m disputekit.hookdocs > docs/reference/hooks.md"
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "hooks.md"


def test_the_published_page_is_what_the_specifications_give() -> None:
    assert PAGE.read_text("utf-8") == hook_reference(), f"the hooks have changed; run: {COMMAND}"


def test_the_command_that_the_page_names_writes_the_page() -> None:
    assert COMMAND in PAGE.read_text("utf-8")
    written = subprocess.run([sys.executable, "-m", "disputekit.hookdocs"], capture_output=True, check=True).stdout
    assert written == PAGE.read_bytes()


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_heading_with_its_arguments_and_a_docstring(hook: str) -> None:
    spec = getattr(hookspecs, hook)
    assert f"\n### {hook}({', '.join(inspect.signature(spec).parameters)})\n" in PAGE.read_text("utf-8")
    assert len(inspect.getdoc(spec) or "") > 60


def test_the_hooks_stand_in_the_order_of_the_stages() -> None:
    page = PAGE.read_text("utf-8")
    assert [page.index(f"### {hook}(") for hook in HOOKS] == sorted(page.index(f"### {hook}(") for hook in HOOKS)
    assert [line[3:] for line in page.splitlines() if line.startswith("## ")] == [
        "Start: building blocks, asked for once, before the register is opened", "1 load", "2 check", "3 identify", "4 trigger",
        "5 report and hand over", "What hooks give · 挂钩的返回值", "What a section is made of · 报告章节的组成",
    ]  # fmt: skip
