"""Two assessments side by side: which findings are new, gone or changed, what the rules and the register were, and facts changed afterwards."""

import tempfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from disputekit.assessment.difference import WRONG, Change, Compared, Difference, Row, Side
from disputekit.assessment.folder import part_of, spoilt
from disputekit.assessment.joined import COUNTS, Pair, batches, first_rows, join, wrong_in
from disputekit.assessment.manifest import ControlResult, Manifest, WaiverUsed, read_manifest
from disputekit.errors import AssessmentError
from disputekit.outcomes import Outcome, Verdict
from disputekit.text import say


def diff(old: Path, new: Path, limit: int) -> Difference:
    """Compares the assessments in two folders. limit: how many rows of each sort to give.

    Raises AssessmentError for a folder that isn't a whole assessment as it was written, for two organisations, and for an old one that is of
    a later day than the new one.
    """
    (was, was_sha256), (now, now_sha256) = read_manifest(old), read_manifest(new)
    comparable(new, was, now.organisation, now.as_of)
    bad = [*spoilt(old, was), *spoilt(new, now)]
    if bad:
        raise AssessmentError(*bad)
    before, after = {c.id: c for c in was.controls}, {c.id: c for c in now.controls}
    pairs = _pairs(old, new, was, now)
    counts: dict[str, list[tuple[Any, ...]]] = {name: [] for name in pairs}
    rows: dict[str, list[Row]] = {state: [] for state in ("new", "gone", "changed", "afterwards")}
    with tempfile.TemporaryDirectory(prefix="disputekit-") as scratch, duckdb.connect(config={"temp_directory": scratch}) as db:
        wrong = wrong_in(db, list(pairs.values()))
        for some in batches([p for p in pairs.values() if not p.unchanged]):
            join(db, some, _bound(was))
            for place, *count in db.execute(COUNTS).fetchall():
                counts[some[place].control].append(tuple(count))
            for state, found in rows.items():
                found.extend(first_rows(db, some, state, limit - len(found)))
    controls = [
        _counted(before.get(name), after[name], counts[name], wrong[name]) if name in pairs
        else _uncompared(now, before.get(name), after.get(name))
        for name in dict.fromkeys((*after, *before))
    ]  # fmt: skip
    return Difference(
        old=Side(as_of=was.as_of, sha256=was_sha256), new=Side(as_of=now.as_of, sha256=now_sha256), organisation=now.organisation,
        controls=tuple(controls), rules=_changes(_rules(was), _rules(now)), tables=_changes(_read(was), _read(now)),
        errors=_new_errors(was, now), waivers=_flawed(was, now), new_rows=tuple(rows["new"]), gone_rows=tuple(rows["gone"]), changed_rows=tuple(rows["changed"]),
        afterwards_rows=tuple(rows["afterwards"]),
    )  # fmt: skip


def comparable(new: Path, old: Manifest, organisation: str, as_of: date) -> None:
    """Raises AssessmentError where an assessment of an organisation as of a day (at `new`) can't be compared with an older one."""
    if old.organisation != organisation:
        raise AssessmentError.at(str(new), say("is of {new!r}, and the other of {old!r}", new=organisation, old=old.organisation))
    if old.as_of > as_of:
        raise AssessmentError.at(str(new), say("is of {new}, before the other's {old}", new=as_of, old=old.as_of), say("Name the older one first"))


def _pairs(old: Path, new: Path, was: Manifest, now: Manifest) -> dict[str, Pair]:
    """Of each control that can be compared."""
    before = {c.id: c for c in was.controls}
    rules = (_rules(was), _rules(now))
    found = {}
    for control in now.controls:
        one = before.get(control.id)
        if control.error is not None or (one is not None and control.absent):
            continue
        there = one is not None and one.error is None
        found[control.id] = Pair(
            control.id, old / part_of(control.id) if there else None, new / part_of(control.id),
            one is not None and _judging(rules[0], one) == _judging(rules[1], control),
            one is not None and there and one.findings_sha256 is not None and one.findings_sha256 == control.findings_sha256,
            control.findings + (one.findings if one is not None else 0),
        )  # fmt: skip
    return found


def _counted(old: ControlResult | None, new: ControlResult, counts: Sequence[tuple[Any, ...]], wrong: int) -> Compared:
    """A control in both. counts: rows of `COUNTS` without its place. wrong: how many findings are breaches and unknowns now."""
    fresh: dict[Outcome, int] = {}
    gone = changed = 0
    sums = [0, 0, 0, 0]
    for state, outcome, count, *some in counts:
        sums = [a + b for a, b in zip(sums, some, strict=True)]
        if state == "new":
            fresh[outcome] = count
        elif state == "gone":
            gone += count
        else:
            changed += count
    worse, ended, afterwards, waived = sums
    return Compared(
        id=new.id, title=new.title, severity=new.severity, old_severity=old.severity if old is not None else None,
        state="both" if old is not None else "added", old_tallies=_tallies(old), new_tallies=_tallies(new), new=fresh, gone=gone, changed=changed,
        worse=worse, ended=ended, afterwards=afterwards, waived=waived, same=new.findings - sum(fresh.values()) - changed,
        known=wrong - worse - sum(fresh.get(o, 0) for o in WRONG),
    )  # fmt: skip


def _uncompared(now: Manifest, old: ControlResult | None, new: ControlResult | None) -> Compared:
    """A control that the new assessment doesn't check any more, or couldn't evaluate: what became of its findings can't be known."""
    control = new if new is not None else old
    assert control is not None
    shared = Compared(id=control.id, title=control.title, severity=control.severity, old_severity=old.severity if old is not None else None,
                      state="not compared", old_tallies=_tallies(old), new_tallies=_tallies(new))  # fmt: skip
    if new is None:
        status = next((u.status for u in now.unchecked if u.id == control.id), None)
        why = say("it is {status} now", status=say(status)) if status is not None else say("it isn't there any more")
        return shared.model_copy(update={"state": "removed", "why": why})
    what = new.error if new.error is not None else say("{what} isn't supplied", what=", ".join(new.absent))
    if old is not None and (old.error, old.absent) == (new.error, new.absent):
        return shared.model_copy(update={"state": "both", "why": what, "same": old.findings, "known": old.findings})
    return shared.model_copy(update={"why": what})


def _tallies(control: ControlResult | None) -> dict[str, int]:
    return {str(Verdict(t.outcome, t.reason)): t.subjects for t in control.tallies} if control is not None else {}


def _bound(old: Manifest) -> datetime:
    """Until when the old assessment could have seen what happened: the end of its day, or when the first of its sources was extracted."""
    zone = ZoneInfo(old.timezone)
    extracted = [t.extracted_at for t in old.tables if t.extracted_at is not None]
    local = [at if at.tzinfo is None else at.astimezone(zone).replace(tzinfo=None) for at in extracted]
    return min([datetime.combine(old.as_of + timedelta(days=1), time()), *local])


# ── rules and register ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _judging(rules: Mapping[str, str], control: ControlResult) -> Mapping[str, str]:
    """Those rules by which a control is judged."""
    mine = (f"{control.id}: ", f"{control.pack}: ", "parameter ", "plugin ", "version ", "calendar")
    return {what: value for what, value in rules.items() if what.startswith(mine)}


def _rules(manifest: Manifest) -> dict[str, str]:
    """What findings depend on besides the register, by what it is."""
    found = {"project file": manifest.config_sha256, "calendar": manifest.calendar, "calendar known until": str(manifest.calendar_published_until)}
    found |= {f"version {name}": value for name, value in manifest.versions.items()}
    found |= {f"plugin {p.name}": f"{p.distribution} {p.version}" for p in manifest.plugins}
    for pack in manifest.packs:
        found |= {f"{pack.id}: version": pack.version, f"{pack.id}: sha256": pack.sha256}
        found |= {f"parameter {pack.id}.{name}": value for name, value in pack.parameters.items()}
    for c in manifest.controls:
        constants = {"subject": c.subject, "kind": c.kind, "severity": c.severity, "basis": c.basis, "cite": c.cite, "where": c.where}
        found |= {f"{c.id}: {name}": value for name, value in constants.items() if value is not None}
    found |= {f"coverage of {c.what}": f"{c.from_on} ({c.basis})" for c in manifest.coverage}
    return found


def _read(manifest: Manifest) -> dict[str, str]:
    """What was read of the register, by table and number."""
    found: dict[str, str] = {}
    for t in manifest.tables:
        numbers = {"rows loaded": t.rows_loaded, "rows rejected": t.rows_rejected, "cells rejected": sum(t.cells_rejected.values())}
        found |= {f"{t.table}: {name}": str(n) for name, n in numbers.items()}
    return found


def _changes(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Change, ...]:
    return tuple(Change(what=w, old=old.get(w), new=new.get(w)) for w in dict.fromkeys((*new, *old)) if old.get(w) != new.get(w))


def _new_errors(was: Manifest, now: Manifest) -> tuple[str, ...]:
    """Errors that the old assessment hasn't, but for those of a control, which is listed as one that can't be compared."""
    known = {(e.plugin, e.where, e.what) for e in was.errors}
    controls = {c.id for c in now.controls}
    return tuple(f"{e.plugin}: {e.where}: {e.what}" for e in now.errors if (e.plugin, e.where, e.what) not in known and e.where not in controls)


def _flawed(was: Manifest, now: Manifest) -> tuple[WaiverUsed, ...]:
    known = {(w.id, w.state) for w in was.waivers if w.flawed}
    return tuple(w for w in now.waivers if w.flawed and (w.id, w.state) not in known)
