"""The bystander: a small request every 20 ms beside the load, whose wait is what everybody else pays. Knows no load.

While the loop is held each ping needs a connection of its own, two hundred of them in five seconds, so this is the barest HTTP/1.1
client: a written line and uvicorn's own parser. A full client costs four times as much, and thirty runs would starve one another.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import httptools

from webapp.labs.protocol import BODY_BYTES, PING_EVERY_SECONDS, PING_LAST_WAIT_SECONDS, PINGS_WAITING, Event

now = time.monotonic


class Bystander:
    def __init__(self, address: tuple[str, int], method: str, path: str, told: Callable[[Event], None]) -> None:
        self._address = address
        self._request = f"{method} {path} HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\n\r\n".encode()
        self._told = told
        self._idle: list[_Connection] = []

    async def ping(self) -> None:
        """Ping on the beat until cancelled, a new one even while earlier ones wait; then give the last ones a little time."""
        begin, n = now(), 0
        pings: set[asyncio.Task[None]] = set()
        try:
            while True:
                n += 1
                if len(pings) < PINGS_WAITING:
                    ping = asyncio.create_task(self._once(n))
                    pings.add(ping)
                    ping.add_done_callback(pings.discard)
                await asyncio.sleep(max(0.0, begin + n * PING_EVERY_SECONDS - now()))
        finally:
            if pings:
                _, waiting = await asyncio.wait(set(pings), timeout=PING_LAST_WAIT_SECONDS)
                for ping in waiting:
                    ping.cancel()

    async def _once(self, n: int) -> None:
        try:
            connection = await self._connection()
            self._told({"e": "ping", "t": now(), "n": n, "phase": "sent"})
            status = await connection.ask(self._request)
        except OSError:
            status = 0
        else:
            if connection.usable:
                self._idle.append(connection)
        self._told({"e": "ping", "t": now(), "n": n, "phase": "done", "status": status})

    async def _connection(self) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.usable:
                return connection
        _, connection = await asyncio.get_running_loop().create_connection(_Connection, *self._address)
        return connection


class _Connection(asyncio.Protocol):
    """One request at a time; `usable` as long as another may follow."""

    def __init__(self) -> None:
        self.usable = True
        self._answer: asyncio.Future[int] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._bytes = 0

    async def ask(self, request: bytes) -> int:
        """The status of the answer; 0 where none came that is one."""
        self._bytes = 0
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 (what create_connection makes)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._close()
        if self._bytes > BODY_BYTES:
            self._close()

    def on_message_complete(self) -> None:
        self.usable = self._parser.should_keep_alive()
        self._say(self._parser.get_status_code())
        if not self.usable:
            self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        self._close()

    def _close(self) -> None:
        self.usable = False
        self._say(0)
        self._transport.abort()

    def _say(self, status: int) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(status)
