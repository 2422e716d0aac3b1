"""One command at a time writes into a course: which slugs and ids are free is read first, and must hold until the end.

The lock is the system's, on the folder itself: it leaves no file, and ends with its process, however that ends. Editors take no
notice of it, so whoever replaces a text compares it as well.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.05


class Busy(Exception):
    """Another command has been writing into the folder for as long as anybody waits."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"Another command is writing into {folder}: try again when it has ended.")


@contextmanager
def alone_in(folder: Path, *, patience: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Until the end of the block no other command is in one like this; waits for one that is. Raises Busy, and OSError.

    A file system that knows no locks is taken as it is. Not to be entered twice by one process.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _lock(descriptor, folder, time.monotonic() + patience)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path, until: float) -> None:
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise Busy(folder) from None
            time.sleep(LOOK_SECONDS)
        except OSError:
            return None
