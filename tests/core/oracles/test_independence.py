from dataclasses import replace
from datetime import date
from typing import Any

from tests.core.oracles.hand import rule, told

from disputekit.oracles.independence import oracle

TYPES: Any = {"role": "text", "person_id": "text", "starts_on": "date", "conflict": "boolean", "organisation": "text"}


def decide(*people: dict[str, Any], not_in: tuple[str, ...] = ("conflict",), covered: date | None = date(2000, 1, 1)) -> str:
    case = told(covered=covered)
    rows = tuple({"role": "expert", "starts_on": date(2026, 5, 2), "conflict": False, **p} for p in people)
    case = replace(case, records={**case.records, "parties": rows}, types={**case.types, "parties": TYPES}, organisation="us")
    return str(oracle(rule(role="expert", of="parties", not_in=not_in, min=1, when=None), case))


def test_who_has_a_part_in_the_matter_is_found() -> None:
    assert decide({"person_id": "p"}) == "pass"
    assert decide({"person_id": "p"}, {"person_id": "q", "conflict": True}) == "fail: interested"
    assert decide({"person_id": "p", "organisation": "us"}, not_in=("organisation",)) == "fail: interested"
    assert decide({"person_id": "p"}, {"person_id": "p", "role": "seller"}, not_in=("parties.seller",)) == "fail: interested"


def test_what_is_not_said_of_somebody_leaves_it_open() -> None:
    assert decide({"person_id": "p", "conflict": None}) == "unknown: missing"
    assert decide({"person_id": None}) == "unknown: missing"


def test_nobody_at_all_is_proven_by_a_covered_feed_only() -> None:
    assert [decide(), decide(covered=None)] == ["fail: missing", "unknown: not covered"]


def test_a_parents_column_may_name_somebody() -> None:
    case = told({"contract.agent_id": "p"})
    rows = ({"role": "expert", "starts_on": date(2026, 5, 2), "person_id": "p"},)
    own = {**case.types["disputes"], "contract.agent_id": "text"}
    case = replace(case, records={"parties": rows}, types={**case.types, "disputes": own, "parties": TYPES})
    made = rule(role="expert", of="parties", not_in=("contract.agent_id",), min=1, when=None)
    assert str(oracle(made, case)) == "fail: interested"
    assert str(oracle(made, replace(case, row={**case.row, "contract.agent_id": None}))) == "unknown: missing"
