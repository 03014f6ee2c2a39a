"""The kinds once more, as one reads them: day by day, record by record. Nothing here is shared with their queries."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from disputekit import REJECTED, Case, Verdict
from disputekit_training.settings import Settings

A_DAY = timedelta(days=1)
Flaw = Literal["contradictory", "rejected value", "missing"]
WORST: tuple[Flaw, ...] = ("contradictory", "rejected value", "missing")
Row = Mapping[str, Any]


def day_of(cell: Any) -> date | None:
    """The day of a cell; None where there is none that could be read."""
    return cell.date() if isinstance(cell, datetime) else cell if isinstance(cell, date) else None


def last_day(start: date, period: str) -> date:
    """The last day of a period: a step for each day (Civil Code of the PRC, arts. 201 and 202)."""
    number, unit = period.split()
    count = int(number)
    if unit.rstrip("s") in ("day", "week"):
        day = start
        for _ in range(count * (7 if unit.startswith("week") else 1)):
            day += A_DAY
        return day
    months, day = count * (12 if unit.startswith("year") else 1), start
    while months > 0:
        day += A_DAY
        if day.day == 1:
            months -= 1
    while day.day < start.day and (day + A_DAY).day != 1:
        day += A_DAY
    return day


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
        held = _dated(row, settings)
        if held.first is not None and held.first > case.as_of:
            continue
        if held.flaw is None and least is not None:
            score = row.get("score")
            if score is None or score is REJECTED:
                held = Held(row, held.first, held.last, "missing" if score is None else "rejected value")
            elif score < least:
                continue
        yield held


def _dated(row: Row, settings: Settings) -> Held:
    completed, expires = row.get("completed_at"), row.get("expires_on")
    first, last = day_of(completed), day_of(expires)
    if last is None and first is not None:
        valid = next((c.valid for name, c in settings.courses.items() if row["course"] in (name, *c.also)), None)
        last = last_day(first, valid) if valid is not None else None
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


# ── training ──


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
        due = last_day(want.start, grace) if grace is not None and want.start is not None else None
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
    return every is None or day <= last_day(first, every)


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
        held = _dated(row, settings)
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
            held = _dated(row, settings)
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


# ── qualification ──

WHO = {"events": ("activity", "occurred_at", "actor_id"), "decisions": ("kind", "decided_at", "decided_by"),
       "assignments": ("role", "starts_at", "staff_id")}  # fmt: skip


@dataclass(frozen=True)
class Act:
    """Something that somebody did: the day, who, and its row."""

    day: Any
    who: Any
    row: Row


def acts(rule: Any, case: Case) -> list[Act]:
    """Everything that the rule is about, up to the day of the check."""
    found = []
    for name in rule.of:
        table, dot, sort = name.partition(".")
        if not dot or table not in WHO:
            table, sort = "events", name
        by, when, who = WHO[table]
        for row in case.records.get(table, ()):
            day = row.get(when) if row.get(when) is REJECTED else day_of(row.get(when))
            if row.get(by) == sort and not (isinstance(day, date) and day > case.as_of):
                found.append(Act(day, row.get(who), row))
    return found


def qualification(settings: Settings, rule: Any, case: Case) -> Verdict:
    """The verdict on one subject."""
    if said := not_concerned(rule, case):
        return said
    done = [a for a in acts(rule, case) if a.day is not None]
    undated = [a for a in acts(rule, case) if a.day is None]
    if not done and not undated:
        return Verdict("not_applicable", "not begun")
    begins = day_of(case.row.get(case.begins)) if case.begins is not None else None
    if not in_force(case, begins if begins is not None and begins <= case.as_of else case.as_of):
        return Verdict("not_applicable", "not in force")
    said_of = [of_act(a, c, settings, case) for a in (*done, *undated) for c in rule.courses]
    for verdict in (Verdict("fail", "unqualified"), *(Verdict("unknown", w) for w in (*WORST, "not covered", "stale"))):
        if verdict in said_of:
            return verdict
    return Verdict("pass")


def of_act(act: Act, course: str, settings: Settings, case: Case) -> Verdict:
    """Whether one act was done by somebody who held one course."""
    if act.day is REJECTED:
        return Verdict("unknown", "rejected value")
    mine = tuple(r for r in case.others.get("training", ()) if r.get("staff_id") == act.who) if act.who is not None else ()
    known = list(records(course, mine, settings, settings.course(course).score, case))
    if act.day is not None and any(
        h.flaw is None and h.first is not None and h.first <= act.day and (h.last is None or act.day <= h.last) for h in known
    ):
        return Verdict("pass")
    flaws = [h.flaw for h in known]
    for flaw in WORST:
        if flaw in flaws:
            return Verdict("unknown", flaw)
    if act.who is None or act.day is None:
        return Verdict("unknown", "missing")
    valid = settings.course(course).valid
    since = act.day if valid is None else first_day(act.day, valid)
    if not is_covered((course, *settings.course(course).also), since, case):
        return Verdict("unknown", "not covered")
    return Verdict("fail", "unqualified") if is_fresh(act.day, case) else Verdict("unknown", "stale")
