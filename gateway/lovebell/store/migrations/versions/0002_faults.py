"""Faults, and the roll call.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create both."""
    op.create_table(
        "fault",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=24), nullable=False),
        sa.Column("word", sa.String(length=64), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("times", sa.Integer(), server_default="1", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("n"),
        sa.UniqueConstraint("device", "word", "opened_ms"),
    )
    op.create_index(
        "fault_open", "fault", ["n"], unique=False, sqlite_where=sa.text("closed_ms IS NULL")
    )
    op.create_table(
        "absent",
        sa.Column("home", sa.String(length=24), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("home"),
    )
