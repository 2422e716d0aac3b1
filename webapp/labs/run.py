"""One run from its start to its end: its two processes, what they tell, and the numbered messages that carry it to readers.

A run ends in exactly one of three ways (finished, failed, stopped), with every process that it started gone, and with a summary of
what finished if a request was sent at all. Knows no queue and no other run.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from webapp.labs import trace
from webapp.labs.audience import Audience
from webapp.labs.children import Child, ForkServerError
from webapp.labs.failures import FailureDict, failure, why_it_ended
from webapp.labs.hearing import Hearing
from webapp.labs.lab import RunSpec
from webapp.labs.pair import Pair
from webapp.labs.recording import Recording
from webapp.labs.stream import Message, Stream
from webapp.labs.telemetry import Output, program_lines
from webapp.labs.unrest import Others

Ending = Literal["finished", "failed", "stopped"]
State = Literal["queued", "running"] | Ending

BATCH_SECONDS = 0.05
STARTUP_SECONDS = 10.0
"""A program that does not answer so long after its start never will."""
LAST_WORDS_SECONDS = 0.5
"""So long an ended load waits for the lab to tell the rest, an ended lab for its own last lines, and a late one for its place."""
AFTER_LEFT_SECONDS = 5.0
"""So long a handler whose caller has left is seen to its end."""
STORE_SECONDS = 5.0
OUTPUT_TOLD_CHARACTERS = 2_000

log = logging.getLogger(__name__)


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
        self.heard = Hearing(spec.requests, lambda told: self._decide("failed", told))
        self.trace: bytes | None = None
        """The recording, packed once the run has ended."""
        self._stream = Stream()
        self.audience = audience or Audience()
        self.outcome: Ending = "stopped"
        """The state that a run which is being concluded ends in."""
        self._told = 0
        self._changed = True
        self._verdict: asyncio.Future[tuple[Ending, FailureDict | None]] = asyncio.get_running_loop().create_future()
        self._output = Output()
        self._others: float | None = None

    @property
    def ended(self) -> bool:
        return self.state in ("finished", "failed", "stopped")

    @property
    def clock(self) -> float | None:
        """Seconds since the run's start; of an ended run, its last moment."""
        if self.heard.start is None:
            return None
        if self.ended:
            return self.heard.last_moment
        return round(time.monotonic() - self.heard.start, 6)

    def rows(self) -> tuple[trace.Row, ...]:
        return trace.rows(self.heard.events)

    def stop(self, message: str) -> None:
        """Ask a run that is on to end. `carry_out` then ends it."""
        self._decide("stopped", failure("stopped", message))

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
            await pair.start(lab=self.heard.lab_ear(), generator=self.heard.generator_ear(), output=self._output)
            watching = [
                asyncio.create_task(self._sure(watch, pair))
                for watch in (self._deadline, self._watch_lab, self._watch_load)
            ]
            await self._verdict
            self._others = await asyncio.to_thread(others.processors, (pair.lab.pid, pair.generator.pid))
        except ForkServerError as error:
            self._decide("failed", failure("not-started", str(error)))
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
            self.outcome, self.failure = "failed", failure("lost", "The server could not read what this run told.")
        else:
            heard = self.heard
            self.trace = await asyncio.to_thread(heard.recording.pack, tuple(heard.events), heard.last_moment)
        self.heard.recording = Recording()
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
        state, why = self._verdict.result()
        self.heard.close_open_turn()
        if any(event["e"] == "request" and event["phase"] == "sent" for event in self.heard.events):
            self.summary = trace.summary(
                self.heard.events, requests=self.spec.requests, longest_turn=self.heard.longest
            )
            self.finding = trace.finding(self.heard.events, self.summary)
            waited = self.heard.waited
            company = trace.company(neighbours=self.neighbours, others=self._others)
            self.disturbed = trace.disturbed(self.summary, waited=waited, company=company)
            self.strained = self.disturbed or trace.strained(self.summary, waited=waited, company=company)
            if state == "finished" and self.summary["errors"] == self.spec.requests:
                return "failed", self._all_failed()
        return state, why

    def publish(self) -> None:
        """Make a message of what is new since the last one, if anything is."""
        if not self._changed and self._told == len(self.heard.events):
            return
        events = self.heard.events[self._told :]
        self._told, self._changed = len(self.heard.events), False
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
        self._stream.say(told)

    def follow(self, after: int) -> AsyncIterator[Message | None]:
        """Messages after that number, then as they come; None as a heartbeat. Ends after the last one."""
        return self._stream.follow(after, lambda: self.ended)

    async def _sure(self, watch: Callable[..., Awaitable[None]], *pair: Pair) -> None:
        """A watch that breaks must not leave a run without an end."""
        try:
            await watch(*pair)
        except Exception:
            self._give_up("lost")

    def _give_up(self, code: str) -> None:
        log.exception("a run could not be carried out")
        self._decide("failed", failure(code, "The server could not carry out this run; its log says why."))

    async def _beat(self) -> None:
        """Every 50 ms: say what came in, and notice a lab that cannot speak."""
        expected = time.monotonic()
        while True:
            await asyncio.sleep(BATCH_SECONDS)
            now = time.monotonic()
            if now - expected < 2 * BATCH_SECONDS:  # else it was this process that did not listen
                self.heard.notice_silence(now)
            expected = now
            self.publish()

    async def _watch_load(self, pair: Pair) -> None:
        """The load is over: let the lab tell what happened until then."""
        over = asyncio.create_task(self.heard.load_over.wait())
        try:
            await asyncio.wait((over, pair.generator.ended), return_when=asyncio.FIRST_COMPLETED)
            if (
                not self.heard.load_over.is_set()
            ):  # it leaves too where the lab never got ready: that one's word goes first
                await asyncio.sleep(2 * LAST_WORDS_SECONDS)
                self._decide("failed", failure("lost", "The process that sends the requests ended before it was done."))
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORDS_SECONDS):
                    await self.heard.caught_up.wait()
            for _ in range(round(AFTER_LEFT_SECONDS / BATCH_SECONDS)):
                if not trace.unsettled(self.heard.events):
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
        told = failure("lost", why_it_ended(code))
        self._decide("failed", {**told, "traceback": self._output.text[-OUTPUT_TOLD_CHARACTERS:]})

    async def _deadline(self, pair: Pair) -> None:
        """`spec.seconds` from the run's start, which itself may take STARTUP_SECONDS at most."""
        began = time.monotonic()
        limit = min(self.spec.seconds, STARTUP_SECONDS)
        while (left := (self.heard.start or began) + limit - time.monotonic()) > 0:
            await asyncio.sleep(left)
            limit = self.spec.seconds if self.heard.start is not None else limit
        started = self.heard.start is not None
        message = f"It took longer than {limit:g} s." if started else f"It did not start within {limit:g} s."
        line = await self._where_it_is(pair.lab)
        source = self.spec.program.split("\n")[line - 1].strip() if line else ""
        self._decide("failed", {**failure("time-out", message), "line": line, "source": source})

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

    def _decide(self, state: Ending, why: FailureDict | None) -> None:
        """The first verdict counts."""
        if not self._verdict.done():
            self._verdict.set_result((state, why))

    def _all_failed(self) -> FailureDict:
        """Every request failed: a finding about the program, if it raised, else about what it answered."""
        raised = self.heard.raised or failure("too-many-errors", "")
        answers = sorted({row["error"] or f"status {row['status']}" for row in self.rows() if trace.failed(row)})
        message = raised["message"] or f"Every request failed: {', '.join(answers[:3])}."
        return {**raised, "code": "too-many-errors", "message": message}
