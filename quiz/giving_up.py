"""Giving up: a learner who has tried an item asks for its answer instead of trying again. What was earned by then stays.

The caller opens the transaction, as in `attempts`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert
from sqlmodel import Session

from quiz.attempts import Conflict
from quiz.items import Item
from quiz.models import GivingUp, table
from quiz.standing import OpenItem


def give_up(
    session: Session, *, learner: str, course: str, quiz: str, item: Item, now: datetime, attempt: int | None = None
) -> None:
    """Store it once; where the answer is told already, nothing changes.

    Raises Conflict where nothing was tried yet, as `respond` does for a form of another attempt, and UnrecordedItem.
    """
    connection = session.connection()
    place = OpenItem.find(connection, learner, course, quiz, item)
    if attempt not in (None, place.attempt):
        raise Conflict("attempt-closed", item.id, attempt=place.attempt, state=place.state)
    if not place.tries.all:
        raise Conflict("out-of-date", item.id, attempt=place.attempt, state=place.state)
    if place.tries.settled:
        return
    connection.execute(
        insert(table(GivingUp)),
        {"attempt_item_id": place.row.attempt_item_id, "learner_id": learner, "given_up_at": now},
    )
