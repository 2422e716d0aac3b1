"""Pin an item of an attempt to what its learner saw, its version and the order of its options; find the version its score is by.

The first thing that is done with an item pins it, a hint or the response. Nothing is scored here and nothing refused:
where a form shows no text that can be answered, the caller decides what that means.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert
from sqlmodel import Session

from quiz.items import Item, option_order
from quiz.models import Attempt, AttemptItem, new_id, table
from quiz.standing import ItemState, OpenItem
from quiz.versions import Version, latest_shown, recorded_item


@dataclass(frozen=True, slots=True)
class Pin:
    attempt_item_id: str
    option_order: tuple[str, ...]


def version_seen(connection: Connection, place: OpenItem, shown: str | None) -> Version | None:
    """The version that a form with this `shown_hash` was made from; None where its text is not to be answered."""
    row, item = place.row, place.item
    if place.state is not None and shown in (None, row.pinned_shown):
        stale = row.pinned_content != item.content_hash
        return Version(row.pinned_id, Item.from_json(row.pinned_body) if stale else item)
    if shown is None or shown == item.shown_hash:
        return Version(row.current_id, item)
    if place.state is not None:
        return None
    return latest_shown(connection, course=place.course, item_id=item.id, shown_hash=shown)


def pin(connection: Connection, place: OpenItem, version: Version, *, seed: str, now: datetime) -> Pin:
    """The item of the open attempt; both are made where they are missing."""
    row = place.row
    if place.state is not None:
        same = version.id == row.pinned_id
        return Pin(row.attempt_item_id, tuple(row.option_order) if same else option_order(version.item, row.seed))
    attempt_id = row.attempt_id or open_attempt(
        connection, learner=place.learner, course=place.course, quiz=place.quiz, number=place.attempt, now=now
    )
    made = Pin(new_id(), option_order(version.item, seed))
    connection.execute(
        insert(_attempt_items),
        {
            "id": made.attempt_item_id,
            "learner_id": place.learner,
            "attempt_id": attempt_id,
            "item_id": place.item.id,
            "item_version_id": version.id,
            "seed": seed,
            "option_order": list(made.option_order),
            "pinned_at": now,
        },
    )
    return made


def open_attempt(connection: Connection, *, learner: str, course: str, quiz: str, number: int, now: datetime) -> str:
    """Gives the id of the attempt."""
    attempt_id = new_id()
    connection.execute(
        insert(_attempts),
        {"id": attempt_id, "learner_id": learner, "course": course, "quiz": quiz, "number": number, "opened_at": now},
    )
    return attempt_id


def scored_version(session: Session, *, course: str, item: Item, state: ItemState | None) -> Item | None:
    """The item as the score has it, where it has changed since: as it was answered, or as it was regraded."""
    if state is None or not state.tries.all:
        return None
    scored = state.correction.scored_content if state.correction else state.content_hash
    if scored == item.content_hash:
        return None
    return recorded_item(session, course=course, item_id=item.id, content_hash=scored)


_attempts = table(Attempt)
_attempt_items = table(AttemptItem)
