"""`share`: what part of a population must meet a condition, exactly where all are known and by the exact binomial test where a sample is."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError
from scipy.stats import binomtest
from tests.core.kinds.registers import findings, judge, make_rule, verdicts

from disputekit.core import Core
from disputekit.oracles.share import verdict_of

FIRE = {"kind": "share", "holds": "cause = 'fire'"}
QUARTERLY = {**FIRE, "from": "received", "period": "quarter", "min": "0.5"}


def disputes(fires: int, others: int, empty: int = 0, **more: Any) -> dict[str, dict[str, Any]]:
    causes = ["fire"] * fires + ["flood"] * others + [None] * empty
    return {f"D{i:03}": {"received_at": "2026-02-01", "cause": c, **more} for i, c in enumerate(causes)}


def of_all(rule: dict[str, Any], population: dict[str, dict[str, Any]], **told: Any) -> str:
    """The verdict of the one group that there is, which is that of each of its members."""
    ((group, _, said),) = [f for f in findings({**FIRE, **rule}, disputes=population, **told) if f[0] == "*"]
    assert (group, {*verdicts({**FIRE, **rule}, disputes=population, **told).values()}) == ("*", {said})
    return said


@pytest.mark.parametrize(("fires", "others", "rule", "said"), [
    (9, 1, {"min": "0.9"}, "pass"), (8, 1, {"min": "0.9"}, "fail: too few"), (1, 9, {"max": "0.1"}, "pass"), (2, 9, {"max": "0.1"}, "fail: too many"),
    (5, 5, {"min": "0.5", "max": "0.5"}, "pass"), (4, 0, {"min": 0, "smallest": 5}, "unknown: small sample"),
])  # fmt: skip
def test_where_all_are_known_the_share_itself_decides(fires: int, others: int, rule: dict[str, Any], said: str) -> None:
    assert of_all(rule, disputes(fires, others)) == said


@pytest.mark.parametrize(("population", "said"), [
    (disputes(9, 0, 1), "pass"), (disputes(8, 1, 1), "unknown: missing"), (disputes(8, 2, 1), "fail: too few"),
    ({**disputes(8, 1), "X": {"received_at": "2026-02-01", "cause": "?"}}, "unknown: rejected value"),
])  # fmt: skip
def test_who_may_or_may_not_count_leaves_it_open_only_where_that_matters(population: dict[str, Any], said: str) -> None:
    assert of_all({"min": "0.9"}, population) == said


@pytest.mark.parametrize("confidence", ["0.9", "0.95", "0.99"])
@pytest.mark.parametrize("least", ["0.5", "0.9", "0.95"])
def test_a_sample_proves_what_the_exact_bounds_of_clopper_and_pearson_prove(least: str, confidence: str) -> None:
    for size in (10, 60):
        for fires in range(size % 9, size + 1, 7):
            # SciPy's two-sided interval at 2c - 1 has the one-sided bounds at c
            interval = binomtest(fires, size).proportion_ci(2 * float(confidence) - 1, method="exact")
            said = "pass" if interval.low >= float(least) else "fail: too few" if interval.high <= float(least) else "unknown: inconclusive"
            assert of_all({"min": least, "confidence": confidence}, disputes(fires, size - fires)) == said, (fires, size)


def test_a_small_sample_without_a_single_fault_is_no_proof() -> None:
    rule = {"min": "0.95", "confidence": "0.95"}
    assert of_all(rule, disputes(58, 0)) == "unknown: inconclusive"
    assert of_all(rule, disputes(59, 0)) == "pass"


@pytest.mark.parametrize("bound", ["min", "max"])
@pytest.mark.parametrize(("value", "said"), [(Decimal("0.05"), "fail: "), (5, "unknown: no value")])
def test_a_parameter_in_per_cent_where_a_share_is_meant_lets_nothing_pass(bound: str, value: Any, said: str) -> None:
    population = disputes(0, 10) if bound == "min" else disputes(10, 0)
    assert of_all({bound: "$share"}, population, parameters={"share": [{"value": value}]}).startswith(said)


def test_a_chance_that_is_just_the_error_allowed_is_proof_in_both_ways() -> None:
    # of three, all: half to the third is an eighth, as much as may be in error
    assert of_all({"min": "0.5", "confidence": "0.875"}, disputes(3, 0)) == "pass"
    assert of_all({"min": "0.5", "confidence": "0.876"}, disputes(3, 0)) == "unknown: inconclusive"
    assert str(verdict_of(3, 3, 3, *(None,) * 2, None)) == "pass"


@pytest.mark.parametrize(("min_", "fires", "others", "said"), [(1, 5, 0, "unknown: inconclusive"), (1, 5, 1, "fail: too few")])
def test_no_sample_proves_that_all_of_them_do_and_one_proves_that_not_all_do(min_: int, fires: int, others: int, said: str) -> None:
    assert of_all({"min": min_, "confidence": "0.95"}, disputes(fires, others)) == said


def test_each_group_and_period_is_one_finding_and_all_subjects_are_counted() -> None:
    population = {
        "A": {"received_at": "2026-01-31", "cause": "fire", "channel": "web"}, "B": {"received_at": "2026-03-31 23:00", "cause": "flood", "channel": "web"},
        "C": {"received_at": "2026-03-01", "cause": "flood", "channel": "web"}, "D": {"received_at": "2026-04-01", "cause": "flood", "channel": "web"},
        "E": {"received_at": "2026-02-01", "cause": "fire", "channel": "shop"}, "F": {"received_at": "2026-02-01", "cause": "fire", "channel": None},
        "G": {"received_at": None, "cause": "fire", "channel": "web"}, "H": {"received_at": "2026-02-01", "cause": "fire", "channel": "?"},
    }  # fmt: skip
    rule = {**QUARTERLY, "per": "channel"}
    found = [f for f in findings(rule, disputes=population, as_of="2026-06-30") if f[0] in ("web", "shop")]
    assert found == [("shop", "2026-01-01", "pass"), ("web", "2026-01-01", "fail: too few"), ("web", "2026-04-01", "pending")]
    assert verdicts(rule, disputes=population, as_of="2026-06-30") == {
        "A": "fail: too few", "B": "fail: too few", "C": "fail: too few", "D": "pending", "E": "pass", "F": "unknown: missing", "G": "unknown: missing",
        "H": "unknown: rejected value",
    }  # fmt: skip
    assert verdicts(rule, disputes=population, as_of="2026-07-01")["D"] == "fail: too few"
    assert judge(rule, disputes=population)["F"]["observed"] is None


def test_what_comes_after_the_time_it_is_measured_cures_nothing() -> None:
    rule = {"kind": "share", "of": "reviewed", "from": "closed", "period": "quarter", "due": "1 month", "min": "0.5"}
    population = {n: {"received_at": "2026-01-01", "closed_at": "2026-03-31"} for n in "AB"}

    def said(day: str, as_of: str, **more: Any) -> str:
        return verdicts(rule, disputes=population, events=[("A", "reviewed", day)], as_of=as_of, **more)["B"]

    assert (said("2026-04-30", "2026-04-30"), said("2026-04-30", "2026-05-01"), said("2026-05-01", "2026-05-01")) == (
        "pending",
        "pass",
        "fail: too few",
    )
    assert said("2026-05-01", "2026-05-01", coverage={"reviewed": "2026-04-01"}) == "unknown: not covered"
    assert said("2026-04-30", "2026-05-01", coverage={"reviewed": "2026-04-01"}) == "pass"
    assert said("2026-04-02", "2026-06-01", extracted={"events": "2026-04-30"}) == "unknown: stale"
    assert said("2026-04-02", "2026-06-01", extracted={"disputes": "2026-04-30"}) == "unknown: stale"


@pytest.mark.parametrize("fields", [
    {"min": None}, {"min": "1.1"}, {"min": "0.6", "max": "0.5"}, {"of": "closed"}, {"holds": None}, {"period": None}, {"from": None},
    {"due": "1 month", "period": None, "from": None}, {"confidence": "1"}, {"confidence": "0.4"}, {"smallest": 0},
])  # fmt: skip
def test_what_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        make_rule(**{**QUARTERLY, **fields})


def test_a_due_date_in_working_days_is_refused_by_its_units() -> None:
    kind = next(k for k in Core().register_rule_kinds() if k.name == "share")
    assert kind.counted is not None
    ((stated, ways),) = kind.counted(make_rule(**QUARTERLY, due="1 month"))
    assert (stated, "working days" in ways[0]) == ((("due", "1 month"),), False)
