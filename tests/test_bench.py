"""What the benchmarks measure is there to be measured; nothing is timed here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import bench
from tests.bench_edits import LESSON, made_course
from tests.bench_ratios import Measured
from webapp.course.loading import load_course
from webapp.course.render import Renderer


@pytest.mark.parametrize("lessons", [1, 2])
def test_the_course_that_is_edited_has_so_many_lessons_and_no_error(tmp_path: Path, lessons: int) -> None:
    with Renderer() as renderer:
        course = load_course(made_course(tmp_path / "course", lessons), renderer)
    assert [lesson.slug for lesson in course.lessons] == [LESSON, "copy-2"][:lessons]


def test_a_benchmark_that_breaks_is_named_and_keeps_no_other_from_its_turn(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> Iterator[Measured]:
        raise ValueError("nothing to measure")

    monkeypatch.setattr(bench, "BENCHMARKS", {"broken": broken, "whole": lambda: [Measured("a ratio", (1.0,))]})
    monkeypatch.setattr("sys.argv", ["bench"])
    assert bench.main() == 1
    told = capsys.readouterr()
    assert "a ratio" in told.out and "Broken: broken" in told.out and "nothing to measure" in told.err
