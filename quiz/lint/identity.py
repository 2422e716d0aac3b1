"""W26: an id under which learners answered a question of another kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from quiz.items import Item
from quiz.kinds import Kind
from quiz.lint.remarks import Remark


def other_kinds(item: Item, answered_as: Mapping[Kind, int]) -> Iterator[Remark]:
    """`answered_as` has how many learners answered it, by the kind that it was of then."""
    for kind, learners in sorted(answered_as.items()):
        if kind is not item.kind:
            who = "1 learner" if learners == 1 else f"{learners} learners"
            yield Remark(
                item.line,
                f"{who} answered it as {kind}, and it is {item.kind} now: another question has an id of its own",
            )
