"""Making the agenda from the folder of an assessment, by the engine: findings are never counted in Python.

Each duty is a query of its own over its controls' findings and keeps its first rows only, so that memory doesn't grow with the findings.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from disputekit import sql
from disputekit.agenda.model import Agenda, Clock, Doubt, Gap, Item, LeftOut, Question
from disputekit.agenda.what import ANY_OTHER, BY_HANDLER, BY_OTHERS
from disputekit.assessment.folder import part_of, spoilt
from disputekit.assessment.manifest import ControlResult, Manifest, read_manifest
from disputekit.checks.decide import STILL_OPEN
from disputekit.errors import AssessmentError
from disputekit.policies.model import SEVERITIES
from disputekit.text import Phrase, Said, Text, say

Duty = tuple[ControlResult, ...]
"""The controls of one duty: parallel clocks of one thing."""


@dataclass(frozen=True)
class Wanted:
    """What is asked for. days: how far ahead of the assessment's day. most: rows of each list at most. unit, handler: only theirs."""

    days: int
    most: int
    unit: str | None = None
    handler: str | None = None


@dataclass(frozen=True)
class _Place:
    """An assessment's folder with an engine over it. In the engine, `chosen` and `in_doubt` are the rows that will be shown."""

    db: duckdb.DuckDBPyConnection
    folder: Path
    wanted: Wanted
    until: date
    titles: Mapping[str, Text]

    def title(self, table: str) -> Text:
        return self.titles.get(table, Text(zh=table, en=table))


def agenda(folder: Path, wanted: Wanted, said: Said) -> Agenda:
    """The agenda of an assessment. Raises AssessmentError for a folder that isn't a whole assessment as it was written."""
    manifest, sha256 = read_manifest(folder)
    wrong = list(spoilt(folder, manifest))
    if wrong:
        raise AssessmentError(*wrong)
    until = manifest.as_of + timedelta(days=wanted.days)
    controls = [c for c in manifest.controls if c.findings_sha256 is not None and c.findings and not c.absent and c.error is None]
    duties = duties_of(c for c in controls if c.bearer == "insurer" and c.count("fail", "pending"))
    doubted = [c for c in controls if c.count("unknown")]
    with tempfile.TemporaryDirectory(prefix="disputekit-") as scratch, duckdb.connect(config={"temp_directory": scratch}) as db:
        place = _Place(db, folder, wanted, until, {t.table: t.title for t in manifest.tables})
        overdue, due = _choose(place, duties)
        in_doubt = _choose_doubts(place, doubted)
        left_out, running = _left_out(place, controls)
        return Agenda(
            organisation=manifest.organisation, as_of=manifest.as_of, until=until, assessment_sha256=sha256, unit=wanted.unit, handler=wanted.handler,
            overdue=overdue, due=due, items=tuple(_items(place, duties)) if overdue + due else (), in_doubt=in_doubt,
            doubts=tuple(_doubts(place, doubted)) if in_doubt else (), gaps=tuple(_gaps(manifest.controls)),
            unseen=_running(c for c in manifest.controls if c.bearer == "insurer") - running, left_out=left_out, holes=tuple(map(said, _holes(manifest))),
        )  # fmt: skip


def duties_of(controls: Iterable[ControlResult]) -> tuple[Duty, ...]:
    """The controls by duty; one that names none is a duty of its own."""
    found: dict[tuple[str, str], Duty] = {}
    for c in controls:
        key = (c.subject, _name((c,)))
        found[key] = (*found.get(key, ()), c)
    return tuple(found.values())


def _name(duty: Duty) -> str:
    return duty[0].duty if duty[0].duty is not None else duty[0].id


def _running(controls: Iterable[ControlResult]) -> int:
    """How many periods run, but for those that stand still and so have no end."""
    return sum(t.subjects for c in controls for t in c.tallies if t.outcome == "pending" and t.reason != "paused")


def _holes(manifest: Manifest) -> Iterator[Phrase]:
    """What wasn't checked, so that the agenda can't know of it."""
    for e in manifest.errors:
        yield say("Error in {where}: {what}", where=f"{e.plugin}: {e.where}" if e.plugin else e.where, what=e.said)
    for c in manifest.controls:
        if c.absent:
            yield say("{control}: not evaluated, {what} isn't supplied", control=c.id, what=", ".join(c.absent))
    for table in manifest.tables:
        if table.rows_rejected:
            yield say("{table}: {count} rows couldn't be read", table=table.table, count=table.rows_rejected)
    if not manifest.controls:
        yield say("no controls: nothing was checked")
    elif not any(c.subjects for c in manifest.controls):
        yield say("no subjects: nothing was checked")


# ── things to do ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

# days and hours are compared by the moment at which the period has ended
_OWN = """
    select $number as number, $severity as severity, subject, occurrence, outcome, reason, due_on, due_at, observed, unit, handler, disposition,
           coalesce(due_at, cast(due_on as timestamp) + interval 1 day) as ends_at
    from read_parquet($part) where $among and $wanted and waiver is null and subject is not null"""
_SOON = "outcome = 'pending' and coalesce(due_on, cast(due_at as date)) <= $until"
_ROWS = """
    select $duty as duty, subject, max(outcome = 'fail') as overdue, min(ends_at) as ends_at, max(severity) as severity
    from $findings as f group by subject"""
_ALONE = """
    select $duty as duty, subject, outcome = 'fail' as overdue, ends_at, severity from $findings as f"""
_ORDER = "not overdue, ends_at nulls last, severity desc, duty, subject"
_FIRST = f"select * from found order by {_ORDER} limit $most"  # noqa: S608 — our own text
_PLACED = f"select *, row_number() over (order by {_ORDER}) as place from chosen qualify place <= $most"  # noqa: S608 — our own text
_CHOSEN = "create temp table chosen (duty integer, subject varchar, overdue boolean, ends_at timestamp, severity integer)"
_CLOCKS = (
    "select c.place, c.overdue, c.severity, f.* exclude (severity) from $findings as f join placed as c on c.subject = f.subject and c.duty = $duty"
)


def _choose(place: _Place, duties: Sequence[Duty]) -> tuple[int, int]:
    """How many things to do are overdue, and how many due by the last day; the first of them are put into `placed`."""
    db, most = place.db, {"most": place.wanted.most}
    db.execute(_CHOSEN)
    overdue = due = 0
    for number, duty in enumerate(duties):
        # grouping 200,000 subjects costs five times what reading them does
        rows = sql.fill(_ALONE if _once(place, duty) else _ROWS, duty=sql.number(number), findings=_open(place, duty))
        db.execute(f"create or replace temp table found as {sql.written(rows)}")
        (late, soon) = db.execute("select count(*) filter (where overdue), count(*) filter (where not overdue) from found").fetchone() or (0, 0)
        overdue, due = overdue + late, due + soon
        db.execute(f"insert into chosen {_FIRST}", most)
    db.execute(f"create temp table placed as {_PLACED}", most)
    return overdue, due


def _once(place: _Place, duty: Duty) -> bool:
    """Whether no subject has several findings of a duty: one control, and none of several occurrences."""
    if len(duty) > 1:
        return False
    repeated = sql.fill("select 1 from read_parquet($part) where occurrence is not null limit 1", part=_part(place, duty[0]))
    return place.db.execute(sql.written(repeated)).fetchone() is None


def _open(place: _Place, duty: Duty) -> exp.Subquery:
    """The findings of a duty that are things to do, `number` saying of which of its controls."""
    wanted = sql.expression(f"{STILL_OPEN.format('')} or {_SOON}", until=sql.day(place.until))
    return _together(sql.fill(_OWN, number=sql.number(number), severity=sql.number(SEVERITIES.index(c.severity)), part=_part(place, c),
                              among=_among(place.wanted), wanted=wanted) for number, c in enumerate(duty))  # fmt: skip


def _items(place: _Place, duties: Sequence[Duty]) -> Iterator[Item]:
    """The rows of `placed`, in their order."""
    shown = [n for (n,) in place.db.execute("select distinct duty from placed order by duty").fetchall()]
    clocks = [sql.fill(_CLOCKS, findings=_open(place, duties[n]), duty=sql.number(n)).select(sql.number(n).as_("duty")) for n in shown]
    query = sql.fill("select * from $clocks as c order by place, ends_at nulls last, number, occurrence, outcome, reason", clocks=_together(clocks))
    for _, rows in groupby(_rows(place, query), key=lambda row: row["place"]):
        some = list(rows)
        yield _item(place, duties[some[0]["duty"]], some)


def _item(place: _Place, duty: Duty, rows: Sequence[dict[str, Any]]) -> Item:
    first = rows[0]
    controls = list(dict.fromkeys(duty[row["number"]] for row in rows))
    return Item(
        table=controls[0].subject, table_title=place.title(controls[0].subject), subject=first["subject"], duty=_name(duty), title=controls[0].title, overdue=first["overdue"],
        due_on=first["due_on"] if first["due_at"] is None else first["due_at"].date(), due_at=first["due_at"], severity=SEVERITIES[first["severity"]],
        unit=_first(rows, "unit"), handler=_first(rows, "handler"), what=_texts((c.remedy,) for c in controls),
        evidence=_texts(c.evidence for c in controls),
        clocks=tuple(Clock(control=duty[r["number"]].id, **{n: r[n] for n in Clock.model_fields if n != "control"}) for r in rows),
    )  # fmt: skip


def _first(rows: Iterable[dict[str, Any]], column: str) -> str | None:
    return next((row[column] for row in rows if row[column] is not None), None)


def _texts(many: Iterable[Iterable[Text]]) -> tuple[Text, ...]:
    return tuple(dict.fromkeys(text for some in many for text in some))


# ── what can't be decided ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

_UNKNOWN = """
    select $number as number, $severity as severity, $table as of_table, subject, reason, observed, unit, handler
    from read_parquet($part) where $among and $wanted and outcome = 'unknown' and waiver is null and subject is not null"""
_IN_DOUBT = """
    select of_table, subject, count(*) as questions, max(severity) as severity from $findings as f group by of_table, subject"""
_DOUBTED = """
    create temp table doubted as
    select *, row_number() over (order by severity desc, questions desc, of_table, subject) as place from in_doubt qualify place <= $most"""
_QUESTIONS = """
    select d.place, f.* from $findings as f join doubted as d on d.of_table = f.of_table and d.subject = f.subject
    order by place, number, reason, observed"""


def _choose_doubts(place: _Place, controls: Sequence[ControlResult]) -> int:
    """How many subjects there are of which their own record leaves something undecided; the first are put into `doubted`."""
    if not controls:
        return 0
    rows = sql.fill(_IN_DOUBT, findings=_undecided(place, controls))
    place.db.execute(f"create temp table in_doubt as {sql.written(rows)}")
    place.db.execute(_DOUBTED, {"most": place.wanted.most})
    return int((place.db.execute("select count(*) from in_doubt").fetchone() or (0,))[0])


def _undecided(place: _Place, controls: Sequence[ControlResult]) -> exp.Subquery:
    mendable = exp.In(this=sql.col("reason"), expressions=[sql.text(reason) for reason in BY_HANDLER])
    return _together(sql.fill(_UNKNOWN, number=sql.number(number), severity=sql.number(SEVERITIES.index(c.severity)), table=sql.text(c.subject),
                              part=_part(place, c), among=_among(place.wanted), wanted=mendable) for number, c in enumerate(controls))  # fmt: skip


def _doubts(place: _Place, controls: Sequence[ControlResult]) -> Iterator[Doubt]:
    query = sql.fill(_QUESTIONS, findings=_undecided(place, controls))
    for _, rows in groupby(_rows(place, query), key=lambda row: row["place"]):
        some = list(rows)
        questions = (Question(control=controls[r["number"]].id, title=controls[r["number"]].title, reason=r["reason"], observed=r["observed"],
                              what=BY_HANDLER[r["reason"]]) for r in some)  # fmt: skip
        yield Doubt(table=some[0]["of_table"], table_title=place.title(some[0]["of_table"]), subject=some[0]["subject"], unit=_first(some, "unit"), handler=_first(some, "handler"),
                    questions=tuple(questions))  # fmt: skip


def _gaps(controls: Sequence[ControlResult]) -> Iterator[Gap]:
    found: dict[str, list[tuple[str, int]]] = {}
    for c in controls:
        for t in c.tallies:
            if t.outcome == "unknown" and t.reason not in BY_HANDLER:
                found.setdefault(t.reason, []).append((c.id, t.subjects))
    for reason, some in sorted(found.items(), key=lambda one: (-sum(n for _, n in one[1]), one[0])):
        yield Gap(reason=reason, decisions=sum(n for _, n in some), controls=tuple(name for name, _ in some), what=BY_OTHERS.get(reason, ANY_OTHER))


# ── what is left out ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

_LEFT = """
    select count(*) filter (where $among and waiver is not null),
           count(*) filter (where $among and waiver is null and outcome = 'fail' and not $still and reason = 'late'),
           count(*) filter (where $among and waiver is null and outcome = 'fail' and not $still and reason is distinct from 'late'),
           count(*) filter (where $among and waiver is null and outcome = 'pending' and not $soon),
           count(*) filter (where $among and waiver is null and ($still or $soon)),
           count(*) filter (where $unnamed and waiver is null and ($still or $soon or outcome = 'unknown')),
           count(*) filter (where outcome = 'pending')
    from read_parquet($part)"""


def _left_out(place: _Place, controls: Sequence[ControlResult]) -> tuple[LeftOut, int]:
    """The findings that are no rows, and how many running periods of the insurer's are among the findings at all."""
    waived = done_late = past = later = others = elsewhere = running = 0
    for c in controls:
        query = sql.fill(_LEFT, part=_part(place, c), among=_among(place.wanted), unnamed=_unnamed(place.wanted),
                         still=sql.expression(STILL_OPEN.format("")), soon=sql.expression(_SOON, until=sql.day(place.until)))  # fmt: skip
        counts = place.db.execute(sql.written(query)).fetchone() or (0,) * 7
        waived, elsewhere = waived + counts[0], elsewhere + counts[5]
        if c.bearer == "insurer":
            done_late, past, later, running = done_late + counts[1], past + counts[2], later + counts[3], running + counts[6]
        else:
            others += counts[3] + counts[4]
    return LeftOut(waived=waived, done_late=done_late, past=past, later=later, others=others, elsewhere=elsewhere), running


# ── queries ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _among(wanted: Wanted) -> exp.Expression:
    """Whether a finding is of the unit and the handler that are asked for."""
    given = (("unit", wanted.unit), ("handler", wanted.handler))
    return sql.both(sql.expression("coalesce($c = $v, false)", c=sql.col(n), v=sql.text(v)) for n, v in given if v is not None)


def _unnamed(wanted: Wanted) -> exp.Expression:
    """Whether a finding might be theirs, but doesn't say whose it is."""
    given = (("unit", wanted.unit), ("handler", wanted.handler))
    return sql.either(sql.expression("$c is null", c=sql.col(n)) for n, v in given if v is not None)


def _part(place: _Place, control: ControlResult) -> exp.Expression:
    return sql.text(str(place.folder / part_of(control.id)))


def _together(queries: Iterable[exp.Select]) -> exp.Subquery:
    some = list(queries)
    return exp.Subquery(this=some[0] if len(some) == 1 else exp.union(*some, distinct=False))


def _rows(place: _Place, query: exp.Select) -> Iterator[dict[str, Any]]:
    result = place.db.execute(sql.written(query))
    names = [d[0] for d in result.description or ()]
    while rows := result.fetchmany(10_000):
        yield from (dict(zip(names, row, strict=True)) for row in rows)
