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
    received = [row.get("received_at") for kind in rule.kinds for row in m.rows_of("documents", kind, case)]
    if (anchor is not None and anchor.rejected) or any(c is REJECTED for c in received):
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
    absent = [k for k, s in found.items() if s in ("missing", "late", "undated")]
    excused = _excused(absent, limit, case) if rule.or_requested and absent else False
    if excused is True:
        found |= dict.fromkeys(absent, "there")
    states = list(found.values())
    past = limit.past(case)
    if all(s == "there" for s in states):
        return m.PASS
    if "late" in states and excused is False:
        return Verdict("fail", "late")
    if past is True and "unverified" in states:
        return Verdict("fail", "unverified")
    missing = [k for k, s in found.items() if s == "missing"]
    proof = _missing(missing, limit, start, case) if missing and past is True else None
    if proof is not None and proof.outcome == "fail" and excused is False:
        return proof
    if isinstance(excused, str):
        return Verdict("unknown", excused)
    for doubt in _DOUBTS:
        if doubt in states:
            return m.MISSING_VALUE if doubt == "undated" else Verdict("unknown", doubt)
    if isinstance(past, str):
        return Verdict("unknown", past)
    return m.PENDING if proof is None else proof


_DOUBTS = ("no calendar", "too coarse", "rejected value", "undated")


def _state(kind: str, verified: bool, limit: m.Limit, case: Case) -> str:
    """What is known of one kind of paper: there, unverified, late, missing, undated, or why it can't be said."""
    states = [_state_of(row, verified, limit, case) for row in m.rows_of("documents", kind, case)]
    return next((s for s in ("there", *_DOUBTS, "unverified", "late") if s in states), "missing")


def _state_of(row: Any, verified: bool, limit: m.Limit, case: Case) -> str:
    if row.get("received_at") is None:
        return "undated"
    received = m.happened([row.get("received_at")], case.as_of)
    if not received:
        return "missing"
    kept = limit.kept(received[0])
    if isinstance(kept, str):
        return kept
    if not kept:
        return "late"
    return _verified(row, limit, case) if verified else "there"


def _verified(row: Any, limit: m.Limit, case: Case) -> str:
    by, sender, when = row.get("verified_by"), row.get("submitted_by"), row.get("verified_at")
    if by is None or by == sender or row.get("sha256") is None:
        return "unverified"
    if when is REJECTED:
        return "rejected value"
    checked = m.happened([when], case.as_of)
    kept = bool(checked) and limit.kept(checked[0])
    return kept if isinstance(kept, str) else "there" if kept else "unverified"


def _excused(absent: list[str], limit: m.Limit, case: Case) -> m.Answer:
    """Whether one request in time, on one day, asked for all kinds that weren't on file in time. One whose day is unknown may have."""
    asked: dict[date, set[Any]] = {}
    doubtful: dict[str, set[Any]] = {"missing": set(), "rejected value": set()}
    doubts: dict[date, str] = {}
    for row in case.records.get("requests", ()):
        cell, kind = row.get("asked_at"), row.get("kind")
        if cell is None or cell is REJECTED:
            doubtful["missing" if cell is None else "rejected value"].add(kind)
        for when in m.happened([cell], case.as_of):
            kept = limit.kept(when)
            if kept is not False:
                asked.setdefault(m.day_of(when), set()).add(kind)
            if isinstance(kept, str):
                doubts[m.day_of(when)] = kept
    if any(kinds.issuperset(absent) for day, kinds in asked.items() if day not in doubts):
        return True
    if any(kinds.issuperset(absent) for kinds in asked.values()):
        return next(doubts[day] for day, kinds in asked.items() if kinds.issuperset(absent))
    for reason, kinds in doubtful.items():
        if any((kinds | more).issuperset(absent) for more in (set(), *asked.values())):
            return reason
    return False


def _missing(kinds: list[str], limit: m.Limit, start: m.When | None, case: Case) -> Verdict:
    """Whether one of these kinds is proven missing; else why none is."""
    life = m.begins(case)
    since = start if life is None else life
    covered = [m.is_sort_covered("documents", kind, since, case) for kind in kinds]
    if limit.seen("documents", case) and any(covered):
        return Verdict("fail", "missing")
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
