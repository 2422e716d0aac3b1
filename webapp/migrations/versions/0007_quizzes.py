"""Quizzes over lessons: what an attempt asks and until when, answers kept until it is submitted, what is carried over, and grades.

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TRIGGERS = (
    "CREATE TRIGGER sitting_refuses_update BEFORE UPDATE ON sitting FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'sitting: rows are only added'); END",
    "CREATE TRIGGER kept_answer_refuses_update BEFORE UPDATE ON kept_answer FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'kept_answer: rows are only added'); END",
    "CREATE TRIGGER carry_refuses_update BEFORE UPDATE ON carry FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'carry: rows are only added'); END",
    "CREATE TRIGGER sitting_refuses_delete BEFORE DELETE ON sitting FOR EACH ROW WHEN NOT EXISTS (SELECT 1 FROM erasure WHERE learner_id = OLD.learner_id) BEGIN SELECT RAISE(ABORT, 'sitting: rows are deleted only with their learner'); END",
    "CREATE TRIGGER kept_answer_refuses_delete BEFORE DELETE ON kept_answer FOR EACH ROW WHEN NOT EXISTS (SELECT 1 FROM erasure WHERE learner_id = OLD.learner_id) BEGIN SELECT RAISE(ABORT, 'kept_answer: rows are deleted only with their learner'); END",
    "CREATE TRIGGER carry_refuses_delete BEFORE DELETE ON carry FOR EACH ROW WHEN NOT EXISTS (SELECT 1 FROM erasure WHERE learner_id = OLD.learner_id) BEGIN SELECT RAISE(ABORT, 'carry: rows are deleted only with their learner'); END",
)
"""What keeps them append-only, as it stood in this version. `quiz_rule` and `grade_entry` are derived, and change."""


def upgrade() -> None:
    op.create_table(
        "quiz_rule",
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("quiz", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("submits", sa.Boolean(), nullable=False),
        sa.Column("points", sa.JSON(), nullable=False),
        sa.Column("predicted", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("course", "quiz"),
    )
    op.create_table(
        "grade_entry",
        sa.Column("learner_id", sa.String(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("quiz", sa.String(), nullable=False),
        sa.Column("mark", sa.Float(), nullable=False),
        sa.Column("max_mark", sa.Float(), nullable=False),
        sa.Column("attempt_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("learner_id", "course", "quiz"),
    )
    op.create_table(
        "sitting",
        sa.Column("attempt_id", sa.String(), nullable=False),
        sa.Column("learner_id", sa.String(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"]),
        sa.PrimaryKeyConstraint("attempt_id"),
    )
    op.create_index("ix_sitting_learner_id", "sitting", ["learner_id"], unique=False)
    op.create_table(
        "kept_answer",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("learner_id", sa.String(), nullable=False),
        sa.Column("attempt_item_id", sa.String(), nullable=False),
        sa.Column("item_version_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["attempt_item_id"], ["attempt_item.id"]),
        sa.ForeignKeyConstraint(["item_version_id"], ["item_version.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("attempt_item_id", "seq"),
        sa.UniqueConstraint("learner_id", "key"),
    )
    op.create_table(
        "carry",
        sa.Column("response_id", sa.String(), nullable=False),
        sa.Column("learner_id", sa.String(), nullable=False),
        sa.Column("from_response_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["from_response_id"], ["response.id"]),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"]),
        sa.PrimaryKeyConstraint("response_id"),
    )
    op.create_index("ix_carry_learner_id", "carry", ["learner_id"], unique=False)
    for trigger in TRIGGERS:
        op.execute(trigger)
