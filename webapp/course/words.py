"""The words of a text as a search compares them: folded, with their places, code identifiers taken apart. Pure.

`await asyncio.sleep(0.2)` has the words await, asyncio, sleep, 0, 2, and besides them `asyncio.sleep` and `0.2` as a whole.
`CapacityLimiter` is one word, and besides it capacity and limiter. Who types `Größe` finds `GROSSE` and `große`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_COMPOUND = re.compile(r"[^\W_](?:\w|\.(?=[^\W_]))*")
_PART = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    """Folded."""
    start: int
    end: int
    """Place in the text it was read from."""
    besides: bool = False
    """It covers, or is a part of, words that stand in the text by themselves."""


def fold(text: str) -> str:
    """Without case and accents."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def words(text: str) -> Iterator[Word]:
    """In the order of the text; a whole identifier stands before its parts, a part before its humps."""
    for compound in _COMPOUND.finditer(text):
        parts = list(_PART.finditer(text, compound.start(), compound.end()))
        if len(parts) > 1:
            yield Word(fold(compound[0].rstrip("_")), parts[0].start(), parts[-1].end(), besides=True)
        for part in parts:
            yield Word(fold(part[0]), part.start(), part.end())
            humps = list(_HUMP.finditer(text, part.start(), part.end())) if part[0].isascii() else []
            if len(humps) > 1 and any(hump[0].isalpha() for hump in humps[1:]):
                yield from (Word(fold(hump[0]), hump.start(), hump.end(), besides=True) for hump in humps)
