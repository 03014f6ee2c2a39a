"""A stranger runs an assessment again with DuckDB alone: its SQL, the organisation's files, and nothing of ours."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.running import called, manifest

AS_OF = "2026-06-30"
STRANGER = """
import json, os, sys
from pathlib import Path
import duckdb

project, assessment = map(Path, sys.argv[1:])
db = duckdb.connect()

def run(name):
    return db.execute((assessment / "queries" / name).read_text("utf-8")).fetchall()

os.chdir(project)
run("00_register.sql")
os.chdir(assessment)
run("02_calendar.sql")
names = sorted(p.name for p in Path("queries").iterdir())
for name in names:
    if name.startswith("01_facts_"):
        run(name)
found = {}
for part in sorted(Path("findings").iterdir()):
    again, kept = run(part.stem + ".sql"), db.read_parquet(str(part))
    types = [str(t) for t in db.sql((Path("queries") / (part.stem + ".sql")).read_text("utf-8").split(";\\n\\n")[-1].strip().rstrip(";")).types]
    found[part.stem] = [len(again), again == kept.fetchall() and types == [str(t) for t in kept.types]]
subjects = {}
for part in json.loads(Path("assessment.json").read_text("utf-8"))["subjects"]:
    section = part["table"].removeprefix("sections.")
    name = "91_subjects_" + section if section == part["table"] else "92_section_" + section
    again, kept = run(name + ".sql"), db.read_parquet(part["part"])
    subjects[part["table"]] = [len(again), list(kept.columns), again == kept.fetchall()]
print(json.dumps({"found": found, "subjects": subjects, "queries": names, "ours": sorted(m for m in sys.modules if "disputekit" in m)}))
"""


@pytest.fixture(scope="module")
def again(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """What the stranger found, and the manifest of the assessment."""
    project = tmp_path_factory.mktemp("stranger") / "project"
    shutil.copytree(demo, project)
    toml = project / "disputekit.toml"
    # a control of the organisation itself, whose table comes from the TOML
    (project / "house").mkdir()
    (project / "house" / "pack.toml").write_text(HOUSE, encoding="utf-8")
    text = toml.read_text("utf-8").replace('packs = ["mediation', 'packs = ["./house", "mediation')
    # what a plugin's own reader reads, a stranger can't: a package holds its rows
    assert ', "data/lms.xapi"]' in text
    toml.write_text(text.replace(', "data/lms.xapi"]', "]"), encoding="utf-8")
    assert called("--project", project, "check", "--as-of", AS_OF).code == 1
    assessment = project / "assessments" / AS_OF
    # the engine reads UTF-8 only, so the queries name a copy in UTF-8 beside the file as it was handed over
    (project / "data" / "ledger.csv.utf-8").write_text((project / "data" / "ledger.csv").read_text("gb18030"), encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-I", "-c", STRANGER, str(project), str(assessment)],
        check=False, capture_output=True, text=True, env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout), manifest(assessment)


HOUSE = """
[pack]
id = "house"
version = "1"
title = { zh = "本公司", en = "House" }

[[controls]]
id = "opened"
title = { zh = "获批后五个工作日内开始申报", en = "Filing opens within five working days" }
kind = "deadline"
subject = "organisation"
from = "dissolution_approved"
to = "filing_opens"
within = "5 working days"
severity = "low"
basis = "practice"
remedy = { zh = "说明原因", en = "Say why" }
"""


def test_a_stranger_gets_the_findings_of_every_control_again(again: tuple[Any, Any]) -> None:
    ran, assessment = again
    assert ran["found"] == {c["id"]: [c["findings"], True] for c in assessment["controls"]}
    assert ran["found"]["opened"] == [1, True]
    assert sum(count for count, _ in ran["found"].values()) > 50


def test_a_stranger_gets_what_the_subjects_are_again(again: tuple[Any, Any]) -> None:
    ran, assessment = again
    assert ran["subjects"] == {s["table"]: [s["rows"], s["columns"], True] for s in assessment["subjects"]}
    assert ran["subjects"]["disputes"][0] > 290
    assert "organisation" not in ran["subjects"]


def test_nothing_of_ours_is_needed_and_no_query_is_missing(again: tuple[Any, Any]) -> None:
    ran, assessment = again
    assert ran["ours"] == []
    facts = [n for n in ran["queries"] if n.startswith("01_facts_")]
    assert "01_facts_disputes.sql" in facts
    assert sorted(ran["queries"]) == sorted(
        [
            "00_register.sql",
            "02_calendar.sql",
            "90_warnings.sql",
            *facts,
            *(f"91_subjects_{t}.sql" for t in ran["subjects"] if not t.startswith("sections.")),
            *(f"92_section_{t.removeprefix('sections.')}.sql" for t in ran["subjects"] if t.startswith("sections.")),
            *(f"{c['id']}.sql" for c in assessment["controls"]),
            *(f"95_risk_{d['name']}.sql" for d in assessment["risk_detectors"]),
        ]
    )
