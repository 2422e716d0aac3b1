"""Measure a lesson: its labs on every loop and interpreter that they ask for. Runs programs; writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from webapp.course.course import Lesson
from webapp.course.measured import loops, wanted
from webapp.labs.elsewhere import Elsewhere, Unfit, interpreters
from webapp.labs.lab import ASYNCIO
from webapp.labs.measurement import Measured, Measurement, Wanted, this_environment, this_machine
from webapp.labs.measuring import MOST_ROUNDS, Carry, Told, measure, planned

SECONDS_PER_LESSON = 300.0


@dataclass(frozen=True, slots=True)
class Outcome:
    measurement: Measurement
    not_run: tuple[str, ...]
    """Versions of Python that were asked for, each with the reason."""

    @property
    def is_whole(self) -> bool:
        """Whether every number has its repeats."""
        return all(series.is_enough for one in self.measurement.measured for series in one.series)


def runs(lesson: Lesson) -> int:
    """How many runs measuring it takes here, when nothing disturbs them; other interpreters not counted."""
    return sum(planned(wanted(lesson, loop)) for loop in loops(lesson))


async def measure_lesson(
    lesson: Lesson,
    carry: Carry,
    *,
    seconds: float = SECONDS_PER_LESSON,
    rounds: int = MOST_ROUNDS,
    told: Told = lambda runs: None,
    elsewhere: Callable[[str], Elsewhere] = Elsewhere,
) -> Outcome:
    """`seconds` bound each loop and each interpreter."""
    measured = []
    for loop in loops(lesson):
        found = await measure(wanted(lesson, loop), carry, loop=loop, seconds=seconds, rounds=rounds, told=told)
        measured.append(Measured(this_environment(loop), found))
    not_run = []
    asked = {lab.id for lab in lesson.labs if lab.pythons}
    there = interpreters([python for lab in lesson.labs for python in lab.pythons])
    for version, path in there.items():
        settings = tuple(one for one in wanted(lesson) if one.lab.id in asked)
        try:
            if path is None:
                raise Unfit("is not on this machine")
            measured.append(await _measure_elsewhere(elsewhere(path), settings, seconds))
        except Unfit as reason:
            not_run.append(f"Python {version} was not run: it {reason}")
    return Outcome(Measurement(this_machine(), tuple(measured)), tuple(not_run))


async def _measure_elsewhere(there: Elsewhere, settings: tuple[Wanted, ...], seconds: float) -> Measured:
    try:
        await there.start()
        return Measured(there.environment, await measure(settings, there.carry_out, loop=ASYNCIO, seconds=seconds))
    finally:
        await there.close()
