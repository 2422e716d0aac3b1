"""`python -m tests.bench [names…] [--check]`: ratios measured in one run, with goals and alarms beside them.

A goal is for a quiet machine, an alarm for any. The exit code is 1 where a benchmark breaks, and with `--check` for a passed alarm.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
import traceback
from collections.abc import Callable

from tests import (
    bench_crowd,
    bench_edits,
    bench_pages,
    bench_responses,
    bench_rooms,
    bench_runs,
    bench_stop,
    bench_traces,
)
from tests.bench_ratios import Measured

BENCHMARKS: dict[str, Callable[[], list[Measured]]] = {
    "start": bench_runs.run_start,
    "click": bench_runs.first_bar,
    "tracing": bench_runs.tracing,
    "gaps": bench_traces.gaps,
    "packing": bench_traces.packing,
    "frames": bench_traces.frames,
    "pages": bench_pages.pages,
    "responses": bench_responses.responses,
    "edits": bench_edits.edits,
    "rooms": bench_rooms.rooms,
    "crowd": bench_crowd.crowd,
    "blocked": bench_crowd.blocked,
    "stop": bench_stop.stop,
}
GROUPS = {"runs": ("start", "click", "tracing"), "traces": ("tracing", "gaps", "packing", "frames")}


def main() -> int:
    asked = _arguments()
    names = list(dict.fromkeys(name for word in asked.names for name in GROUPS.get(word, (word,)))) or list(BENCHMARKS)
    alarming, broken = [], []
    print(f"Interleave, Python {platform.python_version()}, {os.cpu_count()} processors. Medians, range in brackets.")
    for name in names:
        benchmark = BENCHMARKS[name]
        print(f"\n{name} (load {_load()}): {(benchmark.__doc__ or '').strip()}", flush=True)
        begun = time.monotonic()
        try:
            for measured in benchmark():
                print(measured, flush=True)
                alarming += [measured.name] if measured.alarming else []
        except Exception:  # the others have their turn all the same
            traceback.print_exc()
            broken.append(name)
        print(f"  took {time.monotonic() - begun:.0f} s, load {_load()} at its end", flush=True)
    if alarming:
        print(f"\nAlarm: {'; '.join(alarming)}")
    if broken:
        print(f"\nBroken: {', '.join(broken)}")
    return 1 if broken or (asked.check and alarming) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure; prints ratios of one run.")
    parser.add_argument(
        "names", nargs="*", help=f"{', '.join(BENCHMARKS)}; or {', '.join(GROUPS)}; all if none is given"
    )
    parser.add_argument("--check", action="store_true", help="exit with 1 if an alarm is passed")
    asked = parser.parse_args()
    if unknown := [name for name in asked.names if name not in BENCHMARKS and name not in GROUPS]:
        parser.error(f"there is no benchmark {', '.join(unknown)}")
    return asked


def _load() -> str:
    """Of the last minute: how many others wanted a processor."""
    return f"{os.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    raise SystemExit(main())
