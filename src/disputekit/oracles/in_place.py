"""`in_place`, as one reads it: was there something in force on each day?"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from disputekit.oracles import moments as m
from disputekit.oracles.case import REJECTED, Case
from disputekit.outcomes import Verdict

_A_DAY = timedelta(days=1)
_LAST = {"assignments": "ends_at", "parties": "ends_on", "training": "expires_on"}


@dataclass(frozen=True)
class Held:
    """What one item of evidence says: the days on which it was in force, both included, and what can't be said of it."""

    spans: tuple[tuple[date, date], ...]
    undated: bool
    rejected: bool
    contradictory: bool
    unended: bool = False


def oracle(rule: Any, case: Case) -> Verdict:
    """The verdict on one subject."""
    begun = m.find(rule.from_, case) if rule.from_ is not None else beginning(case)
    until = None if rule.until is None else m.find(rule.until, case)
    sorts = [s for item in rule.evidence for s in _sorts(item)]
    if (begun is None and rule.from_ is not None) or (until is None and rule.until is not None) or not _supplied(rule, case):
        return m.NOT_SUPPLIED
    if said := m.not_concerned(rule.where, case):
        return said
    if begun is None:
        return m.MISSING_VALUE
    start = begun.first
    if start is None:
        return m.without_start(begun)
    if not m.in_force(case, start):
        return m.NOT_IN_FORCE
    held = [days_held(item, case) for item in rule.evidence]
    if until is not None and until.own and until.first is not None and m.is_before(until.first, start):
        return m.CONTRADICTORY
    if any(h.contradictory for h in held):
        return m.CONTRADICTORY
    if begun.rejected or (until is not None and until.rejected) or any(h.rejected for h in held):
        return m.REJECTED_VALUE
    ended = () if until is None else until.at_or_after(start)
    bare = _first_bare(m.day_of(start), m.day_of(ended[0]) if ended else case.as_of, held)
    if bare is None:
        ends = [("events", item.to) for item in rule.evidence if not isinstance(item, str)]
        if any(h.unended for h in held) and not all(m.is_sort_covered(*sort, start, case) for sort in ends):
            return m.NOT_COVERED
        return m.PASS
    if any(h.undated for h in held):
        return m.MISSING_VALUE
    if not all(m.is_sort_covered(*sort, start, case) for sort in sorts):
        return m.NOT_COVERED
    return Verdict("fail", "gap") if all(m.is_fresh(table, bare, case) for table, _ in sorts) else m.STALE


def beginning(case: Case) -> m.Found | None:
    own = case.types.get(case.table, {})
    return m.find(case.begins, case) if case.begins is not None and case.begins in own else None


def _sorts(item: Any) -> list[tuple[str, str]]:
    if not isinstance(item, str):
        return [("events", item.from_), ("events", item.to)]
    table, _, sort = item.partition(".")
    return [(table, sort)]


def _supplied(rule: Any, case: Case) -> bool:
    for item in rule.evidence:
        table = item.partition(".")[0] if isinstance(item, str) else "events"
        columns = [case.moment_columns[table], *([_LAST[table]] if table in _LAST else [])]
        if any(c not in case.types.get(table, {}) for c in columns):
            return False
    return True


def _known_until(table: str, case: Case) -> date:
    """The last day of which the table tells everything: an old extract knows nothing of its own day and later."""
    extracted = case.extracted.get(table)
    return case.as_of if extracted is None or m.day_of(extracted) >= case.as_of else m.day_of(extracted) - _A_DAY


def days_held(item: Any, case: Case) -> Held:
    if not isinstance(item, str):
        return _between(item, case)
    table, _, sort = item.partition(".")
    moment, last = case.moment_columns[table], _LAST.get(table)
    spans, undated, rejected, contradictory = [], False, False, False
    for row in m.rows_of(table, sort, case):
        first, end = row.get(moment), None if last is None else row.get(last)
        if isinstance(first, date) and not m.happened([first], case.as_of):
            continue
        rejected = rejected or first is REJECTED or end is REJECTED
        undated = undated or not isinstance(first, date)
        if not isinstance(first, date):
            continue
        to = m.day_of(end) if isinstance(end, date) else _known_until(table, case)
        contradictory = contradictory or (isinstance(end, date) and to < m.day_of(first))
        spans.append((m.day_of(first), to))
    return Held(tuple(spans), undated, rejected, contradictory)


def _between(item: Any, case: Case) -> Held:
    """Day by day: a start begins a span, an end closes it; a day of which nobody can tell which came last leaves it as it was.

    A span without an end lasts as long as the extract can tell. An end of no known day leaves only the days of the starts.
    """
    cells = {name: [row.get("occurred_at") for row in m.rows_of("events", name, case)] for name in (item.from_, item.to)}
    every = [*cells[item.from_], *cells[item.to]]
    starts, ends = (m.happened(cells[name], case.as_of) for name in (item.from_, item.to))
    undated, rejected = any(not isinstance(c, date) for c in every), any(c is REJECTED for c in every)
    spans = [(day, day) for day in map(m.day_of, starts)]
    if not all(isinstance(c, date) for c in cells[item.to]):
        return Held(tuple(spans), undated, rejected, False)
    since: date | None = None
    for day in sorted({m.day_of(t) for t in (*starts, *ends)}):
        if since is not None:
            spans.append((since, day))
        running = _goes_on([t for t in starts if m.day_of(t) == day], [t for t in ends if m.day_of(t) == day])
        if running is not None:
            since = day if running else None
    if since is not None:
        spans.append((since, _known_until("events", case)))
    return Held(tuple(spans), undated, rejected, False, unended=since is not None)


def _goes_on(starts: list[m.When], ends: list[m.When]) -> bool | None:
    """Whether something is in force after these moments of one day; None where nobody can tell what came last."""
    if not starts or not ends:
        return bool(starts)
    if any(all(_surely_before(s, e) for s in starts) for e in ends):
        return False
    return True if any(all(_surely_before(e, s) for e in ends) for s in starts) else None


def _surely_before(one: m.When, other: m.When) -> bool:
    return not m.is_coarse(one) and not m.is_coarse(other) and m.is_before(one, other)


def _first_bare(first: date, last: date, held: list[Held]) -> date | None:
    day = first
    while day <= last:
        if not any(a <= day <= b for h in held for a, b in h.spans):
            return day
        day += _A_DAY
    return None
