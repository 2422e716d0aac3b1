"""How long a lesson takes, from what it asks of a reader. Nobody types it.

    minutes = words / 200 + lines of code / 15 + 0.75 for each item + 1 for each lab + 0.5 for each variant, rounded up, at least 1

Words are those of prose, stems, bodies and options; lines of code those of prose and of the labs' programs, where a line that a
program before has too is not followed anew: variants of a lab are mostly one program with a line or two that differ.

- Reading: 190 studies have adults read 238 words of English non-fiction a minute, most of them 175 to 300, and fewer in a second
  language (Brysbaert 2019, https://doi.org/10.1016/j.jml.2019.104047). 200 is on the slow side of that: the prose is technical.
- An item: choosing one of several options took 39 s in online quizzes (Kennette and McGuckin 2025,
  https://doi.org/10.20343/teachlearninqu.13.35) and 54 s in certification (https://www.rasch.org/mra/mra-10-09.htm), reading
  included. The shipped ones have some 55 words, read in 17 s: 22 to 37 s remain, and about 15 s for the feedback and explanation.
- A variant: its run, which ends within 5 s in every shipped lesson (`measured.json`), and a look at what it drew.

That look, what a lab takes besides (its controls, a second setting), and four seconds for a line of code are estimates.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

WORDS_PER_MINUTE = 200
CODE_LINES_PER_MINUTE = 15
MINUTES_PER_ITEM = 0.75
MINUTES_PER_LAB = 1.0
MINUTES_PER_VARIANT = 0.5


def lines_to_follow(programs: Iterable[str]) -> int:
    """How many lines there are to read, in this order of the programs."""
    return len({line for program in programs for text in program.splitlines() if (line := text.strip())})


def minutes(*, words: int, code_lines: int, items: int, labs: int, variants: int) -> int:
    reading = words / WORDS_PER_MINUTE + code_lines / CODE_LINES_PER_MINUTE
    doing = items * MINUTES_PER_ITEM + labs * MINUTES_PER_LAB + variants * MINUTES_PER_VARIANT
    return max(1, math.ceil(reading + doing))
