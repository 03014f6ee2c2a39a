"""Whoever has the key can sign anything: what a package says in one place must be what it says in the others, and what its SQL comes to."""

import csv
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bagit
import duckdb
import pytest
from tests.plugins.evaluation.conftest import Made, run

from disputekit_evaluation.signing import sign
from disputekit_evaluation.verified import verify_package

ASSESSMENT = Path("data/assessment")
MANIFEST = ASSESSMENT / "assessment.json"


def signed_again(package: Path, made: Made) -> None:
    bagit.Bag(str(package)).save(manifests=True)
    (package / "tagmanifest-sha256.txt.sig").unlink()
    sign(package, made.key)


def rewrite(path: Path, change: Callable[[Any], None]) -> None:
    document = json.loads(path.read_bytes())
    change(document)
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def control(document: Any, name: str = "H-1") -> Any:
    return next(c for c in document["controls"] if c["id"] == name)


def consistent(package: Path) -> None:
    """Everything made again that follows from the manifest, as somebody would who wants it to look right."""
    from disputekit import Manifest
    from disputekit_evaluation.tables import oscal_of, write_tables

    manifest = Manifest.model_validate_json((package / MANIFEST).read_bytes())
    (package / MANIFEST).write_text(manifest.written(), encoding="utf-8")
    write_tables(manifest, package / "data/tables")
    (package / "data/oscal/assessment-results.json").write_text(oscal_of(manifest, sha256(package / MANIFEST), "en"), encoding="utf-8")


def as_passed(package: Path) -> None:
    """All breaches are still among the findings, and the tallies say that one of them passed."""

    def change(document: Any) -> None:
        tallies = {t["outcome"]: t for t in control(document)["tallies"]}
        tallies["fail"]["subjects"] -= 1
        tallies["pass"]["subjects"] += 1

    rewrite(package / MANIFEST, change)
    consistent(package)


def fewer_disputes_to_draw_from(package: Path) -> None:
    part = package / ASSESSMENT / "subjects/disputes.parquet"
    (own,) = duckdb.read_parquet(str(part)).select("subject").fetchall()[0]
    # another dispute twice, in the place of one that nobody shall draw
    duckdb.sql(
        f"copy (select * replace (case when subject = '{own}' then 'p0' else subject end as subject) from '{part}') to '{part}.new' (format parquet)"
    )
    Path(f"{part}.new").replace(part)

    def change(document: Any) -> None:
        next(s for s in document["subjects"] if s["table"] == "disputes")["sha256"] = sha256(part)

    rewrite(package / MANIFEST, change)
    consistent(package)


def sql_that_reads_its_findings(package: Path) -> None:
    query = package / ASSESSMENT / "queries/H-1.sql"
    query.write_text(f"from '{(package / ASSESSMENT / 'findings/H-1.parquet').as_posix()}';\n", encoding="utf-8")
    rewrite(package / MANIFEST, lambda d: control(d).update(query_sha256=sha256(query)))
    consistent(package)


def register_filtered_by_its_sql(package: Path) -> None:
    query = package / ASSESSMENT / "queries/00_register.sql"
    text = query.read_text("utf-8")
    query.write_text(text.replace("staff.parquet'", "staff.parquet' where false", 1), encoding="utf-8")


def findings_as_csv_without_one(package: Path) -> None:
    path = package / "data/tables/findings/H-1.csv"
    path.write_text("".join(path.read_text("utf-8").splitlines(keepends=True)[:-1]), encoding="utf-8")


AGAIN: dict[str, tuple[Callable[[Path], None], str]] = {
    "a breach tallied as passed": (as_passed, "H-1: its SQL doesn't come to the tallies in the package"),
    "another dispute to draw from": (fewer_disputes_to_draw_from, "subjects/disputes.parquet: its SQL doesn't come to the disputes in the package"),
    "SQL that reads its findings": (sql_that_reads_its_findings, "H-1: its SQL doesn't come to the findings in the package"),
    "a register filtered by its SQL": (register_filtered_by_its_sql, "staff: its SQL doesn't come to the 2 rows that were loaded"),
    "a finding less in the CSV": (findings_as_csv_without_one, "data/tables/findings/H-1.csv: isn't the same as the Parquet file"),
}
"""What is only seen by running the SQL again."""


@pytest.mark.parametrize("what", AGAIN)
def test_a_rerun_sees_what_does_not_follow_from_the_register(made: Made, tmp_path: Path, what: str) -> None:
    package = Path(shutil.copytree(made.package, tmp_path / "package"))
    assert verify_package(package, made.signers, None, again=True).problems == ()
    AGAIN[what][0](package)
    signed_again(package, made)
    assert AGAIN[what][1] in [str(p) for p in verify_package(package, made.signers, None, again=True).problems]


def manifest_says(**changed: Any) -> Callable[[Path], None]:
    return lambda package: rewrite(package / "data/package.json", lambda d: d.update(changed))


def untold(package: Path) -> None:
    rewrite(package / MANIFEST, lambda d: control(d).update(findings_sha256=None, query_sha256=None, findings=0))
    rewrite(package / "data/package.json", lambda d: d["findings"].update({"H-1": 0}))
    consistent(package)


def edited_csv(package: Path) -> None:
    path = package / "data/tables/tallies.csv"
    path.write_text(path.read_text("utf-8").replace("H-1,fail", "H-1,pass", 1), encoding="utf-8")


def edited_parquet(package: Path) -> None:
    path = package / "data/tables/tallies.parquet"
    duckdb.sql(f"copy (select * replace (subjects + 1 as subjects) from '{path}') to '{path}.new' (format parquet)")
    Path(f"{path}.new").replace(path)


def edited_query(package: Path) -> None:
    query = package / ASSESSMENT / "queries/H-1.sql"
    query.write_text(query.read_text("utf-8") + "-- and nothing else\n", encoding="utf-8")


def edited_oscal(package: Path) -> None:
    path = package / "data/oscal/assessment-results.json"
    path.write_text(path.read_text("utf-8").replace("not-satisfied", "satisfied"), encoding="utf-8")


AT_ONCE: dict[str, tuple[Callable[[Path], None], str]] = {
    "another day": (manifest_says(as_of="2026-02-02"), "package.json: as_of isn't what assessment.json says"),
    "another pack": (manifest_says(packs={"house": "0" * 64}), "package.json: packs isn't what assessment.json says"),
    "fewer sources": (manifest_says(sources=[]), "package.json: sources isn't what assessment.json says"),
    "other counts of findings": (manifest_says(findings={"H-1": 0}), "package.json: findings isn't what assessment.json says"),
    "parts that aren't here": (
        manifest_says(parts=[{"plugin": "p", "name": "gaps", "files": 2}]),
        "data/parts: has other files than the package's manifest says",
    ),
    "a control without findings": (untold, "H-1: has no findings, and no reason why"),
    "tallies as CSV": (edited_csv, "data/tables/tallies.csv: doesn't say what assessment.json does"),
    "tallies as Parquet": (edited_parquet, "data/tables/tallies.parquet: doesn't say what assessment.json does"),
    "another query": (edited_query, "queries/H-1.sql: isn't the file that assessment.json was written with"),
    "OSCAL in which all is well": (edited_oscal, "data/oscal/assessment-results.json: doesn't say what assessment.json does"),
    "a data dictionary of fewer rows": (
        lambda p: rewrite(p / "data/datapackage.json", lambda d: d["resources"][0].update(rows=0)),
        "data/datapackage.json: tells of other tables, rows or columns than are here",
    ),
    "no data dictionary": (lambda p: (p / "data/datapackage.json").write_text("[]") and None, "data/datapackage.json: isn't a data package"),
}
"""What is seen by looking at the files."""


@pytest.mark.parametrize("what", AT_ONCE)
def test_places_that_do_not_agree_are_named(made: Made, tmp_path: Path, what: str) -> None:
    package = Path(shutil.copytree(made.package, tmp_path / "package"))
    AT_ONCE[what][0](package)
    signed_again(package, made)
    assert AT_ONCE[what][1] in [str(p) for p in verify_package(package, made.signers, None, again=False).problems]


def test_the_hash_of_a_query_is_that_of_its_file(made: Made) -> None:
    document = json.loads((made.package / MANIFEST).read_bytes())
    found = {c["id"]: c["query_sha256"] for c in document["controls"] if c["query_sha256"] is not None}
    assert len(found) >= 3
    assert found == {name: sha256(made.package / ASSESSMENT / f"queries/{name}.sql") for name in found}


# ── whoever gets a package has no project ──────────────────────────────────────────────────────────────────────────────────────────────


def test_an_assessor_verifies_and_draws_where_there_is_no_project(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("verify", made.package, "--signers", made.signers, "--rerun") == 0
    assert run("sample", "draw", made.package, "--seed", "3 11 19", "--out", tmp_path / "review.xlsx") == 0
    assert sha256(made.package / "tagmanifest-sha256.txt") in capsys.readouterr().out
    assert run("sample", "read", made.package, tmp_path / "review.xlsx") == 1
    assert run("history", made.project / "assessments") in (1, 2)
    assert run("report", made.package / ASSESSMENT, "--out", tmp_path / "report.html") == 0
    capsys.readouterr()
    assert run("export", "a", "b") == 2
    assert "export: there is no disputekit.toml here. Name the project by --project, or go to its folder" in capsys.readouterr().err


def test_a_package_whose_time_is_over_is_told(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = Path(shutil.copytree(made.package, tmp_path / "package"))
    rewrite(package / "data/package.json", lambda d: d["profile"].update(expires_on="2020-01-31"))
    signed_again(package, made)
    assert run("verify", package, "--signers", made.signers) == 0
    assert "It was handed over until 2020-01-31, and that is over" in capsys.readouterr().err
    assert run("verify", made.package, "--signers", made.signers) == 0
    assert "that is over" not in capsys.readouterr().err


def test_a_command_of_a_plugin_that_is_not_enabled_says_which(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "disputekit.toml").write_text("[organisation]\nname = 'X'\n")
    assert run("--project", tmp_path, "verify", made.package, "--signers", made.signers) == 2
    assert (
        "verify: the plugin evaluation brings this command, and isn't enabled. Write 'evaluation' into `enabled` of [plugins]"
        in capsys.readouterr().err
    )


def test_nothing_is_drawn_from_a_package_that_is_not_what_its_hash_is_of(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = Path(shutil.copytree(made.package, tmp_path / "package"))
    with (package / "data/tables/tallies.csv").open("a", newline="") as file:
        csv.writer(file).writerow(("H-9", "pass", "", 1))
    assert run("sample", "draw", package, "--seed", "s", "--out", tmp_path / "review.xlsx") == 2
    assert not (tmp_path / "review.xlsx").exists()
    assert "data/tables/tallies.csv: was changed" in capsys.readouterr().err
