"""Opening the folder of an assessment for a report: the tables that its sections ask, over its Parquet parts and over nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from disputekit import sql
from disputekit.assess import Engine, lock, workspace
from disputekit.assessment.folder import spoilt
from disputekit.assessment.kept import FOLDER as KEPT
from disputekit.assessment.manifest import Manifest, read_manifest
from disputekit.checks.decide import FINDING
from disputekit.checks.names import DISPUTES
from disputekit.checks.subjects import COLUMNS, FOLDER, UNITS_FILE
from disputekit.checks.warnings import FILE as WARNINGS
from disputekit.errors import AssessmentError, Problem, nearest
from disputekit.policies.model import SEVERITIES
from disputekit.reports.assessed import MOST, MOST_ROWS, Assessed
from disputekit.text import say

if TYPE_CHECKING:
    import duckdb

    from disputekit.assessment.difference import Difference

REJECTS = "rejects.parquet"
_WARNING = {"control": "varchar", "duty": "varchar", "subject": "varchar", "due_on": "date", "due_at": "timestamp", "unit": "varchar",
            "handler": "varchar"}  # fmt: skip
# the subject of a warning may be of a table without units: its finding knows more of it
_WARNINGS = """
    select * from (
      select w.control, w.duty, w.subject, w.due_on, w.due_at, coalesce(w.unit, f.unit) as unit, w.handler, f.dispute
      from $part as w left join (
        select control, subject, any_value(unit) as unit, any_value(dispute) as dispute
        from all_findings where outcome = 'pending' group by control, subject) as f on f.control = w.control and f.subject = w.subject) as warned
    where $mine"""
_REJECT = {"file": "varchar", "record": "bigint", "line": "bigint", "table": "varchar", "column": "varchar", "value": "varchar", "reason": "varchar"}
_CONTROLS = "create table controls (control varchar, place integer, severity varchar, rank integer)"
# summed up once, so that nothing else has to go through all findings for what a dispute has
_COUNTED = """
    create table counted_disputes as
    with hit as (
      select dispute, count(*) filter (where outcome = 'fail') as breaches, count(*) filter (where outcome = 'fail' and reason = 'open') as still_open,
             count(*) filter (where outcome = 'fail' and reason = 'late') as late, count(*) filter (where outcome = 'unknown') as undecided
      from all_findings where outcome in ('fail', 'unknown') and dispute is not null group by dispute)
    select d.*, coalesce(h.breaches, 0) as breaches, coalesce(h.still_open, 0) as still_open, coalesce(h.late, 0) as late,
           coalesce(h.undecided, 0) as undecided
    from all_disputes as d left join hit as h on h.dispute = d.subject"""
# a unit that its own branch leads back to stands at the top: nobody is left out of the tree
_UNITS = """
    create table units as
    with recursive known as (
      select unit, name, parent from given_units
      union all
      select unit, null, null from (select unit from all_disputes union select unit from all_findings) as named
      where unit is not null and unit not in (select unit from given_units)),
    tree as (
      select unit, name, parent, 0 as depth, [unit] as path from known where parent is null or parent not in (select unit from known)
      union all
      select k.unit, k.name, k.parent, t.depth + 1, list_append(t.path, k.unit) from known as k join tree as t on k.parent = t.unit),
    whole as (
      select * from tree union all select unit, name, parent, 0, [unit] from known where unit not in (select unit from tree))
    select unit, coalesce(name, unit) as name, parent, depth, row_number() over (order by path) as place from whole order by place"""
_BUSY = """
    select unit from units where unit in (
      select w.above from within as w join (select unit from all_findings union select unit from all_disputes) as named on named.unit = w.unit)
    order by place"""
_WITHIN = """
    create table within as
    with recursive above as (
      select unit, unit as above from units
      union
      select a.unit, u.parent from above as a join units as u on u.unit = a.above where u.parent in (select unit from units))
    select unit, above from above"""


@contextmanager
def opened(
    folder: Path,
    *,
    engine: Engine = Engine(),  # noqa: B008 — frozen
    trusted: bool = False,
) -> Iterator["Reader"]:
    """Opens the folder of an assessment, for a report or for several of its units.

    trusted: it was written a moment ago, so that its parts needn't be compared with their hashes. Raises AssessmentError for a folder that
    isn't an assessment, or isn't as it was written.
    """
    manifest, sha256 = read_manifest(folder)
    wrong = [] if trusted else list(spoilt(folder, manifest))
    if wrong:
        raise AssessmentError(*wrong)
    with workspace(engine) as (db, _):
        yield Reader(db, folder.resolve(), manifest, sha256)


class Reader:
    """The tables of one assessment in the engine, and what of them a report is about."""

    def __init__(self, db: "duckdb.DuckDBPyConnection", folder: Path, manifest: Manifest, sha256: str) -> None:
        self.manifest = manifest
        self._db, self._folder, self._sha256 = db, folder, sha256
        lock(db, folder)
        self._make("all_disputes", self._subjects(DISPUTES))
        self._make("all_findings", self._findings())
        self._make("given_units", self._part(UNITS_FILE, {"unit": "varchar", "name": "varchar", "parent": "varchar"}))
        for statement in (_CONTROLS, _COUNTED, _UNITS, _WITHIN):
            db.execute(statement)
        ranks = [(c.id, place, c.severity, SEVERITIES.index(c.severity)) for place, c in enumerate(manifest.controls)]
        if ranks:
            db.executemany("insert into controls values (?, ?, ?, ?)", ranks)

    def of(self, unit: str | None = None, *, most: int = MOST, change: "Difference | Problem | None" = None) -> Assessed:
        """The assessment of the whole organisation, or of a unit with all units below it.

        There is one at a time: what was given before reads the same tables. Raises AssessmentError for a unit that isn't there.
        """
        if unit is not None and unit not in self.units():
            raise AssessmentError.at(str(self._folder), say("no unit {unit!r}", unit=unit), nearest(unit, self.units()))
        mine = sql.boolean(True)
        if unit is not None:
            mine = sql.expression("unit in (select unit from within where above = $unit)", unit=sql.text(unit))
        self._make("findings", sql.fill("select * from all_findings where $mine", mine=mine))
        self._make("disputes", sql.fill("select * from counted_disputes where $mine", mine=mine))
        self._make("warnings", sql.fill(_WARNINGS, part=self._part(WARNINGS, _WARNING).subquery(), mine=mine))
        everybody = sql.boolean(unit is None)
        self._make(
            "rejects", sql.fill("select * from $part as part where $everybody", part=self._part(REJECTS, _REJECT).subquery(), everybody=everybody)
        )
        for written in self.manifest.subjects:
            if written.part.startswith(f"{KEPT}/"):
                every = exp.select("*").from_(self._read(written.part))
                name = sql.written(sql.name(written.part.removeprefix(f"{KEPT}/").removesuffix(".parquet")))
                self._make(name, every.where(mine) if "unit" in written.columns else every)
        return Assessed(self.manifest, self._sha256, most, unit, change, self._run)

    def every(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Each row of a query of the core's own over the tables that a report asks, whatever their number."""
        result = self._db.execute(query)
        while rows := result.fetchmany(MOST_ROWS):
            yield from rows

    def units(self, *, busy: bool = False) -> tuple[str, ...]:
        """The units that there are, in the order of the tree; those that only a finding or a dispute names are at its top.

        busy: only those that have a dispute or a finding, or a unit below them that has.
        """
        return tuple(u for (u,) in self._db.execute(_BUSY if busy else "select unit from units order by place").fetchall())

    def keep_by_unit(self) -> None:
        """Puts findings and disputes where those of one unit are found without going through all of them."""
        self._db.execute("create table kept_findings as select * from all_findings order by unit")
        self._db.execute("create or replace view all_findings as select * from kept_findings")

    def _run(self, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        result = self._db.execute(query)
        return [d[0] for d in result.description or ()], result.fetchmany(MOST_ROWS + 1)

    def _make(self, name: str, query: exp.Expression) -> None:
        self._db.execute(f"create or replace view {name} as {sql.written(query)}")

    def _part(self, file: str, columns: Mapping[str, str], there: Sequence[str] | None = None) -> exp.Select:
        """A part of the assessment with these columns, NULL where it doesn't have one. there: those that it has, all unless told."""
        known = columns if there is None else there
        if not (self._folder / file).is_file():
            return exp.select(*(sql.null(t).as_(sql.name(n)) for n, t in columns.items())).where(sql.boolean(False))
        found = (sql.cast(sql.col(n), t) if n in known else sql.null(t) for n, t in columns.items())
        return exp.select(*(c.as_(sql.name(n)) for n, c in zip(columns, found, strict=True))).from_(self._read(file))

    def _read(self, *files: str) -> exp.Expression:
        paths = exp.Array(expressions=[sql.text((self._folder / f).as_posix()) for f in files])
        found = sql.fill("select * from read_parquet($files) as f", files=paths).args["from_"].this
        assert isinstance(found, exp.Expression)
        return found

    def _subjects(self, table: str) -> exp.Select:
        written = next((s for s in self.manifest.subjects if s.table == table), None)
        return self._part(f"{FOLDER}/{table}.parquet", COLUMNS, written.columns if written is not None else ())

    def _findings(self) -> exp.Expression:
        """All findings, table by table: a row of another table leads to its dispute."""
        by_table: dict[str, list[str]] = {}
        for c in self.manifest.controls:
            if c.findings_sha256 is not None:
                by_table.setdefault(c.subject, []).append(f"findings/{c.id}.parquet")
        parts = []
        for table, files in by_table.items():
            columns: dict[str, exp.Expression] = {"control": sql.expression("parse_filename(f.filename, true)"), "table": sql.text(table)}
            columns |= {n: sql.col(n, "f") for n in FINDING}
            query = exp.select().from_(self._read(*files))
            if table == DISPUTES:
                columns["dispute"] = sql.col("subject", "f")
            else:
                columns["dispute"] = sql.col("dispute", "s")
                columns["unit"] = sql.expression("coalesce(f.unit, s.unit, d.unit)")
                query = query.join(self._subjects(table).subquery("s"), on=sql.expression("s.subject = f.subject"), join_type="left")
                query = query.join(sql.tab("all_disputes", "d"), on=sql.expression("d.subject = s.dispute"), join_type="left")
            parts.append(query.select(*(c.as_(sql.name(n)) for n, c in columns.items())))
        if not parts:
            types = {"control": "varchar", "table": "varchar", **FINDING, "dispute": "varchar"}
            return exp.select(*(sql.null(t).as_(sql.name(n)) for n, t in types.items())).where(sql.boolean(False))
        return parts[0] if len(parts) == 1 else exp.union(*parts, distinct=False)
