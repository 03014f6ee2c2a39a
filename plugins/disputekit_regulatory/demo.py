"""The demo's part: what is looked at again, what customers say, and what is done about causes that come again and again.

Each control of the pack `supervision-practice` has one thing to find: a branch that examined nothing again in a quarter, a cause against which
nobody does anything, a quarter of dissatisfied customers, and actions that were late.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from disputekit import DemoPart, Planted

TOML = """
# ── 回访 · What customers say ──────────────────────────────────────────────────────────────────────────────
[register.feedback]
path = "data/feedback.csv"
extracted_at = 2026-07-01T06:00:00
"""
TODAY, LAST = date(2026, 6, 30), (2026, 1)
"""The day of the demo, and the last quarter whose disputes had to be examined again by then."""
NEGLECTED = "service"
"""The cause against which nobody does anything."""


def rows(_: int, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> DemoPart:
    """The same for every seed, but for what the disputes are."""
    events, forgotten = _examined_again(tables["disputes"])
    actions, against_nothing = _actions(tables["disputes"])
    answers = [
        {"feedback_id": f"FB-{n:02}", "subject": "disputes", "subject_id": d["dispute_id"], "sent_at": datetime.combine(date(2026, 2, 2), time(9)),
         "answered_at": datetime.combine(date(2026, 2, 3 + n), time(10)), "score": 5 if n % 3 == 0 else 2}
        for n, d in enumerate([d for d in tables["disputes"] if isinstance(d.get("closed_at"), datetime)][:12])
    ]  # fmt: skip
    return DemoPart(
        tables={"events": events, "actions": actions, "feedback": answers}, toml=TOML,
        planted=(*forgotten, *against_nothing, Planted("S20.2-satisfied", "*", "fail", "too few"), Planted("S20.3-in-time", "*", "fail", "too few")),
    )  # fmt: skip


def _examined_again(disputes: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[Planted]]:
    """One of twenty of each branch in each quarter, but none of one branch in the last."""
    closed: dict[tuple[str, tuple[int, int]], list[Mapping[str, Any]]] = defaultdict(list)
    planted = []
    for d in disputes:
        at = d.get("closed_at")
        if isinstance(at, datetime):
            closed[str(d.get("unit_id")), (at.year, (at.month + 2) // 3)].append(d)
        elif at is not None:
            planted.append(Planted("S10.2-reexamined", str(d["dispute_id"]), "unknown", "rejected value"))
    forgotten = min(group for group in closed if group[1] == LAST)
    planted.append(Planted("S10.2-reexamined", forgotten[0], "fail", "too few"))
    events = [
        {"event_id": f"VR-{d['dispute_id']}", "subject": "disputes", "subject_id": d["dispute_id"], "activity": "reexamined",
         "occurred_at": d["closed_at"] + timedelta(days=7), "unit_id": d["unit_id"]}
        for group, of_all in sorted(closed.items()) if group != forgotten and group[1] <= LAST for d in of_all[: -(-len(of_all) // 20)]
    ]  # fmt: skip
    return events, planted


def _actions(disputes: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[Planted]]:
    """An action against every cause but one, and two that fell due later, of which one was late."""
    causes = Counter(str(d.get("cause")) for d in disputes if d.get("cause") is not None)
    opened, due = datetime.combine(date(2025, 1, 1), time(9)), datetime.combine(date(2025, 3, 31), time(17))
    common = {"kind": "improvement", "subject": "disputes", "opened_at": opened}
    actions = [{"action_id": f"AI-{n}", **common, "cause": c, "due_at": due, "done_at": due - timedelta(days=3)}
               for n, c in enumerate(sorted(causes), 1) if c != NEGLECTED]  # fmt: skip
    due = datetime.combine(date(2026, 2, 27), time(17))
    actions += [{"action_id": f"AL-{late}", **common, "cause": "process", "due_at": due, "done_at": due + timedelta(days=late)} for late in (-2, 9)]
    planted = []
    for d in disputes:
        subject, at = str(d["dispute_id"]), d.get("received_at")
        if d.get("cause") is not None and not isinstance(at, datetime):
            planted.append(Planted("S7.2-action", subject, "unknown", "missing"))
        elif d.get("cause") == NEGLECTED and causes[NEGLECTED] >= 5 and isinstance(at, datetime) and at.date() + timedelta(days=90) < TODAY:
            planted.append(Planted("S7.2-action", subject, "fail", "missing"))
    return actions, planted
