"""A run's recording on the site: what the lab tells of every turn, job and line, kept small, and packed when the run has ended.

It holds what `telemetry` has let through, and refuses only what contradicts what it holds: a turn before the end of the last one.
What it means is `replay`'s matter. All times are microseconds from the run's start.

Packed, it is compressed: four bytes with the length of a JSON object, the object, and then the turns, column by column
(TURN_FIELDS) in unsigned 32-bit numbers, each start as its distance from the one before. The object:

    {"version": 2, "clock": t, "turns": how many, "names": {"7": ["sleep", mine]}, "jobs": [[lane, start, end|null, n, name], …],
     "lines": [[t, lane, n, line], …], "phases": [[t, n, phase, more], …], "cut": t|null}
"""

from __future__ import annotations

import itertools
import json
import operator
import zlib
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from webapp.labs.protocol import JOBS_KEPT, LINES_KEPT, TURN_FIELDS, TURNS_KEPT, Event

RECORDED = ("turns", "name", "job", "at", "cut")
VERSION = 2
FIELDS_OF = {1: 8, VERSION: len(TURN_FIELDS)}
"""How many of TURN_FIELDS a recording of each version has; the others are zero."""
HEAD_BYTES = 4


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording that was unpacked. `turns` are rows of TURN_FIELDS in the order in which they happened."""

    clock: int
    turns: tuple[tuple[int, ...], ...]
    names: Mapping[int, tuple[str, bool]]
    """By number: the name, and whether it stands in the reader's program."""
    jobs: tuple[tuple[int, int, int | None, int, int], ...]
    """Lane, start, end, request (0: nobody's), name."""
    lines: tuple[tuple[int, int, int, int], ...]
    """Moment, lane (0: the loop), request, line."""
    phases: tuple[tuple[int, int, str, Any], ...]
    cut: int | None


class Recording:
    def __init__(self) -> None:
        self.cut: int | None = None
        self._turns = array("I")
        self._over = 0
        self._names: dict[int, tuple[str, bool]] = {}
        self._jobs: list[list[Any]] = []
        self._open: dict[int, list[Any]] = {}
        self._lines: list[tuple[int, int, int, int]] = []

    def take(self, event: Event) -> None:
        """One of RECORDED, checked, with times in seconds from the run's start."""
        at = microseconds(event["t"])
        if at < 0 and event["e"] != "name":
            return  # before the run: no part of it
        match event["e"]:
            case "turns":
                self._take_turns(at, event["rows"])
            case "name":
                self._names.setdefault(event["i"], (event["text"], event["mine"]))
            case "job":
                self._take_job(at, event)
            case "at" if len(self._lines) < LINES_KEPT:
                self._lines.append((at, event["lane"], event["n"] or 0, event["line"]))
            case "cut" if self.cut is None:
                self.cut = at

    def pack(self, events: Iterable[Mapping[str, Any]], clock: float) -> bytes | None:
        """None of a run in which the lab told nothing."""
        if not self._turns:
            return None
        phases = [
            [microseconds(event["t"]), event["n"], event["phase"], _extra(event)]
            for event in events
            if event["e"] == "request"
        ]
        width = len(TURN_FIELDS)
        starts, *columns = (self._turns[at::width] for at in range(width))
        gaps = array("I", itertools.chain(starts[:1], map(operator.sub, starts[1:], starts)))
        head = json.dumps(
            {
                "version": VERSION,
                "clock": microseconds(clock),
                "turns": len(starts),
                "names": self._names,
                "jobs": self._jobs,
                "lines": self._lines,
                "phases": sorted(phases, key=operator.itemgetter(0)),
                "cut": self.cut,
            },
            separators=(",", ":"),
        ).encode()
        parts = (len(head).to_bytes(HEAD_BYTES, "little"), head, *(column.tobytes() for column in (gaps, *columns)))
        return zlib.compress(b"".join(parts))

    def _take_turns(self, origin: int, rows: array[int]) -> None:
        if origin + rows[0] - rows[8] - rows[9] < self._over:
            return  # over the turn before it: no loop of ours told this
        width = len(TURN_FIELDS)
        for index in range(0, min(len(rows), width * TURNS_KEPT - len(self._turns)), width):
            start, *rest = rows[index : index + width]
            self._turns.extend((origin + start, *rest))
        self._over = self._turns[-width] + self._turns[1 - width]

    def _take_job(self, at: int, event: Event) -> None:
        lane = event["lane"]
        if event["phase"] == "start" and len(self._jobs) < JOBS_KEPT:
            self._open[lane] = [lane, at, None, event["n"] or 0, event["name"]]
            self._jobs.append(self._open[lane])
        elif (job := self._open.pop(lane, None)) is not None:
            job[2] = max(at, job[1])


def unpack(packed: bytes) -> Recorded:
    """Raises ValueError for what another version has packed."""
    whole = memoryview(zlib.decompress(packed))
    begin = HEAD_BYTES + int.from_bytes(whole[:HEAD_BYTES], "little")
    head = json.loads(bytes(whole[HEAD_BYTES:begin]))
    width = FIELDS_OF.get(head["version"])
    if width is None:
        raise ValueError(f"a recording of version {head['version']}")
    count = head["turns"]
    numbers = whole[begin:].cast("I")
    gaps, *columns = (numbers[at * count : (at + 1) * count] for at in range(width))
    absent = [(0,) * count] * (len(TURN_FIELDS) - width)
    return Recorded(
        clock=head["clock"],
        turns=tuple(zip(itertools.accumulate(gaps), *columns, *absent, strict=True)),
        names={int(number): (text, mine) for number, (text, mine) in head["names"].items()},
        jobs=tuple(map(tuple, head["jobs"])),
        lines=tuple(map(tuple, head["lines"])),
        phases=tuple(map(tuple, head["phases"])),
        cut=head["cut"],
    )


def microseconds(seconds: float) -> int:
    return round(seconds * 1e6)


def _extra(event: Mapping[str, Any]) -> Any:
    """What a phase says besides its name: a status, a place, an ending."""
    match event["phase"]:
        case "handler_start":
            return [event.get("where"), event.get("line", 0)]
        case "handler_end" | "over":
            return event.get("how")
        case "done":
            return [event["status"], event.get("error", "")]
    return None
