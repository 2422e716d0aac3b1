"""Open the database: one engine that writes, one that reads, and the migrations that make their tables.

Writers stand in line in one thread of their own, so that neither the event loop nor a reader ever waits for the disk. What was
acknowledged outlives a power cut: `synchronous=FULL` on SQLite, `synchronous_commit` on PostgreSQL.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError, DBAPIError, SQLAlchemyError
from sqlmodel import Session

from webapp import engines
from webapp.engines import READERS
from webapp.settings import OperatorError

Result = TypeVar("Result")

FILE = "interleave.db"
LOCK = "lock"
READY_SECONDS = 1.0
TIMES = 25
"""How often a transaction is begun before it is given up."""
FIRST_PAUSE_SECONDS = 0.002
LONGEST_PAUSE_SECONDS = 0.2
CAME_BETWEEN = frozenset({"40001", "40P01", "23505", "23503"})
"""What PostgreSQL says to a transaction that another one came in between of: it could not be serialized, both waited for each
other, or a row is there already that was not when it looked, or no longer there. SQLite lets no two write at once.
"""


class Database:
    """The data folder, held open, and the database: a file in it, or the one at a PostgreSQL `address`.

    Raises OperatorError where one of them cannot be used.
    """

    def __init__(self, folder: Path, address: str = "") -> None:
        self.folder = folder
        self._address = address
        self._held: list[IO[str] | engines.Hold] = [_hold(folder)]
        try:
            self._engines = engines.of_server(address) if address else engines.of_file(folder / FILE)
            if address:
                self._held.append(engines.Hold(self._engines))
        except OperatorError:
            self._held[0].close()
            raise
        self.writing, self.reading = self._engines.writing, self._engines.reading
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        try:
            with self.starting():
                migrate(self.writing, self._engines.name)
        except OperatorError:
            self.close()
            raise

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Around what is done with the database before the site serves: OperatorError where that fails."""
        try:
            yield
        except DatabaseError as error:
            raise OperatorError(
                f"The database {self._engines.name} cannot be used ({engines.reason(error)}): see that it is a database of "
                f"Interleave's and that {'its user may make tables' if self._address else 'its disk has room'}, "
                f"or give another {'with --database' if self._address else 'folder with --data'}."
            ) from error

    async def write(self, work: Callable[[Session], Result]) -> Result:
        """Do the work in one transaction in the writers' thread; it is committed before this returns, or not at all."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, self.write_now, work)

    async def read(self, work: Callable[[Session], Result]) -> Result:
        """Do the work on a connection that cannot write, in a readers' thread."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, work)

    def write_now(self, work: Callable[[Session], Result]) -> Result:
        """Raises OperatorError where the database has become another site's."""

        def held(session: Session) -> Result:
            session.connection()  # reaches the server, so that whether it was started again is known
            for one in self._held:
                if isinstance(one, engines.Hold):
                    one.confirm()
            return work(session)

        return transact(self.writing, held if self._address else work)

    def read_now(self, work: Callable[[Session], Result]) -> Result:
        with Session(self.reading, expire_on_commit=False) as session, session.begin():
            return work(session)

    async def ready(self) -> bool:
        """Whether a writing transaction can be had within a second."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self.write(lambda session: session.connection())
        except (TimeoutError, OSError, SQLAlchemyError):
            return False
        return True

    def close(self) -> None:
        self._writer.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self._engines.close()
        for held in reversed(self._held):
            held.close()


def transact(engine: Engine, work: Callable[[Session], Result]) -> Result:
    """Do the work in one transaction, from the start again where another one came in between: it changes rows and nothing else."""
    for tried in range(1, TIMES + 1):
        try:
            with Session(engine, expire_on_commit=False) as session, session.begin():
                return work(session)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in CAME_BETWEEN or tried == TIMES:
                raise
        pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**tried)
        time.sleep(random.uniform(0, pause))  # noqa: S311  # apart, so that they do not meet again
    raise AssertionError("the last time returns or raises")


def migrate(engine: Engine, name: str) -> None:
    """Bring the tables to this version's schema. Raises OperatorError for a database of a newer version."""
    config = _migrations()
    script = ScriptDirectory.from_config(config)
    with engine.begin() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and current not in {revision.revision for revision in script.walk_revisions()}:
            raise OperatorError(
                f"The database {name} was made by a newer Interleave (schema {current}): "
                "install that version again, or give another with --data or --database."
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def newest_schema() -> str:
    """What this version's migrations lead to."""
    return str(ScriptDirectory.from_config(_migrations()).get_current_head())


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _hold(folder: Path) -> IO[str]:
    """Make the folder where it is missing, and keep others from serving it at the same time."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("w")
    except OSError as error:
        raise OperatorError(
            f"The data folder {folder} cannot be written ({_reason(error)}): "
            "give another with --data, or change its permissions."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise OperatorError(
            f"Another Interleave is serving the data folder {folder}: stop it, or give another folder with --data."
        ) from error
    if not os.access(folder, os.W_OK):
        lock.close()
        raise OperatorError(f"The data folder {folder} cannot be written: give another with --data.")
    return lock


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
