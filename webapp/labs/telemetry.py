"""The site's ear: reads a pipe that a run's process writes to, without ever waiting for it and without believing it.

A lab runs a program that may find the pipe and write what it likes. What is no event in the eyes of a `checker` is junk. Too much
junk, a line too long, or more bytes than a run can have, and the pipe is not listened to any more.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator

from webapp.labs.checker import NotAnEvent
from webapp.labs.protocol import LINE_BYTES, Event, decode

JUNK_LINES = 100
RUN_BYTES = 4 << 20
OUTPUT_BYTES = 64 << 10


async def listen(fd: int, protocol: asyncio.Protocol) -> asyncio.BaseTransport:
    """Read a pipe on the running loop; the transport owns the descriptor from here on."""
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(fd, "rb", 0))
    return transport


class Ear(asyncio.Protocol):
    """Hands each event to `heard` as it comes; calls `flooded` once when the pipe carries what no run does."""

    def __init__(
        self, check: Callable[[Event], Event], heard: Callable[[Event], None], flooded: Callable[[], None]
    ) -> None:
        self.closed = asyncio.Event()
        self.junk = 0
        self._check = check
        self._heard = heard
        self._flooded = flooded
        self._deaf = False
        self._bytes = 0
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        self._bytes += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._read(line)
        if len(self._rest) > LINE_BYTES or self._bytes > RUN_BYTES:
            self._give_up()

    def connection_lost(self, error: Exception | None) -> None:
        self.closed.set()

    def _read(self, line: bytes) -> None:
        if len(line) > LINE_BYTES:
            return self._give_up()
        try:
            events = decode(line)
        except ValueError:
            events = [{}]
        for event in events:
            if self._deaf:
                return
            try:
                checked = self._check(event)
            except NotAnEvent:
                self.junk += 1
                if self.junk > JUNK_LINES:
                    self._give_up()
            else:
                self._heard(checked)

    def _give_up(self) -> None:
        if not self._deaf:
            self._deaf = True
            self._rest = b""
            self._flooded()


class Output(asyncio.Protocol):
    """What a program printed: its last OUTPUT_BYTES. The rest is read and let go, so that printing never blocks the program."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()
        self.heard = asyncio.Event()
        """Set at every piece that comes; cleared by whoever waits for the next one."""
        self._kept = bytearray()

    def data_received(self, data: bytes) -> None:
        self.heard.set()
        self._kept += data
        if len(self._kept) > 2 * OUTPUT_BYTES:
            del self._kept[:-OUTPUT_BYTES]

    def connection_lost(self, error: Exception | None) -> None:
        self.closed.set()

    @property
    def text(self) -> str:
        return self._kept[-OUTPUT_BYTES:].decode(errors="replace")


def program_lines(output: str, file: str) -> Iterator[tuple[int, str]]:
    """The lines of the program in a traceback that faulthandler wrote, innermost first: line and function."""
    marker = f'  File "{file}", line '
    for line in output.splitlines():
        if line.startswith(marker):
            number, _, function = line[len(marker) :].partition(" in ")
            if number.isdigit():
                yield int(number), function
