"""Versions: the texts of items as they were published, so that a response is scored by what its learner saw.

A version is added and read, never changed or deleted. Who saw which one is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select
from sqlmodel import Session

from quiz.items import Item
from quiz.models import ItemVersion, new_id, table


@dataclass(frozen=True, slots=True)
class Version:
    """One text of an item, and the id that it is recorded under."""

    id: str
    item: Item


def record_items(session: Session, course: str, lesson: str, items: Sequence[Item], *, now: datetime) -> None:
    """Make the items answerable: one version for each text that is new. A text that comes back is its old version."""
    connection = session.connection()
    known = connection.execute(
        select(_versions.c.item_id, _versions.c.content_hash, _versions.c.version).where(_versions.c.course == course)
    ).all()
    texts = {(row.item_id, row.content_hash) for row in known}
    latest: dict[str, int] = {}
    for row in known:
        latest[row.item_id] = max(row.version, latest.get(row.item_id, 0))
    new = [
        {
            "id": new_id(),
            "course": course,
            "item_id": item.id,
            "lesson": lesson,
            "version": latest.get(item.id, 0) + 1,
            "kind": item.kind.value,
            "points": item.points,
            "shown_hash": item.shown_hash,
            "key_hash": item.key_hash,
            "content_hash": item.content_hash,
            "body": item.to_json(),
            "created_at": now,
        }
        for item in items
        if (item.id, item.content_hash) not in texts
    ]
    if new:
        connection.execute(insert(_versions), new)


def recorded_item(session: Session, *, course: str, item_id: str, content_hash: str) -> Item | None:
    """The item as that version had it, its lines left out."""
    body = session.connection().scalar(
        select(_versions.c.body).where(
            _versions.c.course == course, _versions.c.item_id == item_id, _versions.c.content_hash == content_hash
        )
    )
    return None if body is None else Item.from_json(body)


def version_id(connection: Connection, *, course: str, item_id: str, content_hash: str) -> str:
    """Of the version with that text. Raises NoResultFound where it was never recorded."""
    found: str = connection.execute(
        select(_versions.c.id).where(
            _versions.c.course == course, _versions.c.item_id == item_id, _versions.c.content_hash == content_hash
        )
    ).scalar_one()
    return found


@dataclass(frozen=True, slots=True)
class Published:
    """A version in the order of publication."""

    id: str
    number: int
    item: Item
    at: datetime


def history(connection: Connection, *, course: str, item_id: str) -> tuple[Published, ...]:
    """Every version of an item, the oldest first."""
    rows = connection.execute(_HISTORY, {"course": course, "item": item_id})
    return tuple(Published(row.id, row.version, Item.from_json(row.body), row.created_at) for row in rows)


def latest_shown(connection: Connection, *, course: str, item_id: str, shown_hash: str) -> Version | None:
    """The latest version that a form with this `shown_hash` can have been made from."""
    row = connection.execute(_SHOWN, {"course": course, "item": item_id, "shown_hash": shown_hash}).first()
    return None if row is None else Version(row.id, Item.from_json(row.body))


_versions = table(ItemVersion)

_SHOWN = (
    select(_versions.c.id, _versions.c.body)
    .where(
        _versions.c.course == bindparam("course"),
        _versions.c.item_id == bindparam("item"),
        _versions.c.shown_hash == bindparam("shown_hash"),
    )
    .order_by(_versions.c.version.desc())
    .limit(1)
)
_HISTORY = (
    select(_versions.c.id, _versions.c.version, _versions.c.body, _versions.c.created_at)
    .where(_versions.c.course == bindparam("course"), _versions.c.item_id == bindparam("item"))
    .order_by(_versions.c.version)
)
