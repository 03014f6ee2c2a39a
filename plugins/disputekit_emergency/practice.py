"""Practice S13.2, from the register: each plan is drilled within its time, and what an activated plan asks for is done by its time."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from disputekit import Check, Reads, Records, Text
from disputekit_emergency.plans import Plan

if TYPE_CHECKING:
    from disputekit import Query, Vocabulary

DRILL = "emergency_drill"
"""The activity of an organisation's event that is a drill; its `note` names the plan."""
TASKS = """
    select subject, unit, handler, started_at, due_at, done_at,
           case
             when rejected then 'unknown: rejected value'
             when kind is null then 'unknown: missing'
             when kind <> 'emergency' then 'not_applicable: not concerned'
             when due_at is null then 'unknown: missing'
             when done_at <= due_at then 'pass'
             when done_at is not null then 'fail: late'
             when due_at < $end then 'fail: open'
             else 'pending'
           end as verdict
    from subject"""
DRILLS = """
    select s.subject, s.unit, s.handler, d.held_at as done_at, cast(d.held_at as varchar) as observed,
           case
             when d.held_at >= $as_of - to_months($months) then 'pass'
             when d.held_at is null and not $covered then 'unknown: not covered'
             else 'fail: missing'
           end as verdict
    from subject as s left join (select max(occurred_at) as held_at from ($events) as e where note = $plan) as d on true"""


def plans_are_lived(plans: Sequence[Plan]) -> Iterator[Check]:
    """One check of the actions, and one of the organisation for each plan that is switched on; left out where the register has no such data."""
    yield Check(
        "S13.2-tasks", Text(zh="应急措施按时完成", en="Emergency work is done in time"), "high", "practice",
        Text(zh="完成逾期的应急措施并登记完成时间", en="Do the emergency work that is late, and enter when it was done"),
        Reads("actions", columns=("kind", "opened_at", "due_at", "done_at")), _tasks, practice="S13.2", optional=True,
        evidence=("actions.done_at",),
    )  # fmt: skip
    for plan in plans:
        if plan.status == "active":
            yield _drilled(plan)


def _tasks(sql: "Vocabulary") -> "Query":
    names = ("kind", "due_at", "done_at")
    subject = sql.subjects(
        kind=sql.column("kind"), started_at=sql.column("opened_at"), due_at=sql.column("due_at"),
        done_at=sql.expression("case when $d < $end then $d end", d=sql.column("done_at"), end=sql.as_of_end),
        rejected=sql.either(*(sql.column_rejected(n) for n in names)),
    )  # fmt: skip
    return sql.pipeline(sql.fill(TASKS, end=sql.as_of_end), subject=subject)


def _drilled(plan: Plan) -> Check:
    def query(sql: "Vocabulary") -> "Query":
        covered = sql.covered(("events", DRILL), sql.expression("$as_of - to_months($m)", as_of=sql.as_of, m=sql.literal(plan.drill_every)))
        return sql.pipeline(sql.fill(DRILLS, as_of=sql.as_of, months=sql.literal(plan.drill_every), covered=covered, plan=sql.literal(plan.id),
                                     events=sql.records("events", (DRILL,)).subquery("r", copy=False).this), subject=sql.subjects())  # fmt: skip

    return Check(
        f"S13.2-drill-{plan.id}",
        Text(zh=f"应急预案 {plan.id} 在{plan.drill_every}个月内演练过", en=f"Emergency plan {plan.id} was drilled within {plan.drill_every} months"),
        "medium", "practice", Text(zh="演练并登记机构事件 emergency_drill（note 写预案编号）",
             en="Drill the plan, and enter the organisation's event emergency_drill (note: the plan's id)"),
        Reads("organisation", records=(Records("events", ("activity", "occurred_at", "note")),)), query, practice="S13.2", optional=True,
        evidence=(f"events.{DRILL}",),
    )  # fmt: skip
