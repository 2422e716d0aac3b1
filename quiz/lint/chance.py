"""What chance does: exact distributions, and the tails that a lint compares with. Of ours it knows nothing.

Small courses are the rule, so nothing here is approximate but the chi-square of many, and that one says where it may be used.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

LEAST_ITEMS = 12
"""In which a guesser has a preference: below, nothing is said of lengths and guessers."""
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


def tallies(trials: Iterable[Sequence[float]]) -> dict[tuple[int, ...], float]:
    """How likely each tally is, of trials that fall into one of the same places each, with chances of their own.

    With equal chances this is the multinomial.
    """
    total: dict[tuple[int, ...], float] = {}
    for chances in trials:
        longer: dict[tuple[int, ...], float] = {}
        for counts, so_far in total.items() or [((0,) * len(chances), 1.0)]:
            for place, chance in enumerate(chances):
                if chance:
                    one_more = (*counts[:place], counts[place] + 1, *counts[place + 1 :])
                    longer[one_more] = longer.get(one_more, 0.0) + so_far * chance
        total = longer
    return total


def pearson(observed: Sequence[int], expected: Sequence[float]) -> float:
    """How far counts lie from what is expected of them: the statistic of the chi-square test."""
    return sum((seen - due) ** 2 / due for seen, due in zip(observed, expected, strict=True))


def as_far(distribution: Mapping[tuple[int, ...], float], observed: Sequence[int], expected: Sequence[float]) -> float:
    """The exact p of the chi-square test: a tally as far from what is expected as the observed one, or farther."""
    limit = pearson(observed, expected) / ALIKE
    return min(1.0, math.fsum(part for counts, part in distribution.items() if pearson(counts, expected) >= limit))


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
