"""The tables of things that have an identity: who and what a dispute is about."""

from datetime import date, datetime
from decimal import Decimal

from disputekit.register.schema import Row, Table, column
from disputekit.text import Text


class Dispute(Row):
    """争议、投诉 · A dispute or complaint of a customer about a claim."""

    dispute_id: str | None = column("争议编号", "Identifies the dispute", required=True)
    customer_id: str | None = column("客户编号", "The customer whose dispute it is")
    received_at: datetime | None = column("收到时间", "When the insurer received it", required=True)
    amount_claimed: Decimal | None = column("索赔金额", "What the customer asks for")


DISPUTES = Table(
    "disputes", Dispute, Text(zh="争议", en="Disputes"), key="dispute_id", begins="received_at",
    refers={"customer_id": "customers"},
)  # fmt: skip
