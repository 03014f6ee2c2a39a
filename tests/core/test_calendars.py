"""Working-day calendars: China's make-up days, where knowledge ends, and the tables against a walk day by day."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disputekit.calendars import FIRST, LAST, Calendar, create_calendar, load_calendar
from disputekit.errors import ConfigError

WHERE = "disputekit.toml: [organisation] calendar"
ONE = timedelta(days=1)
MAKE_UP = {  # weekend days worked, by the notices of the State Council
    2020: "01-19 04-26 05-09 06-28 09-27 10-10", 2021: "02-07 02-20 04-25 05-08 09-18 09-26 10-09",
    2022: "01-29 01-30 04-02 04-24 05-07 10-08 10-09", 2023: "01-28 01-29 04-23 05-06 06-25 10-07 10-08",
    2024: "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12", 2025: "01-26 02-08 04-27 09-28 10-11",
    2026: "01-04 02-14 02-28 05-09 09-20 10-10",
}  # fmt: skip


def load(spec: str | Mapping[str, str], base: Path = Path()) -> Calendar:
    return load_calendar(spec, base, WHERE)


def tables(calendar: Calendar) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect(config={"threads": 1})
    create_calendar(db, calendar)
    return db


@pytest.fixture(scope="module")
def china() -> duckdb.DuckDBPyConnection:
    return tables(load("CN"))


def one(db: duckdb.DuckDBPyConnection, sql: str, *values: object) -> tuple[object, ...]:
    row = db.execute(sql, list(values)).fetchone()
    assert row is not None
    return row


def write(folder: Path, text: str, name: str = "own.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def year(of: int, rest: tuple[str, ...] = (), worked: tuple[str, ...] = ()) -> str:
    """A file of a whole year."""
    lines = ["day,working"]
    day = date(of, 1, 1)
    while day.year == of:
        working = (day.isoweekday() < 6 or f"{day:%m-%d}" in worked) and f"{day:%m-%d}" not in rest
        lines.append(f"{day},{'true' if working else 'false'}")
        day += ONE
    return "\n".join(lines) + "\n"


def problems(spec: str | Mapping[str, str], base: Path = Path()) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        load(spec, base)
    return [str(p) for p in raised.value.problems]


def due(db: duckdb.DuckDBPyConnection, start: date, n: int) -> tuple[date | None, date | None]:
    """The earliest and the latest last day of a period of n working days after a day."""
    return one(db, """
        select e.day, case when c.published and w.published then w.day end from calendar c
        left join earliest_days e on e.earliest_no = c.earliest_no + $2 left join working_days w on w.work_no = c.work_no + $2 where c.day = $1""",
               start, n)  # type: ignore[return-value]  # fmt: skip


# China


def test_weekends_made_working_days_by_the_state_council_count_as_working_days(china):
    found = china.execute("select day from calendar where working and isodow(day) >= 6 and year(day) >= 2020 order by day").fetchall()
    assert [d for (d,) in found] == [date.fromisoformat(f"{y}-{d}") for y, days in MAKE_UP.items() for d in days.split()]


def test_every_year_has_as_many_working_days_in_china_as_was_announced(china):
    sql = "select year(day) as y, count(*) filter (where working) from calendar where y between 2019 and 2026 group by y order by y"
    found = china.execute(sql).fetchall()
    assert [n for _, n in found] == [250, 249, 250, 249, 249, 251, 248, 248]


def test_a_period_over_spring_festival_leaves_out_the_festival_and_counts_the_make_up_day(china):
    # festival from 15 to 23 February 2026; Saturday the 14th and Saturday the 28th are worked
    assert due(china, date(2026, 2, 13), 1) == (date(2026, 2, 14),) * 2
    assert due(china, date(2026, 2, 13), 2) == (date(2026, 2, 24),) * 2
    assert due(china, date(2026, 2, 27), 1) == (date(2026, 2, 28),) * 2
    assert one(china, "select next_working, working from calendar where day = '2026-02-15'") == (date(2026, 2, 24), False)


def test_every_year_published_for_china_has_make_up_days_so_that_a_year_the_library_only_guesses_is_not_taken_for_known(china):
    calendar = load("CN")
    assert calendar.published_from is not None
    assert calendar.published_until is not None
    assert calendar.source is not None
    years = {d.year for d, working in calendar.exceptions if working}
    assert years >= set(range(calendar.published_from.year, calendar.published_until.year + 1))
    assert str(calendar.published_until.year) in calendar.source.zh
    assert str(calendar.published_until.year) in calendar.source.en


@pytest.mark.parametrize("day", ["2027-01-01", "2027-06-30", "2003-12-31", "1970-01-01", "2100-12-31"])
def test_a_day_of_a_year_that_is_not_announced_is_not_known_to_be_anything(china, day):
    assert one(china, "select published, working, work_no, next_working from calendar where day = $1", day) == (False, None, None, None)


def test_a_period_into_a_year_that_is_not_announced_has_an_earliest_end_and_no_latest(china):
    assert due(china, date(2026, 12, 30), 1) == (date(2026, 12, 31), date(2026, 12, 31))
    assert due(china, date(2026, 12, 30), 2) == (date(2027, 1, 1), None)  # even New Year's Day: it can't be ruled out without a notice
    assert due(china, date(2026, 12, 30), 5) == (date(2027, 1, 4), None)
    assert due(china, date(2027, 3, 1), 1) == (date(2027, 3, 2), None)


def test_a_period_that_began_before_the_first_known_year_has_no_latest_end_though_it_ends_in_a_known_one(china):
    assert due(china, date(2003, 12, 30), 3) == (date(2004, 1, 5), None)
    assert one(china, "select working, published from calendar where day = '2004-01-01'") == (False, True)


def test_a_count_of_working_days_beyond_the_known_ones_is_there_and_says_that_it_is_not_known(china):
    last = one(china, "select max(work_no) from calendar")[0]
    assert one(china, "select day, published from working_days where work_no = $1", last) == (date(2026, 12, 31), True)
    assert one(china, "select day, published from working_days where work_no = $1 + 1", last) == (None, False)


# other calendars


def test_weekends_alone_are_days_of_rest_of_weekends_and_every_day_is_known():
    db = tables(load("weekends"))
    assert one(db, "select count(*), min(day), max(day), bool_and(published), bool_and(working = (isodow(day) < 6)) from calendar") == (
        (LAST - FIRST).days + 1, FIRST, LAST, True, True)  # fmt: skip
    assert due(db, date(2099, 1, 2), 1) == (date(2099, 1, 5),) * 2
    assert one(db, "select bool_and(published) from working_days") == (True,)


@pytest.mark.parametrize(("spec", "rest", "worked"), [
    ("GB-ENG", "2022-09-19", "2026-11-30"), ("GB-SCT", "2026-11-30", "2026-04-06"), ("DE-NW", "2026-06-04", "2026-03-04"),
    ("DE-BE", "2025-05-08", "2026-06-04"), ("FR", "2026-07-14", "2026-07-13"), ("JP", "2019-04-30", "2019-04-26"), ("SG", "2020-07-10", "2020-07-09"),
    ("US", "2021-12-31", "2022-01-03"),
])  # fmt: skip
def test_a_country_knows_its_own_holidays(spec, rest, worked):
    calendar = load(spec)
    assert dict(calendar.exceptions).get(date.fromisoformat(rest)) is False
    assert date.fromisoformat(worked) not in dict(calendar.exceptions)
    assert calendar.published_until is not None
    assert calendar.source is not None


def test_exceptions_are_in_order_once_each_and_only_where_the_weekday_says_otherwise():
    days = [d for d, _ in load("CN").exceptions]
    assert days == sorted(set(days))
    assert all(working == (d.isoweekday() >= 6) for d, working in load("CN").exceptions)


# files


def test_a_file_gives_the_days_and_nothing_is_known_outside_it(tmp_path):
    calendar = load({"file": "own.csv"}, write(tmp_path, year(2027, rest=("01-01",), worked=("01-03",))))
    assert (calendar.published_from, calendar.published_until) == (date(2027, 1, 1), date(2027, 12, 31))
    assert calendar.exceptions == ((date(2027, 1, 1), False), (date(2027, 1, 3), True))
    db = tables(calendar)
    assert due(db, date(2027, 1, 1), 1) == (date(2027, 1, 3),) * 2
    assert due(db, date(2027, 12, 30), 2) == (date(2028, 1, 1), None)


def test_a_period_that_would_roll_from_a_known_day_of_rest_into_unknown_days_has_no_day_to_roll_to(tmp_path):
    db = tables(load({"file": "own.csv"}, write(tmp_path, "day,working\n2027-01-01,1\n2027-01-02,0\n2027-01-03,0\n")))
    found = db.execute("select next_working from calendar where day between '2027-01-01' and '2027-01-04' order by day").fetchall()
    assert [d for (d,) in found] == [date(2027, 1, 1), None, None, None]


def test_a_file_adds_the_next_year_to_a_country(tmp_path):
    write(tmp_path, year(2027, rest=("01-01",), worked=("01-02",)))
    calendar = load({"country": "CN", "file": "own.csv"}, tmp_path)
    assert (calendar.published_from, calendar.published_until) == (date(2004, 1, 1), date(2027, 12, 31))
    assert dict(calendar.exceptions)[date(2026, 2, 14)] is True
    assert due(tables(calendar), date(2026, 12, 30), 2) == (date(2027, 1, 2),) * 2


def test_where_a_file_and_a_country_differ_the_file_holds(tmp_path):
    write(tmp_path, "day,working\n2026-02-13,0\n2026-02-14,0\n2026-02-15,1\n")
    found = dict(load({"country": "CN", "file": "own.csv"}, tmp_path).exceptions)
    assert [found.get(date(2026, 2, d)) for d in (13, 14, 15, 16)] == [False, None, True, False]


@pytest.mark.parametrize("text", [
    "\ufeffday,working\r\n2026-01-01,FALSE\r\n2026-01-02,TRUE\r\n", "day,working\r2026-01-01,0\r2026-01-02,1",
    "working,note,day\n\n1,\"a\nb\", 2026-01-02 \nfalse,x,2026-01-01\n",
])  # fmt: skip
def test_a_file_is_read_as_spreadsheets_write_it(tmp_path, text):
    calendar = load({"file": "own.csv"}, write(tmp_path, text))
    assert (calendar.published_from, calendar.published_until) == (date(2026, 1, 1), date(2026, 1, 2))
    assert calendar.exceptions == ((date(2026, 1, 1), False),)


def test_all_bad_lines_of_a_file_are_told_at_once(tmp_path):
    write(tmp_path, "day,working\n2026-01-01,true\n2026-02-30,true\n2026-01-02,yes\n2026-01-01,false\n20260103,1\n2026-01-04\n2101-01-01,1\n")
    assert problems({"file": "own.csv"}, tmp_path) == [
        "own.csv: line 3: '2026-02-30' isn't a day from 1970-01-01 to 2100-12-31. Write it like 2027-01-04",
        "own.csv: line 4: found 'yes' for working. Write true or false, or 1 or 0",
        "own.csv: line 5: 2026-01-01 stands in line 2 already. Give each day once",
        "own.csv: line 6: '20260103' isn't a day from 1970-01-01 to 2100-12-31. Write it like 2027-01-04",
        "own.csv: line 7: 1 cells, but there are 2 columns",
        "own.csv: line 8: '2101-01-01' isn't a day from 1970-01-01 to 2100-12-31. Write it like 2027-01-04",
    ]


def test_a_day_that_a_file_leaves_out_is_not_guessed(tmp_path):
    write(tmp_path, "day,working\n2026-01-01,0\n2026-01-02,0\n2026-01-05,1\n")
    (told,) = problems({"file": "own.csv"}, tmp_path)
    assert told.startswith("own.csv: 2 of the days from 2026-01-01 to 2026-01-05 are missing, the first of them 2026-01-03. Give every day")


@pytest.mark.parametrize(("of", "between"), [(2028, "2027-01-01 to 2027-12-31"), (2002, "2003-01-01 to 2003-12-31")])
def test_a_file_may_not_leave_a_gap_between_itself_and_its_country(tmp_path, of, between):
    write(tmp_path, year(of))
    (told,) = problems({"country": "CN", "file": "own.csv"}, tmp_path)
    assert told == f"own.csv: nothing is known of the days from {between}, between this file and 'CN'. Give those days too"


@pytest.mark.parametrize(("text", "told"), [
    ("", "own.csv: the file is empty"), ("day,working\n", "own.csv: there are no days in it"),
    ("day;working\n2026-01-01;1\n", "own.csv: line 1: no column 'day'. The file needs the columns day and working, divided by commas"),
    ("day,day,working\n2026-01-01,2026-01-01,1\n", "own.csv: line 1: 2 columns are called 'day'"),
    ('day,working\n2026-01-01,"1\n', "own.csv: line 2: not valid CSV"),
])  # fmt: skip
def test_a_file_that_is_not_a_calendar_is_refused(tmp_path, text, told):
    assert problems({"file": "own.csv"}, write(tmp_path, text))[0].startswith(told)


def test_a_file_in_another_encoding_is_refused(tmp_path):
    (tmp_path / "own.csv").write_bytes("day,working,备注\n".encode("gb18030"))
    assert problems({"file": "own.csv"}, tmp_path)[0].startswith("own.csv: byte 12 isn't UTF-8")


def test_a_missing_file_and_an_unknown_country_are_told_together(tmp_path):
    write(tmp_path, "", "calendar.csv")
    assert problems({"country": "cn", "file": "calender.csv"}, tmp_path) == [
        f"{WHERE}: no calendar 'cn'. Did you mean 'CN'?", f"{WHERE}: there is no file 'calender.csv'. Did you mean 'calendar.csv'?",
    ]  # fmt: skip


@pytest.mark.parametrize(("spec", "told"), [
    ("weekend", "no calendar 'weekend'. Did you mean 'weekends'?"), ("GB-EN", "no calendar 'GB-EN'. Did you mean 'GB-ENG'?"),
    ("CN-BJ", "no calendar 'CN-BJ'"), ("", "no calendar ''. Known: CN, DE-BB"), ("DE-BY", "no calendar 'DE-BY'"),
    ("GB", "the holidays of 'GB' differ from part to part. Known: GB-ENG, GB-NIR, GB-SCT, GB-WLS"),
    ({"fil": "x.csv"}, "no key 'fil' here. Did you mean 'file'?"), ({"country": "CN"}, "'file' is missing"),
])  # fmt: skip
def test_a_calendar_that_nobody_knows_is_refused_with_the_nearest(spec, told):
    assert any(p.startswith(f"{WHERE}: {told}") for p in problems(spec)), problems(spec)


# the tables against a walk


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    first = draw(st.dates(date(2020, 1, 1), date(2020, 3, 1)))
    last = first + timedelta(days=draw(st.integers(0, 60)))
    rest = tuple(sorted(draw(st.sets(st.integers(1, 7), max_size=7))))
    changed = draw(st.sets(st.integers(0, (last - first).days), max_size=20))
    exceptions = tuple((d, d.isoweekday() in rest) for d in (first + timedelta(days=i) for i in sorted(changed)))
    return Calendar("drawn", rest, exceptions, draw(st.sampled_from([first, None])), draw(st.sampled_from([last, None])))


@settings(max_examples=25, deadline=None)
@given(calendars(), st.lists(st.tuples(st.dates(date(2019, 12, 1), date(2020, 6, 1)), st.integers(1, 40)), min_size=1, max_size=8))
def test_the_tables_count_as_one_who_walks_from_day_to_day(calendar, periods):
    changed = dict(calendar.exceptions)

    def known(day: date) -> bool:
        if calendar.published_from is not None and day < calendar.published_from:
            return False
        return calendar.published_until is None or day <= calendar.published_until

    def works(day: date) -> bool:
        return changed.get(day, day.isoweekday() not in calendar.rest_weekdays)

    def walk(day: date, n: int) -> tuple[date | None, date | None]:
        sure = known(day)
        while n and day < LAST:
            day += ONE
            sure = sure and known(day)
            n -= works(day) or not known(day)
        return (day, day if sure else None) if n == 0 else (None, None)

    def rolled(day: date) -> date | None:
        while known(day) and not works(day) and day < LAST:
            day += ONE
        return day if known(day) and works(day) else None

    db = tables(calendar)
    for start, n in periods:
        assert due(db, start, n) == walk(start, n)
        assert one(db, "select next_working from calendar where day = $1", start) == (rolled(start) if known(start) else None,)
        assert one(db, "select published, working from calendar where day = $1", start) == ((True, works(start)) if known(start) else (False, None))


def test_the_tables_have_the_columns_and_types_that_the_rules_join_by(china):
    types = {t: dict(china.execute("select column_name, data_type from duckdb_columns() where table_name = $1", [t]).fetchall())
             for t in ("calendar", "working_days", "earliest_days")}  # fmt: skip
    assert types == {
        "calendar": {"day": "DATE", "working": "BOOLEAN", "published": "BOOLEAN", "work_no": "INTEGER", "next_working": "DATE",
                     "earliest_no": "INTEGER"},
        "working_days": {"work_no": "INTEGER", "day": "DATE", "published": "BOOLEAN"}, "earliest_days": {"earliest_no": "INTEGER", "day": "DATE"},
    }  # fmt: skip
    for table, key in (("calendar", "day"), ("working_days", "work_no"), ("earliest_days", "earliest_no")):
        assert one(china, f"select count(*) - count(distinct {key}) from {table}") == (0,)


def test_importing_calendars_imports_neither_the_engine_nor_the_holidays():
    code = "import sys, disputekit.calendars; print([m for m in ('duckdb', 'sqlglot', 'holidays') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
