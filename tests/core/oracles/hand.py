"""Cases made by hand: a dispute, written as it would be told."""

from collections.abc import Mapping
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from disputekit.oracles.case import REJECTED, Case, Cell
from disputekit.policies.model import DatedValue, Instrument, Parameter
from disputekit.register.schema import ColumnType
from disputekit.text import Text

TEXT = Text(zh="试", en="test")
_COLUMNS: Mapping[str, ColumnType] = {
    "dispute_id": "text", "received_at": "instant", "registered_at": "instant", "decision_on": "date", "cause": "text", "amount_claimed": "decimal",
    "contract.line": "text", "contract.concluded_on": "date",
}  # fmt: skip
_RECORDS: Mapping[str, Mapping[str, ColumnType]] = {
    "events": {"activity": "text", "occurred_at": "instant"},
    "notices": {"kind": "text", "sent_at": "instant", "delivered_at": "instant", "party_id": "text", "contents": "list"},
    "documents": {
        "kind": "text", "received_at": "instant", "verified_at": "instant", "verified_by": "text", "submitted_by": "text", "sha256": "text",
    },
    "requests": {"kind": "text", "asked_at": "instant"},
    "payments": {"kind": "text", "paid_at": "instant"},
}  # fmt: skip
_KINDS = {"events": "activity", "notices": "kind", "documents": "kind", "requests": "kind", "payments": "kind", "parties": "role"}
_MOMENTS = {
    "events": "occurred_at", "notices": "sent_at", "documents": "received_at", "requests": "asked_at", "payments": "paid_at", "parties": "starts_on",
}  # fmt: skip
ALWAYS = date(2000, 1, 1)


def at(text: str) -> Cell:
    """A moment as it would be written: `2026-05-01`, or `2026-05-01 09:00` where the clock is known; `?` for one that can't be read."""
    if text == "?":
        return REJECTED
    return datetime.fromisoformat(text) if " " in text else date.fromisoformat(text)


def weekdays(day: date) -> bool | None:
    """Mondays to Fridays work, save for the New Year; 2027 isn't published."""
    return None if day.year >= 2027 else day.isoweekday() <= 5 and (day.month, day.day) != (1, 1)


def told(
    row: Mapping[str, Any] = {}, as_of: str = "2026-06-30", covered: date | None = ALWAYS, extracted: Mapping[str, datetime] = {}, **records: Any
) -> Case:
    """A dispute received at nine on the first of May 2026; `events=[("plan", "2026-05-20")]`, other records as mappings."""
    rows = {name: tuple(_record(name, r) for r in records.pop(name, ())) for name in _RECORDS}
    return Case(
        table="disputes", row={**dict.fromkeys(_COLUMNS), "received_at": at("2026-05-01 09:00"), **{k: _cell(v, k) for k, v in row.items()}},
        records=rows, as_of=date.fromisoformat(as_of), working=weekdays, covered_from=lambda table, kind: covered,
        types={"disputes": _COLUMNS, **_RECORDS}, parents={"contract": "contracts"}, required=frozenset({"dispute_id", "received_at"}), begins="received_at",
        kind_columns=_KINDS, moment_columns=_MOMENTS, extracted=extracted, **records,
    )  # fmt: skip


def _record(table: str, given: Any) -> dict[str, Cell]:
    row = dict(zip((_KINDS[table], _MOMENTS[table]), given, strict=True)) if isinstance(given, tuple) else given
    return {**dict.fromkeys(_RECORDS[table]), **{k: _cell(v, k) for k, v in row.items()}}


def _cell(value: Any, column: str) -> Cell:
    return at(value) if isinstance(value, str) and (value == "?" or column.endswith(("_at", "_on"))) else value


def rule(**fields: Any) -> SimpleNamespace:
    return SimpleNamespace(**{"where": None, **fields})


def instrument(in_force: str, repealed_on: str | None = None) -> Instrument:
    gone = None if repealed_on is None else date.fromisoformat(repealed_on)
    return Instrument(title=TEXT, in_force=date.fromisoformat(in_force), repealed_on=gone, reviewed_on=date(2026, 11, 22))


def parameter(*values: tuple[str | None, Any]) -> Parameter:
    return Parameter(title=TEXT, basis="practice", values=tuple(DatedValue.model_validate({"from": d, "value": v}) for d, v in values))
