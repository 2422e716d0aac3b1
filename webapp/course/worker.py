"""The renderer's worker process: `python -m webapp.course.worker <parent's pid> <deadline in seconds>`.

The protocol, on standard input and output: a frame is its length in four bytes (big-endian) and that much JSON. The worker says
`{"ready": true}` once everything is imported. A request is a list of tasks, each answered by a frame of its own as soon as it is
done, in order:

    {"task": "page", "pieces": [text, …], "slug": slug or null}
    {"task": "fragment" | "blocks" | "line", "source": text, "slug": slug or null}
    {"task": "program", "source": text, "file": name, "decisive": line or null}

    {"rendering": {…}}                          the fields of prose.Rendering
    {"listing": html, "app": bool}              `app`: whether the program binds that name at module level
    {"failure": message, "line": n or null, "piece": n or null}

Hostile input costs this process and nothing else. The site kills it at the deadline; a timer of the kernel's does so too, for the
case that the site is gone. When idle, the end of standard input ends it, and on Linux the death of the parent does so at any
moment. It imports nothing of the site.
"""

from __future__ import annotations

import ast
import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
import warnings
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from webapp.course import prose
from webapp.course.listing import listing

MEMORY_BYTES = 512 << 20
OPEN_FILES = 64
DEEPEST_CALLS = 700
"""No text that a person wrote comes near; lists in lists get there before the deadline."""
GRACE_SECONDS = 0.5
"""How much later than the site this process ends itself."""
LONGEST_ANSWER_BYTES = 4 << 20

_PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, deadline = int(sys.argv[1]), float(sys.argv[2])
    _die_with(parent)
    answers = os.dup(1)
    _limit()
    _send(answers, {"ready": True})
    _silence()
    for tasks in _requests():
        for task in tasks:
            signal.setitimer(signal.ITIMER_REAL, deadline + GRACE_SECONDS)
            answer = perform(task)
            signal.setitimer(signal.ITIMER_REAL, 0)
            _send(answers, answer)


def perform(task: dict[str, Any]) -> dict[str, Any]:
    """The answer to one task; whatever the text does to the libraries becomes a failure with its reason."""
    try:
        return _program(task) if task["task"] == "program" else {"rendering": asdict(_render(task))}
    except prose.Cut as cut:
        return _failure("an HTML element is still open where this block stands", piece=cut.piece)
    except RecursionError:
        return _failure("is nested too deeply to render")
    except MemoryError:
        return _failure(f"takes more than {MEMORY_BYTES >> 20} MB to render")
    except Exception as problem:  # a library's own failure is one text's failure, not the worker's
        return _failure(f"cannot be rendered: {type(problem).__name__}: {problem}"[:300])


def _render(task: dict[str, Any]) -> prose.Rendering:
    if task["task"] == "page":
        return prose.render_page(task["pieces"], task["slug"])
    return prose.RENDERERS[task["task"]](task["source"], task["slug"])


def _program(task: dict[str, Any]) -> dict[str, Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(task["source"], task["file"])
            compile(tree, task["file"], "exec", dont_inherit=True)
    except SyntaxError as problem:
        return _failure(f"does not compile: {problem.msg}", line=problem.lineno)
    except ValueError as problem:
        return _failure(f"does not compile: {problem}", line=1)
    return {"listing": listing(task["source"], task["decisive"]), "app": _binds(tree, "app")}


def _binds(tree: ast.Module, name: str) -> bool:
    """Whether the module binds the name outside functions and classes."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            return True
        if isinstance(node, ast.alias) and (node.asname or node.name) == name:
            return True
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name == name:
                return True
        elif not isinstance(node, ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))
    return False


def _failure(message: str, *, line: int | None = None, piece: int | None = None) -> dict[str, Any]:
    return {"failure": message, "line": line, "piece": piece}


def _die_with(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the site's to handle
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above
        sys.exit(0)


def _limit() -> None:
    sys.setrecursionlimit(DEEPEST_CALLS)
    for name, amount in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        # macOS knows RLIMIT_AS by name only.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(name, (amount, amount))


def _silence() -> None:
    """From here on nothing that a library prints can be taken for an answer, or fill a pipe that nobody reads."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _requests() -> Iterator[list[dict[str, Any]]]:
    """Ends with standard input."""
    while head := sys.stdin.buffer.read(4):
        yield json.loads(sys.stdin.buffer.read(int.from_bytes(head, "big")))


def _send(answers: int, value: dict[str, Any]) -> None:
    body = json.dumps(value).encode()
    if len(body) > LONGEST_ANSWER_BYTES:
        body = json.dumps(_failure(f"renders to more than {LONGEST_ANSWER_BYTES >> 20} MB")).encode()
    frame = memoryview(len(body).to_bytes(4, "big") + body)
    while frame:
        frame = frame[os.write(answers, frame) :]


if __name__ == "__main__":
    main()
