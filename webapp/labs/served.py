"""One program that is served live: a lab process of its own, without a generator and without measuring.

It listens from before its start, so that no request is too early; it is ready when it said so, or it has failed and says why,
at the reader's line. Knows no room and no request.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from webapp.labs import children
from webapp.labs.checker import Checker
from webapp.labs.children import Child, ForkServerError
from webapp.labs.directory import clear
from webapp.labs.pair import BACKLOG, KILL_SECONDS
from webapp.labs.protocol import Event
from webapp.labs.telemetry import Ear, Output, listen

STARTUP_SECONDS = 10.0
LAST_WORDS_SECONDS = 0.25
OUTPUT_TOLD_CHARACTERS = 2_000
PROCESSOR_SECONDS = 300.0
"""What a program that is served live may use of a processor before it is ended; the next request starts it anew."""


@dataclass(frozen=True, slots=True)
class Program:
    """What is to be served, as plain values."""

    file: str
    text: str
    tokens: int | None = None


class NotServed(Exception):
    """The program could not be started; `failure` has the fields of webapp.views.runs.Failure."""

    def __init__(self, file: str, failure: Mapping[str, Any]) -> None:
        self.file = file
        self.failure = failure
        super().__init__(str(failure["message"]))


def failure(code: str, message: str) -> dict[str, Any]:
    """A failure that is at no line of the program."""
    return {"code": code, "message": message, "line": None, "source": "", "traceback": ""}


class Served:
    """Used on one event loop. `start` is called once, `end` always."""

    def __init__(self, program: Program, directory: Path) -> None:
        self.program = program
        self.address = ("", 0)
        self.unanswered = 0
        """Requests that wait for the first byte of its answer; whoever asks it counts them."""
        self.ended = asyncio.Event()
        """Set when the process is gone, for whatever reason, or was never there."""
        self._directory = directory
        self._child: Child | None = None
        self._failure: dict[str, Any] | None = None
        self._ready = False
        self._settled = asyncio.Event()
        self._output = Output()
        self._ear = Ear(Checker(requests=1, clock=time.monotonic).from_lab, self._hear, self._flooded)
        self._transports: list[asyncio.BaseTransport] = []

    async def start(self) -> None:
        """Return when it answers requests. Raises NotServed."""
        try:
            self._child = await self._fork()
        except ForkServerError as error:
            self.ended.set()
            raise NotServed(self.program.file, failure("not-started", str(error))) from error
        self._child.ended.add_done_callback(lambda _: self._gone())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STARTUP_SECONDS):
                await self._settled.wait()
        if self.ended.is_set():
            await self._hear_last_words()
        if not self._settled.is_set():
            self._failure = failure("time-out", f"It did not start within {STARTUP_SECONDS:g} s.")
        if self._failure is not None:
            raise NotServed(self.program.file, self._failure)

    def stop(self) -> None:
        """Make a `start` that is under way fail now."""
        self._failure = self._failure or failure("lost", "It was ended while it was started.")
        self._settled.set()

    async def end(self) -> None:
        """End it with all that it started, and leave nothing of it."""
        if self._child is not None:
            self._child.kill()
            await asyncio.wait([self._child.ended], timeout=KILL_SECONDS)
        for transport in self._transports:
            transport.close()
        await asyncio.to_thread(clear, self._directory)

    async def _fork(self) -> Child:
        await asyncio.to_thread(self._directory.mkdir, mode=0o700)
        with socket.socket() as listener, contextlib.ExitStack() as handed:
            listener.bind(("127.0.0.1", 0))
            listener.listen(BACKLOG)
            self.address = listener.getsockname()
            fds = {"listener": listener.fileno()}
            for name, protocol in (("telemetry", self._ear), ("stdout", self._output)):
                reading, fds[name] = os.pipe()
                handed.callback(os.close, fds[name])
                self._transports.append(await listen(reading, protocol))
            arguments = {
                "program": self.program.text,
                "file": self.program.file,
                "tokens": self.program.tokens,
                "seconds": PROCESSOR_SECONDS / (os.cpu_count() or 1),
                "directory": str(self._directory),
                "traced": False,
            }
            return await children.start("webapp.labs.process:main", arguments, fds)

    def _hear(self, event: Event) -> None:
        if event["e"] == "failure" and not self._ready:
            self._failure = {name: event[name] for name in ("code", "message", "line", "source", "traceback")}
            self._settled.set()
        elif event["e"] == "ready":
            self._ready = True
            self._settled.set()

    def _flooded(self) -> None:
        if self._child is not None:
            self._child.kill()

    def _gone(self) -> None:
        self.ended.set()
        self._settled.set()

    async def _hear_last_words(self) -> None:
        """It ended while it was started: what it said of that may still be in its pipes."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_SECONDS):
                await asyncio.gather(self._ear.closed.wait(), self._output.closed.wait())
        told = failure("lost", "The program ended while it was started.")
        self._failure = self._failure or {**told, "traceback": self._output.text[-OUTPUT_TOLD_CHARACTERS:]}
