"""GIFT's own grammar as an oracle: 51 files with what each of their questions says (GIFT-grammar-PEG.js, MIT).

A test maps what we read to the names of that grammar. What it calls feedback for true and for false is, by place, told of the wrong
and of the right answer: so Moodle and GIFT's manual have it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

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
from quiz.interchange.gift_reader import read
from quiz.interchange.gift_tokens import Said
from quiz.interchange.limits import lines_of
from quiz.interchange.naming import Names
from tests.oracles import FOLDER, oracle, told

FILES = sorted(path.stem for path in (FOLDER / "gift-grammar").glob("*.gift")) or ["(absent)"]
KINDS = {
    Description: "Description",
    Essay: "Essay",
    TrueFalse: "TF",
    Choice: "MC",
    Short: "Short",
    Numerical: "Numerical",
    Matching: "Matching",
}


def shown(said: Said | None) -> Any:
    return None if said is None else {"format": said.format, "text": said.text}


def value(written: str) -> float:
    return float(written)


def number(notation: str, *, ranged: bool = False) -> dict[str, Any]:
    """A tolerance of 0 is none here; the grammar keeps it where answers stand behind marks."""
    if notation.startswith("["):
        low, high = notation[1:-1].split(",")
        return {"type": "high-low", "numberHigh": value(high), "numberLow": value(low)}
    if "+-" in notation:
        middle, by = notation.split("+-")
        return {"type": "range", "number": value(middle), "range": value(by)}
    return (
        {"type": "range", "number": value(notation), "range": 0}
        if ranged
        else {"type": "simple", "number": value(notation)}
    )


def choice(answer: Answer) -> dict[str, Any]:
    return {
        "isCorrect": answer.right,
        "weight": answer.weight,
        "text": shown(answer.said) if answer.number is None else number(answer.number, ranged=True),
        "feedback": shown(answer.feedback),
    }


def as_grammar(read: Any) -> dict[str, Any]:
    if isinstance(read, Category):
        return {"type": "Category", "title": read.name}
    assert isinstance(read, Question), read
    common = {
        "id": read.id,
        "tags": list(read.tags) or None,
        "type": KINDS[type(read.key)],
        "title": read.name,
        "stem": shown(read.stem),
        "hasEmbeddedAnswers": read.embedded,
    }
    if not isinstance(read.key, Description):
        common["globalFeedback"] = shown(read.general)
    match read.key:
        case TrueFalse(right, on_wrong, on_right):
            common |= {"isTrue": right, "trueFeedback": shown(on_wrong), "falseFeedback": shown(on_right)}
        case Choice(answers) | Short(answers):
            common["choices"] = [choice(answer) for answer in answers]
        case Numerical(answers, alone):
            common["choices"] = number(answers[0].number or "") if alone else [choice(answer) for answer in answers]
        case Matching(pairs):
            common["matchPairs"] = [{"subquestion": shown(one.question), "subanswer": one.answer} for one in pairs]
    return common


@pytest.mark.parametrize("name", FILES)
def test_a_file_says_what_the_grammar_reads_in_it(name: str) -> None:
    folder = oracle("gift-grammar")
    assert len(FILES) == 51
    said = [as_grammar(one) for one in parse(lines_of((folder / f"{name}.gift").read_bytes()))]
    expected = told(folder / f"{name}.json")
    assert said == (expected if isinstance(expected, list) else [expected])


@pytest.mark.parametrize("name", FILES)
def test_every_question_of_a_file_is_taken_or_refused_with_its_line(name: str) -> None:
    folder = oracle("gift-grammar")
    path: Path = folder / f"{name}.gift"
    questions = [one for one in parse(lines_of(path.read_bytes())) if isinstance(one, Question)]
    taken = read(path.read_bytes(), Names())
    lines = sorted([item.line for item in taken.items] + [refused.line for refused in taken.refused])
    assert lines == [question.line for question in questions]
    assert all(refused.reason and refused.words for refused in taken.refused)
