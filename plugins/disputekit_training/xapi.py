"""The source `xapi`: statements of learning systems, one on each line, as rows of the table `training`.

A statement that a store would refuse is refused, with its reason among the rejects. Of the others those are rows that say a course was
completed: a verb that means it, an activity, and no result that says otherwise. The rest is passed over, and counted by verb and reason. The files
of a table are read together: what one export completes, a later one may void, and the same statement may stand in both.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from disputekit import PassedOver, Phrase, Place, Refused, Scan, Source, SourceSettings, say, scan_rows
from disputekit_training.settings import Settings
from disputekit_training.statement import VOIDED, Activity, Actor, Reference, Score, Statement

COLUMNS = ("staff_id", "course", "completed_at", "expires_on", "hours", "score", "evidence")
REPEATED = say("the same statement once more")
VOIDS = say("it voids another statement")
IS_VOIDED = say("another statement voids it")
NO_COMPLETION = say("its verb records no completion")
OTHER_VERB = say("its result is complete, but its verb isn't one of a completion")
NOT_DONE = say("its result says that it isn't completed or passed")
NO_ACTIVITY = say("it isn't about an activity")
CENT = Decimal("0.01")
Row = Mapping[str, str | None]


class Read(NamedTuple):
    """A line: its place, its id and verb if it is a statement, and what it comes to: a row, a reason for passing it over, or a refusal."""

    place: Place
    id: str | None
    verb: str
    comes_to: Row | Phrase | Refused


def source(settings: Settings) -> Source:
    """The reader, for `format = "xapi"` and for files that end in `.xapi`."""
    together = partial(_open, settings)
    return Source("xapi", (".xapi",), lambda file, given, scratch: together([file], given, [scratch])[0], together)


def _open(settings: Settings, files: Sequence[Path], given: SourceSettings, scratch: Sequence[Path]) -> list[Scan]:
    seen: dict[str, bytes] = {}
    voided: set[str] = set()
    read = [list(_read(file, settings, seen, voided)) for file in files]
    return [_scan(file, given, folder, lines, voided) for file, folder, lines in zip(files, scratch, read, strict=True)]


def _scan(file: Path, given: SourceSettings, scratch: Path, lines: Sequence[Read], voided: set[str]) -> Scan:
    passed: Counter[tuple[str, Phrase]] = Counter()
    rows, places, refused = [], [], []
    for line in lines:
        comes_to = line.comes_to
        # what voids can't be voided (xAPI 1.0.3, part 2, 2.3.2)
        if line.id in voided and comes_to not in (VOIDS, REPEATED):
            comes_to = IS_VOIDED
        if isinstance(comes_to, Refused):
            refused.append(comes_to)
        elif isinstance(comes_to, Phrase):
            passed[line.verb, comes_to] += 1
        else:
            # the columns go by whatever names the register's settings expect of the other files of the table
            rows.append({given.columns.get(c, c): v for c, v in comes_to.items()})
            places.append(line.place)
    header = tuple(given.columns.get(c, c) for c in COLUMNS)
    return scan_rows(file, scratch, header, rows, places, refused, [PassedOver(verb, why, n) for (verb, why), n in passed.items()])


def _read(file: Path, settings: Settings, seen: dict[str, bytes], voided: set[str]) -> Iterator[Read]:
    """Every line of a file that isn't empty. seen: of each id known so far, what its statement says; voided: the ids that are; both grow."""
    with file.open("rb") as lines:
        record = 0
        for number, raw in enumerate(lines, 1):
            if not raw.strip():
                continue
            record += 1
            place, text = Place(record, number), raw.decode("utf-8", "replace").strip().lstrip("\ufeff")
            statement = statement_of(raw, text)
            if isinstance(statement, Phrase):
                yield Read(place, None, "", Refused(place, text, statement))
                continue
            # identifiers are UUIDs, which are the same in capitals (RFC 4122, 3)
            name = statement.id.lower() if statement.id is not None else None
            comes_to = _comes_to(statement, settings)
            if name is not None:
                says = _says(statement)
                if name in seen:
                    comes_to = REPEATED if seen[name] == says else say("another statement has the same id")
                else:
                    seen[name] = says
            if isinstance(statement.object, Reference) and comes_to is VOIDS:
                voided.add(statement.object.id.lower())
            refuses = isinstance(comes_to, Phrase) and comes_to not in PASSED
            yield Read(place, name, statement.verb.id, Refused(place, text, comes_to) if refuses else comes_to)  # type: ignore[arg-type]


PASSED = (REPEATED, VOIDS, IS_VOIDED, NO_COMPLETION, OTHER_VERB, NOT_DONE, NO_ACTIVITY)
"""Why a statement is passed over; every other reason is one for refusing it."""


def statement_of(raw: bytes, text: str) -> Statement | Phrase:
    """The statement that a line is, or why it is none."""
    try:
        raw.decode("utf-8")
        return Statement.model_validate(json.loads(text, parse_float=Decimal))
    except UnicodeDecodeError:
        return say("isn't UTF-8")
    except (json.JSONDecodeError, RecursionError):
        return say("isn't JSON")
    except ValidationError as bad:
        # the first mistakes, each with its place in the statement
        told = [
            f"{'.'.join(str(p) for p in e['loc'])}: {e['msg'].removeprefix('Value error, ')}".removeprefix(": ")
            for e in bad.errors(include_url=False)
        ]
        return say("no statement of xAPI 1.0.3 or 2.0: {why}", why="; ".join(dict.fromkeys(told[:3])))


def _says(statement: Statement) -> bytes:
    """What a statement says, without what a store adds to it, by which two that are the same may differ (xAPI 1.0.3, part 2, 2.3.3)."""
    said = statement.model_copy(update={"id": None, "stored": None, "authority": None, "version": None})
    return hashlib.sha256(repr(said).encode()).digest()


def _comes_to(statement: Statement, settings: Settings) -> Row | Phrase:
    """A row, or why there is none."""
    result = statement.result
    if statement.verb.id == VOIDED:
        return VOIDS
    if statement.verb.id not in settings.xapi.verbs:
        return OTHER_VERB if result is not None and result.completion is True else NO_COMPLETION
    if not isinstance(statement.object, Activity):
        return NO_ACTIVITY
    if result is not None and (result.completion is False or result.success is False):
        return NOT_DONE
    if statement.actor.type == "Group":
        return say("a group completed it, and nobody knows who of it")
    who = _who(statement.actor, settings)
    if who is None:
        return say("nobody knows whose staff number {actor} is", actor=_named(statement.actor))
    at = statement.timestamp if statement.timestamp is not None else statement.stored
    if at is None:
        return say("a completion without a timestamp")
    iri = statement.object.id
    course = next((c for c in settings.courses if iri in settings.names(c)), iri)
    known = settings.course(course)
    score = None if result is None or result.score is None else _score(result.score, known.score)
    return {
        "staff_id": who, "course": course, "completed_at": _instant(at), "expires_on": None, "hours": None if known.hours is None else str(known.hours),
        "score": score, "evidence": statement.id,
    }  # fmt: skip


def _who(actor: Actor, settings: Settings) -> str | None:
    """The staff number: by the table of the settings, else the account's name where its home page is the right one."""
    named, table = _named(actor), settings.xapi.staff
    if named in table:
        return table[named]
    if actor.mbox_sha1sum is not None:
        # the hash of an address that the table knows (xAPI 1.0.3, part 2, 2.4.2.3)
        return next((n for mail, n in table.items() if hashlib.sha1(mail.encode(), usedforsecurity=False).hexdigest() == named.lower()), None)
    home = settings.xapi.home_page
    return actor.account.name if actor.account is not None and home in (None, actor.account.home_page) else None


def _named(actor: Actor) -> str:
    if actor.account is not None:
        return actor.account.name
    return str(next((n for n in (actor.mbox, actor.openid, actor.mbox_sha1sum) if n is not None), actor.name))


def _score(score: Score, least: Decimal | None) -> str | None:
    """In hundredths, or as a fraction where the course's pass mark is one (at most 1); cut after two decimals, so that nobody passes by rounding.

    The scaled score goes before the raw one, which counts between its `min` (else 0) and its `max`; without a `max` it is taken as it stands.
    """
    whole = Decimal(1) if least is not None and least <= 1 else Decimal(100)
    if score.scaled is not None:
        found = Decimal(str(score.scaled)) * whole
    elif score.raw is None:
        return None
    else:
        found, low = Decimal(str(score.raw)), Decimal(str(score.min)) if score.min is not None else Decimal(0)
        if score.max is not None and Decimal(str(score.max)) > low:
            found = (found - low) / (Decimal(str(score.max)) - low) * whole
    return str(found.quantize(CENT, ROUND_FLOOR))


def _instant(text: str) -> str:
    """As the register reads it: a `T` between day and clock, microseconds, a colon in the offset; without one it is UTC (xAPI 1.0.3, part 2, 4.5)."""
    day, clock = text[:10], text[11:].upper().removesuffix("Z")
    sign = next((s for s in "+-" if s in clock), "")
    head, _, offset = clock.partition(sign) if sign else (clock, "", "")
    seconds, point, fraction = head.partition(".")
    offset = offset.replace(":", "")
    zone = f"{sign}{offset[:2]}:{offset[2:] if len(offset) > 2 else '00'}" if sign else "Z"
    return f"{day}T{seconds}{point}{fraction[:6]}{zone}"
