"""Tries at an item: what is taken off a score, which response ends them, who gave up; and how sure a learner said they were.

Every response that is stored by now was the only one of its item: the key was told with it.

Revision: 0008, after 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TRIGGERS = (
    "CREATE TRIGGER giving_up_refuses_update BEFORE UPDATE ON giving_up FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'giving_up: rows are only added'); END",
    "CREATE TRIGGER giving_up_refuses_delete BEFORE DELETE ON giving_up FOR EACH ROW WHEN NOT EXISTS (SELECT 1 FROM erasure WHERE learner_id = OLD.learner_id) BEGIN SELECT RAISE(ABORT, 'giving_up: rows are deleted only with their learner'); END",
)
"""What keeps it append-only, as it stood in this version."""


def upgrade() -> None:
    op.create_table(
        "giving_up",
        sa.Column("attempt_item_id", sa.String(), nullable=False),
        sa.Column("learner_id", sa.String(), nullable=False),
        sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["attempt_item_id"], ["attempt_item.id"]),
        sa.PrimaryKeyConstraint("attempt_item_id"),
    )
    op.create_index("ix_giving_up_learner_id", "giving_up", ["learner_id"], unique=False)
    op.add_column("response", sa.Column("settles", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("response", sa.Column("certainty", sa.Integer(), nullable=True))
    op.add_column("score", sa.Column("penalty", sa.Float(), nullable=False, server_default=sa.text("0")))
    for trigger in TRIGGERS:
        op.execute(trigger)
