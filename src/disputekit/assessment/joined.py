"""The findings of two assessments, control by control, joined in SQL.

A finding is the same one where control, subject and occurrence are. It is changed where its outcome, reason, start, due date, end, what was
expected of it or its waiver differ; what merely grows with the day (days observed) and who handles it aren't compared.

Facts that changed afterwards are told from findings alone, for an assessment keeps no others. A start or an end that both assessments could
have seen, but not alike: it lies before the end of the old one's day and before its oldest extract. And a breach that was late or open and
is gone though its control is the same: nothing cures a breach, so that something it rests on is no longer what it was. A fact that turns
into a pass before it was ever a finding leaves no trace here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from disputekit import sql
from disputekit.assessment.difference import Row, Seen
from disputekit.checks.decide import STILL_OPEN

_SEEN = tuple(Seen.model_fields)
AT_ONCE = 1_000_000
"""How many findings are joined by one query."""


@dataclass(frozen=True)
class Pair:
    """The findings of a control in both assessments, in files. old: None where the old one has none that could be compared. findings: of both.

    unchanged: the files have the same bytes, and so the same findings: of many hundred assessments most have.
    """

    control: str
    old: Path | None
    new: Path
    same_rules: bool
    unchanged: bool
    findings: int


def batches(pairs: Sequence[Pair]) -> Iterator[list[Pair]]:
    """Pairs that are joined by one query: many small ones take as long as one, and many big ones more memory than there is."""
    some: list[Pair] = []
    for pair in pairs:
        if some and sum(p.findings for p in some) + pair.findings > AT_ONCE:
            yield some
            some = []
        some.append(pair)
    if some:
        yield some


# a plugin's check may give a finding twice; without a number each would meet each
_NUMBERED = "select *, row_number() over (partition by place, subject, occurrence order by started_at, outcome, reason) as nth from ({rows})"
_COMPARED = """
    create or replace temp table compared as
    with o as ({old}), n as ({new}),
    both_sides as (
      select coalesce(o.place, n.place) as place, coalesce(o.subject, n.subject) as subject, coalesce(o.occurrence, n.occurrence) as occurrence,
             case when o.outcome is null then 'new' when n.outcome is null then 'gone'
                  when {differs} then 'changed' else 'same' end as state,
             {old_columns}, {new_columns},
             o.outcome is not null and n.outcome is not null and {started} as started_afterwards,
             o.outcome is not null and n.outcome is not null and {done} as done_afterwards,
             n.outcome is null and o.outcome = 'fail' and o.reason in ('late', 'open') and list_contains($same_rules, o.place) as gone_afterwards
      from o full join n on o.place = n.place and o.subject is not distinct from n.subject and o.occurrence is not distinct from n.occurrence and o.nth = n.nth)
    select *, started_afterwards or done_afterwards or gone_afterwards as afterwards from both_sides where state <> 'same'"""
_AFTERWARDS = "(o.{c} is distinct from n.{c} and (o.{c} is null or o.{c} < $bound) and (n.{c} is null or n.{c} < $bound))"
_WORSE = f"""
    state = 'changed' and new_outcome in ('fail', 'unknown') and new_waiver is null
    and (new_outcome <> old_outcome or old_waiver is not null and new_waiver is null
         or {STILL_OPEN.format("new_")} and not {STILL_OPEN.format("old_")})"""
_ENDED = f"state = 'changed' and new_outcome = 'fail' and {STILL_OPEN.format('old_')} and not {STILL_OPEN.format('new_')}"
COUNTS = f"""
    select place, state, new_outcome, count(*), count(*) filter (where {_WORSE}), count(*) filter (where {_ENDED}), count(*) filter (where afterwards),
           count(*) filter (where state = 'new' and new_outcome in ('fail', 'unknown') and new_waiver is not null)
    from compared group by place, state, new_outcome order by place, state, new_outcome"""  # noqa: S608 — our own text
_WRONG = "select place, count(*) from ({rows}) where outcome in ('fail', 'unknown') group by place"


def _placed(parts: Mapping[int, Path]) -> str:
    """The rows of parts, each with its number as `place`."""
    return " union all ".join(f"select {place} as place, * from {sql.written(sql.parquet(part))}" for place, part in parts.items())  # noqa: S608 — a tree's text


def wrong_in(db: duckdb.DuckDBPyConnection, pairs: Sequence[Pair]) -> dict[str, int]:
    """How many findings of each control are breaches and unknowns now."""
    found = dict(db.execute(_WRONG.format(rows=_placed({n: p.new for n, p in enumerate(pairs)}))).fetchall()) if pairs else {}
    return {p.control: found.get(n, 0) for n, p in enumerate(pairs)}


def join(db: duckdb.DuckDBPyConnection, pairs: Sequence[Pair], bound: datetime) -> None:
    """Puts what differs between both sides of pairs into the table `compared`; `place` is a pair's number."""
    new = _placed({n: p.new for n, p in enumerate(pairs)})
    old = _placed({n: p.old for n, p in enumerate(pairs) if p.old is not None})
    query = _COMPARED.format(
        old=_NUMBERED.format(rows=old if old else f"select * from ({new}) where false"), new=_NUMBERED.format(rows=new),  # noqa: S608 — a tree's text
        differs=" or ".join(f"o.{c} is distinct from n.{c}" for c in _SEEN), old_columns=", ".join(f"o.{c} as old_{c}" for c in _SEEN),
        new_columns=", ".join(f"n.{c} as new_{c}" for c in _SEEN), started=_AFTERWARDS.format(c="started_at"), done=_AFTERWARDS.format(c="done_at"),
    )  # fmt: skip
    db.execute(query, {"bound": bound, "same_rules": [n for n, p in enumerate(pairs) if p.same_rules]})


def first_rows(db: duckdb.DuckDBPyConnection, pairs: Sequence[Pair], state: str, most: int) -> list[Row]:
    """The first rows of a sort, by control and subject."""
    columns = ", ".join(f"{side}_{c}" for side in ("old", "new") for c in _SEEN)
    query = f"""select place, subject, occurrence, started_afterwards, done_afterwards, gone_afterwards, {columns} from compared
                where case when $state = 'afterwards' then afterwards else state = $state end
                order by place, subject, occurrence, {columns} limit $most"""  # noqa: S608 — names of our own
    found = db.execute(query, {"state": state, "most": max(most, 0)}).fetchall()
    flags = ("started_at", "done_at", "gone")
    return [
        Row(control=pairs[row[0]].control, subject=row[1], occurrence=row[2], afterwards=tuple(f for f, said in zip(flags, row[3:6], strict=True) if said),
            old=_seen(row[6 : 6 + len(_SEEN)]), new=_seen(row[6 + len(_SEEN) :]))
        for row in found
    ]  # fmt: skip


def _seen(values: tuple[Any, ...]) -> Seen | None:
    return None if values[0] is None else Seen.model_validate(dict(zip(_SEEN, values, strict=True)))
