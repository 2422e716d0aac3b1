"""Sittings: a learner's attempts at a quiz over lessons: begin, answer, submit, and end what its time has ended.

The caller opens the transaction and gives the server's time, as in `attempts`; no other clock counts. Nothing is done by a timer:
an attempt whose time is over is ended by whoever looks next, as of its deadline, and once. What tells nothing before it is
submitted keeps its answers apart (`kept_answer`), so that there is no score, no mark and no card of them before that.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, insert, update
from sqlmodel import Session

from quiz import attempts, carrying, grades
from quiz.attempts import Conflict
from quiz.errors import QuizError
from quiz.items import Item, option_order
from quiz.models import Attempt, AttemptItem, KeptAnswer, Sitting, new_id, table
from quiz.pinning import open_attempt, version_seen
from quiz.quizzes import Pool, Quiz, draw
from quiz.responses import stored
from quiz.scoring import score
from quiz.seats import Seat, answers_of, kept_of_key, open_seats, seat
from quiz.standing import OpenItem
from quiz.versions import Version, version_id

RefusalCode = Literal["not-open", "none-left", "nothing-wrong", "time-over", "attempt-closed"]


class Refused(QuizError):
    """Nothing was changed. `not-open`: the quiz takes no attempt now. `none-left`: every attempt that is allowed was made.

    `nothing-wrong`: there is nothing to try again. `time-over`: the deadline and its grace have passed. `attempt-closed`: the form
    belongs to another attempt than the open one, or it was submitted.
    """

    def __init__(self, code: RefusalCode, quiz: str) -> None:
        self.code = code
        super().__init__(f"{quiz}: {code}")


@dataclass(frozen=True, slots=True)
class Kept:
    """That an answer was taken. `fresh` is false where an earlier request stored it."""

    seq: int
    fresh: bool


def start(
    session: Session,
    *,
    learner: str,
    course: str,
    quiz: Quiz,
    pool: Pool,
    seed: str,
    now: datetime,
    after: int,
    only_wrong: bool = False,
) -> int:
    """Begin the attempt after the one of that number (0: none), and give the number of the latest one: pressing twice begins one.

    With `only_wrong` it has the same items, those that were right with what was earned for them. Raises Refused.
    """
    connection = session.connection()
    last = seat(connection, learner=learner, course=course, quiz=quiz.name)
    number = last.number if last else 0
    if last is not None and (last.closed_at is None or number != after):
        return number
    if not quiz.is_open(now):
        raise Refused("not-open", quiz.slug)
    if quiz.attempts is not None and number >= quiz.attempts:
        raise Refused("none-left", quiz.slug)
    if only_wrong and (last is None or not carrying.has_wrong(connection, last.attempt_id, unanswered=True)):
        raise Refused("nothing-wrong", quiz.slug)
    number += 1
    attempt = open_attempt(connection, learner=learner, course=course, quiz=quiz.name, number=number, now=now)
    items, carried = draw(quiz, pool, seed=seed, attempt=number), frozenset[str]()
    if last is not None and only_wrong:
        carried = carrying.carry(connection, learner=learner, before=last.attempt_id, after=attempt, now=now)
        items = tuple(name for name in last.items if name in pool or name in carried)
    connection.execute(
        insert(_sittings),
        {"attempt_id": attempt, "learner_id": learner, "items": list(items), "deadline_at": quiz.deadline(now)},
    )
    open_items = [pool[name][1] for name in items if name not in carried]
    _pin(connection, open_items, attempt, learner=learner, course=course, seed=f"{seed}:{quiz.slug}:{number}", now=now)
    return number


def respond(
    session: Session,
    *,
    learner: str,
    course: str,
    quiz: Quiz,
    item: Item,
    given: Collection[str],
    seed: str,
    now: datetime,
    attempt: int,
    shown: str,
    seq: int,
    key: str | None = None,
) -> Kept:
    """Take an answer to an item of the open attempt; twice the same request is one. Whatever the item allows, it has one try here,
    and nobody is asked how sure they are.

    Raises Refused, and what `attempts.respond` raises: Conflict where the form is older than what is stored.
    """
    connection = session.connection()
    _open(connection, learner, course, quiz, now, attempt, item.id)
    if quiz.feedback == "at once":
        outcome = attempts.respond(
            session,
            learner=learner,
            course=course,
            quiz=quiz.name,
            item=item,
            given=given,
            seed=seed,
            now=now,
            key=key,
            seq=None if key else attempts.FIRST_SEQ,
            attempt=attempt,
            shown=shown,
            single=True,
            asks_certainty=False,
        )
        return Kept(attempts.FIRST_SEQ, outcome.fresh)
    return _keep(connection, learner, course, quiz, item, stored(item, given), now=now, shown=shown, seq=seq, key=key)


def open_hint(
    session: Session,
    *,
    learner: str,
    course: str,
    quiz: Quiz,
    item: Item,
    seed: str,
    now: datetime,
    attempt: int,
    number: int,
) -> int:
    """Open a hint of an item of the open attempt, as `attempts.open_hint` does. Raises Refused and Conflict."""
    connection = session.connection()
    _open(connection, learner, course, quiz, now, attempt, item.id)
    who = {"learner": learner, "course": course, "quiz": quiz.name}
    return attempts.open_hint(session, item=item, seed=seed, now=now, number=number, attempt=attempt, **who)


def submit(session: Session, *, learner: str, course: str, quiz: Quiz, now: datetime, attempt: int) -> bool:
    """End the attempt and let it count; false where that was done before. Raises Refused for another attempt than the latest."""
    connection = session.connection()
    last = seat(connection, learner=learner, course=course, quiz=quiz.name)
    if last is None or last.number != attempt:
        raise Refused("attempt-closed", quiz.slug)
    if last.closed_at is not None:
        return False
    _end(session, last, now=now)
    return True


def close_overdue(session: Session, *, course: str, now: datetime, learner: str | None = None) -> int:
    """End every attempt whose time and grace are over, of one learner or of all, and give how many there were."""
    late = [one for one in open_seats(session.connection(), course=course, learner=learner) if one.is_over(now)]
    for one in late:
        _end(session, one, now=now)
    return len(late)


def _open(
    connection: Connection, learner: str, course: str, quiz: Quiz, now: datetime, attempt: int, item: str
) -> Seat:
    """The open attempt, if it is this one, asks this item and has time left."""
    last = seat(connection, learner=learner, course=course, quiz=quiz.name)
    if last is not None and last.number == attempt and last.is_over(now):
        raise Refused("time-over", quiz.slug)
    if last is None or last.number != attempt or last.closed_at is not None or item not in last.items:
        raise Refused("attempt-closed", quiz.slug)
    return last


def _keep(
    connection: Connection,
    learner: str,
    course: str,
    quiz: Quiz,
    item: Item,
    value: tuple[str, ...],
    *,
    now: datetime,
    shown: str,
    seq: int,
    key: str | None,
) -> Kept:
    place = OpenItem.find(connection, learner, course, quiz.name, item)
    if key is not None and (before := kept_of_key(connection, learner=learner, key=key)) is not None:
        if (before.attempt_item_id, before.value) != (place.row.attempt_item_id, value):
            raise Conflict("key-reused", item.id, attempt=place.attempt, state=place.state)
        return Kept(before.seq, fresh=False)
    latest = answers_of(connection, place.row.attempt_id).get(item.id)
    standing = latest.seq if latest else 0
    if key is None and latest is not None and seq == standing and latest.value == value:
        return Kept(standing, fresh=False)
    version = version_seen(connection, place, shown)
    if seq != standing + 1 or version is None or (place.state is not None and place.state.outcome is not None):
        raise Conflict("out-of-date", item.id, attempt=place.attempt, state=place.state)
    score(version.item, value)  # what is no response to it is refused now, while its learner can mend it
    connection.execute(
        insert(_kept),
        {
            "id": new_id(),
            "learner_id": learner,
            "attempt_item_id": place.row.attempt_item_id,
            "item_version_id": version.id,
            "seq": seq,
            "key": key,
            "value": list(value),
            "kept_at": now,
        },
    )
    return Kept(seq, fresh=True)


def _end(session: Session, one: Seat, *, now: datetime) -> None:
    """Turn what was kept into responses, close the attempt as of its deadline at the latest, and keep the grade."""
    connection = session.connection()
    who = {"learner": one.learner, "course": one.course, "quiz": one.quiz}
    for kept in answers_of(connection, one.attempt_id).values():
        version = Version(kept.version_id, kept.version)
        attempts.respond_with_kept(session, version=version, value=kept.value, seed=kept.seed, at=kept.at, **who)
    ended = now if one.deadline is None else min(now, one.deadline)
    connection.execute(update(_attempts).where(_attempts.c.id == one.attempt_id).values(closed_at=ended))
    grades.keep(connection, **who)


def _pin(
    connection: Connection,
    items: Collection[Item],
    attempt: str,
    *,
    learner: str,
    course: str,
    seed: str,
    now: datetime,
) -> None:
    """Hold the items of an attempt to the texts that the course has now."""
    for item in items:
        connection.execute(
            insert(_attempt_items),
            {
                "id": new_id(),
                "learner_id": learner,
                "attempt_id": attempt,
                "item_id": item.id,
                "item_version_id": version_id(
                    connection, course=course, item_id=item.id, content_hash=item.content_hash
                ),
                "seed": seed,
                "option_order": list(option_order(item, seed)),
                "pinned_at": now,
            },
        )


_attempts = table(Attempt)
_attempt_items = table(AttemptItem)
_sittings = table(Sitting)
_kept = table(KeptAnswer)
