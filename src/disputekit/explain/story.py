"""The story of one subject and one control, in plain steps: what the control says, the facts, the numbers, the decision, the outcome."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from disputekit.checks.coverage import Covered
from disputekit.checks.names import ColumnMoment, ResolvedMoment, SharedMoment
from disputekit.config import Project
from disputekit.explain.asked import asked
from disputekit.explain.case_of import Row, Told
from disputekit.explain.counted import counted_clock
from disputekit.explain.explained import Explained
from disputekit.explain.found import steps
from disputekit.explain.proof import gaps, proof
from disputekit.explain.shown import basis, cell_said, enumerated, period, place, shown, source
from disputekit.kinds.terms import Deadline
from disputekit.oracles import moments as m
from disputekit.oracles.case import REJECTED, Cell
from disputekit.outcomes import Verdict
from disputekit.policies.model import DatedValue, Parameter
from disputekit.policies.packs import parameters_used
from disputekit.policies.parameters import value_at
from disputekit.text import Language, Phrase, listed, say

_SAME_FOR_ALL = ("id", "title", "remedy", "severity", "basis", "cite", "practice", "status", "subject")


@dataclass(frozen=True)
class Chapter:
    """A part of the story: its title and its lines, each a phrase or a text that is the same in every language."""

    title: Phrase
    lines: tuple[str, ...]


def story(e: Explained, project: Project, language: Language) -> tuple[Chapter, ...]:
    """All chapters, in the order in which a decision is made."""
    chapters = [
        Chapter(say("The control"), tuple(_control(e, language))), Chapter(say("The facts"), tuple(_facts(e))),
        Chapter(say("The numbers"), tuple(_parameters(e, project))), Chapter(say("The decision"), tuple(_decision(e))),
        Chapter(say("The outcome"), tuple(_outcome(e))), Chapter(say("What people decided"), tuple(_decided(e))),
    ]  # fmt: skip
    return tuple(c for c in chapters if c.lines)


# ── the control ──


def _control(e: Explained, language: Language) -> Iterator[str]:
    check = e.prepared.check
    yield f"{check.id}: {check.title.in_(language)}"
    yield say("{severity}, by {basis}", severity=say(check.severity), basis=say(check.basis))
    if check.cite is not None:
        title = f" ({e.prepared.instrument.title.in_(language)})" if e.prepared.instrument is not None else ""
        yield say("Source: {cite}{title}", cite=check.cite, title=title)
    if e.prepared.rule is not None:
        said = e.prepared.rule.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=set(_SAME_FOR_ALL))
        yield say("It says: {what}", what="; ".join(f"{k} = {v}" for k, v in said.items()))
    yield say("What to do: {remedy}", remedy=check.remedy.in_(language))


# ── the facts ──


def _facts(e: Explained) -> Iterator[str]:
    if e.prepared.absent:
        yield say("Not supplied: {what}", what=", ".join(map(str, e.prepared.absent)))
    if e.told is None:
        return
    yield say("{subject}: {place}", subject=e.subject, place=place(e.told.own))
    for name, moment in e.moments.items():
        yield from _moment(name, moment, e, e.told)
    for name in e.prepared.reads.columns:
        alias, _, theirs = name.partition(".")
        row = e.told.parents.get(alias) if theirs else e.told.own
        cell = e.told.case.row.get(name)
        yield say("{name}: {value} ({place})", name=name, value=cell_said(cell, theirs if theirs else name, row, e), place=place(row))
    read: dict[str, dict[str, None]] = {}
    for wanted in e.prepared.reads.records:
        read.setdefault(wanted.table, {}).update(dict.fromkeys(wanted.columns))
    for table, columns in read.items():
        for row in (*e.told.records.get(table, ()), *e.told.others.get(table, ())):
            told = [say("{column} = {value}", column=c, value=cell_said(row.cells.get(c), c, row, e)) for c in columns if c in row.cells]
            if told:
                yield say("{table}: {cells} ({place})", table=table, cells=listed(told), place=place(row))
    for phase in e.phases:
        end = say("until {day}", day=phase.ends_on) if phase.ends_on is not None else say("not over yet")
        yield say("The organisation's phase {name}: from {start}, {end}", name=phase.name, start=phase.starts_on, end=end)


def _moment(name: str, moment: ResolvedMoment, e: Explained, told: Told) -> Iterator[str]:
    as_of = told.case.as_of
    if isinstance(moment, SharedMoment):
        known = m.find(name, told.case)
        when = known.first if known is not None else None
        row_ = source(name, when, e) if when is not None else None
        yield say("{name}: {value} (the same for every subject; {place})", name=name, value=shown(when), place=place(row_)) if when is not None else say(
            "{name}: hasn't happened (the same for every subject)", name=name)  # fmt: skip
        for row, theirs in told.shared[name]:
            if row.cells.get(theirs) is REJECTED:
                yield say("{name}: {value} ({place})", name=name, value=cell_said(REJECTED, theirs, row, e), place=place(row))
        return
    if isinstance(moment, ColumnMoment):
        rows: tuple[Row, ...] = (told.own,)
    else:
        column = told.case.kind_columns.get(moment.table)
        of_sort = (r for r in told.records.get(moment.table, ()) if moment.kind is None or (column and r.cells.get(column) == moment.kind))
        rows = tuple(of_sort)
    found = [(r, r.cells.get(moment.column)) for r in rows]
    found = [(r, cell) for r, cell in found if cell is not None]
    for row, cell in sorted(found, key=lambda pair: _order(pair[1])):
        line = say("{name}: {value} ({place})", name=name, value=cell_said(cell, moment.column, row, e), place=place(row))
        if isinstance(cell, date) and m.day_of(cell) > as_of:
            yield say("{line}: it lies after the day of the check, and counts as not having happened", line=line)
        else:
            yield line
    if not found:
        covered = None if isinstance(moment, ColumnMoment) else e.coverage.get((moment.table, moment.kind))
        yield say("{name}: nothing is recorded{known}", name=name, known=_covered(covered) if covered is not None else "")


def _order(cell: Cell) -> tuple[date, str]:
    return (m.day_of(cell), str(cell)) if isinstance(cell, date) else (date.min, "")


def _covered(known: Covered) -> Phrase:
    if known.basis == "never occurs":
        return say("; it never occurs and isn't declared, so that its absence proves nothing")
    if known.basis == "declared":
        return say("; recorded completely from {day} on, as declared", day=known.from_on)
    return say("; taken as complete from its first occurrence on, {day}", day=known.from_on)


# ── the numbers ──


def _parameters(e: Explained, project: Project) -> Iterator[str]:
    rule = e.prepared.rule
    if rule is None:
        return
    day = basis(e)
    for name in dict.fromkeys(name for _, name, _ in parameters_used(rule)):
        parameter = e.prepared.parameters[name]
        held = value_at(parameter, day)
        if held is None:
            yield say("${name} has no value on {day}", name=name, day=day)
            continue
        dated = [v for v in parameter.values if v.from_on is None or v.from_on <= day][-1]
        yield say("${name} is {value}: on {day}, on which it depends, the value {since} holds{source}", name=name, value=held, day=day,
                  since=_since(dated), source=_source(dated, name, e, project))  # fmt: skip
        yield from _later(name, parameter, day)


def _since(dated: DatedValue) -> Phrase:
    return say("from {day} on", day=dated.from_on) if dated.from_on is not None else say("that has always held")


def _source(dated: DatedValue, name: str, e: Explained, project: Project) -> str:
    own = project.file.parameters.get(e.prepared.pack, {}).get(name)
    if own is not None and own.from_on == dated.from_on and own.value == dated.value:
        return say(", which the organisation set itself in {file}", file=project.path.name)
    return f" ({dated.cite})" if dated.cite is not None else ""


def _later(name: str, parameter: Parameter, day: date) -> Iterator[str]:
    for later in (v for v in parameter.values if v.from_on is not None and v.from_on > day):
        yield say("${name} becomes {value} on {since}, which is later", name=name, value=period(later.value), since=later.from_on)


# ── the decision ──


def _decision(e: Explained) -> Iterator[str]:
    check, rule = e.prepared.check, e.prepared.rule
    wanted = asked(e)
    if wanted is not None:
        yield wanted
    yield from _concerned(e)
    if e.prepared.instrument is not None:
        law, day = e.prepared.instrument, basis(e)
        applied = law.in_force <= day and (law.repealed_on is None or day < law.repealed_on)
        yield say("On {day} its source {applied} in force (from {start}{end})", day=day, applied=say("was") if applied else say("was not"),
                  start=law.in_force, end=say(" until {day}", day=law.repealed_on) if law.repealed_on is not None else "")  # fmt: skip
    yield from _contrary(e)
    told = check.where is None or (e.told is not None and e.told.case.conditions.get(check.where) is not False)
    if isinstance(rule, Deadline) and e.told is not None and isinstance(e.row.get("started_at"), date):
        yield from counted_clock(rule, e, e.told.case)
    elif wanted is not None and told:
        yield from steps(e)
    elif told:
        yield from _shown_by_query(e)
    yield from gaps(e)
    yield from proof(e)
    if e.disagree:
        yield say("CONTRADICTION: the query says {said}, and the walk over the same facts says {walked}. One of them is wrong; trust neither, "
                  "and report it", said=_verdict(e.said.outcome, e.said.reason), walked=_verdict(e.walked.outcome, e.walked.reason) if e.walked else "")  # fmt: skip
    elif e.walked is not None:
        yield say("By the query: {said}; by the walk: {walked}", said=_verdict(e.said.outcome, e.said.reason),
                  walked=_verdict(e.walked.outcome, e.walked.reason))  # fmt: skip
        yield say("Decided twice, by the query and by a walk over these facts: both come to the same")
    elif e.unwalked is not None:
        yield say("Decided by the query alone: {why}", why=e.unwalked)


def _concerned(e: Explained) -> Iterator[str]:
    """Whether the control is for a case like this: its condition, its line of business, the phase on the day that decides."""
    check, rule, told = e.prepared.check, e.prepared.rule, e.told
    if check.where is not None and told is not None and not e.prepared.absent:
        truth = told.case.conditions[check.where]
        holds = say("holds") if truth else say("can't be decided") if truth is None else say("doesn't hold")
        yield say("The control is for {condition}: it {holds}", condition=check.where, holds=holds)
    applies = rule.applies if rule is not None else None
    if applies is not None and e.prepared.line is not None and told is not None:
        line = told.case.row.get(e.prepared.line)
        yield say("The control is for the lines {lines}; this one is {line}", lines=enumerated(applies.line, "or"),
                  line=say("unknown") if line is None or line is REJECTED else shown(line))  # fmt: skip
    if applies is not None and applies.phase:
        there = [p.name for p in e.phases if p.starts_on <= basis(e) and (p.ends_on is None or basis(e) <= p.ends_on)]
        yield say("The control is for the phases {phases}; on {day} the organisation was in {there}", phases=enumerated(applies.phase, "or"), day=basis(e),
                  there=enumerated(there) if there else say("none"))  # fmt: skip


def _contrary(e: Explained) -> Iterator[str]:
    """The conflicts that the control is part of, and who decided them."""
    for one in e.prepared.contrary:
        conflict = one.conflict
        other = next(c for c in conflict.between if c != e.prepared.id)
        if conflict.phase is not None:
            yield say("In the phase {phase} it contradicts {other}: {id}", phase=conflict.phase, other=other, id=conflict.id)
        else:
            yield say("It contradicts {other}: {id}", other=other, id=conflict.id)
        if one.expired:
            yield say("Counsel's opinion on {id} has expired, so that nobody has decided which duty yields", id=conflict.id)
        elif one.yields is None:
            yield say("Nobody has decided which duty yields: [opinions.{id}] records counsel's opinion", id=conflict.id)
        elif conflict.yields is not None:
            yield say("{control} yields, by {cite}", control=one.yields, cite=conflict.cite)
        else:
            yield say("{control} yields, by counsel's opinion", control=one.yields)


def _shown_by_query(e: Explained) -> Iterator[str]:
    """What a control of any sort says of its dates: from when on it is judged, by when it had to be so, and when it was."""
    for name, line in (
        ("started_at", say("It is judged from {at} on")),
        ("due_on", say("It had to be so by {at}")),
        ("done_at", say("It happened on {at}")),
    ):
        if isinstance(e.row.get(name), date):
            yield say(line.template, at=shown(e.row[name]))


# ── the outcome ──


def _verdict(outcome: str, reason: str) -> Phrase:
    return say("{outcome}: {reason}", outcome=say(outcome), reason=say(reason)) if reason else say("{outcome}", outcome=say(outcome))


WHY: Mapping[str, Phrase] = {
    "pass": say("What the control asks for is so."), "pending": say("It still runs: the last day hasn't passed."),
    "pending: paused": say("The clock stands still."), "fail: late": say("It was done, but too late."), "fail: open": say("The last day has passed, and it isn't done."),
    "fail: missing": say("What must be there isn't, and its feed is complete, so that it didn't happen."), "fail: order": say("It happened in the wrong order."),
    "fail: happened": say("What must not happen did."), "fail: condition": say("What must hold doesn't."),
    "not_applicable: not concerned": say("The control isn't for cases like this: its own condition leaves it out."),
    "not_applicable: not begun": say("What the control begins with hasn't happened, so that there is nothing to judge."),
    "not_applicable: not in force": say("Its source wasn't in force on the day on which this began."),
    "not_applicable: other phase": say("The organisation was in another phase then."),
    "not_applicable: stopped": say("The clock was ended while it still ran."), "not_applicable: lapsed": say("It was somebody else's time limit, and it has run out."),
    "not_applicable: yields": say("Another duty goes before this one in this phase."),
    "unknown: missing": say("Something that it needs isn't recorded."), "unknown: condition": say("Its condition can't be decided for want of a value."),
    "unknown: not supplied": say("The register doesn't have what it reads."),
    "unknown: not covered": say("It isn't recorded, but the feed isn't complete from then on, so that it may have happened all the same."),
    "unknown: stale": say("It isn't recorded, but the source was extracted too early to know."),
    "unknown: contradictory": say("The facts contradict one another."), "unknown: too coarse": say("The day is known and the hour isn't, and it depends on the hour."),
    "unknown: no calendar": say("It depends on working days that aren't published yet."),
    "unknown: conflict": say("Two duties contradict each other, and it isn't decided which one yields."),
    "unknown: rejected value": say("A value that it needs couldn't be read."), "unknown: no value": say("Its number has no value on that day."),
}  # fmt: skip
"""What an outcome means, in a sentence."""


def _outcome(e: Explained) -> Iterator[str]:
    yield _verdict(e.said.outcome, e.said.reason)
    if str(e.said) in WHY:
        yield WHY[str(e.said)]
    for name, told in (("observed", say("Observed")), ("expected", say("Expected"))):
        if e.row.get(name) is not None:
            yield say("{what}: {value}", what=told, value=e.row[name])
    for row in sorted(e.each, key=lambda r: str(r.get("occurrence"))):
        said = Verdict.read(row["verdict"])
        shown_ = say(" ({observed})", observed=row["observed"]) if row.get("observed") is not None else ""
        yield say(
            "{occurrence}: {said}{observed}", occurrence=row.get("occurrence") or "–", said=_verdict(said.outcome, said.reason), observed=shown_
        )


def _decided(e: Explained) -> Iterator[str]:
    for w in e.waivers:
        people = say("requested by {requested}, approved by {approved} on {day}, until {end}", requested=w.requested_by, approved=w.approved_by,
                     day=w.approved_on, end=w.expires_on)  # fmt: skip
        if w.id == e.waiver:
            yield say("Waived by {id}: {reason} ({people})", id=w.id, reason=w.reason, people=people)
        elif not w.holds_on(e.run.as_of):
            yield say("Waiver {id} doesn't hold on {as_of} ({people})", id=w.id, as_of=e.run.as_of, people=people)
        elif e.said.outcome in ("fail", "unknown"):
            yield say("Waiver {id} is stale: the facts aren't those that were approved ({people})", id=w.id, people=people)
        else:
            yield say("Waiver {id} is unused: there is no finding ({people})", id=w.id, people=people)
    d = e.disposition
    if d is not None:
        yield say("Disposition {id}: {kind}, requested by {requested}, decided by {decided} on {day}; the finding stays and counts", id=d.id, kind=d.kind,
                  requested=d.requested_by, decided=d.decided_by, day=d.decided_on)  # fmt: skip
