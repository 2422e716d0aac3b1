"""What a run ran on, as its own process finds it: the processors that it may use, the interpreter, the loop, and what serves it.

The versions are of what stands behind the program in this interpreter; a program cannot bring its own. Imports nothing of ours.
"""

from __future__ import annotations

import asyncio
import os
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

PACKAGES = ("fastapi", "uvicorn", "anyio")


def surroundings(loop: asyncio.AbstractEventLoop | None = None) -> dict[str, Any]:
    """As the event `on` tells it. Without a loop, as long as none runs, its name is empty."""
    return {"cores": _cores(), "python": platform.python_version(), "loop": _name(loop), **versions()}


@cache
def versions() -> dict[str, str]:
    """By package, empty where one is not installed as such; the fork server asks once for all runs."""
    return {package: _version(package) for package in PACKAGES}


def _cores() -> int:
    """Those that the process may use, which are fewer than the machine's where it was given a part of them."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS has no such call
        return os.cpu_count() or 1


def _name(loop: asyncio.AbstractEventLoop | None) -> str:
    return "" if loop is None else type(loop).__module__.partition(".")[0]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
