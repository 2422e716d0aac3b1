"""How long a lesson takes, from what it asks of a reader. Nobody types it.

    minutes = words / 200 + lines of code / 15 + 0.75 for each item + (1 + variants) for each lab, rounded up, at least 1

200 words a minute is unhurried reading of technical prose; a line of code takes four seconds to follow. An item takes its thought
besides its words, a lab one run of each program and a look at what it showed. Words are those of prose, stems, bodies and options;
lines of code those of prose and of the labs' programs, where a line that a program before has too is not followed anew: variants of
a lab are mostly one program with a line or two that differ.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

WORDS_PER_MINUTE = 200
CODE_LINES_PER_MINUTE = 15
MINUTES_PER_ITEM = 0.75
MINUTES_PER_LAB = 1.0
MINUTES_PER_VARIANT = 1.0


def lines_to_follow(programs: Iterable[str]) -> int:
    """How many lines there are to read, in this order of the programs."""
    return len({line for program in programs for text in program.splitlines() if (line := text.strip())})


def minutes(*, words: int, code_lines: int, items: int, labs: int, variants: int) -> int:
    reading = words / WORDS_PER_MINUTE + code_lines / CODE_LINES_PER_MINUTE
    doing = items * MINUTES_PER_ITEM + labs * MINUTES_PER_LAB + variants * MINUTES_PER_VARIANT
    return max(1, math.ceil(reading + doing))
