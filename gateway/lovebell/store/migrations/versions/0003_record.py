"""Outcomes to choose from, episodes by time, and what outlives the personal data of an episode.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# As they stood at this release; operators edit the table.
OUTCOMES = (
    ("helped", "已帮助", "helped"),
    ("medicine", "已送药", "medicine brought"),
    ("supplies", "已送物品", "supplies brought"),
    ("hospital", "已送医", "taken to hospital"),
    ("false_alarm", "误按", "a false alarm"),
    ("child", "小孩按着玩", "a child played"),
    ("test", "试铃", "a test"),
    ("other", "其他", "something else"),
)


def upgrade() -> None:
    """Create and fill the outcomes, widen the episodes."""
    outcome = op.create_table(
        "outcome",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("word", sa.String(length=32), nullable=False),
        sa.Column("zh", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("n"),
        sa.UniqueConstraint("word"),
    )
    op.bulk_insert(outcome, [{"word": word, "zh": zh, "en": en} for word, zh, en in OUTCOMES])
    op.add_column("episode", sa.Column("grid", sa.String(length=24), nullable=True))
    op.add_column("episode", sa.Column("anonymous_ms", sa.BigInteger(), nullable=True))
    op.create_index("episode_begun", "episode", ["begun_ms"], unique=False)
