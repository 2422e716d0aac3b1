"""Inside a run: serve the reader's program with uvicorn, in a place and within limits of its own.

The program is an ordinary FastAPI file; nothing in it knows of us, and what it does is watched by `recorder`. Imports nothing of
the site, the course or the quiz. The loop is asyncio's own, which is the one that the documentation speaks of; a measurement may
ask for uvloop, whose turns nobody can time from outside.
"""

from __future__ import annotations

import faulthandler
import functools
import linecache
import multiprocessing
import os
import resource
import signal
import socket
import sys
import threading
import traceback
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import anyio.to_thread
import uvicorn

from webapp.labs.protocol import MESSAGE_CHARACTERS, READY, TRACEBACK_CHARACTERS
from webapp.labs.recorder import Recorder
from webapp.labs.visits import Trace, time_endpoints

MEMORY_BYTES = 1 << 30
FILE_BYTES = 1 << 20
OPEN_FILES = 2048
PROCESSOR_SPARE_SECONDS = 5
THREAD_STACK_BYTES = 1 << 20
"""A hundred threads at the usual 8 MiB would reserve most of MEMORY_BYTES."""


def main(
    *,
    listener: int,
    telemetry: int,
    program: str,
    file: str,
    tokens: int | None,
    seconds: float,
    directory: str,
    ready: int | None = None,
    traced: bool = True,
    loop: Literal["asyncio", "uvloop"] = "asyncio",
) -> None:
    """Serve the program until killed. `ready` hears our pid at once and then that requests are answered.

    Not `traced`, nothing is measured: the telemetry says that it is ready, or why it cannot be, and then only shows whether the
    site is there.
    """
    _settle(directory, seconds)
    Path(file).write_text(program, encoding="utf-8")  # beside it, as at home: a pool's worker imports it by its name
    sys.path.insert(0, directory)
    recorder = Recorder(telemetry, file)
    if ready is not None:
        os.write(ready, b"%d\n" % os.getpid())
    recorder.tell_surroundings()
    try:
        app = load(program, file)
    except BaseException as error:  # SystemExit too: a program that leaves while it is imported has failed
        recorder.fail(failure(error, program, file))
        raise SystemExit(1) from None
    if not callable(app):
        recorder.fail(_no_app(app, file))
        raise SystemExit(1)
    served: Any = app
    if traced:
        recorder.watch()
        time_endpoints(recorder)
        served = Trace(app, recorder, tokens=tokens, describe=functools.partial(failure, program=program, file=file))
    config = uvicorn.Config(
        served,
        loop=loop,
        lifespan="auto",
        interface="asgi3",
        access_log=False,
        log_config=None,
        log_level="warning",
    )

    def tell_ready() -> None:
        recorder.tell_ready()
        (recorder.writer.start if traced else recorder.writer.watch)()
        if ready is not None:
            os.write(ready, READY + b"\n")
            os.close(ready)

    _Server(config, tell_ready, tokens=None if traced else tokens).run(sockets=[socket.socket(fileno=listener)])


def load(program: str, file: str) -> object:
    """Run the program's text as a module and return its `app`; None where it has none. Whatever it raises propagates."""
    name = Path(file).stem
    module = types.ModuleType(name if name not in sys.modules else "program")
    module.__file__ = file
    sys.modules[module.__name__] = module
    linecache.cache[file] = (len(program), None, program.splitlines(keepends=True), file)
    exec(compile(program, file, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 (running it is what a run is)
    return getattr(module, "app", None)


def failure(error: BaseException, program: str, file: str) -> dict[str, Any]:
    """What a reader is told of an exception: the last line of their own program, and the frames that are theirs."""
    while isinstance(error, BaseExceptionGroup):  # a middleware's task group wraps what the program raised
        error = error.exceptions[0]
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    line = frames[-1].lineno if frames else None
    if isinstance(error, SyntaxError) and error.filename == file:
        line = error.lineno
    closing = "".join(traceback.format_exception_only(error))
    told = (
        "".join(["Traceback (most recent call last):\n", *traceback.format_list(frames), closing])
        if frames
        else closing
    )
    lines = program.split("\n")
    return {
        "code": "program",
        "message": closing.strip().rsplit("\n", 1)[-1][:MESSAGE_CHARACTERS],
        "line": line,
        "source": lines[line - 1].strip() if line and line <= len(lines) else "",
        "traceback": told[-TRACEBACK_CHARACTERS:],
    }


class _Server(uvicorn.Server):
    """uvicorn's server, saying when it accepts requests. `tokens`, where given, is set before the program's own start-up."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], *, tokens: int | None) -> None:
        super().__init__(config)
        self._ready = ready
        self._tokens = tokens

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        if self._tokens is not None:
            anyio.to_thread.current_default_thread_limiter().total_tokens = self._tokens
        await super().startup(sockets=sockets)
        self._ready()


def _no_app(app: object, file: str) -> dict[str, Any]:
    wrong = "has nothing named app" if app is None else f"has an app that is a {type(app).__name__}, not an application"
    return {"code": "no-app", "message": f"{file} {wrong}", "line": None, "source": "", "traceback": ""}


def _settle(directory: str, seconds: float) -> None:
    """A place of its own, an environment that tells nothing, and limits that hold when nobody looks."""
    os.chdir(directory)
    path = os.environ.get("PATH", os.defpath)
    os.environ.clear()
    os.environ.update(PATH=path, HOME=directory, TMPDIR=directory, LANG="C.UTF-8")
    threading.stack_size(THREAD_STACK_BYTES)
    if (
        sys.platform == "linux"
    ):  # semaphores of the program's own pools outlive a kill: named so, the site finds and removes them
        vars(multiprocessing.current_process())["_config"]["semprefix"] = f"/{Path(directory).name}"
    processor = int(seconds * (os.cpu_count() or 1)) + PROCESSOR_SPARE_SECONDS
    limits = [
        (resource.RLIMIT_CPU, processor),  # one second less than its hard limit: the signal then names the reason
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ]
    if sys.platform == "linux":
        limits.append((resource.RLIMIT_AS, MEMORY_BYTES))
    for which, most in limits:
        hard = resource.getrlimit(which)[1]
        spare = int(which == resource.RLIMIT_CPU)
        allowed = most + spare if hard == resource.RLIM_INFINITY else min(most + spare, hard)
        resource.setrlimit(which, (min(most, allowed), allowed))
    faulthandler.register(signal.SIGUSR1, all_threads=False, chain=False)
