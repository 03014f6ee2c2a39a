"""The source `xapi`: statements of learning systems, one on each line, as rows of the table `training`.

A statement that a store would refuse is refused, with its reason among the rejects. Of the others those are rows that say a course was
completed: a verb that means it, an activity, and no result that says otherwise. One that was voided is none, and one that comes twice is one.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from disputekit import Place, Refused, Scan, Source, SourceSettings, say, scan_rows
from disputekit_training.settings import Settings
from disputekit_training.statement import VOIDED, Activity, Actor, Reference, Statement

COLUMNS = ("staff_id", "course", "completed_at", "expires_on", "hours", "score", "evidence")


class Line(NamedTuple):
    """A statement that was accepted, with its place and its text."""

    place: Place
    text: str
    statement: Statement


def source(settings: Settings) -> Source:
    """The reader, for `format = "xapi"` and for files that end in `.xapi`."""
    return Source("xapi", (".xapi",), partial(_open, settings))


def _open(settings: Settings, file: Path, given: SourceSettings, scratch: Path) -> Scan:
    lines, refused = read(file)
    rows, places = [], []
    seen: dict[str, Statement] = {}
    voided = {s.object.id for _, _, s in lines if s.verb.id == VOIDED and isinstance(s.object, Reference)}
    for place, text, statement in lines:
        known = seen.setdefault(statement.id, statement) if statement.id is not None else statement
        if known is not statement:
            if known != statement:
                refused.append(Refused(place, text, say("another statement has the same id")))
            continue
        if statement.id in voided or not _completes(statement, settings):
            continue
        who = _who(statement.actor, settings)
        if who is None:
            refused.append(Refused(place, text, say("nobody knows whose staff number {actor} is", actor=_named(statement.actor))))
        elif statement.timestamp is None and statement.stored is None:
            refused.append(Refused(place, text, say("a completion without a timestamp")))
        else:
            rows.append(_row(who, statement, settings))
            places.append(place)
    # the columns go by whatever names the register's settings expect of the other files of the table
    header = tuple(given.columns.get(c, c) for c in COLUMNS)
    renamed = [{given.columns.get(c, c): v for c, v in row.items()} for row in rows]
    return scan_rows(file, scratch, header, renamed, places, sorted(refused, key=lambda r: r.place.record))


def read(file: Path) -> tuple[list[Line], list[Refused]]:
    """Every statement of a file, and what is none, with the reason."""
    found: list[Line] = []
    refused: list[Refused] = []
    with file.open("rb") as lines:
        record = 0
        for number, raw in enumerate(lines, 1):
            if not raw.strip():
                continue
            record += 1
            place, text = Place(record, number), raw.decode("utf-8", "replace").strip().lstrip("\ufeff")
            try:
                raw.decode("utf-8")
                found.append(Line(place, text, Statement.model_validate(json.loads(text, parse_float=Decimal))))
            except UnicodeDecodeError:
                refused.append(Refused(place, text, say("isn't UTF-8")))
            except (json.JSONDecodeError, RecursionError):
                refused.append(Refused(place, text, say("isn't JSON")))
            except ValidationError as bad:
                refused.append(Refused(place, text, say("no statement of xAPI 1.0.3 or 2.0: {why}", why=_why(bad))))
    return found, refused


def _why(bad: ValidationError) -> str:
    """The first mistakes, each with its place in the statement."""
    told = [
        f"{'.'.join(str(p) for p in e['loc'])}: {e['msg'].removeprefix('Value error, ')}".removeprefix(": ") for e in bad.errors(include_url=False)
    ]
    return "; ".join(dict.fromkeys(told[:3]))


def _completes(statement: Statement, settings: Settings) -> bool:
    result = statement.result
    said_otherwise = result is not None and (result.completion is False or result.success is False)
    return isinstance(statement.object, Activity) and statement.verb.id in settings.xapi.verbs and not said_otherwise


def _who(actor: Actor, settings: Settings) -> str | None:
    """The staff number: by the table of the settings, else the account's name where its home page is the right one."""
    named = _named(actor)
    if named in settings.xapi.staff:
        return settings.xapi.staff[named]
    home = settings.xapi.home_page
    known = actor.type == "Agent" and actor.account is not None and home in (None, actor.account.home_page)
    return actor.account.name if known and actor.account is not None else None


def _named(actor: Actor) -> str:
    if actor.account is not None:
        return actor.account.name
    return str(next((n for n in (actor.mbox, actor.openid, actor.mbox_sha1sum) if n is not None), actor.name))


def _row(who: str, statement: Statement, settings: Settings) -> Mapping[str, str | None]:
    assert isinstance(statement.object, Activity)
    iri = statement.object.id
    course = next((c for c in settings.courses if iri in settings.names(c)), iri)
    at = statement.timestamp if statement.timestamp is not None else statement.stored
    score = statement.result.score if statement.result is not None else None
    least = settings.course(course).score
    hours = settings.course(course).hours
    return {
        "staff_id": who, "course": course, "completed_at": _instant(str(at)), "expires_on": None, "hours": None if hours is None else str(hours),
        "score": None if score is None else _score(score.raw, score.scaled, least), "evidence": statement.id,
    }  # fmt: skip


def _score(raw: Any, scaled: Any, least: Decimal | None) -> str | None:
    """On the scale of the course's pass mark: the raw score where there is one, else the scaled one, in hundredths where the mark is above 1."""
    if raw is not None:
        return str(raw)
    if scaled is None:
        return None
    return str(Decimal(str(scaled)) * 100 if least is not None and least > 1 else scaled)


def _instant(text: str) -> str:
    """As the register reads it: a `T` between day and clock, a colon in the offset; without an offset it is UTC (xAPI 1.0.3, part 2, 4.5)."""
    day, clock = text[:10], text[11:]
    for sign in "+-":
        head, found, offset = clock.partition(sign)
        if found:
            offset = offset.replace(":", "")
            return f"{day}T{head}{sign}{offset[:2]}:{offset[2:] if len(offset) > 2 else '00'}"
    return f"{day}T{clock.upper().removesuffix('Z')}Z"
