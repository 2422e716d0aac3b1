"""Ids for questions from elsewhere: the same question gets the same id in every import, and no id that is taken.

An id that the file gives is kept; else one is made from the question's name, else from its first words. Where another question has
it, four digits of a hash of the question itself follow: no counter, which would depend on what else was imported.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace

from quiz.errors import QuizError
from quiz.items import ITEM_ID, Item

LONGEST = 40
MOST_WORDS = 8

_NOT_IN_AN_ID = re.compile(r"[^a-z0-9]+")


class IdTaken(QuizError):
    """Why a question gets no id: it is there already, or another one has the id that it wants."""


class Names:
    def __init__(self, taken: Mapping[str, Item | None] | None = None) -> None:
        """`taken` are the ids of a course, each with its item, or None for a lab, a figure or the like."""
        self.course = dict(taken or {})
        self.given: dict[str, Item] = {}
        """To questions of the file."""

    def name(self, make: Callable[[str], Item], *, wanted: str | None, title: str) -> Item:
        """The item with its id, which is taken from then on. Raises IdTaken, and ItemError as `make` does."""
        item = make(wanted if wanted is not None and ITEM_ID.fullmatch(wanted) else id_from(title))
        if item.id in self.course or item.id in self.given:
            item = self._beside(item, fixed=wanted == item.id)
        self.given[item.id] = item
        return item

    def _beside(self, item: Item, *, fixed: bool) -> Item:
        """With another id, unless it is the same question as one that is there."""
        self._refuse_again(item)
        other = self.course.get(item.id)
        if other is not None and other.stem == item.stem:
            raise IdTaken(f"a question of this stem is in the course already: `{item.id}`")
        if fixed:
            raise IdTaken(f"the id `{item.id}` is taken: give it another one in the file")
        digest = hashlib.sha256(item.to_json().encode()).hexdigest()
        item = replace(item, id=f"{item.id}-{digest[:4]}")
        self._refuse_again(item)
        if item.id in self.course:
            raise IdTaken(f"a question of this name is in the course already: `{item.id}`")
        return item

    def _refuse_again(self, item: Item) -> None:
        twin = self.given.get(item.id)
        if twin is not None and twin.content_hash == item.content_hash:
            raise IdTaken(f"it stands in line {twin.line} already")


def id_from(title: str) -> str:
    """Small letters, digits and hyphens, a letter first. What has none of these is told by its hash."""
    plain = unicodedata.normalize("NFKD", title[:1000]).encode("ascii", "ignore").decode().lower()
    words = [word for word in _NOT_IN_AN_ID.split(plain) if word][:MOST_WORDS]
    name = ""
    for word in words:
        if len(name) + len(word) + 1 > LONGEST:
            break
        name = f"{name}-{word}" if name else word
    if not name:
        name = words[0][:LONGEST] if words else f"q-{hashlib.sha256(title.encode()).hexdigest()[:8]}"
    return name if name[0].isalpha() and len(name) > 2 else f"q-{name}"
