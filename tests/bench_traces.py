"""What a recording leaves out between two turns, what its packing costs, and how smoothly a hundred requests are replayed."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
import tracemalloc
from asyncio import events
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.bench_ratios import Bound, Measured
from tests.bench_runs import LESSON, PROGRAM
from tests.browsing import place
from webapp.labs.host import LabHost
from webapp.labs.lab import RunSpec
from webapp.labs.protocol import TURN_FIELDS, TURNS_KEPT
from webapp.labs.recording import Recorded, Recording, unpack
from webapp.labs.replay import account
from webapp.labs.trace import percentile

REPEATS = 5
REQUESTS = 100
FRAMES = 240
MANY_TURNS = """
import asyncio
from fastapi import FastAPI
app = FastAPI()

@app.get("/")
async def answer():
    for _ in range(30):
        await asyncio.to_thread(int)
    for _ in range(400):
        await asyncio.sleep(0)
"""
"""A hundred requests to it fill a recording's turns, and most of its jobs."""
FRAME_TIMES = """([frames]) => new Promise(done => {
    const times = [];
    let last = null;
    const look = now => {
        if (last !== null) times.push(now - last);
        last = now;
        if (times.length < frames) requestAnimationFrame(look);
        else done(times);
    };
    requestAnimationFrame(look);
})"""


def gaps() -> list[Measured]:
    """Time of the loop in no recorded turn, none of its idle time and none of its own work; and what the recording itself took."""
    recordings = asyncio.run(_recordings())
    far, covered, kept = [], [], []
    for recorded in recordings:
        rows = [dict(zip(TURN_FIELDS, turn, strict=True)) for turn in recorded.turns]
        between = (
            after["start"] - after["own"] - after["kept"] - row["start"] - row["took"] for row, after in pairwise(rows)
        )
        far.append((percentile(sorted(between), 0.99) or 0.0) / 1000)
        told = account(recorded)
        covered.append(100 * (1 - told.untold / told.whole))
        kept.append(told.kept / REQUESTS)
    note = f"{len(recordings[0].turns)} turns and idle times of a run of {REQUESTS} requests"
    return [
        Measured("untimed between turns, p99", tuple(far), " ms", goal=Bound(1.0), alarm=Bound(20.0), note=note),
        Measured(
            "turns, idle, own work and recording, of the whole run",
            tuple(covered),
            " %",
            Bound(99.0, at_least=True),
            Bound(90.0, at_least=True),
        ),
        Measured("keeping the turns, for each request", tuple(kept), " us", goal=Bound(250.0), alarm=Bound(2500.0)),
    ]


def packing() -> list[Measured]:
    """The site's own loop while a run with as many turns as are kept is read, drawn up, packed and ended."""
    turns, packs, peaks, sizes = asyncio.run(_largest())
    note = f"{TURNS_KEPT} turns, packed to {max(sizes) / 1000:.0f} kB in a thread"
    return [
        Measured("the loop's longest turn, own processor time", turns, " ms", Bound(20.0), Bound(200.0), note),
        Measured("packing, its thread's processor time", packs, " ms", Bound(400.0), Bound(4000.0)),
        Measured("packing, memory at its peak", peaks, " MB", Bound(16.0), Bound(64.0)),
    ]


def frames() -> list[Measured]:
    """Frames a second while a run of a hundred requests, each in a thread of its own, is replayed in headless Chromium."""
    with tempfile.TemporaryDirectory() as data, place(Path(data)) as site, site.reading() as reader:
        page = reader.open(f"/lessons/{LESSON}/try")
        url = _run_in_threads(page, site.url)
        page.goto(site.url + url)
        expect(page.get_by_role("group", name="Replay")).to_be_visible()
        expect(page.locator('[data-now="threads"]')).to_contain_text(f"of {REQUESTS}")
        whole = _play(page)
        for _ in range(3):
            page.get_by_role("button", name="Show less time, larger").click()
        near = _play(page)
    return [
        Measured(
            "frames a second, the whole run in sight",
            whole,
            "",
            goal=Bound(50.0, at_least=True),
            alarm=Bound(10.0, at_least=True),
        ),
        Measured(
            "frames a second, the window following",
            near,
            "",
            goal=Bound(50.0, at_least=True),
            alarm=Bound(10.0, at_least=True),
        ),
    ]


def _run_in_threads(page: Page, origin: str) -> str:
    """The path of a finished run with as many threads as requests."""
    headers = {"accept": "application/json", "origin": origin}
    skipped = page.request.post(f"{origin}/lessons/forty-tokens/labs/roads/skips", headers=headers)
    assert skipped.ok, skipped.text()
    fields = {"requests": REQUESTS, "parameters": {"tokens": REQUESTS, "delay": 0.5}}
    answer = page.request.post(
        f"{origin}/runs",
        data={"lesson": "forty-tokens", "lab": "roads", "variant": "endpoint", **fields},
        headers=headers,
    )
    assert answer.status == 201, answer.text()
    url: str = answer.json()["url"]
    while page.request.get(origin + url, headers={"accept": "application/json"}).json()["state"] in (
        "queued",
        "running",
    ):
        page.wait_for_timeout(100)
    return url


def _play(page: Page) -> tuple[float, ...]:
    """Frames a second over each quarter of the time that is watched."""
    page.get_by_role("button", name="First step").click()
    page.get_by_role("combobox", name="Speed").select_option("1/10")
    page.get_by_role("button", name="Play").click()
    times: list[float] = page.evaluate(FRAME_TIMES, [FRAMES])
    page.get_by_role("button", name="Pause").click()
    quarter = FRAMES // 4
    return tuple(1000 * quarter / sum(times[at : at + quarter]) for at in range(0, FRAMES, quarter))


async def _largest() -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...], tuple[int, ...]]:
    """For each of REPEATS runs: this loop's longest turn and the packing in milliseconds, the packing's peak in MB, its bytes."""
    host = LabHost()
    await host.start()
    turns, packs, peaks, sizes = [], [], [], []
    try:
        for _ in range(REPEATS):
            with _timed_turns() as longest, _timed_packing() as packed:
                run_id = host.submit(RunSpec(MANY_TURNS, "many.py", "GET /", REQUESTS), owner="bench")
                async for _ in host.events(run_id):
                    pass
            trace = host.state(run_id).trace
            assert trace is not None, host.state(run_id).failure
            assert len(unpack(trace).turns) == TURNS_KEPT
            turns.append(1000 * max(longest))
            packs.append(1000 * packed[0])
            peaks.append(packed[1] / 1e6)
            sizes.append(len(trace))
    finally:
        await host.close()
    return tuple(turns), tuple(packs), tuple(peaks), tuple(sizes)


@contextlib.contextmanager
def _timed_turns() -> Iterator[list[float]]:
    """Seconds of the processor that each turn on this thread's loop takes: what a neighbour takes meanwhile is not in it."""
    run, taken = events.Handle._run, [0.0]

    def timed(handle: events.Handle) -> None:
        begun = time.thread_time()
        run(handle)
        taken.append(time.thread_time() - begun)

    events.Handle._run = timed  # type: ignore[method-assign, assignment]
    try:
        yield taken
    finally:
        events.Handle._run = run  # type: ignore[method-assign]


@contextlib.contextmanager
def _timed_packing() -> Iterator[list[float]]:
    """The packing's seconds of the processor, then its peak in bytes, of a second packing that is watched and so slower."""
    pack, told = Recording.pack, list[float]()

    def timed(recording: Recording, happened: Iterable[Mapping[str, Any]], clock: float) -> bytes | None:
        begun = time.thread_time()
        packed = pack(recording, happened, clock)
        told.append(time.thread_time() - begun)
        tracemalloc.start()
        try:
            pack(recording, happened, clock)
            told.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        return packed

    Recording.pack = timed  # type: ignore[method-assign, assignment]
    try:
        yield told
    finally:
        Recording.pack = pack  # type: ignore[method-assign]


async def _recordings() -> list[Recorded]:
    host = LabHost()
    await host.start()
    found = []
    try:
        for _ in range(REPEATS):
            request = "GET /async-task?seconds=0.5"
            run_id = host.submit(
                RunSpec(PROGRAM, "awaiting.py", request, REQUESTS, bystander="GET /ping"), owner="bench"
            )
            async for _ in host.events(run_id):
                pass
            trace = host.state(run_id).trace
            assert trace is not None, host.state(run_id).failure
            found.append(unpack(trace))
    finally:
        await host.close()
    return found
