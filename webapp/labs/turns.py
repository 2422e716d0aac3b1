"""Every turn on a program's loop, as numbers: who had it, for how long, and at which line of the program it then waits.

The loop has one turn after the other, and between them it is idle in its selector, which is timed too; so is what the loop itself
does on both sides of it, and what it costs to keep a turn. Where a task waits is the matter of `whereabouts`; the program is not
traced, so it runs as fast as it would. Bounded: after TURNS_KEPT turns nothing more is told, and `cut` says since when.
"""

from __future__ import annotations

import asyncio
import itertools
import time
import weakref
from array import array
from base64 import b64encode
from collections import deque
from collections.abc import Callable
from functools import partial
from types import CodeType, FunctionType, MethodType
from typing import Any

from webapp.labs.protocol import (
    AWAITED_DONE,
    NAME_CHARACTERS,
    NAME_OTHER,
    NAMES_KEPT,
    TURNS_IN_EVENT,
    TURNS_KEPT,
    Event,
)
from webapp.labs.whereabouts import Whereabouts

now = time.monotonic
Task = asyncio.Task
Put = Callable[[Event], None]
Turn = tuple[int, int, int, int, int, int, int, int, int, int, int]
"""TURN_FIELDS, as in `protocol`."""


class Names:
    """Numbers for what runs and what is awaited, so that a turn is numbers alone."""

    def __init__(self, file: str, put: Put) -> None:
        self.file = file
        self._put = put
        self._numbers: dict[tuple[str, bool], int] = {}
        self._count = itertools.count(AWAITED_DONE + 1)

    def number(self, text: str, *, mine: bool = False) -> int:
        """`mine`: it stands in the reader's program."""
        key = (text, mine)
        found = self._numbers.get(key)
        if found is None:
            if len(self._numbers) >= NAMES_KEPT:
                return NAME_OTHER
            found = self._numbers[key] = next(self._count)
            self._put({"e": "name", "t": now(), "i": found, "text": text[:NAME_CHARACTERS], "mine": mine})
        return found


def called(work: Any) -> tuple[str, CodeType | None]:
    """What something that is called is named, and its code. An object of the program's may answer anything when it is asked."""
    try:
        name, code = work.__qualname__, getattr(work, "__code__", None)
    except Exception:
        name, code = "", None
    return name if type(name) is str and name else type(work).__name__, code if type(code) is CodeType else None


class Turns:
    """Used on the loop, but for `tell`, which the telemetry's thread calls."""

    def __init__(self, file: str, put: Put) -> None:
        self.names = Names(file, put)
        self._file = file
        self._put = put
        self._left = TURNS_KEPT
        self._turns: deque[Turn] = deque()
        self._origin = 0.0
        self._over = 0
        """Microseconds from the origin: where the last turn that was kept ended."""
        self._free = 0
        """And where its keeping did."""
        self._after_idle = False
        self._tasks: dict[int, tuple[int, weakref.ref[asyncio.Task[Any]]]] = {}
        self._count = itertools.count(1)
        self._running: dict[int, int] = {}
        """By the code's id: to hash a code object is to hash all that it is made of, each time."""
        self._codes: list[CodeType] = []
        """Those, so that no other one gets the id of any."""
        self._where = Whereabouts(file)

    def begin(self, origin: float) -> None:
        """The first request is here: moments are counted from the start of the turn that brings it."""
        self._origin = origin

    def idle(self, start: float, end: float) -> None:
        """The loop asked its selector, and waited in it if nothing was ready."""
        if self._left > 0:
            begun = int((start - self._origin) * 1e6)
            self._keep(begun, end, 0, 0, 0, 0, 0, 0, begun - self._free, 0)
            self._after_idle = True

    def took(self, handle: asyncio.Handle, start: float, end: float, n: int, ready: float, lost: float) -> None:
        """A callback's turn is over; it could have begun at `ready`. `lost`: seconds in which the machine ran something else."""
        if self._left <= 0:
            return
        begun = int((start - self._origin) * 1e6)
        own = begun - self._free if self._after_idle else 0
        self._after_idle = False
        waited = int((start - ready) * 1e6)
        gone = int(lost * 1e6) if lost else 0
        callback = handle._callback  # type: ignore[attr-defined]
        task = _task_of(callback)
        if task is None:
            self._keep(begun, end, gone, n, 0, self._callback(callback), 0, 0, own, waited)
            return
        coroutine = task.get_coro()
        what, number = self._coroutine(coroutine), self._number(task)
        if task.done():
            line, awaited = 0, AWAITED_DONE
            self._tasks.pop(id(task), None)
        else:
            line, named = self._where.of(task, coroutine)
            awaited = self.names.number(named) if named else 0
        self._keep(begun, end, gone, n, number, what, line, awaited, own, waited)

    def tell(self) -> None:
        """Hand over what is there, in events of a bounded size."""
        take = self._turns.popleft  # the loop may add one meanwhile, which is then told the next time
        while some := min(len(self._turns), TURNS_IN_EVENT):
            rows = array("I", itertools.chain.from_iterable([take() for _ in range(some)]))
            self._put({"e": "turns", "t": self._origin, "rows": b64encode(rows.tobytes()).decode()})

    def _keep(
        self,
        begun: int,
        end: float,
        lost: int,
        n: int,
        task: int,
        what: int,
        line: int,
        awaited: int,
        own: int,
        ready: int,
    ) -> None:
        """All that is asked here again and again is one turn's cost: numbers in their places, no names."""
        origin = self._origin
        over = int((end - origin) * 1e6)
        kept = self._free - self._over
        self._turns.append((begun, over - begun, lost, n, task, what, line, awaited, kept, own, ready))
        self._left -= 1
        if not self._left:
            self._put({"e": "cut", "t": end})
        self._over = over
        self._free = int((now() - origin) * 1e6)

    def _number(self, task: asyncio.Task[Any]) -> int:
        """A task's number for as long as it lives; an address that another one had before is not taken for it."""
        known = self._tasks.get(id(task))
        if known is None or known[1]() is not task:
            known = self._tasks[id(task)] = (next(self._count), weakref.ref(task))
        return known[0]

    def _coroutine(self, coroutine: Any) -> int:
        code = getattr(coroutine, "cr_code", None)
        found = self._running.get(id(code))
        if found is None:
            name = getattr(coroutine, "__qualname__", type(coroutine).__name__)
            if type(code) is not CodeType:
                return self.names.number(name)
            found = self._runs(code, name)
        return found

    def _callback(self, callback: Any) -> int:
        function = callback.func if type(callback) is partial else callback
        function = function.__func__ if type(function) is MethodType else function
        if type(function) is not FunctionType:
            name, code = called(function)
            return self.names.number(name, mine=code is not None and code.co_filename == self._file)
        code = function.__code__
        found = self._running.get(id(code))
        return self._runs(code, called(function)[0]) if found is None else found

    def _runs(self, code: CodeType, name: str) -> int:
        self._codes.append(code)
        found = self._running[id(code)] = self.names.number(name, mine=code.co_filename == self._file)
        return found


def _task_of(callback: Any) -> asyncio.Task[Any] | None:
    """The task whose step or wake-up the callback is."""
    try:
        task = callback.__self__
        return task if isinstance(task, Task) else None
    except Exception:
        return None
