"""Ways in which a good life can be spoilt, and which lives can be."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from disputekit.demo.days import AS_OF, Days
from disputekit.demo.files import Cell
from disputekit.demo.story import PAPERS, Life

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
        life.rows[table] = [r for r in life.rows[table] if kind != r.get("activity", r.get("kind"))]

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


def _when(life: Life, activity: str) -> datetime:
    found = life.moment(activity)
    assert found is not None
    return found
