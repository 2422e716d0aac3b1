"""Aiken -> items: one right option of several, in plain text.

    Who waits while an `async def` handler sleeps?
    A. The caller alone
    B) Every request on this loop
    ANSWER: B

Options are letters in their order, `A.` or `A)`. Lines between a question's first one and its options are the text under its stem.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from quiz.choices import option_id
from quiz.errors import ItemError, QuizError
from quiz.interchange.limits import LONGEST_OPTION, MOST_QUESTIONS, Unreadable, lines_of
from quiz.interchange.naming import Names
from quiz.interchange.plain import markdown_of_plain
from quiz.interchange.taken import Refused, Taken, beginning
from quiz.items import Item, Option
from quiz.kinds import Kind, Scoring
from quiz.options import normalised

_OPTION = re.compile(r"(?P<letter>[A-Z])[.)][ \t]+(?P<text>\S.*)")
_ANSWER = re.compile(r"ANSWER:[ \t]*(?P<letter>.*)")
FIRST = ord("A")


class NoItem(QuizError):
    """Why a question is none, as the end of a sentence."""


@dataclass(slots=True)
class _Question:
    line: int
    texts: list[str] = field(default_factory=list)
    options: list[tuple[str, str]] = field(default_factory=list)
    """Letter and text."""
    answer: str | None = None


def read(data: bytes, names: Names) -> Taken:
    """Raises Unreadable."""
    items, refused = [], []
    for question in _questions(lines_of(data)):
        words = beginning(" ".join(question.texts) or (question.options[0][1] if question.options else "ANSWER:"))
        try:
            items.append(_item(question, names))
        except QuizError as problem:
            reason = str(problem).partition(": ")[2] if isinstance(problem, ItemError) else str(problem)
            refused.append(Refused(question.line, reason, words))
    return Taken(tuple(items), tuple(refused), ())


def _questions(lines: Sequence[str]) -> Iterator[_Question]:
    """Each ends with its `ANSWER:`; one that has options and none of these ends where another text begins."""
    question: _Question | None = None
    count = 0
    for number, raw in enumerate(lines, 1):
        line = raw.strip()
        if not line:
            continue
        option, answer = _OPTION.fullmatch(line), _ANSWER.fullmatch(line)
        if question is not None and question.options and not option and not answer:
            yield question
            question = None
        if question is None:
            question, count = _Question(number), count + 1
            if count > MOST_QUESTIONS:
                raise Unreadable(number, f"the file has more than {MOST_QUESTIONS:,} questions: import it in parts")
        if answer:
            question.answer = answer["letter"].strip()
            yield question
            question = None
        elif option:
            question.options.append((option["letter"], option["text"]))
        else:
            question.texts.append(line)
    if question is not None:
        yield question


def _item(question: _Question, names: Names) -> Item:
    letters = [letter for letter, _ in question.options]
    if not question.texts:
        raise NoItem("there is no question above the options")
    if not letters:
        raise NoItem("it has no options: write `A.` or `A)`, a space and a text")
    if letters != [chr(FIRST + at) for at in range(len(letters))]:
        raise NoItem(f"its options are {', '.join(letters)} and not the letters from A on, each once")
    if question.answer is None:
        raise NoItem("it has no line `ANSWER:` behind its options")
    if question.answer not in letters:
        raise NoItem(f"`ANSWER: {beginning(question.answer)}` is none of its options")
    if any(len(text) > LONGEST_OPTION for _, text in question.options):
        raise NoItem(f"an option has more than {LONGEST_OPTION:,} characters")
    stem, *rest = (markdown_of_plain(text) for text in question.texts)
    texts = [markdown_of_plain(text) for _, text in question.options]
    if len({normalised(text) for text in texts}) < len(texts):
        raise NoItem("two options say the same")
    options = tuple(
        Option(id=option_id(text), text=text, right=letter == question.answer)
        for letter, text in zip(letters, texts, strict=True)
    )

    def make(item_id: str) -> Item:
        return Item(
            id=item_id,
            kind=Kind.SINGLE,
            stem=stem,
            body="\n".join(rest),
            options=options,
            scoring=Scoring.SINGLE,
            line=question.line,
        )

    return names.name(make, wanted=None, title=question.texts[0])
