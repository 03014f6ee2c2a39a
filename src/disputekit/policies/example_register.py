"""The register of a pack's examples: their rows together in the tables that the pack's controls read, every id carrying its example's number.

An id `12:1` belongs to the twelfth example. What an example doesn't say is filled in: keys, references to its other rows, and for records
that they are about the row that is judged.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Literal

from pydantic import Field

from disputekit.checks.applicability import PHASES
from disputekit.checks.names import OVER, parent
from disputekit.checks.prepare import CONDITION_FIELDS
from disputekit.extension import Reads, RuleKind
from disputekit.outcomes import Outcome
from disputekit.policies.conditions import ConditionError, columns_read
from disputekit.policies.model import Opinion, Rule, Strict
from disputekit.policies.packs import Pack
from disputekit.register.organisation import ORGANISATION
from disputekit.register.schema import Table
from disputekit.register.settings import Coverage

_NOBODY = "0:nobody"
"""The subject of the row that each table has so that it has all its columns; no example has the number 0."""


class Stated(Strict):
    """What an example says besides its facts.

    also: other controls of the pack that may fail on these facts; any other failure is unexpected. coverage: what is recorded
    completely: everything, nothing, or what is named, and nothing else. extracted_at: when every source was extracted. calendar: as in
    the TOML of an organisation. wind_down: the organisation's dates. conflict: of the pack, both duties of which are enabled; no other
    example knows of any. opinion: counsel's opinion on it, as in the TOML; without one nobody has decided.
    """

    control: str
    name: str = Field(min_length=1)
    as_of: date
    expect: Outcome
    reason: str = ""
    due_on: date | None = None
    also: tuple[str, ...] = ()
    coverage: Literal["all", "none"] | Mapping[str, Coverage] = "all"
    extracted_at: datetime | None = None
    calendar: str = "weekends"
    wind_down: Mapping[str, date] = {}
    conflict: str = ""
    opinion: Opinion | None = None


@dataclass(frozen=True)
class Example:
    """An example as read. where: its place, for messages. subject: the table of its control. rows: by table, as written."""

    where: str
    stated: Stated
    subject: str
    rows: Mapping[str, tuple[Mapping[str, Any], ...]]


@dataclass(frozen=True)
class ExampleRegister:
    """The rows of some examples, every id marked.

    of: by table and id, the example that a row belongs to. judged: by example, the id of the row that its control is about.
    """

    rows: Mapping[str, list[dict[str, Any]]]
    of: Mapping[tuple[str, str], int]
    judged: Mapping[int, str]


def together(examples: Mapping[int, Example], tables: Mapping[str, tuple[str, ...]], specs: Mapping[str, Table]) -> ExampleRegister:
    rows: dict[str, list[dict[str, Any]]] = {t: [_nobody(specs[t], columns)] for t, columns in tables.items()}
    of: dict[tuple[str, str], int] = {}
    judged: dict[int, str] = {}
    for number, example in examples.items():
        keys = {t: _keys(number, specs[t], given) for t, given in example.rows.items()}
        named = {v for t, given in example.rows.items() for row in given for c, v in row.items() if is_identifier(c, specs[t])}
        for table, given in example.rows.items():
            key = specs[table].key
            for place, row in enumerate(given):
                marked = _marked(number, row, example, specs[table], specs=specs, keys=keys, named=named)
                rows[table].append(marked)
                name = f"{table}.jsonl:{len(rows[table])}"
                if key is not None:
                    name = marked[key] = keys[table][place]
                of[(table, name)] = number
                if table == example.subject:
                    judged.setdefault(number, name)
        if example.subject == ORGANISATION:
            judged[number] = organisation_of(number)
            of[(ORGANISATION, judged[number])] = number
    return ExampleRegister(rows, of, judged)


def organisation_of(number: int) -> str:
    """The identifier of an example's organisation."""
    return f"{number}:{ORGANISATION}"


def is_identifier(column: str, spec: Table) -> bool:
    """Whether a column says who or what a row is about: in every table the names of keys and references, and of no other text, end in `_id`."""
    return column.endswith("_id") and column in spec.columns and spec.columns[column].type == "text"


def _nobody(spec: Table, columns: Iterable[str]) -> dict[str, Any]:
    """A row with every column of the table, so that each is supplied; all of them empty but those without which a row is no row."""
    must = {spec.key, "subject_id", "source_id", "target_id"}
    return {c: _NOBODY if c in must else None for c in columns}


def _keys(number: int, spec: Table, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    if spec.key is None:
        return []
    return [f"{number}:{row.get(spec.key, place)}" for place, row in enumerate(rows, 1)]


def _marked(
    number: int, row: Mapping[str, Any], example: Example, spec: Table, *, specs: Mapping[str, Table], keys: Mapping[str, list[str]], named: set[Any]
) -> dict[str, Any]:
    """A row whose ids carry the example's number, and which refers to the example's other rows where it doesn't say to what else.

    named: the example's identifiers. Who did something (`decided_by`) may be anybody in words, or one of these.
    """
    found = {c: f"{number}:{v}" if is_identifier(c, spec) or (c.endswith("_by") and v in named) else _cell(v) for c, v in row.items()}
    for column, target in spec.refers.items():
        if column not in row and keys.get(target) and target != spec.name and (not spec.is_record or spec.columns[column].required):
            found[column] = keys[target][0]
    if spec.is_record:
        about = str(found.setdefault("subject", "disputes" if specs[example.subject].is_record else example.subject))
        if "subject_id" not in row:
            found["subject_id"] = keys[about][0] if keys.get(about) else f"{number}:1"
        if about == ORGANISATION:
            found["subject_id"] = organisation_of(number)
    return found


def _cell(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value) if isinstance(value, float) else value


def tables_read(
    packs: Sequence[Pack], examples: Sequence[Example], kinds: Mapping[str, RuleKind], specs: Mapping[str, Table]
) -> dict[str, tuple[str, ...]]:
    """The tables of the examples' registers and their columns, the same in all of a pack's examples, but for those about a conflict.

    A table is supplied if a control reads it or an example has it, and then with all its columns. Only an entity's moments are supplied
    where some example gives them, or they are required: else an example's events would be passed over for an empty column.
    """
    given: dict[str, dict[str, None]] = {}
    for example in examples:
        for table, rows in example.rows.items():
            given.setdefault(table, {}).update(dict.fromkeys(c for r in rows for c in r))
    for rule in (r for pack in packs for r in pack.controls):
        for table, columns in _read_by(rule, kinds[rule.kind], specs):
            given.setdefault(table, {}).update(dict.fromkeys(columns))
    found = {}
    for table, named in given.items():
        spec = specs[table]
        own = [n for n, c in spec.columns.items() if spec.is_record or c.required or c.type not in ("instant", "date")]
        found[table] = tuple(dict.fromkeys((*own, *named)))
    found.pop(ORGANISATION, None)
    return found


def everybodys(rule: Rule, kind: RuleKind, specs: Mapping[str, Table]) -> tuple[str, ...]:
    """The tables of which a control looks at all rows, whomever they are about: examples that differ in these can't be loaded together."""
    found: list[str] = []
    reads: Reads = kind.reads(rule)
    for name in (*reads.moments, *reads.either):
        pick, of, over = name.partition(OVER)
        if of and pick in ("earliest", "latest"):
            found += [item.partition(".")[0] for item in over.split(", ")]
        elif name.startswith(f"{ORGANISATION}."):
            found.append(ORGANISATION)
    if rule.applies is not None and rule.applies.phase:
        found.append(PHASES)
    found += [r.table for r in reads.records if r.table in specs and not specs[r.table].is_record and r.by is None]
    matched = getattr(rule, "matched", None)
    if matched is not None and not is_identifier(matched[1].rpartition(".")[2], specs[rule.subject]):
        found.append(rule.subject)
    per = getattr(rule, "per", None)
    if getattr(rule, "whole", False):
        found.append(rule.subject)
    if isinstance(per, str) and not is_identifier(per.rpartition(".")[2], (parent(per, specs[rule.subject], specs) or ("", specs[rule.subject]))[1]):
        found.append(rule.subject)
    return tuple(dict.fromkeys(found))


def alike(number: int, example: Example, shared: Mapping[str, tuple[str, ...]], specs: Mapping[str, Table]) -> str:
    """What examples must have in common to be loaded together. shared: by subject, the tables of which its controls look at all rows."""
    wanted = list(dict.fromkeys(t for subject in subjects_of(example) for t in shared.get(subject, ())))
    if any(t in subjects_of(example) and t != ORGANISATION and t in shared.get(t, ()) for t in wanted):
        return str(number)
    rows: dict[str, Any] = {}
    if example.stated.conflict:
        # how a conflict stands goes by the day and by the phases
        rows["conflict"] = [example.stated.conflict, example.stated.as_of, example.stated.opinion, example.rows.get(PHASES, ())]
    for table in wanted:
        if table == ORGANISATION:
            about = {t: [r for r in given if r.get("subject") == ORGANISATION] for t, given in example.rows.items() if specs[t].is_record}
            rows[table] = [example.stated.wind_down, {t: given for t, given in about.items() if given}]
        else:
            rows[table] = example.rows.get(table, ())
    return json.dumps([sorted(example.stated.wind_down), rows], default=str, sort_keys=True)


def subjects_of(example: Example) -> tuple[str, ...]:
    """The tables that have a row in an example; the organisation's is there only where it is judged."""
    return tuple(dict.fromkeys((*(t for t, rows in example.rows.items() if rows), example.subject)))


def _read_by(rule: Rule, kind: RuleKind, specs: Mapping[str, Table]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The tables that a control reads, and the columns that it names."""
    subject = specs[rule.subject]
    yield rule.subject, ()
    reads: Reads = kind.reads(rule)
    yield from ((r.table, r.columns) for r in reads.records)
    conditions: list[str] = []
    for name in CONDITION_FIELDS:
        text = getattr(rule, name, None)
        try:
            conditions += columns_read(text) if isinstance(text, str) else ()
        except ConditionError:
            continue  # `prepare` says what is wrong with it
    for name in (*reads.columns, *conditions):
        above = parent(name, subject, specs)
        if above is not None:
            yield above[1].name, (above[2],)
        elif name in subject.columns:
            yield rule.subject, (name,)
    for name in (*reads.moments, *reads.either, *reads.sorts):
        first, _, rest = name.partition(".")
        above = parent(name, subject, specs)
        if first in specs and (rest or specs[first].is_record):
            yield first, ()
        elif above is not None:
            yield above[1].name, (above[2],)
        else:
            yield "events", ()
