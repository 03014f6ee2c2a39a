"""The report's section: which plans there are, what fired on which facts, what is to be done within which time, and what wasn't looked at."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from disputekit import Assessed, Figure, Figures, Heading, Listing, Paragraph, Run, Section, Text, say
from disputekit_emergency.plans import Plan, length
from disputekit_emergency.unplanned import Cover, cover

if TYPE_CHECKING:
    from disputekit.text import Phrase

NO_STATE = Text(
    zh="本节只说明截至评估日何种情况触发了预案；是否已启动、任务是否完成，见 disputekit plan status 和移交的历史记录。",
    en="This section says what set plans off as of the day. Whether they were activated and their tasks done is in `disputekit plan status` "
    "and in the history that is handed over.",
)


def make(plans: Sequence[Plan], assessed: Assessed, run: Run) -> Section:
    if assessed.unit is not None:
        return Section((Paragraph(say("Emergency plans are the organisation's as a whole; see its report")),))
    manifest = assessed.manifest
    triggers = [t for t in manifest.triggers if t.plugin == "emergency"]
    ids = {p.id: p for p in plans}
    firings = [f for f in manifest.firings if f.plan in ids]
    blind = [t for t in triggers if not t.draft and (not t.looked or t.undecided)]
    titles = {t.plan: t.title for t in triggers}
    fired = tuple((f.plan, titles.get(f.plan), f.level, str(f.facts.get("cause")), f.facts.get("count"), f.facts.get("at_least"),
                   str(f.facts["since"]) if f.facts.get("since") is not None else None) for f in firings)  # fmt: skip
    tasks = tuple((p.id, t.title, t.owner, _within(t.within, t.after), t.cite) for p in plans if p.id in {f.plan for f in firings} for t in p.tasks)
    states = tuple((t.plan, t.title, say("draft") if t.draft else say("not looked at") if not t.looked else say("looked at"), t.fired,
                    "; ".join([*t.absent, *(run_text(u.what, run) for u in t.undecided)])) for t in triggers)  # fmt: skip
    covered = cover(manifest, plans)
    without = sum(u.number for u in covered.unplanned)
    plan = Heading(say("Plan"), "name")
    title = Heading(say("Title"))
    return Section((
        Paragraph(NO_STATE),
        Figures((
            Figure(say("Causes that set a plan off"), len(firings), "bad" if firings else "plain"),
            Figure(say("Triggers that couldn't be looked at or told"), len(blind), "unknown" if blind else "plain"),
            Figure(say("High risk points without a plan"), None if covered.blind is None else without,
                   "bad" if without else "unknown" if covered.blind is None or covered.blind else "plain"),
            Figure(say("Triggers of drafts, not looked at"), sum(t.draft for t in triggers), "unknown" if any(t.draft for t in triggers) else "plain"),
        )),
        Listing(say("What set a plan off"), (plan, title, Heading(say("Level")), Heading(say("Cause")), Heading(say("Number"), "number"),
                Heading(say("Threshold"), "number"), Heading(say("Since"))), fired[: assessed.most], total=len(fired),
                rest=say("all are in {file}", file="assessment.json"), empty=say("Nothing that was looked at set a plan off")),
        Listing(say("What to do, and within which time"), (plan, Heading(say("Task")), Heading(say("Owner")), Heading(say("Within")), Heading(say("Source"))),
                tasks, empty=say("No plan was set off")),
        Listing(say("Plans and whether they were watched"), (plan, title, Heading(say("State")), Heading(say("Fired"), "number"),
                Heading(say("What is missing"))), states),
        *_without(covered),
    ))  # fmt: skip


def _without(covered: Cover) -> tuple[Listing | Paragraph, ...]:
    """Practice S13.2: a plan for each high risk kind."""
    if covered.blind is None:
        return (Paragraph(say("No risk points were looked for: which high risks have no plan isn't known"), "unknown"),)
    rows = tuple((u.kind, u.detector, u.number) for u in covered.unplanned)
    columns = (Heading(say("Kind of risk"), "name"), Heading(say("Detector")), Heading(say("Points"), "number"))
    empty = say("Each of the {count} high risk points is watched by a plan", count=covered.high)
    part = say("These detectors didn't look, so that more high risks may have no plan: {names}", names=", ".join(covered.blind))
    listing = Listing(say("High risks without a plan (practice S13.2)"), columns, rows, empty=empty)
    return (listing, Paragraph(part, "unknown")) if covered.blind else (listing,)


def _within(within: str, after: str) -> "Phrase":
    if after == "stand_down":
        return say("{within} after the end of the plan", within=length(within))
    return say("{within} from the cause", within=length(within))


def run_text(text: Text, run: Run) -> str:
    return text.in_(run.language)
