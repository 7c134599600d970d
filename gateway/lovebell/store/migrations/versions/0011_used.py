"""A token counts the boards that it was used for, which may be another's or nobody's by now.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Begin with those that are still its own."""
    count = sa.Column("used", sa.Integer(), server_default="0", nullable=False)
    op.add_column("technician_token", count)
    op.execute(
        "UPDATE technician_token SET used = "
        "(SELECT count(*) FROM board WHERE board.token = technician_token.n)"
    )
