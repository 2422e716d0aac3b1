"""Reviews: one row for each counted review of a card.

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TRIGGERS = (
    "CREATE TRIGGER review_refuses_update BEFORE UPDATE ON review FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'review: rows are only added'); END",
    "CREATE TRIGGER review_refuses_delete BEFORE DELETE ON review FOR EACH ROW WHEN NOT EXISTS (SELECT 1 FROM erasure WHERE learner_id = OLD.learner_id) BEGIN SELECT RAISE(ABORT, 'review: rows are deleted only with their learner'); END",
)
"""What keeps reviews append-only, as it stood in this version."""


def upgrade() -> None:
    op.create_table(
        "review",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("learner_id", sa.String(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("asked_item_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("learner_id", "course", "item_id", "day"),
    )
    for trigger in TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    op.drop_table("review")
