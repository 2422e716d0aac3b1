"""Bound numbers of a lesson's texts: from the marks that rendering leaves to the holes of a page. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from markupsafe import Markup

from webapp.course.claimed import explained
from webapp.course.course import BoundNumber
from webapp.course.references import Span
from webapp.course.report import Report
from webapp.labs.claims import ClaimError
from webapp.labs.lab import Lab
from webapp.labs.numbers import read_number

_MARK = re.compile("\x00(number|plain):([^\x00]*)\x00")
_HOLE = re.compile("\x00hole:[^\x00]*\x00")


def read_numbers(
    expressions: Iterable[str], spans: Sequence[Span], labs: Sequence[Lab], report: Report
) -> tuple[BoundNumber, ...]:
    """Those that can be read, each with the line of its first mention; what is wrong with the others goes to the report."""
    found = []
    for expression in dict.fromkeys(expressions):
        line = _line(expression, spans)
        try:
            found.append(BoundNumber(expression, line, read_number(expression, labs)))
        except ClaimError as error:
            report.add(line, "E41", f"`{{{{ {expression} }}}}` is bound to no number: {explained(error)}")
    return tuple(found)


def refuse_numbers(expressions: Iterable[str], line: int, report: Report) -> None:
    """Of a text that stands outside of the modes, where no lab is near."""
    for expression in dict.fromkeys(expressions):
        report.add(
            line, "E41", f"`{{{{ {expression} }}}}` stands where no number can be bound: in a mode or a question"
        )


def with_holes(html: Markup, name: str, *, pressed: bool = True) -> Markup:
    """The HTML with a hole for each number, as `webapp.page` reads it; `name` is of the text, unique in its page.

    Not `pressed`: in the label of an option, nothing but the option can be pressed.
    """
    count = 0

    def hole(mark: re.Match[str]) -> str:
        nonlocal count
        count += 1
        anchor = f"{name}-{count}" if pressed and mark[1] == "number" else ""
        return f"\x00hole:number:{anchor}:{mark[2]}\x00"

    return Markup(_MARK.sub(hole, html)) if "\x00" in html else html  # noqa: S704 (sanitised, and marks of our own)


def without_holes(html: str) -> str:
    """For a text that is no page, such as what a search shows."""
    return _HOLE.sub("…", html) if "\x00" in html else html


def _line(expression: str, spans: Sequence[Span]) -> int:
    pattern = re.compile(r"\{\{\s*" + r"\s+".join(map(re.escape, expression.split())) + r"\s*\}\}")
    numbered = ((number, line) for span in spans for number, line in enumerate(span.lines, span.line))
    return next((number for number, line in numbered if pattern.search(line)), spans[0].line)
