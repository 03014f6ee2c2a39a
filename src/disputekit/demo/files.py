"""How the demo's tables lie on disk: as an office in China would export them, each table in its own way, the same bytes everywhere."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

Cell = str | int | Decimal | bool | date | datetime | tuple[str, ...] | None
Row = dict[str, Cell]
"""A row by column. Text where a date belongs is a cell that can't be read, planted on purpose."""

LEDGER = {
    "dispute_id": "争议编号", "customer_id": "客户编号", "contract_id": "保单号", "claim_id": "赔案号", "unit_id": "承办机构",
    "handler_id": "经办人", "product": "产品名称", "line": "险种", "region": "地区", "channel": "受理渠道", "cause": "争议原因",
    "complexity": "复杂程度", "expectation": "客户诉求", "amount_claimed": "主张金额", "amount_offered": "提出金额",
    "amount_agreed": "约定金额", "currency": "币种", "status": "办理状态", "received_at": "收到时间", "registered_at": "登记时间",
    "closed_at": "办结时间", "description": "争议内容",
}  # fmt: skip
"""The ledger's headings; disputekit.toml maps them back."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "units": ("unit_id", "name", "parent_id", "level", "opened_on"),
    "staff": ("staff_id", "name", "unit_id", "department", "role", "joined_on", "left_on"),
    "customers": ("customer_id", "kind", "born_on", "deceased_on", "vulnerable", "segment", "contact_channel"),
    "contracts": ("contract_id", "customer_id", "product", "line", "concluded_on", "starts_on", "ends_on", "amount_limit", "amount_deductible",
                  "coinsurance", "currency"),
    "claims": ("claim_id", "contract_id", "customer_id", "line", "occurred_on", "received_at", "documents_completed_at", "amount_claimed", "currency",
               "channel"),
    "disputes": tuple(LEDGER),
    "events": ("event_id", "subject", "subject_id", "activity", "occurred_at", "due_at", "direction", "actor_id", "unit_id", "note"),
    "documents": ("document_id", "subject", "subject_id", "kind", "received_at", "submitted_by", "verified_at", "verified_by", "sha256"),
    "requests": ("request_id", "subject", "subject_id", "kind", "asked_at", "already_held", "fulfilled_at", "notice_id"),
    "notices": ("notice_id", "subject", "subject_id", "kind", "party_id", "channel", "sent_at", "delivered_at", "contents"),
    "decisions": ("decision_id", "subject", "subject_id", "kind", "decided_at", "result", "clauses", "amount", "decided_by", "automated"),
    "payments": ("payment_id", "subject", "subject_id", "kind", "paid_at", "amount", "currency", "payee_id"),
    "parties": ("party_id", "subject", "subject_id", "person_id", "name", "role", "organisation", "conflict", "starts_on"),
    "assignments": ("subject", "subject_id", "staff_id", "role", "starts_at", "ends_at"),
    "mediations": ("mediation_id", "dispute_id", "forum", "goal", "scheduled_at", "place", "held_at", "outcome", "record_signed_at",
                   "customer_signed_at", "insurer_signed_at", "performance_due_on", "performed_at"),
    "creditor_claims": ("creditor_claim_id", "customer_id", "contract_id", "dispute_id", "class", "notified_at", "filed_at", "filing_ends_on",
                        "amount_filed"),
    "links": ("kind", "source", "source_id", "target", "target_id", "linked_at", "linked_by"),
    "phases": ("phase", "starts_on", "ends_on"),
}  # fmt: skip
"""The tables, each with its columns in the order of its file."""


def columns_of(tables: Mapping[str, Sequence[Row]]) -> dict[str, tuple[str, ...]]:
    """The columns of each table: those of its file, and after them what rows that were added have besides, in the order of their coming."""
    return {name: tuple(dict.fromkeys((*COLUMNS.get(name, ()), *(c for row in rows for c in row)))) for name, rows in tables.items()}


def write_tables(folder: Path, tables: Mapping[str, Sequence[Row]], columns_of_table: Mapping[str, tuple[str, ...]]) -> None:
    """Writes the ledger as the old core system does (GB18030, Chinese headings, slashes in dates), notices as JSON lines, the rest as CSV."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for name, columns in columns_of_table.items():
        rows = tables[name]
        if name == "disputes":
            headings = [LEDGER.get(c, c) for c in columns]
            _write(folder / "data" / "ledger.csv", _csv(headings, rows, columns, "%Y/%m/%d %H:%M:%S").encode("gb18030"))
        elif name == "notices":
            _write(folder / "data" / "notices.jsonl", "".join(_json(row, columns) for row in rows).encode())
        else:
            _write(folder / "data" / f"{name}.csv", _csv(columns, rows, columns, "%Y-%m-%d %H:%M:%S").encode("utf-8-sig"))


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _csv(headings: Sequence[str], rows: Sequence[Row], columns: Sequence[str], instants: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows([_text(row.get(c), instants) for c in columns] for row in rows)
    return out.getvalue()


def _json(row: Row, columns: Sequence[str]) -> str:
    cells = {c: row.get(c) for c in columns if row.get(c) is not None}
    told = {c: list(v) if isinstance(v, tuple) else v if isinstance(v, str) else _text(v, "%Y-%m-%dT%H:%M:%S") for c, v in cells.items()}
    return json.dumps(told, ensure_ascii=False) + "\n"


def _text(cell: Cell, instants: str) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case datetime():
            return cell.strftime(instants)
        case date():
            return cell.isoformat()
        case tuple():
            return ";".join(cell)
        case _:
            return str(cell)
