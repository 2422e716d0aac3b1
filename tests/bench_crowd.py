"""A class at once: thirty learners press Run, and pages while a lab holds its loop."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from tests.bench_load import connect
from tests.bench_pages import LESSON, somebody
from tests.bench_ratios import Bound, Measured, milliseconds
from tests.conftest import SHIPPED, serving
from tests.learners import Answer, Learner, learner_at

LEARNERS = 30
PRESSES_SECONDS = 1.0
BLOCKED_EVERY = 2
"""Every second learner runs the program that blocks, the others the one that awaits."""
RATIO = 8
CROWD_SECONDS = 120.0
LOADS = 200
LOAD_EVERY_SECONDS = 0.02
PROBE_EVERY_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Seen:
    """A learner's run as they saw it, in seconds since they pressed and since the first of all pressed."""

    variant: str
    first_bar: float
    ended: float
    last: dict[str, Any]

    @property
    def wall(self) -> float:
        return float(self.last["summary"]["wall"])


def crowd() -> list[Measured]:
    """Thirty learners press Run within a second, 24 requests of 0.2 s, every other one blocked: seconds, and the ratio they see."""
    with tempfile.TemporaryDirectory() as data, serving(Path(data), SHIPPED) as site:
        seen = asyncio.run(_crowd(site.url))
    failed = [one.last for one in seen if one.last["state"] != "finished"]
    assert not failed, failed[0]["failure"]
    blocked, awaiting = _walls(seen, "blocked"), _walls(seen, "awaiting")
    marked = f"{sum(one.last['disturbed'] for one in seen)} of {LEARNERS} runs say that they were disturbed"
    ended = (max(one.ended for one in seen),)
    each = "one value a learner; the median counts"
    medians = f"medians {median(blocked):.2f} s and {median(awaiting):.2f} s, disturbed runs included"
    return [
        Measured("press to first bar", tuple(one.first_bar for one in seen), " s", Bound(3), Bound(6), each),
        Measured("first press to the end of the last run", ended, " s", Bound(15), Bound(30), marked),
        Measured("blocked / awaiting wall of all runs", (median(blocked) / median(awaiting),), note=medians),
        *_undisturbed(seen),
    ]


def _undisturbed(seen: Sequence[Seen]) -> list[Measured]:
    """The worst ratio that two learners could compare; nothing where the runs of one program all say that they were disturbed."""
    calm = [one for one in seen if not one.last["disturbed"]]
    blocked, awaiting = _walls(calm, "blocked"), _walls(calm, "awaiting")
    if not blocked or not awaiting:
        return []
    name = "shortest blocked / longest awaiting wall, if undisturbed"
    note = f"{len(blocked)} and {len(awaiting)} runs"
    bound = Bound(RATIO, at_least=True)
    return [Measured(name, (min(blocked) / max(awaiting),), goal=bound, alarm=bound, note=note)]


def _walls(seen: Sequence[Seen], variant: str) -> list[float]:
    return [one.wall for one in seen if one.variant == variant]


def blocked() -> list[Measured]:
    """200 page loads while a lab holds its loop for 5 s: the slowest one, and the slowest /healthz meanwhile."""
    pages, probes, within = asyncio.run(_blocked())
    note = f"median {milliseconds(pages)}; {within} of {LOADS} answered while the lab was blocked"
    probe_note = (
        f"median {milliseconds(probes)} of {len(probes)}; /healthz does nothing, so it waits for the site's loop alone"
    )
    return [
        Measured("slowest page while a lab is blocked", (max(pages),), " s", Bound(1), Bound(2), note),
        Measured("slowest /healthz meanwhile (bounds the site's loop lag)", (max(probes),), " s", note=probe_note),
    ]


async def _crowd(url: str) -> list[Seen]:
    async with AsyncExitStack() as opened, asyncio.timeout(CROWD_SECONDS):
        learners = [await opened.enter_async_context(learner_at(url)) for _ in range(LEARNERS)]
        assert (await learners[0].get("/readyz")).status == 200
        begun = time.monotonic()
        return await asyncio.gather(*(_run(learner, number, begun) for number, learner in enumerate(learners)))


async def _run(learner: Learner, number: int, begun: float) -> Seen:
    variant = "blocked" if number % BLOCKED_EVERY == 0 else "awaiting"
    await asyncio.sleep(number / LEARNERS * PRESSES_SECONDS)
    pressed = time.monotonic()
    answer = await learner.press(LESSON, "tasks", variant, requests=24, delay=0.2)
    assert answer.status == 201, answer.text
    first_bar, last = None, {}
    async with contextlib.aclosing(learner.messages(answer.json()["events"])) as messages:
        async for message in messages:
            last = message
            if first_bar is None and any(event["e"] == "request" for event in message["events"]):
                first_bar = time.monotonic() - pressed
    assert first_bar is not None, last
    return Seen(variant, first_bar, time.monotonic() - begun, last)


async def _blocked() -> tuple[list[float], list[float], int]:
    """How long each page and each probe took, and how many pages were answered before the lab's first response."""
    with tempfile.TemporaryDirectory() as data, serving(Path(data), SHIPPED) as site:
        token = await somebody(site.url)
        async with learner_at(site.url) as runner, learner_at(site.url, token) as reader:
            run = (await runner.press(LESSON, "tasks", "blocked", requests=25, delay=0.2)).json()
            over = asyncio.create_task(_held_until(runner, run["events"], held := asyncio.Event()))
            await held.wait()
            probes: list[float] = []
            probing = asyncio.create_task(_probe(site.url, probes))
            begun = time.monotonic()
            loads = []
            for number in range(LOADS):
                await asyncio.sleep(max(0.0, begun + number * LOAD_EVERY_SECONDS - time.monotonic()))
                path = f"/lessons/{LESSON}/{('why', 'recall')[number % 2]}"
                loads.append(asyncio.create_task(_timed(reader.get, path)))
            timed = await asyncio.gather(*loads)
            probing.cancel()
            released = await over
    return [took for took, _ in timed], probes, sum(ended < released for _, ended in timed)


async def _held_until(runner: Learner, events: str, held: asyncio.Event) -> float:
    """When the run's last response was heard of; `held` is set at the first word that the loop is held."""
    heard = 0.0
    async for message in runner.messages(events):
        if any(event["e"] == "held" for event in message["events"]):
            held.set()
        if any(event["e"] == "request" and event["phase"] == "done" for event in message["events"]):
            heard = time.monotonic()
    assert held.is_set(), "the program held nothing"
    return heard


async def _timed(get: Callable[[str], Awaitable[Answer]], path: str) -> tuple[float, float]:
    """How long a page took, and when it was there."""
    begun = time.monotonic()
    answer = await get(path)
    assert answer.status == 200
    return time.monotonic() - begun, time.monotonic()


async def _probe(url: str, probes: list[float]) -> None:
    site = urlsplit(url)
    assert site.hostname and site.port
    connection = await connect(site.hostname, site.port)
    try:
        while True:
            begun = time.monotonic()
            assert await connection.ask(f"GET /healthz HTTP/1.1\r\nHost: {site.netloc}\r\n\r\n".encode()) == 200
            probes.append(time.monotonic() - begun)
            await asyncio.sleep(PROBE_EVERY_SECONDS)
    finally:
        connection.close()
