"""What was found, control by control: where the duty comes from, what to do, and the facts that decided."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from disputekit.assessment.manifest import ControlResult
from disputekit.reports.chapters.counts import at_most, cited, counted, reasons, worst_first
from disputekit.run import Run
from disputekit.sections import Block, Cell, Fact, Facts, Group, Heading, Kind, Listing, Paragraph, Section
from disputekit.text import Phrase, say

if TYPE_CHECKING:
    from disputekit.reports.assessed import Assessed, Rows

_FOUND = """
    select f.outcome, f.reason, f.subject, f.occurrence, f.started_at, f.due_on, f.due_at, f.done_at, f.observed, f.expected, u.name as unit, f.handler,
           f.waiver, f.disposition
    from findings as f left join units as u on u.unit = f.unit
    where f.control = $control
    order by case f.outcome when 'fail' then 0 when 'unknown' then 1 else 2 end, f.waiver is not null, coalesce(f.reason <> 'open', true),
             coalesce(f.due_at, cast(f.due_on as timestamp)), f.subject, f.occurrence
    limit $most"""


def make(assessed: "Assessed", _: Run) -> Section:
    found = [c for c in worst_first(counted(assessed)) if c.findings or c.error is not None or (c.absent and assessed.unit is None)]
    if not found:
        return Section((Paragraph(say("There are no findings. What couldn't be checked is listed above")),))
    told = say("At most {count} findings of each control are shown, those that are open first; all of them are in the assessment's folder. "
               "To see why, step by step: `disputekit explain CONTROL SUBJECT --assessment FOLDER`", count=assessed.most)  # fmt: skip
    return Section((Paragraph(told), *(_group(c, assessed) for c in found)))


def _group(control: ControlResult, assessed: "Assessed") -> Group:
    facts = [Fact(say("Source"), cited(control)), Fact(say("Basis"), value=say(control.basis)), Fact(say("What to do"), control.remedy)]
    if control.bearer != "insurer":
        facts.append(Fact(say("Whose duty"), value=say(control.bearer)))
    if control.where is not None:
        facts.append(Fact(say("Only where"), control.where, "name"))
    if control.count("fail", "unknown"):
        facts.append(Fact(say("Breaches and unknowns"), reasons(control, "fail", "unknown")))
    if control.waived and assessed.unit is None:
        facts.append(Fact(say("Waived"), control.waived, "number"))
    blocks: list[Block] = [Facts(tuple(facts))]
    if control.error is not None:
        blocks.append(Paragraph(say("It couldn't be evaluated: {what}", what=control.error), "bad"))
    elif control.absent:
        blocks.append(Paragraph(say("It couldn't be evaluated for any of its {count} subjects: {what} isn't supplied", count=f"{control.subjects:,}",
                                    what=", ".join(control.absent)), "unknown"))  # fmt: skip
    else:
        rows = assessed.rows(_FOUND, control=control.id, most=assessed.most)
        blocks.append(_listing(rows, control))
    numbers = say("{failed} breaches, {unknown} unknown", failed=f"{control.count('fail'):,}", unknown=f"{control.count('unknown'):,}")
    return Group(control.id, control.title, control.severity, tuple(blocks), numbers)


def _listing(rows: "Rows", control: ControlResult) -> Listing:
    """The facts of each finding; a column that says nothing of any of them is left out."""
    every: Sequence[tuple[Phrase, Kind, Sequence[Cell]]] = (
        (say("Outcome"), "verdict", [": ".join(filter(None, (r["outcome"], r["reason"]))) for r in rows]),
        (say("Subject"), "name", [r["subject"] for r in rows]),
        (say("Occurrence"), "name", [r["occurrence"] for r in rows]),
        (say("Began"), "moment", [at_most(r["started_at"]) for r in rows]),
        (say("Due"), "moment", [at_most(r["due_at"]) or r["due_on"] for r in rows]),
        (say("Done"), "moment", [at_most(r["done_at"]) for r in rows]),
        (say("Observed"), "text", [r["observed"] for r in rows]),
        (say("Asked for"), "text", [r["expected"] for r in rows]),
        (say("Unit"), "text", [r["unit"] for r in rows]),
        (say("Handler"), "name", [r["handler"] for r in rows]),
        (say("Waiver"), "name", [r["waiver"] for r in rows]),
        (say("Disposition"), "name", [r["disposition"] for r in rows]),
    )  # fmt: skip
    kept = [*every[:2], *(e for e in every[2:] if any(v is not None for v in e[2]))]
    return Listing(
        say("Findings"), tuple(Heading(title, kind) for title, kind, _ in kept), tuple(zip(*(values for _, _, values in kept), strict=True)),
        total=control.findings, rest=say("the others are in {file}", file=f"findings/{control.id}.parquet"),
    )  # fmt: skip
