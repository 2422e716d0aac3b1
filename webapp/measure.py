"""What `interleave measure` and `interleave check --measure` do: run a course's labs, and say what came of its claims."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

import typer

from webapp.course import verdicts
from webapp.course.course import Course, Lesson
from webapp.course.drafts import LESSON_FILE
from webapp.course.loading import read_course
from webapp.course.measured import MEASURED_FILE
from webapp.course.measuring import Outcome, measure_lesson
from webapp.course.measuring import runs as planned_runs
from webapp.course.render import Renderer
from webapp.course.report import meant
from webapp.course.stack import Folders, folders_of, place_of
from webapp.course.verdicts import Said
from webapp.labs.measured_text import write
from webapp.labs.measuring import MOST_ROUNDS, PATIENT_ROUNDS, Bench
from webapp.settings import OperatorError, is_installed, resource


def measure(folders: Folders, slug: str | None, *, seconds: float) -> bool:
    """Measure one lesson or all, and keep each measurement beside its lesson. Whether every claim holds. Raises OperatorError."""
    fine = True
    lessons = _lessons(_course(folders), slug)
    if not lessons:
        typer.echo("No claim and no bound number: there is nothing to measure.")
    for lesson in lessons:
        outcome = _measured(lesson, seconds, rounds=PATIENT_ROUNDS)
        said = [one for measured in outcome.measurement.measured for one in verdicts.of_fresh(lesson, measured)]
        folder = place_of(folders_of(folders), lesson.slug)
        _tell(folder, said, outcome)
        fine &= not any(one.code for one in said)
        path = folder / MEASURED_FILE
        if is_installed() and folder.parent == resource("lessons"):
            typer.echo(f"{path}: left as it came with Interleave")
        elif outcome.is_whole:
            path.write_text(write(outcome.measurement), encoding="utf-8")
            typer.echo(f"{path}: written")
        else:
            fine = False
            typer.echo(
                f"{path}: not written, because too many repeats were disturbed or failed: {_lacking(outcome)}", err=True
            )
    return fine


def check_measured(folders: Folders, *, seconds: float) -> bool:
    """Run the labs again and hold the claims and measurements of all lessons to what they show. Whether nothing is wrong."""
    fine = True
    for lesson in _lessons(_course(folders), None):
        outcome = _measured(lesson, seconds, rounds=MOST_ROUNDS)
        said = list(verdicts.of_check(lesson, outcome.measurement))
        _tell(place_of(folders_of(folders), lesson.slug), said, outcome)
        fine &= not any(one.is_error for one in said)
    return fine


def _course(folders: Folders) -> Course:
    with Renderer() as renderer:
        reading = read_course(folders, renderer)
    if reading.course is None:
        for error in reading.errors:
            typer.echo(str(error), err=True)
        named = " over ".join(str(folder) for folder in folders_of(folders))
        raise OperatorError(f"The course in {named} has errors, so nothing was measured.")
    return reading.course


def _lessons(course: Course, slug: str | None) -> Sequence[Lesson]:
    """Those that have something to measure."""
    slugs = [lesson.slug for lesson in course.lessons]
    if slug is not None and slug not in slugs:
        raise OperatorError(f"There is no lesson {slug}: {meant(slug, slugs).replace('`', '')}")
    return [lesson for lesson in course.lessons if slug in (None, lesson.slug) and planned_runs(lesson)]


def _measured(lesson: Lesson, seconds: float, *, rounds: int) -> Outcome:
    async def main() -> Outcome:
        bench = Bench()
        await bench.start()
        try:
            return await measure_lesson(lesson, bench.carry_out, seconds=seconds, rounds=rounds, told=bar.update)
        finally:
            await bench.close()

    with typer.progressbar(length=planned_runs(lesson), label=lesson.slug, show_pos=True) as bar:
        return asyncio.run(main())


def _tell(folder: Path, said: Iterable[Said], outcome: Outcome) -> None:
    for one in said:
        path = folder / (MEASURED_FILE if one.about_measurement else LESSON_FILE)
        typer.echo(f"{path}:{one.line}: {one.code + ' ' if one.code else ''}{one.message}", err=one.is_error)
    for reason in outcome.not_run:
        typer.echo(f"{folder / LESSON_FILE}: {reason}")


def _lacking(outcome: Outcome) -> str:
    lacking = [series for one in outcome.measurement.measured for series in one.series if not series.is_enough]
    told = [
        f"{one.lab}.{one.setting.variant} {one.repeats} of 5{': ' + one.failure if one.failure else ''}"
        for one in lacking
    ]
    return "; ".join(told)
