"""`forbidden`: something must not happen in a window."""

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from disputekit.extension import Reads, RuleKind
from disputekit.kinds.common import OverTables, first_at_or_after, named, start_arms, start_columns
from disputekit.oracles.forbidden import oracle
from disputekit.policies.model import Moment, Rule

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks import vocabulary as words


class Forbidden(Rule):
    """A finding where something happened at or after `from` and before `until`.

    What: a moment (`activity`), or a sort of record by its main moment (`record`: "payments.benefit", or "payments" for any of them).
    Without `from` the window has no beginning; until `until` happens it is open, and a `pass` holds as of now. `until` is the first one at
    or after `from`; a column before `from` contradicts it. Either may be the organisation's (`organisation.dissolution_approved`), or the latest
    or earliest value of columns over whole tables; where all of these are empty, it hasn't happened.
    """

    kind: Literal["forbidden"]
    activity: Moment | None = None
    record: Moment | None = None
    from_: Moment | OverTables | None = Field(default=None, alias="from")
    until: Moment | OverTables | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if (self.activity is None) is (self.record is None):
            raise ValueError("give either activity or record")
        return self


def reads(rule: Forbidden) -> Reads:
    bounds = tuple(named(m) for m in (rule.from_, rule.until) if m is not None)
    what = tuple(w for w in (rule.activity, rule.record) if w is not None)
    until = (named(rule.until),) if rule.until is not None and rule.from_ is not None else ()
    moments = bounds if rule.activity is None else (rule.activity, *bounds)
    return Reads(rule.subject, moments=moments, repeated=(*what, *until), sorts=(rule.record,) if rule.record is not None else ())


# an occurrence known to the day only, on the day of a bound, may lie on either side of it
_SURELY_SINCE = """
    case when $coarse and not s.start_coarse then cast($hit as date) > cast(s.started_at as date)
         when s.start_coarse then cast($hit as date) >= cast(s.started_at as date) else $hit >= s.started_at end"""
_PERHAPS_SINCE = "case when $coarse or s.start_coarse then cast($hit as date) >= cast(s.started_at as date) else $hit >= s.started_at end"
_SURELY_UNTIL = """
    coalesce(case when $coarse or s.until_coarse then cast($hit as date) < cast(s.until_at as date) else $hit < s.until_at end, true)"""
_PERHAPS_UNTIL = """
    coalesce(case when $coarse or s.until_coarse then cast($hit as date) <= cast(s.until_at as date) else $hit < s.until_at end, true)"""
_FIRST = """
    select s.*, case when $surely then s.hit_at end as sure_at, case when $perhaps then s.hit_at end as perhaps_at from $source as s"""
_ALL = """
    select s.*, coalesce(case when $surely then s.hit_at end, l.sure_at) as sure_at,
           coalesce(case when $perhaps then s.hit_at end, l.perhaps_at) as perhaps_at
    from $source as s
    left join (
      select o.subject, min(case when $later_surely then o.at end) as sure_at, min(case when $later_perhaps then o.at end) as perhaps_at
      from $later as o join $source as s on s.subject = o.subject
      where o.moment = $name group by o.subject) as l on l.subject = s.subject"""
_FRESH = "case when until_at is null then $now else $then end"


_VERDICT = """
    select subject, unit, handler, started_at, coalesce(sure_at, perhaps_at) as done_at,
           case
             when concerned is null then 'unknown: condition'
             when started_at is null and start_rejected then 'unknown: rejected value'
             when $not_started then $not_begun
             when not $in_force then 'not_applicable: not in force'
             when $contradictory then 'unknown: contradictory'
             when start_rejected or hit_rejected or until_rejected then 'unknown: rejected value'
             when sure_at is not null then 'fail: happened'
             when perhaps_at is not null then 'unknown: too coarse'
             when not $covered then 'unknown: not covered'
             when not $fresh then 'unknown: stale'
             else 'pass'
           end as verdict
    from happened"""


def query(rule: Forbidden, sql: "words.Vocabulary") -> "exp.Select":
    hit = sql.record(rule.record) if rule.record is not None else sql.moment(rule.activity or "")
    start = sql.moment(named(rule.from_)) if rule.from_ is not None else None
    until = sql.moment(named(rule.until)) if rule.until is not None else None
    never, no = sql.expression("cast(null as timestamp)"), sql.literal(False)
    # of an end that must follow a start, the facts hold the first of all
    first = "_first" if start else ""
    steps = {"subject": sql.subjects(
        **start_columns(start, sql), hit_at=hit.at, hit_coarse=hit.coarse, hit_rejected=hit.rejected, until_rejected=until.rejected if until else no,
        **({f"until{first}_at": until.at, f"until{first}_coarse": until.coarse} if until else {"until_at": never, "until_coarse": no}),
    )}  # fmt: skip
    if start and until:
        steps["closed"] = first_at_or_after("until", until, start, sql)
    steps["happened"] = _happened(hit, sql.step("closed" if start and until else "subject"), start is not None, sql)
    before = sql.expression("until_first_at is not null and until_at is null") if start and until and until.is_column else no
    now, closed = sql.fresh_now(hit.table), sql.fresh(hit.table, sql.expression("cast(until_at as date) - 1"))
    last = sql.fill(
        _VERDICT, contradictory=before, covered=sql.covered(hit.sort, sql.column_of("started_at")),
        fresh=now if hit.is_column else sql.expression(_FRESH, now=now, then=closed), **start_arms(start, sql),
    )  # fmt: skip
    return sql.pipeline(last, **steps)


def _happened(hit: "words.Moment", source: "exp.Expression", since: bool, sql: "words.Vocabulary") -> "exp.Select":
    """The step that adds the first occurrence that lies in the window for sure, and the first that perhaps does."""

    def inside(at: "exp.Expression", coarse: "exp.Expression", *bounds: str) -> "exp.Expression":
        there = sql.expression("$hit is not null", hit=at)
        return sql.both(there, *(sql.expression(b, hit=at, coarse=coarse) for b in (bounds if since else bounds[1:])))

    first = (sql.column_of("hit_at", "s"), sql.column_of("hit_coarse", "s"))
    later = (sql.column_of("at", "o"), sql.column_of("coarse", "o"))
    return sql.fill(
        _ALL if hit.repeated else _FIRST, source=source, later=sql.later, name=sql.literal(hit.name),
        surely=inside(*first, _SURELY_SINCE, _SURELY_UNTIL), perhaps=inside(*first, _PERHAPS_SINCE, _PERHAPS_UNTIL),
        later_surely=inside(*later, _SURELY_SINCE, _SURELY_UNTIL), later_perhaps=inside(*later, _PERHAPS_SINCE, _PERHAPS_UNTIL),
    )  # fmt: skip


KIND = RuleKind("forbidden", Forbidden, reads, query, oracle, start=lambda rule: rule.from_ if isinstance(rule.from_, str) else None)
