"""The second try: only after failures, only of a few, and a test that fails alone too fails the whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.second_try import FEW, again

FAILS = "def test_fails(): assert False\n"
FAILS_ONCE = """
from pathlib import Path

def test_passes(): pass

def test_fails_once():
    seen = Path("seen")
    first = not seen.exists()
    seen.touch()
    assert not first
"""


def first_run(folder: Path, **files: str) -> int:
    for name, source in files.items():
        (folder / f"test_{name}.py").write_text(source)
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(folder)]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True).returncode


def test_what_passes_alone_is_named_and_does_not_fail_the_whole(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert again(first_run(tmp_path, once=FAILS_ONCE), folder=tmp_path) == 0
    out = capfd.readouterr().out
    assert "1 passed" in out and "to be mended: test_once.py::test_fails_once" in out


def test_what_fails_alone_too_fails_the_whole(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert again(first_run(tmp_path, once=FAILS_ONCE, fails=FAILS), folder=tmp_path) == 1
    assert "to be mended" not in capfd.readouterr().out


def test_options_hold_for_the_second_try_too(tmp_path: Path) -> None:
    assert again(first_run(tmp_path, once=FAILS_ONCE, fails=FAILS), ["-k", "once"], folder=tmp_path) == 0


def test_many_failures_are_not_tried_again(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    status = first_run(tmp_path, **{f"number{number}": FAILS for number in range(FEW + 1)})
    assert again(status, folder=tmp_path) == 1
    assert "Once more" not in capfd.readouterr().out


@pytest.mark.parametrize("status", [0, 2, 3, 4, 5])
def test_a_run_that_went_wrong_otherwise_keeps_its_status(tmp_path: Path, status: int) -> None:
    assert again(status, folder=tmp_path) == status


def test_a_file_that_cannot_be_read_fails_again(tmp_path: Path) -> None:
    status = first_run(tmp_path, broken="import nothing_of_that_name\n")
    assert status != 0 and again(status, folder=tmp_path) != 0
