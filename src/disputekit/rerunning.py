"""Running a package's SQL again, as somebody who trusts nobody: what comes out is held against what the package says came out.

The SQL is somebody else's. It reads the register, what code judged and the calendar, and nothing besides: not the findings that it is to come to.
"""

from collections.abc import Mapping
from pathlib import Path

import duckdb
from sqlglot import exp

from disputekit import sql
from disputekit.assess import Engine, lock, workspace
from disputekit.assessment.folder import part_of
from disputekit.assessment.manifest import ControlResult, Manifest, read_manifest
from disputekit.checks.judged import FOLDER as JUDGED
from disputekit.checks.names import DISPUTES
from disputekit.checks.subjects import FOLDER as SUBJECTS
from disputekit.errors import AssessmentError, Problem
from disputekit.outcomes import Verdict
from disputekit.register.reworded import FOLDER
from disputekit.text import say

__all__ = ["rerun"]

_CALENDAR = "calendar.parquet"
_TALLY = "select verdict, $count from result group by verdict"


def rerun(folder: Path, engine: Engine = Engine()) -> tuple[int, tuple[Problem, ...]]:  # noqa: B008 — frozen
    """Runs the SQL of an assessment's folder over the register in it: how many controls, and what comes to something else than stands in the folder.

    Compared are the rows of each table of the register with those that were loaded, each control's findings row by row, its tallies, and the disputes
    that samples are drawn from. Raises AssessmentError for what is no such folder.
    """
    folder = folder.resolve()
    manifest, _ = read_manifest(folder)
    if not (folder / FOLDER).is_dir():
        raise AssessmentError.at(str(folder), say("there is no register in it"), say("Only an evaluation package can be run again"))
    wrong: list[Problem] = []
    controls = [c for c in manifest.controls if c.findings_sha256 is not None]
    with workspace(engine) as (db, _):
        # before the foreign SQL runs, which mustn't reach them
        kept = {part: _hashed(db, sql.parquet(folder / part)) for part in (*(part_of(c.id) for c in controls), *_population(manifest))}
        lock(db, folder / FOLDER, folder / JUDGED, folder / _CALENDAR)
        _prepare(db, folder)
        loaded = {t.table: t.rows_loaded for t in manifest.tables}
        for control in controls:
            if _found(db, folder / "queries" / f"{control.id}.sql") != kept[part_of(control.id)]:
                wrong.append(Problem(control.id, say("its SQL doesn't come to the findings in the package")))
            elif not _tallied(db, control, loaded[control.subject] if control.subject in loaded else _count(db, control.subject)):
                wrong.append(Problem(control.id, say("its SQL doesn't come to the tallies in the package")))
        for part in _population(manifest):
            if _found(db, folder / "queries" / f"91_{SUBJECTS}_{DISPUTES}.sql") != kept[part]:
                wrong.append(Problem(part.as_posix(), say("its SQL doesn't come to the disputes in the package")))
        # at the end: no statement in between may have changed it
        for table, rows in loaded.items():
            if _count(db, table) != rows:
                wrong.append(Problem(table, say("its SQL doesn't come to the {rows} rows that were loaded", rows=rows)))
    return len(controls), tuple(wrong)


def _prepare(db: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """The register, the calendar and the facts."""
    queries = folder / "queries"
    more = (p.name for n in ("01_facts_*.sql", "03_judged_*.sql") for p in sorted(queries.glob(n)))
    try:
        for name in ("00_register.sql", "02_calendar.sql", *more):
            db.execute(_placed((queries / name).read_text("utf-8"), folder))
    except (duckdb.Error, OSError) as bad:
        raise AssessmentError.at(str(folder), say("its SQL can't be run: {what}", what=str(bad).splitlines()[0])) from None


def _placed(text: str, folder: Path) -> str:
    """SQL that names files below a folder as they are named from elsewhere: a locked engine takes no other than whole paths."""
    kept = (f"{place}/{p.name}" for place in (FOLDER, JUDGED) for p in (folder / place).glob("*.parquet"))
    for file in (_CALENDAR, *kept):
        text = text.replace(sql.written(sql.text(file)), sql.written(sql.text((folder / file).as_posix())))
    return text


def _count(db: duckdb.DuckDBPyConnection, table: str) -> int:
    """The rows of a table, none where there is none."""
    try:
        (count,) = db.execute(sql.written(sql.fill("select count(*) from $t", t=sql.tab(table)))).fetchone() or (0,)
    except duckdb.CatalogException:
        return 0
    return int(count)


def _found(db: duckdb.DuckDBPyConnection, query: Path) -> object:
    """A hash of the rows that the statements of a file give in the end; None where they can't be run."""
    try:
        *before, last = [s for s in duckdb.extract_statements(query.read_text("utf-8")) if s.query.strip()]
        db.execute("drop table if exists result")
        for statement in before:
            db.execute(statement)
        db.execute(f"create or replace temp table found as {last.query.rstrip().rstrip(';')}")
    except (duckdb.Error, OSError, ValueError):
        return None
    return _hashed(db, sql.tab("found"))


def _hashed(db: duckdb.DuckDBPyConnection, rows: exp.Expression) -> object:
    return db.execute(sql.written(sql.fill("select count(*), sum(hash(f)), bit_xor(hash(f)) from $rows as f", rows=rows))).fetchone()


def _tallied(db: duckdb.DuckDBPyConnection, control: ControlResult, loaded: int) -> bool:
    """Whether what a control's SQL decided, which is in the table `result`, comes to its tallies. Subjects that it left out aren't concerned."""
    told = {str(Verdict(t.outcome, t.reason)): t.subjects for t in control.tallies}
    if control.subjects != loaded:
        return False
    if control.absent:
        return told == ({"unknown: not supplied": loaded} if loaded else {})
    try:
        columns = {str(row[0]) for row in db.execute("describe result").fetchall()}
        count = "cast(sum(subjects) as bigint)" if "subjects" in columns else "count(*)"
        found: Mapping[str, int] = dict(db.execute(sql.written(sql.fill(_TALLY, count=sql.expression(count)))).fetchall())
    except duckdb.Error:
        return False
    found = {verdict: n for verdict, n in found.items() if n}
    left_out = loaded - sum(found.values())
    if left_out:
        found["not_applicable: not concerned"] = found.get("not_applicable: not concerned", 0) + left_out
    return found == told


def _population(manifest: Manifest) -> tuple[Path, ...]:
    """The part with the disputes that a sample is drawn from, where there are any."""
    return tuple(Path(s.part) for s in manifest.subjects if s.table == DISPUTES)
