"""What came of the last edit of the lessons, as its author is told: every error with the source around it, kept as it was then.

Each look that loaded something makes the next `Edition`. Its tag is all that an open page has to compare, so asking costs neither
the database nor a page. Nothing here decides who may see it: sources stand in it.
"""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from webapp.course.errors import CourseError
from webapp.course.files import Unreadable, read_bytes
from webapp.views.mistakes import Mistake, SourceLine

AROUND = 3
"""Lines of the source before the wrong one, and as many after it."""
MOST = 25
"""Errors that are shown; of more than these, the number is."""
LONGEST_LINE = 200
AWAITED_SECONDS = 5.0
"""So long after a page has asked, another question is expected of it."""


@dataclass(frozen=True, slots=True)
class Edition:
    tag: str
    """Of this edition; another one after every edit, and after a start of the site."""
    course: str
    """Of the course that is served: the same in the editions of broken edits after it."""
    errors: tuple[Mistake, ...] = ()
    """None where the last edit is served."""
    warnings: tuple[Mistake, ...] = ()
    """Of the last edit, served or not."""
    count: int = 0
    """Errors, those that are not shown among them."""


class Edits:
    """Written by the thread that looks at the lessons, read by requests; an edition is replaced whole."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._start = secrets.token_hex(4)
        self._clock = clock
        self._number = 0
        self._asked = -math.inf
        self.now = Edition(self._tag(), self._tag())

    def served(self, warnings: Iterable[CourseError] = ()) -> None:
        self._number += 1
        self.now = Edition(self._tag(), self._tag(), warnings=_Sources().around_all(warnings))

    def broken(self, errors: Iterable[CourseError], warnings: Iterable[CourseError] = ()) -> None:
        self._number += 1
        sources = _Sources()
        told = tuple(errors)
        self.now = Edition(
            self._tag(),
            self.now.course,
            sources.around_all(told),
            sources.around_all(warnings),
            len(told),
        )

    def asked(self) -> None:
        """An author's open page asked for the edition."""
        self._asked = self._clock()

    def is_awaited(self) -> bool:
        """Whether an author looks at an open page, so that an edit should be there soon."""
        return self._clock() - self._asked < AWAITED_SECONDS

    def _tag(self) -> str:
        return f"{self._start}-{self._number}"


class _Sources:
    """The files that errors are in, each read once."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}

    def around_all(self, errors: Iterable[CourseError]) -> tuple[Mistake, ...]:
        return tuple(self.around(error) for error in tuple(errors)[:MOST])

    def around(self, error: CourseError) -> Mistake:
        lines = self._of(error.path)
        first = max(1, error.line - AROUND)
        shown = lines[first - 1 : error.line + AROUND] if error.line <= len(lines) else []
        source = tuple(SourceLine(number, _cut(text), number == error.line) for number, text in enumerate(shown, first))
        return Mistake(error.path, error.line, error.code, error.message, source)

    def _of(self, path: str) -> list[str]:
        if path not in self._lines:
            try:
                text = read_bytes(Path(path)).decode(errors="replace")
            except Unreadable:
                text = ""
            self._lines[path] = text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if text.strip() else []
        return self._lines[path]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_LINE else f"{text[: LONGEST_LINE - 1]}…"
