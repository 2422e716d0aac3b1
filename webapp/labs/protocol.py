"""What the site, a lab process and the load generator say to each other. Imports nothing of ours.

A run is two processes beside the site: the *lab*, which serves the reader's program on a socket that was listening before it
started, and the *generator*, which sends the requests. Three pipes join them:

    lab       -> site         what happened inside: handlers, turns on the loop, lag, tokens
    generator -> site         what was seen outside: requests and the bystander's pings
    lab       -> generator    one line, `<pid> ready`, when the lab accepts requests: start-up is never shown as waiting

Both pipes to the site carry lines, each a JSON array of events and at most LINE_BYTES long. Times are `time.monotonic()`, which
all processes of one machine share; the site takes the run's start from them before anybody sees an event. The lab's `beat` comes
with every flush, so its silence means that it cannot run. A pipe that breaks means that the site is gone: its writer exits.

Events, as they reach the browser (t: seconds since the run's start, which is when the generator starts):

    {"e":"request","t":…,"n":1,"phase":"queued"|"sent"|"handler_start"|"handler_end"|"done"|"left"|"told"|"over",
                   "where":"loop"|"thread", "line":12 (on handler_start: where the handler stands in the program, 0 where unknown),
                   "how":"returned"|"raised"|"cancelled" (on handler_end and over),
                   "status":200 (on done; 0: no answer), "error":"…" (on a failed done)}
    {"e":"ping","t":…,"n":17,"phase":"sent"|"done","status":200}      the bystander
    {"e":"lag","t":…,"lag":0.0031}                                  the probe's callback ran this late at t
    {"e":"held","t":…,"for":0.12}                                   at this moment the probe is unanswered for so long
    {"e":"slice","t":start,"end":…,"n":5|null}                      one turn on the loop of SLICE_SECONDS or more, and whose it was;
                                                                    what it waited for a processor is taken off its start
    {"e":"tokens","t":…,"used":12,"waiting":8,"total":40}           AnyIO's thread limiter

What only the site reads: `start`, `end` (generator), `ready`, `beat`, `raised`, `failure` (lab), what the lab runs on:

    {"e":"on","t":…,"cores":2,"python":"3.11.7","loop":"asyncio","fastapi":"…","uvicorn":"…","anyio":"…"}
                told before the program is imported, its loop still unknown (empty), and once more when it is ready

and the recording:

    {"e":"turns","t":origin,"rows":"…"}      every turn on the loop: base64 of unsigned 32-bit numbers, eleven a turn (TURN_FIELDS):
                start: microseconds from the origin, the first request's coming; took: microseconds, lost: how
                many of them the machine was busy with something else (of long turns); n: whose, 0 nobody's; task: a
                number for the task's life, 0 for a plain callback; what: a name, 0 the selector (the loop is idle); line: of the
                program, where the task waits now, 0 unknown; awaited: a name, AWAITED_DONE where the task has ended.
                Directly before the start lie two times that were measured as well: kept, first, what the recorder took to
                keep the turn before, then own, the loop's own work (before the selector its due timers, after it what came in).
                ready: for how long it had been ready to run when it began
    {"e":"name","t":…,"i":7,"text":"asyncio.sleep","mine":false}        a name; mine: it stands in the reader's program
    {"e":"job","t":…,"phase":"start"|"end","lane":3,"n":5|null,"name":9}     work in a thread; each thread is a lane, from 1
    {"e":"at","t":…,"lane":0,"n":5|null,"line":12}                      at t the loop (0) or a thread was at this line
    {"e":"cut","t":…}                                                   from here on the recording is no longer whole

A turn never overlaps the one before: there is one loop. What lies between a turn and the next one and is no `kept` or `own` of
that one was not timed.

The stream of a run carries numbered messages: {"state": queued|running|finished|failed|stopped, "position": 2|null,
"clock": seconds since the run's start|null, "events": […], "summary": {…}|null, "finding": {…}|null, "failure": {…}|null,
"disturbed": bool}. The last one has a final state. `summary` has the fields of `Figures` in webapp/views/runs.py, `failure` those
of `Failure` there. `finding` is {"code", "tone", "numbers"}; its numbers are every figure of the summary that was measured, and
besides `held` (seconds that turns over HOLD_BUDGET_SECONDS took together), `holds` (how many those were), `longest` (the longest
time that one request took) and `token_waiters` (the most requests that waited for a thread token at once).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

Event = dict[str, Any]


class Phase(StrEnum):
    """What becomes of one request, in this order. The handler's two are stamped where it runs, in the worker thread for `def`."""

    QUEUED = "queued"
    SENT = "sent"
    HANDLER_START = "handler_start"
    HANDLER_END = "handler_end"
    DONE = "done"
    LEFT = "left"
    """The generator has closed the connection before the answer was there, as the lab's load wants it. No `done` follows."""
    TOLD = "told"
    """The program was told that nobody waits any more."""
    OVER = "over"
    """After that, the program was done with the request."""


REQUEST_HEADER = "x-interleave-request"
"""Carries a request's number into the lab, so that both sides speak of the same one. Pings carry none."""

READY = b"ready"

HOLD_BUDGET_SECONDS = 0.05
"""A turn on the loop longer than this is a hold: others notice it."""
WAITED_SECONDS = 0.05
"""A ping that took longer than this waited."""
SLICE_SECONDS = 0.005
"""Turns shorter than this are not told one by one."""
PING_EVERY_SECONDS = 0.02
PINGS_WAITING = 500
"""So many pings may be unanswered at once; beyond, the bystander skips a beat."""
PING_LEAD_SECONDS = 0.1
"""The bystander starts so long before the load, so that its wait on a free loop is seen too."""
PING_TAIL_SECONDS = 0.1
PING_LAST_WAIT_SECONDS = 1.0
"""After the load, pings that are still unanswered are waited for so long."""
BODY_BYTES = 1 << 20
"""A response's body is read so far; a longer one ends the request with an error."""

TURNS_KEPT = 30_000
"""Turns on the loop that are recorded of a run, the idle ones counted too; about a megabyte of the pipe."""
JOBS_KEPT = 5_000
LINES_KEPT = 5_000
"""Lines that the loop or a thread was seen at."""
NAMES_KEPT = 500
NAME_CHARACTERS = 80
SURROUNDINGS = ("cores", "python", "loop", "fastapi", "uvicorn", "anyio")
"""What `on` tells: a number, then texts of at most VERSION_CHARACTERS."""
VERSION_CHARACTERS = 40
NAME_OTHER, AWAITED_DONE = 1, 2
"""Numbers that are no name: one too many to be told, and the end of a task."""
TURN_FIELDS = ("start", "took", "lost", "n", "task", "what", "line", "awaited", "kept", "own", "ready")
TURNS_IN_EVENT = 32

FLUSH_SECONDS = 0.02
EVENTS_WAITING = 20_000
"""Events that a process keeps before it drops further ones (and counts them)."""
PIPE_BYTES = 1 << 20
LINE_BYTES = 64 << 10
LINE_EVENTS = 32
"""As many of the largest usual events, those of turns, as a line may hold."""
MESSAGE_CHARACTERS = 500
TRACEBACK_CHARACTERS = 8_000
ERROR_CHARACTERS = 200


def encode(events: Sequence[Event]) -> bytes:
    """One line of the pipe, its end included."""
    return json.dumps(events, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> list[Event]:
    """The events of a line. Raises ValueError for anything that is none, whatever bytes they are."""
    try:
        events = json.loads(line.decode())
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise ValueError("not a list of events")
    return events


class ProcessorWait:
    """How long a thread (the calling one, or one by its native id) was ready to run but had no processor.

    It is the scheduler's own account (Linux, `schedstat`).
    """

    def __init__(self, thread: int | None = None) -> None:
        self._fd: int | None = None
        with contextlib.suppress(OSError):
            self._fd = os.open(
                f"/proc/self/task/{thread or threading.get_native_id()}/schedstat", os.O_RDONLY | os.O_CLOEXEC
            )

    def seconds(self) -> float | None:
        """Since the thread began; read from any thread, in 2 microseconds. None where the system keeps no account."""
        if self._fd is None:
            return None
        try:
            return int(os.pread(self._fd, 64, 0).split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            self._fd = None
            return None

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


class Writer:
    """The writing end of a pipe to the site: `put` costs one append; a thread of its own encodes and writes.

    `tick` is called in that thread before each flush and may put events itself. When nobody reads the pipe any more the site
    is gone, and `gone` is called: it must end the process.
    """

    def __init__(self, fd: int, *, tick: Callable[[float], None], gone: Callable[[], None]) -> None:
        self.dropped = 0
        self._fd = fd
        self._tick = tick
        self._gone = gone
        self._events: deque[Event] = deque()
        self._writing = threading.Lock()

    def put(self, event: Event) -> None:
        if len(self._events) < EVENTS_WAITING:
            self._events.append(event)
        else:
            self.dropped += 1

    def start(self) -> None:
        threading.Thread(target=self._run, daemon=True, name="lab-telemetry").start()

    def watch(self) -> None:
        """Instead of `start`: write nothing by itself, and still notice that the site is gone. Costs nothing meanwhile."""
        threading.Thread(target=self._watch, daemon=True, name="lab-telemetry").start()

    def flush(self) -> None:
        """Write what is there, now; from any thread."""
        with self._writing:
            lines = []
            while self._events:
                some = min(len(self._events), LINE_EVENTS)
                lines.append(encode([self._events.popleft() for _ in range(some)]))
            unwritten = memoryview(b"".join(lines))
            try:
                while unwritten:
                    unwritten = unwritten[os.write(self._fd, unwritten) :]
            except BrokenPipeError:
                self._gone()

    def _run(self) -> None:
        while True:
            self._tick(time.monotonic())
            self.flush()
            time.sleep(FLUSH_SECONDS)

    def _watch(self) -> None:
        pipe = select.poll()
        pipe.register(self._fd, 0)  # asked for nothing, it still tells that nobody reads any more
        pipe.poll()
        self._gone()


def widen(fd: int) -> None:
    """Give a pipe a buffer of PIPE_BYTES where the system can (Linux): a reader that is late then delays no writer."""
    with contextlib.suppress(OSError, AttributeError):
        fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
