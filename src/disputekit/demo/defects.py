"""What is wrong in the demo, on purpose: how many disputes suffer from what, and which finding each must bring."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from random import Random

from disputekit.demo import spoil as s
from disputekit.demo.days import Days
from disputekit.demo.files import Row
from disputekit.demo.part import Planted
from disputekit.demo.story import Life


@dataclass(frozen=True)
class Defect:
    """A way to go wrong. count: of how many disputes in 3000. finds: the control and the verdict that it must bring, one or several.

    about: what the finding is about: a row of the dispute itself, its mediation, promise, first decision or payment; or the id that nothing has.
    """

    count: int
    fits: s.Fits
    spoil: s.Spoil
    finds: dict[str, str]
    about: str = "disputes"


def plant(rng: Random, lives: Sequence[Life], days: Days) -> tuple[Planted, ...]:
    """Spoils lives, each in one way at most, and says what a check must find. Fewer than 3000 disputes have fewer defects, but one of each.

    Raises ValueError where there are too few disputes for that.
    """
    free = rng.sample(lives, len(lives))
    planted = []
    for defect in DEFECTS:
        wanted = max(1, defect.count * len(lives) // 3000)
        chosen = list(islice((life for life in free if defect.fits(life, days)), wanted))
        if len(chosen) < wanted:
            raise ValueError(f"{len(lives)} disputes are too few for {wanted} of {list(defect.finds)}")
        taken = {life.id for life in chosen}
        free = [life for life in free if life.id not in taken]
        for life in chosen:
            subject = _subject(life, defect.about)
            defect.spoil(life, days)
            planted += [Planted(control, subject, *verdict.split(": ")) for control, verdict in defect.finds.items()]
    return tuple(sorted(set(planted)))


def _subject(life: Life, about: str) -> str:
    if about == "disputes":
        return life.id
    if about == "promises":
        return f"W-{life.id}"
    return str(life.rows[about][0][f"{about[:-1]}_id"]) if about in life.rows else about


def lose(lives: Sequence[Life], links: Sequence[Row], planted: Sequence[Planted]) -> tuple[Life, tuple[Planted, ...]]:
    """A closed dispute, otherwise sound, that vanished from the ledger, and what then speaks of nothing."""
    spoilt = {p.subject for p in planted}
    named = [str(link["target_id"]) for link in links]
    lost = next(life for life in lives if life.rows.get("payments") and life.rows.get("mediations") and not _ids(life) & {*spoilt, *named})
    finds = [("DQ-ORPHAN-links.source_id", lost.id), ("DQ-ORPHAN-mediations.dispute_id", f"M-{lost.id}")]
    finds += [("DQ-ORPHAN-creditor_claims.dispute_id", f"K-{lost.id}")] if "creditor_claims" in lost.rows else []
    finds += [(f"DQ-ORPHAN-{table}.subject_id", lost.id) for table, rows in lost.rows.items() if any("subject_id" in row for row in rows)]
    return lost, tuple(Planted(control, subject, "fail", "orphan") for control, subject in finds)


def _ids(life: Life) -> set[str]:
    return {life.id, *(f"{prefix}-{life.id}" for prefix in "JB")}


NO_SUCH_DAY, NO_SUCH_DAY_IN_LEDGER = "2026-02-30 09:15:00", "2026/02/30 09:15:00"
NOBODY = "E9999"
ORPHAN = "fail: orphan"
REJECTED = "unknown: rejected value"
BROKEN = "fail: condition"
DIFFERS = "fail: differs"
UNKNOWN = "unknown: missing"

DEFECTS: tuple[Defect, ...] = (
    # 1.1 the file: papers that were asked for piecemeal, that came late and weren't asked for, that nobody ever asked for
    Defect(6, s.came_late(2), s.asked_twice, {"S1.1-file": "fail: late"}),
    Defect(20, s.came_late(1), s.not_asked, {"S1.1-file": "fail: late"}),
    Defect(6, s.never_asked_undecided, s.drop("documents", "contract"), {"S1.1-file": "fail: missing"}),
    Defect(9, s.never_asked, s.drop("documents", "claim_notice"), {"S1.1-file": "fail: missing", "S3.2-verified": "fail: missing"}),
    Defect(3, s.closed, s.put("documents", "claim_application", received_at=NO_SUCH_DAY), {"S1.1-file": REJECTED, "S3.2-verified": REJECTED}),
    # 4 the plan of a mediation: no goal, nobody named, no place, no time, invited on the day before, no papers
    Defect(4, s.met, s.mediate(goal=None), {"S4.1-goal": "fail: missing"}, "mediations"),
    Defect(3, s.met, s.drop("parties", "customer_side"), {"S4.2-arranged": "fail: missing"}, "mediations"),
    Defect(3, s.met, s.mediate(place=None), {"S4.2-arranged": "fail: missing"}, "mediations"),
    Defect(3, s.met, s.mediate(scheduled_at=None), {"S4.2-time": "fail: missing"}, "mediations"),
    Defect(4, s.met, s.by_meeting("events", "invited", "occurred_at", -24), {"S4.2-notice": "fail: too often"}, "mediations"),
    Defect(4, s.met, s.drop("documents", "draft_agreement"), {"S4.3-papers": "fail: missing"}, "mediations"),
    Defect(3, s.met, s.by_meeting("documents", "record_form", "received_at", 2), {"S4.3-papers": "fail: late"}, "mediations"),
    # 5 the meeting: who mediates, the agenda, the invitation, the record
    Defect(4, s.met_outside, s.put("parties", "mediator", conflict=True), {"S5.1-neutral": "fail: interested"}, "mediations"),
    Defect(3, s.met_outside, s.of_the_company, {"S5.1-neutral": "fail: interested"}, "mediations"),
    Defect(3, s.met_outside, s.drop("parties", "mediator"), {"S5.1-neutral": "fail: missing"}, "mediations"),
    Defect(3, s.met_outside, s.put("parties", "mediator", conflict=None), {"S5.1-neutral": UNKNOWN}, "mediations"),
    Defect(4, s.met, s.drop("documents", "agenda"), {"S5.2-agenda": "fail: missing"}, "mediations"),
    Defect(3, s.met, s.drop("events", "invited"), {"S5.2-invited": "fail: missing"}, "mediations"),
    Defect(3, s.met, s.by_meeting("documents", "mediation_record", "received_at", -20), {"S5.2-record": "fail: order"}, "mediations"),
    Defect(4, s.met, s.by_meeting("documents", "mediation_record", "received_at", 24 * 5), {"S5.3-record": "fail: late"}, "mediations"),
    Defect(4, s.met, s.drop("events", "insurer_stated"), {"S5.3-content": "fail: missing"}, "mediations"),
    Defect(3, s.met, s.mediate(outcome=None), {"S5.3-content": "fail: missing", "S6.1-offered": "unknown: condition"}, "mediations"),
    Defect(4, s.signed_record, s.mediate(record_signed_at=None), {"S5.3-signed": "fail: open"}, "mediations"),
    # 6 the agreement: offered late, never asked about, not countersigned, not performed, the customer not told
    Defect(4, s.performed, s.offered_late, {"S6.1-offered": "fail: late"}, "mediations"),
    Defect(4, s.performed, s.never_answered, {"S6.1-answered": "fail: open"}, "mediations"),
    Defect(3, s.performed, s.mediate(insurer_signed_at=None), {"S6.1-countersigned": "fail: missing"}, "mediations"),
    Defect(4, s.performed, s.mediate(performed_at=None), {"S6.2-performed": "fail: open"}, "mediations"),
    Defect(2, s.performed, s.mediate(performance_due_on=None), {"S6.2-performed": "unknown: no value"}, "mediations"),
    Defect(4, s.performed, s.drop("events", "result_reported"), {"S6.3-reported": "fail: open"}, "mediations"),
    # 1.2 the cause
    Defect(22, s.old, s.move("cause_analysed", "received", 13), {"S1.2-cause": "fail: late"}),
    Defect(12, s.old, s.drop("events", "cause_analysed"), {"S1.2-cause": "fail: missing"}),
    Defect(7, s.old, s.enter(cause=None), {"S1.2-cause": "fail: missing"}),
    Defect(10, s.old, s.enter(cause="理赔纠纷"), {"S1.2-taxonomy": "fail: outside"}),
    Defect(2, s.old, s.put("events", "cause_analysed", occurred_at=NO_SUCH_DAY), {"S1.2-cause": REJECTED}),
    # 1.3 what the customer expects
    Defect(18, s.closed, s.enter(expectation=None), {"S1.3-expectation": "fail: missing"}),
    # 2.1 the first contact; fruitless attempts are no contact
    Defect(26, s.reached, s.move("contacted", "received", 15), {"S2.1-contact": "fail: late"}),
    Defect(14, s.reached, s.put("events", "contacted", activity="contact_attempted", note="无人接听"), {"S2.1-contact": "fail: open"}),
    Defect(3, s.old, s.put("events", "contacted", occurred_at=NO_SUCH_DAY), {"S2.1-contact": REJECTED}),
    Defect(4, s.tried_thrice, s.move("second_contact_attempt", "contact_attempted", 0, hours=1), {"S2.1-second": "fail: order"}),
    Defect(3, s.tried_thrice, s.drop("events", "contact_attempted"), {"S2.1-second": "fail: missing"}),
    Defect(4, s.tried_thrice, s.move("third_contact_attempt", "second_contact_attempt", 0, hours=1), {"S2.1-third": "fail: order"}),
    # 2.3 promises, and who handles it
    Defect(9, s.promised, s.move("promise_kept", "promise_made", 20), {"S2.3-promise": "fail: late"}, "promises"),
    Defect(7, s.promised, s.drop("events", "promise_kept"), {"S2.3-promise": "fail: open"}, "promises"),
    Defect(3, s.promised, s.put("events", "promise_made", due_at=None), {"S2.3-promise": "unknown: no value"}, "promises"),
    Defect(7, s.closed, s.four_handlers, {"S2.3-handlers": "fail: too many"}),
    # 2.2 the customer's own account, before anything is decided or offered
    Defect(11, s.closed, s.move("statement_taken", "determined", 1), {"S2.2-listen": "fail: order", "S2.2-offer": "fail: order"}),
    Defect(9, s.closed, s.move("statement_taken", "determined", 0, hours=-2), {"S2.2-offer": "fail: order"}),
    Defect(13, s.closed, s.drop("events", "statement_taken"), {"S2.2-listen": "fail: missing", "S2.2-offer": "fail: missing"}),
    Defect(2, s.closed, s.put("events", "statement_taken", occurred_at=NO_SUCH_DAY), {"S2.2-listen": REJECTED, "S2.2-offer": REJECTED}),
    # 3.1 the contract
    Defect(10, s.closed, s.move("contract_reviewed", "determined", 1), {"S3.1-review": "fail: order"}),
    Defect(8, s.closed, s.drop("events", "contract_reviewed"), {"S3.1-review": "fail: missing"}),
    Defect(9, s.granted, s.put("decisions", "determination", clauses=None), {"S3.1-clause": "fail: missing"}, "decisions"),
    Defect(2, s.granted, s.put("decisions", "determination", kind=None), {"S3.1-clause": "unknown: condition"}, "decisions"),
    # 3.2 the papers: unverified, verified by whoever handed them in, without a digest, verified too late, asked for in time and never sent
    Defect(12, s.closed, s.put("documents", "contract", verified_at=None, verified_by=None), {"S3.2-verified": "fail: unverified"}),
    Defect(7, s.closed, s.verified_by_submitter, {"S3.2-verified": "fail: unverified"}),
    Defect(6, s.closed, s.put("documents", "claim_notice", sha256=None), {"S3.2-verified": "fail: unverified"}),
    Defect(8, s.closed, s.verified_late, {"S3.2-verified": "fail: unverified"}),
    Defect(5, s.asked_once, s.never_sent, {"S3.2-verified": "fail: missing"}),
    Defect(2, s.closed, s.put("documents", "contract", verified_at=NO_SUCH_DAY), {"S3.2-verified": REJECTED}),
    # 3.3 what the contract comes to
    Defect(9, s.closed, s.halve("amount_offered"), {"S3.3-amount": DIFFERS}),
    # amounts
    Defect(3, s.closed, s.negate("amount_claimed"), {
        "DQ-claimed-negative": BROKEN, "DQ-offer-above-claim": BROKEN, "S3.3-amount": DIFFERS,
    }),
    Defect(2, s.closed, s.negate("amount_offered"), {"DQ-offered-negative": BROKEN, "S3.3-amount": DIFFERS}),
    Defect(2, s.paid, s.negate("amount_agreed"), {"DQ-agreed-negative": BROKEN}),
    Defect(4, s.paid, s.put("payments", "benefit", amount=Decimal("-318.50")), {"DQ-paid-negative": BROKEN}, "payments"),
    Defect(4, s.closed, s.enter(amount_offered=Decimal("99000000.00")), {
        "DQ-offer-above-claim": BROKEN, "S3.3-amount": DIFFERS,
    }),
    Defect(3, s.closed, s.enter(currency=None), {"DQ-claimed-currency": BROKEN, "S3.3-amount": UNKNOWN}),
    Defect(3, s.paid, s.put("payments", "benefit", currency=None), {"DQ-paid-currency": BROKEN}, "payments"),
    # moments
    Defect(5, s.old, s.antedate("registered_at"), {"DQ-registered-before-received": "fail: order"}),
    Defect(4, s.closed, s.antedate("closed_at"), {"DQ-closed-before-received": "fail: order"}),
    Defect(2, s.closed, s.enter(closed_at=NO_SUCH_DAY_IN_LEDGER), {"DQ-closed-before-received": REJECTED}),
    Defect(2, s.closed, s.enter(received_at=NO_SUCH_DAY_IN_LEDGER), {
        "S1.1-file": REJECTED, "S1.2-cause": REJECTED, "S2.1-contact": REJECTED, "DQ-registered-before-received": REJECTED,
        "DQ-closed-before-received": REJECTED, "S2.3-handlers": "unknown: not covered",
    }),
    # what isn't in the register
    Defect(3, s.closed, s.enter(contract_id="P9999000001"), {"DQ-ORPHAN-disputes.contract_id": ORPHAN, "S3.3-amount": UNKNOWN}),
    Defect(2, s.old, s.enter(handler_id=NOBODY), {"DQ-ORPHAN-disputes.handler_id": ORPHAN}),
    Defect(4, s.closed, s.put("events", "determined", actor_id=NOBODY), {"DQ-ORPHAN-events.actor_id": ORPHAN}, NOBODY),
)  # fmt: skip
"""The rarest lives come first; each defect takes lives that nothing else has spoilt."""
