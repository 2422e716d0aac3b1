"""The site's side of rendering: one worker process that may be killed at any moment, a deadline for each text, a memory of results.

Python-Markdown is quadratic on hostile input (20,000 opening brackets take more than a minute) and holds the GIL meanwhile, so no
thread and no timer inside the site could help. Calls block: make them in a worker thread, never on an event loop.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import select
import subprocess
import sys
import time
import weakref
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from markupsafe import Markup

from webapp.course.course import Heading

DEADLINE_SECONDS = 2.0
START_SECONDS = 30.0
"""The worker imports Markdown and Pygments first; on a busy machine that takes a while, and it is no text's fault."""
LONGEST_SOURCE_CHARACTERS = 200_000
LONGEST_ANSWER_BYTES = 8 << 20
REMEMBERED_CHARACTERS = 64 << 20
MOST_LATE = 3
"""Texts of one round trip that may miss the deadline; those behind them are skipped, so that a hostile file costs seconds."""


Shape = Literal["line", "fragment", "blocks"]


@dataclass(frozen=True, slots=True)
class PageText:
    """One mode's prose, cut where blocks stand."""

    pieces: tuple[str, ...]
    slug: str | None = None
    """The lesson whose folder and modes relative links mean."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A text of its own. `line`: inline only; `fragment`: inline if it is one paragraph; `blocks`: paragraphs stay paragraphs."""

    source: str
    slug: str | None = None
    shape: Shape = "blocks"


@dataclass(frozen=True, slots=True)
class Program:
    """A lab's program: compiled, not run, and listed."""

    source: str
    file: str
    decisive: int | None = None


Task = PageText | Fragment | Program


@dataclass(frozen=True, slots=True)
class Rendered:
    html: tuple[Markup, ...]
    """Sanitised; one for each piece of a page, else one."""
    headings: tuple[Heading, ...] = ()
    words: int = 0
    code_lines: int = 0
    links: tuple[str, ...] = ()
    """As the author wrote them."""
    images: tuple[tuple[str, str], ...] = ()
    """Address as the author wrote it, and alternative text."""
    ids: tuple[str, ...] = ()
    """Anchors in the text, without the prefix that they have in the page."""
    left_out: tuple[str, ...] = ()
    """Names of HTML tags that are not allowed."""
    leaks: tuple[str, ...] = ()
    """Lines that look like the source of a block."""
    numbers: tuple[str, ...] = ()
    """Expressions of bound numbers, in their order; `html` has marks where they stand."""
    has_app: bool = False
    """Of a program."""


class RenderError(Exception):
    """A text that cannot be rendered. The message goes on from "this text …"."""

    def __init__(self, message: str, *, line: int | None = None, piece: int | None = None) -> None:
        self.message = message
        self.line = line
        """Of a program."""
        self.piece = piece
        """Of a page: the one that begins inside an open HTML element."""
        super().__init__(message)


class TooLate(RenderError):
    """It was still not done at the deadline."""


class Skipped(RenderError):
    """It was not tried, because too many texts before it were too late."""


class RendererUnavailable(RuntimeError):
    """The worker cannot be started at all: a broken installation, or a machine without room for one more process."""


class Renderer:
    """Safe to call from any thread; texts are rendered one after another. Close it, or use it as a context manager."""

    def __init__(self, *, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self.deadline_seconds = deadline_seconds
        self.rendered = 0
        """How many texts were rendered anew; what was remembered does not count."""
        self._worker: _Worker | None = None
        self._memory: OrderedDict[str, Rendered] = OrderedDict()
        self._remembered = 0
        # One thread owns the worker for life: on Linux the worker dies with the *thread* that started it, and threads of a pool
        # that serves requests come and go.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="renderer")

    def __enter__(self) -> Renderer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def render(self, source: str, slug: str | None = None) -> Markup:
        """One text of Markdown as sanitised HTML. Raises RenderError."""
        result = self.render_all([PageText((source,), slug)])[0]
        if isinstance(result, RenderError):
            raise result
        return result.html[0]

    def render_all(self, tasks: Sequence[Task]) -> list[Rendered | RenderError]:
        """All texts in one round trip, each with a deadline of its own; a bad one costs only itself, up to MOST_LATE of them."""
        return self._thread.submit(self._render_all, tuple(tasks)).result()

    @property
    def pid(self) -> int | None:
        """Of the worker, while there is one."""
        return self._worker.pid if self._worker else None

    def close(self) -> None:
        self._thread.submit(self._end_worker).result()
        self._thread.shutdown()

    def _render_all(self, tasks: tuple[Task, ...]) -> list[Rendered | RenderError]:
        keys = [_key(task) for task in tasks]
        results: dict[str, Rendered | RenderError] = {}
        fresh: dict[str, Task] = {}
        for key, task in zip(keys, tasks, strict=True):
            if key in self._memory:
                self._memory.move_to_end(key)
                results[key] = self._memory[key]
            elif _length(task) > LONGEST_SOURCE_CHARACTERS:
                results[key] = RenderError(f"is longer than {LONGEST_SOURCE_CHARACTERS:,} characters")
            else:
                fresh[key] = task
        for key, result in zip(fresh, self._exchange(list(fresh.values())), strict=True):
            results[key] = result
            if isinstance(result, Rendered):
                self._remember(key, result)
        return [results[key] for key in keys]

    def _exchange(self, tasks: Sequence[Task]) -> list[Rendered | RenderError]:
        """Every task's answer, through as many workers as that takes."""
        answers: list[Rendered | RenderError] = []
        died_at, late = -1, 0
        while len(answers) < len(tasks):
            begun = len(answers)
            try:
                worker = self._worker = self._worker or _Worker(self.deadline_seconds)
                worker.send([_as_json(task) for task in tasks[begun:]])
                for _ in tasks[begun:]:
                    answers.append(_read(worker.receive(self.deadline_seconds)))
                    self.rendered += 1
            except TimeoutError:
                self._end_worker()
                answers.append(TooLate(f"took longer than {self.deadline_seconds:g} s to render"))
                self.rendered += 1
                late += 1
                if late == MOST_LATE:
                    answers += [Skipped("was not rendered, because others took too long")] * (len(tasks) - len(answers))
            except (EOFError, OSError):
                self._end_worker()
                # Something else may have ended an idle worker; a text that ends two has done it itself.
                if died_at == len(answers):
                    answers.append(RenderError("ends the process that renders it"))
                else:
                    died_at = len(answers)
        return answers

    def _remember(self, key: str, result: Rendered) -> None:
        self._memory[key] = result
        self._remembered += _size(result)
        while self._remembered > REMEMBERED_CHARACTERS and len(self._memory) > 1:
            _, oldest = self._memory.popitem(last=False)
            self._remembered -= _size(oldest)

    def _end_worker(self) -> None:
        worker, self._worker = self._worker, None
        if worker:
            worker.end()


class _Worker:
    """The process and its two pipes."""

    def __init__(self, deadline_seconds: float) -> None:
        root = Path(__file__).resolve().parent.parent.parent
        try:
            self._process = subprocess.Popen(  # noqa: S603 (our own module, plain numbers)
                [sys.executable, "-P", "-m", "webapp.course.worker", str(os.getpid()), str(deadline_seconds)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": str(root)},
                start_new_session=True,
            )
        except OSError as problem:
            raise RendererUnavailable(f"the renderer does not start: {problem.strerror or problem}") from problem
        self.pid = self._process.pid
        self.end = weakref.finalize(self, _end, self._process)
        """Ends the process, once; so does the loss of this object, and the end of the interpreter."""
        assert self._process.stdin and self._process.stdout and self._process.stderr  # noqa: S101 (all three are pipes)
        self._stdin, self._stdout, self._stderr = self._process.stdin, self._process.stdout, self._process.stderr
        os.set_blocking(self._stdin.fileno(), False)
        try:
            self.receive(START_SECONDS)
        except (EOFError, TimeoutError) as problem:
            self._process.kill()
            reason = self._stderr.read().decode(errors="replace").strip().splitlines()
            self.end()
            raise RendererUnavailable(
                f"the renderer does not start: {reason[-1] if reason else type(problem).__name__}"
            ) from problem

    def send(self, tasks: list[dict[str, Any]]) -> None:
        body = json.dumps(tasks).encode()
        frame = memoryview(len(body).to_bytes(4, "big") + body)
        until = time.monotonic() + START_SECONDS
        while frame:
            self._wait(self._stdin.fileno(), select.POLLOUT, until)
            frame = frame[os.write(self._stdin.fileno(), frame) :]

    def receive(self, seconds: float) -> dict[str, Any]:
        """Raises TimeoutError, or EOFError where the worker has ended."""
        until = time.monotonic() + seconds
        length = int.from_bytes(self._read(4, until), "big")
        if length > LONGEST_ANSWER_BYTES:
            raise EOFError
        answer: dict[str, Any] = json.loads(self._read(length, until))
        return answer

    def _read(self, count: int, until: float) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            self._wait(self._stdout.fileno(), select.POLLIN, until)
            part = os.read(self._stdout.fileno(), count - len(parts))
            if not part:
                raise EOFError
            parts += part
        return bytes(parts)

    @staticmethod
    def _wait(descriptor: int, event: int, until: float) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
            raise TimeoutError


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        # What is left in a broken pipe's buffer cannot be written any more.
        with contextlib.suppress(OSError):
            if pipe:
                pipe.close()


def _as_json(task: Task) -> dict[str, Any]:
    match task:
        case PageText():
            return {"task": "page", "pieces": task.pieces, "slug": task.slug}
        case Fragment():
            return {"task": task.shape, "source": task.source, "slug": task.slug}
        case Program():
            return {"task": "program", "source": task.source, "file": task.file, "decisive": task.decisive}


def _read(answer: dict[str, Any]) -> Rendered | RenderError:
    if "failure" in answer:
        return RenderError(answer["failure"], line=answer["line"], piece=answer["piece"])
    if "listing" in answer:
        html = answer["listing"]
        return Rendered((Markup(html),), code_lines=html.count("\n"), has_app=answer["app"])  # noqa: S704 (Pygments escaped it)
    fields = answer["rendering"]
    return Rendered(
        html=tuple(Markup(html) for html in fields["html"]),  # noqa: S704 (nh3 sanitised it)
        headings=tuple(Heading(*heading) for heading in fields["headings"]),
        words=fields["words"],
        code_lines=fields["code_lines"],
        links=tuple(fields["links"]),
        images=tuple((source, text) for source, text in fields["images"]),
        ids=tuple(fields["ids"]),
        left_out=tuple(fields["left_out"]),
        leaks=tuple(fields["leaks"]),
        numbers=tuple(fields["numbers"]),
    )


def _key(task: Task) -> str:
    return hashlib.sha256(json.dumps(_as_json(task)).encode()).hexdigest()


def _length(task: Task) -> int:
    return sum(map(len, task.pieces)) if isinstance(task, PageText) else len(task.source)


def _size(result: Rendered) -> int:
    return 1000 + sum(map(len, result.html))
