"""What SQLite and PostgreSQL say in different words: a row that is added once, and what a trigger refuses.

Nothing else of the engine knows which of the two it stands on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

_INSERTS: Mapping[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}

_REFUSAL = re.compile(
    r"CREATE TRIGGER (?P<name>\w+) BEFORE (?P<event>INSERT|UPDATE|DELETE) ON (?P<table>\w+) FOR EACH ROW "
    r"(?:WHEN (?P<condition>.+) )?BEGIN SELECT RAISE\(ABORT, (?P<reason>'(?:[^']|'')+')\); END",
    re.DOTALL,
)


def add_once(connection: Connection, into: Table, row: Mapping[str, Any]) -> bool:
    """Add the row unless a unique constraint has its like already; whether it was added."""
    insert = _INSERTS[connection.dialect.name]
    added: int = connection.execute(insert(into).values(row).on_conflict_do_nothing()).rowcount
    return added == 1


def refusal(statement: str, dialect: str) -> str:
    """The statements of a dialect for a trigger of `quiz.triggers`, which is in SQLite's words. Raises ValueError for any other.

    PostgreSQL keeps what a trigger does in a function, and takes no subquery in its condition. Its TRUNCATE passes by the
    triggers of rows, so whatever refuses a DELETE there refuses that as well.
    """
    found = _REFUSAL.fullmatch(statement)
    if found is None:
        raise ValueError(f"no trigger that refuses something: {statement}")
    if dialect == "sqlite":
        return statement
    name, event, table = found["name"], found["event"], found["table"]
    unless = _function(
        name, (found["condition"] or "true").replace(" IS NOT (", " IS DISTINCT FROM ("), found["reason"]
    )
    statements = [unless, f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"]
    if event == "DELETE":
        whole = f"{name}_of_all"
        statements += [
            _function(whole, "true", found["reason"]),
            f"CREATE TRIGGER {whole} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {whole}()",
        ]
    return ";\n".join(statements)


def _function(name: str, condition: str, reason: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $refusal$ BEGIN "
        f"IF {condition} THEN RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = {reason}; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $refusal$"
    )
