"""A pack whose law nobody has read for too long is a finding, however well its controls are kept."""

from datetime import date
from pathlib import Path

import duckdb
import pytest
from tests.projects import DEADLINE, control, write_pack, write_project

from disputekit.assess import assess
from disputekit.config import load_project

LAW = """\
[instruments.{id}]
title = {{ zh = "办法", en = "The Measures" }}
in_force = 2020-01-01
reviewed_on = {on}
"""
CITED = DEADLINE + '\ncite = "{id} art. 1"'


@pytest.mark.parametrize(
    ("as_of", "packs", "outcome", "observed"),
    [
        ("2026-06-30", ("./house", "data-quality"), "pass", None),
        ("2026-07-01", ("./house", "data-quality"), "fail", "house/old 2026-01-01"),
        ("2026-06-30", ("./house",), "unknown", None),
    ],
)  # fmt: skip
def test_the_day_after_its_time_an_instrument_must_be_read_again(
    tmp_path: Path, as_of: str, packs: tuple[str, ...], outcome: str, observed: str | None
) -> None:
    law = LAW.format(id="old", on="2026-01-01"), LAW.format(id="new", on="2026-03-01"), LAW.format(id="uncited", on="2020-01-01")
    write_pack(tmp_path / "house", *law, control("H-1", CITED.format(id="old")), control("H-2", CITED.format(id="new")))
    write_project(tmp_path, packs=packs, plugins=("regulatory",))
    manifest = assess(load_project(tmp_path), date.fromisoformat(as_of), tmp_path / "out")
    (said,) = (c for c in manifest.controls if c.id == "LAW-REVIEWED")
    assert [(t.outcome, t.subjects) for t in said.tallies] == [(outcome, 1)]
    assert said.error is None
    if observed is not None:
        found = duckdb.sql(f"select observed, expected, due_on from read_parquet('{tmp_path}/out/findings/LAW-REVIEWED.parquet')").fetchall()
        assert found == [(observed, "180 days", date(2026, 6, 30))]


def test_where_no_control_cites_anything_there_is_nothing_to_review(tmp_path: Path) -> None:
    write_pack(tmp_path / "house", control())
    write_project(tmp_path, packs=("./house", "data-quality"), plugins=("regulatory",))
    manifest = assess(load_project(tmp_path), date(2026, 7, 1), tmp_path / "out")
    assert not any(c.id == "LAW-REVIEWED" for c in (*manifest.controls, *manifest.unchecked))


def test_what_only_the_value_of_a_parameter_cites_must_be_read_again_too(tmp_path: Path) -> None:
    value = '[parameters.term]\ntitle = { zh = "期限", en = "Term" }\nbasis = "law"\nvalues = [{ from = 2020-01-01, value = "15 days", cite = "old art. 2" }]\n'
    law = LAW.format(id="old", on="2026-01-01"), LAW.format(id="new", on="2026-06-01")
    write_pack(tmp_path / "house", *law, value, control("H-1", CITED.format(id="new").replace("15 days", "$term")))
    write_project(tmp_path, packs=("./house", "data-quality"), plugins=("regulatory",))
    assess(load_project(tmp_path), date(2026, 7, 1), tmp_path / "out")
    found = duckdb.sql(f"select outcome, observed from read_parquet('{tmp_path}/out/findings/LAW-REVIEWED.parquet')").fetchall()
    assert found == [("fail", "house/old 2026-01-01")]
