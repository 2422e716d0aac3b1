"""Written answers: the kinds that are answered by one text, each a module with its notation, and how it takes a response.

A kind gives, of a notation: what is wrong with it, whether a text fits it, whether two of them meet, how it is shown, and a text
that fits; and of a text that was written: how it is stored, and why it is no response.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Literal

from quiz import numeric, outputs, texts
from quiz.kinds import Kind
from quiz.notation import NotationError
from quiz.options import OPTION_ID, Answer

Refusal = Literal["not-a-number", "too-long"]


@dataclass(frozen=True, slots=True)
class Written:
    cleaned: Callable[[str], str]
    """A text as it is stored."""
    refusal: Callable[[str], Refusal | None]
    """Why a text is no response."""
    fits: Callable[[str, str, bool], bool]
    """Notation, text, and whether case counts."""
    problem: Callable[[str], NotationError | None]
    clash: Callable[[str, str, bool], bool]
    shown: Callable[[str], str]
    example: Callable[[str], str]


def _of(module: ModuleType) -> Written:
    return Written(**{name: getattr(module, name) for name in Written.__slots__})


WRITTEN: Mapping[Kind, Written] = {
    Kind.NUMERIC: _of(numeric),
    Kind.TEXT: _of(texts),
    Kind.OUTPUT: _of(outputs),
}


def matched(kind: Kind, answers: Sequence[Answer], text: str, *, case: bool = False) -> Answer | None:
    """The first answer that the text fits."""
    fits = WRITTEN[kind].fits
    return next((answer for answer in answers if fits(answer.text, text, case)), None)


def problems(kind: Kind, answers: Sequence[Answer], *, case: bool = False) -> list[tuple[Answer | None, NotationError]]:
    """All for which nobody could be told right from wrong: each with the answer that it is about, None for all of them."""
    rules = WRITTEN[kind]
    found: list[tuple[Answer | None, NotationError]] = []
    fine: list[Answer] = []
    for answer in answers:
        problem = rules.problem(answer.text)
        if problem is None:
            found += [
                (answer, _meeting(answer, other))
                for other in fine
                if not _may_meet(kind, answer, other) and rules.clash(other.text, answer.text, case)
            ]
            fine.append(answer)
        else:
            found.append((answer, problem))
    if not any(answer.right for answer in answers):
        found.append((None, NotationError("E04", "no answer is right: mark the right one with `=`")))
    elif kind is Kind.TEXT and len(fine) == len(answers):
        found += _unproven(fine, case)
    if kind is Kind.OUTPUT and (second := [answer for answer in answers if answer.right][1:]):
        found.append((second[0], NotationError("E04", "a program prints one output: the others are `not-output`")))
    return found


def answers_problem(kind: Kind, answers: Sequence[Answer], *, case: bool) -> str | None:
    """The first of them, for an item that is being made."""
    unfit = [answer.id for answer in answers if not OPTION_ID.fullmatch(answer.id)]
    if unfit:
        return f"the answer id {unfit[0]!r} is not 1 to 32 small letters, digits and hyphens"
    if len({answer.id for answer in answers}) < len(answers):
        return "two answers share an id"
    found = problems(kind, answers, case=case)
    return found[0][1].message if found else None


def _may_meet(kind: Kind, answer: Answer, other: Answer) -> bool:
    """A regular expression may take what another answer of the same rightness says: the first of them is told."""
    both_literal = texts.is_literal(answer.text) and texts.is_literal(other.text)
    return kind is Kind.TEXT and answer.right is other.right and not both_literal


def _meeting(answer: Answer, other: Answer) -> NotationError:
    if answer.right is not other.right:
        return NotationError("E10", f"this answer and `{other.text}` meet, and only one of them is right")
    return NotationError(
        "E11" if answer.right else "E10", f"this answer says again what `{other.text}` says, in part at least"
    )


def _unproven(answers: Sequence[Answer], case: bool) -> list[tuple[Answer | None, NotationError]]:
    """What is shown as right is a literal, and every right expression takes one: so a slip in one is seen by the check."""
    literals = [answer for answer in answers if answer.right and texts.is_literal(answer.text)]
    if not literals:
        return [(None, NotationError("E04", "write one right answer in quotes: it is what learners are shown"))]
    return [
        (answer, NotationError("E10", "this regular expression takes none of the right answers in quotes"))
        for answer in answers
        if answer.right and not texts.is_literal(answer.text)
        if not any(texts.fits(answer.text, one.text[1:-1], case) for one in literals)
    ]
