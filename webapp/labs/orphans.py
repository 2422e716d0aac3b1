"""Processes that a run leaves behind, out of its group and its session: taken in by the process that forks runs, and ended there.

A process that was forked twice, with a session of its own, is in no group that could be killed. On Linux a *child subreaper*
becomes its parent. Each run is one, so that what it leaves stays its own as long as it lives; so is the fork server, to which it
comes when the run has ended. Whatever the fork server has as a child that nobody asked it for is such a process. Elsewhere (macOS)
there is no such thing, and a process that has left the group of its run outlives it. When the site itself dies, the fork server
ends all that descends from it before it goes (`end_all`). Imports nothing of ours.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Container
from pathlib import Path

ROUNDS = 200
PAUSE_SECONDS = 0.01
"""What is killed leaves its own children, who come to us only then."""

_PR_SET_CHILD_SUBREAPER = 36


def adopt() -> None:
    """From now on this process becomes the parent of descendants whose own has ended."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end(parent: int, wanted: Container[int]) -> int:
    """Kill the children of the process that are not wanted, and theirs, until none is left; how many. Bounded."""
    ended: set[int] = set()
    for _ in range(ROUNDS):
        left = [pid for pid in children(parent) if pid not in wanted]
        if not left:
            break
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        ended.update(left)
        time.sleep(PAUSE_SECONDS)
    return len(ended)


def end_all() -> None:
    """Kill all that descends from this process, a subreaper, and wait for it. Bounded."""
    for _ in range(ROUNDS):
        if not (left := children(os.getpid())):
            break
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(PAUSE_SECONDS)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:  # one that has ended is a child until it was waited for
                continue


def children(parent: int) -> list[int]:
    """Of a process with one thread; empty where the system does not say (and on all but Linux)."""
    try:
        return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
    except OSError:
        return []
