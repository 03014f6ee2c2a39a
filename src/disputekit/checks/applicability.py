"""Where a control applies at all: the organisation's phase, the line of business, and duties that contradict each other.

A control outside of its phase isn't applicable. Two duties in conflict are neither of them decided until counsel's opinion says which one
yields: two contradictory reds would tell nobody what to do, and a green one would be wrong.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
from sqlglot import exp

from disputekit import sql
from disputekit.checks.facts import Facts, at
from disputekit.policies.model import Applies, Conflict, Opinion
from disputekit.policies.packs import Pack
from disputekit.register.loaded import LoadedTable

PHASES = "phases"


@dataclass(frozen=True)
class Contradiction:
    """A conflict as it stands on a day: `yields` is the control that gives way, None while nobody has decided.

    expired: an opinion was recorded, and doesn't hold any more.
    """

    conflict: Conflict
    yields: str | None
    expired: bool = False

    def verdict_for(self, control: str) -> str | None:
        """What the conflict makes of a control's verdict; None for the duty that prevails."""
        if self.yields is None:
            return "unknown: conflict"
        return "not_applicable: yields" if self.yields == control else None


def contradictions(packs: Sequence[Pack], opinions: Mapping[str, Opinion], as_of: date) -> tuple[Contradiction, ...]:
    """The conflicts of the packs of which both duties are enabled."""
    enabled = {r.id for p in packs for r in p.controls if p.evaluates(r)}
    return tuple(as_it_stands(c, opinions.get(c.id), as_of) for p in packs for c in p.conflicts if set(c.between) <= enabled)


def as_it_stands(conflict: Conflict, opinion: Opinion | None, as_of: date) -> Contradiction:
    """How a conflict stands on a day with the opinion that counsel gave on it, if any."""
    if conflict.yields is not None:
        return Contradiction(conflict, conflict.yields)
    if opinion is None or opinion.given_on > as_of:
        return Contradiction(conflict, None)
    if opinion.expires_on is not None and opinion.expires_on < as_of:
        return Contradiction(conflict, None, expired=True)
    return Contradiction(conflict, opinion.yields)


@dataclass(frozen=True)
class Phase:
    """A phase of the organisation: its days, the last one included; None: not over yet."""

    name: str
    starts_on: date
    ends_on: date | None


class UnreadPhase(Exception):
    """A phase whose first or last day couldn't be read: nobody can say which phase it is on any day."""


def phases(db: duckdb.DuckDBPyConnection, table: LoadedTable) -> tuple[Phase, ...]:
    """The organisation's phases. Raises UnreadPhase."""
    if any(table.columns[c].rejected for c in ("starts_on", "ends_on") if c in table.columns):
        raise UnreadPhase("a phase's first or last day couldn't be read")
    ends = sql.col("ends_on") if "ends_on" in table.columns else sql.null("date")
    query = sql.fill("select phase, starts_on, $ends as ends_on from $table order by all", ends=ends, table=sql.tab(table.name))
    return tuple(Phase(*row) for row in db.execute(sql.written(query)).fetchall())


def line_condition(condition: exp.Expression | None, column: str | None, applies: Applies | None) -> exp.Expression | None:
    """The control's condition and its line of business; NULL where either can't be told."""
    if column is None or applies is None:
        return condition
    among: exp.Expression = exp.paren(exp.In(this=sql.col(column), expressions=[sql.text(line) for line in applies.line]))
    return among if condition is None else sql.both([condition, among])


def barred(
    query: exp.Select, control: str, applies: Applies | None, contrary: Sequence[Contradiction], start: str | None, facts: Facts,
    known: Sequence[Phase], as_of: date,
) -> exp.Select:  # fmt: skip
    """A control's query with the verdicts that its phase and its conflicts leave.

    start: the moment whose day decides; where there is none, the beginning of the subject's life, else as-of.
    """
    begins = facts.subject.begins[:-3] if facts.subject.begins else None
    moments = [sql.expression("cast($m as date)", m=sql.col(at(n))) for n in (start, begins) if n is not None and n in facts.moments]
    basis = exp.Coalesce(this=moments[0], expressions=[*moments[1:], sql.day(as_of)]) if moments else sql.day(as_of)
    grouped = "counted_in" in query.named_selects
    # a finding about a group is judged by the day on which its period begins, and so are all who are counted in it
    day = sql.expression("coalesce(cast(r.started_at as date), $as_of)", as_of=sql.day(as_of)) if grouped else sql.col("basis_on", "b")
    verdict = exp.Case(ifs=list(_arms(control, applies, contrary, known, day)), default=sql.col("verdict", "r"))
    kept = [sql.col(n, "r") for n in query.named_selects if n != "verdict"]
    judged = exp.Select(expressions=[*kept, verdict.as_("verdict")]).from_(exp.Subquery(this=query, alias=exp.TableAlias(this=sql.name("r"))))
    if grouped:
        return judged
    on = sql.fill("select subject, $basis as basis_on from $facts", basis=basis, facts=sql.tab(facts.table))
    return judged.join(exp.Subquery(this=on, alias=exp.TableAlias(this=sql.name("b"))), on=sql.expression("b.subject = r.subject"))


def _arms(
    control: str, applies: Applies | None, contrary: Sequence[Contradiction], known: Sequence[Phase], basis: exp.Expression
) -> Iterator[exp.If]:
    if applies is not None and applies.phase:
        yield exp.If(this=sql.expression("not $within", within=_within(applies.phase, known, basis)), true=sql.text("not_applicable: other phase"))
    yield exp.If(this=sql.expression("starts_with(r.verdict, 'not_applicable')"), true=sql.col("verdict", "r"))
    for one in contrary:
        verdict = one.verdict_for(control)
        if verdict is not None:
            holds = _within((one.conflict.phase,), known, basis) if one.conflict.phase is not None else sql.boolean(True)
            yield exp.If(this=holds, true=sql.text(verdict))


def _within(names: Sequence[str], known: Sequence[Phase], basis: exp.Expression) -> exp.Expression:
    return sql.either(
        sql.both([sql.expression("$day >= $start", day=basis, start=sql.day(p.starts_on)),
                  sql.expression("$day <= $end", day=basis, end=sql.day(p.ends_on)) if p.ends_on is not None else sql.boolean(True)])
        for p in known if p.name in names
    )  # fmt: skip
