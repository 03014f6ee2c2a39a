"""`deadline`, as one reads it: find the start, walk the clock to its end, look for what had to come."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from disputekit.oracles import clock
from disputekit.oracles import moments as m
from disputekit.oracles.case import REJECTED, Case
from disputekit.outcomes import Verdict
from disputekit.policies.model import AllOf, AnyOf, Reaching


@dataclass(frozen=True)
class Awaited:
    """What was waited for: when it was there, the sorts in which it would be, and why it can't be said."""

    done: m.When | None
    sorts: tuple[m.Found, ...]
    contradictory: bool = False
    rejected: bool = False
    missing: bool = False


def oracle(rule: Any, case: Case) -> Verdict:
    """The verdict on one subject (grammar: The order in which a period is decided)."""
    begun = m.find(rule.from_, case)
    read = [m.find(name, case) for name in _names(rule)]
    if begun is None or None in read or not _columns_supplied(rule, case):
        return m.NOT_SUPPLIED
    if said := m.not_concerned(rule.where, case):
        return said
    start = begun.first
    if start is None:
        return m.without_start(begun)
    if not m.in_force(case, start):
        return m.NOT_IN_FORCE
    awaited = awaited_of(rule.to, start, case)
    if awaited.contradictory or clock.is_broken(rule, case):
        return m.CONTRADICTORY
    if begun.rejected or awaited.rejected or any(f is not None and f.rejected for f in read) or _rejected_columns(rule, case):
        return m.REJECTED_VALUE
    limit = clock.limit_of(rule, start, awaited.done, case)
    if limit is None:
        return m.NO_VALUE
    if awaited.missing:
        return m.MISSING_VALUE
    if _stopped(rule.stop, start, awaited.done, limit, case):
        return Verdict("not_applicable", "stopped")
    return _decided(rule, awaited, limit, start, case)


def _decided(rule: Any, awaited: Awaited, limit: m.Limit, start: m.When, case: Case) -> Verdict:
    others = rule.bearer != "insurer"
    if awaited.done is not None:
        kept = limit.kept(awaited.done)
        if isinstance(kept, str):
            return Verdict("unknown", kept)
        if not kept:
            return Verdict("not_applicable", "lapsed") if others else Verdict("fail", "late")
        refused = m.find(rule.refused, case) if others else None
        return Verdict("fail", "refused") if refused is not None and refused.at_or_after(awaited.done) else m.PASS
    if isinstance(limit, m.Now):
        return Verdict("pending", "paused")
    past = limit.past(case)
    if isinstance(past, str):
        return Verdict("unknown", past)
    if not past:
        return m.PENDING
    if others:
        return Verdict("not_applicable", "lapsed")
    if not all(m.is_covered(f, start, case) for f in awaited.sorts):
        return m.NOT_COVERED
    return Verdict("fail", "open") if all(limit.seen(f.table, case) for f in awaited.sorts) else m.STALE


def _stopped(names: tuple[str, ...], start: m.When, done: m.When | None, limit: m.Limit, case: Case) -> bool:
    """Whether the clock was ended while it ran, and surely before it was done."""
    times = m.happened([t for name in names if (f := m.find(name, case)) is not None for t in f.at_or_after(start)], case.as_of)
    return bool(times) and limit.kept(times[0]) is True and (done is None or m.is_before(times[0], done))


# What a rule reads


def _names(rule: Any) -> list[str]:
    """The moments beside the start."""
    to = rule.to
    found = [to] if isinstance(to, str) else list(to.any) if isinstance(to, AnyOf) else list(to.all) if isinstance(to, AllOf) else []
    for step in (*rule.steps, *rule.pause):
        found += step.requires
    for pause in rule.pause:
        found += [pause.from_, pause.to]
    found += [*rule.restart, *rule.stop, *([rule.refused] if rule.refused is not None else [])]
    found += getattr(rule.override, "requires", ())
    return found + [item.rpartition(" + ")[0] for item in _due_items(rule) if " + " in item]


def _due_items(rule: Any) -> tuple[str, ...]:
    if rule.due is None or isinstance(rule.due, str):
        return () if rule.due is None else (rule.due,)
    return tuple(getattr(rule.due, "earliest", None) or rule.due.latest)


def _columns(rule: Any) -> list[str]:
    agreed = [] if rule.override is None else [getattr(rule.override, "column", rule.override)]
    return agreed + [item for item in _due_items(rule) if " + " not in item]


def _columns_supplied(rule: Any, case: Case) -> bool:
    own = case.types.get(case.table, {})
    # an agreed date that nobody records is none
    columns = [item for item in _due_items(rule) if " + " not in item]
    if isinstance(rule.to, Reaching):
        columns.append(rule.to.reaches)
        table = rule.to.sum.partition(".")[0]
        if any(c not in case.types.get(table, {}) for c in ("amount", case.moment_columns[table])):
            return False
    return all(c in own for c in columns)


def _rejected_columns(rule: Any, case: Case) -> bool:
    return any(case.row.get(c) is REJECTED for c in _columns(rule))


# What was waited for


def awaited_of(to: Any, start: m.When, case: Case) -> Awaited:
    if isinstance(to, Reaching):
        return _paid(to, start, case)
    names = [to] if isinstance(to, str) else to.all if isinstance(to, AllOf) else to.any
    found = tuple(f for f in (m.find(name, case) for name in names) if f is not None)
    firsts = [next(iter(f.at_or_after(start)), None) for f in found]
    there = [t for t in firsts if t is not None]
    done = _last(there) if isinstance(to, AllOf) else next(iter(m.happened(there, case.as_of)), None)
    before = any(f.own and f.first is not None and m.is_before(f.first, start) for f in found)
    return Awaited(None if isinstance(to, AllOf) and None in firsts else done, found, before, any(f.rejected for f in found))


def _last(times: Iterable[m.When]) -> m.When | None:
    """The last of several moments; where one of its day is known to the day only, nobody knows more than the day."""
    last: m.When | None = None
    for when in times:
        if last is None or m.day_of(last) < m.day_of(when):
            last = when
        elif m.day_of(last) == m.day_of(when):
            last = max(last, when) if isinstance(last, date) and not (m.is_coarse(last) or m.is_coarse(when)) else m.day_of(when)
    return last


def _paid(to: Reaching, start: m.When, case: Case) -> Awaited:
    """The payment with which what was paid from the start on first comes to the amount."""
    sort = m.find_records(to.sum, case)
    assert sort is not None
    column = case.moment_columns[sort.table]
    rows = []
    for row in m.rows_of(sort.table, sort.kind, case):
        paid = row.get(column)
        if not isinstance(paid, date) or (m.happened([paid], case.as_of) and not m.is_before(paid, start)):
            rows.append(row)
    target, money = case.row.get(to.reaches), case.row.get("currency")
    rejected = target is REJECTED or any(row.get(c) is REJECTED for row in rows for c in (column, "amount"))
    missing = target is None or any(row.get(c) is None for row in rows for c in (column, "amount"))
    foreign = any(None not in (money, row.get("currency")) and row.get("currency") != money for row in rows)
    done = None if rejected or missing else _reached([(row[column], row["amount"]) for row in rows], target, case)
    return Awaited(done, (sort,), foreign, rejected, missing)


def _reached(payments: list[tuple[Any, Any]], target: Any, case: Case) -> m.When | None:
    total = Decimal(0)
    for when in dict.fromkeys(m.happened([at for at, _ in payments], case.as_of)):
        total += sum(amount for at, amount in payments if at == when)
        if total >= target:
            of_that_day = [at for at, _ in payments if m.day_of(at) == m.day_of(when) and (m.is_coarse(at) or m.is_coarse(when) or at <= when)]
            return _last(of_that_day)
    return None
