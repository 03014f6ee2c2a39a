"""`deadline`: something must follow within a period."""

from typing import TYPE_CHECKING

from disputekit.extension import Reads, Records, RuleKind
from disputekit.kinds.achieved import achieved
from disputekit.kinds.clock import clock_limit
from disputekit.kinds.common import start_arms
from disputekit.kinds.limits import count, limit_by_period
from disputekit.kinds.terms import SUM, Deadline
from disputekit.oracles.deadline import oracle
from disputekit.policies.model import DATES, AllOf, AnyOf, Counted, Reaching

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks.vocabulary import Vocabulary


def reads(rule: Deadline) -> Reads:
    plain = Reads(rule.subject, moments=(rule.from_,))
    match rule.to:
        case str():
            plain += Reads(rule.subject, moments=(rule.to,), repeated=(rule.to,))
        case AnyOf(any=names) | AllOf(all=names):
            plain += Reads(rule.subject, moments=names, repeated=names)
        case Reaching():
            table, _, kind = rule.to.sum.partition(".")
            wanted = Records(table, ("amount", "kind") if kind else ("amount",))
            money = Records(table, ("currency",), if_supplied=True)
            plain += Reads(rule.subject, columns=(rule.to.reaches,), records=(wanted, money), columns_if_supplied=("currency",))
    required = tuple(m for step in rule.steps for m in step.requires) + tuple(m for p in rule.pause for m in p.requires)
    agreed = rule.agreed
    items = [SUM.fullmatch(i) for i in rule.due_items]
    later = (*(m for p in rule.pause for m in (p.from_, p.to)), *rule.restart, *rule.stop, *([rule.refused] if rule.refused else []))
    return plain + Reads(
        rule.subject, columns=tuple(i for i, found in zip(rule.due_items, items, strict=True) if not found),
        columns_if_supplied=(agreed.column,) if agreed else (),
        moments=(*required, *(agreed.requires if agreed else ()), *(found[1] for found in items if found), *later), repeated=later,
        pauses=tuple((p.from_, p.to) for p in rule.pause),
    )  # fmt: skip


_DAYS_TAKEN = "date_diff('day', cast(started_at as date), coalesce(cast($done as date), $as_of))"
_HOURS_TAKEN = "date_diff('hour', date_trunc('hour', started_at), date_trunc('hour', coalesce($done, $as_of_end)))"
_VERDICT = """
    select subject, unit, handler, started_at, $done as done_at, $taken as observed, length as expected, $warned as warned,
           case
             when concerned is null then 'unknown: condition'
             when started_at is null and start_rejected then 'unknown: rejected value'
             when $not_started then $not_begun
             when not $in_force then 'not_applicable: not in force'
             when $contradictory then 'unknown: contradictory'
             when start_rejected or $rejected then 'unknown: rejected value'
             when $no_value then 'unknown: no value'
             when $missing then 'unknown: missing'
             when $stopped then 'not_applicable: stopped'
             when ($in_time or $paused and done_at is not null) and $refused then 'fail: refused'
             when $in_time then 'pass'
             when $paused and done_at is not null then 'pass'
             when $paused then 'pending: paused'
             when $late then $too_late
             when done_at is not null then $doubt
             when $running then 'pending'
             when $undecided then $doubt
             when $lapses then 'not_applicable: lapsed'
             when not $covered then 'unknown: not covered'
             when not $fresh then 'unknown: stale'
             else 'fail: open'
           end as verdict
    from due"""


def query(rule: Deadline, sql: "Vocabulary") -> "exp.Select":
    start = sql.moment(rule.from_)
    started, done_at, coarse = sql.column_of("started_at"), sql.column_of("done_at"), sql.column_of("done_coarse")
    done = achieved(rule, start, sql)
    limit = limit_by_period(rule.within, sql, "happened", roll=sql.rolls(rule.roll)) if rule.is_plain and rule.within else clock_limit(rule, sql)
    by_hour = rule.is_plain and rule.within is not None and sql.period(rule.within, started).unit == "hours"
    no = sql.literal(False)
    others = rule.bearer != "insurer"
    columns = {"started_at": start.at, "start_coarse": start.coarse, "start_rejected": start.rejected, **done.columns, **limit.columns}
    taken = sql.expression(_HOURS_TAKEN if by_hour else _DAYS_TAKEN, done=done.shown, as_of=sql.as_of, as_of_end=sql.as_of_end)
    refused, in_time = sql.expression("refused_at is not null") if others else no, limit.is_in_time(done_at, coarse, sql)
    verdict = sql.fill(
        _VERDICT, done=done.shown, taken=taken, warned=_warned(rule, by_hour, "strict" in limit.steps, sql),
        contradictory=sql.either(done.contradictory, *limit.contradictory), rejected=sql.either(done.rejected, *limit.rejected), missing=done.missing,
        stopped=limit.stopped if limit.stopped is not None else no, refused=refused,
        paused=sql.column_of("is_open") if limit.may_be_open else no, too_late=sql.literal("not_applicable: lapsed" if others else "fail: late"),
        lapses=sql.literal(others), in_time=in_time, late=limit.is_late(done_at, coarse, sql),
        covered=done.covered, fresh=sql.both(*(limit.fresh(table, sql) for table in done.tables)), **limit.arms(sql), **start_arms(start, sql),
    )  # fmt: skip
    verdict = limit.shown(verdict, sql)
    notes = (*limit.notes, *done.notes)
    if notes:
        # what was done in time is no finding, and text that nobody reads is dear
        kept = sql.expression("$in_time and not $refused", in_time=in_time, refused=refused)
        verdict = verdict.select(sql.expression("case when $kept then null else $noted end", kept=kept, noted=_noted(notes, sql)).as_("noted"))
    return sql.pipeline(verdict.select("due_at") if by_hour else verdict, subject=sql.subjects(**columns), **done.steps, **limit.steps)


def _noted(notes: "tuple[exp.Expression, ...]", sql: "Vocabulary") -> "exp.Expression":
    """The notes as one text; NULL where there are none, as for most rows."""
    silent = sql.both(*(sql.expression("$note is null", note=note) for note in notes))
    return (
        notes[0] if len(notes) == 1 else sql.expression("case when not $silent then $noted end", silent=silent, noted=sql.noted(notes[0], notes[1:]))
    )


def _warned(rule: Deadline, by_hour: bool, rolled: bool, sql: "Vocabulary") -> "exp.Expression":
    """Whether a running period is so near its end that it is shown: by the strict day, before any roll-over."""
    if rule.warn is None:
        return sql.literal(False)
    warn = sql.period(rule.warn, sql.column_of("started_at"))
    due = sql.column_of("due_at" if by_hour else "strict_on" if rolled else "due_on")
    if warn.unit == "hours":
        return sql.expression("$end >= cast($due as timestamp) - $n * interval 1 hour", end=sql.as_of_end, due=due, n=warn.count)
    if warn.unit in ("months", "years"):
        return sql.expression("$as_of >= cast(cast($due as date) - $n * interval 1 month as date)", as_of=sql.as_of, due=due, n=count(warn, sql))
    # a warning in working days is given at the latest that many calendar days before: it is a reminder, not a period of the law
    return sql.expression("$as_of >= cast($due as date) - $n", as_of=sql.as_of, due=due, n=count(warn, sql))


def counted(rule: Deadline) -> tuple[Counted, ...]:
    """What is added to a date can't be working days, and one clock counts either dates or working days; only a plain period may be hours."""
    sums = [(i, found[2]) for i in rule.due_items if (found := SUM.fullmatch(i))]
    if rule.is_plain or rule.due:
        return tuple(Counted(((f"due ({item})", period),), (DATES,)) for item, period in sums)
    fields = [("within", rule.within)] if rule.within else [(f"steps[{n}].within", step.within) for n, step in enumerate(rule.steps, 1)]
    return (Counted(tuple(fields), (DATES, ("working days",))),)


def evidence(rule: Deadline) -> tuple[str, ...]:
    match rule.to:
        case str():
            return (rule.to,)
        case AnyOf(any=names) | AllOf(all=names):
            return names
        case Reaching():
            return (rule.to.sum,)


KIND = RuleKind("deadline", Deadline, reads, query, oracle, start=lambda rule: rule.from_, counted=counted, evidence=evidence)
