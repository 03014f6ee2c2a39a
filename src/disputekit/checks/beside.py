"""What stands beside a finding: the waiver and the disposition that are about it. Neither changes the finding.

A finding's facts are what doesn't move with as-of: a waiver goes stale when they change, and never because a day has passed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import duckdb
from sqlglot import exp

from disputekit import sql
from disputekit.waivers import Disposition, Waiver

Standing = Literal["in force", "stale", "unused"]
"""What a waiver is to one subject: its finding has the facts that were approved, has other facts, or there is no finding."""

# every part is written with its length before it, so that no two different facts can be the same text
_PART = "coalesce(length(cast($c as varchar)) || ':' || cast($c as varchar), '-')"
_COUNTED_TO_AS_OF = "done_at is null and outcome = 'unknown'"
_OPEN = "done_at is null and due_on is not null"
_OBSERVED = f"case when {_COUNTED_TO_AS_OF} then null when {_OPEN} then regexp_replace(observed, '^-?[0-9]+', '') else observed end"
"""What was observed as far as it doesn't move: how long something has taken so far grows from day to day while it is open."""
_PARTS = ("subject", "occurrence", "outcome", "reason", "started_at", "due_on", "due_at", "done_at", _OBSERVED, "expected")
_FACTS = """
    select subject, occurrence, sha256(string_agg($line, '' order by $line)) as facts from $finding
    where outcome in ('fail', 'unknown') and $among group by subject, occurrence"""

_WAIVED = """
    select fact.subject, fact.occurrence, min(approved.waiver) as waiver
    from approved join fact on fact.subject = approved.subject and fact.facts = approved.facts where $scope group by fact.subject, fact.occurrence"""
# a waiver of several findings of a subject is stale as soon as one of them isn't what it was
_STANDINGS = """
    select approved.waiver, approved.subject,
           case when max(case when known.subject is null then 1 else 0 end) = 1 then 'unused'
                when min(case when fact.facts is not null and $scope then 1 else 0 end) = 1 then 'in force' else 'stale' end as standing
    from approved left join fact on fact.subject = approved.subject and fact.facts = approved.facts
    left join (select distinct subject from fact) as known on known.subject = approved.subject
    group by approved.waiver, approved.subject order by approved.waiver, approved.subject"""


@dataclass(frozen=True)
class Beside:
    """What is to be put beside one control's findings. `waivers`: in force on the day. `scopes`: by waiver, the subjects of its condition."""

    control: str
    waivers: tuple[Waiver, ...] = ()
    dispositions: tuple[Disposition, ...] = ()
    scopes: Mapping[str, exp.Select] = field(default_factory=lambda: MappingProxyType({}))


def facts_query(control: str, finding: exp.Expression, subjects: Sequence[str] | None) -> exp.Select:
    """The hash of the facts of each of a subject's findings: columns `subject`, `occurrence`, `facts`. `subjects`: of these only; None: of all."""
    parts = [sql.text(f"{len(control)}:{control}"), *(sql.expression(_PART, c=sql.expression(p)) for p in _PARTS)]
    line = sql.expression(" || ".join(f"$p{i}" for i in range(len(parts))), **{f"p{i}": p for i, p in enumerate(parts)})
    listed = exp.In(this=sql.col("subject"), expressions=[sql.text(s) for s in subjects or ()])
    among = sql.expression("subject is not null") if subjects is None else listed
    return sql.fill(_FACTS, line=line, finding=finding, among=among)


def facts_of(db: duckdb.DuckDBPyConnection, control: str, part: Path, subjects: Sequence[str] | None = None) -> dict[str, tuple[str, ...]]:
    """By subject the hashes of the facts of its findings in a file, in the order of their occurrences; subjects in order, too."""
    query = facts_query(control, sql.parquet(part), subjects).order_by("subject", "occurrence")
    found: dict[str, tuple[str, ...]] = {}
    for subject, _, facts in db.execute(sql.written(query)).fetchall():
        found[subject] = (*found.get(subject, ()), facts)
    return found


def _listed(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> exp.Select:
    """Rows of texts as a query of their own."""
    cells = [exp.Tuple(expressions=[sql.text(c) for c in row]) for row in rows]
    values = exp.Values(expressions=cells, alias=exp.TableAlias(this=sql.name("given"), columns=[sql.name(c) for c in columns]))
    return exp.select(*(sql.col(c) for c in columns)).from_(values)


def _approved(beside: Beside) -> exp.Select:
    return _listed(
        ("waiver", "subject", "facts"), [(w.id, subject, one) for w in beside.waivers for subject, facts in w.facts.items() for one in facts]
    )


def _in_scope(beside: Beside) -> exp.Expression:
    """Whether the condition of a waiver holds for a subject of `approved`."""
    found: exp.Expression = sql.boolean(True)
    for waiver, subjects in beside.scopes.items():
        found = sql.both([found, sql.expression("approved.waiver <> $w or approved.subject in $subjects", w=sql.text(waiver),
                                                subjects=exp.Subquery(this=subjects.copy()))])  # fmt: skip
    return found


def with_beside(finding: exp.Select, columns: Sequence[str], beside: Beside) -> exp.Select:
    """Findings with their columns `waiver` and `disposition` filled in, in their order."""
    steps = {"finding": finding}
    waiver, disposition = sql.null("varchar"), sql.null("varchar")
    if beside.waivers:
        subjects = list(dict.fromkeys(s for w in beside.waivers for s in w.facts))
        steps["approved"] = _approved(beside)
        steps["fact"] = facts_query(beside.control, sql.tab("finding"), subjects)
        steps["waived"] = sql.fill(_WAIVED, scope=_in_scope(beside))
        waiver = sql.col("waiver", "waived")
    if beside.dispositions:
        steps["disposed"] = _listed(("subject", "disposition"), [(d.subject, d.id) for d in beside.dispositions])
        disposition = sql.col("disposition", "disposed")
    given = {"waiver": waiver, "disposition": disposition}
    query = exp.select(*(given[c].as_(sql.name(c)) if c in given else sql.col(c, "finding") for c in columns)).from_(sql.tab("finding"))
    for step in ("waived", "disposed"):
        if step in steps:
            same = " and waived.occurrence is not distinct from finding.occurrence" if step == "waived" else ""
            on = sql.expression(f"{step}.subject = finding.subject{same} and finding.outcome in ('fail', 'unknown')")
            query = query.join(sql.tab(step), on=on, join_type="left")
    return sql.pipeline(steps, query.order_by(sql.col("subject", "finding"), sql.col("occurrence", "finding")))


def standings_query(beside: Beside, part: exp.Expression) -> exp.Select:
    """What each waiver is to each of its subjects: columns `waiver`, `subject`, `standing`. `part`: the findings as written."""
    subjects = list(dict.fromkeys(s for w in beside.waivers for s in w.facts))
    steps = {"approved": _approved(beside), "fact": facts_query(beside.control, part, subjects)}
    return sql.pipeline(steps, sql.fill(_STANDINGS, scope=_in_scope(beside)))
