"""GIFT as it is written: each question of a file as a value, the kinds that are no item here among them.

The rules are those of Moodle's importer: a blank line ends a question, a line that begins with `//` is a comment, the first braces
hold the key, and what stands in them says the kind. Where Moodle would guess, the question is refused instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from quiz.interchange.gift_numbers import notation_of
from quiz.interchange.gift_tokens import EDGES, Said, controls, first, said, split, unescaped, weighted
from quiz.interchange.limits import LONGEST_QUESTION, MOST_OPTIONS, MOST_QUESTIONS, Unreadable
from quiz.interchange.taken import Refused, beginning

CATEGORY = "$CATEGORY:"
BLANK = "_____"
"""Where the answer stood in the middle of a sentence."""

_ID = re.compile(r"\[id:((?:\\\]|[^\]\\\x00-\x1f\x7f]|\\(?!\]))+)\]")
_TAG = re.compile(r"\[tag:((?:\\\]|[^\]\\\x00-\x1f\x7f]|\\(?!\]))+)\]")
_TRUE = ("T", "TRUE")
_FALSE = ("F", "FALSE")


@dataclass(frozen=True, slots=True)
class Answer:
    """An option, a short answer or a number."""

    right: bool
    """Marked with `=`."""
    weight: float | None
    said: Said
    feedback: Said | None
    number: str | None = None
    """In our notation, where the question is numerical."""


@dataclass(frozen=True, slots=True)
class Pair:
    question: Said
    answer: str


@dataclass(frozen=True, slots=True)
class Description:
    pass


@dataclass(frozen=True, slots=True)
class Essay:
    pass


@dataclass(frozen=True, slots=True)
class TrueFalse:
    right: bool
    on_wrong: Said | None
    on_right: Said | None


@dataclass(frozen=True, slots=True)
class Choice:
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Short:
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Numerical:
    answers: tuple[Answer, ...]
    alone: bool
    """One number without a mark, `{#4}`."""


@dataclass(frozen=True, slots=True)
class Matching:
    pairs: tuple[Pair, ...]


Key = Description | Essay | TrueFalse | Choice | Short | Numerical | Matching


@dataclass(frozen=True, slots=True)
class Question:
    line: int
    id: str | None
    tags: tuple[str, ...]
    name: str | None
    stem: Said
    embedded: bool
    """The key stands in the middle of the stem, which has a blank there."""
    key: Key
    general: Said | None


@dataclass(frozen=True, slots=True)
class Category:
    line: int
    name: str


class _Malformed(Exception):
    """Why a question cannot be read."""


def parse(lines: Sequence[str]) -> Iterator[Question | Category | Refused]:
    """In the order of the file. Raises Unreadable for more questions than anybody wrote by hand."""
    for number, (line, comments, text) in enumerate(_blocks(lines)):
        if number >= MOST_QUESTIONS:
            raise Unreadable(line, f"the file has more than {MOST_QUESTIONS:,} questions: import it in parts")
        if text.startswith(CATEGORY):
            yield Category(line, text.removeprefix(CATEGORY).strip())
            continue
        try:
            yield _question(line, comments, text)
        except _Malformed as problem:
            yield Refused(line, str(problem), beginning(text))


def _blocks(lines: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """The first line of each question, its comments, and its text."""
    begin, comments, texts = 0, [], []
    for number, line in enumerate((*lines, ""), 1):
        if line.lstrip().startswith("//"):
            comments.append(line)
        elif line.strip() and not (is_category := line.startswith(CATEGORY)):
            begin = begin or number
            texts.append(line)
        else:
            if texts:
                yield begin, "\n".join(comments), "\n".join(texts)
            begin, comments, texts = 0, [], []
            if line.strip() and is_category:
                yield number, "", line


def _question(line: int, comments: str, text: str) -> Question:
    if len(text) > LONGEST_QUESTION:
        raise _Malformed(f"it has more than {LONGEST_QUESTION:,} characters")
    name, text = _named(text.strip(EDGES))
    before, inside, after = _braces(text)
    embedded = bool(inside is not None and after)
    stem = said(f"{before.rstrip(EDGES)} {BLANK} {after}" if embedded else before, "moodle")
    general = None
    if inside is not None and (at := first(inside, "####")) >= 0:
        inside, general = inside[:at], _feedback(inside[at + 4 :], stem.format)
    number = _ID.search(comments)
    return Question(
        line=line,
        id=number[1].replace(r"\]", "]").strip() if number else None,
        tags=tuple(found[1].replace(r"\]", "]").strip() for found in _TAG.finditer(comments)),
        name=name,
        stem=stem,
        embedded=embedded,
        key=Description() if inside is None else _key(inside.strip(EDGES), stem.format),
        general=general,
    )


def _named(text: str) -> tuple[str | None, str]:
    if not text.startswith("::"):
        return None, text
    end = first(text, "::", 2)
    if end < 0:
        raise _Malformed("its name begins with `::` and does not end: write `::` behind it")
    return unescaped(text[2:end].strip(EDGES)), text[end + 2 :].strip(EDGES)


def _braces(text: str) -> tuple[str, str | None, str]:
    """What stands before the key, in it, and behind it."""
    places = list(controls(text, "{}"))
    if not places:
        return text, None, ""
    signs = "".join(text[at] for at in places)
    if signs == "{":
        raise _Malformed("`{` is not closed before the next blank line: write `}` behind the key, or `\\{` in a text")
    if signs != "{}":
        raise _Malformed("it has other braces than those around its one key: write `\\{` and `\\}` in a text")
    begin, end = places
    return text[:begin].strip(EDGES), text[begin + 1 : end], text[end + 1 :].strip(EDGES)


def _key(inside: str, form: str) -> Key:
    if not inside:
        return Essay()
    if inside.startswith("#"):
        return _numerical(inside[1:].strip(EDGES), form)
    head, *feedback = split(inside, "#")
    if (verdict := head.strip(EDGES).upper()) in (*_TRUE, *_FALSE):
        on_wrong, on_right = (*(_feedback(one, form) for one in feedback[:2]), None, None)[:2]
        return TrueFalse(verdict in _TRUE, on_wrong, on_right)
    marks = {inside[at] for at in controls(inside, "~=")}
    if not marks:
        return Short((_answer("=", inside, form),))
    parts = _marked(inside)
    if "~" in marks:
        return Choice(tuple(_answer(*part, form) for part in parts))
    if all("->" in text for _, text in parts):
        return Matching(tuple(_pair(text, form) for _, text in parts))
    return Short(tuple(_answer(*part, form) for part in parts))


def _numerical(inside: str, form: str) -> Numerical:
    places = list(controls(inside, "~="))
    lone = inside[: places[0]] if places else inside
    answers = [_number("=", lone, form)] if lone.strip(EDGES) else []
    answers += [_number(*part, form) for part in _marked(inside[len(lone) :])]
    if not answers:
        raise _Malformed("`{#}` has no number")
    return Numerical(tuple(answers), alone=not places and answers[0].feedback is None)


def _marked(inside: str) -> list[tuple[str, str]]:
    """The answers behind their marks, `=` or `~`."""
    places = list(controls(inside, "~="))
    if places and inside[: places[0]].strip(EDGES):
        raise _Malformed("there is a text before the first `=` or `~` of its key")
    if len(places) > MOST_OPTIONS:
        raise _Malformed(f"it has more than {MOST_OPTIONS} answers")
    ends = [*places[1:], len(inside)]
    return [(inside[at], inside[at + 1 : end]) for at, end in zip(places, ends, strict=bool(places))]


def _answer(mark: str, raw: str, form: str) -> Answer:
    weight, raw = weighted(raw)
    at = first(raw, "#")
    text, feedback = (raw, None) if at < 0 else (raw[:at], _feedback(raw[at + 1 :], form))
    return Answer(mark == "=", weight, said(text, form), feedback)


def _number(mark: str, raw: str, form: str) -> Answer:
    """`*`, or nothing at all, stands for every other number."""
    read = _answer(mark, raw, form)
    at = first(raw, "#")
    written = weighted(raw if at < 0 else raw[:at])[1]
    if written.strip() in ("", "*"):
        return Answer(read.right, read.weight, Said("moodle", "*"), read.feedback)
    notation = notation_of(written)
    if notation is None:
        raise _Malformed(f"`{beginning(written)}` is no number: write `40`, `40:2` or `38..42`")
    return Answer(read.right, read.weight, read.said, read.feedback, notation)


def _pair(raw: str, form: str) -> Pair:
    question, _, answer = raw.partition("->")
    return Pair(said(question, form), unescaped(answer.strip(EDGES)))


def _feedback(raw: str, form: str) -> Said | None:
    read = said(raw, form)
    return read if read.text else None
