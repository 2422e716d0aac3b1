"""A PostgreSQL cluster for the tests that touch the database: one for each test process, in a folder of its own.

It listens on a socket in that folder and nowhere else, and ends with the process that started it, however that ends. Nothing of
it is kept, so it never waits for the disk. Debian's package is found where Debian puts it, any other by PATH.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from tests.processes import seconds_until

ADVICE = "no PostgreSQL server was found, so SQLite alone is tested: install Debian's package postgresql"
NAME = "interleave"
START_SECONDS = 60
UNKEPT = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
SIZE = {"shared_buffers": "32MB", "max_connections": "100"}
PR_SET_PDEATHSIG = 1


@cache
def programs() -> Path | None:
    """The folder with `initdb` and `postgres`, of the newest version that is installed."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4].split(".")[0])
    )
    found = shutil.which("postgres")
    candidates = [*reversed(debian), *([Path(found)] if found else [])]
    return next((path.parent for path in candidates if path.with_name("initdb").exists()), None)


@dataclass
class Cluster:
    socket: Path
    """The folder of its socket."""
    process: subprocess.Popen[bytes]
    _numbers: Iterator[int] = field(default_factory=count)
    _templates: dict[Callable[[str], object], str] = field(default_factory=dict)
    _free: dict[Callable[[str], object], list[str]] = field(default_factory=dict)

    def address(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://{NAME}@/{database}?host={self.socket}"

    def create(self, *, template: str = "template0") -> str:
        """A new database, empty or as the template is; its name."""
        name = f"{NAME}_{next(self._numbers)}"
        with self.connected() as connection:
            connection.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)))
        return name

    def connected(self, database: str = "postgres") -> psycopg.Connection:
        """Beside whatever the site does: each statement is a transaction."""
        return psycopg.connect(host=str(self.socket), user=NAME, dbname=database, autocommit=True)

    @contextmanager
    def lent(self, furnish: Callable[[str], object]) -> Iterator[str]:
        """The address of a database with the tables that `furnish` makes at an address, and no rows; the next one gets it empty."""
        free = self._free.setdefault(furnish, [])
        database = free.pop() if free else self._furnished(furnish)
        yield self.address(database)
        self._empty(database)
        free.append(database)

    def _furnished(self, furnish: Callable[[str], object]) -> str:
        if furnish not in self._templates:
            template = self._templates[furnish] = self.create()
            furnish(self.address(template))
        return self.create(template=self._templates[furnish])

    def _empty(self, database: str) -> None:
        with self.connected(database) as connection:
            connection.execute(
                "SET lock_timeout = '10s'"
            )  # a test that left a transaction open is told, not waited for
            connection.execute("SET session_replication_role = replica")  # past triggers and foreign keys
            tables = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
            )
            for (table,) in tables.fetchall():
                connection.execute(SQL("DELETE FROM {}").format(Identifier(table)))


@contextmanager
def running(bin: Path) -> Iterator[Cluster]:
    """The cluster, started; ended by its process id."""
    folder = Path(tempfile.mkdtemp(prefix="interleave-postgres-"))
    try:
        who = _whose(folder)
        made = [str(bin / "initdb"), "-D", str(folder / "data"), "-U", NAME, "-A", "trust", "-E", "UTF8", "--locale=C"]
        told = subprocess.run([*made, "--no-sync"], capture_output=True, text=True, cwd=folder, **who)
        assert told.returncode == 0, told.stderr
        settings = {"listen_addresses": "", "unix_socket_directories": str(folder), **UNKEPT, **SIZE}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [str(bin / "postgres"), "-D", str(folder / "data"), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                start_new_session=True,  # Ctrl-C is for the tests, which end it when they are through with it
                preexec_fn=_end_with_parent,
                **who,
            )
        try:
            _wait_until_it_answers(process, folder)
            yield Cluster(folder, process)
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: nothing is kept
            process.wait(START_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _whose(folder: Path) -> dict[str, Any]:
    """Who runs the server: PostgreSQL refuses root, so root hands the folder to another."""
    if os.geteuid() != 0:
        return {}
    known = {one.pw_name: one for one in pwd.getpwall()}
    owner = known.get("postgres") or known["nobody"]
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT, 0, 0, 0)


def _wait_until_it_answers(process: subprocess.Popen[bytes], folder: Path) -> None:
    def answers() -> bool:
        assert process.poll() is None, (folder / "log").read_text()
        try:
            psycopg.connect(host=str(folder), user=NAME, dbname="postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    assert seconds_until(answers, at_most=START_SECONDS) is not None, (folder / "log").read_text()
