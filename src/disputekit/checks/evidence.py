"""What shows that a control is kept, in the words of the register, so that a reader who doesn't know its names can attach it."""

from collections.abc import Mapping

from disputekit.checks.names import EVENTS, MOMENTS, Supplied, parent
from disputekit.checks.prepare import Prepared
from disputekit.register.organisation import ORGANISATION
from disputekit.register.schema import Table
from disputekit.text import Text


def in_words(prepared: Prepared, specs: Mapping[str, Table], supplied: Mapping[str, Supplied]) -> tuple[Text, ...]:
    """The evidence of a check, each name of it as the tables describe it."""
    subject = specs[prepared.reads.subject]
    return tuple(dict.fromkeys(_told(name, subject, specs, supplied) for name in prepared.check.evidence))


def _told(name: str, subject: Table, specs: Mapping[str, Table], supplied: Mapping[str, Supplied]) -> Text:
    first, _, rest = name.partition(".")
    above = parent(name, subject, specs)
    if above is not None:
        return _cell(above[1], above[2])
    if rest and first in specs:
        return _named(specs[first], rest) if first == ORGANISATION else _record(specs[first], rest)
    columns = {**subject.columns, **(supplied[subject.name].columns if subject.name in supplied else {})}
    own = next((n for n in (name, *(name + ending for ending in MOMENTS)) if n in columns), None)
    return _cell(subject, own) if own is not None else _named(specs[EVENTS], name)


def _record(table: Table, rest: str) -> Text:
    """Of a record table: a column (`events.activity`), a sort (`payments.benefit`), or a sort's column or moment (`notices.refusal.sent`)."""
    if rest in table.columns:
        return _cell(table, rest)
    kind, _, last = rest.rpartition(".")
    column = next((n for n in (last, *(last + ending for ending in MOMENTS)) if kind and n in table.columns), None)
    return _cell(table, column, kind) if column is not None else _named(table, rest)


def _named(table: Table, name: str) -> Text:
    return Text(zh=f"{table.title.zh}（{name}）", en=f"{table.title.en} ({name})")


def _cell(table: Table, column: str, kind: str | None = None) -> Text:
    """A column as its table describes it; one that only this register has goes by its name."""
    if column not in table.columns:
        return _named(table, column)
    of, told = _named(table, column if kind is None else kind), table.columns[column].description
    return Text(zh=f"{of.zh}：{told.zh}", en=f"{of.en}: {told.en}")
