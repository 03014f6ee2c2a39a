"""`sequence`: one thing must come before another."""

from typing import TYPE_CHECKING, Literal

from disputekit.extension import Reads, RuleKind
from disputekit.kinds.common import start_arms
from disputekit.oracles.sequence import oracle
from disputekit.policies.model import AnyOf, Moment, Rule

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks.vocabulary import Moment as Of
    from disputekit.checks.vocabulary import Vocabulary


class Sequence(Rule):
    """A finding where `then` happened without `first`, or before it.

    `first` may name several moments of which any will do. Two moments known to the day only, on the same day, are in order unless
    `same_day` is refused; refused, `first` must be on an earlier date.
    """

    kind: Literal["sequence"]
    first: Moment | AnyOf
    then: Moment
    same_day: Literal["allowed", "refused"] = "allowed"


def firsts(rule: Sequence) -> tuple[str, ...]:
    return rule.first.any if isinstance(rule.first, AnyOf) else (rule.first,)


def reads(rule: Sequence) -> Reads:
    return Reads(rule.subject, moments=(*firsts(rule), rule.then))


_VERDICT = """
    select subject, unit, handler, first_at as started_at, started_at as done_at,
           case
             when concerned is null then 'unknown: condition'
             when started_at is null and start_rejected then 'unknown: rejected value'
             when $not_started then $not_begun
             when not $in_force then 'not_applicable: not in force'
             when start_rejected or first_rejected then 'unknown: rejected value'
             when first_at is null and $required then 'unknown: missing'
             when first_at is null and not $covered then 'unknown: not covered'
             when first_at is null and not $fresh then 'unknown: stale'
             when first_at is null then 'fail: missing'
             when $ordered then 'pass'
             else 'fail: order'
           end as verdict
    from subject"""


def query(rule: Sequence, sql: "Vocabulary") -> "exp.Select":
    then = sql.moment(rule.then)
    first = [sql.moment(name) for name in firsts(rule)]
    since = sql.expression("coalesce(begins_at, started_at)")
    by_date = rule.same_day == "refused" or then.may_be_coarse or any(m.may_be_coarse for m in first)
    ordered = "first_at <= started_at"
    if by_date:
        ordered = "case when first_coarse or start_coarse then cast(first_at as date) <= cast(started_at as date) else first_at <= started_at end"
    if rule.same_day == "refused":
        ordered = "cast(first_at as date) < cast(started_at as date)"
    subject = sql.subjects(
        started_at=then.at, start_coarse=then.coarse, start_rejected=then.rejected, begins_at=sql.begins(),
        first_at=first[0].at if len(first) == 1 else sql.least(*(m.at for m in first)),
        # of several, only the one that is the earliest says how well it is known
        first_coarse=first[0].coarse if len(first) == 1 else sql.either(*(_is_earliest(m, first, sql) for m in first if m.may_be_coarse)),
        first_rejected=sql.either(*(m.rejected for m in first)),
    )  # fmt: skip
    last = sql.fill(
        _VERDICT, required=sql.literal(any(m.required for m in first)),
        covered=sql.both(*(sql.covered(m.sort, since) for m in first)), ordered=sql.expression(ordered),
        fresh=sql.both(*(sql.fresh(m.table, sql.expression("cast(started_at as date) - 1")) for m in first)), **start_arms(then, sql),
    )  # fmt: skip
    return sql.pipeline(last, subject=subject)


def _is_earliest(moment: "Of", of: "list[Of]", sql: "Vocabulary") -> "exp.Expression":
    return sql.expression("$coarse and $at = $least", coarse=moment.coarse, at=moment.at, least=sql.least(*(m.at for m in of)))


def evidence(rule: Sequence) -> tuple[str, ...]:
    return firsts(rule)


KIND = RuleKind("sequence", Sequence, reads, query, oracle, start=lambda rule: rule.then, evidence=evidence)
