"""What is recorded completely, and from when on. What is absent means something only inside of this.

Declared in the TOML for an activity, a sort of record (`notices.decision`) or a table. What isn't declared is assumed, and the
assumption is listed: a sort that occurs counts as complete from its first occurrence on; one that never occurs isn't covered at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import duckdb

from disputekit import sql
from disputekit.checks.names import EVENTS
from disputekit.register.loaded import Register
from disputekit.register.settings import Coverage


@dataclass(frozen=True)
class Covered:
    """From when on a sort of record is complete; None: not at all. `basis`: declared, or assumed from its first occurrence."""

    what: str
    from_on: date | None
    basis: Literal["declared", "first occurrence", "never occurs"]


Sort = tuple[str, str | None]
"""A record table and a sort in it; None for any."""


def first_seen(db: duckdb.DuckDBPyConnection, register: Register, tables: tuple[str, ...], as_of: date) -> dict[Sort, date]:
    """The day of the first record of each sort up to as-of, in the named tables."""
    found: dict[Sort, date] = {}
    for table in tables:
        spec = register.tables[table].spec
        if spec.moment is None or spec.moment not in register.tables[table].columns:
            continue
        kind = sql.col(spec.kind) if spec.kind and spec.kind in register.tables[table].columns else sql.null("varchar")
        query = sql.fill(
            "select $kind as kind, cast(min($moment) as date) as day from $table where $moment < $end group by 1",
            kind=kind, moment=sql.col(spec.moment), table=sql.tab(table), end=sql.end_of(as_of),
        )  # fmt: skip
        rows = db.execute(sql.written(query)).fetchall()
        found |= {(table, k): d for k, d in rows}
        if rows:
            found[(table, None)] = min(d for _, d in rows)
    return found


def covered(sort: Sort, declared: Mapping[str, Coverage], seen: Mapping[Sort, date]) -> Covered:
    """What is known of one sort's completeness. An activity is declared by its bare name or as `events.<activity>`."""
    table, kind = sort
    what = table if kind is None else kind if table == EVENTS else f"{table}.{kind}"
    for name in (*([kind] if table == EVENTS and kind else []), *([f"{table}.{kind}"] if kind else []), table):
        if name in declared:
            return Covered(what, declared[name].from_on, "declared")
    if sort in seen:
        return Covered(what, seen[sort], "first occurrence")
    return Covered(what, None, "never occurs")
