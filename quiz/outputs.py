"""Output answers: what a program prints, as whole lines. The program is the last fence of Python in the body.

Spaces at the end of a line and blank lines at the end do not count; all else does. That the right answer is what the program prints
is not known here: whoever can run a program checks it.
"""

from __future__ import annotations

import re

from quiz.notation import NotationError

LONGEST = 4000

_FENCE = re.compile(r"[ ]{0,3}(?P<fence>`{3,}|~{3,})[ \t]*(?:\{[ \t]*)?\.?(?P<language>[\w+-]*)")
PYTHON = ("python", "py", "python3")


def cleaned(written: str) -> str:
    lines = [line.rstrip() for line in written.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines)


def refusal(written: str) -> str | None:
    return "too-long" if len(cleaned(written)) > LONGEST else None


def fits(printed: str, written: str, case: bool) -> bool:
    return cleaned(printed) == cleaned(written)


def problem(printed: str) -> NotationError | None:
    if not cleaned(printed).strip():
        return NotationError("E14", "this output is empty, and an empty response is none")
    if len(cleaned(printed)) > LONGEST:
        return NotationError("E04", f"an output has {LONGEST} characters at the most")
    return None


def clash(one: str, other: str, case: bool) -> bool:
    return fits(one, other, case)


def shown(printed: str) -> str:
    return cleaned(printed)


example = shown


def program_of(body: str) -> str | None:
    """The last fence of Python in a text."""
    program: str | None = None
    lines = body.split("\n")
    at = 0
    while at < len(lines):
        opening = _FENCE.match(lines[at])
        at += 1
        if opening is None:
            continue
        inside = []
        while at < len(lines) and not _closes(lines[at], opening["fence"]):
            inside.append(lines[at])
            at += 1
        at += 1
        if opening["language"] in PYTHON:
            program = "\n".join(inside) + "\n"
    return program


def _closes(line: str, fence: str) -> bool:
    text = line.strip()
    return len(text) >= len(fence) and set(text) == {fence[0]}
