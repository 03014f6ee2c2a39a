"""Steps that several kinds share."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks.vocabulary import Moment, Vocabulary

NOT_BEGUN = """when started_at is null and start_rejected then 'unknown: rejected value'
             when started_at is null then $not_begun"""
"""The arms of a verdict for a subject whose start isn't there; a start that couldn't be read is no reason to leave it out."""


def not_begun(start: "Moment", sql: "Vocabulary") -> "exp.Expression":
    """What a missing start means: a gap in the data where its column is required, else that the moment hasn't come."""
    return sql.literal("unknown: missing" if start.required else "not_applicable: not begun")


def not_before(later: "exp.Expression", earlier: "exp.Expression", coarse: bool, flags: "exp.Expression", sql: "Vocabulary") -> "exp.Expression":
    """Whether `later` isn't before `earlier`; by date where one of them is known to the day only (`flags`)."""
    if not coarse:
        return sql.expression("$later >= $earlier", later=later, earlier=earlier)
    return sql.expression(
        "case when $flags then cast($later as date) >= cast($earlier as date) else $later >= $earlier end",
        later=later, earlier=earlier, flags=flags,
    )  # fmt: skip


_ONCE = "select *, $contradictory as contradictory, $done as done_at from subject"
_AGAIN = """
    select s.*, false as contradictory, case when $after then s.first_at else again.done_at end as done_at
    from subject as s
    left join (
      select o.subject, min(o.at) as done_at
      from $later as o join subject as s on s.subject = o.subject
      where o.moment = $name and not $after and $reached
      group by o.subject) as again on again.subject = s.subject"""


def first_at_or_after(to: "Moment", start: "Moment", sql: "Vocabulary") -> "exp.Select":
    """The step after `subject` that adds `done_at`, the first `to` at or after `started_at`, and `contradictory`.

    `subject` has `started_at`, `start_coarse`, `first_at`, `done_coarse`. A column before its start contradicts it; an event before the
    start simply isn't the one that was asked for.
    """
    coarse = start.may_be_coarse or to.may_be_coarse
    if to.is_column or not to.repeated:
        flags = sql.expression("start_coarse or done_coarse")
        after = not_before(sql.column_of("first_at"), sql.column_of("started_at"), coarse, flags, sql)
        if to.is_column:
            return sql.fill(_ONCE, contradictory=sql.expression("coalesce(not $after, false)", after=after), done=sql.column_of("first_at"))
        return sql.fill(_ONCE, contradictory=sql.literal(False), done=sql.expression("case when $after then first_at end", after=after))
    flags = sql.expression("s.start_coarse or s.done_coarse")
    after = not_before(sql.column_of("first_at", "s"), sql.column_of("started_at", "s"), coarse, flags, sql)
    reached = not_before(sql.column_of("at", "o"), sql.column_of("started_at", "s"), coarse, sql.expression("s.start_coarse or o.coarse"), sql)
    return sql.fill(_AGAIN, after=after, reached=reached, later=sql.later, name=sql.literal(to.name))
