"""Ways in which a good life can be spoilt, and which lives can be."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from disputekit.demo.days import AS_OF, Days
from disputekit.demo.files import Cell
from disputekit.demo.names import COMPANY
from disputekit.demo.story import PAPERS, Life, sort_of

Fits = Callable[[Life, Days], bool]
Spoil = Callable[[Life, Days], None]

# which lives can be spoilt


def old(life: Life, _: Days) -> bool:
    """Whether no period of the first steps is still running."""
    return (AS_OF - life.received.date()).days > 40


def closed(life: Life, days: Days) -> bool:
    """Whether it was determined, and closed some days later."""
    return old(life, days) and life.moment("determined") is not None and life.moment("closed") is not None


def paid(life: Life, days: Days) -> bool:
    return closed(life, days) and bool(life.rows.get("payments"))


def granted(life: Life, days: Days) -> bool:
    return closed(life, days) and bool(life.of("decisions", "determination"))


def never_asked(life: Life, days: Days) -> bool:
    return closed(life, days) and not life.rows.get("requests")


def never_asked_undecided(life: Life, days: Days) -> bool:
    return old(life, days) and life.moment("determined") is None and not life.rows.get("requests")


def asked_once(life: Life, days: Days) -> bool:
    return closed(life, days) and len(life.rows.get("requests", [])) == 1


def reached(life: Life, days: Days) -> bool:
    """Whether only having reached the customer counts: there was no third attempt."""
    return old(life, days) and not tried_thrice(life, days)


def tried_thrice(life: Life, days: Days) -> bool:
    return old(life, days) and bool(life.of("events", "third_contact_attempt"))


def promised(life: Life, days: Days) -> bool:
    return old(life, days) and bool(life.of("events", "promise_made"))


def met(life: Life, days: Days) -> bool:
    """Whether a mediation was held so long ago that whatever follows a meeting is due."""
    row = life.mediation
    return closed(life, days) and row is not None and isinstance(row.get("held_at"), datetime) and _long_ago(row["held_at"])


def met_outside(life: Life, days: Days) -> bool:
    return met(life, days) and life.mediation is not None and life.mediation["forum"] != "internal"


def signed_record(life: Life, days: Days) -> bool:
    return met(life, days) and life.mediation is not None and life.mediation.get("record_signed_at") is not None


def performed(life: Life, days: Days) -> bool:
    """Whether the mediation ended in an agreement that was signed and performed."""
    return met(life, days) and life.mediation is not None and life.mediation.get("performed_at") is not None


def _long_ago(moment: Cell) -> bool:
    return isinstance(moment, datetime) and (AS_OF - moment.date()).days > 40


def came_late(papers: int) -> Fits:
    """So many papers that were asked for came after the fifth working day."""

    def fits(life: Life, days: Days) -> bool:
        arrived = [r["fulfilled_at"] for r in life.rows.get("requests", [])]
        due = days.after(life.received.date(), 5)
        return old(life, days) and papers == sum(isinstance(a, datetime) and a.date() > due for a in arrived)

    return fits


# ways to spoil them


def drop(table: str, kind: str) -> Spoil:
    def spoil(life: Life, _: Days) -> None:
        life.rows[table] = [r for r in life.rows[table] if kind != sort_of(r)]

    return spoil


def put(table: str, kind: str, /, **cells: Cell) -> Spoil:
    """Changes cells of the first record of a sort."""
    return lambda life, _: life.of(table, kind)[0].update(cells)


def enter(**cells: Cell) -> Spoil:
    """Changes cells of the ledger."""
    return lambda life, _: life.dispute.update(cells)


def negate(column: str) -> Spoil:
    def spoil(life: Life, _: Days) -> None:
        amount = life.dispute[column]
        assert isinstance(amount, Decimal)
        life.dispute[column] = -amount

    return spoil


def halve(column: str) -> Spoil:
    def spoil(life: Life, _: Days) -> None:
        amount = life.dispute[column]
        assert isinstance(amount, Decimal)
        life.dispute[column] = (amount / 2).quantize(Decimal("0.01"))

    return spoil


def mediate(**cells: Cell) -> Spoil:
    """Changes cells of the mediation."""

    def spoil(life: Life, _: Days) -> None:
        assert life.mediation is not None
        life.mediation.update(cells)

    return spoil


def by_meeting(table: str, kind: str, column: str, hours: int) -> Spoil:
    """Moves a record to so many hours after the meeting, or before it."""

    def spoil(life: Life, _: Days) -> None:
        life.of(table, kind)[0][column] = _held(life) + timedelta(hours=hours)

    return spoil


def offered_late(life: Life, _: Days) -> None:
    """The agreement was offered for signature on the sixth day after the meeting, then signed and performed at once."""
    assert life.mediation is not None
    offered = _held(life) + timedelta(days=6)
    life.of("events", "signature_offered")[0]["occurred_at"] = offered
    life.mediation.update(customer_signed_at=offered, insurer_signed_at=offered, performed_at=offered + timedelta(hours=1))
    life.of("events", "result_reported")[0]["occurred_at"] = offered + timedelta(hours=2)


def never_answered(life: Life, days: Days) -> None:
    """The agreement was offered for signature, and nobody asked what became of it."""
    mediate(customer_signed_at=None, insurer_signed_at=None, performance_due_on=None, performed_at=None)(life, days)
    for table, sort in (("payments", "benefit"), ("events", "result_reported"), ("events", "more_time_asked")):
        drop(table, sort)(life, days)


def of_the_company(life: Life, _: Days) -> None:
    life.of("parties", "mediator")[0]["organisation"] = COMPANY


def four_handlers(life: Life, _: Days) -> None:
    """It was passed on again and again."""
    for n in (1, 2, 3):
        life.rows["assignments"].append({**life.rows["assignments"][0], "role": "handler", "staff_id": life.office.staff["理赔员"][n - 1]})


def antedate(column: str) -> Spoil:
    def spoil(life: Life, _: Days) -> None:
        life.dispute[column] = life.received - timedelta(days=2)

    return spoil


def move(activity: str, after: str, days: int, hours: int = 0) -> Spoil:
    """Moves an event to so long after another."""

    def spoil(life: Life, _: Days) -> None:
        life.of("events", activity)[0]["occurred_at"] = _when(life, after) + timedelta(days=days, hours=hours)

    return spoil


def not_asked(life: Life, days: Days) -> None:
    """Papers were lacking, and nobody asked for them."""
    life.rows["requests"] = []
    drop("notices", "supplement")(life, days)
    drop("events", "documents_requested")(life, days)


def asked_twice(life: Life, days: Days) -> None:
    """What was lacking was asked for piecemeal."""
    second = life.rows["requests"][1]
    asked = second["asked_at"]
    assert isinstance(asked, datetime)
    second["asked_at"] = datetime.combine(days.after(asked.date(), 1), asked.time())


def never_sent(life: Life, days: Days) -> None:
    """A paper that was asked for in time never came."""
    asked = life.rows["requests"][0]
    asked["fulfilled_at"] = None
    drop("documents", str(asked["kind"]))(life, days)


def verified_by_submitter(life: Life, _: Days) -> None:
    paper = life.of("documents", PAPERS[0])[0]
    paper["submitted_by"] = paper["verified_by"]


def verified_late(life: Life, _: Days) -> None:
    life.of("documents", PAPERS[1])[0]["verified_at"] = _when(life, "determined") + timedelta(days=1)


def _held(life: Life) -> datetime:
    assert life.mediation is not None
    held = life.mediation["held_at"]
    assert isinstance(held, datetime)
    return held


def _when(life: Life, activity: str) -> datetime:
    found = life.moment(activity)
    assert found is not None
    return found
