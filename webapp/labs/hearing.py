"""What the two processes of a run tell, taken together: the events that its readers see, and what its figures need besides.

Two pipes are read in any order, and a lab whose interpreter is held tells nothing at all: both are made good here.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

from webapp.labs import trace
from webapp.labs.checker import Checker
from webapp.labs.failures import FailureDict, failure, told_failure
from webapp.labs.protocol import SURROUNDINGS, Event
from webapp.labs.recording import RECORDED, Recording
from webapp.labs.telemetry import Ear

SILENCE_SECONDS = 0.2
"""A lab tells something every 20 ms. After so long without a word its interpreter is held, by a call into C."""


class Hearing:
    """Used on one event loop. `failed` is called with what the lab says it failed of, and where a pipe carries what no run does."""

    def __init__(self, requests: int, failed: Callable[[FailureDict], None]) -> None:
        self.events: list[Event] = []
        self.recording = Recording()
        self.surroundings: dict[str, Any] | None = None
        """What the run runs on, as its lab told; None as long as it has not."""
        self.raised: FailureDict | None = None
        self.longest = 0.0
        """Seconds of the longest turn on the loop, told or not."""
        self.load_over = asyncio.Event()
        self.caught_up = asyncio.Event()
        """Whether the lab has told what happened until the load was over."""
        self._failed = failed
        self._checker = Checker(requests=requests, clock=time.monotonic)
        self._early: list[Event] = []
        self._lab_waits: list[tuple[float, float]] = []
        self._generator_wait = 0.0
        self._load_ended: float | None = None
        self._heard_lab: float | None = None
        self._open_turn: tuple[float, float, int | None] | None = None

    @property
    def start(self) -> float | None:
        """The run's start on the monotonic clock, once the load has begun."""
        return self._checker.start

    @property
    def last_moment(self) -> float:
        return max((float(event["end"] if "end" in event else event["t"]) for event in self.events), default=0.0)

    @property
    def waited(self) -> float:
        """Seconds that the run's processes waited for a processor."""
        return self._generator_wait + trace.waited(self.events, self._lab_waits)

    def lab_ear(self) -> Ear:
        return Ear(self._check_lab, self._hear_lab, self._flooded)

    def generator_ear(self) -> Ear:
        return Ear(self._checker.from_generator, self._hear_generator, self._flooded)

    def notice_silence(self, now: float) -> None:
        """Tell of a lab that cannot speak."""
        if self._heard_lab is None or self._checker.start is None or self._load_ended is not None:
            return
        silent = now - self._heard_lab
        if silent > SILENCE_SECONDS:
            at, last = self._checker.at(now), self._checker.at(self._heard_lab)
            self._open_turn = (last, at, None)
            self.events.append({"e": "held", "t": at, "for": round(silent, 6)})

    def close_open_turn(self) -> None:
        """A turn that was still on when the run ended was as long as we saw it."""
        if self._open_turn is not None:
            start, end, whose = self._open_turn
            self.events.append({"e": "slice", "t": start, "end": end, "n": whose})
            self._open_turn = None

    def _check_lab(self, event: Event) -> Event:
        """What the lab saw before we heard of the run's start waits for it."""
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
            self._hear_moment(event)
        elif kind == "beat":
            self.longest = max(self.longest, event["longest"])
            self._lab_waits.append((event["t"], event["wait"]))
            if self._load_ended is not None and event["t"] >= self._load_ended:
                self.caught_up.set()
        elif kind == "on" and not (self.surroundings and self.surroundings["loop"]):  # later it is the program's word
            self.surroundings = {name: event[name] for name in SURROUNDINGS}
        elif kind == "raised":
            self.raised = self.raised or told_failure(event)
        elif kind == "failure":
            self._failed(told_failure(event))

    def _hear_moment(self, event: Event) -> None:
        if event["t"] < 0:  # before the run's start: not part of it
            return
        kind = event["e"]
        if kind == "held":
            turn, whose = event.pop("turn"), event.pop("n")
            self._open_turn = (round(max(0.0, event["t"] - turn), 6), event["t"], whose) if turn else None
        elif kind in ("slice", "lag"):
            self._open_turn = None
        self.events.append(event)

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
            self.load_over.set()

    def _flooded(self) -> None:
        self._failed(failure("program", "The program wrote into the pipe that its measurements go through."))
