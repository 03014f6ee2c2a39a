"""Other people's exports give the figures that are known of them, or a clear refusal."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from disputekit.errors import RegisterError

Load = Callable[..., Any]


def test_chinese_complaints_from_a_workbook(real: Path, load: Load) -> None:
    found = load(real / "cn_messages", """[disputes]
        path = "attachment4.xlsx"
        columns = { dispute_id = "留言编号", received_at = "留言时间", closed_at = "答复时间" }
        formats = { received_at = ["%Y/%m/%d %H:%M:%S"], closed_at = ["%Y/%m/%d %H:%M:%S", "%Y/%m/%d"] }""", disputes={"留言详情"})  # fmt: skip
    days = "cast(closed_at as date) - cast(received_at as date)"
    query = f"select count(*), count(received_at), count(*) filter ({days} > 15), count(*) filter ({days} > 30),"
    query += f" count(*) filter ({days} > 60) from disputes"
    assert found.rows(query) == [(2816, 2816, 1061, 455, 156)]
    assert found.rows('select count(*) from disputes where "closed_at coarse"') == [(1,)]
    assert found.rows(
        "select count(*) from disputes where 留言详情 <> trim(留言详情, e' \\t\\n\\r　') or not regexp_full_match(dispute_id, '[0-9]+')"
    ) == [(0,)]
    assert found.rejects() == []


@pytest.mark.parametrize("name", ["replies_gbk.csv", "replies_gb18030.csv"])
def test_chinese_text_files_hold_the_same_ids_as_the_workbook(real: Path, load: Load, name: str) -> None:
    found = load(real / "cn_messages", f"""[disputes]
        path = "{name}"
        columns = {{ dispute_id = "留言编号" }}
        constants = {{ received_at = "2020-01-01" }}
        [mediations]
        path = "attachment4.xlsx"
        columns = {{ mediation_id = "留言编号" }}""")  # fmt: skip
    assert found.rows("select count(*) from disputes join mediations on mediation_id = disputes.dispute_id") == [(2816,)]


def test_a_wrong_encoding_is_refused_with_its_byte(real: Path, load: Load) -> None:
    with pytest.raises(RegisterError, match="byte 24,690 isn't gbk"):
        load(
            real / "cn_messages",
            '[disputes]\npath = "replies_gb18030.csv"\nencoding = "gbk"\n'
            'columns = { dispute_id = "留言编号" }\nconstants = { received_at = "2020-01-01" }',
        )


def test_american_complaints_with_their_own_dates(real: Path, load: Load) -> None:
    found = load(real / "cfpb_complaints", """[disputes]
        path = "consumer_complaints.csv"
        number_rows = "dispute_id"
        columns = { received_at = "Date received", closed_at = "Date sent to company" }
        formats = { received_at = "%m/%d/%Y", closed_at = "%m/%d/%Y" }
        missing = "N/A" """, disputes={"Timely response?", "Consumer consent provided?"})  # fmt: skip
    days = "cast(closed_at as date) - cast(received_at as date)"
    query = f"""select count(distinct dispute_id), count(*) filter ("Timely response?" = 'No'), count(*) filter ({days} < 0),
                count(*) filter ({days} > 15),
                count(*) filter ({days} > 30), count(*) filter ({days} > 60), count(*) filter ("Consumer consent provided?" = 'N/A') from disputes"""
    assert found.rows(query) == [(3186, 93, 6, 148, 62, 7, 0)]


@pytest.mark.parametrize(("name", "delimiter", "events"), [("running-example.csv", ",", 42), ("running_example_broken.csv", ";", 34)])
def test_process_logs_with_offsets(real: Path, load: Load, name: str, delimiter: str, events: int) -> None:
    found = load(real / "process_logs", f"""[disputes]
        derive = "events"
        [events]
        path = "{name}"
        delimiter = "{delimiter}"
        columns = {{ subject_id = "case:concept:name", activity = "concept:name", occurred_at = "time:timestamp" }}""")  # fmt: skip
    assert found.rows("select count(*), count(occurred_at) from events") == [(events, events)]
    assert found.rows("select occurred_at::varchar from events where subject_id = '3' and activity = 'register request'") == [
        ("2010-12-30 21:32:00",)
    ]
    assert found.rows("select count(*) from disputes") == [(6,)]


def test_big5_is_refused_until_it_is_said(real: Path, load: Load) -> None:
    toml = '[units]\npath = "characters.csv"\nnumber_rows = "unit_id"\n'
    with pytest.raises(RegisterError, match=r"isn't Chinese.*big5"):
        load(real / "messy_tables", toml)


def test_odd_tables_are_loaded_or_refused_but_never_break_the_loader(real: Path, load: Load) -> None:
    seen = {}
    for file in sorted((real / "messy_tables").iterdir()):
        if file.suffix == ".md":
            continue
        workbook = 'format = "xlsx"\n' if file.suffix in {".xls", ".ods"} else ""
        try:
            found = load(real / "messy_tables", f'[units]\npath = "{file.name}"\n{workbook}number_rows = "unit_id"\n')
        except RegisterError as error:
            seen[file.name] = "refused" if all(p.where and p.what for p in error.problems) else "refused without a place"
            continue
        table = found.register.tables["units"]
        assert table.rows_read == table.rows_loaded + table.rows_rejected
        seen[file.name] = table.rows_loaded
    assert "refused without a place" not in seen.values()
    expected = {
        "utf-16le_encoded.csv": 327, "mixedGLB.csv": 136, "simple.csv": 6, "simple.xlsx": 6, "weird_head_padding.csv": "refused",
        "characters.csv": "refused", "long.csv": "refused"}  # fmt: skip
    assert {n: seen[n] for n in expected} == expected
