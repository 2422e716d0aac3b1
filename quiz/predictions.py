"""Predictions: responses that are given before their run, and scored when it has been. The measured item's side of `attempts`.

The first prediction of an attempt counts; those after it are practice with other settings, each a response of its own. A response
has no score until `observe` adds it, and none at all where its note says why it does not count. Nothing is known here of what
makes a prediction come too late: whoever knows the runs refuses it before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, insert, select
from sqlmodel import Session

from quiz import fitting, grades
from quiz.attempts import Conflict
from quiz.errors import NoNumber, NoOrder, ToldNothing
from quiz.items import Item
from quiz.measured import Measured, Observed, Predicted
from quiz.misconceptions import Sighting
from quiz.models import (
    Attempt,
    AttemptItem,
    Carry,
    ItemVersion,
    Observation,
    Prediction,
    Response,
    Score,
    new_id,
    table,
)
from quiz.pinning import pin, version_seen
from quiz.scoring import RULES_REVISION, score
from quiz.standing import OpenItem

LARGEST = 1e6
"""No run shows a larger number, and a larger one is a slip of the hand."""

Note = Literal["", "skipped", "after-seeing"]


@dataclass(frozen=True, slots=True)
class Commitment:
    """A prediction as it is stored. `observed` is empty until its run has ended."""

    response: str
    quiz: str
    item: str
    attempt: int
    seq: int
    value: tuple[str, ...]
    version: Item
    """The text that was answered."""
    setting: Mapping[str, Any]
    numbers: Mapping[str, float]
    note: Note
    observed: Mapping[str, Observed] = field(default_factory=dict)
    runs: tuple[str, ...] = ()
    fits: str | None = None
    shows: str | None = None

    @property
    def asked(self) -> Measured:
        assert self.version.measured is not None  # noqa: S101  # `commit` takes no other item
        return self.version.measured

    @property
    def predicted(self) -> Predicted:
        if self.note == "skipped":
            return Predicted(numbers=self.numbers)
        if self.asked.is_order:
            return Predicted(order=self.value, numbers=self.numbers)
        return Predicted(float(self.value[0]), numbers=self.numbers)

    @property
    def waits(self) -> bool:
        """Whether its run is still to come."""
        return self.note != "skipped" and not self.observed


def value_of(item: Item, number: str | None, order: Sequence[str]) -> tuple[str, ...]:
    """A prediction as it is stored, from what a form gave. Raises NoNumber or NoOrder."""
    asked = item.measured
    if asked is not None and asked.is_order:
        if sorted(order) != sorted(asked.variants):
            raise NoOrder(item.id)
        return tuple(order)
    try:
        value = float((number or "").strip().replace(",", "."))
    except ValueError:
        raise NoNumber(item.id) from None
    if not 0 < value <= LARGEST:
        raise NoNumber(item.id)
    return (f"{value:.6g}",)


def commit(
    session: Session,
    *,
    learner: str,
    course: str,
    quiz: str,
    item: Item,
    value: tuple[str, ...],
    setting: Mapping[str, Any],
    numbers: Mapping[str, float],
    note: Note,
    seed: str,
    now: datetime,
    seq: int,
    key: str | None = None,
    attempt: int | None = None,
    shown: str | None = None,
) -> Commitment:
    """Store a prediction, once: the same request again gives what is stored. `value` is empty where it is skipped.

    `seq` is its number within the attempt, from 1. Raises Conflict and UnrecordedItem, as `attempts.respond` does.
    """
    connection = session.connection()
    if key is not None and (stored := _of_key(connection, learner, key)) is not None:
        if (stored.quiz, stored.item, stored.value) != (quiz, item.id, value):
            raise Conflict("key-reused", item.id, attempt=stored.attempt, state=None)
        return stored
    place = OpenItem.find(connection, learner, course, quiz, item)
    if attempt not in (None, place.attempt):
        raise Conflict("attempt-closed", item.id, attempt=place.attempt, state=place.state)
    before = [one for one in of_quiz(session, learner=learner, course=course, quiz=quiz) if one.item == item.id]
    before = [one for one in before if one.attempt == place.attempt]
    if seq <= len(before):
        if key is None and before[seq - 1].value == value:
            return before[seq - 1]
        raise Conflict("answered", item.id, attempt=place.attempt, state=place.state)
    version = version_seen(connection, place, shown)
    if version is None or seq != len(before) + 1 or (before and before[-1].waits):
        raise Conflict("out-of-date", item.id, attempt=place.attempt, state=place.state)
    pinned = pin(connection, place, version, seed=seed, now=now)
    response = new_id()
    connection.execute(
        insert(_responses),
        {
            "id": response,
            "learner_id": learner,
            "attempt_item_id": pinned.attempt_item_id,
            "item_version_id": version.id,
            "seq": seq,
            "key": key,
            "value": list(value),
            "hints_used": place.row.hints_opened,
            "received_at": now,
        },
    )
    kept = {"setting": dict(setting), "numbers": dict(numbers), "note": note}
    connection.execute(insert(_predictions), {"response_id": response, "learner_id": learner, **kept})
    return Commitment(response, quiz, item.id, place.attempt, seq, value, version.item, setting, numbers, note)


def observe(
    session: Session,
    commitment: Commitment,
    observed: Mapping[str, Observed],
    *,
    learner: str,
    runs: Sequence[str],
    now: datetime,
) -> None:
    """Store what the runs showed, and the score of the prediction if it counts and anything could be told."""
    connection = session.connection()
    predicted, asked = commitment.predicted, commitment.asked
    floor = max(one.floor for one in observed.values())
    connection.execute(
        insert(_observations),
        {
            "response_id": commitment.response,
            "learner_id": learner,
            "observed": {variant: asdict(one) for variant, one in observed.items()},
            "runs": list(runs),
            "fits": fitting.fits(asked, predicted, floor),
            "shows": fitting.shows(asked, predicted, observed),
            "observed_at": now,
        },
    )
    if commitment.note:
        return
    try:
        verdict = score(commitment.version, predicted, observed=observed)
    except ToldNothing:
        return
    version = connection.execute(select(_responses.c.item_version_id).where(_responses.c.id == commitment.response))
    connection.execute(
        insert(_scores),
        {
            "id": new_id(),
            "learner_id": learner,
            "response_id": commitment.response,
            "scored_version_id": version.scalar_one(),
            "rules_revision": RULES_REVISION,
            "fraction": verdict.fraction,
            "outcome": verdict.outcome,
            "reason": "observed",
            "created_at": now,
        },
    )
    grades.keep_of(connection, (commitment.response,))


def of_quiz(session: Session, *, learner: str, course: str, quiz: str) -> list[Commitment]:
    """A learner's predictions in a quiz, of all attempts, in their order."""
    return _read(session.connection(), _of_learner(learner, course), _attempts.c.quiz == quiz)


def of_course(session: Session, *, learner: str, course: str) -> list[Commitment]:
    return _read(session.connection(), _of_learner(learner, course))


def misconceptions(commitments: Sequence[Commitment]) -> list[tuple[Commitment, str]]:
    """The wrong ideas that counted predictions stand for: each fits a model that its run did not show."""
    found = []
    for one in commitments:
        model = one.asked.model(one.fits)
        if not one.note and one.observed and model and model.misconception and one.fits != one.shows:
            found.append((one, model.misconception))
    return found


def sightings(session: Session, *, course: str) -> tuple[Sighting, ...]:
    """What every counted prediction of every learner shows of misconceptions, now that its run has ended.

    The idea of a model that the run itself shows is no wrong one there, so it is not offered.
    """
    found = []
    carried = exists(select(_carries.c.response_id).where(_carries.c.response_id == _responses.c.id))
    for row in session.connection().execute(_COMMITMENTS.where(_attempts.c.course == course, ~carried)):
        one = _commitment(row)
        named = {model.id: model.misconception for model in one.asked.models if model.misconception}
        offered = frozenset(name for model, name in named.items() if model != one.shows)
        if offered and one.observed and not one.note:
            shown = frozenset(name for _, name in misconceptions([one]))
            found.append(Sighting(row.learner_id, one.item, row.received_at, offered, shown))
    return tuple(found)


def _of_key(connection: Connection, learner: str, key: str) -> Commitment | None:
    found = _read(connection, _responses.c.learner_id == learner, _responses.c.key == key)
    return found[0] if found else None


def _read(connection: Connection, *conditions: ColumnElement[bool]) -> list[Commitment]:
    return [_commitment(row) for row in connection.execute(_COMMITMENTS.where(*conditions))]


def _commitment(row: Row[Any]) -> Commitment:
    return Commitment(
        response=row.id,
        quiz=row.quiz,
        item=row.item_id,
        attempt=row.number,
        seq=row.seq,
        value=tuple(row.value),
        version=Item.from_json(row.body),
        setting=row.setting,
        numbers=row.numbers,
        note=row.note,
        observed={variant: Observed(**one) for variant, one in (row.observed or {}).items()},
        runs=tuple(row.runs or ()),
        fits=row.fits,
        shows=row.shows,
    )


_attempts = table(Attempt)
_attempt_items = table(AttemptItem)
_responses = table(Response)
_scores = table(Score)
_versions = table(ItemVersion)
_carries = table(Carry)
_predictions = table(Prediction)
_observations = table(Observation)

_COMMITMENTS: Select[Any] = (
    select(
        _responses.c.id,
        _responses.c.learner_id,
        _responses.c.received_at,
        _responses.c.seq,
        _responses.c.value,
        _attempts.c.quiz,
        _attempts.c.number,
        _attempt_items.c.item_id,
        _versions.c.body,
        _predictions.c.setting,
        _predictions.c.numbers,
        _predictions.c.note,
        _observations.c.observed,
        _observations.c.runs,
        _observations.c.fits,
        _observations.c.shows,
    )
    .select_from(
        _predictions.join(_responses, _responses.c.id == _predictions.c.response_id)
        .join(_attempt_items, _attempt_items.c.id == _responses.c.attempt_item_id)
        .join(_attempts, _attempts.c.id == _attempt_items.c.attempt_id)
        .join(_versions, _versions.c.id == _responses.c.item_version_id)
        .outerjoin(_observations, _observations.c.response_id == _responses.c.id)
    )
    .order_by(_attempts.c.number, _responses.c.seq)
)


def _of_learner(learner: str, course: str) -> ColumnElement[bool]:
    return and_(_predictions.c.learner_id == learner, _attempts.c.course == course)
