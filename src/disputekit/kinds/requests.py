"""What excuses a missing document: that everything missing was asked for at once and in time (`documents` with `or_requested`)."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp

    from disputekit.checks import vocabulary as words
    from disputekit.kinds.limits import Limit

_ASKED = """
    select subject_id, kind as sort, asked_at, $coarse as asked_coarse, $rejected as rejected from request"""
_AT_ONCE = """
    select s.subject, max(case when q.rejected then 1 else 0 end) as rejected
    from $limited as s join asked as q on q.subject_id = s.subject
    group by s.subject, cast(q.asked_at as date)"""
_EXCUSE = """
    select a.subject, max(a.rejected) = 1 as rejected, max(case when $surely then 1 else 0 end) = 1 as surely,
           max(case when $perhaps then 1 else 0 end) = 1 as perhaps
    from at_once as a left join stood as w on w.subject = a.subject
    group by a.subject"""
_STANDING = """
    case when $filed then $standing
         when excuse.surely then 6
         when excuse.perhaps and coalesce($standing, 2) = 2 then 4
         else $standing end"""


def steps(kinds: tuple[str, ...], limit: "Limit", limited: "exp.Expression", sql: "words.Vocabulary") -> "dict[str, exp.Select]":
    """The steps up to `excuse`: whether one date's requests `surely` or `perhaps` asked for all that was missing, after the step `stood`.

    A request at an unknown time, and one that may or may not be in time, is a perhaps.
    """
    asked_at, coarse = sql.column_of("asked_at", "q"), sql.column_of("asked_coarse", "q")
    at_once = sql.fill(_AT_ONCE, limited=limited)
    surely, perhaps = [], []
    for number, kind in enumerate(kinds):
        fills = {
            "kind": sql.literal(kind), "asked_at": asked_at,
            "in_time": limit.is_in_time(asked_at, coarse, sql), "late": limit.is_late(asked_at, coarse, sql),
        }  # fmt: skip
        sure = sql.expression("max(case when q.sort = $kind and $asked_at is not null and $in_time then 1 else 0 end)", **fills)
        maybe = sql.expression("max(case when q.sort = $kind and not coalesce($late, false) then 1 else 0 end)", **fills)
        at_once = at_once.select(sure.as_(f"sure_{number}"), maybe.as_(f"maybe_{number}"))
        stood = {"filed": sql.column_of(f"filed_{number}", "w"), "standing": sql.column_of(f"standing_{number}", "w")}
        surely.append(sql.expression("coalesce($filed, false) or $asked = 1", asked=sql.column_of(f"sure_{number}", "a"), **stood))
        # what may have been filed in time needn't have been asked for
        perhaps.append(sql.expression("coalesce($standing, 2) > 2 or $asked = 1", asked=sql.column_of(f"maybe_{number}", "a"), **stood))
    return {
        "request": sql.records("requests", kinds),
        "asked": sql.fill(_ASKED, coarse=sql.coarse_record("requests", "asked_at"), rejected=sql.bad_record("requests", "asked_at")),
        "at_once": at_once,
        "excuse": sql.fill(_EXCUSE, surely=sql.both(*surely), perhaps=sql.both(*perhaps)),
    }


def joined(judged: "exp.Select", sql: "words.Vocabulary") -> "exp.Select":
    """The step `judged` with what excuses its subjects."""
    joined = judged.join(sql.step("excuse"), on=sql.expression("excuse.subject = s.subject"), join_type="left")
    return joined.select(sql.expression("coalesce(excuse.rejected, false)").as_("request_rejected"))


def excused(number: int, sql: "words.Vocabulary") -> "exp.Expression":
    """The standing of a kind once it is seen whether its absence is excused; what perhaps is proves nothing."""
    return sql.expression(_STANDING, filed=sql.column_of(f"filed_{number}", "w"), standing=sql.column_of(f"standing_{number}", "w"))
