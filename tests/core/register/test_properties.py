"""Wild input: what was written is read back, or counted."""

import csv
import io
import string
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from disputekit import sql
from disputekit.register.shapes import shaped

Load = Callable[..., Any]
CHINESE = "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年"
CELLS = st.text(CHINESE + "㐀𠀀" + string.ascii_letters + string.digits + ' ,;"\n\t', max_size=12)


def value(kind: Any, cell: str) -> Any:
    tree = shaped(kind, 2, sql.col("x"), (), False, ZoneInfo("Asia/Shanghai")).value
    return (duckdb.execute(f"select {sql.written(tree)} from (select $1::varchar as x)", [cell]).fetchone() or ())[0]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12),
    st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_text_in_any_encoding_is_read_back_as_it_was_written(load: Load, cells: list[tuple[str, str]], encoding: str, end: str) -> None:
    out = io.StringIO(newline="")
    rows = csv.writer(out, lineterminator=end)
    rows.writerow(["published_at", "mention_id", "text", "source", "对此的说明和时间"])
    for i, (one, other) in enumerate(cells):
        rows.writerow(["2026-01-05", f"M{i:04}", one, other, CHINESE])
    with TemporaryDirectory() as folder:
        (Path(folder) / "m.csv").write_bytes(out.getvalue().encode(encoding))
        found = load(Path(folder), '[mentions]\npath = "m.csv"\n', mentions={"text", "source"})
    expected = [(one.strip() or None, other.strip() or None) for one, other in cells]
    assert found.rows("select text, source from mentions order by mention_id") == expected
    assert found.rejects() == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text('D1,"\n x;-/', max_size=30), min_size=1, max_size=8))
def test_every_record_is_loaded_or_rejected(load: Load, lines: list[str]) -> None:
    from disputekit.errors import RegisterError

    with TemporaryDirectory() as folder:
        (Path(folder) / "d.csv").write_text("dispute_id,received_at,closed_at\nK,2026-01-05,\n" + "\n".join(lines), newline="")
        try:
            found = load(Path(folder), '[disputes]\npath = "d.csv"\non_duplicate = "first"\n')
        except RegisterError:
            return
    table = found.register.tables["disputes"]
    assert table.rows_read == table.rows_loaded + table.rows_rejected
    listed = found.rows('select count(distinct record) from rejects where "column" is null or "column" = \'dispute_id\'')
    assert listed == [(table.rows_rejected,)]
    assert found.rows("select count(*) from disputes") == [(table.rows_loaded,)]


@settings(max_examples=150, deadline=None)
@given(st.decimals(min_value=Decimal(-(10**16)) + 1, max_value=Decimal(10**16) - 1, places=2))
def test_money_is_read_to_the_last_digit(number: Decimal) -> None:
    assert value("decimal", f"{number:f}") == number


@settings(max_examples=200, deadline=None)
@given(st.text("0123456789.,-+eE ０１_x", min_size=1, max_size=10))
def test_what_is_no_money_is_never_taken_for_it(cell: str) -> None:
    digits = cell[1:] if cell[:1] in {"+", "-"} else cell
    whole, point, rest = digits.partition(".")
    proper = whole != "" and all(c in string.digits for c in whole + rest) and (len(rest) in {1, 2} if point else True)
    assert (value("decimal", cell) is not None) == proper


@settings(max_examples=150, deadline=None)
@given(st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31)), st.sampled_from(["T", " "]))
def test_iso_moments_are_read_exactly(moment: datetime, between: str) -> None:
    assert value("instant", moment.isoformat(between)) == moment


@settings(max_examples=100, deadline=None)
@given(st.datetimes(datetime(1992, 1, 1), datetime(2200, 1, 1)), st.integers(-14 * 4, 14 * 4))
def test_moments_with_an_offset_are_the_organisations_time(moment: datetime, quarters: int) -> None:
    from datetime import timedelta, timezone

    away = moment.replace(tzinfo=timezone(timedelta(minutes=15 * quarters)))
    assert value("instant", away.isoformat()) == away.astimezone(ZoneInfo("Asia/Shanghai")).replace(tzinfo=None)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**4), st.integers(0, 14), st.integers(0, 33))
def test_only_dates_that_exist_are_read(year: int, month: int, day: int) -> None:
    cell = f"{year}-{month:02}-{day:02}"
    try:
        expected = datetime.fromisoformat(cell) if 1000 <= year <= 9999 else None
    except ValueError:
        expected = None
    assert value("instant", cell) == expected
