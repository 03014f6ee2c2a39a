"""The company of the demo: its branches, its staff, its customers with their contracts and claims."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from disputekit.demo.days import DAY, DISSOLVED, Days, later, one, tail
from disputekit.demo.files import Row
from disputekit.demo.names import BRANCH_WEIGHTS, BRANCHES, DEPARTMENTS, GIVEN, LIMITS, LINE_WEIGHTS, PRODUCTS, SURNAMES

PER_OFFICE = 3
"""Staff of each department in each office."""


@dataclass(frozen=True)
class Office:
    """A sub-branch that handles disputes, with its staff by role."""

    unit_id: str
    region: str
    staff: dict[str, list[str]]


def person(rng: Random) -> str:
    return one(rng, SURNAMES) + one(rng, GIVEN) + (one(rng, GIVEN) if rng.random() < 0.7 else "")


def company(rng: Random) -> tuple[list[Row], list[Row], list[Office]]:
    """The branch tree, the staff, and the offices."""
    units: list[Row] = [{"unit_id": "U0", "name": "总公司", "level": 0, "opened_on": date(2009, 4, 8)}]
    staff: list[Row] = []
    offices = []
    for b, (region, cities) in enumerate(BRANCHES.items(), 1):
        units.append({"unit_id": f"U{b}", "name": f"{region}分公司", "parent_id": "U0", "level": 1, "opened_on": date(2010 + b, 3, 15)})
        for c, city in enumerate(cities, 1):
            unit = f"U{b}{c:02}"
            units.append({"unit_id": unit, "name": f"{city}中心支公司", "parent_id": f"U{b}", "level": 2, "opened_on": date(2012 + b, c, 20)})
            office = Office(unit, region, {role: [] for _, role in DEPARTMENTS})
            for department, role in DEPARTMENTS * PER_OFFICE:
                number = f"E{len(staff) + 1:04}"
                office.staff[role].append(number)
                staff.append({"staff_id": number, "name": person(rng), "unit_id": unit, "department": department, "role": role,
                              "joined_on": date(2013 + b, 1, 4) + rng.randrange(1700) * DAY})  # fmt: skip
            # some leave when the dissolution is announced; they had no open cases left
            staff.append({"staff_id": f"E{len(staff) + 1:04}", "name": person(rng), "unit_id": unit, "department": "销售部", "role": "客户经理",
                          "joined_on": date(2019, 7, 1), "left_on": DISSOLVED + rng.randint(10, 90) * DAY})  # fmt: skip
            offices.append(office)
    return units, staff, offices


def office(rng: Random, offices: list[Office]) -> Office:
    region = one(rng, tuple(BRANCHES), BRANCH_WEIGHTS)
    return rng.choice([o for o in offices if o.region == region])


def customer(rng: Random, n: int, line: str) -> Row:
    """A customer of the line: companies for commercial and liability covers, else mostly people, some of them vulnerable."""
    kind = "organisation" if line in ("commercial", "liability") or rng.random() < 0.04 else "person"
    person = kind == "person"
    born = date(1940, 1, 1) + rng.randrange(60 * 365) * DAY if person else None
    vulnerable = person and (rng.random() < 0.03 or (born is not None and born.year < 1952 and rng.random() < 0.6))
    return {
        "customer_id": f"C{n:06}", "kind": kind, "born_on": born, "vulnerable": vulnerable,
        "segment": "retail" if person else one(rng, ("group", "small_business")),
        "contact_channel": one(rng, ("telephone", "wechat", "letter") if not vulnerable else ("telephone", "visit", "letter")),
    }  # fmt: skip


def line(rng: Random) -> str:
    return one(rng, tuple(PRODUCTS), LINE_WEIGHTS)


def contract(rng: Random, n: int, customer: Row, line: str, disputed: datetime) -> Row:
    """A contract of a year that ran when the loss happened, some months before the dispute."""
    starts = disputed.date() - rng.randint(120, 340) * DAY
    limit = Decimal(LIMITS[line]) / rng.choice((1, 2, 4, 5))
    return {
        "contract_id": f"P{starts:%y%m}{n:06}", "customer_id": customer["customer_id"], "product": one(rng, PRODUCTS[line]), "line": line,
        "concluded_on": starts - rng.randint(1, 12) * DAY, "starts_on": starts, "ends_on": starts + 364 * DAY,
        "amount_limit": money(limit), "amount_deductible": money(Decimal(rng.choice((0, 0, 500, 1000, 2000)))),
        "coinsurance": Decimal(rng.choice(("0", "0", "0", "0.1", "0.2"))), "currency": "CNY",
    }  # fmt: skip


def claim(rng: Random, n: int, contract: Row, days: Days, disputed: datetime) -> Row:
    """The claim that the dispute is about: the loss within the contract, the claim within days of it."""
    limit, deductible = contract["amount_limit"], contract["amount_deductible"]
    assert isinstance(limit, Decimal)
    assert isinstance(deductible, Decimal)
    occurred = disputed.date() - rng.randint(40, 110) * DAY
    received = later(rng, days, datetime.combine(occurred, time(20)), 1, 4)
    thousandths = tail(rng, (60, 4, 60), (30, 60, 250), (10, 250, 900))
    return {
        "claim_id": f"L{received:%y%m}{n:06}", "contract_id": contract["contract_id"], "customer_id": contract["customer_id"],
        "line": contract["line"], "occurred_on": occurred,
        "received_at": received, "documents_completed_at": received + timedelta(days=rng.randint(1, 20)),
        "amount_claimed": money(deductible + limit * thousandths / 1000 + Decimal(rng.randrange(90_000)) / 100), "currency": "CNY",
        "channel": one(rng, ("telephone", "online", "counter"), (55, 35, 10)),
    }  # fmt: skip


def payable(claimed: Decimal, contract: Row) -> Decimal:
    """What the contract comes to for what is claimed: less the deductible, less the customer's share, up to the limit."""
    limit, deductible, share = contract["amount_limit"], contract["amount_deductible"], contract["coinsurance"]
    assert isinstance(limit, Decimal)
    assert isinstance(deductible, Decimal)
    assert isinstance(share, Decimal)
    return money(min(limit, max(claimed - deductible, Decimal(0)) * (1 - share)))


def money(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))
