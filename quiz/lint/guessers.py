"""Guessers who know nothing and look at the options alone: what each earns over a quiz, beside what blind choice earns.

A guesser takes the option that has most of what it looks at, and scores by the item's own rule. Where two have as much it has no
preference, so the item says nothing of it. Blind choice takes one option of the same items by chance: its whole distribution
is computed, so p is exact.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from quiz.items import Item
from quiz.lint.chance import LEAST_ITEMS, SIGNIFICANT, at_least, sums
from quiz.lint.remarks import sentences, shown
from quiz.scoring import score

PARTS = 5040
"""Scores are counted in so many parts of an item: halves to tenths are whole numbers of them."""

_HEDGES = re.compile(
    r"\b(?:may|might|can|could|usually|often|some|sometimes|most|mostly|generally|typically|probably|likely|tends?|rarely|seldom|"
    r"about|roughly|perhaps|possibly|in general|as a rule|at the most|at least|depends?|unless)\b",
    re.IGNORECASE,
)

Look = Callable[[Item, int], float]
"""How much the option in this place has of what a guesser looks at."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What one guesser made of a quiz, in items."""

    name: str
    items: int
    """Those in which it had a preference."""
    earned: float
    by_chance: float
    """What blind choice earns in the same items, on average."""
    p: float
    """Exact, one-sided: how likely blind choice earns as much, or more."""

    @property
    def beats_chance(self) -> bool:
        return self.items >= LEAST_ITEMS and self.p < SIGNIFICANT


def _longest(item: Item, place: int) -> float:
    return len(shown(item.options[place].text))


def _first(item: Item, place: int) -> float:
    return -place


def _hedged(item: Item, place: int) -> float:
    return len(_HEDGES.findall(sentences(item.options[place].text)))


GUESSERS: Mapping[str, Look] = {"longest": _longest, "first": _first, "most-hedged": _hedged}
"""`first` is the option that its author wrote first."""


def guesses(items: Sequence[Item]) -> tuple[Guess, ...]:
    """Each guesser over the items whose options are chosen."""
    chosen = [item for item in items if item.given == "chosen"]
    return tuple(_guess(name, look, chosen) for name, look in GUESSERS.items())


def _guess(name: str, look: Look, items: Sequence[Item]) -> Guess:
    earned, by_chance = 0, []
    for item in items:
        seen = [look(item, place) for place in range(len(item.options))]
        if seen.count(max(seen)) == 1:
            parts = [_parts(item, option) for option in item.option_ids]
            earned += parts[seen.index(max(seen))]
            by_chance.append({value: parts.count(value) / len(parts) for value in set(parts)})
    mean = sum(value * chance for one in by_chance for value, chance in one.items())
    return Guess(name, len(by_chance), earned / PARTS, mean / PARTS, at_least(sums(by_chance), earned))


def _parts(item: Item, option: str) -> int:
    return round(PARTS * score(item, frozenset({option})).fraction)
