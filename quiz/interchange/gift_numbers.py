"""Numbers in GIFT's notation and in ours.

40        40            exactly this number
40:2      40 +- 2       a tolerance
38..42    [38, 42]      from one bound to the other
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from quiz.numeric import span_of

# `1..5` are two whole numbers and no `1.`
_NUMBER = r"[+-]?(?:\d{1,64}(?:\.(?!\.)\d{0,64})?|\.\d{1,64})(?:[eE][+-]?\d{1,4})?"
_SIMPLE = re.compile(_NUMBER, re.ASCII)
_TOLERANCE = re.compile(rf"(?P<number>{_NUMBER})\s*:\s*(?P<by>{_NUMBER})", re.ASCII)
_RANGE = re.compile(rf"(?P<low>{_NUMBER})\s*\.\.\s*(?P<high>{_NUMBER})", re.ASCII)

_OUR_TOLERANCE = re.compile(r"(?P<number>\S+?)[ \t]*(?:\+-|±)[ \t]*(?P<by>[^\s%]+)[ \t]*(?P<percent>%?)")
_OUR_BOUNDS = re.compile(r"\[(?P<low>[^,\]]+),(?P<high>[^,\]]+)\]")


def notation_of(gift: str) -> str | None:
    """Our notation of a number in GIFT, or None where it is none."""
    text = gift.strip()
    if _SIMPLE.fullmatch(text):
        return text
    if found := _TOLERANCE.fullmatch(text):
        return found["number"] if not Decimal(found["by"]) else f"{found['number']} +- {found['by']}"
    if found := _RANGE.fullmatch(text):
        return f"[{found['low']}, {found['high']}]"
    return None


def gift_of(notation: str) -> str:
    """A number of an item in GIFT's notation. A tolerance in percent becomes the number that it comes to."""
    if found := _OUR_BOUNDS.fullmatch(notation):
        return f"{found['low'].strip()}..{found['high'].strip()}"
    if found := _OUR_TOLERANCE.fullmatch(notation):
        by = found["by"]
        if found["percent"]:
            span = span_of(notation)
            by = _decimal((span.high - span.low) / 2)
        return f"{found['number']}:{by}"
    return notation


def is_percent(notation: str) -> bool:
    return notation.endswith("%")


def _decimal(number: Fraction) -> str:
    """Exact: a percentage of a decimal number ends."""
    places = 0
    while number.denominator != 1 and (number * 10**places).denominator != 1:
        places += 1
    digits = tuple(int(digit) for digit in str(int(number * 10**places)))
    return format(Decimal((0, digits, -places)), "f")
