"""A page as a tuple of constant bytes and holes.

What all readers share is rendered once and kept as bytes; what one reader has (progress, an item's state, the last run) is
rendered at each request and put into the holes. The tag of a filled page covers both.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

MARKER = re.compile("\x00hole:([^\x00]+)\x00")


@dataclass(frozen=True, slots=True)
class Hole:
    name: str


@dataclass(frozen=True, slots=True)
class Filled:
    body: bytes
    tag: str
    """A strong entity tag, quotes included."""


@dataclass(frozen=True, slots=True)
class Page:
    parts: tuple[bytes | Hole, ...]
    digest: str

    @classmethod
    def split(cls, html: str) -> Page:
        """The page whose template wrote `hole(name)` where something personal belongs."""
        texts = MARKER.split(html)
        parts = tuple(
            Hole(text) if index % 2 else text.encode() for index, text in enumerate(texts) if text or index % 2
        )
        return cls(parts, hashlib.blake2b(html.encode(), digest_size=16).hexdigest())

    @property
    def holes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(part.name for part in self.parts if isinstance(part, Hole)))

    def fill(self, render: Callable[[str], str]) -> Filled:
        """The page with every hole rendered once, however often it stands in the page."""
        personal = {name: render(name).encode() for name in self.holes}
        body = b"".join(personal[part.name] if isinstance(part, Hole) else part for part in self.parts)
        digest = hashlib.blake2b(self.digest.encode(), digest_size=16)
        for text in personal.values():
            digest.update(len(text).to_bytes(8, "big") + text)
        return Filled(body, f'"{digest.hexdigest()}"')
