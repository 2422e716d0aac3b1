"""The two engines under the database, one that writes and one that reads: of a SQLite file, or of a PostgreSQL database.

What differs between the two stands here and in `quiz.dialects`. On both, a writing transaction is as if it were alone. SQLite lets
one in at a time: `BEGIN IMMEDIATE`, because a read that turns into a write later is refused at once, whatever the busy time-out
says. PostgreSQL lets them overlap and refuses one whose rows another has changed meanwhile (SERIALIZABLE); `database.transact`
repeats it. A reading transaction sees one moment, waits for no writer, and cannot write.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from webapp.settings import OperatorError

BUSY_MILLISECONDS = 5000
READERS = 4
REACH_SECONDS = 5
"""How long a PostgreSQL server may take to answer, and to let go of what a killed site held."""
SITE = 0x696E7465726C
"""The advisory lock of whoever serves a database."""
SCHEMES = ("postgresql+psycopg", "postgresql", "postgres")
ADVICE = "give one as postgresql://user@host/name with --database, or leave that out for a file in the data folder"


@dataclass(frozen=True, slots=True)
class Engines:
    writing: Engine
    reading: Engine
    name: str
    """As an operator may read it: no password."""

    def close(self) -> None:
        self.writing.dispose()
        self.reading.dispose()


def of_file(path: Path) -> Engines:
    return Engines(_sqlite(path, begin="BEGIN IMMEDIATE"), _sqlite(path, begin="BEGIN", only_query=True), str(path))


def of_server(address: str) -> Engines:
    """Raises OperatorError where the address is none, or its driver is not installed. Nothing is reached for yet."""
    url = _url(address)
    name = url.set(drivername="postgresql").render_as_string()
    try:
        writing = _postgresql(url, "SERIALIZABLE")
        reading = _postgresql(url, "REPEATABLE READ", only_query=True)
    except ModuleNotFoundError as error:
        raise OperatorError(
            "PostgreSQL needs a driver that is not installed: .venv/bin/python -m pip install 'psycopg[binary]'."
        ) from error
    return Engines(writing, reading, name)


class Hold:
    """Keeps every other site from a server's database until it is closed.

    The server lets go of it when it is stopped, so it is looked after whenever a writing connection had to be made anew. Raises
    OperatorError where the server cannot be reached or another site has the database.
    """

    def __init__(self, opened: Engines) -> None:
        self._opened = opened
        self._connection = _locked(opened)
        self._in_doubt = False
        event.listen(opened.writing, "connect", self._doubt)

    def confirm(self) -> None:
        """Before something is written: that the database is still this site's, or is again."""
        if not self._in_doubt:
            return
        try:
            self._connection.exec_driver_sql("SELECT 1")
        except SQLAlchemyError:  # it is gone, or was closed when another site had the database
            self._connection.close()
            self._connection = _locked(self._opened)
        self._in_doubt = False

    def close(self) -> None:
        self._connection.close()

    def _doubt(self, connection: object, record: object) -> None:
        self._in_doubt = True


def _locked(opened: Engines) -> Connection:
    """A connection that has the database as long as it is open. What a killed site held is free once the server has noticed."""
    apart = opened.writing.execution_options(isolation_level="AUTOCOMMIT")
    try:
        connection = apart.connect()
    except DBAPIError as error:
        raise OperatorError(
            f"The database {opened.name} cannot be reached ({reason(error)}): see that it runs, or {ADVICE}."
        ) from error
    connection.detach()  # else it would go back to the pool with its lock
    deadline = time.monotonic() + REACH_SECONDS
    while not connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({SITE})").scalar_one():
        if time.monotonic() > deadline:
            connection.close()
            raise OperatorError(f"Another Interleave is serving the database {opened.name}: stop it, or {ADVICE}.")
        time.sleep(0.05)
    if (encoding := connection.exec_driver_sql("SHOW server_encoding").scalar_one()) != "UTF8":
        connection.close()
        raise OperatorError(f"The database {opened.name} keeps text as {encoding}: make one with ENCODING 'UTF8'.")
    return connection


def reason(error: DBAPIError) -> str:
    """What the database said, in one line."""
    return " ".join(str(error.orig).split())


def _sqlite(path: Path, *, begin: str, only_query: bool = False) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}", connect_args={"check_same_thread": False, "timeout": BUSY_MILLISECONDS / 1000}
    )
    pragmas = [
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={BUSY_MILLISECONDS}",
        "foreign_keys=ON",
        "recursive_triggers=ON",  # INSERT OR REPLACE must not delete behind the triggers' back
        "trusted_schema=OFF",
        "secure_delete=ON",  # what a learner had deleted must not stay in the file's free pages
        *(["query_only=ON"] if only_query else []),
    ]

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgresql(url: URL, isolation: str, *, only_query: bool = False) -> Engine:
    engine = create_engine(
        url,
        isolation_level=isolation,
        pool_size=READERS + 1,
        pool_pre_ping=True,  # a server that was started again is none that is gone
        connect_args={"connect_timeout": REACH_SECONDS},
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.autocommit = True  # what is set within a transaction goes with it
        connection.execute("SET synchronous_commit = on")
        connection.execute(f"SET lock_timeout = {BUSY_MILLISECONDS}")
        connection.autocommit = False
        connection.read_only = only_query

    return engine


def _url(address: str) -> URL:
    try:
        url = make_url(address)
    except ArgumentError:
        url = None
    if url is None or url.drivername not in SCHEMES or not url.database:
        raise OperatorError(f"What --database (INTERLEAVE_DATABASE) says is no PostgreSQL database: {ADVICE}.")
    return url.set(drivername=SCHEMES[0])
