"""The ledger: every response of a course with its first and its present score, in the order of time. It reads and never writes.

What leaves the engine response by response is made from it: each try is one, and the present score is the one that nothing
supersedes. Which of them make a mark is for `grades` to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, exists, select
from sqlmodel import Session

from quiz.items import Item
from quiz.models import Attempt, AttemptItem, Carry, ItemVersion, Prediction, Response, Score, Sitting, table
from quiz.rules import mark

CARRIED = "carried"
AT_ONCE = 500
"""Rows that are fetched together: a course of a hundred thousand responses never stands in memory as a whole."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A score as it was given. A regrade adds another and takes none away."""

    id: str
    fraction: float
    """By the key."""
    penalty: float
    outcome: str
    points: float
    """Of the version that it is by."""
    at: datetime

    @property
    def mark(self) -> float:
        """As a share of the points."""
        return mark(self.fraction, self.penalty)


@dataclass(frozen=True, slots=True)
class Entry:
    """A response. `first` and `present` are the same score until a regrade, and None while a prediction waits for its run."""

    id: str
    learner: str
    quiz: str
    lesson: str
    item: Item
    """The text that was answered."""
    version: int
    attempt_id: str
    attempt: int
    opened_at: datetime
    closed_at: datetime | None
    seq: int
    value: tuple[str, ...]
    hints_used: int
    certainty: int | None
    settles: bool
    """Whether the key was told with it."""
    received_at: datetime
    first: Marked | None
    present: Marked | None
    note: str
    """Of a prediction that does not count, why; CARRIED of a response that an earlier attempt gave."""
    asked: tuple[str, ...] | None
    """What its attempt asks, of a quiz over lessons; None where the lesson says it."""

    @property
    def fraction(self) -> float | None:
        return self.present.fraction if self.present else None

    @property
    def penalty(self) -> float | None:
        return self.present.penalty if self.present else None

    @property
    def mark(self) -> float | None:
        return self.present.mark if self.present else None

    @property
    def outcome(self) -> str | None:
        return self.present.outcome if self.present else None

    @property
    def points(self) -> float:
        return self.present.points if self.present else self.item.points

    @property
    def is_regraded(self) -> bool:
        return self.first != self.present


def entries(session: Session, *, course: str) -> Iterator[Entry]:
    """Read as they are asked for: the session stays open until then."""
    texts: dict[str, Item] = {}
    connection = session.connection()
    for row in connection.execute(_ENTRIES, {"course": course}, execution_options={"yield_per": AT_ONCE}):
        if row.version_id not in texts:
            texts[row.version_id] = Item.from_json(connection.scalar(_BODY, {"version": row.version_id}) or "")
        yield _entry(row, texts[row.version_id])


def _entry(row: Any, item: Item) -> Entry:
    return Entry(
        id=row.id,
        learner=row.learner_id,
        quiz=row.quiz,
        lesson=row.lesson,
        item=item,
        version=row.version,
        attempt_id=row.attempt_id,
        attempt=row.number,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        seq=row.seq,
        value=tuple(row.value),
        hints_used=row.hints_used,
        certainty=row.certainty,
        settles=row.settles,
        received_at=row.received_at,
        first=_marked(row, "first"),
        present=_marked(row, "present"),
        note=CARRIED if row.carried else row.note or "",
        asked=None if row.asked is None else tuple(row.asked),
    )


def _marked(row: Any, which: str) -> Marked | None:
    found: Mapping[str, Any] = row._mapping
    if found[f"{which}_id"] is None:
        return None
    return Marked(*(found[f"{which}_{name}"] for name in ("id", "fraction", "penalty", "outcome", "points", "at")))


_attempts = table(Attempt)
_attempt_items = table(AttemptItem)
_responses = table(Response)
_versions = table(ItemVersion)
_predictions = table(Prediction)
_carries = table(Carry)
_sittings = table(Sitting)
_first = table(Score).alias("first")
_present = table(Score).alias("present")
_later = table(Score).alias("later")
_first_by = _versions.alias("first_by")
_present_by = _versions.alias("present_by")

_ENTRIES = (
    select(
        _responses.c.id,
        _responses.c.learner_id,
        _responses.c.seq,
        _responses.c.value,
        _responses.c.hints_used,
        _responses.c.certainty,
        _responses.c.settles,
        _responses.c.received_at,
        _attempts.c.id.label("attempt_id"),
        _attempts.c.quiz,
        _attempts.c.number,
        _attempts.c.opened_at,
        _attempts.c.closed_at,
        _versions.c.id.label("version_id"),
        _versions.c.version,
        _versions.c.lesson,
        _predictions.c.note,
        _carries.c.response_id.label("carried"),
        _sittings.c["items"].label("asked"),
        *(
            column.label(f"{score.name}_{name}")
            for score, by in ((_first, _first_by), (_present, _present_by))
            for name, column in {
                "id": score.c.id,
                "fraction": score.c.fraction,
                "penalty": score.c.penalty,
                "outcome": score.c.outcome,
                "points": by.c.points,
                "at": score.c.created_at,
            }.items()
        ),
    )
    .select_from(
        _responses.join(_attempt_items, _attempt_items.c.id == _responses.c.attempt_item_id)
        .join(_attempts, _attempts.c.id == _attempt_items.c.attempt_id)
        .join(_versions, _versions.c.id == _responses.c.item_version_id)
        .outerjoin(_predictions, _predictions.c.response_id == _responses.c.id)
        .outerjoin(_sittings, _sittings.c.attempt_id == _attempts.c.id)
        .outerjoin(_carries, _carries.c.response_id == _responses.c.id)
        .outerjoin(_first, and_(_first.c.response_id == _responses.c.id, _first.c.supersedes_id.is_(None)))
        .outerjoin(_first_by, _first_by.c.id == _first.c.scored_version_id)
        .outerjoin(
            _present,
            and_(
                _present.c.response_id == _responses.c.id,
                ~exists(select(_later.c.id).where(_later.c.supersedes_id == _present.c.id)),
            ),
        )
        .outerjoin(_present_by, _present_by.c.id == _present.c.scored_version_id)
    )
    .where(_attempts.c.course == bindparam("course"))
    .order_by(_responses.c.received_at, _responses.c.id)
)
_BODY = select(_versions.c.body).where(_versions.c.id == bindparam("version"))
