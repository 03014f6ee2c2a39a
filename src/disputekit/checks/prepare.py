"""Making checks ready: controls and coded checks alike, every name that they use resolved against the register that is supplied."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from disputekit.checks.applicability import PHASES, Contradiction
from disputekit.checks.names import Absent, ResolvedMoment, Supplied, UnknownName, column, columns_of, moment, parent, records
from disputekit.errors import ConfigError, PackError, Problem, nearest
from disputekit.extension import Check, Reads, Records, RuleKind
from disputekit.plugins import Given
from disputekit.policies.conditions import ConditionError, columns_read, parse_condition, parse_number
from disputekit.policies.model import Instrument, Parameter, Rule
from disputekit.policies.packs import Pack
from disputekit.register.schema import Table
from disputekit.text import say
from disputekit.waivers import Decisions


@dataclass(frozen=True)
class Prepared:
    """A check with all its names resolved.

    absent: what it reads and nobody supplies, so that it can't be evaluated at all. start: the moment whose day decides the phase.
    line: the column that holds the line of business, where the control is for some lines only. contrary: the conflicts it is part of.
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
    start: str | None = None
    line: str | None = None
    contrary: tuple[Contradiction, ...] = ()

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
    start: str | None = None
    contrary: tuple[Contradiction, ...] = ()


NUMBER_FIELDS = ("actual", "expected", "difference")
"""The fields of a rule that hold a formula which comes to a number."""
CONDITION_FIELDS = ("where", "holds", *NUMBER_FIELDS)
"""The fields of a rule that hold a condition or a formula over its subject's columns."""


def check_of(rule: Rule, kind: RuleKind) -> Check:
    """A control of a pack as a check."""
    return Check(rule.id, rule.title, rule.severity, rule.basis, rule.remedy, kind.reads(rule), lambda sql: kind.query(rule, sql),
                 cite=rule.cite, practice=rule.practice, where=rule.where,
                 evidence=kind.evidence(rule) if kind.evidence is not None else ())  # fmt: skip


def prepare(
    packs: Sequence[Pack], coded: Sequence[Given], kinds: Mapping[str, RuleKind], specs: Mapping[str, Table], supplied: Mapping[str, Supplied],
    contrary: Sequence[Contradiction] = (),
) -> tuple[Prepared, ...]:  # fmt: skip
    """Every active control of the packs, then the coded checks. Raises PackError with every name and condition that is wrong."""
    stated = [
        _Stated(check_of(rule, kinds[rule.kind]), pack.plugin, f"{pack.folder.name}/pack.toml: controls[{number}] {rule.id}",
                {f: t for f in CONDITION_FIELDS if isinstance(t := getattr(rule, f, None), str)}, pack.id, pack.parameters,
                pack.instruments.get(rule.cite.split(" ")[0]) if rule.cite else None, rule, _start(rule, kinds[rule.kind]),
                tuple(c for c in contrary if rule.id in c.conflict.between))
        for pack in packs for number, rule in enumerate(pack.controls, 1) if pack.evaluates(rule)
    ]  # fmt: skip
    stated += [_Stated(c, plugin, f"{plugin}: {c.id}", {"where": c.where} if c.where is not None else {}) for plugin, c in coded]
    wrong: list[Problem] = []
    found: list[Prepared] = []
    for one in stated:
        if any(one.check.id.lower() == p.id.lower() for p in found):
            wrong.append(Problem(one.where, say("another check has the same id"), say("Ids that differ in capitals only would share a file")))
        if one.check.reads.subject not in specs:
            name = one.check.reads.subject
            wrong.append(Problem(one.where, say("no table {name!r}", name=name), nearest(name, specs)))
            continue
        found.append(_prepared(one, specs, supplied, wrong))
    if wrong:
        raise PackError(*wrong)
    return tuple(found)


def _start(rule: Rule, kind: RuleKind) -> str | None:
    return kind.start(rule) if kind.start is not None else None


LINES = ("line", "contract.line", "claim.line")
"""Where a subject's line of business may stand, the first that is supplied."""


def _applicability(
    one: _Stated, subject: Table, specs: Mapping[str, Table], supplied: Mapping[str, Supplied]
) -> tuple[Reads, str | None, list[Absent]]:
    """What has to be read to tell whether a control applies: the column of the line of business, the phases."""
    applies = one.rule.applies if one.rule is not None else None
    reads, line, absent = Reads(subject.name), None, []
    if applies is not None and applies.line:
        known = columns_of(subject, specs, supplied)
        line = next((n for n in LINES if n in known and not isinstance(column(n, subject, specs, supplied), Absent)), None)
        if line is None:
            absent.append(Absent(subject.name, "line"))
        else:
            reads += Reads(subject.name, columns=(line,))
    if (applies is not None and applies.phase) or any(c.conflict.phase is not None for c in one.contrary):
        reads += Reads(subject.name, records=(Records(PHASES, ("phase", "starts_on")),))
    return reads, line, absent


def _prepared(one: _Stated, specs: Mapping[str, Table], supplied: Mapping[str, Supplied], wrong: list[Problem]) -> Prepared:
    subject = specs[one.check.reads.subject]
    reads, absent = one.check.reads, []
    if subject.name not in supplied:
        absent.append(Absent(subject.name))
    where_it_applies, line, lacking = _applicability(one, subject, specs, supplied)
    reads, absent = reads + where_it_applies, absent + lacking
    told: set[str] = set()
    evidence = one.check.evidence
    for name, text in one.conditions.items():
        try:
            reads = reads + Reads(subject.name, columns=columns_read(text))
            evidence += columns_read(text) if name != "where" else ()
            parse = parse_number if name in NUMBER_FIELDS else parse_condition
            parse(text, columns_of(subject, specs, supplied))
        except ConditionError as bad:
            # what is wrong with one part of a formula isn't told again of the whole
            wrong += [Problem(f"{one.where}: {name}", what, hint) for what, hint in bad.mistakes if what not in told]
            told |= {what for what, _ in bad.mistakes}
    wrong += [problem for name in reads.texts for problem in _no_text(name, one.where, reads, specs, supplied)]
    reads = _which(reads, subject, specs, supplied)
    reads = replace(reads, records=tuple(_with_condition(r, one.where, specs, supplied, wrong) for r in reads.records))
    if one.check.judge is not None:
        reads = replace(reads, records=tuple(_with_moment(r, specs, supplied) for r in reads.records))
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
        if name in OWN:
            wrong.append(Problem(one.where, say("{name!r} can't be read in a condition or a field of a control", name=name),
                                 say("Conditions see the subject's columns; whose record it is goes by the control's subject")))  # fmt: skip
            continue
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
    absent += _absent_records(reads, supplied)
    check = replace(one.check, evidence=tuple(dict.fromkeys(evidence)))
    return Prepared(check, one.plugin, one.pack, replace(reads, columns=tuple(columns)), MappingProxyType(moments),
                    tuple(dict.fromkeys(absent)), one.parameters, one.instrument, one.rule, one.start, line, one.contrary)  # fmt: skip


def with_waivers(
    prepared: Sequence[Prepared], decisions: Decisions, specs: Mapping[str, Table], supplied: Mapping[str, Supplied]
) -> tuple[Prepared, ...]:
    """Checks that also read what the conditions of their waivers do. Raises ConfigError with every such condition that is wrong."""
    wrong: list[Problem] = []
    found = []
    for p in prepared:
        for number, waiver in enumerate(decisions.waivers, 1):
            if waiver.control == p.id and waiver.where is not None and not p.absent:
                at = f"{decisions.waivers_file}: waiver[{number}] {waiver.id}: where"
                p = replace(p, reads=p.reads + Reads(p.reads.subject, columns=_read_by(waiver.where, p, at, specs, supplied, wrong)))  # noqa: PLW2901
        found.append(p)
    if wrong:
        raise ConfigError(*wrong)
    return tuple(found)


def _read_by(text: str, p: Prepared, at: str, specs: Mapping[str, Table], supplied: Mapping[str, Supplied], wrong: list[Problem]) -> tuple[str, ...]:
    """The columns that the condition of a waiver reads, all of which must be supplied: without them nobody knows whom it is about."""
    if p.check.grouped:
        wrong.append(Problem(at, say("{control} judges groups, which have no columns", control=p.id)))
        return ()
    subject = specs[p.reads.subject]
    try:
        columns = columns_read(text)
        parse_condition(text, columns_of(subject, specs, supplied))
    except ConditionError as bad:
        wrong += [Problem(at, what, hint) for what, hint in bad.mistakes]
        return ()
    absent = [kind for n in columns if isinstance(kind := column(n, subject, specs, supplied), Absent)]
    wrong += [Problem(at, say("{what} isn't supplied", what=str(a))) for a in absent]
    return () if absent else columns


def _is_absent(name: str, subject: Table, specs: Mapping[str, Table], supplied: Mapping[str, Supplied]) -> bool:
    """Whether a column that there is isn't supplied; one that can't exist is told when it is resolved."""
    try:
        return isinstance(column(name, subject, specs, supplied), Absent)
    except UnknownName:
        return False


OWN = ("subject", "unit", "handler")
"""The facts' own columns: a record's column of the same name can't stand beside them, and a condition on it would compare something else."""


def _which(reads: Reads, subject: Table, specs: Mapping[str, Table], supplied: Mapping[str, Supplied]) -> Reads:
    """Names that may be several things become what they are here: a parent's column or one that is no instant, a record table's, else a moment."""
    known = columns_of(subject, specs, supplied)
    there = tuple(n for n in reads.columns_if_supplied if not _is_absent(n, subject, specs, supplied))
    columns = tuple(n for n in reads.either if parent(n, subject, specs) or known.get(n, "instant") not in ("instant", "date"))
    of_records = {n: (t, c) for n in reads.either for t, _, c in [n.partition(".")] if t in specs and specs[t].is_record and c in specs[t].columns}
    moments = tuple(n for n in reads.either if n not in columns and n not in of_records)
    return reads + Reads(subject.name, (*columns, *there), moments, records=tuple(Records(t, (c,)) for t, c in of_records.values()))


def _no_text(name: str, where: str, reads: Reads, specs: Mapping[str, Table], supplied: Mapping[str, Supplied]) -> Iterator[Problem]:
    """What is wrong with a name that must be a column of text. A name that no moment can be is told when it is resolved."""
    known = columns_of(specs[reads.subject], specs, supplied)
    for table in specs.values():
        if table.is_record and name.partition(".")[0] == table.name:
            known |= {f"{table.name}.{n}": t for n, t in columns_of(table, specs, supplied).items()}
    if name not in known:
        if name in reads.either and "." not in name:
            yield Problem(where, say("no column {name!r}", name=name), nearest(name, known))
    elif known[name] != "text":
        texts = [n for n, kind in known.items() if kind == "text"]
        yield Problem(where, say("{name!r} holds {kind}, and here a column of text is needed", name=name, kind=known[name]), nearest(name, texts))


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


def _with_moment(wanted: Records, specs: Mapping[str, Table], supplied: Mapping[str, Supplied]) -> Records:
    """Records together with when they happened, without which nobody could leave out what is later than as-of."""
    moment = specs[wanted.table].moment if wanted.table in specs else None
    if moment is None or wanted.table not in supplied or moment not in supplied[wanted.table].columns:
        return wanted
    return replace(wanted, columns=tuple(dict.fromkeys((*wanted.columns, moment))))


def _absent_records(reads: Reads, supplied: Mapping[str, Supplied]) -> list[Absent]:
    found: list[Absent] = []
    for wanted in reads.records:
        if wanted.if_supplied:
            continue
        if wanted.table not in supplied:
            found.append(Absent(wanted.table))
            continue
        found += [Absent(wanted.table, c) for c in wanted.columns if c not in supplied[wanted.table].columns]
    return found
