"""`documents`, as one reads it: which of the papers were on file in time, and do the notices say what they must?"""

from datetime import date
from typing import Any

from disputekit.oracles import moments as m
from disputekit.oracles.case import REJECTED, Case
from disputekit.outcomes import Verdict


def oracle(rule: Any, case: Case) -> Verdict:
    """The verdict on one subject."""
    return _notices(rule, case) if rule.contents else _papers(rule, case)


def _papers(rule: Any, case: Case) -> Verdict:  # noqa: PLR0911 - the first step that applies decides
    running = rule.by is not None and not isinstance(rule.by, str)
    anchor = None if rule.by is None else m.find(rule.by.from_ if running else rule.by, case)
    needed = {"documents": ["received_at", *(("verified_at", "verified_by", "submitted_by", "sha256") if rule.verified else ())]}
    if rule.or_requested:
        needed["requests"] = ["asked_at", "kind"]
    if (rule.by is not None and anchor is None) or any(c not in case.types.get(t, {}) for t, columns in needed.items() for c in columns):
        return m.NOT_SUPPLIED
    if said := m.not_concerned(rule.where, case):
        return said
    if running and anchor is not None and anchor.first is None:
        return m.without_start(anchor)
    start = anchor.first if running and anchor is not None else None
    basis = start if running else m.begins(case)
    if not m.in_force(case, basis):
        return m.NOT_IN_FORCE
    cells = [row.get(c) for kind in rule.kinds for row in m.rows_of("documents", kind, case) for c in needed["documents"] if c.endswith("_at")]
    if rule.or_requested:
        cells += [row.get("asked_at") for kind in rule.kinds for row in m.rows_of("requests", kind, case)]
    if (anchor is not None and anchor.rejected) or any(c is REJECTED for c in cells):
        return m.REJECTED_VALUE
    limit: m.Limit = m.Now() if anchor is None else m.At(anchor.first)
    if running and start is not None:
        period = m.value_of(rule.by.within, case, m.day_of(start))
        if period is None:
            return m.NO_VALUE
        limit = m.end_of(start, str(period), case)
    return _decided(rule, limit, start, case)


def _decided(rule: Any, limit: m.Limit, start: m.When | None, case: Case) -> Verdict:  # noqa: PLR0911
    found = {kind: _state(kind, rule.verified, limit, case) for kind in rule.kinds}
    for kind in _excused(found, rule, limit, case):
        found[kind] = "excused"
    states = list(found.values())
    if all(s in ("there", "excused") for s in states):
        return m.PASS
    for proven in ("late", "unverified") if limit.past(case) is True else ("late",):
        if proven in states:
            return Verdict("fail", proven)
    open_ = [s for s in states if s in ("missing", "unverified")]
    past = limit.past(case)
    doubts = [s for s in states if s in ("no calendar", "too coarse")]
    if open_ and not isinstance(past, str) and past and "missing" in open_:
        return _missing([k for k, s in found.items() if s == "missing"], limit, start, case, other="undated" in states)
    if open_ and isinstance(past, str):
        return Verdict("unknown", past)
    if doubts:
        return Verdict("unknown", doubts[0])
    if "undated" in states:
        return m.MISSING_VALUE
    return m.PENDING


def _state(kind: str, verified: bool, limit: m.Limit, case: Case) -> str:
    """What is known of one kind of paper: there, unverified, late, missing, undated, or why it can't be said."""
    rows = m.rows_of("documents", kind, case)
    states = []
    for row in rows:
        received = m.happened([row.get("received_at")], case.as_of)
        if not received:
            if row.get("received_at") is None:
                states.append("undated")
            continue
        kept = limit.kept(received[0])
        if isinstance(kept, str):
            states.append(kept)
        elif not kept:
            states.append("late")
        else:
            states.append(_verified(row, limit, case) if verified else "there")
    for state in ("there", "undated", "no calendar", "too coarse", "unverified", "late"):
        if state in states:
            return state
    return "missing"


def _verified(row: Any, limit: m.Limit, case: Case) -> str:
    checked = m.happened([row.get("verified_at")], case.as_of)
    by, sender = row.get("verified_by"), row.get("submitted_by")
    if not checked or by is None or by == sender or row.get("sha256") is None:
        return "unverified"
    kept = limit.kept(checked[0])
    return kept if isinstance(kept, str) else "there" if kept else "unverified"


def _excused(found: dict[str, str], rule: Any, limit: m.Limit, case: Case) -> list[str]:
    """The kinds not on file in time, where one request in time asked for all of them."""
    absent = [k for k, s in found.items() if s in ("missing", "late", "undated")]
    if not rule.or_requested or not absent:
        return []
    asked: dict[date, set[Any]] = {}
    for row in case.records.get("requests", ()):
        for when in m.happened([row.get("asked_at")], case.as_of):
            if limit.kept(when) is True:
                asked.setdefault(m.day_of(when), set()).add(row.get("kind"))
    return absent if any(kinds.issuperset(absent) for kinds in asked.values()) else []


def _missing(kinds: list[str], limit: m.Limit, start: m.When | None, case: Case, other: bool) -> Verdict:
    life = m.begins(case)
    since = start if life is None else life
    fresh = limit.seen("documents", case)
    covered = [m.is_sort_covered("documents", kind, since, case) for kind in kinds]
    if fresh and any(covered):
        return Verdict("fail", "missing")
    if other:
        return m.MISSING_VALUE
    return m.STALE if all(covered) else m.NOT_COVERED


def _notices(rule: Any, case: Case) -> Verdict:  # noqa: PLR0911
    if any(c not in case.types.get("notices", {}) for c in ("sent_at", "contents")):
        return m.NOT_SUPPLIED
    if said := m.not_concerned(rule.where, case):
        return said
    if not m.in_force(case, m.begins(case)):
        return m.NOT_IN_FORCE
    rows = [row for kind in rule.kinds for row in m.rows_of("notices", kind, case)]
    sent = [row for row in rows if m.happened([row.get("sent_at")], case.as_of)]
    if any(row.get("sent_at") is REJECTED for row in rows) or any(row.get("contents") is REJECTED for row in sent):
        return m.REJECTED_VALUE
    if not sent:
        return m.NOT_BEGUN
    contents = [row.get("contents") for row in sent]
    if any(isinstance(c, tuple) and not set(rule.contents).issubset(c) for c in contents):
        return Verdict("fail", "incomplete")
    return m.MISSING_VALUE if None in contents else m.PASS
