"""Kinds of items: how each is answered, and the rules by which it can be scored. A table, and nothing that reads or scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Kind(StrEnum):
    """How an item is answered."""

    SINGLE = "single"
    MULTI = "multi"
    NUMERIC = "numeric"
    TEXT = "text"
    ORDER = "order"
    OUTPUT = "output"
    MEASURED = "measured"


class Scoring(StrEnum):
    """The rule by which a response becomes a fraction from 0 to 1."""

    SINGLE = "single"
    PLUS_MINUS = "plus-minus"
    ALL_OR_NOTHING = "all-or-nothing"
    TRUE_FALSE = "true-false"
    COVERAGE = "coverage"
    WEIGHTS = "weights"
    MATCH = "match"
    TOLERANCE = "tolerance"
    PAIRS = "pairs"


Given = Literal["chosen", "ordered", "written", "predicted"]
"""What a response is: options, all options in an order, one text, or what a run will show."""


@dataclass(frozen=True, slots=True)
class KindRules:
    given: Given
    scorings: tuple[Scoring, ...]
    """The rules that fit, the default first."""


KINDS: Mapping[Kind, KindRules] = {
    Kind.SINGLE: KindRules("chosen", (Scoring.SINGLE,)),
    Kind.MULTI: KindRules(
        "chosen",
        (Scoring.PLUS_MINUS, Scoring.ALL_OR_NOTHING, Scoring.TRUE_FALSE, Scoring.COVERAGE, Scoring.WEIGHTS),
    ),
    Kind.NUMERIC: KindRules("written", (Scoring.MATCH,)),
    Kind.TEXT: KindRules("written", (Scoring.MATCH,)),
    Kind.ORDER: KindRules("ordered", (Scoring.PAIRS,)),
    Kind.OUTPUT: KindRules("written", (Scoring.MATCH,)),
    Kind.MEASURED: KindRules("predicted", (Scoring.TOLERANCE, Scoring.PAIRS)),
}


def scorings(kind: Kind) -> tuple[Scoring, ...]:
    """The rules that fit a kind, its default first."""
    return KINDS[kind].scorings
