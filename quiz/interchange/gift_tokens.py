"""GIFT's signs: which characters of a text are control characters, and what an escaped one stands for.

    \\~ \\= \\# \\{ \\} \\:   the character itself
    \\n                     a line break
    \\\\                     a backslash; before any other character a backslash is itself

Every search goes through a text once, from left to right, so that no file takes longer than it is long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

CONTROLS = "~=#{}:"
FORMATS = ("moodle", "html", "plain", "markdown")

_ESCAPED = re.compile(r"\\([\\~=#{}:n])")
_SIGN = re.compile(r"\\[\\~=#{}:n]|(?P<control>[~=#{}:])")
_TO_ESCAPE = re.compile(r"[\\~=#{}:]")
_FORMAT = re.compile(r"\[(?P<format>moodle|html|plain|markdown)\]")
_WEIGHT = re.compile(r"%(?P<percent>-?\d{1,3}(?:\.\d{1,20})?)%", re.ASCII)
_BROKEN = re.compile(r"(?<![ \t])[ \t]*\n[ \t\n]*")  # one look at a run of spaces, however long it is
_SPACES = re.compile(r"[ \t]{2,}")
EDGES = " \t\n"
"""What is taken off around a text. Other white space may be meant."""


@dataclass(frozen=True, slots=True)
class Said:
    """A text in one of the four formats, its escapes resolved."""

    format: str
    text: str


def controls(text: str, signs: str, start: int = 0) -> Iterator[int]:
    """Where these control characters stand, those that are escaped left out."""
    for found in _SIGN.finditer(text, start):
        if found["control"] and found["control"] in signs:
            yield found.start()


def first(text: str, sign: str, start: int = 0) -> int:
    """The place of a control character, or of a run of the same one; -1 where there is none."""
    run = 0
    expected = -1
    for at in controls(text, sign[0], start):
        run = run + 1 if at == expected else 1
        expected = at + 1
        if run == len(sign):
            return at - run + 1
    return -1


def split(text: str, sign: str) -> list[str]:
    parts, begin = [], 0
    for at in controls(text, sign):
        parts.append(text[begin:at])
        begin = at + 1
    return [*parts, text[begin:]]


def unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], text)


def escaped(text: str) -> str:
    """For a text in one line. White space at its beginning is kept by a line break before it, which readers take off."""
    lead = "\n" if text[:1].isspace() else ""
    return _TO_ESCAPE.sub(r"\\\g<0>", lead + text).replace("\n", r"\n")


def said(raw: str, inherited: str) -> Said:
    """A text as it stands in the file; without a format of its own it has that of its question."""
    raw = raw.strip(EDGES)
    found = _FORMAT.match(raw)
    form = found["format"] if found else inherited
    if found:
        raw = raw[found.end() :].strip(EDGES)
    if form in ("moodle", "plain"):
        raw = _SPACES.sub(" ", _BROKEN.sub(" ", raw))  # lines that the author broke for reading
    return Said(form, unescaped(raw))


def weighted(raw: str) -> tuple[float | None, str]:
    """The weight in percent before an answer, and the rest."""
    raw = raw.strip(EDGES)
    found = _WEIGHT.match(raw)
    return (float(found["percent"]), raw[found.end() :]) if found else (None, raw)
