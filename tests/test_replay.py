"""Steps and waits from a recording that is written down here, and the files that are made of it."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from markupsafe import Markup

from tests.trace_events import mistakes
from webapp import traces
from webapp.labs.lab import RunSpec
from webapp.labs.protocol import AWAITED_DONE, TURN_FIELDS
from webapp.labs.recording import Recorded
from webapp.labs.replay import Account, Facts, Replay, kind_of, replay

NAMES = {
    3: ("RequestResponseCycle.run_asgi", False), 4: ("asyncio.sleep", False), 5: ("task", True),
    6: ("_set_result_unless_cancelled", False),
    7: ("Server.serve", False), 8: ("asyncio.Lock.acquire", False), 9: ("anyio.CapacityLimiter.acquire_on_behalf_of", False),
}  # fmt: skip
PROGRAM = 'import asyncio\n\n\n@app.get("/")\nasync def task():\n    await asyncio.sleep(1)\n    =1+1\n    return {}\n'
SPEC = RunSpec(PROGRAM, "task.py", "GET /", 1)


def turn(start: int, took: int, **fields: int) -> tuple[int, ...]:
    given = {
        "lost": 0,
        "n": 1,
        "task": 1,
        "what": 3,
        "line": 0,
        "awaited": 0,
        "kept": 0,
        "own": 0,
        "ready": 0,
        **fields,
    }
    return (start, took, *(given[name] for name in TURN_FIELDS[2:]))


def idle(start: int, took: int, **fields: int) -> tuple[int, ...]:
    return turn(start, took, **{"n": 0, "task": 0, "what": 0, **fields})


def make(*turns: tuple[int, ...], **given: Any) -> Replay:
    fields: dict[str, Any] = {"clock": 1_000_000, "names": NAMES, "jobs": (), "lines": (), "phases": (), "cut": None}
    return replay(Recorded(turns=turns, **{**fields, **given}))


def words(facts: Facts) -> Markup:
    return Markup("{} of {}").format(facts.code, facts.n)


ONE = make(
    turn(100, 50, line=6, awaited=4),
    idle(150, 800),
    turn(950, 2, task=0, what=6),
    turn(960, 40, awaited=AWAITED_DONE),
    phases=((90, 1, "sent", None), (110, 1, "handler_start", ["loop", 4]), (1100, 1, "done", [200, ""])),
)


def test_a_task_runs_waits_and_goes_on_to_its_end() -> None:
    first, rest, timer, last = ONE.steps
    assert (first.facts.first, first.facts.line, first.facts.awaited, first.facts.kind) == (
        True,
        6,
        "asyncio.sleep",
        "sleep",
    )
    assert (last.facts.resumes, last.facts.done, last.facts.first) == (6, True, False)
    assert [step.aside for step in ONE.steps] == [False, True, True, False]
    assert (rest.facts.code, timer.facts.code) == ("idle", "callback")


def test_a_request_waits_for_the_loop_then_for_what_it_awaits_then_for_its_answer() -> None:
    assert [(wait.kind, wait.start, wait.end, wait.line) for wait in ONE.waits] == [
        ("arrival", 90, 100, 0),
        ("sleep", 150, 960, 6),
        ("answer", 1000, 1100, 0),
    ]
    assert ONE.ends == {1: (1100, False)}


def test_a_wait_that_nothing_ended_lasts_to_the_end_of_the_run() -> None:
    shown = make(turn(100, 50, line=6, awaited=8), clock=5000)
    assert [(wait.kind, wait.end) for wait in shown.waits] == [("lock", 5000)]


def test_a_task_that_is_ready_and_does_not_run_waits_for_the_loop_from_then_on() -> None:
    shown = make(
        turn(100, 50, line=6, awaited=4, ready=20),
        turn(300, 70_000, n=2, task=2),
        turn(90_300, 10, ready=80_123, line=6, awaited=4),
        turn(90_310, 10, task=3, what=5, ready=25),
        turn(90_400, 10, ready=5_000_000, awaited=AWAITED_DONE),
        phases=((90, 1, "sent", None),),
    )
    assert [(wait.kind, wait.start, wait.end, wait.line) for wait in shown.waits if wait.n == 1] == [
        ("arrival", 90, 100, 0),  # in which its task began to be ready: told once
        ("sleep", 150, 10_177, 6),
        ("ready", 10_177, 90_300, 6),
        ("ready", 90_285, 90_310, 0),
        ("ready", 90_310, 90_400, 6),  # ready before it waited: it gave way
        ("other", 90_320, 1_000_000, 0),
    ]
    assert [step.facts.ready for step in shown.steps] == [0, 0, 80, 0, 5000]
    rows = list(csv.DictReader("".join(traces.as_csv(shown, SPEC, words)).splitlines()))
    assert sum(row["what"] == "ready: waits for the loop" for row in rows) == 3


def test_tasks_of_one_request_wait_each_for_itself() -> None:
    shown = make(
        turn(0, 10, task=1, line=2, awaited=4),
        turn(10, 10, task=2, what=5, line=3, awaited=8),
        turn(50, 10, task=2, what=5, awaited=AWAITED_DONE),
        turn(90, 10, task=1, awaited=AWAITED_DONE),
    )
    assert [(step.facts.child, step.facts.name) for step in shown.steps][1] == (True, "task")
    assert {(wait.kind, wait.start, wait.end) for wait in shown.waits} == {("lock", 20, 50), ("sleep", 10, 90)}


def test_a_long_turn_holds_the_loop_but_not_for_what_the_machine_took_away() -> None:
    held, spared = make(turn(0, 60_000), turn(70_000, 60_000, lost=30_000)).steps
    assert (held.facts.held, held.facts.lost, spared.facts.held, spared.facts.lost) == (True, False, False, True)


def test_the_line_of_a_turn_is_one_that_was_seen_in_it_else_where_its_handler_stands() -> None:
    lines = ((10, 0, 1, 7), (60, 0, 1, 8), (70, 2, 1, 9), (200, 0, 1, 3))
    seen, handler = make(
        turn(0, 100), turn(300, 50, task=2, n=2), lines=lines, phases=((310, 2, "handler_start", ["loop", 4]),)
    ).steps
    assert (seen.facts.line, seen.facts.seen) == (8, True)
    assert (handler.facts.line, handler.facts.seen) == (4, True)


def test_jobs_begin_and_end_in_their_lane_and_one_that_is_on_lasts_to_the_end() -> None:
    shown = make(jobs=((1, 10, 90, 1, 5), (2, 20, None, 2, 5)), lines=((50, 1, 1, 6),), clock=500)
    assert [(step.facts.code, step.facts.lane, step.start, step.end, step.facts.line) for step in shown.steps] == [
        ("job", 1, 10, 90, 6),
        ("job", 2, 20, 500, 0),
        ("job-end", 1, 90, 90, 6),
    ]
    assert shown.lanes == 2


@pytest.mark.parametrize(
    ("awaited", "kind"),
    [
        ("asyncio.sleep", "sleep"), ("asyncio.Lock.acquire", "lock"), ("asyncio.Semaphore.acquire", "semaphore"),
        ("asyncio.Queue.get", "queue"), ("asyncio.Event.wait", "event"), ("asyncio.gather", "task"), ("asyncio.TaskGroup", "task"),
        ("asyncio.to_thread", "thread"), ("anyio.AsyncIOBackend.run_sync_in_worker_thread", "thread"),
        ("anyio.CapacityLimiter.acquire_on_behalf_of", "token"), ("uvicorn.FlowControl.drain", "reader"),
        ("anyio.AsyncIOBackend.checkpoint", "loop"), ("httpx.AsyncClient.get", "other"), ("", "other"),
    ],
)  # fmt: skip
def test_what_is_awaited_has_a_kind(awaited: str, kind: str) -> None:
    assert kind_of(awaited) == kind


def test_what_the_loop_and_the_recorder_did_between_turns_has_its_place_and_its_part() -> None:
    shown = make(turn(100, 50), idle(170, 20, kept=8, own=10), turn(200, 10, kept=3, own=7), turn(215, 5, kept=2))
    assert [(work.start, work.end, work.code) for work in shown.own] == [
        (152, 160, "kept"), (160, 170, "own"), (190, 193, "kept"), (193, 200, "own"), (213, 215, "kept"),
    ]  # fmt: skip
    assert shown.account == Account(whole=120, turns=65, idle=20, own=17, kept=13) and shown.account.untold == 5
    rows = list(csv.DictReader("".join(traces.as_csv(shown, SPEC, words)).splitlines()))
    assert [row["what"] for row in rows if row["kind"] == "own"] == ["the loop's own work"] * 2
    assert sum(traces.shares(shown).values()) == pytest.approx(1.0)
    assert traces.shares(make()) == {}


def test_the_data_tells_each_sentence_once() -> None:
    shown = make(*(turn(at, 10, awaited=AWAITED_DONE) for at in (0, 20, 40)))
    told = traces.data(shown, words)
    assert told["sentences"] == ["turn of 1"] and [step[5] for step in told["steps"]] == [0, 0, 0]
    assert [step[:2] for step in told["steps"]] == [(0, 10), (20, 10), (40, 10)]


def test_csv_has_every_step_and_wait_in_order_and_no_cell_that_a_spreadsheet_computes() -> None:
    shown = make(
        turn(100, 50, line=4, awaited=4), turn(200, 10, line=7, awaited=8), phases=((90, 1, "sent", None),), clock=300
    )
    table = list(csv.reader(io.StringIO("".join(traces.as_csv(shown, SPEC, words)))))
    assert tuple(table[0]) == traces.CSV_COLUMNS
    assert [row[0] for row in table[1:]] == sorted(row[0] for row in table[1:])
    assert [row[7] for row in table if row[6] == "4"] == ['\'@app.get("/")'] * 2
    assert [row[7] for row in table if row[6] == "7"] == ["'=1+1"] * 2
    assert not any(cell.startswith(traces.FORMULA) for row in table for cell in row)


def chrome(shown: Replay) -> Any:
    return json.loads(json.dumps(traces.as_chrome(shown, SPEC, words, title="A run"), allow_nan=False))


def test_the_trace_for_perfetto_keeps_to_the_format() -> None:
    shown = make(
        turn(100, 50, line=6, awaited=9), turn(960, 60_000, awaited=AWAITED_DONE, kept=30, own=10), idle(61_000, 10),
        jobs=((1, 200, 900, 1, 5), (1, 900, None, 1, 5)), phases=((90, 1, "sent", None), (62_000, 1, "left", None)),
    )  # fmt: skip
    told = chrome(shown)
    assert mistakes(told) == []
    events = told["traceEvents"]
    lanes = {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}
    assert lanes == {1: "event loop", 2: "worker thread 1"}
    assert {event["tid"] for event in events if event["ph"] == "X"} == set(lanes)
    begun = [(event["name"], event["id"]) for event in events if event["ph"] == "b"]
    assert begun == [("request 1", "1"), ("sent, not begun: waits for the loop", "1"), ("waits: token", "1")]
    assert {event["name"] for event in events if event["cat" if event["ph"] == "X" else "ph"] in ("own", "kept")} == {
        "the loop's own work", "this recording",
    }  # fmt: skip


def test_a_callback_without_a_length_is_in_nobodys_place() -> None:
    shown = make(turn(100, 0, task=0, awaited=0), turn(133, 10, kept=33))
    told = chrome(shown)
    assert mistakes(told) == []
    assert [step.end - step.start for step in shown.steps] == [0, 10]
    assert [event["dur"] for event in told["traceEvents"] if event["ph"] == "X"] == [10, 33]


def test_waits_of_tasks_that_overlap_stand_on_tracks_of_their_own() -> None:
    shown = make(
        turn(100, 10, task=1, line=2, awaited=4),
        turn(110, 10, task=2, what=5, line=3, awaited=8),
        turn(120, 10, task=3, what=5, line=3, awaited=8),
        turn(150, 10, task=2, what=5, awaited=AWAITED_DONE, ready=20),
        turn(190, 10, task=1, awaited=AWAITED_DONE),
        turn(700, 10, n=2, task=4, what=5, line=3, awaited=8),  # of a request whose sending is not known
        phases=((90, 1, "sent", None), (210, 1, "done", [200, ""])),
    )
    told = chrome(shown)
    assert mistakes(told) == []
    tracks = {event["id"] for event in told["traceEvents"] if event["ph"] == "b"}
    assert tracks == {"1", "1.1", "1.2", "2.1"}
    assert sum(event["ph"] == "b" for event in told["traceEvents"]) == len(shown.waits) + 1


def test_what_breaks_the_rules_of_the_format_is_found() -> None:
    told = chrome(ONE)
    assert mistakes(told) == []
    spoilt: list[dict[str, Any]] = [
        {"ph": "X", "name": "over", "cat": "turn", "ts": 120, "dur": 100, "pid": 1, "tid": 1},
        {"ph": "X", "name": "no length", "cat": "other", "ts": 90_000, "dur": 0, "pid": 1, "tid": 1},
        {"ph": "X", "name": "nameless thread", "cat": "turn", "ts": 1, "dur": 1, "pid": 1, "tid": 9},
        {"ph": "X", "name": "part", "cat": "turn", "ts": 1.5, "dur": 1, "pid": 1, "tid": 1},
        {"ph": "X", "name": "endless", "cat": "turn", "ts": 1, "pid": 1, "tid": 1},
        {"ph": "Z", "name": "phase", "ts": 1, "pid": 1, "tid": 1},
        {"ph": "M", "name": "thread_name", "ts": 0, "pid": 1, "tid": 1},
        {"ph": "b", "name": "open", "cat": "request", "id": "7", "ts": 1, "pid": 1, "tid": 1},
        {"ph": "e", "name": "request 1", "cat": "request", "id": "1", "ts": 500, "pid": 1, "tid": 1},
        {"ph": "b", "name": "number", "cat": "request", "id": 7, "ts": 1, "pid": 1, "tid": 1},
    ]
    for event in spoilt:
        assert len(mistakes({**told, "traceEvents": [*told["traceEvents"], event]})) >= 1, event
    assert mistakes([]) and mistakes({"traceEvents": {}}) and mistakes({**told, "displayTimeUnit": "s"})
