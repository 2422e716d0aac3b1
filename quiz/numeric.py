"""Numeric answers: a number with its tolerance, or an interval, and whether what a learner wrote lies in it.

    40          exactly this number
    40 +- 2     38 to 42
    40 +- 5%    5 percent of the number either way
    [38, 42]    from one bound to the other, both included

Numbers are compared as exact fractions of what was written, never as floats: -11.72 lies in -11.7 +- 0.02 (Canvas compares as
BigDecimal for this reason), and Moodle's small epsilon has nothing to mend here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from quiz.notation import NotationError

LONGEST = 64
LARGEST_EXPONENT = 400
"""No number of a question is larger, and an exact comparison of one that is could take long."""

_PLAIN = r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_NUMBER = re.compile(rf"[+-]?{_PLAIN}", re.ASCII)
_GROUPED = re.compile(
    r"(?P<sign>[+-]?)(?P<whole>[1-9]\d{0,2}(?P<group>[ ,_.])\d{3}(?:(?P=group)\d{3})*)(?P<rest>.*)", re.ASCII
)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?", re.ASCII)
_TOLERANCE = re.compile(
    rf"(?P<number>[+-]?{_PLAIN})[ \t]*(?:\+-|±)[ \t]*(?P<by>[+-]?{_PLAIN})[ \t]*(?P<percent>%?)", re.ASCII
)
_BOUNDS = re.compile(r"\[(?P<low>[^,\]]+),(?P<high>[^,\]]+)\]")
_SPACES = re.compile(r"(?<=\d)[\u00a0\u2009\u202f ](?=\d)")


@dataclass(frozen=True, slots=True)
class Span:
    """From `low` to `high`, both included."""

    low: Fraction
    high: Fraction

    def holds(self, number: Fraction) -> bool:
        return self.low <= number <= self.high

    def meets(self, other: Span) -> bool:
        return self.low <= other.high and other.low <= self.high


def number_of(written: str) -> Fraction | None:
    """The number that somebody wrote, or None.

    `3.14`, `1e4`, and thousands grouped by commas, spaces or underscores: `1,000`, `1 234.5`. A comma that groups nothing is a
    decimal comma (`0,5`, `1 234,56`), and of two different marks the last one is the decimal one (`1.234,56`).
    """
    text = _SPACES.sub(" ", written.strip().replace("\u2212", "-"))
    if len(text) > LONGEST:
        return None
    if (grouped := _GROUPED.fullmatch(text)) and _groups(grouped):
        text = grouped["sign"] + grouped["whole"].replace(grouped["group"], "") + grouped["rest"].replace(",", ".")
    elif _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    return _exact(text) if _NUMBER.fullmatch(text) else None


@lru_cache(512)
def span_of(notation: str) -> Span:
    """Raises NotationError."""
    if found := _BOUNDS.fullmatch(notation):
        low, high = (_authors(found[name].strip()) for name in ("low", "high"))
        return Span(min(low, high), max(low, high))
    if found := _TOLERANCE.fullmatch(notation):
        number, by = _authors(found["number"]), _authors(found["by"])
        if by < 0:
            raise NotationError("E11", f"a tolerance is not below 0, as `{found['by']}` is")
        by = abs(number) * by / 100 if found["percent"] else by
        return Span(number - by, number + by)
    number = _authors(notation)
    return Span(number, number)


def cleaned(written: str) -> str:
    return written.strip()


def refusal(written: str) -> str | None:
    return "not-a-number" if number_of(written) is None else None


def fits(notation: str, written: str, case: bool) -> bool:
    number = number_of(written)
    return number is not None and span_of(notation).holds(number)


def problem(notation: str) -> NotationError | None:
    try:
        span_of(notation)
    except NotationError as found:
        return found
    return None


def clash(one: str, other: str, case: bool) -> bool:
    return span_of(one).meets(span_of(other))


def shown(notation: str) -> str:
    """As a learner reads it after the response."""
    if found := _BOUNDS.fullmatch(notation):
        return f"{found['low'].strip()} to {found['high'].strip()}"
    return notation.replace("+-", "±")


def example(notation: str) -> str:
    """A number that is taken."""
    if found := _BOUNDS.fullmatch(notation):
        return found["low"].strip()
    found = _TOLERANCE.fullmatch(notation)
    return found["number"] if found else notation


def _groups(found: re.Match[str]) -> bool:
    """Whether the marks group thousands: a lone point is a decimal point, and behind groups stand decimals of another mark."""
    group, rest = found["group"], found["rest"]
    if group == "." and not rest.startswith(",") and found["whole"].count(".") == 1:
        return False
    return not rest or (rest[0] in ".,eE" and rest[0] != group)


def _authors(text: str) -> Fraction:
    number = _exact(text) if _NUMBER.fullmatch(text) else None
    if number is None:
        raise NotationError("E11", f"`{text}` is no number: write `40`, `40 +- 2`, `40 +- 5%` or `[38, 42]`")
    return number


def _exact(text: str) -> Fraction | None:
    number = Decimal(text)
    return Fraction(number) if abs(number.adjusted()) <= LARGEST_EXPONENT else None
