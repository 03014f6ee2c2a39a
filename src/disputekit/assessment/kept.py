"""What sections of the report keep of the register: a table each, `sections/<name>.parquet`, made with the checks.

A plugin's commands and exports read them by these functions, so that nothing but the engine reads Parquet and nothing but the core holds
the engine.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from disputekit import sql
from disputekit.assessment.manifest import Manifest, SubjectsWritten, read_manifest
from disputekit.checks.decide import file_sha256
from disputekit.errors import AssessmentError, nearest
from disputekit.text import say

FOLDER = "sections"


def kept_of(manifest: Manifest, name: str) -> SubjectsWritten | None:
    """What the manifest says of a section's table; None where none was kept."""
    return next((s for s in manifest.subjects if s.part == f"{FOLDER}/{name}.parquet"), None)


def kept_rows(assessment: Path, name: str) -> tuple[Mapping[str, Any], ...]:
    """The rows that a section kept in the folder of an assessment, in their order.

    Raises AssessmentError for a folder that is no assessment, for a section that kept nothing, and for a part that was changed.
    """
    with duckdb.connect() as db:
        result = db.execute(sql.written(exp.select("*").from_(sql.parquet(_part(assessment, name)))))
        names = [d[0] for d in result.description or ()]
        return tuple(dict(zip(names, row, strict=True)) for row in result.fetchall())


def hand_over_kept(assessment: Path, name: str, query: str, out: Path) -> None:
    """Writes the rows of a SELECT over what a section kept (`from kept`) to a file: Parquet, or CSV, by its ending. Raises as `kept_rows`."""
    with duckdb.connect(config={"threads": 1}) as db:
        db.execute(f"create view kept as select * from {sql.written(sql.parquet(_part(assessment, name)))}")  # noqa: S608
        form = "format parquet" if out.suffix == ".parquet" else "format csv, header"
        db.execute(f"copy ({sql.written(sql.fill(query))}) to {sql.written(sql.text(str(out)))} ({form})")


def _part(assessment: Path, name: str) -> Path:
    manifest, _ = read_manifest(assessment)
    written = kept_of(manifest, name)
    if written is None:
        known = [s.part.removeprefix(f"{FOLDER}/").removesuffix(".parquet") for s in manifest.subjects if s.part.startswith(f"{FOLDER}/")]
        raise AssessmentError.at(str(assessment), say("the section {name} kept nothing here: its plugin wasn't enabled, or what it reads isn't supplied",
                                                      name=name), nearest(name, known))  # fmt: skip
    part = assessment / written.part
    if not part.is_file() or file_sha256(part) != written.sha256:
        raise AssessmentError.at(str(part), say("isn't what the assessment's manifest says; it was changed or spoilt"))
    return part
