"""Responses as they are stored: a list of texts, whatever the kind.

Options chosen are sorted ids, an order is all ids in it, and what was written is one text. The same response is the same list, so
that a request that comes twice is recognised.
"""

from __future__ import annotations

from collections.abc import Collection

from quiz.errors import NoOrder, NotChosenFrom, NothingChosen, Unreadable
from quiz.items import Item
from quiz.written import WRITTEN


def stored(item: Item, given: Collection[str]) -> tuple[str, ...]:
    """Raises ResponseError where nothing of this can be scored; what only the seen version knows is refused when it is."""
    if item.given == "predicted":
        raise NotChosenFrom(item.id)
    if item.given == "ordered":
        if len(set(given)) < len(given) or len(given) < 2:
            raise NoOrder(item.id)
        return tuple(given)
    if item.given == "chosen":
        if not given:
            raise NothingChosen(item.id)
        return tuple(sorted(set(given)))
    rules = WRITTEN[item.kind]
    text = rules.cleaned("".join(given))
    if not text.strip():
        raise NothingChosen(item.id)
    if (code := rules.refusal(text)) is not None:
        raise Unreadable(item.id, code)
    return (text,)
