"""Recorded runs as others read them: the replay's data, a table, CSV, and the Trace Event format that Perfetto opens.

The sentence of a step is given to the functions here (`Words`): a template makes it. Every file is made from the one recording,
and says no more than it.
"""

from __future__ import annotations

import csv
import io
import operator
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from typing import Any

from markupsafe import Markup
from sqlalchemy import select
from sqlmodel import Session, col

from webapp.labs.lab import RunSpec
from webapp.labs.recording import unpack
from webapp.labs.replay import Facts, Own, Replay, Step, Wait, replay
from webapp.models import Run
from webapp.views.replays import StepRow
from webapp.views.runs import Surroundings

Words = Callable[[Facts], Markup]

STEPS_IN_TABLE = 200
SOURCE_CHARACTERS = 120
PROCESS = 1
LOOP_THREAD = 1
CSV_COLUMNS = ("at_s", "took_s", "lane", "request", "task", "kind", "line", "source", "awaited", "what")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would compute."""
WAIT_WORDS = {
    "arrival": "sent, not begun: waits for the loop",
    "loop": "lets others go first",
    "ready": "ready: waits for the loop",
    "answer": "answer on its way",
}
OWN_WORDS = {"own": "the loop's own work", "kept": "this recording"}


def load(session: Session, run_id: str) -> Replay | None:
    """The replay of a stored run; None where there is no such run, or it was kept before runs were recorded."""
    packed = session.execute(select(col(Run.trace)).where(col(Run.id) == run_id)).scalar_one_or_none()
    if packed is None:
        return None
    try:
        return replay(unpack(packed))
    except ValueError:
        return None


def source(program: str, line: int) -> str:
    """The text of a line of the program, without its indent; empty where there is none."""
    lines = program.split("\n")
    return lines[line - 1].strip()[:SOURCE_CHARACTERS] if 1 <= line <= len(lines) else ""


def data(shown: Replay, words: Words, ran_on: Surroundings | None = None) -> dict[str, Any]:
    """What a script draws from: microseconds, and each sentence once.

    `steps`: start, took, lane (0: the loop), request, line, sentence, tone (see `_tone`), 1 where it is an aside.
    `waits`: request, start, end, kind. `jobs`: lane, start, end, request. `lines`: moment, lane, request, line.
    `ends`: request, moment, 1 where its caller left.
    """
    sentences: dict[Facts, int] = {}
    steps = [
        (
            step.start,
            step.end - step.start,
            step.facts.lane,
            step.facts.n,
            step.facts.line,
            sentences.setdefault(step.facts, len(sentences)),
            _tone(step),
            int(step.aside),
        )
        for step in shown.steps
    ]
    return {
        "clock": shown.clock,
        "surroundings": asdict(ran_on) if ran_on else None,
        "cut": shown.cut,
        "lanes": shown.lanes,
        "steps": steps,
        "sentences": [str(words(facts)) for facts in sentences],
        "waits": [(wait.n, wait.start, wait.end, wait.kind) for wait in shown.waits],
        "jobs": shown.jobs,
        "lines": shown.lines,
        "sent": list(shown.sent.items()),
        "ends": [(n, at, int(left)) for n, (at, left) in shown.ends.items()],
    }


def shares(shown: Replay) -> dict[str, float]:
    """Where the loop's time went, as parts of the whole; nothing of a recording without turns."""
    account = shown.account
    if not account.whole:
        return {}
    return {name: getattr(account, name) / account.whole for name in ("turns", "idle", "own", "kept", "untold")}


def rows(shown: Replay, words: Words, most: int = STEPS_IN_TABLE) -> tuple[StepRow, ...]:
    """The first steps that are no asides."""
    told = [step for step in shown.steps if not step.aside][:most]
    return tuple(
        StepRow(step.start / 1e6, (step.end - step.start) / 1e6, step.facts.lane, words(step.facts), step.facts.line)
        for step in told
    )


def as_csv(shown: Replay, spec: RunSpec, words: Words, ran_on: Surroundings | None = None) -> Iterator[str]:
    """Every step, every wait, and what was done between the turns, in the order of their beginnings; first, what it all ran on."""
    yield _line(CSV_COLUMNS)
    if ran_on:
        yield _line(
            (*_times(0, shown.clock), "run", "", "", "surroundings", "", "", "", f"{ran_on}, {ran_on.packages}")
        )
    told: list[tuple[int, tuple[Any, ...]]] = []
    for step in shown.steps:
        facts = step.facts
        lane = f"thread {facts.lane}" if facts.lane else "loop"
        what = words(facts).striptags()
        cells: tuple[Any, ...] = (lane, facts.n or "", step.task or "", facts.code, facts.line or "")
        text = source(spec.program, facts.line)
        told.append((step.start, (*_times(step.start, step.end), *cells, text, facts.awaited, what)))
    for wait in shown.waits:
        cells = ("waiting", wait.n or "", "", wait.kind, wait.line or "", source(spec.program, wait.line))
        told.append((wait.start, (*_times(wait.start, wait.end), *cells, wait.awaited, _wait_name(wait))))
    for work in shown.own:
        cells = ("loop", "", "", work.code, "", "", "", OWN_WORDS[work.code])
        told.append((work.start, (*_times(work.start, work.end), *cells)))
    for _, row in sorted(told, key=lambda entry: entry[0]):
        yield _line(row)


def as_chrome(
    shown: Replay, spec: RunSpec, words: Words, *, title: str, ran_on: Surroundings | None = None
) -> dict[str, Any]:
    """The Trace Event format (JSON object form): complete events on the loop and in threads, async ones for requests and waits.

    A callback that took less than half a microsecond has no length in the recording. It is left out: Chrome's reader draws it
    inside of the event that begins with it, as if that one had called it.

    https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
    """
    events: list[dict[str, Any]] = [
        _meta("process_name", LOOP_THREAD, name=title),
        _meta("thread_name", LOOP_THREAD, name="event loop"),
        *(_meta("thread_name", LOOP_THREAD + lane, name=f"worker thread {lane}") for lane in range(1, shown.lanes + 1)),
        *(_meta("thread_sort_index", LOOP_THREAD + lane, sort_index=lane) for lane in range(shown.lanes + 1)),
    ]
    events += [_complete(step, spec, words) for step in shown.steps if step.end > step.start]
    events += [_between(work) for work in shown.own]
    events += _tracks(shown)
    other = {"cut_us": shown.cut, "file": spec.file, **(asdict(ran_on) if ran_on else {})}
    return {"traceEvents": events, "displayTimeUnit": "ms", "otherData": other}


def _tone(step: Step) -> int:
    """0: idle, 1: a request's turn, 2: one that holds the loop, 3: others' turns, 4: a thread."""
    facts = step.facts
    if facts.code == "idle":
        return 0
    if facts.lane:
        return 4
    if facts.held:
        return 2
    return 1 if facts.code == "turn" or facts.mine else 3


def _complete(step: Step, spec: RunSpec, words: Words) -> dict[str, Any]:
    facts = step.facts
    arguments: dict[str, Any] = {"what": words(facts).striptags()}
    if facts.line:
        arguments |= {"line": facts.line, "source": source(spec.program, facts.line)}
    name = "idle" if facts.code == "idle" else f"request {facts.n}" if facts.n else facts.name
    times = {"ts": step.start, "dur": step.end - step.start}
    return {
        "name": name,
        "cat": facts.code,
        "ph": "X",
        **times,
        "pid": PROCESS,
        "tid": LOOP_THREAD + facts.lane,
        "args": arguments,
    }


def _between(work: Own) -> dict[str, Any]:
    times = {"ts": work.start, "dur": work.end - work.start}
    where = {"pid": PROCESS, "tid": LOOP_THREAD}
    return {"name": OWN_WORDS[work.code], "cat": work.code, "ph": "X", **times, **where}


def _tracks(shown: Replay) -> Iterator[dict[str, Any]]:
    """Each request as a span with its waits in it. What is on one track must nest: a wait that would not has one beside it."""
    waits: dict[int, list[Wait]] = defaultdict(list)
    for wait in sorted(shown.waits, key=lambda wait: wait.start):
        waits[wait.n].append(wait)
    for n in sorted({*shown.sent, *waits}):
        sent, (end, left) = shown.sent.get(n, 0), shown.ends.get(n, (shown.clock, False))
        inside = [wait for wait in waits[n] if n in shown.sent and sent <= wait.start and wait.end <= end]
        tracks = _apart(inside)
        first = tracks.pop(0) if tracks else []
        if n in shown.sent:
            opening, closing = _span(f"request {n}", f"{n}", sent, max(sent, end), {"left": left})
            yield opening
            yield from _spans(first, f"{n}")
            yield closing
        beside = [wait for track in tracks for wait in track] + [wait for wait in waits[n] if wait not in inside]
        others = sorted(beside, key=operator.attrgetter("start"))
        for number, track in enumerate(_apart(others), start=1):
            yield from _spans(track, f"{n}.{number}")


def _apart(waits: Iterable[Wait]) -> list[list[Wait]]:
    """On as few tracks as hold them without an overlap."""
    tracks: list[list[Wait]] = []
    for wait in waits:
        free = next((track for track in tracks if track[-1].end <= wait.start), None)
        if free is None:
            tracks.append([wait])
        else:
            free.append(wait)
    return tracks


def _spans(waits: Iterable[Wait], track: str) -> Iterator[dict[str, Any]]:
    for wait in waits:
        yield from _span(_wait_name(wait), track, wait.start, wait.end, {"line": wait.line, "awaited": wait.awaited})


def _span(name: str, track: str, start: int, end: int, arguments: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """An id is a text: Perfetto's reader has been seen to drop events whose id is a number."""
    common = {"name": name, "cat": "request", "id": track, "pid": PROCESS, "tid": LOOP_THREAD}
    return {**common, "ph": "b", "ts": start, "args": arguments}, {**common, "ph": "e", "ts": end}


def _wait_name(wait: Wait) -> str:
    return WAIT_WORDS.get(wait.kind, f"waits: {wait.kind}")


def _meta(kind: str, thread: int, **arguments: Any) -> dict[str, Any]:
    return {"name": kind, "ph": "M", "ts": 0, "pid": PROCESS, "tid": thread, "args": arguments}


def _times(start: int, end: int) -> tuple[str, str]:
    return f"{start / 1e6:.6f}", f"{(end - start) / 1e6:.6f}"


def _line(cells: tuple[Any, ...]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(f"'{cell}" if str(cell).startswith(FORMULA) else cell for cell in cells)
    return text.getvalue()
