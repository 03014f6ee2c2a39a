"""Working days: which days are, how far that is known, and the tables by which SQL counts them.

Nobody knows the working days of a year that hasn't been announced: China moves days of rest and makes weekends working days by a notice
late in the year before. A `Calendar` therefore says from when until when its days are settled, and whatever touches another day has an
earliest possible end (every unsettled day might be a working day) and no latest.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from disputekit.errors import ConfigError, Problem, nearest
from disputekit.policies.model import Strict
from disputekit.reading import read_as, read_toml
from disputekit.text import Text, say

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FIRST, LAST = date(1970, 1, 1), date(2100, 12, 31)
"""The days that the tables hold."""
_ONE = timedelta(days=1)
_WORKING = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class Calendar:
    """The working days of one place.

    `rest_weekdays`: ISO weekdays (Monday 1 to Sunday 7) that are days of rest. `exceptions`: the days on which that isn't so, in their
    order, with whether they are working days. `published_from`, `published_until`: the first and the last day that is settled; all days
    between are, and None stands for no bound. `source`: where the days come from.
    """

    name: str
    rest_weekdays: tuple[int, ...]
    exceptions: tuple[tuple[date, bool], ...] = ()
    published_from: date | None = None
    published_until: date | None = None
    source: Text | None = None


class _Country(Strict):
    """A table of `calendars.toml`."""

    published_from: date
    published_until: date
    rest_weekdays: tuple[Annotated[int, Field(ge=1, le=7)], ...]
    subdivisions: tuple[str, ...] = ()
    source: Text


class _Own(Strict):
    """A calendar of the organisation's own: a file, by itself or on top of a country's days."""

    file: str
    country: str | None = None


def load_calendar(spec: str | Mapping[str, str], base: Path, where: str) -> Calendar:
    """The calendar that an organisation names.

    `spec`: a country ("CN") or a part of one ("GB-ENG"); "weekends", where Saturdays and Sundays are the only days of rest; `{file}`, or
    `{country, file}` to add days to a country's, as when the next year is announced. A file is CSV in UTF-8 with a row for *every* day
    from its first to its last: `day` (2027-01-04) and `working` (true, false, 1, 0); other columns are for people. A day that isn't there
    isn't guessed from its weekday: it may be one that somebody forgot. Where a file and a country differ, the file holds.

    `base`: the folder that `file` starts from. `where`: where `spec` stands, for messages. Raises ConfigError with every mistake.
    """
    if isinstance(spec, str):
        return Calendar("weekends", (6, 7)) if spec == "weekends" else _country(spec, where, others=("weekends",))
    own = read_as(_Own, dict(spec), where, ConfigError)
    wrong: list[Problem] = []
    under: Calendar | None = None
    days: dict[date, bool] = {}
    if own.country is not None:
        try:
            under = _country(own.country, where)
        except ConfigError as bad:
            wrong += bad.problems
    try:
        days = _read_days(base / own.file, own.file, where)
    except ConfigError as bad:
        wrong += bad.problems
    if wrong:
        raise ConfigError(*wrong)
    if under is None:
        return _over(Calendar(own.file, (6, 7)), days)
    _check_no_gap(under, days, own.file)
    return _over(under, days, f"{under.name} + {own.file}")


def _country(name: str, where: str, others: tuple[str, ...] = ()) -> Calendar:
    """The calendar of a country or a part of one. `others`: what else might have been meant where the name stands."""
    countries = {
        code: read_as(_Country, entry, f"calendars.toml: [{code}]", ConfigError)
        for code, entry in read_toml(Path(__file__).parent / "data" / "calendars.toml", "calendars.toml", ConfigError).items()
    }
    code, _, part = name.partition("-")
    found = countries.get(code)
    names = [n for c, entry in countries.items() for n in _names(c, entry)]
    if found and found.subdivisions and not part:
        raise ConfigError.at(where, say("the holidays of {name!r} differ from part to part", name=name),
                             say("Known: {names}", names=", ".join(_names(code, found))))  # fmt: skip
    if found is None or name not in names:
        meant = name.upper() if name.upper() in names else name
        raise ConfigError.at(where, say("no calendar {name!r}", name=name), nearest(meant, [*names, *others]))
    days = {d: w for d, w in _listed(code, part, found) if found.published_from <= d <= found.published_until}
    return Calendar(name, found.rest_weekdays, _exceptions(days, found.rest_weekdays), found.published_from, found.published_until, found.source)


def _names(code: str, country: _Country) -> list[str]:
    return [f"{code}-{s}" for s in country.subdivisions] or [code]


def _listed(code: str, part: str, country: _Country) -> Iterable[tuple[date, bool]]:
    """Holidays and then make-up days. A holiday may be observed in the year before or after its own."""
    import holidays

    years = range(country.published_from.year - 1, country.published_until.year + 2)
    listed = holidays.country_holidays(code, subdiv=part if part else None, years=years)
    return [*((d, False) for d in listed), *((d, True) for d in listed.weekend_workdays)]


def _exceptions(days: Mapping[date, bool], rest_weekdays: tuple[int, ...]) -> tuple[tuple[date, bool], ...]:
    return tuple((d, working) for d, working in sorted(days.items()) if working == (d.isoweekday() in rest_weekdays))


def _over(under: Calendar, days: Mapping[date, bool], name: str | None = None) -> Calendar:
    """A calendar with the days of a file laid over it."""
    kept = [(d, working) for d, working in under.exceptions if d not in days]
    return Calendar(
        under.name if name is None else name, under.rest_weekdays, tuple(sorted([*kept, *_exceptions(days, under.rest_weekdays)])),
        min([*days, *([under.published_from] if under.published_from else [])]),
        max([*days, *([under.published_until] if under.published_until else [])]), under.source,
    )  # fmt: skip


def _check_no_gap(under: Calendar, days: Mapping[date, bool], file: str) -> None:
    first, last = min(days), max(days)
    if under.published_until is not None and first > under.published_until + _ONE:
        missing = (under.published_until + _ONE, first - _ONE)
    elif under.published_from is not None and last < under.published_from - _ONE:
        missing = (last + _ONE, under.published_from - _ONE)
    else:
        return
    raise ConfigError.at(
        file, say("nothing is known of the days from {first} to {last}, between this file and {country!r}",
                  first=missing[0].isoformat(), last=missing[1].isoformat(), country=under.name),
        say("Give those days too"),
    )  # fmt: skip


def _read_days(path: Path, name: str, where: str) -> dict[date, bool]:
    """Every day of a file. Raises ConfigError with all bad rows or, where there are none, with the days that are missing."""
    header, *rows = _rows(path, name, where)
    columns = [c.strip() for c in header[1]]
    wrong = [
        Problem(f"{name}: line {header[0]}", say("{n} columns are called {name!r}", n=columns.count(c), name=c) if c in columns
                else say("no column {name!r}", name=c), say("The file needs the columns day and working, divided by commas"))
        for c in ("day", "working") if columns.count(c) != 1
    ]  # fmt: skip
    if wrong:
        raise ConfigError(*wrong)
    lines: dict[date, int] = {}
    days: dict[date, bool] = {}
    for line, row in rows:
        place = f"{name}: line {line}"
        if len(row) != len(columns):
            wrong.append(Problem(place, say("{found} cells, but there are {expected} columns", found=len(row), expected=len(columns))))
            continue
        said = {c: cell.strip() for c, cell in zip(columns, row, strict=True)}
        day, working = _day(said["day"]), _WORKING.get(said["working"].lower())
        if day is None:
            wrong.append(Problem(place, say("{found!r} isn't a day from {first} to {last}", found=said["day"], first=FIRST.isoformat(),
                                            last=LAST.isoformat()), say("Write it like 2027-01-04")))  # fmt: skip
        if working is None:
            wrong.append(Problem(place, say("found {found!r} for working", found=said["working"]), say("Write true or false, or 1 or 0")))
        if day is not None and day in lines:
            wrong.append(Problem(place, say("{day} stands in line {line} already", day=day.isoformat(), line=lines[day]), say("Give each day once")))
        elif day is not None:
            lines[day] = line
            if working is not None:
                days[day] = working
    if wrong:
        raise ConfigError(*wrong)
    if not days:
        raise ConfigError.at(name, say("there are no days in it"))
    _check_complete(days, name)
    return days


def _rows(path: Path, name: str, where: str) -> list[tuple[int, list[str]]]:
    """The rows of a file that hold anything, with the lines that they end in; the first is the header."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except FileNotFoundError:
        beside = [p.name for p in path.parent.glob("*.csv")] if path.parent.is_dir() else []
        raise ConfigError.at(where, say("there is no file {name!r}", name=name), nearest(path.name, beside)) from None
    except UnicodeDecodeError as bad:
        raise ConfigError.at(name, say("byte {place} isn't UTF-8", place=bad.start), say("Save the file as UTF-8")) from None
    except OSError as bad:
        raise ConfigError.at(name, say("can't be read ({reason})", reason=bad.strerror or bad)) from None
    except csv.Error as bad:
        raise ConfigError.at(f"{name}: line {reader.line_num}", say("not valid CSV: {reason}", reason=bad)) from None
    if not rows:
        raise ConfigError.at(name, say("the file is empty"), say("The file needs the columns day and working, divided by commas"))
    return rows


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # Python reads other forms of ISO 8601 too, among them 2027-W01-1
    return day if day.isoformat() == text and FIRST <= day <= LAST else None


def _check_complete(days: Mapping[date, bool], name: str) -> None:
    first, last = min(days), max(days)
    span = (first + _ONE * i for i in range((last - first).days))
    missing = [d for d in span if d not in days]
    if missing:
        raise ConfigError.at(
            name, say("{n} of the days from {first} to {last} are missing, the first of them {missing}", n=len(missing),
                      first=first.isoformat(), last=last.isoformat(), missing=missing[0].isoformat()),
            say("Give every day, also those that are as their weekday would have them"),
        )  # fmt: skip


# what isn't settled is NULL rather than a guess, and one running number serves both counts: they are the same where days are settled;
# the engine takes forty times as long for a running count with a filter as for one over a case
_CALENDAR = """
    create table calendar as
    with exception as (select unnest($days::date[]) as day, unnest($working::boolean[]) as working),
    known as (
      select d.day, coalesce(x.working, not list_contains($rest::integer[], isodow(d.day)::integer)) as working,
             d.day >= $published_from::date and d.day <= $published_until::date as published
      from (select unnest(generate_series($first::date, $last::date, interval 1 day))::date as day) as d
      left join exception as x on x.day = d.day),
    numbered as (
      select day, published, case when published then working end as working,
             cast(count(case when working or not published then 1 end) over (order by day) as integer) as earliest_no,
             min(case when working and published then day end) over (order by day desc) as next_working
      from known)
    select day, working, published, case when published then earliest_no end as work_no,
           case when published then next_working end as next_working, earliest_no
    from numbered order by day"""
_EARLIEST_DAYS = """
    create table earliest_days as
    select earliest_no, min(day) as day from calendar where working or not published group by earliest_no order by earliest_no"""
_WORKING_DAYS = """
    create table working_days as
    select e.earliest_no as work_no, case when c.published then e.day end as day, c.published
    from earliest_days as e join calendar as c on c.day = e.day order by work_no"""


def create_calendar(db: "DuckDBPyConnection", calendar: Calendar) -> tuple[str, ...]:
    """Creates the tables by which working days are counted, for the days of 1970 to 2100; returns the statements that count `calendar`.

    `calendar(day DATE, working BOOLEAN, published BOOLEAN, work_no INTEGER, next_working DATE, earliest_no INTEGER)`, a row for each day:
    `published`, whether it is settled; `work_no`, its number in the count of working days (a day of rest has that of the working day
    before it); `next_working`, the first working day at or after it. These but `published` are NULL for a day that isn't settled, and
    `next_working` also where no working day follows among the settled ones. `earliest_no` counts every unsettled day as a working day
    and is the same as `work_no` where days are settled.

    `working_days(work_no INTEGER, day DATE, published BOOLEAN)`: the working day of each number; NULL and FALSE for a number that is
    reached only over unsettled days. `earliest_days(earliest_no INTEGER, day DATE)`: the earliest that it may be.

    Settled days have no gap between them, so that of two settled days all between are settled too, and the difference of their `work_no`
    is exact.
    """
    db.execute(_CALENDAR, {
        "days": [d for d, _ in calendar.exceptions], "working": [w for _, w in calendar.exceptions], "rest": list(calendar.rest_weekdays),
        "published_from": FIRST if calendar.published_from is None else calendar.published_from,
        "published_until": LAST if calendar.published_until is None else calendar.published_until, "first": FIRST, "last": LAST,
    })  # fmt: skip
    counts = (_EARLIEST_DAYS, _WORKING_DAYS)
    for statement in counts:
        db.execute(statement)
    return tuple(dedent(c).strip() for c in counts)
