"""Another interpreter of this machine that carries out runs for a measurement: both sides of it.

The other side is `python3.12 -m webapp.labs.elsewhere`. It needs what a lab needs (fastapi, uvicorn, aiohttp), nothing of the site.
They speak in lines of JSON, over its standard input and output: it says `{"python": …, "versions": {…}}` when it is ready, or
`{"unfit": reason}`; then each line it hears is a run, `{"program": …, …}`, and each that it says a repeat. It ends with its input.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from webapp.labs.lab import Callers, Cost, RunSpec
from webapp.labs.measurement import Environment, Repeat, minor, this_environment

START_SECONDS = 60.0
END_SECONDS = 5.0
LINE_BYTES = 8 << 20
OLDEST, NEWEST = 11, 30

_ROOT = str(Path(__file__).resolve().parents[2])


class Unfit(Exception):
    """Why an interpreter cannot carry out runs, as the end of a sentence."""


def interpreters(asked: Sequence[str]) -> dict[str, str | None]:
    """The asked versions, such as `3.12`, and where each is on this machine; `all` asks for those that are there. Not our own."""
    there = {f"3.{number}": shutil.which(f"python3.{number}") for number in range(OLDEST, NEWEST + 1)}
    names = [name for name, path in there.items() if path] if "all" in asked else []
    names += [name for name in asked if name != "all" and name not in names]
    return {name: there.get(name) for name in names if name != minor(this_environment().python)}


class Elsewhere:
    """Our side. `start` comes first, `close` last."""

    environment: Environment

    def __init__(self, python: str) -> None:
        self._python = python

    async def start(self) -> None:
        """Raises Unfit."""
        self._process = await asyncio.create_subprocess_exec(
            self._python,
            "-m",
            "webapp.labs.elsewhere",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": _ROOT},
            limit=LINE_BYTES,
        )
        try:
            async with asyncio.timeout(START_SECONDS):
                told = await self._hear()
        except TimeoutError:
            raise Unfit(f"did not start within {START_SECONDS:g} s") from None
        if "unfit" in told:
            raise Unfit(told["unfit"])
        self.environment = Environment(told["python"], "asyncio", told["versions"])

    async def carry_out(self, spec: RunSpec) -> Repeat:
        """Raises Unfit where the other side is gone."""
        assert self._process.stdin  # noqa: S101 (it is a pipe)
        self._process.stdin.write(json.dumps(asdict(spec)).encode() + b"\n")
        told = await self._hear()
        return Repeat(
            told["figures"],
            {int(status): count for status, count in told["statuses"].items()},
            told["disturbed"],
            told["failure"],
        )

    async def close(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await self._process.wait()
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _hear(self) -> dict[str, Any]:
        assert self._process.stdout  # noqa: S101 (it is a pipe)
        line = await self._process.stdout.readline()
        if not line:
            raise Unfit("ended without a word: it cannot import what a lab needs")
        told: dict[str, Any] = json.loads(line)
        return told


async def _serve() -> None:
    """The other side."""
    from webapp.labs.children import ForkServerError
    from webapp.labs.measuring import Bench

    bench = Bench()
    try:
        await bench.start()
    except ForkServerError as error:
        _say({"unfit": re.sub(r"^the lab fork server ", "", str(error))})
        return
    environment = this_environment()
    _say({"python": environment.python, "versions": environment.versions})
    try:
        while line := await asyncio.to_thread(sys.stdin.readline):
            told = json.loads(line)
            spec = RunSpec(**{**told, "cost": Cost(told["cost"]), "callers": Callers(**told["callers"])})
            _say(asdict(await bench.carry_out(spec)))
    finally:
        await bench.close()


def _say(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_serve())
