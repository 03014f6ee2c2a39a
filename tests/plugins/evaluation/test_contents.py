"""Everything that an assessor is promised is in a package, told in its data dictionary, and names nobody."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.plugins.evaluation.conftest import Made, allowed, export, new_key, run
from tests.plugins.evaluation.full import DAY, full_project
from tests.plugins.evaluation.test_oscal import mistakes
from tests.plugins.evaluation.test_pseudonyms import leaks

from disputekit.checks.decide import file_sha256
from disputekit_evaluation.verified import verify_package

ASSESSMENT = "data/assessment"
PROMISED = {
    "manifest": (f"{ASSESSMENT}/assessment.json", "data/package.json", "manifest-sha256.txt", "tagmanifest-sha256.txt"),
    "findings": (f"{ASSESSMENT}/findings/H-1.parquet", "data/tables/findings/H-1.csv"),
    "tallies": ("data/tables/tallies.parquet", "data/tables/tallies.csv"),
    "risk points": ("data/tables/risk_points.parquet", "data/tables/risk_points.csv"),
    "activations": ("data/tables/firings.parquet", "data/tables/firings.csv", "data/parts/emergency/history.csv", "data/parts/emergency/history.jsonl"),
    "training gaps": ("data/parts/training/gaps.parquet", "data/parts/training/gaps.csv"),
    "the pseudonymised register": tuple(f"{ASSESSMENT}/register/{t}.parquet" for t in ("disputes", "staff", "customers", "incidents", "reconciliations")),
    "the sources' mapping": (f"{ASSESSMENT}/register/columns.json",),
    "the exact packs": ("data/packs/house/pack.toml",),
    "calendar": (f"{ASSESSMENT}/calendar.parquet",),
    "the SQL of every step": tuple(f"{ASSESSMENT}/queries/{q}.sql" for q in (
        "00_register", "01_facts_disputes", "02_calendar", "H-1", "91_subjects_disputes", "92_section_training", "95_risk_risk-surges")),
    "the report": (f"{ASSESSMENT}/report.html",), "an XLSX workbook": (f"{ASSESSMENT}/report.xlsx",),
    "the data dictionary": ("data/datapackage.json",), "OSCAL": ("data/oscal/assessment-results.json",), "README": ("README.md",),
    "signature": ("tagmanifest-sha256.txt.sig",),
}  # fmt: skip
"""What the package of a project with everything in it holds, by its name to the reader."""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("full")
    project = full_project(folder)
    key = new_key(folder, "key")
    (folder / "allowed").write_text(allowed(key))
    found = Made(project, folder / "package", key, folder / "allowed")
    assert export(found, found.package) == 0
    return found


def read(package: Path, path: str) -> Any:
    return json.loads((package / path).read_bytes())


def rows(package: Path, path: str) -> list[tuple[Any, ...]]:
    return duckdb.read_parquet(str(package / path)).fetchall()


@pytest.mark.parametrize("what", PROMISED)
def test_what_is_promised_is_in_the_package_and_holds_something(full: Made, what: str) -> None:
    assert [p for p in PROMISED[what] if not (full.package / p).is_file()] == []
    empty = [p for p in PROMISED[what] if p.endswith(".parquet") and "risk_points" not in p and not rows(full.package, p)]
    assert empty == []


def test_the_manifest_has_parameters_versions_and_the_hashes_of_packs_and_sources(full: Made) -> None:
    manifest, package = read(full.package, f"{ASSESSMENT}/assessment.json"), read(full.package, "data/package.json")
    (house,) = (p for p in manifest["packs"] if p["id"] == "house")
    assert (house["overridden"], house["parameters"]["days"]) == (["days"], "15 days")
    assert package["packs"]["house"] == house["sha256"]
    assert {s["table"]: s["sha256"] for s in package["sources"]}["staff"] == file_sha256(full.project / "staff.csv")
    assert package["assessment_sha256"] == file_sha256(full.project / "assessments" / DAY / "assessment.json")
    assert package["previous_sha256"] == file_sha256(full.project / "assessments" / "2026-01-31" / "assessment.json")
    assert {"disputekit", "duckdb"} <= set(package["versions"])


def test_the_packs_are_those_that_were_in_force_but_for_what_is_said_to_be_masked(full: Made) -> None:
    package = read(full.package, "data/package.json")
    for path in (full.package / "data" / "packs").rglob("*.toml"):
        own = full.project / path.relative_to(full.package / "data" / "packs")
        name = path.relative_to(full.package / "data").as_posix()
        assert own.read_bytes() == path.read_bytes() or name in package["redacted"]


def test_each_parquet_table_has_the_same_rows_as_csv_where_there_is_one(full: Made) -> None:
    resources = {r["path"]: r for r in read(full.package, "data/datapackage.json")["resources"]}
    parquet = {p.relative_to(full.package / "data").as_posix() for p in (full.package / "data").rglob("*.parquet")}
    assert parquet <= set(resources)
    for path in (p for p in resources if p.endswith(".csv")):
        found = duckdb.read_csv(str(full.package / "data" / path), header=True, all_varchar=True).fetchall()
        assert len(found) == resources[path]["rows"], path


def test_the_data_dictionary_says_what_each_column_of_the_register_means(full: Made) -> None:
    resources = {r["path"]: r for r in read(full.package, "data/datapackage.json")["resources"]}
    fields = resources["assessment/register/disputes.parquet"]["schema"]["fields"]
    assert {f["name"] for f in fields} == set(duckdb.read_parquet(str(full.package / ASSESSMENT / "register/disputes.parquet")).columns)
    assert [f["name"] for f in fields if not (f.get("description") and f.get("description_zh"))] == []


def test_oscal_is_valid_and_leads_to_the_findings_by_path_and_hash(full: Made) -> None:
    path = full.package / "data/oscal/assessment-results.json"
    document = json.loads(path.read_bytes())
    observations = document["assessment-results"]["results"][0]["observations"]
    evidence = [e for o in observations for e in o.get("relevant-evidence", ())]
    assert len(evidence) >= 3
    for one in evidence:
        told = next(p["value"] for p in one["props"] if p["name"] == "sha256")
        assert file_sha256(path.parent / one["href"]) == told
    assert document["assessment-results"]["metadata"]["version"] == file_sha256(full.package / ASSESSMENT / "assessment.json")
    assert mistakes(document) == []


def test_waivers_and_dispositions_go_with_it_and_name_nobody(full: Made) -> None:
    manifest = read(full.package, f"{ASSESSMENT}/assessment.json")
    assert [(w["id"], w["control"], w["state"]) for w in manifest["waivers"]] == [("W-1", "H-1", "in force")]
    assert [(d["id"], d["control"]) for d in manifest["dispositions"]] == [("B-1", "H-2")]
    disputes = {r[0] for r in duckdb.read_parquet(str(full.package / ASSESSMENT / "register/disputes.parquet")).select("dispute_id").fetchall()}
    found = duckdb.read_parquet(str(full.package / ASSESSMENT / "findings/H-1.parquet")).filter("waiver = 'W-1'").select("subject").fetchall()
    assert len(found) == 1 and found[0][0] in disputes
    assert manifest["dispositions"][0]["subject"] in disputes
    readme = (full.package / "README.md").read_text("utf-8")
    assert "H-1: waiver" in readme and "set by the organisation · 机构自定: days" in readme


def test_no_canary_is_in_what_plugins_keep_for_themselves_or_say_in_the_report(full: Made) -> None:
    assert leaks(full.package) == []
    assert "Canary Jones" in (full.project / "assessments" / DAY / "report.html").read_text("utf-8")
    assert "[name 姓名] [phone 电话]" in (full.package / ASSESSMENT / "report.html").read_text("utf-8")
    history = (full.package / "data/parts/emergency/history.jsonl").read_text("utf-8")
    staff = {r[0] for r in duckdb.read_parquet(str(full.package / ASSESSMENT / "register/staff.parquet")).select("staff_id").fetchall()}
    assert {json.loads(json.loads(line)["body"])["by"] for line in history.splitlines() if '"acknowledged"' in line} <= staff
    assert "told [name 姓名] [phone 电话] of p" in history
    assert "parts/emergency/history.jsonl" in read(full.package, "data/package.json")["redacted"]


def test_it_verifies_and_every_control_comes_to_the_same_again(full: Made) -> None:
    found = verify_package(full.package, full.signers, None, again=True)
    assert found.problems == ()
    assert found.controls == len(read(full.package, f"{ASSESSMENT}/assessment.json")["controls"])


def test_the_readme_opens_with_what_was_not_checked_and_names_each_place(full: Made) -> None:
    text = (full.package / "README.md").read_text("utf-8")
    assert text.index("## What was not checked") < text.index("## What this is") < text.index("# 中文说明")
    assert "EVAL-RECONCILED" not in text.split("## What this is", maxsplit=1)[0] or "DQ-ORPHAN" in text
    named = [line.split("`")[1].rstrip("/") for line in text.splitlines() if line.startswith("| `data/")]
    assert [n for n in named if not (full.package / n).exists()] == []


def test_a_dry_run_says_what_would_be_handed_over_and_leaves_nothing(full: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile = full.package.with_name("package.toml")
    assert run("--project", full.project, "export", full.project / "assessments" / DAY, tmp_path / "out", "--profile", profile, "--key", full.key,
               "--dry-run") == 0  # fmt: skip
    out = capsys.readouterr().out
    assert "To Assessors, for evaluation, on the ground of PIPL art. 21, until 2099-12-31" in out
    assert "assessment/register/disputes.parquet: 3 rows" in out
    assert "disputes.dispute_id: 3 values, pseudonyms for identifiers" in out
    assert "emergency of emergency: 3 files" in out
    assert list(tmp_path.iterdir()) == []
