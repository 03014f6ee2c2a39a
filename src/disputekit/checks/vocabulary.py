"""The words in which a kind says its query: moments, periods, what is covered, and steps that build on one another.

A vocabulary belongs to one check in one register. Everything it gives is a piece of a syntax tree over the check's facts.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlglot import exp

from disputekit import sql
from disputekit.calendars import Calendar
from disputekit.checks import facts as named
from disputekit.checks.coverage import Covered, Sort
from disputekit.checks.facts import Facts
from disputekit.checks.names import EVENTS, ColumnMoment, SharedMoment, Supplied, parent
from disputekit.policies.conditions import columns_read, parse_condition, parse_number
from disputekit.policies.model import Instrument, Parameter, Unit, as_counted
from disputekit.register.loaded import COARSE
from disputekit.register.schema import ColumnType, Table


@dataclass(frozen=True)
class Moment:
    """A moment in the facts.

    at: its instant. coarse: whether that is known to the day only. rejected: whether a cell that it needs couldn't be read.
    is_column: of the subject's own table, so that it can contradict its start; else the first of its records.
    required: a column that must be there, so that its absence is a gap in the data. repeated: later occurrences exist.
    sort: the sort of record that it is, None for a column; column: where it is kept in its table. shared: the table that it is from where
    it is the same for every subject.
    """

    name: str
    at: exp.Expression
    coarse: exp.Expression
    rejected: exp.Expression
    is_column: bool
    required: bool
    repeated: bool
    sort: Sort | None
    column: str
    shared: str | None = None

    @property
    def table(self) -> str | None:
        """The table that it is kept in; None for a column of the subject's own."""
        return self.sort[0] if self.sort else self.shared

    @property
    def may_be_coarse(self) -> bool:
        return not (isinstance(self.coarse, exp.Boolean) and not self.coarse.this)


@dataclass(frozen=True)
class Length:
    """A period: its unit and its count, an expression where the count depends on the basis date (NULL where no value holds)."""

    unit: Unit
    count: exp.Expression
    text: exp.Expression


class Vocabulary:
    """What a kind's `query` is given. Its methods are pure: they return new trees."""

    def __init__(
        self,
        facts: Facts,
        specs: Mapping[str, Table],
        supplied: Mapping[str, Supplied],
        as_of: date,
        calendar: Calendar,
        parameters: Mapping[str, Parameter],
        instrument: Instrument | None,
        condition: exp.Expression | None,
        coverage: Callable[[Sort], Covered],
        extracted: Mapping[str, datetime | None],
        bind: Callable[[str], exp.Expression],
    ) -> None:
        self._facts, self._specs, self._supplied = facts, specs, supplied
        self._parameters, self._instrument, self._condition = parameters, instrument, condition
        self._coverage, self._extracted, self._bind = coverage, extracted, bind
        self.as_of_day = as_of
        self.calendar = calendar
        self.as_of = sql.day(as_of)
        self.as_of_end = sql.end_of(as_of)
        self.later = sql.tab(facts.later)

    # ── what a query is made of ──

    @staticmethod
    def fill(template: str, **nodes: exp.Expression) -> exp.Select:
        """A DuckDB SELECT with `$name` placeholders, filled safely."""
        return sql.fill(template, **nodes)

    @staticmethod
    def expression(template: str, **nodes: exp.Expression) -> exp.Expression:
        """An expression with `$name` placeholders, filled safely."""
        return sql.expression(template, **nodes)

    @staticmethod
    def pipeline(last: exp.Select, /, **steps: exp.Select) -> exp.Select:
        """Steps, each a SELECT that may read those before it by name, and the last one, which is the query."""
        return sql.pipeline(steps, last)

    @staticmethod
    def union(*parts: exp.Expression) -> exp.Select:
        """The rows of several queries with the same columns, one after the other."""
        return exp.select("*").from_(exp.Subquery(this=exp.union(*parts, distinct=False), alias=exp.TableAlias(this=sql.name("parts"))))

    @staticmethod
    def together(*queries: exp.Select) -> exp.Select:
        """The rows of several queries with the same columns."""
        every: exp.Expression = exp.union(*queries, distinct=False) if len(queries) > 1 else queries[0]
        return sql.fill("select * from $every as every", every=exp.Subquery(this=every))

    @staticmethod
    def either(*conditions: exp.Expression) -> exp.Expression:
        return sql.either(conditions)

    @staticmethod
    def both(*conditions: exp.Expression) -> exp.Expression:
        return sql.both(conditions)

    @staticmethod
    def least(*instants: exp.Expression) -> exp.Expression:
        """The earliest of several instants of which some may be NULL; NULL only where all are."""
        if len(instants) == 1:
            return instants[0].copy()
        return exp.Least(this=instants[0].copy(), expressions=[i.copy() for i in instants[1:]], ignore_nulls=True)

    @staticmethod
    def among(value: exp.Expression, values: Iterable[str]) -> exp.Expression:
        """Whether a text is one of several."""
        return exp.In(this=value.copy(), expressions=[sql.text(v) for v in values])

    @staticmethod
    def listed(names: Iterable[tuple[str, exp.Expression]]) -> exp.Expression:
        """The names whose condition is TRUE, joined by commas; NULL where there are none."""
        cases = {f"n{i}": exp.Case(ifs=[exp.If(this=c.copy(), true=sql.text(name))]) for i, (name, c) in enumerate(names)}
        # made from DuckDB's text: a node made by hand would have another dialect's idea of what NULL does to it
        return sql.expression(f"nullif(concat_ws(', ', {', '.join(f'${n}' for n in cases)}), '')", **cases)

    @staticmethod
    def noted(value: exp.Expression, notes: Iterable[exp.Expression]) -> exp.Expression:
        """What was observed, followed by notes, texts that are NULL where there is nothing to say."""
        cases = {f"n{i}": note for i, note in enumerate(notes)}
        if not cases:
            return value
        return sql.expression(f"concat_ws('; ', cast($value as varchar), {', '.join(f'${n}' for n in cases)})", value=value, **cases)

    @staticmethod
    def greatest(*values: exp.Expression) -> exp.Expression:
        """The latest of several of which some may be NULL; NULL only where all are."""
        if len(values) == 1:  # Spark refuses to choose among one
            return values[0].copy()
        return exp.Greatest(this=values[0].copy(), expressions=[v.copy() for v in values[1:]], ignore_nulls=True)

    @staticmethod
    def step(name: str) -> exp.Expression:
        """A step to read from."""
        return sql.tab(name)

    @staticmethod
    def literal(value: str | int | Decimal | bool) -> exp.Expression:
        if isinstance(value, bool):
            return sql.boolean(value)
        return sql.text(value) if isinstance(value, str) else sql.number(value)

    @staticmethod
    def day(value: date) -> exp.Expression:
        """A date that is the same for every subject."""
        return sql.day(value)

    @staticmethod
    def column_of(name: str, table: str | None = None) -> exp.Expression:
        """A quoted column of a step or table inside of the query."""
        return sql.col(name, table)

    def subjects(self, **columns: exp.Expression) -> exp.Select:
        """The first step: subjects for which the condition isn't FALSE, with `subject`, `unit`, `handler`, `concerned` (NULL where the
        condition can't be decided) and the columns asked for. Who is left out is tallied as not concerned by the core.
        """
        concerned = self._condition if self._condition is not None else sql.boolean(True)
        query = exp.Select(expressions=[sql.col("subject"), sql.col("unit"), sql.col("handler"), concerned.copy().as_(sql.name("concerned"))])
        query = query.from_(sql.tab(self._facts.table), copy=False)
        for alias, value in columns.items():
            query = query.select(value.copy().as_(sql.name(alias)), copy=False)
        if self._condition is not None:
            query = query.where(sql.expression("$c is not false", c=concerned))
        return query

    # ── moments and columns ──

    def moment(self, name: str) -> Moment:
        """A milestone or record moment that the check said it reads."""
        held = self._facts.moments[name]
        m = held.moment
        flag = sql.col(named.coarse(name)) if held.coarse else sql.boolean(held.all_coarse)
        bad = sql.col(named.rejected(name)) if held.rejected else sql.boolean(False)
        if isinstance(m, ColumnMoment):
            return Moment(name, sql.col(named.at(name)), flag, bad, True, m.required, False, None, m.column)
        if isinstance(m, SharedMoment):
            sort = (EVENTS, m.activity) if m.activity is not None else None
            return Moment(name, sql.col(named.at(name)), flag, bad, False, False, False, sort, m.columns[0][1], m.columns[0][0])
        return Moment(name, sql.col(named.at(name)), flag, bad, False, False, held.repeated, (m.table, m.kind), m.column)

    def beginning(self) -> Moment | None:
        """The moment at which the subject's life begins; None where its column isn't supplied."""
        column = self._facts.subject.begins
        # where the column isn't supplied the name may have become an event's, which says nothing of when a life begins
        held = self._facts.moments.get(column[:-3]) if column else None
        return self.moment(held.moment.name) if held and isinstance(held.moment, ColumnMoment) else None

    def record(self, name: str) -> Moment:
        """The main moment of a sort of record (`payments.benefit`)."""
        return self.moment(name)

    def column(self, name: str) -> exp.Expression:
        """A column of the subject or a parent that the check said it reads."""
        return sql.col(name)

    def table_of(self, name: str) -> str:
        """The table that a column comes from: the subject's own, or its parent's for `contract.line`."""
        above = parent(name, self._facts.subject, self._specs)
        return above[1].name if above else self._facts.subject.name

    def column_rejected(self, name: str) -> exp.Expression:
        """Whether the cell of a column couldn't be read."""
        return sql.col(f"{name} rejected") if self._facts.rejected.get(name) else sql.boolean(False)

    def condition(self, text: str) -> exp.Expression:
        """A condition of a pack over the facts, NULL where it can't be decided."""
        return self._bind(text)

    def formula(self, text: str) -> exp.Expression:
        """A formula of a pack over the facts; NULL where it can't be worked out."""
        return parse_number(text, self._facts.columns)

    def formula_rejected(self, text: str) -> exp.Expression:
        """Whether a cell that a formula reads couldn't be read."""
        return sql.either(self.column_rejected(n) for n in columns_read(text))

    def is_moment(self, name: str) -> bool:
        """Whether a name of `Reads.either` is a moment here: it is unless it is a column of another type or a parent's."""
        return name not in self._facts.columns or ("." not in name and self._facts.columns[name] in ("instant", "date"))

    def record_column(self, name: str) -> tuple[str, str] | None:
        """The table and the column where a name of `Reads.either` is a record table's column (`events.activity`)."""
        table, _, column = name.partition(".")
        return (table, column) if table in self._specs and self._specs[table].is_record and column else None

    def rejected_in(self, text: str) -> exp.Expression:
        """Whether a cell that a condition reads couldn't be read."""
        return sql.either(self.column_rejected(n) for n in dict.fromkeys(c.name for c in self._bind(text).find_all(exp.Column)))

    def type_of(self, name: str) -> ColumnType:
        return self._facts.columns[name]

    def begins(self) -> exp.Expression:
        """When the subject's life begins, as far as the register knows (an instant, or NULL)."""
        beginning = self.beginning()
        return beginning.at if beginning else sql.null("timestamp")

    def basis(self) -> exp.Expression:
        """The day by which a check without a start is judged: on which the subject's life begins, else as-of."""
        return sql.expression("coalesce(cast($begins as date), $as_of)", begins=self.begins(), as_of=self.as_of)

    # ── what happened more than once ──

    def occurrences(self, *names: str) -> exp.Expression:
        """Every occurrence of these moments, to read from: subject, moment, at, coarse (known to the day only)."""
        later = self._facts.later if self._facts.later_exists else None
        return exp.Subquery(this=named.occurrences(self._facts.table, later, names, self._facts.moments))

    def pauses(self) -> exp.Expression:
        """The pauses of all subjects, to read from: subject, from, to, started_on, ended_on."""
        return sql.tab(self._facts.pauses)

    def is_paused(self, start: str, end: str) -> bool:
        """Whether any subject has a pause between these moments, so that a query without one stays small."""
        return (start, end) in self._facts.paused

    # ── records that a query reads itself ──

    def records(self, table: str, kinds: tuple[str, ...] = (), moment: str | None = None) -> exp.Select:
        """The records of a table about subjects of the check, all columns, up to as-of; of some kinds only, where named.

        moment: the column that says when; the table's main moment unless given.
        """
        spec = self._specs[table]
        when = spec.moment if moment is None else moment
        query = exp.select("*").from_(sql.tab(table)).where(named.about(self._facts.subject, table))
        if when is not None and self.has(table, when):
            # a record whose moment couldn't be read stays: it must not vanish
            query = query.where(sql.expression("($m < $end or $m is null)", m=sql.col(when), end=self.as_of_end))
        if kinds and spec.kind:
            query = query.where(self.among(sql.col(spec.kind), kinds))
        return query

    def records_of_anyone(self, table: str, kinds: tuple[str, ...] = ()) -> exp.Select:
        """Like `records`, whomever they are about."""
        spec = self._specs[table]
        query = exp.select("*").from_(sql.tab(table))
        if kinds:
            query = query.where(self.among(sql.col(str(spec.kind)), kinds))
        return query.where(sql.expression("($m < $end or $m is null)", m=sql.col(str(spec.moment)), end=self.as_of_end))

    def coarse_record(self, table: str, name: str, alias: str | None = None) -> exp.Expression:
        """Whether a record's instant is known to the day only."""
        supplied = self._supplied[table].columns[name]
        if supplied.coarse == "some":
            return sql.col(COARSE.format(name=name), alias)
        return sql.boolean(supplied.type == "date" or supplied.coarse == "all")

    def record_condition(self, table: str, text: str) -> exp.Expression:
        """A condition of a pack over the columns of a record table, for use where its rows are read; NULL where it can't be decided."""
        supplied = self._supplied[table].columns
        by_day = {n for n, c in supplied.items() if c.type == "instant" and c.coarse != "none"}
        tree = parse_condition(text, {n: "date" if n in by_day else c.type for n, c in supplied.items()})
        # an instant that may be known to the day only is compared by its date, as everywhere
        return tree.transform(lambda n: sql.cast(n, "date") if isinstance(n, exp.Column) and n.name in by_day else n)

    def record_condition_rejected(self, table: str, text: str) -> exp.Expression:
        """Whether a cell that such a condition reads couldn't be read."""
        return sql.either(self.bad_record(table, n) for n in columns_read(text))

    def has(self, table: str, name: str) -> bool:
        """Whether a source supplies this column."""
        return table in self._supplied and name in self._supplied[table].columns

    def main_moment(self, table: str) -> str:
        """The column of a record table that says when."""
        moment = self._specs[table].moment
        assert moment is not None, table
        return moment

    def has_column(self, name: str) -> bool:
        """Whether the facts hold a column of the subject or a parent."""
        return name in self._facts.columns

    def bad_record(self, table: str, name: str, alias: str | None = None) -> exp.Expression:
        """Whether a record's cell couldn't be read."""
        return named.bad_cell(self._supplied[table].columns.get(name), alias)

    # ── what is covered ──

    def covered(self, sort: Sort | None, since: exp.Expression) -> exp.Expression:
        """Whether a sort of record is complete from `since` (an instant) on. NULL never: where nothing is known, FALSE."""
        if sort is None:
            return sql.boolean(True)
        from_on = self._coverage(sort).from_on
        if from_on is None:
            return sql.boolean(False)
        return sql.expression("coalesce(cast($since as date) >= $from_on, false)", since=since, from_on=sql.day(from_on))

    def covered_from(self, sort: Sort) -> date | None:
        """From when on a sort of record is complete; None: not at all."""
        return self._coverage(sort).from_on

    def fresh(self, table: str | None, until: exp.Expression) -> exp.Expression:
        """Whether the source of a table was extracted after the day `until` (a date), so that what isn't there by then didn't happen."""
        extracted = self._extracted.get(table or self._facts.subject.name)
        if extracted is None:
            return sql.boolean(True)
        return sql.expression("coalesce($until < $extracted, false)", until=until, extracted=sql.day(extracted.date()))

    def fresh_now(self, table: str | None) -> exp.Expression:
        """Whether the source of a table was extracted on the day of as-of or later."""
        extracted = self._extracted.get(table or self._facts.subject.name)
        return sql.boolean(extracted is None or extracted.date() >= self.as_of_day)

    def known_until(self, table: str) -> exp.Expression:
        """The last day, up to as-of, of which a table tells everything: the day before its extract where that is an old one."""
        extracted = self._extracted.get(table)
        last = self.as_of_day if extracted is None or extracted.date() >= self.as_of_day else extracted.date() - timedelta(days=1)
        return sql.day(last)

    # ── periods and the law in force ──

    def period(self, text: str, basis: exp.Expression) -> Length:
        """A period ("15 days" or "$parameter"), the parameter's value chosen on the date of `basis` (an instant)."""
        if not text.startswith("$"):
            p = as_counted(text, self._instrument)
            return Length(p.unit, sql.number(p.number), sql.text(str(p)))
        parameter = self._parameters[text[1:]]
        periods = [(v.from_on, as_counted(str(v.value), self._instrument)) for v in parameter.values]
        unit = periods[0][1].unit
        return Length(
            unit, _dated([(d, sql.number(p.number)) for d, p in periods], basis), _dated([(d, sql.text(str(p))) for d, p in periods], basis)
        )

    def rolls(self, roll: str | None) -> bool:
        """Whether a last day gives way to the next working day: as the control says, else as its instrument counts."""
        said = roll if roll is not None else self._instrument.roll if self._instrument is not None else "none"
        return said == "next_working_day"

    def number(self, value: str | int | Decimal, basis: exp.Expression) -> exp.Expression:
        """A number, or the value of a parameter on the date of `basis`."""
        if not isinstance(value, str):
            return _number(value)
        return _dated([(v.from_on, _number(v.value)) for v in self._parameters[value[1:]].values], basis)

    @property
    def in_force_from(self) -> date | None:
        """Since when the instrument that the control cites is in force; None for what cites none."""
        return self._instrument.in_force if self._instrument is not None else None

    def in_force(self, basis: exp.Expression) -> exp.Expression:
        """Whether the instrument that the control cites was in force on the date of `basis`; TRUE for what cites none."""
        if self._instrument is None:
            return sql.boolean(True)
        bounds = [sql.expression("cast($b as date) >= $d", b=basis, d=sql.day(self._instrument.in_force))]
        if self._instrument.repealed_on is not None:
            bounds.append(sql.expression("cast($b as date) < $d", b=basis, d=sql.day(self._instrument.repealed_on)))
        return sql.both(bounds)


def _number(value: str | int | Decimal) -> exp.Expression:
    """A literal without an exponent, which would make it a float."""
    return sql.number(f"{value:f}" if isinstance(value, Decimal) else value)


def _dated(values: list[tuple[date | None, exp.Expression]], basis: exp.Expression) -> exp.Expression:
    """Newest first, no ELSE: before the first value there is none, and NULL carries that."""
    if len(values) == 1 and values[0][0] is None:
        return values[0][1]
    ifs = []
    for from_on, value in reversed(values):
        when = sql.boolean(True) if from_on is None else sql.expression("cast($b as date) >= $d", b=basis, d=sql.day(from_on))
        ifs.append(exp.If(this=when, true=value))
    return exp.Case(ifs=ifs)
