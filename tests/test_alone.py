"""Commands that write into one course at the same time, and commands that are ended, or run out of disk, in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, command, environment
from tests.courses import write_course
from tests.test_new import STARTER
from webapp.course.alone import Busy, alone_in
from webapp.course.check import check
from webapp.course.starter import Refused, make_lesson, new_lesson

QUESTION = "Who is buried in this tomb of {0}?{{={0} ~Lee ~Nobody}}\n"
PATIENCE_SECONDS = 300


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return write_course(tmp_path / "course")


def begin(*words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(*map(str, words)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(),
        cwd=ROOT,
    )


def errors(course: Path) -> list[str]:
    return [str(problem) for problem in check(course) if not problem.is_warning or problem.code == "W20"]


def listed(course: Path) -> str:
    return (course / "course.toml").read_text()


def test_commands_at_the_same_time_lose_no_lesson_and_take_no_question_twice(tmp_path: Path, course: Path) -> None:
    """They begin together, and the test has the course to itself until all of them run."""
    one, other = tmp_path / "one.gift", tmp_path / "other.gift"
    one.write_text(QUESTION.format("Grant"))
    other.write_text(QUESTION.format("Lenin"))
    with alone_in(course):
        processes = [
            begin("import", one, "--new", "first-import", "--lessons", course),
            begin("import", one, "--into", "again", "--lessons", course),
            begin("import", other, "--new", "second-import", "--lessons", course),
        ]
    said = [process.communicate(timeout=PATIENCE_SECONDS)[0] for process in processes]
    codes = [process.returncode for process in processes]
    assert codes in ([0, 1, 0], [1, 0, 0]), said
    assert "is in the course already" in said[codes.index(1)]
    assert errors(course) == []
    assert '"second-import"' in listed(course) and ('"first-import"' in listed(course)) is (codes[0] == 0)


def test_whoever_has_waited_long_enough_is_told_and_writes_nothing(course: Path) -> None:
    with alone_in(course), pytest.raises(Busy, match="Another command is writing into"), alone_in(course, patience=0):
        raise AssertionError("two at once")
    with alone_in(course, patience=0):
        pass


def test_a_command_that_is_killed_keeps_nobody_waiting(course: Path) -> None:
    held = [sys.executable, "-c", HOLDS, str(course)]
    with subprocess.Popen(held, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        with pytest.raises(Busy), alone_in(course, patience=0):
            raise AssertionError("two at once")
        process.kill()
        process.wait()
    with alone_in(course, patience=0):
        pass


HOLDS = """
import sys, time
from pathlib import Path
from webapp.course.alone import alone_in
with alone_in(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""

ENDED_AT = """
import os, signal, sys
from pathlib import Path
from webapp.course import files, starter

def end(*_):
    os.kill(os.getpid(), signal.SIGKILL)

{where}
starter.new_lesson(Path(sys.argv[1]), "fresh", Path(sys.argv[2]))
"""


@pytest.mark.parametrize(
    ("where", "fresh", "said"),
    [
        ("Path.rename = end", False, None),
        ("files.os.fsync = end", True, "is there already and in no part of course.toml: list it there, or delete it"),
        ("files.os.replace = end", True, "is there already and in no part of course.toml: list it there, or delete it"),
    ],
)
def test_a_command_that_is_killed_in_the_middle_leaves_the_course_as_it_was(
    course: Path, where: str, fresh: bool, said: str | None
) -> None:
    """At the worst with a folder more, which no part lists and nobody sees."""
    before = listed(course)
    killed = subprocess.run(
        [sys.executable, "-c", ENDED_AT.format(where=where), str(course), str(STARTER)],
        cwd=ROOT,
        timeout=PATIENCE_SECONDS,
    )
    assert killed.returncode == -signal.SIGKILL
    assert listed(course) == before and (course / "fresh").exists() is fresh
    assert [problem for problem in errors(course) if " W20 " not in problem] == []
    if said is None:
        new_lesson(course, "fresh", STARTER)
    else:
        with pytest.raises(Refused, match=said):
            new_lesson(course, "fresh", STARTER)


FULL = """
import resource, sys
from pathlib import Path
from webapp.course import starter
size = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
try:
    starter.make_lesson(Path(sys.argv[1]), "fresh", lambda: {"lesson.md": "x" * 60})
except starter.Refused as refused:
    print(refused)
"""


@pytest.mark.parametrize("size", [0, 59, 100])
def test_a_full_disk_leaves_the_course_as_it_was(course: Path, size: int) -> None:
    """Full before the lesson's text, within it, and within the list of lessons, when the lesson's folder stood there already."""
    before, there = listed(course), sorted(os.listdir(course))
    assert len(before) > 100
    answer = subprocess.run(
        [sys.executable, "-c", FULL, str(course), str(size)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=PATIENCE_SECONDS,
    )
    assert (answer.stdout, answer.stderr) == (f"{course} cannot be written: file too large.\n", "")
    assert (listed(course), sorted(os.listdir(course))) == (before, there)


def test_a_list_that_an_editor_changed_meanwhile_is_not_overwritten(course: Path) -> None:
    def files() -> dict[str, str]:
        (course / "course.toml").write_text(f"{listed(course)}# one more line\n")
        return {"lesson.md": "A lesson."}

    with pytest.raises(Refused, match="was changed meanwhile: try again"):
        make_lesson(course, "fresh", files)
    assert listed(course).endswith("# one more line\n") and not (course / "fresh").exists()


@pytest.mark.parametrize(
    "words", [("version",), ("check", "--lessons", "{course}"), ("new", "lesson", "x", "--lessons", "{course}")]
)
def test_a_standard_output_that_takes_nothing_is_one_sentence(course: Path, words: tuple[str, ...]) -> None:
    given = [word.format(course=course) for word in words]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command(*given),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            cwd=ROOT,
            timeout=PATIENCE_SECONDS,
        )
    assert (done.returncode, done.stderr) == (1, "The standard output cannot be written (no space left on device).\n")
