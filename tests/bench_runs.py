"""How soon a run answers, how soon its first bar is there, and what measuring it costs the program."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.bench_load import Load, connect
from tests.bench_ratios import Bound, Measured, microseconds, milliseconds, ratios
from tests.conftest import SHIPPED, serving
from tests.learners import learner_at
from tests.processes import processor_seconds
from webapp.labs.host import LabHost
from webapp.labs.lab import RunSpec
from webapp.labs.pair import serving as lab_serving
from webapp.labs.protocol import REQUEST_HEADER

LESSON = "concurrent-tasks"
PROGRAM = (SHIPPED / LESSON / "awaiting.py").read_text()
REPEATS = 9
POLL_SECONDS = 0.002
TRACED_REQUESTS = 2000


def run_start() -> list[Measured]:
    """From `LabHost.submit` to the moment the run's first response is complete, divided by the same of a cold uvicorn."""
    starts, colds = asyncio.run(_starts_of_runs())
    name = "run start to first response / cold uvicorn"
    note = f"{milliseconds(starts)} against {milliseconds(colds)}"
    return [Measured(name, ratios(starts, colds), goal=Bound(0.1), alarm=Bound(0.35), note=note)]


def first_bar() -> list[Measured]:
    """From POST /runs to the first message of its stream with a request in it, divided by a cold uvicorn's first response."""
    clicks, colds = asyncio.run(_clicks())
    name = "click to first bar / cold uvicorn"
    note = f"{milliseconds(clicks)} against {milliseconds(colds)}; 100 ms of it the bystander's head start"
    return [Measured(name, ratios(clicks, colds), note=note)]


def tracing() -> list[Measured]:
    """Processor time a request of a program that is measured, divided by that of the same program left alone."""
    traced, bare = asyncio.run(_cost_of_tracing())
    note = f"{microseconds(traced)} against {microseconds(bare)} of the lab's processor time a request"
    return [Measured("processor time a request, traced / not traced", ratios(traced, bare), note=note)]


async def _starts_of_runs() -> tuple[list[float], list[float]]:
    host = LabHost()
    await host.start()
    try:
        starts, colds = [], []
        await _start_of_a_run(host)
        for _ in range(REPEATS):
            starts.append(await _start_of_a_run(host))
            colds.append(await cold_start())
    finally:
        await host.close()
    return starts, colds


async def _start_of_a_run(host: LabHost) -> float:
    """The load goes on a little after the first request, so that messages come while the run's clock goes."""
    spec = RunSpec(PROGRAM, "awaiting.py", "GET /ping", requests=5, interval_ms=50)
    submitted = time.monotonic()
    run_id = host.submit(spec, owner="bench")
    begun = None
    async for _ in host.events(run_id):
        now, state = time.monotonic(), host.state(run_id)
        if begun is None and state.state == "running" and state.clock is not None:
            begun = now - state.clock
    state = host.state(run_id)
    assert (state.state, begun is None) == ("finished", False), state.failure
    assert begun is not None
    return begun + float(state.rows[0]["done"]) - submitted


async def _clicks() -> tuple[list[float], list[float]]:
    clicks, colds = [], []
    with tempfile.TemporaryDirectory() as data, serving(Path(data), SHIPPED) as site:
        async with learner_at(site.url) as learner:
            assert (await learner.get("/readyz")).status == 200
            for _ in range(REPEATS):
                pressed = time.monotonic()
                run = (await learner.press(LESSON, "tasks", "awaiting")).json()
                async with contextlib.aclosing(learner.messages(run["events"])) as messages:
                    async for message in messages:
                        if any(event["e"] == "request" for event in message["events"]):
                            clicks.append(time.monotonic() - pressed)
                            break
                await learner.stop(run["url"])
                colds.append(await cold_start())
    return clicks, colds


async def cold_start() -> float:
    """From starting `python -m uvicorn` over the same program to its first response, asked for again and again."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "program.py").write_text(PROGRAM)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        begun = time.monotonic()
        process = _uvicorn(folder, port)
        try:
            while True:
                assert process.poll() is None, "uvicorn has ended"
                with contextlib.suppress(OSError):
                    connection = await connect("127.0.0.1", port)
                    try:
                        assert await connection.ask(_request("/ping", port)) == 200
                    finally:
                        connection.close()
                    return time.monotonic() - begun
                await asyncio.sleep(POLL_SECONDS)
        finally:
            process.kill()
            process.wait()


def _uvicorn(folder: str, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "uvicorn", "program:app", "--port", str(port), "--loop", "asyncio"]
    return subprocess.Popen(
        [*command, "--no-access-log"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _request(path: str, port: int) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()


async def _cost_of_tracing() -> tuple[list[float], list[float]]:
    traced: list[float] = []
    bare: list[float] = []
    async with _lab(traced=True) as with_tracing, _lab(traced=False) as without:
        for _ in range(REPEATS):
            for (pid, load), costs in ((with_tracing, traced), (without, bare)):
                before = processor_seconds(pid)
                assert await load.ask(TRACED_REQUESTS) == TRACED_REQUESTS
                costs.append((processor_seconds(pid) - before) / TRACED_REQUESTS)
    return traced, bare


@asynccontextmanager
async def _lab(*, traced: bool) -> AsyncIterator[tuple[int, Load]]:
    async with lab_serving(PROGRAM, "awaiting.py", traced=traced, seconds=300) as (child, (host, port)):
        request = f"GET /ping HTTP/1.1\r\nHost: {host}:{port}\r\n{REQUEST_HEADER}: 1\r\n\r\n".encode()
        async with Load.at(host, port, request, connections=8) as load:
            await load.ask(TRACED_REQUESTS // 4)
            yield child.pid, load
