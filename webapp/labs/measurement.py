"""What was measured of a lesson's labs, as values. Pure: no run, no file.

A measurement belongs to programs and versions and never grows old. It holds, for each environment (an interpreter, a loop, the
versions of what serves the programs), one series for each setting that the lesson speaks of.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from webapp.labs.claims import METRICS, STATUS, Interval, Setting, Term
from webapp.labs.lab import Lab, RunSpec
from webapp.labs.numbers import Spread

REPEATS = 5
"""So many undisturbed repeats make a number; with fewer nothing is decided."""
SERVING = ("fastapi", "starlette", "uvicorn", "anyio")
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """A setting that a lesson speaks of."""

    lab: Lab
    setting: Setting


@dataclass(frozen=True, slots=True)
class Repeat:
    """One run, as far as a measurement needs it."""

    figures: Mapping[str, float | None]
    statuses: Mapping[int, int]
    """How many requests were answered with each status."""
    disturbed: bool = False
    failure: str = ""
    """Why there are no figures."""


@dataclass(frozen=True, slots=True)
class Series:
    lab: str
    setting: Setting
    run: str
    """Hash of everything that the runs were made of."""
    repeats: int
    set_aside: int
    """Repeats that were disturbed or had no figures."""
    values: Mapping[str, Spread]
    failure: str = ""

    @property
    def is_enough(self) -> bool:
        return self.repeats >= REPEATS

    def spread(self, term: Term) -> Spread | None:
        if not self.is_enough:
            return None
        found = self.values.get(term.key)
        # A status that no answer had was counted too: none.
        return Spread(0, 0, 0) if found is None and term.metric == STATUS else found


@dataclass(frozen=True, slots=True)
class Environment:
    """What served the programs."""

    python: str
    loop: str
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def minor(self) -> str:
        return minor(self.python)

    def agrees(self, other: Environment) -> bool:
        """Whether numbers of one speak for the other: a patch of Python changes none."""
        return (self.minor, self.loop, self.versions) == (other.minor, other.loop, other.versions)


@dataclass(frozen=True, slots=True)
class Measured:
    environment: Environment
    series: tuple[Series, ...]

    def find(self, lab: Lab, setting: Setting) -> Series | None:
        """The series of this very run: same program, same requests, same numbers."""
        wanted = identity(spec_of(lab, setting))
        return next((one for one in self.series if one.run == wanted and one.setting == setting), None)

    def has_others(self, lab: Lab, setting: Setting) -> bool:
        """Whether the setting was measured, with another program."""
        return any((one.lab, one.setting) == (lab.id, setting) for one in self.series)

    def range(self, lab: Lab, term: Term) -> Interval | None:
        series = self.find(lab, term.setting)
        spread = series.spread(term) if series else None
        return (spread.low, spread.high) if spread else None


@dataclass(frozen=True, slots=True)
class Machine:
    processor: str
    cores: int
    system: str


@dataclass(frozen=True, slots=True)
class Measurement:
    machine: Machine
    measured: tuple[Measured, ...]

    def of(self, environment: Environment) -> Measured | None:
        return next((one for one in self.measured if one.environment.agrees(environment)), None)

    @property
    def first(self) -> Measured | None:
        """What a page shows where nothing else is said: the first interpreter on asyncio."""
        return next((one for one in self.measured if one.environment.loop == "asyncio"), None)


def minor(python: str) -> str:
    return ".".join(python.split(".")[:2])


def spec_of(lab: Lab, setting: Setting) -> RunSpec:
    return lab.spec(setting.variant, requests=setting.requests, parameters=dict(setting.parameters))


def identity(spec: RunSpec) -> str:
    """Of a run: its program and all that it is asked."""
    told = [
        spec.program,
        spec.request,
        spec.requests,
        sorted(spec.parameters.items()),
        spec.interval_ms,
        spec.bystander,
    ]
    return hashlib.sha256(json.dumps([*told, spec.cost.value]).encode()).hexdigest()[:16]


def series(lab: Lab, setting: Setting, repeats: Sequence[Repeat]) -> Series:
    """Of what was measured, the undisturbed part."""
    used = [repeat for repeat in repeats if not repeat.disturbed and not repeat.failure]
    failures = [repeat.failure for repeat in repeats if repeat.failure]
    return Series(
        lab=lab.id,
        setting=setting,
        run=identity(spec_of(lab, setting)),
        repeats=len(used),
        set_aside=len(repeats) - len(used),
        values=_values(used),
        failure=failures[-1] if failures else "",
    )


@cache
def this_environment(loop: str = "asyncio") -> Environment:
    """The interpreter that this runs in."""
    packages = (*SERVING, *(("uvloop",) if loop == "uvloop" else ()))
    return Environment(platform.python_version(), loop, {name: found for name in packages if (found := _version(name))})


def this_machine() -> Machine:
    model = ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = re.findall(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(), re.MULTILINE)
        model = models[0].strip() if models else ""
    return Machine(model or platform.machine(), os.cpu_count() or 1, platform.system())


def spread(values: Iterable[float]) -> Spread:
    numbers = sorted(rounded(value) for value in values)
    return Spread(numbers[0], rounded(statistics.median(numbers)), numbers[-1])


def _values(used: Sequence[Repeat]) -> dict[str, Spread]:
    """A figure that is missing in one repeat is no figure of the series."""
    found = {}
    for name in METRICS:
        numbers = [repeat.figures.get(name) for repeat in used]
        if used and None not in numbers:
            found[name] = spread(number for number in numbers if number is not None)
    for status in sorted({status for repeat in used for status in repeat.statuses}):
        found[f"{STATUS} {status}"] = spread(repeat.statuses.get(status, 0) for repeat in used)
    return found


def rounded(value: float) -> float:
    """To the digits that a measurement bears. What is rounded stays as it is when it is rounded again."""
    near = value if value == int(value) else float(f"{value:.{DIGITS}g}")
    return int(near) if near == int(near) else near


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
