"""What a recording shows, step by step: slices of the loop, jobs of the threads, waits of the requests. Pure: no clock, no words.

A step is a *slice*, one turn on the loop or idle time of it, or the begin or end of a *job* in a thread. Between two slices of one
task lies its *wait*, and its kind comes from what was awaited. Nothing is inferred that was not recorded: a line is the one where
a task waits, or one that was seen while a turn or a job lasted. All times are microseconds from the run's start.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from webapp.labs.protocol import AWAITED_DONE, HOLD_BUDGET_SECONDS, NAME_OTHER, TURN_FIELDS
from webapp.labs.recording import Recorded

Code = Literal["turn", "callback", "other", "idle", "job", "job-end"]
Kind = Literal[
    "arrival",
    "loop",
    "ready",
    "sleep",
    "task",
    "thread",
    "token",
    "lock",
    "queue",
    "semaphore",
    "event",
    "reader",
    "other",
    "answer",
]

WHAT, KEPT, OWN, READY = (TURN_FIELDS.index(name) for name in ("what", "kept", "own", "ready"))
TIMERS = ("_set_result_unless_cancelled",)
REPORTS = ("WorkerThread._report_result", "_call_set_state", "_set_state")
PROBE = ("Recorder._answered",)
LOST_TOLD = 5_000
"""Microseconds that a turn has lost to something else on the machine before it is told."""
READY_TOLD = 5_000
"""Microseconds that a callback was ready before it is told in the sentence of its turn."""
KINDS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    ("loop", ("checkpoint",)),
    ("token", ("acquire_on_behalf_of", "CapacityLimiter")),
    ("thread", ("to_thread", "run_sync", "threadpool", "run_in_executor")),
    ("sleep", ("sleep",)),
    ("semaphore", ("Semaphore",)),
    ("lock", ("Lock",)),
    ("queue", ("Queue",)),
    ("event", ("Event.wait", "Condition", "Barrier")),
    ("reader", ("FlowControl.drain",)),
    ("task", ("gather", "Task", "wait", "as_completed", "shield", "_wait_for_one")),
)
"""What is awaited, by a part of its name; the first that fits."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a sentence about a step is made of; steps with equal facts are told alike."""

    code: Code
    n: int = 0
    """The request's; 0: nobody's."""
    name: str = ""
    mine: bool = False
    """The name stands in the reader's program."""
    first: bool = False
    """The task's first slice."""
    done: bool = False
    """The task's last slice."""
    child: bool = False
    """The task is not the one that the request came with."""
    resumes: int = 0
    """Line where the task had waited; 0 unknown."""
    line: int = 0
    """Line where the task waits now, or the one that was seen while this lasted; 0 unknown."""
    awaited: str = ""
    kind: Kind | None = None
    lane: int = 0
    held: bool = False
    lost: bool = False
    """While this lasted, the machine was busy with something else for a good part of it."""
    seen: bool = False
    """The line was seen from another thread, and more lines may have run."""
    ready: float = 0.0
    """Milliseconds, to two digits, for which this could have run before it did: told from five on."""


@dataclass(frozen=True, slots=True)
class Step:
    start: int
    end: int
    facts: Facts
    task: int = 0

    @property
    def aside(self) -> bool:
        """Whether it is neither a request's, nor the program's own, nor a hold: the server's work, pings, timers, idle time."""
        facts = self.facts
        if facts.code == "turn":
            return not (facts.n or facts.mine or facts.held)
        return facts.code == "idle" or (facts.code in ("callback", "other") and not (facts.mine or facts.held))


@dataclass(frozen=True, slots=True)
class Own:
    """What the loop itself did between two turns, or the recorder, which kept the turn before. Measured as the turns are."""

    start: int
    end: int
    code: Literal["own", "kept"]


@dataclass(frozen=True, slots=True)
class Account:
    """Where the time of the loop went from the first turn that was recorded to the last one, in microseconds."""

    whole: int
    turns: int
    idle: int
    own: int
    """The loop's own work."""
    kept: int
    """What the recorder itself took."""

    @property
    def untold(self) -> int:
        """In none of them: it was not timed."""
        return self.whole - self.turns - self.idle - self.own - self.kept


@dataclass(frozen=True, slots=True)
class Wait:
    n: int
    start: int
    end: int
    kind: Kind
    line: int = 0
    awaited: str = ""


@dataclass(frozen=True, slots=True)
class Replay:
    clock: int
    cut: int | None
    steps: tuple[Step, ...]
    """In the order of their starts."""
    waits: tuple[Wait, ...]
    jobs: tuple[tuple[int, int, int, int], ...]
    """Lane, start, end, request."""
    lines: tuple[tuple[int, int, int, int], ...]
    """Moment, lane, request, line, in the order of the moments."""
    account: Account
    own: tuple[Own, ...] = ()
    """Between the turns, in their order."""
    sent: dict[int, int] = field(default_factory=dict)
    ends: dict[int, tuple[int, bool]] = field(default_factory=dict)
    """When each request was answered, or (True) its caller had left."""

    @property
    def lanes(self) -> int:
        return max((lane for lane, *_ in self.jobs), default=0)


def replay(recorded: Recorded) -> Replay:
    slices = _Slices(recorded)
    jobs = tuple((lane, start, recorded.clock if end is None else end, n) for lane, start, end, n, _ in recorded.jobs)
    steps = sorted((*slices.steps, *_job_steps(recorded)), key=lambda step: step.start)
    sent = {n: at for at, n, phase, _ in recorded.phases if phase == "sent"}
    ends = {n: (at, phase == "left") for at, n, phase, _ in recorded.phases if phase in ("done", "left")}
    waits = (*_arrivals(sent, ends, slices), *slices.waits, *_answers(ends, slices))
    between = tuple(_own(recorded))
    return Replay(
        recorded.clock, recorded.cut, tuple(steps), waits, jobs, recorded.lines, account(recorded), between, sent, ends
    )


def account(recorded: Recorded) -> Account:
    """All zeros where no turn was recorded."""
    turns = recorded.turns
    if not turns:
        return Account(0, 0, 0, 0, 0)
    whole = turns[-1][0] + turns[-1][1] - turns[0][0]
    idle = sum(turn[1] for turn in turns if not turn[WHAT])
    own, kept = (sum(turn[column] for turn in turns[1:]) for column in (OWN, KEPT))
    return Account(whole, sum(turn[1] for turn in turns) - idle, idle, own, kept)


def _own(recorded: Recorded) -> Iterable[Own]:
    for turn in recorded.turns[1:]:
        begun = turn[0] - turn[OWN]
        if turn[KEPT]:
            yield Own(begun - turn[KEPT], begun, "kept")
        if turn[OWN]:
            yield Own(begun, turn[0], "own")


def kind_of(awaited: str) -> Kind:
    return next((kind for kind, parts in KINDS if any(part in awaited for part in parts)), "other")


class _Slices:
    """The turns of the loop, one after the other, with what is known of each task from its turns before."""

    def __init__(self, recorded: Recorded) -> None:
        self.steps: list[Step] = []
        self.waits: list[Wait] = []
        self.first: dict[int, int] = {}
        """Start of the first slice of each request."""
        self.last: dict[int, int] = {}
        """End of the last one."""
        self._recorded = recorded
        self._seen = [(at, line) for at, lane, _, line in recorded.lines if lane == 0]
        self._handlers = {n: (at, extra[1]) for at, n, phase, extra in recorded.phases if phase == "handler_start"}
        self._parents: dict[int, int] = {}
        self._open: dict[int, Wait] = {}
        for turn in recorded.turns:
            self._take(*(*turn[:KEPT], turn[READY]))
        self.waits += [Wait(w.n, w.start, recorded.clock, w.kind, w.line, w.awaited) for w in self._open.values()]

    def _take(
        self, start: int, took: int, lost: int, n: int, task: int, what: int, line: int, awaited: int, ready: int
    ) -> None:
        end = start + took
        if not what:
            self.steps.append(Step(start, end, Facts("idle")))
            return
        name, mine = self._recorded.names.get(what, ("", False))
        if n:
            self.first.setdefault(n, start)
            self.last[n] = end
        if task and (n or mine or line or task in self._open):
            facts = self._turn(start, end, lost, n, task, name, mine, line, awaited, ready)
        else:
            facts = Facts(
                "callback" if n else "other", n, name, mine,
                held=_holds(took - lost), lost=lost >= LOST_TOLD, ready=_told(ready),
            )  # fmt: skip
        self.steps.append(Step(start, end, facts, task))

    def _turn(
        self,
        start: int,
        end: int,
        lost: int,
        n: int,
        task: int,
        name: str,
        mine: bool,
        line: int,
        awaited: int,
        ready: int,
    ) -> Facts:
        parent = self._parents.setdefault(n, task) if n else task
        before = self._open.pop(task, None)
        self._waited(n, before, start - ready, start, child=task != parent)
        done, told = awaited == AWAITED_DONE, ""
        if awaited > AWAITED_DONE or awaited == NAME_OTHER:
            told = self._recorded.names.get(awaited, ("", False))[0]
        if not done:
            self._open[task] = Wait(n, end, end, kind_of(told), line, told)
        seen = 0 if line else self._line_within(start, end) or self._handler_within(n, start, end)
        return Facts(
            "turn", n, name, mine, first=before is None, done=done, child=bool(n) and task != parent,
            resumes=before.line if before else 0, line=line or seen, awaited=told, kind=kind_of(told) if told else None,
            held=_holds(end - start - lost), lost=lost >= LOST_TOLD, seen=bool(seen), ready=_told(ready),
        )  # fmt: skip

    def _waited(self, n: int, before: Wait | None, ready: int, start: int, *, child: bool) -> None:
        """What a task waited for until it was ready, and then for the loop. A request's own task arrives instead."""
        if before is not None:
            ready = max(ready, before.start)
            if ready > before.start:
                self.waits.append(Wait(n, before.start, ready, before.kind, before.line, before.awaited))
        if start > ready and (before is not None or child):
            line, awaited = (before.line, before.awaited) if before else (0, "")
            self.waits.append(Wait(n, ready, start, "ready", line, awaited))

    def _line_within(self, start: int, end: int) -> int:
        """The last line that the loop was seen at in this time."""
        at = bisect.bisect_right(self._seen, (end, 1 << 30)) - 1
        return self._seen[at][1] if at >= 0 and self._seen[at][0] >= start else 0

    def _handler_within(self, n: int, start: int, end: int) -> int:
        """Where the handler stands, if it began in this time."""
        at, line = self._handlers.get(n, (-1, 0))
        return int(line) if start <= at <= end else 0


def _told(ready: int) -> float:
    return float(f"{ready / 1000:.2g}") if ready >= READY_TOLD else 0.0


def _holds(took: int) -> bool:
    return took >= HOLD_BUDGET_SECONDS * 1e6


def _job_steps(recorded: Recorded) -> Iterable[Step]:
    lines = defaultdict(list)
    for at, lane, _, line in recorded.lines:
        lines[lane].append((at, line))
    for lane, start, end, n, what in recorded.jobs:
        name, mine = recorded.names.get(what, ("", False))
        over = recorded.clock if end is None else end
        seen = [line for at, line in lines[lane] if start <= at <= over]
        yield Step(start, over, Facts("job", n, name, mine, line=seen[0] if seen else 0, lane=lane, seen=bool(seen)))
        if end is not None:
            yield Step(
                end, end, Facts("job-end", n, name, mine, line=seen[-1] if seen else 0, lane=lane, seen=bool(seen))
            )


def _arrivals(sent: dict[int, int], ends: dict[int, tuple[int, bool]], slices: _Slices) -> Iterable[Wait]:
    """From a request's sending to its first slice it waits for the loop."""
    for n, at in sent.items():
        until = slices.first.get(n, ends[n][0] if n in ends else at)
        if until > at:
            yield Wait(n, at, until, "arrival")


def _answers(ends: dict[int, tuple[int, bool]], slices: _Slices) -> Iterable[Wait]:
    """From a request's last slice to the moment at which its answer was there."""
    for n, (at, left) in ends.items():
        last = slices.last.get(n)
        if not left and last is not None and at > last:
            yield Wait(n, last, at, "answer")
