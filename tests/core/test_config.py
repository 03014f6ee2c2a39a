"""`disputekit.toml`: what it may say, and that every mistake in it is told at once."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from disputekit.config import Project, load_project
from disputekit.errors import ConfigError

WHOLE = """
[organisation]
name = "示例财产保险股份有限公司"
jurisdiction = "CN"
timezone = "Asia/Shanghai"
calendar = { country = "CN", file = "2027.csv" }
language = "en"
lines = ["motor", "health"]

[wind_down]
dissolution_approved_on = 2026-03-02

[policies]
packs = ["mediation-practice", "./house"]

[plugins]
enabled = ["mediation"]
[plugins.mediation]
anything = { it = "likes" }

[parameters.house]
contact = { from = 2026-01-01, value = "2 days" }

[limits]
unknown = 0.1

[register.disputes]
path = "disputes.csv"
columns = { dispute_id = "案件编号" }
[register.coverage]
contacted = { from = 2025-01-01 }
"""
LEAST = '[organisation]\nname = "X"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "disputekit.toml"
    path.write_text(text, encoding="utf-8")
    return path


def read(folder: Path, text: str) -> Project:
    return load_project(written(folder, text))


def refused(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as bad:
        read(folder, text)
    return [str(p) for p in bad.value.problems]


def test_everything_that_a_project_says_is_read(tmp_path: Path) -> None:
    project = read(tmp_path, WHOLE)
    assert (project.zone.key, project.file.organisation.language) == ("Asia/Shanghai", "en")
    assert project.organisation.wind_down == {"dissolution_approved_on": date(2026, 3, 2)}
    assert project.organisation.lines == ("motor", "health")
    assert project.file.policies.packs == ("mediation-practice", "./house")
    assert project.plugin_settings == {"mediation": {"anything": {"it": "likes"}}}
    assert str(project.file.parameters["house"]["contact"].value) == "2 days"
    assert project.register.tables["disputes"].columns == {"dispute_id": "案件编号"}
    assert project.register.coverage["contacted"].from_on == date(2025, 1, 1)


def test_limits_are_exact_and_strict_unless_told(tmp_path: Path) -> None:
    assert read(tmp_path, WHOLE).file.limits.unknown == Decimal("0.1")
    limits = read(tmp_path, LEAST).file.limits
    assert (limits.rejected_rows, limits.rejected_cells, limits.unknown) == (0, Decimal("0.01"), Decimal("0.05"))


def test_a_folder_stands_for_the_project_file_in_it(tmp_path: Path) -> None:
    written(tmp_path, LEAST)
    assert load_project(tmp_path).path == tmp_path / "disputekit.toml"


def test_the_hash_is_that_of_the_files_bytes(tmp_path: Path) -> None:
    one, same, other = read(tmp_path, LEAST).sha256, read(tmp_path, LEAST).sha256, read(tmp_path, LEAST + "\n").sha256
    assert one == same != other


def test_mistakes_in_every_part_are_told_together(tmp_path: Path) -> None:
    assert refused(tmp_path, """
[organisation]
name = "X"
timezone = "Asia/Shanghi"
[wind_down]
dissolution_approved = 2026-03-02
[limits]
unknown = 5
[plugins]
enbled = ["mediation"]
[register.disputes]
pth = "a.csv"
[register.coverage]
contacted = {}
""") == [
        "disputekit.toml: organisation.timezone: no time zone 'Asia/Shanghi'. Did you mean 'Asia/Shanghai'?",
        "disputekit.toml: wind_down.dissolution_approved: a date's name ends in _on. Write 'dissolution_approved_on'",
        "disputekit.toml: limits.unknown: 5 is more than 1",
        "disputekit.toml: [plugins]: no key 'enbled' here. Did you mean 'enabled'?",
        "disputekit.toml: [register.disputes]: no key 'pth' here. Did you mean 'path'?",
        "disputekit.toml: [register.coverage] contacted: 'from' is missing",
    ]  # fmt: skip


def test_every_entry_of_coverage_is_looked_at(tmp_path: Path) -> None:
    assert len(refused(tmp_path, LEAST + "[register.coverage]\na = {}\nb = 3\n")) == 2


@pytest.mark.parametrize("text", ["register = 3\n" + LEAST, LEAST + "[register]\ndisputes = 'a.csv'\n", LEAST + "[register]\ncoverage = 3\n",
                                  "plugins = 3\n" + LEAST, LEAST + "[plugins]\nmediation = 3\n"])  # fmt: skip
def test_a_value_where_a_table_belongs_is_told(tmp_path: Path, text: str) -> None:
    (problem,) = refused(tmp_path, text)
    assert problem.startswith("disputekit.toml: ")
    assert "register" in problem or "plugins" in problem


def test_a_time_of_day_in_the_wind_down_is_refused_rather_than_cut(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, LEAST + "[wind_down]\ndissolution_approved_on = 2026-03-02T23:59:00\n")
    assert problem == "disputekit.toml: wind_down.dissolution_approved_on: a date without a time is expected"


def test_a_misspelt_section_is_told_even_if_it_is_the_register(tmp_path: Path) -> None:
    assert refused(tmp_path, LEAST + "[registers.disputes]\npath = 'a.csv'\n") == [
        "disputekit.toml: no key 'registers' here. Did you mean 'register'?"]  # fmt: skip


def test_a_missing_project_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^disputekit.toml: there is no such file$"):
        load_project(tmp_path)
