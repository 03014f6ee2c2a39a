"""`independence`, as one reads it: who acted, and had any of them a part in the matter?"""

from dataclasses import dataclass
from typing import Any

from disputekit.oracles import moments as m
from disputekit.oracles.case import REJECTED, Case, Cell
from disputekit.outcomes import Verdict

WHO = {"parties": "person_id", "assignments": "staff_id"}


@dataclass(frozen=True)
class Acted:
    """Somebody in the role. surely: whether they are known to have acted by then."""

    person: Cell
    surely: bool
    interested: bool
    unclear: bool


def oracle(rule: Any, case: Case) -> Verdict:
    """The verdict on one subject."""
    when = None if rule.when is None else m.find(rule.when, case)
    roles = [(t, role) for t, dot, role in (n.partition(".") for n in rule.not_in) if dot and t in WHO]
    own = [n for n in rule.not_in if n not in ("conflict", "organisation") and tuple(n.split(".", 1)) not in roles]
    if (rule.when is not None and when is None) or not _supplied(rule, own, roles, case):
        return m.NOT_SUPPLIED
    if said := m.not_concerned(rule.where, case):
        return said
    if when is not None and when.first is None:
        return m.without_start(when)
    start = None if when is None else when.first
    life = m.begins(case)
    if not m.in_force(case, life if when is None else start):
        return m.NOT_IN_FORCE
    rows = [row for row in in_role(rule.of, rule.role, case) if start is None or begun_by(row, rule.of, start, case) is not False]
    others = [(table, row) for table, role in roles for row in in_role(table, role, case)]
    if (when is not None and when.rejected) or any(case.row.get(c) is REJECTED for c in own):
        return m.REJECTED_VALUE
    if any(row.get(case.moment_columns[t]) is REJECTED for t, row in [*((rule.of, r) for r in rows), *others]):
        return m.REJECTED_VALUE
    if "conflict" in rule.not_in and any(row.get("conflict") is REJECTED for row in rows):
        return m.REJECTED_VALUE
    barred = {case.row.get(c) for c in own} | {row.get(WHO[t]) for t, row in others}
    acted = [acted_by(row, rule, barred - {None}, start, case) for row in rows]
    if any(a.interested and a.surely for a in acted):
        return Verdict("fail", "interested")
    nameless = sum(a.person is None for a in acted)
    fewest, most = len({a.person for a in acted if a.surely} - {None}), len({a.person for a in acted} - {None}) + nameless
    since = start if life is None else life
    if most < rule.min:
        if not m.is_sort_covered(rule.of, rule.role, since, case):
            return m.NOT_COVERED
        fresh = m.is_fresh_now(rule.of, case) if start is None else m.is_fresh(rule.of, m.day_of(start), case)
        return Verdict("fail", "missing") if fresh else m.STALE
    unclear = any(a.unclear or a.interested for a in acted)
    if fewest < rule.min or unclear or None in barred:
        return m.MISSING_VALUE
    if not all(m.is_sort_covered(*role, since, case) for role in roles):
        return m.NOT_COVERED
    return m.PASS if all(m.is_fresh_now(table, case) for table, _ in roles) else m.STALE


def _supplied(rule: Any, own: list[str], roles: list[tuple[str, str]], case: Case) -> bool:
    needed = [(rule.of, WHO[rule.of]), *((rule.of, n) for n in ("conflict", "organisation") if n in rule.not_in)]
    needed += [(rule.of, case.moment_columns[rule.of]), *((t, c) for t, _ in roles for c in (WHO[t], case.moment_columns[t]))]
    needed += [(case.table, c) for c in own]
    return all(c in case.types.get(t, {}) for t, c in needed) and ("organisation" not in rule.not_in or case.organisation is not None)


def in_role(table: str, role: str, case: Case) -> list[Any]:
    """Who had the role; one of no known beginning may have had it all along."""
    column = case.moment_columns[table]
    rows = m.rows_of(table, role, case)
    return [row for row in rows if row.get(column) in (None, REJECTED) or m.happened([row.get(column)], case.as_of)]


def begun_by(row: Any, table: str, start: m.When, case: Case) -> bool | None:
    """Whether they had begun by then; None where nobody knows when they began."""
    begun = m.happened([row.get(case.moment_columns[table])], case.as_of)
    return not m.is_before(start, begun[0]) if begun else None


def acted_by(row: Any, rule: Any, barred: set[Cell], start: m.When | None, case: Case) -> Acted:
    person = row.get(WHO[rule.of])
    asks_conflict, asks_house = "conflict" in rule.not_in, "organisation" in rule.not_in
    house = row.get("organisation")
    interested = (
        (asks_conflict and row.get("conflict") is True) or person in barred or (asks_house and house is not None and house == case.organisation)
    )
    unclear = person is None or (asks_conflict and row.get("conflict") is None) or (asks_house and house is None)
    return Acted(person, start is None or begun_by(row, rule.of, start, case) is True, interested, unclear)
