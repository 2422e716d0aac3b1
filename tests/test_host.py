"""The host: who runs, who waits, what a reader of the stream gets, and that nothing outlives the site."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.processes import seconds_until
from tests.programs import AWAITING, BLOCKED, C_CALL, ENDLESS, HEAD, make_spec, messages, processes, program, with_host
from webapp.labs.admission import Line
from webapp.labs.host import LabHost, OwnerBusy, QueueFull, UnknownRun
from webapp.labs.lab import Cost
from webapp.labs.states import EndedRun, RunState

ROOT = Path(__file__).resolve().parents[1]
LONG = make_spec(AWAITING, delay=30)
LEFT_SECONDS = 60.0
ABSENCE_SECONDS = 4.0
SITE_SECONDS = 120


# The line


def test_waiting_runs_go_side_by_side_up_to_the_limit() -> None:
    line = Line(waiting_at_once=2)
    for name in "abc":
        line.join(name, Cost.WAITING)
    assert line.admit() == ["a", "b"]
    assert (line.position("a"), line.position("c")) == (None, 1)
    line.leave("a")
    assert line.admit() == ["c"]


def test_a_run_that_computes_runs_alone_and_nothing_overtakes_it() -> None:
    line = Line(waiting_at_once=4)
    for name, cost in (("a", Cost.WAITING), ("b", Cost.CPU), ("c", Cost.WAITING)):
        line.join(name, cost)
    assert line.admit() == ["a"]
    line.leave("a")
    assert line.admit() == ["b"]
    assert line.admit() == []
    line.leave("b")
    assert line.admit() == ["c"]


@given(st.lists(st.tuples(st.sampled_from(Cost), st.booleans())), st.integers(1, 4))
def test_the_line_is_served_in_order_and_never_mixes_costs(steps: list[tuple[Cost, bool]], at_once: int) -> None:
    line = Line(waiting_at_once=at_once)
    joined, admitted = [], []
    for index, (cost, leave) in enumerate(steps):
        line.join(str(index), cost)
        joined.append(str(index))
        admitted += line.admit()
        if leave and line.running:
            line.leave(next(iter(line.running)))
            admitted += line.admit()
        assert len(line.running) <= (1 if Cost.CPU in line.running.values() else at_once)
        assert line.running or not line.waiting
    assert admitted == joined[: len(admitted)]


# Submitting


def test_an_owner_has_one_run_at_a_time() -> None:
    async def use(host: LabHost) -> None:
        first = host.submit(LONG, owner="ada")
        with pytest.raises(OwnerBusy) as busy:
            host.submit(LONG, owner="ada")
        assert busy.value.run_id == first == host.current("ada")
        await host.stop(first)
        assert host.current("ada") is None
        second = host.submit(make_spec(), owner="ada")
        assert second != first and len(second) >= 20
        await messages(host, second)
        assert host.state(second).state == "finished"

    with_host(use)


def test_a_full_line_refuses_and_says_its_limit() -> None:
    async def use(host: LabHost) -> None:
        for owner in ("a", "b", "c"):
            host.submit(LONG, owner=owner)
        with pytest.raises(QueueFull) as full:
            host.submit(LONG, owner="d")
        assert full.value.limit == 2

    with_host(use, waiting_at_once=1, queue=2)


def test_an_unknown_run_is_said_at_once() -> None:
    async def use(host: LabHost) -> None:
        with pytest.raises(UnknownRun):
            host.state("no-such-run")
        with pytest.raises(UnknownRun):
            host.events("no-such-run")

    with_host(use)


def test_who_waits_sees_the_place_in_the_line_move() -> None:
    async def use(host: LabHost) -> list[int | None]:
        runs = [host.submit(make_spec(delay=0.1), owner=owner) for owner in "abc"]
        assert [host.position(run_id) for run_id in runs] == [None, 1, 2]
        return [told["position"] for told in await messages(host, runs[2])]

    positions = with_host(use, waiting_at_once=1)
    assert list(dict.fromkeys(positions)) == [2, 1, None]


def test_runs_that_compute_are_never_on_together() -> None:
    async def use(host: LabHost) -> list[bool]:
        specs = {"a": Cost.WAITING, "b": Cost.CPU, "c": Cost.WAITING, "d": Cost.WAITING}
        runs = [host.submit(make_spec(delay=0.1, cost=cost), owner=owner) for owner, cost in specs.items()]
        for run_id in runs:
            await messages(host, run_id)
        return [host._runs[run_id].neighbours for run_id in runs]

    assert with_host(use) == [False, False, True, True], "the last two, which wait, were on together"


# The stream


def test_the_messages_tell_the_whole_run_in_order() -> None:
    async def use(host: LabHost) -> tuple[list[dict[str, Any]], RunState]:
        run_id = host.submit(make_spec(delay=0.2, bystander="GET /ping"), owner="ada")
        return await messages(host, run_id), host.state(run_id)

    told, state = with_host(use)
    assert [message["number"] for message in told] == list(range(1, len(told) + 1))
    assert [message["state"] for message in told][-1] == "finished"
    assert all(message["summary"] is None for message in told[:-1])
    assert told[-1]["summary"] == state.summary
    assert told[-1]["finding"]["code"] == "flowed"
    events = [event for message in told for event in message["events"]]
    assert events == list(state.events)
    assert {event["e"] for event in events} <= {"request", "ping", "lag", "held", "slice", "tokens"}
    assert {"request", "ping", "lag", "tokens"} <= {event["e"] for event in events}
    assert all(event["t"] >= 0 for event in events)
    first_ping = min(event["t"] for event in events if event["e"] == "ping")
    first_sent = min(event["t"] for event in events if event["e"] == "request")
    assert first_sent - first_ping >= 0.09, "the bystander's wait on a free loop is seen first"
    assert set(told[0]) == {
        "number", "state", "position", "clock", "events", "summary", "finding", "failure", "disturbed",
    }  # fmt: skip


def test_a_stream_resumes_after_the_number_it_had_and_is_replayed_after_the_end() -> None:
    async def use(host: LabHost) -> None:
        run_id = host.submit(make_spec(delay=0.3), owner="ada")
        stream = host.events(run_id)
        first = await anext(stream)
        assert first is not None
        await stream.aclose()  # type: ignore[attr-defined]
        rest = await messages(host, run_id, after=first.number)
        assert [message["number"] for message in rest] == list(range(first.number + 1, first.number + 1 + len(rest)))
        again = await messages(host, run_id)
        assert again[first.number :] == rest
        assert await messages(host, run_id, after=len(again)) == []

    with_host(use)


def test_a_run_ends_soon_after_its_last_viewer_said_goodbye() -> None:
    ended: list[EndedRun] = []

    async def on_end(run: EndedRun) -> None:
        ended.append(run)

    async def use(host: LabHost) -> None:
        run_id = host.submit(LONG, owner="ada")
        one, other = host.events(run_id, viewer="one"), host.events(run_id, viewer="other")
        await anext(one)
        await anext(other)
        host.part(run_id, "one")
        await one.aclose()  # type: ignore[attr-defined]
        await asyncio.sleep(0.5)
        assert host.state(run_id).state == "running", "one viewer is still there"
        await other.aclose()  # type: ignore[attr-defined]
        host.part(run_id, "other")
        await until(lambda: bool(ended))
        assert [run.state for run in ended] == ["stopped"]

    with_host(use, parting_seconds=0.2, absence_seconds=60, on_end=on_end)


def test_a_run_waits_longer_for_a_viewer_who_vanished_and_ends_all_the_same() -> None:
    async def use(host: LabHost) -> None:
        run_id = host.submit(LONG, owner="ada")
        stream = host.events(run_id, viewer="one")
        first = await anext(stream)
        assert first is not None
        await stream.aclose()  # type: ignore[attr-defined]
        await asyncio.sleep(0.5)
        assert host.state(run_id).state == "running", "it is waited for"
        back = host.events(run_id, first.number, viewer="one")
        again = await anext(back)
        assert again is not None
        assert again.number == first.number + 1
        await asyncio.sleep(ABSENCE_SECONDS + 0.5)
        assert host.state(run_id).state == "running", "who is back is waited for no more"
        await back.aclose()  # type: ignore[attr-defined]
        await until(lambda: host.state(run_id).state == "stopped")

    with_host(use, parting_seconds=0.1, absence_seconds=ABSENCE_SECONDS)


def test_a_run_is_kept_for_a_page_that_was_asked_for_and_shows_it() -> None:
    async def use(host: LabHost) -> None:
        run_id = host.submit(LONG, owner="ada")
        stream = host.events(run_id, viewer="one")
        await anext(stream)
        host.part(run_id, "one")
        await stream.aclose()  # type: ignore[attr-defined]
        host.expect(run_id)
        host.expect("no-such-run")
        await asyncio.sleep(0.5)
        assert host.state(run_id).state == "running"

    with_host(use, parting_seconds=0.1, absence_seconds=60)


def test_a_run_that_nobody_ever_watched_goes_on() -> None:
    async def main() -> EndedRun:
        ended: asyncio.Future[EndedRun] = asyncio.get_running_loop().create_future()

        async def on_end(run: EndedRun) -> None:
            ended.set_result(run)

        host = LabHost(on_end=on_end, parting_seconds=0.1, absence_seconds=0.1)
        await host.start()
        host.submit(make_spec(delay=0.5), owner="ada")
        try:
            return await asyncio.wait_for(ended, LEFT_SECONDS)
        finally:
            await host.close()

    assert asyncio.run(main()).state == "finished"


# The end


def test_a_stopped_run_keeps_what_finished() -> None:
    async def use(host: LabHost) -> RunState:
        run_id = host.submit(make_spec(BLOCKED, requests=24, delay=0.2), owner="ada")
        async for message in host.events(run_id):
            if message is not None and '"handler_end"' in message.data:
                break
        await host.stop(run_id)
        await until(lambda: host.state(run_id).state != "running")
        return host.state(run_id)

    state = with_host(use)
    assert state.state == "stopped", "it did not go on to its end"
    assert state.failure is not None and state.failure["code"] == "stopped"
    assert state.summary is not None
    assert state.summary["requests"] == 24
    assert state.summary["max_hold"] >= 0.19


def test_a_queued_run_can_be_stopped_and_leaves_the_line() -> None:
    async def use(host: LabHost) -> None:
        first, second, third = (host.submit(LONG, owner=owner) for owner in "abc")
        await host.stop(second)
        assert host.state(second).state == "stopped"
        assert host.state(second).summary is None
        assert host.position(third) == 1
        assert [message["state"] for message in await messages(host, second)] == ["queued", "stopped"]
        await host.stop(second)

    with_host(use, waiting_at_once=1)


def test_an_ended_run_is_handed_over_before_its_last_message() -> None:
    kept: list[EndedRun] = []

    async def on_end(run: EndedRun) -> None:
        await asyncio.sleep(0.1)
        kept.append(run)

    async def use(host: LabHost) -> None:
        spec = make_spec()
        run_id = host.submit(spec, owner="ada")
        async for message in host.events(run_id):
            if message is not None and json.loads(message.data)["state"] == "finished":
                assert [run.id for run in kept] == [run_id]
        run = kept[0]
        assert (run.owner, run.spec, run.program_hash, run.state) == ("ada", spec, spec.program_hash, "finished")
        assert run.started_at is not None and run.started_at.tzinfo is not None
        assert len(run.rows) == spec.requests
        json.dumps([run.summary, run.finding, run.rows, run.events])

    with_host(use, on_end=on_end)


def test_a_run_that_could_not_be_stored_still_ends() -> None:
    async def on_end(run: EndedRun) -> None:
        raise OSError("disk full")

    async def use(host: LabHost) -> str:
        run_id = host.submit(make_spec(), owner="ada")
        return (await messages(host, run_id))[-1]["state"]  # type: ignore[no-any-return]

    assert with_host(use, on_end=on_end) == "finished"


def test_closing_ends_every_run_whatever_it_does() -> None:
    async def main() -> list[str]:
        host = LabHost(waiting_at_once=3)
        await host.start()
        runs = [
            host.submit(make_spec(text), owner=str(n)) for n, text in enumerate([ENDLESS, C_CALL, AWAITING, AWAITING])
        ]
        await until(lambda: all(was_sent(host.state(run_id)) for run_id in runs[:2]))
        closing = asyncio.create_task(host.close())
        await until(lambda: all(host.state(run_id).state == "stopped" for run_id in runs[:2]))
        await closing
        return [host.state(run_id).state for run_id in runs]

    states = asyncio.run(main())
    assert not {"queued", "running"} & set(states)


def test_the_host_never_holds_the_loop_that_it_lives_on() -> None:
    async def use(host: LabHost) -> float:
        turns: list[float] = []

        async def watch() -> None:
            while True:
                start = time.monotonic()
                await asyncio.sleep(0.005)
                turns.append(time.monotonic() - start)

        watching = asyncio.create_task(watch())
        runs = [host.submit(make_spec(BLOCKED, requests=10, bystander="GET /ping"), owner=str(n)) for n in range(3)]
        for run_id in runs:
            await messages(host, run_id)
        watching.cancel()
        return sorted(turns)[int(len(turns) * 0.95)]

    assert with_host(use) < 0.25


# A run leaves something behind

LEAVING = """import os

def leave():
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    os.setsid()
    os.fork()
    print(os.getpid(), flush=True)
    time.sleep(600)
    os._exit(0)
"""


@pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere nothing becomes the parent of a process that left its group"
)
def test_what_a_run_leaves_behind_in_sessions_of_its_own_ends_with_it_and_with_no_other() -> None:
    ends = program("async def task():\n    leave()\n    return {}") + LEAVING
    stays = program("async def task():\n    leave()\n    await asyncio.sleep(600)") + LEAVING

    async def use(host: LabHost) -> tuple[list[int], list[int], list[int], list[int]]:
        on = host.submit(make_spec(stays, requests=1, request="GET /", seconds=60), owner="ada")
        theirs = await left_by(host, on)
        over = host.submit(make_spec(ends, requests=1, request="GET /"), owner="ben")
        following = asyncio.ensure_future(messages(host, over))
        ours = await left_by(host, over)
        await following
        await asyncio.to_thread(seconds_until, lambda: not _running(ours), at_most=LEFT_SECONDS)
        still = _running(ours)
        beside = _running(theirs)
        await host.stop(on)
        await asyncio.to_thread(seconds_until, lambda: not _running(theirs), at_most=LEFT_SECONDS)
        return still, beside, theirs, _running(theirs)

    still, beside, theirs, left = with_host(use)
    assert still == [], "what the run that is over had left"
    assert beside == theirs and len(theirs) == 2, "what belongs to the run that is on"
    assert left == []


async def left_by(host: LabHost, run: str) -> list[int]:
    """The two processes that a run has left behind, as it printed them."""
    for _ in range(int(LEFT_SECONDS / 0.02)):
        printed = host._runs[run]._output.text.split()
        if len(printed) == 2:
            return [int(pid) for pid in printed]
        await asyncio.sleep(0.02)
    raise AssertionError(host.state(run))


# The site dies


def test_nothing_outlives_a_site_that_is_killed(tmp_path: Path) -> None:
    """Nor what a program left in a session of its own, on Linux."""
    leaving = program("async def task():\n    leave()\n    await asyncio.sleep(600)") + LEAVING
    pool = HEAD + (
        "from concurrent.futures import ProcessPoolExecutor\nfrom multiprocessing import get_context\n\n"
        "pool = ProcessPoolExecutor(2, mp_context=get_context('fork'))\n\n\n"
        "@app.get('/')\nasync def task():\n"
        "    return await asyncio.get_running_loop().run_in_executor(pool, time.sleep, 60)\n"
    )
    script = (
        "import asyncio, sys\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from tests.programs import C_CALL, ENDLESS, make_spec\n"
        "from webapp.labs.host import LabHost\n\n\n"
        "async def main():\n"
        "    host = LabHost()\n"
        "    await host.start()\n"
        f"    programs = [C_CALL, ENDLESS, {pool!r}, 'import time; time.sleep(60)']\n"
        "    for number, text in enumerate(programs):\n"
        f"        spec = make_spec(text, request='GET /', bystander='GET /ping', seconds={SITE_SECONDS})\n"
        "        host.submit(spec, owner=str(number))\n"
        f"    leaving = make_spec({leaving!r}, requests=1, request='GET /', seconds={SITE_SECONDS})\n"
        "    run = host.submit(leaving, owner='leaves')\n"
        "    while len(host._runs[run]._output.text.split()) < 2:\n"
        "        await asyncio.sleep(0.02)\n"
        "    print(host._runs[run]._output.text.replace('\\n', ' '), flush=True)\n"
        "    print('up', flush=True)\n"
        f"    await asyncio.sleep({SITE_SECONDS})\n\n\n"
        "asyncio.run(main())\n"
    )
    site = subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert site.stdout is not None
    try:
        behind = [int(pid) for pid in site.stdout.readline().split()]
        assert site.stdout.readline() == "up\n"
        whole = 1 + 2 + 2 * 5 + 2  # site, tracker and fork server, five labs and generators, two workers
        assert seconds_until(lambda: len(_family(site.pid)) >= whole, at_most=LEFT_SECONDS) is not None
        family = _family(site.pid)
        if sys.platform == "linux":
            assert len(behind) == 2 and set(behind) <= set(family), "what one of them left behind"
    finally:
        site.send_signal(signal.SIGKILL)
        site.wait()
        site.stdout.close()
    seconds_until(lambda: not _running(family), at_most=LEFT_SECONDS / 3)
    left = _running(family)
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert left == []


def was_sent(state: RunState) -> bool:
    return any(event["e"] == "request" and event["phase"] == "sent" for event in state.events)


async def until(happened: Callable[[], bool]) -> None:
    assert await asyncio.to_thread(seconds_until, happened, at_most=LEFT_SECONDS) is not None


def _family(root: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for pid, (parent, _) in processes().items():
        children.setdefault(parent, []).append(pid)
    family, todo = [], [root]
    while todo:
        family.append(todo.pop())
        todo += children.get(family[-1], [])
    return family


def _running(pids: list[int]) -> list[int]:
    """Those that still run; one that ended and was not yet waited for does not."""
    now = processes()
    return [pid for pid in pids if pid in now and now[pid][1] != "Z"]
