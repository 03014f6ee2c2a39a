"""The story of one subject and one control, in plain steps: what the control says, the facts, the numbers, the decision, the outcome."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from disputekit.checks.coverage import Covered
from disputekit.checks.names import ColumnMoment, ResolvedMoment, SharedMoment
from disputekit.config import Project
from disputekit.explain.case_of import Row, Told
from disputekit.explain.explained import Explained
from disputekit.kinds.terms import Deadline
from disputekit.oracles import clock
from disputekit.oracles import moments as m
from disputekit.oracles.case import REJECTED, Case, Cell
from disputekit.policies.model import DatedValue, Parameter, read_period
from disputekit.policies.packs import parameters_used
from disputekit.policies.parameters import value_at
from disputekit.text import Language, Phrase, say

_A_DAY = timedelta(days=1)
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
    yield say("{subject}: {place}", subject=e.subject, place=_place(e.told.own))
    for name, moment in e.moments.items():
        yield from _moment(name, moment, e, e.told)
    for name in e.prepared.reads.columns:
        alias, _, theirs = name.partition(".")
        row = e.told.parents.get(alias) if theirs else e.told.own
        value = e.told.case.row.get(name)
        yield say("{name}: {value} ({place})", name=name, value=_value(value, theirs if theirs else name, row, e), place=_place(row))
    for wanted in e.prepared.reads.records:
        for row in e.told.records.get(wanted.table, ()):
            cells = ", ".join(f"{c} = {_value(row.cells.get(c), c, row, e)}" for c in wanted.columns if c in row.cells)
            yield say("{table}: {cells} ({place})", table=wanted.table, cells=cells, place=_place(row))


def _moment(name: str, moment: ResolvedMoment, e: Explained, told: Told) -> Iterator[str]:
    as_of = told.case.as_of
    if isinstance(moment, SharedMoment):
        value = e.shared.get(name)
        yield say("{name}: {value} (the same for every subject)", name=name, value=_shown(value) if value is not None else say("hasn't happened"))
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
        line = say("{name}: {value} ({place})", name=name, value=_value(cell, moment.column, row, e), place=_place(row))
        if isinstance(cell, date) and m.day_of(cell) > as_of:
            yield say("{line}: it lies after the day of the check, and counts as not having happened", line=line)
        else:
            yield line
    if not found:
        known = None if isinstance(moment, ColumnMoment) else e.coverage.get((moment.table, moment.kind))
        yield say("{name}: nothing is recorded{known}", name=name, known=_covered(known) if known is not None else "")


def _order(cell: Cell) -> tuple[date, str]:
    return (m.day_of(cell), str(cell)) if isinstance(cell, date) else (date.min, "")


def _covered(known: Covered) -> Phrase:
    if known.basis == "never occurs":
        return say("; it never occurs and isn't declared, so that its absence proves nothing")
    if known.basis == "declared":
        return say("; recorded completely from {day} on, as declared", day=known.from_on)
    return say("; taken as complete from its first occurrence on, {day}", day=known.from_on)


def _place(row: Row | None) -> Phrase:
    if row is None:
        return say("there is no such row")
    if row.place is None:
        return say("table {table}", table=row.table)
    file, _, record = row.place.rpartition(":")
    return say("{file}, record {record}", file=file, record=record)


def _value(cell: Cell, column: str, row: Row | None, e: Explained) -> str:
    if cell is REJECTED:
        value, why = e.rejects.get((row.place or "", column) if row is not None else ("", ""), ("?", "?"))
        return say("couldn't be read: {value!r} ({why})", value=value, why=why)
    return say("empty") if cell is None else _shown(cell)


def _shown(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes" if not value.second else "auto")
    return ", ".join(value) if isinstance(value, tuple) else str(value)


# ── the numbers ──


def _basis(e: Explained) -> date:
    """The day by which parameters are chosen: of the start, else on which the subject's life begins, else as-of."""
    started = e.row.get("started_at")
    if isinstance(started, date):
        return m.day_of(started)
    begun = m.begins(e.told.case) if e.told is not None else None
    return e.run.as_of if begun is None else m.day_of(begun)


def _parameters(e: Explained, project: Project) -> Iterator[str]:
    rule = e.prepared.rule
    if rule is None:
        return
    day = _basis(e)
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
        yield say("${name} becomes {value} on {since}, which is later", name=name, value=later.value, since=later.from_on)


# ── the decision ──


def _decision(e: Explained) -> Iterator[str]:
    check, rule = e.prepared.check, e.prepared.rule
    if check.where is not None and e.told is not None:
        truth = e.told.case.conditions[check.where]
        holds = say("holds") if truth else say("can't be decided") if truth is None else say("doesn't hold")
        yield say("The control is for {condition}: it {holds}", condition=check.where, holds=holds)
    if e.prepared.instrument is not None:
        law, day = e.prepared.instrument, _basis(e)
        applied = law.in_force <= day and (law.repealed_on is None or day < law.repealed_on)
        yield say("On {day} its source {applied} in force (from {start}{end})", day=day, applied=say("was") if applied else say("was not"),
                  start=law.in_force, end=say(" until {day}", day=law.repealed_on) if law.repealed_on is not None else "")  # fmt: skip
    if isinstance(rule, Deadline) and e.told is not None and isinstance(e.row.get("started_at"), date):
        yield from _clock(rule, e, e.told.case)
    else:
        yield from _shown_by_query(e)
    if e.disagree:
        yield say("CONTRADICTION: the query says {said}, and the walk over the same facts says {walked}. One of them is wrong; trust neither, "
                  "and report it", said=_verdict(e.said.outcome, e.said.reason), walked=_verdict(e.walked.outcome, e.walked.reason) if e.walked else "")  # fmt: skip
    elif e.walked is not None:
        yield say("Decided twice, by the query and by a walk over these facts: both come to the same")
    elif e.unwalked is not None:
        yield say("Decided by the query alone: {why}", why=e.unwalked)


def _shown_by_query(e: Explained) -> Iterator[str]:
    """What a control of any sort says of its dates: from when on it is judged, by when it had to be so, and when it was."""
    for name, line in (
        ("started_at", say("It is judged from {at} on")),
        ("due_on", say("It had to be so by {at}")),
        ("done_at", say("It happened on {at}")),
    ):
        if isinstance(e.row.get(name), date):
            yield say(line.template, at=_shown(e.row[name]))


def _start(rule: Deadline, case: Case) -> m.When | None:
    found = m.find(rule.from_, case)
    return found.first if found is not None else None


def _clock(rule: Deadline, e: Explained, case: Case) -> Iterator[str]:
    start, done = _start(rule, case), e.row.get("done_at")
    if start is None:
        return
    yield say("The clock starts with {name} on {at}; that day isn't counted", name=rule.from_, at=_shown(start)) if not _by_hour(rule, case) else say(
        "The clock starts with {name} at {at}", name=rule.from_, at=_shown(start))  # fmt: skip
    done = done if isinstance(done, date) else None
    if rule.rungs and not _by_hour(rule, case):
        pauses: list[clock.Episode] = []
        for line, counted in _pauses(rule, case):
            yield line
            pauses += counted
        yield from _ladder(rule, m.day_of(start), pauses, case)
        again = sorted({m.day_of(t) for n in rule.restart if (f := m.find(n, case)) is not None for t in f.times if m.day_of(t) > m.day_of(start)})
        for day in again:
            yield say("On {day} it is asked to begin anew, which counts only while the clock still runs", day=day)
    for name in rule.stop:
        found = m.find(name, case)
        for when in found.at_or_after(start)[:1] if found is not None else ():
            yield say("{name} on {day} ends the clock, if it was still running", name=name, day=_shown(when))
    yield from _end(rule, start, done, e, case)


def _by_hour(rule: Deadline, case: Case) -> bool:
    start = _start(rule, case)
    held = None if rule.within is None or start is None else m.value_of(rule.within, case, m.day_of(start))
    return held is not None and read_period(str(held)).unit == "hours"


def _pauses(rule: Deadline, case: Case) -> Iterator[tuple[Phrase, list[clock.Episode]]]:
    """Each pause, told with whether it counts; and those of it that do."""
    for pause in rule.pause:
        starts, ends = m.find(pause.from_, case), m.find(pause.to, case)
        if starts is None or ends is None:
            continue
        episodes, broken = clock.paired(starts.times, ends.times)
        if broken:
            yield say("{end} without {start} before it: the facts contradict one another", end=pause.to, start=pause.from_), []
        lacking = [n for n in pause.requires if (f := m.find(n, case)) is None or f.first is None]
        for one in episodes:
            until = one.last if one.last is not None else say("today, and still open")
            if lacking:
                yield say("The pause from {first} to {last} isn't counted: it requires {what}, which isn't there", first=one.first, last=until,
                          what=", ".join(lacking)), []  # fmt: skip
            else:
                yield say("The pause from {first} to {last} is counted from the day after its first to its last, if the clock still ran when it began",
                          first=one.first, last=until), [one]  # fmt: skip


def _ladder(rule: Deadline, start: date, pauses: list[clock.Episode], case: Case) -> Iterator[str]:
    """Each step of the ladder: whether it counts and why, and its days counted out."""
    below: clock.End | None = None
    for number, rung in enumerate(rule.rungs):
        held = m.value_of(rung.within, case, start)
        if held is None:
            return
        period = read_period(str(held))
        if number and below is not None:
            late = [(n, f.first if (f := m.find(n, case)) is not None else None) for n in rung.requires]
            wrong = [(n, t) for n, t in late if t is None or (below.day is not None and m.day_of(t) > below.day)]
            if wrong:
                why = ", ".join(f"{n} ({_shown(t)})" if t is not None else n for n, t in wrong)
                yield say("The step of {period} doesn't count: by {day} there had to be {what}", period=period, what=why,
                          day=below.day if below.day is not None else "–")  # fmt: skip
                return
            yield say(
                "The step of {period} counts: {what} was there before the step below it had ended", period=period, what=", ".join(rung.requires)
            )
        limit = m.end_of(start, str(held), case)
        if not isinstance(limit, m.Days):
            return
        working = period.unit == "working days"
        below = clock.last_day(start, period.number if working else (limit.earliest - start).days, working, pauses, case)
        yield from counted_out(start, below, working, pauses, case)
        if below.day is None:
            yield say("{period}: a pause has no end yet, so there is no last day yet", period=period)
        else:
            yield say("{period}: the last day is {day}", period=period, day=below.day)


def counted_out(start: date, end: clock.End, working: bool, pauses: Iterable[clock.Episode], case: Case) -> Iterator[Phrase]:
    """The days from the day after `start` to the last one, those of a sort together, where not simply every day counts."""
    episodes = list(pauses)
    last = end.day if end.day is not None else case.as_of
    days = [start + _A_DAY * i for i in range(1, (last - start).days + 1)]
    if all(_sort(d, working, episodes, case) == "counted" for d in days):
        return
    number = 0
    for sort, group in groupby(days, lambda d: _sort(d, working, episodes, case)):
        found = list(group)
        span = f"{found[0]}" if len(found) == 1 else f"{found[0]} – {found[-1]}"
        if sort in ("counted", "unpublished"):
            first, number = number + 1, number + len(found)
            numbers = f"{first}" if first == number else f"{first}–{number}"
            yield _SORTS[sort](span, numbers)
        else:
            yield _SORTS[sort](span, "")


def _sort(day: date, working: bool, pauses: list[clock.Episode], case: Case) -> str:
    if any(p.first < day and (p.last is None or day <= p.last) for p in pauses):
        return "paused"
    known = case.working(day) if working else True
    return "unpublished" if known is None else "counted" if known else "rest"


_SORTS: Mapping[str, Any] = {
    "counted": lambda span, numbers: say("  {span}: day {numbers}", span=span, numbers=numbers),
    "unpublished": lambda span, numbers: say("  {span}: day {numbers} at the earliest, these working days aren't published yet", span=span, numbers=numbers),
    "paused": lambda span, _: say("  {span}: paused", span=span), "rest": lambda span, _: say("  {span}: days of rest", span=span),
}  # fmt: skip


def _end(rule: Deadline, start: m.When, done: m.When | None, e: Explained, case: Case) -> Iterator[str]:
    limit = clock.limit_of(rule, start, done, case)
    match limit:
        case m.Days(earliest, latest):
            yield say("It had to be done by {day}", day=earliest)
            if latest is None:
                yield say("That is the earliest possible end: working days after it aren't published yet")
        case m.Hours(earliest, latest):
            yield say("It had to be done by {day}", day=_shown(earliest))
            if earliest != latest:
                yield say("The start is known to the day only, so that the end may lie until {day}", day=_shown(latest))
        case _:
            pass
    if done is not None:
        yield say("It was done on {at}", at=_shown(done))
    else:
        yield say("By the end of {day} it wasn't done, as far as is recorded", day=case.as_of)
    if isinstance(e.row.get("due_on"), date) and isinstance(limit, m.Days) and limit.earliest != e.row["due_on"]:
        yield say("The query shows {day} as its last day", day=e.row["due_on"])


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
