"""Examples of a pack: facts as a lawyer reads them, and what each control must come to.

The examples of a pack are loaded together as one small register, but for those that would see one another because a control looks at what
is everybody's. Each control runs once over all that are judged on the same day and have rows that it judges: an example is decided by the
same SQL as the real register, and costs next to nothing.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from disputekit import sql
from disputekit.assess import needed
from disputekit.blocks import Blocks
from disputekit.calendars import create_calendar, load_calendar
from disputekit.checks.applicability import Contradiction, as_it_stands
from disputekit.checks.decide import NOT_CONCERNED
from disputekit.checks.names import MOMENTS
from disputekit.checks.prepare import Prepared, prepare
from disputekit.checks.stage import Stage, put_facts
from disputekit.config import OrganisationSettings, Project
from disputekit.errors import PackError, Problem, RegisterError, nearest
from disputekit.outcomes import REASONS, Outcome, Verdict
from disputekit.policies.contradicted import as_written, duties_elsewhere, unshown
from disputekit.policies.example_register import (
    Example,
    ExampleRegister,
    Stated,
    alike,
    everybodys,
    organisation_of,
    subjects_of,
    tables_read,
    together,
)
from disputekit.policies.model import Rule
from disputekit.policies.packs import Pack
from disputekit.reading import read_as, read_toml
from disputekit.register.load import load_register, open_register
from disputekit.register.loaded import Register
from disputekit.register.organisation import ORGANISATION, load_organisations, organisation_table
from disputekit.register.schema import Table
from disputekit.register.settings import Coverage, RegisterSettings, SourceSettings
from disputekit.register.tables import parent_name
from disputekit.run import Organisation
from disputekit.text import Phrase, say

FILE = "examples.toml"
WANTED: tuple[Outcome, ...] = ("pass", "fail", "unknown", "not_applicable")
"""The outcomes of which each control should have an example."""
_ALWAYS, _NEVER = date(1900, 1, 1), date(9999, 12, 31)


@dataclass(frozen=True)
class Result:
    """An example as it came out. unexpected: other controls of the pack that failed on its facts and aren't named in `also`."""

    pack: str
    example: Example
    verdict: Verdict
    due_on: date | None = None
    unexpected: tuple[str, ...] = ()

    @property
    def control(self) -> str:
        return self.example.stated.control

    @property
    def name(self) -> str:
        return self.example.stated.name

    @property
    def ok(self) -> bool:
        stated = self.example.stated
        return (
            self.verdict.outcome == stated.expect and stated.reason in ("", self.verdict.reason)
            and stated.due_on in (None, self.due_on) and not self.unexpected
        )  # fmt: skip

    @property
    def expected(self) -> str:
        """What the example says: `fail: late, due on 2026-05-11`."""
        stated = self.example.stated
        return _said(Verdict(stated.expect, stated.reason), stated.due_on)

    @property
    def found(self) -> str:
        """What it came to, as far as the example says anything about it: `pass, due on 2026-05-11, but S1.1-file fails`."""
        stated = self.example.stated
        verdict = self.verdict if stated.reason or self.verdict.outcome != stated.expect else Verdict(self.verdict.outcome)
        text = _said(verdict, self.due_on if stated.due_on is not None else None)
        return text + "".join(f", but {control} fails" for control in self.unexpected)


def _said(verdict: Verdict, due_on: date | None) -> str:
    return str(verdict) if due_on is None else f"{verdict}, due on {due_on}"


@dataclass(frozen=True)
class Report:
    """All examples as they came out, in the order of the files.

    untested: for each control the outcomes that no example expects. unshown: for each conflict what no example shows of it.
    """

    results: tuple[Result, ...]
    untested: Mapping[str, tuple[Outcome, ...]]
    unshown: Mapping[str, tuple[Phrase, ...]]

    @property
    def failed(self) -> tuple[Result, ...]:
        return tuple(r for r in self.results if not r.ok)


# ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_examples(pack: Pack, specs: Mapping[str, Table], elsewhere: Mapping[str, Pack] = MappingProxyType({})) -> tuple[Example, ...]:
    """The examples of a pack; none where it has no such file. Raises PackError with every mistake in them.

    elsewhere: the duties of other packs that its conflicts name, which only examples about a conflict may judge.
    """
    where = f"{pack.folder.name}/{FILE}"
    if not (pack.folder / FILE).is_file():
        return ()
    data = read_toml(pack.folder / FILE, where, PackError)
    wrong = [Problem(where, say("no key {name!r} here", name=name), nearest(name, ["example"])) for name in data if name != "example"]
    items = data.get("example", [])
    if not isinstance(items, list) or not all(isinstance(i, dict) for i in items):
        raise PackError(*wrong, Problem(where, say("examples are written as [[example]]")))
    names = {parent_name(t): t.name for t in specs.values()} | {t.name: t.name for t in specs.values()}
    found = [_read(item, f"{where}: example[{n}] {item.get('control', '')}".rstrip(), pack, specs=specs, names=names, elsewhere=elsewhere, wrong=wrong)
             for n, item in enumerate(items, 1)]  # fmt: skip
    if wrong:
        raise PackError(*wrong)
    return tuple(e for e in found if e is not None)


def _read(
    item: Mapping[str, Any], where: str, pack: Pack, *, specs: Mapping[str, Table], names: Mapping[str, str], elsewhere: Mapping[str, Pack],
    wrong: list[Problem],
) -> Example | None:  # fmt: skip
    fields = list(Stated.model_fields)
    unknown = [k for k in item if k not in fields and k not in names]
    wrong += [Problem(where, say("no key {name!r} here", name=k), nearest(k, [*fields, *names])) for k in unknown]
    try:
        stated = read_as(Stated, {k: v for k, v in item.items() if k in fields}, where, PackError)
    except PackError as bad:
        wrong += bad.problems
        return None
    rules = {r.id: r for r in pack.controls if r.status != "retired"}
    rules |= {r.id: r for r in _in_conflict(stated, where, pack, elsewhere, rules, wrong)}
    for name in (stated.control, *stated.also):
        if name not in rules:
            wrong.append(Problem(where, say("no control {name!r} in this pack", name=name), nearest(name, rules)))
    known = REASONS[stated.expect]
    if stated.reason and stated.expect != "fail" and stated.reason not in known:
        wrong.append(Problem(f"{where}: reason", say("{outcome} has no reason {name!r}", outcome=stated.expect, name=stated.reason),
                             nearest(stated.reason, known)))  # fmt: skip
    rows: dict[str, tuple[Mapping[str, Any], ...]] = {}
    for key, value in item.items():
        if key in names and key not in fields:
            rows[names[key]] = (*rows.get(names[key], ()), *_rows(value, specs[names[key]], f"{where}: {key}", wrong))
    if stated.control not in rules:
        return None
    subject = rules[stated.control].subject
    if subject != ORGANISATION and not rows.get(subject):
        wrong.append(Problem(where, say("nothing to judge: {table} is missing", table=parent_name(specs[subject]))))
    return Example(f"{where}: {stated.name}", stated, subject, MappingProxyType(rows))


def _in_conflict(
    stated: Stated, where: str, pack: Pack, elsewhere: Mapping[str, Pack], own: Mapping[str, Rule], wrong: list[Problem]
) -> Iterator[Rule]:
    """The duties of other packs that an example about a conflict may judge, too."""
    conflicts = {c.id: c for c in pack.conflicts}
    if not stated.conflict:
        if stated.opinion is not None:
            wrong.append(Problem(f"{where}: opinion", say("an opinion is about a conflict"), say("Say which one with conflict = '…'")))
        return
    if stated.conflict not in conflicts:
        wrong.append(
            Problem(f"{where}: conflict", say("no conflict {name!r} in this pack", name=stated.conflict), nearest(stated.conflict, conflicts))
        )
        return
    conflict = conflicts[stated.conflict]
    if stated.opinion is not None and (conflict.yields is not None or stated.opinion.yields not in conflict.between):
        wrong.append(Problem(f"{where}: opinion", say("{conflict} isn't decided by such an opinion", conflict=conflict.id),
                             say("Between: {names}", names=", ".join(conflict.between))))  # fmt: skip
    for name in conflict.between:
        if name in elsewhere:
            yield elsewhere[name].controls[0]
        elif name not in own:
            wrong.append(Problem(f"{where}: conflict", say("no pack that is enabled or offered has the control {name!r}", name=name),
                                 say("Enable its pack to try the conflict")))  # fmt: skip


def _rows(value: Any, spec: Table, where: str, wrong: list[Problem]) -> tuple[Mapping[str, Any], ...]:
    rows = (value,) if isinstance(value, dict) else value
    if spec.name == ORGANISATION:
        wrong.append(Problem(where, say("an example says only the organisation's dates"), say("Write wind_down = { dissolution_approved_on = … }")))
        return ()
    if not isinstance(rows, list | tuple) or not all(isinstance(r, dict) for r in rows):
        wrong.append(Problem(where, say("found {found!r}, not a row", found=str(value)[:80]), say("Write { column = value }, or a list of these")))
        return ()
    for column in dict.fromkeys(c for r in rows for c in r):
        if column not in spec.columns and (spec.is_record or not column.endswith(MOMENTS)):
            wrong.append(Problem(where, say("no column {name!r}", name=column), nearest(column, spec.columns)))
    return tuple(rows)


# ── running ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def run_examples(packs: Sequence[Pack], blocks: Blocks, project: Project | None = None) -> Report:
    """Tries every example of the packs as they are written, without the parameters that an organisation set itself.

    project: whose time zone instants without an offset are in; the same as the default of a project where none is given. Raises PackError
    with every mistake in the examples themselves.
    """
    zone = ZoneInfo(OrganisationSettings(name="").timezone) if project is None else project.zone
    wrong: list[Problem] = []
    read: list[tuple[Pack, tuple[Example, ...]]] = []
    elsewhere = duties_elsewhere(packs, blocks, project)
    for enabled in packs:
        pack = as_written(enabled, blocks)
        try:
            read.append((pack, read_examples(pack, blocks.tables, elsewhere)))
        except PackError as bad:
            wrong += bad.problems
    if wrong:
        raise PackError(*wrong)
    results = [r for pack, examples in read for r in _try(pack, examples, elsewhere, blocks, zone)]
    untested = {control: outcomes for pack, examples in read for control, outcomes in _untested(pack, examples)}
    not_shown = {conflict: what for pack, examples in read for conflict, what in unshown(pack, examples)}
    return Report(tuple(results), MappingProxyType(untested), MappingProxyType(not_shown))


def _untested(pack: Pack, examples: Sequence[Example]) -> Iterator[tuple[str, tuple[Outcome, ...]]]:
    for rule in pack.controls:
        had = {e.stated.expect for e in examples if e.stated.control == rule.id and not e.stated.conflict}
        missing = tuple(o for o in WANTED if o not in had)
        if rule.status != "retired" and missing:
            yield rule.id, missing


def _try(pack: Pack, examples: Sequence[Example], elsewhere: Mapping[str, Pack], blocks: Blocks, zone: ZoneInfo) -> list[Result]:
    # a draft is tried like any other control; what it finds elsewhere counts only once it is active
    active = replace(pack, controls=tuple(r.model_copy(update={"status": "active"}) for r in pack.controls if r.status != "retired"))
    drafts = {r.id for r in pack.controls if r.status == "draft"}
    tried: dict[int, Result] = {}
    numbered = dict(enumerate(examples, 1))
    for conflict in (None, *pack.conflicts):
        packs = (active, *(elsewhere[name] for name in conflict.between if name in elsewhere)) if conflict is not None else (active,)
        mine = {n: e for n, e in numbered.items() if e.stated.conflict == (conflict.id if conflict is not None else "")}
        shared: dict[str, tuple[str, ...]] = {}
        for rule in (r for p in packs for r in p.controls):
            shared[rule.subject] = (*shared.get(rule.subject, ()), *everybodys(rule, blocks.kinds[rule.kind], blocks.tables))
        loads: dict[str, dict[int, Example]] = {}
        for number, example in mine.items():
            loads.setdefault(alike(number, example, shared, blocks.tables), {})[number] = example
        tables = tables_read(packs, tuple(mine.values()), blocks.kinds, blocks.tables)
        for some in loads.values():
            stated = next(iter(some.values())).stated
            stands = () if conflict is None else (as_it_stands(conflict, stated.opinion, stated.as_of),)
            for number, result in _tried_together(packs, stands, some, tables, blocks, zone).items():
                tried[number] = replace(result, unexpected=tuple(c for c in result.unexpected if c not in drafts))
    return [tried[n] for n in sorted(tried)]


def _tried_together(
    packs: Sequence[Pack], stands: Sequence[Contradiction], examples: Mapping[int, Example], tables: Mapping[str, tuple[str, ...]], blocks: Blocks,
    zone: ZoneInfo,
) -> dict[int, Result]:  # fmt: skip
    """Loads the examples as one register, and runs the controls over it once for each day (and calendar, and coverage) among them.

    packs: that of the examples, and those of duties that contradict one of its own. stands: the conflict that the examples are about.
    """
    pack = packs[0]
    rows = together(examples, tables, blocks.tables)
    tried: dict[int, Result] = {}
    with tempfile.TemporaryDirectory(prefix="disputekit-") as name, duckdb.connect(config={"threads": 1}) as db:
        folder = Path(name)
        organisations = {organisation_of(n): Organisation("", wind_down=e.stated.wind_down) for n, e in examples.items()}
        register, prepared = _loaded(db, folder, rows, organisations, packs=packs, stands=stands, blocks=blocks, zone=zone)
        days: dict[str, dict[int, Example]] = {}
        for number, example in sorted(examples.items(), key=lambda item: item[1].stated.calendar):
            days.setdefault(_day(example.stated), {})[number] = example
        known = ""
        for group in days.values():
            stated = next(iter(group.values())).stated
            there = {subject for example in group.values() for subject in subjects_of(example)}
            concerned = [p for p in prepared if p.reads.subject in there]
            if stated.calendar != known:
                for table in ("calendar", "working_days", "earliest_days"):
                    db.execute(f"drop table if exists {table}")
                calendar = load_calendar(stated.calendar, pack.folder, f"{pack.folder.name}/{FILE}")
                create_calendar(db, calendar)
                known = stated.calendar
            extracted = stated.extracted_at
            if extracted is not None and extracted.tzinfo is not None:
                extracted = extracted.astimezone(zone).replace(tzinfo=None)
            seen = MappingProxyType({t: replace(loaded, extracted_at=extracted) for t, loaded in register.tables.items()})
            stage = put_facts(db, blocks.tables, _coverage(stated, blocks.tables), concerned, replace(register, tables=seen), calendar, stated.as_of,
                              folder / "queries")  # fmt: skip
            tried |= _results(stage, concerned, pack, group, rows)
            for facts in stage.facts.values():
                for made in (facts.table, facts.later, facts.pauses):
                    db.execute(f"drop table if exists {sql.written(sql.name(made))}")
    return tried


def _day(stated: Stated) -> str:
    """What examples must have in common to be judged together."""
    coverage = stated.coverage if isinstance(stated.coverage, str) else {k: str(c.from_on) for k, c in stated.coverage.items()}
    return json.dumps([stated.calendar, str(stated.as_of), coverage, str(stated.extracted_at)])


def _coverage(stated: Stated, tables: Iterable[str]) -> dict[str, Coverage]:
    everything = {t: Coverage.model_validate({"from": _ALWAYS if stated.coverage == "all" else _NEVER}) for t in tables}
    return everything if isinstance(stated.coverage, str) else {**everything, **stated.coverage}


def _loaded(
    db: duckdb.DuckDBPyConnection,
    folder: Path,
    rows: ExampleRegister,
    organisations: Mapping[str, Organisation],
    *,
    packs: Sequence[Pack],
    stands: Sequence[Contradiction],
    blocks: Blocks,
    zone: ZoneInfo,
) -> tuple[Register, tuple[Prepared, ...]]:
    """The examples' rows through the real readers, and the controls made ready against them."""
    specs, where = blocks.tables, f"{packs[0].folder.name}/{FILE}"
    for made in ("scratch", "queries"):
        (folder / made).mkdir()
    for table, items in rows.rows.items():
        (folder / f"{table}.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in items), encoding="utf-8")
    settings = RegisterSettings(tables=MappingProxyType({t: SourceSettings(path=(f"{t}.jsonl",)) for t in rows.rows}))
    own = organisation_table(next(iter(organisations.values())), specs[ORGANISATION])
    try:
        opened = open_register(settings, folder, specs, blocks.sources, folder / "scratch")
        prepared = prepare(packs, (), blocks.kinds, specs, {**opened, ORGANISATION: own}, stands)
        need, places = needed(prepared, specs)
        register = load_register(db, opened, zone, need, places, lambda _: None)
    except RegisterError as bad:
        raise PackError(*(Problem(f"{where}: {p.where}", p.what, p.hint) for p in bad.problems)) from None
    load_organisations(db, own, organisations)
    return replace(register, tables=MappingProxyType({**register.tables, ORGANISATION: own})), prepared


def _results(stage: Stage, prepared: Sequence[Prepared], pack: Pack, group: Mapping[int, Example], rows: ExampleRegister) -> dict[int, Result]:
    found: dict[int, tuple[Verdict, date | None]] = {}
    failed: dict[int, list[str]] = {n: [] for n in group}
    for p in prepared:
        verdicts = _verdicts(stage, p)
        for number, example in group.items():
            if example.stated.control == p.id:
                found[number] = verdicts.get(rows.judged[number], (NOT_CONCERNED, None))
        for subject, (verdict, _) in verdicts.items():
            number = rows.of.get((p.reads.subject, subject), 0)
            if verdict.outcome == "fail" and number in group and p.id not in (group[number].stated.control, *group[number].stated.also):
                failed[number].append(p.id)
    return {n: Result(pack.id, e, *found[n], tuple(dict.fromkeys(failed[n]))) for n, e in group.items()}


def _verdicts(stage: Stage, p: Prepared) -> dict[str, tuple[Verdict, date | None]]:
    """What a control comes to for each subject that it concerns, and when it is due."""
    if p.absent:
        raise PackError.at(p.id, say("reads what isn't supplied: {names}", names=", ".join(map(str, p.absent))))
    query = stage.query(p, stage.vocabulary(p))
    due = sql.col("due_on") if "due_on" in query.named_selects else sql.null("date")
    # of several findings of a subject, the one with which it is counted
    counted = sql.expression("subjects > 0") if "subjects" in query.named_selects else sql.boolean(True)
    told = sql.fill("select subject, verdict, $due as due_on from $q where $counted", due=due, counted=counted, q=query.subquery("q", copy=False))
    rows = stage.db.execute(sql.written(told, last=True)).fetchall()
    return {subject: (Verdict.read(verdict), due_on) for subject, verdict, due_on in rows}
