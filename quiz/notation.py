"""What is wrong with the notation of an answer, as a value that its reader gives a line."""

from __future__ import annotations


class NotationError(ValueError):
    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)
