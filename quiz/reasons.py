"""Reasons: why learners chose what they chose, asked of a sample after a wrong first response.

The caller opens the transaction. Who is asked follows from the learner's seed and the item, so that a page says the same each time.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, select
from sqlmodel import Session

from quiz.dialects import add_once
from quiz.items import Item
from quiz.models import Attempt, AttemptItem, Reason, Response, Score, table
from quiz.reports import words
from quiz.standing import FIRST_ATTEMPT
from quiz.tries import FIRST_SEQ

LONGEST = 300
ONE_IN = 4
LEAST_TO_SHOW = 5
"""Of one option: fewer would tell who they are of."""


def is_asked(seed: str, item_id: str) -> bool:
    """Whether a learner is one of those who are asked about an item: one in four."""
    return hashlib.sha256(f"why\0{seed}\0{item_id}".encode()).digest()[0] % ONE_IN == 0


def is_open(session: Session, *, learner: str, course: str, quiz: str, item: Item) -> bool:
    """Whether the learner's first response to the item was wrong and they have said nothing about it."""
    row = _first(session, learner, course, quiz, item)
    return row is not None and row.outcome == "wrong" and row.text is None


def give(session: Session, *, learner: str, course: str, quiz: str, item: Item, text: str, now: datetime) -> bool:
    """Store why they chose it; False where there is nothing to be said, or it was said already. Raises NothingWritten."""
    written = words(text, LONGEST)
    row = _first(session, learner, course, quiz, item)
    if row is None or row.outcome != "wrong":
        return False
    reason = {"response_id": row.id, "learner_id": learner, "text": written, "given_at": now}
    return add_once(session.connection(), _reasons, reason)


def by_option(session: Session, *, course: str, item_id: str) -> dict[str, tuple[str, ...]]:
    """By option that was chosen, what was said, the newest first; nothing of an option that fewer than five spoke of."""
    found: dict[str, list[str]] = {}
    for row in session.connection().execute(_GIVEN, {"course": course, "item": item_id}):
        for option in row.value:
            found.setdefault(option, []).append(row.text)
    return {option: tuple(told) for option, told in found.items() if len(told) >= LEAST_TO_SHOW}


def _first(session: Session, learner: str, course: str, quiz: str, item: Item) -> Row[Any] | None:
    """The learner's first response, with the outcome that it had at once."""
    which = {"learner": learner, "course": course, "quiz": quiz, "item": item.id}
    return session.connection().execute(_FIRST, which).first()


_attempts = table(Attempt)
_attempt_items = table(AttemptItem)
_responses = table(Response)
_scores = table(Score)
_reasons = table(Reason)

_FIRST: Select[Any] = (
    select(_responses.c.id, _scores.c.outcome, _reasons.c.text)
    .select_from(
        _attempts.join(_attempt_items, _attempt_items.c.attempt_id == _attempts.c.id)
        .join(_responses, _responses.c.attempt_item_id == _attempt_items.c.id)
        .join(_scores, _scores.c.response_id == _responses.c.id)
        .outerjoin(_reasons, _reasons.c.response_id == _responses.c.id)
    )
    .where(
        _attempts.c.learner_id == bindparam("learner"),
        _attempts.c.course == bindparam("course"),
        _attempts.c.quiz == bindparam("quiz"),
        _attempts.c.number == FIRST_ATTEMPT,
        _attempt_items.c.item_id == bindparam("item"),
        _responses.c.seq == FIRST_SEQ,
        _scores.c.supersedes_id.is_(None),
    )
)
_GIVEN = (
    select(_responses.c.value, _reasons.c.text)
    .select_from(
        _reasons.join(_responses, _responses.c.id == _reasons.c.response_id)
        .join(_attempt_items, _attempt_items.c.id == _responses.c.attempt_item_id)
        .join(_attempts, _attempts.c.id == _attempt_items.c.attempt_id)
    )
    .where(_attempts.c.course == bindparam("course"), _attempt_items.c.item_id == bindparam("item"))
    .order_by(_reasons.c.given_at.desc(), _reasons.c.response_id)
)
