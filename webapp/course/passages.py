"""What of a course may be found: each passage with its words and its place. Pure.

This module decides what a search can tell, so it takes from an item its stem alone, which the page shows to everybody before the
response. Options, keys, feedback, hints and explanations are never read here, nor are misconceptions, which name distractors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from html.parser import HTMLParser

from webapp.course.course import Course, FigurePlace, ItemPlace, LabPlace, Lesson, Mode, ModePage, Prose
from webapp.course.numbers import without_holes

REMEMBERED = 2000
"""Texts whose sections are kept for the next edit of the course."""


class Kind(StrEnum):
    TERM = "term"
    PAGE = "page"
    """A mode's page: what stands there before the first heading."""
    HEADING = "heading"
    """What stands under a heading of the prose, a lab's or a figure's."""
    PROGRAM = "program"
    QUESTION = "question"


@dataclass(frozen=True, slots=True)
class Passage:
    kind: Kind
    title: str
    text: str
    """One line a block; a program as it is."""
    lesson: str = ""
    """Its title, for what stands in one."""
    slug: str = ""
    mode: Mode | None = None
    anchor: str = ""
    """In the page; empty where the passage begins it."""


def passages(course: Course) -> tuple[Passage, ...]:
    """In the order of the course, its terms first."""
    found = [Passage(Kind.TERM, term.name, plain(term.text), anchor=term.id) for term in course.glossary]
    for lesson in course.lessons:
        files: set[str] = set()
        for page in lesson.modes:
            found.extend(_of_page(lesson, page, files))
    return tuple(found)


def plain(html: str) -> str:
    """The text of sanitised HTML, one line a block."""
    return "\n".join(text for _, _, text in _sections((html,)))


def _of_page(lesson: Lesson, page: ModePage, files: set[str]) -> Iterator[Passage]:
    """`files` are the lesson's programs that were found before: two labs may share one."""
    prose = tuple(str(piece.html) for piece in page.pieces if isinstance(piece, Prose))
    sections = [section for section in _sections(prose) if section[0] or section[2]]
    opening = sections.pop(0)[2] if sections and not sections[0][0] else ""
    if page is lesson.modes[0]:
        title, opening = lesson.title, f"{plain(lesson.summary)}\n{opening}"
    else:
        title = page.mode.capitalize()
    yield Passage(Kind.PAGE, title, opening, lesson.title, lesson.slug, page.mode)
    for anchor, heading, text in sections:
        yield Passage(Kind.HEADING, heading, text, lesson.title, lesson.slug, page.mode, anchor)
    for piece in page.pieces:
        match piece:
            case ItemPlace(item):
                stem = plain(lesson.markup[item].stem)
                yield Passage(Kind.QUESTION, stem, "", lesson.title, lesson.slug, page.mode, f"item-{item}")
            case FigurePlace(name) if figure := lesson.figure(name):
                place = (lesson.title, lesson.slug, page.mode, f"figure-{name}")
                yield Passage(Kind.HEADING, figure.title, "", *place)
            case LabPlace(name):
                yield from _of_lab(lesson, name, page.mode, files)


def _of_lab(lesson: Lesson, name: str, mode: Mode, files: set[str]) -> Iterator[Passage]:
    lab = lesson.lab(name)
    if lab is None:
        return
    labels = "\n".join(variant.label for variant in lab.variants)
    yield Passage(Kind.HEADING, lab.title, labels, lesson.title, lesson.slug, mode, f"lab-{name}")
    for variant in lab.variants:
        if variant.file not in files:
            files.add(variant.file)
            anchor = f"program-{name}-{variant.name}"
            yield Passage(Kind.PROGRAM, variant.file, variant.program, lesson.title, lesson.slug, mode, anchor)


@lru_cache(REMEMBERED)
def _sections(pieces: tuple[str, ...]) -> tuple[tuple[str, str, str], ...]:
    """Anchor, heading and text of each section. Remembered, so that an edit of the course costs the edited pages alone."""
    sections = _Sections()
    for piece in pieces:
        sections.feed(piece)
        sections.found[-1][2].append("\n")
    sections.close()
    return tuple((anchor, _lines(heading).replace("\n", " "), _lines(text)) for anchor, heading, text in sections.found)


class _Sections(HTMLParser):
    """Sanitised prose cut at its headings: anchor, heading, text."""

    HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
    INLINE = frozenset(
        {"a", "abbr", "b", "code", "del", "em", "i", "ins", "kbd", "mark", "s", "samp", "small", "span", "strong"}
        | {"sub", "sup", "var", "wbr"}
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, list[str], list[str]]] = [("", [], [])]
        self.in_heading = False
        self.in_program = False
        self.is_left_out = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in self.HEADINGS and given.get("id"):
            self.found.append((given["id"] or "", [], []))
            self.in_heading = True
        elif tag == "a" and "footnote-backref" in (given.get("class") or "").split():
            self.is_left_out = True
        elif tag not in self.INLINE or given.get("class") == "filename":
            self._break()
        self.in_program |= tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag in self.HEADINGS:
            self.in_heading = False
        elif tag == "a":
            self.is_left_out = False
        elif tag not in self.INLINE:
            self._break()
        self.in_program &= tag != "pre"

    def handle_data(self, data: str) -> None:
        data = without_holes(data)
        if not self.is_left_out:
            _, heading, text = self.found[-1]
            (heading if self.in_heading else text).append(data if self.in_program else data.replace("\n", " "))

    def _break(self) -> None:
        if not self.in_heading:
            self.found[-1][2].append("\n")


def _lines(parts: list[str]) -> str:
    """Without empty lines, and without spaces that show as one."""
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)
