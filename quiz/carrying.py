"""Carrying over: a next attempt in which only what was not right is open, and the rest stands as it was earned.

What is carried is the response with its version, its order of options and the whole history of its score, so that a later regrade,
or one that is taken back, means the same in both attempts. It adds rows and reads nothing of a key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, and_, bindparam, exists, func, insert, or_, select, update
from sqlmodel import Session

from quiz import grades
from quiz.models import (
    Attempt,
    AttemptItem,
    Carry,
    Observation,
    Prediction,
    Response,
    Score,
    new_id,
    table,
)
from quiz.pinning import open_attempt
from quiz.standing import FIRST_ATTEMPT, latest_attempt


def retry(session: Session, *, learner: str, course: str, quiz: str, now: datetime, attempt: int | None = None) -> int:
    """Close the open attempt, open the next one with everything that was right, and give its number.

    An attempt in which no response is wrong stays open, and so does one that is not the `attempt` to be closed: pressing twice does
    it once.
    """
    connection = session.connection()
    row = latest_attempt(connection, learner=learner, course=course, quiz=quiz)
    if row is None:
        return FIRST_ATTEMPT
    number: int = row.number
    if attempt not in (None, number) or row.closed_at is not None or not has_wrong(connection, row.id):
        return number
    connection.execute(update(_attempts).where(_attempts.c.id == row.id).values(closed_at=now))
    opened = open_attempt(connection, learner=learner, course=course, quiz=quiz, number=number + 1, now=now)
    carry(connection, learner=learner, before=row.id, after=opened, now=now)
    grades.keep(connection, learner=learner, course=course, quiz=quiz)
    return number + 1


def has_wrong(connection: Connection, attempt_id: str, *, unanswered: bool = False) -> bool:
    """Whether a response of the attempt is not right and can be tried again; or an item of it that has none."""
    statement = _WRONG if unanswered else _WRONG.where(_was_answered)
    return connection.execute(statement, {"attempt": attempt_id}).first() is not None


def wrong(session: Session, *, learner: str, course: str) -> dict[str, int]:
    """By quiz, how many responses of the open attempt are not right and can be tried again; nothing of a quiz without one."""
    rows = session.connection().execute(_WRONG_BY_QUIZ, {"learner": learner, "course": course})
    return {row.quiz: row.wrong for row in rows}


def carry(connection: Connection, *, learner: str, before: str, after: str, now: datetime) -> frozenset[str]:
    """Put what was right in one attempt into another one, and give its items.

    A prediction is carried whatever became of it: its run was seen.
    """
    found = connection.execute(_RIGHT, {"attempt": before}).all()
    for row in found:
        _carry_item(connection, row, learner, after, now)
    return frozenset(row.item_id for row in found)


def origins(session: Session, *, learner: str, course: str, quiz: str) -> dict[str, int]:
    """By item of the latest attempt, the number of the attempt that its response was given in, where that is an earlier one."""
    connection = session.connection()
    row = latest_attempt(connection, learner=learner, course=course, quiz=quiz)
    if row is None:
        return {}
    return {found.item_id: found.number for found in connection.execute(_ORIGINS, {"attempt": row.id})}


def _carry_item(connection: Connection, row: Row[Any], learner: str, after: str, now: datetime) -> None:
    pinned = {**row._mapping, "id": new_id(), "attempt_id": after, "pinned_at": now}
    connection.execute(insert(_attempt_items), pinned)
    responses = connection.execute(_RESPONSES, {"attempt_item": row.id}).all()
    for response in responses:
        copy = new_id()
        given = {**response._mapping, "id": copy, "attempt_item_id": pinned["id"], "key": None}
        given.pop("origin")
        connection.execute(insert(_responses), given)
        for told in (_predictions, _observations):
            _copy(connection, told, response.id, copy)
        _carry_scores(connection, response.id, copy)
        origin = response.origin or response.id
        connection.execute(insert(_carries), {"response_id": copy, "learner_id": learner, "from_response_id": origin})


def _copy(connection: Connection, rows: Table, response: str, copy: str) -> None:
    row = connection.execute(select(rows).where(rows.c.response_id == response)).first()
    if row is not None:
        connection.execute(insert(rows), {**row._mapping, "response_id": copy})


def _carry_scores(connection: Connection, response: str, copy: str) -> None:
    """The first score, then each after the one that it supersedes."""
    scores = connection.execute(select(_scores).where(_scores.c.response_id == response)).all()
    after: Mapping[str | None, Row[Any]] = {score.supersedes_id: score for score in scores}
    before: str | None = None
    for score in _in_order(after):
        made = new_id()
        connection.execute(
            insert(_scores), {**score._mapping, "id": made, "response_id": copy, "supersedes_id": before}
        )
        before = made


def _in_order(after: Mapping[str | None, Row[Any]]) -> Iterable[Row[Any]]:
    score = after.get(None)
    while score is not None:
        yield score
        score = after.get(score.id)


_attempts = table(Attempt)
_attempt_items = table(AttemptItem)
_responses = table(Response)
_scores = table(Score)
_later = _scores.alias("later_score")
_carries = table(Carry)
_predictions = table(Prediction)
_observations = table(Observation)
_origins = _responses.alias("origins")
_first_items = _attempt_items.alias("first_items")

_current_score = exists(
    select(_scores.c.id)
    .join(_responses, _responses.c.id == _scores.c.response_id)
    .where(
        _responses.c.attempt_item_id == _attempt_items.c.id,
        _scores.c.outcome == "right",
        ~exists(select(_later.c.id).where(_later.c.supersedes_id == _scores.c.id)),
    )
)
_was_predicted = exists(
    select(_predictions.c.response_id)
    .join(_responses, _responses.c.id == _predictions.c.response_id)
    .where(_responses.c.attempt_item_id == _attempt_items.c.id)
)
_was_answered = exists(select(_responses.c.id).where(_responses.c.attempt_item_id == _attempt_items.c.id))
_is_of_attempt = _attempt_items.c.attempt_id == bindparam("attempt")

_RIGHT = select(_attempt_items).where(_is_of_attempt, or_(_current_score, _was_predicted)).order_by(_attempt_items.c.id)
_WRONG = select(_attempt_items.c.id).where(_is_of_attempt, ~_current_score, ~_was_predicted).limit(1)
_WRONG_BY_QUIZ = (
    select(_attempts.c.quiz, func.count(_attempt_items.c.id).label("wrong"))
    .select_from(_attempts.join(_attempt_items, _attempt_items.c.attempt_id == _attempts.c.id))
    .where(
        _attempts.c.learner_id == bindparam("learner"),
        _attempts.c.course == bindparam("course"),
        and_(_attempts.c.closed_at.is_(None), _was_answered, ~_current_score, ~_was_predicted),
    )
    .group_by(_attempts.c.quiz)
)
_RESPONSES = (
    select(_responses, _carries.c.from_response_id.label("origin"))
    .select_from(_responses.outerjoin(_carries, _carries.c.response_id == _responses.c.id))
    .where(_responses.c.attempt_item_id == bindparam("attempt_item"))
    .order_by(_responses.c.seq)
)
_ORIGINS = (
    select(_attempt_items.c.item_id, _attempts.c.number)
    .select_from(
        _attempt_items.join(_responses, _responses.c.attempt_item_id == _attempt_items.c.id)
        .join(_carries, _carries.c.response_id == _responses.c.id)
        .join(_origins, _origins.c.id == _carries.c.from_response_id)
        .join(_first_items, _first_items.c.id == _origins.c.attempt_item_id)
        .join(_attempts, _attempts.c.id == _first_items.c.attempt_id)
    )
    .where(_is_of_attempt)
)
