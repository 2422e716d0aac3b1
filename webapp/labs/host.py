"""Runs: who may run now, their stream, their end. The one face of the labs towards the site.

`submit(spec) -> id`, `events(id, after)`, `stop(id)`: plain values in and out, so that machines behind a queue can stand
here later. Lives on the site's event loop and never blocks it: processes are started from a thread of their own, pipes are
read as they fill.
Refuses a second run of an owner and a line that is full; believes nothing that a lab says beyond its shape.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from webapp.labs import children
from webapp.labs.admission import Line
from webapp.labs.audience import ABSENCE_SECONDS, PARTING_SECONDS, Audience
from webapp.labs.children import ForkServerError as HostError
from webapp.labs.directory import make_directory
from webapp.labs.lab import RunSpec
from webapp.labs.run import Run
from webapp.labs.states import EndedRun, RunState, ended_of, state_of
from webapp.labs.stream import Message

__all__ = [
    "HostError",
    "LabHost",
    "Message",
    "OwnerBusy",
    "QueueFull",
    "UnknownRun",
]

WAITING_AT_ONCE_PER_PROCESSOR = 12
"""Measured on two cores: with 24 side by side a blocked run is still 15 times as long as one that awaits (22 times alone)."""
QUEUE_RUNS = 60
KEEP_ENDED_SECONDS = 300.0
KEEP_ENDED_RUNS = 200
CLOSE_SECONDS = 1.8

log = logging.getLogger(__name__)


class UnknownRun(LookupError):
    """No run of this id here: it never was, or it ended some minutes ago."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        super().__init__(f"no run {run_id!r} here")


class OwnerBusy(Exception):
    """One run an owner; `run_id` is the one that is on or queued."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        super().__init__(f"the run {run_id} is still on")


class QueueFull(Exception):
    """So many runs wait already."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"{limit} runs are waiting already")


class LabHost:
    def __init__(
        self,
        *,
        on_end: Callable[[EndedRun], Awaitable[None]] | None = None,
        waiting_at_once: int | None = None,
        queue: int = QUEUE_RUNS,
        parting_seconds: float = PARTING_SECONDS,
        absence_seconds: float = ABSENCE_SECONDS,
    ) -> None:
        at_once = waiting_at_once or WAITING_AT_ONCE_PER_PROCESSOR * (os.cpu_count() or 1)
        self._line = Line(waiting_at_once=at_once)
        self._queue = queue
        self._audience = partial(Audience, parting_seconds=parting_seconds, absence_seconds=absence_seconds)
        self._on_end = on_end
        self._runs: dict[str, Run] = {}
        self._ended: list[str] = []
        self._owners: dict[str, str] = {}
        self._lingering: dict[str, asyncio.TimerHandle] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._directory: Path | None = None
        self._closed = False
        self._company = False
        self.on_busy: Callable[[], None] = _nothing
        """Called the moment before somebody's run or a live program begins: whoever measures gives way then."""

    async def start(self) -> None:
        """Warm the fork server, so that the first run is as quick as any. Raises HostError (one sentence) where it cannot work."""
        self._directory = await asyncio.to_thread(make_directory)
        try:
            await children.warm()
        except HostError:
            await asyncio.to_thread(shutil.rmtree, self._directory, ignore_errors=True)
            raise

    async def close(self) -> None:
        """End every run and every process, within 2 s. The fork server itself goes with this process."""
        self._closed = True
        for run_id in list(self._owners.values()):
            self._end(self._runs[run_id], "The server is shutting down.")
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=CLOSE_SECONDS)
        for timer in self._lingering.values():
            timer.cancel()
        if self._directory is not None:
            await asyncio.to_thread(shutil.rmtree, self._directory, ignore_errors=True)

    def submit(self, spec: RunSpec, *, owner: str) -> str:
        """The new run's id, unguessable and fit for a URL. Raises OwnerBusy or QueueFull."""
        if (busy := self._owners.get(owner)) is not None:
            raise OwnerBusy(busy)
        if len(self._line.waiting) >= self._queue or self._closed:
            raise QueueFull(self._queue)
        self.on_busy()
        run = Run(secrets.token_urlsafe(16), owner, spec, self._audience())
        self._runs[run.id] = run
        self._owners[owner] = run.id
        self._line.join(run.id, spec.cost)
        self._advance()
        return run.id

    @property
    def is_quiet(self) -> bool:
        """Whether no run is on or waits, and no live program is at work."""
        return not (self._line.running or self._line.waiting or self._company)

    def position(self, run_id: str) -> int | None:
        """The place in the line, from 1; None once it was let in. Raises UnknownRun."""
        return self._line.position(self._run(run_id).id)

    def current(self, owner: str) -> str | None:
        """The owner's run that is on or queued."""
        return self._owners.get(owner)

    def state(self, run_id: str) -> RunState:
        """Raises UnknownRun."""
        return state_of(self._run(run_id))

    def events(self, run_id: str, after: int = 0, *, viewer: str = "") -> AsyncIterator[Message | None]:
        """The run's messages with a number above `after`, then as they come; None every 15 s as a heartbeat. Ends with the last.

        While anybody iterates the run is watched; it ends soon after its last viewer has gone. Raises UnknownRun here, not later.
        """
        return self._follow(self._run(run_id), after, viewer)

    def part(self, run_id: str, viewer: str) -> None:
        """A viewer said goodbye. Raises UnknownRun."""
        run = self._run(run_id)
        run.audience.part(viewer, asyncio.get_running_loop().time())
        self._linger(run)

    def expect(self, run_id: str) -> None:
        """A page that shows the run was asked for. One that is not known here is nobody's."""
        if (run := self._runs.get(run_id)) is not None:
            run.audience.expect(asyncio.get_running_loop().time())
            self._linger(run)

    async def stop(self, run_id: str, message: str = "") -> None:
        """End a run, or take it out of the line. An ended one stays as it is. Raises UnknownRun."""
        run = self._run(run_id)
        if run.ended:
            return
        await asyncio.wait([self._end(run, message)], timeout=CLOSE_SECONDS)

    def keep_company(self, company: bool) -> None:
        """Whether programs beside the runs are at work now. They take no place in the line; a run that waited for them says so."""
        if company:
            self.on_busy()
        self._company = company
        self._introduce()

    def _run(self, run_id: str) -> Run:
        try:
            return self._runs[run_id]
        except KeyError:
            raise UnknownRun(run_id) from None

    def _end(self, run: Run, message: str) -> asyncio.Task[None]:
        """Stop a run that has not ended; the task is done when it has."""
        run.stop(message)
        if run.id not in self._tasks:  # it waited in the line
            self._line.leave(run.id)
            self._tasks[run.id] = asyncio.create_task(self._conclude(run))
        return self._tasks[run.id]

    def _advance(self) -> None:
        """Let in whom the line lets in, and tell the others their place."""
        for run_id in self._line.admit() if not self._closed else ():
            self._runs[run_id].begin()
            self._tasks[run_id] = asyncio.create_task(self._carry_out(self._runs[run_id]))
        self._introduce()
        for place, run_id in enumerate(self._line.waiting, 1):
            self._runs[run_id].move(place)

    def _introduce(self) -> None:
        """Whoever runs now and is not alone has neighbours from now on."""
        if self._company or len(self._line.running) > 1:
            for run_id in self._line.running:
                self._runs[run_id].neighbours = True

    async def _carry_out(self, run: Run) -> None:
        directory = self._directory or Path(tempfile.gettempdir())
        await run.carry_out(directory / run.id)
        await self._conclude(run)

    async def _conclude(self, run: Run) -> None:
        self._line.leave(run.id)
        self._advance()
        await run.conclude(lambda: self._keep(run))
        self._owners.pop(run.owner, None)
        self._tasks.pop(run.id, None)
        self._ended.append(run.id)
        asyncio.get_running_loop().call_later(KEEP_ENDED_SECONDS, self._forget, run.id)
        if len(self._ended) > KEEP_ENDED_RUNS:
            self._forget(self._ended[0])

    async def _keep(self, run: Run) -> None:
        """Hand an ended run to the site. It is told before the run's last message, so that who reads the end finds it kept."""
        if self._on_end is None:
            return
        await self._on_end(ended_of(run, datetime.now(UTC)))
        run.trace = None  # the site has it now, and it is the largest part of a run

    def _forget(self, run_id: str) -> None:
        if run_id in self._ended:
            self._ended.remove(run_id)
            del self._runs[run_id]

    async def _follow(self, run: Run, after: int, viewer: str) -> AsyncIterator[Message | None]:
        run.audience.come(viewer)
        self._linger(run)
        try:
            async for message in run.follow(after):
                yield message
        finally:
            run.audience.go(viewer, asyncio.get_running_loop().time())
            self._linger(run)

    def _linger(self, run: Run) -> None:
        """Let a run that nobody watches end when its audience has been waited for."""
        if (timer := self._lingering.pop(run.id, None)) is not None:
            timer.cancel()
        if (until := run.audience.until) is not None and not run.ended:
            self._lingering[run.id] = asyncio.get_running_loop().call_at(until, self._abandon, run)

    def _abandon(self, run: Run) -> None:
        self._lingering.pop(run.id, None)
        if not run.ended:
            self._abandoning = asyncio.create_task(self.stop(run.id, "Nobody was watching it any more."))


def _nothing() -> None:
    """Nobody gives way."""
