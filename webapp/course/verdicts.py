"""What a fresh measurement and the one beside a lesson say of its claims, as an author and `check --measure` are told. Pure.

A claim passes if it fails nowhere and has been seen to hold: in the repeats that were just made, or, where those were too noisy, in
the measurement beside the lesson, if that is of these programs and versions. A measurement of others is an error by itself, and so
is a number that nobody measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from webapp.course.course import Lesson
from webapp.course.measured import Judged, gaps, judge
from webapp.labs.claims import Interval, Verdict
from webapp.labs.measurement import Environment, Measured, Measurement


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the answer: about lesson.md, or about measured.json."""

    line: int
    code: str
    """Empty where nothing is wrong."""
    message: str
    about_measurement: bool = False

    @property
    def is_error(self) -> bool:
        return self.code.startswith("E")


def of_fresh(lesson: Lesson, measured: Measured) -> Iterator[Said]:
    """Each claim by the repeats that were just made."""
    for judged in judge(lesson, measured):
        yield _said(judged, measured.environment)


def of_check(lesson: Lesson, fresh: Measurement) -> Iterator[Said]:
    """Each claim by both measurements, and what the one beside the lesson lacks.

    The first environment of `fresh` is the one that serves; another that its author did not have is no fault of a lesson.
    """
    served = fresh.measured[0].environment.minor if fresh.measured else ""
    for measured in fresh.measured:
        environment = measured.environment
        kept = lesson.measured.of(environment) if lesson.measured else None
        before = {judged.claim: judged for judged in judge(lesson, kept)} if kept else {}
        if kept is not None or environment.minor == served:
            yield from _of_kept(lesson, kept, environment)
        for judged in judge(lesson, measured):
            known = before.get(judged.claim)
            if judged.verdict is not Verdict.FAILS and known and known.verdict is Verdict.FAILS:
                yield _said(known, environment, "in measured.json ")
            elif judged.verdict is Verdict.NOISY and (known is None or known.verdict is Verdict.NOISY):
                yield Said(judged.claim.line, "E44", f"nobody has seen this claim hold: {_told(judged, environment)}")
            else:
                yield _said(judged, environment)


def _of_kept(lesson: Lesson, kept: Measured | None, environment: Environment) -> Iterator[Said]:
    if kept is None and lesson.measured is not None and lesson.measured.measured:
        others = "; ".join(sorted(_versions(one.environment) for one in lesson.measured.measured))
        yield Said(1, "E44", f"measured with {others}, and this is {_versions(environment)}", about_measurement=True)
        return
    numbers = {number.line for number in lesson.numbers}
    for line, told in gaps(lesson, kept, environment.loop):
        if lesson.measured is not None or line in numbers:  # without any measurement, fresh repeats decide a claim
            yield Said(line, "E44", told)


def _said(judged: Judged, environment: Environment, where: str = "") -> Said:
    code = {Verdict.FAILS: "E43", Verdict.NOISY: "W43", Verdict.HOLDS: ""}[judged.verdict]
    return Said(judged.claim.line, code, f"{where}{judged.verdict.value}: {_told(judged, environment)}")


def _told(judged: Judged, environment: Environment) -> str:
    sides = " and ".join(
        f"{_range(left)} {comparison.sign} {_range(right)}"
        for comparison, (left, right) in zip(judged.claim.comparisons, judged.sides, strict=True)
    )
    return f"{judged.lab.id}: {judged.claim.text} ({sides}; Python {environment.minor}, {environment.loop})"


def _range(side: Interval) -> str:
    if not all(map(math.isfinite, side)):
        return "?"
    return f"{side[0]:.4g}" if side[0] == side[1] else f"[{side[0]:.4g} to {side[1]:.4g}]"


def _versions(environment: Environment) -> str:
    packages = ", ".join(f"{name} {version}" for name, version in sorted(environment.versions.items()))
    return f"Python {environment.minor}, {environment.loop}, {packages}"
