"""`exists`: for each subject there must be a record, or a row of another table, that meets a condition."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from disputekit.extension import Reads, Records, RuleKind
from disputekit.kinds.common import start_arms, start_columns
from disputekit.kinds.limits import period_steps
from disputekit.oracles.exists import oracle
from disputekit.policies.model import DATES, Counted, Moment, PeriodText, Rule

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks import vocabulary as words

Name = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
ColumnName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class Exists(Rule):
    """A finding where no record of `record` (a table, or one sort: `documents.contract`) belongs to the subject and meets `meets`.

    A record belongs to the subject that it is about, or, with `match`, to every subject whose column has the same value as a column of the
    record: `match = { cause = "cause" }` finds the actions against the cause of a dispute. `meets` is a condition over the record's columns.
    `having`: with `match`, one is needed only where at least so many subjects share the value. With `from`, one is needed only once that
    happened, and by the end of the period `within` after it, else up to as-of; one that was there before counts, too.

    A record of which it can't be told whether it meets the condition, whose moment or matched column is empty or couldn't be read, leaves
    the outcome `unknown` where no other one does. So does a table that isn't covered from the subject's beginning (from `from`) on.
    """

    kind: Literal["exists"]
    record: Name
    meets: Name | None = None
    match: Annotated[Mapping[ColumnName, Name], Field(min_length=1, max_length=1)] | None = None
    having: Annotated[int, Field(ge=1)] = 1
    from_: Moment | None = Field(default=None, alias="from")
    within: PeriodText | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.within is not None and self.from_ is None:
            raise ValueError("within goes with from: how long after it")
        if self.having > 1 and self.match is None:
            raise ValueError("having goes with match: how many subjects share the value")
        return self

    @property
    def table(self) -> str:
        return self.record.partition(".")[0]

    @property
    def sort(self) -> str | None:
        """The one sort of record that is meant; None: any."""
        return self.record.partition(".")[2] or None

    @property
    def matched(self) -> tuple[str, str] | None:
        """The record's column and the subject's that must be the same."""
        return next(iter(self.match.items())) if self.match is not None else None

    @property
    def per(self) -> str | None:
        """The column by which subjects belong together, where it matters how many do."""
        return self.matched[1] if self.matched is not None and self.having > 1 else None


def reads(rule: Exists) -> Reads:
    columns = (rule.matched[0],) if rule.matched is not None else ()
    own = (rule.matched[1],) if rule.matched is not None else ()
    start = (rule.from_,) if rule.from_ is not None else ()
    return Reads(rule.subject, columns=own, moments=start, sorts=(rule.record,), records=(Records(rule.table, columns, where=rule.meets),))


_ALONE = "select *, 1 as sharing, 1 as perhaps_sharing from subject"
_SHARING = """
    select s.*, g.sharing, g.perhaps_sharing from subject as s left join (
      select own, sum(case when concerned then 1 else 0 end) as sharing, count(*) as perhaps_sharing from subject group by own
    ) as g on g.own = s.own"""
_RECORDED = "select $whose as whose, $at as at, $meets as meets, $rejected as rejected, $whose_rejected as whose_rejected from record"
# a record that belongs to nobody known may belong to anybody
_LOOSE = """
    select coalesce(max(case when rejected or whose_rejected then 1 else 0 end), 0) = 1 as loose_rejected, count(*) > 0 as loose
    from recorded where whose is null and (rejected or meets is not false)"""
_UNLIMITED = "select *, cast(null as date) as due_on, 0 as n, cast(null as varchar) as length from shared"
_MEASURED = """
    select d.subject, max(case when r.meets and not r.rejected and cast(r.at as date) <= coalesce(d.due_on, $as_of) then 1 else 0 end) = 1 as is_there,
           min(case when r.meets and not r.rejected then r.at end) as done_at,
           max(case when r.rejected then 1 else 0 end) = 1 as some_rejected,
           max(case when not r.rejected and (r.meets is null or (r.meets and r.at is null)) then 1 else 0 end) = 1 as perhaps
    from due as d join recorded as r on r.whose = d.own where r.rejected or r.meets is not false group by d.subject"""
_JOINED = """
    select d.*, coalesce(m.is_there, false) as is_there, m.done_at, coalesce(m.some_rejected, false) or l.loose_rejected as some_rejected,
           coalesce(m.perhaps, false) or l.loose as perhaps
    from due as d left join measured as m on m.subject = d.subject cross join loose as l"""
_VERDICT = """
    select subject, unit, handler, started_at, due_on, done_at, length as expected,
           case
             when concerned is null then 'unknown: condition'
             when $not_started then $not_begun
             when not $in_force then 'not_applicable: not in force'
             when start_rejected or own_rejected then 'unknown: rejected value'
             when own is null then 'unknown: missing'
             when perhaps_sharing < $having then 'not_applicable: not concerned'
             when sharing < $having then 'unknown: condition'
             when n is null then 'unknown: no value'
             when is_there then 'pass'
             when some_rejected then 'unknown: rejected value'
             when perhaps then 'unknown: missing'
             when $limited and $as_of <= due_on then 'pending'
             when $limited and done_at is not null then 'fail: late'
             when not $covered then 'unknown: not covered'
             when not $fresh then 'unknown: stale'
             else 'fail: missing'
           end as verdict
    from joined"""


def query(rule: Exists, sql: "words.Vocabulary") -> "exp.Select":
    start = sql.moment(rule.from_) if rule.from_ is not None else None
    table, no, yes = rule.table, sql.literal(False), sql.literal(True)
    matched, kinds = rule.matched, (rule.sort,) if rule.sort is not None else ()
    main = sql.main_moment(table)
    own = {"own": sql.column(matched[1]), "own_rejected": sql.column_rejected(matched[1])} if matched else {
        "own": sql.column_of("subject"), "own_rejected": no,
    }  # fmt: skip
    rejected = [sql.bad_record(table, main)]
    if rule.meets is not None:
        rejected.append(sql.record_condition_rejected(table, rule.meets))
    steps = {
        "subject": sql.subjects(**start_columns(start, sql), **own),
        "shared": sql.fill(_SHARING if rule.having > 1 else _ALONE),
        "record": sql.records_of_anyone(table, kinds) if matched else sql.records(table, kinds),
    }
    steps["recorded"] = sql.fill(
        _RECORDED, whose=sql.column_of(matched[0] if matched else "subject_id"), at=sql.column_of(main),
        meets=sql.record_condition(table, rule.meets) if rule.meets is not None else yes, rejected=sql.either(*rejected),
        whose_rejected=sql.bad_record(table, matched[0]) if matched else no,
    )  # fmt: skip
    steps["loose"] = sql.fill(_LOOSE)
    if rule.within is not None:
        steps |= period_steps(sql.period(rule.within, sql.column_of("started_at")), "shared", sql)
    else:
        steps["due"] = sql.fill(_UNLIMITED)
    steps["measured"], steps["joined"] = sql.fill(_MEASURED, as_of=sql.as_of), sql.fill(_JOINED)
    last = sql.fill(
        _VERDICT, having=sql.literal(rule.having), as_of=sql.as_of, limited=sql.literal(rule.within is not None),
        covered=sql.covered((table, rule.sort), sql.column_of("started_at")),
        fresh=sql.fresh(table, sql.column_of("due_on")) if rule.within is not None else sql.fresh_now(table), **start_arms(start, sql),
    )  # fmt: skip
    return sql.pipeline(last, **steps)


def evidence(rule: Exists) -> tuple[str, ...]:
    return (rule.record,)


KIND = RuleKind(
    "exists", Exists, reads, query, oracle, start=lambda rule: rule.from_, evidence=evidence,
    counted=lambda rule: (Counted((("within", rule.within),), (DATES,)),) if rule.within is not None else (),
)  # fmt: skip
