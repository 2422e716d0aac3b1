"""Options that are numbers: read with their unit, where all of them can be compared."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

LONGEST = 100
"""Characters of an option that is still a number, with its unit and a few words."""

_QUANTITY = re.compile(
    r"(?:(?:about|around|roughly|nearly|all|only|at most|at least|up to|after|after about|~|≈)\s*)*"
    r"(?P<number>[-+−]?\d[\d,. ]*(?:e[-+]?\d+)?)[\s\u00a0]*(?P<unit>[%°\w/µ]*(?: (?:times|a second|per second))?)"
    r"(?P<rest>[,;:(].*)?[.]?$",
    re.IGNORECASE | re.DOTALL,
)
_SCALES: Mapping[str, tuple[str, float]] = {
    **dict.fromkeys(("ns",), ("time", 1e-09)),
    **dict.fromkeys(("us", "µs", "microseconds"), ("time", 1e-06)),
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), ("time", 0.001)),
    **dict.fromkeys(("s", "second", "seconds"), ("time", 1.0)),
    **dict.fromkeys(("min", "minute", "minutes"), ("time", 60.0)),
    **dict.fromkeys(("h", "hour", "hours"), ("time", 3600.0)),
}


def quantities(texts: Sequence[str]) -> list[float] | None:
    """The numbers that the options are, on one scale; None where one is no number, or is one of another thing.

    A bare number with words behind it may be a name, as the status `404, as if …` is.
    """
    read = [_quantity(text) for text in texts]
    known = [one for one in read if one is not None]
    if len(known) < len(read) or len({dimension for dimension, _ in known}) > 1:
        return None
    return [value for _, value in known] or None


def _quantity(text: str) -> tuple[str, float] | None:
    """What is counted, and how many."""
    found = _QUANTITY.match(text.strip()) if len(text) <= LONGEST else None
    if found is None or (found["rest"] and not found["unit"]):
        return None
    unit = found["unit"].lower()
    dimension, scale = _SCALES.get(unit, (unit.removesuffix("s"), 1.0))
    try:
        return dimension, scale * float(re.sub(r"[, ]", "", found["number"]).rstrip(".").replace("−", "-"))
    except ValueError:
        return None
