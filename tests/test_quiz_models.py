"""What the database itself refuses, whoever asks: rows are only added, and times keep their zone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel import Session, select

from quiz import attempts, versions
from quiz.models import LEARNERS_TABLES, Attempt, Erasure, ItemVersion, Response, Review
from quiz.triggers import TRIGGERS
from tests.builders import TABLES, make_item

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ITEM = make_item(hints=("Look.",))
OF_LEARNERS = (
    "attempt",
    "attempt_item",
    "hint_opening",
    "giving_up",
    "response",
    "score",
    "prediction",
    "observation",
    "review",
    "report",
    "reason",
    "sitting",
    "kept_answer",
    "carry",
)
DERIVED = ("grade_entry",)
"""Made anew from the others, so that it may change."""
OF_NOBODY = ("item_version", "regrade")


@pytest.fixture
def engine(quiz_databases: Callable[[], Engine]) -> Engine:
    """A database in which lena and omar have each opened a hint, responded and reviewed."""
    engine = quiz_databases()
    with Session(engine) as session, session.begin():
        versions.record_items(session, "loops", "tasks", [ITEM], now=NOW)
        for learner in ("lena", "omar"):
            who: dict[str, Any] = {
                "learner": learner,
                "course": "loops",
                "quiz": "tasks",
                "item": ITEM,
                "seed": "s",
                "now": NOW,
            }
            attempts.open_hint(session, **who)
            attempts.respond(session, given=frozenset("b"), key="k1", **who)
            session.add(
                Review(
                    learner_id=learner,
                    course="loops",
                    item_id=ITEM.id,
                    asked_item_id=ITEM.id,
                    day=NOW.date(),
                    rating=3,
                    card="{}",
                    due_at=NOW,
                    reviewed_at=NOW,
                )
            )
    execute(
        engine,
        "INSERT INTO prediction SELECT id, learner_id, '{}', '{}', '' FROM response",
        "INSERT INTO observation SELECT id, learner_id, '{}', '[]', NULL, NULL, received_at FROM response",
        "INSERT INTO giving_up SELECT id, learner_id, pinned_at FROM attempt_item",
        "INSERT INTO reason SELECT id, learner_id, 'So.', received_at FROM response",
        "INSERT INTO report SELECT id, learner_id, 'loops', 'who-waits', item_version_id, '[]', 'Odd.', received_at FROM response",
        "INSERT INTO sitting SELECT id, learner_id, '[]', NULL FROM attempt",
        "INSERT INTO kept_answer SELECT id, learner_id, attempt_item_id, item_version_id, 1, key, value, received_at FROM response",
        "INSERT INTO carry SELECT id, learner_id, id FROM response",
        "INSERT INTO regrade SELECT id, course, item_id, 1, id, 'none', '', NULL, 'k1', 'author', '{}', created_at "
        "FROM item_version",
    )
    return engine


def execute(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def refused(engine: Engine, *statements: str) -> str:
    with pytest.raises(IntegrityError) as refusal:
        execute(engine, *statements)
    return str(refusal.value.orig).partition("\n")[0]


def test_every_table_of_learners_is_guarded() -> None:
    assert sorted(str(model.__tablename__) for model in LEARNERS_TABLES) == sorted((*OF_LEARNERS, *DERIVED))
    for table in (*OF_LEARNERS, *OF_NOBODY):
        for event in ("UPDATE", "DELETE"):
            assert any(f"BEFORE {event} ON {table} " in statement for statement in TRIGGERS)


@pytest.mark.parametrize("table", [*OF_LEARNERS, *OF_NOBODY])
def test_every_column_refuses_to_be_changed(engine: Engine, table: str) -> None:
    for column in inspect(engine).get_columns(table):
        if (table, column["name"]) == ("attempt", "closed_at"):
            continue
        message = refused(engine, f"UPDATE {table} SET {column['name']} = {column['name']}")
        assert message.startswith(f"{table}: ")


@pytest.mark.parametrize("table", [*OF_LEARNERS, *OF_NOBODY])
def test_no_row_can_be_deleted(engine: Engine, table: str) -> None:
    assert "deleted" in refused(engine, f"DELETE FROM {table}")


@pytest.mark.parametrize("table", OF_LEARNERS)
def test_a_listed_learner_opens_no_way_to_the_rows_of_others(engine: Engine, table: str) -> None:
    listing = "INSERT INTO erasure VALUES ('lena', '2026-03-01 12:00:00')"

    message = refused(engine, listing, f"DELETE FROM {table} WHERE learner_id = 'omar'")

    assert message == f"{table}: rows are deleted only with their learner"


@pytest.mark.parametrize("quiz_databases", ["sqlite"], indirect=True)
def test_rows_are_not_replaced_where_the_connection_asks_triggers_about_it(engine: Engine) -> None:
    replacing = "INSERT OR REPLACE INTO response SELECT * FROM response"
    with engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA recursive_triggers=ON")
        with pytest.raises(IntegrityError):
            connection.exec_driver_sql(replacing)


def test_an_attempt_is_closed_once_and_never_reopened(engine: Engine) -> None:
    execute(engine, "UPDATE attempt SET closed_at = '2026-03-01 13:00:00' WHERE learner_id = 'lena'")

    for value in ("NULL", "'2026-03-01 14:00:00'", "closed_at"):
        message = refused(engine, f"UPDATE attempt SET closed_at = {value} WHERE learner_id = 'lena'")
        assert message == "attempt: an attempt can only be closed"


def test_closing_an_attempt_changes_nothing_else_in_it(engine: Engine) -> None:
    for change in ("number = 9", "learner_id = 'omar2'", "quiz = 'locks'", "opened_at = '2020-01-01 00:00:00'"):
        closing = f"UPDATE attempt SET closed_at = '2026-03-01 13:00:00', {change}"
        refused(engine, f"{closing} WHERE learner_id = 'lena'")


def test_a_learner_has_one_open_attempt_at_a_quiz(engine: Engine) -> None:
    with pytest.raises(IntegrityError, match="(?i)unique"), Session(engine) as session, session.begin():
        session.add(Attempt(learner_id="lena", course="loops", quiz="tasks", number=2, opened_at=NOW))


@pytest.mark.parametrize("change", [{"key": "k2"}, {"seq": 2}])
def test_a_key_and_a_sequence_number_are_taken_once(engine: Engine, change: dict[str, object]) -> None:
    with Session(engine) as session:
        stored = session.exec(select(Response).where(Response.learner_id == "lena")).one()
        fields = {**stored.model_dump(exclude={"id"}), **change}

    with pytest.raises(IntegrityError, match="(?i)unique"), Session(engine) as session, session.begin():
        session.add(Response(**fields))


def test_a_card_is_reviewed_once_a_day(engine: Engine) -> None:
    with pytest.raises(IntegrityError, match="(?i)unique"):
        execute(
            engine,
            "INSERT INTO review SELECT 'another', learner_id, course, item_id, asked_item_id, day, rating, card, due_at, "
            "reviewed_at FROM review WHERE learner_id = 'lena'",
        )


def test_a_response_has_one_first_score(engine: Engine) -> None:
    with pytest.raises(IntegrityError, match="(?i)unique"):
        execute(
            engine,
            "INSERT INTO score SELECT 'another', learner_id, response_id, scored_version_id, rules_revision, fraction, penalty, "
            "outcome, reason, supersedes_id, regrade_id, created_at FROM score WHERE learner_id = 'lena'",
        )


def test_no_table_points_out_of_the_quiz(engine: Engine) -> None:
    inspector = inspect(engine)

    targets = {key["referred_table"] for table in TABLES for key in inspector.get_foreign_keys(table)}

    assert targets <= set(TABLES)
    assert "learner" not in targets


def test_ids_are_text_of_their_own_unless_given() -> None:
    made = [Attempt(learner_id="lena", course="c", quiz="q", number=1, opened_at=NOW) for _ in range(2)]
    given = Attempt(id="mine", learner_id="lena", course="c", quiz="q", number=1, opened_at=NOW)

    assert len({made[0].id, made[1].id}) == 2
    assert all(len(attempt.id) == 36 for attempt in made)
    assert given.id == "mine"


def test_times_are_kept_in_utc_and_come_back_aware(engine: Engine) -> None:
    east = datetime(2026, 3, 1, 14, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    with Session(engine) as session, session.begin():
        session.add(Erasure(learner_id="zoe", begun_at=east))

    with Session(engine) as session:
        back = session.get_one(Erasure, "zoe").begun_at
        raw = session.connection().execute(text("SELECT begun_at FROM erasure WHERE learner_id = 'zoe'")).scalar_one()

    assert back == east
    assert back.tzinfo is UTC
    assert raw == ("2026-03-01 12:00:00.123456" if engine.dialect.name == "sqlite" else east)


def test_a_time_without_its_zone_is_refused(engine: Engine) -> None:
    with pytest.raises(StatementError, match="without its zone"), Session(engine) as session, session.begin():
        session.add(Erasure(learner_id="zoe", begun_at=NOW.replace(tzinfo=None)))


def test_a_recorded_version_holds_its_hashes_and_its_whole_text(engine: Engine) -> None:
    with Session(engine) as session:
        version = session.exec(select(ItemVersion)).one()

    assert (version.course, version.lesson, version.item_id, version.version) == ("loops", "tasks", ITEM.id, 1)
    assert (version.shown_hash, version.key_hash, version.content_hash) == (
        ITEM.shown_hash,
        ITEM.key_hash,
        ITEM.content_hash,
    )
    assert version.body == ITEM.to_json()


SUCCESSOR = (
    "INSERT INTO score SELECT 'another', learner_id, response_id, scored_version_id, rules_revision, fraction, penalty, outcome, "
    "'regrade', {supersedes}, {regrade}, created_at FROM score WHERE learner_id = '{learner}'"
)
OF_LENA = "(SELECT id FROM score WHERE learner_id = 'lena')"
A_REGRADE = "(SELECT id FROM regrade)"


@pytest.mark.parametrize(
    ("learner", "supersedes", "regrade"),
    [
        ("lena", OF_LENA, "NULL"),
        ("lena", "NULL", A_REGRADE),
        ("omar", OF_LENA, A_REGRADE),
        ("lena", "'none'", A_REGRADE),
    ],
)
def test_only_a_regrade_adds_a_score_and_only_after_one_of_the_same_response(
    engine: Engine, learner: str, supersedes: str, regrade: str
) -> None:
    told = refused(engine, SUCCESSOR.format(learner=learner, supersedes=supersedes, regrade=regrade))
    assert told == "score: a regrade adds it after the score of the same response"
    execute(engine, SUCCESSOR.format(learner="lena", supersedes=OF_LENA, regrade=A_REGRADE))


def test_a_score_is_superseded_once(engine: Engine) -> None:
    one = SUCCESSOR.format(learner="lena", supersedes=OF_LENA, regrade=A_REGRADE)
    execute(engine, one)
    first = OF_LENA.replace(")", " AND supersedes_id IS NULL)")
    again = SUCCESSOR.format(learner="lena", supersedes=first, regrade=A_REGRADE) + " AND supersedes_id IS NULL"
    assert "unique" in refused(engine, again.replace("'another'", "'a third'")).lower()


def test_the_triggers_are_single_statements(tmp_path: Path) -> None:
    assert all(sqlite3.complete_statement(f"{statement};") for statement in TRIGGERS)
    assert len({statement.split()[2] for statement in TRIGGERS}) == len(TRIGGERS)
