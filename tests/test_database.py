"""The data folder: made on first start, migrated, held by one site, refused in one sentence where it cannot be used."""

from __future__ import annotations

import re
import resource
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel

from tests.processes import PROCESS_SECONDS
from webapp.database import FILE, Database
from webapp.models import Learner
from webapp.settings import OperatorError


def test_the_data_folder_is_made_and_its_schema_is_that_of_the_models(tmp_path: Path) -> None:
    database = Database(tmp_path / "new" / "data")
    with database.reading.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
    database.close()


def test_opening_again_finds_what_was_written(tmp_path: Path) -> None:
    learner = Learner(id="anna", seed="1", created_at=datetime(2026, 1, 1, tzinfo=UTC))
    database = Database(tmp_path)
    database.write_now(lambda session: session.add(learner))
    database.close()

    again = Database(tmp_path)
    found = again.read_now(lambda session: session.get_one(Learner, "anna"))
    again.close()
    assert found.created_at == datetime(2026, 1, 1, tzinfo=UTC)


def test_an_acknowledged_write_outlives_a_power_cut_and_readers_do_not_wait_for_writers(tmp_path: Path) -> None:
    database = Database(tmp_path)
    for engine in (database.writing, database.reading):
        with engine.connect() as connection:
            pragmas = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            }
        assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    database.close()


def test_a_writing_transaction_takes_its_place_when_it_begins(tmp_path: Path) -> None:
    database = Database(tmp_path)
    outsider = sqlite3.connect(tmp_path / FILE, timeout=0, isolation_level=None)
    with database.writing.begin(), pytest.raises(sqlite3.OperationalError, match="locked"):
        outsider.execute("BEGIN IMMEDIATE")
    outsider.close()
    database.close()


def test_the_reading_engine_refuses_to_write(tmp_path: Path) -> None:
    database = Database(tmp_path)
    with pytest.raises(OperationalError, match="readonly"):
        database.read_now(lambda session: session.execute(text("DELETE FROM learner")))
    database.close()


def test_a_folder_that_another_site_serves_is_refused(tmp_path: Path) -> None:
    database = Database(tmp_path)
    with pytest.raises(OperatorError, match=r"Another Interleave is serving .*: stop it, or give another folder"):
        Database(tmp_path)
    database.close()


@pytest.mark.parametrize("is_folder", [False, True])
def test_what_is_no_database_is_refused_in_one_sentence_and_left_alone(tmp_path: Path, is_folder: bool) -> None:
    path = tmp_path / FILE
    if is_folder:
        path.mkdir()
    else:
        path.write_bytes(b"no database" * 999)
    with pytest.raises(OperatorError, match=r"The database .*interleave\.db cannot be used \(.*\): see that it is"):
        Database(tmp_path)
    assert is_folder or path.read_bytes() == b"no database" * 999


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    Database(tmp_path).close()
    outsider = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    outsider.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(OperatorError, match=r"newer Interleave \(schema 9999\)"):
        Database(tmp_path)
    assert outsider.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999",)
    outsider.close()


def test_a_data_folder_that_is_a_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(OperatorError, match="cannot be written"):
        Database(tmp_path / "data")


def test_a_disk_that_is_full_when_the_questions_are_recorded_is_told_in_one_sentence(tmp_path: Path) -> None:
    Database(tmp_path / "data").close()
    room = 40 << 10  # for SQLite's index of the log, and not for the versions of all questions

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    lessons = Path(__file__).resolve().parents[1] / "lessons"
    told = subprocess.run(
        [sys.executable, "-m", "webapp", "serve", "--port", "0", "--data", tmp_path / "data", "--lessons", lessons],
        preexec_fn=fill,
        capture_output=True,
        text=True,
        timeout=PROCESS_SECONDS,
    )
    assert told.returncode == 1
    assert re.fullmatch(r"The database .* cannot be used \(.*\): see that .* its disk has room, .*\n", told.stderr), (
        told
    )
