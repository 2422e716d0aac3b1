"""The fields of an item's form, whatever its kind, as the one list that the quiz engine takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form

from quiz.items import Item
from webapp.forms import Draft

LONGEST = 20_000
"""Characters that are read of what was written; the quiz engine says how many of them can be a response."""


@dataclass(frozen=True, slots=True)
class Fields:
    option: tuple[str, ...]
    place: tuple[str, ...]
    answer: str
    certainty: int | None = None

    def of(self, item: Item) -> tuple[str, ...]:
        """What was given for the item; the fields of other kinds do not count."""
        if item.given == "chosen":
            return self.option
        return self.place if item.given == "ordered" else (self.answer,)

    def draft(self, item: Item) -> Draft:
        """The form as it was sent."""
        return Draft(item.id, self.of(item), certainty=self.certainty)


def read_fields(
    option: Annotated[list[str], Form(default_factory=list, max_length=64)],
    place: Annotated[list[str], Form(default_factory=list, max_length=64)],
    answer: Annotated[str, Form(max_length=LONGEST)] = "",
    certainty: Annotated[int | None, Form(ge=1, le=3)] = None,
) -> Fields:
    return Fields(tuple(option), tuple(place), plain_text(answer), certainty)


def plain_text(sent: str) -> str:
    """What can be stored and shown: no half character, and no NUL, which PostgreSQL does not store."""
    return sent.replace("\0", "").encode(errors="replace").decode()


FieldsDep = Annotated[Fields, Depends(read_fields)]
