"""What the walks of both kinds need: days counted one by one, the records of a course, and what their absence proves. No query shares any of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from disputekit import REJECTED, Case, Verdict, last_day_of
from disputekit_training.settings import Settings

A_DAY = timedelta(days=1)
Flaw = Literal["contradictory", "rejected value", "missing"]
WORST: tuple[Flaw, ...] = ("contradictory", "rejected value", "missing")
Row = Mapping[str, Any]


def day_of(cell: Any) -> date | None:
    """The day of a cell; None where there is none that could be read."""
    return cell.date() if isinstance(cell, datetime) else cell if isinstance(cell, date) else None


def first_day(end: date, period: str) -> date:
    """The day that lies a period before another one, by the calendar: the same day of an earlier month, or its last."""
    number, unit = period.split()
    count = int(number)
    day = end
    if unit.rstrip("s") in ("day", "week"):
        for _ in range(count * (7 if unit.startswith("week") else 1)):
            day -= A_DAY
        return day
    months = count * (12 if unit.startswith("year") else 1)
    while months > 0:
        day -= A_DAY
        if (day + A_DAY).day == 1:
            months -= 1
    return day if day.day <= end.day else day.replace(day=end.day)


def period_of(stated: str | None, case: Case) -> str | None:
    """A period, or what the parameter holds on the day of the check."""
    found = value_of(stated, case)
    return None if found is None else str(found)


def value_of(stated: Any, case: Case) -> Any:
    if not isinstance(stated, str) or not stated.startswith("$"):
        return stated
    held = None
    for value in case.parameters[stated[1:]].values:
        if value.from_on is None or value.from_on <= case.as_of:
            held = value.value
    return held


@dataclass(frozen=True)
class Held:
    """A record of a course: the days on which it is valid, both included (no last day: it doesn't expire), or what is wrong with it."""

    row: Row
    first: date | None
    last: date | None
    flaw: Flaw | None


def records(course: str, rows: tuple[Row, ...], settings: Settings, least: Decimal | None, case: Case) -> Iterator[Held]:
    """Every record of a course up to the day of the check; none that was failed."""
    names = (course, *settings.course(course).also)
    for row in rows:
        if row.get("course") not in names:
            continue
        held = dated(row, settings)
        if held.first is not None and held.first > case.as_of:
            continue
        if held.flaw is None and least is not None:
            score = row.get("score")
            if score is None or score is REJECTED:
                held = Held(row, held.first, held.last, "missing" if score is None else "rejected value")
            elif score < least:
                continue
        yield held


def dated(row: Row, settings: Settings) -> Held:
    """A record with the days on which it is valid, or what is wrong with them."""
    completed, expires = row.get("completed_at"), row.get("expires_on")
    first, last = day_of(completed), day_of(expires)
    if last is None and first is not None:
        valid = next((c.valid for name, c in settings.courses.items() if row["course"] in (name, *c.also)), None)
        last = last_day_of(valid, first) if valid is not None else None
    if first is not None and last is not None and last < first:
        return Held(row, first, last, "contradictory")
    if REJECTED in (completed, expires):
        return Held(row, first, last, "rejected value")
    return Held(row, first, last, None if first is not None else "missing")


def is_covered(names: tuple[str | None, ...], since: date, case: Case) -> bool:
    return any(known is not None and known <= since for known in (case.covered_from("training", n) for n in names))


def is_fresh(day: date, case: Case) -> bool:
    extracted = case.extracted.get("training")
    return extracted is None or day < extracted.date()


def is_fresh_now(case: Case) -> bool:
    extracted = case.extracted.get("training")
    return extracted is None or extracted.date() >= case.as_of


def in_force(case: Case, day: date) -> bool:
    law = case.instrument
    return law is None or (law.in_force <= day and (law.repealed_on is None or day < law.repealed_on))


def not_concerned(rule: Any, case: Case) -> Verdict | None:
    truth = True if rule.where is None else case.conditions[rule.where]
    return Verdict("unknown", "condition") if truth is None else None if truth else Verdict("not_applicable", "not concerned")
