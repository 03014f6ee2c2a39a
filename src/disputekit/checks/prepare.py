"""Making checks ready: controls and coded checks alike, every name that they use resolved against the register that is supplied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from disputekit.checks.names import Absent, ResolvedMoment, Supplied, UnknownName, column, columns_of, moment, records
from disputekit.errors import PackError, Problem, nearest
from disputekit.extension import Check, Reads, Records, RuleKind
from disputekit.plugins import Given
from disputekit.policies.conditions import ConditionError, columns_read, parse_condition, parse_number
from disputekit.policies.model import Instrument, Parameter, Rule
from disputekit.policies.packs import Pack
from disputekit.register.schema import Table
from disputekit.text import say


@dataclass(frozen=True)
class Prepared:
    """A check with all its names resolved.

    absent: what it reads and nobody supplies, so that it can't be evaluated at all. conditions: the texts that it may use in its query.
    """

    check: Check
    plugin: str
    pack: str
    reads: Reads
    moments: Mapping[str, ResolvedMoment]
    absent: tuple[Absent, ...]
    parameters: Mapping[str, Parameter]
    instrument: Instrument | None = None
    rule: Rule | None = None

    @property
    def id(self) -> str:
        return self.check.id

    @property
    def left_out(self) -> bool:
        """Whether it isn't evaluated, which only a check that calls itself optional may ask for."""
        return self.check.optional and bool(self.absent)


@dataclass(frozen=True)
class _Stated:
    """A check as stated, with the place to name in messages."""

    check: Check
    plugin: str
    where: str
    conditions: Mapping[str, str]
    pack: str = ""
    parameters: Mapping[str, Parameter] = field(default_factory=lambda: MappingProxyType({}))
    instrument: Instrument | None = None
    rule: Rule | None = None


NUMBER_FIELDS = ("actual", "expected", "difference")
"""The fields of a rule that hold a formula which comes to a number."""
CONDITION_FIELDS = ("where", "holds", *NUMBER_FIELDS)
"""The fields of a rule that hold a condition or a formula over its subject's columns."""


def check_of(rule: Rule, kind: RuleKind) -> Check:
    """A control of a pack as a check."""
    return Check(rule.id, rule.title, rule.severity, rule.basis, rule.remedy, kind.reads(rule), lambda sql: kind.query(rule, sql),
                 cite=rule.cite, practice=rule.practice, where=rule.where)  # fmt: skip


def prepare(
    packs: Sequence[Pack], coded: Sequence[Given], kinds: Mapping[str, RuleKind], specs: Mapping[str, Table], supplied: Mapping[str, Supplied]
) -> tuple[Prepared, ...]:
    """Every active control of the packs, then the coded checks. Raises PackError with every name and condition that is wrong."""
    stated = [
        _Stated(check_of(rule, kinds[rule.kind]), pack.plugin, f"{pack.folder.name}/pack.toml: controls[{number}] {rule.id}",
                {f: t for f in CONDITION_FIELDS if isinstance(t := getattr(rule, f, None), str)}, pack.id, pack.parameters,
                pack.instruments.get(rule.cite.split(" ")[0]) if rule.cite else None, rule)
        for pack in packs for number, rule in enumerate(pack.controls, 1) if rule.status in ("active", "deprecated")
    ]  # fmt: skip
    stated += [_Stated(c, plugin, f"{plugin}: {c.id}", {"where": c.where} if c.where is not None else {}) for plugin, c in coded]
    wrong: list[Problem] = []
    found: list[Prepared] = []
    for one in stated:
        if any(one.check.id == p.id for p in found):
            wrong.append(Problem(one.where, say("another check has the same id")))
        if one.check.reads.subject not in specs:
            name = one.check.reads.subject
            wrong.append(Problem(one.where, say("no table {name!r}", name=name), nearest(name, specs)))
            continue
        found.append(_prepared(one, specs, supplied, wrong))
    if wrong:
        raise PackError(*wrong)
    return tuple(found)


def _prepared(one: _Stated, specs: Mapping[str, Table], supplied: Mapping[str, Supplied], wrong: list[Problem]) -> Prepared:
    subject = specs[one.check.reads.subject]
    reads, absent = one.check.reads, []
    if subject.name not in supplied:
        absent.append(Absent(subject.name))
    told: set[str] = set()
    for name, text in one.conditions.items():
        try:
            reads = reads + Reads(subject.name, columns=columns_read(text))
            parse = parse_number if name in NUMBER_FIELDS else parse_condition
            parse(text, columns_of(subject, specs, supplied))
        except ConditionError as bad:
            # what is wrong with one part of a formula isn't told again of the whole
            wrong += [Problem(f"{one.where}: {name}", what, hint) for what, hint in bad.mistakes if what not in told]
            told |= {what for what, _ in bad.mistakes}
    reads = _which(reads, subject, specs, supplied)
    reads = replace(reads, records=tuple(_with_condition(r, one.where, specs, supplied, wrong) for r in reads.records))
    if subject.begins:
        reads = reads + Reads(subject.name, moments=(subject.begins[:-3],))
    moments: dict[str, ResolvedMoment] = {}
    columns: list[str] = []
    for name in (*reads.moments, *reads.sorts):
        try:
            meant = records(name, specs, supplied) if name in reads.sorts else moment(name, subject, specs, supplied)
        except UnknownName as bad:
            wrong.append(Problem(one.where, bad.what, bad.hint))
            continue
        if not isinstance(meant, Absent):
            moments[name] = meant
        elif name in (*one.check.reads.moments, *one.check.reads.either, *one.check.reads.sorts):
            absent.append(meant)
    for name in reads.columns:
        try:
            kind = column(name, subject, specs, supplied)
        except UnknownName as bad:
            if not any(p.where.startswith(f"{one.where}:") for p in wrong):
                wrong.append(Problem(one.where, bad.what, bad.hint))
            continue
        if isinstance(kind, Absent):
            absent.append(kind)
        else:
            columns.append(name)
    absent += _absent_records(reads, specs, supplied)
    return Prepared(one.check, one.plugin, one.pack, replace(reads, columns=tuple(columns)), MappingProxyType(moments),
                    tuple(dict.fromkeys(absent)), one.parameters, one.instrument, one.rule)  # fmt: skip


def _which(reads: Reads, subject: Table, specs: Mapping[str, Table], supplied: Mapping[str, Supplied]) -> Reads:
    """Names that may be several things become what they are here: a column that is no instant, a record table's column, else a moment."""
    known = columns_of(subject, specs, supplied)
    columns = tuple(n for n in reads.either if known.get(n, "instant") not in ("instant", "date"))
    of_records = {n: (t, c) for n in reads.either for t, _, c in [n.partition(".")] if t in specs and specs[t].is_record and c in specs[t].columns}
    moments = tuple(n for n in reads.either if n not in columns and n not in of_records)
    return reads + Reads(subject.name, columns, moments, records=tuple(Records(t, (c,)) for t, c in of_records.values()))


def _with_condition(wanted: Records, where: str, specs: Mapping[str, Table], supplied: Mapping[str, Supplied], wrong: list[Problem]) -> Records:
    """Records together with the columns that their condition reads."""
    if wanted.where is None:
        return wanted
    own = {n: t for n, t in columns_of(specs[wanted.table], specs, supplied).items() if "." not in n}
    try:
        parse_condition(wanted.where, own)
        return replace(wanted, columns=tuple(dict.fromkeys((*wanted.columns, *columns_read(wanted.where)))))
    except ConditionError as bad:
        wrong += [Problem(f"{where}: where ({wanted.table})", what, hint) for what, hint in bad.mistakes]
    return wanted


def _absent_records(reads: Reads, specs: Mapping[str, Table], supplied: Mapping[str, Supplied]) -> list[Absent]:
    found: list[Absent] = []
    for wanted in reads.records:
        if wanted.if_supplied:
            continue
        if wanted.table not in supplied:
            found.append(Absent(wanted.table))
            continue
        found += [Absent(wanted.table, c) for c in wanted.columns if c not in supplied[wanted.table].columns]
    return found
