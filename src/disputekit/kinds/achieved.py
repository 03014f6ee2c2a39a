"""What a deadline waits for: one moment, the first or the last of several, or payments that reach an amount."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from disputekit.kinds.common import first_at_or_after
from disputekit.kinds.terms import Deadline
from disputekit.policies.model import AllOf, AnyOf, Reaching

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks.vocabulary import Moment, Vocabulary


@dataclass(frozen=True)
class Achieved:
    """The steps up to `happened`, which has `done_at` and `done_coarse`, and what else there is to say of what was waited for.

    columns: what the first step must hold. shown: the moment to show. contradictory, rejected, missing: why it can't be decided.
    covered: whether its absence since the start means something. tables: whose extracts that depends on.
    """

    columns: "Mapping[str, exp.Expression]"
    steps: "Mapping[str, exp.Select]"
    shown: "exp.Expression"
    contradictory: "exp.Expression"
    rejected: "exp.Expression"
    missing: "exp.Expression"
    covered: "exp.Expression"
    tables: tuple[str | None, ...]
    notes: "tuple[exp.Expression, ...]" = field(default=())


def achieved(rule: Deadline, start: "Moment", sql: "Vocabulary") -> Achieved:
    """What a deadline waits for, and for somebody else's time limit also `refused_at`: the first refusal at or after it."""
    match rule.to:
        case Reaching():
            found = _paid(rule.to, sql)
        case AnyOf(any=names):
            found = _several(names, start, sql, "least")
        case AllOf(all=names):
            found = _several(names, start, sql, "greatest")
        case str():
            found = _one(rule.to, start, sql)
    if rule.refused is None:
        return found
    refused = sql.moment(rule.refused)
    steps = {("done" if n == "happened" else n): s for n, s in found.steps.items()}
    steps["happened"] = first_at_or_after("refused", refused, None, sql, "done", since=("done_at", "done_coarse"))
    columns = {**found.columns, "refused_first_at": refused.at, "refused_first_coarse": refused.coarse, "refused_rejected": refused.rejected}
    return Achieved(MappingProxyType(columns), MappingProxyType(steps), found.shown, found.contradictory,
                    sql.either(found.rejected, sql.column_of("refused_rejected")), found.missing, found.covered, found.tables, found.notes)  # fmt: skip


def _one(name: str, start: "Moment", sql: "Vocabulary") -> Achieved:
    to = sql.moment(name)
    columns = {"done_first_at": to.at, "done_first_coarse": to.coarse, "done_rejected": to.rejected}
    # an event before the start simply isn't the one that was asked for, but a column before it contradicts it, and is shown
    contradictory = sql.expression("done_first_at is not null and done_at is null") if to.is_column else sql.literal(False)
    return Achieved(columns, {"happened": first_at_or_after("done", to, start, sql)}, sql.column_of("done_first_at" if to.is_column else "done_at"),
                    contradictory, sql.column_of("done_rejected"), sql.literal(False), sql.covered(to.sort, sql.column_of("started_at")), (to.table,))  # fmt: skip


def _several(names: tuple[str, ...], start: "Moment", sql: "Vocabulary", which: str) -> Achieved:
    """The first (`least`) or the last (`greatest`, once all are there) of several moments."""
    moments = [sql.moment(n) for n in names]
    columns: dict[str, exp.Expression] = {"done_rejected": sql.either(*(m.rejected for m in moments))}
    steps: dict[str, exp.Select] = {}
    source = "subject"
    for i, m in enumerate(moments):
        columns |= {f"to{i}_first_at": m.at, f"to{i}_first_coarse": m.coarse}
        steps[f"to{i}"] = first_at_or_after(f"to{i}", m, start, sql, source)
        source = f"to{i}"
    ats = [sql.column_of(f"to{i}_at") for i in range(len(moments))]
    if which == "least":
        done = sql.least(*ats)
    else:
        there = sql.both(*(sql.expression("$at is not null", at=at) for at in ats))
        done = sql.expression("case when $there then $last end", there=there, last=sql.greatest(*ats))
    # nobody knows the clock time of a day on which one of them is known to the day only
    flags = sql.either(
        *(
            sql.expression("cast($at as date) = cast($done as date) and $flag", at=at, done=done, flag=sql.column_of(f"to{i}_coarse"))
            for i, at in enumerate(ats)
        )
    )
    steps["happened"] = sql.fill(
        "select *, case when $flags then cast(cast($done as date) as timestamp) else $done end as done_at, coalesce($flags, false) as done_coarse "
        "from $source", done=done, flags=flags, source=sql.step(source),
    )  # fmt: skip
    before = [
        sql.expression("$first is not null and $at is null", first=sql.column_of(f"to{i}_first_at"), at=ats[i])
        for i, m in enumerate(moments)
        if m.is_column
    ]
    return Achieved(columns, steps, sql.column_of("done_at"), sql.either(*before), sql.column_of("done_rejected"), sql.literal(False),
                    sql.both(*(sql.covered(m.sort, sql.column_of("started_at")) for m in moments)), tuple(dict.fromkeys(m.table for m in moments)))  # fmt: skip


# payments at the same moment count together: which came first is nobody's fault
_PAID = """
    select s.*, case when p.done_coarse then cast(cast(p.done_at as date) as timestamp) else p.done_at end as done_at,
           coalesce(p.done_coarse, false) as done_coarse, coalesce(p.unread, false) as unread, coalesce(p.unknown, false) as unknown,
           coalesce(p.foreign_money, false) as foreign_money, p.total
    from subject as s left join (
      select subject, max(done_at) as done_at, max(case when coarse and cast(at as date) = cast(done_at as date) then 1 else 0 end) = 1 as done_coarse,
             max(case when unread then 1 else 0 end) = 1 as unread,
             max(case when unknown then 1 else 0 end) = 1 as unknown, max(case when foreign_money then 1 else 0 end) = 1 as foreign_money,
             cast(sum(amount) as decimal(38, 2)) as total
      from (select *, min(case when running >= target then at end) over (partition by subject) as done_at from (
        select s.subject, s.target, r.amount, $at as at, $coarse as coarse, $unread as unread, (r.amount is null or $at is null) and not $unread as unknown,
               $foreign as foreign_money, sum(r.amount) over (partition by s.subject order by $at) as running
        from subject as s join $records as r on r.subject_id = s.subject
        where $at is null or case when s.start_coarse or $coarse then cast($at as date) >= cast(s.started_at as date) else $at >= s.started_at end) as payment) as each
      group by subject) as p on p.subject = s.subject"""


def _paid(rule: Reaching, sql: "Vocabulary") -> Achieved:
    table, _, kind = rule.sum.partition(".")
    moment = sql.main_moment(table)
    foreign = sql.literal(False)
    columns = {"target": sql.column(rule.reaches), "target_rejected": sql.column_rejected(rule.reaches)}
    if sql.has(table, "currency") and sql.has_column("currency"):
        columns["money"] = sql.column("currency")
        foreign = sql.expression("coalesce(r.currency <> s.money, false)")
    step = sql.fill(
        _PAID, records=sql.records(table, (kind,) if kind else ()).subquery(), at=sql.expression("cast($m as timestamp)", m=sql.column_of(moment, "r")),
        coarse=sql.coarse_record(table, moment, "r"), unread=sql.either(sql.bad_record(table, moment, "r"), sql.bad_record(table, "amount", "r")),
        foreign=foreign,
    )  # fmt: skip
    so_far = sql.expression(
        "case when done_at is null and total is not null then 'paid ' || cast(total as varchar) || ' of ' || cast(target as varchar) end"
    )
    return Achieved(
        columns, {"happened": step}, sql.column_of("done_at"), sql.column_of("foreign_money"), sql.expression("target_rejected or unread"),
        sql.expression("target is null or unknown"), sql.covered((table, kind if kind else None), sql.column_of("started_at")), (table,), (so_far,),
    )  # fmt: skip
