"""One wide table per subject table: a row for each subject, with only what the enabled checks read.

Columns: `subject`, `unit`, `handler`; the columns read, parents' as `contract.line`; for each moment `@name`, and where they are needed
`@name coarse` (known to the day only) and `@name rejected` (a cell that it needs couldn't be read). Occurrences of a moment after
its first one are in a second table. What lies after as-of isn't in either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
from sqlglot import exp

from disputekit import sql
from disputekit.checks.names import ColumnMoment, RecordMoment, ResolvedMoment, SharedMoment, parent
from disputekit.extension import Reads
from disputekit.register.loaded import BAD_CELLS, COARSE, LoadedTable, Register, SuppliedColumn
from disputekit.register.organisation import ORGANISATION
from disputekit.register.schema import ColumnType, Table

PEOPLE = {"unit": "unit_id", "handler": "handler_id"}


@dataclass(frozen=True)
class MomentFacts:
    """What the facts hold of a moment. `hidden`: subjects of which it lies after as-of only."""

    moment: ResolvedMoment
    coarse: bool
    all_coarse: bool
    rejected: bool
    repeated: bool


@dataclass(frozen=True)
class Facts:
    """The facts of one subject table, in the engine as `table`, `later` and `pauses`. `paused`: the pairs of which any pause occurs."""

    subject: Table
    table: str
    later: str
    rows: int
    columns: Mapping[str, ColumnType]
    rejected: Mapping[str, bool]
    moments: Mapping[str, MomentFacts]
    queries: tuple[str, ...]
    later_exists: bool = False
    pauses: str = ""
    paused: frozenset[tuple[str, str]] = frozenset()


def at(name: str) -> str:
    return f"@{name}"


def coarse(name: str) -> str:
    return f"@{name} coarse"


def rejected(name: str) -> str:
    return f"@{name} rejected"


def build_facts(
    db: duckdb.DuckDBPyConnection,
    register: Register,
    specs: Mapping[str, Table],
    reads: Reads,
    moments: Mapping[str, ResolvedMoment],
    as_of: date,
) -> Facts:
    """Creates the facts of one subject table from the union of what its checks read. `moments`: each name that is read, resolved."""
    spec = specs[reads.subject]
    loaded = register.tables[reads.subject]
    name, later = f"facts {spec.name}", f"later {spec.name}"
    records = [m for m in moments.values() if isinstance(m, RecordMoment)]
    query = exp.select(sql.col(loaded.key, "t").as_(sql.name("subject"))).from_(sql.tab(spec.name, "t"))
    for alias, column in PEOPLE.items():
        there = column in loaded.columns
        query = query.select((sql.col(column, "t") if there else sql.null("varchar")).as_(sql.name(alias)), copy=False)
    types: dict[str, ColumnType] = {}
    bad: dict[str, bool] = {}
    for column in sorted(set(reads.columns)):
        query, types[column], bad[column] = _column(query, column, spec, specs, register)
    for moment in moments.values():
        if isinstance(moment, ColumnMoment):
            query = _column_moment(query, moment, loaded, as_of)
    for table in sorted({m.table for m in records}):
        query = _record_moments(query, [m for m in records if m.table == table], spec, loaded, register.tables[table], as_of)
    for moment in moments.values():
        if isinstance(moment, SharedMoment):
            query = _shared_moment(query, moment, register, as_of)
    made = [f"{_into(name, 0)} {sql.written(query)}"]
    db.execute(made[0])
    (rows,) = db.execute(sql.written(exp.select("count(*)").from_(sql.tab(name)))).fetchone() or (0,)
    repeated = [m for m in records if m.name in reads.repeated]
    if repeated:
        for number, query in enumerate(_later(repeated, spec, name, register, as_of)):
            made.append(f"{_into(later, number)} {sql.written(query)}")
            db.execute(made[-1])
        again = {n for (n,) in db.execute(sql.written(sql.fill("select distinct moment from $later", later=sql.tab(later)))).fetchall()}
    else:
        again = set()
    found = {n: _facts_of(m, loaded, register, n in again) for n, m in moments.items()}
    pairs = [p for p in reads.pauses if p[0] in moments and p[1] in moments]
    paused: frozenset[tuple[str, str]] = frozenset()
    if pairs:
        pauses = f"pauses {spec.name}"
        made.append(f"create table {sql.written(sql.tab(pauses))} as {sql.written(episodes(name, later if repeated else None, pairs, found))}")
        db.execute(made[-1])
        occurring = db.execute(sql.written(sql.fill('select distinct "from", "to" from $pauses', pauses=sql.tab(pauses)))).fetchall()
        paused = frozenset((a, b) for a, b in occurring)
    return Facts(spec, name, later, int(rows), types, bad, found, tuple(made), bool(repeated), f"pauses {spec.name}", paused)


def _into(table: str, part: int) -> str:
    """How the statement begins that puts a part of a table there; the first one makes the table."""
    there = sql.written(sql.tab(table))
    return f"insert into {there}" if part else f"create table {there} as"


def no_facts(loaded: LoadedTable) -> Facts:
    """What a check gets that groups subjects by itself: how many there are, and nothing about any of them."""
    return Facts(loaded.spec, loaded.name, loaded.name, loaded.rows_loaded, {}, {}, {}, ())


def bad_cell(supplied: SuppliedColumn | None, alias: str | None) -> exp.Expression:
    """Whether a row's cell of this column was rejected; FALSE where none was."""
    if supplied is None or supplied.bit is None or not supplied.rejected:
        return sql.boolean(False)
    return sql.expression("coalesce($bits & $mask <> 0, false)", bits=sql.col(BAD_CELLS, alias), mask=sql.number(1 << supplied.bit))


def _column(query: exp.Select, column: str, spec: Table, specs: Mapping[str, Table], register: Register) -> tuple[exp.Select, ColumnType, bool]:
    """Adds a column of the subject or a parent. Where some of its instants are known to the day only, none is more than a date here."""
    above = parent(column, spec, specs)
    if above is None:
        supplied, alias = register.tables[spec.name].columns[column], "t"
    else:
        refers, target, theirs = above
        alias = f"parent {refers.removesuffix('_id')}"
        if not any(j.alias_or_name == alias for j in query.args.get("joins") or ()):
            key = register.tables[target.name].key
            query = query.join(
                sql.tab(target.name, alias), on=exp.EQ(this=sql.col(key, alias), expression=sql.col(refers, "t")), join_type="left", copy=False
            )
        supplied = register.tables[target.name].columns[theirs]
    value: exp.Expression = sql.col(supplied.name, alias)
    kind = supplied.type
    if kind == "instant" and supplied.coarse != "none":
        value, kind = sql.cast(value, "date"), "date"
    query = query.select(value.as_(sql.name(column)), copy=False)
    if supplied.rejected:
        query = query.select(bad_cell(supplied, alias).as_(sql.name(f"{column} rejected")), copy=False)
    return query, kind, bool(supplied.rejected)


def _column_moment(query: exp.Select, moment: ColumnMoment, loaded: LoadedTable, as_of: date) -> exp.Select:
    supplied = loaded.columns[moment.column]
    shown = sql.expression("case when $c < $end then cast($c as timestamp) end", c=sql.col(moment.column, "t"), end=sql.end_of(as_of))
    query = query.select(shown.as_(sql.name(at(moment.name))), copy=False)
    if supplied.coarse == "some":
        query = query.select(sql.col(COARSE.format(name=moment.column), "t").as_(sql.name(coarse(moment.name))), copy=False)
    if supplied.rejected:
        query = query.select(bad_cell(supplied, "t").as_(sql.name(rejected(moment.name))), copy=False)
    return query


def about(spec: Table, alias: str) -> exp.Expression:
    """Whether a record is about a subject of this table."""
    return sql.expression("$subject = $table", subject=sql.col("subject", alias), table=sql.text(spec.name))


def _record_moments(query: exp.Select, moments: list[RecordMoment], spec: Table, loaded: LoadedTable, table: LoadedTable, as_of: date) -> exp.Select:
    """Joins the first occurrences of these moments, all from one table, as one pivot."""
    alias = f"first {table.name}"
    pivot = exp.select(sql.col("subject_id")).from_(sql.tab(table.name)).where(about(spec, table.name)).group_by(sql.col("subject_id"))
    kinds = dict.fromkeys(m.kind for m in moments)
    if None not in kinds:
        pivot = pivot.where(exp.In(this=sql.col(_kind(table.spec)), expressions=[sql.text(k) for k in kinds if k is not None]))
    for m in moments:
        # the condition on as-of stands in each aggregate: a rejected moment is NULL and must not be filtered away with the row
        this = _sort(m, table.spec, None)
        fills = {"this": this, "moment": sql.col(m.column), "end": sql.end_of(as_of)}
        first = sql.expression("min(case when $this and $moment < $end then cast($moment as timestamp) end)", **fills)
        pivot = pivot.select(first.as_(sql.name(at(m.name))), copy=False)
        query = query.select(sql.col(at(m.name), alias), copy=False)
        supplied = table.columns[m.column]
        if supplied.coarse == "some":
            flag = sql.col(COARSE.format(name=m.column))
            only = sql.expression("min(case when $this and $flag and $moment < $end then cast($moment as timestamp) end)", flag=flag, **fills)
            pivot = pivot.select(sql.expression("$only = $first", only=only, first=first).as_(sql.name(coarse(m.name))), copy=False)
            query = query.select(sql.expression("coalesce($c, false)", c=sql.col(coarse(m.name), alias)).as_(sql.name(coarse(m.name))), copy=False)
        if supplied.rejected:
            bad = bad_cell(supplied, table.name)
            pivot = pivot.select(
                sql.expression("max(case when $this and $bad then 1 else 0 end) = 1", this=this, bad=bad).as_(sql.name(rejected(m.name)))
            )
            query = query.select(
                sql.expression("coalesce($c, false)", c=sql.col(rejected(m.name), alias)).as_(sql.name(rejected(m.name))), copy=False
            )
    on = exp.EQ(this=sql.col("subject_id", alias), expression=sql.col(loaded.key, "t"))
    return query.join(pivot.subquery(sql.name(alias)), on=on, join_type="left", copy=False)


# the end of all values is looked for first and hidden afterwards: what has yet to come last isn't passed over for what came before it
_LATEST = """
    select case when value < $end then value end as value, coalesce(coarse_on = cast(value as date), false) as flag, coalesce(bad, false) as bad
    from (select max(value) as value, max(case when flag then cast(value as date) end) as coarse_on,
                 max(case when bad then 1 else 0 end) = 1 as bad
          from $every as cell) as found"""
_EARLIEST = """
    select case when value < $end then value end as value, coalesce(coarse_on = cast(value as date), false) as flag, coalesce(bad, false) as bad
    from (select min(value) as value, min(case when flag then cast(value as date) end) as coarse_on,
                 max(case when bad then 1 else 0 end) = 1 as bad
          from $every as cell) as found"""


def _shared_moment(query: exp.Select, moment: SharedMoment, register: Register, as_of: date) -> exp.Select:
    """Adds a moment that is the same for every subject: one row, which stands beside each of them."""
    parts: list[exp.Expression] = []
    for table, column in moment.columns:
        supplied, spec = register.tables[table].columns[column], register.tables[table].spec
        flag = sql.col(COARSE.format(name=column)) if supplied.coarse == "some" else sql.boolean(_all_coarse(supplied))
        part = sql.fill(
            "select cast($value as timestamp) as value, $flag as flag, $bad as bad from $table",
            value=sql.col(column), flag=flag, bad=bad_cell(supplied, table), table=sql.tab(table),
        )  # fmt: skip
        if moment.activity is not None:
            part = part.where(sql.expression("subject = $whose", whose=sql.text(ORGANISATION)))
            part = part.where(sql.expression("$kind = $activity", kind=sql.col(_kind(spec)), activity=sql.text(moment.activity)))
        parts.append(part)
    every: exp.Expression = exp.union(*parts, distinct=False) if len(parts) > 1 else parts[0]
    one = sql.fill(_LATEST if moment.pick == "latest" else _EARLIEST, end=sql.end_of(as_of), every=exp.Subquery(this=every))
    alias = f"shared {moment.name}"
    for name, column in ((at(moment.name), "value"), (coarse(moment.name), "flag"), (rejected(moment.name), "bad")):
        query = query.select(sql.col(column, alias).as_(sql.name(name)), copy=False)
    return query.join(one.subquery(sql.name(alias)), join_type="cross", copy=False)


def _kind(spec: Table) -> str:
    assert spec.kind is not None
    return spec.kind


def _sort(m: RecordMoment, spec: Table, alias: str | None) -> exp.Expression:
    if m.kind is None:
        return sql.boolean(True)
    return sql.expression("$kind = $value", kind=sql.col(_kind(spec), alias), value=sql.text(m.kind))


def _later(moments: list[RecordMoment], spec: Table, facts: str, register: Register, as_of: date) -> list[exp.Select]:
    """Occurrences after the first, in parts: subject, moment, at, coarse. A tie with the first adds nothing that the first isn't."""
    parts: list[exp.Select] = []
    for group in _groups(moments):
        loaded, column = register.tables[group[0].table], group[0].column
        sorts = [_sort(m, loaded.spec, "r") for m in group]
        supplied = loaded.columns[column]
        flag = sql.col(COARSE.format(name=column), "r") if supplied.coarse == "some" else sql.boolean(supplied.coarse == "all")
        parts.append(sql.fill(
            """select f.subject as subject, $named as moment, cast($moment as timestamp) as at, $flag as coarse
               from $table as r join $facts as f on f.subject = r.subject_id
               where $about and $only and $moment < $end and ($moment > $first or ($moment = $first and $tied))""",
            tied=exp.Not(this=exp.paren(flag.copy())) if supplied.coarse == "some" else sql.boolean(False),
            named=exp.Case(ifs=[exp.If(this=s.copy(), true=sql.text(m.name)) for m, s in zip(group, sorts, strict=True)]),
            first=exp.Case(ifs=[exp.If(this=s.copy(), true=sql.col(at(m.name), "f")) for m, s in zip(group, sorts, strict=True)]),
            moment=sql.col(column, "r"), flag=flag, table=sql.tab(loaded.name), facts=sql.tab(facts), about=about(spec, "r"),
            only=sql.either(sorts), end=sql.end_of(as_of),
        ))  # fmt: skip
    return parts


def occurrences(facts: str, later: str | None, moments: Sequence[str], known: Mapping[str, MomentFacts]) -> exp.Expression:
    """Every occurrence of some moments: subject, moment, at, coarse. known: what the facts hold of each."""
    parts: list[exp.Expression] = [
        sql.fill(
            "select subject, $name as moment, $at as at, $coarse as coarse from $facts where $at is not null", name=sql.text(m), at=sql.col(at(m)),
            coarse=sql.col(coarse(m)) if known[m].coarse else sql.boolean(known[m].all_coarse), facts=sql.tab(facts),
        )
        for m in moments
    ]  # fmt: skip
    if later is not None:
        among = exp.In(this=sql.col("moment"), expressions=[sql.text(m) for m in moments])
        parts.append(sql.fill("select subject, moment, at, coarse from $later where $among", later=sql.tab(later), among=among))
    query = parts[0]
    for part in parts[1:]:
        query = exp.union(query, part, distinct=False)
    return query


_EPISODES = """
    select subject, $start as "from", $end as "to", case when is_end = 0 then cast(at as date) end as started_on,
           case when is_end = 0 then cast(ended_at as date) else cast(at as date) end as ended_on
    from (
      select subject, at, is_end, lag(is_end) over (partition by subject order by at, is_end) as before,
             min(case when is_end = 1 then at end) over (
               partition by subject order by at, is_end rows between 1 following and unbounded following) as ended_at,
             sum(1 - 2 * is_end) over (partition by subject order by at, is_end rows between unbounded preceding and current row) as depth
      from (
        select distinct subject, coarse, case when moment = $start then 0 else 1 end as is_end,
               case when coarse and moment <> $start then at + interval 1 day - interval 1 microsecond else at end as at
        from $happened as happened) as happened) as marked
    where (is_end = 0 and (before is null or before = 1)) or depth < 0"""


def episodes(facts: str, later: str | None, pairs: Sequence[tuple[str, str]], known: Mapping[str, MomentFacts]) -> exp.Expression:
    """The pauses: subject, from, to, started_on, ended_on (NULL: still open). An end without a start has no started_on.

    A second start before the end belongs to the same pause. A start known to the day only stands at the beginning of its day, an end at
    the end of it, so that on the same day the end is the later. What is recorded twice is one occurrence; what is known once to the day and once
    to the moment is two, even at midnight.
    """
    parts: list[exp.Expression] = [
        sql.fill(_EPISODES, happened=exp.Subquery(this=occurrences(facts, later, pair, known)), start=sql.text(pair[0]), end=sql.text(pair[1]))
        for pair in pairs
    ]
    query = parts[0]
    for part in parts[1:]:
        query = exp.union(query, part, distinct=False)
    return query


_AT_ONCE = 10
"""Moments that one scan looks at. The first occurrences of all of them, of millions of subjects, don't fit into a small memory together."""


def _groups(moments: list[RecordMoment]) -> list[list[RecordMoment]]:
    """Moments that one scan can tell apart: of one table and column, and of different sorts."""
    groups: dict[tuple[str, str, str, int], list[RecordMoment]] = {}
    for number, m in enumerate(moments):
        # one sort may have several names (`payments.benefit`, `payments.benefit.paid`): each is told of its later occurrences
        same = sum((o.table, o.column, o.kind) == (m.table, m.column, m.kind) for o in moments[:number])
        groups.setdefault((m.table, m.column, m.name if m.kind is None else "", same), []).append(m)
    return [groups[key][i : i + _AT_ONCE] for key in sorted(groups) for i in range(0, len(groups[key]), _AT_ONCE)]


def _facts_of(m: ResolvedMoment, loaded: LoadedTable, register: Register, repeated: bool) -> MomentFacts:
    if isinstance(m, SharedMoment):
        cells = [register.tables[t].columns[c] for t, c in m.columns]
        return MomentFacts(m, any(c.coarse == "some" or _all_coarse(c) for c in cells), False, any(c.rejected for c in cells), False)
    table = loaded if isinstance(m, ColumnMoment) else register.tables[m.table]
    supplied = table.columns[m.column]
    return MomentFacts(m, supplied.coarse == "some", _all_coarse(supplied), bool(supplied.rejected), repeated)


def _all_coarse(supplied: SuppliedColumn) -> bool:
    return supplied.type == "date" or supplied.coarse == "all"
