"""What the detectors make of their rows, held against SciPy's own tests and against what anybody can count."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from scipy.stats import CensoredData, binomtest, chi2, false_discovery_control, fisher_exact, hypergeom, logrank

from disputekit import Candidate, NotLooked, Reads, Text
from disputekit.identify import corrected
from disputekit_risk import ageing, exact, surges
from disputekit_risk.rates import Share, judged
from disputekit_risk.rating import rating
from disputekit_risk.settings import Settings, Weights

T = Text(zh="某", en="such")
AS_OF = date(2026, 6, 30)
SHARE = Share("risk-x", "hot spot", T, T, Reads("disputes"), dict, "", ("unit",))


def group(name: str, n: int, k: int, part: str = "group") -> dict[str, Any]:
    return {"dimension": "unit", "grp": name, "part": part, "n": n, "k": k, "money": None, "people": k, "examples": ["D1"]}


def candidates(found: Sequence[Candidate | NotLooked]) -> dict[str, Candidate]:
    return {c.scope: c for c in found if isinstance(c, Candidate)}


def told(found: Sequence[Candidate | NotLooked]) -> list[str]:
    return [str(n.why) for n in found if isinstance(n, NotLooked)]


def test_a_group_is_compared_with_the_rest_by_fishers_exact_test() -> None:
    found = candidates(list(judged([group("A", 100, 40), group("B", 200, 30), group("C", 50, 5)], SHARE, 30, ("S-1",))))
    assert set(found) == {"unit=A", "unit=B", "unit=C"}
    a = found["unit=A"]
    assert a.p == pytest.approx(fisher_exact([[40, 60], [35, 215]], alternative="greater").pvalue)
    assert (a.n, a.observed, a.expected, a.controls) == (100, 0.4, 35 / 250, ("S-1",))
    assert a.interval is not None
    low, high = a.interval
    assert (low, high) == (pytest.approx(0.3033, abs=1e-4), pytest.approx(0.5028, abs=1e-4))  # Clopper and Pearson for 40 of 100


def test_a_small_group_is_not_judged_and_said_not_to_be() -> None:
    found = list(judged([group("A", 100, 4), group("B", 29, 29), group("C", 100, 4)], SHARE, 30, ()))
    assert set(candidates(found)) == {"unit=A", "unit=C"}
    assert told(found) == ["groups by unit that are smaller than 30, or have no other to be compared with: 1"]


def test_what_is_not_supplied_not_known_or_never_occurs_is_told_and_is_never_no_risk() -> None:
    absent = list(judged([group("", 0, 0, "absent")], SHARE, 30, ()))
    assert (candidates(absent), told(absent)) == ({}, ["the register doesn't supply the unit"])
    never = list(judged([group("A", 100, 0), group("B", 100, 0)], SHARE, 30, ()))
    assert (candidates(never), told(never)) == ({}, ["there is none in the whole register; perhaps it isn't recorded"])
    unknown = list(judged([group("A", 100, 9), group("B", 100, 9), group("", 7, 0, "unknown")], SHARE, 30, ()))
    assert told(unknown) == ["disputes without a unit, which are in no group: 7"]


@pytest.mark.parametrize("seed", range(5))
def test_all_tests_are_corrected_as_benjamini_and_hochberg_do(seed: int) -> None:
    p = np.random.default_rng(seed).uniform(size=200) ** 2
    assert corrected([(x, 1.0) for x in p], 200.0) == pytest.approx(list(false_discovery_control(p, method="bh")))


def test_a_test_with_twice_the_weight_stands_out_at_twice_the_p_and_never_says_more_than_it_does_alone() -> None:
    """Genovese, Roeder and Wasserman 2006: Benjamini and Hochberg over p / w, the weights being 1 on average."""
    p, w = np.array([0.004, 0.03, 0.2, 0.9]), np.array([2.0, 1.0, 0.5, 0.5])
    expected = false_discovery_control(np.minimum(p / (w / w.mean()), 1), method="bh")
    assert corrected(list(zip(p, w, strict=True)), float(w.sum())) == pytest.approx(list(expected))
    assert corrected([(0.01, 50.0), (0.012, 50.0)], 51.0)[0] == 0.01  # two of a family


def test_a_group_in_which_not_even_twice_the_usual_could_be_seen_weighs_little_whatever_it_shows() -> None:
    rows = [group("large", 400, 40), group("rest", 4000, 400), group("small", 40, 4)]
    found = candidates(list(judged(rows, SHARE, 30, ())))
    assert found["unit=large"].weight > 0.9
    assert 0.05 <= found["unit=small"].weight < 0.06
    # as many in all, but elsewhere: the weights must not know
    moved = candidates(list(judged([group("large", 400, 80), group("rest", 4000, 360), group("small", 40, 4)], SHARE, 30, ())))
    assert [moved[s].weight for s in moved] == [found[s].weight for s in found]
    gamed = candidates(list(judged([group("rest", 4000, 160), group("small", 40, 32)], SHARE, 30, ())))["unit=small"]
    assert gamed.p is not None
    assert corrected([(gamed.p, gamed.weight)], 700.0)[0] < 1e-9  # many times the usual stands out nonetheless


@pytest.mark.parametrize("seed", range(3))
def test_fishers_tail_is_scipys_hypergeometric_one_for_small_and_for_large_registers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    every = np.concatenate((rng.integers(1, 300, 200), rng.integers(1_000, 3_000_000, 50)))
    having, n = rng.integers(0, every + 1), rng.integers(0, every + 1)
    least, most = np.maximum(0, n + having - every), np.minimum(n, having)
    usual = n * (having / every)
    spread = np.sqrt(usual * (1 - having / every) * (1 - n / every))
    k = np.clip(np.round(usual + rng.normal(0, 3, len(n)) * spread).astype(np.int64), least, most)
    expected = hypergeom.sf(k - 1, every, having, n)
    assert list(exact.fisher(k, n, having, every)) == pytest.approx(list(np.minimum(expected, 1)), rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_intervals_are_scipys_exact_ones(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = rng.integers(1, 300, 20)
    k = rng.integers(0, n + 1)
    low, high = exact.of_shares(k, n)
    for i in range(20):
        interval = binomtest(int(k[i]), int(n[i])).proportion_ci(0.95, "exact")
        assert (low[i], high[i]) == (pytest.approx(interval.low), pytest.approx(interval.high))
    low, high = exact.of_counts(k)
    assert list(high) == pytest.approx(list(chi2.ppf(0.975, 2 * k + 2) / 2))
    assert list(low[k > 0]) == pytest.approx(list(chi2.ppf(0.025, 2 * k[k > 0]) / 2))
    assert not low[k == 0].any()


def test_corrected_of_nothing_is_nothing() -> None:
    assert corrected([], 0.0) == []


@pytest.mark.parametrize("seed", range(3))
def test_the_log_rank_test_over_counts_is_the_one_over_rows_and_respects_what_is_open(seed: int) -> None:
    rng = np.random.default_rng(seed)
    days, closed, mine = rng.integers(1, 60, 300), rng.uniform(size=300) < 0.7, rng.uniform(size=300) < 0.3
    cells = np.zeros((2, 60), dtype=np.int64)
    own = np.zeros((2, 60), dtype=np.int64)
    for d, c, m in zip(days, closed, mine, strict=True):
        cells[0 if c else 1, d] += 1
        own[0 if c else 1, d] += m

    def censored(which: Any) -> CensoredData:
        return CensoredData(uncensored=days[which & closed], right=days[which & ~closed])

    _, _, z = ageing.log_rank(own, cells)
    assert abs(z) == pytest.approx(abs(logrank(censored(mine), censored(~mine)).statistic))


def cells(closed: Sequence[int], still_open: Sequence[int]) -> Any:
    """Counts by day from the days themselves, as a detector's rows give them."""
    longest = max(*closed, *still_open, 0) + 1
    return np.stack([np.bincount(np.array(days, dtype=np.int64), minlength=longest) for days in (closed, still_open)])


def test_the_survival_estimates_are_those_published_for_freireichs_leukaemia_data_with_what_is_censored() -> None:
    """Freireich 1963, in every textbook since Gehan (1965): R's survdiff gives 9 observed and 19.25 expected, chi-square 16.79; medians 23 and 8 weeks."""
    treated = cells([6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35])
    placebo = cells([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], [])
    padded = np.pad(placebo, ((0, 0), (0, treated.shape[1] - placebo.shape[1])))
    closed, expected, z = ageing.log_rank(treated, treated + padded)
    assert (closed, round(expected, 2), round(z * z, 2)) == (9, 19.25, 16.79)
    assert z < 0  # fewer than at the pace of all: slower
    assert (ageing.median(treated), ageing.median(placebo)) == (23, 8)


def test_the_survival_estimates_are_those_published_for_the_acute_myelogenous_leukaemia_data() -> None:
    """Miller 1997; R's survdiff(Surv(time, status) ~ x, aml): maintained 7 observed, 10.69 expected, chi-square 3.4; medians 31 and 23."""
    maintained = cells([9, 13, 18, 23, 31, 34, 48], [13, 28, 45, 161])
    other = cells([5, 5, 8, 8, 12, 23, 27, 30, 33, 43, 45], [16])
    padded = np.pad(other, ((0, 0), (0, maintained.shape[1] - other.shape[1])))
    closed, expected, z = ageing.log_rank(maintained, maintained + padded)
    assert (closed, round(expected, 2), round(z * z, 1)) == (7, 10.69, 3.4)
    assert (ageing.median(maintained), ageing.median(other)) == (31, 23)


def aged(name: str | None, closed: int, still_open: int) -> dict[str, Any]:
    days = list(range(5, 25))
    return {"dimension": "unit", "grp": name, "part": "group", "days": days, "closed": [closed] * 20, "still_open": [still_open] * 20, "money": None}


def test_a_group_that_closes_more_slowly_is_found_though_most_of_it_is_open() -> None:
    found = candidates(list(ageing.judged([aged("quick", 10, 1), aged("slow", 1, 9)], 30, ())))
    assert found["unit=slow"].p is not None
    assert found["unit=slow"].p < 1e-10
    assert found["unit=quick"].p is not None
    assert found["unit=quick"].p > 0.99
    assert found["unit=slow"].figures["median_days"] is None  # not yet half of them: nobody may say "24 days"
    assert found["unit=slow"].figures["still_open"] == 180


def test_what_ageing_leaves_out_is_told() -> None:
    undecided = {"dimension": "", "grp": None, "part": "undecided", "days": None, "closed": None, "still_open": [7], "money": None}
    few = {**aged("few", 1, 0), "closed": [1] + [0] * 19}
    found = list(ageing.judged([aged("A", 3, 1), aged("B", 3, 1), few, aged(None, 1, 1), undecided], 30, ()))
    assert set(candidates(found)) == {"unit=A", "unit=B"}
    assert told(found)[0] == "disputes whose times are missing, or contradict each other: 7"
    assert "disputes without a unit, which are in no group: 40" in told(found)
    assert "groups by unit that are smaller than 30, or have no other to be compared with: 1" in told(found)


WEEK = (40, 30, 30, 28, 24, 6, 6)


def feed(change: dict[int, int] | None = None) -> list[dict[str, Any]]:
    """Counts by day with the rhythm of a week and no chance in them. change: days ago -> count."""
    rows = []
    for ago in range(14 + 7 * 13, -1, -1):
        day = AS_OF - timedelta(days=ago)
        n = (change or {}).get(ago, WEEK[day.isoweekday() - 1])
        common = {"on_day": day, "grp": "all", "money": None, "examples": [f"D{ago}"]}
        rows.append({"dimension": "", "part": "working" if day.isoweekday() <= 5 else "rest", "n": 0, **common})
        if n:
            rows.append({"dimension": "all", "part": "day", "n": n, **common})
    return rows


def test_the_rhythm_of_the_week_is_no_surge() -> None:
    found = list(surges.judged(feed(), AS_OF, Settings(), ()))
    assert min(c.p for c in candidates(found).values() if c.p is not None) == 1.0
    assert told(found) == []


def test_two_days_of_twice_the_usual_volume_are_a_surge_named_by_its_days() -> None:
    found = candidates(list(surges.judged(feed({6: 56, 5: 48}), AS_OF, Settings(), ())))
    best = min(found.values(), key=lambda c: c.p if c.p is not None else 2)
    assert best.scope == "all/2026-06-24..2026-06-25"
    assert (best.n, best.expected, best.figures["weeks"]) == (104, 58.0, 12)
    assert best.p is not None
    assert best.p < 0.001


def test_a_gap_in_the_feed_is_no_data_and_neither_zero_nor_a_reason_for_a_surge_after_it() -> None:
    gap = dict.fromkeys(range(18, 26), 0)
    found = list(surges.judged(feed(gap), AS_OF, Settings(), ()))
    assert told(found) == ["there is no data from 2026-06-05 to 2026-06-12; that isn't zero"]
    assert min(c.p for c in candidates(found).values() if c.p is not None) == 1.0
    assert all(c.expected in (sum(WEEK), *(WEEK[i] + WEEK[i - 6] for i in range(7)), *(WEEK[i] + WEEK[(i + 1) % 7] for i in range(7)))
               for c in candidates(found).values())  # fmt: skip


@pytest.mark.parametrize(
    ("q", "people", "money", "level"), [(0.04, 1, None, "low"), (1e-9, 300, None, "critical"), (None, 1, 20_000_000, "critical")]
)
def test_the_matrix_of_the_settings_weighs(q: float | None, people: int, money: int | None, level: str) -> None:
    found = Candidate(kind="x", scope="x", n=1, observed=1, expected=1, people=people, money=money)
    assert rating(Weights())(found, q).level == level
