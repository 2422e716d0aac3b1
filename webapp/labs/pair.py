"""The two processes of a run, the lab and the generator, and the pipes that join them. Knows no events.

`serving` starts a lab alone, for whoever brings requests of their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from webapp.labs import children
from webapp.labs.children import Child
from webapp.labs.directory import clear
from webapp.labs.lab import REQUEST_NUMBER, RunSpec, fill
from webapp.labs.protocol import widen
from webapp.labs.telemetry import Ear, Output, listen

KILL_SECONDS = 1.0
REQUEST_SPARE_SECONDS = 5.0
BACKLOG = 2048
"""Requests that arrive before the lab accepts wait here: no polling for a port, no race for one."""


class Pair:
    """A run's lab and generator, and what joins them. `end` leaves nothing behind, whatever `start` got to."""

    lab: Child
    generator: Child
    lab_ear: Ear

    def __init__(self, spec: RunSpec, directory: Path) -> None:
        self._spec = spec
        self._directory = directory
        self._fds: set[int] = set()
        self._transports: list[asyncio.BaseTransport] = []
        self._children: list[Child] = []

    async def start(self, *, lab: Ear, generator: Ear, output: Output) -> None:
        """Start both; their pipes are listened to from before the first word. Raises ForkServerError."""
        spec = self._spec
        self.lab_ear = lab
        await asyncio.to_thread(self._directory.mkdir, mode=0o700)
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(BACKLOG)
            lab_fds = {
                "listener": listener.fileno(),
                "telemetry": await self._pipe(lab),
                "stdout": await self._pipe(output),
            }
            ready, lab_fds["ready"] = os.pipe()
            self._fds |= {ready, lab_fds["ready"]}
            self.lab = await self._start(
                "webapp.labs.process:main", lab_arguments(spec, self._directory), lab_fds, tied=True
            )
            arguments = generator_arguments(spec, listener.getsockname())
            fds = {"telemetry": await self._pipe(generator), "ready": ready}
            self.generator = await self._start("webapp.labs.load:main", arguments, fds, tied=False)
        self._close_fds()

    async def end(self) -> None:
        """End both with all that they started, wait until they are gone, and remove the directory."""
        for child in self._children:
            child.kill()
        if self._children:
            await asyncio.wait([child.ended for child in self._children], timeout=KILL_SECONDS)
        for transport in self._transports:
            transport.close()
        self._close_fds()
        await asyncio.to_thread(clear, self._directory)

    async def _start(self, target: str, arguments: Mapping[str, Any], fds: Mapping[str, int], *, tied: bool) -> Child:
        child = await children.start(target, arguments, fds, tied=tied)
        self._children.append(child)
        return child

    async def _pipe(self, protocol: asyncio.Protocol) -> int:
        """A pipe whose reading end we listen to; the writing end is to be handed over."""
        reading, writing = os.pipe()
        widen(writing)
        self._fds.add(writing)
        self._transports.append(await listen(reading, protocol))
        return writing

    def _close_fds(self) -> None:
        for fd in self._fds:
            os.close(fd)
        self._fds.clear()


def lab_arguments(spec: RunSpec, directory: Path) -> dict[str, Any]:
    return {
        "program": spec.program,
        "file": spec.file,
        "tokens": spec.tokens,
        "seconds": spec.seconds,
        "directory": str(directory),
        "loop": spec.loop,
    }


def generator_arguments(spec: RunSpec, address: tuple[str, int]) -> dict[str, Any]:
    bystander = None
    if spec.bystander is not None:
        method, path = fill(spec.bystander, {**spec.parameters, REQUEST_NUMBER: 0}).split(" ", 1)
        bystander = (method, path)
    return {
        "address": address,
        "method": spec.method,
        "paths": [spec.path(n) for n in range(1, spec.requests + 1)],
        "interval": spec.interval_ms / 1000,
        "one_after_another": spec.one_after_another,
        "bystander": bystander,
        "disconnect_after": spec.callers.disconnect_after,
        "read_bytes_per_second": spec.callers.read_bytes_per_second,
        "seconds": spec.seconds + REQUEST_SPARE_SECONDS,
    }


@contextlib.asynccontextmanager
async def serving(
    program: str, file: str, *, traced: bool = True, seconds: float = 60.0
) -> AsyncIterator[tuple[Child, tuple[str, int]]]:
    """A lab that serves the program without a generator: the process and its address. `traced=False` leaves all measuring out."""
    output, telemetry = Output(), Output()
    with contextlib.ExitStack() as opened, socket.socket() as listener:
        directory = opened.enter_context(tempfile.TemporaryDirectory(prefix="interleave-serving-"))
        listener.bind(("127.0.0.1", 0))
        listener.listen(BACKLOG)
        address = listener.getsockname()
        fds, transports = {"listener": listener.fileno()}, []
        for name, protocol in (("telemetry", telemetry), ("stdout", output)):
            reading, fds[name] = os.pipe()
            opened.callback(os.close, fds[name])
            transports.append(await listen(reading, protocol))
        arguments = {"program": program, "file": file, "tokens": None, "seconds": seconds, "directory": directory}
        child = await children.start("webapp.labs.process:main", {**arguments, "traced": traced}, fds)
        try:
            yield child, address
        finally:
            child.kill()
            await child.ended
            for transport in transports:
                transport.close()
