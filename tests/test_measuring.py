"""Repeats of real runs: their order, what is set aside, other loops and interpreters, and a server that measures by itself."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.measured_courses import loaded, make_course, repeats
from tests.programs import AWAITING, BLOCKED, make_spec, messages, run
from webapp.course.course import Course
from webapp.course.measured import is_complete, loops, wanted
from webapp.course.measuring import measure_lesson
from webapp.labs.elsewhere import Elsewhere, Unfit, interpreters
from webapp.labs.host import LabHost
from webapp.labs.lab import RunSpec
from webapp.labs.measurement import REPEATS, Measurement, Repeat, minor, this_environment
from webapp.labs.measuring import MOST_ROUNDS, Bench, measure, planned
from webapp.labs.unrest import Others
from webapp.measuring import Kept, Measuring

WAIT_SECONDS = 90.0
"""How long a condition is waited for on a crowded machine."""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return loaded(make_course(tmp_path_factory.mktemp("course"), more="    loops: [asyncio, uvloop]\n"))


class Recorded:
    """Carries out nothing: hands out repeats, and remembers what was asked for."""

    def __init__(self, *, disturbed: int = 0) -> None:
        self.specs: list[RunSpec] = []
        self._disturbed = disturbed

    async def carry_out(self, spec: RunSpec) -> Repeat:
        self.specs.append(spec)
        variant = spec.file.removesuffix(".py")
        if spec.requests > 1 and variant == "held" and self._disturbed:
            self._disturbed -= 1
            return Repeat({"wall": 99.0}, {}, disturbed=True)
        return repeats(variant)[0]


def test_each_program_is_warmed_up_once_and_then_they_take_turns(course: Course) -> None:
    settings, recorded, told = wanted(course.lessons[0]), Recorded(), list[int]()
    found = asyncio.run(measure(settings, recorded.carry_out, loop="asyncio", seconds=60, told=told.append))
    order = [(spec.file, spec.requests) for spec in recorded.specs]
    assert order[:2] == [("held.py", 1), ("quick.py", 1)]
    assert order[2:] == [("held.py", 5), ("quick.py", 5)] * REPEATS
    assert sum(told) == planned(settings) == len(order)
    assert all(series.repeats == REPEATS and series.set_aside == 0 for series in found)


def test_a_disturbed_repeat_is_set_aside_and_made_again(course: Course) -> None:
    recorded = Recorded(disturbed=3)
    held, quick = asyncio.run(measure(wanted(course.lessons[0]), recorded.carry_out, loop="asyncio", seconds=60))
    assert (held.repeats, held.set_aside, held.values["wall"].high < 1) == (REPEATS, 3, True)
    assert (quick.repeats, quick.set_aside) == (REPEATS, 0)


@pytest.mark.parametrize(("disturbed", "seconds", "most"), [(99, 60.0, MOST_ROUNDS), (0, 0.0, 0)])
def test_a_machine_that_stays_busy_and_a_budget_end_the_measuring(
    course: Course, disturbed: int, seconds: float, most: int
) -> None:
    recorded = Recorded(disturbed=disturbed)
    found = asyncio.run(measure(wanted(course.lessons[0]), recorded.carry_out, loop="asyncio", seconds=seconds))
    assert not all(series.is_enough for series in found)
    assert len([spec for spec in recorded.specs if spec.file == "held.py" and spec.requests > 1]) <= most


STARTED = """
from contextlib import asynccontextmanager
from fastapi import FastAPI
import time

@asynccontextmanager
async def lifespan(app):
    app.state.started = True
    yield

app = FastAPI(lifespan=lifespan)

@app.get("/")
def task(seconds: float):
    assert app.state.started
    time.sleep(seconds)
    return {}
"""


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_on_either_loop_a_program_starts_up_and_has_the_tokens_of_the_lab(loop: str) -> None:
    state = run(replace(make_spec(STARTED, requests=4, tokens=2, delay=0.2), loop=loop))
    assert state.summary is not None, state.failure
    assert (state.summary["errors"], state.summary["peak_tokens"]) == (0, 2)
    assert (state.trace is None) is (loop == "uvloop"), "turns are not recorded on uvloop"


def test_runs_on_uvloop_are_measured_without_the_turns_that_nobody_can_time() -> None:
    async def main() -> tuple[Repeat, Repeat]:
        bench = Bench()
        await bench.start()
        try:
            return (
                await bench.carry_out(make_spec(AWAITING)),
                await bench.carry_out(replace(make_spec(AWAITING), loop="uvloop")),
            )
        finally:
            await bench.close()

    usual, other = asyncio.run(main())
    assert (usual.failure, other.failure) == ("", "")
    assert usual.figures["max_hold"] is not None and other.figures["max_hold"] is None
    assert usual.statuses == other.statuses == {200: 3}


def test_a_program_that_cannot_run_has_no_figures_and_says_why() -> None:
    async def main() -> Repeat:
        bench = Bench()
        await bench.start()
        try:
            return await bench.carry_out(make_spec("app = 3"))
        finally:
            await bench.close()

    assert asyncio.run(main()) == Repeat({}, {}, failure="task.py has an app that is a int, not an application")


def test_a_lesson_is_measured_on_every_loop_it_asks_for(course: Course) -> None:
    lesson = course.lessons[0]
    assert loops(lesson) == ("asyncio", "uvloop")
    outcome = asyncio.run(measure_lesson(lesson, Recorded().carry_out))
    assert [one.environment.loop for one in outcome.measurement.measured] == ["asyncio", "uvloop"]
    assert "uvloop" in outcome.measurement.measured[1].environment.versions


def test_another_interpreter_carries_out_runs_and_says_what_it_is() -> None:
    async def main() -> tuple[str, Repeat]:
        there = Elsewhere(sys.executable)
        try:
            await there.start()
            return there.environment.python, await there.carry_out(make_spec(AWAITING, requests=2))
        finally:
            await there.close()

    python, repeat = asyncio.run(main())
    assert python == this_environment().python
    assert (repeat.failure, repeat.statuses) == ("", {200: 2}) and (repeat.figures["wall"] or 0) >= 0.05


def test_an_interpreter_that_lacks_what_a_lab_needs_is_told_and_not_run(tmp_path: Path) -> None:
    bare = tmp_path / "python3.99"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    bare.chmod(0o755)

    async def main() -> None:
        there = Elsewhere(str(bare))
        try:
            await there.start()
        finally:
            await there.close()

    with pytest.raises(Unfit, match="could not import what runs need"):
        asyncio.run(main())


def test_a_version_that_is_not_on_this_machine_is_named(tmp_path: Path) -> None:
    assert interpreters(["3.99"]) == {"3.99": None}
    assert minor(this_environment().python) not in interpreters(["all", minor(this_environment().python)])
    lesson = loaded(make_course(tmp_path, more='    pythons: ["3.99"]\n')).lessons[0]
    outcome = asyncio.run(measure_lesson(lesson, Recorded().carry_out))
    assert outcome.not_run == ("Python 3.99 was not run: it is not on this machine",)


def test_the_work_of_others_is_seen_and_a_runs_own_work_is_not_theirs() -> None:
    others = Others()
    burner = subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True)
    try:
        until = time.monotonic() + WAIT_SECONDS
        while (all_of_it := others.processors(()) or 0.0) - (others.processors((burner.pid,)) or 0.0) < 0.02:
            assert time.monotonic() < until, all_of_it
            time.sleep(0.1)
    finally:
        burner.kill()
        burner.wait()


def quiet_server(folder: Path, data: Path) -> tuple[LabHost, Measuring, list[Mapping[str, Measurement]], Course]:
    course, host, told = loaded(folder), LabHost(), list[Mapping[str, Measurement]]()
    return host, Measuring(Kept(data), host, lambda: course, told.append, quiet_seconds=0.05), told, course


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while not condition():  # noqa: ASYNC110 (of processes and files, not of this loop)
            await asyncio.sleep(0.02)


def test_a_server_measures_by_itself_keeps_it_in_its_data_and_leaves_the_lessons_alone(tmp_path: Path) -> None:
    folder = make_course(tmp_path / "course", claims=["errors(quick) == 0"])
    before = sorted(path.name for path in folder.rglob("*"))
    host, measuring, told, course = quiet_server(folder, tmp_path / "data")

    async def main() -> None:
        await host.start()
        measuring.start()
        try:
            await until(lambda: told)
        finally:
            await measuring.close()
            await host.close()

    asyncio.run(main())
    lesson = course.lessons[0]
    kept = Kept(tmp_path / "data").of(course)
    assert is_complete(lesson, kept[lesson.id], this_environment()) and told == [kept]
    assert sorted(path.name for path in folder.rglob("*")) == before
    assert (tmp_path / "data" / "measured" / "trial" / "waiting.json").is_file()


def test_a_measuring_run_gives_way_the_moment_somebody_presses_run(tmp_path: Path) -> None:
    folder = make_course(tmp_path / "course", claims=["wall(held, delay=4) > 1"])
    host, measuring, told, _ = quiet_server(folder, tmp_path / "data")

    async def main() -> None:
        await host.start()
        measuring.start()
        try:
            await until(lambda: measuring.is_running)
            run = host.submit(make_spec(BLOCKED, requests=4, delay=0.1), owner="ada")
            await until(lambda: not measuring.is_running)
            ended = (await messages(host, run))[-1]
            assert ended["state"] == "finished" and not measuring.is_running
            await until(lambda: measuring.is_running)
            assert told == []
        finally:
            before = time.monotonic()
            await measuring.close()
            await host.close()
            assert time.monotonic() - before < WAIT_SECONDS

    asyncio.run(main())


def test_nothing_is_measured_twice_or_while_the_machine_is_in_use(tmp_path: Path) -> None:
    folder = make_course(tmp_path / "course", claims=["wall(held) > 0.1"])
    host, measuring, told, course = quiet_server(folder, tmp_path / "data")
    lesson = course.lessons[0]
    Kept(tmp_path / "data").keep(course, lesson, asyncio.run(measure_lesson(lesson, Recorded().carry_out)).measurement)

    async def main() -> None:
        measuring.start()
        try:
            await asyncio.sleep(0.5)
            assert not measuring.is_running and told == []
        finally:
            await measuring.close()

    asyncio.run(main())
    assert os.listdir(tmp_path / "data" / "measured" / "trial") == ["waiting.json"]
