"""How near a prediction comes to what a run showed, and to which model. Pure.

Nearness is that of a log scale, because models differ by factors: 0.2 s and 0.4 s are as far apart as 2 s and 4 s. A floor is
added on both sides first, so that some milliseconds do not make a factor of a few.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations

from quiz.measured import Measured, Observed, Predicted

FIT_FACTOR = 1.3
"""A number fits the nearest model within this factor, else none."""
RUN_FACTOR = 1.6
"""A run is never shorter than its model and often longer: all that a machine does besides is in it."""
MARGIN_FACTOR = 1.15
"""So far beyond the range of the repeats a prediction still counts, and so near two outcomes cannot be told apart."""


def model_of(number: float, numbers: Mapping[str, float], floor: float, *, factor: float = FIT_FACTOR) -> str | None:
    """The nearest model, the first of equally near ones; None where the number lies between them."""
    known = {model: value for model, value in numbers.items() if value > 0}
    best = min(known, key=lambda model: apart(number, known[model], floor), default=None)
    return best if best is not None and apart(number, known[best], floor) <= math.log(factor) else None


def apart(one: float, other: float, floor: float) -> float:
    """Distance on the log scale: the logarithm of the factor between the two."""
    return abs(math.log((one + floor + 1e-12) / (other + floor + 1e-12)))


def tolerance(observed: Observed, numbers: Mapping[str, float]) -> tuple[float, float]:
    """From where to where a number counts as right: the range of the repeats and the number of the model that the run shows,
    a margin wider on both sides. So whoever has the right model is right, whatever the machine added to it."""
    shown = model_of(observed.value, numbers, observed.floor, factor=RUN_FACTOR)
    ends = [observed.low, observed.high, observed.value, *([numbers[shown]] if shown is not None else ())]
    low = (min(ends) + observed.floor) / MARGIN_FACTOR - observed.floor
    return max(0.0, low), (max(ends) + observed.floor) * MARGIN_FACTOR - observed.floor


def fits(asked: Measured, predicted: Predicted, floor: float) -> str | None:
    """The id of the model that a prediction fits."""
    if predicted.number is not None:
        return model_of(predicted.number, predicted.numbers, floor)
    return next((model.id for model in asked.models if model.order == predicted.order), None)


def shows(asked: Measured, predicted: Predicted, observed: Mapping[str, Observed]) -> str | None:
    """The id of the model that the run fits."""
    if predicted.number is not None:
        (seen,) = observed.values()
        return model_of(seen.value, predicted.numbers, seen.floor, factor=RUN_FACTOR)
    pairs = told_apart(observed)
    return next((model.id for model in asked.models if pairs and _right_pairs(model.order, pairs) == len(pairs)), None)


def fraction(predicted: Predicted, observed: Mapping[str, Observed]) -> float | None:
    """From 0 to 1. An order earns the share of its pairs that are right (Moodle's relative rule for ordering), and None where no
    two outcomes could be told apart: then there is nothing to be right about."""
    if predicted.number is not None:
        (seen,) = observed.values()
        low, high = tolerance(seen, predicted.numbers)
        return float(low <= predicted.number <= high)
    pairs = told_apart(observed)
    return _right_pairs(predicted.order, pairs) / len(pairs) if pairs else None


def told_apart(observed: Mapping[str, Observed]) -> list[tuple[str, str]]:
    """The pairs of variants whose outcomes differ by more than the noise, the smaller one first."""
    found = []
    for one, other in combinations(observed, 2):
        first, second = sorted((one, other), key=lambda name: observed[name].value)
        a, b = observed[first], observed[second]
        floor = max(a.floor, b.floor)
        if apart(a.value, b.value, floor) > math.log(MARGIN_FACTOR) and a.high < b.low:
            found.append((first, second))
    return found


def _right_pairs(order: tuple[str, ...], pairs: list[tuple[str, str]]) -> int:
    place = {name: at for at, name in enumerate(order)}
    return sum(place[first] < place[second] for first, second in pairs if {first, second} <= place.keys())
