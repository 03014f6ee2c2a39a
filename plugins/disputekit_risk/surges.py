"""Surges: disputes received by day, against the same weekdays of the weeks before. A gap in the feed is "no data", not zero.

All disputes: given that x arrived in the window and b on the same weekdays of w weeks before, x is binomial (x + b, 1 / (1 + w)) where nothing
changed (Przyborowski and Wilenski 1940). The weekly rhythm needs no estimate: like is compared with like. Real counts vary more than
Poisson's; both are divided by the dispersion that the baseline shows (quasi-Poisson, as in Farrington et al. 1996), never by less than 1.
A group: whether its share of all disputes in the window is higher than before, by Fisher's exact test, so that what all share isn't told of each.
Of the windows of a group the most extreme are given, their p times the number of windows (Bonferroni).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from math import exp
from typing import TYPE_CHECKING, Any, NamedTuple

from disputekit import Candidate, NotLooked, Reads, RiskDetector, Run, Text
from disputekit_risk import dimensions as by
from disputekit_risk import exact
from disputekit_risk.rating import answering, rating
from disputekit_risk.settings import Settings

if TYPE_CHECKING:
    from numpy import ndarray

    from disputekit import Expression, Vocabulary

DIMENSIONS = ("product", "region", "channel", "cause", "unit")
GAP = 1e-4
"""A run of days without anything is a gap in the feed where it is less likely than this by chance."""
EPISODES = 3
"""At most so many surges of one group; each is at least a week from the others."""
LEAST_WEEKS = 4
EXAMPLES = 5
WHOLE = 4.0
"""How many times all groups together all disputes together weigh. It is one question of six that are asked of a portfolio (hot spots, gaming, amounts,
ageing, repeats, surges), and comes to about a sixth of all weights where there are groups in every one of them."""
# one row for each day and group; examples are fetched only for days in the look-back
_DAILY = """
    select $dimension as dimension, $group as grp, 'day' as part, cast(s.received as date) as on_day, count(*) as n, sum(s.amount) as money,
           case when cast(s.received as date) >= $since then min(s.subject, $examples) end as examples
    from $rows as s where s.received >= $from_on and s.received < $end and $known group by 2, 4"""
_CALENDAR = """
    select '' as dimension, null::varchar as grp, case when working then 'working' else 'rest' end as part, day as on_day, 0 as n, null as money,
           null as examples from calendar where day >= $from_on and day <= $as_of"""
_FEED = """
    select '' as dimension, null::varchar as grp, 'feed' as part, least($until, $as_of) as on_day, 0 as n, null as money, null as examples"""
_UNDATED = """
    select '' as dimension, null::varchar as grp, 'undated' as part, null::date as on_day, count(*) as n, null as money, null as examples
    from $rows as s where s.received is null having count(*) > 0"""
_UNKNOWN = """
    select $dimension as dimension, null::varchar as grp, 'unknown' as part, null::date as on_day, count(*) as n, null as money, null as examples
    from $rows as s where s.received >= $from_on and s.received < $end and $group is null having count(*) > 0"""
_COLUMNS = ("on_day", "n", "money", "examples")


def detector(settings: Settings) -> RiskDetector:
    """A detector of surges of all disputes and of groups."""
    s = settings.surges
    back = s.look_back + 7 * (s.weeks + 1)

    def aggregate(sql: "Vocabulary") -> Any:
        since = sql.expression("$as_of - $n", as_of=sql.as_of, n=sql.literal(s.look_back))
        bounds = {"from_on": sql.expression("$as_of - $n", as_of=sql.as_of, n=sql.literal(back)), "end": sql.as_of_end, "since": since,
                  "examples": sql.literal(EXAMPLES)}  # fmt: skip
        found: dict[str, Expression] = {**by.columns(sql, DIMENSIONS), "received": sql.moment("received").at}
        found["amount"] = sql.column("amount_claimed") if sql.has_column("amount_claimed") else sql.expression("cast(null as decimal(18, 2))")
        whole = sql.fill(_DAILY, dimension=sql.literal("all"), group=sql.literal("all"), rows=sql.step("subject"), known=sql.literal(True), **bounds)
        parts = [whole, sql.fill(_CALENDAR, from_on=bounds["from_on"], as_of=sql.as_of),
                 sql.fill(_FEED, until=sql.known_until("disputes"), as_of=sql.as_of), sql.fill(_UNDATED, rows=sql.step("subject"))]  # fmt: skip
        for dimension in DIMENSIONS:
            if not by.supplied(sql, dimension):
                parts.append(by.absent(sql, dimension, _COLUMNS))
                continue
            rows, group = by.rows_of(sql, dimension, "subject")
            known = sql.expression("$g is not null", g=group)
            grouped = {"dimension": sql.literal(dimension), "group": group, "rows": rows}
            parts += [sql.fill(_DAILY, known=known, **grouped, **bounds),
                      sql.fill(_UNKNOWN, from_on=bounds["from_on"], end=bounds["end"], **grouped)]  # fmt: skip
        last = sql.fill("select * from days order by dimension, grp, part, on_day")
        return sql.pipeline(last, subject=sql.subjects(**found), days=sql.union(*parts))

    def judge(rows: Sequence[Mapping[str, Any]], run: Run) -> Iterator[Candidate | NotLooked]:
        yield from judged(rows, run.as_of, settings, answering(run, "risk-surges", settings))

    reads = Reads("disputes", columns=("received_at",), moments=("received",), columns_if_supplied=("amount_claimed",)) + by.reads(DIMENSIONS)
    return RiskDetector("risk-surges", Text(zh="争议激增", en="Surges"), reads, aggregate, judge, rating(settings.matrix), settings.alpha)


class Window(NamedTuple):
    """Days `first` to `last` (numbers from the first day on), what arrived in them, and in the `weeks` weeks before on the same weekdays."""

    first: int
    last: int
    weeks: tuple[int, ...]


def judged(rows: Sequence[Mapping[str, Any]], as_of: date, settings: Settings, controls: tuple[str, ...]) -> Iterator[Candidate | NotLooked]:
    """Candidates of surges. rows: dimension, grp, part (day, working, rest, feed, absent, undated, unknown), on_day, n, money, examples."""
    import numpy as np

    s = settings.surges
    start = as_of - timedelta(days=s.look_back + 7 * (s.weeks + 1))
    length = (as_of - start).days + 1
    usual = np.ones(length, dtype=bool)
    until = length - 1
    counts: dict[tuple[str, str], ndarray[Any, Any]] = defaultdict(lambda: np.zeros(length, dtype=np.int64))
    cells: dict[tuple[str, str], dict[int, Mapping[str, Any]]] = defaultdict(dict)
    for row in rows:
        if row["part"] == "absent":
            yield by.not_supplied(row["dimension"])
            continue
        if row["part"] == "undated":
            yield NotLooked(
                "all", Text(zh=f"{row['n']} 件争议没有收到日期，未计入", en=f"disputes without a day of receipt, which aren't counted: {row['n']}")
            )
            continue
        if row["part"] == "unknown":
            yield by.not_known(row["dimension"], row["n"])
            continue
        place = (row["on_day"] - start).days
        if row["part"] == "feed":
            until = place
        elif not 0 <= place < length:
            continue
        elif row["part"] == "day":
            group = (row["dimension"], str(row["grp"]))
            counts[group][place] = row["n"]
            cells[group][place] = row
        else:
            usual[place] = (row["part"] == "working") == ((start + timedelta(days=place)).isoweekday() <= 5)
    whole = ("all", "all")
    if not counts[whole].any():
        yield NotLooked("all", Text(zh="这段时间没有争议", en="there are no disputes in this time"))
        return
    data, gaps = _with_data(counts[whole], until)
    for first, last in gaps:
        a, b = start + timedelta(days=first), start + timedelta(days=last)
        yield NotLooked("all", Text(zh=f"{a} 至 {b} 没有数据，不作为零", en=f"there is no data from {a} to {b}; that isn't zero"))
    windows = tuple(_windows(data & usual, length - s.look_back, s.windows, s.weeks))
    if not windows:
        yield NotLooked(
            "all", Text(zh=f"没有可与至少 {LEAST_WEEKS} 周相比的日子", en=f"no days can be compared with {LEAST_WEEKS} weeks before them")
        )
        return
    dispersion = _dispersion(counts[whole], data & usual, length - s.look_back)
    weights = _weights({g: daily for g, daily in counts.items() if g != whole and daily.sum() >= settings.least}, counts[whole], length - s.look_back)
    found = _Windowed.of(np.stack([counts[whole], *(counts[g] for g in weights)]), windows, s.weeks)
    p = np.concatenate((found.against_before(dispersion)[None], found.against_all()))
    for place, (group, weight) in enumerate(({whole: WHOLE * max(1.0, sum(weights.values()))} | weights).items()):
        yield from _surges(
            group, found.of_group(place), p[place], windows, start, cells[group], dispersion if group == whole else 1.0, weight, controls
        )
    few: dict[str, int] = defaultdict(int)
    for group in counts:
        if group != whole and group not in weights:
            few[group[0]] += 1
    for dimension, groups in few.items():
        yield by.too_few(dimension, groups, settings.least)


def _with_data(daily: "ndarray[Any, Any]", until: int) -> tuple["ndarray[Any, Any]", list[tuple[int, int]]]:
    """On which days there is data, and the gaps. Before the first dispute and after the extract there is none."""
    import numpy as np

    data = np.zeros(len(daily), dtype=bool)
    first = int(np.flatnonzero(daily)[0])
    data[first : until + 1] = True
    by_weekday = [daily[first : until + 1][i::7] for i in range(7)]
    mean = [float(np.mean(c)) if len(c) else 0.0 for c in by_weekday]
    gaps: list[tuple[int, int]] = []
    place = first
    while place <= until:
        end = place
        while end <= until and daily[end] == 0:
            end += 1
        if end > place and exp(-sum(mean[(d - first) % 7] for d in range(place, end))) < GAP:
            data[place:end] = False
            gaps.append((place, end - 1))
        place = max(end, place + 1)
    return data, gaps


def _windows(usable: "ndarray[Any, Any]", since: int, lengths: Sequence[int], weeks: int) -> Iterator[Window]:
    """Every window that ends within the look-back, whose days can all be used, with the weeks before in which they can all be used, too."""
    for length in lengths:
        for last in range(max(since, length - 1), len(usable)):
            first = last - length + 1
            if usable[first : last + 1].all():
                before = tuple(w for w in range(1, weeks + 1) if first - 7 * w >= 0 and usable[first - 7 * w : last + 1 - 7 * w].all())
                if len(before) >= LEAST_WEEKS:
                    yield Window(first, last, before)


def _dispersion(daily: "ndarray[Any, Any]", usable: "ndarray[Any, Any]", since: int) -> float:
    """How many times more the days before the look-back vary, each about the mean of its weekday, than Poisson's would (Pearson); at least 1."""
    import numpy as np

    square, freedom = 0.0, 0
    for weekday in range(7):
        days = np.flatnonzero(usable[:since])
        own = daily[days[days % 7 == weekday]]
        if len(own) > 1 and own.sum():
            square += float(((own - own.mean()) ** 2).sum() / own.mean())
            freedom += len(own) - 1
    return max(1.0, square / freedom) if freedom else 1.0


class _Windowed(NamedTuple):
    """What arrived in each window, in its weeks before, and what would be usual: by group (all disputes first) and window. weeks: their number."""

    arrived: "ndarray[Any, Any]"
    before: "ndarray[Any, Any]"
    usual: "ndarray[Any, Any]"
    weeks: "ndarray[Any, Any]"

    @classmethod
    def of(cls, daily: "ndarray[Any, Any]", windows: Sequence[Window], weeks: int) -> "_Windowed":
        import numpy as np

        sums = np.concatenate((np.zeros((len(daily), 1), dtype=np.int64), np.cumsum(daily, axis=1)), axis=1)
        back = 7 * np.arange(weeks + 1)
        first, end = (np.maximum(np.array(days)[:, None] - back, 0) for days in zip(*((w.first, w.last + 1) for w in windows), strict=True))
        there = np.array([[k == 0 or k in w.weeks for k in range(weeks + 1)] for w in windows])
        counts = np.where(there, sums[:, end] - sums[:, first], 0)
        arrived, before, number = counts[:, :, 0], counts[:, :, 1:].sum(axis=2), there[:, 1:].sum(axis=1)
        usual = np.where(before[0] > 0, before * arrived[0] / np.maximum(before[0], 1), 0.0)
        usual[0] = before[0] / number
        return cls(arrived, before, usual, number)

    def against_before(self, dispersion: float) -> "ndarray[Any, Any]":
        """The p of all disputes by window: against their own weeks before."""
        import numpy as np
        from scipy.special import betainc

        x, b = self.arrived[0] / dispersion, self.before[0] / dispersion
        return np.where(x > 0, betainc(np.maximum(x, 1e-12), b + 1, 1 / (1 + self.weeks)), 1.0)

    def against_all(self) -> "ndarray[Any, Any]":
        """The p of the groups by window: their share of all disputes against that of before."""
        own, before = self.arrived[1:], self.before[1:]
        return exact.fisher(own, self.arrived[0], own + before, self.arrived[0] + self.before[0])

    def of_group(self, place: int) -> "_Windowed":
        return _Windowed(self.arrived[place], self.before[place], self.usual[place], self.weeks)


def _weights(
    groups: Mapping[tuple[str, str], "ndarray[Any, Any]"], whole: "ndarray[Any, Any]", since: int
) -> dict[tuple[str, str], float]:  # fmt: skip
    """The weight of each group by what came in a week before the look-back: whether twice as much could be seen."""
    import numpy as np

    if not groups:
        return {}
    before = np.array([daily[:since].sum() for daily in groups.values()])
    usual = before * 7 / max(since, 1)
    share = np.minimum(before / max(int(whole[:since].sum()), 1), 1.0)
    found = exact.weight(np.sqrt(usual) / np.maximum(np.sqrt(1 - share), 0.1))
    return dict(zip(groups, map(float, found), strict=True))


def _surges(
    group: tuple[str, str], found: _Windowed, p: "ndarray[Any, Any]", windows: Sequence[Window], start: date, cells: Mapping[int, Mapping[str, Any]],
    dispersion: float, weight: float, controls: tuple[str, ...],
) -> Iterator[Candidate]:  # fmt: skip
    test = "conditional binomial, quasi-Poisson" if group[0] == "all" else "Fisher exact, one-sided"
    taken: list[Window] = []
    name = by.TITLES[group[0]]
    for i in sorted(range(len(windows)), key=lambda i: (p[i], i)):
        w = windows[i]
        if len(taken) == EPISODES:
            break
        if any(w.first <= o.last + 7 and o.first <= w.last + 7 for o in taken):
            continue
        taken.append(w)
        a, z = start + timedelta(days=w.first), start + timedelta(days=w.last)
        n, usual = int(found.arrived[i]), float(found.usual[i])
        low, high = exact.of_counts(n)
        days = [cells[d] for d in range(w.first, w.last + 1) if d in cells]
        examples = [e for d in days for e in d["examples"] or ()]
        amounts = [d["money"] for d in days if d["money"] is not None]
        where = Text(zh="全部争议", en="all disputes") if group[0] == "all" else Text(zh=f"{name.zh}“{group[1]}”", en=f"{name.en} {group[1]!r}")
        yield Candidate(
            kind="surge", scope=f"{'all' if group[0] == 'all' else '='.join(group)}/{a}..{z}", n=n, observed=float(n), expected=usual,
            interval=(float(low), float(high)),
            p=min(1.0, float(p[i]) * len(windows)), test=test, tests=len(windows), family="=".join(group), weight=weight, people=n,
            money=sum(amounts) if amounts else None, subjects=tuple(examples[:EXAMPLES]), controls=controls,
            figures={"days": w.last - w.first + 1, "weeks": len(w.weeks), "in_weeks": int(found.before[i]), "dispersion": round(dispersion, 4)},
            what=Text(zh=f"{where.zh}：{a} 至 {z} 收到 {n} 件，按此前 {len(w.weeks)} 周同样的星期应为 {usual:.1f} 件",
                      en=f"{where.en}: {n} received from {a} to {z}, where the same weekdays of {len(w.weeks)} weeks before come to {usual:.1f}"),
        )  # fmt: skip
