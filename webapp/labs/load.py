"""The load generator: sends a run's requests from a process of its own and tells what it saw from outside. Knows no program.

It waits until the lab accepts requests, so that the first request is never charged with start-up; `sent` is stamped when the
connection is there and before the first byte is written. Beside the load stands the bystander. What answers is not trusted: time
and body are bounded. Where the lab wants it, callers leave before their answer is there, or read it slowly.

When the site is gone, this process ends the lab with everything that the program started, and then itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import resource
import signal
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from webapp.labs.bystander import Bystander
from webapp.labs.protocol import (
    BODY_BYTES,
    ERROR_CHARACTERS,
    PING_LEAD_SECONDS,
    PING_TAIL_SECONDS,
    READY,
    REQUEST_HEADER,
    ProcessorWait,
    Writer,
)

OPEN_FILES = 2048
BEAT_EVERY_SECONDS = 0.1
OVERSLEEP_EVERY_SECONDS = 0.01
OVERSLEEP_USUAL_SECONDS = 0.005
SLOW_BUFFER_BYTES = 8 << 10
"""What a slow reader's end of a connection holds: the rest waits with the program, which is what there is to see."""
SLOW_SECONDS = 0.05
"""A slow reader reads what this long is worth, and then rests."""

now = time.monotonic


def main(
    *,
    telemetry: int,
    ready: int,
    address: tuple[str, int],
    method: str,
    paths: Sequence[str],
    interval: float,
    one_after_another: bool,
    bystander: tuple[str, str] | None,
    seconds: float,
    disconnect_after: float | None = None,
    read_bytes_per_second: float | None = None,
) -> None:
    """Send one request a path, all at once or `interval` seconds apart; `bystander` is a method and a path.

    A caller leaves `disconnect_after` seconds after its request, and takes `read_bytes_per_second` of its answer, where given.
    `one_after_another`: a request whose time has come is not sent before the one ahead of it is answered; when it should have
    been sent is then forgotten, as most tools forget it. `seconds` bounds one request. It should be more than the run may take,
    so that the run's end is seen as what it is.
    """
    gc.disable()  # a short life, and a collection would look like the server's delay
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    generator = Generator(telemetry, address, seconds, patience=disconnect_after, pace=read_bytes_per_second)
    load = Load(method, paths, interval, one_after_another)
    asyncio.run(generator.run(ready, load, bystander))


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent, and when."""

    method: str
    paths: Sequence[str]
    interval: float
    one_after_another: bool


class Generator:
    def __init__(
        self,
        telemetry: int,
        address: tuple[str, int],
        seconds: float,
        *,
        patience: float | None = None,
        pace: float | None = None,
    ) -> None:
        self.address = address
        self.base = f"http://{address[0]}:{address[1]}"
        self.seconds = seconds
        self.patience = patience
        self.pace = pace
        self.lab: int | None = None
        self._account = ProcessorWait()
        self._beat = 0.0
        self._oversleep = 0.0
        self.writer = Writer(telemetry, tick=self._tick, gone=self._leave)
        self.put = self.writer.put

    async def run(self, ready: int, load: Load, bystander: tuple[str, str] | None) -> None:
        self.writer.start()
        async with self._session() as session:
            await self._lab_ready(ready)
            self.put({"e": "start", "t": now()})
            self.writer.flush()
            pinging = None
            if bystander is not None:
                pinging = asyncio.create_task(Bystander(self.address, *bystander, self.put).ping())
                await asyncio.sleep(PING_LEAD_SECONDS)
            before = self._count_wait()
            await self._load(session, load)
            waited = self._waited(before)
            if pinging is not None:
                await asyncio.sleep(PING_TAIL_SECONDS)
                pinging.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await pinging
            self.put({"e": "end", "t": now(), "wait": waited})
            self.writer.flush()
            await (
                asyncio.Event().wait()
            )  # stay until the site ends the run: should it die first, the lab is ours to end

    async def _load(self, session: aiohttp.ClientSession, load: Load) -> None:
        begin = now()
        async with asyncio.TaskGroup() as requests:
            for index, path in enumerate(load.paths):
                if load.interval and (delay := begin + index * load.interval - now()) > 0:
                    await asyncio.sleep(delay)
                self.put({"e": "request", "t": now(), "n": index + 1, "phase": "queued"})
                request = requests.create_task(self._request(session, load.method, path, index + 1))
                if load.one_after_another:
                    await request

    async def _request(self, session: aiohttp.ClientSession, method: str, path: str, n: int) -> None:
        try:
            async with asyncio.timeout(None) as patience:
                status, error = await self._ask(session, method, path, n, patience)
        except TimeoutError:  # the caller's patience is over, and with it the connection
            self.put({"e": "request", "t": now(), "n": n, "phase": "left"})
            return
        told = {"e": "request", "t": now(), "n": n, "phase": "done", "status": status}
        self.put({**told, "error": error} if error else told)

    async def _ask(
        self, session: aiohttp.ClientSession, method: str, path: str, n: int, patience: asyncio.Timeout
    ) -> tuple[int, str]:
        """Status and error of one exchange; status 0 where there was no whole answer."""
        try:
            async with session.request(
                method,
                self.base + path,
                headers={REQUEST_HEADER: str(n)},
                allow_redirects=False,
                trace_request_ctx=(n, patience),
            ) as response:
                if self.pace is not None:
                    await _read_slowly(response.content, self.pace)
                    return response.status, ""
                size = 0
                async for chunk in response.content.iter_any():
                    size += len(chunk)
                    if size > BODY_BYTES and self.patience is None:
                        return 0, f"the body is longer than {BODY_BYTES} bytes"
                return response.status, ""
        except TimeoutError:
            return 0, f"no answer within {self.seconds:g} s"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return 0, f"{type(error).__name__}: {error}"[:ERROR_CHARACTERS]

    def _session(self) -> aiohttp.ClientSession:
        """A client with as many connections as it has requests, that stamps `sent`."""
        trace = aiohttp.TraceConfig()

        async def sent(_: aiohttp.ClientSession, context: Any, __: Any) -> None:
            n, patience = context.trace_request_ctx
            self.put({"e": "request", "t": now(), "n": n, "phase": "sent"})
            if self.patience is not None:
                patience.reschedule(asyncio.get_running_loop().time() + self.patience)

        trace.on_connection_create_end.append(sent)
        trace.on_connection_reuseconn.append(sent)
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, socket_factory=None if self.pace is None else _narrow_socket),
            read_bufsize=64 << 10 if self.pace is None else SLOW_BUFFER_BYTES,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self.seconds),
            trace_configs=[trace],
            auto_decompress=False,
        )

    async def _lab_ready(self, ready: int) -> None:
        """Read the lab's pid and then its word that it answers; leave when it closes the pipe without that."""
        loop = asyncio.get_running_loop()
        told, heard = b"", asyncio.Event()
        loop.add_reader(ready, heard.set)
        while READY not in told:
            await heard.wait()
            heard.clear()
            piece = os.read(ready, 64)
            if not piece:
                raise SystemExit(0)
            told += piece
            if self.lab is None and b"\n" in told:
                self.lab = int(told.split(b"\n", 1)[0])
        loop.remove_reader(ready)

    def _count_wait(self) -> float | None:
        """What this process has waited for a processor; where nobody tells, start to estimate it."""
        before = self._account.seconds()
        if before is None:
            self._watching = asyncio.create_task(self._watch_sleep())
        return before

    def _waited(self, before: float | None) -> float:
        account = self._account.seconds()
        return self._oversleep if account is None or before is None else max(0.0, account - before)

    async def _watch_sleep(self) -> None:
        """Where the system keeps no account: by how much short sleeps are longer than they should be."""
        while True:
            start = now()
            await asyncio.sleep(OVERSLEEP_EVERY_SECONDS)
            over = now() - start - OVERSLEEP_EVERY_SECONDS
            self._oversleep += over if over > OVERSLEEP_USUAL_SECONDS else 0.0

    def _tick(self, at: float) -> None:
        """Only what is written can tell that nobody reads any more."""
        if at - self._beat > BEAT_EVERY_SECONDS:
            self._beat = at
            self.put({"e": "beat", "t": at, "dropped": self.writer.dropped})

    def _leave(self) -> None:
        """The site is gone."""
        if self.lab is not None and self.lab != os.getpid():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.lab, signal.SIGKILL)
        os._exit(0)


async def _read_slowly(content: aiohttp.StreamReader, pace: float) -> None:
    """To its end, `pace` bytes a second; so much is bounded by the request's own time."""
    piece = b"first"
    while piece:
        piece = await content.read(max(1, int(pace * SLOW_SECONDS)))
        await asyncio.sleep(len(piece) / pace)


def _narrow_socket(address: Any) -> socket.socket:
    family, kind, protocol, _, _ = address
    narrow = socket.socket(family, kind, protocol)
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SLOW_BUFFER_BYTES)
    narrow.setblocking(False)
    return narrow
