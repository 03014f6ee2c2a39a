"""Whether what isn't recorded didn't happen, and which gap in the data leaves something open."""

from collections.abc import Iterator
from datetime import date

from disputekit.checks.names import ColumnMoment, RecordMoment
from disputekit.explain.case_of import Row
from disputekit.explain.explained import Explained
from disputekit.explain.shown import basis, cell_said, place, shown
from disputekit.oracles import moments as m
from disputekit.oracles.case import REJECTED, Cell
from disputekit.text import Phrase, say

BY_ABSENCE = ("open", "missing", "gap", "too seldom", "too few")
"""Why a control fails because something isn't there."""
NEVER = ("forbidden", "occurrences", "limit", "independence")
"""Kinds that may pass because something isn't there."""


def proof(e: Explained) -> Iterator[Phrase]:
    """What stands behind a conclusion from absence: from when on each sort is recorded completely, and when it was extracted."""
    if e.told is None:
        return
    kind = e.prepared.rule.kind if e.prepared.rule is not None else ""
    begun = m.begins(e.told.case)
    since = basis(e) if begun is None else min(m.day_of(begun), basis(e))
    rests = (e.said.outcome == "fail" and e.said.reason in BY_ABSENCE) or (e.said.outcome == "pass" and kind in NEVER)
    column = e.told.case.begins
    if e.said.reason == "not covered" and begun is None and column is not None and not isinstance(e.row.get("started_at"), date):
        yield say("Nobody knows from when on it had to be recorded: {column} is empty or couldn't be read", column=column)
    for (table, sort), known in e.coverage.items():
        if (table, sort) in _begun_by(e) or (sort is None and any(t == table and s is not None for t, s in e.coverage)):
            continue
        extracted = e.told.case.extracted.get(table)
        if e.said.reason == "not covered" and (known.from_on is None or known.from_on > since):
            if known.from_on is None:
                yield say("{what} never occurs and isn't declared, so that its absence proves nothing", what=known.what)
            else:
                yield say("{what} is recorded completely from {day} on only, and this is about {since} on: it may have happened all the same",
                          what=known.what, day=known.from_on, since=since)  # fmt: skip
        elif e.said.reason == "stale" and extracted is not None:
            yield say("{table} was extracted on {at}: what happened later isn't known", table=table, at=shown(extracted))
        elif rests and known.from_on is not None:
            fresh = say("extracted on {at}", at=shown(extracted)) if extracted is not None else say("taken as fresh, as no extracted_at is stated")
            yield say("{what} is recorded completely from {day} on, and was {extracted}: what isn't there didn't happen", what=known.what,
                      day=known.from_on, extracted=fresh)  # fmt: skip


def _begun_by(e: Explained) -> list[tuple[str, str | None]]:
    """The sorts of record by which it is judged at all: they are there, so that nothing follows from their absence."""
    names = [getattr(e.prepared.rule, f, None) for f in ("from_", "when", "then")]
    meant = [e.moments[n] for n in names if isinstance(n, str) and n in e.moments]
    return [(x.table, x.kind) for x in meant if isinstance(x, RecordMoment)]


def gaps(e: Explained) -> Iterator[Phrase]:
    """What is missing, unreadable, too coarse or contradictory where that left the outcome open."""
    if e.told is None or e.said.outcome != "unknown":
        return
    case, reason = e.told.case, e.said.reason
    cells = list(_cells(e))
    if reason == "rejected value":
        for name, cell, column, row in cells:
            if cell is REJECTED:
                yield say("{name}: {value} ({place})", name=name, value=cell_said(cell, column, row, e), place=place(row))
    if reason in ("missing", "condition"):
        yield from (say("{name} is empty ({place})", name=name, place=place(row)) for name, cell, _, row in cells if cell is None)
    if reason == "too coarse":
        for name, cell, _, row in cells:
            if name in e.moments and isinstance(cell, date) and m.is_coarse(cell):
                yield say("{name} on {day} is known to the day only ({place})", name=name, day=cell, place=place(row))
    if reason == "no calendar" and e.published is not None:
        yield say("Working days are settled up to {day} only", day=e.published)
    start = e.row.get("started_at")
    if reason == "contradictory" and isinstance(start, date):
        for name, cell, _, row in cells:
            if isinstance(e.moments.get(name), ColumnMoment) and isinstance(cell, date) and m.is_before(cell, start) and m.day_of(cell) <= case.as_of:
                yield say(
                    "{name} on {at} lies before the start on {start} ({place})", name=name, at=shown(cell), start=shown(start), place=place(row)
                )


def _cells(e: Explained) -> Iterator[tuple[str, Cell, str, Row | None]]:
    """Every cell that the control reads: (name, cell, column, row)."""
    told = e.told
    assert told is not None
    for name, moment in e.moments.items():
        if isinstance(moment, ColumnMoment):
            yield name, told.own.cells.get(moment.column), moment.column, told.own
        elif isinstance(moment, RecordMoment):
            kind = told.case.kind_columns.get(moment.table)
            for row in told.records.get(moment.table, ()):
                if moment.kind is None or (kind is not None and row.cells.get(kind) == moment.kind):
                    yield name, row.cells.get(moment.column), moment.column, row
    for name in e.prepared.reads.columns:
        alias, dot, theirs = name.partition(".")
        row_ = told.parents.get(alias) if dot else told.own
        yield name, told.case.row.get(name), theirs if dot else name, row_
    for wanted in e.prepared.reads.records:
        for row in told.records.get(wanted.table, ()):
            for column in wanted.columns:
                yield f"{wanted.table}.{column}", row.cells.get(column), column, row
