"""What a program prints, found out by running it: the key of a question of the kind `output` is checked, not believed.

Each run is a process of its own in an empty folder, leader of its session, with limits of the kernel on time, memory and what it
writes; at the deadline the whole group is killed. It has the site's interpreter and libraries. Runs differ in their hash seed, so
that an order that comes from a set is seen to differ. `interleave check` runs each program every time, which takes some tenths of a
second; the site runs none: it serves what the check has passed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from quiz import outputs

RUNS = 3
SECONDS = 10.0
MEMORY_BYTES = 1 << 30
PRINTED_BYTES = 64 << 10
OPEN_FILES = 64

_PROGRAM = "program.py"
_LIMITED = """
import ctypes, os, resource, signal, sys
parent, seconds, memory, printed, files, *command = sys.argv[1:]
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit(1)
for name, amount in (("CPU", seconds), ("AS", memory), ("FSIZE", printed), ("NOFILE", files), ("CORE", 0)):
    try:
        resource.setrlimit(getattr(resource, "RLIMIT_" + name), (int(amount), int(amount)))
    except (OSError, ValueError):
        pass  # macOS knows some by name only
os.execv(command[0], command)
"""
"""Runs before the program, in the process that becomes it: limits and the kernel's promise outlive the exec."""


@dataclass(frozen=True, slots=True)
class Print:
    """What one run printed, or why that says nothing."""

    text: str
    problem: str | None = None


def runs(program: str, *, count: int = RUNS, seconds: float = SECONDS) -> list[Print]:
    """The runs of a program, one after another; the first that fails is the last."""
    done: list[Print] = []
    while len(done) < count and not (done and done[-1].problem):
        done.append(_run(program, seed=len(done), seconds=seconds))
    return done


def output_problem(program: str, printed: str) -> str | None:
    """Why `printed` is not what the program prints, in words for its author."""
    done = runs(program)
    if failed := next((one for one in done if one.problem), None):
        return f"the program {failed.problem}"
    first, *others = (outputs.cleaned(one.text) for one in done)
    if any(other != first for other in others):
        return (
            f"the program does not print the same every time: {_unlike(first, next(o for o in others if o != first))}"
        )
    expected = outputs.cleaned(printed)
    return None if first == expected else f"the program prints something else: {_unlike(first, expected)}"


def _run(program: str, *, seed: int, seconds: float) -> Print:
    with tempfile.TemporaryDirectory(prefix="interleave-output-") as name:
        folder = Path(name)
        (folder / _PROGRAM).write_text(program, encoding="utf-8")
        limits = (os.getpid(), int(seconds) + 1, MEMORY_BYTES, PRINTED_BYTES, OPEN_FILES)
        own = (sys.executable, "-s", "-P", "-B", _PROGRAM)
        command = (sys.executable, "-I", "-S", "-c", _LIMITED, *map(str, limits), *own)
        environment = {"PATH": os.defpath, "PYTHONHASHSEED": str(seed), "PYTHONIOENCODING": "utf-8", "HOME": name}
        with (folder / "printed").open("wb") as printed, (folder / "told").open("wb") as told:
            process = subprocess.Popen(  # noqa: S603  # the author's own program: to run it is what the check is for
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=told,
                start_new_session=True,
            )
            try:
                code: int | None = process.wait(seconds)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                _end(process)
        text = (folder / "printed").read_bytes()
        return Print(text.decode("utf-8", "replace"), _failure(code, len(text), folder / "told", seconds))


def _end(process: subprocess.Popen[bytes]) -> None:
    """All that the program started is in its session's group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _failure(code: int | None, size: int, told: Path, seconds: float) -> str | None:
    if size >= PRINTED_BYTES:
        return f"prints {PRINTED_BYTES >> 10} KB or more"
    if code is None or code == -signal.SIGXCPU:
        return f"did not end within {seconds:g} s"
    if code == 0:
        return None
    lines = told.read_text("utf-8", "replace").strip().splitlines()
    return f"failed: {lines[-1]}" if lines else f"failed with exit code {code}"


def _unlike(printed: str, expected: str) -> str:
    """The first line in which two outputs differ."""
    one, other = printed.split("\n"), expected.split("\n")
    at = next(
        (i for i, (left, right) in enumerate(zip(one, other, strict=False)) if left != right), min(len(one), len(other))
    )
    left, right = (f"`{lines[at]}`" if at < len(lines) else "nothing more" for lines in (one, other))
    return f"in line {at + 1} {left}, not {right}"
