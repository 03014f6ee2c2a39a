"""The section of the report: the register of risk points, the heat map, and where nobody could look."""

from collections.abc import Iterator, Sequence

from disputekit import Assessed, Figure, Figures, Heading, Listing, Matrix, Paragraph, RiskPoint, Run, Section, Square, Text, say
from disputekit_risk.dimensions import TITLES

LEVELS = ("critical", "high", "medium", "low")
NAMES = {
    "critical": Text(zh="严重", en="Critical"),
    "high": Text(zh="高", en="High"),
    "medium": Text(zh="中", en="Medium"),
    "low": Text(zh="低", en="Low"),
}
FIVE = (1, 2, 3, 4, 5)
TRENDS = {
    "new": Text(zh="新出现", en="new"), "rising": Text(zh="上升", en="rising"), "steady": Text(zh="持平", en="steady"),
    "falling": Text(zh="下降", en="falling"), None: Text(zh="无上次评估", en="no previous assessment"),
}  # fmt: skip


def section(assessed: Assessed, run: Run) -> Section:  # noqa: ARG001
    """All of it is about the whole organisation; a unit's report says where it stands."""
    if assessed.unit is not None:
        return Section((Paragraph(say("Risk points are about the whole organisation; they stand in its report.")),))
    manifest = assessed.manifest
    mine = [d for d in manifest.risk_detectors if d.plugin == "risk"]
    points = [p for p in manifest.risk_points if p.plugin == "risk"]
    tests = sum(d.tests for d in manifest.risk_detectors)
    unlooked = [d for d in mine if d.state != "looked"]
    blocks: list[Figures | Paragraph | Listing | Matrix] = [
        Figures((
            *(Figure(name, sum(p.level == level for p in points), "bad" if level in ("critical", "high") else "plain")
              for level, name in NAMES.items()),
            Figure(say("Tests made, corrected together"), tests),
            Figure(say("Detectors that could not look"), len(unlooked), "unknown" if unlooked else "plain"),
        )),
    ]  # fmt: skip
    blocks.append(_register(points, assessed.most))
    blocks.append(_heat_map(points))
    ended = tuple((e.name, say("not found any more") if e.looked else say("not known: its detector could not look")) for e in manifest.risks_ended)
    if ended:
        heads = (Heading(say("Risk point"), "name"), Heading(say("Now")))
        blocks.append(Listing(say("Risk points of the previous assessment"), heads, ended[: assessed.most], total=len(ended)))
    rows = tuple(
        row
        for d in mine
        for row in (
            *(((d.title, say("all"), say("not supplied: {what}", what=", ".join(d.absent))),) if d.state == "not supplied" else ()),
            *(((d.title, say("all"), say("failed; see the errors")),) if d.state == "error" else ()),
            *((d.title, TITLES.get(n.scope, n.scope), n.why) for n in d.not_looked),
        )
    )
    columns = (Heading(say("Detector")), Heading(say("Where")), Heading(say("Why")))
    blocks.append(Listing(say("Where nobody could look"), columns, rows[: assessed.most * 3], total=len(rows),
                          rest=say("all are in {file}", file="assessment.json"), empty=say("Everything was looked at.")))  # fmt: skip
    return Section(tuple(blocks))


def _register(points: Sequence[RiskPoint], most: int) -> Listing:
    columns = (
        Heading(say("Level"), "severity"), Heading(say("What")), Heading(say("Number"), "number"), Heading(say("Observed"), "number"),
        Heading(say("Otherwise expected"), "number"), Heading(say("95 % interval")), Heading(say("q"), "number"),
        Heading(say("Likelihood"), "number"), Heading(say("Impact"), "number"), Heading(say("Trend")), Heading(say("Examples"), "name"),
        Heading(say("Controls"), "name"),
    )  # fmt: skip
    return Listing(say("Register of risk points"), columns, tuple(_rows(points[:most])), total=len(points),
                   rest=say("all are in {file}", file="assessment.json"),
                   empty=say("No risk point stands out from chance. What could not be looked at is listed below."))  # fmt: skip


def _rows(points: Sequence[RiskPoint]) -> Iterator[tuple[str | int | float | Text | None, ...]]:
    for p in points:
        interval = None if p.interval is None else " – ".join("" if bound is None else f"{bound:.4g}" for bound in p.interval)
        q = None if p.q is None else float(f"{p.q:.2g}")
        yield (p.level, p.what if p.what is not None else p.scope, p.n, round(p.observed, 4), round(p.expected, 4), interval, q, p.likelihood, p.impact,
               TRENDS[p.trend], ", ".join(p.subjects[:3]) or None, ", ".join(p.controls) or None)  # fmt: skip


def _heat_map(points: Sequence[RiskPoint]) -> Matrix:
    def square(likelihood: int, impact: int) -> Square | None:
        here = [p for p in points if (p.likelihood, p.impact) == (likelihood, impact)]
        if not here:
            return None
        worst = next(level for level in LEVELS if any(p.level == level for p in here))
        return Square(len(here), "bad" if worst in ("critical", "high") else "late" if worst == "medium" else "soon", NAMES[worst])

    return Matrix(
        title=say("Heat map: how many risk points by likelihood and impact"),
        down=say("Likelihood"),
        across=say("Impact"),
        rows=tuple(reversed(FIVE)),
        columns=FIVE,
        squares=tuple(tuple(square(n, i) for i in FIVE) for n in reversed(FIVE)),
        kind="number",
    )
