"""The reference of the rule kinds says what the kinds are."""

from pathlib import Path

from disputekit.core import Core
from disputekit.kinddocs import SAID, page

ROOT = Path(__file__).parents[2]


def test_the_page_of_the_rule_kinds_is_what_the_kinds_say() -> None:
    made = page(Core().register_rule_kinds())
    assert (ROOT / "docs" / "reference" / "rule-kinds.md").read_text("utf-8") == made, "python -m disputekit.kinddocs > docs/reference/rule-kinds.md"


def test_every_kind_has_its_chinese_line_and_no_line_is_left_over() -> None:
    assert set(SAID) == {k.name for k in Core().register_rule_kinds()}
