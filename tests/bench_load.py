"""A bare HTTP/1.1 client that asks the same thing again and again over kept connections: it must not be what is measured."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httptools


class Connection(asyncio.Protocol):
    """One request at a time; the answer's body is counted and let go."""

    def __init__(self) -> None:
        self.bytes = 0
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[int] | None = None

    async def ask(self, request: bytes) -> int:
        """The status. Raises ConnectionError where the other side leaves."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self.bytes += len(body)

    def on_message_complete(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(self._parser.get_status_code())

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError("the server left"))


async def connect(host: str, port: int) -> Connection:
    _, connection = await asyncio.get_running_loop().create_connection(Connection, host, port)
    return connection


class Load:
    """A few connections that ask for the same, each its next as soon as it has its answer."""

    def __init__(self, connections: Sequence[Connection], request: bytes) -> None:
        self._connections = connections
        self._request = request

    @classmethod
    @asynccontextmanager
    async def at(cls, host: str, port: int, request: bytes, *, connections: int) -> AsyncIterator[Load]:
        made = [await connect(host, port) for _ in range(connections)]
        try:
            yield cls(made, request)
        finally:
            for connection in made:
                connection.close()

    @property
    def bytes(self) -> int:
        """Of all bodies so far."""
        return sum(connection.bytes for connection in self._connections)

    async def ask(self, times: int) -> int:
        """How many of so many requests were answered with 200."""
        left = iter(range(times))

        async def some(connection: Connection) -> int:
            return sum([await connection.ask(self._request) == 200 for _ in left])

        return sum(await asyncio.gather(*map(some, self._connections)))
