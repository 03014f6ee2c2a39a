"""Who holds what of the organisation's matrix: the section of the report, and the gaps that an assessor is handed."""

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from disputekit import (
    Assessed,
    EvaluationExport,
    Figure,
    Figures,
    Heading,
    Listing,
    Matrix,
    Paragraph,
    Phrase,
    Reads,
    ReportSection,
    Run,
    Section,
    Square,
    Text,
    hand_over_kept,
    say,
)
from disputekit_training import training
from disputekit_training.settings import Requirement, Settings

if TYPE_CHECKING:
    from disputekit import Query, Vocabulary

NAME = "training"
STATES = ("valid", "expired", "missing", "unknown")
"""What a person's course may be. Missing: never held, as far as complete records tell. Unknown: nobody can tell."""
UNKNOWN = "?"
"""Stands for the role of staff whose role isn't known."""
_NOTHING = Text(zh="—", en="—")
_STATE = """
    select subject as staff, unit, $role as role, $department as department, $course as course,
           case when $has then 'valid' when $needed is null or people_rejected or $flaw > 0 or not $proven or not $fresh then 'unknown'
                when $had = 1 then 'expired' else 'missing' end as state, nullif($until, cast('9999-12-31' as date)) as until_on
    from need
    where coalesce($needed, true) and not coalesce(left_on < $as_of, false) and not coalesce(joined_on > $as_of, false)"""


# whom the matrix asks nothing of: by a slip in a role they would else drop out in silence
_NOTHING_ASKED = """
    select subject as staff, unit, $role as role, $department as department, cast(null as varchar) as course, 'none' as state,
           cast(null as date) as until_on
    from need where not $asked and not coalesce(left_on < $as_of, false) and not coalesce(joined_on > $as_of, false)"""


def _rule(settings: Settings) -> training.Training:
    """The matrix as a rule of the kind `training`, so that the report and the control say the same."""
    rows = tuple(r.model_copy(update={"hours": None}) for r in settings.matrix if r.courses)
    return training.Training(id="MATRIX", title=_NOTHING, kind="training", severity="low", basis="practice", remedy=_NOTHING, requires=rows)


def _reads(settings: Settings) -> Reads:
    """What the rule reads, and the role and department by which the matrix is shown, where they are supplied."""
    found = training.reads(settings, _rule(settings))
    return found + Reads("staff", columns_if_supplied=("role", "department"))


def _query(settings: Settings, sql: "Vocabulary") -> "Query":
    steps, judged = training.put_together(settings, _rule(settings), sql)
    nothing = sql.expression("cast(null as varchar)")
    own = {c: sql.column_of(c) if sql.has_column(c) else nothing for c in ("role", "department")}
    parts = [
        sql.fill(_STATE, **own, course=sql.literal(str(j.need.course)), needed=j.needed, flaw=j.flaw, proven=j.proven, fresh=sql.fresh_now("training"),
                 had=j.had, until=j.until, as_of=sql.as_of, has=j.has) for j in judged
    ]  # fmt: skip
    asked = sql.either(*(sql.expression("coalesce($needed, true)", needed=j.needed) for j in judged))
    parts.append(sql.fill(_NOTHING_ASKED, **own, asked=asked, as_of=sql.as_of))
    last = sql.fill("select staff, unit, role, department, course, state, until_on from each_one")
    return sql.pipeline(last, **steps, each_one=sql.together(*parts))


def section(settings: Settings) -> ReportSection:
    has_courses = any(r.courses for r in settings.matrix)
    title = Text(zh="培训", en="Training")
    if not has_courses:
        return ReportSection(NAME, title, _without)
    return ReportSection(NAME, title, partial(_make, settings), reads=_reads(settings), query=partial(_query, settings))


def _without(_: Assessed, __: Run) -> Section:
    return Section(
        (Paragraph(say("No matrix of required courses is set: nothing says who needs which course. Write [[plugins.training.matrix]]"), "unknown"),)
    )


_SHARES = """
    select coalesce(role, $unknown) as role, course, count(*) as people, count(*) filter (where state = 'valid') as valid,
           count(*) filter (where state = 'unknown') as undecided, count(*) filter (where state in ('missing', 'expired')) as lacking
    from training where course is not null group by 1, 2 order by 1, 2"""
_LACKING = """
    select staff, unit, role, course, state, until_on from training where state not in ('valid', 'none')
    order by case state when 'missing' then 0 when 'expired' then 1 else 2 end, role, course, staff limit $most"""
_SUMS = "select count(*) as n, count(distinct staff) as people, count(distinct staff) filter (where state in ('missing', 'expired')) as lacking," \
        " count(distinct staff) filter (where state = 'unknown') as undecided, count(*) filter (where state <> 'valid') as gaps from training where course is not null"  # fmt: skip
_UNASKED = "select role, department, count(*) as people from training where course is null group by 1, 2 order by 1, 2"
_ASKED = "select distinct role, department, course from training order by all"
SAID: Mapping[str, Any] = {"valid": say("valid"), "expired": say("expired"), "missing": say("missing"), "unknown": say("unknown")}


def _make(settings: Settings, assessed: Assessed, _: Run) -> Section:
    if not assessed.kept(NAME):
        return Section((Paragraph(say("The register has no staff or no training records: nobody can tell who holds which course"), "unknown"),))
    sums = assessed.row(_SUMS)
    shares = assessed.rows(_SHARES, unknown=UNKNOWN)
    lacking = assessed.rows(_LACKING, most=assessed.most)
    titles = {c: course.title for c, course in settings.courses.items()}
    figures = Figures((
        Figure(say("Staff who need a course"), sums["people"]),
        Figure(say("Staff who lack one"), sums["lacking"], "bad" if sums["lacking"] else "good" if sums["people"] else "plain"),
        Figure(say("Staff of whom nobody can tell"), sums["undecided"], "unknown" if sums["undecided"] else "plain"),
    ))  # fmt: skip
    roles, courses = (tuple(dict.fromkeys(r[c] for r in shares)) for c in ("role", "course"))
    found = {(r["role"], r["course"]): r for r in shares}
    matrix = Matrix(
        title=say("Who holds what: role and course"), down=say("Role"), across=say("Course"),
        rows=tuple(say("role not known") if r == UNKNOWN else r for r in roles), columns=tuple(titled(c, titles) for c in courses),
        squares=tuple(tuple(_square(found.get((r, c))) for c in courses) for r in roles), kind="share",
        note=say("The share of those who need a course and hold it on this day; nothing stands where a role doesn't need it"),
    ) if shares else None  # fmt: skip
    who = Listing(
        say("Who lacks what"),
        (Heading(say("Staff"), "name"), Heading(say("Unit"), "name"), Heading(say("Role")), Heading(say("Course")), Heading(say("State")),
         Heading(say("Valid until"), "moment")),
        tuple((r["staff"], r["unit"], r["role"], titled(r["course"], titles), SAID[r["state"]], r["until_on"]) for r in lacking),
        total=sums["gaps"], rest=say("disputekit training status lists them all"),
        empty=say("Everybody holds what they need") if sums["people"] else say("The matrix asks nothing of anybody among the staff"),
    )  # fmt: skip
    asked = assessed.rows(_ASKED)
    for_nobody = [
        Paragraph(_for_nobody(n, row), "unknown")
        for n, row in enumerate(settings.matrix, 1)
        if row.courses and not any(_fits(row, one) for one in asked)
    ]
    unasked = assessed.rows(_UNASKED)
    nothing = Listing(
        say("Staff of whom the matrix asks nothing"), (Heading(say("Role")), Heading(say("Department")), Heading(say("Staff"), "number")),
        tuple((r["role"], r["department"], r["people"]) for r in unasked[: assessed.most]), total=len(unasked),
    )  # fmt: skip
    return Section((*for_nobody, figures, *((matrix,) if matrix is not None else ()), who, *((nothing,) if unasked else ())))


def _fits(row: Requirement, one: Mapping[str, Any]) -> bool:
    return one["course"] in row.courses and all(not names or one[c] in names for c, names in (("role", row.role), ("department", row.department)))


def _for_nobody(number: int, row: Requirement) -> Phrase:
    return say("Row {number} of the matrix is for {who}, and nobody among the staff is known to be so; is a name misspelt?", number=number,
               who=", ".join((*row.role, *row.department)))  # fmt: skip


def _square(r: Mapping[str, Any] | None) -> Square | None:
    """How many of a role hold a course; somebody who lacks it goes before somebody of whom nobody can tell."""
    if r is None:
        return None
    share = r["valid"] / r["people"]
    if r["lacking"]:
        more = say("{lacking} of {people} lacking, {unknown} unknown", lacking=r["lacking"], people=r["people"], unknown=r["undecided"])
        return Square(share, "bad", more if r["undecided"] else say("{lacking} of {people} lacking", lacking=r["lacking"], people=r["people"]))
    if r["undecided"]:
        return Square(share, "unknown", say("{unknown} of {people} unknown", unknown=r["undecided"], people=r["people"]))
    return Square(share, "good", say("all {people}", people=r["people"]))


def titled(course: str, titles: Mapping[str, Text | None]) -> Any:
    """What a course is called: its title in the catalogue, else its code."""
    title = titles.get(course)
    return title if title is not None else course


# ── handing over ──

GAPS = "select staff, unit, role, department, course, state, until_on from kept where state not in ('valid', 'none') order by all"
EVERYBODY = "select role, course, count(*) as people, count(*) filter (where state = 'valid') as valid from kept where course is not null group by all order by all"


def export() -> EvaluationExport:
    return EvaluationExport(NAME, Text(zh="培训缺口", en="Training gaps"), _write)


def _write(assessment: Path, mine: Path, _: Run) -> None:
    for name, query in (("gaps", GAPS), ("matrix", EVERYBODY)):
        for ending in ("csv", "parquet"):
            hand_over_kept(assessment, NAME, query, mine / f"{name}.{ending}")


def lacking(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows of who lacks something, or may."""
    return [r for r in rows if r["state"] != "valid"]
