"""Runs keep what they ran on: cores, interpreter, loop, and the versions of what served them.

Revision: 0009, after 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run", sa.Column("surroundings", sa.JSON(), nullable=True))
