"""Sending what waits: at least once, each with its id, so that a receiver can tell a second copy.

A notice is claimed for a while, sent, and only then marked. Whoever is killed in between leaves a claim that runs out; then another sends it,
perhaps again.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic

from sqlalchemy import and_, or_, select, update

from disputekit import DisputekitError, Phrase, say
from disputekit_emergency.history import OUTBOX, State
from disputekit_emergency.plans import Settings

BATCH = 20
"""How many are claimed at once; each gets a thread of its own, so that one server that hangs doesn't hold the others up."""
SLACK = 15
"""Seconds that a claim outlasts the time for sending."""
LONGEST_WAIT = 3600


@dataclass(frozen=True)
class Waiting:
    """A notice that isn't sent yet. kept: why the last try failed, without any address, as the database keeps it: a template and its values."""

    message_id: str
    target: str
    title: str
    text: str
    attempts: int
    kept: str | None = None

    @property
    def failure(self) -> Phrase | None:
        if self.kept is None:
            return None
        template, values = json.loads(self.kept)
        return Phrase(template, **values)


@dataclass(frozen=True)
class Sent:
    """What a round of sending came to: how many were sent, and those that still wait."""

    sent: int
    waiting: tuple[Waiting, ...]


_COLUMNS = (OUTBOX.c.message_id, OUTBOX.c.target, OUTBOX.c.title, OUTBOX.c.text, OUTBOX.c.attempts, OUTBOX.c.failure)


def send(state: State, settings: Settings, clock: Callable[[], datetime]) -> Sent:
    """Sends all that is due, and marks it. Raises DisputekitError only where the history can't be used; a notice that fails waits for its next time."""
    sent = 0
    while batch := _claim(state, settings, clock()):
        for one, failure in _delivered(batch, settings):
            _mark(state, settings, one, failure, clock())
            sent += failure is None
    return Sent(sent, tuple(waiting(state)))


def waiting(state: State) -> list[Waiting]:
    with state.reading() as connection:
        return [
            Waiting(*row)
            for row in connection.execute(select(*_COLUMNS).where(OUTBOX.c.sent_at.is_(None)).order_by(OUTBOX.c.number, OUTBOX.c.target))
        ]


def _claim(state: State, settings: Settings, now: datetime) -> list[Waiting]:
    at = int(now.timestamp())
    due = and_(OUTBOX.c.sent_at.is_(None), OUTBOX.c.next_at <= at, or_(OUTBOX.c.claimed_until <= at, OUTBOX.c.claimed_until.is_(None)))
    with state.writing() as w:
        rows = w.connection.execute(select(*_COLUMNS).where(due).order_by(OUTBOX.c.number, OUTBOX.c.target).limit(BATCH))
        found = [Waiting(*row) for row in rows]
        ids = [f.message_id for f in found]
        w.connection.execute(update(OUTBOX).where(OUTBOX.c.message_id.in_(ids)).values(claimed_until=at + settings.send_within + SLACK))
    return found


def _delivered(batch: Sequence[Waiting], settings: Settings) -> list[tuple[Waiting, Phrase | None]]:
    """Each notice of a batch with why it failed, None for one that was taken."""
    import apprise  # noqa: F401 — takes a second when it is imported first, which isn't the servers' fault

    addresses: Mapping[str, str | DisputekitError] = {t.name: _address(t.name, settings) for t in settings.notify}
    answers: SimpleQueue[tuple[int, Phrase | None]] = SimpleQueue()
    for number, one in enumerate(batch):
        address = addresses.get(one.target, DisputekitError.at(one.target, say("nobody of this name is in [plugins.emergency] notify")))
        Thread(target=_try, args=(number, one, address, answers), daemon=True).start()
    failed: dict[int, Phrase | None] = {n: say("no answer within {seconds} seconds", seconds=settings.send_within) for n in range(len(batch))}
    until = monotonic() + settings.send_within
    with suppress(Empty):
        for _ in batch:
            number, failure = answers.get(timeout=max(0.0, until - monotonic()))
            failed[number] = failure
    return [(one, failed[n]) for n, one in enumerate(batch)]


def _address(name: str, settings: Settings) -> str | DisputekitError:
    (target,) = [t for t in settings.notify if t.name == name]
    try:
        return target.to.read(f"[plugins.emergency] notify {name}")
    except DisputekitError as bad:
        return bad


def _try(number: int, one: Waiting, address: str | DisputekitError, answers: "SimpleQueue[tuple[int, Phrase | None]]") -> None:
    if isinstance(address, DisputekitError):
        what = address.problems[0].what
        answers.put((number, what if isinstance(what, Phrase) else Phrase(what)))
        return
    try:
        answers.put((number, None if _give(one, address) else say("the server refused it or couldn't be reached")))
    except Exception as bad:  # noqa: BLE001 — whatever a channel raises; its words may hold the address
        answers.put((number, say("raised {kind}", kind=type(bad).__name__)))


def _give(one: Waiting, address: str) -> bool:
    import apprise
    from apprise.conversion import convert_between

    # its log tells addresses and answers of servers, and where nobody set logging up it would go to stderr
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    # by itself: `Apprise.notify` sends from a few threads that all share, so that a server that hangs would hold up the others
    channel = apprise.Apprise.instantiate(address)
    if channel is None:
        raise ValueError("no address that Apprise knows")
    body = convert_between(apprise.NotifyFormat.TEXT, channel.notify_format, f"{one.text}\n[{one.message_id}]")  # type: ignore[no-untyped-call]
    return bool(channel.notify(title=one.title, body=body))


def _mark(state: State, settings: Settings, one: Waiting, failure: Phrase | None, now: datetime) -> None:
    mine = and_(OUTBOX.c.message_id == one.message_id, OUTBOX.c.sent_at.is_(None))
    with state.writing() as w:
        if failure is not None:
            wait = min(settings.retry_after * 2 ** min(one.attempts, 12), LONGEST_WAIT)
            w.connection.execute(update(OUTBOX).where(mine).values(attempts=one.attempts + 1, failure=json.dumps([failure.template, failure.values]), claimed_until=0,
                                                                   next_at=int(now.timestamp()) + wait))  # fmt: skip
        elif w.connection.execute(update(OUTBOX).where(mine).values(sent_at=now.isoformat(), failure=None, claimed_until=0)).rowcount:
            w.append(now, "sent", one.message_id.removesuffix(f".{one.target}").rpartition(".")[0], {"message": one.message_id, "target": one.target},
                     f"sent/{one.message_id}")  # fmt: skip
