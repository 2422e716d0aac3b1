"""What the site itself noted of one request to a live program, as a Server-Timing header. Pure: it is told the time.

    Server-Timing: arrived;dur=5021.4, room;dur=0.1, program;dur=201.3, unanswered;desc="6"

Times are milliseconds on this server's clock, which a browser's clock has nothing to do with: a reader may compare a duration here
with one there, and never subtract a moment here from one there. So `arrived` counts from a moment that means nothing (the site's
start), and two of them make a duration. `room` is from the arrival until its program could be asked, its start included; `program`
from then until the first byte of its answer. What it waited before, for a connection or to be accepted, is in none of them.
`unanswered` counts the requests that waited for the first byte of this program when this one was let in, itself included: what a
browser counts as sent and unanswered, for an answer that is on its way to the browser is not waited for any more.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

START = time.monotonic()


@dataclass(slots=True)
class Noted:
    arrived: float
    _let_in: float = 0.0
    _unanswered: int = 0
    _answered: float = 0.0

    def let_in(self, now: float, unanswered: int) -> None:
        self._let_in = now
        self._unanswered = unanswered

    def answered(self, now: float) -> None:
        self._answered = now

    def header(self) -> tuple[str, str]:
        """Once it was let in and answered."""
        return "server-timing", ", ".join(
            (
                f"arrived;dur={_milliseconds(self.arrived - START)}",
                f"room;dur={_milliseconds(self._let_in - self.arrived)}",
                f"program;dur={_milliseconds(self._answered - self._let_in)}",
                f'unanswered;desc="{self._unanswered}"',
            )
        )


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"
