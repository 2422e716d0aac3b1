"""Statements: what a learner said of how sure they were, as rows for `certainty`. It reads and never writes.

The first try of a first attempt counts, and every review: whoever has been shown the key is sure for another reason.
"""

from __future__ import annotations

from sqlalchemy import and_, bindparam, exists, or_, select
from sqlmodel import Session

from quiz.cards import REVIEW_QUIZ
from quiz.certainty import Stated
from quiz.models import Attempt, AttemptItem, Response, Score, table
from quiz.standing import FIRST_ATTEMPT
from quiz.tries import FIRST_SEQ


def stated(session: Session, *, learner: str, course: str) -> tuple[Stated, ...]:
    """In the order of time, each by the score that counts now."""
    rows = session.connection().execute(_STATED, {"learner": learner, "course": course})
    return tuple(Stated(row.certainty, row.fraction, row.outcome == "right") for row in rows)


_attempts = table(Attempt)
_attempt_items = table(AttemptItem)
_responses = table(Response)
_scores = table(Score)
_later = _scores.alias("later")

_STATED = (
    select(_responses.c.certainty, _scores.c.fraction, _scores.c.outcome)
    .select_from(
        _attempts.join(_attempt_items, _attempt_items.c.attempt_id == _attempts.c.id)
        .join(_responses, _responses.c.attempt_item_id == _attempt_items.c.id)
        .join(_scores, _scores.c.response_id == _responses.c.id)
    )
    .where(
        _attempts.c.learner_id == bindparam("learner"),
        _attempts.c.course == bindparam("course"),
        and_(_responses.c.certainty.is_not(None), _responses.c.seq == FIRST_SEQ),
        or_(_attempts.c.number == FIRST_ATTEMPT, _attempts.c.quiz == REVIEW_QUIZ),
        ~exists(select(_later.c.id).where(_later.c.supersedes_id == _scores.c.id)),
    )
    .order_by(_responses.c.received_at, _responses.c.id)
)
