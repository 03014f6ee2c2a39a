"""Which of a table's columns each column of a source supplies, and everything that can be wrong with what the TOML says of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType

from disputekit.errors import Problem, nearest
from disputekit.register.loaded import SuppliedColumn
from disputekit.register.schema import ColumnType, Table
from disputekit.register.settings import SourceSettings
from disputekit.register.shapes import Format, format_of
from disputekit.text import say

_MOMENT = re.compile(r"[a-z][a-z0-9_]*_(at|on)")


@dataclass(frozen=True)
class Mapped:
    """The columns that a table's sources supply, by our names; the formats of its dates; the scale of its numbers."""

    columns: Mapping[str, SuppliedColumn]
    formats: Mapping[str, tuple[Format, ...]]


def unique_names(header: Sequence[str]) -> tuple[str, ...]:
    """Names of a header's columns: without white space around them; a column without a name is `column <its number>`.

    A name that was there before, be it in other letters' case, gets a number too: the engine tells no case apart.
    """
    found: list[str] = []
    taken = {h.strip().casefold() for h in header}
    seen: set[str] = set()
    for number, raw in enumerate(header, 1):
        name = raw.strip()
        if not name or name.casefold() in seen:
            name = next(n for n in (f"{name or 'column'} {i}" for i in count(number)) if n.casefold() not in taken | seen)
        seen.add(name.casefold())
        found.append(name)
    return tuple(found)


def mapped(spec: Table, header: Sequence[str], settings: SourceSettings, where: str) -> tuple[Mapped, list[Problem]]:
    """What `header` supplies of `spec`, and what is wrong with it. `where`: `disputekit.toml: [register.disputes]`."""
    theirs = unique_names(header)
    problems = _twice(header, settings, where)
    taken: dict[str, str] = {}
    for ours, their in settings.columns.items():
        if their not in theirs:
            problems.append(
                Problem(f"{where} columns", say("{ours}: no column {theirs!r} in the file", ours=ours, theirs=their), nearest(their, theirs))
            )
        elif their in taken:
            problems.append(
                Problem(f"{where} columns", say("{theirs!r} is mapped twice, to {one} and {other}", theirs=their, one=taken[their], other=ours))
            )
        else:
            taken[their] = ours
    entity = not spec.is_record
    said = {n.casefold() for n in (*settings.columns, *settings.constants, settings.number_rows) if n is not None}
    columns: dict[str, SuppliedColumn] = {}
    for their in theirs:
        ours = taken.get(their, their)
        if their not in taken and ours.casefold() in said:
            continue  # what the TOML says goes before a column that only happens to have the same name
        known = spec.columns.get(ours)
        kind: ColumnType = "text"
        if ours in settings.types or their in settings.types:
            kind = settings.types[ours if ours in settings.types else their]
        elif known is None and entity and _MOMENT.fullmatch(ours):
            kind = "instant" if ours.endswith("_at") else "date"
        elif known is None and their in taken:
            problems.append(
                Problem(f"{where} columns", say("the table {table} has no column {ours!r}", table=spec.name, ours=ours), nearest(ours, spec.columns))
            )
        if known is not None:
            if ours in settings.types and settings.types[ours] != known.type:
                problems.append(
                    Problem(f"{where} types", say("{ours} is of type {kind}", ours=ours, kind=known.type), say("`types` is for extra columns"))
                )
            kind = known.type
        if ours.casefold() in {c.casefold() for c in columns}:
            problems.append(
                Problem(where, say("two columns are named {name!r} but for the case of letters", name=ours), say("Map one of them to another name"))
            )
            continue
        columns[ours] = SuppliedColumn(ours, kind, their)
    for ours in settings.constants:
        if ours not in spec.columns:
            problems.append(
                Problem(
                    f"{where} constants", say("the table {table} has no column {ours!r}", table=spec.name, ours=ours), nearest(ours, spec.columns)
                )
            )
        elif ours in settings.columns:
            problems.append(Problem(f"{where} constants", say("{ours} is in `columns` as well", ours=ours)))
        else:
            columns[ours] = SuppliedColumn(ours, spec.columns[ours].type, "")
    problems += _required(spec, columns, theirs, settings, where)
    formats, wrong = _formats(columns, settings, where)
    for name in settings.types:
        if name not in columns and name not in theirs:
            problems.append(Problem(f"{where} types", say("no column {name!r} in the file", name=name), nearest(name, [*columns, *theirs])))
    return Mapped(MappingProxyType(columns), formats), problems + wrong


def _twice(header: Sequence[str], settings: SourceSettings, where: str) -> list[Problem]:
    """Columns that are used and have a name that another column has too."""
    raw = [h.strip() for h in header]
    return [Problem(where, say("the file has {count} columns named {name!r}", count=raw.count(n), name=n), say("Give each a name of its own"))
            for n in dict.fromkeys(raw) if n and raw.count(n) > 1 and n in settings.columns.values()]  # fmt: skip


def _required(spec: Table, columns: Mapping[str, SuppliedColumn], theirs: Sequence[str], settings: SourceSettings, where: str) -> list[Problem]:
    problems = []
    if settings.number_rows is not None and settings.number_rows != spec.key:
        problems.append(Problem(f"{where} number_rows", say("{name!r} isn't the key of {table}", name=settings.number_rows, table=spec.name),
                                nearest(settings.number_rows, [spec.key] if spec.key else [])))  # fmt: skip
    needed = [n for n, c in spec.columns.items() if c.required or (n == spec.key and not spec.key_optional)]
    for name in needed:
        if name in columns or name == settings.number_rows:
            continue
        hint = say('Map it: columns = {{ {name} = "…" }}. The file has: {theirs}', name=name, theirs=", ".join(theirs)[:400])
        if name == spec.key:
            hint = say("Map it: columns = {{ {name} = \"…\" }}, or number the rows: number_rows = \"{name}\". The file has: {theirs}", name=name,
                       theirs=", ".join(theirs)[:400])  # fmt: skip
        problems.append(Problem(where, say("the column {name} is required and no column of the file is mapped to it", name=name), hint))
    return problems


def _formats(columns: Mapping[str, SuppliedColumn], settings: SourceSettings, where: str) -> tuple[Mapping[str, tuple[Format, ...]], list[Problem]]:
    problems = []
    found = {}
    for name, written in settings.formats.items():
        column = columns.get(name)
        if column is None:
            problems.append(Problem(f"{where} formats", say("no column {name!r} is supplied", name=name), nearest(name, columns)))
        elif column.type not in {"date", "instant"}:
            problems.append(Problem(f"{where} formats", say("{name} is {kind}, neither a date nor an instant", name=name, kind=column.type)))
        formats = [format_of(f) for f in written]
        problems += [Problem(f"{where} formats", f.what, f.hint) for f in formats if isinstance(f, Problem)]
        found[name] = tuple(f for f in formats if isinstance(f, Format))
    return MappingProxyType(found), problems
