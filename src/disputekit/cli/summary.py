"""What `check` says on a terminal: both numbers first, what is wrong and what couldn't be checked; then each control."""

from collections.abc import Iterator
from pathlib import Path

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from disputekit.assessment.conclusion import Conclusion
from disputekit.assessment.manifest import ControlResult, Manifest
from disputekit.policies.model import SEVERITIES
from disputekit.text import Language, Said, say

MOST = 12
"""How many names of one sort are shown before the rest is counted."""


def show(manifest: Manifest, conclusion: Conclusion, place: Path, said: Said, language: Language) -> None:
    """Prints the summary of an assessment to stdout."""
    console = Console(highlight=False, soft_wrap=False)
    controls = manifest.controls
    failed, unknown = sum(c.count("fail") for c in controls), sum(c.count("unknown") for c in controls)
    still = sum(t.subjects for c in controls for t in c.tallies if t.outcome == "fail" and t.reason == "open")
    gaps = list(not_checked(manifest, said, language))
    console.print(f"[bold]{escape(manifest.organisation)}[/bold] · {said(say('as of {day}', day=manifest.as_of))}")
    console.print()
    console.print(f"[bold {'red' if failed else 'green'}]{said(say('Wrong'))}[/]: " + said(say(
        "{failed} breaches of {controls} controls out of {all}, {open} of them still open", failed=f"{failed:,}",
        controls=sum(c.count("fail") > 0 for c in controls), all=len(controls), open=f"{still:,}")))  # fmt: skip
    console.print(f"[bold {'yellow' if unknown or gaps else 'green'}]{said(say('Not checked'))}[/]: " + said(say(
        "{unknown} decisions that couldn't be made in {controls} controls; {gaps} gaps and assumptions are listed below", unknown=f"{unknown:,}",
        controls=sum(c.count("unknown") > 0 for c in controls), gaps=len(gaps))))  # fmt: skip
    if manifest.warnings:
        console.print(
            f"[bold]{said(say('Due soon'))}[/bold]: "
            + said(say("{count} running periods near their end (warnings.parquet)", count=manifest.warnings))
        )
    console.print()
    shown = [c for c in controls if c.count("fail", "unknown", "pending")]
    if shown:
        console.print(_table(shown, said, language))
    if len(shown) < len(controls):
        console.print(said(say("{count} controls have no breach, nothing unknown and nothing pending", count=len(controls) - len(shown))))
        console.print()
    if gaps:
        console.print(f"[bold]{said(say('What was not checked, and what is assumed'))}[/bold]")
        for line in gaps:
            console.print(f"  · {escape(line)}")
        console.print()
    for line in conclusion.why:
        console.print(f"[bold]{said(say('Not everything could be evaluated'))}[/bold]: {escape(said(line))}")
    console.print(said(say("Assessment: {place} (exit code {code})", place=place, code=conclusion.exit_code)))


def _table(controls: list[ControlResult], said: Said, language: Language) -> Table:
    """Worst first. Numbers and the control's name are never cut; its title is folded where the terminal is narrow."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in (say("Breach"), say("of these open"), say("Unknown"), say("Pending")):
        table.add_column(said(heading), justify="right", no_wrap=True, min_width=max(4, cell_len(said(heading))))
    table.add_column(said(say("Severity")), no_wrap=True, min_width=8)
    table.add_column(said(say("Control")), overflow="fold", min_width=28)
    for c in sorted(controls, key=lambda c: (-SEVERITIES.index(c.severity), -c.count("fail"), -c.count("unknown"), c.id)):
        still = sum(t.subjects for t in c.tallies if t.outcome == "fail" and t.reason == "open")
        numbers = (_number(c.count("fail"), "red"), _number(still, "red"), _number(c.count("unknown"), "yellow"), _number(c.count("pending"), ""))
        table.add_row(*numbers, said(say(c.severity)), f"{escape(c.id)}\n[dim]{escape(c.title.in_(language))}[/dim]")
    return table


def _number(n: int, style: str) -> str:
    if n == 0:
        return "[dim]·[/dim]"
    return f"[{style}]{n:,}[/]" if style else f"{n:,}"


def not_checked(manifest: Manifest, said: Said, language: Language) -> Iterator[str]:
    """Everything that a reader must know before trusting the numbers, one line each."""
    for e in manifest.errors:
        yield said(say("Error in {where}: {what}", where=f"{e.plugin}: {e.where}" if e.plugin else e.where, what=e.what))
    for c in manifest.controls:
        if c.absent:
            yield said(say("{control}: not evaluated, {what} isn't supplied", control=c.id, what=", ".join(c.absent)))
    for table in manifest.tables:
        if table.rows_rejected:
            yield said(say("{table}: {count} rows couldn't be read", table=table.title.in_(language), count=table.rows_rejected))
        for column, count in table.cells_rejected.items():
            yield said(say("{table}: {count} cells of {column} couldn't be read", table=table.title.in_(language), count=count, column=column))
        for column, count in table.hidden.items():
            yield said(say("{table}: {count} values of {column} lie after the day and count as not having happened", table=table.title.in_(language),
                           count=count, column=column))  # fmt: skip
    for conflict in manifest.conflicts:
        both = " / ".join(conflict.between)
        if conflict.yields is not None:
            yield said(say("{names} contradict each other, and {yields} yields ({title})", names=both, yields=conflict.yields,
                           title=conflict.title.in_(language)))  # fmt: skip
        elif conflict.expired:
            yield said(say("{names} contradict each other, and the opinion that was recorded has expired ({title})", names=both,
                           title=conflict.title.in_(language)))  # fmt: skip
        else:
            yield said(say("{names} contradict each other, and no opinion is recorded ({title})", names=both, title=conflict.title.in_(language)))
    undated = [t.title.in_(language) for t in manifest.tables if t.extracted_at is None]
    if undated:
        yield said(say("No extracted_at, taken as fresh: {tables}", tables=", ".join(undated)))
    never = [c.what for c in manifest.coverage if c.basis == "never occurs"]
    if never:
        yield said(say("Never occurs and isn't declared, so its absence proves nothing: {what}", what=", ".join(never)))
    assumed = [f"{c.what} ({c.from_on})" for c in manifest.coverage if c.basis == "first occurrence"]
    if assumed:
        yield said(say("Taken as complete from its first occurrence on: {what}", what=_listed(assumed)))
    excluded = [f"{c.id} ({c.excluded:,})" for c in manifest.controls if c.excluded]
    if excluded:
        yield said(say("Left out by the control's own condition: {what}", what=", ".join(excluded)))
    yield from _decided(manifest, said)
    for pack in manifest.packs:
        if pack.overridden:
            yield said(say("{pack}: the organisation's own values for {what}", pack=pack.title.in_(language), what=", ".join(pack.overridden)))
    for status in dict.fromkeys(u.status for u in manifest.unchecked):
        names = [u.id for u in manifest.unchecked if u.status == status]
        yield said(say("Not evaluated ({status}): {what}", status=say(status), what=_listed(names)))


def _decided(manifest: Manifest, said: Said) -> Iterator[str]:
    """Waivers and dispositions: those that hold with their counts, and each that doesn't."""
    waived = [f"{c.id} ({c.waived:,})" for c in manifest.controls if c.waived]
    if waived:
        yield said(say("Waived, and not counted for the exit code: {what}", what=", ".join(waived)))
    for w in manifest.waivers:
        if w.state == "expired":
            yield said(say("Waiver {id} of {control} expired on {day}", id=w.id, control=w.control, day=w.expires_on))
        elif w.state == "not yet":
            yield said(say("Waiver {id} of {control} was approved only on {day}", id=w.id, control=w.control, day=w.approved_on))
        if w.stale:
            yield said(say("Waiver {id} of {control} is stale, the facts aren't those that were approved: {what}", id=w.id, control=w.control,
                           what=_listed(list(w.stale))))  # fmt: skip
        if w.unused:
            yield said(say("Waiver {id} of {control} is unused, there is no finding: {what}", id=w.id, control=w.control,
                           what=_listed(list(w.unused))))  # fmt: skip
    recorded = [f"{d.id} ({d.control} {d.subject})" for d in manifest.dispositions if d.state == "recorded"]
    if recorded:
        yield said(say("Dispositions recorded; their findings stay and count: {what}", what=_listed(recorded)))
    for d in manifest.dispositions:
        if d.state != "recorded":
            yield said(say("Disposition {id} of {control} for {subject}: {state}", id=d.id, control=d.control, subject=d.subject, state=say(d.state)))


def _listed(names: list[str]) -> str:
    return ", ".join(names[:MOST]) + (f" … +{len(names) - MOST}" if len(names) > MOST else "")
