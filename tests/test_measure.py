"""`interleave measure` and `interleave check --measure`, over real runs of two short programs.

Other work on the machine may make any verdict *too noisy to say*, so no test here waits for a quiet machine: what must hold on
every machine is that a claim that holds is never called false, and that swapped programs never pass.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.measured_courses import CLAIM_LINE, keep, loaded, make_course, swap
from webapp.cli import cli
from webapp.labs.measured_text import read, write
from webapp.labs.measurement import REPEATS


def interleave(*arguments: str, lessons: Path) -> Result:
    return CliRunner().invoke(cli, [*arguments, "--lessons", str(lessons)])


@contextmanager
def burners(count: int) -> Iterator[None]:
    """Neighbours that keep processors busy."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_a_course_that_was_measured_passes_the_measuring_check(tmp_path: Path) -> None:
    folder = make_course(tmp_path, prose="It took {{ ways.held.wall }}.")
    keep(folder)
    answer = interleave("check", "--measure", lessons=folder)
    assert answer.exit_code == 0, answer.output
    assert " E4" not in answer.output
    assert f"lesson.md:{CLAIM_LINE}: " in answer.output
    assert "waiting" in answer.output


def test_measuring_writes_medians_ranges_and_what_they_were_measured_with(tmp_path: Path) -> None:
    folder = make_course(tmp_path)
    answer = interleave("measure", "waiting", lessons=folder)
    path = folder / "waiting" / "measured.json"
    assert "fails: " not in answer.output
    assert path.exists() == ("measured.json: written" in answer.output)
    if not path.exists():  # the machine was too busy for five undisturbed repeats, and that is told
        assert answer.exit_code == 1 and "not written, because too many repeats were disturbed" in answer.output
        return
    kept = read(path.read_text())
    assert write(kept) == path.read_text() and kept.machine.cores == os.cpu_count()
    (measured,) = kept.measured
    assert {series.setting.variant: series.repeats for series in measured.series} == {"held": REPEATS, "quick": REPEATS}
    assert measured.series[0].values["wall"].low >= 5 * 0.08
    noisy = "W43 too noisy to say" in answer.output  # of a busy machine that is true, and told as well
    assert answer.exit_code == int(noisy), answer.output


def test_swapped_programs_fail_with_their_measurement_and_without_one(tmp_path: Path) -> None:
    folder = make_course(tmp_path)
    path = keep(folder)
    swap(folder)
    stale = interleave("check", "--measure", lessons=folder)
    assert stale.exit_code == 1
    assert (
        f"lesson.md:{CLAIM_LINE}: E44 `wall(held) / wall(quick) > 2` was measured with other programs" in stale.output
    )
    path.unlink()
    alone = interleave("check", "--measure", lessons=folder)
    assert alone.exit_code == 1
    assert f"lesson.md:{CLAIM_LINE}: E43 fails" in alone.output or "E44 nobody has seen this claim hold" in alone.output


def test_a_claim_that_names_what_is_not_there_fails_before_anything_runs(tmp_path: Path) -> None:
    folder = make_course(tmp_path, claims=["wall(hold) > 1"])
    for command in (("check", "--measure"), ("check",), ("measure",)):
        answer = interleave(*command, lessons=folder)
        assert answer.exit_code == 1
        assert f"lesson.md:{CLAIM_LINE}: E40 no variant `hold`: did you mean `held`?" in answer.output
        assert "holds: " not in answer.output


def test_a_lesson_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    answer = interleave("measure", "waitin", lessons=make_course(tmp_path))
    assert (answer.exit_code, answer.output) == (1, "There is no lesson waitin: did you mean waiting?\n")


@pytest.mark.parametrize("round_number", [1, 2])
def test_a_busy_neighbour_makes_no_true_claim_false_and_lets_no_swapped_program_pass(
    tmp_path: Path, round_number: int
) -> None:
    folder = make_course(tmp_path)
    keep(folder)
    with burners(2 * (os.cpu_count() or 1)):
        true = interleave("check", "--measure", "--seconds", "6", lessons=folder)
        swap(folder)
        (folder / "waiting" / "measured.json").unlink()
        swapped = interleave("check", "--measure", "--seconds", "4", lessons=folder)
    assert true.exit_code == 0 and "fails" not in true.output, true.output
    assert swapped.exit_code == 1, swapped.output
    assert loaded(folder).lessons[0].measured is None
