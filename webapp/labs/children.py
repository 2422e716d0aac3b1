"""Processes for labs: start one through the fork server in a few milliseconds, know when it ended, end it with all its own.

The fork server is multiprocessing's, with `webapp.labs.preload` imported before the first fork. Its requests are made directly
(`connect_to_new_process`) and not through `multiprocessing.Process`, which in each child would run the site's `__main__` again,
would forbid a daemon's own children, and at the site's exit would wait for a lab that never ends.

Who dies with whom: the fork server with the site (its life line closes), a child with the fork server (Linux: by the kernel, even
inside a C call that never lets go of the interpreter; elsewhere when its pipe breaks). So that the life line closes, a child first
closes every descriptor that it was not given. The kernel could end the fork server too, but at once: it would not come to ending
what has left the group of its run. What a child leaves behind when it ends is ended after it (`orphans`). Imports nothing of ours
but that: it runs in both places.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import importlib
import json
import os
import pickle
import select
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import forkserver, resource_tracker
from pathlib import Path
from typing import Any

from webapp.labs import orphans

PRELOAD = "webapp.labs.preload"
NEEDED = ("fastapi", "uvicorn", "aiohttp", "webapp.labs.process", "webapp.labs.load")
"""What the fork server must have imported: without these a run would start twenty times slower, unnoticed."""
START_SECONDS = 60.0
"""The fork server imports for a second or so before it answers for the first time; then a fork takes milliseconds."""
EXIT_UNKNOWN = 255
NICENESS = 5
"""Pages come before runs; lab and generator are equals."""

_PR_SET_PDEATHSIG = 1
_PACKAGE_ROOT = str(Path(__file__).resolve().parents[2])
_launcher = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lab-launcher")
"""All forks are asked for from this one thread, which blocks for them."""
_forked: Counter[int] = Counter()
"""Children that were asked for and are not known to have ended. Used in the launcher's thread alone."""


class ForkServerError(RuntimeError):
    """The fork server cannot start labs; the message says why in one sentence."""


@dataclass(slots=True)
class Child:
    """A process of a run, leader of its own session. Made by `start`, on the event loop that watches it."""

    pid: int
    ended: asyncio.Future[int] = field(repr=False)
    """Its exit code once it ended, negative for a signal."""

    def signal(self, number: int) -> None:
        if not self.ended.done():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it and every process that it started, at once. Harmless when it ended already."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.signal(signal.SIGKILL)  # it may not have come to leading a group of its own


async def warm() -> None:
    """Start the fork server and see that it imported what runs need. Raises ForkServerError."""
    reading, writing = os.pipe()
    try:
        try:
            child = await start("webapp.labs.children:tell_what_is_there", {}, {"answer": writing})
        finally:
            os.close(writing)
        await child.ended
        answer = os.read(reading, 1 << 16)
    finally:
        os.close(reading)
    if not answer:
        raise ForkServerError(f"the lab fork server cannot import {PRELOAD}: is {_PACKAGE_ROOT} readable for it?")
    told = json.loads(answer)
    if told["missing"]:
        why = told["reason"] or f"{', '.join(told['missing'])}, because it was started without {PRELOAD}"
        raise ForkServerError(f"the lab fork server could not import what runs need: {why}")


async def start(target: str, arguments: Mapping[str, Any], fds: Mapping[str, int], *, tied: bool = True) -> Child:
    """A new process that calls `target` ("module:function") with the arguments and, by name, its own copies of the descriptors.

    A descriptor named `stdout` becomes its output, errors included. A process that is not `tied` to the fork server's life must
    see for itself that the site is gone. Raises ForkServerError.
    """
    loop = asyncio.get_running_loop()
    entry = Entry(target, dict(arguments), tuple(fds), tied=tied)
    pid, sentinel = await loop.run_in_executor(_launcher, _fork, entry, list(fds.values()))
    child = Child(pid, loop.create_future())
    os.set_blocking(sentinel, False)

    def tell() -> None:
        loop.remove_reader(sentinel)
        try:
            code = forkserver.read_signed(sentinel)
        except (OSError, EOFError):  # the fork server itself was ended
            code = EXIT_UNKNOWN
        os.close(sentinel)
        if not child.ended.done():
            child.ended.set_result(code)
        with contextlib.suppress(RuntimeError):  # this process ends, and with it all of them
            _launcher.submit(_clear_away, pid)

    loop.add_reader(sentinel, tell)
    return child


class Entry:
    """What the fork server runs in a new process: a clean start, then the target."""

    def __init__(self, target: str, arguments: dict[str, Any], names: tuple[str, ...], *, tied: bool) -> None:
        self.target = target
        self.arguments = arguments
        self.names = names
        self.tied = tied

    def _bootstrap(self, parent_sentinel: int) -> int:
        if self.tied:
            die_with_parent(getattr(sys.modules.get(PRELOAD), "SERVER_PID", None))
        fds = dict(zip(self.names, forkserver.get_inherited_fds() or (), strict=True))
        os.setsid()
        orphans.adopt()
        os.nice(NICENESS)
        _become_quiet(fds.pop("stdout", None))
        _close_all_but(fds.values())
        module, function = self.target.split(":")
        try:
            getattr(importlib.import_module(module), function)(**self.arguments, **fds)
        except SystemExit as leaving:
            return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
        except BaseException:
            traceback.print_exc()
            return 1
        finally:
            sys.stdout.flush()
        return 0


def tell_what_is_there(answer: int) -> None:
    """Write what of NEEDED this process lacks, and why."""
    preload = sys.modules.get(PRELOAD)
    missing = [name for name in NEEDED if name not in sys.modules]
    os.write(answer, json.dumps({"missing": missing, "reason": getattr(preload, "FAILURE", None)}).encode())


def die_with_parent(expected: int | None = None) -> None:
    """Ask the kernel to end this process when the thread that started it ends (Linux). `expected`: the parent's pid."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if expected is not None and os.getppid() != expected:
        os._exit(1)


def _fork(entry: Entry, fds: list[int]) -> tuple[int, int]:
    """The new process's pid and a descriptor that tells its exit code. Runs in the launcher thread."""
    with _environment():
        forkserver.set_forkserver_preload([PRELOAD])
        forkserver.ensure_running()
    try:
        sentinel, writing = forkserver.connect_to_new_process(fds)
        with open(writing, "wb") as pipe:
            pickle.dump({}, pipe)  # no preparation: no `__main__`, no directory, no arguments of the site's
            pickle.dump(entry, pipe)
        if not select.select([sentinel], [], [], START_SECONDS)[0]:
            os.close(sentinel)
            raise ForkServerError(f"the lab fork server did not answer within {START_SECONDS:g} s")
        pid = forkserver.read_signed(sentinel)
        _forked[pid] += 1
        return pid, sentinel
    except (OSError, EOFError) as broken:
        raise ForkServerError(f"the lab fork server does not answer: {broken}") from broken


def _clear_away(ended: int) -> None:
    """In the launcher's thread, so that no fork is under way: what the fork server has besides those it forked is left behind."""
    _forked[ended] -= 1
    server = vars(forkserver._forkserver).get("_forkserver_pid")
    if server is not None:
        orphans.end(server, +_forked)


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    """What the fork server must find when it starts: it gets no `sys.path` (3.11) and fixes its allocator at the first thread.

    Two arenas: with glibc's default of eight a core, forty threads reserve gigabytes, and no limit on a lab's memory could hold.
    """
    path = os.pathsep.join(dict.fromkeys([*filter(None, sys.path), _PACKAGE_ROOT]))
    wanted = {"PYTHONPATH": path, "MALLOC_ARENA_MAX": "2"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _become_quiet(output: int | None) -> None:
    """Read nothing from the terminal; write to `output`, or nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 (the fork server's reads a descriptor that is closed now)
    for fd, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(nowhere if output is None else output, fd)
        stream = open(fd, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)


def _close_all_but(given: Any) -> None:
    """Close what the site had open, the fork server's life line above all, and forget whose it was.

    multiprocessing then starts a fork server and a resource tracker of the program's own, should it want any: a program that
    writes where it should not (one test does) must not reach the site's.
    """
    keep = sorted({0, 1, 2, *given})
    for low, high in zip(keep, [*keep[1:], os.sysconf("SC_OPEN_MAX")], strict=True):
        os.closerange(low + 1, high)
    forgotten = ("_forkserver_address", "_forkserver_alive_fd", "_forkserver_pid", "_inherited_fds")
    vars(forkserver._forkserver).update(dict.fromkeys(forgotten))
    vars(resource_tracker._resource_tracker).update(_fd=None, _pid=None)
