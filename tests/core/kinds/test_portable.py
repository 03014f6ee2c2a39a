"""What every kind's query must be, whatever it decides: one column of each name, a verdict that is one, and writable for another engine."""

import subprocess
import sys
from typing import Any

import pytest
import sqlglot
from sqlglot import exp
from tests.core.kinds.registers import query_of

from disputekit.checks.decide import FINDING
from disputekit.core import Core
from disputekit.outcomes import OUTCOMES, REASONS, Verdict

SINCE = {"from": "received", "to": "decided"}
SHAPES: list[dict[str, Any]] = [
    *({"kind": "deadline", **SINCE, "within": p, "warn": "1 day", "roll": r} for p in ("9 days", "9 working days", "9 hours", "9 months")
      for r in ("none", "next_working_day")),
    {"kind": "sequence", "first": {"any": ["heard", "written"]}, "then": "decided", "same_day": "refused"},
    *({"kind": "required", "fields": ["cause", "heard", "closed"], "when": w, "by": b}
      for w, b in ((None, None), ("decided", "9 hours"), (None, "decided"))),
    {"kind": "forbidden", "activity": "heard", "from": "received", "until": "decided"},
    {"kind": "forbidden", "record": "payments.benefit"},
    {"kind": "forbidden", "record": "payments.benefit", "from": "organisation.heard", "until": {"latest": ["disputes.closed_at"]}},
    *({"kind": "occurrences", "of": o, "min": 1, "distinct": d, "from": "received", "within": "9 working days"}
      for o, d in (("heard", "day"), ("heard", None), ("closed", None), ("notices.decision.sent", "party"))),
    *({"kind": "occurrences", "of": o, "min": 1, "max": 3, "distinct": d}
      for o, d in (("heard", "day"), ("closed", None), ("notices.decision.sent", "party"))),
    {"kind": "documents", "kinds": ["form"], "by": {"from": "received", "within": "9 working days"}, "verified": True, "or_requested": True},
    {"kind": "documents", "kinds": ["form", "contract"], "by": "decided"},
    {"kind": "documents", "kinds": ["decision"], "contents": ["reasons"]},
    {"kind": "condition", "holds": "cause = 'fire'"},
    {"kind": "vocabulary", "column": "cause", "values": ["it's"]},
    {"kind": "vocabulary", "column": "events.activity", "values": ["heard"]},
    *({"kind": "heartbeat", "activities": a, "every": e, "from": "received", "until": u}
      for a, e, u in ((["heard"], "9 days", None), (["heard", "notices.decision.sent"], "9 working days", "decided"), (["heard"], "1 month", "closed"))),
    *({"kind": "limit", "measure": {"of": o, **m}, "per": p, "min": 1, "max": 3} for o, m, p in (
        ("events.heard", {}, None), ("notices", {"distinct": "party_id", "where": "sent_at > '2026-05-01'"}, "cause"), ("payments", {"sum": "amount"}, None))),
    {"kind": "independence", "role": "mediator", "not_in": ["conflict", "organisation", "handler_id", "assignments.handler"], "when": "decided"},
    {"kind": "independence", "of": "assignments", "role": "reviewer", "not_in": ["assignments.handler"]},
    *({"kind": "in_place", "evidence": e, "from": f, "until": u} for e, f, u in (
        (["assignments.handler", "documents.form", {"from": "heard", "to": "decided"}], None, "decided"), (["parties.mediator"], "received", None))),
    *({"kind": "cadence", "activity": "heard", **c} for c in (
        {"every": "1 month"}, {"every": "9 working days", "from": "received"}, {"period": "month"}, {"period": "quarter", "due": "9 working days"},
        {"period": "year", "due": "4 months", "from": "received"})),
    *({"kind": "share", **c} for c in (
        {"holds": "cause = 'fire'", "min": "0.5"}, {"of": "heard", "per": "cause", "from": "received", "period": "quarter", "due": "9 days", "min": "0.5", "max": "0.9"},
        {"holds": "cause = 'fire'", "from": "received", "period": "half-year", "max": "0.5", "confidence": "0.95", "smallest": 2})),
    *({"kind": "exists", "record": r, **c} for r, c in (
        ("events.heard", {}), ("notices", {"meets": "kind = 'decision'", "from": "received", "within": "9 days"}),
        ("assignments", {"match": {"staff_id": "handler_id"}, "having": 2}))),
    {"kind": "amount", "actual": "amount_claimed * 1.1", "expected": "greatest(amount_claimed / 3, 0)", "when": "received"},
]  # fmt: skip
REGISTER: dict[str, Any] = {
    "disputes": {"A": {"received_at": "2026-05-01 09:00", "closed_at": "2026-05-09", "cause": "it's", "amount_claimed": 100, "handler_id": "S"},
                 "B": {"received_at": "2026-05-02", "closed_at": "?"}},
    "events": [("A", "heard", "2026-05-02"), ("A", "heard", "2026-05-03 09:00"), ("A", "decided", "2026-05-03"), ("A", "decided", "2026-05-04")],
    "notices": [{"of": "A", "kind": "decision", "sent_at": "2026-05-04", "party_id": "P", "contents": ("reasons",)}],
    "payments": [{"of": "A", "kind": "benefit", "paid_at": "2026-05-05", "amount": 10}], "requests": [("A", "form", "2026-05-05")],
    "parties": [{"of": "A", "role": "mediator", "person_id": "P", "starts_on": None, "ends_on": None, "conflict": False, "organisation": "O"}],
    "assignments": [{"of": "A", "role": "handler", "starts_at": "2026-05-02", "staff_id": "S", "ends_at": None}],
    "organisation": {"organisation": {"name": "I"}},
    "documents": [
        {"of": "A", "kind": "form", "received_at": "2026-05-04", "verified_at": None, "verified_by": "V", "submitted_by": None, "sha256": None}
    ],
}  # fmt: skip


def test_every_kind_of_the_core_is_looked_at() -> None:
    assert {s["kind"] for s in SHAPES} == {k.name for k in Core().register_rule_kinds()}


@pytest.mark.parametrize("rule", SHAPES, ids=lambda s: " ".join(map(str, s.values())))
def test_a_query_gives_the_columns_of_a_finding_once_and_can_be_written_for_spark(rule: dict[str, Any]) -> None:
    db, query = query_of(rule, **REGISTER)
    names = query.named_selects
    assert len(set(names)) == len(names)
    assert {"subject", "unit", "handler", "verdict"} <= set(names) <= {*FINDING, "verdict", "warned", "noted", "subjects", "counted_in"}
    told = db.execute(query.sql(dialect="duckdb")).fetchall()
    counted = [row[names.index("subjects")] if "subjects" in names else 1 for row in told]
    assert sum(counted) == 2
    there = query.sql(dialect="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
    assert isinstance(sqlglot.parse_one(there, dialect="spark"), exp.Select)


@pytest.mark.parametrize("rule", SHAPES, ids=lambda s: " ".join(map(str, s.values())))
def test_every_arm_of_a_verdict_is_an_outcome_with_a_reason_that_there_is(rule: dict[str, Any]) -> None:
    _, query = query_of(rule, **REGISTER)
    arms = [arm for verdict in query.find_all(exp.Alias) if verdict.alias == "verdict" and isinstance(verdict.this, exp.Case)
            for arm in (*(i.args["true"] for i in verdict.this.args["ifs"]), verdict.this.args["default"]) if isinstance(arm, exp.Literal)]  # fmt: skip
    assert len(arms) > 3
    for arm in arms:
        said = Verdict.read(arm.name)
        assert said.outcome in OUTCOMES
        assert not said.reason or said.reason in REASONS[said.outcome]


def test_kinds_can_be_listed_without_the_engine() -> None:
    code = "import sys; from disputekit.core import Core; list(Core().register_rule_kinds()); print({'duckdb', 'sqlglot'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": "src"})
    assert ran.stdout == "set()\n"
