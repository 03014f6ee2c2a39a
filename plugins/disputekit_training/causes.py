"""Which course answers the causes that are rising, and whether those who handle their disputes hold it: a section of the report."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from disputekit import Assessed, Heading, Listing, Paragraph, Phrase, ReportSection, Run, Section, Text, say
from disputekit_training import training
from disputekit_training.matrix import titled
from disputekit_training.settings import Settings

if TYPE_CHECKING:
    from disputekit import Query, Vocabulary

NAME = "training_causes"
WINDOW = 90
"""Days: what came in during the last so many is set against as many before."""
_NOTHING = Text(zh="—", en="—")
# who left handles nothing any more; a handler who isn't among the staff is somebody of whom nobody can tell
_BY_HANDLER = """
    select cause, handler_id, count(*) filter (where cast(received_at as date) > $middle) as recent,
           count(*) filter (where cast(received_at as date) <= $middle) as earlier
    from $disputes as d where received_at < $end and cast(received_at as date) > $first group by cause, handler_id"""
_STATE = """
    case when $course_of then case when need.left_on < $as_of then 'left' when $has then 'valid'
         when need.subject is null or need.people_rejected or $flaw > 0 or not $proven or not $fresh then 'unknown' when $had = 1 then 'expired' else 'missing' end end"""


def section(settings: Settings, run: Run) -> ReportSection:
    """The map is that of the controls that have one; the organisation's own goes before it, cause by cause."""
    title = Text(zh="争议原因与培训", en="Causes of disputes and training")
    answers: dict[str, str] = {}
    for control in run.controls:
        if isinstance(control.rule, training.Training) and control.rule.answers is not None:
            answers |= control.rule.answers
    answers |= settings.answers
    if not answers:
        return ReportSection(NAME, title, partial(_make, settings))
    rule = training.Training(id="CAUSES", title=_NOTHING, kind="training", severity="low", basis="practice", remedy=_NOTHING, answers=answers)
    return ReportSection(NAME, title, partial(_make, settings), reads=training.reads(settings, rule), query=partial(_query, settings, rule))


def _query(settings: Settings, rule: training.Training, sql: "Vocabulary") -> "Query":
    steps, judged = training.put_together(settings, rule, sql)
    steps["by_handler"] = sql.fill(_BY_HANDLER, disputes=sql.step("disputes"), end=sql.as_of_end, middle=sql.day(sql.as_of_day - timedelta(days=WINDOW)),
                                   first=sql.day(sql.as_of_day - timedelta(days=2 * WINDOW)))  # fmt: skip
    last = sql.fill("select by_handler.cause, by_handler.handler_id as staff, need.unit, by_handler.recent, by_handler.earlier"
                    " from by_handler left join need on need.subject = by_handler.handler_id")  # fmt: skip
    course = state = sql.expression("cast(null as varchar)")
    for j in judged:
        mine = sql.among(sql.column_of("cause", "by_handler"), j.need.causes)
        course = sql.expression("case when $mine then $course else $other end", mine=mine, course=sql.literal(str(j.need.course)), other=course)
        fresh = sql.fresh_now("training")
        own = sql.expression(_STATE, course_of=mine, as_of=sql.as_of, has=j.has, flaw=j.flaw, proven=j.proven, fresh=fresh, had=j.had)
        state = sql.expression("coalesce($own, $other)", own=own, other=state)
    return sql.pipeline(last.select(course.as_("course"), state.as_("state")), **steps)


_SUMS = """
    select cause, max(course) as course, sum(recent) as recent, sum(earlier) as earlier, count(*) filter (where state <> 'left') as handlers,
           count(*) filter (where state = 'valid') as holders, count(*) filter (where state in ('missing', 'expired')) as lacking,
           count(*) filter (where state = 'unknown') as undecided
    from training_causes group by cause order by sum(recent) - sum(earlier) desc, sum(recent) desc, cause"""


def _make(settings: Settings, assessed: Assessed, _: Run) -> Section:
    if not assessed.kept(NAME):
        return Section((Paragraph(say("Nothing says which course answers which cause of disputes, or the register has no disputes, staff or training records"),
                                  "unknown"),))  # fmt: skip
    rows = assessed.rows(_SUMS)
    titles = {c: course.title for c, course in settings.courses.items()}
    risky: dict[str, int] = {}
    for point in assessed.manifest.risk_points:
        column, equals, cause = point.scope.partition("=")
        if equals and column == "cause":
            risky[cause] = risky.get(cause, 0) + 1
    unanswered = [r for r in rows if r["course"] is None and r["recent"]]
    blocks: list[Paragraph | Listing] = [Paragraph(_unanswered(r["cause"], int(r["recent"])), "unknown") for r in unanswered]
    blocks.append(Listing(
        say("Which course answers the causes that are rising: the last {days} days against the {days} before", days=WINDOW),
        (Heading(say("Cause of disputes")), Heading(say("Last {days} days", days=WINDOW), "number"),
         Heading(say("The {days} days before", days=WINDOW), "number"), Heading(say("Risk points"), "number"),
         Heading(say("Course")), Heading(say("Handlers"), "number"), Heading(say("Hold it"), "share"), Heading(say("Lacking"), "number"),
         Heading(say("Unknown"), "number")),
        tuple(_row(r, titles, risky) for r in rows[: assessed.most]), total=len(rows), empty=say("No dispute came in during these days"),
    ))  # fmt: skip
    return Section(tuple(blocks))


def _unanswered(cause: str | None, recent: int) -> Phrase:
    if cause is None:
        return say(
            "{recent} disputes of the last {days} days have no cause that is recorded: nobody can tell which course answers them",
            recent=recent,
            days=WINDOW,
        )
    return say("No course answers disputes about {cause}: {recent} in the last {days} days", cause=cause, recent=recent, days=WINDOW)


def _named(cause: str | None) -> Any:
    return cause if cause is not None else say("no cause that is recorded")


def _row(r: Mapping[str, Any], titles: Mapping[str, Text | None], risky: Mapping[str, int]) -> tuple[Any, ...]:
    answered = r["course"] is not None
    return (
        _named(r["cause"]), int(r["recent"]), int(r["earlier"]), risky.get(str(r["cause"]), 0),
        titled(r["course"], titles) if answered else say("no course"), r["handlers"] if answered else None,
        r["holders"] / r["handlers"] if r["handlers"] else None, r["lacking"] if answered else None, r["undecided"] if answered else None,
    )  # fmt: skip
