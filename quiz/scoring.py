"""Score a response against its item. Pure: no database, no clock, no chance, no Markdown.

Words of the formulas: n options, K of them right, h of those chosen, f distractors chosen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import combinations

from quiz import fitting
from quiz.errors import NoOrder, ToldNothing, TooManyChosen, UnknownOption
from quiz.items import Correctness, Item, Scoring
from quiz.measured import Observed, Predicted
from quiz.options import WHOLE, Answer
from quiz.written import matched

RULES_REVISION = 2
"""Rises when the same item and response would get another fraction than before; stored with every score."""

TOLERANCE = 1e-6
"""A fraction this close to 1 is right, three parts of 0.3333333 are a whole, and one this close to 0 is wrong."""


@dataclass(frozen=True, slots=True)
class Score:
    fraction: float
    """Of the item's points, from 0.0 to 1.0."""
    outcome: Correctness


Given = Collection[str] | Predicted
"""A response: of options the chosen ids, in any order; of an order all ids, in it; one text that was written; or a prediction."""


def score(item: Item, response: Given, *, observed: Mapping[str, Observed] | None = None) -> Score:
    """The score by the item's own rule. Choosing nothing scores 0.

    `observed` is what runs showed, by variant: a prediction is scored against it. Raises UnknownOption, TooManyChosen where
    one option can be chosen, NoOrder, and ToldNothing where the run decides nothing.
    """
    if isinstance(response, Predicted):
        fraction = fitting.fraction(response, observed or {})
        if fraction is None:
            raise ToldNothing(item.id)
        return _scored(fraction)
    if item.given == "written":
        answer = _answer(item, response)
        return Score(1.0, "right") if answer is not None and answer.right else Score(0.0, "wrong")
    if item.given == "ordered":
        return _scored(_pairs(item, tuple(response)))
    chosen = frozenset(response)
    if unknown := chosen - set(item.option_ids):
        raise UnknownOption(item.id, unknown)
    return _scored(_RULES[item.scoring](item, chosen))


def picked(item: Item, response: Collection[str]) -> frozenset[str]:
    """Ids of what a response is of, among what the item offers: the options that were chosen, the answer that was met."""
    if item.given == "written":
        answer = _answer(item, response)
        return frozenset() if answer is None else frozenset({answer.id})
    return frozenset(response) if item.given == "chosen" else frozenset()


def _answer(item: Item, response: Collection[str]) -> Answer | None:
    """The first answer that the text fits."""
    return next((found for text in response if (found := matched(item.kind, item.answers, text, case=item.case))), None)


def _pairs(item: Item, order: tuple[str, ...]) -> float:
    """The share of pairs that stand the right way round: Moodle's RELATIVE_ALL_PREVIOUS_AND_NEXT. Reversed, it is 0."""
    if sorted(order) != sorted(item.option_ids):
        raise NoOrder(item.id)
    place = {option: at for at, option in enumerate(order)}
    pairs = list(combinations(item.option_ids, 2))
    return sum(place[first] < place[then] for first, then in pairs) / len(pairs)


def _single(item: Item, chosen: frozenset[str]) -> float:
    """The weight of the chosen option: 1 for the key, 0 for a distractor."""
    if len(chosen) > 1:
        raise TooManyChosen(item.id, len(chosen))
    return float(bool(chosen) and chosen <= item.key)


def _plus_minus(item: Item, chosen: frozenset[str]) -> float:
    """(h - f) / K, never below 0: Canvas' rule for multiple answers, PrairieLearn's `net-correct`."""
    return (len(chosen & item.key) - len(chosen - item.key)) / len(item.key)


def _all_or_nothing(item: Item, chosen: frozenset[str]) -> float:
    """1 where h = K and f = 0: QTI's `match_correct`."""
    return float(chosen == item.key)


def _true_false(item: Item, chosen: frozenset[str]) -> float:
    """(h + (n - K - f)) / n, each option a decision: PrairieLearn's `each-answer`. Nothing chosen is no response, and scores 0."""
    return float(bool(chosen)) * (len(item.options) - len(chosen ^ item.key)) / len(item.options)


def _coverage(item: Item, chosen: frozenset[str]) -> float:
    """(h / K) * (h / (h + f)): PrairieLearn's `coverage`."""
    right = len(chosen & item.key)
    return right / len(item.key) * (right / len(chosen)) if chosen else 0.0


def _weights(item: Item, chosen: frozenset[str]) -> float:
    """The sum of the weights, from 0 to 1: Moodle's `min(max(0, sum), 1)`, QTI's `map_response` with its bounds."""
    return math.fsum(option.weight or 0.0 for option in item.options if option.id in chosen) / WHOLE


_RULES: Mapping[Scoring, Callable[[Item, frozenset[str]], float]] = {
    Scoring.SINGLE: _single,
    Scoring.PLUS_MINUS: _plus_minus,
    Scoring.ALL_OR_NOTHING: _all_or_nothing,
    Scoring.TRUE_FALSE: _true_false,
    Scoring.COVERAGE: _coverage,
    Scoring.WEIGHTS: _weights,
}


def _scored(fraction: float) -> Score:
    """Nearly all is all, and nearly nothing or less than nothing is nothing: the fraction and the outcome say the same."""
    if fraction >= 1 - TOLERANCE:
        return Score(1.0, "right")
    return Score(0.0, "wrong") if fraction <= TOLERANCE else Score(fraction, "partly")
