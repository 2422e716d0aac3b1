"""From a run's events to its rows, its summary and what it found. Pure: no clock, no process, no words.

Events come as in `protocol`, in the order in which they arrived; events of one process are in the order in which they happened.
Only what is finished is counted: a request or a ping without an answer changes no time. Percentiles are by nearest rank: the
p-th of n sorted values is the ceil(p * n)-th, always a value that was measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from webapp.labs.protocol import HOLD_BUDGET_SECONDS, WAITED_SECONDS

Row = dict[str, Any]
Figures = dict[str, Any]

DISTURBED_SECONDS = 0.05
DISTURBED_SHARE = 0.4
STRAINED_SECONDS = 0.04
STRAINED_SHARE = 0.3
"""From here on a run's numbers are not published and decide no claim, although a reader may still look at them.

Measured on two processors that others kept fully busy: up to this share a wall time of 0.2 s was at the most a tenth longer than
alone, since not all that waits is waited for."""
OTHERS_PROCESSORS = 0.25
"""Others are at work when they keep so much of a processor busy on average: an idle machine stays far below."""


def rows(events: Iterable[Mapping[str, Any]]) -> tuple[Row, ...]:
    """One row a request that was queued, by its number; each phase at its first mention."""
    table: dict[int, Row] = {}
    for event in events:
        if event["e"] != "request":
            continue
        row = table.setdefault(event["n"], _row(event["n"]))
        phase = event["phase"]
        if phase in row and row[phase] is None:
            row[phase] = event["t"]
            if phase == "handler_start":
                row["where"] = event.get("where")
            elif phase == "handler_end":
                row["ending"] = event.get("how")
            elif phase == "done":
                row["status"] = event["status"]
                row["error"] = event.get("error", "")
    return tuple(row for _, row in sorted(table.items()) if row["queued"] is not None)


def summary(events: Sequence[Mapping[str, Any]], *, requests: int, longest_turn: float = 0.0) -> Figures:
    """The figures of a run, named as in `webapp.views.runs.Figures`. `longest_turn`: the longest turn on the loop, told or not."""
    table = rows(events)
    done = [row for row in table if row["done"] is not None and row["sent"] is not None]
    took = sorted(row["done"] - row["sent"] for row in done if row["status"])
    ends = [row["done"] or row["left"] for row in table if (row["done"] or row["left"]) and row["sent"] is not None]
    wall = max(ends) - min(row["sent"] for row in table if row["sent"] is not None) if ends else 0.0
    pings = _pings(events)
    tokens = [event for event in events if event["e"] == "tokens"]
    figures = {
        "wall": wall,
        "p50": percentile(took, 0.5),
        "p95": percentile(took, 0.95),
        "throughput": len(took) / wall if wall > 0 else None,
        "max_hold": max([longest_turn, *(event["end"] - event["t"] for event in events if event["e"] == "slice")]),
        "max_lag": max([0.0, *(_lag(event) for event in events)]),
        "peak_tokens": max((event["used"] for event in tokens), default=0),
        "peak_in_flight": _peak_in_flight(events),
        "bystander_p95": percentile(pings, 0.95),
        "errors": sum(failed(row) for row in table),
        "finished": len(took),
        "requests": requests,
        "bystanders": len(pings),
        "bystanders_waited": sum(ping > WAITED_SECONDS for ping in pings),
        "bystander_max": pings[-1] if pings else None,
        "tokens_total": tokens[-1]["total"] if tokens else 0,
    }
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in figures.items()}


def finding(events: Sequence[Mapping[str, Any]], figures: Figures) -> dict[str, Any]:
    """What the run showed, as a code, a tone and numbers (see `protocol`)."""
    holds = [
        took for event in events if event["e"] == "slice" and (took := event["end"] - event["t"]) > HOLD_BUDGET_SECONDS
    ]
    token_waiters = max((event["waiting"] for event in events if event["e"] == "tokens"), default=0)
    numbers = {name: float(value) for name, value in figures.items() if value is not None}
    numbers["held"] = round(sum(holds), 6)
    numbers["holds"] = float(len(holds))
    numbers["longest"] = max(
        (row["done"] - row["sent"] for row in rows(events) if row["status"] and row["sent"]), default=0.0
    )
    numbers["token_waiters"] = float(token_waiters)
    left = [row for row in rows(events) if row["left"] is not None]
    if left:
        numbers |= {"left": float(len(left)), "ran_on": 0.0, "noticed": 0.0, "cancelled": 0.0, "unseen": 0.0}
        for row in left:
            numbers[_after(row)] += 1
        return {"code": "left", "tone": _tone(figures), "numbers": numbers}
    if not figures["finished"]:
        return {"code": "nothing-finished", "tone": None, "numbers": numbers}
    tone = _tone(figures)
    if figures["errors"]:
        code = "errors"
    elif tone == "hold":
        code = "held"
    elif tone == "thread":
        code = "threads-full" if token_waiters and figures["peak_tokens"] >= figures["tokens_total"] else "threads"
    else:
        code = "flowed"
    return {"code": code, "tone": tone, "numbers": numbers}


def failed(row: Mapping[str, Any]) -> bool:
    """Whether a request ended without an answer or with a refusal (400 and above)."""
    return row["done"] is not None and not 0 < row["status"] < 400


def disturbed(figures: Figures, *, waited: float, company: bool) -> bool:
    """Whether others changed this run's numbers.

    `waited` is how long the lab's loop and the generator together were ready to run without a processor, by the scheduler's own
    account. It mattered when it is more than DISTURBED_SECONDS and more than DISTURBED_SHARE of the wall. A run without company
    is undisturbed: what it waits for then is its own threads and processes, which is a result.
    """
    return company and waited > max(DISTURBED_SECONDS, DISTURBED_SHARE * figures["wall"])


def strained(figures: Figures, *, waited: float, company: bool) -> bool:
    """Whether a measurement leaves this run out: as `disturbed`, with the narrower limits."""
    return company and waited > max(STRAINED_SECONDS, STRAINED_SHARE * figures["wall"])


def company(*, neighbours: bool, others: float | None) -> bool:
    """Whether anybody else was there: another run, a live program, or work of the machine's own (`unrest`, in processors)."""
    return neighbours or (others is not None and others > OTHERS_PROCESSORS)


def waited(events: Iterable[Mapping[str, Any]], account: Sequence[tuple[float, float]]) -> float:
    """How much of a running total (`account`: time, total) falls between the first request sent and the last one done."""
    moments = [event["t"] for event in events if event["e"] == "request" and event["phase"] in ("sent", "done")]
    if not moments or not account:
        return 0.0
    first, last = min(moments), max(moments)  # of hundreds of requests, and there are thousands of entries
    before = max((total for at, total in account if at <= first), default=0.0)
    after = min((total for at, total in account if at >= last), default=account[-1][1])
    return max(0.0, after - before)


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value at nearest rank of sorted values; None of none."""
    return values[max(1, math.ceil(share * len(values))) - 1] if values else None


def _after(row: Mapping[str, Any]) -> str:
    """What became of the handler whose caller left."""
    if row["told"] is not None:
        return "noticed"
    if row["handler_end"] is None or row["handler_end"] <= row["left"]:
        return "unseen"
    return "cancelled" if row["ending"] == "cancelled" else "ran_on"


def unsettled(events: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a handler whose caller has left is still on, or may yet begin."""
    phases: dict[str, set[int]] = {"left": set(), "handler_end": set(), "told": set(), "over": set()}
    for event in events:
        if event["e"] == "request" and event["phase"] in phases:
            phases[event["phase"]].add(event["n"])
    left = phases["left"]
    return bool(left - phases["handler_end"] or (left & phases["told"]) - phases["over"])


def _row(n: int) -> Row:
    return {
        "n": n,
        "queued": None,
        "sent": None,
        "handler_start": None,
        "handler_end": None,
        "done": None,
        "status": None,
        "where": None,
        "error": "",
        "left": None,
        "told": None,
        "ending": None,
    }


def _pings(events: Iterable[Mapping[str, Any]]) -> list[float]:
    """How long each answered ping took, sorted."""
    sent: dict[int, float] = {}
    took: dict[int, float] = {}
    for event in events:
        if event["e"] != "ping":
            continue
        if event["phase"] == "sent":
            sent.setdefault(event["n"], event["t"])
        elif event["status"] and event["n"] in sent:
            took.setdefault(event["n"], event["t"] - sent[event["n"]])
    return sorted(took.values())


def _lag(event: Mapping[str, Any]) -> float:
    if event["e"] == "lag":
        return float(event["lag"])
    return float(event["for"]) if event["e"] == "held" else 0.0


def _peak_in_flight(events: Iterable[Mapping[str, Any]]) -> int:
    """The most handlers that had started and not ended. At equal times the order of arrival, which is the true one, decides."""
    steps = {"handler_start": 1, "handler_end": -1}
    told = [event for event in events if event["e"] == "request" and event["phase"] in steps]
    running = peak = 0
    for event in sorted(told, key=lambda event: event["t"]):
        running += steps[event["phase"]]
        peak = max(peak, running)
    return peak


def _tone(figures: Figures) -> str:
    if figures["max_hold"] > HOLD_BUDGET_SECONDS:
        return "hold"
    return "thread" if figures["peak_tokens"] > 0 else "flow"
