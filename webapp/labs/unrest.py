"""How much of the machine others used while a run was on: the work of every process that is not the run's own.

A run that waits for a processor may wait for itself, which is a result, or for others, which is a disturbance. The scheduler's
account (`protocol.ProcessorWait`) tells how long it waited; this tells whether there was anybody else. Reads Linux's /proc;
elsewhere nothing is known, and only a run's neighbours on this server are.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from pathlib import Path

PROC = Path("/proc")
_TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0.01
_SESSION, _TIMES = 3, slice(11, 15)
"""Behind the name of a process in its `stat`: its session, and the time of itself and of children that it waited for."""


class Others:
    """Watches from its making on."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._busy = _busy_seconds()
        self._ours = time.process_time()

    def processors(self, sessions: Collection[int]) -> float | None:
        """How many processors others kept busy on average, besides this process and a run's `sessions`. Blocks for a moment."""
        busy = _busy_seconds()
        if busy is None or self._busy is None:
            return None
        took = max(time.monotonic() - self._began, _TICK_SECONDS)
        ours = time.process_time() - self._ours + sum(_session_seconds(sessions))
        return max(0.0, (busy - self._busy - ours) / took)


def _busy_seconds() -> float | None:
    """What all processors together have worked since the machine started."""
    try:
        with (PROC / "stat").open() as stat:
            fields = stat.readline().split()[1:]
        user, nice, system = (int(field) for field in fields[:3])
    except (OSError, ValueError):
        return None
    return (user + nice + system) * _TICK_SECONDS


def _session_seconds(sessions: Collection[int]) -> list[float]:
    found = []
    for name in os.listdir(PROC):
        if not name.isdigit():
            continue
        try:
            fields = (PROC / name / "stat").read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):  # it ended meanwhile
            continue
        if int(fields[_SESSION]) in sessions:
            found.append(sum(int(field) for field in fields[_TIMES]) * _TICK_SECONDS)
    return found
