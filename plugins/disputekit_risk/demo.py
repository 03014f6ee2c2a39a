"""The demo's part: a handler who has nearly every period extended, and a look back that reaches to the dissolution.

The branch that calls every second dispute complex, the one that refuses too often and the rush after the dissolution are in the demo itself.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from disputekit import DemoPart

TOML = """
# ── 风险点 · Risk points ───────────────────────────────────────────────────────────────────────────────────
# 回看 180 天，以包含获批解散后的激增 · Look back 180 days, so that the rush after the dissolution is among them
[plugins.risk.surges]
look_back = 180
"""
EXTENDS_TOO_MUCH = 0.7
USUAL = 0.05


def rows(seed: int, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> DemoPart:
    """Extensions: of one handler, the one with most closed disputes, most are extended; of the others few."""
    rng = Random(seed)  # noqa: S311 — a story, not a secret
    closed = [d for d in tables["disputes"] if isinstance(d.get("closed_at"), datetime) and isinstance(d["received_at"], datetime)]
    mine: dict[str, int] = {}
    for d in closed:
        mine[str(d["handler_id"])] = mine.get(str(d["handler_id"]), 0) + 1
    gamer = min(mine, key=lambda h: (-mine[h], h))
    events = []
    for d in closed:
        often = EXTENDS_TOO_MUCH if d["handler_id"] == gamer else USUAL
        if rng.random() < often and d["closed_at"] - d["received_at"] > timedelta(days=14):
            events.append({"event_id": f"VX-{d['dispute_id']}", "subject": "disputes", "subject_id": d["dispute_id"], "activity": "extension_approved",
                           "occurred_at": d["received_at"] + timedelta(days=13), "unit_id": d["unit_id"], "actor_id": d["handler_id"]})  # fmt: skip
    return DemoPart(tables={"events": events}, toml=TOML)
