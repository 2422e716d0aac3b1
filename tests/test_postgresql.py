"""What is PostgreSQL's own: the same schema and triggers as SQLite's, a database that cannot be used, two transactions at once.

That the quiz engine and the site do the same on both is said by their own tests, which run on both.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg.sql import SQL, Identifier
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlmodel import Session, SQLModel

from quiz.dialects import refusal
from quiz.triggers import TRIGGERS
from tests import postgres
from tests.builders import furnish_server
from tests.conftest import SMALL, migrated
from tests.postgres import Cluster
from tests.test_site import browser
from webapp import database, engines
from webapp.app import create_app
from webapp.database import TIMES, Database, transact
from webapp.models import Learner
from webapp.settings import OperatorError, Settings

pytestmark = pytest.mark.skipif(postgres.programs() is None, reason=postgres.ADVICE)
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def address(cluster: Cluster) -> Iterator[str]:
    with cluster.lent(migrated) as address:
        yield address


@pytest.fixture
def served(tmp_path: Path, address: str) -> Iterator[Database]:
    with closing(Database(tmp_path, address)) as served:
        yield served


def triggers(address: str) -> list[tuple[str, str]]:
    """Every trigger with what it does."""
    with closing(engines.of_server(address)) as opened, opened.reading.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT pg_get_triggerdef(pg_trigger.oid), prosrc FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid "
                "WHERE NOT tgisinternal ORDER BY tgname"
            )
        )
        return [(str(trigger), str(function)) for trigger, function in rows]


def test_the_migrations_make_the_schema_of_the_models(served: Database) -> None:
    with served.reading.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


def test_the_migrations_make_the_triggers_of_the_quiz(cluster: Cluster, address: str) -> None:
    with cluster.lent(furnish_server) as fresh:
        assert triggers(fresh) == triggers(address)
    assert len(triggers(address)) > len(TRIGGERS)


def test_what_refuses_a_delete_refuses_to_be_emptied(served: Database) -> None:
    for statement in TRIGGERS:
        if " BEFORE DELETE ON " in statement:
            table = statement.split()[6]
            with pytest.raises(IntegrityError, match=f"{table}: "), served.writing.begin() as connection:
                connection.exec_driver_sql(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("statement", ["CREATE TRIGGER odd AFTER UPDATE ON response BEGIN SELECT 1; END", "SELECT 1"])
def test_a_trigger_that_does_something_else_is_not_taken_for_a_refusal(statement: str) -> None:
    with pytest.raises(ValueError, match="no trigger that refuses"):
        refusal(statement, "postgresql")


def test_opening_again_finds_what_was_written(tmp_path: Path, address: str) -> None:
    with closing(Database(tmp_path, address)) as first:
        first.write_now(lambda session: session.add(Learner(id="anna", seed="1", created_at=NOW)))
    with closing(Database(tmp_path, address)) as again:
        assert again.read_now(lambda session: session.get_one(Learner, "anna")).created_at == NOW
    assert not (tmp_path / database.FILE).exists()


def test_a_writing_connection_waits_for_the_disk_and_a_reading_one_cannot_write(served: Database) -> None:
    told = {
        engine: [engine_says(engine, setting) for setting in ("synchronous_commit", "transaction_isolation")]
        for engine in (served.writing, served.reading)
    }
    assert told == {served.writing: ["on", "serializable"], served.reading: ["on", "repeatable read"]}
    with pytest.raises(DBAPIError, match="read-only transaction"):
        served.read_now(lambda session: session.execute(text("DELETE FROM learner")))


def engine_says(engine: Engine, setting: str) -> str:
    with engine.connect() as connection:
        return str(connection.exec_driver_sql(f"SHOW {setting}").scalar_one())


def test_a_database_that_another_site_serves_is_refused(
    tmp_path: Path, address: str, served: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "REACH_SECONDS", 0.1)
    with pytest.raises(OperatorError, match=r"Another Interleave is serving the database postgresql://.*: stop it, or"):
        Database(tmp_path / "other", address)


def test_a_database_that_was_let_go_of_is_served_by_the_next(tmp_path: Path, address: str) -> None:
    for folder in ("one", "two"):
        Database(tmp_path / folder, address).close()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path, cluster: Cluster) -> None:
    name = cluster.create()
    migrated(cluster.address(name))
    with cluster.connected(name) as outsider:
        outsider.execute("UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(OperatorError, match=r"newer Interleave \(schema 9999\)"):
            Database(tmp_path, cluster.address(name))
        assert outsider.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]


def test_a_database_of_something_else_is_refused_in_one_sentence_and_left_alone(
    tmp_path: Path, cluster: Cluster
) -> None:
    name = cluster.create()
    with cluster.connected(name) as outsider:
        outsider.execute("CREATE TABLE learner (name text)")
        with pytest.raises(
            OperatorError, match=r"cannot be used \(.*exists.*\): see that it is a database of Interleave's"
        ):
            Database(tmp_path, cluster.address(name))
        tables = outsider.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert tables == [("learner",)]


def test_text_that_is_kept_in_another_encoding_is_refused(tmp_path: Path, cluster: Cluster) -> None:
    name = f"latin_{secrets.token_hex(4)}"
    with cluster.connected() as outsider:
        outsider.execute(SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'LATIN1'").format(Identifier(name)))
    with pytest.raises(OperatorError, match="keeps text as LATIN1"):
        Database(tmp_path, cluster.address(name))


@pytest.mark.parametrize(
    "address", ["mysql://host/name", "sqlite:///file.db", "interleave.db", "postgresql://host", "::"]
)
def test_what_names_no_database_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(OperatorError, match="is no PostgreSQL database: give one as postgresql://user@host/name"):
        Database(tmp_path, address)


def test_a_server_that_is_not_there_is_told_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(OperatorError) as told:
        Database(tmp_path, f"postgresql://anna:secret@/course?host={tmp_path}")
    assert "cannot be reached (" in str(told.value) and "see that it runs" in str(told.value)
    assert "secret" not in str(told.value) and "\n" not in str(told.value)
    Database(tmp_path).close()  # and the folder is free


# Two at once


def test_a_transaction_that_another_came_in_between_of_is_done_again(served: Database) -> None:
    """Both count before either adds: as if one after another, the second one finds the first one's row."""
    gate = threading.Barrier(2)
    tried: list[int] = []

    def add(session: Session) -> int:
        found = session.connection().exec_driver_sql("SELECT count(*) FROM learner").scalar_one()
        tried.append(found)
        if len(tried) <= 2:
            gate.wait(60)
        session.add(Learner(id=secrets.token_hex(4), seed="1", created_at=NOW))
        return int(found)

    assert sorted(together(lambda: transact(served.writing, add), lambda: transact(served.writing, add))) == [0, 1]
    assert len(tried) >= 3


def test_what_comes_between_every_time_is_given_up(served: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LONGEST_PAUSE_SECONDS", 0)
    learner: dict[str, Any] = {"id": "anna", "seed": "1", "created_at": NOW}
    served.write_now(lambda session: session.add(Learner(**learner)))
    times = []

    def add(session: Session) -> None:
        times.append(1)
        session.add(Learner(**learner))

    with pytest.raises(IntegrityError):
        served.write_now(add)
    assert len(times) == TIMES


def test_a_mistake_is_not_repeated(served: Database) -> None:
    times = []

    def ask(session: Session) -> None:
        times.append(1)
        session.execute(text("SELECT nothing FROM nowhere"))

    with pytest.raises(ProgrammingError):
        served.write_now(ask)
    assert len(times) == 1


def together(*calls: Callable[[], int]) -> list[int]:
    results: list[int] = []
    threads = [threading.Thread(target=lambda call=call: results.append(call())) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_server_that_is_stopped_is_told_in_a_sentence_and_found_again(
    tmp_path: Path, cluster: Cluster, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    name = make_url(address).database or ""
    app = create_app(Settings(data=tmp_path, database=address, lessons=SMALL, watch=False))
    with browser(app) as client, cluster.connected() as beside:
        assert client.get("/progress").status_code == 200
        beside.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(Identifier(name)))
        try:
            beside.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            answers = [client.get("/progress"), client.post("/theme", data={"theme": "dark"}), client.get("/progress")]
        finally:
            beside.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(Identifier(name)))
        after = client.get("/progress")

    told = answers[-1]
    assert told.status_code == 503 and told.headers["retry-after"]
    assert "The database cannot be used at this moment" in told.text
    assert all(answer.status_code != 500 for answer in answers) and after.status_code == 200
    logged = [record for record in caplog.records if "not currently accepting connections" in record.getMessage()]
    assert logged and not any(record.exc_info for record in logged)


def test_a_site_whose_server_was_started_again_keeps_others_out_as_before(
    tmp_path: Path, cluster: Cluster, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "REACH_SECONDS", 0.1)

    def restart() -> None:
        with cluster.connected() as beside:
            beside.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [make_url(address).database],
            )

    with closing(Database(tmp_path / "one", address)) as one:
        restart()
        one.write_now(lambda session: session.connection().execute(text("SELECT 1")).scalar_one())
        with pytest.raises(OperatorError, match="Another Interleave is serving"):
            Database(tmp_path / "other", address)
        restart()
        with (
            closing(Database(tmp_path / "other", address)),
            pytest.raises(OperatorError, match="Another Interleave is serving"),
        ):
            one.write_now(lambda session: pytest.fail("it is another site's"))
        one.write_now(lambda session: session.connection())
