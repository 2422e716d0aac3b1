"""Who has how many of the live programs, and whose makes way for another's. Pure; starts and ends nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose request starts a program. A key or a cookie proves nothing, both can be made up: a learner is one that is stored."""

    address: str = ""
    is_learner: bool = True


ANYBODY = Caller()


@dataclass(frozen=True, slots=True)
class Held:
    """A program that is there: in which room, started by whom, and since when it is idle, if it is."""

    room: str
    caller: Caller
    idle_since: float | None


def to_spare(held: Sequence[Held], caller: Caller) -> int | None:
    """The number of an idle program that makes way for one of this caller's; None if all stay.

    It is one of the room with the most, if that has others; else one of the address with the most, if that has at least two more
    than the caller's; else, for a learner, one that no learner of the same address started. Of equals the longest idle.
    """
    rooms = Counter(one.room for one in held)
    addresses = Counter(one.caller.address for one in held)

    def may_go(one: Held) -> bool:
        theirs = one.caller
        return one.idle_since is not None and (
            rooms[one.room] > 1
            or addresses[theirs.address] > addresses[caller.address] + 1
            or (caller.is_learner and not theirs.is_learner and theirs.address == caller.address)
        )

    def claim(number: int) -> tuple[int, int, bool, float]:
        one = held[number]
        return rooms[one.room], addresses[one.caller.address], not one.caller.is_learner, -(one.idle_since or 0.0)

    return max((number for number, one in enumerate(held) if may_go(one)), key=claim, default=None)
