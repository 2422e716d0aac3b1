"""An item -> its `/// question` block: the inverse of `quiz.questions`.

What is written is read again, and has to be the same item. A text that would be taken for a part of the block's own grammar, such
as a line `- [x] …` in a body, is refused here, before it could show a key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal

from quiz.errors import QuizError
from quiz.items import Item
from quiz.kinds import Kind, scorings
from quiz.options import Answer, Option
from quiz.questions import scan_question
from quiz.rules import RETRY_PENALTY, Rules
from quiz.sections import OUTCOMES

_PLAIN_NAME = re.compile(r"[a-z][a-z0-9.-]*")
_FENCES = re.compile(r"`{3,}|~{3,}")


class Unwritable(QuizError):
    """Why no block says this item, as the end of a sentence."""


def block_of(item: Item) -> str:
    """Ends with a line break. Raises Unwritable."""
    if item.kind is Kind.MEASURED:
        raise Unwritable("a prediction is a block of its own")
    text = "\n".join([*_lines(item), ""])
    if "\r" in text or "\0" in text:
        raise Unwritable("it has a character that no lesson has")
    read, errors = scan_question(text.split("\n")[:-1], path="", first_line=1)
    if errors:
        raise Unwritable(errors[0].message)
    if read != item:
        raise Unwritable("a text of it would be read in another way: indent it less, or write it with other signs")
    return text


def _lines(item: Item) -> Iterator[str]:
    yield f"/// question | {item.stem}"
    yield from (f"    {line}" for line in _declared(item))
    yield ""
    if item.body:
        yield from (item.body, "")
    for number, option in enumerate(item.options, 1):
        yield from _option(item, option, number)
    for answer in item.answers:
        yield from _answer(item, answer)
    for hint in item.hints:
        yield from ("", "//// hint", hint, "////")
    if item.explanation:
        yield from ("", "//// explanation", item.explanation, "////")
    for name in OUTCOMES:
        if text := getattr(item, OUTCOMES[name]):
            yield from ("", f"//// feedback | {name}", text, "////")
    for one in item.combinations:
        yield from ("", f"//// feedback | {', '.join(one.options)}", one.feedback, "////")
    yield "///"


def _declared(item: Item) -> Iterator[str]:
    yield f"id: {item.id}"
    if item.kind is not _inferred(item):
        yield f"type: {item.kind}"
    if item.skills:
        names = (name if _PLAIN_NAME.fullmatch(name) else json.dumps(name, ensure_ascii=False) for name in item.skills)
        yield f"skill: [{', '.join(names)}]"
    if item.points != 1:
        yield f"points: {item.points:g}"
    if item.difficulty is not None:
        yield f"difficulty: {item.difficulty}"
    if not item.shuffle:
        yield "shuffle: false"
    if item.scoring is not scorings(item.kind)[0]:
        yield f"scoring: {item.scoring}"
    if item.case:
        yield "case: true"
    yield from _rules(item.rules)


def _rules(rules: Rules) -> Iterator[str]:
    if rules.attempts > 1:
        yield f"attempts: {rules.attempts}"
        if rules.penalty != RETRY_PENALTY:
            yield f"penalty: {rules.penalty!r}"
    if rules.hint_cost:
        yield f"hint_cost: {rules.hint_cost!r}"
    if rules.certainty is not None:
        yield f"certainty: {'true' if rules.certainty else 'false'}"


def _inferred(item: Item) -> Kind | None:
    """The kind that the key says by itself."""
    if item.given == "chosen":
        return Kind.MULTI if len(item.key) > 1 else Kind.SINGLE
    return None if item.kind in (Kind.ORDER, Kind.OUTPUT) else item.kind


def _option(item: Item, option: Option, number: int) -> Iterator[str]:
    mark = f"{number}. " if item.kind is Kind.ORDER else f"- [{'x' if option.right else ' '}] "
    first, *rest = option.text.split("\n")
    words = [
        f"#{option.id}",
        f"~{option.misconception}" if option.misconception else "",
        "fixed" if option.fixed else "",
    ]
    if option.weight is not None:
        words.append(f"w={_percent(option.weight)}")
    yield f"{mark}{first} {{{' '.join(filter(None, words))}}}"
    yield from (f"    {line}" if line else "" for line in rest)
    yield from _quoted(option.feedback, ">")
    yield from _quoted(option.unticked, ">!")


def _answer(item: Item, answer: Answer) -> Iterator[str]:
    attributes = f"{{#{answer.id}{f' ~{answer.misconception}' if answer.misconception else ''}}}"
    if item.kind is Kind.OUTPUT:
        fence = "`" * max(3, *(len(run) + 1 for run in _FENCES.findall(answer.text)), 3)
        yield from (f"{fence}{'output' if answer.right else 'not-output'} {attributes}", answer.text, fence)
    else:
        yield f"{'=' if answer.right else '!'} {answer.text} {attributes}"
    yield from _quoted(answer.feedback, ">")


def _quoted(text: str, mark: str) -> Iterator[str]:
    if text:
        yield from (f"    {mark} {line}".rstrip() for line in text.split("\n"))


def _percent(weight: float) -> str:
    return format(Decimal(repr(weight)), "f").removesuffix(".0")
