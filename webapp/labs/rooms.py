"""Rooms: which programs are served live, for whom, and until when. The face of live programs towards the site.

A room is a name (a learner's, or that of a key or an address). In each room a variant is one process, started by the first request,
started anew by the next one after it died or its lesson was edited, and ended when nobody has asked it anything for a while. Lives
on the site's loop and never blocks it. Refuses what would be one process too many, and a request too many at one of them.

A live program takes no place in the line of runs: one that waits for requests costs nothing. One that is answering does, so
`on_busy` is told when requests are under way and when no more are, and runs beside them know that they had company.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from webapp.labs.directory import make_directory
from webapp.labs.served import NotServed, Program, Served, failure
from webapp.labs.sharing import ANYBODY, Caller, Held, to_spare

PROCESSES = 40
SHARE = PROCESSES // 2
"""So many of them callers of one address have at the most who are no learners: whoever makes up keys fills no more than that."""
IDLE_SECONDS = 60.0
REQUESTS_AT_ONCE = 200
"""So many requests may be under way at one program; as many connections of the site are open for them."""
FAILED_SECONDS = 1.0
"""A program that could not be started is not tried again for so long: the same text fails in the same way."""
CLOSE_SECONDS = 1.8


class RoomsFull(Exception):
    """Every process that may be is there, and none can be spared; after so many seconds one may end."""

    SENTENCE = (
        "This server serves {limit} programs live at the most, and so many are served now. "
        "One that nobody uses any more ends by itself: try again in {seconds} s."
    )

    def __init__(self, limit: int, seconds: int) -> None:
        self.limit = limit
        self.seconds = seconds
        super().__init__(self.SENTENCE.format(limit=limit, seconds=seconds))


class ShareFull(RoomsFull):
    """Callers of one address who are no learners have their share."""

    SENTENCE = (
        "From your address {limit} programs are live that no learner started, which is as many as may be. "
        "Run something in a lesson first and open the program from there, or try again in {seconds} s."
    )


class ProgramBusy(Exception):
    """So many requests are under way at this program already."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"{limit} requests are under way at this program, which is as many as are let in at once.")


@dataclass(frozen=True, slots=True)
class Place:
    """One program in one room."""

    room: str
    lesson: str
    lab: str
    variant: str


@dataclass(slots=True)
class _Live:
    served: Served
    caller: Caller
    starting: asyncio.Task[None] = field(init=False)
    open: int = 0
    """Requests under way."""
    idle: asyncio.TimerHandle | None = None
    failed: NotServed | None = None


@dataclass(slots=True)
class Rooms:
    processes: int = PROCESSES
    share: int = SHARE
    idle_seconds: float = IDLE_SECONDS
    requests_at_once: int = REQUESTS_AT_ONCE
    on_busy: Callable[[bool], None] = lambda _: None
    _live: dict[Place, _Live] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _directory: Path | None = None
    _under_way: int = 0

    async def start(self) -> None:
        """The fork server must be warm; no program is started before it is asked for."""
        self._directory = await asyncio.to_thread(make_directory)

    async def close(self) -> None:
        """End every program, within 2 s. Harmless the second time."""
        directory, self._directory = self._directory, None
        for place in list(self._live):
            self._drop(place)
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=CLOSE_SECONDS)
        if directory is not None:
            await asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True)

    @contextlib.asynccontextmanager
    async def visit(self, place: Place, program: Program, caller: Caller = ANYBODY) -> AsyncIterator[Served]:
        """The program, answering, for the time of one request. Raises NotServed, RoomsFull, ShareFull or ProgramBusy."""
        live = self._find(place, program) or self._begin(place, program, caller)
        if live.open >= self.requests_at_once:
            raise ProgramBusy(self.requests_at_once)
        self._enter(live)
        try:
            await asyncio.shield(live.starting)
            if live.failed is not None:
                raise live.failed.with_traceback(None)
            yield live.served
        finally:
            self._leave(place, live)

    def is_there(self, place: Place, program: Program) -> bool:
        """Whether a visit would start nothing: just this text is served there, or has just failed to start."""
        live = self._live.get(place)
        return (
            live is not None and live.served.program == program and bool(live.failed or not live.served.ended.is_set())
        )

    def gone(self, place: Place, served: Served) -> None:
        """A visitor found nobody there: the next one starts the program anew."""
        live = self._live.get(place)
        if live is not None and live.served is served:
            self._drop(place)

    def vacate(self, room: str) -> None:
        """End every program in a room; whoever asks again gets a new one."""
        for place in [place for place in self._live if place.room == room]:
            self._drop(place)

    def _find(self, place: Place, program: Program) -> _Live | None:
        """The program as it is served there; one that has died, or another text of it, is let go."""
        live = self._live.get(place)
        if live is None or self.is_there(place, program):
            return live
        self._drop(place)
        return None

    def _begin(self, place: Place, program: Program, caller: Caller) -> _Live:
        if self._directory is None:
            raise NotServed(program.file, failure("not-started", "The server is shutting down."))
        living = [live for live in self._live.values() if live.failed is None]
        if not caller.is_learner and sum(live.caller == caller for live in living) >= self.share:
            raise ShareFull(self.share, self._seconds_until_one_ends(live for live in living if live.caller == caller))
        if len(living) >= self.processes:
            self._spare_one(caller)
        served = Served(program, self._directory / secrets.token_hex(8))
        live = self._live[place] = _Live(served, caller)
        live.starting = self._keep(self._start(place, live))
        return live

    async def _start(self, place: Place, live: _Live) -> None:
        try:
            await live.served.start()
        except NotServed as failed:
            live.failed = failed
        except OSError as error:
            live.failed = NotServed(live.served.program.file, failure("not-started", str(error)))
        if live.failed is None:
            self._keep(self._watch(place, live))
        else:
            await live.served.end()
            asyncio.get_running_loop().call_later(FAILED_SECONDS, self.gone, place, live.served)

    async def _watch(self, place: Place, live: _Live) -> None:
        await live.served.ended.wait()
        self.gone(place, live.served)

    def _spare_one(self, caller: Caller) -> None:
        """Make room for a program of this caller's. Raises RoomsFull."""
        places = list(self._live)
        held = [
            Held(place.room, live.caller, live.idle.when() if live.idle else None) for place, live in self._live.items()
        ]
        spared = to_spare(held, caller)
        if spared is None:
            raise RoomsFull(self.processes, self._seconds_until_one_ends(self._live.values()))
        self._drop(places[spared])

    def _seconds_until_one_ends(self, lives: Iterable[_Live]) -> int:
        """If it is not used until then."""
        now = asyncio.get_running_loop().time()
        left = [live.idle.when() - now for live in lives if live.idle is not None]
        return math.ceil(min(left, default=self.idle_seconds))

    def _enter(self, live: _Live) -> None:
        if live.idle is not None:
            live.idle.cancel()
            live.idle = None
        live.open += 1
        self._under_way += 1
        if self._under_way == 1:
            self.on_busy(True)

    def _leave(self, place: Place, live: _Live) -> None:
        live.open -= 1
        self._under_way -= 1
        if self._under_way == 0:
            self.on_busy(False)
        if live.open == 0 and self._live.get(place) is live and live.failed is None:
            live.idle = asyncio.get_running_loop().call_later(self.idle_seconds, self.gone, place, live.served)

    def _drop(self, place: Place) -> None:
        """Let go of a program: whoever still waits for its answer finds it gone."""
        live = self._live.pop(place)
        if live.idle is not None:
            live.idle.cancel()
        self._keep(self._end(live))

    async def _end(self, live: _Live) -> None:
        if not live.starting.done():
            live.served.stop()
        await asyncio.wait([live.starting])
        if live.failed is None:
            await live.served.end()

    def _keep(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
