"""One run from its start to its end: its two processes, what they tell, and the numbered messages that carry it to readers.

A run ends in exactly one of three ways (finished, failed, stopped), with every process that it started gone, and with a summary of
what finished if a request was sent at all. Knows no queue and no other run.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from webapp.labs import trace
from webapp.labs.audience import Audience
from webapp.labs.checker import Checker
from webapp.labs.children import Child, ForkServerError
from webapp.labs.lab import RunSpec
from webapp.labs.pair import Pair
from webapp.labs.protocol import SURROUNDINGS, Event
from webapp.labs.recording import RECORDED, Recording
from webapp.labs.telemetry import Ear, Output, program_lines
from webapp.labs.unrest import Others

Ending = Literal["finished", "failed", "stopped"]
State = Literal["queued", "running"] | Ending
FailureDict = dict[str, Any]

BATCH_SECONDS = 0.05
HEARTBEAT_SECONDS = 15.0
STARTUP_SECONDS = 10.0
"""A program that does not answer so long after its start never will."""
LAST_WORDS_SECONDS = 0.5
"""So long an ended load waits for the lab to tell the rest, an ended lab for its own last lines, and a late one for its place."""
AFTER_LEFT_SECONDS = 5.0
"""So long a handler whose caller has left is seen to its end."""
SILENCE_SECONDS = 0.2
"""A lab tells something every 20 ms. After so long without a word its interpreter is held, by a call into C."""
STORE_SECONDS = 5.0
OUTPUT_TOLD_CHARACTERS = 2_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a run's stream; `data` is its JSON text. Numbers go from 1 without a gap."""

    number: int
    data: str


class Run:
    """Used on one event loop. `carry_out` is called once, unless the run was stopped while it was queued."""

    def __init__(self, run_id: str, owner: str, spec: RunSpec, audience: Audience | None = None) -> None:
        self.id = run_id
        self.owner = owner
        self.spec = spec
        self.state: State = "queued"
        self.position: int | None = None
        self.neighbours = False
        """Whether another run was on, or a live program at work, at some time while this one was on."""
        self.started_at: datetime | None = None
        self.summary: dict[str, Any] | None = None
        self.finding: dict[str, Any] | None = None
        self.failure: FailureDict | None = None
        self.disturbed = False
        self.strained = False
        """Whether a measurement must leave this run out; a disturbed run always is."""
        self.events: list[Event] = []
        self.recording = Recording()
        self.surroundings: dict[str, Any] | None = None
        """What it runs on, as its lab told; None as long as it has not."""
        self.trace: bytes | None = None
        """The recording, packed once the run has ended."""
        self.messages: list[Message] = []
        self.audience = audience or Audience()
        self.outcome: Ending = "stopped"
        """The state that a run which is being concluded ends in."""
        self._news = asyncio.Event()
        self._told = 0
        self._changed = True
        self._verdict: asyncio.Future[tuple[Ending, FailureDict | None]] = asyncio.get_running_loop().create_future()
        self._checker = Checker(requests=spec.requests, clock=time.monotonic)
        self._early: list[Event] = []
        self._raised: FailureDict | None = None
        self._longest = 0.0
        self._lab_waits: list[tuple[float, float]] = []
        self._generator_wait = 0.0
        self._load_ended: float | None = None
        self._load_over = asyncio.Event()
        self._caught_up = asyncio.Event()
        self._heard_lab: float | None = None
        self._open_turn: tuple[float, float, int | None] | None = None
        self._output = Output()
        self._others: float | None = None

    @property
    def ended(self) -> bool:
        return self.state in ("finished", "failed", "stopped")

    @property
    def clock(self) -> float | None:
        """Seconds since the run's start; of an ended run, its last moment."""
        if self._checker.start is None:
            return None
        if self.ended:
            return self._last_moment
        return round(time.monotonic() - self._checker.start, 6)

    @property
    def _last_moment(self) -> float:
        return max((float(event["end"] if "end" in event else event["t"]) for event in self.events), default=0.0)

    def rows(self) -> tuple[trace.Row, ...]:
        return trace.rows(self.events)

    def stop(self, message: str) -> None:
        """Ask a run that is on to end. `carry_out` then ends it."""
        self._decide("stopped", _failure("stopped", message))

    def move(self, position: int) -> None:
        """Its place in the line changed."""
        if position != self.position:
            self.position = position
            self._changed = True
            self.publish()

    def begin(self) -> None:
        """It was let in; `carry_out` follows."""
        self.state, self.position, self.started_at = "running", None, datetime.now(UTC)
        self._changed = True
        self.publish()

    async def carry_out(self, directory: Path) -> None:
        """Run it, in a directory that does not exist yet and is gone afterwards. Does not raise. `conclude` comes next."""
        pair, others = Pair(self.spec, directory), Others()
        beat = asyncio.create_task(self._sure(self._beat))
        watching: list[asyncio.Task[None]] = []
        try:
            await pair.start(
                lab=Ear(self._checker_for_lab, self._hear_lab, self._flooded),
                generator=Ear(self._checker.from_generator, self._hear_generator, self._flooded),
                output=self._output,
            )
            watching = [
                asyncio.create_task(self._sure(watch, pair))
                for watch in (self._deadline, self._watch_lab, self._watch_load)
            ]
            await self._verdict
            self._others = await asyncio.to_thread(others.processors, (pair.lab.pid, pair.generator.pid))
        except ForkServerError as error:
            self._decide("failed", _failure("not-started", str(error)))
        except Exception:
            self._give_up("not-started")
        finally:
            for task in (beat, *watching):
                task.cancel()
            await pair.end()

    async def conclude(self, store: Callable[[], Awaitable[None]] | None = None) -> None:
        """Draw the figures and publish the last message, after `store` has kept the run: who reads the end finds it stored."""
        try:
            self.outcome, self.failure = self._draw()
        except Exception:
            log.exception("the figures of a run could not be drawn")
            self.outcome, self.failure = "failed", _failure("lost", "The server could not read what this run told.")
        else:
            self.trace = await asyncio.to_thread(self.recording.pack, tuple(self.events), self._last_moment)
        self.recording = Recording()
        if store is not None:
            try:
                async with asyncio.timeout(STORE_SECONDS):
                    await store()
            except Exception:
                log.exception("an ended run was not stored")
        self.state, self.position = self.outcome, None
        self._changed = True
        self.publish()

    def _draw(self) -> tuple[Ending, FailureDict | None]:
        state, failure = self._verdict.result()
        self._close_open_turn()
        if any(event["e"] == "request" and event["phase"] == "sent" for event in self.events):
            self.summary = trace.summary(self.events, requests=self.spec.requests, longest_turn=self._longest)
            self.finding = trace.finding(self.events, self.summary)
            waited = self._generator_wait + trace.waited(self.events, self._lab_waits)
            company = trace.company(neighbours=self.neighbours, others=self._others)
            self.disturbed = trace.disturbed(self.summary, waited=waited, company=company)
            self.strained = self.disturbed or trace.strained(self.summary, waited=waited, company=company)
            if state == "finished" and self.summary["errors"] == self.spec.requests:
                return "failed", self._all_failed()
        return state, failure

    def publish(self) -> None:
        """Make a message of what is new since the last one, if anything is."""
        if not self._changed and self._told == len(self.events):
            return
        events = self.events[self._told :]
        self._told, self._changed = len(self.events), False
        told = {
            "state": self.state,
            "position": self.position,
            "clock": self.clock,
            "events": events,
            "summary": self.summary if self.ended else None,
            "finding": self.finding if self.ended else None,
            "failure": self.failure if self.ended else None,
            "disturbed": self.disturbed,
        }
        self.messages.append(Message(len(self.messages) + 1, json.dumps(told, separators=(",", ":"))))
        self._news.set()
        self._news = asyncio.Event()

    async def follow(self, after: int) -> AsyncIterator[Message | None]:
        """Messages after that number, then as they come; None as a heartbeat. Ends after the last one."""
        number = max(0, after)
        while True:
            news = self._news
            while number < len(self.messages):
                yield self.messages[number]
                number += 1
            if self.ended:
                return
            if news.is_set():
                continue
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await news.wait()
            except TimeoutError:
                yield None

    async def _sure(self, watch: Callable[..., Awaitable[None]], *pair: Pair) -> None:
        """A watch that breaks must not leave a run without an end."""
        try:
            await watch(*pair)
        except Exception:
            self._give_up("lost")

    def _give_up(self, code: str) -> None:
        log.exception("a run could not be carried out")
        self._decide("failed", _failure(code, "The server could not carry out this run; its log says why."))

    async def _beat(self) -> None:
        """Every 50 ms: say what came in, and notice a lab that cannot speak."""
        expected = time.monotonic()
        while True:
            await asyncio.sleep(BATCH_SECONDS)
            now = time.monotonic()
            if now - expected < 2 * BATCH_SECONDS:  # else it was this process that did not listen
                self._notice_silence(now)
            expected = now
            self.publish()

    def _notice_silence(self, now: float) -> None:
        if self._heard_lab is None or self._checker.start is None or self._load_ended is not None:
            return
        silent = now - self._heard_lab
        if silent > SILENCE_SECONDS:
            at, last = self._checker.at(now), self._checker.at(self._heard_lab)
            self._open_turn = (last, at, None)
            self.events.append({"e": "held", "t": at, "for": round(silent, 6)})

    def _checker_for_lab(self, event: Event) -> Event:
        """Two pipes are read in any order: what the lab saw before we heard of the run's start waits for it."""
        if self._checker.start is None and event.get("e") in ("request", "lag", "held", "slice", "tokens", *RECORDED):
            self._early.append(event)
            return {"e": "early"}
        return self._checker.from_lab(event)

    def _hear_lab(self, event: Event) -> None:
        self._heard_lab = time.monotonic()
        kind = event["e"]
        if kind in RECORDED:
            self.recording.take(event)
        elif kind in ("request", "lag", "tokens", "slice", "held"):
            if event["t"] < 0:  # before the run's start: not part of it
                return
            if kind == "held":
                turn, whose = event.pop("turn"), event.pop("n")
                self._open_turn = (round(max(0.0, event["t"] - turn), 6), event["t"], whose) if turn else None
            elif kind in ("slice", "lag"):
                self._open_turn = None
            self.events.append(event)
        elif kind == "beat":
            self._longest = max(self._longest, event["longest"])
            self._lab_waits.append((event["t"], event["wait"]))
            if self._load_ended is not None and event["t"] >= self._load_ended:
                self._caught_up.set()
        elif kind == "on" and not (self.surroundings and self.surroundings["loop"]):  # later it is the program's word
            self.surroundings = {name: event[name] for name in SURROUNDINGS}
        elif kind == "raised":
            self._raised = self._raised or _told_failure(event)
        elif kind == "failure":
            self._decide("failed", _told_failure(event))

    def _hear_generator(self, event: Event) -> None:
        kind = event["e"]
        if kind in ("request", "ping"):
            self.events.append(event)
        elif kind == "start":
            early, self._early = self._early, []
            for waiting in early:
                with contextlib.suppress(ValueError):
                    self._hear_lab(self._checker.from_lab(waiting))
        elif kind == "end":
            self._generator_wait = event["wait"]
            self._load_ended = event["t"]
            self._load_over.set()

    def _flooded(self) -> None:
        self._decide("failed", _failure("program", "The program wrote into the pipe that its measurements go through."))

    async def _watch_load(self, pair: Pair) -> None:
        """The load is over: let the lab tell what happened until then."""
        over = asyncio.create_task(self._load_over.wait())
        try:
            await asyncio.wait((over, pair.generator.ended), return_when=asyncio.FIRST_COMPLETED)
            if not self._load_over.is_set():  # it leaves too where the lab never got ready: that one's word goes first
                await asyncio.sleep(2 * LAST_WORDS_SECONDS)
                self._decide(
                    "failed", _failure("lost", "The process that sends the requests ended before it was done.")
                )
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORDS_SECONDS):
                    await self._caught_up.wait()
            for _ in range(round(AFTER_LEFT_SECONDS / BATCH_SECONDS)):
                if not trace.unsettled(self.events):
                    break
                await asyncio.sleep(BATCH_SECONDS)
            self._decide("finished", None)
        finally:
            over.cancel()

    async def _watch_lab(self, pair: Pair) -> None:
        code = await asyncio.shield(pair.lab.ended)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_SECONDS):
                await asyncio.gather(pair.lab_ear.closed.wait(), self._output.closed.wait())
        told = _failure("lost", _why_it_ended(code))
        self._decide("failed", {**told, "traceback": self._output.text[-OUTPUT_TOLD_CHARACTERS:]})

    async def _deadline(self, pair: Pair) -> None:
        """`spec.seconds` from the run's start, which itself may take STARTUP_SECONDS at most."""
        began = time.monotonic()
        limit = min(self.spec.seconds, STARTUP_SECONDS)
        while (left := (self._checker.start or began) + limit - time.monotonic()) > 0:
            await asyncio.sleep(left)
            limit = self.spec.seconds if self._checker.start is not None else limit
        started = self._checker.start is not None
        message = f"It took longer than {limit:g} s." if started else f"It did not start within {limit:g} s."
        line = await self._where_it_is(pair.lab)
        source = self.spec.program.split("\n")[line - 1].strip() if line else ""
        self._decide("failed", {**_failure("time-out", message), "line": line, "source": source})

    async def _where_it_is(self, lab: Child) -> int | None:
        """The line of the program that its main thread is at; None where it waits in the loop, or cannot say."""
        before = len(self._output.text)
        self._output.heard.clear()
        lab.signal(signal.SIGUSR1)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_SECONDS):
                await self._output.heard.wait()
                await asyncio.sleep(BATCH_SECONDS)  # it comes in pieces
        lines = self.spec.program.count("\n") + 1
        told = program_lines(self._output.text[before:], self.spec.file)
        return next((line for line, _ in told if 1 <= line <= lines), None)

    def _decide(self, state: Ending, failure: FailureDict | None) -> None:
        """The first verdict counts."""
        if not self._verdict.done():
            self._verdict.set_result((state, failure))

    def _close_open_turn(self) -> None:
        """A turn that was still on when the run ended was as long as we saw it."""
        if self._open_turn is not None:
            start, end, whose = self._open_turn
            self.events.append({"e": "slice", "t": start, "end": end, "n": whose})
            self._open_turn = None

    def _all_failed(self) -> FailureDict:
        """Every request failed: a finding about the program, if it raised, else about what it answered."""
        raised = self._raised or _failure("too-many-errors", "")
        answers = sorted({row["error"] or f"status {row['status']}" for row in self.rows() if trace.failed(row)})
        message = raised["message"] or f"Every request failed: {', '.join(answers[:3])}."
        return {**raised, "code": "too-many-errors", "message": message}


def _failure(code: str, message: str) -> FailureDict:
    return {"code": code, "message": message, "line": None, "source": "", "traceback": ""}


def _told_failure(event: Event) -> FailureDict:
    return {name: event[name] for name in ("code", "message", "line", "source", "traceback")}


def _why_it_ended(code: int) -> str:
    if code >= 0:
        return f"The program ended by itself, with exit code {code}."
    if -code == signal.SIGXCPU:
        return "The program used up its processor time and was ended."
    if -code == signal.SIGKILL:
        return "The program was ended from outside; the machine may have run out of memory."
    return f"The program was ended by signal {-code} ({signal.strsignal(-code)})."
