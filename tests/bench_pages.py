"""A learner's lesson page, against the same bytes as a constant."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from secrets import token_hex
from statistics import median
from urllib.parse import urlsplit

from tests.bench_load import Load
from tests.bench_ratios import Measured, microseconds, ratios
from tests.conftest import ROOT, SHIPPED, environment, serving
from tests.learners import learner_at
from tests.processes import processor_seconds

LESSON = "concurrent-tasks"
REPEATS = 9
CONNECTIONS = 4
PAGES = 100
CONSTANTS = 1000
"""The constant is so much faster that as many requests would be over before the clock could tell."""
NOT_REPEATED = ("connection", "date", "set-cookie")


def pages() -> list[Measured]:
    """Pages a second of a learner's lesson page, divided by those of a bare ASGI application that sends the same bytes."""
    return [measured for mode in ("why", "recall") for measured in asyncio.run(_page(f"/lessons/{LESSON}/{mode}"))]


async def _page(path: str) -> list[Measured]:
    with tempfile.TemporaryDirectory() as data, serving(Path(data), SHIPPED) as site:
        token = await somebody(site.url)
        address = urlsplit(site.url).netloc
        request = f"GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: interleave={token}\r\n\r\n".encode()
        with _constant(site.url + path, token, Path(data)) as (process, url, size):
            async with AsyncExitStack() as opened:
                ours, bare = [
                    (pid, await opened.enter_async_context(_load(where, request)))
                    for pid, where in ((site.process.pid, site.url), (process.pid, url))
                ]
                rates: tuple[list[float], list[float]] = ([], [])
                costs: tuple[list[float], list[float]] = ([], [])
                for _ in range(REPEATS):
                    for which, (pid, load), times in ((0, ours, PAGES), (1, bare, CONSTANTS)):
                        rate, cost = await _ask(pid, load, times, size)
                        rates[which].append(rate)
                        costs[which].append(cost)
    note = f"{1 / median(rates[0]) * 1e6:.0f} us against {1 / median(rates[1]) * 1e6:.0f} us a page; {size} bytes"
    cost_note = f"{microseconds(costs[0])} against {microseconds(costs[1])} of the server's processor time"
    return [
        Measured(f"{path.rsplit('/', 1)[1]}: pages a second, ours / bare constant", ratios(*rates), note=note),
        Measured(f"{path.rsplit('/', 1)[1]}: processor time a page, ours / bare", ratios(*costs), note=cost_note),
    ]


async def _ask(pid: int, load: Load, times: int, size: int) -> tuple[float, float]:
    """Answers a second, and processor seconds of the server an answer."""
    bytes_before, before, begun = load.bytes, processor_seconds(pid), time.monotonic()
    assert await load.ask(times) == times
    took, used = time.monotonic() - begun, processor_seconds(pid) - before
    assert load.bytes - bytes_before == times * size
    return times / took, used / times


async def somebody(url: str) -> str:
    """A learner who has answered an item: their pages have something personal."""
    async with learner_at(url) as learner:
        form = (await learner.forms(f"/lessons/{LESSON}/recall"))[0]
        page = (await learner.get(f"/lessons/{LESSON}/recall")).text
        options = re.findall(r'name="option" value="([^"]+)"', page[page.index(form.action) :])
        assert (await learner.respond(form, options[0], key=token_hex(16))).status == 200
        return learner.token


@contextmanager
def _constant(url: str, token: str, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str, int]]:
    """The page's bytes, served by a process that does nothing else: the process, its address and the body's size."""
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Cookie": f"interleave={token}"})) as page:
        headers = [(name, value) for name, value in page.headers.items() if name not in NOT_REPEATED]
        body = page.read()
    answer = folder / "answer.json"
    answer.write_text(json.dumps({"headers": headers, "body": body.decode()}))
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench_constant", str(answer)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
        cwd=ROOT,
    )
    with process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip(), len(body)
        finally:
            process.kill()


def _load(url: str, request: bytes) -> contextlib.AbstractAsyncContextManager[Load]:
    parts = urlsplit(url)
    assert parts.hostname and parts.port
    return Load.at(parts.hostname, parts.port, request, connections=CONNECTIONS)
