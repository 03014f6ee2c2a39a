"""Deciding one subject again: by the control's query as in a run, and by its oracle, which shares no code with it."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from disputekit import sql
from disputekit.assess import Engine, collect, load, lock, run_of, subjected, workspace
from disputekit.assessment.folder import newest_before
from disputekit.blocks import blocks_of, packs_of
from disputekit.calendars import create_calendar, load_calendar
from disputekit.checks.applicability import PHASES, Phase, phases
from disputekit.checks.coverage import Covered, Sort
from disputekit.checks.decide import NOT_CONCERNED
from disputekit.checks.names import RecordMoment, ResolvedMoment
from disputekit.checks.prepare import Prepared
from disputekit.checks.stage import Progress, Stage, check, put_facts
from disputekit.config import Project
from disputekit.errors import AssessmentError, PluginError, nearest
from disputekit.explain.case_of import MOST_ALIKE, Told, told_of
from disputekit.extension import RuleKind
from disputekit.oracles.case import REJECTED
from disputekit.outcomes import OUTCOMES, Verdict
from disputekit.policies.packs import Pack
from disputekit.run import Run
from disputekit.text import Phrase, say
from disputekit.waivers import Disposition, Waiver, check_waivers, load_decisions

OF_THE_CORE = ("other phase", "conflict", "yields")
"""Reasons that the core gives before a kind is asked: they depend on the organisation, and no oracle knows of them."""


@dataclass(frozen=True)
class Explained:
    """What is known of a control and a subject.

    said: the query's verdict. walked: the oracle's; None where there is none, and `unwalked` says why. row: the query's whole result for the
    subject, where there are several the one that counts; each: all of them, where they have occurrences. rejects: of the rows concerned, by place and column: the value and why it
    can't be read. coverage: what is known of a sort of record. waiver, disposition: those beside its finding. waivers: all about the subject.
    kind: of the control, None for a coded check. phases: those of the organisation, where they matter. published: the last day of which it is settled whether it is a working day.
    """

    prepared: Prepared
    pack: Pack | None
    run: Run
    subject: str
    said: Verdict
    walked: Verdict | None
    unwalked: Phrase | None
    row: Mapping[str, Any]
    told: Told | None
    moments: Mapping[str, ResolvedMoment]
    rejects: Mapping[tuple[str, str], tuple[str, str]]
    coverage: Mapping[Sort, Covered]
    waiver: str | None
    waivers: tuple[Waiver, ...]
    disposition: Disposition | None
    queries: tuple[str, ...]
    phases: tuple[Phase, ...] = ()
    published: date | None = None
    kind: RuleKind | None = None
    each: tuple[Mapping[str, Any], ...] = ()

    @property
    def disagree(self) -> bool:
        return self.walked is not None and self.walked != self.said


def explained(project: Project, control: str, subject: str, as_of: date, engine: Engine = Engine(),  # noqa: B008 — frozen
              progress: Progress = lambda *_: None) -> Explained:  # fmt: skip
    """Decides a subject again. Raises DisputekitError for an unknown control or subject, and for whatever stops a run."""
    with deciding(project, control, as_of, engine, progress) as decided:
        return decided(subject)


@contextmanager
def deciding(project: Project, control: str, as_of: date, engine: Engine = Engine(),  # noqa: B008 — frozen
             progress: Progress = lambda *_: None) -> Iterator[Callable[[str], Explained]]:  # fmt: skip
    """What a control reads, loaded once, and a function that decides a subject of it again. Raises as `explained`."""
    blocks = blocks_of(project)
    packs = packs_of(project, blocks)
    run = run_of(project, packs, as_of, None, None)
    collected = collect(blocks, run)
    decisions = load_decisions(project)
    known = subjected(packs, collected.checks)
    check_waivers(decisions, known)
    if control not in known:
        raise AssessmentError.at(control, say("no such control is enabled"), nearest(control, known))
    # the others are left out, so that only what this control reads is loaded
    checks = tuple(g for g in collected.checks if g.item.id == control)
    decisions = replace(decisions, waivers=decisions.of(control).waivers, dispositions=decisions.of(control).dispositions)
    calendar = load_calendar(project.file.organisation.calendar, project.folder, project.path.name)
    with tempfile.TemporaryDirectory(prefix="disputekit-") as name, workspace(engine) as (db, scratch):
        folder = Path(name).resolve()
        for part in ("findings", "queries"):
            (folder / part).mkdir()
        collected = replace(collected, checks=checks, detectors=(), triggers=(), sections=())
        loaded = load(db, project, blocks, packs, collected, run, scratch, folder, progress, decisions, every_place=True, only=control,
                      previous=newest_before(as_of, project.folder / "assessments", Path()))  # fmt: skip
        prepared, register = loaded.checks, loaded.register
        if not prepared and any(control in k.without for k in packs):
            raise AssessmentError.at(control, say("is switched off in {file}, so it isn't evaluated", file=project.path.name))
        if not prepared:
            raise AssessmentError.at(control, say("is a draft or retired, so it isn't evaluated"))
        (p,) = prepared
        create_calendar(db, calendar)
        lock(db, folder)
        stage = put_facts(db, blocks.tables, project.register.coverage, prepared, register, calendar, as_of, folder / "queries")
        check(stage, prepared, folder, progress, decisions)
        if stage.failures:
            raise PluginError(*(f.problem for f in stage.failures))

        def decided(subject: str) -> Explained:
            told = None if p.check.grouped or p.reads.subject not in register.tables else told_of(stage, p, subject)
            rows = [] if p.absent else _rows(stage, subject)
            row = rows[0] if rows else {}
            if told is None and not row and p.reads.subject in register.tables:
                raise AssessmentError.at(subject, say("{table} have no such subject", table=p.reads.subject))
            said = Verdict("unknown", "not supplied") if p.absent else Verdict.read(row["verdict"]) if row else NOT_CONCERNED
            walked, unwalked = _walked(p, told, said, blocks.kinds)
            by_phase = p.rule is not None and ((p.rule.applies is not None and p.rule.applies.phase) or any(c.conflict.phase for c in p.contrary))
            in_phases = phases(db, register.tables[PHASES]) if by_phase and PHASES in register.tables else ()
            pack = next((k for k in packs if k.id == p.pack), None)
            finding = _finding(stage, folder / "findings" / f"{control}.parquet", subject)
            sorts: list[Sort] = [(m.table, m.kind) for m in p.moments.values() if isinstance(m, RecordMoment)]
            kinds = getattr(p.rule, "kinds", ())
            sorts += [(r.table, k) for r in p.reads.records if r.table in register.tables for k in (kinds if kinds else (None,))]
            texts = tuple(path.read_text("utf-8") for path in sorted((folder / "queries").glob("*.sql")) if path.name != "00_register.sql")
            return Explained(
                p, pack, run, subject, said, walked, unwalked, MappingProxyType(row), told, p.moments,
                MappingProxyType(_rejects(stage, told)), {s: stage.coverage(s) for s in sorts},
                finding.get("waiver"),
                tuple(w for w in decisions.waivers if subject in w.facts),
                next((d for d in decisions.dispositions if d.subject == subject), None), texts, in_phases, calendar.published_until,
                blocks.kinds.get(p.rule.kind) if p.rule is not None else None,
                tuple(map(MappingProxyType, rows)) if any(r.get("occurrence") for r in rows) else (),
            )  # fmt: skip

        yield decided


def _rows(stage: Stage, subject: str) -> list[dict[str, Any]]:
    """What the query says of the subject, what counts first: the row that it is counted with, and of several about a group the worst.

    The table `result` is what the check left behind.
    """
    result = stage.db.execute("select * from result where subject = $1 order by all", [subject])
    names = [d[0] for d in result.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    for row in rows:
        noted = row.pop("noted", None)
        if noted is not None:
            row["observed"] = "; ".join(str(told) for told in (row["observed"], noted) if told is not None)
    return sorted(rows, key=lambda r: (-r.get("subjects", 1), OUTCOMES.index(Verdict.read(r["verdict"]).outcome)))


def _finding(stage: Stage, part: Path, subject: str) -> dict[str, Any]:
    query = sql.fill("select waiver from $part where subject = $subject limit 1", subject=sql.text(subject), part=sql.parquet(part))
    row = stage.db.execute(sql.written(query)).fetchone()
    return {} if row is None else {"waiver": row[0]}


def _walked(p: Prepared, told: Told | None, said: Verdict, kinds: Mapping[str, Any]) -> tuple[Verdict | None, Phrase | None]:
    """The oracle's verdict, or why there is none to compare with."""
    oracle = kinds[p.rule.kind].oracle if p.rule is not None and p.rule.kind in kinds else None
    if oracle is None or told is None:
        return None, say("this sort of control can't be decided in a second way")
    if said.reason in OF_THE_CORE:
        return None, say("the phase of the organisation or a conflict of duties came first")
    if p.absent:
        return None, say("what it reads isn't supplied")
    per = getattr(p.rule, "per", None)
    in_group = getattr(p.rule, "whole", False) or (per is not None and told.case.row.get(per) is not None and told.case.row[per] is not REJECTED)
    if in_group and told.group is None:
        return None, say("it counts more than {count} subjects together, too many to be walked over", count=MOST_ALIKE)
    return _of_its_line(p, told) or oracle(p.rule, told.case), None


def _of_its_line(p: Prepared, told: Told) -> Verdict | None:
    """The verdict where the control is for other lines of business, or nobody knows of which one this is."""
    if p.line is None or p.rule is None or p.rule.applies is None:
        return None
    line, concerned = told.case.row.get(p.line), True if p.rule.where is None else told.case.conditions[p.rule.where]
    if concerned is False or (isinstance(line, str) and line not in p.rule.applies.line):
        return NOT_CONCERNED
    return Verdict("unknown", "condition") if concerned is None or not isinstance(line, str) else None


def _rejects(stage: Stage, told: Told | None) -> dict[tuple[str, str], tuple[str, str]]:
    """The cells of the subject's rows that couldn't be read: (place, column) -> (value, why)."""
    if told is None or not stage.register.rejects:
        return {}
    rows = [told.own, *told.parents.values(), *(r for rows in (*told.records.values(), *told.others.values()) for r in rows)]
    rows += [r for one in told.group for rows in one.records.values() for r in rows] if told.group is not None else []
    rows += [r for shared in told.shared.values() for r, _ in shared]
    places = [r.place for r in rows if r.place is not None]
    found = stage.db.execute(
        """select file || ':' || record, "column", value, reason from rejects
           where "column" is not null and file || ':' || record in (select unnest($1::varchar[])) order by all""", [places],
    ).fetchall()  # fmt: skip
    return {(place, column): (str(value), reason) for place, column, value, reason in found}
