"""Runs are real: programs are served, blocked, broken and killed, and the figures say so."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import subprocess
import sys
import time
import urllib.request
from itertools import pairwise
from pathlib import Path

import pytest

from tests.processes import PROCESS_SECONDS, seconds_until
from tests.programs import AWAITING, BLOCKED, C_CALL, ENDLESS, HEAD, THREADS, make_spec, processes, program, run
from webapp.labs import children, protocol
from webapp.labs.pair import serving

ROOT = Path(__file__).resolve().parents[1]


def test_time_sleep_in_async_def_makes_the_wall_many_times_longer() -> None:
    """So slowly that a crowded machine changes no figure by as much as the programs differ in it."""
    awaiting = run(make_spec(AWAITING, requests=24, delay=0.4, bystander="GET /ping"))
    blocked = run(make_spec(BLOCKED, requests=24, delay=0.4, bystander="GET /ping"))
    assert awaiting.summary is not None and blocked.summary is not None
    assert awaiting.state == blocked.state == "finished"
    assert blocked.summary["wall"] / awaiting.summary["wall"] > 4

    assert awaiting.summary["peak_in_flight"] == 24
    assert blocked.summary["peak_in_flight"] == 1
    assert awaiting.summary["max_hold"] < 0.4 <= blocked.summary["max_hold"]
    assert blocked.summary["max_lag"] > 1
    assert awaiting.summary["errors"] == blocked.summary["errors"] == 0

    assert awaiting.finding is not None and blocked.finding is not None
    assert blocked.finding["code"] == "held"
    assert blocked.finding["numbers"]["held"] > 24 * 0.4
    assert blocked.summary["bystanders_waited"] > 100
    assert blocked.summary["bystander_p95"] > 10 * awaiting.summary["bystander_p95"]

    held = [event for event in blocked.events if event["e"] == "held"]
    assert len(held) > 50, "the probe says while the loop is held that it is held"
    assert {
        event["n"] for event in blocked.events if event["e"] == "slice" and event["end"] - event["t"] >= 0.4
    } == set(range(1, 25)), "each long slice is its request's"


@pytest.mark.parametrize(("tokens", "peak", "delay"), [(None, 40, 0.5), (10, 10, 0.2)])
def test_as_many_def_requests_run_at_once_as_there_are_tokens(tokens: int | None, peak: int, delay: float) -> None:
    state = run(make_spec(THREADS, requests=60, delay=delay, tokens=tokens))
    assert state.summary is not None and state.finding is not None
    assert state.summary["peak_tokens"] == peak
    assert state.summary["peak_in_flight"] == peak
    assert state.summary["tokens_total"] == peak
    assert state.finding["code"] == "threads-full"
    assert {row["where"] for row in state.rows} == {"thread"}


def test_the_phases_of_a_request_are_in_order() -> None:
    state = run(make_spec(AWAITING, requests=5))
    assert [row["n"] for row in state.rows] == [1, 2, 3, 4, 5]
    for row in state.rows:
        phases = [row[phase] for phase in ("queued", "sent", "handler_start", "handler_end", "done")]
        assert phases == sorted(phases)
        assert row["handler_end"] - row["handler_start"] >= 0.05
        assert row["status"] == 200


def test_an_interval_spreads_the_requests() -> None:
    state = run(make_spec(AWAITING, requests=4, interval_ms=50))
    queued = [row["queued"] for row in state.rows]
    assert queued[-1] - queued[0] >= 0.149


PAUSING = program("async def task(n: int = 0):\n    if n == 3:\n        time.sleep(2.4)")


def test_a_client_that_sends_one_after_another_never_has_two_under_way() -> None:
    state = run(make_spec(AWAITING, requests=5, one_after_another=True))
    assert state.summary is not None and state.summary["peak_in_flight"] == 1
    for before, row in pairwise(state.rows):
        assert row["sent"] >= before["done"]


def test_a_client_that_waits_its_turn_omits_what_a_pause_did_to_the_others() -> None:
    """The same program, the same pause, the same interval: coordinated omission, counted."""

    def met_the_pause(*, one_after_another: bool) -> int:
        spec = make_spec(
            PAUSING, request="GET /?n={n}", requests=12, interval_ms=30, one_after_another=one_after_another
        )
        return sum(row["done"] - row["sent"] > 1 for row in run(spec).rows)

    assert met_the_pause(one_after_another=True) == 1
    assert met_the_pause(one_after_another=False) > 5


def test_the_handler_is_timed_in_an_included_router_and_in_a_mounted_application() -> None:
    text = HEAD + (
        "from fastapi import APIRouter\n\n"
        "router = APIRouter(prefix='/inner')\n\n\n"
        "@router.get('/')\ndef inner():\n    time.sleep(0.05)\n\n\n"
        "sub = FastAPI()\nsub.include_router(router)\n"
        "app.include_router(router)\napp.mount('/mounted', sub)\n"
    )
    for path in ("/inner/", "/mounted/inner/"):
        row = run(make_spec(text, requests=1, request=f"GET {path}")).rows[0]
        assert row["where"] == "thread"
        assert row["handler_end"] - row["handler_start"] >= 0.05


@pytest.mark.parametrize(
    "text",
    [
        "async def app(scope, receive, send):\n"
        "    assert scope['type'] == 'http'\n"
        "    await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n"
        "    await send({'type': 'http.response.body', 'body': b''})\n",
        program("async def task():\n    for _ in range(2):\n        yield {}\n        await asyncio.sleep(0.01)"),
    ],
    ids=["plain ASGI", "a generator endpoint"],
)
def test_a_program_without_a_plain_endpoint_is_timed_as_a_whole(text: str) -> None:
    row = run(make_spec(text, requests=1)).rows[0]
    assert row["status"] == 200
    assert row["sent"] < row["handler_start"] < row["handler_end"]


@pytest.mark.parametrize(
    ("text", "code", "line", "message"),
    [
        ("from fastapi import FastAPI\napp = FastAPI(\n", "program", 2, "was never closed"),
        ("import asyncio\nimport no_such_module\n", "program", 2, "No module named 'no_such_module'"),
        ("x = 1\n\n\nraise RuntimeError('no database')\n", "program", 4, "no database"),
        ("application = 1\n", "no-app", None, "task.py has nothing named app"),
        ("app = 3\n", "no-app", None, "not an application"),
    ],
)
def test_a_program_that_cannot_start_is_shown_at_its_line(text: str, code: str, line: int | None, message: str) -> None:
    state = run(make_spec(text))
    assert state.state == "failed"
    assert state.summary is None
    assert state.failure is not None
    assert (state.failure["code"], state.failure["line"]) == (code, line)
    assert message in state.failure["message"]
    assert state.failure["source"] == (text.splitlines()[line - 1].strip() if line else "")
    assert "webapp" not in state.failure["traceback"]


def test_a_program_that_cannot_start_says_on_what_it_could_not() -> None:
    told = run(make_spec("import asyncio\n1 / 0\n")).surroundings
    assert told is not None
    assert (told["python"], told["loop"]) == (platform.python_version(), ""), "it never came to a loop"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives a process a part of the processors")
def test_a_run_says_how_many_processors_its_own_process_may_use() -> None:
    one = "import os\nos.sched_setaffinity(0, [min(os.sched_getaffinity(0))])\n"
    told = run(make_spec(one + AWAITING)).surroundings
    assert told is not None and (told["cores"], told["loop"]) == (1, "asyncio")


def test_a_failing_start_up_is_the_programs_failure() -> None:
    text = (
        "from contextlib import asynccontextmanager\nfrom fastapi import FastAPI\n\n\n"
        "@asynccontextmanager\nasync def lifespan(app):\n    raise RuntimeError('no database')\n    yield\n\n\n"
        "app = FastAPI(lifespan=lifespan)\n"
    )
    failure = run(make_spec(text)).failure
    assert failure is not None
    assert (failure["code"], failure["line"], failure["message"]) == ("program", 7, "RuntimeError: no database")


def test_a_handler_that_always_raises_fails_the_run_at_its_line() -> None:
    text = program("def task():\n    return 1 / 0")
    state = run(make_spec(text))
    assert state.failure is not None and state.summary is not None
    assert state.failure["code"] == "too-many-errors"
    assert state.failure["source"] == "return 1 / 0"
    assert "ZeroDivisionError" in state.failure["traceback"]
    assert "webapp" not in state.failure["traceback"] and "site-packages" not in state.failure["traceback"]
    assert state.summary["errors"] == 3


def test_a_path_that_the_program_lacks_fails_the_run() -> None:
    failure = run(make_spec(AWAITING, request="GET /elsewhere")).failure
    assert failure is not None
    assert failure["code"] == "too-many-errors"
    assert "404" in failure["message"]


def test_some_failed_requests_are_counted_and_the_run_finishes() -> None:
    text = program("async def task(n: int):\n    return {'share': 1 / (n % 2)}")
    state = run(make_spec(text, requests=4, request="GET /?n={n}"))
    assert state.state == "finished"
    assert state.summary is not None and state.finding is not None
    assert state.summary["errors"] == 2
    assert state.finding["code"] == "errors"


@pytest.mark.parametrize(
    ("text", "source"), [(ENDLESS, {"while True:", "pass"}), (C_CALL, {"return sum(range(10**12))"})]
)
def test_a_loop_without_end_is_ended_at_the_deadline_and_named(text: str, source: set[str]) -> None:
    state = run(make_spec(text, seconds=5))
    assert state.state == "failed"
    assert state.failure is not None and state.summary is not None and state.finding is not None
    assert state.failure["code"] == "time-out"
    assert state.failure["source"] in source
    assert state.summary["finished"] == 0
    assert state.summary["max_hold"] > 1
    assert state.finding["code"] == "nothing-finished"
    assert any(event["e"] == "held" for event in state.events), "a held interpreter is seen from outside"


def test_a_program_that_never_answers_is_ended_at_the_deadline() -> None:
    failure = run(make_spec("import time\n\ntime.sleep(60)\n", seconds=5)).failure
    assert failure is not None
    assert (failure["code"], failure["line"]) == ("time-out", 3)


def test_a_program_that_leaves_is_lost_and_its_last_words_are_kept() -> None:
    text = program("async def task():\n    print('so long')\n    __import__('os')._exit(7)")
    failure = run(make_spec(text)).failure
    assert failure is not None
    assert failure["code"] == "lost"
    assert "7" in failure["message"]
    assert "so long" in failure["traceback"]


def test_memory_is_bounded() -> None:
    failure = run(make_spec(program("async def task():\n    return len(bytearray(4 << 30))"))).failure
    assert failure is not None
    assert failure["message"] == "MemoryError"


def test_a_hundred_threads_fit_into_the_memory_that_a_lab_may_have() -> None:
    state = run(make_spec(THREADS, requests=100, delay=4, tokens=100))
    assert state.summary is not None
    assert (state.summary["peak_tokens"], state.summary["errors"]) == (100, 0)


@pytest.mark.parametrize(
    "junk",
    [
        "b'junk\\n' * 50_000",
        "b'x' * 300_000",
        "b'[' * 200_000 + b'\\n'",
        'b\'[{"e":"lag","t":1e999,"lag":-1}]\\n\' * 1000',
        "b'[' + b'9' * 60_000 + b']\\n' + b'\\xff\\xfe\\n' * 200",
    ],
)
def test_a_program_that_floods_its_telemetry_fails_and_the_site_goes_on(junk: str) -> None:
    text = program(
        "async def task():\n"
        "    import os, stat\n"
        "    for fd in range(3, 30):\n"
        "        try:\n"
        "            if stat.S_ISFIFO(os.fstat(fd).st_mode):\n"
        f"                os.write(fd, {junk})\n"
        "        except OSError:\n"
        "            pass\n"
        "    await asyncio.sleep(1)"
    )
    state = run(make_spec(text))
    assert state.state == "failed"
    assert state.failure is not None
    assert "pipe" in state.failure["message"]


def test_a_forged_event_has_no_effect_on_what_was_seen_from_outside() -> None:
    forged = protocol.encode(
        [
            {"e": "request", "t": 0, "n": 1, "phase": "done", "status": 200},
            {"e": "request", "t": 0, "n": 10**9, "phase": "handler_start", "where": "loop"},
            {"e": "request", "t": 0, "n": 1, "phase": "handler_start", "where": "<script>"},
            {"e": "end", "t": 0, "wait": 0},
            {"e": ["beat"], "t": 0},
            {"e": "on", "t": time.monotonic(), **dict.fromkeys(protocol.SURROUNDINGS, "<script>"), "cores": 9},
        ]
    )
    text = program(
        "async def task():\n"
        "    import os, stat\n"
        "    for fd in range(3, 30):\n"
        "        try:\n"
        "            if stat.S_ISFIFO(os.fstat(fd).st_mode):\n"
        f"                os.write(fd, {forged!r})\n"
        "        except OSError:\n"
        "            pass\n"
        "    await asyncio.sleep(0.1)"
    )
    state = run(make_spec(text, requests=2))
    assert state.state == "finished"
    assert "script" not in json.dumps([state.events, state.surroundings])
    assert all(row["done"] - row["sent"] >= 0.1 for row in state.rows)


def test_a_run_sees_an_empty_place_and_no_environment() -> None:
    os.environ["INTERLEAVE_SECRET"] = "canary"
    text = program(
        "async def task():\n"
        "    import os, resource, sys\n"
        "    return {'env': sorted(os.environ), 'here': os.listdir(), 'stdin': sys.stdin.read(),\n"
        "            'core': resource.getrlimit(resource.RLIMIT_CORE)[0], 'leader': os.getsid(0) == os.getpid(),\n"
        "            'fds': len(os.listdir('/dev/fd'))}"
    )

    async def ask() -> dict[str, object]:
        await children.warm()
        async with serving(text, "task.py") as (_, (host, port)):
            return await asyncio.to_thread(
                lambda: json.load(urllib.request.urlopen(f"http://{host}:{port}/", timeout=PROCESS_SECONDS))
            )

    try:
        seen = asyncio.run(ask())
    finally:
        del os.environ["INTERLEAVE_SECRET"]
    fds = seen.pop("fds")
    assert isinstance(fds, int) and fds < 16
    assert seen == {
        "env": ["HOME", "LANG", "PATH", "TMPDIR"],
        "here": ["task.py"],
        "stdin": "",
        "core": 0,
        "leader": True,
    }


def test_a_program_may_have_a_pool_of_processes_and_all_end_with_the_run() -> None:
    text = HEAD + (
        "import os\nfrom concurrent.futures import ProcessPoolExecutor\nfrom multiprocessing import get_context\n\n"
        "pool = ProcessPoolExecutor(1, mp_context=get_context('fork'))\n\n\n"
        "@app.get('/')\nasync def task():\n"
        "    pid = await asyncio.get_running_loop().run_in_executor(pool, os.getpid)\n"
        "    print('worker', pid, flush=True)\n"
        "    os._exit(5)\n"
    )
    failure = run(make_spec(text, requests=1)).failure
    assert failure is not None
    worker = int(failure["traceback"].split("worker ")[1].split()[0])
    gone = seconds_until(lambda: processes().get(worker, (0, "Z"))[1] == "Z", at_most=60)
    assert gone is not None, "the leader left by itself, its worker was ended with the group"


def test_labs_start_from_any_directory_without_being_installed(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from webapp.labs import children\n"
        "asyncio.run(children.warm())\n"
        "print('warm')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=PROCESS_SECONDS
    )
    assert (done.stdout, done.stderr) == ("warm\n", "")


def test_a_fork_server_that_cannot_import_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "aiohttp.py").write_text("raise ImportError('broken on purpose')\n")
    script = (
        "import asyncio, sys\n"
        f"sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]\n"
        "from webapp.labs.host import HostError, LabHost\n"
        "try:\n    asyncio.run(LabHost().start())\n"
        "except HostError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=PROCESS_SECONDS
    )
    assert done.stdout.startswith("the lab fork server could not import what runs need: ImportError: broken on purpose")
    assert done.stderr == ""
