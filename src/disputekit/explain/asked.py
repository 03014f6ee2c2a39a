"""What a control asks, in a sentence: one for each kind, with its numbers as they are on the day that decides."""

from collections.abc import Callable, Mapping
from typing import Any

from disputekit.explain.explained import Explained
from disputekit.explain.shown import enumerated, stated
from disputekit.kinds.common import named
from disputekit.oracles import moments as m
from disputekit.policies.model import AllOf, AnyOf, Reaching
from disputekit.text import Phrase, say


def asked(e: Explained) -> Phrase | None:
    """The sentence for a rule; None for a plugin's kind that doesn't tell itself."""
    rule = e.prepared.rule
    if rule is not None and e.kind is not None and e.kind.asked is not None and e.told is not None:
        return e.kind.asked(rule, e.told.case)
    told = ASKED.get(rule.kind) if rule is not None else None
    return told(rule, e) if told is not None else None


def what(moment: Any) -> Any:
    """A moment, the first or the last of several, or the payment that completes a sum."""
    match moment:
        case AnyOf():
            return enumerated(moment.any, "or")
        case AllOf():
            return enumerated(moment.all)
        case Reaching():
            return say("{sum} that come to {amount}", sum=moment.sum, amount=moment.reaches)
        case _:
            return named(moment)


def _bounds(rule: Any, e: Explained) -> Phrase:
    if rule.max is None:
        return say("at least {least}", least=stated(rule.min, e))
    if rule.min is None:
        return say("at most {most}", most=stated(rule.max, e))
    return say("at least {least} and at most {most}", least=stated(rule.min, e), most=stated(rule.max, e))


def _deadline(rule: Any, e: Explained) -> Phrase:
    if rule.due is not None:
        several = getattr(rule.due, "earliest", None), getattr(rule.due, "latest", None)
        due = (
            say("the earliest of {what}", what=enumerated(several[0]))
            if several[0]
            else say("the latest of {what}", what=enumerated(several[1]))
            if several[1]
            else rule.due
        )
        return say("Asked: from {start} on, {to} by {due}", start=rule.from_, to=what(rule.to), due=due)
    within = enumerated([stated(rung.within, e) for rung in rule.rungs], "or")
    return say("Asked: {to} within {within} after {start}", to=what(rule.to), within=within, start=rule.from_)


def _sequence(rule: Any, _: Explained) -> Phrase:
    if rule.same_day == "refused":
        return say("Asked: {first} on an earlier day than {then}", first=what(rule.first), then=rule.then)
    return say("Asked: {first} before {then}", first=what(rule.first), then=rule.then)


def _required(rule: Any, e: Explained) -> Phrase:
    fields = enumerated(rule.fields)
    when = say("once {when} has happened", when=rule.when) if rule.when is not None else say("always")
    if rule.by is None:
        return say("Asked: {fields} must be there, {when}", fields=fields, when=when)
    by = say("within {period}", period=stated(rule.by, e)) if m.is_period(rule.by) else say("at {moment}", moment=rule.by)
    return say("Asked: {fields} must be there {by}, {when}", fields=fields, by=by, when=when)


def _forbidden(rule: Any, _: Explained) -> Phrase:
    thing = rule.activity if rule.activity is not None else rule.record
    start = say("from {moment} on", moment=named(rule.from_)) if rule.from_ is not None else say("from the very first on")
    until = say("until {moment}", moment=named(rule.until)) if rule.until is not None else say("for good")
    return say("Asked: {thing} must not happen, {start} and {until}", thing=thing, start=start, until=until)


def _occurrences(rule: Any, e: Explained) -> Phrase:
    each = {None: say("times"), "day": say("different days"), "party": say("different persons")}[rule.distinct]
    if rule.from_ is None:
        return say("Asked: {of} {bounds} {each}", of=rule.of, bounds=_bounds(rule, e), each=each)
    return say("Asked: {of} {bounds} {each}, within {within} after {start}", of=rule.of, bounds=_bounds(rule, e), each=each,
               within=stated(rule.within, e), start=rule.from_)  # fmt: skip


def _documents(rule: Any, e: Explained) -> Phrase:
    if rule.contents:
        return say(
            "Asked: each notice of {kinds} that was sent must say {contents}", kinds=enumerated(rule.kinds), contents=enumerated(rule.contents)
        )
    on_file = say("on file and verified by somebody else") if rule.verified else say("on file")
    if rule.by is None:
        return say("Asked: {kinds} must be {on_file}", kinds=enumerated(rule.kinds), on_file=on_file)
    by = rule.by if isinstance(rule.by, str) else say("{within} after {start}", within=stated(rule.by.within, e), start=rule.by.from_)
    return say("Asked: {kinds} must be {on_file} by {by}", kinds=enumerated(rule.kinds), on_file=on_file, by=by)


def _amount(rule: Any, e: Explained) -> Phrase:
    return say("Asked: {actual} must come to {expected}, and may differ by {tolerance}", actual=rule.actual, expected=rule.expected,
               tolerance=stated(rule.tolerance, e))  # fmt: skip


def _condition(rule: Any, _: Explained) -> Phrase:
    return say("Asked: {condition} must hold", condition=rule.holds)


def _vocabulary(rule: Any, _: Explained) -> Phrase:
    return say("Asked: {column} must be {values}", column=rule.column, values=enumerated(rule.values, "or"))


def _heartbeat(rule: Any, e: Explained) -> Phrase:
    until = say("until {moment}", moment=rule.until) if rule.until is not None else say("as long as it lasts")
    return say("Asked: {activities} at least every {every}, from {start} on and {until}", activities=enumerated(rule.activities, "or"),
               every=stated(rule.every, e), start=rule.from_, until=until)  # fmt: skip


def _cadence(rule: Any, e: Explained) -> Phrase:
    if rule.every is not None:
        return say("Asked: {activity} at least once every {every}", activity=rule.activity, every=stated(rule.every, e))
    period = _PERIODS[rule.period]
    if rule.due is None:
        return say("Asked: {activity} in each {period}, by its last day", activity=rule.activity, period=period)
    return say("Asked: {activity} for each {period}, within {due} after its end", activity=rule.activity, period=period, due=stated(rule.due, e))


_PERIODS: Mapping[str, Phrase] = {"month": say("month"), "quarter": say("quarter"), "half-year": say("half-year"), "year": say("year")}


def _limit(rule: Any, e: Explained) -> Phrase:
    of: Phrase = say("{name}", name=rule.measure.of)
    if rule.measure.where is not None:
        of = say("{of} with {condition}", of=of, condition=rule.measure.where)
    if rule.measure.distinct is not None:
        of = say("different {column} of {of}", column=rule.measure.distinct, of=of)
    if rule.measure.sum is not None:
        of = say("{column} of {of} in all", column=rule.measure.sum, of=of)
    if rule.per is not None:
        return say("Asked: {bounds}: {of}, for each {per}", bounds=_bounds(rule, e), of=of, per=rule.per)
    return say("Asked: {bounds}: {of}", bounds=_bounds(rule, e), of=of)


def _independence(rule: Any, _: Explained) -> Phrase:
    barred = {"conflict": say("has declared a conflict of interest"), "organisation": say("belongs to the organisation itself")}
    parts = [barred[n] if n in barred else say("is {name}", name=n) for n in rule.not_in]
    return say("Asked: at least {least} in the role {role} ({table}), and nobody in it who {barred}", least=rule.min, role=rule.role, table=rule.of,
               barred=enumerated(parts, "or"))  # fmt: skip


def _in_place(rule: Any, _: Explained) -> Phrase:
    items = [i if isinstance(i, str) else say("the days from {start} to {end}", start=i.from_, end=i.to) for i in rule.evidence]
    start = say("from {moment} on", moment=rule.from_) if rule.from_ is not None else say("from the beginning on")
    until = say("until {moment}", moment=rule.until) if rule.until is not None else say("as long as it lasts")
    return say("Asked: on each day {start} and {until}, {evidence} in force", start=start, until=until, evidence=enumerated(items, "or"))


def _share(rule: Any, e: Explained) -> Phrase:
    asked = say("Asked: {bounds} of {table}", bounds=_bounds(rule, e), table=rule.subject)
    if rule.per is not None:
        asked = say("{asked}, for each {per}", asked=asked, per=rule.per)
    if rule.period is not None:
        asked = say("{asked}, in each {period} by {start}", asked=asked, period=_PERIODS[rule.period], start=rule.from_)
    asked = say("{asked}: {condition}", asked=asked, condition=rule.holds if rule.holds is not None else rule.of)
    if rule.due is not None:
        asked = say("{asked}; measured {due} after its end", asked=asked, due=stated(rule.due, e))
    return asked


def _exists(rule: Any, e: Explained) -> Phrase:
    what: Phrase = say("{name}", name=rule.record)
    if rule.meets is not None:
        what = say("{of} with {condition}", of=what, condition=rule.meets)
    if rule.matched is not None:
        what = say("{what} whose {theirs} is the subject's {own}", what=what, theirs=rule.matched[0], own=rule.matched[1])
    if rule.within is not None:
        return say("Asked: one of {what}, within {within} after {start}", what=what, within=stated(rule.within, e), start=rule.from_)
    if rule.from_ is not None:
        return say("Asked: one of {what}, once {start} has happened", what=what, start=rule.from_)
    return say("Asked: one of {what}", what=what)


ASKED: Mapping[str, Callable[[Any, Explained], Phrase]] = {
    "deadline": _deadline, "sequence": _sequence, "required": _required, "forbidden": _forbidden, "occurrences": _occurrences,
    "documents": _documents, "amount": _amount, "condition": _condition, "vocabulary": _vocabulary, "heartbeat": _heartbeat, "cadence": _cadence, "limit": _limit,
    "independence": _independence, "in_place": _in_place, "share": _share, "exists": _exists,
}  # fmt: skip
