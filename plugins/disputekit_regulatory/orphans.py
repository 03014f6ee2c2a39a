"""Orphans: rows that refer to something that isn't in the register. What was deleted, or never exported?

For each reference between two tables one check, evaluated only where both are supplied. A row of an entity is judged by itself: the
finding is about the dispute whose customer isn't there. Records are judged in groups: a register holds ten million events, and what
somebody has to look for is the one dispute that is missing, not each of the events that speak of it. Such a finding is about the
missing id, says in `observed` how many records refer to it, and the tally counts the records, so that it adds up to the table's rows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from disputekit import TABLES, Check, Reads, Records, Run, Table, Text

if TYPE_CHECKING:
    from disputekit import Expression, Query, Vocabulary


@dataclass(frozen=True)
class Reference:
    """A column that refers to a table; or, with `named_by`, to the table whose name that column holds."""

    table: Table
    column: str
    target: Table | None = None
    named_by: str | None = None

    @property
    def id(self) -> str:
        return f"DQ-ORPHAN-{self.table.name}.{self.column}"


def orphan_checks(run: Run) -> Iterator[Check]:  # noqa: ARG001 — references are the same in every run
    """A check for each reference of the core's tables. Tables that other plugins add are theirs to check."""
    for table in TABLES.values():
        for column, target in table.refers.items():
            yield check_of(Reference(table, column, TABLES[target]))
        for named_by, column in (("subject", "subject_id"), ("source", "source_id"), ("target", "target_id")):
            if named_by in table.columns and column in table.columns:
                yield check_of(Reference(table, column, named_by=named_by))


def check_of(reference: Reference) -> Check:
    by_row = reference.table.key is not None and not reference.table.key_optional
    zh, en = reference.table.title.zh, reference.table.title.en
    title = Text(zh=f"{zh}所涉的对象（{reference.column}）均在登记簿中", en=f"{en}: whatever a {reference.column} names is in the register")
    if reference.target is not None:
        theirs = reference.target.title
        title = Text(zh=f"{zh}所指的{theirs.zh}（{reference.column}）均在登记簿中",
                     en=f"{en}: each {reference.column} is one of the {theirs.en.lower()}")  # fmt: skip
    return Check(
        reference.id, title, "medium", "practice", _REMEDY, _row_reads(reference) if by_row else _group_reads(reference),
        (lambda sql: _by_row(reference, sql)) if by_row else (lambda sql: _by_group(reference, sql)), optional=True, grouped=not by_row,
    )  # fmt: skip


_REMEDY = Text(
    zh="查明被引用的记录是被删除、未导出，还是编号有误：已删除的恢复并说明原因，未导出的扩大导出范围，编号有误的更正。",
    en="Find out whether what is referred to was deleted, wasn't exported, or its number is wrong. Restore and explain what was deleted, widen the"
    " export, or correct the number.",
)


# ── entities: each row by itself ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _theirs(reference: Reference) -> str:
    """The referred row's key as the facts call it: `customer.customer_id`."""
    assert reference.target is not None
    return f"{reference.column.removesuffix('_id')}.{reference.target.key}"


def _row_reads(reference: Reference) -> Reads:
    return Reads(reference.table.name, columns=(reference.column, _theirs(reference)))


_ROW = """
    select subject, unit, handler, own as observed,
           case when own_rejected then 'unknown: rejected value' when own is null then 'not_applicable: not begun'
                when theirs is null then 'fail: orphan' else 'pass' end as verdict
    from subject"""


def _by_row(reference: Reference, sql: "Vocabulary") -> "Query":
    own = sql.column(reference.column)
    subject = sql.subjects(own=own, theirs=sql.column(_theirs(reference)), own_rejected=sql.column_rejected(reference.column))
    return sql.pipeline(sql.fill(_ROW), subject=subject)


# ── records: grouped by what is missing ────────────────────────────────────────────────────────────────────────────────────────────────


def _keyed() -> list[Table]:
    return [t for t in TABLES.values() if t.key is not None]


def _group_reads(reference: Reference) -> Reads:
    # a record's `subject` is there whether a source supplies it or not
    columns = [reference.column] if reference.named_by in (None, "subject") else [reference.column, reference.named_by]
    own = Records(reference.table.name, tuple(filter(None, columns)))
    if reference.target is not None:
        return Reads(reference.table.name, records=(own, Records(reference.target.name, (str(reference.target.key),))))
    return Reads(reference.table.name, records=(own, *(Records(t.name, (str(t.key),), if_supplied=True) for t in _keyed())))


# each part reads the table itself: a step that many parts share would be kept, all ten million rows of it
_MISSING = """
    select $column as subject, $named as occurrence, 'fail: orphan' as verdict, count(*) as subjects
    from $table as r anti join $target as t on $key = $column
    where $about and $column is not null group by $column"""
_EMPTY = """
    select null as subject, null as occurrence, case when $rejected then 'unknown: rejected value' else 'not_applicable: not begun' end as verdict,
           count(*) as subjects
    from $table as r where $column is null group by 3"""
# a table that no source supplies can't be looked into; one that doesn't exist at all is a mistake in the row
_ELSEWHERE = """
    select $by as subject, $by as occurrence, case when $known then 'unknown: not supplied' else 'fail: orphan' end as verdict,
           count(*) as subjects
    from $table as r where $column is not null and ($by is null or not $supplied) group by $by"""
_FOUND = "select subject, occurrence, verdict, subjects, subjects || $of as observed from others"
_THERE = """
    select null as subject, null as occurrence, 'pass' as verdict,
           (select count(*) from $table) - coalesce((select sum(subjects) from others), 0) as subjects, null as observed"""


def _by_group(reference: Reference, sql: "Vocabulary") -> "Query":
    own = {"table": sql.step(reference.table.name), "column": sql.column_of(reference.column, "r")}
    if reference.target is not None:
        parts = [_missing(reference.target, None, own, sql)]
    else:
        assert reference.named_by is not None
        supplied = [t for t in _keyed() if sql.has(t.name, str(t.key))]
        parts = [_missing(t, reference.named_by, own, sql) for t in supplied]
        by = sql.column_of(reference.named_by, "r")
        known = sql.expression("coalesce($k, false)", k=sql.among(by, TABLES))
        parts.append(sql.fill(_ELSEWHERE, by=by, known=known, supplied=sql.among(by, [t.name for t in supplied]), **own))
    parts.append(sql.fill(_EMPTY, rejected=sql.bad_record(reference.table.name, reference.column, "r"), **own))
    of = sql.literal(f" × {reference.table.name}.{reference.column}")
    groups = sql.union(sql.fill(_FOUND, of=of), sql.fill(_THERE, table=own["table"]))
    last = sql.fill("select subject, occurrence, verdict, subjects, observed from groups where subjects > 0")
    return sql.pipeline(last, others=sql.union(*parts), groups=groups)


def _missing(target: Table, named_by: str | None, own: Mapping[str, "Expression"], sql: "Vocabulary") -> "Query":
    named, about = sql.expression("cast(null as varchar)"), sql.literal(True)
    if named_by is not None:
        named = sql.literal(target.name)
        about = sql.expression("$by = $named", by=sql.column_of(named_by, "r"), named=named)
    return sql.fill(_MISSING, named=named, about=about, target=sql.step(target.name), key=sql.column_of(str(target.key), "t"), **own)
