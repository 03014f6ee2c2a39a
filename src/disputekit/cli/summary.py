"""What `check` says on a terminal: both numbers first, what is wrong and what couldn't be checked; then each control."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from disputekit.assessment.conclusion import Conclusion
from disputekit.assessment.manifest import ControlResult, Manifest
from disputekit.policies.model import SEVERITIES
from disputekit.reports.chapters.gaps import gaps
from disputekit.reports.write import HTML
from disputekit.text import Language, Said, say


def show(manifest: Manifest, conclusion: Conclusion, place: Path, said: Said, language: Language) -> None:
    """Prints the summary of an assessment to stdout."""
    console = Console(highlight=False, soft_wrap=False)
    controls = manifest.controls
    failed, unknown = sum(c.count("fail") for c in controls), sum(c.count("unknown") for c in controls)
    still, late = (sum(_for(c, reason) for c in controls) for reason in ("open", "late"))
    unsure = [said(gap.what) for gap in gaps(manifest)]
    console.print(f"[bold]{escape(manifest.organisation)}[/bold] · {said(say('as of {day}', day=manifest.as_of))}")
    console.print()
    console.print(f"[bold {'red' if failed else 'green'}]{said(say('Wrong'))}[/]: " + said(say(
        "{failed} breaches of {controls} controls out of {all}: {open} not done, {late} done late, {other} other",
        failed=f"{failed:,}", controls=sum(c.count("fail") > 0 for c in controls), all=len(controls), open=f"{still:,}", late=f"{late:,}",
        other=f"{failed - still - late:,}")))  # fmt: skip
    console.print(f"[bold {'yellow' if unknown or unsure else 'green'}]{said(say('Not checked'))}[/]: " + said(say(
        "{unknown} decisions that couldn't be made in {controls} controls; {gaps} gaps and assumptions are listed below", unknown=f"{unknown:,}",
        controls=sum(c.count("unknown") > 0 for c in controls), gaps=len(unsure))))  # fmt: skip
    # what the organisation took out itself is told before any number is believed
    for gap in gaps(manifest):
        if gap.sort == "switched off":
            console.print(f"  [bold yellow]{escape(said(gap.what))}[/]")
    if conclusion.against is not None:
        fresh = sum(conclusion.against.counts.values())
        console.print(f"[bold {'red' if conclusion.against.worse else 'green'}]{said(say('Compared'))}[/]: " + said(say(
            "{count} new or worse since {day}, {known} known before", count=f"{fresh:,}", day=conclusion.against.as_of,
            known=f"{conclusion.against.known:,}")))  # fmt: skip
        console.print(_listed([said(phrase) for phrase in conclusion.against.worse]))
    if manifest.warnings:
        console.print(
            f"[bold]{said(say('Due soon'))}[/bold]: "
            + said(say("{count} running periods near their end (warnings.parquet)", count=manifest.warnings))
        )
    console.print()
    shown = [c for c in controls if c.count("fail", "unknown", "pending")]
    if shown:
        console.print(_table(shown, conclusion.against.counts if conclusion.against is not None else None, said, language))
    if len(shown) < len(controls):
        console.print(said(say("{count} controls have no breach, nothing unknown and nothing pending", count=len(controls) - len(shown))))
        console.print()
    if unsure:
        console.print(f"[bold]{said(say('What was not checked, and what is assumed'))}[/bold]")
        console.print(_listed(unsure))
        console.print()
    for line in conclusion.why:
        console.print(f"[bold]{said(say('Not everything could be evaluated'))}[/bold]: {escape(said(line))}")
    if (place / HTML).is_file():
        console.print(said(say("Report: {place}", place=place / HTML)), soft_wrap=True)
    console.print(said(say("Assessment: {place} (exit code {code})", place=place, code=conclusion.exit_code)))


def _table(controls: list[ControlResult], fresh: Mapping[str, int] | None, said: Said, language: Language) -> Table:
    """Worst first. fresh: how many findings of a control are new or worse, where there is a baseline.

    Numbers and the control's name are never cut; its title is folded where the terminal is narrow.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in (*((say("New"),) if fresh is not None else ()), say("Breach"), say("not done"), say("done late"), say("Unknown"), say("Pending")):
        table.add_column(said(heading), justify="right", no_wrap=True, min_width=max(4, cell_len(said(heading))))
    table.add_column(said(say("Severity")), no_wrap=True, min_width=8)
    table.add_column(said(say("Control")), overflow="fold", min_width=28)
    for c in sorted(controls, key=lambda c: (-SEVERITIES.index(c.severity), -c.count("fail"), -c.count("unknown"), c.id)):
        life = (_number(_for(c, "open"), "red"), _number(_for(c, "late"), "red"))
        numbers = (_number(c.count("fail"), "red"), *life, _number(c.count("unknown"), "yellow"), _number(c.count("pending"), ""))
        first = () if fresh is None else (_number(fresh.get(c.id, 0), "red"),)
        table.add_row(*first, *numbers, said(say(c.severity)), f"{escape(c.id)}\n[dim]{escape(c.title.in_(language))}[/dim]")
    return table


def _listed(lines: Sequence[str]) -> Table:
    """Lines with a dot before each; a long one goes on below its own beginning, also one without spaces, as Chinese is."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for line in lines:
        table.add_row("  ·", escape(line))
    return table


def _for(control: ControlResult, reason: str) -> int:
    """How many subjects a control fails for, for a reason."""
    return sum(t.subjects for t in control.tallies if t.outcome == "fail" and t.reason == reason)


def _number(n: int, style: str) -> str:
    if n == 0:
        return "[dim]·[/dim]"
    return f"[{style}]{n:,}[/]" if style else f"{n:,}"
