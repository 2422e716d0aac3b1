"""Options: what an item offers to choose from or to order, and the answers that a written one is held against.

Frozen values, and what makes a set of them unfit. Texts are the author's source.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

OPTION_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
WHOLE = 100.0
WHOLE_WITHIN = 1e-4
"""Percent: three parts of 33.33333 are a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice of an item, or one step of an order. Texts are Markdown source."""

    id: str
    text: str
    right: bool
    feedback: str = ""
    misconception: str | None = None
    """The wrong idea that this distractor stands for, by its id in the course."""
    fixed: bool = False
    """Stays at its place when the others are shuffled."""
    unticked: str = ""
    """Feedback for whoever left it unticked, where several may be ticked."""
    weight: float | None = None
    """In percent of the item's points, from -100 to 100, where the item is scored by weights."""
    line: int = field(default=0, compare=False)
    """Where the author wrote it: for messages, part of no hash."""

    def to_json(self) -> dict[str, object]:
        return {
            "id": self.id,
            "text": self.text,
            "right": self.right,
            "feedback": self.feedback,
            "misconception": self.misconception,
            "fixed": self.fixed,
            # Left out where they say nothing: versions keep the hashes that they were published with.
            **({"unticked": self.unticked} if self.unticked else {}),
            **({"weight": self.weight} if self.weight is not None else {}),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What may be written, right or anticipated: its `text` is the notation of the item's kind, a program's output as it is."""

    id: str
    text: str
    right: bool
    feedback: str = ""
    misconception: str | None = None
    line: int = field(default=0, compare=False)

    def to_json(self) -> dict[str, object]:
        return {
            "id": self.id,
            "text": self.text,
            "right": self.right,
            "feedback": self.feedback,
            "misconception": self.misconception,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """What is said to whoever ticked exactly these options."""

    options: tuple[str, ...]
    """Their ids, sorted."""
    feedback: str
    line: int = field(default=0, compare=False)

    def to_json(self) -> dict[str, object]:
        return {"options": list(self.options), "feedback": self.feedback}


def normalised(text: str) -> str:
    """An option's text as it is compared: without case, backticks and runs of spaces.

    The indentation of a text of several lines stays: in a program it can be the whole difference.
    """
    composed = unicodedata.normalize("NFC", text).replace("`", "").casefold().strip()
    if "\n" not in composed:
        return " ".join(composed.split())
    lines = (line.rstrip() for line in composed.split("\n"))
    return "\n".join(line[: len(line) - len(line.lstrip())] + " ".join(line.split()) for line in lines)


def options_problem(options: tuple[Option, ...]) -> str | None:
    """The first thing for which nobody could choose among these, or put them in order."""
    if len(options) < 2:
        return f"an item has at least two options, not {len(options)}"
    for option in options:
        if not OPTION_ID.fullmatch(option.id):
            return f"the option id {option.id!r} is not 1 to 32 small letters, digits and hyphens"
        if not normalised(option.text):
            return f"the option {option.id} has no text"
    if len({option.id for option in options}) < len(options):
        return "two options share an id"
    if len({normalised(option.text) for option in options}) < len(options):
        return "two options say the same"
    return None


def combinations_problem(combinations: Iterable[Combination], options: Iterable[Option]) -> str | None:
    known, told = {option.id for option in options}, set[tuple[str, ...]]()
    for one in combinations:
        if len(one.options) < 2 or tuple(sorted(set(one.options))) != one.options:
            return f"a combination is two options or more, sorted, not {one.options}"
        if not set(one.options) <= known:
            return f"the combination {', '.join(one.options)} names an option that is not there"
        if one.options in told:
            return f"the combination {', '.join(one.options)} is there twice"
        told.add(one.options)
    return None


def weights_problem(options: Iterable[Option]) -> str | None:
    """Weights are of the mark: what is right adds to it, all of it together, and what is wrong does not."""
    total = 0.0
    for option in options:
        weight = option.weight or 0.0
        if not -WHOLE <= weight <= WHOLE:  # NaN is in no range either
            return f"the weight of {option.id} lies from -100 to 100, not at {weight:g}"
        if option.right is not (weight > 0):
            return f"the option {option.id} is {'right and adds nothing' if option.right else 'wrong and adds to the score'}"
        total += max(0.0, weight)
    if not math.isclose(total, WHOLE, rel_tol=0, abs_tol=WHOLE_WITHIN):
        return f"the weights of the right options are 100 % together, not {total:g} %"
    return None
