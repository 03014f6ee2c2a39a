"""What the demo comes to, control by control. A change here is a change of what users are told, and must be meant.

To write the file anew after a change that is meant:

    DISPUTEKIT_GOLDEN=write python -m pytest tests/golden

and then read the difference before committing it.
"""

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

from disputekit.assess import assess
from disputekit.config import load_project
from disputekit.demo.generate import write_demo

GOLDEN = Path(__file__).with_name("demo.json")
SEED, DISPUTES, AS_OF = 1, 300, date(2026, 6, 30)


def found(folder: Path) -> dict[str, Any]:
    write_demo(folder, SEED, DISPUTES)
    manifest = assess(load_project(folder), AS_OF, folder / "assessment")
    return {
        "tables": {t.table: {"read": t.rows_read, "loaded": t.rows_loaded, "cells_rejected": dict(t.cells_rejected)} for t in manifest.tables},
        "controls": {c.id: {str(t.outcome) + (f": {t.reason}" if t.reason else ""): t.subjects for t in c.tallies} for c in manifest.controls},
        "unchecked": [u.id for u in manifest.unchecked],
        "errors": [e.what for e in manifest.errors],
    }


def test_the_demo_comes_to_what_it_came_to_before(tmp_path: Path) -> None:
    now = found(tmp_path / "demo")
    if os.environ.get("DISPUTEKIT_GOLDEN") == "write":
        GOLDEN.write_text(json.dumps(now, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert now == json.loads(GOLDEN.read_text("utf-8"))


def test_the_golden_demo_has_breaches_and_unknowns_and_no_errors() -> None:
    golden = json.loads(GOLDEN.read_text("utf-8"))
    verdicts = {verdict.split(":")[0] for tally in golden["controls"].values() for verdict in tally}
    assert verdicts == {"fail", "unknown", "pending", "pass", "not_applicable"}
    assert golden["errors"] == []
