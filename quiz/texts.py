"""Text answers: a literal in quotes or a regular expression between slashes, and whether what a learner wrote is one of them.

    "to_thread"             this text
    /(asyncio\\.)?to_thread/ the whole of what was written is such a text

Compared are texts in NFC, stripped, with runs of spaces as one space, and without case unless the item says so. Regular
expressions are RE2's (the package `google-re2`): it takes time linear in the input whatever the pattern, so that no pattern
can hold the site. A time limit around another engine would make a score depend on how busy the machine was; so it stays a pure
function. Lookaround and back references, which need backtracking, are refused by the check.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any

import re2

from quiz.notation import NotationError

LONGEST = 256
"""Characters that are compared: a longer text is no response."""
MOST_MEMORY = 1 << 20
"""Bytes that a compiled expression may take: `(a{999}){999}` is refused when the course is checked."""


def cleaned(written: str) -> str:
    return " ".join(unicodedata.normalize("NFC", written).split())


def refusal(written: str) -> str | None:
    return "too-long" if len(cleaned(written)) > LONGEST else None


def fits(notation: str, written: str, case: bool) -> bool:
    text = cleaned(written)
    if notation.startswith("/"):
        return _compiled(notation, case).fullmatch(text) is not None
    literal = cleaned(notation[1:-1])
    return text == literal if case else text.casefold() == literal.casefold()


def problem(notation: str) -> NotationError | None:
    quoted = len(notation) > 1 and notation[0] == notation[-1] and notation[0] in '"/'
    if not quoted:
        return NotationError(
            "E04", f"`{notation}` is no text: write it in quotes, or a regular expression between slashes"
        )
    inside = notation[1:-1]
    if not inside.strip():
        return NotationError("E14", "this answer is empty")
    if notation[0] == '"':
        return (
            NotationError("E04", f"more than {LONGEST} characters are never compared")
            if len(inside) > LONGEST
            else None
        )
    try:
        # The larger one: what fits without case fits with it.
        expression = _compiled(notation, False)
    except re2.error as found:
        return NotationError("E10", f"this regular expression cannot be used: {found.args[0].decode()}")
    if expression.fullmatch(""):
        return NotationError("E10", "this regular expression takes an empty text, which is no response")
    return None


def clash(one: str, other: str, case: bool) -> bool:
    """Whether a text is known that is both. Of two regular expressions nothing is known."""
    if is_literal(one):
        return fits(other, one[1:-1], case)
    return is_literal(other) and fits(one, other[1:-1], case)


def is_literal(notation: str) -> bool:
    return notation.startswith('"')


def shown(notation: str) -> str:
    return notation[1:-1]


example = shown


@lru_cache(512)
def _compiled(notation: str, case: bool) -> Any:
    options = re2.Options()
    options.max_mem = MOST_MEMORY
    options.log_errors = False
    options.case_sensitive = case
    return re2.compile(unicodedata.normalize("NFC", notation[1:-1]), options=options)
