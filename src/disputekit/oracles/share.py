"""`share`, as one reads it: of all that belong together, how many count, and is that enough?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import comb
from typing import Any

from disputekit.oracles import moments as m
from disputekit.oracles.case import REJECTED, Case
from disputekit.outcomes import Verdict

_LENGTHS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}


@dataclass(frozen=True)
class Member:
    """One of those who belong together. counts: `yes`, `no`, or why it can't be told; surely: whether it belongs to the population at all."""

    case: Case
    counts: str
    surely: bool


def oracle(rule: Any, case: Case) -> Verdict:
    """The verdict on one subject, which is that of its group."""
    if not _supplied(rule, case):
        return m.NOT_SUPPLIED
    concerned = True if rule.where is None else case.conditions[rule.where]
    if concerned is False:
        return Verdict("not_applicable", "not concerned")
    if said := _astray(rule, case):
        return Verdict("unknown", "condition") if concerned is None else said
    first, last = days(rule, case)
    basis = last if last is not None else case.as_of
    if not m.in_force(case, basis):
        return m.NOT_IN_FORCE
    limit = last
    if rule.due is not None and last is not None:
        period = m.period_of(rule.due, case, last)
        if period is None:
            return m.NO_VALUE
        end = m.end_of(last, period, case)
        assert isinstance(end, m.Days)
        limit = end.earliest
    bounds = [None if b is None else m.value_of(b, case, basis) for b in (rule.min, rule.max)]
    if any(stated is not None and (value is None or Fraction(str(value)) > 1) for stated, value in zip((rule.min, rule.max), bounds, strict=True)):
        return m.NO_VALUE
    if limit is not None and case.as_of <= limit:
        return m.PENDING
    found = None if rule.of is None else m.find(rule.of, case)
    for table in [case.table, *([found.table] if found is not None else [])]:
        if not (m.is_fresh_now(table, case) if limit is None else m.is_fresh(table, limit, case)):
            return m.STALE
    return judged(rule, list(members(rule, case, first, limit)), *(None if b is None else Fraction(str(b)) for b in bounds))


def _supplied(rule: Any, case: Case) -> bool:
    own = case.types.get(case.table, {})
    return (
        (rule.per is None or rule.per in own)
        and all(m.find(name, case) is not None for name in (rule.of, rule.from_) if name is not None)
        and (rule.holds is None or all(name in own for name in case.condition_columns[rule.holds]))
    )


def _astray(rule: Any, case: Case) -> Verdict | None:
    """Why a subject is in no group."""
    if rule.per is not None and case.row.get(rule.per) in (None, REJECTED):
        return m.REJECTED_VALUE if case.row.get(rule.per) is REJECTED else m.MISSING_VALUE
    start = None if rule.from_ is None else m.find(rule.from_, case)
    return m.without_start(start) if start is not None and start.first is None else None


def days(rule: Any, case: Case) -> tuple[date | None, date | None]:
    """The first and the last day of the period that a subject is in; None where there are no periods."""
    start = None if rule.from_ is None else m.find(rule.from_, case)
    if start is None or start.first is None:
        return None, None
    first = last = m.day_of(start.first)
    while not _ends(first - m.A_DAY, rule.period):
        first -= m.A_DAY
    while not _ends(last, rule.period):
        last += m.A_DAY
    return first, last


def _ends(day: date, period: str) -> bool:
    following = day + m.A_DAY
    return following.day == 1 and (following.month - 1) % _LENGTHS[period] == 0


def members(rule: Any, case: Case, first: date | None, limit: date | None) -> Iterable[Member]:
    """All that are in the group and the period of a subject, itself among them."""
    for one in case.alike(rule.per if rule.per is not None else "") if case.alike is not None else ():
        concerned = True if rule.where is None else one.conditions[rule.where]
        if concerned is not False and _astray(rule, one) is None and days(rule, one)[0] == first:
            yield Member(one, _counts(rule, one, limit), concerned is True)


def _counts(rule: Any, case: Case, limit: date | None) -> str:
    if rule.of is None:
        truth = case.conditions[rule.holds]
        if truth is None:
            return "rejected" if any(case.row.get(name) is REJECTED for name in case.condition_columns[rule.holds]) else "missing"
        return "yes" if truth else "no"
    found = m.find(rule.of, case)
    assert found is not None
    if found.first is not None and (limit is None or m.day_of(found.first) <= limit):
        return "yes"
    if found.rejected:
        return "rejected"
    start = m.begins(case) if rule.from_ is None else m.find(rule.from_, case).first  # type: ignore[union-attr]
    return "no" if found.first is not None or m.is_covered(found, start, case) else "unseen"


def totals(every: list[Member]) -> tuple[int, int]:
    """The fewest that may count, and the most."""
    return sum(x.surely and x.counts == "yes" for x in every), sum(not x.surely or x.counts != "no" for x in every)


def judged(rule: Any, every: list[Member], least: Fraction | None, greatest: Fraction | None) -> Verdict:
    if sum(x.surely for x in every) < rule.smallest:
        return Verdict("unknown", "small sample")
    size, (fewest, most) = len(every), totals(every)
    said = verdict_of(size, fewest, most, least, greatest, None if rule.confidence is None else 1 - Fraction(str(rule.confidence)))
    if said is not None:
        return said
    for reason, name in (("rejected", "rejected value"), ("unseen", "not covered")):
        if any(x.counts == reason for x in every):
            return Verdict("unknown", name)
    return m.MISSING_VALUE if most > fewest else Verdict("unknown", "inconclusive")


def verdict_of(size: int, fewest: int, most: int, least: Fraction | None, greatest: Fraction | None, error: Fraction | None) -> Verdict | None:
    """What can be said for sure; None where nothing can."""
    if error is None:
        too_few, enough = least is not None and most < least * size, least is None or fewest >= least * size
        too_many, few_enough = greatest is not None and fewest > greatest * size, greatest is None or most <= greatest * size
    else:
        too_few = least is not None and chance(range(most + 1), size, least) <= error
        enough = least is None or chance(range(fewest, size + 1), size, least) <= error
        too_many = greatest is not None and chance(range(fewest, size + 1), size, greatest) <= error
        few_enough = greatest is None or chance(range(most + 1), size, greatest) <= error
    if too_few:
        return Verdict("fail", "too few")
    if too_many:
        return Verdict("fail", "too many")
    return m.PASS if enough and few_enough else None


def chance(counts: Iterable[int], size: int, share: Fraction) -> Fraction:
    """How likely it is that one of these numbers of a sample counts, where that share of everything does (binomial, in exact fractions)."""
    of, yes = share.denominator, share.numerator
    return Fraction(sum(comb(size, k) * yes**k * (of - yes) ** (size - k) for k in counts), of**size)
