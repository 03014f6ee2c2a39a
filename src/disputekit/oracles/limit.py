"""`limit`, as one reads it: how many, or how much, are there in all?"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from disputekit.oracles import moments as m
from disputekit.oracles.case import REJECTED, Case, Cell
from disputekit.outcomes import Verdict


@dataclass(frozen=True)
class Taken:
    """A record that counts, or may. value: what is told apart or added up."""

    value: Cell
    surely: bool
    rejected: bool


def oracle(rule: Any, case: Case) -> Verdict:
    """The verdict on one subject."""
    table, _, kind = rule.measure.of.partition(".")
    if not _supplied(rule, table, case):
        return m.NOT_SUPPLIED
    if said := m.not_concerned(rule.where, case):
        return said
    basis = m.begins(case)
    if not m.in_force(case, basis):
        return m.NOT_IN_FORCE
    group = (case,) if rule.per is None else () if case.row.get(rule.per) in (None, REJECTED) or case.alike is None else case.alike(rule.per)
    members = [(c, True if rule.where is None else c.conditions[rule.where]) for c in group]
    members = [(c, concerned) for c, concerned in members if concerned is not False]
    taken = [
        t for c, concerned in members for row in m.rows_of(table, kind if kind else None, c) for t in taken_of(row, rule, table, concerned is True, c)
    ]
    if (rule.per is not None and case.row.get(rule.per) is REJECTED) or any(t.rejected for t in taken):
        return m.REJECTED_VALUE
    bounds = [None if b is None else m.value_of(b, case, m.basis_day(case, basis)) for b in (rule.min, rule.max)]
    if any(stated is not None and value is None for stated, value in zip((rule.min, rule.max), bounds, strict=True)):
        return m.NO_VALUE
    if not group or (rule.measure.sum is not None and any(not t.surely or t.value is None for t in taken)):
        return m.MISSING_VALUE
    fewest, most = totals(rule, taken)
    least, greatest = (None if b is None else Decimal(b) for b in bounds)
    judged = {_judged(n, least, greatest) for n in (fewest, most)}
    if judged == {"too many"}:
        return Verdict("fail", "too many")
    if len(judged) > 1:
        return m.MISSING_VALUE
    if judged == {"right"} and greatest is None:
        return m.PASS
    begun = [m.begins(c) for c, _ in members]
    since = min((m.day_of(b) for b in begun if b is not None), default=None) if None not in begun else None
    if not m.is_sort_covered(table, kind if kind else None, since, case):
        return m.NOT_COVERED
    if not m.is_fresh_now(table, case):
        return m.STALE
    return Verdict("fail", "too few") if judged == {"too few"} else m.PASS


def _supplied(rule: Any, table: str, case: Case) -> bool:
    columns = [c for c in (rule.measure.distinct, rule.measure.sum, case.moment_columns.get(table)) if c is not None]
    columns += case.condition_columns[rule.measure.where] if rule.measure.where is not None else ()
    own = case.types.get(case.table, {})
    return all(c in case.types.get(table, {}) for c in columns) and (rule.per is None or rule.per in own)


def taken_of(row: Any, rule: Any, table: str, concerned: bool, case: Case) -> list[Taken]:
    measure = rule.measure
    moment = row.get(case.moment_columns[table])
    if moment not in (None, REJECTED) and not m.happened([moment], case.as_of):
        return []
    cell = measure.distinct if measure.distinct is not None else measure.sum
    read = [
        case.moment_columns[table],
        *([cell] if cell is not None else []),
        *(case.condition_columns[measure.where] if measure.where is not None else ()),
    ]
    rejected = any(row.get(c) is REJECTED for c in read)
    counts = True if measure.where is None or case.record_truth is None else case.record_truth(measure.where, row)
    if counts is False and not rejected:
        return []
    return [Taken(None if cell is None else row.get(cell), concerned and moment is not None and counts is True, rejected)]


def totals(rule: Any, taken: list[Taken]) -> tuple[Decimal, Decimal]:
    """The least and the most that it may come to. A value that isn't known may be one of the known ones or another."""
    sure = [t.value for t in taken if t.surely]
    if rule.measure.sum is not None:
        total = sum((v for v in sure if isinstance(v, (int, Decimal))), Decimal(0))
        return Decimal(total), Decimal(total)
    if rule.measure.distinct is None:
        return Decimal(len(sure)), Decimal(len(taken))
    known = {t.value for t in taken} - {None}
    fewest = max(len(set(sure) - {None}), 1) if sure else 0
    return Decimal(fewest), Decimal(len(known) + sum(t.value is None for t in taken))


def _judged(count: Decimal, least: Decimal | None, most: Decimal | None) -> str:
    if most is not None and count > most:
        return "too many"
    return "too few" if least is not None and count < least else "right"
