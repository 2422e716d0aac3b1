"""Repeats of runs, one after another: what a measurement is made of. Knows no lesson and no claim.

Of each program one run is made first and not counted, the warm-up. Then come rounds, and in each round every setting of a lab runs
once: A B A B, so that whatever drifts meanwhile drifts under all of them. Disturbed repeats are set aside and made again, in more
rounds: up to MOST_ROUNDS where a verdict is wanted, PATIENT_ROUNDS where numbers are to be kept, and within the seconds given.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

from webapp.labs import children
from webapp.labs.claims import Setting
from webapp.labs.directory import make_directory
from webapp.labs.lab import UVLOOP, Lab, RunSpec
from webapp.labs.measurement import REPEATS, Repeat, Series, Wanted, series, spec_of
from webapp.labs.run import Run

MOST_ROUNDS = 2 * REPEATS
PATIENT_ROUNDS = 12 * REPEATS
UNSEEN: dict[str, tuple[str, ...]] = {UVLOOP: ("max_hold",)}
"""Figures that cannot be had on a loop: uvloop runs its callbacks where nothing can time them."""
OF_THE_PROGRAM = ("program", "no-app")
"""Failures for which nobody but the program is to blame."""

Carry = Callable[[RunSpec], Awaitable[Repeat]]
Told = Callable[[int], None]


class Bench:
    """A place where runs are measured. `start` and `close` belong to whoever has no lab host; a run may be ended at any moment."""

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory
        self._run: Run | None = None
        self._count = 0

    async def start(self) -> None:
        """Raises ForkServerError."""
        self._directory = await asyncio.to_thread(make_directory)
        await children.warm()

    async def close(self) -> None:
        self.give_way()
        if self._directory is not None:
            await asyncio.to_thread(shutil.rmtree, self._directory, ignore_errors=True)

    @property
    def is_running(self) -> bool:
        return self._run is not None

    def give_way(self) -> None:
        """End the run that is on, if there is one; its repeat is then a disturbed one."""
        if self._run is not None:
            self._run.stop("It gave way.")

    async def carry_out(self, spec: RunSpec) -> Repeat:
        if self._directory is None:
            self._directory = await asyncio.to_thread(make_directory)
        self._count += 1
        self._run = run = Run(f"measured-{self._count}", "", spec)
        try:
            run.begin()
            await run.carry_out(self._directory / run.id)
            await run.conclude()
        finally:
            self._run = None
        return repeat_of(run)


def repeat_of(run: Run) -> Repeat:
    failure = run.failure or {}
    if run.summary is None or (run.outcome != "finished" and failure.get("code") != "too-many-errors"):
        is_disturbed = failure.get("code") not in OF_THE_PROGRAM
        return Repeat({}, {}, disturbed=is_disturbed, failure=str(failure.get("message", "")))
    unseen = UNSEEN.get(run.spec.loop, ())
    return Repeat(
        figures={name: None if name in unseen else value for name, value in run.summary.items()},
        statuses=dict(Counter(row["status"] for row in run.rows() if row["status"])),
        disturbed=run.strained,
    )


def planned(wanted: Sequence[Wanted]) -> int:
    """How many runs it takes when nothing disturbs them."""
    return len(_warm_ups(wanted)) + REPEATS * len(wanted)


async def measure(
    wanted: Sequence[Wanted],
    carry: Carry,
    *,
    loop: str,
    seconds: float,
    rounds: int = MOST_ROUNDS,
    told: Told = lambda runs: None,
) -> tuple[Series, ...]:
    """A series for each setting, perhaps of too few repeats. `told` hears how many runs were made since the last time."""
    until = time.monotonic() + seconds
    for lab, setting in _warm_ups(wanted):
        if time.monotonic() < until:
            await carry(replace(spec_of(lab, setting), loop=loop))
            told(1)
    repeats: dict[Wanted, list[Repeat]] = {one: [] for one in wanted}
    for name in dict.fromkeys(one.lab.id for one in wanted):
        own = [one for one in wanted if one.lab.id == name]
        for round_number in range(rounds):
            open_ones = [one for one in own if _used(repeats[one]) < REPEATS]
            if round_number == REPEATS and not any(_used(repeats[one]) for one in own):
                break  # the machine is busy all the time
            for one in open_ones:
                if time.monotonic() < until:
                    repeats[one].append(await carry(replace(spec_of(one.lab, one.setting), loop=loop)))
                    told(1 if round_number < REPEATS else 0)
    return tuple(series(one.lab, one.setting, found) for one, found in repeats.items())


def _used(repeats: Sequence[Repeat]) -> int:
    return sum(not repeat.disturbed and not repeat.failure for repeat in repeats)


def _warm_ups(wanted: Sequence[Wanted]) -> list[tuple[Lab, Setting]]:
    """The first setting of each program, with as few requests as the lab allows."""
    first = {(one.lab.id, one.setting.variant): one for one in reversed(wanted)}
    return [(one.lab, replace(one.setting, requests=int(one.lab.requests.minimum))) for one in reversed(first.values())]
