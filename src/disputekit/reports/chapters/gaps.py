"""What was not checked, and what is assumed: everything that a reader must know before trusting the numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from disputekit.assessment.manifest import Manifest, TableRead
from disputekit.text import Phrase, listed, say

if TYPE_CHECKING:
    from disputekit.reports.assessed import Assessed

MOST = 12
"""How many names of one sort are shown before the rest is counted."""
Sort = Literal["switched off", "error", "not supplied", "not evaluated", "unreadable", "stale", "conflict", "coverage", "later", "excluded", "waiver",
               "disposition", "override"]  # fmt: skip
"""What kind of gap it is, the gravest first."""


@dataclass(frozen=True)
class Gap:
    """One thing to know: what it is, and how many are concerned (rows, cells, values, subjects, names) where that can be counted."""

    sort: Sort
    what: Phrase
    number: int | None = None


def gaps(manifest: Manifest) -> Iterator[Gap]:
    """Every gap and assumption of an assessment, the gravest first."""
    off = [u.id for u in manifest.unchecked if u.status == "switched off"]
    if off:
        yield Gap("switched off", say("Switched off by the organisation, and not checked: {what}", what=listed(off)), len(off))
    for e in manifest.errors:
        yield Gap("error", say("Error in {where}: {what}", where=f"{e.plugin}: {e.where}" if e.plugin else e.where, what=e.said))
    for c in manifest.controls:
        if c.absent:
            yield Gap("not supplied", say("{control}: not evaluated, {what} isn't supplied", control=c.id, what=listed(c.absent)), c.subjects)
    for status in dict.fromkeys(u.status for u in manifest.unchecked if u.status != "switched off"):
        names = [u.id for u in manifest.unchecked if u.status == status]
        yield Gap("not evaluated", say("Not evaluated ({status}): {what}", status=say(status), what=listed(names, MOST)), len(names))
    for table in manifest.tables:
        yield from _unread(table)
    yield from _stale(manifest)
    for conflict in manifest.conflicts:
        both = " / ".join(conflict.between)
        if conflict.yields is not None:
            yield Gap("conflict", say("{names} contradict each other, and {yields} yields ({title})", names=both, yields=conflict.yields,
                                      title=conflict.title))  # fmt: skip
        elif conflict.expired:
            yield Gap("conflict", say("{names} contradict each other, and the opinion that was recorded has expired ({title})", names=both,
                                      title=conflict.title))  # fmt: skip
        else:
            yield Gap("conflict", say("{names} contradict each other, and no opinion is recorded ({title})", names=both, title=conflict.title))
    never = [c.what for c in manifest.coverage if c.basis == "never occurs"]
    if never:
        yield Gap("coverage", say("Never occurs and isn't declared, so its absence proves nothing: {what}", what=listed(never, MOST)), len(never))
    assumed = [say("{what} ({day})", what=c.what, day=c.from_on) for c in manifest.coverage if c.basis == "first occurrence"]
    if assumed:
        yield Gap("coverage", say("Taken as complete from its first occurrence on: {what}", what=listed(assumed, MOST)), len(assumed))
    for table in manifest.tables:
        for column, count in table.hidden.items():
            yield Gap("later", say("{table}: {count} values of {column} lie after the day and count as not having happened", table=table.title,
                                   count=count, column=column), count)  # fmt: skip
    excluded = [(c.id, c.excluded) for c in manifest.controls if c.excluded]
    if excluded:
        names = [f"{control} ({n:,})" for control, n in excluded]
        yield Gap("excluded", say("Left out by the control's own condition: {what}", what=listed(names)), sum(n for _, n in excluded))
    yield from _decided(manifest)
    for pack in manifest.packs:
        if pack.overridden:
            own = say("{pack}: the organisation's own values for {what}", pack=pack.title, what=listed(pack.overridden))
            yield Gap("override", own, len(pack.overridden))


def gaps_of(assessed: "Assessed") -> list[Gap]:
    """The gaps that a report tells: in a unit's not what people decided about the cases of others, which its own section tells of its own."""
    found = gaps(assessed.manifest)
    return [gap for gap in found if assessed.unit is None or gap.sort not in ("waiver", "disposition")]


def _unread(table: TableRead) -> Iterator[Gap]:
    if table.rows_rejected:
        yield Gap("unreadable", say("{table}: {count} rows couldn't be read", table=table.title, count=table.rows_rejected), table.rows_rejected)
    for column, count in table.cells_rejected.items():
        yield Gap("unreadable", say("{table}: {count} cells of {column} couldn't be read", table=table.title, count=count, column=column), count)


def _stale(manifest: Manifest) -> Iterator[Gap]:
    old = [t for t in manifest.tables if before_the_end(t, manifest)]
    if old:
        names = [say("{table} ({day})", table=t.title, day=f"{t.extracted_at:%Y-%m-%d %H:%M}") for t in old]
        yield Gap("stale", say("Exported before the end of the day, so that what came later isn't known: {tables}", tables=listed(names)), len(old))
    undated = [t.title for t in manifest.tables if t.extracted_at is None]
    if undated:
        yield Gap("stale", say("No extracted_at, taken as fresh: {tables}", tables=listed(undated)), len(undated))


def before_the_end(table: TableRead, manifest: Manifest) -> bool:
    """Whether a table was exported before the day of the assessment had ended."""
    if table.extracted_at is None:
        return False
    at = table.extracted_at
    local = at if at.tzinfo is None else at.astimezone(ZoneInfo(manifest.timezone)).replace(tzinfo=None)
    return local < end_of(manifest.as_of)


def end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time())


def _decided(manifest: Manifest) -> Iterator[Gap]:
    """Waivers and dispositions: those that hold with their counts, and each that doesn't."""
    waived = [(c.id, c.waived) for c in manifest.controls if c.waived]
    if waived:
        names = [f"{control} ({n:,})" for control, n in waived]
        yield Gap("waiver", say("Waived, and not counted for the exit code: {what}", what=listed(names)), sum(n for _, n in waived))
    for w in manifest.waivers:
        if w.state == "expired":
            yield Gap("waiver", say("Waiver {id} of {control} expired on {day}", id=w.id, control=w.control, day=w.expires_on))
        elif w.state == "not yet":
            yield Gap("waiver", say("Waiver {id} of {control} was approved only on {day}", id=w.id, control=w.control, day=w.approved_on))
        if w.stale:
            yield Gap("waiver", say("Waiver {id} of {control} is stale, the facts aren't those that were approved: {what}", id=w.id,
                                    control=w.control, what=listed(w.stale, MOST)), len(w.stale))  # fmt: skip
        if w.unused:
            yield Gap("waiver", say("Waiver {id} of {control} is unused, there is no finding: {what}", id=w.id, control=w.control,
                                    what=listed(w.unused, MOST)), len(w.unused))  # fmt: skip
    recorded = [f"{d.id} ({d.control} {d.subject})" for d in manifest.dispositions if d.state == "recorded"]
    if recorded:
        yield Gap("disposition", say("Dispositions recorded; their findings stay and count: {what}", what=listed(recorded, MOST)), len(recorded))
    for d in manifest.dispositions:
        if d.state != "recorded":
            told = say("Disposition {id} of {control} for {subject}: {state}", id=d.id, control=d.control, subject=d.subject, state=say(d.state))
            yield Gap("disposition", told)
