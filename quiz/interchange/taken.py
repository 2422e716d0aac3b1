"""What came of reading a file of questions, and of writing one. Values; every sentence is the end of a line `file:12: …`."""

from __future__ import annotations

from dataclasses import dataclass

from quiz.interchange.carries import Feature
from quiz.items import Item

WORDS_SHOWN = 60


@dataclass(frozen=True, slots=True, order=True)
class Refused:
    """A question that is no item here."""

    line: int
    reason: str
    words: str
    """How it begins, for who looks for it."""


@dataclass(frozen=True, slots=True, order=True)
class Noted:
    """What a question that was taken carried beyond an item, or what was made of it."""

    line: int
    what: str
    words: str


@dataclass(frozen=True, slots=True)
class Taken:
    items: tuple[Item, ...]
    """Each with the line of its question in the file."""
    refused: tuple[Refused, ...]
    warnings: tuple[Noted, ...]


@dataclass(frozen=True, slots=True, order=True)
class LeftOut:
    item: str
    """Its id."""
    feature: Feature
    what: str


@dataclass(frozen=True, slots=True)
class Written:
    text: str
    left_out: tuple[LeftOut, ...]
    """Items that are left out whole stand here with their kind."""


def beginning(text: str) -> str:
    """The first words, on one line."""
    line = " ".join(text[: 4 * WORDS_SHOWN].split())
    return line if len(line) <= WORDS_SHOWN else f"{line[: WORDS_SHOWN - 1].rstrip()}…"
