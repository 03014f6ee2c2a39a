"""Every kind of rule in all its shapes, and a small mean register that each of them can be asked of."""

import random
from datetime import datetime, timedelta
from typing import Any

import duckdb
from sqlglot import exp
from tests.core.kinds import test_portable
from tests.core.kinds.registers import UNREAD, query_of

SINCE = {"from": "received", "to": "decided"}
LADDER = [{"within": "15 days"}, {"within": "30 days", "requires": ["reasoned"]}, {"within": "60 days", "requires": ["approved", "told"]}]
WORKING_LADDER = [{**step, "within": f"{step['within'].split()[0]} working days"} for step in LADDER]
MONTHS = [{"within": "1 week"}, {"within": "1 month", "requires": ["reasoned"]}, {"within": "1 year", "requires": ["approved"]}]
PAUSES = [{"from": "held", "to": "resumed", "requires": ["told"]}, {"from": "waiting", "to": "going_on"}]
CLOCKS: list[dict[str, Any]] = [
    *({"kind": "deadline", **SINCE, "steps": s, "pause": p, "roll": r, "warn": "5 days"}
      for s in (LADDER, WORKING_LADDER, MONTHS) for p in ([], PAUSES) for r in ("none", "next_working_day")),
    *({"kind": "deadline", **SINCE, "within": w, "pause": p, "restart": ["renewed"], "stop": ["withdrawn", "closed"]}
      for w in ("15 days", "15 working days", "$limit") for p in ([], PAUSES)),
    *({"kind": "deadline", **SINCE, "due": d, "warn": "1 month"}
      for d in ("agreed_on", "received + 2 weeks", {"earliest": ["agreed_on", "heard + 1 month"]}, {"latest": ["agreed_on", "heard + 9 days"]})),
    *({"kind": "deadline", **SINCE, "within": "15 days", "pause": PAUSES, "roll": "next_working_day", "override": o}
      for o in ("agreed_on", {"column": "agreed_on", "requires": ["told"]})),
    *({"kind": "deadline", "from": "received", "to": t, "within": w} for w in ("15 days", "15 working days", "99 hours")
      for t in ({"any": ["decided", "closed"]}, {"all": ["decided", "heard", "closed"]}, {"sum": "payments.benefit", "reaches": "amount_claimed"})),
    *({"kind": "deadline", **SINCE, "within": "15 days", "bearer": "customer", "refused": "withdrawn", **more} for more in ({}, {"pause": PAUSES})),
    {"kind": "deadline", "from": "organisation.heard", "to": "decided", "within": "15 days"},
    {"kind": "deadline", **SINCE, "within": "15 days", "where": "cause = 'fire' and amount_claimed > 100"},
    {"kind": "amount", "actual": "amount_claimed", "expected": "amount_claimed * 1.05", "tolerance": "$most"},
    {"kind": "limit", "measure": {"of": "events.heard"}, "max": "$most"},
    {"kind": "condition", "holds": "cause like 'f!_%' escape '!' or amount_claimed between 10 and 90 or received_at < '2026-05-03'"},
]  # fmt: skip
SHAPES: list[dict[str, Any]] = [*test_portable.SHAPES, *CLOCKS]
PARAMETERS: dict[str, Any] = {
    "limit": [{"from": "2026-05-10", "value": "10 days"}, {"from": "2026-04-15", "value": "20 days"}], "most": [{"value": 2}],
}  # fmt: skip
ACTIVITIES = ("heard", "decided", "written", "reasoned", "approved", "told", "held", "resumed", "waiting", "going_on", "renewed", "withdrawn")


def named(rule: dict[str, Any]) -> str:
    return " ".join(f"{k}={v}" for k, v in rule.items() if k != "kind").join((f"{rule['kind']} ", ""))


def register(disputes: int = 40, seed: int = 7) -> dict[str, Any]:
    """Disputes whose moments lie close together, some known to the day only, some absent, a few that couldn't be read."""
    rng = random.Random(seed)

    def at(days: int = 60, empty: float = 0.0, unread: float = 0.0) -> str | None:
        if rng.random() < empty:
            return None
        if rng.random() < unread:
            return UNREAD
        moment = datetime(2026, 4, 20) + timedelta(days=rng.randrange(days), hours=rng.randrange(24), minutes=rng.choice((0, 30)))
        return moment.isoformat(" ", "minutes") if rng.random() < 0.7 else moment.date().isoformat()

    def day(empty: float = 0.3) -> str | None:
        moment = at(90, empty)
        return None if moment is None else moment[:10]

    keys = [f"D{k:02}" for k in range(disputes)]
    found: dict[str, Any] = {
        "disputes": {
            key: {
                "received_at": at(30, 0.05, 0.03), "closed_at": at(90, 0.4, 0.03), "cause": rng.choice(("fire", "it's", "f_x", "火", None)),
                "amount_claimed": rng.choice((None, 10, 33, 100, 250)), "handler_id": rng.choice(("S", "T", None)), "agreed_on": day(),
            } for key in keys
        },
        "events": [(key, a, at(75, 0, 0.01)) for key in keys for a in ACTIVITIES for _ in range(rng.choice((0, 0, 1, 1, 2, 3)))],
        "notices": [{"of": k, "kind": "decision", "sent_at": at(90, 0.1, 0.03), "party_id": rng.choice(("P", "Q", None)),
                     "contents": rng.choice((("reasons",), ("findings", "reasons"), (), None))} for k in keys for _ in range(rng.choice((0, 1, 2, 3)))],
        "payments": [{"of": k, "kind": rng.choice(("benefit", "refund")), "paid_at": at(90, 0.05, 0.02), "amount": rng.choice((None, 10, 33, 67, 100))}
                     for k in keys for _ in range(rng.choice((0, 1, 2, 4)))],
        "requests": [(k, rng.choice(("form", "contract")), at(90, 0.1)) for k in keys for _ in range(rng.choice((0, 1, 2)))],
        "parties": [{"of": k, "role": rng.choice(("mediator", "agent")), "person_id": rng.choice(("S", "P", "Q", None)), "starts_on": day(), "ends_on": day(),
                     "conflict": rng.choice((True, False, None)), "organisation": rng.choice(("I", "O", None))}
                    for k in keys for _ in range(rng.choice((0, 1, 2)))],
        "assignments": [{"of": k, "role": rng.choice(("handler", "reviewer")), "starts_at": at(60, 0.05), "staff_id": rng.choice(("S", "T", None)),
                         "ends_at": at(120, 0.5)} for k in keys for _ in range(rng.choice((1, 2, 3)))],
        "organisation": {"organisation": {"name": "I"}},
        "documents": [{"of": k, "kind": rng.choice(("form", "contract")), "received_at": at(60, 0.1, 0.02), "verified_at": at(90, 0.2),
                       "verified_by": rng.choice(("V", "S", None)), "submitted_by": rng.choice(("S", None)), "sha256": rng.choice(("00", None))}
                      for k in keys for _ in range(rng.choice((0, 1, 2, 3)))],
    }  # fmt: skip
    found["events"].append({"of": "organisation", "about": "organisation", "activity": "heard", "occurred_at": "2026-05-20 09:00"})
    return found


def asked(rule: dict[str, Any], rows: dict[str, Any]) -> tuple[duckdb.DuckDBPyConnection, exp.Select]:
    """The query of a rule, and the engine that holds the register."""
    return query_of(rule, as_of="2026-06-10", parameters=PARAMETERS, **rows)
