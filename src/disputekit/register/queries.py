"""The queries of stage 1: from a scan to cells, from cells to values, from values to the rows of a table and to what was rejected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlglot import exp

from disputekit import sql
from disputekit.register.loaded import BAD_CELLS, COARSE, PLACE
from disputekit.register.opening import OpenedTable
from disputekit.register.schema import ColumnType
from disputekit.register.shapes import Format, Shaped, as_text, cleaned, converted, shaped
from disputekit.register.source import Scan
from disputekit.text import say

BROKEN_BIT = 62
"""The bit of a row that isn't one; cells have the bits below it."""
FILE, RECORD = "the file", "the record"
"""Columns that are there while duplicates are told apart: the file's number, and the record's number in it."""
_ENGINE_TYPES: Mapping[ColumnType, str] = {
    "text": "varchar", "integer": "bigint", "date": "date", "instant": "timestamp", "boolean": "boolean", "list": "varchar[]",
}  # fmt: skip


@dataclass(frozen=True)
class Out:
    """A column that is loaded. `theirs` is empty for one that the TOML gives: `constant`, or None for the row's place."""

    name: str
    kind: ColumnType
    scale: int
    theirs: str
    constant: str | None
    formats: tuple[Format, ...]
    bit: int

    @property
    def engine_type(self) -> str:
        return f"decimal(18, {self.scale})" if self.kind == "decimal" else _ENGINE_TYPES[self.kind]

    @property
    def coarse(self) -> str:
        return COARSE.format(name=self.name)


@dataclass(frozen=True)
class Plan:
    """How one table is loaded. `numbered`: rows are told apart by their numbers; `ordered`: until duplicates are gone only."""

    opened: OpenedTable
    outs: tuple[Out, ...]
    zone: ZoneInfo
    numbered: bool
    ordered: bool
    organisation_id: str

    @property
    def name(self) -> str:
        return self.opened.spec.name

    @property
    def by_place(self) -> str | None:
        """The key that is made from the row's place, if any."""
        return self.opened.settings.number_rows

    @property
    def must(self) -> tuple[str, ...]:
        """The columns without which a row is no row."""
        spec, key = self.opened.spec, self.opened.key
        return tuple(
            n
            for n in dict.fromkeys([key, *(["subject_id"] if spec.is_record and spec.columns["subject_id"].required else [])])
            if n not in {PLACE, self.by_place}
        )

    @property
    def unusable(self) -> exp.Expression:
        """Whether a loaded row must go again: it has no key or no subject, or is no row at all."""
        broken = sql.expression(f"$bits & {1 << BROKEN_BIT} <> 0", bits=sql.col(BAD_CELLS))
        return sql.either([broken, *(sql.expression("$c is null", c=sql.col(n)) for n in self.must)])

    def create(self) -> exp.Expression:
        columns = [(o.name, o.engine_type) for o in self.outs]
        columns += [(o.coarse, "boolean") for o in self.outs if o.kind == "instant"] + [(BAD_CELLS, "bigint")]
        columns += [(PLACE, "varchar")] * self.numbered + [(FILE, "integer"), (RECORD, "bigint")] * self.ordered
        defined = [exp.ColumnDef(this=sql.name(n), kind=exp.DataType.build(k, dialect=sql.DIALECT)) for n, k in columns]
        return exp.Create(this=exp.Schema(this=sql.tab(self.name), expressions=defined), kind="TABLE")

    def rows(self, number: int, gaps: Sequence[int]) -> exp.Select:
        """The rows of scan `number`. `gaps`: by how many records the rows that can't be read put the others back (`record_of`)."""
        counted = self.numbered or self.ordered
        values = [self._place(number, gaps) if o.name == self.by_place else self._final(o) for o in self.outs]
        query = exp.select(*values, *(sql.expression("$v is not null and $c", v=_value(o), c=_coarse(o)) for o in self.outs
                                                                   if o.kind == "instant"), self.bits())  # fmt: skip
        if self.numbered:
            query = query.select(self._place(number, gaps))
        if self.ordered:
            query = query.select(sql.number(number), sql.col("number"))
        return query.from_(self.values(self.opened.scans[number], counted).subquery("cells", copy=False), copy=False)

    def _final(self, out: Out) -> exp.Expression:
        value: exp.Expression = _value(out)
        if out.name == "subject_id" and self.opened.spec.is_record and any(o.name == "subject" for o in self.outs):
            value = sql.expression("coalesce($v, case when $subject = 'organisation' then $own end)", v=value, own=sql.text(self.organisation_id),
                                   subject=_value(next(o for o in self.outs if o.name == "subject")))  # fmt: skip
        if out.name == "subject" and self.opened.spec.is_record:
            value = sql.expression("coalesce($v, 'disputes')", v=value)
        return value

    def _place(self, number: int, gaps: Sequence[int]) -> exp.Expression:
        return sql.expression("$file || ':' || $record", file=sql.text(self.opened.names[number]), record=record_of(gaps))

    def bits(self) -> exp.Expression:
        found = [sql.expression(f"case when $bad then {1 << o.bit} else 0 end", bad=bad(o)) for o in self.outs if o.theirs or o.constant is not None]
        total = sql.expression(f"case when broken then {1 << BROKEN_BIT} else 0 end")
        for one in found:
            total = sql.expression("$a + $b", a=total, b=one)
        return sql.cast(total, "bigint")

    def values(self, scan: Scan, counted: bool) -> exp.Select:
        """For each column `cell <bit>` as it was read, and `value <bit>` and `coarse <bit>` that come from it; `broken`, `number`."""
        theirs = [o for o in self.outs if o.theirs or o.constant is not None]
        layers = {o.bit: self._layers(o, scan) for o in theirs}
        cells = exp.select(*(cell.as_(f"cell {bit}", quoted=True) for bit, (cell, _) in layers.items()))
        cells = cells.select((scan.broken if scan.broken is not None else sql.boolean(False)).copy().as_("broken"), copy=False)
        if scan.blank is not None:
            cells = cells.select(scan.blank.copy().as_("blank"))
        if counted:
            count = scan.number.copy() if scan.number is not None else sql.expression("row_number() over ()")
            cells = cells.select(count.as_("number"))
        cells = cells.from_(scan.relation.copy())
        found = exp.select("*").from_(cells.subquery("source", copy=False))
        for bit, (_, result) in layers.items():
            found = found.select(result.value.as_(f"value {bit}", quoted=True), copy=False)
            found = found.select(result.coarse.as_(f"coarse {bit}", quoted=True), copy=False) if result.coarse is not None else found
        if scan.blank is not None:
            found = found.where(sql.expression("not blank"))
        missing_coarse = [o for o in theirs if o.kind == "instant" and layers[o.bit][1].coarse is None]
        for o in missing_coarse:
            found = found.select(sql.boolean(False).as_(f"coarse {o.bit}", quoted=True))
        return found

    def _layers(self, out: Out, scan: Scan) -> tuple[exp.Expression, Shaped]:
        """A column's cell, and its value as an expression over the cell."""
        cell: exp.Expression = sql.col(f"cell {out.bit}")
        given = scan.typed.get(out.theirs) if out.constant is None else None
        source: exp.Expression = sql.col(out.theirs) if out.constant is None else sql.text(out.constant)
        if given is not None:
            result = converted(out.kind, out.scale, cell, given, self.zone)
            if result is not None:
                return source, result
            source = as_text(source, given)
        result = shaped(out.kind, out.scale, cell, out.formats, scan.native_dates or given is not None, self.zone)
        if scan.unusable and out.kind == "text":
            known = exp.In(this=cell.copy(), expressions=[sql.text(e) for e in scan.unusable])
            result = Shaped(exp.Case(ifs=[exp.If(this=known, true=exp.Null())], default=cell.copy()), None, result.reason)
        return cleaned(source, self.opened.settings.missing), result

    def rejected(self, number: int, outs: Sequence[Out]) -> exp.Select:
        """What was rejected of scan `number`: count of the row, column, value, reason. A row that was rejected whole stands there once."""
        scan = self.opened.scans[number]
        columns = {o.name: o for o in self.outs}
        whole: list[tuple[exp.Expression, str | None, str]] = [(sql.expression("broken"), None, say("is no JSON object"))]
        for name in self.must:
            empty = sql.expression("$v is null", v=self._final(columns[name]))
            whole.append((empty, name, say("the subject is empty") if name == "subject_id" else say("the key is empty")))
        row = exp.Case(ifs=[exp.If(this=why, true=exp.Array(expressions=[_entry(name, exp.Null(), reason)])) for why, name, reason in whole],
                       default=exp.Array(expressions=[self._entry(o, scan) for o in outs]) if outs else sql.cast(exp.Null(), _ENTRIES))  # fmt: skip
        found = exp.select(sql.col("number"), exp.Unnest(expressions=[sql.cast(row, _ENTRIES)]).as_("entry"))
        found = found.from_(self.values(scan, True).subquery("cells")).where(sql.either([*(c for c, _, _ in whole), *(bad(o) for o in outs)]))
        entry = exp.select("number", "entry.name", "entry.value", "entry.reason").from_(found.subquery("entries"))
        return entry.where(sql.expression("entry is not null"))

    def _entry(self, out: Out, scan: Scan) -> exp.Expression:
        value = sql.expression("left(cast($c as varchar), 500)", c=sql.col(f"cell {out.bit}"))
        return sql.expression("case when $bad then $entry end", bad=bad(out), entry=_entry(out.name, value, self._layers(out, scan)[1].reason))


_ENTRIES = "struct(name varchar, value varchar, reason varchar)[]"


def _entry(name: str | None, value: exp.Expression, reason: str) -> exp.Expression:
    given = {"name": exp.Null() if name is None else sql.text(name), "value": value, "reason": sql.text(str(reason))}
    return exp.Struct(expressions=[exp.PropertyEQ(this=sql.name(k), expression=v) for k, v in given.items()])


def bad(out: Out) -> exp.Expression:
    """Whether a cell has something in it that can't be read."""
    return sql.expression("$cell is not null and $value is null", cell=sql.col(f"cell {out.bit}"), value=_value(out))


def record_of(gaps: Sequence[int]) -> exp.Expression:
    """The number of a record: its count among the rows that could be read, and the rows before it that couldn't.

    gaps: for the i-th of these (from 1), its record less i: it comes before every row whose count is greater than that.
    """
    if not gaps:
        return sql.col("number")
    listed = exp.Array(expressions=[sql.number(g) for g in gaps])
    return sql.expression("number + len(list_filter($gaps, lambda g : g < number))", gaps=listed)


def _value(out: Out) -> exp.Column:
    return sql.col(f"value {out.bit}")


def _coarse(out: Out) -> exp.Column:
    return sql.col(f"coarse {out.bit}")
