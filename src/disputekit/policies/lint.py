"""What is probably wrong with a pack that loads: names that nothing ever has, texts that weren't translated, sources that nobody re-read.

The checks are the functions of `CHECKS`, and no others; each is about the packs as they are written, whatever an organisation overrides.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel
from sqlglot import exp

from disputekit.assess import Engine, workspace
from disputekit.blocks import Blocks
from disputekit.checks.names import RecordMoment
from disputekit.checks.prepare import CONDITION_FIELDS, Prepared, prepare
from disputekit.config import Project
from disputekit.errors import Problem, RegisterError, nearest
from disputekit.policies.conditions import columns_read
from disputekit.policies.contradicted import as_written, duties_elsewhere, unshown
from disputekit.policies.example_register import Example
from disputekit.policies.examples import FILE as EXAMPLES
from disputekit.policies.examples import read_examples
from disputekit.policies.model import Rule
from disputekit.policies.packs import Pack, parameters_used
from disputekit.register.load import load_register, open_register
from disputekit.register.loaded import SuppliedColumn
from disputekit.register.organisation import ORGANISATION
from disputekit.register.schema import Table
from disputekit.sql import col, tab, written
from disputekit.text import Text, say

REVIEW_AFTER = 180
"""Days after which somebody should read the text of an instrument again: a default of good practice, not of any law."""
_CHINESE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")


@dataclass(frozen=True)
class Finding:
    """One thing to look at. check: which of the checks found it."""

    check: str
    problem: Problem


@dataclass(frozen=True)
class Report:
    """What was found, in the order of the packs and the checks. unread: why the register couldn't be looked at, so that a name is known by
    the examples alone.
    """

    findings: tuple[Finding, ...]
    unread: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class _Linted:
    """A pack and what the checks know about it. occurring: by record table, the kinds that occur; others: the packs before it."""

    pack: Pack
    examples: tuple[Example, ...]
    prepared: tuple[Prepared, ...]
    occurring: Mapping[str, frozenset[str]]
    as_of: date
    others: "tuple[_Linted, ...]" = ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(r for r in self.pack.controls if r.status != "retired")

    def at(self, control: str) -> str:
        return f"{self.pack.folder.name}/pack.toml: controls[{[r.id for r in self.pack.controls].index(control) + 1}] {control}"


@dataclass(frozen=True)
class _AllOf:
    """A table as if somebody supplied all of it: every column that it may have."""

    spec: Table
    columns: Mapping[str, SuppliedColumn] = field(default_factory=lambda: MappingProxyType({}))


def lint(packs: Sequence[Pack], blocks: Blocks, as_of: date, project: Project | None = None) -> Report:
    """Looks at packs that load. as_of: the day to which reviews are counted. project: whose register may have names of its own.

    Raises PackError for mistakes in the examples, and for names and conditions that no register could make sense of.
    """
    written_packs = [as_written(p, blocks) for p in packs]
    elsewhere = duties_elsewhere(packs, blocks, project)
    examples = [read_examples(p, blocks.tables, elsewhere) for p in written_packs]
    own, occurring, unread = _register(project, blocks, written_packs, examples)
    done: tuple[_Linted, ...] = ()
    for pack, given in zip(written_packs, examples, strict=True):
        seen = {t: frozenset((*occurring.get(t, ()), *_kinds_in(given, t, blocks.tables))) for t in blocks.tables}
        done += (_Linted(pack, given, _prepared(pack, blocks, own, given), seen, as_of, done),)
    return Report(tuple(Finding(name, p) for one in done for name, check in CHECKS.items() for p in check(one)), unread)


# ── the checks ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _unknown_milestones(linted: _Linted) -> Iterator[Problem]:
    for p in linted.prepared:
        for m in _unseen(p, linted.occurring):
            known = linted.occurring[m.table]
            yield Problem(linted.at(p.id),
                          say("{name!r}: no column of {subject}, and {table} of kind {kind!r} occur neither in {examples} nor in the register",
                              name=m.name, subject=p.reads.subject, table=m.table, kind=m.kind, examples=EXAMPLES),
                          nearest(str(m.kind), known) if known else say("Write an example in which it happens"))  # fmt: skip


def _uncited_law(linted: _Linted) -> Iterator[Problem]:
    for rule in linted.rules:
        for place, name, _ in parameters_used(rule):
            parameter = linted.pack.parameters[name]
            if rule.basis == "law" and parameter.basis == "practice" and any(v.cite is None for v in parameter.values):
                yield Problem(f"{linted.at(rule.id)}: {place}",
                              say("a control of the law is judged by {name!r}, which is practice and cites nothing", name=name),
                              say("Cite where the law sets it, or give the control basis = 'practice'"))  # fmt: skip
            if rule.basis == "practice" and parameter.basis == "law" and rule.cite is None:
                yield Problem(f"{linted.at(rule.id)}: {place}",
                              say("a control of practice rests on {name!r}, a value of the law, and cites nothing", name=name),
                              say("Cite the instrument"))  # fmt: skip


def _untranslated(linted: _Linted) -> Iterator[Problem]:
    where = f"{linted.pack.folder.name}/pack.toml"
    parts: list[tuple[str, BaseModel]] = [(f"{where}: pack", linted.pack.head)]
    parts += [(f"{where}: instruments.{n}", i) for n, i in linted.pack.instruments.items()]
    parts += [(f"{where}: parameters.{n}", p) for n, p in linted.pack.parameters.items()]
    parts += [(linted.at(r.id), r) for r in linted.rules]
    for place, text in ((f"{at}: {name}", text) for at, model in parts for name, text in _texts(model)):
        if text.absent is not None:
            yield Problem(place, say("it is there in one language only: {text!r}", text=text.en if text.absent == "zh" else text.zh),
                          say("Write it in Chinese") if text.absent == "zh" else say("Write it in English"))  # fmt: skip
            continue
        # texts that are the same in both can't but be one or the other
        if not _CHINESE.search(text.zh):
            yield Problem(place, say("zh has no Chinese in it: {text!r}", text=text.zh), say("Write it in Chinese"))
        if _CHINESE.search(text.en):
            yield Problem(place, say("en has Chinese in it: {text!r}", text=text.en), say("Write it in English"))


def _not_reviewed(linted: _Linted) -> Iterator[Problem]:
    for name, instrument in linted.pack.instruments.items():
        days = (linted.as_of - instrument.reviewed_on).days
        if days < 0:
            yield Problem(f"{linted.pack.folder.name}/pack.toml: instruments.{name}",
                          say("reviewed on {day}, which is still to come", day=instrument.reviewed_on.isoformat()),
                          say("Write the day on which somebody read its text"))  # fmt: skip
        if days > REVIEW_AFTER:
            yield Problem(f"{linted.pack.folder.name}/pack.toml: instruments.{name}",
                          say("last reviewed on {day}, {days} days ago", day=instrument.reviewed_on.isoformat(), days=days),
                          say("Read its text again, and set reviewed_on"))  # fmt: skip


def _never_failing(linted: _Linted) -> Iterator[Problem]:
    failing = {e.stated.control for e in linted.examples if e.stated.expect == "fail"}
    for rule in linted.rules:
        if rule.id not in failing:
            yield Problem(linted.at(rule.id), say("no example shows it failing"), say("Add one with expect = 'fail' to {file}", file=EXAMPLES))


def _conflicts_unshown(linted: _Linted) -> Iterator[Problem]:
    for conflict, missing in unshown(linted.pack, linted.examples):
        for what in missing:
            yield Problem(f"{linted.pack.folder.name}/pack.toml: conflicts {conflict}", say("no example shows {what}", what=what),
                          say("Add one with conflict = {conflict!r} to {file}", conflict=conflict, file=EXAMPLES))  # fmt: skip


def _same_fields(linted: _Linted) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for one in (*linted.others, linted):
        for rule in one.rules:
            values = {name: one.pack.parameters[name].values for _, name, _ in parameters_used(rule)}
            what = repr((rule.model_dump(exclude={"id", "title", "remedy"}), values))
            other = seen.setdefault(what, rule.id)
            if other != rule.id and one is linted:
                yield Problem(linted.at(rule.id), say("has the same fields as {other}", other=other), say("Leave one of them away"))


def _reads_nothing(linted: _Linted) -> Iterator[Problem]:
    for rule in linted.rules:
        for name in CONDITION_FIELDS:
            text = getattr(rule, name, None)
            if text is not None and not columns_read(text):
                yield Problem(f"{linted.at(rule.id)}: {name}", say("{condition!r} reads no column, so it is the same for everybody", condition=text),
                              say("Name a column, or leave it away"))  # fmt: skip


CHECKS: Mapping[str, Callable[[_Linted], Iterator[Problem]]] = MappingProxyType({
    "unknown-milestone": _unknown_milestones, "uncited-law": _uncited_law, "untranslated": _untranslated, "not-reviewed": _not_reviewed,
    "no-failing-example": _never_failing, "conflict-without-example": _conflicts_unshown, "same-fields": _same_fields, "reads-nothing": _reads_nothing,
})  # fmt: skip


def _texts(model: BaseModel) -> Iterator[tuple[str, Text]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, Text):
            yield name, value
        elif isinstance(value, BaseModel):
            yield from ((f"{name}.{below}", text) for below, text in _texts(value))


# ── what names mean, and what occurs ───────────────────────────────────────────────────────────────────────────────────────────────────


def _prepared(pack: Pack, blocks: Blocks, own: Mapping[str, Mapping[str, SuppliedColumn]], examples: Sequence[Example]) -> tuple[Prepared, ...]:
    """The controls with each name resolved as if all that a register could have were there. Drafts are looked at like any other."""
    dates = {d for e in examples for d in e.stated.wind_down}
    supplied = {}
    for name, spec in blocks.tables.items():
        columns = {n: SuppliedColumn(n, c.type, n) for n, c in spec.columns.items()} | dict(own.get(name, {}))
        given = dates if name == ORGANISATION else {c for e in examples for r in e.rows.get(name, ()) for c in r}
        columns |= {n: SuppliedColumn(n, "instant", n) for n in sorted(given) if n not in columns}
        supplied[name] = _AllOf(spec, MappingProxyType(columns))
    rules = tuple(r if r.status == "retired" else r.model_copy(update={"status": "active"}) for r in pack.controls)
    return prepare([replace(pack, controls=rules)], (), blocks.kinds, blocks.tables, supplied)


def _unseen(p: Prepared, occurring: Mapping[str, frozenset[str]]) -> list[RecordMoment]:
    moments = [m for m in p.moments.values() if isinstance(m, RecordMoment) and m.kind is not None]
    return [m for m in moments if m.kind not in occurring.get(m.table, ())]


def _kinds_in(examples: Sequence[Example], table: str, specs: Mapping[str, Table]) -> Iterator[str]:
    kind = specs[table].kind
    if kind is not None:
        yield from (str(r[kind]) for e in examples for r in e.rows.get(table, ()) if r.get(kind) is not None)


def _register(
    project: Project | None, blocks: Blocks, packs: Sequence[Pack], examples: Sequence[tuple[Example, ...]]
) -> tuple[Mapping[str, Mapping[str, SuppliedColumn]], Mapping[str, frozenset[str]], tuple[Problem, ...]]:
    """What the project's register supplies: the columns of each table, and the kinds in those tables where the examples leave a name unseen.

    Nothing of it where there is no register, and the reasons where it can't be read.
    """
    own: dict[str, Mapping[str, SuppliedColumn]] = {}
    if project is None:
        return own, {}, ()
    own[ORGANISATION] = {n: SuppliedColumn(n, "date", n) for n in project.organisation.wind_down}
    occurring: dict[str, frozenset[str]] = {}
    try:
        with workspace(Engine()) as (db, scratch):
            opened = open_register(project.register, project.folder, blocks.tables, blocks.sources, scratch)
            own |= {name: table.columns for name, table in opened.items()}
            wanted: set[str] = set()
            for pack, given in zip(packs, examples, strict=True):
                seen = {t: frozenset(_kinds_in(given, t, blocks.tables)) for t in blocks.tables}
                wanted |= {m.table for p in _prepared(pack, blocks, own, given) for m in _unseen(p, seen)}
            there = {t: opened[t] for t in sorted(wanted) if t in opened}
            load_register(db, there, project.zone, {}, frozenset(), lambda _: None)
            for name, table in there.items():
                kind = table.spec.kind
                if kind is not None and kind in table.columns:
                    query = exp.select(col(kind)).distinct().from_(tab(name)).where(exp.Not(this=exp.Is(this=col(kind), expression=exp.Null())))
                    occurring[name] = frozenset(str(k) for (k,) in db.execute(written(query)).fetchall())
    except RegisterError as bad:
        return own, occurring, bad.problems
    return own, occurring, ()


def as_json(report: Report) -> list[dict[str, Any]]:
    """Each finding as a JSON object: `check`, `where`, `what`, `hint`."""
    return [{"check": f.check, "where": f.problem.where, "what": str(f.problem.what), "hint": str(f.problem.hint)} for f in report.findings]
