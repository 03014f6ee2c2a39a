"""What the shares are of: hot spots (breaches, refusals), offers that deviate, and the detectors of gaming."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from disputekit import Reads, RiskDetector, Text
from disputekit_risk.rates import Share, detector
from disputekit_risk.settings import Detector, Settings

if TYPE_CHECKING:
    from disputekit import Expression, Vocabulary

WHO = ("unit", "handler")
_BREACHED = """
    select s.*, s.amount as money, true as asked, b.subject is not null as hit from subject as s left join breaches as b on b.subject = s.subject"""
_REFUSED = """
    select s.*, s.amount as money, false as asked,
           case when refused is not null or granted is not null then refused is not null end as hit from subject as s"""
# least() would pass over a limit that isn't known: the amount is NULL unless all of it is
_OFFERED = """
    select s.*, amount_offered is not null as asked, case when payable is not null then abs(payable - amount_offered) end as money,
           case when $below then amount_offered < payable * (1 - $tolerance) else amount_offered > payable * (1 + $tolerance) end as hit
    from (select *, case when net > ceiling then ceiling else net end as payable
          from (select *, case when ceiling is not null and claimed - deductible > 0 then (claimed - deductible) * (1 - coinsurance)
                               when ceiling is not null and coinsurance is not null and claimed - deductible <= 0 then 0 end as net
                from subject) as n) as s"""
_COMPLEX = "select s.*, s.amount as money, true as asked, list_contains($complex, complexity) as hit from subject as s"
_HAPPENED = "select s.*, s.amount as money, true as asked, $any as hit from subject as s"
# both by days: a ledger may know of a withdrawal, or an entry, no more than its day
_AGAIN = """
    select s.*, s.amount as money, withdrawn is not null as asked,
           case when withdrawn is not null and own is not null then exists (
             select 1 from subject as o where o.own = s.own and o.subject <> s.subject and o.received >= s.received
               and cast(o.received as date) - cast(s.withdrawn as date) between 0 and $days
           ) end as hit from subject as s"""
_ENTERED = """
    select s.*, s.amount as money, received is not null as asked,
           case when cast(registered as date) >= cast(received as date) then cast(registered as date) - cast(received as date) >= $days end as hit from subject as s"""


def shares(settings: Settings) -> Iterator[RiskDetector]:
    """Every detector of shares."""
    for one in (_breaches(settings), _refusals(settings), _offers(settings, True), _offers(settings, False), _complex(settings), _late(settings)):
        yield detector(one, settings)
    yield detector(
        _happened("risk-paused", Text(zh="中止办理的争议", en="disputes that were paused"), Text(zh="中止", en="Pauses"), settings.pauses), settings
    )
    extended = Text(zh="延长期限的争议", en="disputes whose period was extended")
    yield detector(_happened("risk-extended", extended, Text(zh="延期", en="Extensions"), settings.extensions), settings)
    yield detector(_again(settings), settings)


def _nothing(sql: "Vocabulary") -> "dict[str, Expression]":  # noqa: ARG001 — a hit needs no column of its own
    return {}


def _breaches(settings: Settings) -> Share:
    return Share("risk-breaches", "hot spot", Text(zh="违规集中", en="Hot spots of breaches"),
                 Text(zh="有重大不合规的争议", en="disputes with a grave breach"), Reads("disputes"), _nothing, _BREACHED,
                 settings.dimensions, breaches=True)  # fmt: skip


def _refusals(settings: Settings) -> Share:
    moments = ("decisions.refusal.decided", "decisions.determination.decided")
    return Share("risk-refusals", "hot spot", Text(zh="拒赔集中", en="Hot spots of refusals"), Text(zh="被拒赔的争议", en="disputes that were refused"),
                 Reads("disputes", moments=moments), lambda sql: {"refused": sql.moment(moments[0]).at, "granted": sql.moment(moments[1]).at},
                 _REFUSED, settings.dimensions)  # fmt: skip


def _offers(settings: Settings, below: bool) -> Share:
    read = {"amount_offered": "amount_offered", "claimed": "amount_claimed", "ceiling": "contract.amount_limit",
            "deductible": "contract.amount_deductible", "coinsurance": "contract.coinsurance"}  # fmt: skip

    def fills(sql: "Vocabulary") -> "dict[str, Expression]":
        return {"below": sql.literal(below), "tolerance": sql.expression(f"{settings.tolerance:.6f}")}

    if below:
        title, told = (
            Text(zh="提出金额偏低", en="Offers below what is payable"),
            Text(zh="低于应赔金额的提出金额", en="offers below the amount payable"),
        )
    else:
        title, told = (
            Text(zh="提出金额偏高", en="Offers above what is payable"),
            Text(zh="高于应赔金额的提出金额", en="offers above the amount payable"),
        )
    return Share("risk-offers-below" if below else "risk-offers-above", "amount deviation", title, told,
                 Reads("disputes", columns=tuple(read.values())), lambda sql: {n: sql.column(c) for n, c in read.items()}, _OFFERED,
                 ("product", "region", "unit", "handler"), fills)  # fmt: skip


def _complex(settings: Settings) -> Share:
    def fills(sql: "Vocabulary") -> "dict[str, Expression]":
        return {"complex": sql.expression("list_value(" + ", ".join(f"$c{i}" for i in range(len(settings.complex))) + ")",
                                          **{f"c{i}": sql.literal(v) for i, v in enumerate(settings.complex)})}  # fmt: skip

    return Share("risk-complex", "gaming", Text(zh="“复杂”比例异常", en="Too many called complex"), Text(zh="称为“复杂”的争议", en="disputes called complex"),
                 Reads("disputes", columns=("complexity",)), lambda sql: {"complexity": sql.column("complexity")},
                 _COMPLEX, WHO, fills)  # fmt: skip


def _late(settings: Settings) -> Share:
    columns = ("received_at", "registered_at")
    return Share("risk-entered-late", "gaming", Text(zh="收到后迟登记", en="Receipts entered days later"),
                 Text(zh=f"收到 {settings.entered_after} 天后才登记的争议", en=f"disputes entered {settings.entered_after} days or more after receipt"),
                 Reads("disputes", columns=columns, moments=("received", "registered")),
                 lambda sql: {"received": sql.moment("received").at, "registered": sql.moment("registered").at}, _ENTERED, WHO,
                 lambda sql: {"days": sql.literal(settings.entered_after)})  # fmt: skip


def _happened(name: Detector, told: Text, title: Text, milestones: tuple[str, ...]) -> Share:
    def fills(sql: "Vocabulary") -> "dict[str, Expression]":
        return {"any": sql.either(*(sql.expression("$c is not null", c=sql.column_of(f"m{i}")) for i in range(len(milestones))))}

    return Share(name, "gaming", title, told, Reads("disputes", moments=milestones),
                 lambda sql: {f"m{i}": sql.moment(m).at for i, m in enumerate(milestones)}, _HAPPENED, WHO, fills)  # fmt: skip


def _again(settings: Settings) -> Share:
    def columns(sql: "Vocabulary") -> "dict[str, Expression]":
        return {"own": sql.column("customer_id"), "received": sql.moment("received").at, "withdrawn": sql.moment("withdrawn").at}

    days = settings.again_within
    return Share("risk-withdrawn-again", "gaming", Text(zh="撤回后再次投诉", en="Withdrawn and made again"),
                 Text(zh=f"撤回后 {days} 天内同一客户再次投诉的争议", en=f"withdrawn disputes that the customer made again within {days} days"),
                 Reads("disputes", columns=("customer_id", "received_at"), moments=("received", "withdrawn")), columns, _AGAIN, WHO,
                 lambda sql: {"days": sql.literal(days)})  # fmt: skip
