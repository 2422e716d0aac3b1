"""Lab programs and runs for tests: the three of the first lesson, in few lines; and what runs on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from webapp.labs.host import LabHost
from webapp.labs.lab import Cost, RunSpec
from webapp.labs.states import RunState

T = TypeVar("T")

HEAD = "import asyncio\nimport time\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
PING = '@app.get("/ping")\nasync def ping():\n    return {}\n'


def program(endpoint: str) -> str:
    """A FastAPI program with one endpoint at `/`, given from its `def` on, and one for the bystander."""
    return f'{HEAD}@app.get("/")\n{endpoint}\n\n\n{PING}'


AWAITING = program("async def task(seconds: float = 0.2):\n    await asyncio.sleep(seconds)\n    return {}")
THREADS = program("def task(seconds: float = 0.2):\n    time.sleep(seconds)\n    return {}")
BLOCKED = program("async def task(seconds: float = 0.2):\n    time.sleep(seconds)\n    return {}")
ENDLESS = program("async def task():\n    while True:\n        pass")
C_CALL = program("async def task():\n    return sum(range(10**12))")


def make_spec(
    text: str = AWAITING,
    *,
    requests: int = 3,
    request: str = "GET /?seconds={delay}",
    delay: float = 0.05,
    tokens: int | None = None,
    bystander: str | None = None,
    cost: Cost = Cost.WAITING,
    seconds: float = 20.0,
    interval_ms: float = 0.0,
    one_after_another: bool = False,
) -> RunSpec:
    parameters = {"delay": delay} | ({} if tokens is None else {"tokens": tokens})
    return RunSpec(
        program=text,
        file="task.py",
        request=request,
        requests=requests,
        parameters=parameters,
        interval_ms=interval_ms,
        bystander=bystander,
        cost=cost,
        seconds=seconds,
        one_after_another=one_after_another,
    )


def with_host(use: Callable[[LabHost], Awaitable[T]], **settings: Any) -> T:
    """What `use` makes of a started host, which is closed afterwards."""

    async def main() -> T:
        host = LabHost(**settings)
        await host.start()
        try:
            return await use(host)
        finally:
            await host.close()

    return asyncio.run(main())


def run(spec: RunSpec) -> RunState:
    """The run of a spec, to its end."""

    async def use(host: LabHost) -> RunState:
        run_id = host.submit(spec, owner="ada")
        await messages(host, run_id)
        return host.state(run_id)

    return with_host(use)


async def messages(host: LabHost, run_id: str, *, after: int = 0) -> list[dict[str, Any]]:
    """All messages of a run from `after` on, until it has ended; each with its number."""
    return [
        {**json.loads(message.data), "number": message.number}
        async for message in host.events(run_id, after)
        if message is not None
    ]


def processes() -> dict[int, tuple[int, str]]:
    """Every process of this machine: its parent and the letter of its state."""
    if not Path("/proc/self/stat").exists():
        listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True).stdout
        return {int(pid): (int(parent), state[0]) for pid, parent, state in map(str.split, listed.splitlines())}
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # it ended meanwhile
                state, parent = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:2]
                found[int(entry.name)] = (int(parent), state)
    return found
