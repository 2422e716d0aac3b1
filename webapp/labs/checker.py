"""What each side of a run may say. An event counts only in a shape that the protocol gives to that side, and is made anew from the
values that were checked: a lab runs a program that may write what it likes. Pure, but for the clock that it is given.
"""

from __future__ import annotations

import math
from array import array
from base64 import b64decode
from collections.abc import Callable
from typing import Any

from webapp.labs.protocol import (
    AWAITED_DONE,
    ERROR_CHARACTERS,
    MESSAGE_CHARACTERS,
    NAME_CHARACTERS,
    NAMES_KEPT,
    SURROUNDINGS,
    TRACEBACK_CHARACTERS,
    TURN_FIELDS,
    TURNS_IN_EVENT,
    VERSION_CHARACTERS,
    Event,
)

AHEAD_SECONDS = 1.0
"""A time later than now is forged."""
BEHIND_SECONDS = 3600.0
"""And so is one of before any run that is on."""
COUNT_MAX = 1_000_000
LANES_MAX = 10_000
MICROSECONDS_MAX = 1 << 31
NAMES_MAX = AWAITED_DONE + NAMES_KEPT
PROGRAM_CODES = ("program", "no-app")
ENDINGS = ("returned", "raised", "cancelled")

Check = Callable[[Any], Any]
Shapes = dict[tuple[str, str | None], tuple[tuple[str, Check], ...]]


class NotAnEvent(ValueError):
    """A line that no process of ours would have written."""


class Checker:
    """What each side of a run may say, with times in seconds from the run's start once that is known."""

    def __init__(self, *, requests: int, clock: Callable[[], float]) -> None:
        self.start: float | None = None
        self._requests = requests
        self._clock = clock
        number, whose = self._number, self._number_or_none
        status = _at_most(999)
        told_failure = (
            ("code", _one_of(*PROGRAM_CODES)),
            ("message", _text(MESSAGE_CHARACTERS)),
            ("line", _line),
            ("source", _text(MESSAGE_CHARACTERS)),
            ("traceback", _text(TRACEBACK_CHARACTERS)),
        )
        self._generator: Shapes = {
            ("request", "queued"): (("n", number),),
            ("request", "sent"): (("n", number),),
            ("request", "left"): (("n", number),),
            ("request", "done"): (("n", number), ("status", status)),
            ("ping", "sent"): (("n", _count),),
            ("ping", "done"): (("n", _count), ("status", status)),
            ("end", None): (("wait", _seconds),),
            ("beat", None): (("dropped", _count),),
        }
        self._lab: Shapes = {
            ("request", "handler_start"): (("n", number), ("where", _one_of("loop", "thread")), ("line", _count)),
            ("request", "handler_end"): (("n", number), ("how", _one_of(*ENDINGS))),
            ("request", "told"): (("n", number),),
            ("request", "over"): (("n", number), ("how", _one_of(*ENDINGS))),
            ("lag", None): (("lag", _seconds),),
            ("held", None): (("for", _seconds), ("turn", _seconds), ("n", whose)),
            ("slice", None): (("end", self._time), ("n", whose)),
            ("tokens", None): (("used", _count), ("waiting", _count), ("total", _at_most(1 << 30))),
            ("beat", None): (("longest", _seconds), ("wait", _seconds), ("dropped", _count)),
            ("ready", None): (),
            ("on", None): (("cores", _count), *((name, _text(VERSION_CHARACTERS)) for name in SURROUNDINGS[1:])),
            ("raised", None): (("n", whose), *told_failure),
            ("failure", None): told_failure,
            ("turns", None): (("rows", self._turns),),
            ("name", None): (("i", _name), ("text", _text(NAME_CHARACTERS)), ("mine", _flag)),
            ("job", "start"): (("lane", _lane), ("n", whose), ("name", _name)),
            ("job", "end"): (("lane", _lane), ("n", whose), ("name", _name)),
            ("at", None): (("lane", _lane), ("n", whose), ("line", _count)),
            ("cut", None): (),
        }

    def from_generator(self, event: Event) -> Event:
        """Raises NotAnEvent."""
        if event.get("e") == "start" and self.start is None:
            self.start = self._moment(event.get("t"))
            return {"e": "start", "t": 0.0}
        told = self._told(self._generator, event)
        if event.get("error"):
            told["error"] = _text(ERROR_CHARACTERS)(event["error"])
        return told

    def from_lab(self, event: Event) -> Event:
        """Raises NotAnEvent."""
        told = self._told(self._lab, event)
        if told["e"] == "slice" and told["end"] < told["t"]:
            raise NotAnEvent
        return told

    def at(self, moment: float) -> float:
        """A moment of the monotonic clock as seconds from the run's start; 0 as long as that is unknown."""
        return round(moment - self.start, 6) if self.start is not None else 0.0

    def _told(self, shapes: Shapes, event: Event) -> Event:
        """The event made anew from what its shape names."""
        kind, phase = event.get("e"), event.get("phase")
        shape = shapes.get((kind, phase)) if isinstance(kind, str) and isinstance(phase, str | None) else None
        if shape is None:
            raise NotAnEvent
        told = {"e": kind, "t": self._time(event.get("t"))}
        if phase is not None:
            told["phase"] = phase
        for name, check in shape:
            told[name] = check(event.get(name))
        return told

    def _time(self, value: object) -> float:
        return self.at(self._moment(value))

    def _moment(self, value: object) -> float:
        moment = _number(value)
        now = self._clock()
        if not now - BEHIND_SECONDS < moment < now + AHEAD_SECONDS:
            raise NotAnEvent
        return moment

    def _number(self, value: object) -> int:
        if type(value) is not int or not 1 <= value <= self._requests:
            raise NotAnEvent
        return value

    def _turns(self, value: object) -> array[int]:
        """Flat rows of TURN_FIELDS, each column within its bounds, none before the end of the one above it."""
        if not isinstance(value, str):
            raise NotAnEvent
        rows = array("I")
        try:
            rows.frombytes(b64decode(value, validate=True))
        except ValueError:
            raise NotAnEvent from None
        width = len(TURN_FIELDS)
        if not rows or len(rows) % width or len(rows) > width * TURNS_IN_EVENT:
            raise NotAnEvent
        most = (
            MICROSECONDS_MAX,
            MICROSECONDS_MAX,
            MICROSECONDS_MAX,
            self._requests,
            None,
            NAMES_MAX,
            COUNT_MAX,
            NAMES_MAX,
            MICROSECONDS_MAX,
            MICROSECONDS_MAX,
            MICROSECONDS_MAX,
        )
        if any(bound is not None and max(rows[at::width]) > bound for at, bound in enumerate(most)):
            raise NotAnEvent
        starts, took = rows[::width], rows[1::width]
        begins = [start - kept - own for start, kept, own in zip(starts, rows[8::width], rows[9::width], strict=True)]
        if begins[0] < 0 or any(
            start + lasted > after for start, lasted, after in zip(starts, took, begins[1:], strict=False)
        ):
            raise NotAnEvent
        return rows

    def _number_or_none(self, value: object) -> int | None:
        return None if value is None else self._number(value)


def _number(value: object) -> float:
    if type(value) is not float and type(value) is not int:
        raise NotAnEvent
    try:
        number = float(value)
    except OverflowError:
        raise NotAnEvent from None
    if not math.isfinite(number):
        raise NotAnEvent
    return number


def _seconds(value: object) -> float:
    seconds = _number(value)
    if not 0 <= seconds < COUNT_MAX:
        raise NotAnEvent
    return round(seconds, 6)


def _at_most(most: int) -> Check:
    def check(value: object) -> int:
        if type(value) is not int or not 0 <= value <= most:
            raise NotAnEvent
        return value

    return check


def _text(most: int) -> Check:
    def check(value: object) -> str:
        if not isinstance(value, str):
            raise NotAnEvent
        return value[:most].encode(errors="replace").decode()  # a name of a file may be half a character

    return check


def _one_of(*known: str) -> Check:
    def check(value: object) -> str:
        if not isinstance(value, str) or value not in known:
            raise NotAnEvent
        return value

    return check


_count = _at_most(COUNT_MAX)
_name = _at_most(NAMES_MAX)
_lane = _at_most(LANES_MAX)


def _flag(value: object) -> bool:
    if type(value) is not bool:
        raise NotAnEvent
    return value


def _line(value: object) -> int | None:
    return None if value is None else int(_count(value))
