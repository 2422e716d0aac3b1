"""The first schema: items and their versions, attempts, responses, scores; learners, progress, runs.

Revision: 0001, after nothing
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TRIGGERS = (
    "CREATE TRIGGER item_version_refuses_update BEFORE UPDATE ON item_version FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'item_version: a version is never changed'); END",
    "CREATE TRIGGER item_version_refuses_delete BEFORE DELETE ON item_version FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'item_version: a version is never deleted'); END",
    "CREATE TRIGGER attempt_refuses_update BEFORE UPDATE ON attempt FOR EACH ROW WHEN OLD.closed_at IS NOT NULL OR NEW.closed_at IS NULL OR (NEW.id, NEW.learner_id, NEW.course, NEW.quiz, NEW.number, NEW.opened_at) IS NOT (OLD.id, OLD.learner_id, OLD.course, OLD.quiz, OLD.number, OLD.opened_at) BEGIN SELECT RAISE(ABORT, 'attempt: an attempt can only be closed'); END",
    "CREATE TRIGGER attempt_item_refuses_update BEFORE UPDATE ON attempt_item FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'attempt_item: rows are only added'); END",
    "CREATE TRIGGER hint_opening_refuses_update BEFORE UPDATE ON hint_opening FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'hint_opening: rows are only added'); END",
    "CREATE TRIGGER response_refuses_update BEFORE UPDATE ON response FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'response: rows are only added'); END",
    "CREATE TRIGGER score_refuses_update BEFORE UPDATE ON score FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'score: rows are only added'); END",
    "CREATE TRIGGER attempt_refuses_delete BEFORE DELETE ON attempt FOR EACH ROW WHEN NOT EXISTS (SELECT 1 FROM erasure WHERE learner_id = OLD.learner_id) BEGIN SELECT RAISE(ABORT, 'attempt: rows are deleted only with their learner'); END",
    "CREATE TRIGGER attempt_item_refuses_delete BEFORE DELETE ON attempt_item FOR EACH ROW WHEN NOT EXISTS (SELECT 1 FROM erasure WHERE learner_id = OLD.learner_id) BEGIN SELECT RAISE(ABORT, 'attempt_item: rows are deleted only with their learner'); END",
    "CREATE TRIGGER hint_opening_refuses_delete BEFORE DELETE ON hint_opening FOR EACH ROW WHEN NOT EXISTS (SELECT 1 FROM erasure WHERE learner_id = OLD.learner_id) BEGIN SELECT RAISE(ABORT, 'hint_opening: rows are deleted only with their learner'); END",
    "CREATE TRIGGER response_refuses_delete BEFORE DELETE ON response FOR EACH ROW WHEN NOT EXISTS (SELECT 1 FROM erasure WHERE learner_id = OLD.learner_id) BEGIN SELECT RAISE(ABORT, 'response: rows are deleted only with their learner'); END",
    "CREATE TRIGGER score_refuses_delete BEFORE DELETE ON score FOR EACH ROW WHEN NOT EXISTS (SELECT 1 FROM erasure WHERE learner_id = OLD.learner_id) BEGIN SELECT RAISE(ABORT, 'score: rows are deleted only with their learner'); END",
)
"""What keeps responses and scores append-only, as it stood in this version."""


def upgrade() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("learner_id", sa.String(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("quiz", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("learner_id", "course", "quiz", "number"),
    )
    op.create_index(
        "uq_attempt_open",
        "attempt",
        ["learner_id", "course", "quiz"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "erasure",
        sa.Column("learner_id", sa.String(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("learner_id"),
    )
    op.create_table(
        "item_version",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("lesson", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("points", sa.Float(), nullable=False),
        sa.Column("shown_hash", sa.String(), nullable=False),
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("course", "item_id", "content_hash"),
        sa.UniqueConstraint("course", "item_id", "version"),
    )
    op.create_table(
        "learner",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_into", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["merged_into"],
            ["learner.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "program",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "attempt_item",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("learner_id", sa.String(), nullable=False),
        sa.Column("attempt_id", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("item_version_id", sa.String(), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("option_order", sa.JSON(), nullable=False),
        sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["attempt.id"],
        ),
        sa.ForeignKeyConstraint(
            ["item_version_id"],
            ["item_version.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("attempt_id", "item_id"),
    )
    op.create_index("ix_attempt_item_learner_id", "attempt_item", ["learner_id"], unique=False)
    op.create_table(
        "browser_session",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("learner_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_table(
        "completion",
        sa.Column("learner_id", sa.String(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("lesson", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("learner_id", "course", "lesson", "mode"),
    )
    op.create_table(
        "run",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("learner_id", sa.String(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("lesson", sa.String(), nullable=False),
        sa.Column("lab", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("program_hash", sa.String(), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("disturbed", sa.Boolean(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=True),
        sa.Column("finding", sa.JSON(), nullable=True),
        sa.Column("failure", sa.JSON(), nullable=True),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["program_hash"],
            ["program.hash"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_run_learner_lab", "run", ["learner_id", "course", "lesson", "lab", "variant", "started_at"], unique=False
    )
    op.create_table(
        "hint_opening",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("learner_id", sa.String(), nullable=False),
        sa.Column("attempt_item_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_item_id"],
            ["attempt_item.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("attempt_item_id", "number"),
    )
    op.create_index("ix_hint_opening_learner_id", "hint_opening", ["learner_id"], unique=False)
    op.create_table(
        "response",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("learner_id", sa.String(), nullable=False),
        sa.Column("attempt_item_id", sa.String(), nullable=False),
        sa.Column("item_version_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("hints_used", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_item_id"],
            ["attempt_item.id"],
        ),
        sa.ForeignKeyConstraint(
            ["item_version_id"],
            ["item_version.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("attempt_item_id", "seq"),
        sa.UniqueConstraint("learner_id", "key"),
    )
    op.create_table(
        "score",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("learner_id", sa.String(), nullable=False),
        sa.Column("response_id", sa.String(), nullable=False),
        sa.Column("scored_version_id", sa.String(), nullable=False),
        sa.Column("rules_revision", sa.Integer(), nullable=False),
        sa.Column("fraction", sa.Float(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("supersedes_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["response_id"],
            ["response.id"],
        ),
        sa.ForeignKeyConstraint(
            ["scored_version_id"],
            ["item_version.id"],
        ),
        sa.ForeignKeyConstraint(
            ["supersedes_id"],
            ["score.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("supersedes_id"),
    )
    op.create_index("ix_score_learner_id", "score", ["learner_id"], unique=False)
    op.create_index("ix_score_response_id", "score", ["response_id"], unique=False)
    op.create_index(
        "uq_score_first",
        "score",
        ["response_id"],
        unique=True,
        sqlite_where=sa.text("supersedes_id IS NULL"),
        postgresql_where=sa.text("supersedes_id IS NULL"),
    )
    for trigger in TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    for table in (
        "score",
        "response",
        "hint_opening",
        "run",
        "completion",
        "browser_session",
        "attempt_item",
        "program",
        "learner",
        "item_version",
        "erasure",
        "attempt",
    ):
        op.drop_table(table)
