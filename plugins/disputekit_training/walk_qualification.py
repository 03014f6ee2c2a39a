"""The kind `qualification` once more, as one reads it: act by act, record by record. Nothing here is shared with its query."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from disputekit import REJECTED, Case, Verdict
from disputekit_training.settings import Settings
from disputekit_training.walk import WORST, Row, day_of, first_day, in_force, is_covered, is_fresh, not_concerned, records

WHO = {"events": ("activity", "occurred_at", "actor_id"), "decisions": ("kind", "decided_at", "decided_by"),
       "assignments": ("role", "starts_at", "staff_id")}  # fmt: skip


@dataclass(frozen=True)
class Act:
    """Something that somebody did: the day, who, and its row."""

    day: Any
    who: Any
    row: Row


def acts(rule: Any, case: Case) -> list[Act]:
    """Everything that the rule is about, up to the day of the check."""
    found = []
    for name in rule.of:
        table, dot, sort = name.partition(".")
        if not dot or table not in WHO:
            table, sort = "events", name
        by, when, who = WHO[table]
        for row in case.records.get(table, ()):
            day = row.get(when) if row.get(when) is REJECTED else day_of(row.get(when))
            if row.get(by) == sort and not (isinstance(day, date) and day > case.as_of):
                found.append(Act(day, row.get(who), row))
    return found


def qualification(settings: Settings, rule: Any, case: Case) -> Verdict:
    """The verdict on one subject."""
    if said := not_concerned(rule, case):
        return said
    done = [a for a in acts(rule, case) if a.day is not None]
    undated = [a for a in acts(rule, case) if a.day is None]
    if not done and not undated:
        return Verdict("not_applicable", "not begun")
    begins = day_of(case.row.get(case.begins)) if case.begins is not None else None
    if not in_force(case, begins if begins is not None and begins <= case.as_of else case.as_of):
        return Verdict("not_applicable", "not in force")
    said_of = [of_act(a, c, settings, case) for a in (*done, *undated) for c in rule.courses]
    for verdict in (Verdict("fail", "unqualified"), *(Verdict("unknown", w) for w in (*WORST, "not covered", "stale"))):
        if verdict in said_of:
            return verdict
    return Verdict("pass")


def of_act(act: Act, course: str, settings: Settings, case: Case) -> Verdict:
    """Whether one act was done by somebody who held one course."""
    if act.day is REJECTED:
        return Verdict("unknown", "rejected value")
    mine = tuple(r for r in case.others.get("training", ()) if r.get("staff_id") == act.who) if act.who is not None else ()
    known = list(records(course, mine, settings, settings.course(course).score, case))
    if act.day is not None and any(
        h.flaw is None and h.first is not None and h.first <= act.day and (h.last is None or act.day <= h.last) for h in known
    ):
        return Verdict("pass")
    flaws = [h.flaw for h in known]
    for flaw in WORST:
        if flaw in flaws:
            return Verdict("unknown", flaw)
    if act.who is None or act.day is None:
        return Verdict("unknown", "missing")
    valid = settings.course(course).valid
    since = act.day if valid is None else first_day(act.day, valid)
    if not is_covered((course, *settings.course(course).also), since, case):
        return Verdict("unknown", "not covered")
    return Verdict("fail", "unqualified") if is_fresh(act.day, case) else Verdict("unknown", "stale")
