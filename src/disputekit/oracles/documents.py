"""`documents`, as one reads it: which of the papers were on file in time, and do the notices say what they must?"""

from datetime import date
from typing import Any

from disputekit.oracles import moments as m
from disputekit.oracles.case import REJECTED, Case
from disputekit.outcomes import Verdict


def oracle(rule: Any, case: Case) -> Verdict:
    """The verdict on one subject."""
    return _notices(rule, case) if rule.contents else _papers(rule, case)


def _papers(rule: Any, case: Case) -> Verdict:
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
    papers = [row for kind in rule.kinds for row in m.rows_of("documents", kind, case) if not is_to_come(row, case)]
    read = ("received_at", "verified_at") if rule.verified else ("received_at",)
    if (anchor is not None and anchor.rejected) or any(row.get(c) is REJECTED for row in papers for c in read):
        return m.REJECTED_VALUE
    limit: m.Limit = m.Now() if anchor is None else m.At(anchor.first)
    if running and start is not None:
        period = m.period_of(rule.by.within, case, m.day_of(start))
        if period is None:
            return m.NO_VALUE
        limit = m.end_of(start, period, case)
    return _decided(rule, limit, start, case)


def is_to_come(row: Any, case: Case) -> bool:
    received = row.get("received_at")
    return isinstance(received, date) and not m.happened([received], case.as_of)


def _decided(rule: Any, limit: m.Limit, start: m.When | None, case: Case) -> Verdict:
    found = {kind: _state(kind, rule.verified, limit, case) for kind in rule.kinds}
    asked = asked_together(rule.kinds, limit, case) if rule.or_requested else []
    absent = [k for k in found if not _is_on_file(k, limit, case)]
    if any(kinds.issuperset(absent) for kinds, surely in asked if surely):
        found |= dict.fromkeys(absent, "there")
    if all(s == "there" for s in found.values()):
        return m.PASS
    if rule.or_requested and any(row.get("asked_at") is REJECTED for k in rule.kinds for row in m.rows_of("requests", k, case)):
        return m.REJECTED_VALUE
    past = limit.past(case)
    if isinstance(past, str):
        return Verdict("unknown", past)
    if not past:
        return m.PENDING
    surely_absent = [k for k, s in found.items() if s in ("missing", "late")]
    if any(kinds.issuperset(surely_absent) for kinds, _ in asked):
        found |= dict.fromkeys(surely_absent, "undated")
    states = list(found.values())
    proof = _missing([k for k, s in found.items() if s == "missing"], limit, start, case) if "missing" in states else m.MISSING_VALUE
    if proof.outcome == "fail":
        return proof
    for proven in ("unverified", "late"):
        if proven in states:
            return Verdict("fail", proven)
    for doubt in ("no calendar", "too coarse"):
        if doubt in states:
            return Verdict("unknown", doubt)
    if "unknown whether verified" in states:
        return Verdict("unknown", "too coarse")
    return m.MISSING_VALUE if "undated" in states else proof


def _is_on_file(kind: str, limit: m.Limit, case: Case) -> bool:
    """Whether a paper of this kind came in time, verified or not."""
    times = m.happened([row.get("received_at") for row in m.rows_of("documents", kind, case)], case.as_of)
    return any(limit.kept(t) is True for t in times)


_BEST_FIRST = ("there", "no calendar", "too coarse", "unknown whether verified", "undated", "unverified", "late")


def _state(kind: str, verified: bool, limit: m.Limit, case: Case) -> str:
    """What is known of one kind of paper: there, unverified, late, missing, undated, or why it can't be said. Its best paper counts."""
    states = [state_of(row, verified, limit, case) for row in m.rows_of("documents", kind, case) if not is_to_come(row, case)]
    return next((s for s in _BEST_FIRST if s in states), "missing")


def state_of(row: Any, verified: bool, limit: m.Limit, case: Case) -> str:
    received = row.get("received_at")
    if received is None:
        return "undated"
    kept = limit.kept(received)
    if isinstance(kept, str):
        return kept
    if not kept:
        return "late"
    return _verified(row, limit, case) if verified else "there"


def _verified(row: Any, limit: m.Limit, case: Case) -> str:
    by, checked = row.get("verified_by"), m.happened([row.get("verified_at")], case.as_of)
    if not checked or by is None or by == row.get("submitted_by") or row.get("sha256") is None:
        return "unverified"
    kept = limit.kept(checked[0])
    return "unknown whether verified" if isinstance(kept, str) else "there" if kept else "unverified"


def asked_together(kinds: Any, limit: m.Limit, case: Case) -> list[tuple[set[str], bool]]:
    """What was asked for at once, day by day, and whether surely in time; what may have been is there twice. Those of no known day are one."""
    sure: dict[date | None, set[str]] = {}
    perhaps: dict[date | None, set[str]] = {}
    for kind in kinds:
        for row in m.rows_of("requests", kind, case):
            cell = row.get("asked_at")
            if not isinstance(cell, date):
                perhaps.setdefault(None, set()).add(kind)
            for when in m.happened([cell], case.as_of):
                kept = limit.kept(when)
                if kept is not False:
                    perhaps.setdefault(m.day_of(when), set()).add(kind)
                if kept is True:
                    sure.setdefault(m.day_of(when), set()).add(kind)
    return [(k, True) for k in sure.values()] + [(k, False) for k in perhaps.values()]


def _missing(kinds: list[str], limit: m.Limit, start: m.When | None, case: Case) -> Verdict:
    """Whether one of these kinds is proven missing; else why none is."""
    life = m.begins(case)
    since = start if life is None else life
    if since is None and isinstance(limit, m.At):
        since = limit.moment
    covered = [m.is_sort_covered("documents", kind, since, case) for kind in kinds]
    if limit.seen("documents", case) and any(covered):
        return Verdict("fail", "missing")
    return m.STALE if all(covered) else m.NOT_COVERED


def _notices(rule: Any, case: Case) -> Verdict:
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
