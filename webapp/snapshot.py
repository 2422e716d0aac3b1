"""The database of a site, read by a process that does not serve it: as it was at one moment, while the site goes on writing.

Nothing is written, no table is migrated, and nobody waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session

from webapp import engines
from webapp.database import FILE, newest_schema
from webapp.engines import Engines
from webapp.settings import OperatorError


@contextmanager
def snapshot(folder: Path, address: str = "") -> Iterator[Session]:
    """Of the file in the data folder, or of the PostgreSQL database at `address`.

    Raises OperatorError where there is no database that this version can read.
    """
    opened = engines.of_server(address) if address else _of_folder(folder)
    advice = "--database" if address else "--data"
    try:
        with Session(opened.reading) as session, session.begin():
            _require_schema(opened, MigrationContext.configure(session.connection()).get_current_revision())
            yield session
    except DatabaseError as error:
        raise OperatorError(
            f"The database {opened.name} cannot be read ({engines.reason(error)}): give another with {advice}."
        ) from error
    finally:
        opened.close()


def _of_folder(folder: Path) -> Engines:
    path = folder / FILE
    if not path.is_file():
        raise OperatorError(f"There is no database in {folder}: give the data folder of a site with --data.")
    return engines.of_file(path)


def _require_schema(opened: Engines, current: str | None) -> None:
    if current == newest_schema():
        return
    raise OperatorError(
        f"The database {opened.name} has schema {current or 'none'} and this Interleave reads {newest_schema()}: "
        "read it with the version that serves it, or serve it once with this one."
    )
