"""Small builders for tests: an item in one line, a database with the quiz engine's tables."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlmodel import SQLModel

from quiz.dialects import refusal
from quiz.items import Item, Kind, Option, scorings
from quiz.models import LEARNERS_TABLES
from quiz.triggers import TRIGGERS
from webapp import engines

TABLES = (*(str(model.__tablename__) for model in LEARNERS_TABLES), "item_version", "regrade", "quiz_rule", "erasure")
TEXTS = {"a": "Anna", "b": "Bert", "c": "Cleo", "d": "Dora", "e": "Emil", "f": "Fred"}


def make_item(key: str = "b", options: str = "abcd", *, kind: str = "single", **fields: Any) -> Item:
    """An item whose options are letters: `make_item(key="ac", kind="multi")`."""
    fields = {"id": "who-waits", "stem": "Who waits?", "scoring": scorings(Kind(kind))[0], **fields}
    return Item(
        kind=Kind(kind), options=tuple(make_option(letter, right=letter in key) for letter in options), **fields
    )


def make_option(letter: str, *, right: bool = False, **fields: Any) -> Option:
    return Option(**{"id": letter, "text": TEXTS[letter], "feedback": f"On {letter}.", **fields}, right=right)


def quiz_database(path: Path) -> Engine:
    """A SQLite file with the quiz engine's tables and triggers; every transaction is `BEGIN IMMEDIATE`."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False, "timeout": 20})

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    furnish(engine)
    return engine


def furnish(engine: Engine) -> None:
    """Make the quiz engine's tables and triggers."""
    with engine.begin() as connection:
        SQLModel.metadata.create_all(connection, tables=[*map(SQLModel.metadata.tables.__getitem__, TABLES)])
        for statement in TRIGGERS:
            connection.exec_driver_sql(refusal(statement, engine.dialect.name))


def furnish_server(address: str) -> None:
    """Make them in an empty PostgreSQL database."""
    with closing(engines.of_server(address)) as opened:
        furnish(opened.writing)
