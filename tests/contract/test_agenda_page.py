"""The reference page of the agenda names every field of its JSON."""

import re
from pathlib import Path

import pytest

from disputekit.agenda.model import Agenda, Clock, Doubt, Gap, Item, LeftOut, Question
from disputekit.policies.model import Strict

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "agenda.md").read_text("utf-8")


@pytest.mark.parametrize("model", [Agenda, Item, Clock, Doubt, Question, Gap, LeftOut])
def test_every_field_stands_on_the_page_and_no_other(model: type[Strict]) -> None:
    part = PAGE.partition(f"## `{model.__name__}`")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)`", part, re.MULTILINE) == list(model.model_fields)
