"""How often the detectors of risk points cry wolf, and how often they see what is there: python tests/benchmarks/calibration.py

Registers are drawn at random, dispute by dispute, so that one dispute counts in its product, its branch and more at once; they are summed up as
the detectors' queries would, judged by the product's own code, and corrected by the core's, over all tests of a register. Every figure has its
95 % interval (Clopper and Pearson). The ceiling beside it is what the best test could find that raises any alarm in at most 5 %.

Every cell is drawn from a seed of its own, in pieces; with `--results FILE` pieces that are done are kept, and a run that was cut goes on.
`--through-sql N`: N registers with nothing in them once more as files, through the whole of `check`.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from multiprocessing import Pool
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import beta, binom, hypergeom, poisson

from disputekit import Candidate
from disputekit.identify import _families, corrected
from disputekit_risk import ageing, rates, shares, surges
from disputekit_risk.settings import Settings

AS_OF = date(2026, 6, 30)
SETTINGS = Settings()
DAYS = 400
GROUPS = {"product": 12, "region": 8, "channel": 5, "cause": 8, "unit": 40, "clause": 8, "handler": 120}
RATES = {"risk-breaches": 0.2, "risk-refusals": 0.12, "risk-complex": 0.1, "risk-entered-late": 0.05, "risk-paused": 0.08, "risk-extended": 0.04,
         "risk-offers-below": 0.03, "risk-offers-above": 0.03, "risk-withdrawn-again": 0.03}  # fmt: skip
WEEK = (1.5, 1.2, 1.1, 1.0, 0.9, 0.65, 0.65)
PIECE = 100
POOL = 50
BASES = {200: (0.05, 0.1, 0.14, 0.15, 0.16, 0.18, 0.2), 400: (0.05, 0.08, 0.1, 0.12)}
Rng = np.random.Generator
Rows = list[Mapping[str, Any]]
Counts = np.ndarray[Any, Any]


class Cell(NamedTuple):
    """What is drawn: nothing, a doubled rate in a branch of `group` (`rate` in the rest), or a doubled volume on two days."""

    what: str
    a_day: float = 30.0
    dispersion: float = 1.0
    group: int = 0
    rate: float = 0.0
    most: int = 1000

    @property
    def told(self) -> str:
        if self.what == "rates":
            return f"group of {self.group}, rate {self.rate:.0%} in the rest"
        return f"{self.a_day:g} disputes a day{f', dispersion {self.dispersion:g}' if self.dispersion != 1 else ''}"


CELLS = (
    Cell("nothing", 30.0),
    Cell("nothing", 30.0, 2.0, most=400),
    Cell("nothing", 8.0, most=400),
    *(Cell("rates", group=g, rate=r) for g, rates_ in BASES.items() for r in rates_),
    *(Cell("days", a) for a in (10.0, 15.0, 20.0, 25.0, 30.0, 50.0)),
)
TITLES = {
    "nothing": "registers with nothing in them that raise any alarm (aim: at most 5 %)",
    "rates": "a doubled rate in one branch, among all the tests of a register (aim: at least 95 % found)",
    "days": "a doubled volume for two days, among all the tests of a register (aim: at least 95 % found)",
}


class Drawn(NamedTuple):
    """A register: of each dispute how many days ago it came, and its group by dimension; of each weekday-bound day the doubled ones."""

    ago: Counts
    groups: Mapping[str, Counts]
    doubled: tuple[date, ...]


def every_share() -> list[rates.Share]:
    s = SETTINGS
    return [shares._breaches(s), shares._refusals(s), shares._complex(s), shares._late(s), shares._offers(s, True), shares._offers(s, False),
            shares._again(s), *(shares._happened(n, shares._complex(s).told, shares._complex(s).title, ("m",)) for n in ("risk-paused", "risk-extended"))]  # fmt: skip


def register(rng: Rng, a_day: float, dispersion: float = 1.0, doubled_days: bool = False, group: int = 0) -> Drawn:
    """Disputes of DAYS days with the rhythm of a week, their number more varied than Poisson's where dispersion > 1; what they are grouped by has
    nothing to do with anything. group: so many are in branch 0.
    """
    s = SETTINGS.surges
    mean = np.array([a_day * WEEK[(AS_OF - timedelta(days=ago)).isoweekday() - 1] for ago in range(DAYS)])
    hit = int(rng.integers(0, s.look_back - 1))
    if doubled_days:
        mean[hit : hit + 2] *= 2
    daily = rng.poisson(mean) if dispersion == 1 else rng.negative_binomial(mean / (dispersion - 1), 1 / dispersion)
    ago = np.repeat(np.arange(DAYS), daily)
    groups = {d: rng.choice(n, len(ago), p=rng.dirichlet(np.full(n, 4.0))) for d, n in GROUPS.items()}
    if group:
        weights = rng.dirichlet(np.full(GROUPS["unit"] - 1, 4.0))
        unit = 1 + rng.choice(GROUPS["unit"] - 1, len(ago), p=weights)
        unit[rng.choice(len(ago), group, replace=False)] = 0
        groups["unit"] = unit
    return Drawn(ago, groups, tuple(AS_OF - timedelta(days=hit + i) for i in (0, 1)))


def shared(drawn: Drawn, share: rates.Share, hit: Counts) -> Rows:
    """The rows of a share of which each dispute has it or not."""
    rows: Rows = []
    for dimension in share.dimensions:
        own, most = drawn.groups[dimension], GROUPS[dimension]
        for g, (n, k) in enumerate(zip(np.bincount(own, minlength=most), np.bincount(own[hit], minlength=most), strict=True)):
            if n:
                rows.append({"dimension": dimension, "grp": f"g{g:03}", "part": "group", "n": int(n), "k": int(k), "money": None, "people": None,
                             "examples": None})  # fmt: skip
    return rows


def daily(drawn: Drawn) -> Rows:
    """The rows of the surges."""
    s = SETTINGS.surges
    back = s.look_back + 7 * (s.weeks + 1)
    recent = drawn.ago <= back
    rows: Rows = []
    for ago in range(back, -1, -1):
        day = AS_OF - timedelta(days=ago)
        rows.append({"dimension": "", "grp": None, "part": "working" if day.isoweekday() <= 5 else "rest", "on_day": day, "n": 0})
    for dimension in ("all", *surges.DIMENSIONS):
        own = drawn.groups[dimension][recent] if dimension != "all" else np.zeros(recent.sum(), dtype=np.int64)
        most = GROUPS.get(dimension, 1)
        table = np.bincount(own * (back + 1) + drawn.ago[recent], minlength=most * (back + 1)).reshape(most, back + 1)
        for g, ago in zip(*np.nonzero(table), strict=True):
            rows.append({"dimension": dimension, "grp": "all" if dimension == "all" else f"g{g:03}", "part": "day", "n": int(table[g, ago]),
                         "on_day": AS_OF - timedelta(days=int(ago)), "money": None, "examples": None})  # fmt: skip
    return rows


def aged(rng: Rng, drawn: Drawn) -> Rows:
    """The rows of the ageing: every group closes at one pace; what came lately is mostly open."""
    takes = np.ceil(rng.weibull(1.4, len(drawn.ago)) * 45).astype(int)
    is_open, days = takes > drawn.ago, np.minimum(takes, drawn.ago)
    rows: Rows = []
    for dimension in ageing.DIMENSIONS:
        own, most = drawn.groups[dimension], GROUPS[dimension]
        tables = [np.bincount(own[which] * DAYS + days[which], minlength=most * DAYS).reshape(most, DAYS) for which in (~is_open, is_open)]
        rows += [{"dimension": dimension, "grp": f"g{g:03}", "part": "group", "days": list(range(DAYS)), "closed": tables[0][g].tolist(),
                  "still_open": tables[1][g].tolist(), "money": None} for g in range(most) if tables[0][g].any() or tables[1][g].any()]  # fmt: skip
    return rows


def repeated(rng: Rng, size: int) -> Iterator[Candidate]:
    """What counts.repeats tests, by the same binomial: of customers (and claims) who are all equally likely, those with three disputes or more."""
    for family in ("customer", "claim"):
        found = np.bincount(rng.integers(0, size * 4, size), minlength=size * 4)
        names = int((found > 0).sum())
        for n in np.sort(found[found >= 3])[::-1][:500]:
            yield Candidate(kind="repeats", scope="x", n=int(n), observed=float(n), expected=1.0, family=f"repeats {family}",
                            p=min(1.0, names * float(binom.sf(n - 1, size, 1 / names))))  # fmt: skip


def rest(rng: Rng, drawn: Drawn, leave_out: tuple[str, ...] = ()) -> list[Candidate]:
    """What all detectors but some come to where there is nothing."""
    found: list[Any] = []
    for share in every_share():
        if share.name not in leave_out:
            found += rates.judged(shared(drawn, share, rng.uniform(size=len(drawn.ago)) < RATES[share.name]), share, SETTINGS.least, ())
    if "surges" not in leave_out:
        found += surges.judged(daily(drawn), AS_OF, SETTINGS, ())
    found += ageing.judged(aged(rng, drawn), SETTINGS.least, ())
    found += repeated(rng, len(drawn.ago))
    return [c for c in found if isinstance(c, Candidate)]


def stands_out(candidates: Sequence[Candidate]) -> list[str]:
    tested = [c for c in candidates if c.p is not None]
    q = corrected([(c.p, c.weight) for c in tested if c.p is not None], sum(c.weight for c in _families(tested)))
    return [c.scope for c, value in zip(tested, q, strict=True) if value <= SETTINGS.alpha]


@cache
def pool(seed: int, leave_out: str) -> list[list[Candidate]]:
    """What the detectors beside the one that is looked at come to, of POOL registers of 30 a day; taken in turn, since they have nothing to do with it."""
    rng = np.random.default_rng([seed, 0, len(leave_out)])
    return [rest(rng, register(rng, 30.0), (leave_out,)) for _ in range(POOL)]


def hits(job: tuple[int, int, int]) -> tuple[int, int, int]:
    """Of a piece of a cell, in how many registers an alarm was raised, or what is there was found."""
    seed, number, piece = job
    cell = CELLS[number]
    rng = np.random.default_rng([seed, 1 + number, piece])
    share = shares._breaches(SETTINGS)
    found = 0
    for i in range(PIECE):
        if cell.what == "nothing":
            found += bool(stands_out(rest(rng, register(rng, cell.a_day, cell.dispersion))))
        elif cell.what == "rates":
            drawn = register(rng, cell.a_day, group=cell.group)
            rate = np.where(drawn.groups["unit"] == 0, 2 * cell.rate, cell.rate)
            mine = rates.judged(shared(drawn, share, rng.uniform(size=len(rate)) < rate), share, SETTINGS.least, ())
            others = pool(seed, share.name)[(piece * PIECE + i) % POOL]
            found += "unit=g000" in stands_out([*(c for c in mine if isinstance(c, Candidate)), *others])
        else:
            drawn = register(rng, cell.a_day, doubled_days=True)
            mine = surges.judged(daily(drawn), AS_OF, SETTINGS, ())
            others = pool(seed, "surges")[(piece * PIECE + i) % POOL]
            told = stands_out([*(c for c in mine if isinstance(c, Candidate)), *others])
            found += any(_covers(scope, drawn.doubled) for scope in told if scope.startswith("all/"))
    return number, piece, found


def _covers(scope: str, days: Sequence[date]) -> bool:
    first, last = (date.fromisoformat(day) for day in scope.removeprefix("all/").split(".."))
    return any(first <= day <= last for day in days)


def ceiling_of_rates(group: int, rate: float, groups: int, size: int) -> float:
    """How often Fisher's exact test sees the doubled rate where it has its part of 5 % among so many groups (Šidák); exact, by summing up."""
    level = 1 - 0.95 ** (1 / groups)
    k = np.arange(group + 1)
    spread = 6 * (size * rate) ** 0.5
    r = np.arange(max(0, int((size - group) * rate - spread)), int((size - group) * rate + spread) + 1)
    own, others = binom.pmf(k, group, 2 * rate), binom.pmf(r, size - group, rate)
    # for each number that have it in all, from how many in the group on the test sees it: by halving
    having = np.arange(r[0], r[-1] + group + 1)
    low, high = np.zeros(len(having), dtype=np.int64), np.full(len(having), group + 1)
    while (low < high).any():
        middle = (low + high) // 2
        seen = (hypergeom.sf(middle - 1, size, having, group) <= level) | (middle > group)
        low, high = np.where(seen | (low >= high), low, middle + 1), np.where(seen, middle, high)
    return float(own @ (k[:, None] >= low[k[:, None] + r[None, :] - r[0]]) @ others)


def ceiling_of_days(a_day: float, windows: int) -> float:
    """How often the conditional binomial test sees two doubled days, whichever they are, among so many windows."""
    level = 1 - 0.95 ** (1 / windows)
    weeks = SETTINGS.surges.weeks
    total = 0.0
    for weekday in range(7):
        mean = a_day * (WEEK[weekday] + WEEK[(weekday + 1) % 7])
        x, b = np.arange(int(2 * mean + 10 * mean**0.5 + 20)), np.arange(int(weeks * mean + 8 * (weeks * mean) ** 0.5 + 20))
        seen = binom.sf(x[:, None] - 1, x[:, None] + b[None, :], 1 / (1 + weeks)) <= level
        total += float(poisson.pmf(x, 2 * mean) @ seen @ poisson.pmf(b, weeks * mean)) / 7
    return total


def ceilings() -> None:
    """The ceilings: of one group (window) named beforehand, of the branches alone, and of all groups of 200 or more and all windows."""
    rng = np.random.default_rng(0)
    drawn = register(rng, 30.0)
    size = len(drawn.ago)
    large = {d: int((np.bincount(g) >= 200).sum()) for d, g in drawn.groups.items()}
    many = sum(large[d] for share in every_share() for d in share.dimensions)
    print(f"ceilings: {size} disputes; named beforehand; among 40 branches; among the {many} groups of 200 or more that the shares look at")
    for group, bases in BASES.items():
        for rate in bases:
            print(
                f"  group of {group}, rate {rate:.0%} in the rest  "
                + "  ".join(f"{ceiling_of_rates(group, rate, m, size):7.1%}" for m in (1, 40, many))
            )
    windows = sum(SETTINGS.surges.look_back + 1 for _ in SETTINGS.surges.windows)
    print(f"ceilings of two doubled days: named beforehand; among {windows} windows")
    for cell in CELLS:
        if cell.what == "days":
            print(f"  {cell.told}  " + "  ".join(f"{ceiling_of_days(cell.a_day, m):7.1%}" for m in (1, windows)))


def told(what: str, found: int, of: int, aim: str) -> None:
    low = beta.ppf(0.025, found, of - found + 1) if found else 0.0
    high = beta.ppf(0.975, found + 1, of - found) if found < of else 1.0
    print(f"  {what:<74} {found:5} of {of:5} = {found / of:6.1%}  [{low:.1%}, {high:.1%}]  {aim}", flush=True)


def through_sql(seed: int, registers: int, processes: int) -> None:
    print("registers with nothing in them, as files through the whole check")
    with Pool(processes) as workers:
        found = list(workers.imap_unordered(alarms_through_sql, [(seed, number) for number in range(registers)]))
    told("3000 disputes, all detectors, through SQL", sum(found), registers, "<= 5 %")


def alarms_through_sql(job: tuple[int, int]) -> bool:
    """Whether any risk point that was tested comes out of a register with nothing in it."""
    from disputekit.assess import Engine, assess
    from disputekit.config import load_project

    seed, number = job
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_register(np.random.default_rng([seed, 999, number]), folder, 3000)
        manifest = assess(load_project(folder), AS_OF, folder / "out", engine=Engine(threads=1))
        assert not manifest.errors, manifest.errors
        assert all(d.state == "looked" for d in manifest.risk_detectors), [d.name for d in manifest.risk_detectors if d.state != "looked"]
    return any(point.p is not None for point in manifest.risk_points)


TABLES = {
    "disputes": "dispute_id,customer_id,claim_id,contract_id,product,region,channel,cause,unit_id,handler_id,complexity,amount_claimed,amount_offered,"
    "received_at,registered_at,closed_at",
    "events": "subject,subject_id,activity,occurred_at",
    "decisions": "subject,subject_id,kind,decided_at,clauses",
    "contracts": "contract_id,amount_limit,amount_deductible,coinsurance,currency",
}
HAPPENS = {"appraisal_started": 0.08, "extension_approved": 0.04, "withdrawn": 0.3}


def write_register(rng: Rng, folder: Path, size: int) -> None:
    """A project of everything that a detector reads, whose disputes have nothing to do with what they are grouped by."""
    start = datetime.combine(AS_OF - timedelta(days=DAYS), datetime.min.time())
    takes = np.ceil(rng.weibull(1.4, size) * 45)
    days = rng.integers(0, DAYS + 1, size)
    lines: dict[str, list[str]] = {name: [head] for name, head in TABLES.items()}
    lines["contracts"].append("K,1000000.00,0.00,0,CNY")
    for i in range(size):
        received = start + timedelta(days=int(days[i]), hours=9)
        closed = received + timedelta(days=int(takes[i]))
        late = timedelta(days=3) if rng.random() < 0.05 else timedelta(minutes=5)
        pick = [f"{d[0]}{rng.integers(GROUPS[d])}" for d in ("product", "region", "channel", "cause", "unit", "handler")]
        claimed = int(rng.integers(1000, 90000))
        offered = claimed * float(rng.choice([0.8, 1.2, 1.0], p=[0.03, 0.03, 0.94]))
        lines["disputes"].append(",".join([f"D{i}", f"C{rng.integers(size * 4)}", f"L{rng.integers(size * 4)}", "K", *pick,
            "complex" if rng.random() < 0.1 else "simple", f"{claimed}.00", f"{offered:.2f}", received.isoformat(), (received + late).isoformat(),
            closed.isoformat() if closed.date() <= AS_OF else ""]))  # fmt: skip
        for activity, share in HAPPENS.items():
            if rng.random() < share:
                lines["events"].append(f"disputes,D{i},{activity},{(received + timedelta(days=int(rng.integers(1, 20)))).isoformat()}")
        kind = "refusal" if rng.random() < RATES["risk-refusals"] else "determination"
        lines["decisions"].append(f"disputes,D{i},{kind},{(received + timedelta(days=5)).isoformat()},art. {rng.integers(GROUPS['clause'])}")
    for name, rows in lines.items():
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n")
    (folder / "pack").mkdir()
    (folder / "pack" / "pack.toml").write_text(
        '[pack]\nid = "p"\nversion = "1"\ntitle = { zh = "p", en = "p" }\n[[controls]]\nid = "P-1"\ntitle = { zh = "p", en = "p" }\n'
        'remedy = { zh = "p", en = "p" }\nseverity = "high"\nbasis = "practice"\nkind = "deadline"\nfrom = "received"\nto = "closed"\n'
        'within = "60 days"\n')  # fmt: skip
    register = "".join(f"[register.{name}]\npath = '{name}.csv'\n" for name in TABLES)
    (folder / "disputekit.toml").write_text(
        f"[organisation]\nname = 'x'\ncalendar = 'weekends'\n[policies]\npacks = ['./pack']\n[plugins]\nenabled = ['risk']\n{register}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--registers", type=int, default=1000, help=f"of each cell; in pieces of {PIECE}")
    parser.add_argument("--seed", type=int, default=20261127)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", choices=("nothing", "rates", "days", "ceilings", "sql"), default=None)
    parser.add_argument("--results", type=Path, default=None, help="where pieces that are done are kept")
    parser.add_argument("--through-sql", type=int, default=0)
    options = parser.parse_args()
    if options.only in (None, "ceilings"):
        ceilings()
    done: dict[tuple[int, int], int] = {}
    if options.results is not None and options.results.is_file():
        for line in options.results.read_text().splitlines():
            one = json.loads(line)
            if one["seed"] == options.seed:
                done[(one["cell"], one["piece"])] = one["hits"]
    wanted = [(n, p) for n, c in enumerate(CELLS) if options.only in (None, c.what) for p in range(-(-min(options.registers, c.most) // PIECE))]
    for what, leave_out in (("rates", shares._breaches(SETTINGS).name), ("days", "surges")):
        if any(CELLS[n].what == what for n, _ in wanted):
            pool(options.seed, leave_out)  # before the processes part, so that it is drawn once
    with Pool(options.processes) as workers:
        for number, piece, found in workers.imap_unordered(hits, [(options.seed, n, p) for n, p in wanted if (n, p) not in done]):
            done[(number, piece)] = found
            if options.results is not None:
                with options.results.open("a") as file:
                    file.write(json.dumps({"seed": options.seed, "cell": number, "piece": piece, "hits": found}) + "\n")
    for what, title in TITLES.items():
        mine = [n for n, c in enumerate(CELLS) if c.what == what and any(number == n for number, _ in wanted)]
        if mine:
            print(title)
        for n in mine:
            pieces = [piece for number, piece in wanted if number == n]
            told(CELLS[n].told, sum(done[(n, p)] for p in pieces), PIECE * len(pieces), "<= 5 %" if what == "nothing" else ">= 95 %")
    if options.through_sql:
        through_sql(options.seed, options.through_sql, options.processes)


if __name__ == "__main__":
    main()
