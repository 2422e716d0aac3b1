"""Collects what is wrong in one file, and finds the name that an author probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

from webapp.course.errors import CourseError


@dataclass(slots=True)
class Report:
    """Everything that was found in one file. Reading goes on after an error, so that all of them are told at once."""

    path: str
    found: list[CourseError] = field(default_factory=list)

    def add(self, line: int, code: str, message: str) -> None:
        self.found.append(CourseError(self.path, line, code, message))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that this one is a slip of, if there is one."""
    by_lower = {other.lower(): other for other in known}
    close = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def meant(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest one, else all of them."""
    names = tuple(known)
    if close := nearest(name, names):
        return f"did you mean `{close}`?"
    return f"known: {', '.join(f'`{other}`' for other in names)}" if names else "there is none"
