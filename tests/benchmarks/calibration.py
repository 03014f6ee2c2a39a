"""How often the detectors of risk points cry wolf, and how often they see what is there: python tests/benchmarks/calibration.py [--registers 1000]

Registers of aggregates are drawn at random and judged by the product's own code, corrected by the core's. Every figure has its 95 % interval
(Clopper and Pearson). `--through-sql N`: N registers with nothing in them once more as files, through the whole of `check`.
"""

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import beta, binom

from disputekit import Candidate
from disputekit.identify import corrected
from disputekit_risk import ageing, rates, shares, surges
from disputekit_risk.settings import Settings

AS_OF = date(2026, 6, 30)
SETTINGS = Settings()
GROUPS = {"product": 12, "region": 8, "channel": 5, "cause": 8, "unit": 40, "clause": 8, "handler": 120, "line": 6}
RATES = {"risk-breaches": 0.2, "risk-refusals": 0.12, "risk-complex": 0.1, "risk-entered-late": 0.05, "risk-paused": 0.08, "risk-extended": 0.04,
         "risk-offers-below": 0.03, "risk-offers-above": 0.03, "risk-withdrawn-again": 0.03}  # fmt: skip
WEEK = (1.5, 1.2, 1.1, 1.0, 0.9, 0.65, 0.65)
Rng = np.random.Generator
Rows = list[Mapping[str, Any]]


def every_share() -> list[rates.Share]:
    s = SETTINGS
    return [shares._breaches(s), shares._refusals(s), shares._complex(s), shares._late(s), shares._offers(s, True), shares._offers(s, False),
            shares._again(s), *(shares._happened(n, shares._complex(s).told, shares._complex(s).title, ("m",)) for n in ("paused", "extended"))]  # fmt: skip


def drawn(rng: Rng, share: rates.Share, size: int, rate: float, doubled: tuple[str, int] | None = None) -> Rows:
    """The rows of a share: each dispute falls into one group of each dimension and has it with the same chance. doubled: a dimension whose first
    group has so many disputes, at twice the rate."""
    rows: Rows = []
    for dimension in share.dimensions:
        weights = rng.dirichlet(np.full(GROUPS[dimension], 4.0))
        sizes = rng.multinomial(size, weights)
        if doubled is not None and doubled[0] == dimension:
            sizes = np.concatenate(([doubled[1]], rng.multinomial(size - doubled[1], weights[1:] / weights[1:].sum())))
        for g, n in enumerate(sizes):
            of = 2 * rate if doubled is not None and doubled[0] == dimension and g == 0 else rate
            if n:
                rows.append({"dimension": dimension, "grp": f"g{g:03}", "part": "group", "n": int(n), "k": int(rng.binomial(n, of)), "money": None,
                             "people": None, "examples": None})  # fmt: skip
    return rows


def daily(rng: Rng, a_day: float, dispersion: float = 1.0, doubled: bool = False) -> Rows:
    """The rows of the surges: counts by day with the rhythm of a week, more varied than Poisson's where dispersion > 1. doubled: two days at twice."""
    s = SETTINGS.surges
    back = s.look_back + 7 * (s.weeks + 1)
    rows: Rows = []
    hit = int(rng.integers(0, s.look_back - 2))
    for ago in range(back, -1, -1):
        day = AS_OF - timedelta(days=ago)
        mean = a_day * WEEK[day.isoweekday() - 1]
        mean *= 2 if doubled and ago in (hit, hit + 1) else 1
        n = int(rng.poisson(mean) if dispersion == 1 else rng.negative_binomial(mean / (dispersion - 1), 1 / dispersion))
        common = {"on_day": day, "money": None, "examples": None}
        rows.append({"dimension": "", "grp": None, "part": "working" if day.isoweekday() <= 5 else "rest", "n": 0, **common})
        rows.append({"dimension": "all", "grp": "all", "part": "day", "n": n, **common})
        for dimension in surges.DIMENSIONS:
            for g, k in enumerate(rng.multinomial(n, np.full(GROUPS[dimension], 1 / GROUPS[dimension]))):
                if k:
                    rows.append({"dimension": dimension, "grp": f"g{g}", "part": "day", "n": int(k), **common})
    return rows


def aged(rng: Rng, size: int) -> Rows:
    """The rows of the ageing: every group closes at one pace; what came lately is mostly open."""
    received = rng.integers(0, 400, size)
    takes = np.ceil(rng.weibull(1.4, size) * 45).astype(int)
    is_open, days = takes > received, np.minimum(takes, received)
    rows: Rows = []
    for dimension in ageing.DIMENSIONS:
        group = rng.integers(0, GROUPS[dimension], size)
        cells, counts = np.unique(np.stack([group, days, is_open]), axis=1, return_counts=True)
        rows += [{"dimension": dimension, "grp": f"g{g}", "part": "group", "days": int(d), "closed": 0 if o else int(c), "still_open": int(c) if o else 0,
                  "money": None} for g, d, o, c in zip(*cells, counts, strict=True)]  # fmt: skip
    return rows


def repeated(rng: Rng, size: int) -> Iterator[Candidate]:
    """What counts.repeats tests, by the same binomial: of customers who are all equally likely, those with three disputes or more."""
    customers = size * 4
    found = np.bincount(rng.integers(0, customers, size), minlength=customers)
    names = int((found > 0).sum())
    for n in np.sort(found[found >= 3])[::-1][:500]:
        yield Candidate(
            kind="repeats", scope="x", n=int(n), observed=float(n), expected=1.0, p=min(1.0, names * float(binom.sf(n - 1, size, 1 / names)))
        )


def judged_all(rng: Rng, size: int, a_day: float, dispersion: float) -> list[Candidate]:
    found: list[Any] = []
    for share in every_share():
        found += rates.judged(drawn(rng, share, size, RATES[share.name]), share, SETTINGS.least, ())
    found += surges.judged(daily(rng, a_day, dispersion), AS_OF, SETTINGS, ())
    found += ageing.judged(aged(rng, size), SETTINGS.least, ())
    found += repeated(rng, size)
    return [c for c in found if isinstance(c, Candidate)]


def stands_out(candidates: Sequence[Candidate]) -> list[str]:
    tested = [c for c in candidates if c.p is not None]
    q = corrected([c.p for c in tested if c.p is not None])
    return [c.scope for c, value in zip(tested, q, strict=True) if value <= SETTINGS.alpha]


def told(what: str, hits: int, of: int, aim: str) -> None:
    low = beta.ppf(0.025, hits, of - hits + 1) if hits else 0.0
    high = beta.ppf(0.975, hits + 1, of - hits) if hits < of else 1.0
    print(f"  {what:<74} {hits:5} of {of:5} = {hits / of:6.1%}  [{low:.1%}, {high:.1%}]  {aim}", flush=True)


def nothing(rng: Rng, registers: int) -> None:
    print("registers with nothing in them that raise any alarm (aim: at most 5 %)")
    for size, a_day, dispersion in ((3000, 30, 1.0), (3000, 30, 2.0)):
        hits = sum(bool(stands_out(judged_all(rng, size, a_day, dispersion))) for _ in range(registers))
        told(f"{size} disputes, {a_day} a day, dispersion {dispersion:g}, all detectors", hits, registers, "<= 5 %")


def others(rng: Rng, size: int, without: str = "") -> list[list[Candidate]]:
    """Forty times what all the other tests of a register come to, where there is nothing; taken in turn."""
    return [[c for one in every_share() if one.name != without for c in rates.judged(drawn(rng, one, size, RATES[one.name]), one, SETTINGS.least, ())
             if isinstance(c, Candidate)] for _ in range(40)]  # fmt: skip


def doubled_rates(rng: Rng, registers: int) -> None:
    print("a doubled rate in one branch, among all the tests of a register (aim: at least 95 % found)")
    share = shares._breaches(SETTINGS)
    rest = others(rng, 10_000, share.name)
    for group in (200, 400):
        for rate in (0.05, 0.1, 0.15, 0.2, 0.3):
            hits = 0
            for number in range(registers):
                found = rest[number % len(rest)]
                mine = rates.judged(drawn(rng, share, 10_000, rate, ("unit", group)), share, SETTINGS.least, ())
                hits += "unit=g000" in stands_out([*(c for c in mine if isinstance(c, Candidate)), *found])
            told(f"group of {group}, rate {rate:.0%} in the rest", hits, registers, ">= 95 %")


def doubled_days(rng: Rng, registers: int) -> None:
    print("a doubled volume for two days, among all the tests of a register (aim: at least 95 % found)")
    rest = others(rng, 3000)
    for a_day in (10, 20, 30, 50, 100):
        hits = 0
        for number in range(registers):
            mine = surges.judged(daily(rng, a_day, doubled=True), AS_OF, SETTINGS, ())
            found = stands_out([c for c in (*mine, *rest[number % len(rest)]) if isinstance(c, Candidate)])
            hits += any(scope.startswith("all/") for scope in found)
        told(f"{a_day} disputes a day", hits, registers, ">= 95 %")


def through_sql(rng: Rng, registers: int) -> None:
    from disputekit.assess import assess
    from disputekit.config import load_project

    print("registers with nothing in them, as files through the whole check")
    hits = 0
    for number in range(registers):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_register(rng, folder, 3000)
            manifest = assess(load_project(folder), AS_OF, folder / "out")
            assert not manifest.errors, manifest.errors
            hits += bool(manifest.risk_points)
            if number == 0:
                print(
                    f"    {sum(d.tests for d in manifest.risk_detectors)} tests, {sum(d.candidates for d in manifest.risk_detectors)} candidates a register"
                )
    told("3000 disputes, all detectors, through SQL", hits, registers, "<= 5 %")


def write_register(rng: Rng, folder: Path, size: int) -> None:
    """A project whose disputes have nothing to do with what they are grouped by."""
    start = datetime.combine(AS_OF - timedelta(days=400), datetime.min.time())
    takes = np.ceil(rng.weibull(1.4, size) * 45)
    lines = [
        "dispute_id,customer_id,claim_id,product,region,channel,cause,unit_id,handler_id,complexity,amount_claimed,received_at,registered_at,closed_at"
    ]
    days = rng.integers(0, 401, size)
    for i in range(size):
        received = start + timedelta(days=int(days[i]), hours=9)
        closed = received + timedelta(days=int(takes[i]))
        late = timedelta(days=3) if rng.random() < 0.05 else timedelta(minutes=5)
        pick = [f"{d[0]}{rng.integers(GROUPS[d])}" for d in ("product", "region", "channel", "cause", "unit", "handler")]
        lines.append(",".join([f"D{i}", f"C{rng.integers(size * 4)}", f"L{i}", *pick, "complex" if rng.random() < 0.1 else "simple",
                               f"{rng.integers(1000, 90000)}.00", received.isoformat(), (received + late).isoformat(),
                               closed.isoformat() if closed.date() <= AS_OF else ""]))  # fmt: skip
    (folder / "disputes.csv").write_text("\n".join(lines) + "\n")
    (folder / "pack").mkdir()
    (folder / "pack" / "pack.toml").write_text(
        '[pack]\nid = "p"\nversion = "1"\ntitle = { zh = "p", en = "p" }\n[[controls]]\nid = "P-1"\ntitle = { zh = "p", en = "p" }\n'
        'remedy = { zh = "p", en = "p" }\nseverity = "high"\nbasis = "practice"\nkind = "deadline"\nfrom = "received"\nto = "closed"\n'
        'within = "60 days"\n')  # fmt: skip
    (folder / "disputekit.toml").write_text(
        "[organisation]\nname = 'x'\ncalendar = 'weekends'\n[policies]\npacks = ['./pack']\n[plugins]\nenabled = ['risk']\n"
        "[register.disputes]\npath = 'disputes.csv'\n")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--registers", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20260630)
    parser.add_argument("--through-sql", type=int, default=0)
    parser.add_argument("--only", choices=("nothing", "rates", "days", "sql"), default=None)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    for name, measured in (("nothing", nothing), ("rates", doubled_rates), ("days", doubled_days)):
        if options.only in (None, name):
            measured(rng, options.registers)
    if options.through_sql:
        through_sql(rng, options.through_sql)


if __name__ == "__main__":
    main()
