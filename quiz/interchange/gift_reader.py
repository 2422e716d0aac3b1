"""GIFT -> items. What no item can be is refused with its line, and what an item has no place for is told.

`gift_questions` says what stands in the file; here is what it means: which option is right, and what a weight comes to.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from quiz.choices import option_id
from quiz.errors import ItemError, QuizError
from quiz.interchange.gift_answers import number_answers, short_answers
from quiz.interchange.gift_questions import (
    Answer,
    Category,
    Choice,
    Description,
    Essay,
    Matching,
    Numerical,
    Question,
    Short,
    TrueFalse,
    parse,
)
from quiz.interchange.gift_texts import Texts
from quiz.interchange.limits import LONGEST_OPTION, lines_of
from quiz.interchange.naming import Names
from quiz.interchange.taken import Noted, Refused, Taken, beginning
from quiz.items import Item
from quiz.kinds import Kind, Scoring
from quiz.options import WHOLE, WHOLE_WITHIN, Option, normalised

_NO_ITEM = {
    Description: "it is a text without a question: write it into the lesson",
    Essay: "an essay cannot be scored here",
    Matching: "matching is no kind here: ask one question a pair, or write it as an order",
}


class NoItem(QuizError):
    """Why a question is no item, as the end of a sentence."""


def read(data: bytes, names: Names, *, skills: Collection[str] | None = None) -> Taken:
    """Raises Unreadable. `skills` are those that a course has; None: every tag becomes one."""
    items: list[Item] = []
    refused: list[Refused] = []
    warnings: list[Noted] = []
    category = ""
    for one in parse(lines_of(data)):
        if isinstance(one, Refused):
            refused.append(one)
        elif isinstance(one, Category):
            category = one.name
            warnings.append(
                Noted(one.line, "categories are no part of a lesson: take the file apart where they matter", category)
            )
        else:
            words = beginning(one.stem.text or one.name or "")
            try:
                item, notes = _Reading(one, skills).item(names)
            except QuizError as problem:
                reason = str(problem).partition(": ")[2] if isinstance(problem, ItemError) else str(problem)
                refused.append(Refused(one.line, reason, words))
            else:
                items.append(item)
                warnings += [Noted(one.line, note, words) for note in notes]
    return Taken(tuple(items), tuple(refused), tuple(warnings))


class _Reading:
    """One question on its way to an item."""

    def __init__(self, question: Question, skills: Collection[str] | None) -> None:
        self.question = question
        self.skills = skills
        self.texts = Texts()
        self.notes = self.texts.notes

    def item(self, names: Names) -> tuple[Item, list[str]]:
        """Raises a QuizError that says why it is none."""
        question = self.question
        if reason := _NO_ITEM.get(type(question.key)):
            raise NoItem(reason)
        stem, body = self.texts.stem_and_body(question.stem, question.name)
        if not stem:
            raise NoItem(
                "it begins with code, a list or a quote and has no name: what it asks goes first, on a line of its own"
            )
        fields = self._of_key()
        common: dict[str, Any] = {
            "stem": stem,
            "body": body,
            "explanation": self.texts.of(question.general),
            "skills": self._skills(),
            "line": question.line,
        }

        def make(item_id: str) -> Item:
            return Item(id=item_id, **{**common, **fields})

        said = stem if question.stem.format == "markdown" else self.texts.literal(question.stem)
        return names.name(make, wanted=question.id, title=question.name or said), self.notes

    def _skills(self) -> tuple[str, ...]:
        tags = tuple(dict.fromkeys(self.question.tags))
        strange = [tag for tag in tags if self.skills is not None and tag not in self.skills]
        if strange:
            self.notes.append(f"no skill of the course: {', '.join(strange)}")
        return tuple(tag for tag in tags if tag not in strange)

    def _of_key(self) -> dict[str, Any]:
        match self.question.key:
            case TrueFalse() as key:
                return self._true_false(key)
            case Choice(answers):
                return self._choice(answers)
            case Short(answers):
                return short_answers(answers, self.texts)
            case Numerical(answers):
                return number_answers(answers, self.texts)
            case other:
                raise AssertionError(other)

    def _true_false(self, key: TrueFalse) -> dict[str, Any]:
        told = {key.right: self.texts.of(key.on_right), not key.right: self.texts.of(key.on_wrong)}
        options = tuple(
            Option(id=str(value).lower(), text=str(value), right=value is key.right, feedback=told[value])
            for value in (True, False)
        )
        return {"kind": Kind.SINGLE, "scoring": Scoring.SINGLE, "options": options, "shuffle": False}

    def _choice(self, answers: tuple[Answer, ...]) -> dict[str, Any]:
        marked = sum(answer.right for answer in answers)
        if marked == 1:
            self._tell_part_marks(answers)
            return {"kind": Kind.SINGLE, "scoring": Scoring.SINGLE, "options": self._options(answers)}
        if marked:
            self._tell_part_marks(answers)
            self.notes.append(
                f"{marked} options are right and one could be chosen: taken as a question with several right options"
            )
            return {"kind": Kind.MULTI, "scoring": Scoring.PLUS_MINUS, "options": self._options(answers)}
        right = sum((answer.weight or 0) > 0 for answer in answers)
        if not right:
            raise NoItem("none of its options is right")
        scoring = Scoring.PLUS_MINUS if _is_plus_minus(answers, right) else Scoring.WEIGHTS
        return {"kind": Kind.MULTI, "scoring": scoring, "options": self._options(answers, scoring)}

    def _options(self, answers: tuple[Answer, ...], scoring: Scoring | None = None) -> tuple[Option, ...]:
        """Without a rule, `=` says what is right; with one, the weights do."""
        made = []
        for answer in answers:
            text = self.texts.of(answer.said, block=False)
            if len(text) > LONGEST_OPTION:
                raise NoItem(f"an option has more than {LONGEST_OPTION:,} characters")
            made.append(
                Option(
                    id=option_id(text),
                    text=text,
                    right=answer.right if scoring is None else (answer.weight or 0) > 0,
                    feedback=self.texts.of(answer.feedback),
                    weight=answer.weight if scoring is Scoring.WEIGHTS else None,
                )
            )
        if len({normalised(option.text) for option in made}) < len(made):
            raise NoItem("two options say the same")
        return tuple(made)

    def _tell_part_marks(self, answers: tuple[Answer, ...]) -> None:
        parts = [answer for answer in answers if answer.weight not in (None, 0, WHOLE if answer.right else 0)]
        for answer in parts:
            self.notes.append(
                f"`{beginning(answer.said.text)}` earned {answer.weight:g} %: here an option is "
                + ("right, with all points" if answer.right else "wrong, with none")
            )


def _is_plus_minus(answers: tuple[Answer, ...], right: int) -> bool:
    """Whether the weights come to the rule by which h right and f wrong ones earn (h - f) / K."""
    share = WHOLE / right
    return all(answer.weight is not None and abs(abs(answer.weight) - share) <= WHOLE_WITHIN for answer in answers)
