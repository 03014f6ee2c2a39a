"""Disputes that the assessment before had and the register hasn't any more: a ledger closes disputes, it doesn't lose them."""

from typing import TYPE_CHECKING

from disputekit import Check, Reads, Row, Table, Text, column

if TYPE_CHECKING:
    from disputekit import Query, Vocabulary


class Assessed(Row):
    """A dispute that the assessment before named."""

    dispute_id: str | None = column("争议编号", "The dispute", required=True)


ASSESSED = Table("assessed", Assessed, Text(zh="上一次评估中的争议", en="Disputes of the assessment before"), key="dispute_id",
                 refers={"dispute_id": "disputes"}, earlier="disputes")  # fmt: skip

_VERDICT = """
    select subject, unit, handler, case when still is null then 'fail: missing' else 'pass' end as verdict from subject"""


def _query(sql: "Vocabulary") -> "Query":
    return sql.pipeline(sql.fill(_VERDICT), subject=sql.subjects(still=sql.column("dispute.dispute_id")))


CHECK = Check(
    "EVAL-VANISHED", Text(zh="上一次评估中的争议均仍在登记簿中", en="Every dispute of the assessment before is still in the register"), "high", "practice",
    Text(zh="查明消失的争议：被删除的恢复并说明原因；编号改变的登记关联；未导出的补导。",
         en="Find out what became of it: restore and explain what was deleted, link what was numbered anew, export what wasn't."),
    Reads("assessed", columns=("dispute.dispute_id",)), _query, optional=True,
)  # fmt: skip
