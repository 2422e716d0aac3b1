"""Callers that leave before their answer, or read it slowly: what the handler did then is seen, and told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.programs import HEAD, make_spec, program, run
from tests.test_blocks import WHOLE, lab_block
from webapp.course.lab_blocks import read_lab
from webapp.course.report import Report
from webapp.labs import trace
from webapp.labs.lab import Callers
from webapp.labs.recording import unpack
from webapp.labs.replay import replay
from webapp.labs.states import RunState

IMPORTS = HEAD.replace("import FastAPI", "import FastAPI, Request").replace(
    "app = FastAPI()", "from fastapi.responses import StreamingResponse\n\napp = FastAPI()"
)
GOES_ON = program("async def task():\n    await asyncio.sleep(3)\n    return {}")
IN_A_THREAD = program("def task():\n    time.sleep(3)\n    return {}")
ASKS = (
    IMPORTS
    + """@app.get("/")
async def task(request: Request):
    for _ in range(1000):
        if await request.is_disconnected():
            return {}
        await asyncio.sleep(0.02)
"""
)
STREAMS = (
    IMPORTS
    + """@app.get("/")
async def task():
    async def parts():
        for _ in range(PARTS):
            yield b"x" * 65536
            await asyncio.sleep(0.001)
    return StreamingResponse(parts())
"""
)
LEAVES = Callers(disconnect_after=1)
"""So late that the handler has begun before, and so early that it is still on, on a slow machine too."""


def seen(text: str, callers: Callers) -> RunState:
    return run(replace(make_spec(text, requests=2, request="GET /"), callers=callers))


@pytest.mark.parametrize(
    ("text", "became"),
    [(GOES_ON, "ran_on"), (IN_A_THREAD, "ran_on"), (ASKS, "noticed"), (STREAMS.replace("PARTS", "100_000"), "noticed")],
    ids=["awaits", "in a thread", "asks whether its caller is there", "streams"],
)
def test_a_handler_whose_caller_leaves_is_seen_to_its_end(text: str, became: str) -> None:
    state = seen(text, LEAVES)
    assert state.state == "finished" and state.finding is not None and state.summary is not None, state.failure
    assert (state.finding["code"], state.finding["numbers"][became]) == ("left", 2)
    assert (state.summary["finished"], state.summary["errors"]) == (0, 0)
    for row in state.rows:
        assert row["left"] - row["sent"] >= 0.99 and row["done"] is None
        if became == "ran_on":
            assert row["handler_end"] - row["handler_start"] >= 3 and row["ending"] == "returned"
        else:
            assert row["told"] >= row["sent"] + 0.99
    assert state.trace is not None
    shown = replay(unpack(state.trace))
    assert {n: left for n, (_, left) in shown.ends.items()} == {1: True, 2: True}
    last = max(step.end for step in shown.steps if step.facts.n and step.facts.code != "callback")
    assert last > max(at for at, _ in shown.ends.values()), "the trace goes on after the callers have left"


def test_a_handler_is_waited_for_by_a_slow_reader_and_its_trace_says_for_whom() -> None:
    state = seen(STREAMS.replace("PARTS", "400"), Callers(disconnect_after=1, read_bytes_per_second=1_000_000))
    assert state.finding is not None and state.trace is not None, state.failure
    assert (state.finding["code"], state.finding["numbers"]["noticed"]) == ("left", 2)
    shown = replay(unpack(state.trace))
    assert any(wait.kind == "reader" for wait in shown.waits), "what was sent had to be read before more could go"


def test_a_slow_reader_takes_longer_for_the_same_answer() -> None:
    text = program("async def task():\n    return 'x' * 200_000")
    slow = seen(text, Callers(read_bytes_per_second=500_000))
    assert slow.summary is not None and slow.summary["finished"] == 2 and slow.summary["p50"] >= 0.35


def test_a_cancelled_handler_is_told_apart_from_one_that_ran_on() -> None:
    def ended(how: str, end: float) -> list[dict[str, Any]]:
        told = {"e": "request", "n": 1}
        return [
            {**told, "t": 0.0, "phase": "queued"},
            {**told, "t": 0.0, "phase": "sent"},
            {**told, "t": 0.1, "phase": "handler_start", "where": "loop"},
            {**told, "t": 0.2, "phase": "left"},
            {**told, "t": end, "phase": "handler_end", "how": how},
        ]

    def became(events: list[dict[str, Any]]) -> set[str]:
        numbers = trace.finding(events, trace.summary(events, requests=1))["numbers"]
        return {name for name in ("ran_on", "noticed", "cancelled", "unseen") if numbers[name]}

    assert became(ended("cancelled", 0.3)) == {"cancelled"}
    assert became(ended("returned", 0.3)) == {"ran_on"}
    assert became(ended("returned", 0.15)) == {"unseen"}
    assert trace.unsettled(ended("returned", 0.3)[:-1]) and not trace.unsettled(ended("returned", 0.3))


def declared(load: str) -> tuple[Callers | None, list[str]]:
    report = Report("")
    lab = read_lab(lab_block(WHOLE.replace("    every_ms: 5\n", f"    every_ms: 5\n    {load}\n")), report)
    return lab.lab.callers if lab else None, [str(error).partition(":")[2] for error in report.found]


def test_a_lab_declares_how_its_callers_behave() -> None:
    assert declared("load: {disconnect_after: 0.1}") == (Callers(0.1, None), [])
    assert declared("load: {disconnect_after: 2, read_bytes_per_second: 20000}") == (Callers(2, 20000), [])


@pytest.mark.parametrize(
    ("load", "message"),
    [
        ("load: {disconnect_after: 0}", "E01 `disconnect_after` of `load` lies from 0.01 to 30, not at 0"),
        ("load: {read_bytes_per_second: 5}", "E01 `read_bytes_per_second` of `load` lies from 1000 to 1e+07, not at 5"),
        (
            "load: {disconect_after: 1, disconnect_after: 1}",
            "E01 unknown option `disconect_after` of `load`: did you mean",
        ),
        ("load: {}", "E01 `load` says how callers behave: disconnect_after or read_bytes_per_second"),
        ("load: slow", "E01 `load` of a lab is a mapping of names: {name: …}"),
    ],
)
def test_a_load_that_cannot_be_is_told_at_its_line(load: str, message: str) -> None:
    _, found = declared(load)
    assert len(found) == 1 and found[0].startswith(f"19: {message}"), found
