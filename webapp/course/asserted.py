"""Sentences that assert what a measurement should say: durations and factors typed beside a lab, and versions that were not run.

A lint, so it is careful: a number that the reader sets or that the course sets (a parameter's default or bound, the number of
requests, the seconds of a run) is nobody's measurement, and code is no sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from webapp.course.course import Lesson
from webapp.course.measured import gaps, wanted
from webapp.course.references import Span
from webapp.course.report import Report
from webapp.labs.lab import Lab

_AMOUNT = r"(?P<amount>\d+(?:[.,]\d+)?|two|three|four|five|six|seven|eight|nine|ten|twenty|a hundred)"
_UNIT = r"[\s\u00a0-]?(?P<unit>ms|s|µs|us|seconds?|milliseconds?|microseconds?)\b"
_HEDGE = r"(?:about|around|roughly|approximately|nearly|almost|some|only|just|less than|more than|under|over|up to|~|≈)"
_MORE = r"(?:fast|slow|long|short|quick|high|low|great|small|larg|late|soon|earl|more|less|few|bett|worse|as )"

DURATIONS = (
    re.compile(rf"(?:\b{_HEDGE}|[~≈])\s*{_AMOUNT}{_UNIT}", re.IGNORECASE),
    re.compile(
        rf"\b(?:took|finished|ended|lasted|measured|was answered|were answered|was done|were done|ran)\s+"
        rf"(?:(?:in|after|for|within|at)\s+)?(?:{_HEDGE}\s+)?{_AMOUNT}{_UNIT}",
        re.IGNORECASE,
    ),
)
FACTORS = (
    re.compile(rf"\b{_AMOUNT}\s*(?:times|x|×)\s+(?:as\s+)?{_MORE}", re.IGNORECASE),
    re.compile(rf"\b{_AMOUNT}\s*%\s+{_MORE}", re.IGNORECASE),
    re.compile(
        rf"\b(?:a factor of|by)\s+(?:{_HEDGE}\s+)?{_AMOUNT}(?:\s*(?:times|x|×))?(?=\s*(?:[,.;)]|$))", re.IGNORECASE
    ),
    re.compile(r"\b(?P<amount>twice|thrice)\s+as\s+\w+", re.IGNORECASE),
)
VERSION = re.compile(r"\bPython\s+(3\.\d{1,2})\b")
SECONDS = {"s": 1.0, "second": 1.0, "ms": 1e-3, "millisecond": 1e-3, "us": 1e-6, "µs": 1e-6, "microsecond": 1e-6}

_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
_NO_SENTENCE = re.compile(r"`[^`]*`|(?<!\\)\{\{[^{}]*\}\}|\]\([^)]*\)|<[^>]*>")


def warn(lesson: Lesson, texts: Iterable[Span], report: Report) -> None:
    """Tell of everything in the prose of a lesson with labs that asserts what was not measured."""
    if not lesson.labs:
        return
    bound = bool(wanted(lesson))
    ran = {one.environment.minor for one in lesson.measured.measured} if lesson.measured else set()
    for line, text in (numbered for span in texts for numbered in sentences(span.lines, span.line)):
        for figure in typed(text, lesson.labs):
            report.add(line, "W40", f"`{figure.strip()}` is typed beside a lab: bind it, `{{{{ lab.variant.wall }}}}`")
        for version in VERSION.findall(text) if bound else ():
            if version not in ran:
                report.add(line, "W41", f"nothing was measured on Python {version}, so say nothing about it")
    for line, told in gaps(lesson, lesson.measured.first if lesson.measured else None):
        report.add(line, "W42", f"{told}: interleave measure {lesson.slug}")


def sentences(lines: Sequence[str], first: int) -> Iterator[tuple[int, str]]:
    """Each line of prose with its number, without code, links and numbers that are bound."""
    fence = ""
    for number, line in enumerate(lines, first):
        found = _FENCE.match(line)
        if found and (not fence or found[1].startswith(fence)):
            fence = "" if fence else found[1]
        elif not fence:
            yield number, _NO_SENTENCE.sub(" … ", line)


def typed(text: str, labs: Sequence[Lab]) -> Iterator[str]:
    """The figures of a line that somebody would have had to measure."""
    told = _told(labs)
    for pattern in DURATIONS:
        for found in pattern.finditer(text):
            unit = found["unit"].lower()
            amount = _number(found["amount"])
            if amount is None or amount * SECONDS.get(unit, SECONDS.get(unit.rstrip("s"), 1.0)) not in told:
                yield found[0]
    for pattern in FACTORS:
        yield from (found[0] for found in pattern.finditer(text))


def _told(labs: Sequence[Lab]) -> frozenset[float]:
    """Numbers that the labs themselves declare, in seconds."""
    found = {lab.seconds for lab in labs} | {lab.interval_ms / 1000 for lab in labs}
    for lab in labs:
        for parameter in lab.parameters:
            bounds = parameter.range
            found |= {bounds.default, bounds.minimum, bounds.maximum}
    return frozenset(found)


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None
