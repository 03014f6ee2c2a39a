"""The report's section: the assessment before this one and what changed since, whether the register is complete, and what could be handed over."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from disputekit import Assessed, Difference, Fact, Facts, Figure, Figures, Heading, Listing, Paragraph, ReportSection, Run, Section, Text, say

if TYPE_CHECKING:
    from disputekit import Manifest
    from disputekit.sections import Block

NAME = "evaluation"
TITLE = Text(zh="第三方评估：历史、完整性与可移交内容", en="For an assessor: history, completeness, what could be handed over")
OURS = "EVAL-"
"""What the ids of the plugin's controls begin with."""
_FOUND = """
    select control, subject, case when reason is null then outcome else outcome || ': ' || reason end as verdict, observed, expected
    from findings where starts_with(control, $ours) and outcome in ('fail', 'unknown') order by control, subject, occurrence limit $most"""
_COUNTED = "select count(*) as found from findings where starts_with(control, $ours) and outcome in ('fail', 'unknown')"


def section() -> ReportSection:
    return ReportSection(NAME, TITLE, make)


def make(assessed: Assessed, run: Run) -> Section:  # noqa: ARG001 — everything is in the assessment
    if assessed.unit is not None:
        return Section((Paragraph(say("What an assessor is shown is the organisation's as a whole; see its report")),))
    return Section((*_history(assessed), *_completeness(assessed), *_handed_over(assessed.manifest)))


# ── history ──


def _history(assessed: Assessed) -> "Iterator[Block]":
    before, change = assessed.manifest.previous, assessed.change
    facts = [Fact(say("SHA-256 of this assessment"), assessed.sha256, "name")]
    if before is not None:
        facts += [Fact(say("Day of the assessment before it"), before.as_of, "moment"), Fact(say("SHA-256 of that"), before.sha256, "name")]
    unchecked = (assessed.manifest.as_of - before.as_of).days - 1 if before is not None else None
    yield Figures((
        Figure(say("Days without a check since the assessment before"), unchecked, "bad" if unchecked else "plain"),
        Figure(say("Findings whose facts changed afterwards"), change.total("afterwards") if isinstance(change, Difference) else None,
               "bad" if isinstance(change, Difference) and change.total("afterwards") else "plain"),
    ))  # fmt: skip
    yield Facts(tuple(facts))
    if before is None:
        yield Paragraph(say("It is the first of its chain, or was made without the one before: nothing can be said of what changed"), "unknown")
    elif not isinstance(change, Difference):
        yield Paragraph(say("It wasn't compared with the assessment before it: whether facts changed afterwards isn't known"), "unknown")
    else:
        yield Listing(
            say("Facts that changed for days that the assessment before had seen"),
            (Heading(say("Control"), "control"), Heading(say("Case"), "name"), Heading(say("What changed"))),
            tuple((r.control, r.subject, ", ".join(r.afterwards)) for r in change.afterwards_rows[: assessed.most]),
            total=change.total("afterwards"), rest=say("`disputekit diff` names them all"), empty=say("None was found among the findings"),
        )  # fmt: skip
    yield Paragraph(say("`disputekit history` walks the whole chain: links that don't hold, days without a check, disputes that are gone"))


# ── completeness ──


def _completeness(assessed: Assessed) -> "Iterator[Block]":
    controls = [c for c in assessed.manifest.controls if c.id.startswith(OURS)]
    columns = (Heading(say("Control"), "control"), Heading(say("What is asked")), Heading(say("Breaches"), "number"), Heading(say("Unknown"), "number"),
               Heading(say("Passed"), "number"))  # fmt: skip
    rows = tuple((c.id, c.title, c.count("fail"), None if c.absent else c.count("unknown"), c.count("pass")) for c in controls)
    yield Listing(say("Whether the register is complete"), columns, rows, empty=say("Nothing was asked: no check of completeness is switched on"))
    absent = [c.id for c in controls if c.absent or c.error is not None] + [u.id for u in assessed.manifest.unchecked if u.id.startswith(OURS)]
    if absent:
        yield Paragraph(say("Not evaluated, so that nothing is known of it: {controls}", controls=", ".join(absent)), "unknown")
    found = assessed.rows(_FOUND, ours=OURS, most=assessed.most)
    yield Listing(
        say("What is missing, or can't be told"),
        (Heading(say("Control"), "control"), Heading(say("Case"), "name"), Heading(say("Outcome"), "verdict"), Heading(say("Observed")), Heading(say("Expected"))),
        tuple((r["control"], r["subject"], r["verdict"], r["observed"], r["expected"]) for r in found),
        total=assessed.row(_COUNTED, ours=OURS)["found"], rest=say("all are in {file}", file="findings/"), empty=say("Nothing of what was asked for is missing"),
    )  # fmt: skip


# ── handing over ──


def _handed_over(manifest: "Manifest") -> "Iterator[Block]":
    findings = sum(c.findings for c in manifest.controls)
    yield Figures((
        Figure(say("Findings that a package would carry"), findings), Figure(say("Rows of the register that it would rest on"),
               sum(t.rows_loaded for t in manifest.tables)), Figure(say("Files that the register was read from"), sum(len(t.files) for t in manifest.tables)),
    ))  # fmt: skip
    yield Paragraph(say("{command} makes the package; with {option} it says what would go out to whom, and makes nothing",
                        command="disputekit export ASSESSMENT OUT --profile assessor.toml --key KEY", option="--dry-run"))  # fmt: skip
