"""Ctrl-C: how soon a site has ended that was told to, in the middle of everything."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench_pages import LESSON
from tests.bench_ratios import Bound, Measured
from tests.conftest import SHIPPED, Served, serving
from tests.learners import Learner, learner_at

REPEATS = 3
STOPPED_SECONDS = 60.0


def stop() -> list[Measured]:
    """A SIGINT while one lab holds its loop, another one waits, and each is watched: seconds until the site's process has ended."""
    took = []
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory() as data, serving(Path(data), SHIPPED) as site:
            took.append(asyncio.run(_stopped(site)))
    return [Measured("SIGINT to the end of the site, two runs watched", tuple(took), " s", Bound(2), Bound(10))]


async def _stopped(site: Served) -> float:
    async with learner_at(site.url) as one, learner_at(site.url) as other:
        watched = [await _watched(one, "blocked"), await _watched(other, "awaiting")]
        begun = time.monotonic()
        site.process.send_signal(signal.SIGINT)
        status = await asyncio.to_thread(site.process.wait, STOPPED_SECONDS)
        took = time.monotonic() - begun
        assert status == 0
        ends = await asyncio.gather(*watched)
    assert [end["state"] for end in ends] == ["stopped"] * 2, ends
    return took


async def _watched(learner: Learner, variant: str) -> asyncio.Task[dict[str, Any]]:
    """The last message of a run that goes on for some seconds, once its first request is under way."""
    answer = await learner.press(LESSON, "tasks", variant, requests=25, delay=1.0)
    assert answer.status == 201, answer.text
    under_way = asyncio.Event()
    task = asyncio.create_task(_last(learner, answer.json()["events"], under_way))
    await under_way.wait()
    return task


async def _last(learner: Learner, events: str, under_way: asyncio.Event) -> dict[str, Any]:
    last: dict[str, Any] = {}
    async with contextlib.aclosing(learner.messages(events)) as messages:
        async for message in messages:
            last = message
            if any(event["e"] == "request" for event in message["events"]):
                under_way.set()
    under_way.set()
    return last
