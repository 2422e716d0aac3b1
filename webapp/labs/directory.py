"""Where lab processes work: a directory for each site process, with one inside for each lab, and nothing left of either.

A site that was killed cleans nothing up; the next one that starts does it for those that are gone.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path

SEMAPHORES = Path("/dev/shm")  # noqa: S108 (where Linux keeps named semaphores; nothing is written here)

_NAME = re.compile(r"interleave-labs-(\d+)-\w+")


def make_directory() -> Path:
    """A directory for the labs of this process; those of processes that are gone are removed."""
    parent = Path(tempfile.gettempdir())
    for old in parent.iterdir():
        named = _NAME.fullmatch(old.name)
        if named and not _is_alive(int(named.group(1))):
            with contextlib.suppress(OSError):
                if not old.is_symlink() and old.lstat().st_uid == os.getuid():
                    for lab in old.iterdir():
                        clear(lab)
                    clear(old)
    return Path(tempfile.mkdtemp(prefix=f"interleave-labs-{os.getpid()}-", dir=parent))


def clear(directory: Path) -> None:
    """Remove what a lab left: its directory, and the semaphores of its program's own pools, which are named after it."""
    shutil.rmtree(directory, ignore_errors=True)
    for semaphore in SEMAPHORES.glob(f"sem.{directory.name}-*"):
        semaphore.unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
