"""What a program prints is found out by running it: the check of questions of the kind `output`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.courses import write_course
from webapp.course import printing
from webapp.course.check import check
from webapp.course.loading import load_course
from webapp.course.printing import output_problem, runs
from webapp.course.render import Renderer

ASK = """/// question | What is printed?
    id: first-item
    type: output

```python
{}
```

```output
{}
```
///
"""


@pytest.mark.parametrize(
    ("program", "printed", "problem"),
    [
        ("print('A'); print('B  ')", "A\nB", None),
        ("import asyncio\nasyncio.run(asyncio.sleep(0)); print(1)", "1\n", None),
        ("print('A'); print('B')", "A\nC", "the program prints something else: in line 2 `B`, not `C`"),
        ("print('A')", "A\nB", "the program prints something else: in line 2 nothing more, not `B`"),
        ("print('A'); print()\nprint('B')", "A", "the program prints something else: in line 2 ``, not nothing more"),
        ("print(1 / 0)", "0", "the program failed: ZeroDivisionError: division by zero"),
        ("import sys; sys.exit(3)", "0", "the program failed with exit code 3"),
        ("print('x' * 70_000)", "x", "the program prints 64 KB or more"),
        ("input()", "x", "the program failed: EOFError: EOF when reading a line"),
        ("import webapp", "x", None),
    ],
)
def test_an_output_is_what_the_program_prints(program: str, printed: str, problem: str | None) -> None:
    if program == "import webapp":  # nothing of ours lies beside the program, wherever the check runs
        program, printed = "import sys; print('' in sys.path, sys.path[0])", "False"
        assert (output_problem(program, printed) or "").startswith(
            "the program prints something else: in line 1 `False "
        )
    else:
        assert output_problem(program, printed) == problem


def test_a_program_that_prints_another_thing_each_time_is_no_question() -> None:
    problem = output_problem("print(hash('a'))", "1")
    assert problem is not None and problem.startswith("the program does not print the same every time: in line 1 ")


def test_a_program_that_does_not_end_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    child = f"import time; open({str(alive)!r}, 'w'); time.sleep(60)"
    program = f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', {child!r}])\ntime.sleep(60)"
    done = runs(program, seconds=3)

    assert [one.problem for one in done] == ["did not end within 3 s"]
    left = [path for path in Path("/proc").glob("[0-9]*/cmdline") if str(alive).encode() in _read(path)]
    assert left == []


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_the_check_tells_a_wrong_output_at_its_line_and_the_site_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong, fine = ASK.format("print('A')", "B"), ASK.format("print('A')", "A").replace("first-item", "other-item")
    lessons = write_course(tmp_path, questions=[wrong, fine])
    path = lessons / "waiting" / "lesson.md"
    line = path.read_text().split("\n").index("```output") + 1

    assert [str(error) for error in check(lessons) if not error.is_warning] == [
        f"{path}:{line}: E12 the program prints something else: in line 1 `A`, not `B`"
    ]
    monkeypatch.setattr(printing, "_run", None)
    with Renderer() as renderer:
        assert load_course(lessons, renderer).lessons
