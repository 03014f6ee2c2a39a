"""What a package tells once more of what its manifest says, for whoever reads tables or OSCAL; it follows from the manifest alone."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from disputekit import write_table
from disputekit_evaluation.oscal import assessment_results
from disputekit_evaluation.package import ASSESSMENT

if TYPE_CHECKING:
    from disputekit import Manifest

COLUMNS = {
    "tallies": {"control": "varchar", "outcome": "varchar", "reason": "varchar", "subjects": "bigint"},
    "risk_points": {"number": "bigint", "kind": "varchar", "scope": "varchar", "n": "bigint", "whole": "varchar"},
    "firings": {"plan": "varchar", "key": "varchar", "level": "varchar", "facts": "varchar"},
}


def write_tables(manifest: "Manifest", out: Path) -> None:
    """Writes the tallies, the risk points and what set plans off, each as Parquet and as CSV."""
    rows: dict[str, list[tuple[object, ...]]] = {
        "tallies": [(c.id, t.outcome, t.reason, t.subjects) for c in manifest.controls for t in c.tallies],
        "risk_points": [(i, p.kind, p.scope, p.n, p.model_dump_json()) for i, p in enumerate(manifest.risk_points, 1)],
        "firings": [(f.plan, f.key, f.level, json.dumps(dict(f.facts), ensure_ascii=False, sort_keys=True)) for f in manifest.firings],
    }
    for name, columns in COLUMNS.items():
        write_table(rows[name], columns, out / name)


def oscal_of(manifest: "Manifest", sha256: str, language: str) -> str:
    """The same as OSCAL; its links lead to the findings beside it. sha256: of `assessment.json`."""
    return json.dumps(assessment_results(manifest, sha256, language, f"../{ASSESSMENT.name}/"), ensure_ascii=False, indent=1) + "\n"
