"""How the setting-up of a board ended is known, so that it is recorded once.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Of those that were set up before nothing is known: told again, it is recorded once more."""
    op.add_column("board", sa.Column("told", sa.String(16), nullable=True))
