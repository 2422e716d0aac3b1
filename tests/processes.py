"""Processes as a test looks at them from outside: which of them carry a mark, and what a process has used of the processors.

A mark is a variable of the environment. Every process keeps the environment that it was started with where the system can show it,
forked ones that of their parent, even if the program empties its own: so nothing that descends from a marked site is overlooked.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

MARK = "SITE_UNDER_TEST"
PROCESS_SECONDS = 300.0
"""How long a command that ends by itself is waited for: a guard against one that hangs, however crowded the machine."""


def bearing(mark: str) -> frozenset[int]:
    """The processes that run with this mark. One that has ended and waits to be collected runs no more."""
    return _bearing_by_proc(mark) if sys.platform == "linux" else _bearing_by_ps(mark)


def seconds_until(happened: Callable[[], bool], *, at_most: float) -> float | None:
    """How long it took until it had happened; None if it had not by then."""
    begun = time.monotonic()
    while not happened():
        if time.monotonic() - begun > at_most:
            return None
        time.sleep(0.01)
    return time.monotonic() - begun


def processor_seconds(pid: int) -> float:
    """What the threads that the process has now have used of the processors."""
    if sys.platform == "linux":
        accounts = Path(f"/proc/{pid}/task").glob("*/schedstat")
        return sum(int(account.read_text().split()[0]) for account in accounts) / 1e9
    told = subprocess.run(["ps", "-o", "time=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout
    *larger, seconds = told.strip().split(":")
    return float(seconds) + 60 * sum(int(part) * 60**place for place, part in enumerate(reversed(larger)))


def _bearing_by_proc(mark: str) -> frozenset[int]:
    wanted = f"{MARK}={mark}".encode()
    found = set()
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                variables = (process / "environ").read_bytes().split(b"\0")
            except OSError:  # it has just ended, or it is somebody else's
                continue
            if wanted in variables:
                found.add(int(process.name))
    return frozenset(found)


def _bearing_by_ps(mark: str) -> frozenset[int]:
    told = subprocess.run(["ps", "-A", "-E", "-ww", "-o", "pid=,command="], capture_output=True, text=True, check=True)
    wanted = re.compile(rf"(?:^|\s){MARK}={re.escape(mark)}(?:\s|$)")
    return frozenset(int(line.split(None, 1)[0]) for line in told.stdout.splitlines() if wanted.search(line))
