"""What a lesson claims of its programs: a small language over the figures of runs. Pure: it starts no run, and evaluates no Python.

    wall(holds) / wall(frees) > 8 and max_hold(holds) > 0.15
    peak_tokens(threaded, requests=60) == 40
    status(over-http, 504) == 40

A claim is one or more comparisons joined by `and`, of arithmetic over numbers and *terms*. A term is a metric of METRICS, and in
parentheses a variant, for `status` the status that is counted, and whatever differs from the lab's defaults. Seconds and counts.
`grammar` makes a tree of a text in which every name is known, or a ClaimError with the name and those that were possible.

How a claim is decided: each term stands for the interval from the lowest to the highest of its undisturbed repeats, and the
arithmetic is that of intervals, so that each repeat of one program meets each repeat of the other. A comparison *holds* if it holds
for all values of both sides, *fails* if it holds for none, and else the repeats are *too noisy to say*. So noise that widens a
range can withhold a verdict and cannot turn one round.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Unit = Literal["seconds", "count", "rate"]

STATUS = "status"
METRICS: Mapping[str, Unit] = {
    "wall": "seconds",
    "p50": "seconds",
    "p95": "seconds",
    "throughput": "rate",
    "max_hold": "seconds",
    "max_lag": "seconds",
    "peak_tokens": "count",
    "peak_in_flight": "count",
    "errors": "count",
    "finished": "count",
    "bystander_p95": "seconds",
    "bystander_max": "seconds",
    STATUS: "count",
}
BYSTANDERS = ("bystander_p95", "bystander_max")

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
COMPARISONS = (*_COMPARE, "==", "!=")

Interval = tuple[float, float]
ANYTHING: Interval = (-math.inf, math.inf)


class ClaimError(ValueError):
    """Why a text is no claim. `name` and `known` are set where a name is the reason, so that the nearest one can be told."""

    def __init__(self, message: str, *, name: str = "", known: tuple[str, ...] = ()) -> None:
        self.name = name
        self.known = known
        super().__init__(message)


class Verdict(StrEnum):
    HOLDS = "holds"
    FAILS = "fails"
    NOISY = "too noisy to say"


@dataclass(frozen=True, slots=True)
class Setting:
    """One program of a lab and the numbers of a run, complete: defaults are filled in."""

    variant: str
    requests: int
    parameters: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    metric: str
    setting: Setting
    status: int | None = None

    @property
    def key(self) -> str:
        """The name of its value in a measurement."""
        return self.metric if self.status is None else f"{STATUS} {self.status}"

    @property
    def unit(self) -> Unit:
        return METRICS[self.metric]


@dataclass(frozen=True, slots=True)
class Sum:
    """Two trees and `+ - * /` between them."""

    sign: str
    left: Tree
    right: Tree


Tree = float | Term | Sum


@dataclass(frozen=True, slots=True)
class Comparison:
    sign: str
    left: Tree
    right: Tree


@dataclass(frozen=True, slots=True)
class Claim:
    text: str
    comparisons: tuple[Comparison, ...]
    """All of them must hold."""
    line: int = 0

    @property
    def terms(self) -> tuple[Term, ...]:
        sides = (side for comparison in self.comparisons for side in (comparison.left, comparison.right))
        return tuple(dict.fromkeys(term for side in sides for term in terms(side)))


def decide(claim: Claim, known: Callable[[Term], Interval | None]) -> Verdict:
    """`known` tells the range of a term's undisturbed repeats, or None where there are too few of them."""
    found = {_compare(comparison, known) for comparison in claim.comparisons}
    return next((verdict for verdict in (Verdict.FAILS, Verdict.NOISY) if verdict in found), Verdict.HOLDS)


def interval(tree: Tree, known: Callable[[Term], Interval | None]) -> Interval:
    match tree:
        case Term():
            return known(tree) or ANYTHING
        case Sum():
            return _arithmetic(tree.sign, interval(tree.left, known), interval(tree.right, known))
    return (tree, tree)


def terms(tree: Tree) -> Iterator[Term]:
    match tree:
        case Term():
            yield tree
        case Sum():
            yield from terms(tree.left)
            yield from terms(tree.right)


def _compare(comparison: Comparison, known: Callable[[Term], Interval | None]) -> Verdict:
    left, right = interval(comparison.left, known), interval(comparison.right, known)
    if comparison.sign in _COMPARE:
        holds = _COMPARE[comparison.sign]
        low, high = (left, right) if comparison.sign.startswith("<") else (left[::-1], right[::-1])
        # The worst pair decides whether it always holds, the best whether it ever does.
        always, ever = holds(low[1], high[0]), holds(low[0], high[1])
    else:
        always = left[0] == left[1] == right[0] == right[1]
        ever = left[0] <= right[1] and right[0] <= left[1]
        if comparison.sign == "!=":
            always, ever = not ever, not always
    return Verdict.HOLDS if always else Verdict.NOISY if ever else Verdict.FAILS


def _arithmetic(sign: str, left: Interval, right: Interval) -> Interval:
    if ANYTHING in (left, right):
        return ANYTHING
    match sign:
        case "+":
            return (left[0] + right[0], left[1] + right[1])
        case "-":
            return (left[0] - right[1], left[1] - right[0])
        case "*":
            products = [one * other for one in left for other in right]
            return (min(products), max(products))
    if right[0] <= 0 <= right[1]:
        return ANYTHING
    quotients = [one / other for one in left for other in right]
    return (min(quotients), max(quotients))
