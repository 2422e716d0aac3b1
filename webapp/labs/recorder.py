"""What a program's loop, threads and requests do, seen from inside its process. Knows no program and no server.

Three places are watched: asyncio's `Handle._run`, its selector and its line of callbacks (every turn on the loop, since when it was
ready, the idle time between, and what the loop itself does on both sides of that), the two ways into a thread, and a thread of our
own (the loop's lag, AnyIO's tokens, lines that last). Nothing is measured before the first request: start-up is no part of a run.
What turns and jobs were is `turns`' matter, what becomes of requests that of `visits`.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import os
import signal
import threading
import time
from asyncio import events
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio.to_thread

from webapp.labs.jobs import Jobs, Lines
from webapp.labs.protocol import (
    HOLD_BUDGET_SECONDS,
    SLICE_SECONDS,
    ProcessorWait,
    Writer,
)
from webapp.labs.ready import Ready
from webapp.labs.surroundings import surroundings
from webapp.labs.turns import Turns

LAG_TOLD_SECONDS = 0.005
"""A lag below this is told only now and then (LAG_EVERY_SECONDS), so that an idle loop is seen to be idle."""
LAG_EVERY_SECONDS = 0.06
LATE_THREAD_SECONDS = 0.001
ACCOUNT_SECONDS = 0.002
"""The scheduler's account is read again at the first turn after so long: a slice's own share of waiting is known that closely."""

now = time.monotonic


class Visit:
    """One request inside the lab. `seen`: its handler's start was told; `told`: the program knows that its caller has left."""

    __slots__ = ("n", "seen", "told")

    def __init__(self, n: int) -> None:
        self.n = n
        self.seen = False
        self.told = False


current: contextvars.ContextVar[Visit | None] = contextvars.ContextVar("interleave_visit", default=None)


class Recorder:
    """Collects what happens and hands it to the pipe. Its methods run on the loop, in worker threads and in its own thread."""

    def __init__(self, telemetry: int, file: str = "") -> None:
        self.file = file
        self.writer = Writer(telemetry, tick=self._tick, gone=_leave)
        self.put = self.writer.put
        self.turns = Turns(file, self.put)
        self.jobs = Jobs(self.turns.names, self.put)
        self.lines = Lines(file, self.put, threading.get_ident())
        self.measuring = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._limiter: Any = None
        self._turn: events.Handle | None = None
        self._turn_start = 0.0
        self._line: Ready | None = None
        self._since = 0.0
        """When the turn that is on could have begun."""
        self._longest = 0.0
        self._peak = 0
        self._peak_told = 0
        self._tokens: tuple[int, int, int] = (-1, -1, -1)
        self._asked: float | None = None
        self._lag = 0.0
        self._lag_told = 0.0
        self._account = ProcessorWait()
        self._wait_before = 0.0
        self._known = (0.0, 0.0)
        """When the account was last read on the loop, and what it said."""
        self._excused = 0.0

    def watch(self) -> None:
        """Put the measuring in its places. Before the program's first request, after its import."""
        _time_turns(self)
        _time_threads(self)

    def attach(self, tokens: int | None) -> None:
        """On the loop, before the program's own start-up: find the thread limiter and set its size where the lab chose one."""
        self._loop = asyncio.get_running_loop()
        self._limiter = anyio.to_thread.current_default_thread_limiter()
        if tokens is not None:
            self._limiter.total_tokens = tokens
        if isinstance(
            self._loop, asyncio.BaseEventLoop
        ):  # uvloop runs its callbacks in C, past everything that is watched here
            self._line = self._loop._ready = Ready(self._loop._ready, threading.get_ident())  # type: ignore[attr-defined]
            _time_idle(self, self._loop, self._line)

    def tell_surroundings(self) -> None:
        """Before the program is imported: what fails there ran on something too."""
        self.put({"e": "on", "t": now(), **surroundings()})
        self.writer.flush()

    def tell_ready(self) -> None:
        self.put({"e": "on", "t": now(), **surroundings(asyncio.get_running_loop())})
        self.put({"e": "ready", "t": now()})
        self.writer.flush()

    def begin(self) -> None:
        """The first request is here: from now on it counts."""
        self._wait_before = self._account.seconds() or 0.0
        self.turns.begin(self._turn_start)
        self.measuring = True

    def fail(self, told: dict[str, Any]) -> None:
        self.put({"e": "failure", "t": now(), **told})
        self.writer.flush()

    def begin_turn(self, handle: events.Handle, start: float) -> None:
        if start - self._known[0] > ACCOUNT_SECONDS:
            self._known = (start, self._account.seconds() or 0.0)
        self._excused = 0.0
        self._turn_start = start
        self._turn = handle
        if self._line is not None:
            self._since = self._line.begin(handle)

    def excuse(self, thread: threading.Thread, seconds: float) -> None:
        """In its turn the loop waited for a new thread to begin; what that one lacked a processor is nobody's doing here."""
        account = ProcessorWait(thread.native_id)
        self._excused += min(seconds, account.seconds() or 0.0)
        account.close()

    def end_turn(self, handle: events.Handle, start: float, end: float) -> None:
        """One callback's turn on the loop is over. Time in which the machine ran somebody else is not the callback's doing."""
        self._turn = None
        line = self._line
        if line is not None and line.passed_on:
            line.passed_on = 0.0
        if not self.measuring:
            return
        begun, took, whose = start, end - start, _whose(handle)
        if took >= SLICE_SECONDS:
            at, known = self._known
            account = self._account.seconds() or 0.0
            waited = account - known - (start - at)  # the most that may have passed before the turn is left in
            self._known = (end, account)
            start += min(max(waited, 0.0) + self._excused, took)
            took = end - start
            if took >= SLICE_SECONDS:
                self.put({"e": "slice", "t": start, "end": end, "n": whose})
        if took > self._longest:
            self._longest = took
        used = self._limiter.borrowed_tokens if self._limiter is not None else 0
        if used > self._peak:  # read after every turn, where tokens change hands: the peak is exact
            self._peak = used
        self.turns.took(handle, begun, end, whose or 0, self._since, start - begun)

    def _tick(self, at: float) -> None:
        if self.measuring and self._loop is not None:
            self._probe(at)
            self._sample(at)
            turn = self._turn
            self.lines.look((self._turn_start, _whose(turn) or 0) if turn else None, self.jobs)
            self.turns.tell()
            waited = max(0.0, (self._account.seconds() or 0.0) - self._wait_before)
        else:
            waited = 0.0
        self.put({"e": "beat", "t": at, "longest": self._longest, "wait": waited, "dropped": self.writer.dropped})

    def _probe(self, at: float) -> None:
        """Ask the loop to run a callback; while it does not, say for how long. At most one is under way."""
        if self._asked is None:
            self._asked = at
            try:
                self._loop.call_soon_threadsafe(self._answered, at)  # type: ignore[union-attr]
            except RuntimeError:  # the loop is closed
                self.measuring = False
        elif at - self._asked > HOLD_BUDGET_SECONDS:
            turn, start = self._turn, self._turn_start
            whose = None if turn is None else _whose(turn)
            self.put({"e": "held", "t": at, "for": at - self._asked, "turn": at - start if turn else 0.0, "n": whose})

    def _answered(self, asked: float) -> None:
        at = now()
        lag = at - asked
        self._asked = None
        if lag >= LAG_TOLD_SECONDS or lag > self._lag or at - self._lag_told >= LAG_EVERY_SECONDS:
            self._lag_told = at
            self._lag = max(lag, self._lag)
            self.put({"e": "lag", "t": at, "lag": lag})

    def _sample(self, at: float) -> None:
        statistics = self._limiter.statistics()
        used, peak = statistics.borrowed_tokens, self._peak
        waiting, total = statistics.tasks_waiting, int(min(statistics.total_tokens, 1 << 30))
        if peak > max(used, self._peak_told):  # it was higher between two samples
            self.put({"e": "tokens", "t": at, "used": peak, "waiting": waiting, "total": total})
        if (used, waiting, total) != self._tokens:
            self.put({"e": "tokens", "t": at, "used": used, "waiting": waiting, "total": total})
        self._tokens = (used, waiting, total)
        self._peak_told = max(used, peak)


def _time_turns(recorder: Recorder) -> None:
    """Time every callback of the program's loop. Loops that a program runs beside it, in threads, are none of ours."""
    run, start_thread = events.Handle._run, threading.Thread.start
    loop_thread = threading.get_ident()

    def timed(handle: events.Handle) -> None:
        if handle._loop is not recorder._loop:  # type: ignore[attr-defined]
            run(handle)
            return
        start = now()
        recorder.begin_turn(handle, start)
        run(handle)
        recorder.end_turn(handle, start, now())

    def timed_start(thread: threading.Thread) -> None:
        began = now()
        start_thread(thread)
        took = now() - began
        if took > LATE_THREAD_SECONDS and threading.get_ident() == loop_thread:
            recorder.excuse(thread, took)

    threading.Thread.start = timed_start  # type: ignore[method-assign, assignment]
    events.Handle._run = timed  # type: ignore[method-assign, assignment]


def _time_idle(recorder: Recorder, loop: asyncio.AbstractEventLoop, line: Ready) -> None:
    """Time the selector of the program's loop: what it waits there it is idle."""
    selector = loop._selector  # type: ignore[attr-defined]
    select = selector.select

    def timed_select(timeout: float | None = None) -> Any:
        start = now()
        line.ask(start)
        ready = select(timeout)
        if recorder.measuring:
            recorder.turns.idle(start, now())
        return ready

    selector.select = timed_select


def _time_threads(recorder: Recorder) -> None:
    """Time what goes to a thread, by AnyIO (FastAPI's `def`, dependencies) or by a thread pool (`to_thread`, `run_in_executor`)."""
    run_sync, submit = anyio.to_thread.run_sync, ThreadPoolExecutor.submit

    @functools.wraps(run_sync)
    async def timed_run_sync(func: Callable[..., Any], *args: Any, **options: Any) -> Any:
        visit = current.get()
        n = 0 if visit is None else visit.n
        work = functools.partial(func, *args)
        return await run_sync(functools.partial(recorder.jobs.do, n, work), **options)

    def timed_submit(pool: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **keywords: Any) -> Any:
        if not recorder.measuring:
            return submit(pool, fn, *args, **keywords)
        visit = current.get()
        n = 0 if visit is None else visit.n
        return submit(pool, recorder.jobs.do, n, functools.partial(fn, *args, **keywords))

    anyio.to_thread.run_sync = timed_run_sync  # type: ignore[assignment]
    ThreadPoolExecutor.submit = timed_submit  # type: ignore[method-assign, assignment]


def _whose(handle: events.Handle) -> int | None:
    visit = handle._context.get(current)  # type: ignore[attr-defined]
    return None if visit is None else visit.n


def _leave() -> None:
    """The site is gone: end this process and all that the program started."""
    os.killpg(0, signal.SIGKILL)
