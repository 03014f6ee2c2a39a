"""The demo's part: two causes that set plans off on the last day, an older incident that was dealt with late, and a drill that is overdue.

A joint complaint in person (CN-CMP-29) and a data leak (CN-CIR-4H; for CN-DSM-INC, too, once that draft is switched on).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from disputekit import DemoPart, Planted

TOML = """
# ── 应急预案 · Emergency plans ─────────────────────────────────────────────────────────────────────────────
# 检查只比对、不启动；之后用 disputekit plan test、plan apply · A check compares and activates nothing; then: disputekit plan test, plan apply
[plugins.emergency]
plans = ["cn", "risks"]              # 自带的预案：法定的和针对高风险点的 · the bundled plans: the law's, and those for high risks
# switch_on = ["CN-DSM-INC"]         # 草案，核对条文后启用 · a draft: check its text, then switch it on
# 通知地址可能含密码，只放在环境变量或文件中 · addresses may hold a password: in the environment or in a file, never here
# notify = [{ name = "compliance", to = { env = "DISPUTEKIT_NOTIFY" } }]

[register.incidents]
path = "data/incidents.csv"
extracted_at = 2026-07-01T06:00:00

[register.actions]
path = "data/actions.csv"
extracted_at = 2026-07-01T06:00:00
"""
TODAY = datetime.combine(date(2026, 6, 30), time())
KEPT = ("customer_id", "contract_id", "claim_id", "unit_id", "handler_id", "product", "line", "region", "currency", "amount_claimed", "cause",
        "complexity", "expectation")  # fmt: skip
COMPLAINANTS = 23
"""Three more than make a joint complaint in person a major one."""
OUTAGE = datetime.combine(date(2026, 2, 9), time(14, 5))


def rows(_: int, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> DemoPart:
    """The same for every seed, but for whose contract it is about."""
    staff = {s["staff_id"] for s in tables["staff"]}
    before = next(d for d in tables["disputes"] if d["line"] == "health" and d["handler_id"] in staff and all(d.get(c) is not None for c in KEPT))
    joint = {
        **{c: before[c] for c in KEPT}, "dispute_id": "D26-G0001", "group_id": "G-2026-01", "channel": "counter", "status": "open",
        "received_at": TODAY.replace(hour=9, minute=30), "registered_at": TODAY.replace(hour=9, minute=50),
        "description": "多名客户到营业场所共同投诉，要求说明解散后赔款如何给付。",
    }  # fmt: skip
    people = [
        {"party_id": f"TG{n:02}", "subject": "disputes", "subject_id": joint["dispute_id"], "person_id": f"PG{n:02}", "role": "complainant", "face_to_face": True,
         "starts_on": TODAY.date()} for n in range(1, COMPLAINANTS + 1)
    ]  # fmt: skip
    held = {"CN-CIR-4H": date(2026, 1, 14), "RISK-SURGE": date(2026, 3, 20), "RISK-HANDLING": date(2026, 4, 16), "RISK-CONCENTRATION": date(2026, 4, 16),
            "CN-CMP-29": date(2025, 5, 20)}  # fmt: skip
    drills = [(f"VE-{n}", plan, day) for n, (plan, day) in enumerate(held.items(), 1)]
    return DemoPart(
        tables={
            "disputes": [joint], "parties": people, "incidents": _incidents(), "actions": _actions(str(before["handler_id"])),
            "events": [{"event_id": i, "subject": "organisation", "activity": "emergency_drill", "note": plan,
                        "occurred_at": datetime.combine(day, time(15))} for i, plan, day in drills],
        },
        toml=TOML,
        planted=(Planted("S13.2-drill-CN-CMP-29", "organisation", "fail", "missing"), Planted("S13.2-tasks", "AE-2", "fail", "late")),
    )  # fmt: skip


def _incidents() -> list[dict[str, Any]]:
    leak, seen = TODAY - timedelta(hours=2, minutes=50), TODAY.replace(hour=8, minute=20)
    return [
        {"incident_id": "I-2026-01", "kind": "system_outage", "severity": "III", "occurred_at": OUTAGE, "detected_at": OUTAGE + timedelta(minutes=20),
         "closed_at": OUTAGE + timedelta(hours=9), "affected": 0, "description": "核心理赔系统中断，当晚恢复"},
        {"incident_id": "I-2026-02", "kind": "data_leak", "severity": "III", "occurred_at": leak, "detected_at": seen, "affected": 1240,
         "description": "外包服务商误将理赔资料发至外部邮箱"},
    ]  # fmt: skip


def _actions(owner: str) -> list[dict[str, Any]]:
    """What the plan asked for after the outage: the report came within its four hours, the summary after its thirty days."""
    over = OUTAGE + timedelta(hours=9)
    common = {
        "kind": "emergency",
        "cause": "CN-CIR-4H",
        "subject": "incidents",
        "subject_id": "I-2026-01",
        "owner_id": owner,
        "opened_at": OUTAGE + timedelta(minutes=30),
    }
    return [
        {"action_id": "AE-1", **common, "due_at": OUTAGE + timedelta(hours=4, minutes=20), "done_at": OUTAGE + timedelta(hours=3)},
        {"action_id": "AE-2", **common, "due_at": over + timedelta(days=30), "done_at": over + timedelta(days=34)},
    ]  # fmt: skip
