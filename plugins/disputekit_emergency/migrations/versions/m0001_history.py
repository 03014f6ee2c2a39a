"""The history, its head, and the notices to be sent."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "emergency_history",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("recorded_at", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("activation", sa.String(120), nullable=False),
        sa.Column("once", sa.String(300), unique=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    heads = op.create_table(
        "emergency_heads",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.bulk_insert(heads, [{"id": 1, "count": 0, "hash": "0" * 64}])
    op.create_table(
        "emergency_outbox",
        sa.Column("message_id", sa.String(200), primary_key=True),
        sa.Column("number", sa.Integer, sa.ForeignKey("emergency_history.number"), nullable=False),
        sa.Column("activation", sa.String(120), nullable=False),
        sa.Column("target", sa.String(60), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("claimed_until", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("failure", sa.Text),
        sa.Column("sent_at", sa.String(40)),
    )
