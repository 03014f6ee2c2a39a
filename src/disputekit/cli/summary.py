"""What `check` says on a terminal: both numbers first, what is wrong and what couldn't be checked; then each control."""

from collections.abc import Iterator
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from disputekit.assessment.conclusion import Conclusion
from disputekit.assessment.manifest import ControlResult, Manifest
from disputekit.text import Language, Said, say

MOST = 12
"""How many lines of one sort are shown before the rest is counted."""


def show(manifest: Manifest, conclusion: Conclusion, place: Path, said: Said, language: Language) -> None:
    """Prints the summary of an assessment to stdout."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]{escape(manifest.organisation)}[/bold] · {said(say('as of {day}', day=manifest.as_of))}")
    console.print()
    controls = manifest.controls
    failing = [c for c in controls if c.count("fail")]
    open_now = sum(t.subjects for c in controls for t in c.tallies if t.outcome == "fail" and t.reason == "open")
    failed = sum(c.count("fail") for c in controls)
    unknown = sum(c.count("unknown") for c in controls)
    console.print(f"[bold {'red' if failed else 'green'}]{said(say('Wrong'))}[/]: " + said(say(
        "{failed} breaches in {controls} of {all} controls, {open} of them still open", failed=failed, controls=len(failing), all=len(controls), open=open_now)))
    gaps = list(not_checked(manifest, said, language))
    console.print(f"[bold {'yellow' if unknown or gaps else 'green'}]{said(say('Not checked'))}[/]: " + said(say(
        "{unknown} decisions that couldn't be made, and {gaps} gaps named below", unknown=unknown, gaps=len(gaps))))
    console.print()
    console.print(_table(controls, said, language))
    if gaps:
        console.print(f"[bold]{said(say('What was not checked, and what is assumed'))}[/bold]")
        for line in gaps:
            console.print(f"  · {escape(line)}")
        console.print()
    for line in conclusion.why:
        console.print(f"[bold]{said(say('Not everything could be evaluated'))}[/bold]: {escape(said(line))}")
    console.print(said(say("Assessment: {place} (exit code {code})", place=place, code=conclusion.exit_code)))


def _table(controls: tuple[ControlResult, ...], said: Said, language: Language) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(said(say("Control")), no_wrap=True)
    table.add_column(said(say("Severity")), no_wrap=True)
    for heading in (say("Late"), say("Open"), say("Other breach"), say("Unknown"), say("Pending"), say("Pass"), say("Not applicable")):
        table.add_column(said(heading), justify="right", no_wrap=True)
    table.add_column(said(say("What it asks")), overflow="fold")
    for c in sorted(controls, key=lambda c: (-c.count("fail"), -c.count("unknown"))):
        by_reason = {(t.outcome, t.reason): t.subjects for t in c.tallies}
        late, still = by_reason.get(("fail", "late"), 0), by_reason.get(("fail", "open"), 0)
        other, unknown = c.count("fail") - late - still, c.count("unknown")
        numbers = [_number(n, "red") for n in (late, still, other)] + [_number(unknown, "yellow")]
        numbers += [_number(c.count(o), "") for o in ("pending", "pass", "not_applicable")]
        table.add_row(escape(c.id), said(say(c.severity)), *numbers, escape(c.title.in_(language)))
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
    undated = [t.title.in_(language) for t in manifest.tables if t.extracted_at is None]
    if undated:
        yield said(say("No extracted_at, taken as fresh: {tables}", tables=", ".join(undated)))
    never = [c.what for c in manifest.coverage if c.basis == "never occurs"]
    if never:
        yield said(say("Never occurs and isn't declared, so its absence proves nothing: {what}", what=", ".join(never)))
    assumed = [f"{c.what} ({c.from_on})" for c in manifest.coverage if c.basis == "first occurrence"]
    if assumed:
        shown = ", ".join(assumed[:MOST]) + (f" … +{len(assumed) - MOST}" if len(assumed) > MOST else "")
        yield said(say("Taken as complete from its first occurrence on: {what}", what=shown))
    excluded = [f"{c.id} ({c.excluded:,})" for c in manifest.controls if c.excluded]
    if excluded:
        yield said(say("Left out by the control's own condition: {what}", what=", ".join(excluded)))
    for pack in manifest.packs:
        if pack.overridden:
            yield said(say("{pack}: the organisation's own values for {what}", pack=pack.title.in_(language), what=", ".join(pack.overridden)))
    for u in manifest.unchecked:
        yield said(say("{control} isn't evaluated: {status}", control=u.id, status=said(say(u.status))))
