"""Attempts at a quiz: respond, open a hint, start over, erase.

Plain values in and out. The caller opens the transaction and gives time (`now`) and chance (`seed`); a function here
neither commits nor rolls back. On SQLite the transaction is `BEGIN IMMEDIATE`, so that of two racing requests the
second one finds the first one's rows. Where transactions may overlap, the unique constraints refuse the second one,
and repeating it is safe.

What does not fit what is stored is refused here, as a Conflict, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, delete, insert, update
from sqlmodel import Session

from quiz import grades
from quiz.errors import QuizError, SameAgain
from quiz.items import Item
from quiz.models import LEARNERS_TABLES, Attempt, Erasure, HintOpening, new_id, table
from quiz.pinning import open_attempt, pin, version_seen
from quiz.responses import stored
from quiz.standing import FIRST_ATTEMPT, ItemState, OpenItem, latest_attempt, response_of_key, state_of
from quiz.taking import add, scored
from quiz.tries import FIRST_SEQ, Tries
from quiz.versions import Version

__all__ = ["FIRST_SEQ", "Conflict", "Outcome", "erase", "open_hint", "respond", "start_over"]

ConflictCode = Literal["key-reused", "answered", "attempt-closed", "out-of-date"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A stored response. `fresh` is false where an earlier request stored it."""

    attempt: int
    state: ItemState
    fresh: bool


class Conflict(QuizError):
    """The response was not taken: something else is stored, or the form is older than what is stored. Nothing changed.

    `key-reused`: the key stands for another response. `answered`: this attempt has this response already, or takes no other.
    `attempt-closed`: the form belongs to another attempt than the open one. `out-of-date`: the form shows a text that
    is not to be answered.
    """

    def __init__(
        self,
        code: ConflictCode,
        item_id: str,
        *,
        attempt: int,
        state: ItemState | None,
    ) -> None:
        self.code = code
        self.item_id = item_id
        self.attempt = attempt
        """The number of the attempt that `state` belongs to."""
        self.state = state
        """What is stored; None where nothing was done with the item yet."""
        super().__init__(f"{item_id}: {code}")


def respond(
    session: Session,
    *,
    learner: str,
    course: str,
    quiz: str,
    item: Item,
    given: Collection[str],
    seed: str,
    now: datetime,
    key: str | None = None,
    seq: int | None = None,
    attempt: int | None = None,
    hints_used: int = 0,
    shown: str | None = None,
    certainty: int | None = None,
    single: bool = False,
    asks_certainty: bool = True,
) -> Outcome:
    """Score what was given and store it, once: the same request again gives the stored outcome, `fresh` being false.

    `key` is the client's name for this intent; without one, `seq` (1 for the first try of an attempt) is. `certainty`
    counts at the first try, where the item asks for it and the form has it (`asks_certainty`). `single`: one try, whatever the
    item allows.
    `attempt` and `shown` are what the form was made for: the attempt's number and the `shown_hash` of its text. The
    version that the learner saw is the one that is scored, even if the course has a newer one. At most nine
    statements, one more where the form shows an older text, and one more at another try; three of them keep the grade,
    one where the quiz has no rule.

    Raises Conflict, ResponseError where this is no response to the item or the one before it again, and UnrecordedItem.
    """
    value = stored(item, given)
    connection = session.connection()
    if key is not None and (before := response_of_key(connection, learner=learner, key=key)):
        here = (before.course, before.quiz, before.item_id) == (course, quiz, item.id)
        if not here or before.value != value or (certainty is not None and before.certainty not in (None, certainty)):
            raise Conflict("key-reused", item.id, attempt=before.attempt, state=before.state if here else None)
        return Outcome(before.attempt, before.state, fresh=False)
    place = OpenItem.find(connection, learner, course, quiz, item)
    _refuse_other_attempt(place, attempt)
    if place.state is not None and (known := _stored(place, value, key=key, seq=seq)):
        return Outcome(place.attempt, known, fresh=False)
    version = version_seen(connection, place, shown)
    if version is None or seq not in (None, place.tries.next_seq):
        raise _conflict("out-of-date", place)
    if place.tries.all and place.tries.last.value == value:
        raise SameAgain(item.id)
    state = _take(
        connection,
        place,
        version,
        value,
        seed=seed,
        now=now,
        single=single,
        key=key,
        hints_used=hints_used,
        certainty=certainty,
        asks_certainty=asks_certainty,
    )
    grades.keep(connection, learner=learner, course=course, quiz=quiz)
    return Outcome(place.attempt, state, fresh=True)


def respond_with_kept(
    session: Session,
    *,
    learner: str,
    course: str,
    quiz: str,
    version: Version,
    value: tuple[str, ...],
    seed: str,
    at: datetime,
) -> ItemState:
    """Score what was kept until the attempt was submitted, by the version that it was given to. `value` is as `stored` has it.

    The grade is the caller's to keep.
    """
    connection = session.connection()
    place = OpenItem.find(connection, learner, course, quiz, version.item)
    return _take(connection, place, version, value, seed=seed, now=at, single=True, asks_certainty=False)


def open_hint(
    session: Session,
    *,
    learner: str,
    course: str,
    quiz: str,
    item: Item,
    seed: str,
    now: datetime,
    number: int | None = None,
    attempt: int | None = None,
    shown: str | None = None,
) -> int:
    """Record that one more hint was opened, and give how many are open now; beyond the last one nothing changes.

    `number`, from 1, is the hint that the form asked for: where it is open already, the request came twice, and where the one
    before it is not, the form is outdated. Raises Conflict after the response, and as `respond` does for an outdated form.
    """
    connection = session.connection()
    place = OpenItem.find(connection, learner, course, quiz, item)
    _refuse_other_attempt(place, attempt)
    if place.state is not None and place.state.outcome is not None:
        raise _conflict("answered", place)
    version = version_seen(connection, place, shown)
    if version is None:
        raise _conflict("out-of-date", place)
    opened: int = place.row.hints_opened
    if opened >= len(version.item.hints) or (number is not None and number <= opened):
        return opened
    if number is not None and number > opened + 1:
        raise _conflict("out-of-date", place)
    pinned = pin(connection, place, version, seed=seed, now=now)
    connection.execute(
        insert(_hints),
        {
            "id": new_id(),
            "learner_id": learner,
            "attempt_item_id": pinned.attempt_item_id,
            "number": opened + 1,
            "opened_at": now,
        },
    )
    return opened + 1


def start_over(
    session: Session, *, learner: str, course: str, quiz: str, now: datetime, attempt: int | None = None
) -> int:
    """Close the open attempt, open the next one and give its number. Deletes nothing.

    An attempt in which nothing was done yet stays open, and so does one that is not the `attempt` to be closed:
    pressing twice starts over once.
    """
    connection = session.connection()
    row = latest_attempt(connection, learner=learner, course=course, quiz=quiz)
    if row is None:
        return FIRST_ATTEMPT
    number: int = row.number
    if row.closed_at is None:
        if not row.begun or attempt not in (None, number):
            return number
        connection.execute(update(_attempts).where(_attempts.c.id == row.id).values(closed_at=now))
    open_attempt(connection, learner=learner, course=course, quiz=quiz, number=number + 1, now=now)
    grades.keep(connection, learner=learner, course=course, quiz=quiz)
    return number + 1


def erase(session: Session, *, learner: str, now: datetime) -> None:
    """Forget the learner: every row of theirs in the quiz engine is gone when the transaction is."""
    connection = session.connection()
    connection.execute(insert(_erasures), {"learner_id": learner, "begun_at": now})
    for model in LEARNERS_TABLES:
        rows = table(model)
        connection.execute(delete(rows).where(rows.c.learner_id == learner))
    connection.execute(delete(_erasures).where(_erasures.c.learner_id == learner))


def _conflict(code: ConflictCode, place: OpenItem) -> Conflict:
    return Conflict(code, place.item.id, attempt=place.attempt, state=place.state)


def _refuse_other_attempt(place: OpenItem, attempt: int | None) -> None:
    if attempt not in (None, place.attempt):
        raise _conflict("attempt-closed", place)


def _take(
    connection: Connection,
    place: OpenItem,
    version: Version,
    value: tuple[str, ...],
    *,
    seed: str,
    now: datetime,
    single: bool,
    asks_certainty: bool,
    key: str | None = None,
    hints_used: int = 0,
    certainty: int | None = None,
) -> ItemState:
    """Store the next try, and give what stands then."""
    tried = scored(
        place,
        version,
        value,
        now=now,
        hints_used=hints_used,
        certainty=certainty,
        single=single,
        asks_certainty=asks_certainty,
    )
    pinned = pin(connection, place, version, seed=seed, now=now)
    add(connection, place.learner, pinned, version, tried, key)
    return state_of(Tries((*place.tries.all, tried)), pinned.option_order, seed)


def _stored(place: OpenItem, value: tuple[str, ...], *, key: str | None, seq: int | None) -> ItemState | None:
    """The state of a response that was stored before by its place; None where there is room for another. Raises Conflict."""
    tries = place.tries
    before = tries.all[seq - 1] if seq is not None and seq < tries.next_seq else None
    if before is not None and key is None and before.value == value:
        return place.state
    if before is not None or tries.settled:
        raise _conflict("answered", place)
    return None


_attempts = table(Attempt)
_hints = table(HintOpening)
_erasures = table(Erasure)
