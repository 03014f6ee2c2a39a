"""The life of one dispute as it should be: in time, complete, in order, and cut off where as-of comes first."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from random import Random

from disputekit.demo import names
from disputekit.demo.days import AS_OF, DAY, DISSOLVED, Days, later, office_hours, one, tail
from disputekit.demo.files import Cell, Row
from disputekit.demo.people import Office, payable, person

PAPERS = ("claim_application", "contract", "claim_notice")
NOTICE_CONTENTS = ("findings", "reasons", "basis", "remedies")
# what the risk detectors must find: a branch that calls every second dispute complex, and one that refuses three times as often as the others
CALLS_COMPLEX, MUCH_COMPLEX = "U302", 0.5
REFUSES, MUCH_REFUSED = "U201", 0.36
FILING_OPENS, FILING_ENDS = date(2026, 3, 12), date(2026, 4, 26)


@dataclass
class Life:
    """A dispute with everything recorded about it. What would come after as-of isn't recorded."""

    dispute: Row
    customer: Row
    contract: Row
    claim: Row
    office: Office
    rows: dict[str, list[Row]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.dispute["dispute_id"])

    @property
    def mediation(self) -> Row | None:
        return self.rows.get("mediations", [None])[0]

    @property
    def received(self) -> datetime:
        moment = self.dispute["received_at"]
        assert isinstance(moment, datetime)
        return moment

    def add(self, table: str, moment: datetime, **cells: Cell) -> Row | None:
        """Records a row about the dispute, unless it lies after as-of."""
        if moment.date() > AS_OF:
            return None
        row: Row = {"subject": "disputes", "subject_id": self.id, **cells}
        self.rows.setdefault(table, []).append(row)
        return row

    def event(self, activity: str, moment: datetime, **cells: Cell) -> None:
        self.add("events", moment, activity=activity, occurred_at=moment, unit_id=self.office.unit_id,
                 **{"actor_id": self.dispute["handler_id"], **cells})  # fmt: skip

    def of_mediation(self, table: str, moment: datetime, **cells: Cell) -> Row | None:
        """Records a row about the mediation of the dispute."""
        return self.add(table, moment, **{"subject": "mediations", "subject_id": f"M-{self.id}", **cells})

    def mediation_event(self, activity: str, moment: datetime, **cells: Cell) -> None:
        self.event(activity, moment, **{"subject": "mediations", "subject_id": f"M-{self.id}", **cells})

    def of(self, table: str, kind: str) -> list[Row]:
        """The rows of one sort (kind, activity or role)."""
        return [r for r in self.rows.get(table, []) if kind == sort_of(r)]

    def moment(self, activity: str) -> datetime | None:
        """When the first event of this activity happened."""
        found = [r["occurred_at"] for r in self.of("events", activity)]
        return min((m for m in found if isinstance(m, datetime)), default=None)


def sort_of(row: Row) -> Cell:
    return row.get("activity", row.get("kind", row.get("role")))


@dataclass(frozen=True)
class Teller:
    """Tells lives by one source of chance and one calendar."""

    rng: Random
    days: Days

    def later(self, moment: datetime, low: int, high: int) -> datetime:
        return later(self.rng, self.days, moment, low, high)


def dispute(
    rng: Random, n: int, received: datetime, rest_day: bool, customer: Row, contract: Row, claim: Row, office: Office,
) -> Row:  # fmt: skip
    """The dispute as it is entered in the ledger on the day it comes in."""
    cause = one(rng, tuple(names.CAUSES), names.CAUSE_WEIGHTS)
    claimed = claim["amount_claimed"]
    assert isinstance(claimed, Decimal)
    afraid = received.date() >= DISSOLVED and rng.random() < 0.35
    text = names.AFTER_DISSOLUTION if afraid else one(rng, names.CAUSES[cause])
    channels = (names.REST_DAY_CHANNELS, (1, 1)) if rest_day else (names.CHANNELS, names.CHANNEL_WEIGHTS)
    return {
        "dispute_id": f"D{received:%y}-{n:05}", "customer_id": customer["customer_id"], "contract_id": contract["contract_id"],
        "claim_id": claim["claim_id"], "unit_id": office.unit_id, "handler_id": one(rng, office.staff["争议处理员"]),
        "product": contract["product"], "line": contract["line"], "region": office.region, "channel": one(rng, *channels), "cause": cause,
        "complexity": _complexity(rng, claimed, office), "expectation": one(rng, names.EXPECTATIONS),
        "amount_claimed": claimed, "currency": "CNY", "status": "open", "received_at": received,
        "registered_at": min(received + timedelta(minutes=rng.randint(2, 50)), received.replace(hour=23, minute=59, second=59)),
        "description": text.format(clause=one(rng, names.CLAUSES), claimed=f"{claimed:,}"),
    }  # fmt: skip


def _complexity(rng: Random, claimed: Decimal, office: Office) -> str:
    often = MUCH_COMPLEX if office.unit_id == CALLS_COMPLEX else 0.1
    return "complex" if claimed > 200_000 or rng.random() < often else "simple"


def tell(teller: Teller, life: Life) -> None:
    """From the day it comes in to the day it is closed, or as far as it has come."""
    rng = teller.rng
    life.event("received", life.received, direction="in", actor_id=None)
    life.add("assignments", life.received, staff_id=life.dispute["handler_id"], role="handler", starts_at=life.dispute["registered_at"])
    heir = life.customer.get("deceased_on") is not None
    life.add("parties", life.received, person_id=f"X{life.id}" if heir else life.customer["customer_id"], name=person(rng),
             role="heir" if heir else "complainant", starts_on=life.received.date())  # fmt: skip
    contacted = _contact(teller, life)
    _hand_over(teller, life, contacted)
    _promise(teller, life, contacted)
    statement = teller.later(contacted, 0, 3)
    life.event("statement_taken", statement, direction="in")
    life.event("expectation_recorded", statement + timedelta(minutes=5))
    analysed = _analyse(teller, life, contacted)
    reviewed = teller.later(statement, 1, 4)
    life.event("contract_reviewed", reviewed)
    papers = _collect(teller, life)
    ready = max(statement, analysed, reviewed, papers)
    if rng.random() < 0.03:
        gone = teller.later(ready, 1, 4)
        life.event("withdrawn", gone, direction="in")
        return _close(life, gone, "withdrawn")
    planned = teller.later(ready, 1, 4)
    life.event("plan_issued", planned)
    return _settle(teller, life, planned)


def _contact(teller: Teller, life: Life) -> datetime:
    """On the day itself or the next working day; before a long holiday, on the day itself."""
    rng, received = teller.rng, life.received
    next_day = teller.days.after(received.date(), 1)
    third_day = teller.days.after(received.date(), 3)
    if rng.random() < 0.08 and teller.days.is_working(received.date()) and received.hour < 16 and (third_day - received.date()).days < 6:
        # nobody answers on three days, and on the fourth the customer calls back
        tries = ("contact_attempted", "second_contact_attempt", "third_contact_attempt")
        for n, activity in enumerate(tries):
            tried = received + timedelta(minutes=50) if n == 0 else office_hours(rng, teller.days.after(received.date(), n))
            life.event(activity, tried, direction="out", note="无人接听")
        contacted = office_hours(rng, third_day)
        life.event("contacted", contacted, direction="in", note="客户回电")
        return contacted
    same_day = teller.days.is_working(received.date()) and received.hour < 17 and (rng.random() < 0.5 or (next_day - received.date()).days > 3)
    contacted = received + timedelta(minutes=rng.randint(15, 100)) if same_day else office_hours(rng, next_day)
    if rng.random() < 0.15 and not same_day:
        life.event("contact_attempted", contacted - timedelta(minutes=rng.randint(5, 40)), direction="out", note="无人接听")
    life.event("contacted", contacted, direction="out", note=one(rng, names.CONTACT_NOTES))
    return contacted


def _hand_over(teller: Teller, life: Life, contacted: datetime) -> None:
    """Some get another handler; who withdraws for a conflict of interest isn't counted as one."""
    chance = teller.rng.random()
    handed = teller.later(contacted, 1, 2)
    if chance > 0.08 or handed.date() > AS_OF:
        return
    first = life.rows["assignments"][0]
    first["ends_at"] = handed
    if chance < 0.02:
        first["role"] = "recused_handler"
    others = [n for n in life.office.staff["争议处理员"] if n != first["staff_id"]]
    life.dispute["handler_id"] = one(teller.rng, others)
    life.add("assignments", handed, staff_id=life.dispute["handler_id"], role="handler", starts_at=handed)


def _promise(teller: Teller, life: Life, contacted: datetime) -> None:
    """Some are promised a call or a letter by a date, and get it."""
    if teller.rng.random() > 0.3:
        return
    due = teller.days.after(contacted.date(), teller.rng.randint(2, 5))
    kept = teller.later(contacted, 1, 2)
    life.event("promise_made", contacted + timedelta(minutes=10), event_id=f"W-{life.id}", due_at=datetime.combine(due, time(18)),
               direction="out", note="承诺在此日前书面答复进展")  # fmt: skip
    life.event("promise_kept", kept, subject="events", subject_id=f"W-{life.id}", direction="out")


def _analyse(teller: Teller, life: Life, contacted: datetime) -> datetime:
    """A week after it came in at the latest; the analysts are on duty in holidays."""
    analysed = office_hours(teller.rng, life.received.date() + teller.rng.randint(1, 6) * DAY)
    life.event("cause_analysed", max(analysed, contacted + timedelta(minutes=20)))
    return max(analysed, contacted + timedelta(minutes=20))


def _collect(teller: Teller, life: Life) -> datetime:
    """Brings the papers together, asks at once for all that are missing, verifies each; gives the moment when all are verified."""
    rng, received = teller.rng, life.received
    lacking = rng.sample(PAPERS, rng.randint(1, 2)) if rng.random() < 0.18 else []
    asked = teller.later(received, 1, 2)
    verifier = one(rng, life.office.staff["调查员"])
    done = received
    for paper in PAPERS:
        arrived = teller.later(asked, 2, 12) if paper in lacking else teller.later(received, 0, 2)
        verified = teller.later(arrived, 0, 2)
        row = life.add("documents", arrived, kind=paper, received_at=arrived, submitted_by=life.customer["customer_id"],
                       sha256=sha256(f"{life.id}/{paper}".encode()).hexdigest())  # fmt: skip
        if row is not None and verified.date() <= AS_OF:
            row |= {"verified_at": verified, "verified_by": verifier}
        if paper in lacking:
            life.add("requests", asked, kind=paper, asked_at=asked, already_held=False, fulfilled_at=arrived if arrived.date() <= AS_OF else None,
                     notice_id=f"N-{life.id}-1")  # fmt: skip
        done = max(done, verified)
    if lacking:
        _notice(life, 1, "supplement", asked, (*lacking, "deadline", "channel"))
        life.event("documents_requested", asked, direction="out")
    return done


def _notice(life: Life, n: int, kind: str, sent: datetime, contents: tuple[str, ...]) -> None:
    delivered = sent + timedelta(hours=26)
    life.add("notices", sent, notice_id=f"N-{life.id}-{n}", kind=kind, channel="text_message" if n % 2 else "letter", sent_at=sent,
             delivered_at=delivered if delivered.date() <= AS_OF else None, contents=contents)  # fmt: skip


def _settle(teller: Teller, life: Life, planned: datetime) -> None:
    """The offer, the determination with its notice, and then payment, mediation or an end without either."""
    rng = teller.rng
    claimed = life.dispute["amount_claimed"]
    assert isinstance(claimed, Decimal)
    offered_at = teller.later(planned, 1, 3)
    life.event("offer_made", offered_at, direction="out")
    amount = payable(claimed, life.contract)
    if offered_at.date() <= AS_OF:
        life.dispute["amount_offered"] = amount
    determined = teller.later(offered_at, 1, tail(rng, (60, 2, 6), (28, 6, 18), (10, 18, 45), (2, 45, 75)))
    # whatever would be determined near the end of the calendar lies after as-of anyway
    if determined.date() > AS_OF:
        return
    life.event("determined", determined)
    refused = rng.random() < (MUCH_REFUSED if life.office.unit_id == REFUSES else 0.12)
    life.add("decisions", determined, decision_id=f"J-{life.id}", kind="refusal" if refused else "determination",
             decided_at=determined, result="refused" if refused else "granted",
             clauses=tuple(sorted(rng.sample(names.CLAUSES, rng.randint(1, 2)))),
             amount=Decimal("0.00") if refused else amount, decided_by=one(rng, life.office.staff["理赔员"]), automated=False)  # fmt: skip
    told = teller.later(determined, 0, 2)
    _notice(life, 2, "decision", told, NOTICE_CONTENTS)
    agreed = teller.later(told, 1, 6)
    if rng.random() < 0.25:
        _mediate(teller, life, told, amount)
    elif refused:
        _close(life, agreed, "refused")
    else:
        _pay(teller, life, agreed, amount)


def _pay(teller: Teller, life: Life, agreed: datetime, amount: Decimal) -> None:
    life.event("agreed", agreed, direction="in")
    if agreed.date() <= AS_OF:
        life.dispute["amount_agreed"] = amount
    paid = teller.later(agreed, 2, 6)
    _benefit(life, paid, amount)
    reported = teller.later(paid, 0, 2)
    life.event("result_reported", reported, direction="out")
    _close(life, teller.later(reported, 0, 2), "settled")


def _mediate(teller: Teller, life: Life, told: datetime, amount: Decimal) -> None:
    """A meeting at least a week after the invitation, outside of the company before a neutral mediator; most end in an agreement."""
    rng = teller.rng
    invited = teller.later(told, 1, 4)
    if invited.date() > AS_OF:
        return
    meeting = office_hours(rng, teller.days.after(invited.date(), rng.randint(6, 12)))
    forum = one(rng, ("industry", "committee", "internal"), (5, 3, 2))
    row: Row = {"mediation_id": f"M-{life.id}", "dispute_id": life.id, "forum": forum, "goal": one(rng, names.GOALS), "scheduled_at": meeting,
                "place": one(rng, ("线上", f"{life.office.region}分公司调解室"))}  # fmt: skip
    life.rows["mediations"] = [row]
    life.mediation_event("invited", invited, direction="out")
    sides: list[Row] = [
        {"role": "customer_side", "person_id": life.customer["customer_id"], "name": person(rng)},
        {"role": "insurer_side", "person_id": life.dispute["handler_id"], "name": person(rng), "organisation": names.COMPANY},
    ]
    if forum != "internal":
        sides.append({"role": "mediator", "person_id": f"X{rng.randrange(40):03}", "name": person(rng), "conflict": False,
                      "organisation": one(rng, names.MEDIATION_BODIES)})  # fmt: skip
    for side in sides:
        life.of_mediation("parties", invited, starts_on=invited.date(), **side)
    for paper in ("agenda", "draft_agreement", "record_form"):
        _file(life, paper, teller.later(invited, 1, 5))
    if meeting.date() <= AS_OF:
        row["held_at"] = meeting
        _meet(teller, life, row, meeting, amount)


def _meet(teller: Teller, life: Life, row: Row, meeting: datetime, amount: Decimal) -> None:
    """What is said and written down at the meeting, and what comes of it."""
    rng = teller.rng
    life.event("meeting_held", meeting)
    life.mediation_event("customer_stated", meeting + timedelta(minutes=15), direction="in")
    life.mediation_event("insurer_stated", meeting + timedelta(minutes=35), direction="out")
    _file(life, "mediation_record", meeting + timedelta(minutes=100))
    if rng.random() < 0.06:
        life.mediation_event("record_declined", meeting + timedelta(minutes=110), direction="in", note="客户不愿签字，未说明原因")
    else:
        row["record_signed_at"] = meeting + timedelta(hours=2)
    agreed = rng.random() < 0.75
    row["outcome"] = "agreed" if agreed else "failed"
    if not agreed:
        return _close(life, teller.later(meeting, 3, 8), "unresolved")
    life.mediation_event("signature_offered", meeting + timedelta(minutes=130), direction="out")
    if rng.random() < 0.1:
        declined = teller.later(meeting, 1, 6)
        life.mediation_event("signature_declined", declined, direction="in")
        return _close(life, teller.later(declined, 1, 3), "unresolved")
    signed = meeting + timedelta(hours=3)
    if rng.random() < 0.3:
        # takes it home to think about it, and some ask for more time
        life.mediation_event("more_time_asked", meeting + timedelta(minutes=140), direction="in")
        signed = teller.later(meeting, 1, 5)
    if signed.date() > AS_OF:
        return None
    row |= {"customer_signed_at": signed, "insurer_signed_at": signed + timedelta(minutes=30),
            "performance_due_on": teller.days.after(signed.date(), 15)}  # fmt: skip
    life.dispute["amount_agreed"] = amount
    performed = teller.later(signed, 3, 8)
    if performed.date() <= AS_OF:
        row["performed_at"] = performed
    _benefit(life, performed, amount)
    life.mediation_event("result_reported", performed + timedelta(minutes=rng.randint(20, 90)), direction="out")
    return _close(life, teller.later(performed, 1, 3), "settled")


def _file(life: Life, paper: str, filed: datetime) -> None:
    life.of_mediation("documents", filed, kind=paper, received_at=filed, submitted_by=life.dispute["handler_id"],
                      sha256=sha256(f"M-{life.id}/{paper}".encode()).hexdigest())  # fmt: skip


def _benefit(life: Life, paid: datetime, amount: Decimal) -> None:
    life.add("payments", paid, payment_id=f"B-{life.id}", kind="benefit", paid_at=paid, amount=amount, currency="CNY",
             payee_id=life.customer["customer_id"])  # fmt: skip


def _close(life: Life, moment: datetime, status: str) -> None:
    life.event("closed", moment)
    if moment.date() <= AS_OF:
        life.dispute |= {"closed_at": moment, "status": status}
        life.rows["assignments"][-1]["ends_at"] = moment


def file_creditor_claim(teller: Teller, life: Life) -> None:
    """Some who were still unpaid when the company was dissolved file as creditors, in time."""
    closed = life.moment("closed")
    if life.received.date() >= FILING_OPENS or (closed is not None and closed.date() < FILING_ENDS) or teller.rng.random() < 0.4:
        return
    notified = office_hours(teller.rng, teller.days.after(DISSOLVED, teller.rng.randint(5, 8)))
    filed = office_hours(teller.rng, teller.days.after(notified.date(), teller.rng.randint(3, 25)))
    life.rows["creditor_claims"] = [{
        "creditor_claim_id": f"K-{life.id}", "customer_id": life.customer["customer_id"], "contract_id": life.contract["contract_id"],
        "dispute_id": life.id, "class": "insurance_benefit", "notified_at": notified, "filed_at": filed, "filing_ends_on": FILING_ENDS,
        "amount_filed": life.dispute["amount_claimed"],
    }]  # fmt: skip
