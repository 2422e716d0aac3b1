"""Regrades: responses that an earlier key scored, brought to the present one by a policy, or taken back. The only writer of them.

The caller opens the transaction, as in `attempts`; a regrade is in it whole or not at all. It adds a score to every response that
it goes over, also where the score stays, so that what is still open is read from the scores alone. Only the policy `none` adds
none: a response that came before it is settled, and goes by the key that it answered.

A regrade is taken back by another one, the last one first, which gives every response what it had before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, exists, insert, select
from sqlmodel import Session

from quiz import grades
from quiz.errors import QuizError
from quiz.items import Item
from quiz.models import Regrade, Score, new_id, table
from quiz.offers import Done, done, holds, offer, regrades_where
from quiz.regrading import Policy
from quiz.scoring import RULES_REVISION

RefusalCode = Literal["key-reused", "out-of-date", "nothing-open", "not-the-last"]


class Refused(QuizError):
    """Nothing was changed: the form is older than what is stored.

    `key-reused`: the key stands for another request. `out-of-date`: the item has another version by now. `nothing-open`: no
    response is scored by an earlier key. `not-the-last`: it is taken back already, or a later one is to be taken back first.
    """

    def __init__(self, code: RefusalCode, item_id: str) -> None:
        self.code = code
        self.item_id = item_id
        super().__init__(f"{item_id}: {code}")


def regrade(
    session: Session,
    *,
    course: str,
    item: Item,
    policy: Policy,
    key: str,
    now: datetime,
    version: int,
    note: str = "",
    actor: str = "author",
) -> Done:
    """Do it once: the same request again gives what is stored. `version` is the number of the present one, as the preview had it.

    Raises Refused.
    """
    connection = session.connection()
    if (stored := _of_key(connection, course, item.id, key)) is not None:
        if (stored.policy, stored.note, stored.undoes) != (policy.value, note, None):
            raise Refused("key-reused", item.id)
        return stored
    standing = offer(session, course=course, item=item)
    if standing.version is None or standing.version.number != version:
        raise Refused("out-of-date", item.id)
    if not standing.rows:
        raise Refused("nothing-open", item.id)
    moves = standing.plan(policy)
    summary = {
        "responses": len(moves),
        "learners": len({move.row.learner for move in moves}),
        "up": sum(move.is_up for move in moves),
        "down": sum(move.is_down for move in moves),
    }
    now = _after(session, course, item.id, now, (move.row.at for move in moves))
    made = _add(connection, course, item.id, standing.version.id, policy.value, note, key, actor, summary, now)
    if policy is not Policy.NONE:
        _supersede(
            connection,
            made,
            now,
            [_score(move.row.score, move.row.response, move.row.learner, standing.version.id, move) for move in moves],
        )
    return _stored(connection, made)


def undo(
    session: Session, *, course: str, item_id: str, regrade_id: str, key: str, now: datetime, actor: str = "author"
) -> Done:
    """Take back the last regrade of the item that holds, once: its responses have again what they had before. Raises Refused."""
    connection = session.connection()
    if (stored := _of_key(connection, course, item_id, key)) is not None:
        if stored.undoes != regrade_id:
            raise Refused("key-reused", item_id)
        return stored
    last = next((one for one in reversed(done(session, course=course, item_id=item_id)) if holds(one)), None)
    if last is None or last.id != regrade_id:
        raise Refused("not-the-last", item_id)
    summary = {"responses": last.responses, "learners": last.learners, "up": last.down, "down": last.up}
    version = connection.execute(select(_regrades.c.to_version_id).where(_regrades.c.id == regrade_id)).scalar_one()
    before = connection.execute(_BEFORE, {"regrade": regrade_id}).all()
    now = _after(session, course, item_id, now)
    made = _add(connection, course, item_id, version, last.policy, "", key, actor, summary, now, undoes=regrade_id)
    _supersede(
        connection,
        made,
        now,
        [_score(row.current_id, row.response_id, row.learner_id, row.scored_version_id, row) for row in before],
    )
    return _stored(connection, made)


def _after(session: Session, course: str, item_id: str, now: datetime, given: Iterable[datetime] = ()) -> datetime:
    """When a regrade is done: later than the one before it and than what it goes over, whatever became of the clock since.

    Which responses a decision came after, and which correction is the last, is read from these times.
    """
    before = (one.at + timedelta.resolution for one in done(session, course=course, item_id=item_id))
    return max((now, *before, *given))


def _add(
    connection: Connection,
    course: str,
    item_id: str,
    version: str,
    policy: str,
    note: str,
    key: str,
    actor: str,
    summary: dict[str, int],
    now: datetime,
    *,
    undoes: str | None = None,
) -> str:
    made = new_id()
    numbers = connection.execute(
        select(_regrades.c.number).where(_regrades.c.course == course, _regrades.c.item_id == item_id)
    )
    connection.execute(
        insert(_regrades),
        {
            "id": made,
            "course": course,
            "item_id": item_id,
            "number": max(numbers.scalars(), default=0) + 1,
            "to_version_id": version,
            "policy": policy,
            "note": note,
            "undoes_id": undoes,
            "key": key,
            "actor": actor,
            "summary": summary,
            "created_at": now,
        },
    )
    return made


def _score(superseded: str, response: str, learner: str, version: str, told: Any) -> dict[str, Any]:
    """The row that follows a score; `told` has `fraction`, `penalty` and `outcome`."""
    return {
        "id": new_id(),
        "learner_id": learner,
        "response_id": response,
        "scored_version_id": version,
        "rules_revision": RULES_REVISION,
        "fraction": told.fraction,
        "penalty": told.penalty,
        "outcome": told.outcome,
        "reason": "regrade",
        "supersedes_id": superseded,
    }


def _supersede(connection: Connection, regrade_id: str, now: datetime, scores: Sequence[dict[str, Any]]) -> None:
    if scores:
        connection.execute(insert(_scores), [{**one, "regrade_id": regrade_id, "created_at": now} for one in scores])
        grades.keep_of(connection, (one["response_id"] for one in scores))


def _of_key(connection: Connection, course: str, item_id: str, key: str) -> Done | None:
    """What the key stands for. Raises Refused where that is of another item."""
    found = list(regrades_where(connection, _regrades.c.key == key))
    if not found:
        return None
    row = connection.execute(select(_regrades.c.course, _regrades.c.item_id).where(_regrades.c.key == key)).one()
    if tuple(row) != (course, item_id):
        raise Refused("key-reused", item_id)
    return found[0]


def _stored(connection: Connection, regrade_id: str) -> Done:
    return next(iter(regrades_where(connection, _regrades.c.id == regrade_id)))


_scores = table(Score)
_regrades = table(Regrade)
_later = _scores.alias("later")
_current = _scores.alias("current")
_before = _scores.alias("before")

_BEFORE = (
    select(
        _current.c.id.label("current_id"),
        _scores.c.response_id,
        _scores.c.learner_id,
        _before.c.scored_version_id,
        _before.c.fraction,
        _before.c.penalty,
        _before.c.outcome,
    )
    .select_from(
        _scores.join(_before, _before.c.id == _scores.c.supersedes_id).join(
            _current, _current.c.response_id == _scores.c.response_id
        )
    )
    .where(
        _scores.c.regrade_id == bindparam("regrade"),
        ~exists(select(_later.c.id).where(_later.c.supersedes_id == _current.c.id)),
    )
)
