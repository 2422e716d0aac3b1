"""This server's own measurements: made while nobody runs anything, and kept in the data folder. The lesson folder stays as it is.

Politely: a run of a reader or a live program at work ends the measuring run that is on, which is made again when the site has been
quiet for QUIET_SECONDS. A lesson is measured once for its programs and versions; one that stays too noisy is tried again later.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from webapp.course.course import Course, Lesson
from webapp.course.measured import is_complete, wanted
from webapp.labs.host import LabHost
from webapp.labs.lab import ASYNCIO, RunSpec
from webapp.labs.measured_text import NotAMeasurement, read, write
from webapp.labs.measurement import Measured, Measurement, Repeat, this_environment, this_machine
from webapp.labs.measuring import PATIENT_ROUNDS, Bench, measure

QUIET_SECONDS = 10.0
LOOK_SECONDS = 0.25
SECONDS_PER_LESSON = 3600.0
"""Waiting for quiet included: then somebody else is served first, and this lesson begins anew."""
TRIES = 3
LATER_SECONDS = 600.0

log = logging.getLogger("interleave")


class Kept:
    """Measurements below the data folder, one file a lesson, by the ids under which everything of a course is stored."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "measured"

    def of(self, course: Course) -> dict[str, Measurement]:
        """By lesson id; what cannot be read is not there, and will be measured anew."""
        found = {}
        for lesson in course.lessons:
            with contextlib.suppress(OSError, UnicodeDecodeError, NotAMeasurement):
                found[lesson.id] = read(self._path(course, lesson).read_text(encoding="utf-8"))
        return found

    def keep(self, course: Course, lesson: Lesson, measurement: Measurement) -> None:
        path = self._path(course, lesson)
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_text(write(measurement), encoding="utf-8")
        new.replace(path)

    def _path(self, course: Course, lesson: Lesson) -> Path:
        return self._folder / course.id / f"{lesson.id}.json"


class Measuring:
    """Goes through the lessons of the course that is served. `start` and `close` on the event loop of the lab host."""

    def __init__(
        self,
        kept: Kept,
        host: LabHost,
        course: Callable[[], Course],
        on_measured: Callable[[Mapping[str, Measurement]], None],
        *,
        quiet_seconds: float = QUIET_SECONDS,
    ) -> None:
        """`on_measured` is called with all measurements that there are whenever one more is complete, in a thread."""
        self._kept = kept
        self._host = host
        self._course = course
        self._on_measured = on_measured
        self._quiet_seconds = quiet_seconds
        self._bench = Bench()
        self._tries: dict[str, int] = {}
        self._busy_at = 0.0
        self._gave_way = False
        self._task: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        """Whether a run is on at this moment."""
        return self._bench.is_running

    def start(self) -> None:
        self._busy_at = time.monotonic()
        self._host.on_busy = self._step_aside
        self._task = asyncio.create_task(self._go_on())

    async def close(self) -> None:
        """End the run that is on, within a second. Harmless the second time, and without a start."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
            await self._bench.close()

    def _step_aside(self) -> None:
        self._busy_at = time.monotonic()
        self._gave_way = True
        self._bench.give_way()

    async def _go_on(self) -> None:
        while True:
            course = self._course()
            try:
                lesson = await asyncio.to_thread(self._next, course)
                if lesson is not None:
                    await self._measure(course, lesson)
            except Exception:
                log.exception("A lesson could not be measured; trying again later.")
                lesson = None
            await asyncio.sleep(LOOK_SECONDS if lesson is not None else self._quiet_seconds)

    def _next(self, course: Course) -> Lesson | None:
        """The first lesson whose numbers were not measured here, and which has not been tried too often."""
        kept = self._kept.of(course)
        for lesson in course.lessons:
            complete = is_complete(lesson, kept.get(lesson.id), this_environment())
            if wanted(lesson) and not complete and self._tries.get(_work(lesson), 0) < TRIES:
                return lesson
        return None

    async def _measure(self, course: Course, lesson: Lesson) -> None:
        work = _work(lesson)
        self._tries[work] = self._tries.get(work, 0) + 1
        await self._until_quiet()
        found = await measure(
            wanted(lesson), self._carry_out, loop=ASYNCIO, seconds=SECONDS_PER_LESSON, rounds=PATIENT_ROUNDS
        )
        if not all(series.is_enough for series in found):
            log.info("%s: the machine is too busy to measure this lesson now.", lesson.slug)
            await asyncio.sleep(LATER_SECONDS)
            return
        measurement = Measurement(this_machine(), (Measured(this_environment(), found),))
        await asyncio.to_thread(self._kept.keep, course, lesson, measurement)
        log.info("%s: measured on this machine.", lesson.slug)
        await asyncio.to_thread(lambda: self._on_measured(self._kept.of(self._course())))

    async def _carry_out(self, spec: RunSpec) -> Repeat:
        """One repeat, as often as it takes until nobody wanted the machine meanwhile."""
        while True:
            await self._until_quiet()
            self._gave_way = False
            repeat = await self._bench.carry_out(spec)
            if not self._gave_way:
                return repeat

    async def _until_quiet(self) -> None:
        while not self._host.is_quiet or time.monotonic() - self._busy_at < self._quiet_seconds:
            if not self._host.is_quiet:
                self._busy_at = time.monotonic()
            await asyncio.sleep(LOOK_SECONDS)


def _work(lesson: Lesson) -> str:
    """What a measurement of the lesson is made of."""
    return repr((lesson.id, wanted(lesson)))
