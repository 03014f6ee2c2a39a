"""How `explain` tells the kinds: what is asked, and what was found, record by record."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from disputekit import REJECTED, Case, Phrase, last_day_of, say
from disputekit_training import walk, walk_qualification, walk_training
from disputekit_training.settings import Settings


def _listed(names: Iterable[object]) -> str:
    return ", ".join(str(n) for n in names)


def training_asked(settings: Settings, rule: Any, case: Case) -> Phrase:
    needs = [w.course if w.course is not None else f"{w.hours} h" for w in walk_training.wanted(settings, rule, case) if w.needed is True]
    every = walk.period_of(rule.every, case)
    if not needs:
        return say("Asked: nothing of this person")
    if every is None:
        return say("Asked on {day}: {courses}", day=case.as_of, courses=_listed(needs))
    return say("Asked on {day}: {courses}, completed within {every}", day=case.as_of, courses=_listed(needs), every=every)


def training_found(settings: Settings, rule: Any, case: Case) -> Iterator[Phrase]:
    every, grace = walk.period_of(rule.every, case), walk.period_of(rule.grace, case)
    for want in walk_training.wanted(settings, rule, case):
        if want.needed is None:
            yield say("{course}: nobody can tell whether it is needed: a role, a cause or a day is missing",
                      course=want.course if want.course is not None else f"{want.hours} h")  # fmt: skip
        if want.needed is not True:
            continue
        if want.course is None:
            yield say(
                "{found} hours of {least} count on {day}", found=walk_training.hours_of(rule, settings, case, every), least=want.hours, day=case.as_of
            )
        else:
            least = rule.score if rule.score is not None else settings.course(want.course).score
            yield from _records(want.course, case.records.get("training", ()), settings, least, case)
        if not walk_training.holds(want, rule, settings, case, every) and grace is not None and want.start is not None:
            yield say("It may be lacking until {day}: {grace} after {start}", day=last_day_of(grace, want.start), grace=grace, start=want.start)


def qualification_asked(settings: Settings, rule: Any, case: Case) -> Phrase:
    del settings, case
    return say("Asked: whoever did {acts} held {courses} on that day", acts=_listed(rule.of), courses=_listed(rule.courses))


def qualification_found(settings: Settings, rule: Any, case: Case) -> Iterator[Phrase]:
    known = case.others.get("training", ())
    told: dict[tuple[str, str], None] = {}
    for act in walk_qualification.acts(rule, case):
        who = act.who if act.who is not None else say("nobody")
        day = say("an unreadable day") if act.day is REJECTED else act.day if act.day is not None else say("no known day")
        for course in rule.courses:
            verdict = walk_qualification.of_act(act, course, settings, case)
            yield say("{day}: done by {who}, {course}: {verdict}", day=day, who=who, course=course,
                      verdict=say("held") if verdict.outcome == "pass" else say(verdict.reason))  # fmt: skip
            if act.who is not None:
                told[(str(act.who), course)] = None
    for who, course in told:
        mine = tuple(r for r in known if r.get("staff_id") == who)
        yield say("What {who} has of {course}:", who=who, course=course)
        yield from _records(course, mine, settings, settings.course(course).score, case)


def _records(course: str, rows: Iterable[Any], settings: Settings, least: Decimal | None, case: Case) -> Iterator[Phrase]:
    found = list(walk.records(course, tuple(rows), settings, least, case))
    if not found:
        since = case.covered_from("training", course)
        yield say("{course}: no record, and the records are complete from {day} on", course=course, day=since) if since is not None else say(
            "{course}: no record, and nobody says from when on the records are complete", course=course)  # fmt: skip
    for held in sorted(found, key=lambda h: h.first if h.first is not None else date.min):
        reason = held.flaw
        if reason is not None:
            yield say("{course}: a record that proves nothing: {why}", course=course, why=say(reason))
        elif held.last is None:
            yield say("{course}: held from {first} on, without an end", course=course, first=held.first)
        else:
            yield say("{course}: held from {first} to {last}", course=course, first=held.first, last=held.last)


REASONS = (say("expired"), say("unqualified"))
"""The reasons that these kinds add."""
