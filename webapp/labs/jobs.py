"""What a program's threads do, and which of its lines they and a long turn of the loop are at.

A thread that has a job is a lane. Lines are looked at now and then, from the telemetry's thread, and only while a job or a long
turn lasts. Bounded: after JOBS_KEPT jobs, or LINES_KEPT lines, no more of them are told, and `cut` says since when.
"""

from __future__ import annotations

import contextvars
import itertools
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from types import BuiltinMethodType, FrameType, FunctionType
from typing import Any

from webapp.labs.protocol import JOBS_KEPT, LINES_KEPT, SLICE_SECONDS
from webapp.labs.turns import Names, Put, called

now = time.monotonic


class Jobs:
    """What threads do: each thread that has a job is a lane, and a job belongs to the request that asked for it."""

    def __init__(self, names: Names, put: Put) -> None:
        self._names = names
        self._put = put
        self._left = JOBS_KEPT
        self._lanes: dict[int, int] = {}
        self._count = itertools.count(1)
        self.open: dict[int, int] = {}
        """The threads that have a job now, by their ident, and whose it is."""

    def lane(self) -> int:
        """The calling thread's, from 1."""
        ident = threading.get_ident()
        return self._lanes.get(ident) or self._lanes.setdefault(ident, next(self._count))

    def lane_of(self, ident: int) -> int:
        return self._lanes.get(ident, 0)

    def do(self, n: int, work: Callable[[], Any]) -> Any:
        """In the thread: do the work, and tell when it began and ended."""
        if self._left <= 0:
            return work()
        self._left -= 1
        if not self._left:
            self._put({"e": "cut", "t": now()})
        ident, lane = threading.get_ident(), self.lane()
        name, code = called(_function(work))
        mine = code is not None and code.co_filename == self._names.file
        told = {"e": "job", "lane": lane, "n": n or None, "name": self._names.number(name, mine=mine)}
        self._put({**told, "t": now(), "phase": "start"})
        self.open[ident] = n
        try:
            return work()
        finally:
            self.open.pop(ident, None)
            self._put({**told, "t": now(), "phase": "end"})


class Lines:
    """The line of the program that a long turn and each thread's job are at, looked at now and then from another thread."""

    def __init__(self, file: str, put: Put, loop_thread: int) -> None:
        self._file = file
        self._put = put
        self._loop_thread = loop_thread
        self._told: dict[int, tuple[float, int]] = {}
        self._left = LINES_KEPT

    def look(self, turn: tuple[float, int] | None, jobs: Jobs) -> None:
        """`turn`: the start of the turn that is on, and whose it is."""
        at = now()
        lasting = turn is not None and at - turn[0] >= SLICE_SECONDS
        if self._left <= 0 or (not lasting and not jobs.open):
            return
        frames = sys._current_frames()
        if lasting and turn is not None:
            self._tell(at, 0, turn[1], turn[0], frames.get(self._loop_thread))
        for ident, n in list(jobs.open.items()):
            self._tell(at, jobs.lane_of(ident), n, 0.0, frames.get(ident))

    def _tell(self, at: float, lane: int, n: int, since: float, frame: FrameType | None) -> None:
        while frame is not None and frame.f_code.co_filename != self._file:
            frame = frame.f_back
        if frame is None or self._left <= 0 or self._told.get(lane) == (since or n, frame.f_lineno):
            return
        self._left -= 1
        if not self._left:
            self._put({"e": "cut", "t": at})
        self._told[lane] = (since or n, frame.f_lineno)
        self._put({"e": "at", "t": at, "lane": lane, "n": n or None, "line": frame.f_lineno})


def _function(work: Any) -> Any:
    """What a thread was asked to do, out of what it was wrapped in on the way (`to_thread` wraps it in its context's `run`)."""
    while True:
        if type(work) is partial:
            in_context = type(work.func) is BuiltinMethodType and isinstance(work.func.__self__, contextvars.Context)
            asked = work.keywords.get("function")  # FastAPI's own way to call a `def` endpoint
            work = asked or (work.args[0] if in_context and work.args else work.func)
        elif type(work) is FunctionType and "func" in vars(work):  # `visits` notes there which endpoint it times
            work = vars(work)["func"]
        else:
            return work
