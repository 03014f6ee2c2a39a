"""Whether the register holds everything: held against totals that others keep, and looked through for numbers that aren't there.

A hash shows that nothing was changed since; only what somebody else counted shows that nothing was left out from the start. The sources that the
claims department doesn't own are the regulator's transfers, the hotline, the courts, the mediation centres and finance.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from disputekit import TABLES, Check, DisputekitError, Reads, Records, Run, Table, Text, say

if TYPE_CHECKING:
    from disputekit import Expression, Query, Vocabulary

TABLE = "reconciliations"
OWNERS = {
    "regulator": Text(zh="监管转办", en="the regulator's transfers"),
    "hotline": Text(zh="客服热线", en="the hotline"),
    "court": Text(zh="法院", en="the courts"),
    "mediation": Text(zh="调解中心", en="the mediation centres"),
    "finance": Text(zh="财务", en="finance"),
}
"""What a reader is told of the usual sources; any other is called by its own name."""


class Completeness(BaseModel):
    """Which totals are expected, and which tables are numbered without gaps.

    sources: as `reconciliations.source` names them; each is expected for every calendar month, a quarter's or year's total standing for its
    months. since: the first month; unless told, the month of the organisation's first wind-down date, else twelve months before as-of.
    days: how many days after its end a month's total may take. numbered: tables whose keys end in consecutive numbers, counted for each prefix
    by itself, with the number at which a prefix begins; one that isn't told begins at the least that there is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sources: tuple[Annotated[str, Field(pattern=r"^[^\s/]+$")], ...] = tuple(OWNERS)
    since: date | None = None
    days: Annotated[int, Field(ge=0)] = 20
    numbered: Mapping[str, Mapping[str, Annotated[int, Field(ge=0)]]] = {}


def completeness_checks(settings: Completeness, run: Run) -> Iterator[Check]:
    """The checks. Raises DisputekitError for a table that can't be numbered."""
    yield Check(
        "EVAL-RECONCILED", Text(zh="与外部总数的差异均有说明", en="Every difference from an outside total is explained"), "high", "practice", _EXPLAIN,
        Reads(TABLE, columns=("theirs", "ours"), columns_if_supplied=("source", "period", "explained", "explained_by")), _reconciled,
    )  # fmt: skip
    months = tuple(expected_months(settings, run))
    for source in settings.sources:
        yield periods_check(source, months, settings.days)
    for name, begins in settings.numbered.items():
        yield gaps_check(_numbered(name), begins)


_EXPLAIN = Text(
    zh="与对方逐笔核对，补登遗漏的案件，或说明差异原因并由责任人署名。",
    en="Go through the cases with whoever keeps the total; enter what is missing, or say why the two differ and put a name to it.",
)


# ── totals ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

_RECONCILED = """
    select subject, unit, handler,
           case when theirs is null or ours is null then null else concat_ws(' ', source, period) || ': ' || cast(ours as varchar) end as observed,
           cast(theirs as varchar) as expected,
           case when theirs <> ours and explained is not null then concat_ws(': ', explained_by, explained) end as noted,
           case
             when theirs_rejected or ours_rejected then 'unknown: rejected value'
             when theirs is null or ours is null then 'unknown: missing'
             when theirs = ours then 'pass'
             when explained_rejected then 'unknown: rejected value'
             when explained is null then 'fail: differs'
             when explained_by is null then 'fail: unverified'
             else 'pass'
           end as verdict
    from subject"""


def _reconciled(sql: "Vocabulary") -> "Query":
    def text(name: str) -> "Expression":
        return sql.column(name) if sql.has_column(name) else sql.expression("cast(null as varchar)")

    names = ("source", "period", "explained", "explained_by")
    subject = sql.subjects(
        theirs=sql.column("theirs"), ours=sql.column("ours"), theirs_rejected=sql.column_rejected("theirs"), ours_rejected=sql.column_rejected("ours"),
        explained_rejected=sql.either(sql.column_rejected("explained"), sql.column_rejected("explained_by")), **{n: text(n) for n in names},
    )  # fmt: skip
    return sql.pipeline(sql.fill(_RECONCILED), subject=subject)


def expected_months(settings: Completeness, run: Run) -> Iterator[date]:
    """The first days of the months whose totals are due by as-of."""
    first = settings.since
    if first is None:
        begun = [d for d in run.organisation.wind_down.values() if d <= run.as_of]
        first = min(begun) if begun else run.as_of.replace(year=run.as_of.year - 1, day=1)
    month = first.replace(day=1)
    while (after := (month + timedelta(days=31)).replace(day=1)) + timedelta(days=settings.days) <= run.as_of + timedelta(days=1):
        yield month
        month = after


_HELD = "select distinct period from $table where source = $source and period is not null and theirs is not null and ours is not null"
_UNREAD = "select count(*) as unread from $table as r where $bad or $source_bad"
_MONTH = "select $month as month, $quarter as quarter, $year as year"
_ABSENT = """
    select string_agg(month, ', ' order by month) as absent from expected as e
    where not exists (select 1 from held as h where h.period = e.month or h.period = e.quarter or h.period = e.year)"""
_PERIODS = """
    select s.subject, s.unit, s.handler, a.absent as observed, $expected as expected,
           case when a.absent is null then 'pass' when u.unread > 0 then 'unknown: rejected value' when not $fresh then 'unknown: stale'
                else 'fail: missing' end as verdict
    from subject as s cross join absent as a cross join unread as u"""
_NOT_DUE = "select subject, unit, handler, 'not_applicable: not begun' as verdict from subject"


def periods_check(source: str, months: Sequence[date], days: int) -> Check:
    """For each expected source one check about the organisation, whose finding names the months without a total."""
    owner = OWNERS.get(source, Text(zh=source, en=source))

    def query(sql: "Vocabulary") -> "Query":
        if not months:
            return sql.pipeline(sql.fill(_NOT_DUE), subject=sql.subjects())
        table = sql.step(TABLE)
        held = sql.fill(_HELD, table=table, source=sql.literal(source))
        unread = sql.fill(_UNREAD, table=table, bad=sql.either(*(sql.bad_record(TABLE, n, "r") for n in ("period", "theirs", "ours"))),
                          source_bad=sql.bad_record(TABLE, "source", "r"))  # fmt: skip
        expected = sql.together(*(
            sql.fill(_MONTH, month=sql.literal(f"{m:%Y-%m}"), quarter=sql.literal(f"{m.year}-Q{(m.month + 2) // 3}"), year=sql.literal(f"{m.year}"))
            for m in months
        ))  # fmt: skip
        due = (months[-1] + timedelta(days=31)).replace(day=1) + timedelta(days=days)
        last = sql.fill(_PERIODS, fresh=sql.fresh(TABLE, sql.expression("cast($day as date)", day=sql.literal(due.isoformat()))),
                        expected=sql.literal(f"{months[0]:%Y-%m} – {months[-1]:%Y-%m}"))  # fmt: skip
        return sql.pipeline(last, subject=sql.subjects(), held=held, unread=unread, expected=expected, absent=sql.fill(_ABSENT))

    return Check(
        f"EVAL-PERIODS-{source}", Text(zh=f"每月均与{owner.zh}的总数核对", en=f"Every month is reconciled with {owner.en}"), "high", "practice",
        Text(zh="向对方索取该月总数，核对并登记。", en="Ask them for the month's total, hold the register against it and enter both."),
        Reads("organisation", records=(Records(TABLE, ("source", "period", "theirs", "ours")),)), query,
    )  # fmt: skip


# ── numbers ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

_SPLIT = """
    select subject, unit, handler, regexp_extract(subject, '^(.*?)([0-9]+)$', 1) as prefix, regexp_extract(subject, '^(.*?)([0-9]+)$', 2) as digits
    from subject"""
_NUMBERED = "select *, try_cast(digits as hugeint) as number from split"
_BEFORE = """
    select *, coalesce(lag(number) over (partition by prefix order by number, subject), $begins - 1) as before from numbered"""
_NAMED = """
    select *, prefix || lpad(cast(before + 1 as varchar), cast(greatest(length(digits), length(cast(before + 1 as varchar))) as integer), '0') as first,
           prefix || lpad(cast(number - 1 as varchar), cast(greatest(length(digits), length(cast(number - 1 as varchar))) as integer), '0') as final
    from preceded"""
_GAPS = """
    select subject, unit, handler,
           case when number - before = 2 then first when number - before > 2 then first || ' – ' || final || ' (' || cast(number - before - 1 as varchar) || ')'
           end as observed,
           case when number is null then 'not_applicable: not concerned' when number - before > 1 then 'fail: gap' else 'pass' end as verdict
    from named"""


def _numbered(name: str) -> Table:
    table = TABLES.get(name)
    if table is None or table.key is None or table.key_optional:
        known = ", ".join(t.name for t in TABLES.values() if t.key is not None and not t.key_optional)
        raise DisputekitError.at("[plugins.evaluation] completeness.numbered", say("no table {name!r} with a key of its own", name=name),
                                 say("Known: {names}", names=known))  # fmt: skip
    return table


def gaps_check(table: Table, begins: Mapping[str, int]) -> Check:
    """The finding is about the row after the gap, and names the numbers that aren't there. begins: the first number of a prefix.

    What is missing after the last number of a prefix, or before the first of one whose beginning isn't told, can't be seen here.
    """

    def query(sql: "Vocabulary") -> "Query":
        first = sql.expression("cast(null as hugeint)")
        for prefix, number in begins.items():
            first = sql.expression("case when prefix = $prefix then $number else $other end", prefix=sql.literal(prefix), number=sql.literal(number),
                                   other=first)  # fmt: skip
        steps = {"subject": sql.subjects(), "split": sql.fill(_SPLIT), "numbered": sql.fill(_NUMBERED), "preceded": sql.fill(_BEFORE, begins=first),
                 "named": sql.fill(_NAMED)}  # fmt: skip
        return sql.pipeline(sql.fill(_GAPS), **steps)

    return Check(
        f"EVAL-GAPS-{table.name}", Text(zh=f"{table.title.zh}的编号没有断号", en=f"{table.title.en}: no number is missing"), "high", "practice",
        Text(zh="查明缺号的去向：已删除的恢复并说明原因，作废的登记作废，未导出的补导。",
             en="Find out what became of the missing numbers: restore and explain what was deleted, enter what was voided, export what wasn't."),
        Reads(table.name), query,
    )  # fmt: skip
