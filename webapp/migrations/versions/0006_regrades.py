"""Regrades, and what learners say of an item: the problem that they report, and why they chose what they chose.

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TRIGGERS = (
    "CREATE TRIGGER report_refuses_update BEFORE UPDATE ON report FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'report: rows are only added'); END",
    "CREATE TRIGGER reason_refuses_update BEFORE UPDATE ON reason FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'reason: rows are only added'); END",
    "CREATE TRIGGER report_refuses_delete BEFORE DELETE ON report FOR EACH ROW WHEN NOT EXISTS (SELECT 1 FROM erasure WHERE learner_id = OLD.learner_id) BEGIN SELECT RAISE(ABORT, 'report: rows are deleted only with their learner'); END",
    "CREATE TRIGGER reason_refuses_delete BEFORE DELETE ON reason FOR EACH ROW WHEN NOT EXISTS (SELECT 1 FROM erasure WHERE learner_id = OLD.learner_id) BEGIN SELECT RAISE(ABORT, 'reason: rows are deleted only with their learner'); END",
    "CREATE TRIGGER regrade_refuses_update BEFORE UPDATE ON regrade FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'regrade: a regrade is never changed'); END",
    "CREATE TRIGGER regrade_refuses_delete BEFORE DELETE ON regrade FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'regrade: a regrade is never deleted'); END",
    "CREATE TRIGGER score_refuses_insert BEFORE INSERT ON score FOR EACH ROW WHEN (NEW.supersedes_id IS NULL) <> (NEW.regrade_id IS NULL) OR (NEW.supersedes_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM score WHERE id = NEW.supersedes_id AND response_id = NEW.response_id AND learner_id = NEW.learner_id)) BEGIN SELECT RAISE(ABORT, 'score: a regrade adds it after the score of the same response'); END",
)
"""What keeps them append-only, and a score after the one that it supersedes, as it stood in this version."""


def upgrade() -> None:
    op.create_table(
        "regrade",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("to_version_id", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("undoes_id", sa.String(), nullable=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["to_version_id"], ["item_version.id"]),
        sa.ForeignKeyConstraint(["undoes_id"], ["regrade.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("course", "item_id", "number"),
        sa.UniqueConstraint("undoes_id"),
        sa.UniqueConstraint("key"),
    )
    op.create_table(
        "report",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("learner_id", sa.String(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("item_version_id", sa.String(), nullable=False),
        sa.Column("chosen", sa.JSON(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_version_id"], ["item_version.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("learner_id", "course", "item_id", "text"),
    )
    op.create_table(
        "reason",
        sa.Column("response_id", sa.String(), nullable=False),
        sa.Column("learner_id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"]),
        sa.PrimaryKeyConstraint("response_id"),
    )
    op.create_index("ix_reason_learner_id", "reason", ["learner_id"], unique=False)
    op.add_column(
        "score",
        sa.Column("regrade_id", sa.String(), sa.ForeignKey("regrade.id"), nullable=True),
        inline_references=True,
    )
    op.create_index("ix_score_regrade_id", "score", ["regrade_id"], unique=False)
    for trigger in TRIGGERS:
        op.execute(trigger)
