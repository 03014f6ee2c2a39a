"""The main job: a register, packs and a day become an assessment. One function per stage, in their order."""

import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType

import duckdb

from disputekit import sql
from disputekit.assessment.earlier import with_earlier
from disputekit.assessment.folder import flush, part_of, previous_of, written_whole
from disputekit.assessment.manifest import FILE, Manifest
from disputekit.assessment.reworded import as_approved, reword_decisions, reword_packs
from disputekit.assessment.summing_up import sum_up
from disputekit.blocks import Blocks, blocks_of, packs_of
from disputekit.calendars import create_calendar, load_calendar
from disputekit.checks.applicability import contradictions
from disputekit.checks.beside import facts_of
from disputekit.checks.decide import file_sha256
from disputekit.checks.names import RecordMoment, SharedMoment, Supplied
from disputekit.checks.prepare import Prepared, prepare, with_waivers
from disputekit.checks.stage import Progress, Stage, check, put_facts
from disputekit.checks.subjects import described, describing, write_subjects
from disputekit.checks.warnings import write_warnings
from disputekit.config import Project
from disputekit.errors import AssessmentError
from disputekit.identify import as_checks, identify
from disputekit.keep import as_checks as sections_as_checks
from disputekit.keep import keep
from disputekit.plugins import Failure, Given
from disputekit.policies.packs import Pack
from disputekit.register.load import load_register, open_register
from disputekit.register.loaded import Register
from disputekit.register.organisation import ORGANISATION, load_organisation, organisation_table
from disputekit.register.reworded import PSEUDONYMS, Rewording, name_columns, reword
from disputekit.register.schema import Table
from disputekit.run import Control, Previous, Run
from disputekit.text import Language, say
from disputekit.trigger import as_checks as triggers_as_checks
from disputekit.trigger import trigger
from disputekit.waivers import Decisions, Subjected, check_waivers, load_decisions

CALENDAR_READ = "create table calendar as select * from 'calendar.parquet' order by day"
"""How a stranger makes the calendar's table from the assessment's folder; the library that it came from may know other days by then."""


@dataclass(frozen=True)
class Engine:
    """How the engine may use the machine; none of it changes what comes out. `memory_limit` as DuckDB writes it: "1 GiB"."""

    threads: int | None = None
    memory_limit: str | None = None


@dataclass(frozen=True)
class Again:
    """An assessment that is made again of a reworded register: its folder, its previous one and where that is (`before`), how the register is put, and where the file with the
    pseudonyms of identifiers is to be, for whoever compares the two. words: what stands for texts of packs.
    """

    assessment: Path
    previous: Previous | None
    before: Path | None
    rewording: Rewording
    pseudonyms: Path
    words: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Collected:
    """What the hooks of the later stages gave, and what failed on the way."""

    checks: tuple[Given, ...]
    detectors: tuple[Given, ...]
    triggers: tuple[Given, ...]
    sections: tuple[Given, ...]
    exports: tuple[Given, ...]
    training: tuple[Given, ...]
    failures: tuple[Failure, ...]


@dataclass(frozen=True)
class Loaded:
    """What stage 1 came to: the register, and the checks made ready against it; to the facts detectors, kept sections and triggers are checks."""

    checks: tuple[Prepared, ...]
    detectors: tuple[Prepared, ...]
    sections: tuple[Prepared, ...]
    triggers: tuple[Prepared, ...]
    register: Register


def assess(
    project: Project,
    as_of: date,
    out: Path,
    *,
    engine: Engine = Engine(),
    previous: Path | None = None,
    replace_existing: bool = False,
    language: Language | None = None,
    progress: Progress = lambda *_: None,
    again: Again | None = None,
) -> Manifest:
    """Checks a register as of a day and writes the assessment to the folder `out`.

    again: an assessment that was made of the same, made again in other words; its register is written beside it.

    Raises DisputekitError for mistakes in the configuration, the packs or the sources; whatever fails in a plugin or a single control is
    contained, and stands in the manifest's errors.
    """
    started = time.time()
    blocks = blocks_of(project)
    packs = packs_of(project, blocks)
    if again is not None:
        packs = reword_packs(packs, blocks.tables, again.rewording, again.words)
    run = run_of(project, packs, as_of, again.previous if again is not None else previous_of(previous), language)
    collected = collect(blocks, run)
    decisions = load_decisions(project)
    check_waivers(decisions, subjected(packs, collected.checks))
    calendar = load_calendar(project.file.organisation.calendar, project.folder, project.path.name)
    with written_whole(out, replace=replace_existing) as folder, workspace(engine) as (db, scratch):
        for name in ("findings", "queries"):
            (folder / name).mkdir()
        progress(say("Opening the sources"), 0, 0)
        loaded = load(db, project, blocks, packs, collected, run, scratch, folder, progress, decisions,
                      rewording=again.rewording if again is not None else None,
                      previous=again.before if again is not None else previous)  # fmt: skip
        register, beside = loaded.register, [*loaded.detectors, *loaded.sections, *loaded.triggers]
        prepared, left_out = [p for p in loaded.checks if not p.left_out], [p for p in loaded.checks if p.left_out]
        reworded, approved = None, dict[tuple[str, str], tuple[int | None, ...]]()
        if again is not None:
            progress(say("Replacing identifiers by pseudonyms"), 0, 0)
            reworded = reword(db, register, again.rewording, need_of(loaded.checks, beside, blocks, register.tables), folder, scratch)
            db.execute(sql.to_parquet(f"from {PSEUDONYMS}", again.pseudonyms))
            register, approved = reworded.register, as_approved(db, decisions, again.assessment)
        counts = create_calendar(db, calendar)
        (folder / "queries" / "02_calendar.sql").write_text("".join(f"{text};\n\n" for text in (CALENDAR_READ, *counts)), encoding="utf-8")
        db.execute(sql.to_parquet("select * from calendar order by day", folder / "calendar.parquet"))
        rejects = folder / "rejects.parquet"
        rejected = register.rejects
        if rejected:
            db.execute(sql.to_parquet("select * from rejects order by all", rejects))
        lock(db, folder)
        progress(say("Putting the facts together"), 0, 0)
        stage = put_facts(db, blocks.tables, project.register.coverage, [*prepared, *beside], register, calendar, as_of, folder / "queries")
        stage.failures += [*blocks.failures, *collected.failures]
        if reworded is not None and again is not None and decisions:
            subjects_of = {p.id: blocks.tables[p.reads.subject] for p in prepared}
            facts = facts_without_waivers(stage, prepared, folder, decisions)
            decisions = reword_decisions(decisions, approved, facts, subjects_of, blocks.tables, again.rewording, reworded.mask)
        controls = check(stage, prepared, folder, progress, decisions)
        warned = write_warnings(db, controls, folder)
        subjects = write_subjects(stage, described(prepared, register.tables), controls, folder)
        found = identify(stage, loaded.detectors, collected.detectors, run, controls, folder, progress)
        progress(say("Summing up"), 0, 0)
        kept = keep(stage, loaded.sections, folder)
        triggered = trigger(stage, loaded.triggers, collected.triggers, controls, found, run, folder)
        manifest = sum_up(project, blocks, packs, run, calendar, register, stage, controls, left_out, found, triggered,
                          file_sha256(rejects) if rejected else None, decisions)  # fmt: skip
        manifest = manifest.model_copy(update={"warnings": warned, "subjects": (*subjects, *kept)})
        (folder / FILE).write_text(manifest.written(), encoding="utf-8")
        (folder / "run.json").write_text(json.dumps({"started": started, "seconds": round(time.time() - started, 3)}) + "\n", encoding="utf-8")
        flush(folder)
    return manifest


def run_of(project: Project, packs: Sequence[Pack], as_of: date, previous: Previous | None, language: Language | None) -> Run:
    """The run that plugins see."""
    controls = tuple(
        Control(rule, pack.id, pack.plugin, pack.instruments.get(rule.cite.split(" ")[0]) if rule.cite else None)
        for pack in packs
        for rule in pack.controls
    )
    settings = project.file.organisation
    calendar = settings.calendar if isinstance(settings.calendar, str) else json.dumps(dict(settings.calendar), sort_keys=True)
    return Run(as_of, project.zone, language or settings.language, project.organisation, calendar, controls,
               MappingProxyType({p.id: p.parameters for p in packs}), previous, MappingProxyType({p.id: p.instruments for p in packs}))  # fmt: skip


def subjected(packs: Sequence[Pack], coded: Sequence[Given]) -> dict[str, Subjected]:
    """What a waiver must know of each control, evaluated or not, and of each coded check."""
    found = {r.id: Subjected(r.basis, r.cite, r.severity) for p in packs for r in p.controls}
    return found | {c.id: Subjected(c.basis, c.cite, c.severity) for _, c in coded}


def collect(blocks: Blocks, run: Run) -> Collected:
    """Calls the hooks of all later stages; what they give is run in its stage."""
    failures: list[Failure] = []

    def given(hook: str) -> tuple[Given, ...]:
        found, failed = blocks.plugins.call(hook, run=run)
        failures.extend(failed)
        return found

    training, checks, detectors = given("training_records"), given("regulatory_checks"), given("risk_points")
    triggers, sections, exports = given("emergency_triggers"), given("report_sections"), given("evaluation_exports")
    return Collected(checks, detectors, triggers, sections, exports, training, tuple(failures))


@contextmanager
def workspace(engine: Engine) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """An engine over a database of its own on disk, and an empty folder; both vanish afterwards."""
    with tempfile.TemporaryDirectory(prefix="disputekit-") as name:
        scratch = Path(name)
        settings: dict[str, str | bool | int | float | list[str]] = {"temp_directory": str(scratch / "spill"), "preserve_insertion_order": "false",
                                          "autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}  # fmt: skip
        if engine.threads is not None:
            settings["threads"] = engine.threads
        if engine.memory_limit is not None:
            settings["memory_limit"] = engine.memory_limit
        with duckdb.connect(scratch / "register.duckdb", config=settings) as db:
            # the database is thrown away: writing it out neatly at the end would be work for nothing
            db.execute("pragma disable_checkpoint_on_shutdown")
            (scratch / "sources").mkdir()
            yield db, scratch / "sources"


def load(
    db: duckdb.DuckDBPyConnection, project: Project, blocks: Blocks, packs: Sequence[Pack], collected: Collected, run: Run, scratch: Path,
    folder: Path, progress: Progress, decisions: Decisions = Decisions(), every_place: bool = False,  # noqa: B008 — frozen
    only: str | None = None, rewording: Rewording | None = None, previous: Path | None = None,
) -> Loaded:  # fmt: skip
    """Stage 1. Opens the sources, makes checks, detectors and triggers ready against what they supply, and loads only what is read.

    every_place: each row of each table can be told by its place, which costs time. only: the one control that is made ready; the others still
    stand in conflict with it. previous: the folder of the assessment before.
    """
    settings, sources = with_earlier(project.register, blocks.tables, previous, project.folder, run.as_of), dict(blocks.sources)
    for plugin, records in collected.training:
        if records.table in settings.tables:
            raise AssessmentError.at(f"{plugin}: training_records", say("{table} comes from [register.{table}] already", table=records.table))
        own = records.settings
        if records.source is not None:
            name = f"{plugin}:{records.source.name}"
            sources[name] = replace(records.source, name=name)
            own = own.model_copy(update={"format": name})
        tables = {**settings.tables, records.table: own}
        settings = settings.model_copy(update={"tables": MappingProxyType(tables)})
    opened = open_register(settings, project.folder, blocks.tables, sources, scratch)
    house = organisation_table(run.organisation, blocks.tables[ORGANISATION])
    supplied: dict[str, Supplied] = {**opened, ORGANISATION: house}
    contrary = contradictions(packs, project.file.opinions, run.as_of)
    if only is not None:
        packs = tuple(replace(p, controls=tuple(r for r in p.controls if r.id == only)) for p in packs)
    prepared = prepare(packs, collected.checks, blocks.kinds, blocks.tables, supplied, contrary)
    prepared = with_waivers(prepared, decisions, blocks.tables, supplied)
    detectors, sections, triggers = (
        prepare((), checks, blocks.kinds, blocks.tables, supplied)
        for checks in (as_checks(collected.detectors), sections_as_checks(collected.sections), triggers_as_checks(collected.triggers))
    )
    beside = [*detectors, *sections, *triggers]
    _, places = needed([*prepared, *beside], blocks.tables)
    need = need_of(prepared, beside, blocks, supplied)
    if rewording is not None:
        names = name_columns(blocks.tables, rewording, {t: s.columns for t, s in opened.items()})
        need = {t: need.get(t, frozenset()) | names.get(t, frozenset()) for t in (*need, *names)}
    places = frozenset(opened) if every_place else places
    register = load_register(db, opened, project.zone, need, places, lambda what: progress(say("Loading {table}", table=what), 0, 0))
    texts = [*register.sql.values(), load_organisation(db, house, run.organisation)]
    (folder / "queries" / "00_register.sql").write_text("".join(f"{text};\n\n" for text in texts), encoding="utf-8")
    return Loaded(prepared, detectors, sections, triggers, replace(register, tables=MappingProxyType({**register.tables, ORGANISATION: house})))


def need_of(checks: Sequence[Prepared], beside: Sequence[Prepared], blocks: Blocks, supplied: Mapping[str, Supplied]) -> dict[str, frozenset[str]]:
    """The columns of each table that a check, a detector, a trigger (these are `beside`) or the description of the subjects reads."""
    need, _ = needed([p for p in (*checks, *beside) if not p.left_out], blocks.tables)
    describes = describing(described(checks, supplied), supplied)
    return {t: need.get(t, frozenset()) | describes.get(t, frozenset()) for t in (*need, *describes)}


def facts_without_waivers(stage: Stage, prepared: Sequence[Prepared], folder: Path, decisions: Decisions) -> dict[str, dict[str, tuple[str, ...]]]:
    """By control that has waivers, and by subject, the hashes of the facts of its findings as they come out without them."""
    waived = [p for p in prepared if decisions.of(p.id).waivers]
    failures = len(stage.failures)
    done = check(stage, waived, folder, lambda *_: None)
    del stage.failures[failures:]  # they come again when the controls are checked with their waivers
    return {c.id: facts_of(stage.db, c.id, folder / part_of(c.id)) for c in done if c.findings_sha256 is not None}


def needed(prepared: Sequence[Prepared], specs: Mapping[str, Table]) -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """The columns of each table that somebody reads, and the tables whose rows must be known by their place."""
    need: dict[str, set[str]] = {}
    places: set[str] = set()
    for p in prepared:
        subject = specs[p.reads.subject]
        need.setdefault(subject.name, set())
        if (subject.key is None or subject.key_optional) and not p.check.grouped:
            places.add(subject.name)
        for column in p.reads.columns:
            alias, _, theirs = column.partition(".")
            if theirs and f"{alias}_id" in subject.refers:
                need.setdefault(subject.refers[f"{alias}_id"], set()).add(theirs)
                need[subject.name].add(f"{alias}_id")
            else:
                need[subject.name].add(column)
        for m in p.moments.values():
            if isinstance(m, SharedMoment):
                cells = m.columns
            else:
                cells = ((m.table if isinstance(m, RecordMoment) else subject.name, m.column),)
            for table, own in cells:
                need.setdefault(table, set()).add(own)
        for records in p.reads.records:
            need.setdefault(records.table, set()).update(records.columns)
    return {t: frozenset(c) for t, c in need.items()}, frozenset(places)


def lock(db: duckdb.DuckDBPyConnection, *places: Path) -> None:
    """From here on no query reaches a file but these and those below these folders, and none changes a setting."""
    for setting, some in (("allowed_directories", [p for p in places if not p.is_file()]), ("allowed_paths", [p for p in places if p.is_file()])):
        db.execute(f"set {setting} = [{', '.join(sql.written(sql.text(str(p))) for p in some)}]")
    db.execute("set enable_external_access = false")
    db.execute("set lock_configuration = true")
