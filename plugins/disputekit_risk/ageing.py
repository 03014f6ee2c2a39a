"""Ageing: groups whose disputes are closed more slowly than the rest. Open disputes are censored, not left out.

Log-rank test of a group against the rest, one-sided (Mantel 1966; Peto and Peto 1972); medians by Kaplan and Meier (1958).
"""

from collections.abc import Iterator, Mapping, Sequence
from math import log
from typing import TYPE_CHECKING, Any

from disputekit import Candidate, NotLooked, Reads, RiskDetector, Run, Text
from disputekit_risk import dimensions as by
from disputekit_risk import exact
from disputekit_risk.rating import answering, rating
from disputekit_risk.settings import Settings

if TYPE_CHECKING:
    from numpy import ndarray

    from disputekit import Expression, Vocabulary

DIMENSIONS = ("product", "region", "channel", "cause", "unit", "handler")
# from receipt to closing, or, of what is open, as far as the ledger knows; by days, since a ledger may know of one of both no more than its day
_AGED = """
    select *, case when not unread and (closed is null or cast(closed as date) >= cast(received as date)) then
             cast(coalesce(closed, cast($until as timestamp)) as date) - cast(received as date) end as days from subject"""
_DAYS = """
    select $dimension as dimension, $group as grp, s.days as days, count(s.closed) as closed, count(*) - count(s.closed) as still_open,
           sum(s.amount) filter (where s.closed is null) as money
    from $rows as s where s.days >= 0 group by 2, 3"""
_GROUPS = """
    select dimension, grp, 'group' as part, list(days) as days, list(closed) as closed, list(still_open) as still_open, sum(money) as money
    from days where days is not null group by 1, 2"""
_UNDECIDED = """
    select '' as dimension, null::varchar as grp, 'undecided' as part, null as days, null as closed, [count(*)] as still_open, null as money
    from aged where days is null or days < 0"""
_NOT_SUPPLIED = """
    select dimension, grp, 'absent' as part, null as days, null as closed, null as still_open, null as money from days where days is null"""
_ABSENT = "select $dimension as dimension, null::varchar as grp, null as days, null as closed, null as still_open, null as money"


def detector(settings: Settings) -> RiskDetector:
    """A detector of groups that close more slowly."""

    def aggregate(sql: "Vocabulary") -> Any:
        found: dict[str, Expression] = {**by.columns(sql, DIMENSIONS), "received": sql.moment("received").at, "closed": sql.moment("closed").at,
                                        "unread": sql.moment("closed").rejected}  # fmt: skip
        found["amount"] = sql.column("amount_claimed") if sql.has_column("amount_claimed") else sql.expression("cast(null as decimal(18, 2))")
        parts = []
        for dimension in DIMENSIONS:
            if not by.supplied(sql, dimension):
                parts.append(sql.fill(_ABSENT, dimension=sql.literal(dimension)))
                continue
            rows, group = by.rows_of(sql, dimension, "aged")
            parts.append(sql.fill(_DAYS, dimension=sql.literal(dimension), group=group, rows=rows))
        last = sql.fill("select * from groups order by dimension, part, grp")
        groups = sql.union(sql.fill(_GROUPS), sql.fill(_NOT_SUPPLIED), sql.fill(_UNDECIDED))
        return sql.pipeline(last, subject=sql.subjects(**found), aged=sql.fill(_AGED, until=sql.known_until("disputes")), days=sql.union(*parts),
                            groups=groups)  # fmt: skip

    def judge(rows: Sequence[Mapping[str, Any]], run: Run) -> Iterator[Candidate | NotLooked]:
        yield from judged(rows, settings.least, answering(run, "risk-ageing", settings))

    reads = Reads("disputes", columns=("received_at",), moments=("received", "closed"), columns_if_supplied=("amount_claimed",))
    return RiskDetector("risk-ageing", Text(zh="办理缓慢", en="Slow to close"), reads + by.reads(DIMENSIONS), aggregate, judge,
                        rating(settings.matrix), settings.alpha)  # fmt: skip


def judged(rows: Sequence[Mapping[str, Any]], least: int, controls: tuple[str, ...]) -> Iterator[Candidate | NotLooked]:
    """A candidate for every group of `least` disputes or more. rows: dimension, grp, part, money, and by day, in any order, days, closed, still_open."""
    import numpy as np

    undecided = sum(r["still_open"][0] for r in rows if r["part"] == "undecided")
    if undecided:
        yield NotLooked(
            "all",
            Text(zh=f"{undecided} 件争议的收到或办结时间缺失或矛盾", en=f"disputes whose times are missing, or contradict each other: {undecided}"),
        )
    for dimension in DIMENSIONS:
        mine = [r for r in rows if r["dimension"] == dimension]
        if any(r["part"] == "absent" for r in mine):
            yield by.not_supplied(dimension)
            continue
        unknown = sum(sum(r["closed"]) + sum(r["still_open"]) for r in mine if r["grp"] is None)
        if unknown:
            yield by.not_known(dimension, unknown)
        groups = [r for r in mine if r["grp"] is not None]
        longest = max((max(r["days"]) for r in groups), default=-1) + 1
        whole = np.zeros((2, longest), dtype=np.int64)
        for row in groups:
            whole[:, row["days"]] += (row["closed"], row["still_open"])
        if not whole[0].any():
            yield NotLooked(dimension, Text(zh="没有已办结的争议", en="no dispute is closed"))
            continue
        large = [r for r in groups if least <= sum(r["closed"]) + sum(r["still_open"]) < whole.sum()]
        if len(large) < len(groups):
            yield by.too_few(dimension, len(groups) - len(large), least)
        for row in large:
            own = np.zeros((2, longest), dtype=np.int64)
            own[:, row["days"]] = (row["closed"], row["still_open"])
            yield _compared(dimension, str(row["grp"]), own, whole, row["money"], controls)


def _compared(dimension: str, group: str, own: "ndarray[Any, Any]", whole: "ndarray[Any, Any]", money: Any, controls: tuple[str, ...]) -> Candidate:
    from scipy.special import ndtr

    closed, expected, z = log_rank(own, whole)
    mine, theirs = median(own), median(whole - own)
    still_open = int(own[1].sum())
    size, every = int(own.sum()), int(whole.sum())
    # by how many deviations half the pace would show, were the group like all (Schoenfeld 1981): log 2 times the root of the closed ones
    excess = log(2) * (size * (float(whole[0].sum()) / every) * (1 - size / every)) ** 0.5
    low, high = exact.of_counts(closed)
    name = by.TITLES[dimension]
    return Candidate(
        kind="ageing", scope=f"{dimension}={group}", n=size, observed=float(closed), expected=expected,
        interval=(float(low), float(high)), p=float(ndtr(z)), test="log-rank, one-sided", weight=float(exact.weight(excess)), people=still_open, money=money, controls=controls,
        figures={"still_open": still_open, "median_days": mine, "median_days_of_the_rest": theirs, "z": round(z, 4)},
        what=Text(zh=f"{name.zh}“{group}”：已办结 {closed} 件，按其余的进度应为 {expected:.1f} 件；办结时间中位数 {_days(mine).zh}，其余 {_days(theirs).zh}",
                  en=f"{name.en} {group!r}: {closed} closed, where at the pace of the rest {expected:.1f} would be; median time to close:"
                     f" {_days(mine).en}, of the rest {_days(theirs).en}"),
    )  # fmt: skip


def _days(days: int | None) -> Text:
    return Text(zh="尚未过半", en="not yet half of them") if days is None else Text(zh=f"{days} 天", en=f"{days} days")


def log_rank(own: "ndarray[Any, Any]", whole: "ndarray[Any, Any]") -> tuple[int, float, float]:
    """How many of a group were closed, how many would have been at the pace of all, and the standardised difference (negative: slower).

    own, whole: closed (first row) and still open (second row) by day.
    """
    import numpy as np

    at_risk, own_risk = whole.sum(axis=0)[::-1].cumsum()[::-1], own.sum(axis=0)[::-1].cumsum()[::-1]
    days = np.flatnonzero(whole[0])
    d, n, m = whole[0][days].astype(float), at_risk[days].astype(float), own_risk[days].astype(float)
    expected = float((d * m / n).sum())
    many = n > 1
    variance = float((d[many] * (m[many] / n[many]) * (1 - m[many] / n[many]) * (n[many] - d[many]) / (n[many] - 1)).sum())
    closed = int(own[0].sum())
    return closed, expected, (closed - expected) / variance**0.5 if variance > 0 else 0.0


def median(cells: "ndarray[Any, Any]") -> int | None:
    """The day by which half are closed, by Kaplan and Meier; None where that isn't known yet."""
    import numpy as np

    at_risk = cells.sum(axis=0)[::-1].cumsum()[::-1]
    left = np.cumprod(np.where(at_risk > 0, 1 - cells[0] / np.maximum(at_risk, 1), 1.0))
    below = np.flatnonzero(left <= 0.5)
    return int(below[0]) if len(below) else None
