"""Predictions: responses that are given before their run, what the run showed, and whose run somebody saw before.

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = ("prediction", "observation")
TRIGGERS = (
    "CREATE TRIGGER prediction_refuses_update BEFORE UPDATE ON prediction FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'prediction: rows are only added'); END",
    "CREATE TRIGGER observation_refuses_update BEFORE UPDATE ON observation FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'observation: rows are only added'); END",
    "CREATE TRIGGER prediction_refuses_delete BEFORE DELETE ON prediction FOR EACH ROW WHEN NOT EXISTS (SELECT 1 FROM erasure WHERE learner_id = OLD.learner_id) BEGIN SELECT RAISE(ABORT, 'prediction: rows are deleted only with their learner'); END",
    "CREATE TRIGGER observation_refuses_delete BEFORE DELETE ON observation FOR EACH ROW WHEN NOT EXISTS (SELECT 1 FROM erasure WHERE learner_id = OLD.learner_id) BEGIN SELECT RAISE(ABORT, 'observation: rows are deleted only with their learner'); END",
)
"""What keeps predictions append-only, as it stood in this version."""


def upgrade() -> None:
    op.create_table(
        "prediction",
        sa.Column("response_id", sa.String(), nullable=False),
        sa.Column("learner_id", sa.String(), nullable=False),
        sa.Column("setting", sa.JSON(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"]),
        sa.PrimaryKeyConstraint("response_id"),
    )
    op.create_table(
        "observation",
        sa.Column("response_id", sa.String(), nullable=False),
        sa.Column("learner_id", sa.String(), nullable=False),
        sa.Column("observed", sa.JSON(), nullable=False),
        sa.Column("runs", sa.JSON(), nullable=False),
        sa.Column("fits", sa.String(), nullable=True),
        sa.Column("shows", sa.String(), nullable=True),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"]),
        sa.PrimaryKeyConstraint("response_id"),
    )
    op.create_table(
        "sighting",
        sa.Column("learner_id", sa.String(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("lesson", sa.String(), nullable=False),
        sa.Column("lab", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("learner_id", "course", "lesson", "lab"),
    )
    for table in TABLES:
        op.create_index(f"ix_{table}_learner_id", table, ["learner_id"], unique=False)
    for trigger in TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    for table in ("sighting", *TABLES):
        op.drop_table(table)
