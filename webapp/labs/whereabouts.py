"""Where a suspended task is: at which line of the program, and what it awaits there. Its frames say so; nothing is traced.

It is asked after every turn: what is the same each time is found out once. Used on the loop.
"""

from __future__ import annotations

import asyncio
from types import AsyncGeneratorType, CodeType, CoroutineType, FrameType, GeneratorType
from typing import Any

TOLD = frozenset(
    (
        "CapacityLimiter.acquire_on_behalf_of",
        "AsyncIOBackend.run_sync_in_worker_thread",
        "AsyncIOBackend.checkpoint",
        "AsyncIOBackend.cancel_shielded_checkpoint",
        "FlowControl.drain",
        "RequestResponseCycle.receive",
    )
)
"""What a task may wait for inside a library, and what is then more to the point than the function that the program called."""
PASSED_OVER = ("__aenter__", "__await__", "__iter__")
"""Steps on the way to what is awaited: `async with lock` waits in `Lock.acquire`."""

MINE = "mine"
TELLING = "!"
"""Before the name of a coroutine that is TOLD."""


class Whereabouts:
    def __init__(self, file: str) -> None:
        self._file = file
        self._kinds: dict[int, str] = {}
        """By the code's id: to hash a code object is to hash all that it is made of, each time."""
        self._codes: list[CodeType] = []
        """Those, so that no other one gets the id of any."""

    def of(self, task: asyncio.Task[Any], step: Any) -> tuple[int, str]:
        """The line of the program that a suspended task is at, and what is awaited there; 0 and "" where there is none.

        From the task's coroutine inwards, each says what it awaits; the innermost frame that is the program's counts.
        """
        line, awaited, telling, kinds = 0, "", "", self._kinds
        frame: FrameType | None = None
        while True:
            if type(step) is CoroutineType:
                code, inner = step.cr_code, step.cr_await
            elif type(step) is GeneratorType:
                code, inner = step.gi_code, step.gi_yieldfrom
            elif type(step) is AsyncGeneratorType:
                code, inner = step.ag_code, step.ag_await
            else:
                break
            kind = kinds.get(id(code))
            if kind is None or kind is MINE:  # else its frame says nothing: to ask for it would make an object of it
                frame = _frame_of(step)
                if frame is None:
                    break
                if kind is None:
                    self._codes.append(code)
                    kind = kinds[id(code)] = self._kind(code, frame)
            if kind is MINE and frame is not None:
                line, awaited, telling = frame.f_lineno, "", ""
            elif kind and kind[0] == TELLING:
                telling = kind[1:]
            elif line and not awaited:
                awaited = kind
            step = inner
        if not line and not telling:
            return 0, ""
        return line, telling or awaited or _waiter(task, step)

    def _kind(self, code: CodeType, frame: FrameType) -> str:
        """What a coroutine is called where it is awaited: MINE, or by package and name; empty for one that is passed over."""
        if code.co_filename == self._file:
            return MINE
        if code.co_qualname.endswith(PASSED_OVER):
            return ""
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        name = f"{package}.{code.co_qualname}".removesuffix(".__aexit__")
        return TELLING + name if code.co_qualname in TOLD else name


def _frame_of(
    step: CoroutineType[Any, Any, Any] | GeneratorType[Any, Any, Any] | AsyncGeneratorType[Any, Any],
) -> FrameType | None:
    if type(step) is CoroutineType:
        return step.cr_frame
    return step.gi_frame if type(step) is GeneratorType else step.ag_frame


def _waiter(task: asyncio.Task[Any], step: Any) -> str:
    """What a line of the program awaits without a coroutine between: a task, a future, the next item."""
    waiter = getattr(task, "_fut_waiter", None)
    if isinstance(waiter, asyncio.Task):
        return "asyncio.Task"
    kind = type(step).__name__ if waiter is None else type(waiter).__name__
    return {"_GatheringFuture": "asyncio.gather", "Future": "asyncio.Future"}.get(kind, kind)
