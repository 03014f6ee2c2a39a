"""`exists`, as one reads it: is there one that belongs to it and is as it must be?"""

from collections.abc import Mapping
from typing import Any

from disputekit.oracles import moments as m
from disputekit.oracles.case import REJECTED, Case, Cell
from disputekit.outcomes import Verdict

Record = Mapping[str, Cell]


def oracle(rule: Any, case: Case) -> Verdict:
    """The verdict on one subject."""
    start = None if rule.from_ is None else m.find(rule.from_, case)
    if not _supplied(rule, case) or (start is None and rule.from_ is not None):
        return m.NOT_SUPPLIED
    if said := m.not_concerned(rule.where, case):
        return said
    if start is not None and start.first is None and not (start.rejected and not start.required):
        return m.MISSING_VALUE if start.required else m.NOT_BEGUN
    begun = m.begins(case) if start is None else start.first
    if start is not None and begun is None:
        return m.NOT_BEGUN
    if not m.in_force(case, begun):
        return m.NOT_IN_FORCE
    mine = case.row.get(rule.matched[1]) if rule.matched is not None else ""
    if (start is not None and start.rejected) or mine is REJECTED:
        return m.REJECTED_VALUE
    if mine is None:
        return m.MISSING_VALUE
    if rule.having > 1:
        surely, perhaps = sharing(rule, case)
        if perhaps < rule.having:
            return Verdict("not_applicable", "not concerned")
        if surely < rule.having:
            return Verdict("unknown", "condition")
    limit: m.Days | None = None
    if rule.within is not None and begun is not None:
        period = m.period_of(rule.within, case, m.day_of(begun))
        if period is None:
            return m.NO_VALUE
        end = m.end_of(begun, period, case)
        assert isinstance(end, m.Days)
        limit = end
    answers = [(row, answer(rule, row, case)) for row in theirs(rule, case)]
    days = [m.day_of(row[case.moment_columns[rule.table]]) for row, said in answers if said is True]  # type: ignore[arg-type]
    if any(limit is None or day <= limit.earliest for day in days):
        return m.PASS
    for reason, verdict in (("rejected", m.REJECTED_VALUE), (None, m.MISSING_VALUE)):
        if any(said == reason for _, said in answers):
            return verdict
    if limit is not None and limit.past(case) is False:
        return m.PENDING
    if days:
        return Verdict("fail", "late")
    if not m.is_sort_covered(rule.table, rule.sort, begun, case):
        return m.NOT_COVERED
    if not (m.is_fresh_now(rule.table, case) if limit is None else limit.seen(rule.table, case)):
        return m.STALE
    return Verdict("fail", "missing")


def _supplied(rule: Any, case: Case) -> bool:
    columns = [case.moment_columns.get(rule.table), *(case.condition_columns[rule.meets] if rule.meets is not None else ())]
    columns += [rule.matched[0]] if rule.matched is not None else []
    return all(c in case.types.get(rule.table, {}) for c in columns) and (rule.matched is None or rule.matched[1] in case.types.get(case.table, {}))


def sharing(rule: Any, case: Case) -> tuple[int, int]:
    """How many subjects have the same value, for sure and perhaps concerned."""
    every = [True if rule.where is None else one.conditions[rule.where] for one in (case.alike(rule.per) if case.alike is not None else ())]
    return sum(c is True for c in every), sum(c is not False for c in every)


def theirs(rule: Any, case: Case) -> list[Record]:
    """The records that belong to the subject, or may."""
    if rule.matched is None:
        return m.rows_of(rule.table, rule.sort, case)
    column, kind = rule.matched[0], case.kind_columns.get(rule.table)
    of_sort = [row for row in case.others.get(rule.table, ()) if rule.sort is None or (kind is not None and row.get(kind) == rule.sort)]
    return [row for row in of_sort if row.get(column) in (None, REJECTED, case.row.get(rule.matched[1]))]


def answer(rule: Any, row: Record, case: Case) -> bool | str | None:
    """Whether it is as it must be; `rejected` where a cell of it couldn't be read, None where it can't be told."""
    moment = row.get(case.moment_columns[rule.table])
    if moment not in (None, REJECTED) and not m.happened([moment], case.as_of):
        return False
    column = rule.matched[0] if rule.matched is not None else None
    truth = True if rule.meets is None or case.record_truth is None else case.record_truth(rule.meets, row)
    read = [case.moment_columns[rule.table], *(case.condition_columns[rule.meets] if rule.meets is not None else ())]
    if any(row.get(c) is REJECTED for c in read):
        return "rejected"
    if truth is False:
        return False
    if column is not None and row.get(column) is REJECTED:
        return "rejected"
    return None if truth is None or moment is None or (column is not None and row.get(column) is None) else True
