"""Tries: the responses of one learner to one item of one attempt, in their order, and what is left to be done. It reads and never
writes.

The first try is what statistics, misconceptions and reviews are made of. What the learner is given is the best of all. A measured
item is answered again for practice: these are no tries, and only the first one counts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, bindparam, case, exists, or_, select

from quiz.items import Correctness
from quiz.models import AttemptItem, GivingUp, ItemVersion, Response, Score, table
from quiz.rules import mark

FIRST_SEQ = 1


@dataclass(frozen=True, slots=True)
class Try:
    response: str
    seq: int
    value: tuple[str, ...]
    fraction: float
    """By the key that counts now."""
    penalty: float
    outcome: Correctness | None
    """None of a prediction until its run."""
    settles: bool
    """Whether the key was told with it: nothing can be given after it."""
    certainty: int | None
    hints_used: int
    at: datetime
    content_hash: str
    shown_hash: str
    later_body: str | None = field(default=None, compare=False, repr=False)
    """Of the version that it answered, where that is another one than the item was pinned to."""
    is_regraded: bool = False

    @property
    def mark(self) -> float:
        """As a share of the item's points."""
        return mark(self.fraction, self.penalty)

    @classmethod
    def of(cls, row: Row[Any]) -> Try:
        return cls(
            response=row.response_id,
            seq=row.seq,
            value=tuple(row.value),
            fraction=row.fraction or 0.0,
            penalty=row.penalty or 0.0,
            outcome=row.outcome,
            settles=row.settles,
            certainty=row.certainty,
            hints_used=row.hints_used,
            at=row.received_at,
            content_hash=row.answered_content,
            shown_hash=row.answered_shown,
            later_body=row.later_body,
            is_regraded=row.regrade_id is not None,
        )


@dataclass(frozen=True, slots=True)
class Tries:
    all: tuple[Try, ...] = ()
    gave_up: bool = False

    @property
    def settled(self) -> bool:
        """Whether the learner is through with the item, and may see its key."""
        return self.gave_up or any(one.settles or one.outcome == "right" for one in self.all)

    @property
    def next_seq(self) -> int:
        return len(self.all) + 1

    @property
    def last(self) -> Try:
        return self.all[-1]

    @property
    def best(self) -> Try:
        """The one that counts; of equals the one that fits the key better, then the later one."""
        return max(self.all, key=lambda one: (one.mark, one.fraction, one.seq))


def tries_of(connection: Connection, attempt_items: Collection[str]) -> Mapping[str, Tries]:
    """By attempt item. Asks nothing where there is none to ask about."""
    if not attempt_items:
        return {}
    found: dict[str, list[Any]] = {}
    for row in connection.execute(_TRIES, {"attempt_items": list(attempt_items)}):
        found.setdefault(row.attempt_item_id, []).append(row)
    return {name: Tries(tuple(Try.of(row) for row in rows), gave_up=rows[0].gave_up) for name, rows in found.items()}


def goes_on(row: Row[Any]) -> bool:
    """Whether the first response of this row left tries to be made, so that there may be others."""
    return row.response_id is not None and not row.settles


def mark_of(scores: FromClause) -> ColumnElement[float]:
    """`mark` of a score's row."""
    left = scores.c.fraction - scores.c.penalty
    return case((left > 0, left), else_=0.0)


def best_response(attempt_items: FromClause) -> ColumnElement[Any]:
    """The id of the response that counts of a row of `attempt_items`; NULL where nothing is scored."""
    responses, scores, versions = _responses.alias("tried"), _scores.alias("try_score"), _versions.alias("try_version")
    later = _scores.alias("later_try_score")
    return (
        select(responses.c.id)
        .select_from(
            responses.join(scores, scores.c.response_id == responses.c.id).join(
                versions, versions.c.id == responses.c.item_version_id
            )
        )
        .where(
            responses.c.attempt_item_id == attempt_items.c.id,
            or_(responses.c.seq == FIRST_SEQ, versions.c.kind != "measured"),
            ~exists(select(later.c.id).where(later.c.supersedes_id == scores.c.id)),
        )
        .order_by(mark_of(scores).desc(), responses.c.seq)
        .limit(1)
        .correlate(attempt_items)
        .scalar_subquery()
    )


def misplaced(order: Sequence[str], right: Sequence[str]) -> tuple[int, ...]:
    """The places of an order, from 1, at which another step belongs."""
    return tuple(at for at, (given, key) in enumerate(zip(order, right, strict=True), 1) if given != key)


_attempt_items = table(AttemptItem)
_versions = table(ItemVersion)
_responses = table(Response)
_scores = table(Score)
_givings = table(GivingUp)
_later = _scores.alias("later")

_TRIES = (
    select(
        _attempt_items.c.id.label("attempt_item_id"),
        _responses.c.id.label("response_id"),
        _responses.c.seq,
        _responses.c.value,
        _responses.c.settles,
        _responses.c.certainty,
        _responses.c.hints_used,
        _responses.c.received_at,
        _versions.c.content_hash.label("answered_content"),
        _versions.c.shown_hash.label("answered_shown"),
        case((_versions.c.id != _attempt_items.c.item_version_id, _versions.c.body)).label("later_body"),
        _scores.c.fraction,
        _scores.c.penalty,
        _scores.c.outcome,
        _scores.c.regrade_id,
        exists(select(_givings.c.attempt_item_id).where(_givings.c.attempt_item_id == _attempt_items.c.id)).label(
            "gave_up"
        ),
    )
    .select_from(
        _attempt_items.join(_responses, _responses.c.attempt_item_id == _attempt_items.c.id)
        .join(_versions, _versions.c.id == _responses.c.item_version_id)
        .join(_scores, _scores.c.response_id == _responses.c.id)
    )
    .where(
        _attempt_items.c.id.in_(bindparam("attempt_items", expanding=True)),
        ~exists(select(_later.c.id).where(_later.c.supersedes_id == _scores.c.id)),
    )
    .order_by(_attempt_items.c.id, _responses.c.seq)
)
