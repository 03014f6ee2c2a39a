"""`forbidden`: something must not happen in a window."""

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from disputekit.extension import Reads, RuleKind
from disputekit.kinds.common import first_at_or_after, start_arms, start_columns
from disputekit.oracles.forbidden import oracle
from disputekit.policies.model import Moment, Rule

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks import vocabulary as words


class Forbidden(Rule):
    """A finding where something happened at or after `from` and before `until`.

    What: a moment (`activity`), or a sort of record by its main moment (`record`: "payments.benefit", or "payments" for any of them).
    Without `from` the window has no beginning; until `until` happens it is open, and a `pass` holds as of now. `until` is the first one at
    or after `from`.
    """

    kind: Literal["forbidden"]
    activity: Moment | None = None
    record: Moment | None = None
    from_: Moment | None = Field(default=None, alias="from")
    until: Moment | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if (self.activity is None) is (self.record is None):
            raise ValueError("give either activity or record")
        return self


def reads(rule: Forbidden) -> Reads:
    bounds = tuple(m for m in (rule.from_, rule.until) if m is not None)
    what = tuple(w for w in (rule.activity, rule.record) if w is not None)
    repeated = (*what, *([rule.until] if rule.until is not None else [])) if rule.from_ is not None else ()
    moments = bounds if rule.activity is None else (rule.activity, *bounds)
    return Reads(rule.subject, moments=moments, repeated=repeated, sorts=(rule.record,) if rule.record is not None else ())


# known to the day only, on the day of a bound: it may lie on either side
_ON_FROM = "coalesce(hit_coarse and not start_coarse and cast(hit_at as date) = cast(started_at as date), false)"
_ON_UNTIL = "coalesce((hit_coarse or until_coarse) and cast(hit_at as date) = cast(until_at as date), false)"
_BEFORE_UNTIL = """
    hit_at is not null
    and coalesce(case when hit_coarse or until_coarse then cast(hit_at as date) < cast(until_at as date) else hit_at < until_at end, true)"""
_FRESH = "case when until_at is null then $now else $then end"


_VERDICT = """
    select subject, unit, handler, started_at, hit_at as done_at,
           case
             when concerned is null then 'unknown: condition'
             when started_at is null and start_rejected then 'unknown: rejected value'
             when $not_started then $not_begun
             when not $in_force then 'not_applicable: not in force'
             when start_rejected or hit_rejected or until_rejected then 'unknown: rejected value'
             when $doubt then 'unknown: too coarse'
             when $before_until then 'fail: happened'
             when not $covered then 'unknown: not covered'
             when not $fresh then 'unknown: stale'
             else 'pass'
           end as verdict
    from $happened"""


def query(rule: Forbidden, sql: "words.Vocabulary") -> "exp.Select":
    hit = sql.record(rule.record) if rule.record is not None else sql.moment(rule.activity or "")
    start = sql.moment(rule.from_) if rule.from_ is not None else None
    until = sql.moment(rule.until) if rule.until is not None else None
    never, no = sql.expression("cast(null as timestamp)"), sql.literal(False)
    # of what must follow a start, the facts hold the first of all
    first = "_first" if start else ""
    steps = {"subject": sql.subjects(
        **start_columns(start, sql), hit_rejected=hit.rejected, until_rejected=until.rejected if until else no,
        **{f"hit{first}_at": hit.at, f"hit{first}_coarse": hit.coarse},
        **({f"until{first}_at": until.at, f"until{first}_coarse": until.coarse} if until else {"until_at": never, "until_coarse": no}),
    )}  # fmt: skip
    if start:
        steps["followed"] = first_at_or_after("hit", hit, start, sql)
    if start and until:
        steps["closed"] = first_at_or_after("until", until, start, sql, "followed")
    now, closed = sql.fresh_now(hit.table), sql.fresh(hit.table, sql.expression("cast(until_at as date) - 1"))
    on_until, on_from = sql.expression(_ON_UNTIL), sql.expression(_ON_FROM)
    last = sql.fill(
        _VERDICT, happened=sql.step(list(steps)[-1]), doubt=sql.either(on_until, on_from) if start else on_until,
        before_until=sql.expression(_BEFORE_UNTIL), covered=sql.covered(hit.sort, sql.column_of("started_at")),
        fresh=now if hit.is_column else sql.expression(_FRESH, now=now, then=closed), **start_arms(start, sql),
    )  # fmt: skip
    return sql.pipeline(last, **steps)


KIND = RuleKind("forbidden", Forbidden, reads, query, oracle)
