"""Run the migrations on the connection that `webapp.database` hands over, inside its transaction.

A migration keeps its triggers as they stood, in SQLite's words; here they are said in the words of the database.
"""

from typing import Any

from alembic import context
from sqlalchemy import Connection, event
from sqlmodel import SQLModel

import webapp.models  # noqa: F401  the tables must be known to the metadata
from quiz.dialects import refusal

connection: Connection = context.config.attributes["connection"]


@event.listens_for(connection, "before_cursor_execute", retval=True)
def say_triggers(
    connection: Connection, _cursor: object, statement: str, parameters: Any, *_context: object
) -> tuple[str, Any]:
    if statement.startswith("CREATE TRIGGER"):
        statement = refusal(statement, connection.dialect.name)
    return statement, parameters


context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
