"""Repeats, possible duplicates and concentrations: what stands out by its number or its share of the money."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from disputekit import Candidate, NotLooked, Reads, RiskDetector, Run, Text
from disputekit_risk import dimensions as by
from disputekit_risk import exact
from disputekit_risk.rating import answering, rating
from disputekit_risk.settings import Detector, Settings

if TYPE_CHECKING:
    from disputekit import Expression, Vocabulary

LEAST_REPEATS = 3
LEAST_PAIRS = 5
MOST = 500
EXAMPLES = 5
_REPEATS = """
    select m.own as grp, 'group' as part, m.n as n, sum(s.amount) as money, min(s.subject, $examples) as examples
    from (select * from counted where n >= $least order by n desc, own limit $most) as m join subject as s on s.own = m.own
    where s.received >= $since group by 1, 3"""
_COUNTED = "select own, count(*) as n from subject where own is not null and received >= $since group by own"
_NAMELESS = """
    select null as grp, 'unknown' as part, count(*) as n, null as money, null as examples from subject
    where received is null or (own is null and received >= $since) having count(*) > 0"""
_POPULATION = "select null as grp, 'whole' as part, sum(n) as n, count(*) as money, null as examples from counted"
_PAIRS = """
    select a.subject as one, b.subject as other, a.own as own, a.amount as amount from subject as a join subject as b
      on a.own = b.own and a.claim = b.claim and a.subject < b.subject and a.via <> b.via
     and abs(cast(a.received as date) - cast(b.received as date)) <= $days"""
_PAIRED = """
    select count(*) as n, count(distinct own) as people, sum(amount) as money, min(other, $examples) as examples,
           (select count(*) from subject where own is not null and claim is not null and via is not null and received is not null) as looked,
           (select count(*) from subject) as every from pairs"""
_OPEN = """
    select $dimension as dimension, $group as grp, 'group' as part, count(*) as n, count(distinct s.whose) as people, sum(s.amount) as money,
           min(s.subject, $examples) as examples
    from $rows as s where s.closed is null and not s.unread and s.amount is not null and $group is not null group by 2"""
_OPEN_UNKNOWN = """
    select $dimension as dimension, null::varchar as grp, 'unknown' as part, count(*) as n, null as people, null as money, null as examples
    from $rows as s where s.closed is null and not s.unread and s.amount is not null and $group is null having count(*) > 0"""
_UNDECIDED = """
    select '' as dimension, null::varchar as grp, 'undecided' as part, count(*) as n, null as people, null as money, null as examples
    from subject as s where s.unread or (s.closed is null and s.amount is null) having count(*) > 0"""
_OF_ALL = "select *, sum(money) over (partition by dimension, part) as whole, sum(n) over (partition by dimension, part) as every from groups"


def repeats(column: str, settings: Settings) -> RiskDetector:
    """Who, or which claim, has more disputes than chance would give: binomial, each of all equally likely, times their number (Bonferroni)."""
    what = column.removesuffix("_id")
    name = by.TITLES[what]
    mine: Detector = "risk-repeats-customer" if what == "customer" else "risk-repeats-claim"

    def aggregate(sql: "Vocabulary") -> Any:
        since = sql.expression("cast($as_of - $n as timestamp)", as_of=sql.as_of, n=sql.literal(settings.repeats_within))
        parts = (sql.fill(_REPEATS, since=since, least=sql.literal(LEAST_REPEATS), most=sql.literal(MOST), examples=sql.literal(EXAMPLES)),
                 sql.fill(_POPULATION), sql.fill(_NAMELESS, since=since))  # fmt: skip
        given: dict[str, Expression] = {"own": sql.column(column), "received": sql.moment("received").at}
        given["amount"] = sql.column("amount_claimed") if sql.has_column("amount_claimed") else sql.expression("cast(null as decimal(18, 2))")
        last = sql.fill("select * from found order by part desc, n desc, grp")
        return sql.pipeline(last, subject=sql.subjects(**given), counted=sql.fill(_COUNTED, since=since), found=sql.together(*parts))

    def judge(rows: Sequence[Mapping[str, Any]], run: Run) -> Iterator[Candidate | NotLooked]:
        from scipy.special import betainc

        (whole,) = [r for r in rows if r["part"] == "whole"]
        every, names = int(whole["n"] or 0), int(whole["money"])
        if not names and len(rows) == 1:
            yield NotLooked(
                "all", Text(zh=f"{settings.repeats_within} 天内没有争议", en=f"there are no disputes within {settings.repeats_within} days")
            )
        for row in rows:
            if row["part"] == "unknown":
                yield NotLooked("all", Text(zh=f"{row['n']} 件争议没有{name.zh}或收到日期，未计入",
                                            en=f"disputes without a {name.en}, or a day of receipt, which aren't counted: {row['n']}"))  # fmt: skip
            elif row["part"] == "group":
                n = row["n"]
                low, high = exact.of_counts(n)
                yield Candidate(
                    kind="repeats", scope=f"{what}={row['grp']}", n=n, observed=float(n), expected=every / names,
                    interval=(float(low), float(high)),
                    p=min(1.0, names * float(betainc(n, every - n + 1, 1 / names))), test="binomial, one-sided", tests=names, family="all", people=1,
                    money=row["money"], subjects=tuple(row["examples"]), controls=answering(run, mine, settings),
                    figures={"disputes": every, "names": names, "days": settings.repeats_within},
                    what=Text(zh=f"{name.zh}“{row['grp']}”在 {settings.repeats_within} 天内有 {n} 件争议，平均每个 {every / names:.2f} 件",
                              en=f"{name.en} {row['grp']!r} has {n} disputes within {settings.repeats_within} days, on average {every / names:.2f}"),
                )  # fmt: skip

    reads = Reads("disputes", columns=(column, "received_at"), moments=("received",), columns_if_supplied=("amount_claimed",))
    title = Text(zh=f"{name.zh}反复争议", en=f"Repeats of a {name.en}")
    return RiskDetector(mine, title, reads, aggregate, judge, rating(settings.matrix), settings.alpha)


def duplicates(settings: Settings) -> RiskDetector:
    """One customer's disputes about one claim that came in by different channels within days: counted, not tested."""

    def aggregate(sql: "Vocabulary") -> Any:
        given: dict[str, Expression] = {
            "own": sql.column("customer_id"), "claim": sql.column("claim_id"), "via": sql.column("channel"), "received": sql.moment("received").at,
        }  # fmt: skip
        given["amount"] = sql.column("amount_claimed") if sql.has_column("amount_claimed") else sql.expression("cast(null as decimal(18, 2))")
        pairs = sql.fill(_PAIRS, days=sql.literal(settings.twice_within))
        return sql.pipeline(sql.fill(_PAIRED, examples=sql.literal(EXAMPLES)), subject=sql.subjects(**given), pairs=pairs)

    def judge(rows: Sequence[Mapping[str, Any]], run: Run) -> Iterator[Candidate | NotLooked]:
        (row,) = rows
        n, days = row["n"], settings.twice_within
        if row["looked"] < row["every"]:
            unknown = row["every"] - row["looked"]
            yield NotLooked("all", Text(zh=f"{unknown} 件争议缺少客户、赔案、渠道或收到日期，无法比较",
                                        en=f"disputes without a customer, claim, channel or day of receipt, which can't be compared: {unknown}"))  # fmt: skip
        if n >= LEAST_PAIRS:
            yield Candidate(
                kind="gaming", scope="all", n=row["looked"], observed=float(n), expected=0.0, people=row["people"], money=row["money"],
                subjects=tuple(row["examples"]), controls=answering(run, "risk-duplicates", settings), figures={"days": days},
                what=Text(zh=f"{n} 对争议：同一客户、同一赔案、不同渠道，相隔不超过 {days} 天，可能是重复登记",
                          en=f"{n} pairs of disputes of one customer about one claim by different channels within {days} days: possible duplicates"),
            )  # fmt: skip

    reads = Reads("disputes", columns=("customer_id", "claim_id", "channel", "received_at"), moments=("received",),
                  columns_if_supplied=("amount_claimed",))  # fmt: skip
    return RiskDetector("risk-duplicates", Text(zh="跨渠道可能重复", en="Possible duplicates across channels"), reads, aggregate, judge,
                        rating(settings.matrix), settings.alpha)  # fmt: skip


def concentrations(settings: Settings) -> RiskDetector:
    """Groups that hold a large share of the amount claimed in open disputes: measured against the settings, not tested."""
    thresholds = settings.concentration

    def aggregate(sql: "Vocabulary") -> Any:
        closed, own = sql.moment("closed"), sql.expression("cast(null as varchar)")
        found: dict[str, Expression] = {**by.columns(sql, [d for d in thresholds if d != "customer"]), "closed": closed.at, "unread": closed.rejected,
                                        "amount": sql.column("amount_claimed")}  # fmt: skip
        if sql.has_column("customer_id"):
            own = found["customer"] = sql.column("customer_id")
        found["whose"] = sql.expression("coalesce($own, subject)", own=own)
        parts = [sql.fill(_UNDECIDED)]
        for dimension in thresholds:
            if dimension not in found and not (dimension != "customer" and by.supplied(sql, dimension)):
                parts.append(by.absent(sql, dimension, ("n", "people", "money", "examples")))
                continue
            rows, group = by.rows_of(sql, dimension, "subject")
            grouped = {"dimension": sql.literal(dimension), "group": group, "rows": rows}
            parts += [sql.fill(_OPEN, examples=sql.literal(EXAMPLES), **grouped), sql.fill(_OPEN_UNKNOWN, **grouped)]
        shares = sql.fill(_OF_ALL)
        last = sql.fill("""select * from shares qualify part <> 'group' or row_number() over (partition by dimension, part order by money desc, grp) <= 10
                           order by dimension, part, money desc, grp""")  # fmt: skip
        return sql.pipeline(last, subject=sql.subjects(**found), **by.steps(sql, thresholds), groups=sql.union(*parts), shares=shares)

    def judge(rows: Sequence[Mapping[str, Any]], run: Run) -> Iterator[Candidate | NotLooked]:
        for n in (r["n"] for r in rows if r["part"] == "undecided"):
            yield NotLooked("all", Text(zh=f"{n} 件争议没有主张金额，或办结时间无法读取，未计入",
                                        en=f"disputes without an amount claimed, or whose closing can't be read, which aren't counted: {n}"))  # fmt: skip
        for dimension, threshold in thresholds.items():
            yield from _held(
                [r for r in rows if r["dimension"] == dimension], dimension, threshold, settings, answering(run, "risk-concentration", settings)
            )

    reads = Reads("disputes", columns=("amount_claimed",), moments=("closed",), columns_if_supplied=("customer_id",))
    reads += by.reads(d for d in thresholds if d != "customer")
    return RiskDetector(
        "risk-concentration", Text(zh="金额集中", en="Concentrations"), reads, aggregate, judge, rating(settings.matrix), settings.alpha
    )


def _held(
    rows: Sequence[Mapping[str, Any]], dimension: str, threshold: float, settings: Settings, controls: tuple[str, ...]
) -> Iterator[Candidate | NotLooked]:
    """The groups of one dimension that hold more than the threshold, if there are enough open disputes at all."""
    name = by.TITLES[dimension]
    if any(r["part"] == "absent" for r in rows):
        yield by.not_supplied(dimension)
        return
    for n in (r["n"] for r in rows if r["part"] == "unknown"):
        yield by.not_known(dimension, n)
    groups = [r for r in rows if r["part"] == "group"]
    every = int(groups[0]["every"]) if groups else 0
    if every < settings.least:
        yield NotLooked(dimension, Text(zh=f"写明金额和{name.zh}的未结争议为 {every} 件，不足 {settings.least} 件",
                                        en=f"open disputes with an amount and a {name.en}: {every}, fewer than {settings.least}"))  # fmt: skip
        return
    for row in groups:
        share = float(row["money"] / row["whole"]) if row["whole"] else 0.0
        if share >= threshold:
            yield Candidate(
                kind="concentration", scope=f"{dimension}={row['grp']}", n=row["n"], observed=share, expected=threshold, people=row["people"],
                money=row["money"], subjects=tuple(row["examples"]), controls=controls, figures={"open": every},
                what=Text(zh=f"{name.zh}“{row['grp']}”占未结争议主张金额的 {share:.1%}（界限 {threshold:.0%}）",
                          en=f"{name.en} {row['grp']!r} holds {share:.1%} of the amount claimed in open disputes (bound {threshold:.0%})"),
            )  # fmt: skip
