"""Whether what a rendered text points to is there, and whether anything shows in it that must not. Pure.

A rendered text tells its links and images, but no lines: those are found again in the source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from webapp.course.course import Mode
from webapp.course.links import IMAGE_SUFFIXES, Link, read_image, read_link
from webapp.course.render import Rendered
from webapp.course.report import Report, meant, nearest

_FOOTNOTE = re.compile(r"fn(?:ref\d*)?:")
_MOST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Span:
    """The lines of a source text, with the number of the first. A page is several of them."""

    line: int
    lines: Sequence[str]

    def find(self, text: str) -> list[int]:
        """Lines where the text stands by itself, not as a part of a longer address."""
        pattern = re.compile(rf"""(?:^|[\s(<"'=]){re.escape(text)}(?=$|[\s)>"'\]])""")
        return [number for number, line in enumerate(self.lines, self.line) if text in line and pattern.search(line)]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a lesson's links may lead to."""

    slug: str
    files: frozenset[str]
    modes: Mapping[str, frozenset[Mode]]
    """Of every lesson, by slug."""
    was: Mapping[str, str]
    """The lesson's present slug, by an old one."""


def check_rendered(rendered: Rendered, spans: Sequence[Span], around: Surroundings, report: Report) -> None:
    """Dead links, missing images, HTML that was left out, sources of blocks that show as text."""
    for target in rendered.links:
        problem = _link_problem(read_link(target, around.slug), target, rendered, around)
        if problem:
            _tell(problem, target, spans, report)
    for target, text in rendered.images:
        problem = _image_problem(read_image(target, around.slug), target, around)
        if problem:
            _tell(problem, target, spans, report)
        elif not text.strip():
            _tell(("W22", f"the image `{target}` has no text for those who do not see it"), target, spans, report)
    for tag in rendered.left_out:
        line = _first(spans, f"<{tag}")
        report.add(line, "W21", f"`<{tag}>` is not allowed in a lesson and was left out")
    # The scan tells of stray options and lines of slashes itself, more exactly.
    scanned = any(error.code in ("E01", "E02", "E15", "E33") for error in report.found)
    for leak in () if scanned else rendered.leaks:
        line = _first(spans, leak)
        report.add(line, "E33", f"the source of a block would show in the page: `{_short(leak)}`")


def _link_problem(link: Link, target: str, rendered: Rendered, around: Surroundings) -> tuple[str, str] | None:
    match link.kind:
        case "forbidden":
            return "E31", f"`{_short(target)}` is no link that a lesson may have: lesson:slug#mode, a file, https://…"
        case "heading" if not _FOOTNOTE.match(link.name) and link.name not in rendered.ids:
            return "E31", f"no heading `#{link.name}` on this page: {meant(link.name, rendered.ids)}"
        case "file" if link.name not in around.files:
            return "E31", f"no file `{link.name}` that this lesson shows: {meant(link.name, sorted(around.files))}"
        case "lesson":
            return _lesson_problem(link, around)
    return None


def _lesson_problem(link: Link, around: Surroundings) -> tuple[str, str] | None:
    slug = around.was.get(link.slug, link.slug)
    if slug not in around.modes:
        return "E31", f"no lesson `{link.slug}`: {meant(link.slug, around.modes)}"
    if link.mode and link.mode not in around.modes[slug]:
        here = [mode for mode in Mode if mode in around.modes[slug]]
        return "E31", f"the lesson `{slug}` has no mode `{link.mode}`: {meant(link.mode, here)}"
    if slug != link.slug:
        return "W24", f"the lesson `{link.slug}` is called `{slug}` now"
    return None


def _image_problem(link: Link, target: str, around: Surroundings) -> tuple[str, str] | None:
    if link.kind == "forbidden":
        return "E32", f"`{_short(target)}` is no image beside lesson.md: a plain name such as `loop.svg`"
    if link.name not in around.files:
        images = [name for name in sorted(around.files) if name.endswith(IMAGE_SUFFIXES)]
        close = nearest(link.name, images)
        return "E32", f"the image `{link.name}` is missing" + (f": did you mean `{close}`?" if close else "")
    return None


def _tell(problem: tuple[str, str], target: str, spans: Sequence[Span], report: Report) -> None:
    """At every line where the target stands, else at the first of the text."""
    lines = [line for span in spans for line in span.find(target)]
    for line in lines or [spans[0].line]:
        report.add(line, *problem)


def _first(spans: Sequence[Span], text: str) -> int:
    """The first line that has the text, in whatever case; else the first of all."""
    numbered = ((number, source) for span in spans for number, source in enumerate(span.lines, span.line))
    return next((number for number, source in numbered if text.lower() in source.lower()), spans[0].line)


def _short(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
