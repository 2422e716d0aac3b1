"""The words of the course: the `[glossary]` table of course.toml, a term and its sentence a line, and what becomes of it.

Each term is an anchor of one page, so two terms may not differ in accents, case or punctuation alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from webapp.course.course import Term
from webapp.course.numbers import refuse_numbers
from webapp.course.references import Span, Surroundings, check_rendered
from webapp.course.render import Fragment, Rendered, Renderer
from webapp.course.report import Report
from webapp.course.words import fold

LONGEST_TERM = 60
"""Characters."""

_HEAD = re.compile(r"""\s*\[\s*["']?glossary["']?\s*\]""")


@dataclass(frozen=True, slots=True)
class Entry:
    """A term as its author wrote it."""

    name: str
    sentence: str
    line: int

    @property
    def id(self) -> str:
        return "-".join(["term", *re.findall(r"[^\W_]+", fold(self.name))])


def read_glossary(table: Mapping[str, Any], lines: Sequence[str], report: Report) -> tuple[Entry, ...]:
    """The entries that can be used; what is wrong with the others goes to course.toml's report."""
    head = next((number for number, line in enumerate(lines, 1) if _HEAD.match(line)), 1)
    taken: dict[str, str] = {}
    entries = []
    for name, sentence in table.items():
        pattern = re.compile(rf"""\s*["']?{re.escape(name)}["']?\s*[=.]""")
        line = next((number for number, text in enumerate(lines, 1) if number > head and pattern.match(text)), head)
        entry = Entry(name.strip(), sentence.strip() if isinstance(sentence, str) else "", line)
        if problem := _problem(entry, taken):
            report.add(line, "E21", problem)
        else:
            taken[entry.id] = entry.name
            entries.append(entry)
    return tuple(entries)


def typeset_glossary(
    entries: Sequence[Entry], around: Surroundings, renderer: Renderer, report: Report
) -> tuple[Term, ...]:
    """The terms, each sentence rendered as one line; `around` says which lessons a link may lead to."""
    results = renderer.render_all([Fragment(entry.sentence, None, "line") for entry in entries])
    terms = []
    for entry, result in zip(entries, results, strict=True):
        if isinstance(result, Rendered):
            check_rendered(result, (Span(entry.line, [entry.sentence]),), around, report)
            refuse_numbers(result.numbers, entry.line, report)
            terms.append(Term(entry.id, entry.name, result.html[0]))
        else:
            report.add(entry.line, "E30", f"this text {result.message}")
    return tuple(terms)


def in_order(terms: Iterable[Term]) -> tuple[Term, ...]:
    """As the glossary shows them."""
    return tuple(sorted(terms, key=lambda term: (fold(term.name), term.name)))


def _problem(entry: Entry, taken: Mapping[str, str]) -> str | None:
    if entry.id == "term" or len(entry.name) > LONGEST_TERM or not entry.name.isprintable():
        return f"the term `{entry.name[:LONGEST_TERM]}` is not a word or a few, {LONGEST_TERM} characters at the most"
    if entry.id in taken:
        return f"the terms `{taken[entry.id]}` and `{entry.name}` are the same word"
    if not entry.sentence or "\n" in entry.sentence:
        return f"the term `{entry.name}` is said in one sentence, a text of one line"
    return None
