"""What many keys have in common: whether they are the longest option (W02), and in which place they stand (W03)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from quiz.items import Item
from quiz.kinds import Kind
from quiz.lint.chance import LEAST_ITEMS, SIGNIFICANT, as_far, chi_square, pearson, successes, tallies, two_sided
from quiz.lint.remarks import shown

LEAST_EXPECTED = 3.0
"""In a place, for the chi-square to be near the truth: later places are counted together until they have as much."""
MOST_EXACT = 40
"""Items up to which every tally of their places is computed; of more of them the chi-square is near the truth."""
PLACES = 4
"""The fourth place and those behind it are counted together: few questions have them."""


@dataclass(frozen=True, slots=True)
class LongKeys:
    """How many of the items have the longest option for their key, and how many chance would give."""

    items: int
    longest: int
    expected: float
    p: float
    """Exact, two-sided: keys that are never the longest tell something too."""

    @property
    def is_biased(self) -> bool:
        return self.items >= LEAST_ITEMS and self.p < SIGNIFICANT


@dataclass(frozen=True, slots=True)
class Places:
    """Where the keys stand among options that are not shuffled."""

    items: int
    observed: tuple[int, ...]
    expected: tuple[float, ...]
    p: float
    """Exact where the items are few, so that it says by itself whether they are enough: of five with three options nothing can
    be said whatever their keys, of six it can."""

    @property
    def is_biased(self) -> bool:
        return self.p < SIGNIFICANT


def long_keys(items: Iterable[Item]) -> LongKeys:
    """Over the items with one right option and one longest one."""
    chances, longest = [], 0
    for item in _singles(items):
        lengths = [len(shown(option.text)) for option in item.options]
        if lengths.count(max(lengths)) == 1:
            chances.append(1 / len(lengths))
            longest += item.options[lengths.index(max(lengths))].right
    return LongKeys(len(chances), longest, sum(chances), two_sided(successes(chances), longest))


def places(items: Iterable[Item]) -> Places:
    """Over the items with one right option whose options stay as they are written."""
    staying = [item for item in _singles(items) if not item.shuffle or all(option.fixed for option in item.options)]
    most = min(PLACES, max((len(item.options) for item in staying), default=0))
    chances = [_chances(len(item.options), most) for item in staying]
    observed = [0] * most
    for item in staying:
        observed[min([option.right for option in item.options].index(True), most - 1)] += 1
    expected = [sum(column) for column in zip(*chances, strict=True)]
    if len(staying) > MOST_EXACT:
        observed, expected = _pooled(observed, expected)
        p = chi_square(pearson(observed, expected), len(observed) - 1) if len(observed) > 1 else 1.0
    else:
        p = as_far(tallies(chances), observed, expected) if staying else 1.0
    return Places(len(staying), tuple(observed), tuple(expected), p)


def _chances(options: int, most: int) -> list[float]:
    """Of each place, where every option is as likely to be the key; the last place has the rest."""
    fair = [1 / options if place < options else 0.0 for place in range(most)]
    return [*fair[:-1], max(0, options - most + 1) / options]


def _singles(items: Iterable[Item]) -> Iterable[Item]:
    return (item for item in items if item.kind is Kind.SINGLE)


def _pooled(observed: Sequence[int], expected: Sequence[float]) -> tuple[list[int], list[float]]:
    """The last places together, as long as one of them is expected too rarely."""
    seen, due = list(observed), list(expected)
    while len(due) > 1 and due[-1] < LEAST_EXPECTED:
        seen[-2:] = [sum(seen[-2:])]
        due[-2:] = [sum(due[-2:])]
    return seen, due
