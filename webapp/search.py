"""What a search tells: results with their addresses, the words marked in them, and what to do where there is none. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from webapp.course.index import LONGEST_QUERY, Index
from webapp.course.passages import Kind, Passage
from webapp.course.words import Word, words

Url = Callable[..., str]

MOST_RESULTS = 20
LONGEST_EXCERPT = 180
"""Characters."""
LEAD = 60
"""Characters that an excerpt may begin before its first word."""
JOINTS = frozenset({"", ".", "_", " ", "-"})
"""What may stand between two marked words that are marked as one."""


@dataclass(frozen=True, slots=True)
class Result:
    kind: Kind
    title: Markup
    place: str
    """Lesson and mode; empty for a term."""
    url: str
    excerpt: Markup
    line: int | None
    """Of a program: the number of the line that is the excerpt."""


@dataclass(frozen=True, slots=True)
class Answer:
    query: str
    results: tuple[Result, ...]
    total: int
    is_partial: bool
    """No passage has every word."""
    is_cut: bool
    """The query was longer than a query may be."""
    near: str | None
    """A query that would find something."""


def ask(index: Index, query: str, url: Url) -> Answer:
    """The answer to a query as it came in, whatever is in it."""
    read = " ".join("".join(character if character.isprintable() else " " for character in query).split())
    found = index.search(read, most=MOST_RESULTS)
    return Answer(
        query=read[:LONGEST_QUERY],
        results=tuple(_result(passage, found.words, url) for passage in found.passages),
        total=found.total,
        is_partial=found.is_partial,
        is_cut=len(read) > LONGEST_QUERY,
        near=found.near,
    )


def _result(passage: Passage, asked: Sequence[Collection[str]], url: Url) -> Result:
    line = None
    excerpt = passage.text.replace("\n", " ")
    if passage.kind is Kind.PROGRAM:
        line, excerpt = _best_line(passage.text, asked)
    else:
        excerpt = _best_stretch(excerpt, asked)
    return Result(
        passage.kind, _marked(passage.title, asked), _place(passage), _url(passage, url), _marked(excerpt, asked), line
    )


def _url(passage: Passage, url: Url) -> str:
    page = url("mode", slug=passage.slug, mode=passage.mode.value) if passage.mode else url("glossary")
    return f"{page}#{passage.anchor}" if passage.anchor else page


def _place(passage: Passage) -> str:
    if passage.mode is None:
        return ""
    return (
        passage.mode.capitalize()
        if passage.title == passage.lesson
        else f"{passage.lesson}, {passage.mode.capitalize()}"
    )


def _best_line(program: str, asked: Sequence[Collection[str]]) -> tuple[int | None, str]:
    """The line that has most of the words, the first of those; no number where no line has any."""
    lines = program.split("\n")
    counts = [_distinct(tuple(words(line)), asked) for line in lines]
    at = counts.index(max(counts))
    return (at + 1, lines[at].strip()) if counts[at] else (None, lines[0].strip('"# '))


def _best_stretch(text: str, asked: Sequence[Collection[str]]) -> str:
    """A part of the text with as many of the words as fit, from the beginning of a sentence where one is near."""
    found = [word for word in words(text) if any(word.text in one for one in asked)]
    starts = [word.start for word in found] or [0]
    first = max(
        starts,
        key=lambda start: (
            _distinct([word for word in found if start <= word.start < start + LONGEST_EXCERPT - LEAD], asked),
            -start,
        ),
    )
    begin = 0
    if first > LEAD:
        sentence = text.rfind(". ", first - LEAD, first)
        begin = sentence + 2 if sentence >= 0 else text.find(" ", first - LEAD, first) + 1 or first
    end = len(text)
    if end - begin > LONGEST_EXCERPT:
        end = max(text.rfind(" ", begin, begin + LONGEST_EXCERPT), first + 1)
        end = end if end > begin + LEAD else begin + LONGEST_EXCERPT
    return ("… " if begin else "") + text[begin:end].strip() + (" …" if end < len(text) else "")


def _distinct(found: Sequence[Word], asked: Sequence[Collection[str]]) -> int:
    return sum(any(word.text in one for word in found) for one in asked)


def _marked(text: str, asked: Sequence[Collection[str]]) -> Markup:
    """The text, its words that were asked for in `<mark>`; neighbours share one."""
    spans: list[tuple[int, int]] = []
    for word in words(text):
        if not any(word.text in one for one in asked):
            continue
        if spans and (word.start <= spans[-1][1] or text[spans[-1][1] : word.start] in JOINTS):
            spans[-1] = spans[-1][0], max(spans[-1][1], word.end)
        else:
            spans.append((word.start, word.end))
    parts, at = [], 0
    for start, end in spans:
        parts += [escape(text[at:start]), Markup("<mark>{}</mark>").format(text[start:end])]
        at = end
    return Markup("").join([*parts, escape(text[at:])])
