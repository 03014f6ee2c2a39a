"""What was found for a control, kind by kind: each occurrence with its day and place, what it was measured against, and what came of it.

The steps are those of the kind's oracle, which decides from the same facts.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

from disputekit.explain.asked import what
from disputekit.explain.explained import Explained
from disputekit.explain.shown import cell_said, enumerated, moment_at, place, shown, stated
from disputekit.kinds.common import named
from disputekit.oracles import cadence, documents, exists, forbidden, in_place, independence, limit, occurrences, share, vocabulary
from disputekit.oracles import heartbeat as beats
from disputekit.oracles import moments as m
from disputekit.oracles.case import REJECTED, Case
from disputekit.text import Phrase, say

Lines = Iterator[Phrase]


def steps(e: Explained) -> Lines:
    """The steps for a rule; none for a deadline, whose days are counted out instead, and for a plugin's kind that doesn't tell itself."""
    rule = e.prepared.rule
    if e.kind is not None and e.kind.found is not None and e.told is not None and not e.prepared.absent:
        yield from e.kind.found(rule, e.told.case)
        return
    tell = FOUND.get(rule.kind) if rule is not None else None
    if tell is not None and e.told is not None and not e.prepared.absent:
        yield from tell(rule, e, e.told.case)


# ── what several share ──


def _first(name: str, case: Case) -> m.When | None:
    known = m.find(name, case)
    return known.first if known is not None else None


def _asked_by(name: str, when: m.When | None, e: Explained) -> Lines:
    yield say("It is asked because of {moment}", moment=moment_at(name, when, e)) if when is not None else moment_at(name, None, e)


def _limit(by: m.Limit) -> Lines:
    """Until when it had to be so."""
    match by:
        case m.Days(earliest, latest):
            yield say("It had to be so by {at}", at=earliest)
            if latest is None:
                yield say("That is the earliest possible end: working days after it aren't published yet")
        case m.Hours(earliest, _):
            yield say("It had to be so by {at}", at=shown(earliest))
        case m.At(moment) if moment is not None:
            yield say("It had to be so by {at}", at=shown(moment))
        case m.At():
            yield say("The moment by which it must be so hasn't come")
        case _:
            yield say("It must be so now")


_KEPT: Mapping[object, Phrase] = {True: say("in time"), False: say("too late")}


def _answer(reason: m.Answer, yes_or_no: Mapping[object, Phrase]) -> Phrase:
    """A yes or no in its words; the reason where it can't be said."""
    return say(reason) if isinstance(reason, str) else yes_or_no[reason]


def _measured(fewest: object, most: object, rule: Any, e: Explained) -> Lines:
    """How many or how much it comes to, and against which bounds."""
    come = say("{name}", name=shown(fewest)) if fewest == most else say("between {fewest} and {most}, as not all is known", fewest=shown(fewest),
                                                                         most=shown(most))  # fmt: skip
    if rule.min is not None:
        yield say("That comes to {number}; there must be at least {bound}", number=come, bound=stated(rule.min, e))
    if rule.max is not None:
        yield say("That comes to {number}; there may be at most {bound}", number=come, bound=stated(rule.max, e))


def _window(start: m.When | None, end: m.When | None, e: Explained) -> Lines:
    if start is not None and end is not None:
        yield say("The window is from {start} to {end}", start=shown(start), end=shown(end))
    elif start is not None:
        yield say("The window is from {start} on, and still open at the end of {day}", start=shown(start), day=e.run.as_of)
    elif end is not None:
        yield say("The window is from the very first on to {end}", end=shown(end))


# ── kind by kind ──


def _sequence(rule: Any, e: Explained, case: Case) -> Lines:
    names = [rule.first] if isinstance(rule.first, str) else list(rule.first.any)
    then = _first(rule.then, case)
    yield say("Then: {moment}", moment=moment_at(rule.then, then, e))
    if then is None:
        return
    firsts = [(t, n) for n in names if (t := _first(n, case)) is not None]
    if not firsts:
        yield say("{first} isn't recorded at all", first=what(rule.first))
    for when, name in sorted(firsts, key=lambda pair: m.day_of(pair[0])):
        if m.day_of(when) < m.day_of(then):
            order = say("on an earlier day")
        elif m.is_before(then, when):
            order = say("afterwards")
        else:
            order = say("on the same day") if m.day_of(when) == m.day_of(then) else say("afterwards")
        yield say("First: {moment}, which is {order}", moment=moment_at(name, when, e), order=order)


def _required(rule: Any, e: Explained, case: Case) -> Lines:
    start = None if rule.when is None else _first(rule.when, case)
    if rule.when is not None:
        yield from _asked_by(rule.when, start, e)
    by: m.Limit = m.Now()
    if rule.by is not None and not m.is_period(rule.by):
        by = m.At(_first(rule.by, case))
    elif rule.by is not None:
        period = m.period_of(rule.by, case, m.day_of(start)) if start is not None else None
        if start is None or period is None:
            return
        by = m.end_of(start, period, case)
    yield from _limit(by)
    for name in rule.fields:
        meant = m.find(name, case) if name in e.moments else None
        if meant is not None and meant.first is not None:
            yield say("There: {moment}: {kept}", moment=moment_at(name, meant.first, e), kept=_answer(by.kept(meant.first), _KEPT))
        elif meant is not None:
            yield say("Missing: {name}", name=name)
        else:
            alias, dot, own = name.partition(".")
            row = e.told.own if e.told and not dot else e.told.parents.get(alias) if e.told else None
            cell = case.row.get(name)
            said = (
                say("Missing: {name}", name=name)
                if cell is None
                else say("There: {name}: {value}", name=name, value=cell_said(cell, own or name, row, e))
            )
            yield said


def _forbidden(rule: Any, e: Explained, case: Case) -> Lines:
    name = rule.activity if rule.activity is not None else rule.record
    act = m.find(name, case) if rule.activity is not None else m.find_records(name, case)
    start = None if rule.from_ is None else _first(named(rule.from_), case)
    closed = None if rule.until is None else m.find(named(rule.until), case)
    ends = () if closed is None else closed.times if start is None else closed.at_or_after(start)
    end = ends[0] if ends else None
    yield from _window(start, end, e)
    if rule.from_ is not None and start is None:
        return
    sides: Mapping[object, Phrase] = {True: say("inside the window"), False: say("outside of the window")}
    for when in act.times if act is not None else ():
        yield say("{what}: {value}", what=moment_at(name, when, e), value=_answer(forbidden.lies_inside(when, start, end), sides))
    if act is not None and not act.times:
        yield say("{name} never happened, as far as is recorded", name=name)


def _occurrences(rule: Any, e: Explained, case: Case) -> Lines:
    of = m.find(rule.of, case)
    if of is None:
        return
    sure = perhaps = of.times
    if rule.from_ is not None:
        start = _first(rule.from_, case)
        period = m.period_of(rule.within, case, m.day_of(start)) if start is not None else None
        if start is None or period is None:
            return
        by = m.end_of(start, period, case)
        end = by.earliest if isinstance(by, m.Days) else None
        yield from _window(start, end, e)
        since = of.at_or_after(start)
        sure, perhaps = tuple(t for t in since if by.kept(t) is True), tuple(t for t in since if by.kept(t) is not False)
    for number, when in enumerate(of.times, 1):
        if when in sure:
            yield say("{number}. {moment}", number=number, moment=moment_at(rule.of, when, e))
        else:
            doubt = say("it may count") if when in perhaps else say("it isn't counted")
            yield say("{number}. {moment}: {doubt}", number=number, moment=moment_at(rule.of, when, e), doubt=doubt)
    yield from _measured(min(occurrences.counts(rule, of, sure, case)), max(occurrences.counts(rule, of, perhaps, case)), rule, e)


_STATES: Mapping[str, Phrase] = {
    "there": say("on file"), "late": say("on file, but too late"), "unverified": say("on file, but not verified by somebody else"),
    "undated": say("on file, but nobody knows since when"), "missing": say("not on file"),
    "unknown whether verified": say("on file, but it can't be told whether it was verified in time"), "no calendar": say("no calendar"),
    "too coarse": say("too coarse"),
}  # fmt: skip


def _documents(rule: Any, e: Explained, case: Case) -> Lines:
    if rule.contents:
        yield from _notices(rule, e, case)
        return
    by: m.Limit = m.Now()
    if isinstance(rule.by, str):
        by = m.At(_first(rule.by, case))
    elif rule.by is not None:
        start = _first(rule.by.from_, case)
        period = m.period_of(rule.by.within, case, m.day_of(start)) if start is not None else None
        if start is None or period is None:
            return
        by = m.end_of(start, period, case)
    yield from _limit(by)
    for kind in rule.kinds:
        rows = [r for r in m.rows_of("documents", kind, case) if not documents.is_to_come(r, case)]
        for row in rows:
            state = documents.state_of(row, rule.verified, by, case) if row.get("received_at") is not REJECTED else "undated"
            yield say("{what} of {day} ({place}): {state}", what=kind, day=_day(row.get("received_at")), state=_STATES[state],
                      place=place(e.told.row_of(row) if e.told else None))  # fmt: skip
        if not rows:
            yield say("{what}: {value}", what=kind, value=_STATES["missing"])
        for row in m.rows_of("requests", kind, case) if rule.or_requested else ():
            yield say("{what} was asked for on {day} ({place})", what=kind, day=_day(row.get("asked_at")),
                      place=place(e.told.row_of(row) if e.told else None))  # fmt: skip


def _notices(rule: Any, e: Explained, case: Case) -> Lines:
    for kind in rule.kinds:
        rows = [r for r in m.rows_of("notices", kind, case) if m.happened([r.get("sent_at")], case.as_of)]
        for row in rows:
            contents = row.get("contents")
            lacking = [c for c in rule.contents if isinstance(contents, tuple) and c not in contents]
            state = (
                say("it doesn't say {what}", what=enumerated(lacking))
                if lacking
                else say("it says everything")
                if isinstance(contents, tuple)
                else say("nobody recorded what it says")
            )
            yield say("{what} of {day} ({place}): {state}", what=kind, day=_day(row.get("sent_at")), state=state,
                      place=place(e.told.row_of(row) if e.told else None))  # fmt: skip
        if not rows:
            yield say("No notice of {kind} was sent", kind=kind)


def _day(cell: object) -> Any:
    return shown(cell) if isinstance(cell, date) else say("an unknown day")


def _amount(rule: Any, e: Explained, case: Case) -> Lines:
    if rule.when is not None:
        yield from _asked_by(rule.when, _first(rule.when, case), e)
    actual, expected = case.numbers[rule.actual], case.numbers[rule.expected]
    for formula, number in ((rule.actual, actual), (rule.expected, expected)):
        if number is None:
            yield say("{formula} can't be worked out", formula=formula)
        else:
            yield say("{formula} comes to {number}", formula=formula, number=shown(number))
    if actual is not None and expected is not None:
        yield say("They differ by {number}, and may differ by {bound}", number=shown(abs(actual - expected)), bound=stated(rule.tolerance, e))


def _condition(rule: Any, _: Explained, case: Case) -> Lines:
    truth = case.conditions[rule.holds]
    holds = say("holds") if truth else say("can't be decided") if truth is None else say("doesn't hold")
    yield say("{condition}: it {holds}", condition=rule.holds, holds=holds)


def _vocabulary(rule: Any, e: Explained, case: Case) -> Lines:
    table, _, column = rule.column.partition(".")
    of_records = bool(column) and table in case.moment_columns
    words = list(dict.fromkeys(vocabulary.words_of(table, column, case))) if of_records else [case.row.get(rule.column)]
    rows = e.told.records.get(table, ()) if e.told is not None else ()
    for word in words:
        if of_records:
            where = enumerated([place(r) for r in rows if r.cells.get(column) == word][:3])
        else:
            where = place(e.told.own if e.told is not None and not column else None if e.told is None else e.told.parents.get(table))
        if word is None or word is REJECTED:
            yield say("{column} ({place}) is empty or couldn't be read", column=rule.column, place=where)
        elif word in rule.values:
            yield say("{word!r} ({place}) is one of them", word=word, place=where)
        else:
            yield say("{word!r} ({place}) isn't one of them", word=word, place=where)
    if not words:
        yield say("There is no record to look at")


def _heartbeat(rule: Any, e: Explained, case: Case) -> Lines:
    start = _first(rule.from_, case)
    every = m.period_of(rule.every, case, m.day_of(start)) if start is not None else None
    if start is None or every is None:
        return
    until = None if rule.until is None else m.find(rule.until, case)
    ended = () if until is None else until.at_or_after(start)
    known = [(n, f) for n in rule.activities if (f := m.find(n, case)) is not None]
    happened = {m.day_of(t): moment_at(n, t, e) for n, f in known for t in f.times}
    yield say("It begins with {moment}", moment=moment_at(rule.from_, start, e))
    days = beats.points(start, ended[0] if ended else case.as_of, [f for _, f in known])
    for one, following in pairwise(days):
        by = m.end_of(one, every, case)
        last = following == days[-1]
        end = happened.get(following) if not last else (moment_at(rule.until, ended[0], e) if ended else say("the end of {day}", day=case.as_of))
        state = _answer(by.kept(following), {True: say("not too long"), False: say("too long")})
        yield say("From {start} to {end}: {days} days, {state}: it had to come by {by}", start=one, end=end, days=(following - one).days, state=state,
                  by=by.earliest if isinstance(by, m.Days) else "–")  # fmt: skip


_TURNS: Mapping[str, Phrase] = {
    "met": say("nothing is missing"), "running": say("still open"), "missed": say("not done in time"), "no calendar": say("no calendar"),
    "unseen": say("not recorded, but nobody says that all is"), "no value": say("no value"),
}  # fmt: skip


def _cadence(rule: Any, _: Explained, case: Case) -> Lines:
    if m.find(rule.activity, case) is None or (rule.from_ is not None and _first(rule.from_, case) is None):
        return
    for turn in cadence.turns(rule, case):
        limit = turn.limit.earliest if turn.limit is not None else "–"
        done = say("done on {day}", day=turn.done) if turn.done is not None else say("not done since")
        yield say("From {start} to {end}: {done}: {state}", start=turn.opens, end=limit, done=done, state=_TURNS[turn.state(case)])


def _limit_of(rule: Any, e: Explained, case: Case) -> Lines:
    table, _, kind = rule.measure.of.partition(".")
    if e.told is None:
        return
    group = (e.told,) if rule.per is None else e.told.group
    if group is None:
        return
    if rule.per is not None:
        yield say("{count} subjects have {column} = {value}, and are counted together", count=len(group), column=rule.per,
                  value=shown(case.row.get(rule.per)))  # fmt: skip
    every: list[limit.Taken] = []
    for one in group:
        concerned = True if rule.where is None else one.case.conditions[rule.where]
        for row in m.rows_of(table, kind if kind else None, one.case) if concerned is not False else ():
            taken = limit.taken_of(row, rule, table, concerned is True, one.case)
            every += taken
            if len(every) <= MOST_TOLD or not taken:
                yield _counted(row, taken, table, rule, one.row_of(row), case)
    if len(every) > MOST_TOLD:
        yield say("… and {count} more", count=len(every) - MOST_TOLD)
    if not any(t.rejected for t in every):
        yield from _measured(*limit.totals(rule, every), rule, e)


MOST_TOLD = 50
"""The most records of a group that are told one by one."""


def _counted(row: Any, taken: list[limit.Taken], table: str, rule: Any, source: Any, case: Case) -> Phrase:
    cell = rule.measure.distinct if rule.measure.distinct is not None else rule.measure.sum
    says = (
        say("{column} = {value}", column=cell, value=shown(row.get(cell)) if row.get(cell) is not None else say("empty"))
        if cell is not None
        else say("a record")
    )
    state = (
        say("it isn't counted")
        if not taken
        else say("it couldn't be read")
        if taken[0].rejected
        else say("it counts")
        if taken[0].surely
        else say("it may count")
    )
    return say("{what} of {day} ({place}): {state}", what=says, day=_day(row.get(case.moment_columns[table])), place=place(source), state=state)


_COUNTS: Mapping[str, Phrase] = {"yes": say("it counts"), "no": say("it doesn't count"), "missing": say("it may count"), "unseen": say("it may count"),
                                 "rejected": say("it couldn't be read")}  # fmt: skip


def _share(rule: Any, e: Explained, case: Case) -> Lines:
    if e.told is None or e.told.group is None or (e.walked is not None and e.walked.outcome == "not_applicable"):
        return
    first, last = share.days(rule, case)
    limit = last
    if last is not None:
        yield say("It is counted from {start} to {end}, by its {moment}", start=first, end=last, moment=rule.from_)
        due = None if rule.due is None else m.period_of(rule.due, case, last)
        end = m.end_of(last, due, case) if due is not None else None
        limit = end.earliest if isinstance(end, m.Days) else last
    every = list(share.members(rule, case, first, limit))
    names = {id(one.case): one for one in e.told.group}
    for member in every[:MOST_TOLD]:
        who = names[id(member.case)].subject
        yield say("{subject}: {state}", subject=who, state=_COUNTS[member.counts] if member.surely else say("it may not belong there"))
    if len(every) > MOST_TOLD:
        yield say("… and {count} more", count=len(every) - MOST_TOLD)
    fewest, most = share.totals(every)
    yield say("{count} belong together; {fewest} count for sure, {most} at most", count=len(every), fewest=fewest, most=most)
    if rule.confidence is not None:
        for stated_, bound in (("min", rule.min), ("max", rule.max)):
            value = None if bound is None else m.value_of(bound, case, last if last is not None else case.as_of)
            if value is not None:
                of = Fraction(str(value))
                yield say(
                    "If the share were {bound} ({name}), so few would be drawn with a chance of {low} %, and so many with {high} %; up to {error} % is proof",
                    bound=value, name=stated_, low=_percent(share.chance(range(most + 1), len(every), of)),
                    high=_percent(share.chance(range(fewest, len(every) + 1), len(every), of)), error=_percent(1 - rule.confidence))  # fmt: skip


def _percent(part: Any) -> str:
    return f"{float(part) * 100:.4g}"


def _exists(rule: Any, e: Explained, case: Case) -> Lines:
    if e.told is None or (rule.from_ is not None and _first(rule.from_, case) is None):
        return
    if rule.having > 1:
        surely, perhaps = exists.sharing(rule, case)
        yield say("{count} subjects have the same {column} ({perhaps} at most); from {least} on one is needed", count=surely, perhaps=perhaps,
                  column=rule.per, least=rule.having)  # fmt: skip
    state = {True: say("it counts"), False: say("it isn't counted"), None: say("it may count"), "rejected": say("it couldn't be read")}
    rows = exists.theirs(rule, case)
    for row in rows[:MOST_TOLD]:
        day = _day(row.get(case.moment_columns[rule.table]))
        yield say("{what} of {day} ({place}): {state}", what=say("a record"), day=day, place=place(e.told.row_of(row)),
                  state=state[exists.answer(rule, row, case)])  # fmt: skip
    if len(rows) > MOST_TOLD:
        yield say("… and {count} more", count=len(rows) - MOST_TOLD)
    if not rows:
        yield say("There is none")


def _independence(rule: Any, e: Explained, case: Case) -> Lines:
    start = None if rule.when is None else _first(rule.when, case)
    if rule.when is not None:
        yield from _asked_by(rule.when, start, e)
    if e.told is None or (rule.when is not None and start is None):
        return
    who = independence.WHO
    roles = [(t, role) for t, dot, role in (n.partition(".") for n in rule.not_in) if dot and t in who]
    own = [n for n in rule.not_in if n not in ("conflict", "organisation") and tuple(n.split(".", 1)) not in roles]
    barred: dict[Any, Any] = {}
    for name in own:
        barred.setdefault(case.row.get(name), say("is {name}", name=name))
    for table, role in roles:
        for row in independence.in_role(table, role, case):
            barred.setdefault(row.get(who[table]), say("is {name}", name=f"{table}.{role}"))
    rows = [r for r in independence.in_role(rule.of, rule.role, case)
            if start is None or independence.begun_by(r, rule.of, start, case) is not False]  # fmt: skip
    people = set()
    for row in rows:
        acted = independence.acted_by(row, rule, set(barred) - {None}, start, case)
        people.add(acted.person)
        why = [barred[acted.person]] if acted.person is not None and acted.person in barred else []
        if "conflict" in rule.not_in and row.get("conflict") is True:
            why.append(say("has declared a conflict of interest"))
        if "organisation" in rule.not_in and row.get("organisation") is not None and row.get("organisation") == case.organisation:
            why.append(say("belongs to the organisation itself"))
        state = (
            say("who {why}", why=enumerated(why)) if why else say("of whom not all is recorded") if acted.unclear else say("who has no part in it")
        )
        yield say("{person}, {state} ({place})", person=shown(acted.person) if acted.person is not None else say("Somebody without a name"), state=state,
                  place=place(e.told.row_of(row)))  # fmt: skip
    yield say("{count} acted in the role {role}; there must be at least {least}", count=len(people), role=rule.role, least=rule.min)


def _in_place(rule: Any, _: Explained, case: Case) -> Lines:
    known = m.find(rule.from_, case) if rule.from_ is not None else in_place.beginning(case)
    until = None if rule.until is None else m.find(rule.until, case)
    if known is None or known.first is None:
        return
    ended = () if until is None else until.at_or_after(known.first)
    first, last = m.day_of(known.first), m.day_of(ended[0]) if ended else case.as_of
    yield say("It must be so on each day from {first} to {last}", first=first, last=last)
    spans: list[tuple[date, date]] = []
    for item in rule.evidence:
        name = item if isinstance(item, str) else say("the days from {start} to {end}", start=item.from_, end=item.to)
        held = in_place.days_held(item, case)
        spans += held.spans
        for start, end in held.spans:
            yield say("{name}: in force from {first} to {last}", name=name, first=start, last=end)
        if not held.spans:
            yield say("{name}: never in force, as far as is recorded", name=name)
    bare = list(_bare(first, last, spans))
    for start, end in bare:
        yield say("Nothing was in force from {first} to {last}: {days} days", first=start, last=end, days=(end - start).days + 1)
    if not bare:
        yield say("No day is without any")


def _bare(first: date, last: date, spans: Iterable[tuple[date, date]]) -> Iterator[tuple[date, date]]:
    """The days from first to last that no span covers, as spans."""
    day = first
    for start, end in sorted(spans):
        if start > day and day <= last:
            yield day, min(last, start - m.A_DAY)
        day = max(day, end + m.A_DAY)
    if day <= last:
        yield day, last


FOUND: Mapping[str, Callable[[Any, Explained, Case], Lines]] = {
    "sequence": _sequence, "required": _required, "forbidden": _forbidden, "occurrences": _occurrences, "documents": _documents, "amount": _amount,
    "condition": _condition, "vocabulary": _vocabulary, "heartbeat": _heartbeat, "cadence": _cadence, "limit": _limit_of, "independence": _independence,
    "in_place": _in_place, "share": _share, "exists": _exists,
}  # fmt: skip
