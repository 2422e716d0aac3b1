"""What a lesson's measurement has to hold, and what it says of the lesson's claims. Pure but for reading `measured.json`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from webapp.course.course import Lesson
from webapp.course.files import Unreadable, read_bytes
from webapp.course.report import Report
from webapp.labs.claims import Claim, Interval, Term, Verdict, decide, interval
from webapp.labs.lab import ASYNCIO, UVLOOP, Lab
from webapp.labs.measured_text import NotAMeasurement, read
from webapp.labs.measurement import Environment, Measured, Measurement, Wanted

MEASURED_FILE = "measured.json"
LARGEST_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Judged:
    lab: Lab
    claim: Claim
    verdict: Verdict
    sides: tuple[tuple[Interval, Interval], ...]
    """What stood on the two sides of each of its comparisons."""


def read_measured(folder: Path, report: Report) -> Measurement | None:
    """The measurement beside a lesson; a file that is none is reported at its first line."""
    path = folder / MEASURED_FILE
    if not path.exists():
        return None
    try:
        return read(read_bytes(path, LARGEST_BYTES).decode())
    except (Unreadable, UnicodeDecodeError, NotAMeasurement) as problem:
        told = "is not UTF-8" if isinstance(problem, UnicodeDecodeError) else problem
        report.add(1, "E42", f"{MEASURED_FILE} {told}: delete it, or measure again")
        return None


def wanted(lesson: Lesson, loop: str = ASYNCIO) -> tuple[Wanted, ...]:
    """Every setting that a claim or a bound number speaks of, by lab. Other loops than asyncio's have claims alone."""
    found = [
        Wanted(lab, term.setting)
        for lab in lesson.labs
        if loop in lab.loops
        for claim in _claims(lesson, lab, loop)
        for term in claim.terms
    ]
    if loop == ASYNCIO:
        labs = {lab.id: lab for lab in lesson.labs}
        found += [Wanted(labs[lab], term.setting) for number in lesson.numbers for lab, term in number.bound.terms]
    order = [lab.id for lab in lesson.labs]
    return tuple(sorted(dict.fromkeys(found), key=lambda one: order.index(one.lab.id)))


def loops(lesson: Lesson) -> tuple[str, ...]:
    """On which loops something is to be measured."""
    return tuple(loop for loop in (ASYNCIO, UVLOOP) if wanted(lesson, loop))


def judge(lesson: Lesson, measured: Measured) -> tuple[Judged, ...]:
    """Every claim that can be decided on this loop, by what was measured on it."""
    judged = []
    for lab in lesson.labs:
        if measured.environment.loop not in lab.loops:
            continue

        def known(term: Term, lab: Lab = lab) -> Interval | None:
            return measured.range(lab, term)

        for claim in _claims(lesson, lab, measured.environment.loop):
            sides = tuple((interval(one.left, known), interval(one.right, known)) for one in claim.comparisons)
            judged.append(Judged(lab, claim, decide(claim, known), sides))
    return tuple(judged)


def gaps(lesson: Lesson, measured: Measured | None, loop: str = ASYNCIO) -> Iterator[tuple[int, str]]:
    """Line and reason for each claim and number that the measurement does not cover, as it stands now."""
    settings = {one for one in wanted(lesson, loop) if measured is None or not _covers(measured, one)}
    stale = {one for one in settings if measured is not None and measured.has_others(one.lab, one.setting)}
    for lab in lesson.labs:
        for claim in _claims(lesson, lab, loop):
            missing = {Wanted(lab, term.setting) for term in claim.terms} & settings
            if missing and loop in lab.loops:
                yield claim.line, f"`{claim.text}` {_why(bool(missing & stale))}"
    labs = {lab.id: lab for lab in lesson.labs}
    for number in lesson.numbers if loop == ASYNCIO else ():
        missing = {Wanted(labs[lab], term.setting) for lab, term in number.bound.terms} & settings
        if missing:
            yield number.line, f"`{{{{ {number.expression} }}}}` {_why(bool(missing & stale))}"


def is_complete(lesson: Lesson, measurement: Measurement | None, environment: Environment) -> bool:
    """Whether it says all that the lesson speaks of, of these programs, on these versions."""
    measured = measurement.of(environment) if measurement else None
    return measured is not None and all(_covers(measured, one) for one in wanted(lesson, environment.loop))


def _covers(measured: Measured, one: Wanted) -> bool:
    series = measured.find(one.lab, one.setting)
    return series is not None and series.is_enough


def _claims(lesson: Lesson, lab: Lab, loop: str) -> tuple[Claim, ...]:
    """Those that speak of what can be measured on the loop: nobody can time a turn on uvloop."""
    claims = lesson.claims.get(lab.id, ())
    if loop == ASYNCIO:
        return claims
    return tuple(claim for claim in claims if all(term.metric != "max_hold" for term in claim.terms))


def _why(stale: bool) -> str:
    return "was measured with other programs or numbers" if stale else "was not measured"
