"""The tables of what happened to a subject: each row says to whom or what, and when."""

from datetime import datetime

from disputekit.register.schema import Row, Table, column
from disputekit.text import Text


class Event(Row):
    """事件 · Something that happened to a subject."""

    event_id: str | None = column("事件编号", "Identifies the event")
    subject: str | None = column("主体表", "The table of the subject (disputes unless said)")
    subject_id: str | None = column("主体编号", "The subject's key", required=True)
    activity: str | None = column("活动", "What happened", required=True)
    occurred_at: datetime | None = column("发生时间", "When it happened", required=True)


EVENTS = Table(
    "events", Event, Text(zh="事件", en="Events"), key="event_id", key_optional=True, kind="activity", moment="occurred_at",
)  # fmt: skip
