"""Shares of disputes by group: hot spots, deviating offers, and what a register shows when somebody games its clocks.

For each group the share is compared with the share in all the rest, by Fisher's exact test, one-sided (Fisher 1935): given how many
disputes have it in all, how likely is it that so many of them are in this group? Intervals are Clopper and Pearson's (1934).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from disputekit import Candidate, NotLooked, Reads, RiskDetector, Run, Text
from disputekit_risk import dimensions as by
from disputekit_risk import exact
from disputekit_risk.rating import answering, rating
from disputekit_risk.settings import Detector, Settings

if TYPE_CHECKING:
    from disputekit import Expression, Vocabulary

EXAMPLES = 5
# a row of the last step: which dispute, whether it has it (NULL: can't be said, left out), and how much money it concerns
_GROUPED = """
    select $dimension as dimension, $group as grp, 'group' as part, count(*) as n, count_if(s.hit) as k
    from $rows as s where s.hit is not null and $group is not null group by 2"""
# of groups that may overlap: every dispute that is in one
_WHOLE = """
    select $dimension as dimension, null::varchar as grp, 'whole' as part, count(*) as n, count_if(s.hit) as k
    from judged as s join named as c on c.subject_id = s.subject where s.hit is not null and len(c.clauses) > 0"""
_UNKNOWN = """
    select $dimension as dimension, null::varchar as grp, 'unknown' as part, count(*) as n, null as k
    from $rows as s where s.hit is not null and $group is null"""
_UNDECIDED = """
    select '' as dimension, null::varchar as grp, 'undecided' as part, count(*) as n, null as k from judged as s where s.hit is null and s.asked"""
_COLUMNS = ("n", "k")
# money, people and examples cost far more to find than the counts: only of groups that are a standard deviation above all; of the others p is
# greater than any alpha that the settings allow
_ABOVE = """
    select dimension, grp from (
      select *, cast(coalesce(max(n) filter (where part = 'whole') over w, sum(n) filter (where part = 'group') over w) as double) as every,
             cast(coalesce(max(k) filter (where part = 'whole') over w, sum(k) filter (where part = 'group') over w) as double) as having_it
      from counts window w as (partition by dimension)) as c
    where part = 'group' and n >= $least and n < every
      and k - n * having_it / every > sqrt(n * (having_it / every) * (1 - having_it / every) * (every - n) / (every - 1))"""
_CONCERNED = """
    select $dimension as dimension, $group as grp, sum(s.money) as money, count(distinct s.customer) as people, min(s.subject, $examples) as examples
    from $rows as s where s.hit and $group in (select grp from above where dimension = $dimension) group by 2"""
_NOBODY = "select '' as dimension, null::varchar as grp, null as money, null as people, null as examples where false"
_TOGETHER = """
    select c.*, d.money, d.people, d.examples from counts as c left join concerned as d on d.dimension = c.dimension and d.grp = c.grp
    order by c.dimension, c.part, c.grp"""


@dataclass(frozen=True)
class Share:
    """Something that a dispute has or hasn't.

    judged: the query that makes the step `judged` of the step `subject`, adding `hit`, `money` and `asked` (whether it is among those asked
    about at all). columns: of the step `subject`. told: what it is, to be read after "the share of".
    """

    name: Detector
    kind: str
    title: Text
    told: Text
    reads: Reads
    columns: "Callable[[Vocabulary], Mapping[str, Expression]]"
    judged: str
    dimensions: tuple[str, ...]
    fills: "Callable[[Vocabulary], Mapping[str, Expression]]" = field(default=lambda sql: {})  # noqa: ARG005
    breaches: bool = False


def detector(share: Share, settings: Settings) -> RiskDetector:
    """A detector of groups in which a share is higher than in the rest."""
    customer = Reads("disputes", columns_if_supplied=("customer_id", "amount_claimed"))

    def aggregate(sql: "Vocabulary") -> Any:
        found: dict[str, Expression] = {**by.columns(sql, share.dimensions), **share.columns(sql)}
        # of whom nobody knows that it is the same customer is somebody else
        own = sql.column("customer_id") if sql.has_column("customer_id") else sql.expression("cast(null as varchar)")
        found["customer"] = sql.expression("coalesce($own, subject)", own=own)
        found["amount"] = sql.column("amount_claimed") if sql.has_column("amount_claimed") else sql.expression("cast(null as decimal(18, 2))")
        counts, concerned = [sql.fill(_UNDECIDED)], [sql.fill(_NOBODY)]
        for dimension in share.dimensions:
            if not by.supplied(sql, dimension):
                counts.append(by.absent(sql, dimension, _COLUMNS))
                continue
            rows, group = by.rows_of(sql, dimension, "judged")
            given = {"dimension": sql.literal(dimension), "group": group, "rows": rows}
            counts += [sql.fill(_GROUPED, **given), sql.fill(_WHOLE if dimension == "clause" else _UNKNOWN, **given)]
            concerned.append(sql.fill(_CONCERNED, **given, examples=sql.literal(EXAMPLES)))
        above = sql.fill(_ABOVE, least=sql.literal(settings.least))
        return sql.pipeline(sql.fill(_TOGETHER), subject=sql.subjects(**found), judged=sql.fill(share.judged, **share.fills(sql)),
                            **by.steps(sql, share.dimensions), counts=sql.union(*counts), above=above, concerned=sql.union(*concerned))  # fmt: skip

    def judge(rows: Sequence[Mapping[str, Any]], run: Run) -> Iterator[Candidate | NotLooked]:
        yield from judged(rows, share, settings.least, answering(run, share.name, settings))

    return RiskDetector(share.name, share.title, share.reads + by.reads(share.dimensions) + customer, aggregate, judge,
                        rating(settings.matrix), settings.alpha, share.breaches)  # fmt: skip


def judged(rows: Sequence[Mapping[str, Any]], share: Share, least: int, controls: tuple[str, ...]) -> Iterator[Candidate | NotLooked]:
    """A candidate for every group of `least` disputes or more. rows: dimension, grp, part, n, k, money, people, examples."""
    undecided = sum(r["n"] for r in rows if r["part"] == "undecided")
    if undecided:
        yield NotLooked(
            "all", Text(zh=f"{undecided} 件争议缺少数据，无法判断", en=f"disputes of which it can't be said, for want of data: {undecided}")
        )
    for dimension in share.dimensions:
        mine = [r for r in rows if r["dimension"] == dimension]
        if any(r["part"] == "absent" for r in mine):
            yield by.not_supplied(dimension)
            continue
        unknown = sum(r["n"] for r in mine if r["part"] == "unknown")
        if unknown:
            yield by.not_known(dimension, unknown)
        groups = [r for r in mine if r["part"] == "group"]
        yield from _compared(dimension, groups, [r for r in mine if r["part"] == "whole"] or groups, share, least, controls)


def _compared(
    dimension: str, groups: Sequence[Mapping[str, Any]], whole: Sequence[Mapping[str, Any]], share: Share, least: int, controls: tuple[str, ...]
) -> Iterator[Candidate | NotLooked]:
    import numpy as np

    name = by.TITLES[dimension]
    every, having = sum(r["n"] for r in whole), sum(r["k"] for r in whole)
    large = [r for r in groups if least <= r["n"] < every]
    if not having:
        yield NotLooked(dimension, Text(zh="登记簿中一件也没有；可能未作记录", en="there is none in the whole register; perhaps it isn't recorded"))
        return
    if having == every:
        yield NotLooked(dimension, Text(zh="登记簿中每一件都是；没有一组能突出", en="all in the whole register are; no group can stand out"))
        return
    if len(large) < len(groups):
        yield by.too_few(dimension, len(groups) - len(large), least)
    if not large:
        return
    n, k = np.array([r["n"] for r in large]), np.array([r["k"] for r in large])
    p = exact.fisher(k, n, having, every)
    usual = n * (having / every)
    deviation = np.sqrt(usual * (1 - having / every) * (every - n) / max(every - 1, 1))
    weights = exact.weight(usual / np.maximum(deviation, 1e-9))
    low, high = exact.of_shares(k, n)
    for i, row in enumerate(large):
        size, hits = row["n"], row["k"]
        rest = (having - hits) / (every - size)
        group = str(row["grp"])
        yield Candidate(
            kind=share.kind, scope=f"{dimension}={group}", n=size, observed=hits / size, expected=rest, interval=(float(low[i]), float(high[i])),
            p=float(p[i]), test="Fisher exact, one-sided", weight=float(weights[i]), people=row["people"], money=row["money"],
            subjects=tuple(row["examples"] or ()), controls=controls,
            figures={"having": hits, "rest_n": every - size, "rest_having": having - hits},
            what=Text(zh=f"{name.zh}“{group}”：{share.told.zh}为 {hits}/{size}（{hits / size:.1%}），其余为 {rest:.1%}",
                      en=f"{name.en} {group!r}: the share of {share.told.en} is {hits} of {size} ({hits / size:.1%}), in the rest {rest:.1%}"),
        )  # fmt: skip
