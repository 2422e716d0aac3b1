"""Standing: what a learner has before them in an attempt, and what it has earned.

It reads and never writes. An attempt is opened by the first thing that a learner does in it; before that its number
is 1 and no row says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, and_, bindparam, case, exists, func, select
from sqlmodel import Session

from quiz.corrections import Correction, corrected, corrections
from quiz.errors import UnrecordedItem
from quiz.items import Correctness, Item, option_order
from quiz.models import Attempt, AttemptItem, HintOpening, ItemVersion, Response, Score, table
from quiz.tries import FIRST_SEQ, Tries, Try, best_response, goes_on, mark_of, tries_of

FIRST_ATTEMPT = 1


@dataclass(frozen=True, slots=True)
class ItemState:
    """What a learner has before them for one item of their attempt. `outcome` is None until they are through with it: until they
    responded, and had no other try, or took none."""

    option_order: tuple[str, ...]
    value: tuple[str, ...]
    """The last response as it is stored (see `responses`); empty before it."""
    fraction: float
    """What was earned so far: the best try, its penalty taken off."""
    outcome: Correctness | None
    hints_used: int
    content_hash: str
    """Of the version that was answered, else of the pinned one. Never leaves the server."""
    shown_hash: str
    answered_at: datetime | None
    correction: Correction | None = None
    """What a regrade made of it; told by `states` alone."""
    tries: Tries = field(default_factory=Tries)

    @property
    def chosen(self) -> frozenset[str]:
        return frozenset(self.value)


@dataclass(frozen=True, slots=True)
class QuizState:
    """A learner's latest attempt at a quiz, with a state for each item that they have done something with."""

    attempt: int
    items: Mapping[str, ItemState]


def states(session: Session, *, learner: str, course: str, quiz: str) -> QuizState:
    """The learner's latest attempt at the quiz; attempt 1 with no items where they have done nothing yet."""
    connection = session.connection()
    rows = connection.execute(_STATES, {"learner": learner, "course": course, "quiz": quiz}).all()
    number = rows[0].number if rows else FIRST_ATTEMPT
    several = tries_of(connection, [row.attempt_item_id for row in rows if goes_on(row)])
    found = {row.item_id: _state(row, several.get(row.attempt_item_id)) for row in rows if row.item_id is not None}
    regraded = {one.response: item for item, state in found.items() for one in state.tries.all if one.is_regraded}
    told = corrections(connection, tuple(regraded))
    for item in dict.fromkeys(regraded.values()):
        found[item] = replace(found[item], correction=corrected(found[item].tries.all, told))
    return QuizState(number, found)


def points(session: Session, *, learner: str, course: str) -> dict[str, tuple[float, int]]:
    """By quiz, in the latest attempt: points earned and items answered. A quiz without a response is left out."""
    statement = _current_scores(
        _attempts.c.quiz, func.sum(mark_of(_scores) * _versions.c.points), func.count(_responses.c.id)
    ).group_by(_attempts.c.quiz)
    rows = session.connection().execute(statement, {"learner": learner, "course": course})
    return {quiz: (earned, count) for quiz, earned, count in rows}


def answered(session: Session, *, learner: str, course: str) -> dict[str, dict[str, float]]:
    """By quiz and item, in the latest attempt: the share of its points that each answered item earned."""
    statement = _current_scores(_attempts.c.quiz, _attempt_items.c.item_id, mark_of(_scores))
    fractions: dict[str, dict[str, float]] = {}
    for quiz, item_id, fraction in session.connection().execute(statement, {"learner": learner, "course": course}):
        fractions.setdefault(quiz, {})[item_id] = fraction
    return fractions


def attempts_of(session: Session, *, learner: str, course: str) -> list[tuple[str, int]]:
    """Quiz and number of each latest attempt."""
    statement = select(_attempts.c.quiz, func.max(_attempts.c.number)).where(_of_learner).group_by(_attempts.c.quiz)
    rows = session.connection().execute(statement, {"learner": learner, "course": course})
    return [(quiz, number) for quiz, number in rows]


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An item of a learner's open attempt as it is stored, before anything is written."""

    learner: str
    course: str
    quiz: str
    item: Item
    row: Row[Any]
    state: ItemState | None
    """None where nothing was done with the item in this attempt."""

    @classmethod
    def find(cls, connection: Connection, learner: str, course: str, quiz: str, item: Item) -> OpenItem:
        """Raises UnrecordedItem."""
        row = connection.execute(
            _OPEN_ITEM,
            {
                "learner": learner,
                "course": course,
                "quiz": quiz,
                "item": item.id,
                "content_hash": item.content_hash,
            },
        ).first()
        if row is None:
            raise UnrecordedItem(course, item.id)
        several = tries_of(connection, [row.attempt_item_id] if goes_on(row) else []).get(row.attempt_item_id)
        state = None if row.attempt_item_id is None else _state(row, several)
        return cls(learner, course, quiz, item, row, state)

    @property
    def tries(self) -> Tries:
        return Tries() if self.state is None else self.state.tries

    @property
    def attempt(self) -> int:
        """The number of the open attempt, or of the one that a response would open."""
        number: int | None = self.row.number
        return (self.row.latest or 0) + 1 if number is None else number


@dataclass(frozen=True, slots=True)
class KeyedResponse:
    """The stored response to which the client gave a key, wherever it belongs."""

    course: str
    quiz: str
    item_id: str
    attempt: int
    value: tuple[str, ...]
    certainty: int | None
    state: ItemState
    """Of its item as it stands now."""


def response_of_key(connection: Connection, *, learner: str, key: str) -> KeyedResponse | None:
    row = connection.execute(_BY_KEY, {"learner": learner, "key": key}).first()
    if row is None:
        return None
    several = tries_of(connection, [row.attempt_item_id] if row.seq > FIRST_SEQ or goes_on(row) else [])
    state = _state(row, several.get(row.attempt_item_id))
    return KeyedResponse(row.course, row.quiz, row.item_id, row.number, tuple(row.value), row.certainty, state)


def latest_attempt(connection: Connection, *, learner: str, course: str, quiz: str) -> Row[Any] | None:
    """Its `id`, `number`, `opened_at` and `closed_at`, and whether it is `begun`: whether anything was done with an item of it."""
    return connection.execute(_LATEST, {"learner": learner, "course": course, "quiz": quiz}).first()


def _state(row: Row[Any], several: Tries | None = None) -> ItemState:
    """`several`: all tries, where the first one left others to be made."""
    tries = several or Tries((Try.of(row),) if row.response_id is not None else ())
    if not tries.all:
        return ItemState(
            tuple(row.option_order), (), 0.0, None, row.hints_opened, row.pinned_content, row.pinned_shown, None
        )
    state = state_of(tries, tuple(row.option_order), row.seed)
    return state if tries.settled else replace(state, hints_used=row.hints_opened)


def state_of(tries: Tries, order: tuple[str, ...], seed: str) -> ItemState:
    """`order`: of the version that the item is pinned to; a try at a later one brings that version's text along."""
    last = tries.last
    return ItemState(
        option_order=option_order(Item.from_json(last.later_body), seed) if last.later_body is not None else order,
        value=last.value,
        fraction=tries.best.mark,
        outcome=last.outcome if tries.settled else None,
        hints_used=last.hints_used,
        content_hash=last.content_hash,
        shown_hash=last.shown_hash,
        answered_at=last.at,
        tries=tries,
    )


_versions = table(ItemVersion)
_attempts = table(Attempt)
_attempt_items = table(AttemptItem)
_hints = table(HintOpening)
_responses = table(Response)
_scores = table(Score)

_current = _versions.alias("current")
_pinned = _versions.alias("pinned")
_answered = _versions.alias("answered")
_later_attempt = _attempts.alias("later_attempt")
_later_score = _scores.alias("later_score")

_of_learner = and_(_attempts.c.learner_id == bindparam("learner"), _attempts.c.course == bindparam("course"))
_of_quiz = and_(_of_learner, _attempts.c.quiz == bindparam("quiz"))
_is_latest = ~exists(
    select(_later_attempt.c.id).where(
        _later_attempt.c.learner_id == _attempts.c.learner_id,
        _later_attempt.c.course == _attempts.c.course,
        _later_attempt.c.quiz == _attempts.c.quiz,
        _later_attempt.c.number > _attempts.c.number,
    )
)
_first_response = and_(_responses.c.attempt_item_id == _attempt_items.c.id, _responses.c.seq == FIRST_SEQ)
"""What was given at first: of a measured item the one that counts, of the others the first of their tries."""
_scores_response = and_(
    _scores.c.response_id == _responses.c.id,
    ~exists(select(_later_score.c.id).where(_later_score.c.supersedes_id == _scores.c.id)),
)
_hints_opened = select(func.count(_hints.c.id)).where(_hints.c.attempt_item_id == _attempt_items.c.id).scalar_subquery()
_latest_number = (
    select(func.max(_later_attempt.c.number))
    .where(
        _later_attempt.c.learner_id == bindparam("learner"),
        _later_attempt.c.course == bindparam("course"),
        _later_attempt.c.quiz == bindparam("quiz"),
    )
    .scalar_subquery()
)

_STATE_COLUMNS: tuple[ColumnElement[Any], ...] = (
    _attempts.c.id.label("attempt_id"),
    _attempts.c.number,
    _attempts.c.course,
    _attempts.c.quiz,
    _attempt_items.c.id.label("attempt_item_id"),
    _attempt_items.c.item_id,
    _attempt_items.c.seed,
    _attempt_items.c.option_order,
    _pinned.c.id.label("pinned_id"),
    _pinned.c.content_hash.label("pinned_content"),
    _pinned.c.shown_hash.label("pinned_shown"),
    _responses.c.id.label("response_id"),
    _responses.c.seq,
    _responses.c.value,
    _responses.c.hints_used,
    _responses.c.settles,
    _responses.c.certainty,
    _responses.c.received_at,
    _answered.c.content_hash.label("answered_content"),
    _answered.c.shown_hash.label("answered_shown"),
    case((_answered.c.id != _pinned.c.id, _answered.c.body)).label("later_body"),
    _scores.c.fraction,
    _scores.c.penalty,
    _scores.c.outcome,
    _scores.c.regrade_id,
    _hints_opened.label("hints_opened"),
)


def _with_items(source: FromClause, *, only: ColumnElement[bool] | None = None) -> FromClause:
    """Attempts with their items, responses and current scores, where there are any."""
    of_attempt = _attempt_items.c.attempt_id == _attempts.c.id
    return (
        source.outerjoin(_attempt_items, of_attempt if only is None else and_(of_attempt, only))
        .outerjoin(_pinned, _pinned.c.id == _attempt_items.c.item_version_id)
        .outerjoin(_responses, _first_response)
        .outerjoin(_answered, _answered.c.id == _responses.c.item_version_id)
        .outerjoin(_scores, _scores_response)
    )


def _current_scores(*columns: ColumnElement[Any]) -> Select[Any]:
    return (
        select(*columns)
        .select_from(_attempts)
        .join(_attempt_items, _attempt_items.c.attempt_id == _attempts.c.id)
        .join(_responses, _responses.c.id == best_response(_attempt_items))
        .join(_scores, _scores_response)
        .join(_versions, _versions.c.id == _scores.c.scored_version_id)
        .where(_of_learner, _is_latest)
    )


_OPEN_ITEM: Select[Any] = (
    select(
        *_STATE_COLUMNS,
        _current.c.id.label("current_id"),
        _latest_number.label("latest"),
        case((_pinned.c.id != _current.c.id, _pinned.c.body)).label("pinned_body"),
    )
    .select_from(
        _with_items(
            _current.outerjoin(_attempts, and_(_of_quiz, _attempts.c.closed_at.is_(None))),
            only=_attempt_items.c.item_id == bindparam("item"),
        )
    )
    .where(
        _current.c.course == bindparam("course"),
        _current.c.item_id == bindparam("item"),
        _current.c.content_hash == bindparam("content_hash"),
    )
)
_BY_KEY: Select[Any] = (
    select(*_STATE_COLUMNS)
    .select_from(
        _responses.join(_attempt_items, _attempt_items.c.id == _responses.c.attempt_item_id)
        .join(_attempts, _attempts.c.id == _attempt_items.c.attempt_id)
        .join(_pinned, _pinned.c.id == _attempt_items.c.item_version_id)
        .join(_answered, _answered.c.id == _responses.c.item_version_id)
        .outerjoin(_scores, _scores_response)
    )
    .where(_responses.c.learner_id == bindparam("learner"), _responses.c.key == bindparam("key"))
)
_STATES: Select[Any] = select(*_STATE_COLUMNS).select_from(_with_items(_attempts)).where(_of_quiz, _is_latest)
_LATEST = select(
    _attempts.c.id,
    _attempts.c.number,
    _attempts.c.opened_at,
    _attempts.c.closed_at,
    exists(select(_attempt_items.c.id).where(_attempt_items.c.attempt_id == _attempts.c.id)).label("begun"),
).where(_of_quiz, _is_latest)
