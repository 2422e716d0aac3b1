"""The lines of one block, which of them are fenced code, and what is wrong with which. It reads nothing out of them.

`at` is an index into the lines everywhere; only errors and items speak of line numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from quiz.errors import QuestionError

_FENCE = re.compile(r"[ \t]*(?P<fence>`{3,}(?=[^`]*$)|~{3,})")


class Block:
    def __init__(self, lines: Sequence[str], *, path: str, first_line: int, name: str = "question") -> None:
        self.name = name
        """As its author calls it."""
        self.lines = [line.rstrip("\r\n") for line in lines]
        self.path = path
        self.first_line = first_line
        self.errors: list[QuestionError] = []
        self.fence_at: dict[int, int] = {}
        """For each line of fenced code, the line where its fence opens."""

    def error(self, at: int, code: str, message: str) -> None:
        self.errors.append(QuestionError(self.path, self.number(at), code, message))

    def number(self, at: int) -> int:
        """The line's number in its file."""
        return self.first_line + at

    def find_fences(self, start: int, text_of: Callable[[str], str]) -> int | None:
        """Note which lines are fenced code; gives the line of a fence that is never closed.

        `text_of` gives what a line says: a fence can open behind a mark that is no part of the text.
        """
        opened: int | None = None
        fence = ""
        for at in range(start, len(self.lines)):
            line = self.lines[at]
            if opened is None:
                if found := _FENCE.match(text_of(line)):
                    opened, fence = at, found["fence"]
                    self.fence_at[at] = at
                continue
            self.fence_at[at] = opened
            closing = line.strip()
            if closing and set(closing) == {fence[0]} and len(closing) >= len(fence):
                opened = None
        return opened


def joined(lines: Sequence[str]) -> str:
    """The lines as one text, without blank lines around it."""
    return "\n".join(line.rstrip() for line in lines).strip("\n")
