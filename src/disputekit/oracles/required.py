"""`required`, as one reads it: is everything there that must be, and was it there in time?"""

from typing import Any

from disputekit.oracles import moments as m
from disputekit.oracles.case import REJECTED, Case, Cell
from disputekit.outcomes import Verdict


def oracle(rule: Any, case: Case) -> Verdict:
    """The verdict on one subject."""
    fields = [_field(name, case) for name in rule.fields]
    when = None if rule.when is None else m.find(rule.when, case)
    bound = None if rule.by is None or m.is_period(rule.by) else m.find(rule.by, case)
    if None in fields or (rule.when is not None and when is None) or (rule.by is not None and not m.is_period(rule.by) and bound is None):
        return m.NOT_SUPPLIED
    if said := m.not_concerned(rule.where, case):
        return said
    if when is not None and when.first is None:
        return m.without_start(when)
    basis = m.begins(case) if when is None else when.first
    if not m.in_force(case, basis):
        return m.NOT_IN_FORCE
    moments = [f for f in fields if isinstance(f, m.Found)]
    plain = [f for f in fields if isinstance(f, Plain)]
    cells = [f.cell for f in plain]
    if any(f.rejected for f in (*moments, when, bound) if f is not None) or any(c is REJECTED for c in cells):
        return m.REJECTED_VALUE
    limit: m.Limit = m.Now() if bound is None else m.At(bound.first)
    if rule.by is not None and bound is None:
        period = m.period_of(rule.by, case, m.basis_day(case, basis))
        if period is None:
            return m.NO_VALUE
        assert basis is not None  # a period runs from `when`
        limit = m.end_of(basis, period, case)
    return _decided(moments, [f.tables for f in plain if f.cell is None], limit, basis, case)


class Plain:
    """A column that isn't a moment, or a parent's: it is there, or it isn't."""

    def __init__(self, cell: Cell, *tables: str) -> None:
        self.cell = cell
        self.tables = tables


def _field(name: str, case: Case) -> "Plain | m.Found | None":
    type_ = case.types.get(case.table, {}).get(name)
    parent = name.partition(".")[0]
    if parent in case.parents:
        return None if type_ is None else Plain(case.row.get(name), case.table, case.parents[parent])
    if type_ is not None and type_ not in ("instant", "date"):
        return Plain(case.row.get(name), case.table)
    return m.find(name, case)


def _decided(moments: list[m.Found], empty: list[tuple[str, ...]], limit: m.Limit, basis: m.When | None, case: Case) -> Verdict:
    kept = [limit.kept(f.first) for f in moments if f.first is not None]
    absent = [f for f in moments if f.first is None]
    if False in kept:
        proof = _missing(absent, empty, limit, basis, case) if absent or empty else m.PENDING
        return proof if proof.outcome == "fail" else Verdict("fail", "late")
    if absent or empty:
        past = limit.past(case)
        if isinstance(past, str):
            return Verdict("unknown", past)
        if not past:
            return m.PENDING
        return _missing(absent, empty, limit, basis, case)
    doubts = [k for k in kept if isinstance(k, str)]
    return Verdict("unknown", doubts[0]) if doubts else m.PASS


def _missing(absent: list[m.Found], empty: list[tuple[str, ...]], limit: m.Limit, basis: m.When | None, case: Case) -> Verdict:
    """What isn't there is proven missing where its feed is complete and was extracted after the limit; all that is absent must be proven."""
    life = m.begins(case)
    since = basis if life is None else life
    if since is None and isinstance(limit, m.At):
        since = limit.moment
    if not all(m.is_covered(f, since, case) for f in absent):
        return m.NOT_COVERED
    tables = [f.table for f in absent] + [table for tables in empty for table in tables]
    return Verdict("fail", "missing") if all(limit.seen(table, case) for table in tables) else m.STALE
