"""Recordings of real runs: what the loop, the threads and the awaits of a program did, and that nothing else can get into one."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import zlib
from array import array
from asyncio import futures
from base64 import b64encode
from itertools import pairwise
from typing import Any

import pytest
from markupsafe import Markup

from tests.programs import AWAITING, BLOCKED, HEAD, THREADS, make_spec, messages, program, run, with_host
from tests.trace_events import mistakes
from webapp import traces
from webapp.labs.checker import Checker, NotAnEvent
from webapp.labs.host import LabHost
from webapp.labs.jobs import Jobs, Lines
from webapp.labs.protocol import LINES_KEPT, TURN_FIELDS, TURNS_IN_EVENT, TURNS_KEPT
from webapp.labs.ready import Ready
from webapp.labs.recording import HEAD_BYTES, VERSION, Recorded, Recording, unpack
from webapp.labs.replay import Replay, Step, account, replay
from webapp.labs.turns import Names, Turns

COVERED = 0.99
TRIES = 5
"""Between two turns a busy machine may run something else; one quiet run shows what the recording leaves out."""


def recorded(text: str, **spec: Any) -> Recorded:
    state = run(make_spec(text, **spec))
    assert state.trace is not None, state.failure
    return unpack(state.trace)


def turns(shown: Replay, n: int) -> list[Step]:
    return [step for step in shown.steps if step.facts.code == "turn" and step.facts.n == n]


HOLDING = program(
    "async def task(seconds: float = 0.05):\n    until = time.monotonic() + seconds\n    while time.monotonic() < until:\n"
    "        pass\n    return {}"
)
BURSTS = {
    "10 requests": (AWAITING, 10, 0.3),
    "100 requests": (AWAITING, 100, 0.3),
    "a held processor": (HOLDING, 10, 0.05),
}


@pytest.mark.parametrize(("text", "requests", "delay"), BURSTS.values(), ids=BURSTS)
def test_slices_never_overlap_and_with_what_lies_between_they_cover_the_run(
    text: str, requests: int, delay: float
) -> None:
    covered = []
    for _ in range(TRIES):
        found = recorded(text, requests=requests, delay=delay)
        rows = [dict(zip(TURN_FIELDS, turn, strict=True)) for turn in found.turns]
        for before, after in pairwise(rows):
            assert before["start"] + before["took"] <= after["start"] - after["own"] - after["kept"]
            assert not after["own"] or 0 in (before["what"], after["what"]), (
                "the loop's own work is beside its selector"
            )
        told = account(found)
        assert told.own > 0 and told.kept > 0 and told.untold >= 0
        assert (told.idle if text is AWAITING else told.turns) > 200_000
        covered.append(1 - told.untold / told.whole)
        if covered[-1] >= COVERED:
            return
    raise AssertionError(f"of the runs these parts were recorded: {covered}")


STAMPS = (
    HEAD
    + """
from fastapi import Depends

def stamped(kind, first):
    print(kind, first, time.monotonic(), flush=True)

async def before():
    await asyncio.sleep(0.01)

@app.get("/awaits")
async def awaits(_=Depends(before)):
    first = time.monotonic()
    await asyncio.sleep(0.03)
    stamped("awaits", first)

@app.get("/thread")
def thread(_=Depends(before)):
    first = time.monotonic()
    time.sleep(0.03)
    stamped("thread", first)

@app.get("/holds")
async def holds(_=Depends(before)):
    first = time.monotonic()
    time.sleep(0.03)
    stamped("holds", first)
"""
)


@pytest.mark.parametrize("kind", ["awaits", "thread", "holds"])
def test_the_handlers_own_stamps_lie_within_the_recorded_ones(kind: str) -> None:
    async def use(host: LabHost) -> tuple[Any, str, float]:
        run_id = host.submit(make_spec(STAMPS, requests=3, request=f"GET /{kind}"), owner="ada")
        await messages(host, run_id)
        carried = host._runs[
            run_id
        ]  # what the program printed, and the run's start on the machine's clock, are not told
        assert carried.heard.start is not None
        return host.state(run_id), carried._output.text, carried.heard.start

    state, printed, start = with_host(use)
    own = sorted((float(first) - start, float(last) - start) for _, first, last in map(str.split, printed.splitlines()))
    assert len(own) == 3, (printed, state.failure)
    ours = sorted((row["handler_start"], row["handler_end"]) for row in state.rows)
    rounding = 1e-6
    for (began, ended), (first, last) in zip(ours, own, strict=True):
        assert began - rounding <= first <= last <= ended + rounding


WAITS = (
    HEAD
    + """
lock, semaphore, queue, event = asyncio.Lock(), asyncio.Semaphore(1), asyncio.Queue(), asyncio.Event()

async def part():
    await asyncio.sleep(0.02)

@app.get("/")
async def task():
    await lock.acquire()
    await semaphore.acquire()
    for step in range(4):
        asyncio.get_running_loop().call_later(0.02, lambda: asyncio.ensure_future(let(step)))
        if step == 0:
            async with lock:  # lock
                pass
        elif step == 1:
            async with semaphore:  # semaphore
                pass
        elif step == 2:
            await queue.get()  # queue
        else:
            await event.wait()  # event
    await asyncio.gather(part(), part())  # gather
    await asyncio.to_thread(time.sleep, 0.02)  # thread
    await asyncio.create_task(part())  # task
    await asyncio.sleep(0)
    return {}

async def let(step):
    (lock.release, semaphore.release, lambda: queue.put_nowait(1), event.set)[step]()
"""
)


def test_each_wait_is_at_its_line_and_of_its_kind() -> None:
    shown = replay(recorded(WAITS, requests=1, request="GET /"))
    lines = WAITS.split("\n")
    told = traces.as_chrome(shown, make_spec(WAITS), lambda facts: Markup().join([facts.code]), title="waits")
    assert mistakes(json.loads(json.dumps(told, allow_nan=False))) == []
    waits = {(wait.kind, lines[wait.line - 1].rpartition("# ")[2]) for wait in shown.waits if wait.line}
    part = ("sleep", "    await asyncio.sleep(0.02)")
    assert {
        ("lock", "lock"), ("semaphore", "semaphore"), ("queue", "queue"), ("event", "event"), ("task", "gather"),
        ("thread", "thread"), ("task", "task"), part,
    } <= waits  # fmt: skip
    own = [step for step in turns(shown, 1) if step.facts.child]
    assert {step.facts.name for step in own} == {"part", "let"}, "tasks that a request creates are its own"
    assert all(end >= start for _, start, end, _ in shown.jobs) and {n for *_, n in shown.jobs} == {1}


STAGGERED = (
    HEAD
    + """
@app.get("/")
async def task():
    await asyncio.gather(sleeper(), other(), holds())  # gather
    return {}

async def holds():
    await asyncio.sleep(0.05)
    time.sleep(0.8)  # long enough for a thread that a busy machine lets begin late

async def sleeper():
    await asyncio.sleep(0.1)  # sleep

async def other():
    await asyncio.to_thread(time.sleep, 0.1)  # thread
"""
)


def test_a_task_whose_wait_is_over_while_the_loop_is_held_is_ready_from_then_on() -> None:
    shown = replay(recorded(STAGGERED, requests=1, request="GET /"))
    lines = STAGGERED.split("\n")
    held = max((step for step in shown.steps if step.facts.held), key=lambda step: step.end - step.start)
    for name in ("sleep", "thread"):
        waits = [wait for wait in shown.waits if wait.line and lines[wait.line - 1].endswith(f"# {name}")]
        assert [wait.kind for wait in waits] == [name, "ready"]
        own, ready = waits
        assert own.end == ready.start and held.start < ready.start < held.end <= ready.end
        assert own.end - own.start >= 95_000, "what it waited for took its time"
    told = [step.facts.ready for step in shown.steps if step.facts.code == "turn" and step.facts.ready]
    assert told and max(told) >= (held.end - held.start) / 1000 / 4


def test_the_line_of_callbacks_keeps_the_moment_of_each_whoever_puts_it_in() -> None:
    async def use() -> tuple[Ready, list[tuple[str, float, float]]]:
        loop = asyncio.get_running_loop()
        line = Ready((), threading.get_ident())
        line.ask(time.monotonic() - 9)
        line.ask(time.monotonic())
        seen: list[tuple[str, float, float]] = []
        put = {name: asyncio.Handle(print, (name,), loop) for name in ("first", "second")}
        timer = asyncio.TimerHandle(time.monotonic() - 5, futures._set_result_unless_cancelled, (), loop)  # type: ignore[attr-defined]
        for handle in (put["first"], timer):
            before = time.monotonic()
            line.append(handle)
            taken = line.popleft()
            seen.append((type(taken).__name__, line.begin(taken), before))
        line.passed_on = 0.0
        line.ask(timer.when() - 1)
        before = time.monotonic()
        line.append(timer)
        seen.append(("idle", line.begin(line.popleft()), before))
        line.passed_on = 0.0
        line.ask(time.monotonic())
        line.append(timer)
        line.begin(line.popleft())
        line.append(put["second"])
        thread = threading.Thread(target=line.append, args=(put["first"],))
        thread.start()
        thread.join()
        for _ in range(2):
            before = time.monotonic()
            seen.append((str(line.popleft()._args[0]), line.since, before))
        return line, seen

    line, [plain, timer, idle, passed, thread] = asyncio.run(use())
    assert plain[1] >= plain[2] and not line
    assert timer[2] - timer[1] >= 5, "since it was due, not since the loop saw it"
    assert idle[1] >= idle[2], "it was due while the loop was idle: since the loop woke"
    assert passed[:2] == ("second", timer[1]), "it was put in by the timer's turn"
    assert thread[0] == "first" and thread[1] > timer[1] + 4, "it was put in by another thread meanwhile"


def test_a_timer_that_was_due_before_it_was_made_is_ready_from_then_on() -> None:
    text = program(
        "async def task():\n    asyncio.get_running_loop().call_at(0, print)\n    await asyncio.sleep(0.05)\n    return {}"
    )
    found = recorded(text, requests=2, request="GET /")
    assert max(turn[-1] for turn in found.turns) < found.clock


def test_threads_have_a_lane_each_and_requests_wait_for_tokens() -> None:
    shown = replay(recorded(THREADS, requests=5, delay=0.1, tokens=2))
    assert shown.lanes == 2 and sorted(n for *_, n in shown.jobs) == [1, 2, 3, 4, 5]
    for lane in (1, 2):
        jobs = sorted((start, end) for number, start, end, _ in shown.jobs if number == lane)
        assert all(end <= after for (_, end), (after, _) in pairwise(jobs))
    waited = {wait.n: wait.end - wait.start for wait in shown.waits if wait.kind == "token"}
    assert len(waited) == 3 and min(waited.values()) > 50_000, "two had a token at once, the others waited for one"
    line = THREADS.split("\n").index("    time.sleep(seconds)") + 1
    assert {step.facts.line for step in shown.steps if step.facts.code == "job"} == {line}


def test_a_turn_that_holds_the_loop_is_known_by_the_line_that_it_was_seen_at() -> None:
    shown = replay(recorded(BLOCKED, requests=3, delay=0.15))
    line = BLOCKED.split("\n").index("    time.sleep(seconds)") + 1
    held = [step.facts for step in shown.steps if step.facts.held]
    assert sorted(facts.n for facts in held) == [1, 2, 3]
    assert {(facts.line, facts.seen, facts.first, facts.done) for facts in held} == {(line, True, True, True)}
    assert sum(wait.kind == "arrival" and wait.end - wait.start > 100_000 for wait in shown.waits) == 2


def test_a_program_that_turns_without_end_fills_the_recording_and_is_told_as_cut() -> None:
    text = program("async def task():\n    for _ in range(20_000):\n        await asyncio.sleep(0)\n    return {}")
    state = run(make_spec(text, requests=2, request="GET /"))
    assert state.state == "finished" and state.trace is not None
    found = unpack(state.trace)
    assert len(found.turns) == TURNS_KEPT and found.cut is not None
    assert found.cut < found.clock and len(state.trace) < 1_000_000


def test_lines_that_were_seen_are_bounded_however_many_threads_there_are() -> None:
    told: list[dict[str, Any]] = []
    ident = threading.get_ident()
    jobs, lines = Jobs(Names(__file__, told.append), told.append), Lines(__file__, told.append, ident)
    jobs.open[ident] = 1
    for _ in range(LINES_KEPT):
        lines.look(None, jobs)
        lines.look(None, jobs)
    assert [event["e"] for event in told].count("at") == LINES_KEPT
    assert [event["e"] for event in told].count("cut") == 1


ANSWERS_ANYTHING = program(
    """async def task():
    asyncio.get_running_loop().call_soon(Refuses())
    asyncio.get_running_loop().call_soon(Agrees())
    await asyncio.sleep(0)
    return [await asyncio.to_thread(Refuses()), await asyncio.to_thread(Agrees())]


class Refuses:
    def __getattr__(self, name):
        raise RuntimeError(name)

    def __call__(self):
        return 1


class Agrees(Refuses):
    def __getattr__(self, name):
        return self"""
)


def test_objects_that_answer_anything_when_they_are_asked_run_as_they_would_alone() -> None:
    state = run(make_spec(ANSWERS_ANYTHING, requests=2, request="GET /"))
    assert state.state == "finished", state.failure
    assert state.summary is not None and state.summary["errors"] == 0


def test_what_is_written_alike_in_the_program_and_elsewhere_is_not_taken_for_the_same() -> None:
    told: list[dict[str, Any]] = []
    turns, loop = Turns("program.py", told.append), asyncio.new_event_loop()
    for file in ("elsewhere.py", "program.py"):
        made: dict[str, Any] = {}
        exec(compile("def tick():\n    pass\n", file, "exec"), made)  # noqa: S102  # two files with the same text
        turns.took(asyncio.Handle(made["tick"], (), loop), 0.0, 0.0, 0, 0.0, 0.0)
    loop.close()
    assert [(event["text"], event["mine"]) for event in told] == [("tick", False), ("tick", True)]


def test_a_name_that_is_no_text_is_told_as_text() -> None:
    text = (
        "async def task():\n    await asyncio.create_task(other())\n    return {}\n\n"
        "async def other():\n    await asyncio.sleep(0.01)"
    )
    found = recorded(program(text) + "\nother.__qualname__ = '\\ud800'\n", request="GET /")
    "".join(name for name, _ in found.names.values()).encode()


def rows(*turns: tuple[int, ...]) -> str:
    return b64encode(array("I", [number for turn in turns for number in turn]).tobytes()).decode()


TURN = (0, 5, 0, 1, 1, 3, 2, 4, 0, 0, 0)


@pytest.mark.parametrize(
    "event",
    [
        {"e": "turns", "rows": rows(TURN)[:-2]},
        {"e": "turns", "rows": rows(TURN[:-1])},
        {"e": "turns", "rows": rows()},
        {"e": "turns", "rows": "?"},
        {"e": "turns", "rows": [*TURN]},
        {"e": "turns", "rows": rows(*([TURN] * (TURNS_IN_EVENT + 1)))},
        {"e": "turns", "rows": rows((0, 5, 0, 3, 1, 3, 2, 4, 0, 0, 0))},
        {"e": "turns", "rows": rows((0, 5, 0, 1, 1, 900, 2, 4, 0, 0, 0))},
        {"e": "turns", "rows": rows(TURN, (4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0))},
        {"e": "turns", "rows": rows(TURN, (9, 1, 0, 0, 0, 0, 0, 0, 2, 3, 0))},
        {"e": "turns", "rows": rows((4, 1, 0, 0, 0, 0, 0, 0, 2, 3, 0))},
        {"e": "name", "i": -1, "text": "a", "mine": True},
        {"e": "name", "i": 3, "text": "a", "mine": 1},
        {"e": "name", "i": 3, "text": 4, "mine": True},
        {"e": "job", "phase": "start", "lane": 1, "n": 9, "name": 3},
        {"e": "job", "phase": "middle", "lane": 1, "n": 1, "name": 3},
        {"e": "job", "phase": "end", "lane": 1.5, "n": 1, "name": 3},
        {"e": "at", "lane": 0, "n": None, "line": -1},
        {"e": "cut", "t": -1e300},
        {"e": "request", "phase": "over", "n": 1, "how": "well"},
        {"e": "request", "phase": "handler_start", "n": 1, "where": "loop"},
    ],
    ids=str,
)
def test_what_no_recorder_would_tell_is_refused(event: dict[str, Any]) -> None:
    checker = Checker(requests=2, clock=time.monotonic)
    checker.start = time.monotonic()
    with pytest.raises(NotAnEvent):
        checker.from_lab({"t": time.monotonic(), **event})


def test_a_turn_before_the_end_of_the_last_one_is_not_taken() -> None:
    recording = Recording()
    for start, kept in ((100, 0), (50, 0), (107, 3), (112, 0)):
        recording.take({"e": "turns", "t": 0.0, "rows": array("I", (start, *TURN[1:-3], kept, 0, 0))})
    packed = recording.pack([], 1.0)
    assert packed is not None
    assert [turn[0] for turn in unpack(packed).turns] == [100, 112]


def test_what_happened_before_the_run_is_no_part_of_it() -> None:
    recording = Recording()
    recording.take({"e": "turns", "t": -1.0, "rows": array("I", TURN)})
    recording.take({"e": "job", "t": -1.0, "phase": "start", "lane": 1, "n": 1, "name": 3})
    recording.take({"e": "at", "t": -1.0, "lane": 0, "n": 1, "line": 3})
    recording.take({"e": "cut", "t": -1.0})
    recording.take({"e": "turns", "t": 0.0, "rows": array("I", TURN)})
    packed = recording.pack([], 1.0)
    assert packed is not None
    found = unpack(packed)
    assert (len(found.turns), found.jobs, found.lines, found.cut) == (1, (), (), None)


def test_a_recording_is_unpacked_as_it_was_packed() -> None:
    recording = Recording()
    second = (9, 1, 0, 0, 0, 0, 0, 0, 1, 3, 7)
    for event in (
        {"e": "turns", "rows": array("I", (*TURN, *second))},
        {"e": "name", "i": 3, "text": "task", "mine": True},
        {"e": "job", "phase": "start", "lane": 2, "n": 1, "name": 3},
        {"e": "job", "phase": "end", "lane": 2, "n": 1, "name": 3},
        {"e": "job", "phase": "start", "lane": 1, "n": None, "name": 3},
        {"e": "at", "lane": 2, "n": 1, "line": 12},
        {"e": "cut"},
    ):
        recording.take({"t": 0.25, **event})
    phases = [{"e": "request", "t": 0.1, "n": 1, "phase": "sent"}, {"e": "lag", "t": 0.2, "lag": 0.1}]
    packed = recording.pack(phases, 0.5)
    assert packed is not None
    found = unpack(packed)
    assert found.turns == ((250_000, *TURN[1:]), (250_009, *second[1:]))
    assert len(found.turns[0]) == len(TURN_FIELDS)
    assert (found.names, found.lines, found.cut, found.clock) == (
        {3: ("task", True)},
        ((250_000, 2, 1, 12),),
        250_000,
        500_000,
    )
    assert found.jobs == ((2, 250_000, 250_000, 1, 3), (1, 250_000, None, 0, 3))
    assert found.phases == ((100_000, 1, "sent", None),)


def test_a_recording_of_an_earlier_version_is_read_with_zeros_for_what_it_lacks() -> None:
    head = {"version": 1, "clock": 9, "turns": 2, "names": {}, "jobs": [], "lines": [], "phases": [], "cut": None}
    columns = [array("I", column).tobytes() for column in ((3, 4), *((at, at) for at in range(2, 9)))]
    text = json.dumps(head).encode()
    packed = zlib.compress(b"".join((len(text).to_bytes(HEAD_BYTES, "little"), text, *columns)))
    assert unpack(packed).turns == ((3, *range(2, 9), 0, 0, 0), (7, *range(2, 9), 0, 0, 0))
    later = json.dumps({**head, "version": VERSION + 1}).encode()
    with pytest.raises(ValueError, match="version"):
        unpack(zlib.compress(b"".join((len(later).to_bytes(HEAD_BYTES, "little"), later))))


def test_a_run_without_a_request_has_no_recording() -> None:
    assert Recording().pack([], 0.0) is None
