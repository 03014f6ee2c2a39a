"""`independence`: who acted in a role must have no part in the matter."""

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from disputekit.extension import Reads, Records, RuleKind
from disputekit.kinds.common import start_arms, start_columns
from disputekit.oracles.independence import oracle
from disputekit.policies.model import Moment, Rule

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks import vocabulary as words

PERSONS = {"parties": "person_id", "assignments": "staff_id"}
"""The tables that say who took part, and the column that identifies the person."""
Name = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Independence(Rule):
    """A finding where somebody who acted in `role` is one of `not_in`, or where fewer than `min` persons acted in it.

    `not_in` lists what disqualifies: "conflict" (a conflict of interest was declared), "organisation" (they belong to the organisation itself),
    a column of the subject or a parent that holds a person's identifier ("handler_id", "dispute.handler_id"), or a role that they had in the
    same matter, too ("assignments.handler", "parties.respondent_staff"). Persons are compared by identifier. With `when`, only once that happened, and who
    acted is who began up to then; who doesn't say when they began may have acted.

    That nobody of a role is among them is known only where that role's records are complete and fresh. An empty cell that could disqualify
    somebody leaves the outcome `unknown`.
    """

    kind: Literal["independence"]
    role: Name
    of: Literal["parties", "assignments"] = "parties"
    not_in: Annotated[tuple[Name, ...], Field(min_length=1)]
    min: Annotated[int, Field(ge=1, strict=True)] = 1
    when: Moment | None = None

    @model_validator(mode="after")
    def _known(self) -> Self:
        for item in self.not_in:
            if item in ("conflict", "organisation") and self.of != "parties":
                raise ValueError(f"{item!r} is known of parties only")
            if item == f"{self.of}.{self.role}":
                raise ValueError(f"{item!r} is the role itself")
        return self

    @property
    def roles(self) -> tuple[tuple[str, str], ...]:
        """The roles that disqualify, each with its table."""
        return tuple((t, role) for t, dot, role in (n.partition(".") for n in self.not_in) if dot and t in PERSONS)

    @property
    def cells(self) -> tuple[str, ...]:
        """The columns of the subject or a parent that name who is disqualified."""
        return tuple(n for n in self.not_in if n not in ("conflict", "organisation") and n.partition(".")[0] not in PERSONS)


def reads(rule: Independence) -> Reads:
    own = (PERSONS[rule.of], *(n for n in ("conflict", "organisation") if n in rule.not_in))
    records = [Records(rule.of, own), *(Records(table, (PERSONS[table],)) for table, _ in rule.roles)]
    if "organisation" in rule.not_in:
        records.append(Records("organisation", ("name",)))
    moments = (rule.when,) if rule.when is not None else ()
    sorts = (f"{rule.of}.{rule.role}", *(f"{table}.{role}" for table, role in rule.roles))
    return Reads(rule.subject, columns=rule.cells, moments=moments, records=tuple(records), sorts=sorts, texts=rule.cells)


_ACTED = """
    select s.subject, $person as person, $surely as surely, $rejected as rejected, $conflict as conflict, $organisation as organisation
    from record as r join subject as s on s.subject = r.subject_id
    where $perhaps"""
_OTHERS = "select subject_id, $person as person, $rejected as rejected from $records"
_UNITED = "select subject_id, person, max(case when rejected then 1 else 0 end) = 1 as rejected from other group by subject_id, person"
# who had another role in the same matter; one of them without a name may be anybody
_HELD = """
    select subject_id, max(case when person is null then 1 else 0 end) = 1 as unnamed, max(case when rejected then 1 else 0 end) = 1 as rejected
    from united group by subject_id"""
_TOLD = """
    select a.subject, a.person, a.surely, a.rejected, $interested as interested, a.person is null or $unclear as unclear
    from acted as a join subject as s on s.subject = a.subject
    left join united as u on u.subject_id = a.subject and u.person = a.person"""
_JUDGED = """
    select subject, count(distinct case when surely then person end) as fewest,
           count(distinct person) + count(*) - count(person) as most,
           max(case when interested and surely then 1 else 0 end) = 1 as interested,
           max(case when unclear or (interested and not surely) then 1 else 0 end) = 1 as unclear,
           max(case when rejected then 1 else 0 end) = 1 as rejected,
           array_to_string(list_sort(list(distinct case when interested then person end)), ', ') as who
    from told group by subject"""
_JOINED = """
    select s.*, coalesce(j.fewest, 0) as fewest, coalesce(j.most, 0) as most, coalesce(j.interested, false) as interested,
           coalesce(j.unclear, false) or coalesce(h.unnamed, false) as unclear,
           coalesce(j.rejected, false) or coalesce(h.rejected, false) as rejected, j.who
    from subject as s left join judged as j on j.subject = s.subject left join held as h on h.subject_id = s.subject"""
_VERDICT = """
    select subject, unit, handler, started_at, case when interested then who else cast(fewest as varchar) end as observed, $least as expected,
           case
             when concerned is null then 'unknown: condition'
             when started_at is null and start_rejected then 'unknown: rejected value'
             when $not_started then $not_begun
             when not $in_force then 'not_applicable: not in force'
             when start_rejected or cell_rejected or rejected then 'unknown: rejected value'
             when interested then 'fail: interested'
             when most < $min and not $covered then 'unknown: not covered'
             when most < $min and not $fresh then 'unknown: stale'
             when most < $min then 'fail: missing'
             when fewest < $min or unclear or cell_missing then 'unknown: missing'
             when not $others_covered then 'unknown: not covered'
             when not $others_fresh then 'unknown: stale'
             else 'pass'
           end as verdict
    from joined"""
_BY = """
    case when s.start_coarse or $coarse then cast($moment as date) <= cast(s.started_at as date) else $moment <= s.started_at end"""


def query(rule: Independence, sql: "words.Vocabulary") -> "exp.Select":
    start = sql.moment(rule.when) if rule.when is not None else None
    main = sql.main_moment(rule.of)
    no, yes = sql.literal(False), sql.literal(True)
    cells = {name: sql.column_of(f"cell_{number}", "s") for number, name in enumerate(rule.cells)}
    subject = sql.subjects(
        **start_columns(start, sql), **{f"cell_{number}": sql.column(name) for number, name in enumerate(rule.cells)},
        cell_rejected=sql.either(*(sql.column_rejected(name) for name in rule.cells)),
        cell_missing=sql.either(*(sql.expression("$c is null", c=sql.column(name)) for name in rule.cells)),
    )  # fmt: skip
    surely = perhaps = yes
    moment = sql.column_of(main, "r")
    if start is not None:
        by = sql.expression(_BY, moment=moment, coarse=sql.coarse_record(rule.of, main, "r"))
        surely, perhaps = sql.expression("coalesce($by, false)", by=by), sql.expression("coalesce($by, true)", by=by)
    conflict, organisation = "conflict" in rule.not_in, "organisation" in rule.not_in
    steps = {"subject": subject, "record": sql.records(rule.of, (rule.role,))}
    steps["acted"] = sql.fill(
        _ACTED, person=sql.column_of(PERSONS[rule.of], "r"), surely=surely, perhaps=perhaps,
        rejected=sql.either(sql.bad_record(rule.of, main, "r"), sql.bad_record(rule.of, "conflict", "r") if conflict else no),
        conflict=sql.column_of("conflict", "r") if conflict else no,
        organisation=sql.column_of("organisation", "r") if organisation else sql.expression("cast(null as varchar)"),
    )  # fmt: skip
    steps |= _others(rule, sql)
    interested = [sql.expression("a.conflict"), sql.expression("u.subject_id is not null"),
                  *(sql.expression("a.person = $cell", cell=cell) for cell in cells.values())]  # fmt: skip
    unclear = [sql.expression("a.conflict is null")]
    if organisation:
        interested.append(sql.expression("a.organisation = (select max(name) from organisation)"))
        unclear.append(sql.expression("a.organisation is null"))
    steps["told"] = sql.fill(
        _TOLD, interested=sql.either(*(sql.expression("coalesce($i, false)", i=i) for i in interested)), unclear=sql.either(*unclear)
    )
    steps["judged"], steps["joined"] = sql.fill(_JUDGED), sql.fill(_JOINED)
    since = sql.expression("coalesce(begins_at, started_at)")
    last = sql.fill(
        _VERDICT, min=sql.literal(rule.min), least=sql.literal(str(rule.min)), covered=sql.covered((rule.of, rule.role), since),
        fresh=_fresh(rule.of, start is not None, sql), others_covered=sql.both(*(sql.covered(sort, since) for sort in rule.roles)),
        others_fresh=sql.both(*(sql.fresh_now(table) for table, _ in rule.roles)), **start_arms(start, sql),
    )  # fmt: skip
    return sql.pipeline(last, **steps)


def _fresh(table: str, by_start: bool, sql: "words.Vocabulary") -> "exp.Expression":
    """Whether whoever had acted by then would be in the table."""
    return sql.fresh(table, sql.expression("cast(started_at as date)")) if by_start else sql.fresh_now(table)


def _others(rule: Independence, sql: "words.Vocabulary") -> "dict[str, exp.Select]":
    """The steps up to `united`, who had another role in the same matter, and `held`, whether they are all known."""
    steps: dict[str, exp.Select] = {}
    parts = [sql.fill("select cast(null as varchar) as subject_id, cast(null as varchar) as person, false as rejected where false")]
    for number, (table, role) in enumerate(rule.roles):
        steps[f"role_{number}"] = sql.records(table, (role,))
        rejected = sql.bad_record(table, sql.main_moment(table))
        parts.append(sql.fill(_OTHERS, person=sql.column_of(PERSONS[table]), rejected=rejected, records=sql.step(f"role_{number}")))
    steps["other"] = sql.together(*parts)
    return {**steps, "united": sql.fill(_UNITED), "held": sql.fill(_HELD)}


def evidence(rule: Independence) -> tuple[str, ...]:
    return (f"{rule.of}.{rule.role}",)


KIND = RuleKind("independence", Independence, reads, query, oracle, evidence=evidence)
