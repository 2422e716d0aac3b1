"""Short answers and numbers of GIFT as the answers of an item: right ones, expected wrong ones, and what is told of any other.

Moodle takes the first answer that fits, and an answer may earn a part of the points; an item's answers do not meet and are right or
wrong. What does not fit into that is left out and told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from quiz.choices import option_id
from quiz.interchange.gift_questions import Answer as Read
from quiz.interchange.gift_texts import Texts
from quiz.interchange.taken import beginning
from quiz.items import Answer
from quiz.kinds import Kind, Scoring
from quiz.options import WHOLE
from quiz.written import problems

_STAR = re.compile(r"\\\*|\*")
_FOR_RE2 = re.compile(r"[\\.+*?()|\[\]{}^$]")


@dataclass(slots=True)
class _Written:
    answers: list[Answer]
    otherwise: str = ""
    """What is told of any other answer."""


def short_answers(read: tuple[Read, ...], texts: Texts) -> dict[str, Any]:
    found = _Written([])
    for one in read:
        text = texts.literal(one.said)
        if text == "*":
            _take_otherwise(one, found, texts)
        elif text:
            _take(one, short_notation(text), found, texts)
    return _fields(Kind.TEXT, found, texts)


def number_answers(read: tuple[Read, ...], texts: Texts) -> dict[str, Any]:
    found = _Written([])
    for one in read:
        if one.number is None:
            _take_otherwise(one, found, texts)
        else:
            _take(one, one.number, found, texts)
    return _fields(Kind.NUMERIC, found, texts)


def short_notation(text: str) -> str:
    """Our notation of a short answer, where `*` stands for any characters and `\\*` for itself."""
    parts = _STAR.split(text)
    stars = _STAR.findall(text)
    if "*" not in stars:
        return '"' + _STAR.sub("*", text) + '"'
    pattern = _quoted(parts[0])
    for star, part in zip(stars, parts[1:], strict=True):
        pattern += (r"\*" if star == r"\*" else ".*") + _quoted(part)
    return f"/{pattern}/"


def _quoted(text: str) -> str:
    return _FOR_RE2.sub(r"\\\g<0>", text)


def _take(one: Read, notation: str, found: _Written, texts: Texts) -> None:
    weight = WHOLE if one.weight is None else one.weight
    right = one.right and weight >= WHOLE
    if one.right and 0 < weight < WHOLE:
        texts.notes.append(f"`{beginning(one.said.text)}` earned {weight:g} %: here it is an expected wrong answer")
    answer = Answer(id=option_id(notation), text=notation, right=right, feedback=texts.of(one.feedback))
    if any(other.id == answer.id for other in found.answers):
        texts.notes.append(f"`{beginning(one.said.text)}` is there twice: the first one counts")
    else:
        found.answers.append(answer)


def _take_otherwise(one: Read, found: _Written, texts: Texts) -> None:
    if one.right and (one.weight is None or one.weight > 0):
        texts.notes.append("`*` takes every answer: left out")
    elif not found.otherwise:
        found.otherwise = texts.of(one.feedback)


def _fields(kind: Kind, found: _Written, texts: Texts) -> dict[str, Any]:
    answers = _apart(kind, found.answers, texts)
    return {
        "kind": kind,
        "scoring": Scoring.MATCH,
        "options": (),
        "answers": tuple(answers),
        "feedback_wrong": found.otherwise,
    }


def _apart(kind: Kind, answers: Iterable[Answer], texts: Texts) -> list[Answer]:
    """Without those that cannot stand beside the ones before them."""
    kept = list(answers)
    while True:
        unfit = {answer.id: problem.message for answer, problem in problems(kind, kept) if answer is not None}
        if not unfit:
            return kept
        for answer in kept:
            if answer.id in unfit:
                texts.notes.append(f"the answer `{beginning(answer.text)}` is left out: {unfit[answer.id]}")
        kept = [answer for answer in kept if answer.id not in unfit]
