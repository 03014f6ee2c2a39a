"""The demo's part: who completed which course when, as the personnel department exports it and as a learning system tells it, and who lacks one."""

import json
from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from disputekit import DemoPart, Planted

BEIJING = timezone(timedelta(hours=8))
DAY = timedelta(days=1)
CLAIMS = ("理赔员", "争议处理员", "调解员")
HANDLER = "争议处理员"
FRONT = ("客户服务部", "调解中心")
HOURS = {"insurance-law": 8, "mediation": 8, "conduct": 4, "compliance": 4, "customer-service": 4}
OTHER_HOURS = 8
CAUSES = ("loss-assessment", "policy-terms", "claims-process", "fair-disclosure")
"""The courses that answer causes of disputes, besides customer-service; they don't expire."""
ACTS = {"S8.1-conduct": ("conduct", ("contacted", "plan_issued", "offer_made")), "P3-qualified": ("mediation", ("determined", "meeting_held"))}
"""By control: the course that whoever does something of a dispute must hold on that day."""
LATE = 45
"""By so many days one handler renews a course too late."""
LMS = "https://lms.example"
VERBS = "http://adlnet.gov/expapi/verbs"
NO_SUCH_DAY = "2025-09-31 10:00:00"

TOML = """
# ── 培训 · Training ────────────────────────────────────────────────────────────────────────────────────────
# 培训记录：人力资源系统的 CSV，以及学习系统的 xAPI 陈述 · records: the CSV of the personnel system, and the xAPI statements of a learning system
[plugins.training.records.training]
path = ["data/training.csv", "data/lms.xapi"]
extracted_at = 2026-07-01T06:00:00

# 学习系统的账户名即员工编号 · in the learning system, the names of accounts are staff numbers
[plugins.training.xapi]
home_page = "https://hr.example"

# 课程目录：有效期、学时、及格分、各系统中的名称 · the catalogue: how long a course is valid, its hours, pass mark, and what systems call it
[plugins.training.courses]
insurance-law = { title = { zh = "保险法律法规", en = "Insurance law" }, valid = "12 months", hours = 8, score = 60, also = ["https://lms.example/law"] }
mediation = { title = { zh = "调解技能", en = "Mediation" }, valid = "12 months", hours = 8 }
conduct = { title = { zh = "行为规范", en = "Conduct" }, valid = "12 months", hours = 4 }
compliance = { title = { zh = "合规", en = "Compliance" }, valid = "12 months", hours = 4 }
customer-service = { title = { zh = "服务意识", en = "Customer service" }, valid = "24 months", hours = 4 }
loss-assessment = { title = { zh = "定损", en = "Loss assessment" }, hours = 8 }
policy-terms = { title = { zh = "条款解读", en = "Policy terms" }, hours = 8 }
claims-process = { title = { zh = "理赔流程", en = "The claims process" }, hours = 8 }
fair-disclosure = { title = { zh = "销售与告知", en = "Fair selling and disclosure" }, hours = 8 }

# 谁应当学什么；不写岗位或部门即为全体 · who needs what; no role and no department: everybody
[[plugins.training.matrix]]
role = ["理赔员", "争议处理员", "调解员"]
courses = ["insurance-law", "conduct", "mediation"]
[[plugins.training.matrix]]
department = ["客户服务部", "调解中心"]
courses = ["customer-service"]
[[plugins.training.matrix]]
courses = ["compliance"]

# 争议原因与课程的对应 · which course answers which cause of disputes
[plugins.training.answers]
amount = "loss-assessment"
clause = "policy-terms"
coverage = "policy-terms"
process = "claims-process"
documents = "claims-process"
disclosure = "fair-disclosure"
sales = "fair-disclosure"
service = "customer-service"

[register.coverage.training]
from = 2024-01-01
source = "人力资源系统"
declared_by = "人力资源部"
"""
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Completed:
    """A course that somebody completed. day: text where the cell can't be read."""

    staff: str
    course: str
    day: date | str


@dataclass(frozen=True)
class Act:
    """What somebody did of a dispute. day: None where the cell can't be read."""

    dispute: str
    activity: str
    day: date | None
    who: str


def rows(seed: int, tables: Mapping[str, Rows]) -> DemoPart:
    """Everybody renews what they need every year in time, but for one person, or a handler and their disputes, for each control."""
    rng = Random(seed)  # noqa: S311 — a story, not a secret
    staff = [s for s in tables["staff"] if s.get("left_on") is None]
    found = {(c.staff, c.course, n): c for s in staff for n, c in enumerate(_years(rng, s))}
    planted = [*_lacking(found, staff, tables["disputes"]), *_unqualified(found, tables)]
    newcomers, completed, lacking = _newcomers(staff)
    records = sorted([*found.values(), *completed], key=lambda c: (str(c.day), c.staff, c.course))
    by_system = [c for c in records if _is_told_by_the_system(c, staff)]
    table = [_row(rng, n, c) for n, c in enumerate((c for c in records if c not in by_system), 1)]
    return DemoPart(tables={"staff": newcomers, "training": table}, files={"data/lms.xapi": _statements(rng, by_system)}, toml=TOML,
                    planted=tuple(sorted([*planted, *lacking])))  # fmt: skip


# ── a life of learning ──


def _years(rng: Random, person: Mapping[str, Any]) -> Iterator[Completed]:
    """What one person completed from 2024 on: the first of a course, and each year a little earlier in the year."""
    who, role = str(person["staff_id"]), person["role"]
    spring, autumn = date(2024, 3, 4) + rng.randrange(70) * DAY, date(2024, 9, 2) + rng.randrange(100) * DAY
    for course in ("insurance-law", *(("mediation",) if role in CLAIMS else ()), "conduct"):
        begun = spring + rng.randrange(14) * DAY
        yield from (Completed(who, course, begun.replace(year=2024 + n) - 10 * n * DAY) for n in range(3))
    for course in ("compliance", *(("customer-service",) if person["department"] in FRONT else ())):
        begun = autumn + rng.randrange(20) * DAY
        yield from (Completed(who, course, begun.replace(year=2024 + n) - 10 * n * DAY) for n in range(2))
    if role == HANDLER:
        yield from (Completed(who, course, date(2024, 2, 19) + rng.randrange(10) * DAY) for course in CAUSES)
    yield Completed(who, rng.choice(CAUSES[1:3]), date(2025, 10, 13) + rng.randrange(30) * DAY)


def _of(found: Mapping[tuple[str, str, int], Completed], who: str, course: str) -> list[tuple[str, str, int]]:
    """The keys of what one person completed of a course, the last first."""
    return sorted((k for k in found if k[:2] == (who, course)), reverse=True)


def _lacking(found: dict[tuple[str, str, int], Completed], staff: Rows, disputes: Rows) -> Iterator[Planted]:
    """One person for each control about people; what the matrix asks for is lacking there as well."""

    def forget(who: str, course: str, last: int | None = None) -> None:
        for key in _of(found, who, course)[:last]:
            del found[key]

    lawless, careless, unread = (_first(staff, role, unit) for role, unit in (("理赔员", 2), ("合规专员", 4), ("合规专员", 5)))
    forget(lawless, "insurance-law", 1)
    forget(careless, "compliance", 1)
    (last, *_) = _of(found, unread, "compliance")
    found[last] = Completed(unread, "compliance", NO_SUCH_DAY)
    amount = min((d["received_at"], d["handler_id"]) for d in disputes if d["cause"] == "amount" and isinstance(d["received_at"], datetime)
                 and any(d["handler_id"] == s["staff_id"] for s in staff))  # fmt: skip
    forget(str(amount[1]), "loss-assessment")
    yield Planted("S7.3-course", str(amount[1]), "fail", "missing")
    yield Planted("S11.1-law", lawless, "fail", "expired")
    yield Planted("S18.2-compliance", careless, "fail", "expired")
    yield Planted("S18.2-compliance", unread, "unknown", "rejected value")
    for who, outcome, reason in ((lawless, "fail", "expired"), (careless, "fail", "expired"), (unread, "unknown", "rejected value")):
        yield Planted("S12.1-matrix", who, outcome, reason)


def _first(staff: Rows, role: str, unit: int) -> str:
    """The first with a role in the n-th unit."""
    return next(str(s["staff_id"]) for s in staff if s["role"] == role and s["unit_id"] == _unit(staff, unit))


def _unit(staff: Rows, number: int) -> Any:
    return list(dict.fromkeys(s["unit_id"] for s in staff))[number]


def _newcomers(staff: Rows) -> tuple[list[dict[str, Any]], list[Completed], list[Planted]]:
    """Two who came in the new year: a mediator who didn't take one course in the time that newcomers have, and an investigator with too few hours."""
    who = [
        {"staff_id": "E0901", "name": "林晓", "unit_id": _unit(staff, 3), "department": "调解中心", "role": "调解员", "joined_on": date(2026, 1, 12)},
        {"staff_id": "E0902", "name": "何平", "unit_id": _unit(staff, 6), "department": "理赔部", "role": "调查员", "joined_on": date(2026, 1, 19)},
    ]
    took = {"E0901": ("insurance-law", "mediation", "conduct", "compliance"), "E0902": ("insurance-law", "compliance")}
    completed = [Completed(one, course, date(2026, 2, 2) + n * DAY) for one, courses in took.items() for n, course in enumerate(courses)]
    return who, completed, [Planted("S12.1-matrix", "E0901", "fail", "missing"), Planted("S12.1-matrix", "E0902", "fail", "too few"),
                            Planted("S12.2-service", "E0901", "fail", "missing")]  # fmt: skip


def _unqualified(found: dict[tuple[str, str, int], Completed], tables: Mapping[str, Rows]) -> Iterator[Planted]:
    """A handler who renews a course too late, for each control about acts, the one with most acts in between; and whoever acts and isn't known."""
    known = {str(s["staff_id"]) for s in tables["staff"]}
    taken: set[str] = set()
    for control, (course, activities) in ACTS.items():
        every = [a for a in _acts(tables) if a.activity in activities]
        acts = [(a, a.day) for a in every if a.day is not None]
        gaps = {k[0]: (_a_year_after(c.day), k) for k, c in found.items() if k[1] == course and isinstance(c.day, date) and c.day.year == 2024}
        meanwhile = Counter(a.who for a, day in acts if a.who in gaps and a.who not in taken and 0 < (day - gaps[a.who][0]).days < LATE)
        late = min(meanwhile, key=lambda who: (-meanwhile[who], who))
        taken.add(late)
        ends, (who, _, first) = gaps[late]
        found[who, course, first + 1] = Completed(who, course, ends + LATE * DAY)
        bare = {a.dispute for a, day in acts if a.who not in known or (a.who == late and 0 < (day - ends).days < LATE)}
        yield from (Planted(control, dispute, "fail", "unqualified") for dispute in sorted(bare))
        unread = {a.dispute for a in every if a.day is None} - bare
        yield from (Planted(control, dispute, "unknown", "rejected value") for dispute in sorted(unread))


def _acts(tables: Mapping[str, Rows]) -> Iterator[Act]:
    disputes = {d["dispute_id"] for d in tables["disputes"]}
    for e in tables["events"]:
        if e["subject"] == "disputes" and e["subject_id"] in disputes:
            at = e["occurred_at"]
            yield Act(str(e["subject_id"]), str(e["activity"]), at.date() if isinstance(at, datetime) else None, str(e["actor_id"]))


def _a_year_after(day: date) -> date:
    return day.replace(year=day.year + 1, day=min(day.day, monthrange(day.year + 1, day.month)[1]))


# ── two systems ──


def _is_told_by_the_system(completed: Completed, staff: Rows) -> bool:
    """In the first branch the law course of 2026 is taken on line."""
    here = {s["staff_id"] for s in staff if str(s["unit_id"]).startswith("U1")}
    return completed.staff in here and completed.course == "insurance-law" and str(completed.day) >= "2026"


def _row(rng: Random, number: int, completed: Completed) -> dict[str, Any]:
    at = datetime.combine(completed.day, time(rng.choice((11, 12, 16, 17)), rng.randrange(60))) if isinstance(completed.day, date) else completed.day
    score = Decimal(rng.randint(62, 98)) if completed.course == "insurance-law" else None
    return {"staff_id": completed.staff, "course": completed.course, "completed_at": at, "expires_on": None,
            "hours": Decimal(HOURS.get(completed.course, OTHER_HOURS)), "score": score, "evidence": f"ZS-{number:05}"}  # fmt: skip


def _statements(rng: Random, completed: Iterable[Completed]) -> bytes:
    """What the learning system tells, one statement a line: launches, failures, completions, one of them twice, one of them voided, three to refuse."""
    lines: list[dict[str, Any]] = []

    def said(verb: str, who: str, day: date, **more: Any) -> dict[str, Any]:
        at = datetime.combine(day, time(9 + rng.randrange(8), rng.randrange(60)), BEIJING).astimezone(UTC)
        lines.append({
            "id": str(UUID(int=rng.getrandbits(128), version=4)), "actor": {"account": {"homePage": "https://hr.example", "name": who}},
            "verb": {"id": f"{VERBS}/{verb}"}, "object": {"id": f"{LMS}/law"}, "timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}", **more,
        })  # fmt: skip
        return lines[-1]

    people = [(c.staff, c.day) for c in completed if isinstance(c.day, date)]
    for n, (who, day) in enumerate(people):
        said("launched", who, day - 2 * DAY)
        if n % 9 == 4:
            said("failed", who, day - DAY, result={"success": False, "score": {"raw": rng.randint(30, 58), "min": 0, "max": 100}})
        said("completed" if n % 2 else "passed", who, day, result={"success": True, "score": {"raw": rng.randint(62, 98), "min": 0, "max": 100}})
    (who, day), (other, later) = people[0], people[-1]
    lines.append(lines[-1])
    wrong = said("completed", who, day - 3 * DAY, result={"score": {"raw": 95}})
    said("voided", "admin", day - DAY, object={"objectType": "StatementRef", "id": wrong["id"]})
    said(
        "completed", other, later, actor={"mbox": f"mailto:{other.lower()}@lms.example", "account": {"homePage": "https://hr.example", "name": other}}
    )
    said("completed", other, later, actor={"mbox": "mailto:guest@lms.example"})
    del said("completed", other, later)["timestamp"]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
