"""What is said after a response, and what a wrong choice stands for: W07, W08 and W16."""

from __future__ import annotations

from collections.abc import Iterator

from quiz.items import Item
from quiz.lint.remarks import Remark


def missing(item: Item) -> Iterator[Remark]:
    """W07."""
    for option in item.offered:
        if not option.right and not option.feedback:
            yield Remark(option.line, "this distractor has no feedback: whoever chooses it learns nothing")
    for model in item.measured.models if item.measured else ():
        if not model.feedback:
            yield Remark(model.line, "this model has no feedback: whoever predicts by it learns nothing")


def unexplained(item: Item) -> Iterator[Remark]:
    """W08."""
    if not item.explanation:
        yield Remark(item.line, "there is no explanation: `//// explanation` tells everybody why, whatever they chose")


def without_misconception(item: Item) -> Iterator[Remark]:
    """W16. Of the models of a prediction one is the right idea, and nobody has written which."""
    for option in item.offered:
        if not option.right and not option.misconception:
            yield Remark(option.line, "this distractor names no misconception: `{~name}` says which wrong idea it is")
    unnamed = [model for model in (item.measured.models if item.measured else ()) if not model.misconception]
    # An order may have a single model, which then is the wrong one; a number has at least two.
    for model in unnamed[1:]:
        yield Remark(model.line, "this is the second model without a misconception, and one at the most is right")
