"""What the insurer adds to the stages after the checks."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from disputekit import (
    Assessed,
    Candidate,
    EmergencyTrigger,
    EvaluationExport,
    Firing,
    Heading,
    Listing,
    Reads,
    ReportSection,
    RiskDetector,
    Run,
    Section,
    Situation,
    Text,
)

_BY_BRANCH = "select branch, count(*) as n from $subject group by branch order by branch"


def busy_branches(limit: int) -> RiskDetector:
    """Branches with `limit` disputes or more."""

    def aggregate(sql: Any) -> Any:
        return sql.fill(_BY_BRANCH, subject=sql.subjects(branch=sql.column("acme_branch")).subquery("s"))

    def judge(rows: Sequence[Mapping[str, Any]], run: Run) -> Iterator[Candidate]:
        for row in rows:
            if row["n"] >= limit:
                yield Candidate(kind="busy branch", scope=str(row["branch"]), n=row["n"], observed=row["n"], expected=limit)

    return RiskDetector("acme-busy", Text(zh="繁忙机构", en="Busy branches"), Reads("disputes", columns=("acme_branch",)), aggregate, judge)


def _fires(situation: Situation, run: Run) -> Iterator[Firing]:
    for point in situation.points:
        if point.kind == "busy branch":
            yield Firing(plan="more-staff", key=f"more-staff/{point.scope}", level="watch", facts={"disputes": point.n})


def _section(assessed: Assessed, run: Run) -> Section:
    mine = [c for c in assessed.manifest.controls if c.plugin == "acme"]
    controls = (Heading(Text(zh="规则", en="Control"), "control"), Heading(Text(zh="违反", en="Breaches"), "number"))
    branches = assessed.rows(
        "select coalesce(region, '?') as region, count(*) as n from disputes where breaches > $least group by 1 order by 1", least=0
    )
    regions = (Heading(Text(zh="地区", en="Region")), Heading(Text(zh="争议", en="Disputes"), "number"))
    return Section((
        Listing(Text(zh="规则", en="Controls"), controls, tuple((c.id, c.count("fail")) for c in mine)),
        Listing(Text(zh="有违反的争议", en="Disputes with breaches"), regions, tuple((b["region"], b["n"]) for b in branches)),
    ))  # fmt: skip


def _export(assessment: Path, mine: Path, run: Run) -> None:
    manifest = json.loads((assessment / "assessment.json").read_text("utf-8"))
    (mine / "controls.txt").write_text("".join(f"{c['id']}\n" for c in manifest["controls"]), encoding="utf-8")


RUSH = EmergencyTrigger("acme-rush", Text(zh="集中投诉", en="Rush"), "more-staff", _fires, detectors=("acme-busy",))
SECTION = ReportSection("acme", Text(zh="Acme 的规则", en="Acme's controls"), _section)
EXPORT = EvaluationExport("acme-list", Text(zh="规则清单", en="List of controls"), _export)
