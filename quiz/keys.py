"""Which reader a question's key has: one for each kind, and of an undeclared kind the one whose lines stand there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from quiz.answers import Answers
from quiz.choices import Choices
from quiz.kinds import Kind
from quiz.printed import Printed
from quiz.steps import Steps

READERS: Mapping[Kind, type[Choices]] = {
    Kind.SINGLE: Choices,
    Kind.MULTI: Choices,
    Kind.NUMERIC: Answers,
    Kind.TEXT: Answers,
    Kind.ORDER: Steps,
    Kind.OUTPUT: Printed,
}
TELLING = (Choices, Answers)
"""Readers whose lines say by themselves that they are a key; a numbered list or a fence can be part of any stem."""


def reader_of(declared: Kind | None, lines: Iterable[str]) -> type[Choices]:
    """`lines` are those outside of fenced code."""
    if declared is not None:
        return READERS[declared]
    there = list(lines)
    return next((reader for reader in TELLING if any(map(reader.begins, there))), Choices)


def foreign_key(reader: type[Choices], line: str) -> str | None:
    """What the line would be, were the question of another kind: shown as prose it could show the key."""
    if reader is not Choices and Choices.begins(line):
        return "an option of a single or multi question"
    if not issubclass(reader, Answers) and Answers.key_line.match(line) and Answers.slip.match(line):
        return "an answer of a numeric or text question"
    return None
