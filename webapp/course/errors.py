"""What an author must change in a course: values, because a course reports all of them at once.

Codes that begin with `E` keep a course from being served, those with `W` do not. What each of them means stands in codes.toml,
and there alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class CourseError:
    path: str
    """As the caller named the course's folder, so relative where that was relative."""
    line: int
    code: str
    message: str

    @property
    def is_warning(self) -> bool:
        return self.code.startswith("W")

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.code} {self.message}"


class CourseErrors(Exception):
    """A course that cannot be served, with everything that is wrong in it."""

    def __init__(self, errors: Iterable[CourseError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in self.errors))
