"""Means, variances, covariances and intervals of a few numbers: the arithmetic under `analysis`. Pure, and of nothing but floats.

Variances and covariances have the divisor S - 1, and every sum is `math.fsum`, so that the order of rows changes no digit. What
cannot be computed is None, never a zero and never an error: too few values, or values that do not differ.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z95 = 1.959963984540054
"""The standard normal's 97.5 % point: an interval holds what it is about in 95 % of samples."""

SAME = 1e-12
"""A variance below this is rounding: thirds of a point that are all alike do not differ."""


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`, both included, at 95 %."""

    low: float
    high: float


def mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def covariance(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """Of two equally long rows; None below two pairs."""
    mean_x, mean_y = mean(xs), mean(ys)
    if mean_x is None or mean_y is None or len(xs) < 2:
        return None
    return math.fsum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / (len(xs) - 1)


def variance(values: Sequence[float]) -> float | None:
    return covariance(values, values)


def deviation(values: Sequence[float]) -> float | None:
    """The standard deviation of the sample."""
    spread = variance(values)
    return None if spread is None else math.sqrt(spread)


def correlation(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """Pearson's r; None where one of the rows does not vary."""
    together, of_x, of_y = covariance(xs, ys), variance(xs), variance(ys)
    if together is None or not of_x or not of_y or min(of_x, of_y) < SAME:
        return None
    return together / math.sqrt(of_x * of_y)


def central_moment(values: Sequence[float], order: int) -> float | None:
    """The mean of the differences from the mean, each to the power of `order`: the divisor is S."""
    middle = mean(values)
    return None if middle is None else mean([(value - middle) ** order for value in values])


def wilson(hits: int, of: int) -> Interval | None:
    """Wilson's score interval for a share, without continuity correction; None of nothing.

    Newcombe, Two-sided confidence intervals for the single proportion (Statistics in Medicine 17, 1998), method 3.
    """
    if not of:
        return None
    share, square = hits / of, Z95 * Z95
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = Z95 * math.sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def mean_interval(values: Sequence[float]) -> Interval | None:
    """For the mean of values from 0 to 1 that may lie between: mean and standard error, held to 0 and 1."""
    middle, spread = mean(values), deviation(values)
    if middle is None or spread is None:
        return None
    half = Z95 * spread / math.sqrt(len(values))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def fisher(r: float, of: int) -> Interval | None:
    """Fisher's interval for a correlation from `of` pairs; None below four pairs, and where r is -1 or 1."""
    if of < 4 or abs(r) >= 1:
        return None
    middle, half = math.atanh(r), Z95 / math.sqrt(of - 3)
    return Interval(math.tanh(middle - half), math.tanh(middle + half))
