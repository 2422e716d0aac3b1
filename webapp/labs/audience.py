"""Who watches a run, and how long it waits for whom it has lost. Pure: the time comes in, in seconds of any steady clock.

A closed tab and a lost network look the same from here: a stream that ends. So a page that goes away says goodbye, and a
stream that ends without one may come back. Who says nothing of who they are is one viewer with all others who do not.
"""

from __future__ import annotations

PARTING_SECONDS = 2.0
"""A run whose viewers have all said goodbye goes on for so long: a page that is asked for again finds it."""
ABSENCE_SECONDS = 15.0
"""So long it waits for a viewer who vanished, or for a page that is on its way to one."""


class Audience:
    """The viewers of one run."""

    def __init__(self, *, parting_seconds: float = PARTING_SECONDS, absence_seconds: float = ABSENCE_SECONDS) -> None:
        self._parting = parting_seconds
        self._absence = absence_seconds
        self._streams: dict[str, int] = {}
        self._parted: set[str] = set()
        self._awaited: dict[str, float] = {}
        self._expected = 0.0
        self._ever = False

    def come(self, viewer: str) -> None:
        """A stream to them is open."""
        self._ever = True
        self._streams[viewer] = self._streams.get(viewer, 0) + 1
        self._parted.discard(viewer)
        self._awaited.pop(viewer, None)

    def go(self, viewer: str, now: float) -> None:
        """A stream to them has ended."""
        self._streams[viewer] -= 1
        if self._streams[viewer]:
            return
        del self._streams[viewer]
        self._awaited[viewer] = now + (self._parting if viewer in self._parted else self._absence)
        self._parted.discard(viewer)

    def part(self, viewer: str, now: float) -> None:
        """They said goodbye, be it before the end of their stream is noticed or after. One who was never here is ignored."""
        if viewer in self._streams:
            self._parted.add(viewer)
        elif viewer in self._awaited:
            self._awaited[viewer] = min(self._awaited[viewer], now + self._parting)

    def expect(self, now: float) -> None:
        """Somebody asked for a page that shows the run: it will open a stream once it has arrived."""
        self._expected = now + self._absence

    @property
    def until(self) -> float | None:
        """When a run is to end that nobody watches now; None while somebody does, and where nobody ever did."""
        if self._streams or not self._ever:
            return None
        return max(self._expected, *self._awaited.values())
