"""`vocabulary`, as one reads it: is every word one of those that are agreed?"""

from datetime import date
from typing import Any

from disputekit.oracles import moments as m
from disputekit.oracles.case import REJECTED, Case, Cell
from disputekit.outcomes import Verdict


def oracle(rule: Any, case: Case) -> Verdict:
    """The verdict on one subject."""
    table, _, column = rule.column.partition(".")
    of_records = bool(column) and table in case.moment_columns
    if (column not in case.types.get(table, {})) if of_records else (rule.column not in case.types.get(case.table, {})):
        return m.NOT_SUPPLIED
    if said := m.not_concerned(rule.where, case):
        return said
    if not m.in_force(case, m.begins(case)):
        return m.NOT_IN_FORCE
    words = words_of(table, column, case) if of_records else [case.row.get(rule.column)]
    if not words:
        return m.NOT_BEGUN
    if any(w is REJECTED for w in words):
        return m.REJECTED_VALUE
    if any(w is not None and w not in rule.values for w in words):
        return Verdict("fail", "outside")
    return m.MISSING_VALUE if None in words else m.PASS


def words_of(table: str, column: str, case: Case) -> list[Cell]:
    """The words of the records that aren't later than as-of; one that doesn't say when it happened is there all the same."""
    moment = case.moment_columns[table]
    rows = case.records.get(table, ())
    return [row.get(column) for row in rows if not isinstance(row.get(moment), date) or m.happened([row.get(moment)], case.as_of)]
