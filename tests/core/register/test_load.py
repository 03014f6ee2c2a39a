"""What is read is loaded or listed: cells and rows that can't be read, precision of dates, places, keys."""

import codecs
import hashlib
import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from disputekit.errors import RegisterError

Load = Callable[..., Any]
DISPUTES = '[disputes]\npath = "d.csv"\n'


def written(folder: Path, text: str | bytes, name: str = "d.csv") -> Path:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def test_bad_cells_become_null_and_are_listed_with_record_and_line(tmp_path: Path, load: Load) -> None:
    rows = [
        'D1,2026-01-05,"two\nlines",1.00',
        "D2,2026-02-30,x,1.239",
        'D3,2026-01-05 24:00:00,x,"6,000,000"',
        'D4,infinity,x,"12,50"',
        "D5,2026-01-06,x,-5",
    ]
    found = load(written(tmp_path, "dispute_id,received_at,cause,amount_claimed\n" + "\n".join(rows)), DISPUTES, disputes={"cause"})
    assert found.rows("select received_at, amount_claimed from disputes order by dispute_id") == [
        (datetime(2026, 1, 5), Decimal("1.00")), (None, None), (None, None), (None, None), (datetime(2026, 1, 6), Decimal("-5.00"))]  # fmt: skip
    assert found.rejects() == [
        (2, 4, "amount_claimed", "1.239"), (2, 4, "received_at", "2026-02-30"), (3, 5, "amount_claimed", "6,000,000"),
        (3, 5, "received_at", "2026-01-05 24:00:00"), (4, 6, "amount_claimed", "12,50"), (4, 6, "received_at", "infinity")]  # fmt: skip
    table = found.register.tables["disputes"]
    assert (table.rows_read, table.rows_loaded, table.rows_rejected, table.cells_rejected) == (5, 5, 0, 6)
    bit = table.columns["received_at"].bit
    assert found.rows(f'select dispute_id from disputes where "bad cells" & {1 << bit} <> 0 order by 1') == [("D2",), ("D3",), ("D4",)]


def test_a_clean_table_has_no_column_of_bad_cells(tmp_path: Path, load: Load) -> None:
    found = load(written(tmp_path, "dispute_id,received_at\nD1,2026-01-05\n"), DISPUTES)
    assert [c for (c, *_) in found.rows("describe disputes")] == ["dispute_id", "received_at"]
    assert found.register.tables["disputes"].columns["received_at"].coarse == "all"


def test_rows_with_too_many_or_too_few_cells_are_listed_and_never_shifted(tmp_path: Path, load: Load) -> None:
    text = 'dispute_id,received_at,cause\nD1,2026-01-01,"a\nb"\nD2,2026-01-02\n\nD3,2026-01-03,x,y\nD4,bad,x\n'
    found = load(written(tmp_path, text), DISPUTES, places=frozenset({"disputes"}))
    assert found.rows('select dispute_id, "the place" from disputes order by 1') == [("D1", "d.csv:1"), ("D4", "d.csv:4")]
    assert found.rejects() == [(2, 4, None, "D2,2026-01-02"), (3, 6, None, "D3,2026-01-03,x,y"), (4, 7, "received_at", "bad")]
    table = found.register.tables["disputes"]
    assert (table.rows_read, table.rows_loaded, table.rows_rejected, table.files[0].rows) == (4, 2, 2, 4)


def test_a_row_without_key_or_subject_is_rejected_but_the_organisation_is_its_own_subject(tmp_path: Path, load: Load) -> None:
    written(tmp_path, "dispute_id,received_at\n　,2026-01-05\nD2,2026-01-05\n")
    written(
        tmp_path, "subject,subject_id,activity,occurred_at\n,D2,contacted,2026-01-06\norganisation,,drill,2026-01-06\n,,lost,2026-01-07\n", "e.csv"
    )
    found = load(tmp_path, DISPUTES + '[events]\npath = "e.csv"\n')
    assert found.rows("select dispute_id from disputes") == [("D2",)]
    assert found.rows("select subject, subject_id from events order by 1") == [("disputes", "D2"), ("organisation", "organisation")]
    assert found.rejects() == [(1, 2, "dispute_id", None), (3, 4, "subject_id", None)]


def test_precision_and_offset_of_instants_are_kept(tmp_path: Path, load: Load) -> None:
    text = "dispute_id,received_at,decision_notified_at\nD1,2026-01-05,2026-01-05T10:00:00Z\nD2,2026-01-05 00:00,2026-01-05 10:00:00.5+08:00\n"
    found = load(written(tmp_path, text), DISPUTES)
    assert found.rows('select received_at, "received_at coarse", decision_notified_at from disputes order by dispute_id') == [
        (datetime(2026, 1, 5), True, datetime(2026, 1, 5, 18)), (datetime(2026, 1, 5), False, datetime(2026, 1, 5, 10, 0, 0, 500000))]  # fmt: skip
    assert {n: c.coarse for n, c in found.register.tables["disputes"].columns.items() if c.type == "instant"} == {
        "received_at": "some",
        "decision_notified_at": "none",
    }


@pytest.mark.parametrize("blank", ["\u3000", "\u00a0", "\t", " ", "\u2003"])
def test_white_space_at_both_ends_goes_and_identifiers_stay_text(tmp_path: Path, load: Load, blank: str) -> None:
    text = f"dispute_id,received_at,cause\n{blank}0001.25{blank},{blank}2026-01-05{blank},{blank}a b{blank}\n"
    found = load(written(tmp_path, text), DISPUTES, disputes={"cause"})
    assert found.rows("select * from disputes") == [("0001.25", datetime(2026, 1, 5), "a b")]


def test_missing_texts_are_nothing_rather_than_bad_cells(tmp_path: Path, load: Load) -> None:
    found = load(written(tmp_path, "dispute_id,received_at,closed_at\nD1,2026-01-05,N/A\nD2,2026-01-05, - \n"), DISPUTES + 'missing = ["N/A", "-"]\n')
    assert found.rows("select closed_at from disputes") == [(None,), (None,)]
    assert found.rejects() == []


@pytest.mark.parametrize(("which", "kept"), [("first", "2026-01-05"), ("last", "2026-01-07")])
def test_rows_that_repeat_a_key_are_counted_and_listed_when_told(tmp_path: Path, load: Load, which: str, kept: str) -> None:
    text = "dispute_id,received_at\nD1,2026-01-05\nD2,2026-01-06\nD1,2026-01-07\n"
    found = load(written(tmp_path, text), DISPUTES + f'on_duplicate = "{which}"\n')
    assert found.rows("select received_at from disputes where dispute_id = 'D1'") == [(datetime.fromisoformat(kept),)]
    gone = 3 if which == "first" else 1
    assert found.rejects() == [(gone, gone + 1, "dispute_id", "D1")]
    assert found.register.tables["disputes"].rows_rejected == 1


def test_disputes_are_derived_from_events(tmp_path: Path, load: Load) -> None:
    written(
        tmp_path, "subject,subject_id,activity,occurred_at\n,D2,a,2026-01-06\n,D1,a,2026-01-06\n,D2,b,2026-01-06\nclaims,C1,a,2026-01-06\n", "e.csv"
    )
    found = load(tmp_path, '[disputes]\nderive = "events"\n[events]\npath = "e.csv"\n')
    assert found.rows("select * from disputes") == [("D1",), ("D2",)]


def test_a_million_characters_are_read_and_shown_cut(tmp_path: Path, load: Load) -> None:
    found = load(
        written(tmp_path, f'dispute_id,received_at,cause\nD1,{"9" * 1_000_000},"{"长" * 1_000_000}\nend"\nD2,2026-01-05,x\n'),
        DISPUTES,
        disputes={"cause"},
    )
    assert found.rows("select length(cause) from disputes order by dispute_id") == [(1_000_004,), (1,)]
    assert found.rows("select record, line, length(value) from rejects") == [(1, 2, 500)]


def test_several_files_are_one_table_in_the_order_of_their_names(tmp_path: Path, load: Load) -> None:
    written(tmp_path, "received_at,dispute_id\n2026-01-06,D2\n2026-02-30,D3\n", "b.csv")
    written(tmp_path, "dispute_id,received_at\nD1,2026-01-05\n", "a.csv")
    found = load(tmp_path, '[disputes]\npath = "*.csv"\nnumber_rows = "dispute_id"\n')
    assert found.rows("select dispute_id, received_at from disputes order by 1") == [
        ("a.csv:1", datetime(2026, 1, 5)), ("b.csv:1", datetime(2026, 1, 6)), ("b.csv:2", None)]  # fmt: skip
    assert found.rows("select file, record, line from rejects") == [("b.csv", 2, 3)]
    assert [(f.name, f.rows, f.sha256) for f in found.register.tables["disputes"].files] == [
        (n, r, hashlib.sha256((tmp_path / n).read_bytes()).hexdigest()) for n, r in (("a.csv", 1), ("b.csv", 2))]  # fmt: skip


def test_json_lines_keep_the_digits_of_numbers(tmp_path: Path, load: Load) -> None:
    lines = [
        '{"dispute_id": 12345678901234567890123, "received_at": "2026-01-05", "amount_claimed": 1234567890123456.78}',
        '{"dispute_id": "1,\\"2", "received_at": "2026-01-05", "amount_claimed": 1.239}', "", "no json",
        '{"received_at": "2026-01-05", "dispute_id": 0.10, "cause": ["a", "b"]}']  # fmt: skip
    found = load(written(tmp_path, "\n".join(lines), "d.jsonl"), '[disputes]\npath = "d.jsonl"\n', disputes={"cause"})
    assert found.rows("select dispute_id, amount_claimed, cause from disputes order by 1") == [
        ("0.10", None, '["a","b"]'), ('1,"2', None, None), ("12345678901234567890123", Decimal("1234567890123456.78"), None)]  # fmt: skip
    assert found.rejects() == [(2, 2, "amount_claimed", "1.239"), (4, 4, None, None)]
    assert found.register.tables["disputes"].rows_read == 4


def test_parquet_columns_are_cast_exactly_or_not_at_all(tmp_path: Path, load: Load) -> None:
    with duckdb.connect() as db:
        db.execute(f"""copy (select * from (values
            (17, date '2026-01-05', timestamptz '2026-01-05 00:00:00+00', 1.5::double), (18, date '2026-01-06', null, 1.239::double))
            t(dispute_id, received_at, closed_at, amount_claimed)) to '{tmp_path / "d.parquet"}'""")
    found = load(tmp_path, '[disputes]\npath = "d.parquet"\n')
    assert found.rows("select * exclude (\"bad cells\") from disputes order by 1") == [
        ("17", datetime(2026, 1, 5), datetime(2026, 1, 5, 8), Decimal("1.50")), ("18", datetime(2026, 1, 6), None, None)]  # fmt: skip
    assert found.register.tables["disputes"].columns["received_at"].coarse == "all"
    assert found.rejects() == [(2, None, "amount_claimed", "1.239")]


@pytest.mark.parametrize(
    ("mark", "encoding"), [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"), (b"", "gb18030")]
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_marks_and_line_ends_are_read(tmp_path: Path, load: Load, mark: bytes, encoding: str, end: str) -> None:
    text = end.join(["dispute_id,received_at,说明", "D1,2026-01-05,客户要求保险公司说明理赔的依据和时间", "D2,2026-01-32,㐀的一是不了在", ""])
    found = load(written(tmp_path, mark + text.encode(encoding)), DISPUTES, disputes={"说明"})
    assert found.rows('select "说明" from disputes order by dispute_id') == [("客户要求保险公司说明理赔的依据和时间",), ("㐀的一是不了在",)]
    assert found.rejects() == [(2, 3, "received_at", "2026-01-32")]


def test_the_sql_of_a_table_runs_again_from_the_folder_of_the_toml(tmp_path: Path, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    found = load(written(tmp_path, "dispute_id,received_at\nD1,2026-01-05\n,2026-01-06\nD3,x\n"), DISPUTES)
    monkeypatch.chdir(tmp_path)
    assert str(tmp_path) not in found.register.sql["disputes"]
    with duckdb.connect() as db:
        db.execute(found.register.sql["disputes"])
        assert db.execute("select * from disputes order by 1").fetchall() == found.rows("select * from disputes order by 1")


def test_lists_booleans_and_dates_are_typed(tmp_path: Path, load: Load) -> None:
    rows = "customer_id,vulnerable,born_on\nC1,是,1950-01-01\nC2,No,1950-01-01 10:00\nC3,maybe,1950-01-01 00:00:00\n"
    found = load(written(tmp_path, rows, "c.csv"), '[customers]\npath = "c.csv"\n')
    assert found.rows("select vulnerable, born_on from customers order by customer_id") == [
        (True, date(1950, 1, 1)),
        (False, None),
        (None, date(1950, 1, 1)),
    ]
    assert [r[2:] for r in found.rejects()] == [("born_on", "1950-01-01 10:00"), ("vulnerable", "maybe")]


@pytest.mark.parametrize("threads", [1, 4])
def test_places_and_first_rows_are_the_same_with_any_number_of_threads(tmp_path: Path, load: Load, threads: int) -> None:
    rows = "".join(f'D{i % 40_000},2026-01-05,"{i}{" pad" * 20}"\n' for i in range(80_000))
    toml = DISPUTES + 'on_duplicate = "last"\n'
    found = load(
        written(tmp_path, "dispute_id,received_at,cause\n" + rows), toml, places=frozenset({"disputes"}), threads=threads, disputes={"cause"}
    )
    assert found.rows(
        "select count(*) from disputes where split_part(\"the place\", ':', 2)::int <> split_part(cause, ' ', 1)::int + 1"
        " or split_part(cause, ' ', 1)::int < 40000"
    ) == [(0,)]
    assert found.rows("select count(*), min(record), max(line) from rejects") == [(40_000, 1, 40_001)]


def test_a_formatted_table_with_unknown_columns_keeps_them_as_text(tmp_path: Path, load: Load) -> None:
    found = load(written(tmp_path, "no,opened, 备注 \n007,2026/1/5,x\n"),
                 DISPUTES + 'columns = { dispute_id = "no", received_at = "opened" }\nformats = { received_at = "%Y/%m/%d" }\n',
                 disputes={"备注"})  # fmt: skip
    assert found.rows('select dispute_id, received_at, "备注" from disputes') == [("007", datetime(2026, 1, 5), "x")]


def test_an_aborted_load_raises_for_every_table(tmp_path: Path, load: Load) -> None:
    written(tmp_path, "dispute_id,received_at\nD1,1/5/2026\n")
    written(tmp_path, json.dumps({"customer_id": "C1", "born_on": "1950/1/1"}), "c.jsonl")
    with pytest.raises(RegisterError) as caught:
        load(tmp_path, DISPUTES + '[customers]\npath = "c.jsonl"\n')
    assert sorted(p.where for p in caught.value.problems) == ["c.jsonl", "d.csv"]


def test_a_table_with_a_column_called_place_has_room_for_the_places_of_its_rows(tmp_path: Path, load: Load) -> None:
    (tmp_path / "m.csv").write_text("mediation_id,dispute_id,place\nM-1,D-1,online\n", encoding="utf-8")
    found = load(tmp_path, '[mediations]\npath = "m.csv"\n', places=frozenset({"mediations"}), mediations={"place"})
    assert found.rows('select place, "the place" from mediations') == [("online", "m.csv:1")]
