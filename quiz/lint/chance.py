"""What chance does: exact distributions, and the tails that a lint compares with. Of ours it knows nothing.

Small courses are the rule, so nothing here is approximate but the chi-square, and that one says where it may be used.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

LEAST_ITEMS = 12
"""Below, chance shows any pattern, and nothing is said."""
SIGNIFICANT = 0.01
ALIKE = 1 + 1e-7
"""Probabilities this close are equal: R's binom.test has the same."""


def successes(chances: Iterable[float]) -> list[float]:
    """P(k of the trials succeed), k from 0 on, of trials with chances of their own (Poisson's binomial).

    With equal chances p this is the binomial, comb(n, k) p^k (1 - p)^(n - k).
    """
    distribution = [1.0]
    for chance in chances:
        missed = [part * (1 - chance) for part in (*distribution, 0.0)]
        met = [part * chance for part in (0.0, *distribution)]
        distribution = [a + b for a, b in zip(missed, met, strict=True)]
    return distribution


def two_sided(distribution: Sequence[float], observed: int) -> float:
    """The probability of all outcomes that are no likelier than the observed one: the exact two-sided p of R's binom.test."""
    limit = distribution[observed] * ALIKE
    return min(1.0, math.fsum(part for part in distribution if part <= limit))


def sums(distributions: Iterable[Mapping[int, float]]) -> dict[int, float]:
    """The distribution of a sum of independent whole numbers, each given by its own."""
    total = {0: 1.0}
    for one in distributions:
        longer: dict[int, float] = {}
        for value, chance in total.items():
            for more, part in one.items():
                longer[value + more] = longer.get(value + more, 0.0) + chance * part
        total = longer
    return total


def at_least(distribution: Mapping[int, float], observed: int) -> float:
    """The exact one-sided p: as much as was observed, or more."""
    return min(1.0, math.fsum(chance for value, chance in distribution.items() if value >= observed))


def chi_square(statistic: float, freedom: int) -> float:
    """The upper tail of the chi-square distribution. Fit for counts whose expected values are 3 and more.

    Abramowitz and Stegun 26.4.8: Q(x | v + 2) = Q(x | v) + (x/2)^(v/2) e^(-x/2) / gamma(v/2 + 1), from Q(x | 1) = erfc(sqrt(x/2))
    and Q(x | 2) = e^(-x/2).
    """
    half = statistic / 2
    degrees = 1 if freedom % 2 else 2
    tail = math.erfc(math.sqrt(half)) if freedom % 2 else math.exp(-half)
    while degrees < freedom:
        tail += half ** (degrees / 2) * math.exp(-half) / math.gamma(degrees / 2 + 1)
        degrees += 2
    return min(1.0, tail)
