"""The first tables.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything."""
    op.create_table(
        "command",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("verb", sa.String(length=16), nullable=False),
        sa.Column("episode", sa.String(length=65), nullable=False),
        sa.Column("responder", sa.String(length=24), server_default="", nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("n"),
    )
    op.create_index(
        "command_open", "command", ["n"], unique=False, sqlite_where=sa.text("answer IS NULL")
    )
    op.create_table(
        "device",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "episode",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=65), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("button", sa.String(length=24), nullable=False),
        sa.Column("home", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("begun_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.Column("deadline_ms", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("call_plan", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("n"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("episode_home", "episode", ["home", "begun_ms"], unique=False)
    op.create_index(
        "episode_live",
        "episode",
        ["n"],
        unique=False,
        sqlite_where=sa.text("state != 'resolved' OR deadline_ms IS NOT NULL"),
    )
    op.create_table(
        "event",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("episode", sa.String(length=65), server_default="", nullable=False),
        sa.Column("what", sa.String(length=24), nullable=False),
        sa.Column("who", sa.String(length=64), server_default="", nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("n"),
    )
    op.create_index(
        "event_episode",
        "event",
        ["episode", "n"],
        unique=False,
        sqlite_where=sa.text("episode != ''"),
    )
    op.create_table(
        "home",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.Column("care_level", sa.Integer(), server_default="1", nullable=False),
        sa.Column("grid", sa.String(length=24), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "outbox",
        sa.Column("key", sa.String(length=96), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "pairing",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("link", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=24), nullable=False),
        sa.Column("object", sa.String(length=24), nullable=False),
        sa.Column("rank", sa.Integer(), server_default="1", nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("n"),
    )
    op.create_index(
        "pairing_now",
        "pairing",
        ["link", "subject"],
        unique=False,
        sqlite_where=sa.text("until_ms IS NULL"),
    )
    op.create_table(
        "receipt",
        sa.Column("device", sa.String(length=24), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("episode", sa.String(length=65), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device", "id"),
    )
    op.create_index("receipt_episode", "receipt", ["episode"], unique=False)
    op.create_table(
        "responder",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("grid", sa.String(length=24), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "revision", sa.Column("n", sa.Integer(), nullable=False), sa.PrimaryKeyConstraint("n")
    )
    op.create_table(
        "seen",
        sa.Column("device", sa.String(length=24), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("firmware", sa.String(length=32), server_default="", nullable=False),
        sa.Column("heartbeat", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("device"),
    )
    op.create_table(
        "plan",
        sa.Column("home", sa.String(length=24), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["home"], ["home.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("home"),
    )
    op.execute("INSERT INTO revision (n) VALUES (0)")
