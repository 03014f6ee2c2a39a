"""From what the stages came to, the manifest."""

from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points, version

from sqlglot import exp

from disputekit import sql
from disputekit.assessment.manifest import (
    ConflictFound,
    ControlResult,
    CoverageUsed,
    DispositionUsed,
    Err,
    FileRead,
    Manifest,
    PackUsed,
    PluginUsed,
    PreviousUsed,
    RecordsPassedOver,
    TableRead,
    Unchecked,
    WaiverState,
    WaiverUsed,
)
from disputekit.blocks import Blocks
from disputekit.calendars import Calendar
from disputekit.checks.applicability import contradictions
from disputekit.checks.prepare import Prepared
from disputekit.checks.stage import Stage
from disputekit.config import Project
from disputekit.identify import Identified
from disputekit.plugins import CORE, GROUP, Failure
from disputekit.policies.packs import Pack
from disputekit.policies.parameters import written
from disputekit.register.loaded import LoadedTable, Register
from disputekit.register.organisation import ORGANISATION
from disputekit.run import Run
from disputekit.text import Text, speaker
from disputekit.trigger import Triggered
from disputekit.waivers import NEEDS, Decisions, Disposition, Waiver


def sum_up(
    project: Project, blocks: Blocks, packs: Sequence[Pack], run: Run, calendar: Calendar, register: Register, stage: Stage,
    controls: Sequence[ControlResult], left_out: Sequence[Prepared], risks: Identified, triggered: Triggered,
    rejects_sha256: str | None, decisions: Decisions = Decisions(),  # noqa: B008 — frozen
) -> Manifest:  # fmt: skip
    """The manifest of a run. It holds nothing that changes when the same inputs are checked again."""
    return Manifest(
        as_of=run.as_of,
        organisation=run.organisation.name,
        timezone=run.zone.key,
        calendar=run.calendar,
        calendar_published_until=calendar.published_until,
        versions={name: version(name) for name in ("disputekit", "duckdb", "sqlglot", "holidays")},
        plugins=plugins_used(blocks.plugins.names),
        config_sha256=project.sha256,
        locked=project.locked,
        packs=tuple(
            PackUsed(
                id=p.id,
                version=p.head.version,
                title=p.head.title,
                plugin=p.plugin,
                sha256=p.sha256,
                overridden=p.overridden,
                parameters={name: written(parameter) for name, parameter in p.parameters.items()},
            )
            for p in packs
        ),
        tables=tuple(_table(t, stage) for n, t in register.tables.items() if n != ORGANISATION),
        rejects_sha256=rejects_sha256,
        coverage=tuple(CoverageUsed(what=c.what, from_on=c.from_on, basis=c.basis) for c in sorted(stage.used.values(), key=lambda c: c.what)),
        controls=tuple(controls),
        unchecked=(
            *(
                Unchecked(id=r.id, title=r.title, pack=p.id, plugin=p.plugin, status="switched off" if r.id in p.without else r.status)
                for p in packs
                for r in p.controls
                if not p.evaluates(r)
            ),
            *(
                Unchecked(id=p.id, title=p.check.title, pack=p.pack, plugin=p.plugin, status="not supplied", absent=tuple(map(str, p.absent)))
                for p in left_out
            ),
        ),
        conflicts=tuple(
            ConflictFound(
                id=c.conflict.id, title=c.conflict.title, between=c.conflict.between, phase=c.conflict.phase, yields=c.yields, expired=c.expired
            )
            for c in contradictions(packs, project.file.opinions, run.as_of)
        ),
        waivers_sha256=decisions.waivers_sha256,
        waivers=tuple(_waiver(w, packs, controls, stage) for w in decisions.waivers),
        dispositions_sha256=decisions.dispositions_sha256,
        dispositions=tuple(_disposition(d, controls, stage) for d in decisions.dispositions),
        risk_detectors=risks.detectors,
        risk_points=risks.points,
        risks_ended=risks.ended,
        triggers=triggered.triggers,
        firings=triggered.firings,
        errors=tuple(_error(f) for f in stage.failures),
        previous=PreviousUsed(as_of=run.previous.as_of, sha256=run.previous.sha256) if run.previous else None,
    )


def _error(failure: Failure) -> Err:
    chinese = speaker("zh")(failure.what)
    return Err(plugin=failure.plugin, where=failure.where, what=str(failure.what), zh=chinese if chinese != failure.what else None)


def _waiver(w: Waiver, packs: Sequence[Pack], controls: Sequence[ControlResult], stage: Stage) -> WaiverUsed:
    rules = {r.id: r.severity for p in packs for r in p.controls} | {c.id: c.severity for c in controls}
    # a control that isn't evaluated has no findings that could be waived
    is_to = {s: stage.standings.get((w.id, s), "unused") for s in w.facts}
    state: WaiverState = next((s for s in ("stale", "unused") if s in is_to.values()), "in force")
    if not w.holds_on(stage.as_of):
        is_to, state = {}, "expired" if w.expires_on < stage.as_of else "not yet"
    return WaiverUsed(
        id=w.id, control=w.control, severity=rules.get(w.control, "low"), state=state, reason=w.reason, requested_by=w.requested_by,
        approved_by=w.approved_by, approved_on=w.approved_on, expires_on=w.expires_on, where=w.where,
        in_force=tuple(s for s, what in is_to.items() if what == "in force"), stale=tuple(s for s, what in is_to.items() if what == "stale"),
        unused=tuple(s for s, what in is_to.items() if what == "unused"),
    )  # fmt: skip


def _disposition(d: Disposition, controls: Sequence[ControlResult], stage: Stage) -> DispositionUsed:
    if d.control not in [c.id for c in controls]:
        state = "no control"
    elif d.decided_on > stage.as_of:
        state = "not yet"
    else:
        state = stage.disposed.get(d.id, "no finding")
    return DispositionUsed(
        id=d.id, control=d.control, subject=d.subject, kind=d.kind, requested_by=d.requested_by, decided_by=d.decided_by, decided_on=d.decided_on,
        state=state, fields={n: getattr(d, n) for n in NEEDS[d.kind]},  # type: ignore[arg-type]
    )  # fmt: skip


def plugins_used(names: Sequence[str]) -> tuple[PluginUsed, ...]:
    """The enabled plugins with the distributions that they come from."""
    points = {p.name: p.dist for p in entry_points(group=GROUP)}
    found = [PluginUsed(name=CORE, distribution="disputekit", version=version("disputekit"))]
    for name in names:
        dist = points.get(name)
        if name != CORE:
            found.append(PluginUsed(name=name, distribution=dist.name if dist else "", version=dist.version if dist else ""))
    return tuple(found)


def _table(table: LoadedTable, stage: Stage) -> TableRead:
    return TableRead(
        table=table.name, title=table.spec.title,
        files=tuple(FileRead(name=f.name, sha256=f.sha256, encoding=f.encoding, rows=f.rows) for f in table.files),
        rows_read=table.rows_read, rows_loaded=table.rows_loaded, rows_rejected=table.rows_rejected,
        cells=table.rows_loaded * len(table.columns), cells_rejected={n: c.rejected for n, c in table.columns.items() if c.rejected},
        hidden=_hidden(table, stage), extracted_at=table.extracted_at,
        passed_over=tuple(RecordsPassedOver(what=p.what, why=Text(zh=speaker("zh")(p.why), en=p.why), records=p.records) for p in table.passed_over),
    )  # fmt: skip


def _hidden(table: LoadedTable, stage: Stage) -> Mapping[str, int]:
    """How many values of each instant lie after as-of, so that they count as not having happened."""
    columns = [n for n, c in table.columns.items() if c.type == "instant"]
    if not columns:
        return {}
    counts = [sql.expression("count_if($c >= $end)", c=sql.col(n), end=sql.end_of(stage.as_of)) for n in columns]
    row = stage.db.execute(sql.written(exp.select(*counts).from_(sql.tab(table.name)))).fetchone() or ()
    return {n: int(count) for n, count in zip(columns, row, strict=True) if count}
