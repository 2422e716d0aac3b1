"""Live programs that wait for their readers: what forty of them hold in memory, and that each ends."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Iterable
from pathlib import Path

import aiohttp

from tests.bench_ratios import Bound, Measured
from tests.conftest import SHIPPED
from tests.processes import seconds_until
from webapp.labs import children
from webapp.labs.rooms import PROCESSES, Place, Rooms
from webapp.labs.served import Program
from webapp.labs.sharing import Caller

PROGRAM = SHIPPED / "concurrent-tasks" / "awaiting.py"
PATH = "/async-task?seconds=0.01"
IDLE_SECONDS = 10.0
"""Short, and longer than it takes to start all of them."""
END_SECONDS = 10.0
"""So much later than they were idle for they are all gone, or counted as left."""
MEGABYTES = 1000


def rooms() -> list[Measured]:
    """Forty rooms, a program of the shipped lesson in each, asked once and then idle: their memory, and those that do not end.

    PSS counts what processes share once, divided among them; the fork server and the site share with them and are not in it. USS
    is what ends with them.
    """
    return asyncio.run(_rooms())


async def _rooms() -> list[Measured]:
    await children.warm()
    opened = Rooms(idle_seconds=IDLE_SECONDS)
    await opened.start()
    try:
        before = _descendants()
        begun = time.monotonic()
        async with aiohttp.ClientSession() as session:
            for number in range(PROCESSES):
                await _ask(opened, session, number)
        took = time.monotonic() - begun
        born = _descendants() - before
        pss, uss = _megabytes(born, r"Pss"), _megabytes(born, r"Private_(?:Clean|Dirty)")
        assert len(born) >= PROCESSES, (
            f"{len(born)} processes after {took:.1f} s: the first ended before the last was there"
        )
        ended = await asyncio.to_thread(
            seconds_until, lambda: not born & _descendants(), at_most=IDLE_SECONDS + END_SECONDS
        )
        left = born & _descendants()
    finally:
        await opened.close()
    bound = Bound(MEGABYTES)
    note = f"{len(born)} processes of {PROCESSES} rooms, started one after another in {took:.1f} s"
    gone = (
        ""
        if ended is None
        else f"all gone {ended:.1f} s after the last was asked; each may be idle for {IDLE_SECONDS:g} s"
    )
    return [
        Measured(f"{PROCESSES} idle rooms, PSS", (pss,), " MB", bound, bound, note),
        Measured(f"{PROCESSES} idle rooms, USS", (uss,), " MB"),
        Measured("processes left after they were idle", (float(len(left)),), goal=Bound(0), alarm=Bound(0), note=gone),
    ]


async def _ask(opened: Rooms, session: aiohttp.ClientSession, number: int) -> None:
    place, caller = Place(f"room {number}", "concurrent-tasks", "tasks", "awaiting"), Caller(f"192.0.2.{number}")
    async with opened.visit(place, Program(PROGRAM.name, PROGRAM.read_text()), caller) as served:
        host, port = served.address
        async with session.get(f"http://{host}:{port}{PATH}") as answer:
            assert answer.status == 200


def _megabytes(processes: Iterable[int], field: str) -> float:
    total = 0
    for pid in processes:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += sum(int(number) for number in re.findall(rf"^{field}: +(\d+) kB", text, re.MULTILINE))
    return total * 1024 / 1e6


def _descendants() -> set[int]:
    """The processes below this one that run."""
    parents: dict[int, int] = {}
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                state, parent = (process / "stat").read_text().rsplit(")", 1)[1].split()[:2]
            except OSError:
                continue
            if state != "Z":
                parents[int(process.name)] = int(parent)
    found = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {os.getpid()}
