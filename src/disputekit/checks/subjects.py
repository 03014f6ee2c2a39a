"""What the subjects of an assessment are: when each was opened and closed, where, and of what sort. Nothing in it is about a person.

An assessment's findings name their subjects. These parts say what is needed to group them: `subjects/<table>.parquet` for each table whose
rows were judged (every dispute; of other tables the rows that have findings), and `units.parquet` with the tree of the units.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from sqlglot import exp

from disputekit import sql
from disputekit.assessment.manifest import ControlResult, SubjectsWritten
from disputekit.checks.decide import file_sha256
from disputekit.checks.facts import PEOPLE, about, bad_cell
from disputekit.checks.names import DISPUTES, ColumnMoment, RecordMoment, Supplied, moment
from disputekit.checks.prepare import Prepared
from disputekit.checks.stage import Stage
from disputekit.register.loaded import LoadedTable
from disputekit.register.organisation import ORGANISATION

FOLDER = "subjects"
UNITS_FILE = "units.parquet"
UNITS = "units"
GROUPS = ("cause", "product", "line", "region", "channel")
"""The columns by which a report groups: what an organisation counts its disputes by, and no text about anybody."""
DISPUTE = "dispute"
"""The column that says which dispute a mediation, a payment … belongs to."""
UNREADABLE = "unreadable"
"""The column that says whether it couldn't be read when the subject was opened or closed, so that neither may be concluded from its absence."""
DECLARED = "declared"
"""The column that says of a dispute that it was withdrawn or merged into another, where the insurer says so."""
LINKS = "links"
_WORDS: Mapping[str, tuple[str, ...]] = {"merged": ("merged", "并案", "已并案"), "withdrawn": ("withdrawn", "撤回", "已撤回", "撤诉", "已撤诉")}
"""What its status says then; where two may be meant, the first."""
_MERGED = "select distinct source_id from $links where kind in ('merged_into', 'duplicate_of') and source = 'disputes'"
CONTRACT = "contract_id"
COLUMNS: Mapping[str, str] = {"subject": "varchar", "unit": "varchar", "handler": "varchar", DISPUTE: "varchar", "opened_at": "timestamp",
                              "closed_at": "timestamp", UNREADABLE: "boolean", DECLARED: "varchar", **dict.fromkeys(GROUPS, "varchar")}  # fmt: skip
"""Every column that such a part may have, and its type. A part has those that its table supplies."""
_FIRST = """
    select subject_id, min(case when $at < $end then cast($at as timestamp) end) as at
    from $table as r where $about and $kind = $sort group by subject_id"""


def described(prepared: Sequence[Prepared], supplied: Mapping[str, Supplied]) -> tuple[str, ...]:
    """The tables of which there will be a part: those whose rows are judged one by one, and the disputes in any case."""
    judged = {p.reads.subject for p in prepared if not p.check.grouped and not p.absent} | {DISPUTES}
    return tuple(t for t in supplied if t in judged - {UNITS, ORGANISATION})


def describing(tables: Iterable[str], supplied: Mapping[str, Supplied]) -> dict[str, frozenset[str]]:
    """The columns that have to be loaded for these parts, by table."""
    need: dict[str, set[str]] = {UNITS: {"name"}} if UNITS in supplied else {}
    for table in tables:
        for column in GROUPS:
            kept = _kept_in(column, supplied[table], supplied)
            if kept is not None:
                need.setdefault(kept, set()).add(column)
    if DISPUTES in supplied and "status" in supplied[DISPUTES].columns:
        need.setdefault(DISPUTES, set()).add("status")
    if _has_links(supplied):
        need.setdefault(LINKS, set()).update(_LINK)
    return {t: frozenset(c) for t, c in need.items()}


def write_subjects(stage: Stage, tables: Iterable[str], controls: Sequence[ControlResult], folder: Path) -> tuple[SubjectsWritten, ...]:
    """Writes a part for each of the tables, ordered by subject, and the units' tree; says what is in each."""
    (folder / FOLDER).mkdir()
    found = []
    for table in tables:
        with_findings = None if table == DISPUTES else [c.id for c in controls if c.subject == table and c.findings and c.error is None]
        found.append(
            _written(stage, partial(_subjects, stage, stage.register.tables[table], with_findings), table, f"{FOLDER}/{table}.parquet", folder)
        )
    if UNITS in stage.register.tables:
        found.append(_written(stage, lambda _: _units(stage.register.tables[UNITS]), UNITS, UNITS_FILE, folder))
    return tuple(found)


_LINK = ("kind", "source", "source_id")


def _has_links(supplied: Mapping[str, Supplied]) -> bool:
    return LINKS in supplied and all(c in supplied[LINKS].columns for c in _LINK)


def _declared(stage: Stage, disputes: LoadedTable) -> exp.Expression | None:
    """What the insurer says of a dispute `t`; None where it says nothing of any."""
    said: list[exp.Expression] = []
    for word, texts in _WORDS.items():
        ways: list[exp.Expression] = []
        if word == "merged" and _has_links(stage.register.tables):
            merged = sql.fill(_MERGED, links=sql.tab(LINKS))
            ways.append(exp.In(this=sql.col(disputes.key, "t"), query=exp.Subquery(this=merged)))
        if "status" in disputes.columns:
            ways.append(exp.In(this=sql.col("status", "t"), expressions=[sql.text(t) for t in texts]))
        if ways:
            said.append(exp.If(this=sql.either(ways), true=sql.text(word)))
    return exp.Case(ifs=said) if said else None


def _written(stage: Stage, query_in: Callable[[Path], exp.Select], table: str, part: str, folder: Path) -> SubjectsWritten:
    """Writes a part and its query, which a stranger runs in the assessment's folder."""
    query = query_in(folder)
    (rows,) = stage.db.execute(f"copy ({sql.written(query)}) to {sql.written(sql.text(str(folder / part)))} (format parquet)").fetchone() or (0,)
    (folder / "queries" / f"91_{FOLDER}_{table}.sql").write_text(sql.written(query_in(Path()), pretty=True) + ";\n", encoding="utf-8")
    return SubjectsWritten(table=table, part=part, rows=int(rows), columns=tuple(query.named_selects), sha256=file_sha256(folder / part))


def _units(loaded: LoadedTable) -> exp.Select:
    columns = {loaded.key: "unit", "name": "name", "parent_id": "parent"}
    there = [sql.col(n).as_(sql.name(alias)) for n, alias in columns.items() if n in loaded.columns]
    return exp.select(*there).from_(sql.tab(loaded.name)).order_by(sql.col("unit"))


def _subjects(stage: Stage, loaded: LoadedTable, controls: Sequence[str] | None, folder: Path) -> exp.Select:
    """The subjects of a table; with `controls` only those that one of them has a finding of, in the assessment's folder."""
    spec = loaded.spec
    columns: dict[str, exp.Expression] = {"subject": sql.col(loaded.key, "t")}
    columns |= {alias: sql.col(column, "t") for alias, column in PEOPLE.items() if column in loaded.columns}
    dispute = next((c for c, table in spec.refers.items() if table == DISPUTES and c in loaded.columns), None)
    if dispute is not None:
        columns[DISPUTE] = sql.col(dispute, "t")
    elif spec.is_record and "subject_id" in loaded.columns:
        columns[DISPUTE] = sql.expression("case when $about then $id end", about=about(stage.specs[DISPUTES], "t"), id=sql.col("subject_id", "t"))
    query = exp.select().from_(sql.tab(spec.name, "t"))
    if controls is not None:
        files = [sql.text((folder / "findings" / f"{c}.parquet").as_posix()) for c in controls]
        found = sql.fill("select subject from read_parquet($files)", files=exp.Array(expressions=files))
        among = exp.In(this=sql.col(loaded.key, "t"), query=exp.Subquery(this=found))
        query = query.where(among if files else sql.boolean(False))
    unread: list[exp.Expression] = []
    for alias, name in (("opened_at", spec.begins[:-3] if spec.begins else None), ("closed_at", "closed" if "closed_at" in spec.columns else None)):
        meant = moment(name, spec, stage.specs, stage.register.tables) if name is not None else None
        if isinstance(meant, ColumnMoment):
            at = sql.col(meant.column, "t")
            columns[alias] = sql.expression("case when $at < $end then cast($at as timestamp) end", at=at, end=sql.end_of(stage.as_of))
            unread.append(bad_cell(loaded.columns[meant.column], "t"))
        elif isinstance(meant, RecordMoment):
            records = stage.register.tables[meant.table]
            first = sql.fill(_FIRST, at=sql.col(meant.column), end=sql.end_of(stage.as_of), table=sql.tab(meant.table), about=about(spec, "r"),
                             kind=sql.col(str(records.spec.kind)), sort=sql.text(str(meant.kind)))  # fmt: skip
            on = exp.EQ(this=sql.col("subject_id", alias), expression=sql.col(loaded.key, "t"))
            query = query.join(first.subquery(sql.name(alias)), on=on, join_type="left")
            columns[alias] = sql.col("at", alias)
    columns[UNREADABLE] = sql.either(unread)
    declared = _declared(stage, loaded) if spec.name == DISPUTES else None
    if declared is not None:
        columns[DECLARED] = declared
    for column in GROUPS:
        kept = _kept_in(column, loaded, stage.register.tables)
        if kept == spec.name:
            columns[column] = sql.cast(sql.col(column, "t"), "varchar")
        elif kept is not None:
            if not query.args.get("joins") or not any(j.alias_or_name == kept for j in query.args["joins"]):
                on = exp.EQ(this=sql.col(stage.register.tables[kept].key, kept), expression=sql.col(CONTRACT, "t"))
                query = query.join(sql.tab(kept), on=on, join_type="left")
            columns[column] = sql.cast(sql.col(column, kept), "varchar")
    return query.select(*(c.as_(sql.name(alias)) for alias, c in columns.items())).order_by(sql.col("subject"))


def _kept_in(column: str, table: Supplied, supplied: Mapping[str, Supplied]) -> str | None:
    """The table that has a column of this one: itself, or the contract that it names; None where nobody supplies it."""
    if column in table.columns:
        return table.spec.name
    contracts = table.spec.refers.get(CONTRACT)
    there = contracts is not None and CONTRACT in table.columns and contracts in supplied and column in supplied[contracts].columns
    return contracts if there else None
