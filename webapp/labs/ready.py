"""The loop's line of callbacks that are ready to run, with the moment at which each one came to be ready.

That moment is the one at which it was put in the line: by `call_soon`, by another thread, by a timer that is due or a socket that
has something. A timer that was due while the loop was busy counts from then on; one that was due while it was idle counts from when
the loop woke: that it woke late is the machine's doing. What only passes on that something is done (a timer
to its sleeper, a thread's report to its awaiter) passes on its moment too: who waited for it is ready since then.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Iterable
from types import FunctionType, MethodType

PASSES_ON = frozenset(
    (
        "_set_result_unless_cancelled",
        "_chain_future.<locals>._set_state",
        "_chain_future.<locals>._call_set_state",
        "gather.<locals>._done_callback",
        "_wait.<locals>._on_completion",
        "TaskGroup._on_task_done",
        "WorkerThread._report_result",
    )
)

now = time.monotonic
_append, _popleft = deque.append, deque.popleft


class Ready(deque[asyncio.Handle]):
    """Stands in for the loop's own `_ready`. Any thread may append; only the loop takes out."""

    __slots__ = ("_asked_before", "_moments", "_thread", "asked", "passed_on", "since")

    def __init__(self, waiting: Iterable[asyncio.Handle], thread: int) -> None:
        super().__init__(waiting)
        self.since = now()
        """When the handle that was taken out last had been put in."""
        self.asked = self._asked_before = self.since
        """When the loop turned to its selector last."""
        self._moments = deque([self.since] * len(self))
        self.passed_on = 0.0
        """Where the turn that is on only tells others that something is done: since when it is."""
        self._thread = thread

    def append(self, handle: asyncio.Handle, /) -> None:
        passed_on = self.passed_on
        moment = passed_on if passed_on and threading.get_ident() == self._thread else now()
        self._moments.append(
            moment
        )  # first: whoever takes the handle out finds a moment, whatever other threads do meanwhile
        _append(self, handle)

    def popleft(self) -> asyncio.Handle:
        handle = _popleft(self)
        self.since = self._moments.popleft()
        return handle

    def ask(self, at: float) -> None:
        """The loop turns to its selector."""
        self._asked_before, self.asked = self.asked, at

    def begin(self, handle: asyncio.Handle) -> float:
        """The handle has its turn, the one taken out last: since when it was ready. At its end `passed_on` is set to zero."""
        since = self.since
        if type(handle) is asyncio.TimerHandle and handle.when() < self.asked:
            since = min(since, max(handle.when(), self._asked_before))  # due before that, it was not there yet
        callback = handle._callback  # type: ignore[attr-defined]
        kind = type(callback)
        if kind is MethodType:
            callback = callback.__func__
            kind = type(callback)
        if kind is FunctionType and callback.__code__.co_qualname in PASSES_ON:
            self.passed_on = since
        return since
