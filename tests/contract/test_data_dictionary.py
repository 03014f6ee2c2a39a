"""The published data dictionary is the one that the models give."""

import subprocess
import sys
from pathlib import Path

from disputekit.register.dictionary import data_dictionary
from disputekit.register.schema import Row, Table, column
from disputekit.register.tables import TABLES
from disputekit.text import Text

COMMAND = "python -m disputekit.register.dictionary > docs/reference/data-dictionary.md"
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "data-dictionary.md"


class Visit(Row):
    """回访 · A visit."""

    visit_id: str | None = column("编号", "The key", required=True)
    share: str | None = column("甲|乙", "one|other")


def test_the_published_page_is_what_the_models_give() -> None:
    assert PAGE.read_text("utf-8") == data_dictionary(TABLES.values()), f"the models have changed; run: {COMMAND}"


def test_the_command_that_the_page_names_writes_the_page() -> None:
    assert COMMAND in PAGE.read_text("utf-8")
    written = subprocess.run([sys.executable, "-m", "disputekit.register.dictionary"], capture_output=True, check=True).stdout
    assert written == PAGE.read_bytes()


def test_every_column_of_every_table_stands_in_its_section_in_both_languages() -> None:
    sections = data_dictionary(TABLES.values()).split("\n## ")[1:]
    assert [s.splitlines()[0] for s in sections[1:]] == list(TABLES)
    for table, section in zip(TABLES.values(), sections[1:], strict=True):
        for found in table.columns.values():
            where = sections[0] if found.name in Row.model_fields else section
            (line,) = [line for line in where.splitlines() if line.startswith(f"| `{found.name}` |")]
            assert found.description.zh in line and found.description.en in line
            assert ("**required**" in line) == found.required
            assert (f"[{table.refers[found.name]}](#" in line) if found.name in table.refers else "](#" not in line


def test_a_table_of_a_plugin_gets_its_section_and_a_bar_does_not_break_it() -> None:
    page = data_dictionary([Table("visits", Visit, Text(zh="回访", en="Visits"), key="visit_id")])
    assert "## visits" in page
    assert "| `share` | text |  |  | one\\|other | 甲\\|乙 |" in page
    assert "| `visit_id` | text | **key**, **required** |" in page
