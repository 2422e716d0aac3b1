"""The standard output of a command: what it cannot take is one sentence, and not a traceback when the work is done already."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Unwritable(OSError):
    """The standard output took nothing more: a disk that is full, say."""


class _Output(io.FileIO):
    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:  # a reader who went away, as `head` does, is left to the command line
            raise
        except OSError as error:
            # What is still in the buffer would be tried again, and told as a traceback, when this process ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC), self.fileno())
            raise Unwritable(error.errno, error.strerror) from error


@contextmanager
def standard_output() -> Iterator[None]:
    """What is written there meanwhile raises Unwritable where it cannot be, and ends the process in one sentence."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # it may have been closed before this process began
        output, encoding, errors = (
            _Output(sys.stdout.fileno(), "w", closefd=False),
            sys.stdout.encoding,
            sys.stdout.errors,
        )
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(output), encoding=encoding, errors=errors, line_buffering=output.isatty()
        )
    try:
        yield
    except Unwritable as error:
        sys.exit(f"The standard output cannot be written ({(error.strerror or str(error)).lower()}).")
