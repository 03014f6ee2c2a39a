"""Loading: each table of the register is made by one scan of each of its files, shaped, cast, and counted.

The first pass numbers no rows, which would cost more than everything else; only where cells or rows were rejected a second pass finds
out which they are. Whatever is read is either loaded or listed: `rows_read = rows_loaded + rows_rejected`.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

import duckdb
from sqlglot import exp

from disputekit import sql
from disputekit.errors import Problem, RegisterError
from disputekit.register.derive import derived
from disputekit.register.loaded import BAD_CELLS, PLACE, LoadedTable, Register, SuppliedColumn, SuppliedFile
from disputekit.register.mistakes import other_dates, shared_keys, without_repeats
from disputekit.register.opening import TOML, OpenedTable, open_register
from disputekit.register.queries import BROKEN_BIT, FILE, RECORD, Out, Plan
from disputekit.register.rejects import broken_rows, create_rejects, list_rejected, list_repeats
from disputekit.register.source import PassedOver
from disputekit.text import Phrase, say

__all__ = ["load_register", "open_register"]

_ALWAYS = ("subject", "subject_id", "unit_id", "handler_id")


def load_register(
    db: duckdb.DuckDBPyConnection,
    opened: Mapping[str, OpenedTable],
    zone: ZoneInfo,
    need: Mapping[str, frozenset[str]],
    places: frozenset[str],
    progress: Callable[[str], None],
    organisation_id: str = "organisation",
) -> Register:
    """Makes the register's tables in `db`, and the table `rejects` of what couldn't be read.

    zone: instants are stored as its local time; text with an offset is converted. need: text columns that are read, by table; keys,
    references to tables that are there, and everything that isn't text is loaded in any case. places: tables whose rows must be known by `PLACE`.
    progress: told the name of each table before it is loaded. organisation_id: the subject of a record about the organisation that
    names none.

    Raises RegisterError with all problems of all tables: dates written in another way than said, rows that share a key.
    """
    create_rejects(db)
    tables: dict[str, LoadedTable] = {}
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    with ThreadPoolExecutor(1) as pool, _in_order(db):
        hashes = {scan.file: pool.submit(_sha256, scan.file) for table in opened.values() for scan in table.scans}
        for name, table in sorted(opened.items(), key=lambda item: item[1].settings.derive is not None):
            progress(name)
            try:
                if table.settings.derive is not None:
                    tables[name], texts[name] = derived(db, table)
                    continue
                plan = _plan(table, zone, need.get(name, frozenset()), frozenset(opened), name in places, organisation_id)
                tables[name], texts[name] = _loaded(db, plan, hashes)
            except RegisterError as error:
                problems += error.problems
                if any(t.settings.derive == name for t in opened.values()):
                    break
        if problems:
            pool.shutdown(cancel_futures=True)
            raise RegisterError(*problems)
    return Register(MappingProxyType({n: tables[n] for n in opened}), MappingProxyType(texts))


@contextmanager
def _in_order(db: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Rows are counted in the order of their file, whatever the connection is set to."""
    before = (db.execute("select current_setting('preserve_insertion_order')").fetchone() or (True,))[0]
    db.execute("set preserve_insertion_order = true")
    try:
        yield
    finally:
        db.execute(f"set preserve_insertion_order = {bool(before)}")


def _sha256(file: Path) -> str:
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _plan(opened: OpenedTable, zone: ZoneInfo, need: frozenset[str], there: frozenset[str], by_place: bool, organisation_id: str) -> Plan:
    spec, settings = opened.spec, opened.settings
    always = {opened.key, spec.kind, *(c for c, target in spec.refers.items() if target in there), *_ALWAYS}
    outs: list[Out] = []
    for name, column in opened.columns.items():
        if column.type == "text" and name not in always and name not in need:
            continue
        scale = spec.columns[name].scale if name in spec.columns else 2
        outs.append(Out(name, column.type, scale, column.theirs, settings.constants.get(name), opened.mapped.formats.get(name, ()), len(outs)))
    if spec.is_record and "subject" in spec.columns and not any(o.name == "subject" for o in outs):
        outs.append(Out("subject", "text", 2, "", "disputes", (), len(outs)))
    if len(outs) > BROKEN_BIT:
        raise RegisterError.at(f"{TOML}: [register.{spec.name}]", say("{count} columns are read, {most} can be", count=len(outs), most=BROKEN_BIT),
                               say("Declare fewer `types` of extra columns"))  # fmt: skip
    numbered = by_place or settings.number_rows is not None
    return Plan(
        opened, tuple(outs), zone, numbered, settings.on_duplicate != "error" and opened.key not in {PLACE, settings.number_rows}, organisation_id
    )


def _loaded(db: duckdb.DuckDBPyConnection, plan: Plan, hashes: Mapping[Path, Future[str]]) -> tuple[LoadedTable, str]:
    opened, table = plan.opened, sql.written(sql.tab(plan.name))
    statements = [sql.written(plan.create())]
    db.execute(statements[0])
    rows: list[int] = []
    broken = 0
    for number in range(len(opened.scans)):
        count, lost, statement = _inserted(db, plan, number)
        statements.append(statement)
        rows.append(count + lost)
        broken += lost
    loaded = sum(rows) - broken
    unusable = _one(db, f"select count(*) from {table} where {sql.written(plan.unusable)}")  # noqa: S608
    if unusable:
        statements.append(f"delete from {table} where {sql.written(plan.unusable)}")  # noqa: S608
        db.execute(statements[-1])
    repeats = 0
    if plan.ordered:
        repeats, statement = without_repeats(db, plan)
        statements.append(statement)
    counts = _counts(db, plan)
    wrong = [o for o in plan.outs if counts[o.name][0]]
    problems = [p for n in range(len(opened.scans)) for p in other_dates(db, plan, n, wrong)] + shared_keys(db, plan)
    problems += [Problem(f"{TOML}: [register.{plan.name}] constants", say("{name} can't be {value!r}: it is {kind}", name=o.name,
                         value=o.constant, kind=o.kind))
                 for o in wrong if o.constant is not None]  # fmt: skip
    if problems:
        raise RegisterError(*problems)
    if repeats:
        list_repeats(db, plan)
    if wrong or unusable:
        listed = sum(list_rejected(db, plan, n, wrong, repeats=bool(repeats)) for n in range(len(opened.scans)))
        if listed != unusable + sum(counts[o.name][0] for o in wrong):
            raise AssertionError(f"{plan.name}: {listed} rejects listed, {unusable} rows and {sum(counts[o.name][0] for o in wrong)} cells counted")
    kept = _one(db, f"select count(*) from {table}")  # noqa: S608
    if kept + unusable + repeats != loaded:
        raise AssertionError(f"{plan.name}: {loaded} rows read, {kept} loaded, {unusable + repeats} rejected")
    unneeded = [o.coarse for o in plan.outs if o.kind == "instant" and not 0 < counts[o.name][1] < counts[o.name][2]]
    unneeded += [BAD_CELLS] * (not wrong) + [FILE, RECORD] * plan.ordered
    for name in unneeded:
        statements.append(f"alter table {table} drop column {sql.written(sql.name(name))}")
        db.execute(statements[-1])
    columns = {o.name: _supplied(o, counts[o.name], bool(wrong)) for o in plan.outs}
    files = tuple(SuppliedFile(n, hashes[s.file].result(), s.encoding, r) for n, s, r in zip(opened.names, opened.scans, rows, strict=True))
    extracted = opened.extracted_at
    if extracted is not None and extracted.tzinfo is not None:
        extracted = extracted.astimezone(plan.zone).replace(tzinfo=None)
    found = LoadedTable(opened.spec, opened.key, MappingProxyType(columns), files, sum(rows), kept, unusable + repeats + broken,
                        sum(c[0] for c in counts.values()), extracted, _passed_over(opened))  # fmt: skip
    return found, ";\n".join(statements)


def _passed_over(opened: OpenedTable) -> tuple[PassedOver, ...]:
    """What the readers passed over in all of a table's files, by what it is and why."""
    records: Counter[tuple[str, Phrase]] = Counter()
    for one in (p for scan in opened.scans for p in scan.passed_over):
        records[one.what, one.why] += one.records
    return tuple(PassedOver(what, why, n) for (what, why), n in sorted(records.items()))


def _supplied(out: Out, counts: tuple[int, int, int], bits: bool) -> SuppliedColumn:
    rejected, coarse, values = counts
    known: SuppliedColumn = SuppliedColumn(out.name, out.kind, out.theirs, rejected=rejected, bit=out.bit if bits and rejected else None)
    if out.kind == "date" or (out.kind == "instant" and values and coarse == values):
        return replace(known, coarse="all")
    return replace(known, coarse="some") if out.kind == "instant" and coarse else known


def _inserted(db: duckdb.DuckDBPyConnection, plan: Plan, number: int) -> tuple[int, int, str]:
    """Loads one file: how many rows went in, how many are no rows (they are listed), and the statement for a stranger."""
    scan = plan.opened.scans[number]

    def insert(gaps: Iterable[int]) -> str:
        return sql.written(exp.Insert(this=sql.tab(plan.name), expression=plan.rows(number, list(gaps))))

    statement = insert(())
    db.execute("begin")
    try:
        count = _one(db, statement)
        gaps = broken_rows(db, plan, number, count)
        if gaps and (plan.numbered or plan.ordered) and scan.number is None:
            db.execute("rollback")
            db.execute("begin")
            statement = insert(gaps)
            count = _one(db, statement)
            broken_rows(db, plan, number, count)
        db.execute("commit")
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        _roll_back(db)
        why = say("can't be read: {why}", why=str(error).splitlines()[0][:300])
        raise RegisterError(Problem(plan.opened.names[number], why)) from error
    except BaseException:
        _roll_back(db)
        raise
    name = plan.opened.names[number]
    shown = name if scan.read == scan.file else f"{name}.{scan.read.name.removeprefix(scan.file.name + '.')}"
    return count, len(gaps), statement.replace(sql.written(sql.text(str(scan.read))), sql.written(sql.text(shown)))


def _roll_back(db: duckdb.DuckDBPyConnection) -> None:
    # a full disk ends a transaction by itself; that there is none any more must not hide why
    with suppress(duckdb.TransactionException):
        db.execute("rollback")


def _counts(db: duckdb.DuckDBPyConnection, plan: Plan) -> dict[str, tuple[int, int, int]]:
    """For each column its bad cells, its values known to the day only, and its values."""
    parts: list[exp.Expression] = []
    for out in plan.outs:
        parts.append(sql.expression(f"count(*) filter (where $bits & {1 << out.bit} <> 0)", bits=sql.col(BAD_CELLS)))
        instant = out.kind == "instant"
        parts.append(sql.expression("count(*) filter (where $c)", c=sql.col(out.coarse)) if instant else sql.number(0))
        parts.append(sql.expression("count($v)", v=sql.col(out.name)) if instant else sql.number(0))
    row = db.execute(sql.written(exp.select(*parts).from_(sql.tab(plan.name)))).fetchone() or ()
    return {out.name: (row[3 * i], row[3 * i + 1], row[3 * i + 2]) for i, out in enumerate(plan.outs)}


def _one(db: duckdb.DuckDBPyConnection, query: str) -> int:
    return int((db.execute(query).fetchone() or (0,))[0])
