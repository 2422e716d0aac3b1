"""A run: its figures, its requests, what it showed or why it failed, as the templates are given them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Tone = Literal["hold", "flow", "thread"]
"""What a finished run showed of its program: it held the loop, it left it free, or it used worker threads."""


@dataclass(frozen=True, slots=True)
class Figures:
    """A run's summary. Seconds and counts; None where nothing was measured."""

    wall: float
    p50: float | None
    p95: float | None
    throughput: float | None
    max_hold: float
    max_lag: float
    peak_tokens: int
    peak_in_flight: int
    bystander_p95: float | None
    errors: int
    finished: int
    requests: int
    bystanders: int
    bystanders_waited: int
    bystander_max: float | None
    tokens_total: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What a run showed, as a code and its numbers; the sentence stands in `_finding.html`."""

    code: Literal["held", "flowed", "threads", "threads-full", "errors", "left", "nothing-finished"]
    tone: Tone | None
    numbers: dict[str, float]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run failed. `line` is the line of the reader's program, where there is one."""

    code: Literal["program", "no-app", "time-out", "too-many-errors", "lost", "stopped", "not-started"]
    message: str
    line: int | None
    source: str
    """The text of that line."""
    traceback: str


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request of a run, seconds from the run's start; None where it did not get so far."""

    n: int
    queued: float
    sent: float | None
    handler_start: float | None
    handler_end: float | None
    done: float | None
    status: int | None
    where: Literal["loop", "thread"] | None
    error: str
    left: float | None = None
    """When its caller closed the connection without an answer."""
    told: float | None = None
    """When the program was told that its caller had left."""
    ending: Literal["returned", "raised", "cancelled"] | None = None
    """How the handler ended."""

    @property
    def waited(self) -> float | None:
        """From sending to the handler's first line."""
        return None if self.handler_start is None or self.sent is None else self.handler_start - self.sent

    @property
    def took(self) -> float | None:
        return None if self.done is None or self.sent is None else self.done - self.sent


@dataclass(frozen=True, slots=True)
class OwnProgram:
    """A reader's own version of a variant's program, to go on from."""

    lesson: str
    label: str
    """The variant's."""
    file: str
    program: str
    token: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a run ran on, told by its own process. A text is empty where it could not be told."""

    cores: int
    python: str
    loop: str
    fastapi: str
    uvicorn: str
    anyio: str

    def __str__(self) -> str:
        """As a line of text: `2 cores, Python 3.11.7, asyncio`."""
        cores = f"{self.cores} core{'' if self.cores == 1 else 's'}"
        return ", ".join(part for part in (cores, f"Python {self.python}", self.loop) if part)

    @property
    def packages(self) -> str:
        """What served the program: `FastAPI 0.115.0, uvicorn 0.30.0, AnyIO 4.4.0`."""
        named = (("FastAPI", self.fastapi), ("uvicorn", self.uvicorn), ("AnyIO", self.anyio))
        return ", ".join(f"{name} {version}" for name, version in named if version)


@dataclass(frozen=True, slots=True)
class RunView:
    id: str
    url: str
    events: str
    state: Literal["queued", "running", "finished", "failed", "stopped"]
    position: int | None
    """Place in the queue, from 1, while queued."""
    lesson: str
    lesson_url: str
    lab: str
    lab_title: str
    variant: str
    label: str
    requests: int
    parameters: tuple[tuple[str, str], ...]
    """Label and value with its unit, as chosen for this run."""
    figures: Figures | None
    finding: Finding | None
    failure: Failure | None
    rows: tuple[RequestRow, ...]
    disturbed: bool
    mine: bool
    program_url: str
    command: str
    started_at: datetime | None = None
    """None while it waits for its turn."""
    surroundings: Surroundings | None = None
    """None of a run that had no process, or is from before they were kept."""
    predicted: float | None = None
    """Seconds that this learner had predicted for a run like this one, to be drawn with it."""
    bystander: bool = False
    """Whether pings were sent beside the load, or will be."""
    own: bool = False
    """Whether the program is a reader's own and not the lesson's."""
    original: RunView | None = None
    """Beside a run of the reader's own program: their last finished run of the lesson's."""
    again: OwnProgram | None = None
    """Its program, for an author to go on from."""

    @property
    def untimed(self) -> str:
        """The name of the loop where no turn on it could be timed: any but asyncio's own, as it runs its callbacks in C.

        Empty else, and for a run without a loop, which had no turn.
        """
        return self.surroundings.loop if self.surroundings and self.surroundings.loop != "asyncio" else ""

    @property
    def is_comparable(self) -> bool:
        """Whether `original` had the same number of requests and the same parameters."""
        return self.original is not None and (self.requests, self.parameters) == (
            self.original.requests,
            self.original.parameters,
        )
