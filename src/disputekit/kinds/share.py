"""`share`: what part of a population, or of each of its groups in each period, must or must not meet a condition."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from disputekit.extension import Reads, RuleKind
from disputekit.kinds.common import Quantity, bounds
from disputekit.kinds.limits import period_steps
from disputekit.oracles.share import oracle
from disputekit.policies.model import DATES, Counted, Moment, PeriodText, Rule

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks import vocabulary as words

Name = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Share(Rule):
    """A finding for each group and period in which the share of subjects that count is below `min` or above `max` (both from 0 to 1; a parameter of
    more than 1 is no share, and leaves everything `unknown`: 5 where 0.05 is meant would let everything pass).

    A subject counts where the condition `holds`, or where the moment `of` has come by the end of the period. `per`: a column by whose values
    the subjects are put into groups. `period`: of the calendar, into which a subject falls by the day of `from`; with `due`, its share is
    measured so long after the period's end. Until then it is `pending`. Without a period everything up to as-of is measured.

    A subject of which it can't be told whether it counts, or whether it belongs to the population, may count or not: only what holds either
    way is said. A group of fewer than `smallest` is `unknown`. `confidence`: the subjects are a sample, drawn at random, of what is to be
    judged; then a group passes or fails only where the exact binomial test says so at that confidence, with an error of at most
    1 - `confidence` either way (the one-sided bounds of Clopper and Pearson, Biometrika 26, 1934), and is `unknown` in between.

    The finding's subject is the group (`*` where there are none), its occurrence the first day of the period (`all` without one). The tally
    counts the subjects. Who has no value in `per`, or no day of `from` where there must be one, is in no group and is `unknown` by itself.
    """

    kind: Literal["share"]
    holds: Name | None = None
    of: Moment | None = None
    per: Name | None = None
    period: Literal["month", "quarter", "half-year", "year"] | None = None
    from_: Moment | None = Field(default=None, alias="from")
    due: PeriodText | None = None
    min: Quantity | None = None
    max: Quantity | None = None
    smallest: Annotated[int, Field(ge=1)] = 1
    confidence: Annotated[Decimal, Field(ge=Decimal("0.5"), lt=1)] | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if (self.holds is None) is (self.of is None):
            raise ValueError("give either holds or of")
        if (self.period is None) is not (self.from_ is None):
            raise ValueError("period and from go together")
        if self.due is not None and self.period is None:
            raise ValueError("due goes with period: how long after its end")
        if self.min is None and self.max is None:
            raise ValueError("give min, max, or both")
        numbers = [b for b in (self.min, self.max) if isinstance(b, Decimal)]
        if any(b > 1 for b in numbers):
            raise ValueError("min and max are shares, from 0 to 1")
        if len(numbers) == 2 and numbers[0] > numbers[1]:
            raise ValueError(f"min {self.min} is above max {self.max}")
        return self

    @property
    def whole(self) -> bool:
        """Whether all subjects are judged together, so that every one of them matters to every other."""
        return self.per is None


def reads(rule: Share) -> Reads:
    """What `holds` reads is added where conditions are read, as it is for `where`."""
    moments = tuple(n for n in (rule.of, rule.from_) if n is not None)
    return Reads(rule.subject, columns=(rule.per,) if rule.per is not None else (), moments=moments)


_FIRST_DAYS = {
    "month": "cast(date_trunc('month', $day) as date)", "quarter": "cast(date_trunc('quarter', $day) as date)",
    "half-year": "cast(cast(date_trunc('year', $day) as date) + (case when month($day) > 6 then 6 else 0 end) * interval 1 month as date)",
    "year": "cast(date_trunc('year', $day) as date)",
}  # fmt: skip
_MONTHS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}

_PLACED = """
    select *, case when $grouped and grp is null then case when group_rejected then 'unknown: rejected value' else 'unknown: missing' end
                   when $timed and from_at is null then case when from_rejected then 'unknown: rejected value' else $not_begun end end as astray,
           $first_on as first_on
    from subject"""
_PERIOD = (
    "select distinct first_on, cast(cast(first_on as date) + $months * interval 1 month as date) - 1 as last_on from placed where astray is null"
)
_STARTED = "select first_on, last_on, cast(last_on as timestamp) as started_at, false as start_coarse from period"
_NOT_DUE = "select *, last_on as due_on, 0 as n from started"
_COUNTED = """
    select p.*, d.due_on, d.last_on, d.n as due_n, $state as state,
           row_number() over (partition by p.grp, p.first_on order by p.subject) as i
    from placed as p join due as d on d.first_on is not distinct from p.first_on where p.astray is null"""
_GROUP = """
    select grp, first_on, min(due_on) as due_on, min(last_on) as last_on, min(due_n) as due_n, count(*) as size,
           sum(case when concerned then 1 else 0 end) as sure_size,
           sum(case when concerned and state = 'yes' then 1 else 0 end) as fewest,
           sum(case when concerned is null or state <> 'no' then 1 else 0 end) as most,
           max(case when state = 'rejected' then 1 else 0 end) = 1 as some_rejected,
           max(case when state = 'unseen' then 1 else 0 end) = 1 as some_unseen,
           case when min(unit) = max(unit) then min(unit) end as unit
    from member group by grp, first_on"""
_BOUNDED = "select *, $least as least, $most_allowed as most_allowed from grouped"
_EXACTLY = """
    select *, fewest >= least * size as is_enough, most < least * size as is_too_few,
           most <= most_allowed * size as is_not_too_many, fewest > most_allowed * size as is_too_many
    from bounded"""
# the logarithms of factorials, by which binomial probabilities of any size can be told
_NUMBER = "select i, sum(ln(i)) over (order by i) as ln_factorial from (select row_number() over (order by subject) as i from subject) as numbered"
_TERM = """
    select c.grp, c.first_on, c.i, b.size, b.fewest, b.most, b.least, b.most_allowed, w.ln_factorial - a.ln_factorial - z.ln_factorial as ln_ways
    from (select grp, first_on, i from member union all select grp, first_on, 0 as i from bounded) as c
    join bounded as b on b.grp is not distinct from c.grp and b.first_on is not distinct from c.first_on
    join factorial as w on w.i = b.size join factorial as a on a.i = c.i join factorial as z on z.i = b.size - c.i"""
_CHANCE = "case when $p <= 0 then case when i = 0 then 1.0 else 0.0 end when $p >= 1 then case when i = size then 1.0 else 0.0 end " \
          "else exp(ln_ways + i * ln($p) + (size - i) * ln(1 - $p)) end"  # fmt: skip
_TAIL = """
    select grp, first_on, sum(case when i >= fewest then $at_least end) as over_least, sum(case when i <= most then $at_least end) as under_least,
           sum(case when i >= fewest then $at_most end) as over_most, sum(case when i <= most then $at_most end) as under_most
    from term group by grp, first_on"""
# the chances are sums of fractions in binary, and a chance that is just the error allowed mustn't be told by its last digit
_SURELY = """
    select b.*, t.over_least <= $error as is_enough, t.under_least <= $error as is_too_few,
           t.under_most <= $error as is_not_too_many, t.over_most <= $error as is_too_many
    from bounded as b join tail as t on t.grp is not distinct from b.grp and t.first_on is not distinct from b.first_on"""
_VERDICT = """
    select *, case
             when not $in_force then 'not_applicable: not in force'
             when due_n is null or $no_value then 'unknown: no value'
             when $timed and $as_of <= due_on then 'pending'
             when not $fresh then 'unknown: stale'
             when sure_size < $smallest then 'unknown: small sample'
             when $bounded_below and is_too_few then 'fail: too few'
             when $bounded_above and is_too_many then 'fail: too many'
             when (not $bounded_below or is_enough) and (not $bounded_above or is_not_too_many) then 'pass'
             when some_rejected then 'unknown: rejected value'
             when some_unseen then 'unknown: not covered'
             when most > fewest then 'unknown: missing'
             else 'unknown: inconclusive'
           end as verdict
    from judged"""
_OCCURRENCE = "case when $timed then cast(first_on as varchar) else 'all' end"
_GROUPS = """
    select coalesce(cast(grp as varchar), '*') as subject, unit, cast(null as varchar) as handler, $occurrence as occurrence,
           cast(first_on as timestamp) as started_at, due_on, cast(fewest as varchar)
           || case when most > fewest then '..' || cast(most as varchar) else '' end || '/' || cast(size as varchar) as observed,
           $bounds as expected, 0 as subjects, cast(null as varchar) as counted_in, verdict
    from decided"""
_MEMBERS = """
    select c.subject, c.unit, c.handler, $occurrence as occurrence, cast(c.first_on as timestamp) as started_at, c.due_on, cast(null as varchar) as observed,
           cast(null as varchar) as expected, 1 as subjects, coalesce(cast(c.grp as varchar), '*') as counted_in, d.verdict
    from member as c join decided as d on d.grp is not distinct from c.grp and d.first_on is not distinct from c.first_on"""
_ASTRAY = """
    select subject, unit, handler, cast(null as varchar) as occurrence, from_at as started_at, cast(null as date) as due_on,
           cast(null as varchar) as observed, cast(null as varchar) as expected, 1 as subjects, cast(null as varchar) as counted_in,
           case when concerned is null then 'unknown: condition' else astray end as verdict
    from placed where astray is not null"""
_FOUND = "select subject, unit, handler, occurrence, started_at, due_on, observed, expected, subjects, counted_in, verdict from found"


def query(rule: Share, sql: "words.Vocabulary") -> "exp.Select":
    no, never = sql.literal(False), sql.expression("cast(null as timestamp)")
    start = sql.moment(rule.from_) if rule.from_ is not None else None
    timed, per = sql.literal(start is not None), rule.per
    first = (
        sql.expression(_FIRST_DAYS[rule.period], day=sql.expression("cast(from_at as date)")) if rule.period else sql.expression("cast(null as date)")
    )
    columns = {"from_at": start.at if start else never, "from_rejected": start.rejected if start else no, "begins_at": sql.begins()}
    columns |= {"grp": sql.column(per) if per is not None else sql.expression("cast(null as varchar)")}
    columns |= {"group_rejected": sql.column_rejected(per) if per is not None else no}
    tables: list[str | None] = [None]
    if rule.of is not None:
        of = sql.moment(rule.of)
        columns |= {"of_at": of.at, "of_rejected": of.rejected, "covered": sql.covered(of.sort, start.at if start else sql.begins())}
        tables += [of.table] if of.table is not None else []
        state = """case when p.of_at is not null and cast(p.of_at as date) <= coalesce(d.due_on, $as_of) then 'yes' when p.of_rejected then 'rejected'
                        when p.of_at is not null or p.covered then 'no' else 'unseen' end"""
    else:
        assert rule.holds is not None
        columns |= {"holds": sql.condition(rule.holds), "unread": sql.rejected_in(rule.holds)}
        state = "case when p.holds then 'yes' when not p.holds then 'no' when p.unread then 'rejected' else 'missing' end"
    steps = {"subject": sql.subjects(**columns)}
    not_begun = sql.literal("unknown: missing" if start and start.required else "not_applicable: not begun")
    steps["placed"] = sql.fill(_PLACED, grouped=sql.literal(per is not None), timed=timed, not_begun=not_begun, first_on=first)
    steps["period"] = sql.fill(_PERIOD, months=sql.literal(_MONTHS[rule.period] if rule.period else 0))
    steps["started"] = sql.fill(_STARTED)
    if rule.due is not None:
        steps |= period_steps(sql.period(rule.due, sql.column_of("started_at")), "started", sql)
    else:
        steps["due"] = sql.fill(_NOT_DUE)
    steps["member"] = sql.fill(_COUNTED, state=sql.expression(state, as_of=sql.as_of) if rule.of is not None else sql.expression(state))
    steps["grouped"] = sql.fill(_GROUP)
    basis = sql.expression("coalesce(last_on, $as_of)", as_of=sql.as_of)
    least, most = (
        sql.expression("case when $share <= 1 then $share end", share=sql.number(b, basis))
        if b is not None
        else sql.expression("cast(null as integer)")
        for b in (rule.min, rule.max)
    )
    steps["bounded"] = sql.fill(_BOUNDED, least=least, most_allowed=most)
    if rule.confidence is None:
        steps["judged"] = sql.fill(_EXACTLY)
    else:
        steps |= _tested(rule.confidence, sql)
    given = [name for name, bound in (("least", rule.min), ("most_allowed", rule.max)) if bound is not None]
    fresh = [sql.fresh(t, sql.column_of("due_on")) if start else sql.fresh_now(t) for t in tables]
    steps["decided"] = sql.fill(
        _VERDICT, in_force=sql.in_force(basis), timed=timed, as_of=sql.as_of, fresh=sql.both(*fresh), smallest=sql.literal(rule.smallest),
        no_value=sql.either(*(sql.expression("$n is null", n=sql.column_of(n)) for n in given)),
        bounded_below=sql.literal(rule.min is not None), bounded_above=sql.literal(rule.max is not None),
    )  # fmt: skip
    occurrence = sql.expression(_OCCURRENCE, timed=timed)
    in_group = sql.expression(_OCCURRENCE.replace("first_on", "c.first_on"), timed=timed)
    steps["found"] = sql.together(
        sql.fill(_GROUPS, occurrence=occurrence, bounds=sql.expression(bounds("least", "most_allowed"))),
        sql.fill(_MEMBERS, occurrence=in_group), sql.fill(_ASTRAY),
    )  # fmt: skip
    return sql.pipeline(sql.fill(_FOUND), **steps)


def _tested(confidence: Decimal, sql: "words.Vocabulary") -> "dict[str, exp.Select]":
    """The steps from `bounded` to `judged` where the subjects are a sample: the exact one-sided binomial tests against both bounds."""
    chance = {n: sql.expression(_CHANCE, p=sql.expression(f"cast({n} as double)")) for n in ("least", "most_allowed")}
    error = sql.expression("$error * (1 + 1e-9)", error=sql.literal(1 - confidence))
    return {
        "number": sql.fill(_NUMBER), "factorial": sql.together(sql.fill("select i, ln_factorial from number"), sql.fill("select 0 as i, 0.0 as ln_factorial")),
        "term": sql.fill(_TERM), "tail": sql.fill(_TAIL, at_least=chance["least"], at_most=chance["most_allowed"]),
        "judged": sql.fill(_SURELY, error=error),
    }  # fmt: skip


def evidence(rule: Share) -> tuple[str, ...]:
    return (rule.of,) if rule.of is not None else ()


KIND = RuleKind(
    "share", Share, reads, query, oracle, evidence=evidence,
    counted=lambda rule: (Counted((("due", rule.due),), (DATES,)),) if rule.due is not None else (),
)  # fmt: skip
