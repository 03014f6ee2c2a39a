"""The kind `training` once more, as one reads it: person by person, need by need. Nothing here is shared with its query."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from disputekit import REJECTED, Case, Verdict, last_day_of
from disputekit_training.settings import Settings
from disputekit_training.walk import (
    WORST,
    Flaw,
    Row,
    dated,
    day_of,
    first_day,
    in_force,
    is_covered,
    is_fresh_now,
    not_concerned,
    period_of,
    records,
    value_of,
)


@dataclass(frozen=True)
class Wanted:
    """A course that a person needs, or hours: whether they do (None: nobody can tell), and from when on it is missed."""

    course: str | None
    hours: Decimal | None
    needed: bool | None
    start: date | None


def training(settings: Settings, rule: Any, case: Case) -> Verdict:
    """The verdict on one member of staff."""
    if said := not_concerned(rule, case):
        return said
    if not wanted(settings, rule, case):
        return Verdict("unknown", "no value")
    joined, left = case.row.get("joined_on"), case.row.get("left_on")
    if joined is REJECTED or left is REJECTED:
        return Verdict("unknown", "rejected value")
    if isinstance(joined, date) and joined > case.as_of:
        return Verdict("not_applicable", "not begun")
    if isinstance(left, date) and left < case.as_of:
        return Verdict("not_applicable", "stopped")
    if not in_force(case, case.as_of):
        return Verdict("not_applicable", "not in force")
    every, grace = period_of(rule.every, case), period_of(rule.grace, case)
    late, waiting, unclear, needed = [], False, False, False
    for want in wanted(settings, rule, case):
        needed = needed or want.needed is True
        if want.needed is False or holds(want, rule, settings, case, every):
            continue
        if want.needed is None:
            unclear = True
            continue
        due = last_day_of(grace, want.start) if grace is not None and want.start is not None else None
        waiting = True
        if grace is None or (due is not None and due < case.as_of):
            late.append(want)
        elif due is None:
            unclear = True
    flaws = {id(w): flaw_of(w, rule, settings, case, every) for w in late}
    sure = [w for w in late if flaws[id(w)] is None and _is_proven(w, settings, case, every) and is_fresh_now(case)]
    if sure:
        courses = [w for w in sure if w.course is not None]
        if any(not _ever(w, rule, settings, case) for w in courses):
            return Verdict("fail", "missing")
        return Verdict("fail", "expired" if courses else "too few")
    for flaw in WORST:
        if flaw in flaws.values():
            return Verdict("unknown", flaw)
    if unclear:
        return Verdict("unknown", "missing")
    if any(not _is_proven(w, settings, case, every) for w in late):
        return Verdict("unknown", "not covered")
    if late:
        return Verdict("unknown", "stale")
    return Verdict("pending") if waiting else Verdict("pass") if needed else Verdict("not_applicable", "not concerned")


def wanted(settings: Settings, rule: Any, case: Case) -> list[Wanted]:
    """All that may be asked of this person."""
    joined = day_of(case.row.get("joined_on"))
    if rule.answers is not None:
        return _by_cause({**rule.answers, **settings.answers}, case)
    found = [Wanted(c, None, True, joined) for c in rule.courses]
    if rule.hours is not None:
        found.append(Wanted(None, Decimal(value_of(rule.hours, case)), True, joined))
    rows = [*rule.requires, *(settings.matrix if rule.matrix else ())]
    fits = [_fits(row, case) for row in rows]

    def asked(mine: list[bool | None]) -> bool | None:
        return True if True in mine else None if None in mine else False

    for course in dict.fromkeys(c for row in rows for c in row.courses if c not in rule.courses):
        found.append(Wanted(course, None, asked([f for f, row in zip(fits, rows, strict=True) if course in row.courses]), joined))
    for hours in dict.fromkeys(row.hours for row in rows if row.hours is not None):
        found.append(Wanted(None, hours, asked([f for f, row in zip(fits, rows, strict=True) if row.hours == hours]), joined))
    return found


def _fits(row: Any, case: Case) -> bool | None:
    known = [(case.row.get(name), values) for name, values in (("role", row.role), ("department", row.department)) if values]
    if any(cell is not None and cell not in values for cell, values in known):
        return False
    return None if any(cell is None for cell, _ in known) else True


def _by_cause(map_: Mapping[str, str], case: Case) -> list[Wanted]:
    rows = [r for r in case.records.get("disputes", ()) if (d := day_of(r.get("received_at"))) is None or d <= case.as_of]
    unclear = any(r.get("cause") is None or day_of(r.get("received_at")) is None for r in rows)
    found = []
    for course in dict.fromkeys(map_.values()):
        days = [d for r in rows if map_.get(str(r.get("cause"))) == course and (d := day_of(r.get("received_at"))) is not None]
        found.append(Wanted(course, None, True if days else None if unclear else False, min(days) if days else None))
    return found


def _least(course: str, rule: Any, settings: Settings) -> Decimal | None:
    least: Decimal | None = rule.score if rule.score is not None else settings.course(course).score
    return least


def _rows(case: Case) -> tuple[Row, ...]:
    return case.records.get("training", ())


def _counts(first: date, every: str | None, day: date) -> bool:
    return every is None or day <= last_day_of(every, first)


def holds(want: Wanted, rule: Any, settings: Settings, case: Case, every: str | None) -> bool:
    if want.course is None:
        return want.hours is not None and hours_of(rule, settings, case, every) >= want.hours
    every_record = records(want.course, _rows(case), settings, _least(want.course, rule, settings), case)
    return any(
        h.flaw is None and h.first is not None and (h.last is None or case.as_of <= h.last) and _counts(h.first, every, case.as_of)
        for h in every_record
    )


def hours_of(rule: Any, settings: Settings, case: Case, every: str | None) -> Decimal:
    """The hours that count on the day of the check."""
    total = Decimal(0)
    for row in _of_topics(rule, settings, case):
        held = dated(row, settings)
        counts = (
            held.first is not None and held.first <= case.as_of and held.flaw in (None, "contradictory") and _counts(held.first, every, case.as_of)
        )
        if counts and isinstance(row.get("hours"), Decimal):
            total += row["hours"]
    return total


def _of_topics(rule: Any, settings: Settings, case: Case) -> list[Row]:
    names = [n for name, c in settings.courses.items() if any(t in rule.topics for t in c.topics) for n in (name, *c.also)]
    return [r for r in _rows(case) if not rule.topics or r.get("course") in names]


def flaw_of(want: Wanted, rule: Any, settings: Settings, case: Case, every: str | None) -> Flaw | None:
    """The worst that is wrong with any record that might have helped."""
    found: set[Flaw] = set()
    if want.course is not None:
        found = {h.flaw for h in records(want.course, _rows(case), settings, _least(want.course, rule, settings), case) if h.flaw is not None}
    else:
        for row in _of_topics(rule, settings, case):
            held = dated(row, settings)
            if held.first is not None and held.first > case.as_of:
                continue
            if held.flaw in ("rejected value", "missing"):
                found.add(held.flaw)
            elif held.first is not None and _counts(held.first, every, case.as_of) and not isinstance(row.get("hours"), Decimal):
                found.add("rejected value" if row.get("hours") is REJECTED else "missing")
    return next((f for f in WORST if f in found), None)


def _ever(want: Wanted, rule: Any, settings: Settings, case: Case) -> bool:
    assert want.course is not None
    return any(h.flaw is None for h in records(want.course, _rows(case), settings, _least(want.course, rule, settings), case))


def _is_proven(want: Wanted, settings: Settings, case: Case, every: str | None) -> bool:
    """Whether the feed is complete from the first day on whose record would still count, or from joining on."""
    period = every if every is not None or want.course is None else settings.course(want.course).valid
    since = case.as_of if period is None else first_day(case.as_of, period)
    joined = day_of(case.row.get("joined_on"))
    names = (None,) if want.course is None else (want.course, *settings.course(want.course).also)
    return is_covered(names, since if joined is None else max(since, joined), case)
