"""The outbox lies in the order of its keys: one page less to write before a receipt.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table anew with what waits in it."""
    op.create_table(
        "outbox_new",
        sa.Column("key", sa.String(length=96), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_with_rowid=False,
    )
    columns = "key, kind, target, body, created_ms"
    op.execute(f"INSERT INTO outbox_new ({columns}) SELECT {columns} FROM outbox")  # noqa: S608
    op.drop_table("outbox")
    op.rename_table("outbox_new", "outbox")
