"""Two assessments side by side: which findings are new, gone or changed, what the rules and the register were, and facts changed afterwards.

A finding is the same one where control, subject and occurrence are. It is changed where its outcome, reason, start, due date, end, what was
expected of it or its waiver differ; what merely grows with the day (days observed) and who handles it aren't compared.

Facts that changed afterwards are told from findings alone, for an assessment keeps no others. A start or an end that both assessments could
have seen, but not alike: it lies before the end of the old one's day and before its oldest extract. And a breach that was late or open and
is gone though its control is the same: nothing cures a breach, so that something it rests on is no longer what it was. A fact that turns
into a pass before it was ever a finding leaves no trace here.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import duckdb

from disputekit import sql
from disputekit.assessment.folder import part_of, spoilt
from disputekit.assessment.manifest import ControlResult, Manifest, WaiverUsed, read_manifest
from disputekit.checks.decide import STILL_OPEN
from disputekit.errors import AssessmentError
from disputekit.outcomes import Outcome, Verdict
from disputekit.policies.model import Severity, Strict
from disputekit.text import Text, say

WRONG: tuple[Outcome, ...] = ("fail", "unknown")
"""The outcomes that count; a `pending` one is a warning."""
_SEEN = ("outcome", "reason", "started_at", "due_on", "due_at", "done_at", "expected", "waiver")


class Seen(Strict):
    """A finding as one of the assessments has it, as far as it is compared."""

    outcome: Outcome
    reason: str | None
    started_at: datetime | None
    due_on: date | None
    due_at: datetime | None
    done_at: datetime | None
    expected: str | None
    waiver: str | None


class Row(Strict):
    """A finding that isn't the same in both. afterwards: which of its facts changed though the old assessment had seen their days."""

    control: str
    subject: str | None
    occurrence: str | None
    old: Seen | None
    new: Seen | None
    afterwards: tuple[str, ...] = ()


class Compared(Strict):
    """A control in both, or in one (`added`, `removed`), or one that can't be compared (`why`). Numbers are of findings but in the tallies.

    waived: new breaches and unknowns with a waiver in force. worse: changed ones without one that became a breach or unknown, that had been done
    and are open again, or whose waiver is gone. ended: breaches that were open and have been done late. afterwards: those with facts that
    changed afterwards. known: breaches and unknowns that are neither new nor worse. old_severity: the control's in the old one.
    """

    id: str
    title: Text
    severity: Severity
    old_severity: Severity | None = None
    state: Literal["both", "added", "removed", "not compared"]
    why: str = ""
    old_tallies: Mapping[str, int] = {}
    new_tallies: Mapping[str, int] = {}
    new: Mapping[Outcome, int] = {}
    gone: int = 0
    changed: int = 0
    worse: int = 0
    ended: int = 0
    same: int = 0
    afterwards: int = 0
    waived: int = 0
    known: int = 0

    @property
    def fresh(self) -> int:
        """How many breaches and unknowns without a waiver are new."""
        return sum(self.new.get(o, 0) for o in WRONG) - self.waived


class Change(Strict):
    """Something that isn't the same in both: what, and what it was and is; None where it wasn't there."""

    what: str
    old: str | None
    new: str | None


class Side(Strict):
    """Which assessment it is: its day and the hash of its manifest."""

    as_of: date
    sha256: str


class Difference(Strict):
    """Everything. rules: packs, parameters, controls, plugins, versions, calendar, project file. tables: what was read of the register.

    waivers: those that don't hold as they are written (expired, stale, unused), and did before or weren't there.
    The lists of rows hold the first of each sort, by control and subject; the numbers of the controls are of all of them.
    """

    old: Side
    new: Side
    organisation: str
    controls: tuple[Compared, ...]
    rules: tuple[Change, ...]
    tables: tuple[Change, ...]
    errors: tuple[str, ...]
    waivers: tuple[WaiverUsed, ...]
    new_rows: tuple[Row, ...]
    gone_rows: tuple[Row, ...]
    changed_rows: tuple[Row, ...]
    afterwards_rows: tuple[Row, ...]

    def total(self, name: Literal["gone", "changed", "worse", "ended", "same", "afterwards", "known", "fresh"]) -> int:
        return sum(getattr(c, name) for c in self.controls)

    def new_of(self, *outcomes: Outcome) -> int:
        return sum(n for c in self.controls for outcome, n in c.new.items() if outcome in outcomes)


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
        wrong = _wrong(db, list(pairs.values()))
        for some in _batches([p for p in pairs.values() if not p.unchanged]):
            _join(db, some, _bound(was))
            for place, *count in db.execute(_COUNTS).fetchall():
                counts[some[place].control].append(tuple(count))
            for state, found in rows.items():
                found.extend(_rows(db, some, state, limit - len(found)))
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


# ── the findings ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Pair:
    """The findings of a control in both assessments, in files. old: None where the old one has none that could be compared. findings: of both.

    unchanged: the files have the same bytes, and so the same findings: of many hundred assessments most have.
    """

    control: str
    old: Path | None
    new: Path
    same_rules: bool
    unchanged: bool
    findings: int


def _pairs(old: Path, new: Path, was: Manifest, now: Manifest) -> dict[str, _Pair]:
    """Of each control that can be compared."""
    before = {c.id: c for c in was.controls}
    rules = (_rules(was), _rules(now))
    found = {}
    for control in now.controls:
        one = before.get(control.id)
        if control.error is not None or (one is not None and control.absent):
            continue
        there = one is not None and one.error is None
        found[control.id] = _Pair(
            control.id, old / part_of(control.id) if there else None, new / part_of(control.id),
            one is not None and _judging(rules[0], one) == _judging(rules[1], control),
            one is not None and there and one.findings_sha256 is not None and one.findings_sha256 == control.findings_sha256,
            control.findings + (one.findings if one is not None else 0),
        )  # fmt: skip
    return found


def _batches(pairs: Sequence[_Pair]) -> Iterator[list[_Pair]]:
    """Pairs that are joined by one query: many small ones take as long as one, and many big ones more memory than there is."""
    some: list[_Pair] = []
    for pair in pairs:
        if some and sum(p.findings for p in some) + pair.findings > _AT_ONCE:
            yield some
            some = []
        some.append(pair)
    if some:
        yield some


_AT_ONCE = 1_000_000
# a plugin's check may give a finding twice; without a number each would meet each
_NUMBERED = "select *, row_number() over (partition by place, subject, occurrence order by started_at, outcome, reason) as nth from ({rows})"
_COMPARED = """
    create or replace temp table compared as
    with o as ({old}), n as ({new}),
    both_sides as (
      select coalesce(o.place, n.place) as place, coalesce(o.subject, n.subject) as subject, coalesce(o.occurrence, n.occurrence) as occurrence,
             case when o.outcome is null then 'new' when n.outcome is null then 'gone'
                  when {differs} then 'changed' else 'same' end as state,
             {old_columns}, {new_columns},
             o.outcome is not null and n.outcome is not null and {started} as started_afterwards,
             o.outcome is not null and n.outcome is not null and {done} as done_afterwards,
             n.outcome is null and o.outcome = 'fail' and o.reason in ('late', 'open') and list_contains($same_rules, o.place) as gone_afterwards
      from o full join n on o.place = n.place and o.subject is not distinct from n.subject and o.occurrence is not distinct from n.occurrence and o.nth = n.nth)
    select *, started_afterwards or done_afterwards or gone_afterwards as afterwards from both_sides where state <> 'same'"""
_AFTERWARDS = "(o.{c} is distinct from n.{c} and (o.{c} is null or o.{c} < $bound) and (n.{c} is null or n.{c} < $bound))"
_WORSE = f"""
    state = 'changed' and new_outcome in ('fail', 'unknown') and new_waiver is null
    and (new_outcome <> old_outcome or old_waiver is not null and new_waiver is null
         or {STILL_OPEN.format("new_")} and not {STILL_OPEN.format("old_")})"""
_ENDED = f"state = 'changed' and new_outcome = 'fail' and {STILL_OPEN.format('old_')} and not {STILL_OPEN.format('new_')}"
_COUNTS = f"""
    select place, state, new_outcome, count(*), count(*) filter (where {_WORSE}), count(*) filter (where {_ENDED}), count(*) filter (where afterwards),
           count(*) filter (where state = 'new' and new_outcome in ('fail', 'unknown') and new_waiver is not null)
    from compared group by place, state, new_outcome order by place, state, new_outcome"""  # noqa: S608 — our own text
_WRONG = "select place, count(*) from ({rows}) where outcome in ('fail', 'unknown') group by place"


def _placed(parts: Mapping[int, Path]) -> str:
    """The rows of parts, each with its number as `place`."""
    return " union all ".join(f"select {place} as place, * from {sql.written(sql.parquet(part))}" for place, part in parts.items())  # noqa: S608 — a tree's text


def _wrong(db: duckdb.DuckDBPyConnection, pairs: Sequence[_Pair]) -> dict[str, int]:
    """How many findings of each control are breaches and unknowns now."""
    found = dict(db.execute(_WRONG.format(rows=_placed({n: p.new for n, p in enumerate(pairs)}))).fetchall()) if pairs else {}
    return {p.control: found.get(n, 0) for n, p in enumerate(pairs)}


def _join(db: duckdb.DuckDBPyConnection, pairs: Sequence[_Pair], bound: datetime) -> None:
    """Puts what differs between both sides of pairs into the table `compared`; `place` is a pair's number."""
    new = _placed({n: p.new for n, p in enumerate(pairs)})
    old = _placed({n: p.old for n, p in enumerate(pairs) if p.old is not None})
    query = _COMPARED.format(
        old=_NUMBERED.format(rows=old if old else f"select * from ({new}) where false"), new=_NUMBERED.format(rows=new),  # noqa: S608 — a tree's text
        differs=" or ".join(f"o.{c} is distinct from n.{c}" for c in _SEEN), old_columns=", ".join(f"o.{c} as old_{c}" for c in _SEEN),
        new_columns=", ".join(f"n.{c} as new_{c}" for c in _SEEN), started=_AFTERWARDS.format(c="started_at"), done=_AFTERWARDS.format(c="done_at"),
    )  # fmt: skip
    db.execute(query, {"bound": bound, "same_rules": [n for n, p in enumerate(pairs) if p.same_rules]})


def _counted(old: ControlResult | None, new: ControlResult, counts: Sequence[tuple[Any, ...]], wrong: int) -> Compared:
    """A control in both. counts: rows of `_COUNTS` without its place. wrong: how many findings are breaches and unknowns now."""
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


def _rows(db: duckdb.DuckDBPyConnection, pairs: Sequence[_Pair], state: str, most: int) -> list[Row]:
    """The first rows of a sort, by control and subject."""
    columns = ", ".join(f"{side}_{c}" for side in ("old", "new") for c in _SEEN)
    query = f"""select place, subject, occurrence, started_afterwards, done_afterwards, gone_afterwards, {columns} from compared
                where case when $state = 'afterwards' then afterwards else state = $state end
                order by place, subject, occurrence, {columns} limit $most"""  # noqa: S608 — names of our own
    found = db.execute(query, {"state": state, "most": max(most, 0)}).fetchall()
    flags = ("started_at", "done_at", "gone")
    return [
        Row(control=pairs[row[0]].control, subject=row[1], occurrence=row[2], afterwards=tuple(f for f, said in zip(flags, row[3:6], strict=True) if said),
            old=_seen(row[6 : 6 + len(_SEEN)]), new=_seen(row[6 + len(_SEEN) :]))
        for row in found
    ]  # fmt: skip


def _seen(values: tuple[Any, ...]) -> Seen | None:
    return None if values[0] is None else Seen.model_validate(dict(zip(_SEEN, values, strict=True)))


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
