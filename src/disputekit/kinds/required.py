"""`required`: columns and moments that must all be there."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from disputekit.extension import Reads, RuleKind
from disputekit.kinds.common import start_arms, start_columns
from disputekit.kinds.limits import Limit, limit_by, limit_by_period
from disputekit.oracles.required import oracle
from disputekit.policies.model import Moment, PeriodText, Rule, read_period

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks import vocabulary as words


class Required(Rule):
    """A finding where one of `fields` isn't there.

    `fields` are columns of the subject or a parent (`contract.line`), which are there when they aren't empty, and moments, which are there
    when they have happened. With `when`, only once that happened. `by` is the limit: a period after `when` ("10 days", "$parameter") or a
    moment; what comes later is late, once nothing is missing any more. A column doesn't say since when it is filled, so it is never late. Without `by` everything must be
    there now.
    """

    kind: Literal["required"]
    fields: Annotated[tuple[Moment, ...], Field(min_length=1)]
    when: Moment | None = None
    by: PeriodText | Moment | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.by is not None and self.by[:1].isdigit():
            read_period(self.by)
        if self.by is not None and is_period(self.by) and self.when is None:
            raise ValueError("by is a period after `when`, so give `when`")
        if len(set(self.fields)) < len(self.fields):
            raise ValueError("fields names something twice")
        return self


def is_period(by: str) -> bool:
    return by.startswith("$") or by[:1].isdigit()


def reads(rule: Required) -> Reads:
    by = (rule.by,) if rule.by is not None and not is_period(rule.by) else ()
    return Reads(rule.subject, moments=(*([rule.when] if rule.when is not None else []), *by), either=rule.fields)


_VERDICT = """
    select subject, unit, handler, started_at, case when $late and not $missing then $last end as done_at, $wanting as observed, $expected as expected,
           case
             when concerned is null then 'unknown: condition'
             when started_at is null and start_rejected then 'unknown: rejected value'
             when $not_started then $not_begun
             when not $in_force then 'not_applicable: not in force'
             when start_rejected or $limit_rejected or field_rejected then 'unknown: rejected value'
             when $no_value then 'unknown: no value'
             when $late and $missing and $covered and $fresh then 'fail: missing'
             when $late then 'fail: late'
             when $in_time then 'pass'
             when not $missing then $doubt
             when $running then 'pending'
             when $undecided then $doubt
             when not $covered then 'unknown: not covered'
             when not $fresh then 'unknown: stale'
             else 'fail: missing'
           end as verdict
    from $limited"""


class _Wanted(NamedTuple):
    """A field in the query: what the first step holds of it, and what the verdict says of it."""

    name: str
    held: "dict[str, exp.Expression]"
    rejected: "exp.Expression"
    missing: "exp.Expression"
    in_time: "exp.Expression"
    late: "exp.Expression"
    covered: "exp.Expression"
    fresh: "exp.Expression"


def _wanted(rule: Required, limit: Limit, sql: "words.Vocabulary") -> "Iterator[_Wanted]":
    since = sql.expression(f"coalesce(begins_at, {'started_at' if rule.when is not None else 'limit_at' if 'limit_at' in limit.columns else 'null'})")
    for number, name in enumerate(rule.fields):
        at, coarse = sql.column_of(f"field_{number}"), sql.column_of(f"field_{number}_coarse")
        there, missing = sql.expression("$at is not null", at=at), sql.expression("$at is null", at=at)
        if not sql.is_moment(name):
            held = {f"field_{number}": sql.column(name)}
            # a parent's cell is empty where the parent's row is, or where the subject names no parent
            fresh = sql.both(limit.fresh(None, sql), limit.fresh(sql.table_of(name), sql))
            yield _Wanted(name, held, sql.column_rejected(name), missing, there, sql.literal(False), sql.literal(True), fresh)
            continue
        moment = sql.moment(name)
        held = {f"field_{number}": moment.at, f"field_{number}_coarse": moment.coarse}
        in_time = sql.both(there, limit.is_in_time(at, coarse, sql))
        late = sql.both(there, limit.is_late(at, coarse, sql))
        yield _Wanted(name, held, moment.rejected, missing, in_time, late, sql.covered(moment.sort, since), limit.fresh(moment.table, sql))


def query(rule: Required, sql: "words.Vocabulary") -> "exp.Select":
    start = sql.moment(rule.when) if rule.when is not None else None
    limit = limit_by_period(rule.by, sql) if rule.by is not None and is_period(rule.by) else limit_by(rule.by, sql)
    wanted = list(_wanted(rule, limit, sql))
    subject = sql.subjects(
        **start_columns(start, sql), **limit.columns, field_rejected=sql.either(*(w.rejected for w in wanted)),
        **{name: value for w in wanted for name, value in w.held.items()},
    )  # fmt: skip
    last = sql.fill(
        _VERDICT, limited=sql.step(limit.last_step), expected=sql.literal(", ".join(rule.fields)),
        wanting=sql.listed((w.name, sql.either(w.missing, w.late)) for w in wanted),
        late=sql.either(*(w.late for w in wanted)), last=_last(rule, sql), in_time=sql.both(*(w.in_time for w in wanted)), missing=sql.either(*(w.missing for w in wanted)),
        covered=sql.both(*(sql.either(_not(w.missing, sql), w.covered) for w in wanted)),
        fresh=sql.both(*(sql.either(_not(w.missing, sql), w.fresh) for w in wanted)), **limit.arms(sql), **start_arms(start, sql),
    )  # fmt: skip
    return sql.pipeline(limit.shown(last, sql), subject=subject, **limit.steps)


def _last(rule: Required, sql: "words.Vocabulary") -> "exp.Expression":
    """When the last of the moments came, once they are all there."""
    came = [sql.column_of(f"field_{number}") for number, name in enumerate(rule.fields) if sql.is_moment(name)]
    return sql.greatest(*came) if came else sql.expression("cast(null as timestamp)")


def _not(condition: "exp.Expression", sql: "words.Vocabulary") -> "exp.Expression":
    return sql.expression("not $c", c=condition)


def evidence(rule: Required) -> tuple[str, ...]:
    return rule.fields


KIND = RuleKind("required", Required, reads, query, oracle, start=lambda rule: rule.when, evidence=evidence)
