"""The rules of the Trace Event format (JSON object form) that a file must keep to be shown as it is meant, as Perfetto reads them.

Complete events of one thread nest or follow one another. Async events with one category and id are one track, on which an end
closes the innermost span that is open, which must be its own; the reader sorts by time and leaves equal times in the file's order.
Of complete events that begin together the longer one holds the other (Chrome's DevTools), so none is without a length.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

KNOWN = frozenset("MXbe")
METADATA = {"process_name": "name", "thread_name": "name", "thread_sort_index": "sort_index"}
DISPLAY_UNITS = ("ms", "ns")


def mistakes(told: Any) -> list[str]:
    """What is wrong with a file, as it was read from JSON; empty where it is right."""
    if not isinstance(told, dict) or not isinstance(told.get("traceEvents"), list):
        return ["no object with traceEvents"]
    found = [] if told.get("displayTimeUnit") in DISPLAY_UNITS else ["displayTimeUnit"]
    events = told["traceEvents"]
    wrong = [f"{reason}: {event}" for event in events for reason in _of_event(event)]
    return [*found, *wrong] or [*_of_threads(events), *_of_tracks(events)]


def _of_event(event: Any) -> Iterator[str]:
    if not isinstance(event, dict) or event.get("ph") not in KNOWN:
        yield "unknown phase"
        return
    if not isinstance(event.get("name"), str) or not event["name"]:
        yield "no name"
    for key in ("ts", "pid", "tid", *(("dur",) if event["ph"] == "X" else ())):
        if type(event.get(key)) is not int or event[key] < 0:
            yield f"{key} is no whole number of microseconds or no id"
    if "args" in event and not isinstance(event["args"], dict):
        yield "args are no object"
    if event["ph"] == "M":
        wanted = METADATA.get(event.get("name", ""))
        if wanted is None or set(event.get("args", ())) != {wanted}:
            yield "unknown metadata"
    elif not isinstance(event.get("cat"), str) or not event["cat"]:
        yield "no category"
    if event["ph"] in "be" and (not isinstance(event.get("id"), str) or not event["id"]):
        yield "the id of an async event is no text"


def _of_threads(events: list[dict[str, Any]]) -> Iterator[str]:
    threads = defaultdict(list)
    named = {(event["pid"], event["tid"]) for event in events if event["name"] == "thread_name"}
    for event in events:
        if event["ph"] == "X":
            threads[event["pid"], event["tid"]].append((event["ts"], -event["dur"], event["name"]))
    for thread, spans in threads.items():
        if thread not in named:
            yield f"thread {thread} has no name"
        ends: list[int] = []
        for start, negative, name in sorted(spans):
            while ends and ends[-1] <= start:
                ends.pop()
            if not negative:
                yield f"{name} at {start} has no length, on thread {thread}"
            if ends and start - negative > ends[-1]:
                yield f"{name} at {start} reaches over the end of what it lies in, on thread {thread}"
            ends.append(start - negative)


def _of_tracks(events: list[dict[str, Any]]) -> Iterator[str]:
    tracks: dict[tuple[str, str], list[str]] = defaultdict(list)
    for event in sorted((event for event in events if event["ph"] in "be"), key=lambda event: int(event["ts"])):
        open_ = tracks[event["cat"], event["id"]]
        if event["ph"] == "b":
            open_.append(event["name"])
        elif not open_ or open_.pop() != event["name"]:
            yield f"{event['name']} ends at {event['ts']} and is not the innermost of track {event['id']}"
    for track, left in tracks.items():
        if left:
            yield f"{left} of track {track} never end"
