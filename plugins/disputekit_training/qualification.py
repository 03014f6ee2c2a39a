"""`qualification`: whoever did something held the courses on that day."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from disputekit import Reads, Records, Rule, RuleKind
from disputekit_training import record, told, walk_qualification
from disputekit_training.settings import Settings, Texts

if TYPE_CHECKING:
    from disputekit import Expression, Query, Vocabulary

WHO = {"events": "actor_id", "decisions": "decided_by", "assignments": "staff_id"}
"""The tables of which a record says who did it, and in which column."""


class Qualification(Rule):
    """A finding for each subject of which something in `of` was done by somebody who didn't hold one of the `courses` on that day.

    `of` names activities, or "decisions.<kind>" and "assignments.<role>" (on the day it begins). A course is held from the day on which it was
    completed to its `expires_on`, else to the end of the catalogue's `valid`; both days count. Where a record says nobody, nobody can tell.
    The first act without one is shown, as day, person and course.
    """

    kind: Literal["qualification"]
    of: Annotated[Texts, Field(min_length=1)]
    courses: Annotated[Texts, Field(min_length=1)]

    @model_validator(mode="after")
    def _known(self) -> Self:
        for table, sort in self.sorts:
            if not sort:
                raise ValueError(f"{table!r}: write an activity, or one of {', '.join(f'{t}.<kind>' for t in WHO)}")
        return self

    @property
    def sorts(self) -> tuple[tuple[str, str], ...]:
        """What is looked at, each with its table."""
        return tuple((n.partition(".")[0], n.partition(".")[2]) if n.partition(".")[0] in WHO else ("events", n) for n in self.of)

    @property
    def by_table(self) -> dict[str, tuple[str, ...]]:
        return {t: tuple(s for table, s in self.sorts if table == t) for t in dict.fromkeys(t for t, _ in self.sorts)}


WHEN = {"events": "occurred_at", "decisions": "decided_at", "assignments": "starts_at"}
SORT = {"events": "activity", "decisions": "kind", "assignments": "role"}


def reads(settings: Settings, rule: Qualification) -> Reads:
    scored = any(settings.course(c).score is not None for c in rule.courses)
    acts = tuple(Records(t, ("subject_id", SORT[t], WHEN[t], WHO[t])) for t in rule.by_table)
    return Reads(rule.subject, records=(*acts, *record.reads(*(["score"] if scored else []))), sorts=tuple(f"{t}.{s}" for t, s in rule.sorts))


# spans that touch or overlap become one, so that an act meets at most one of them
_SPANS = """
    select staff_id, min(from_on) as from_on, max(to_on) as to_on
    from (
      select staff_id, from_on, to_on, sum(case when from_on <= before_on then 0 else 1 end) over (
               partition by staff_id order by from_on, to_on rows between unbounded preceding and current row) as island
      from (
        select staff_id, from_on, to_on, max(to_on) over (
                 partition by staff_id order by from_on, to_on rows between unbounded preceding and 1 preceding) as before_on
        from (select staff_id, from_on, coalesce(to_on, cast('9999-12-31' as date)) as to_on
              from $record as r where flaw = 0 and $mine and $passed) as sound) as followed) as apart
    group by staff_id, island"""
_DOUBTS = """
    select staff_id, min(case when flaw > 0 then flaw when score_rejected then 2 else 3 end) as flaw
    from $record as r where $mine and (flaw > 0 or ($passed) is null) group by staff_id"""
# a semi-join of days with spans: only what meets none is looked at any further
_BARE = """
    select a.subject_id, a.day, a.who, a.rejected, case when a.rejected then 0 else coalesce(d.flaw, 0) end as flaw, $course as course,
           a.who is not null and a.day is not null and d.flaw is null and $covered as proven, $fresh as fresh
    from act as a
    left join $spans as s on s.staff_id = a.who and a.day >= s.from_on and a.day <= s.to_on
    left join $doubts as d on d.staff_id = a.who
    where s.staff_id is null"""
_FIRST = """
    select subject_id, min(case when proven and fresh then concat_ws(' ', cast(day as varchar), who, course) end) as shown,
           min(case when proven and fresh then day end) as done_on,
           max(case when proven and fresh then 1 else 0 end) as bare, max(case when flaw = 1 then 1 else 0 end) as contradictory,
           max(case when rejected or flaw = 2 then 1 else 0 end) as unread,
           max(case when who is null or day is null or flaw = 3 then 1 else 0 end) as missing,
           max(case when not proven and flaw = 0 then 1 else 0 end) as uncovered
    from $bare as b group by subject_id"""
_VERDICT = """
    select s.subject, s.unit, s.handler, s.started_at, cast(f.done_on as timestamp) as done_at, f.shown as observed, $courses as expected,
           case
             when s.concerned is null then 'unknown: condition'
             when not s.acted and f.subject_id is null then 'not_applicable: not begun'
             when not $in_force then 'not_applicable: not in force'
             when f.bare = 1 then 'fail: unqualified'
             when f.contradictory = 1 then 'unknown: contradictory'
             when f.unread = 1 then 'unknown: rejected value'
             when f.missing = 1 then 'unknown: missing'
             when f.uncovered = 1 then 'unknown: not covered'
             when f.subject_id is not null then 'unknown: stale'
             else 'pass'
           end as verdict
    from subject as s left join first_bare as f on f.subject_id = s.subject"""


def query(settings: Settings, rule: Qualification, sql: "Vocabulary") -> "Query":
    acted = sql.either(*(sql.expression("$at is not null or $bad", at=m.at, bad=m.rejected) for m in (sql.record(f"{t}.{s}") for t, s in rule.sorts)))
    steps = {
        "subject": sql.subjects(started_at=sql.begins(), basis_on=sql.basis(), acted=acted),
        "act": sql.together(*(_acts(table, sorts, sql) for table, sorts in rule.by_table.items())),
    }
    bare = []
    for number, course in enumerate(rule.courses):
        least = settings.course(course).score
        fills = {"mine": sql.among(sql.column_of("course"), settings.names(course)), "passed": record.enough(least, sql)}
        steps[f"record_{number}"] = record.records([course], settings, sql, scored=least is not None)
        steps[f"span_{number}"] = sql.fill(_SPANS, record=sql.step(f"record_{number}"), **fills)
        steps[f"doubt_{number}"] = sql.fill(_DOUBTS, record=sql.step(f"record_{number}"), **fills)
        day = sql.column_of("day", "a")
        bare.append(sql.fill(
            _BARE, course=sql.literal(course), spans=sql.step(f"span_{number}"), doubts=sql.step(f"doubt_{number}"),
            covered=record.covered(course, settings, record.looked_back(course, settings, day, sql), sql), fresh=sql.fresh(record.TABLE, day),
        ))  # fmt: skip
    steps["bare"] = sql.together(*bare)
    steps["first_bare"] = sql.fill(_FIRST, bare=sql.step("bare"))
    last = sql.fill(_VERDICT, courses=sql.literal(", ".join(rule.courses)), in_force=sql.in_force(sql.column_of("basis_on", "s")))
    return sql.pipeline(last, **steps)


def _acts(table: str, sorts: tuple[str, ...], sql: "Vocabulary") -> "Query":
    when, who = sql.column_of(WHEN[table]), sql.column_of(WHO[table])
    bad: Expression = sql.bad_record(table, WHEN[table])
    return sql.fill("select subject_id, cast($when as date) as day, $who as who, $bad as rejected from $records as r", when=when, who=who, bad=bad,
                    records=sql.records(table, sorts, WHEN[table]).subquery(copy=False))  # fmt: skip


def evidence(rule: Qualification) -> tuple[str, ...]:
    return tuple(f"{record.TABLE}.{c}" for c in rule.courses)


def kind(settings: Settings) -> RuleKind:
    """The kind, with the organisation's catalogue."""
    return RuleKind(
        "qualification", Qualification, partial(reads, settings), partial(query, settings), partial(walk_qualification.qualification, settings), evidence=evidence,
        asked=partial(told.qualification_asked, settings), found=partial(told.qualification_found, settings),
    )  # fmt: skip
