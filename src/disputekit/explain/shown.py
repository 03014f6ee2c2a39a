"""How values, places, lists and periods are said in a story."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from disputekit.checks.names import ColumnMoment, SharedMoment
from disputekit.explain.case_of import Row
from disputekit.explain.explained import Explained
from disputekit.oracles import moments as m
from disputekit.oracles.case import REJECTED, Cell
from disputekit.policies.model import read_period
from disputekit.policies.parameters import value_at
from disputekit.register.organisation import ORGANISATION
from disputekit.text import Phrase, listed, say


def basis(e: Explained) -> date:
    """The day by which parameters are chosen: of the start, else on which the subject's life begins, else as-of."""
    started = e.row.get("started_at")
    if isinstance(started, date):
        return m.day_of(started)
    begun = m.begins(e.told.case) if e.told is not None else None
    return e.run.as_of if begun is None else m.day_of(begun)


def shown(value: Any) -> Any:
    """A value as people write it; a phrase stays one, to be said in the reader's language."""
    if isinstance(value, Phrase):
        return value
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes" if not value.second else "auto")
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def place(row: Row | None) -> Phrase:
    """Where a row stands in its file."""
    if row is None:
        return say("there is no such row")
    if row.table == ORGANISATION:
        return say("[organisation] and [wind_down] of the project's file")
    if row.place is None:
        return say("table {table}", table=row.table)
    file, _, record = row.place.rpartition(":")
    return say("{file}, record {record}", file=file, record=record)


def cell_said(cell: Cell, column: str, row: Row | None, e: Explained) -> Any:
    """A cell: its value, that it is empty, or what stands there and why it couldn't be read."""
    if cell is REJECTED:
        text, reason = e.rejects.get((row.place or "", column) if row is not None else ("", ""), ("?", "?"))
        return say("couldn't be read: {value!r} ({why})", value=text, why=say(reason))
    return say("empty") if cell is None else shown(cell)


def enumerated(items: Iterable[object], last: str = "and") -> Any:
    """`a, b and c`; last: `and` or `or`."""
    every = list(items)
    if not every:
        return say("nothing")
    if len(every) == 1:
        return every[0]
    head = listed(every[:-1])
    return say("{one} and {other}", one=head, other=every[-1]) if last == "and" else say("{one} or {other}", one=head, other=every[-1])


_UNITS = {
    "hours": (say("{count} hour"), say("{count} hours")), "days": (say("{count} day"), say("{count} days")),
    "working days": (say("{count} working day"), say("{count} working days")), "weeks": (say("{count} week"), say("{count} weeks")),
    "months": (say("{count} month"), say("{count} months")), "years": (say("{count} year"), say("{count} years")),
}  # fmt: skip


_DAYS = tuple(p.template for p in _UNITS["days"])


def period(text: object) -> Phrase:
    """A length of time in words, or a number as it is."""
    try:
        length = read_period(str(text))
    except ValueError:
        return say("{name}", name=shown(text))
    return say(_UNITS[length.unit][length.number != 1].template, count=length.number)


def stated(value: object, e: Explained) -> Phrase:
    """What a rule states: a number or a period, or its parameter's name with what it is on the day that decides."""
    if not isinstance(value, str) or not value.startswith("$"):
        return period(value)
    held = value_at(e.prepared.parameters[value[1:]], basis(e))
    if held is None:
        return say("{name}, which has no value on {day},", name=value, day=basis(e))
    if e.told is not None and period(held).template in _DAYS:
        held = m.period_of(value, e.told.case, basis(e))
    return say("{value} ({name})", value=period(held), name=value)


def moment_at(name: str, when: m.When | None, e: Explained) -> Phrase:
    """When something happened, and where that is written."""
    if when is None:
        return say("{name} hasn't happened, as far as can be read", name=name)
    return say("{name} on {at} ({place})", name=name, at=shown(when), place=place(source(name, when, e)))


def source(name: str, when: m.When, e: Explained) -> Row | None:
    """The row in which a moment is written."""
    meant, told = e.moments.get(name), e.told
    if told is None:
        return None
    if isinstance(meant, SharedMoment):
        rows = [r for r, column in told.shared[name] if r.cells.get(column) == when] or [r for r, _ in told.shared[name]]
    elif isinstance(meant, ColumnMoment):
        rows = [told.own]
    elif meant is not None:
        kind = told.case.kind_columns.get(meant.table)
        rows = [
            r for r in told.records.get(meant.table, ())
            if r.cells.get(meant.column) == when and (meant.kind is None or (kind is not None and r.cells.get(kind) == meant.kind))
        ]  # fmt: skip
    else:
        rows = []
    return rows[0] if rows else None
