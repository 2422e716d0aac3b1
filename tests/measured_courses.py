"""A course whose one lab makes claims, and measurements of it that were never made: for tests of what is concluded from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.courses import write_course
from webapp.course.check import check
from webapp.course.course import Course, Lesson
from webapp.course.errors import CourseError
from webapp.course.loading import load_course
from webapp.course.measured import wanted
from webapp.course.render import Renderer
from webapp.labs.lab import ASYNCIO
from webapp.labs.measured_text import write
from webapp.labs.measurement import Environment, Machine, Measured, Measurement, Repeat, series, this_environment

CLAIMS = (
    "wall(held) / wall(quick) > 2",
    "max_hold(held) > 0.06 and max_hold(quick) < 0.06",
    "peak_in_flight(quick) == 5",
)
CLAIM_LINE = 16
"""Of the first claim in lesson.md."""
RENDERER = Renderer()
"""One for all of these tests: a course is read many times, and a renderer takes a second to start."""
HELD_SECONDS, QUICK_SECONDS = 0.42, 0.09


def lab(claims: Sequence[str] = CLAIMS, more: str = "") -> str:
    lines = "".join(f"        - {claim}\n" for claim in claims)
    return f"""/// lab | Two ways to wait
    id: ways
    request: GET /quick?seconds={{delay}}
    requests: {{default: 5, min: 1, max: 50}}
    parameters:
        delay: {{label: Each one waits, unit: s, default: 0.08, min: 0, max: 10}}
{more}    claims:
{lines}    variants:
        quick: {{file: quick.py, label: Quick, decisive: await asyncio.sleep}}
        held: {{file: held.py, label: Held, decisive: time.sleep}}
///
"""


def make_course(folder: Path, *, claims: Sequence[str] = CLAIMS, prose: str = "Some words.", more: str = "") -> Path:
    """The folder of a course whose lesson `waiting` has the lab, and this prose in Performance."""
    write_course(folder, lab=lab(claims, more))
    path = folder / "waiting" / "lesson.md"
    path.write_text(path.read_text().replace("Some words.", prose))
    return folder


def swap(folder: Path) -> None:
    """Each program in the other's file."""
    quick, held = folder / "waiting" / "quick.py", folder / "waiting" / "held.py"
    one, other = quick.read_text(), held.read_text()
    # What decides must stay findable, or the lesson is wrong for another reason.
    quick.write_text(other + "# await asyncio.sleep\n")
    held.write_text(one + "# time.sleep\n")


def loaded(folder: Path) -> Course:
    return load_course(folder, RENDERER)


def checked(folder: Path) -> list[CourseError]:
    return check(folder, RENDERER)


def repeats(variant: str, walls: Sequence[float] | None = None) -> list[Repeat]:
    """Five repeats as the programs make them, give or take."""
    typical = HELD_SECONDS if variant == "held" else QUICK_SECONDS
    return [
        Repeat(
            {
                "wall": wall,
                "p50": wall / 2,
                "throughput": 5 / wall,
                "max_hold": 0.081 if variant == "held" else 0.004,
                "peak_in_flight": 1 if variant == "held" else 5,
                "errors": 0,
            },
            {200: 5},
        )
        for wall in walls or [typical * share for share in (1.0, 1.01, 1.02, 1.03, 1.04)]
    ]


def measurement(
    lesson: Lesson,
    *,
    walls: Mapping[str, Sequence[float]] | None = None,
    environment: Environment | None = None,
) -> Measurement:
    """Of everything that the lesson speaks of; `walls` by variant."""
    found = tuple(
        series(one.lab, one.setting, repeats(one.setting.variant, (walls or {}).get(one.setting.variant)))
        for one in wanted(lesson)
    )
    return Measurement(Machine("A processor", 2, "Linux"), (Measured(environment or this_environment(ASYNCIO), found),))


def keep(folder: Path, kept: Measurement | None = None) -> Path:
    """Write a measurement of these programs beside the lesson."""
    path = folder / "waiting" / "measured.json"
    path.write_text(write(kept or measurement(loaded(folder).lessons[0])))
    return path
