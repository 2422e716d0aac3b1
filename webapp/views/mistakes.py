"""An error of the course as its author is shown it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceLine:
    number: int
    text: str
    is_wrong: bool


@dataclass(frozen=True, slots=True)
class Mistake:
    """An error of the course as its author is told of it."""

    path: str
    line: int
    code: str
    message: str
    source: tuple[SourceLine, ...]
    """The wrong line and those around it; none where the file has no such line."""
